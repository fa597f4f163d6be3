//! One simulated PC: display, session bus, keyring, notifications and home folders of its own, and the built program in its window.
//!
//! What the program needs to be driven is set here and nowhere else ([`Desk::vars`]). The PC lives on when the program is killed.

use std::path::{Path, PathBuf};

use rustix::process::Signal;
use tempfile::TempDir;

use super::bus::SessionBus;
use super::display::Display;
use super::keyring::Keyring;
use super::notifications::NotificationServer;
use super::process::{Launch, Running};
use super::wait::secs;
use super::webdriver::Window;

/// A PC. Dropping it ends its programs and removes its folders.
pub struct Desk {
    // Fields are dropped in this order: the window before what it stands on.
    window: Option<Window>,
    keyring: Option<Keyring>,
    notifications: NotificationServer,
    bus: SessionBus,
    display: Display,
    app: PathBuf,
    vars: Vec<(String, String)>,
    folder: TempDir,
}

impl Desk {
    /// A PC with the program built by `make build`, not yet started.
    #[must_use]
    pub fn new() -> Self {
        Self::with_app(built("aura-desk"))
    }

    /// A PC with another program.
    #[must_use]
    pub fn with_app(app: impl Into<PathBuf>) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("aura-desk-pc")
            .tempdir()
            .expect("a temporary folder");
        let display = Display::start();
        let bus = SessionBus::start(&make(&folder.path().join("run")));
        let vars = variables(folder.path(), display.name(), bus.address());
        let notifications = NotificationServer::start(&bus);
        let mut desk = Self {
            window: None,
            keyring: None,
            notifications,
            bus,
            display,
            app: app.into(),
            vars,
            folder,
        };
        desk.unlock_keyring();
        desk
    }

    /// Sets one more variable for the program's next start.
    pub fn set(&mut self, name: &str, value: &str) {
        self.vars.push((name.to_owned(), value.to_owned()));
    }

    /// Starts the program with these arguments; its window can be driven when this returns.
    ///
    /// # Panics
    /// When it is running already.
    pub async fn start(&mut self, args: &[&str]) -> &Window {
        assert!(self.window.is_none(), "the program is already running");
        let window = Window::open(&self.app, args, &self.vars, &self.log()).await;
        self.window.insert(window)
    }

    /// The open window.
    ///
    /// # Panics
    /// When the program is not running.
    #[must_use]
    pub fn window(&self) -> &Window {
        self.window.as_ref().expect("the program is running")
    }

    /// `kill -9`: the program gets no chance to do anything.
    pub fn kill(&mut self) {
        self.window.take().expect("the program is running").end(Signal::KILL);
    }

    /// Closes the window by its button and waits until the program has ended.
    pub fn close(&mut self) {
        self.display.close_windows();
        self.window
            .take()
            .expect("the program is running")
            .wait_until_gone(secs(20));
    }

    /// Starts the program a second time beside the driven one, as a click on a link or the icon does. It is not driven.
    #[must_use]
    pub fn launch(&self, args: &[&str]) -> Running {
        Launch::new(&self.app, "nothing: make build")
            .args(args)
            .envs(self.vars.iter().cloned())
            .log(self.log())
            .start()
    }

    /// The PC's notification service.
    #[must_use]
    pub fn notifications(&self) -> &NotificationServer {
        &self.notifications
    }

    /// Stops the keyring, as on a PC that has none. What it holds is kept.
    pub fn remove_keyring(&mut self) {
        self.keyring = None;
    }

    /// Starts the keyring again with what it held.
    pub fn unlock_keyring(&mut self) {
        self.keyring = Some(Keyring::unlock(
            &self.bus,
            &self.vars,
            &self.folder.path().join("keyring.log"),
        ));
    }

    /// The PC's session bus.
    #[must_use]
    pub fn bus(&self) -> &SessionBus {
        &self.bus
    }

    /// The PC's display.
    #[must_use]
    pub fn display(&self) -> &Display {
        &self.display
    }

    /// The person's home folder.
    #[must_use]
    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// Where programs keep data (`XDG_DATA_HOME`).
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.home().join(".local/share")
    }

    /// Everything that the PC's programs are told.
    #[must_use]
    pub fn vars(&self) -> &[(String, String)] {
        &self.vars
    }

    /// What the program and its driver have printed.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.folder.path().join("window.log")
    }
}

impl Default for Desk {
    fn default() -> Self {
        Self::new()
    }
}

/// A binary of this workspace as `make build` leaves it.
#[must_use]
pub fn built(name: &str) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let target = target.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"));
    target.join("debug").join(name)
}

fn variables(folder: &Path, display: &str, bus: &str) -> Vec<(String, String)> {
    let home = make(&folder.join("home"));
    let below = |name: &str| make(&home.join(name)).display().to_string();
    let vars = [
        ("HOME", home.display().to_string()),
        ("XDG_CONFIG_HOME", below(".config")),
        ("XDG_DATA_HOME", below(".local/share")),
        ("XDG_STATE_HOME", below(".local/state")),
        ("XDG_CACHE_HOME", below(".cache")),
        ("XDG_RUNTIME_DIR", folder.join("run").display().to_string()),
        ("TMPDIR", make(&folder.join("tmp")).display().to_string()),
        ("DISPLAY", display.to_owned()),
        ("DBUS_SESSION_BUS_ADDRESS", bus.to_owned()),
        ("GDK_BACKEND", "x11".to_owned()),
        // Not WEBKIT_DISABLE_DMABUF_RENDERER, which guides for headless machines advise: with it WebKitGTK 2.50 never answers a
        // WebDriver that asks for a picture. WebKit finds out by itself that there is no graphics card.
        // Nobody answers for assistive technology and settings on our bus; asking for them costs seconds.
        ("NO_AT_BRIDGE", "1".to_owned()),
        ("GSETTINGS_BACKEND", "memory".to_owned()),
        ("TZ", "Asia/Bangkok".to_owned()),
        ("RUST_BACKTRACE", "1".to_owned()),
    ];
    vars.map(|(name, value)| (name.to_owned(), value)).to_vec()
}

/// Makes a folder that only its owner may open, as `XDG_RUNTIME_DIR` must be.
fn make(folder: &Path) -> PathBuf {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .expect("a temporary folder can be written");
    folder.to_owned()
}
