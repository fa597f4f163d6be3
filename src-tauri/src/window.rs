//! The one window: how it opens, and the port through which the desk reaches it.

use std::path::Path;

use crate::dial::Dialer;
use desk_app::ports::Window;
use serde::Serialize;
use tauri::webview::{Color, NewWindowResponse};
use tauri::{AppHandle, Emitter as _, Manager as _, Theme, Url, WebviewUrl, WebviewWindow, WebviewWindowBuilder};

const MAIN: &str = "main";
/// The customer's own screen.
pub const DISPLAY: &str = "display";
/// `--canvas` of the design tokens: what stands there before the page's first paint.
const LIGHT: Color = Color(0xf5, 0xf3, 0xf4, 0xff);
const DARK: Color = Color(0x15, 0x12, 0x14, 0xff);

/// Opens the window.
///
/// It is shown before the page is there, on the page's own ground: a person sees the program at once and nothing flashes white. Waiting for
/// the page would show the same picture later.
///
/// # Errors
/// When the configuration has no such window or the system gives none.
pub fn open(app: &AppHandle, home: Option<&Path>) -> tauri::Result<()> {
    let config = app.config().app.windows.iter().find(|window| window.label == MAIN);
    let config = config.ok_or(tauri::Error::WindowNotFound)?;
    let mut builder = WebviewWindowBuilder::from_config(app, config)?
        .on_navigation(is_own_page)
        .on_new_window(|_, _| NewWindowResponse::Deny);
    if let Some(home) = home {
        builder = builder.data_directory(home.join("webview"));
    }
    let window = builder.build()?;
    let is_dark = matches!(window.theme(), Ok(Theme::Dark));
    window.set_background_color(Some(if is_dark { DARK } else { LIGHT }))?;
    window.show()
}

/// Opens the customer's own screen: a page of its own. It may call two commands (`capabilities/display.json`).
fn open_display(app: &AppHandle) -> tauri::Result<()> {
    if let Some(window) = app.get_webview_window(DISPLAY) {
        return window.set_focus();
    }
    let page = WebviewUrl::App("display.html".into());
    let window = WebviewWindowBuilder::new(app, DISPLAY, page)
        .title("Aura Desk")
        .inner_size(1366.0, 768.0)
        .on_navigation(is_own_page)
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .build()?;
    window.show()
}

fn close_display(app: &AppHandle) -> tauri::Result<()> {
    app.get_webview_window(DISPLAY)
        .map_or(Ok(()), |window| window.destroy())
}

/// The window shows the program's own page, and the dev server's while developing. Everything else stays outside.
fn is_own_page(url: &Url) -> bool {
    let embedded = url.scheme() == "tauri" || url.host_str() == Some("tauri.localhost");
    let dev = tauri::is_dev() && url.host_str() == Some("localhost") && url.port() == Some(5173);
    embedded || dev
}

/// Shows the window and gives it the keyboard, wherever it was.
pub fn bring_forward(app: &AppHandle) {
    let forward = |window: WebviewWindow| {
        window.show()?;
        window.unminimize()?;
        window.set_focus()
    };
    report(app.get_webview_window(MAIN).map_or(Ok(()), forward));
}

/// Takes the window off the screen.
pub fn hide(app: &AppHandle) {
    report(app.get_webview_window(MAIN).map_or(Ok(()), |window| window.hide()));
}

fn report(done: tauri::Result<()>) {
    if let Err(error) = done {
        tracing::warn!(%error, "the window does not obey");
    }
}

/// The window as the desk knows it.
pub struct MainWindow(AppHandle, Dialer);

impl MainWindow {
    /// The window of this program.
    pub fn new(app: AppHandle) -> Self {
        Self(app, Dialer::ask())
    }
}

#[derive(Clone, Serialize)]
struct Changed<'a> {
    topics: &'a [String],
}

#[derive(Clone, Serialize)]
struct Open<'a> {
    path: &'a str,
}

impl Window for MainWindow {
    fn changed(&self, topics: &[String]) {
        report(self.0.emit_to(MAIN, "changed", Changed { topics }));
        if self.0.get_webview_window(DISPLAY).is_some() {
            report(self.0.emit_to(DISPLAY, "changed", Changed { topics }));
        }
    }

    fn open(&self, path: &str) {
        bring_forward(&self.0);
        report(self.0.emit_to(MAIN, "open", Open { path }));
    }

    fn show_display(&self, is_open: bool) {
        report(if is_open {
            open_display(&self.0)
        } else {
            close_display(&self.0)
        });
    }

    fn can_dial(&self) -> bool {
        self.1.is_there()
    }

    fn dial(&self, number: &str) -> bool {
        self.1.dial(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn goes(url: &str) -> bool {
        is_own_page(&url.parse().expect("a URL"))
    }

    #[test]
    fn the_window_stays_with_its_own_page() {
        assert!(goes("tauri://localhost/#/leads"));
        assert!(goes("http://tauri.localhost/index.html"));
        assert!(!goes("https://example.com/"));
        assert!(!goes("https://tauri.localhost.example.com/"));
        assert!(!goes("file:///etc/passwd"));
        assert!(!goes("data:text/html,hello"));
        assert!(!goes("about:blank"));
    }
}
