#!/usr/bin/env bash
# Builds the two cargo programs that the tests need and that no system package has, once, into target/tools.
set -euo pipefail
cd "$(dirname "$0")/../.."

say() { printf '\033[1m==>\033[0m %s\n' "$*"; }
build() { # name, version
  say "building $1 (once, a few minutes)"
  cargo install "$1" --version "$2" --locked --root target/tools ||
    { printf '\033[1;31mstopped:\033[0m %s\n' "$1 could not be built; try: cargo install $1 --version '$2' --locked --root target/tools" >&2; exit 1; }
}

# Not 3: it is for Tauri 3.
[ -x target/tools/bin/tauri-driver ] || build tauri-driver '^2'
command -v cargo-nextest >/dev/null || [ -x target/tools/bin/cargo-nextest ] || build cargo-nextest '^0.9'
