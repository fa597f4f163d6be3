//! The order of things at start: log, window, then the desk behind it. The window paints while the cache opens; commands wait for the desk.

use std::path::PathBuf;
use std::sync::Arc;

use desk_app::api::Nothing;
use desk_app::{Desk, Places, Ports};
use tauri::{AppHandle, Manager as _};
use tauri_plugin_deep_link::DeepLinkExt as _;
use tokio::sync::SetOnce;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::clock::SystemClock;
use crate::notifier::{self, Pressed, Toasts};
use crate::secrets::SystemKeyring;
use crate::window::MainWindow;
use crate::{log, paint, places, quit, window};

/// The desk, as soon as it has started.
#[derive(Default)]
pub struct Started(SetOnce<Arc<Desk>>);

impl Started {
    /// The desk; waits while it starts.
    pub async fn desk(&self) -> Arc<Desk> {
        Arc::clone(self.0.wait().await)
    }

    /// The desk, if it has started.
    pub fn now(&self) -> Option<Arc<Desk>> {
        self.0.get().cloned()
    }
}

/// Opens the window and starts the desk behind it.
///
/// # Errors
/// When the data folder cannot be made or the system gives no window.
pub fn set_up(app: &AppHandle, home: Option<PathBuf>) -> Result<(), Box<dyn std::error::Error>> {
    let data = places::data(app, home.as_deref())?;
    log::start(&data)?;
    tracing::info!(version = %app.package_info().version, "started");
    paint::hold_still();
    window::open(app, home.as_deref())?;
    let (toasts, pressed) = notifier::open();
    let keyring = SystemKeyring::new(home.as_deref());
    tauri::async_runtime::spawn(start(app.clone(), data, keyring, toasts, pressed));
    quit::on_signal(app);
    Ok(())
}

async fn start(
    app: AppHandle,
    data: PathBuf,
    keyring: SystemKeyring,
    toasts: Toasts,
    pressed: UnboundedReceiver<Pressed>,
) {
    let ports = Ports {
        clock: Arc::new(SystemClock),
        secrets: Arc::new(keyring),
        notifier: Arc::new(toasts),
        window: Arc::new(MainWindow::new(app.clone())),
    };
    let version = app.package_info().version.to_string();
    let desk = Desk::launch(ports, Places { data }, version).await;
    if wants_demo()
        && let Err(error) = desk.demo_open(Nothing {}).await
    {
        tracing::warn!(%error, "the demo clinic does not open");
    }
    // From here on the window's commands are answered.
    drop(app.state::<Started>().0.set(Arc::clone(&desk)));
    follow_links(&app, &desk);
    tell_presses(desk, pressed).await;
}

/// `aura-desk --demo`, or `AURA_DESK_DEMO=1` where a program cannot be given arguments.
fn wants_demo() -> bool {
    std::env::args().any(|argument| argument == "--demo")
        || std::env::var("AURA_DESK_DEMO").is_ok_and(|word| word == "1")
}

/// Links that this start was made with, then those that the system or a second start hands over.
fn follow_links(app: &AppHandle, desk: &Arc<Desk>) {
    let handed = {
        let desk = Arc::clone(desk);
        move |links: Vec<tauri::Url>| {
            let desk = Arc::clone(&desk);
            tauri::async_runtime::spawn(async move {
                for link in links {
                    desk.open_link(link.as_str()).await;
                }
            });
        }
    };
    if let Ok(Some(links)) = app.deep_link().get_current() {
        handed(links);
    }
    app.deep_link().on_open_url(move |event| handed(event.urls()));
}

async fn tell_presses(desk: Arc<Desk>, mut pressed: UnboundedReceiver<Pressed>) {
    while let Some(Pressed { subject, action }) = pressed.recv().await {
        desk.toast_pressed(&subject, action).await;
    }
}
