//! One PC: the real desk in a process of its own, asked over HTTP as its page asks.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use desk_app::api::Nothing;
use desk_app::api::session::{Connect, Phase, StartState, Unlock};
use desk_app::api::sync::{SyncMode, SyncState};
use desk_app::error::{AppError, Code};
use desk_tests::harness::netcut::NetCut;
use desk_tests::harness::process::{Launch, Running, pid_of};
use desk_tests::harness::wait::{secs, wait_until};
use rustix::process::{Signal, kill_process};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tempfile::TempDir;
use uuid::Uuid;

pub const PIN: &str = "2468";
/// A desk never keeps a person waiting longer, whatever the network does.
const PATIENCE: Duration = secs(20);

/// What a desk said.
#[derive(Debug)]
pub enum Answer<T> {
    /// It is so: for an action, it is confirmed.
    Said(T),
    /// Not done, and why.
    Refused(AppError),
    /// The desk was gone before it answered: nobody knows.
    Silent,
}

impl<T> Answer<T> {
    #[track_caller]
    pub fn said(self) -> T {
        match self {
            Self::Said(value) => value,
            Self::Refused(error) => panic!("refused: {error}"),
            Self::Silent => panic!("the desk is gone"),
        }
    }

    #[track_caller]
    pub fn refused(self) -> Code {
        match self {
            Self::Refused(error) => error.code,
            Self::Said(_) => panic!("it was done"),
            Self::Silent => panic!("the desk is gone"),
        }
    }
}

/// A PC: folder and network path stay while the process comes and goes.
pub struct Desk {
    pub name: String,
    pub net: NetCut,
    folder: TempDir,
    life: Mutex<Life>,
}

#[derive(Default)]
struct Life {
    process: Option<Running>,
    address: String,
    person: Option<Uuid>,
}

impl Desk {
    /// A new PC with a network path to the server on this port; its program runs.
    pub fn new(name: &str, server_port: u16) -> Self {
        Self::in_folder(name, server_port, TempDir::with_prefix("aura-desk-chaos").unwrap())
    }

    /// The same with its folder in a place of the test's choice.
    pub fn in_folder(name: &str, server_port: u16, folder: TempDir) -> Self {
        let desk = Self {
            name: name.into(),
            net: NetCut::to(server_port),
            folder,
            life: Mutex::default(),
        };
        desk.start();
        desk
    }

