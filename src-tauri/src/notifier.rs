//! The Notifier port. Orders go to a thread of their own, so nothing here can block or break the desk; what a person
//! presses comes back on a channel. A missing notification service is logged when it goes missing: the in-app list is the record.

use std::thread;

use desk_app::ports::{Notifier, Toast, ToastAction};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

#[cfg_attr(target_os = "linux", path = "notifier/linux.rs")]
#[cfg_attr(not(target_os = "linux"), path = "notifier/waiting.rs")]
mod system;

/// A person pressed a button of a toast, or the toast itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pressed {
    /// What the toast is about.
    pub subject: String,
    /// What the person wants.
    pub action: ToastAction,
}

enum Order {
    Show(Toast),
    Withdraw(String),
}

/// Native notifications of this program.
pub struct Toasts {
    orders: UnboundedSender<Order>,
}

/// Begins to take orders, and gives what is pressed.
pub fn open() -> (Toasts, UnboundedReceiver<Pressed>) {
    let (orders, inbox) = unbounded_channel();
    let (presses, pressed) = unbounded_channel();
    let spawned = thread::Builder::new()
        .name("toasts".into())
        .spawn(move || system::run(inbox, presses));
    if let Err(error) = spawned {
        tracing::error!(%error, "no native notifications");
    }
    (Toasts { orders }, pressed)
}

impl Toasts {
    fn order(&self, order: Order) {
        if self.orders.send(order).is_err() {
            tracing::debug!("no native notifications");
        }
    }
}

impl Notifier for Toasts {
    fn show(&self, toast: Toast) {
        self.order(Order::Show(toast));
    }

    fn withdraw(&self, subject: &str) {
        self.order(Order::Withdraw(subject.into()));
    }
}
