#!/usr/bin/env bash
# Installs the system packages that are missing; asks for sudo only when there are some and we are not root.
# Usage: tests/setup/system.sh app        what building and running the program needs
#        tests/setup/system.sh app test   and what the tests need besides
# For Debian 12 and newer, Ubuntu 22.04 and newer. Not for Rust and Node: those are the person's own choice.
set -euo pipefail

say() { printf '\033[1m==>\033[0m %s\n' "$*"; }
stop() { printf '\033[1;31mstopped:\033[0m %s\n' "$*" >&2; exit 1; }

app=(
  build-essential pkg-config   # C parts of crates; how they find libraries
  libwebkit2gtk-4.1-dev        # the window
  libssl-dev                   # the encrypted cache (SQLCipher)
  libdbus-1-dev                # the window toolkit's way to the desktop's settings
  librsvg2-common              # GTK's own icons
  fonts-noto-color-emoji       # emoji in notes; the other fonts come with the program
)
test=(
  dbus                         # a session bus of the test's own
  gnome-keyring libsecret-tools
  imagemagick                  # `import`: a picture of the screen
  pgbouncer                    # a pooler between desks and PostgreSQL
  xdg-utils                    # the desktop's list of who takes which link
  xvfb                         # a display without a screen
  webkit2gtk-driver            # drives the window
)

is_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

command -v cargo >/dev/null || stop "Rust is missing: install it from https://rustup.rs"
command -v npm >/dev/null || stop "Node.js is missing: install version 20 or newer, with npm"
[ "$(node -p 'parseInt(process.versions.node)')" -ge 20 ] || stop "Node.js $(node --version) is too old: install version 20 or newer"

wanted=()
for list in "$@"; do
  case $list in
    app) wanted+=("${app[@]}") ;;
    test)
      wanted+=("${test[@]}")
      # Any PostgreSQL server from 14 on serves, whoever packaged it.
      ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || wanted+=(postgresql)
      # The pages in a second browser. Ubuntu has Chromium as a snap alone, which sees no temporary folders: there Google's serves.
      [ -x /usr/bin/chromium ] || [ -x /usr/bin/google-chrome ] || wanted+=(chromium)
      ;;
    *) stop "no such list of packages: $list" ;;
  esac
done

command -v dpkg-query >/dev/null || stop "this is not Debian or Ubuntu; install what these are called there, then run cargo yourself: ${wanted[*]}"
missing=()
for package in "${wanted[@]}"; do is_installed "$package" || missing+=("$package"); done
[ ${#missing[@]} -gt 0 ] || exit 0

root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || stop "sudo is missing; as root, run: apt-get install ${missing[*]}"
  root=(sudo)
fi
apt_install() {
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends -q "$@" </dev/null ||
    stop "apt-get could not install: $*"
}

say "installing ${#missing[@]} system packages: ${missing[*]}"
"${root[@]}" apt-get update -q </dev/null || stop "apt-get update failed; is this machine on line?"
if [[ " ${missing[*]} " == *" postgresql "* ]] && ! is_installed postgresql-common; then
  # The tests start servers of their own: a system-wide one on port 5432 is nobody's wish.
  apt_install postgresql-common
  "${root[@]}" sed -i 's/^#\?create_main_cluster.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf
fi
apt_install "${missing[@]}"
