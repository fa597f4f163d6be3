//! How the desk becomes a desktop program: one window, native notifications, the system's keyring, links, the log. It decides nothing about
//! customers or leads: every command goes straight to `desk_app::Desk`, and Desk reaches the system through the ports implemented here.

pub mod clock;
pub mod notifier;
pub mod secrets;
