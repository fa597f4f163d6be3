//! Programs that the harness starts, none of which outlives the test.
//!
//! Each runs in a process group of its own, so that all its children are stopped with it. A test process that is killed (a time limit)
//! runs no destructor; therefore each program also asks the kernel to be told when its parent is gone (`setpriv --pdeathsig`). To the
//! kernel the parent is the *thread* that forked, so one thread that lives as long as the process does all the starting.

use std::ffi::OsStr;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{OnceLock, mpsc};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};

use super::wait::wait_until;

type Order = (Command, mpsc::Sender<io::Result<Child>>);

/// A program about to be started. It sees none of our environment but `PATH`.
pub struct Launch {
    name: String,
    package: &'static str,
    command: Command,
    log: Option<PathBuf>,
}

impl Launch {
    /// `package` is the Debian package to name when the program is missing.
    #[must_use]
    pub fn new(program: impl AsRef<OsStr>, package: &'static str) -> Self {
        let program = program.as_ref();
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--"]).arg(program);
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("LANG", "C.UTF-8");
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0);
        Self {
            name: program.to_string_lossy().into_owned(),
            package,
            command,
            log: None,
        }
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.command.args(args);
        self
    }

    /// Adds variables.
    #[must_use]
    pub fn envs<K: AsRef<OsStr>, V: AsRef<OsStr>>(mut self, vars: impl IntoIterator<Item = (K, V)>) -> Self {
        self.command.envs(vars);
        self
    }

    /// Runs as this user and group; only root can.
    #[must_use]
    pub fn owner(mut self, owner: Option<(u32, u32)>) -> Self {
        if let Some((uid, gid)) = owner {
            self.command.uid(uid).gid(gid);
        }
        self
    }

    /// Sends what the program prints to the end of this file, which is also shown when the program fails.
    #[must_use]
    pub fn log(mut self, log: impl Into<PathBuf>) -> Self {
        let log = log.into();
        let file = std::fs::File::options()
            .create(true)
            .append(true)
            .open(&log)
            .expect("a log file can be opened");
        self.command
            .stdout(file.try_clone().expect("a log file can be shared"))
            .stderr(file);
        self.log = Some(log);
        self
    }

    /// Keeps a pipe to the program's standard input ([`Running::stdin`]).
    #[must_use]
    pub fn piped_stdin(mut self) -> Self {
        self.command.stdin(Stdio::piped());
        self
    }

    /// Keeps a pipe from the program's standard output ([`Running::stdout`]).
    #[must_use]
    pub fn piped_stdout(mut self) -> Self {
        self.command.stdout(Stdio::piped());
        self
    }

    /// Starts the program.
    ///
    /// # Panics
    /// When it is not installed.
    #[must_use]
    pub fn start(self) -> Running {
        let Self {
            name,
            package,
            command,
            log,
        } = self;
        assert!(is_installed(&name), "{name} is missing: apt-get install {package}");
        let (reply, child) = mpsc::channel();
        spawner().send((command, reply)).expect("the starting thread lives");
        let child = child.recv().expect("the starting thread answers");
        let child = child.unwrap_or_else(|error| panic!("{name} cannot be started: {error}"));
        Running { name, child, log }
    }
}

fn is_installed(program: &str) -> bool {
    let found = |folder: PathBuf| folder.join(program).is_file();
    Path::new(program).is_file() || std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(found))
}

/// The one thread that forks; see the top of this file.
fn spawner() -> mpsc::Sender<Order> {
    static SPAWNER: OnceLock<mpsc::Sender<Order>> = OnceLock::new();
    let start = || {
        let (orders, incoming) = mpsc::channel::<Order>();
        let work = move || {
            incoming
                .into_iter()
                .for_each(|(mut command, reply)| drop(reply.send(command.spawn())))
        };
        std::thread::Builder::new()
            .name("spawner".into())
            .spawn(work)
            .expect("a thread can be started");
        orders
    };
    SPAWNER.get_or_init(start).clone()
}

/// A program that runs until it is dropped.
pub struct Running {
    name: String,
    child: Child,
    log: Option<PathBuf>,
}

impl Running {
    /// Its process id, which is also its group's.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The pipe to its input, once, after [`Launch::piped_stdin`].
    pub fn stdin(&mut self) -> ChildStdin {
        self.child.stdin.take().expect("stdin is piped and not yet taken")
    }

    /// The pipe from its output, once, after [`Launch::piped_stdout`].
    pub fn stdout(&mut self) -> ChildStdout {
        self.child.stdout.take().expect("stdout is piped and not yet taken")
    }

    /// How it ended, or `None` while it runs.
    pub fn exited(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child can be waited for")
    }

    /// Fails the test, with the end of the program's log, if it has ended.
    pub fn assert_running(&mut self) {
        if let Some(status) = self.exited() {
            panic!("{} has ended: {status}\n{}", self.name, self.log_tail());
        }
    }

    /// The last lines it printed, empty without [`Launch::log`].
    #[must_use]
    pub fn log_tail(&self) -> String {
        let text = self
            .log
            .as_ref()
            .and_then(|log| std::fs::read(log).ok())
            .unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<_> = text.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }

    /// Sends a signal to the program itself and waits until it has ended.
    ///
    /// # Panics
    /// When it has not ended `within` that time.
    pub fn stop(&mut self, signal: Signal, within: Duration) -> ExitStatus {
        if self.exited().is_none() {
            rustix::process::kill_process(pid_of(self.child.id()), signal).expect("our own child can be signalled");
        }
        wait_until(format!("{} ends after {signal:?}", self.name), within, || self.exited())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // The group can be gone already: that is what is wanted.
        _ = kill_process_group(pid_of(self.child.id()), Signal::KILL);
        _ = self.child.wait();
    }
}

/// A process id in the form that signals are sent to.
#[must_use]
pub fn pid_of(id: u32) -> Pid {
    i32::try_from(id)
        .ok()
        .and_then(Pid::from_raw)
        .expect("a process id is positive")
}

/// A port on 127.0.0.1 that is free at this moment. Another process may take it before its user does, so users try again.
#[must_use]
pub fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("loopback has a free port");
    listener.local_addr().expect("a bound socket has an address").port()
}

/// Whether the test runs as root, as it does in containers.
#[must_use]
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}