    /// Lets its clock differ from the real time by so many seconds; what it was at a kill it is at the next start.
    pub fn set_clock(&self, seconds: i64) {
        let (clock, fresh) = (self.folder.path().join("clock"), self.folder.path().join("clock.new"));
        std::fs::write(&fresh, seconds.to_string()).unwrap();
        std::fs::rename(fresh, clock).unwrap();
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts the program. It is locked then, if the PC belongs to a clinic.
    pub fn start(&self) {
        let mut life = self.life.lock().unwrap();
        life.process = None;
        let launch = Launch::new(env!("CARGO_BIN_EXE_test-desk"), "cargo")
            .log(self.folder.path().join("desk.log"))
            .args([self.folder.path()]);
        let mut process = launch.piped_stdout().start();
        let mut line = String::new();
        BufReader::new(process.stdout()).read_line(&mut line).unwrap();
        life.address = line.trim().to_owned();
        life.process = Some(process);
    }

    /// Ends the process as a power cut does: at whatever point it is, without a word. `false` when it was not there.
    pub fn kill(&self) -> bool {
        let mut life = self.life.lock().unwrap();
        let Some(process) = life.process.as_mut() else {
            return false;
        };
        let is_there = process.exited().is_none();
        if is_there {
            kill_process(pid_of(process.pid()), Signal::KILL).unwrap();
        }
        is_there
    }

    fn is_gone(&self) -> bool {
        let mut life = self.life.lock().unwrap();
        life.process.as_mut().is_none_or(|process| process.exited().is_some())
    }

    /// What the program wrote to its log last.
    pub fn log_tail(&self) -> String {
        let life = self.life.lock().unwrap();
        life.process.as_ref().map(Running::log_tail).unwrap_or_default()
    }

    /// Runs a command as the page does.
    pub fn ask<T: DeserializeOwned>(&self, command: &str, request: &impl Serialize) -> Answer<T> {
        let address = self.life.lock().unwrap().address.clone();
        let Some(answer) = exchange(&address, command, &serde_json::to_string(request).unwrap()) else {
            // A desk that lives answers; only a kill may keep it from that.
            wait_until(
                format!("{} is gone after no answer to {command}", self.name),
                secs(5),
                || self.is_gone().then_some(()),
            );
            return Answer::Silent;
        };
        let (status, body) = answer;
        match status {
            200 => {
                Answer::Said(serde_json::from_str(&body).unwrap_or_else(|error| panic!("{command}: {error}: {body}")))
            }
            422 => Answer::Refused(serde_json::from_str(&body).unwrap()),
            other => panic!("{command}: {other} {body}"),
        }
    }

    pub fn stand(&self) -> Answer<StartState> {
        self.ask("start", &Nothing {})
    }

    pub fn sync(&self) -> SyncState {
        self.ask("sync_state", &Nothing {}).said()
    }

    /// How many actions wait to be sent; nobody knows while it is killed.
    pub fn waiting(&self) -> Option<usize> {
        match self.ask::<SyncState>("sync_state", &Nothing {}) {
            Answer::Said(state) => Some(state.waiting.len()),
            Answer::Refused(_) | Answer::Silent => None,
        }
    }

    /// Connects the PC with a code and waits for the first load.
    pub fn connect(&self, code: String) {
        let connect = Connect {
            code,
            pin: PIN.into(),
            device: self.name.clone(),
        };
        let state: StartState = self.ask("connect", &connect).said();
        let person = state.people.first().map(|person| person.id);
        self.life.lock().unwrap().person = person;
        self.until_ready();
    }

    /// Waits until somebody can work here.
    pub fn until_ready(&self) {
        wait_until(format!("{} is ready", self.name), secs(60), || {
            (self.stand().said().phase == Phase::Ready).then_some(())
        });
    }

    /// Starts the program again, if it is gone, and unlocks it. It may be killed again meanwhile; then once more.
    pub fn revive(&self) {
        wait_until(format!("{} works again", self.name), secs(120), || self.try_revive());
    }

    fn try_revive(&self) -> Option<()> {
        if self.is_gone() {
            self.start();
        }
        let person = self.life.lock().unwrap().person.unwrap();
        let unlock = Unlock {
            person,
            pin: PIN.into(),
        };
        match self.ask::<StartState>("unlock", &unlock) {
            Answer::Said(state) => (state.phase == Phase::Ready).then_some(()),
            Answer::Silent => None,
            Answer::Refused(error) => panic!("{} cannot be unlocked: {error}\n{}", self.name, self.log_tail()),
        }
    }

    /// Waits until the desk is online, nothing waits, and a whole round has ended after that.
    pub fn until_agreed(&self) {
        wait_until(format!("{} and the clinic agree", self.name), secs(60), || {
            let state = self.sync();
            (state.mode == SyncMode::Online && state.waiting.is_empty()).then_some(())
        });
    }

    /// Waits until the desk has read what the clinic had when this was called.
    pub fn until_caught_up(&self) {
        let before = self.sync().last_synced_at;
        self.ask::<SyncState>("sync_now", &Nothing {}).said();
        wait_until(format!("{} has caught up", self.name), secs(60), || {
            let state = self.sync();
            (state.mode == SyncMode::Online && state.waiting.is_empty() && state.last_synced_at > before).then_some(())
        });
    }

    pub fn until_mode(&self, mode: SyncMode) {
        wait_until(format!("{} is {mode:?}", self.name), secs(60), || {
            (self.sync().mode == mode).then_some(())
        });
    }
}

/// One request, one connection, as written; nothing when the desk went away before the whole answer was here.
fn exchange(address: &str, command: &str, body: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let head = format!(
        "POST /{command} HTTP/1.1\r\nhost: {address}\r\norigin: http://{address}\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).ok()?;
    let mut answer = vec![];
    stream.read_to_end(&mut answer).ok()?;
    let answer = String::from_utf8(answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let length = head
        .lines()
        .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let is_whole = length.is_none_or(|length: usize| body.len() == length);
    let status = head.split(' ').nth(1)?.parse().ok()?;
    is_whole.then(|| (status, body.to_owned()))
}
