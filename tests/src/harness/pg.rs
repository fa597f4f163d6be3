//! A PostgreSQL server of the test's own: made by `initdb` in a temporary folder, on a free port, gone when dropped.
//!
//! The superuser `postgres` comes in through the Unix socket only (folder of the server's user, no password), as a clinic's IT person
//! beside the server does. Everybody else comes over TCP with a password (scram-sha-256), as desks do.
//! Commits are not synced to disk unless a test asks for it: a test machine that loses power has lost nothing.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use rustix::fs::statvfs;
use rustix::process::{Signal, kill_process};
use tempfile::TempDir;

use super::process::{Launch, Running, free_port, is_root, pid_of};
use super::wait::{secs, wait_at_most, wait_until};

/// Name of the superuser.
pub const SUPERUSER: &str = "postgres";

const SETTINGS: [(&str, &str); 14] = [
    ("listen_addresses", "127.0.0.1"),
    ("max_connections", "100"),
    ("shared_buffers", "64MB"),
    ("fsync", "off"),
    ("full_page_writes", "off"),
    // In the server's folder, which goes with the test; what lies in /dev/shm outlives a server that is killed.
    ("dynamic_shared_memory_type", "mmap"),
    ("synchronous_commit", "on"),
    ("autovacuum_naptime", "5s"),
    ("password_encryption", "scram-sha-256"),
    ("timezone", "UTC"),
    ("lc_messages", "C.UTF-8"),
    ("log_min_messages", "warning"),
    ("log_line_prefix", "%m [%p] %q%u@%d "),
    ("unix_socket_permissions", "0777"),
];

/// What the data and the log of two servers may take while tests write into them, in bytes.
const ROOM: u64 = 2 << 30;

const HBA: &str = "local all postgres trust
local all all scram-sha-256
host all postgres all reject
host all all 127.0.0.1/32 scram-sha-256
";

/// A running server and its folder.
pub struct PgCluster {
    server: Option<Running>,
    settings: Vec<(String, String)>,
    port: u16,
    owner: Option<(u32, u32)>,
    folder: TempDir,
}

impl Drop for PgCluster {
    /// At once, but in order: a server that is killed leaves its shared memory behind for as long as the machine runs, and a machine has 4,096 of it.
    fn drop(&mut self) {
        let Some(server) = &mut self.server else { return };
        _ = kill_process(pid_of(server.pid()), Signal::QUIT);
        _ = wait_at_most(secs(3), || server.exited());
    }
}

impl PgCluster {
    /// Starts a server with the settings at the top of this file.
    #[must_use]
    pub fn start() -> Self {
        Self::with(&[])
    }

    /// Starts a server; `settings` go on top of the usual ones.
    #[must_use]
    pub fn with(settings: &[(&str, &str)]) -> Self {
        let own = settings.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        let mut cluster = Self::prepare(usual_settings().into_iter().chain(own).collect());
        copy_to(&template(cluster.owner), &cluster.data(), cluster.owner);
        cluster.start_on_a_free_port();
        cluster
    }

