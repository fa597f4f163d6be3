//! A start in the ordinary home hands over to the program that runs already and ends: the single-instance plugin sees to that. On Linux it
//! goes by a name on the session bus, and the bus learns a moment late that a program was killed: a start in that moment would hand over to
//! the dead. So a start waits until the name is free or its owner lives.

use std::time::Duration;

use tokio::time::{sleep, timeout};
use zbus::{Connection, names::WellKnownName};

/// Who has not answered by then is left to the plugin, dead or alive.
const PATIENCE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(20);

/// Returns when a start with this identifier would not hand over to a program that was killed.
pub fn wait_for_the_living(identifier: &str) {
    let name = format!("{identifier}.SingleInstance");
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
        return;
    };
    // Without a bus the plugin starts the program too.
    runtime.block_on(async { timeout(PATIENCE, settle(&name)).await }).ok();
}

async fn settle(name: &str) -> zbus::Result<()> {
    let bus = Connection::session().await?;
    let names = zbus::fdo::DBusProxy::new(&bus).await?;
    let name = WellKnownName::try_from(name)?;
    while let Ok(owner) = names.get_name_owner(name.clone().into()).await {
        // The bus itself answers for one that it has found to be gone, with an error.
        let asked = bus.call_method(
            Some(owner.as_str()),
            "/",
            Some("org.freedesktop.DBus.Peer"),
            "Ping",
            &(),
        );
        if asked.await.is_ok() {
            break;
        }
        sleep(PAUSE).await;
    }
    Ok(())
}
