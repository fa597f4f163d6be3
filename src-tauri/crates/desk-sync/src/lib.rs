//! How the cache and the clinic's PostgreSQL agree. [`engine`] decides what happens next and does no I/O; [`round`] carries out its steps
//! between a cache and a [`clinic::Clinic`]; [`session`] runs both with the real clock and network. It knows no window.

mod ahead;
pub mod clinic;
pub mod engine;
pub mod leave;
pub mod load;
pub mod postgres;
pub mod round;
pub mod session;

pub use clinic::{Clinic, Failure};
pub use session::{Session, Status};
