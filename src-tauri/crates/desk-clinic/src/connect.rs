//! How a desk reaches its PostgreSQL: always encrypted and to the right server, unless the server is this very machine.

use std::net::IpAddr;
use std::ops::{Deref, DerefMut};

pub use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::postgres::{PgSslMode, Postgres};
use sqlx::{ConnectOptions, Connection, Transaction};

use crate::{ClinicError, Result};

/// Where and as whom.
#[derive(Clone)]
pub struct ConnectTo {
    /// Host name, address, or the absolute path of a socket folder.
    pub host: String,
    /// TCP port (also names the socket).
    pub port: u16,
    /// Database name.
    pub database: String,
    /// The PostgreSQL role.
    pub login: String,
    /// Its password.
    pub password: String,
    /// The certificate authority to trust, PEM; without it, the usual public ones.
    pub ca: Option<String>,
}

/// sqlx options for a desk's connection: `verify-full`, except over loopback and sockets, where nobody is in between.
pub fn options(to: &ConnectTo) -> PgConnectOptions {
    let options = PgConnectOptions::new_without_pgpass()
        .host(&to.host)
        .port(to.port)
        .database(&to.database)
        .username(&to.login)
        .password(&to.password)
        .application_name("aura-desk")
        // Our numbers are exact, and poolers refuse start-up settings that they do not know.
        .extra_float_digits(None)
        .ssl_mode(if is_this_machine(&to.host) {
            PgSslMode::Prefer
        } else {
            PgSslMode::VerifyFull
        })
        .disable_statement_logging();
    match &to.ca {
        Some(pem) => options.ssl_root_cert_from_pem(pem.clone().into_bytes()),
        None => options,
    }
}

/// Opens one connection.
///
/// # Errors
/// [`crate::ClinicError::Unreachable`], `AuthRefused`, `LoginEnded` or `Tls`.
pub async fn connect(options: &PgConnectOptions) -> Result<PgConnection> {
    Ok(PgConnection::connect_with(options).await?)
}

/// Whose connection the server's end is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// This desk's alone, as long as it lasts.
    Own,
    /// Not known, or that of a pooler in transaction mode: each transaction may meet another connection of the server, with the statements
    /// prepared there by somebody else, and perhaps another life of the database.
    Shared,
}

/// One request. On a shared way it is a transaction, which keeps the server's connection from the first word to the last: even an unnamed
/// statement is two messages, and a pooler may put a change of connections between them.
pub enum Turn<'c> {
    /// On a connection of one's own.
    Own(&'c mut PgConnection),
    /// On a shared one.
    Shared(Transaction<'c, Postgres>),
}

/// Begins a request. Dropped before [`Turn::end`], a shared one has not happened: throw the connection away.
///
/// # Errors
/// [`crate::ClinicError::Unreachable`].
pub async fn turn(conn: &mut PgConnection, way: Way) -> Result<Turn<'_>> {
    Ok(match way {
        Way::Own => Turn::Own(conn),
        Way::Shared => Turn::Shared(conn.begin().await?),
    })
}

impl Turn<'_> {
    /// Ends the request; only now is it done.
    ///
    /// # Errors
    /// Whatever a commit says; what became of the request is then unknown.
    pub async fn end(self) -> Result<()> {
        match self {
            Self::Own(_) => Ok(()),
            Self::Shared(transaction) => Ok(transaction.commit().await?),
        }
    }
}

impl Deref for Turn<'_> {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        match self {
            Self::Own(conn) => conn,
            Self::Shared(transaction) => transaction,
        }
    }
}

impl DerefMut for Turn<'_> {
    fn deref_mut(&mut self) -> &mut PgConnection {
        match self {
            Self::Own(conn) => conn,
            Self::Shared(transaction) => transaction,
        }
    }
}

/// Whether a statement may stay prepared on this connection, under a name. Within a [`Turn`] on a shared way it may not: the name would stay
/// on a connection of the server that somebody else gets next.
pub(crate) fn keeps_statements(conn: &PgConnection) -> bool {
    !conn.is_in_transaction()
}

/// The IT person's way in, out of a `postgres://` URL: its connection and where that leads, which is what desks are told by default.
///
/// # Errors
/// `Answer` for something that is no URL; `Unreachable`, `AuthRefused`, `Tls`.
pub async fn administrator(url: &str) -> Result<(PgConnection, Place)> {
    let options: PgConnectOptions = url
        .parse()
        .map_err(|_| ClinicError::Answer("the address is no postgres:// URL"))?;
    let options = options.application_name("desk-server").disable_statement_logging();
    let mut conn = connect(&options).await?;
    let database = sqlx::query_scalar("select current_database()::text")
        .fetch_one(&mut conn)
        .await?;
    let place = Place {
        host: options.get_host().to_owned(),
        port: options.get_port(),
        database,
    };
    Ok((conn, place))
}

/// Where a database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Host name, address or socket folder.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Database name.
    pub database: String,
}

pub(crate) fn is_this_machine(host: &str) -> bool {
    host.starts_with('/') || host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(host: &str) -> String {
        let to = ConnectTo {
            host: host.into(),
            port: 5432,
            database: "d".into(),
            login: "u".into(),
            password: "p".into(),
            ca: None,
        };
        format!("{:?}", options(&to).get_ssl_mode())
    }

    #[test]
    fn only_this_machine_may_go_without_verified_encryption() {
        for host in ["127.0.0.1", "::1", "localhost", "/run/postgresql"] {
            assert_eq!(mode(host), "Prefer", "{host}");
        }
        for host in ["db.clinic.example", "10.0.0.5", "127.0.0.1.example.com"] {
            assert_eq!(mode(host), "VerifyFull", "{host}");
        }
    }
}