    /// Starts a server on what `fill` once put into a fresh one: copying it is many times as quick as making it. It is made anew for another `version`
    /// of what it is made of.
    ///
    /// The copies are twins: whatever `fill` drew at random they share.
    pub async fn kept(name: &str, version: &str, fill: impl AsyncFnOnce(&Self)) -> Self {
        let (shelf, lock) = shelf(name);
        let kept = shelf.join(format!("{name} {version}"));
        if !kept.is_dir() {
            forget(&shelf, &format!("{name} "));
            let mut first = Self::with(&[("min_wal_size", "8MB"), ("max_wal_size", "8MB"), ("wal_recycle", "off")]);
            fill(&first).await;
            first.stop();
            let half = shelf.join(format!("{name}.half"));
            _ = fs::remove_dir_all(&half);
            copy_to(&first.data(), &half, first.owner);
            fs::rename(half, &kept).unwrap();
        }
        let settings = usual_settings()
            .into_iter()
            .chain([("max_wal_size".into(), "256MB".into())]);
        let mut cluster = Self::prepare_in(&quickest_folder(), settings.collect());
        copy_to(&kept, &cluster.data(), cluster.owner);
        drop(lock);
        cluster.start_on_a_free_port();
        cluster
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The folder of a server, without its data.
    fn prepare(settings: Vec<(String, String)>) -> Self {
        Self::prepare_in(&std::env::temp_dir(), settings)
    }

    fn prepare_in(parent: &Path, settings: Vec<(String, String)>) -> Self {
        let owner = server_user();
        let folder = tempfile::Builder::new()
            .prefix("aura-desk-pg")
            .tempdir_in(parent)
            .expect("a temporary folder");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        fs::create_dir(folder.path().join("socket")).unwrap();
        give(&folder.path().join("socket"), owner);
        Self {
            server: None,
            settings,
            port: 0,
            owner,
            folder,
        }
    }

    /// Makes a streaming standby of this server (`pg_basebackup`): the same data, read-only, until [`Self::promote`].
    #[must_use]
    pub fn standby(&self) -> Self {
        let hba = self.data().join("pg_hba.conf");
        let rules = fs::read_to_string(&hba).unwrap();
        fs::write(&hba, format!("{rules}local replication {SUPERUSER} trust\n")).unwrap();
        self.psql("postgres", "select pg_reload_conf()");
        let mut standby = Self::prepare(self.settings.clone());
        let (socket, data) = (self.socket_dir(), standby.data());
        fs::create_dir(&data).unwrap();
        fs::set_permissions(&data, fs::Permissions::from_mode(0o700)).unwrap();
        give(&data, self.owner);
        let port = self.port.to_string();
        let from = ["-h".as_ref(), socket.as_os_str(), "-p".as_ref(), port.as_ref()];
        let how = ["-U", SUPERUSER, "-R", "-X", "stream", "-c", "fast", "--no-sync", "-D"].map(OsStr::new);
        let launch = Launch::new(program("pg_basebackup"), "postgresql")
            .owner(self.owner)
            .log(standby.log_file())
            .args(from.into_iter().chain(how).chain([data.as_os_str()]));
        let mut backup = launch.start();
        let status = wait_until("pg_basebackup is done", secs(120), || backup.exited());
        assert!(status.success(), "pg_basebackup: {status}\n{}", backup.log_tail());
        standby.start_on_a_free_port();
        standby
    }

    /// Hands a folder to the server's user, for a tablespace.
    pub fn give_folder(&self, folder: &Path) {
        give(folder, self.owner);
    }

    /// Makes a standby the primary of a new timeline.
    pub fn promote(&self) {
        assert_eq!(self.psql("postgres", "select pg_promote()"), "t");
    }

    /// A port can be taken by somebody else between the look and the use; hence more than one try.
    fn start_on_a_free_port(&mut self) {
        for _ in 0..5 {
            self.port = free_port();
            if self.try_start() {
                return;
            }
        }
        panic!("PostgreSQL does not start:\n{}", self.log());
    }

    /// Starts it again, on the same port, after [`Self::stop`] or [`Self::kill`].
    pub fn start_again(&mut self) {
        assert!(self.server.is_none(), "PostgreSQL is already running");
        assert!(self.try_start(), "PostgreSQL does not start again:\n{}", self.log());
    }

    fn try_start(&mut self) -> bool {
        let data = self.data();
        let mut options = vec![
            format!("port={}", self.port),
            format!("unix_socket_directories={}", self.socket_dir().display()),
        ];
        options.extend(self.settings.iter().map(|(name, value)| format!("{name}={value}")));
        let args = options.iter().flat_map(|option| ["-c", option]);
        let launch = Launch::new(program("postgres"), "postgresql")
            .owner(self.owner)
            .log(self.log_file());
        let mut server = launch.args([OsStr::new("-D"), data.as_os_str()]).args(args).start();
        let ready = || {
            let pid_file = fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
            // The eighth line is the server's own word on its state, the one that pg_ctl waits for; the first tells whose word it is.
            let is_ours = pid_file.lines().next() == Some(&server.pid().to_string());
            let state = pid_file.lines().nth(7).unwrap_or_default().trim();
            let is_ready = is_ours && ["ready", "standby"].contains(&state);
            if is_ready {
                Some(true)
            } else {
                server.exited().map(|_| false)
            }
        };
        let started = wait_until("PostgreSQL is ready", secs(60), ready);
        self.server = started.then_some(server);
        started
    }

    /// Shuts down in order: open transactions are rolled back, clients are told (`57P01`).
    pub fn stop(&mut self) {
        self.end(Signal::INT);
    }

    /// Ends all at once, as a crash of the machine does; the next start recovers from the log.
    pub fn kill(&mut self) {
        self.end(Signal::QUIT);
    }

    /// `kill -9` of every process of the server, the first one first, as an out-of-memory killer would.
    pub fn kill_hard(&mut self) {
        let mut server = self.server.take().expect("PostgreSQL is running");
        let children = children_of(server.pid());
        server.stop(Signal::KILL, secs(30));
        for child in children {
            // It may have ended by itself when it missed its parent.
            _ = kill_process(pid_of(child), Signal::KILL);
            wait_until("a server process is gone", secs(30), || {
                (!Path::new(&format!("/proc/{child}")).exists()).then_some(())
            });
        }
    }

    /// [`Self::stop`], then [`Self::start_again`].
    pub fn restart(&mut self) {
        self.stop();
        self.start_again();
    }

    fn end(&mut self, signal: Signal) {
        let mut server = self.server.take().expect("PostgreSQL is running");
        server.stop(signal, secs(30));
    }

    /// The TCP port, the same for the cluster's whole life.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The server's processes: the first one, and those that it started.
    #[must_use]
    pub fn processes(&self) -> (u32, Vec<u32>) {
        let first = self.server.as_ref().expect("PostgreSQL is running").pid();
        (first, children_of(first))
    }

    /// Folder of the Unix socket.
    #[must_use]
    pub fn socket_dir(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    /// What the server has logged, this start and those before.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    fn log_file(&self) -> PathBuf {
        self.folder.path().join("server.log")
    }

    /// URL of the superuser, through the socket.
    #[must_use]
    pub fn superuser_url(&self, database: &str) -> String {
        format!(
            "postgres:///{database}?host={}&port={}&user={SUPERUSER}",
            self.socket_dir().display(),
            self.port
        )
    }

    /// URL of a login over TCP. The password must need no escaping in a URL.
    #[must_use]
    pub fn url(&self, user: &str, password: &str, database: &str) -> String {
        format!("postgres://{user}:{password}@127.0.0.1:{}/{database}", self.port)
    }

    /// Creates a database, empty or as a copy of `template` (which nobody may be connected to), and returns the superuser's URL for it.
    pub fn create_database(&self, name: &str, template: Option<&str>) -> String {
        let template = template.unwrap_or("template0");
        self.psql(
            "postgres",
            &format!("CREATE DATABASE \"{name}\" TEMPLATE \"{template}\""),
        );
        self.superuser_url(name)
    }

    /// Drops a database, with whoever is connected to it.
    pub fn drop_database(&self, name: &str) {
        self.psql("postgres", &format!("DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)"));
    }

    /// Runs SQL as superuser and returns its rows: `|` between columns, one line a row.
    ///
    /// # Panics
    /// With the server's message when it is refused.
    #[track_caller]
    pub fn psql(&self, database: &str, sql: &str) -> String {
        self.try_psql(database, sql)
            .unwrap_or_else(|message| panic!("psql: {message}\n{sql}"))
    }

    /// The same, with the server's message as the error.
    ///
    /// # Errors
    /// What psql printed.
    pub fn try_psql(&self, database: &str, sql: &str) -> Result<String, String> {
        self.client("psql", ["-XAtq", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", sql])
    }

    /// Runs a file of SQL as superuser, all of it in one transaction.
    #[track_caller]
    pub fn psql_file(&self, database: &str, file: impl AsRef<Path>) -> String {
        let file = file.as_ref();
        let args = ["-XAtq1", "-v", "ON_ERROR_STOP=1", "-d", database, "-f"].map(OsStr::new);
        let result = self.client("psql", args.into_iter().chain([file.as_os_str()]));
        result.unwrap_or_else(|message| panic!("psql -f {}: {message}", file.display()))
    }

    /// `pg_dump` of a database as superuser, for example with `["--schema-only"]`. Two dumps of equal databases are equal: the random key
    /// of the lines `\restrict` and `\unrestrict`, which newer versions write, is left out.
    #[track_caller]
    pub fn pg_dump(&self, database: &str, args: &[&str]) -> String {
        let args = args.iter().copied().chain(["-d", database]);
        let dump = self
            .client("pg_dump", args)
            .unwrap_or_else(|message| panic!("pg_dump: {message}"));
        let is_key = |line: &&str| line.starts_with("\\restrict ") || line.starts_with("\\unrestrict ");
        dump.lines().filter(|line| !is_key(line)).collect::<Vec<_>>().join("\n")
    }

    fn client<A: AsRef<OsStr>>(&self, name: &str, args: impl IntoIterator<Item = A>) -> Result<String, String> {
        let mut command = Command::new(program(name));
        command
            .args(args)
            .env("PGHOST", self.socket_dir())
            .env("PGPORT", self.port.to_string());
        command
            .env("PGUSER", SUPERUSER)
            .env("PGCLIENTENCODING", "UTF8")
            .env_remove("PGPASSWORD")
            .env_remove("PGSERVICE");
        checked(&command.output().expect("a PostgreSQL program can be started"))
    }
}

/// The processes that this one started, by the kernel's word: the second field behind the name, which may hold anything itself.
fn children_of(parent: u32) -> Vec<u32> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = processes.filter_map(|process| process.file_name().to_str()?.parse::<u32>().ok());
    let is_child = |id: &u32| {
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        let fields = stat.rsplit_once(')').map(|(_, fields)| fields.split_whitespace());
        fields.and_then(|mut fields| fields.nth(1)?.parse().ok()) == Some(parent)
    };
    ids.filter(is_child).collect()
}

fn checked(output: &Output) -> Result<String, String> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    if output.status.success() {
        Ok(text(&output.stdout))
    } else {
        Err(text(&output.stderr))
    }
}

/// A program of the newest PostgreSQL on this machine. Debian keeps the server's out of `PATH`.
fn program(name: &str) -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let number = |folder: &Path| {
        folder
            .file_name()
            .and_then(OsStr::to_str)
            .and_then(|text| text.parse::<u32>().ok())
    };
    let folders = versions
        .map(|entry| entry.path())
        .filter(|folder| folder.join("bin/initdb").is_file());
    let newest = folders
        .max_by_key(|folder| number(folder))
        .expect("PostgreSQL is missing: apt-get install postgresql");
    newest.join("bin").join(name)
}

