//! A display without a screen, one for each simulated PC.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Command;

use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{AtomEnum, ClientMessageEvent, ConnectionExt as _, EventMask, MapState, Window};
use x11rb::rust_connection::RustConnection;

use super::process::{Launch, Running};
use super::wait::{secs, wait_until};

/// An X server of our own on a number that nobody else has.
pub struct Display {
    name: String,
    _server: Running,
}

impl Display {
    /// Starts it, 1440 × 900 as on the laptops that clinics have.
    #[must_use]
    pub fn start() -> Self {
        let args = [
            "-displayfd",
            "1",
            "-screen",
            "0",
            "1440x900x24",
            "-nolisten",
            "tcp",
            "-noreset",
        ];
        let mut server = Launch::new("Xvfb", "xvfb").args(args).piped_stdout().start();
        let mut number = String::new();
        BufReader::new(server.stdout())
            .read_line(&mut number)
            .expect("Xvfb tells its number");
        let number = number.trim();
        assert!(!number.is_empty(), "Xvfb found no free display");
        Self {
            name: format!(":{number}"),
            _server: server,
        }
    }

    /// Its name, the value of `DISPLAY`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Saves the whole screen as PNG.
    pub fn screenshot(&self, png: &Path) {
        let mut import = Command::new("import");
        let status = import
            .args(["-window", "root"])
            .arg(png)
            .env("DISPLAY", &self.name)
            .status();
        assert!(
            status
                .expect("import is missing: apt-get install imagemagick")
                .success(),
            "no screenshot of {}",
            self.name
        );
    }

    /// Presses the close button of every window, once there is one. No window manager runs here, so the windows are told directly
    /// (`WM_DELETE_WINDOW`).
    pub fn close_windows(&self) {
        let (x, screen) = x11rb::connect(Some(&self.name)).expect("our display answers");
        let root = x.setup().roots[screen].root;
        let protocols = atom(&x, "WM_PROTOCOLS");
        let delete = atom(&x, "WM_DELETE_WINDOW");
        let closable = || {
            let windows = x
                .query_tree(root)
                .expect("X takes requests")
                .reply()
                .expect("X answers")
                .children;
            let windows = windows.into_iter().filter(|window| is_seen(&x, *window));
            let windows: Vec<_> = windows
                .filter(|window| understands(&x, *window, protocols, delete))
                .collect();
            (!windows.is_empty()).then_some(windows)
        };
        for window in wait_until("a window that can be closed", secs(20), closable) {
            let event = ClientMessageEvent::new(32, window, protocols, [delete, x11rb::CURRENT_TIME, 0, 0, 0]);
            // The check is a round trip: X may forget what a client sent just before it hung up.
            x.send_event(false, window, EventMask::NO_EVENT, event)
                .expect("X takes requests")
                .check()
                .expect("X sends it");
        }
    }
}

/// A window may go between the list of windows and a question about it; then it is not seen.
fn is_seen(x: &RustConnection, window: Window) -> bool {
    let attributes = x.get_window_attributes(window).expect("X takes requests").reply();
    attributes.is_ok_and(|reply| reply.map_state == MapState::VIEWABLE)
}

fn atom(x: &RustConnection, name: &str) -> u32 {
    x.intern_atom(false, name.as_bytes())
        .expect("X takes requests")
        .reply()
        .expect("X answers")
        .atom
}

fn understands(x: &RustConnection, window: Window, protocols: u32, wanted: u32) -> bool {
    let property = x
        .get_property(false, window, protocols, AtomEnum::ATOM, 0, 32)
        .expect("X takes requests");
    property.reply().is_ok_and(|reply| {
        reply
            .value32()
            .is_some_and(|mut atoms| atoms.any(|atom| atom == wanted))
    })
}
