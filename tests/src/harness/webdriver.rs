//! The program's window, driven as a person drives it: tauri-driver in front of WebKitWebDriver, which starts the program itself.
//!
//! Because WebKitWebDriver starts the program, the program's environment is the driver's: every window has a driver of its own, and
//! both are gone together. `make setup` builds tauri-driver into `target/tools`.

use std::net::TcpStream;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::{Signal, kill_process};
use serde_json::json;
use thirtyfour::WebDriver;
use thirtyfour::common::config::WebDriverConfig;
use thirtyfour::prelude::Capabilities;

use super::process::{Launch, Running, free_port, pid_of};
use super::wait::{eventually, secs, wait_until};

/// An open window. It is a [`WebDriver`] too: `window.find(…)`, `window.query(…)`.
pub struct Window {
    driver: WebDriver,
    app: PathBuf,
    processes: Running,
}

impl Window {
    /// Starts the program with these arguments and variables and waits for its page.
    pub async fn open(app: &Path, args: &[&str], vars: &[(String, String)], log: &Path) -> Self {
        let app = app
            .canonicalize()
            .unwrap_or_else(|_| panic!("{} is not built: make build", app.display()));
        let (mut processes, port) = start_drivers(vars, log);
        let mut wanted = Capabilities::new();
        // No browserName: WebKitWebDriver compares it with the program's own and refuses.
        wanted.insert("tauri:options".into(), json!({ "application": app, "args": args }));
        let config = WebDriverConfig::builder()
            .reqwest_timeout(secs(60))
            .build()
            .expect("a WebDriver configuration");
        let session = WebDriver::new_with_config(format!("http://127.0.0.1:{port}"), wanted, config).await;
        processes.assert_running();
        let driver = session.unwrap_or_else(|error| panic!("no window: {error}\n{}", processes.log_tail()));
        Self { driver, app, processes }
    }

    /// Waits until this text can be read in the window.
    pub async fn see(&self, text: &str, within: Duration) {
        let body = async || {
            self.driver
                .execute("return document.body.innerText", Vec::new())
                .await
                .ok()?
                .convert::<String>()
                .ok()
        };
        eventually(format!("“{text}” in the window"), within, async || {
            body().await?.contains(text).then_some(())
        })
        .await;
    }

    /// Saves what the window shows as PNG.
    pub async fn save_picture(&self, png: &Path) {
        self.driver
            .screenshot(png)
            .await
            .unwrap_or_else(|error| panic!("no picture {}: {error}", png.display()));
    }

    /// Process id of the program.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        let group = self.processes.pid().to_string();
        let processes = std::fs::read_dir("/proc").expect("/proc can be read").flatten();
        let mut ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
        ids.find(|id| {
            group_of(*id).as_ref() == Some(&group)
                && std::fs::read_link(format!("/proc/{id}/exe")).ok().as_ref() == Some(&self.app)
        })
    }

    /// Resident memory of the program and its WebKit processes in bytes (pages that they share count once for each).
    #[must_use]
    pub fn memory(&self) -> u64 {
        let group = self.processes.pid().to_string();
        let ids = std::fs::read_dir("/proc").expect("/proc can be read").flatten();
        let ids = ids.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
        ids.filter(|id| group_of(*id).as_ref() == Some(&group))
            .filter_map(resident)
            .sum()
    }

    /// Ends the program with a signal, KILL for a crash, and returns when it is gone.
    pub fn end(self, signal: Signal) {
        if let Some(pid) = self.pid() {
            kill_process(pid_of(pid), signal).expect("the program can be signalled");
        }
        self.wait_until_gone(secs(10));
    }

    /// Waits until the program has ended by itself.
    pub fn wait_until_gone(self, within: Duration) {
        wait_until(format!("the end of {}", self.app.display()), within, || {
            self.pid().is_none().then_some(())
        });
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        // The session ends with its processes; thirtyfour's own destructor would ask for its end over the network.
        _ = self.driver.clone().leak();
    }
}

impl Deref for Window {
    type Target = WebDriver;
    fn deref(&self) -> &WebDriver {
        &self.driver
    }
}

fn start_drivers(vars: &[(String, String)], log: &Path) -> (Running, u16) {
    let [port, native] = [free_port(), free_port()];
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tools/bin/tauri-driver");
    assert!(program.is_file(), "tauri-driver is missing: make setup");
    let args = [
        "--port".to_owned(),
        port.to_string(),
        "--native-port".to_owned(),
        native.to_string(),
    ];
    let mut drivers = Launch::new(program, "webkit2gtk-driver")
        .args(args)
        .envs(vars.iter().cloned())
        .log(log)
        .start();
    let answers = |port: u16| TcpStream::connect(("127.0.0.1", port)).is_ok();
    let ready = || {
        drivers.assert_running();
        (answers(port) && answers(native)).then_some(())
    };
    wait_until("tauri-driver and WebKitWebDriver answer", secs(20), ready);
    (drivers, port)
}

/// The process group, the fifth field of `/proc/<id>/stat`; the second, in parentheses, may hold anything.
fn group_of(id: u32) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.split(' ').nth(2).map(ToOwned::to_owned)
}

fn resident(id: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace()
        .nth(1)?
        .parse::<u64>()
        .ok()
        .map(|kib| kib * 1024)
}
