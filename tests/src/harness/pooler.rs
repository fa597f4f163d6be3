//! A connection pooler between the desks and PostgreSQL, as hosted databases put one there: pgbouncer in transaction mode.
//!
//! It is as unkind as its settings allow: each login has more than one connection to the server, used in turn, so that no two transactions of
//! a desk meet the same one. Who comes in is looked up in the server (`auth_query`), so every desk's own login passes through.

use std::fs;
use std::net::TcpStream;
use std::os::unix::fs::{PermissionsExt as _, chown};

use rustix::process::Signal;
use tempfile::TempDir;

use super::pg::{PgCluster, server_user};
use super::process::{Launch, Running, free_port};
use super::wait::{secs, wait_until};

/// The pooler's own login, which looks passwords up.
const LOGIN: &str = "pooler";
const PASSWORD: &str = "lets-the-pooler-look";

/// A running pooler and its folder.
pub struct Pooler {
    server: Running,
    port: u16,
    folder: TempDir,
}

impl Pooler {
    /// Puts a pooler in front of this server, for all its databases.
    #[must_use]
    pub fn before(pg: &PgCluster) -> Self {
        pg.psql(
            "postgres",
            &format!("create role {LOGIN} login superuser password '{PASSWORD}'"),
        );
        let folder = tempfile::Builder::new()
            .prefix("aura-desk-pooler")
            .tempdir()
            .expect("a temporary folder");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        if let Some((user, group)) = server_user() {
            chown(folder.path(), Some(user), Some(group)).expect("root can give folders away");
        }
        let started = (0..5).find_map(|_| try_start(&folder, pg.port()));
        let (server, port) = started.expect("pgbouncer starts on one of five ports");
        Self { server, port, folder }
    }

    /// The port that desks are told.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.server.pid()
    }

    /// What it has logged.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

/// A port can be taken by somebody else between the look and the use; `None` then.
fn try_start(folder: &TempDir, server_port: u16) -> Option<(Running, u16)> {
    let port = free_port();
    let file = folder.path().join("pooler.ini");
    fs::write(folder.path().join("users.txt"), format!("\"{LOGIN}\" \"{PASSWORD}\"\n")).unwrap();
    fs::write(&file, settings(folder, port, server_port)).unwrap();
    let mut server = Launch::new("/usr/sbin/pgbouncer", "pgbouncer")
        .owner(server_user())
        .log(folder.path().join("log"))
        .args([&file])
        .start();
    let answers = wait_until("the pooler answers", secs(20), || {
        if server.exited().is_some() {
            return Some(false);
        }
        TcpStream::connect(("127.0.0.1", port)).is_ok().then_some(true)
    });
    if !answers {
        _ = server.stop(Signal::KILL, secs(5));
    }
    answers.then_some((server, port))
}

fn settings(folder: &TempDir, port: u16, server_port: u16) -> String {
    let users = folder.path().join("users.txt");
    format!(
        "[databases]
* = host=127.0.0.1 port={server_port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
pool_mode = transaction
server_round_robin = 1
min_pool_size = 2
default_pool_size = 4
max_client_conn = 4000
auth_type = scram-sha-256
auth_file = {}
auth_user = {LOGIN}
auth_query = select usename, passwd from pg_catalog.pg_shadow where usename = $1
log_connections = 0
log_disconnections = 0
",
        users.display()
    )
}
