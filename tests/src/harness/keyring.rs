//! The keyring of one simulated PC: gnome-keyring itself, unlocked with a throw-away password, its files in the PC's own home.

use std::io::Write as _;
use std::path::Path;

use super::bus::SessionBus;
use super::process::{Launch, Running};

/// A running Secret Service. Stopping and starting it with the same home keeps what it knows.
pub struct Keyring {
    _daemon: Running,
}

impl Keyring {
    /// Starts the service on this bus with the variables of its PC (`HOME`, `XDG_*`) and unlocks it, creating it the first time.
    #[must_use]
    pub fn unlock(bus: &SessionBus, vars: &[(String, String)], log: &Path) -> Self {
        let args = ["--foreground", "--unlock", "--components=secrets"];
        let launch = Launch::new("gnome-keyring-daemon", "gnome-keyring").args(args);
        let mut daemon = launch.envs(vars.iter().cloned()).log(log).piped_stdin().start();
        // The daemon reads the password to the end of the input, so the pipe is closed at once.
        daemon
            .stdin()
            .write_all(b"throw-away")
            .expect("gnome-keyring-daemon reads its password");
        bus.wait_for_name("org.freedesktop.secrets");
        daemon.assert_running();
        Self { _daemon: daemon }
    }
}
