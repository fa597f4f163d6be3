//! The world around the program, made real and private for one test: PostgreSQL, the network to it, a display, a D-Bus session with
//! keyring and notification server, and the program's window.
//!
//! Every part is a value: it starts when made and is gone when dropped, also when the test process is killed (see [`process`]).
//! A part that cannot start panics with one line that says what is missing; a test has nothing better to do with such an error.
//! Nothing here touches the real home folder, the real session bus or any address but 127.0.0.1.
//!
//! | part | what it stands for |
//! |---|---|
//! | [`pg::PgCluster`] | the clinic's PostgreSQL |
//! | [`pooler::Pooler`] | a pooler in front of it, in transaction mode |
//! | [`netcut::NetCut`] | the network between one PC and PostgreSQL |
//! | [`desk::Desk`] | one PC with the program: display, session bus, keyring, notifications, home folders |
//! | [`ports`] | the machine below a desk without a window |
//! | [`wait`] | wait for a condition with a deadline, never for a time |
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "the harness is code of tests: a part that does not start is a failed test, and the panic names it"
)]

pub mod background;
pub mod bus;
pub mod desk;
pub mod display;
pub mod keyring;
pub mod netcut;
pub mod notifications;
pub mod pg;
pub mod pooler;
pub mod ports;
pub mod process;
pub mod wait;
pub mod webdriver;
