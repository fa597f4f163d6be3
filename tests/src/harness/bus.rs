//! A D-Bus session of our own. It starts no services by itself: what a test has not put there is really absent.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use super::process::{Launch, Running};
use super::wait::{secs, wait_until};

/// A session bus whose socket stands in the given folder.
pub struct SessionBus {
    address: String,
    _daemon: Running,
}

impl SessionBus {
    /// Starts it.
    #[must_use]
    pub fn start(folder: &Path) -> Self {
        let socket = folder.join("bus");
        let config = write_config(folder, &socket);
        let launch = Launch::new("dbus-daemon", "dbus").args(["--nofork", "--nopidfile", "--print-address=1"]);
        let mut daemon = launch
            .args([format!("--config-file={}", config.display())])
            .piped_stdout()
            .start();
        let mut line = String::new();
        BufReader::new(daemon.stdout())
            .read_line(&mut line)
            .expect("dbus-daemon tells its address");
        assert!(
            line.starts_with("unix:"),
            "dbus-daemon does not start in {}",
            folder.display()
        );
        Self {
            address: line.trim().to_owned(),
            _daemon: daemon,
        }
    }

    /// Its address, the value of `DBUS_SESSION_BUS_ADDRESS`.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Connects as one more program of this session.
    ///
    /// # Errors
    /// When the bus is gone.
    pub async fn connect(&self) -> zbus::Result<zbus::Connection> {
        connect(self.address.clone()).await
    }

    /// Waits until some program owns this name.
    pub fn wait_for_name(&self, name: &'static str) {
        let thread = super::background::Background::start("bus name");
        let address = self.address.clone();
        let connection = thread.run(async { connect(address).await.expect("the bus is there") });
        let is_owned = || {
            let connection = connection.clone();
            thread
                .run(async move { has_owner(&connection, name).await })
                .then_some(())
        };
        wait_until(format!("{name} on the bus"), secs(20), is_owned);
    }
}

async fn connect(address: String) -> zbus::Result<zbus::Connection> {
    zbus::connection::Builder::address(address.as_str())?.build().await
}

async fn has_owner(connection: &zbus::Connection, name: &'static str) -> bool {
    let bus = zbus::fdo::DBusProxy::new(connection).await.expect("a bus answers");
    let name = zbus::names::BusName::try_from(name).expect("a name of D-Bus form");
    bus.name_has_owner(name).await.expect("a bus answers")
}

/// Debian's session configuration without its folders of services that start on demand.
fn write_config(folder: &Path, socket: &Path) -> PathBuf {
    let config = folder.join("bus.conf");
    let doctype = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">"#;
    let policy = r#"<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>"#;
    let listen = format!(
        "<type>session</type><listen>unix:path={}</listen><auth>EXTERNAL</auth>",
        socket.display()
    );
    std::fs::write(&config, format!("{doctype}\n<busconfig>{listen}{policy}</busconfig>\n"))
        .expect("the folder can be written");
    config
}