/// PostgreSQL and its poolers refuse to run as root, so root hands them to the user that Debian's package makes for it.
pub(super) fn server_user() -> Option<(u32, u32)> {
    let users = fs::read_to_string("/etc/passwd").expect("/etc/passwd can be read");
    let line = users.lines().find(|line| line.starts_with("postgres:"));
    let number = |n: usize| line.and_then(|line| line.split(':').nth(n)?.parse().ok());
    is_root().then(|| {
        number(2)
            .zip(number(3))
            .expect("the user postgres is missing: apt-get install postgresql")
    })
}

fn usual_settings() -> Vec<(String, String)> {
    SETTINGS
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect()
}

/// The machine's memory where it has room for some servers, as copying is most of what a short test waits for; else where temporary files go.
fn quickest_folder() -> PathBuf {
    let memory = Path::new("/dev/shm");
    let has_room = statvfs(memory).is_ok_and(|stats| stats.f_bavail * stats.f_frsize > ROOM);
    if has_room { memory.into() } else { std::env::temp_dir() }
}

/// Where data is kept from test to test, and the word that nobody else changes what is kept there under this name.
fn shelf(name: &str) -> (PathBuf, fs::File) {
    let shelf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tmp");
    fs::create_dir_all(&shelf).unwrap();
    let lock = fs::File::create(shelf.join(format!("{name}.lock"))).unwrap();
    lock.lock().expect("what is kept can be locked");
    (shelf, lock)
}

