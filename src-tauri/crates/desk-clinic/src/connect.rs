//! How a desk reaches its PostgreSQL: always encrypted and to the right server, unless the server is this very machine.

use std::net::IpAddr;

pub use sqlx::postgres::PgConnection;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{ConnectOptions, Connection};

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
/// [`crate::ClinicError::Unreachable`], `AuthRefused` or `Tls`.
pub async fn connect(options: &PgConnectOptions) -> Result<PgConnection> {
    Ok(PgConnection::connect_with(options).await?)
}

/// Asks for nothing but an answer: a connection can have died without a word.
///
/// # Errors
/// [`crate::ClinicError::Unreachable`].
pub async fn ping(conn: &mut PgConnection) -> Result<()> {
    Ok(conn.ping().await?)
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

fn is_this_machine(host: &str) -> bool {
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
