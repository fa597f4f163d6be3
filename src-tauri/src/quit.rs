//! The end: the window goes at once, the desk finishes what it is writing, then the program ends. Being killed is fine too (the cache is
//! made for it); an orderly end only saves the next start some work.

use std::time::Duration;

use tauri::{AppHandle, Manager as _};

use crate::start::Started;
use crate::window;

/// A network that does not answer must not keep a closed program alive.
const PATIENCE: Duration = Duration::from_secs(5);

/// Ends the program in order. Asking twice is asking once: the second finds the desk shut down already.
pub fn orderly(app: &AppHandle) {
    window::hide(app);
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        if let Some(desk) = app.state::<Started>().now()
            && tokio::time::timeout(PATIENCE, desk.shut_down()).await.is_err()
        {
            tracing::warn!("the desk did not shut down in time");
        }
        tracing::info!("ended");
        app.exit(0);
    });
}

/// Ends in order when the session ends or a person presses Ctrl+C in the terminal.
pub fn on_signal(app: &AppHandle) {
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        match signal().await {
            Ok(()) => orderly(&app),
            Err(error) => tracing::warn!(%error, "signals are not heard"),
        }
    });
}

#[cfg(unix)]
async fn signal() -> std::io::Result<()> {
    let mut end = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        _ = end.recv() => Ok(()),
        heard = tokio::signal::ctrl_c() => heard,
    }
}

#[cfg(not(unix))]
async fn signal() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}