/// Removes the folders whose name begins so.
fn forget(shelf: &Path, beginning: &str) {
    for entry in fs::read_dir(shelf).unwrap().flatten() {
        if entry.file_name().to_string_lossy().starts_with(beginning) {
            fs::remove_dir_all(entry.path()).unwrap();
        }
    }
}

/// What `initdb` makes, kept from test to test: every test has a process of its own, and copying is ten times as quick.
fn template(owner: Option<(u32, u32)>) -> PathBuf {
    let (target, _lock) = shelf("pg-template");
    let version = checked(&Command::new(program("initdb")).arg("--version").output().unwrap()).unwrap();
    let template = target.join(format!("pg-template {}", version.replace('/', "_")));
    if !template.is_dir() {
        let fresh = tempfile::Builder::new().prefix("aura-desk-initdb").tempdir().unwrap();
        fs::set_permissions(fresh.path(), fs::Permissions::from_mode(0o755)).unwrap();
        initdb(&fresh.path().join("data"), owner);
        let half = target.join("pg-template.half");
        _ = fs::remove_dir_all(&half);
        copy_to(&fresh.path().join("data"), &half, owner);
        fs::write(half.join("pg_hba.conf"), HBA).unwrap();
        fs::rename(half, &template).unwrap();
    }
    template
}

fn initdb(data: &Path, owner: Option<(u32, u32)>) {
    fs::create_dir(data).unwrap();
    give(data, owner);
    let log = data.with_extension("log");
    let launch = Launch::new(program("initdb"), "postgresql")
        .owner(owner)
        .log(log)
        .args([OsStr::new("-D"), data.as_os_str()]);
    let options = [
        "--no-sync",
        "--wal-segsize=4",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        "--auth=trust",
        "-U",
        SUPERUSER,
    ];
    let mut initdb = launch.args(options).start();
    let status = wait_until("initdb is done", secs(120), || initdb.exited());
    assert!(status.success(), "initdb: {status}\n{}", initdb.log_tail());
}

/// Copies a folder; the copy belongs to the server's user and is closed to others, as the server demands.
fn copy_to(from: &Path, to: &Path, owner: Option<(u32, u32)>) {
    fs::create_dir(to).unwrap();
    fs::set_permissions(to, fs::Permissions::from_mode(0o700)).unwrap();
    give(to, owner);
    for entry in fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_to(&entry.path(), &target, owner);
        } else {
            fs::copy(entry.path(), &target).unwrap();
            give(&target, owner);
        }
    }
}

fn give(path: &Path, owner: Option<(u32, u32)>) {
    if let Some((uid, gid)) = owner {
        chown(path, Some(uid), Some(gid)).unwrap();
    }
}
