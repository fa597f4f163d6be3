//! How the desk becomes a desktop program: one window, native notifications, the system's keyring, links, the log. It decides nothing about
//! customers or leads: every command goes straight to `desk_app::Desk`, and Desk reaches the system through the ports implemented here.

pub mod clock;
mod commands;
mod dial;
#[cfg(target_os = "linux")]
mod handover;
mod log;
pub mod notifier;
mod paint;
mod places;
mod quit;
pub mod secrets;
mod start;
mod window;

use std::process::ExitCode;

use desk_app::Desk;
use tauri::{Manager as _, RunEvent};
use tauri_plugin_window_state::StateFlags;

/// Runs the program until its window is closed.
pub fn run() -> ExitCode {
    paint::choose();
    let home = places::own_home();
    let context = tauri::generate_context!();
    let mut builder = tauri::Builder::default();
    // Desks with a home of their own (tests, a second clinic on one PC) may run side by side: the cache's file lock keeps two programs
    // out of one home. In the ordinary home a second start only brings the first one's window forward.
    if home.is_none() {
        #[cfg(target_os = "linux")]
        handover::wait_for_the_living(&context.config().identifier);
        builder = builder.plugin(tauri_plugin_single_instance::init(|app, _, _| {
            window::bring_forward(app)
        }));
    }
    let app = builder
        .plugin(tauri_plugin_deep_link::init())
        .plugin(window_state(home.as_deref()))
        .manage(start::Started::default())
        .invoke_handler(commands::all())
        .setup(move |app| start::set_up(app.handle(), home))
        .build(context);
    match app {
        Ok(app) => {
            app.run(|app, event| handle(app, &event));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("Aura Desk cannot start: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Remembers size and place. Never visibility: a program killed while hidden would start without a window.
fn window_state(home: Option<&std::path::Path>) -> tauri::plugin::TauriPlugin<tauri::Wry> {
    let flags = StateFlags::SIZE | StateFlags::POSITION | StateFlags::MAXIMIZED;
    let builder = tauri_plugin_window_state::Builder::default().with_state_flags(flags);
    match home {
        Some(home) => builder
            .with_filename(home.join("window.json").to_string_lossy())
            .build(),
        None => builder.build(),
    }
}

fn handle(app: &tauri::AppHandle, event: &RunEvent) {
    let RunEvent::WindowEvent { label, event, .. } = event else {
        return;
    };
    match event {
        tauri::WindowEvent::CloseRequested { api, .. } if label != window::DISPLAY => {
            api.prevent_close();
            quit::orderly(app);
        }
        tauri::WindowEvent::CloseRequested { .. } => with_desk(app, |desk| desk.put_display_away()),
        tauri::WindowEvent::Destroyed if label == window::DISPLAY => with_desk(app, |desk| desk.display_is_gone()),
        _ => {}
    }
}

fn with_desk(app: &tauri::AppHandle, tell: impl FnOnce(&Desk)) {
    if let Some(desk) = app.state::<start::Started>().now() {
        tell(&desk);
    }
}
