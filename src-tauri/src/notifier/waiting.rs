//! Windows and macOS, through notify-rust: a thread waits beside each toast. notify-rust can neither replace nor withdraw a toast there, so
//! an outdated one stays until it times out, and the desk answers a press on it with what is true by then. Written, not yet tried there.

use std::thread;

use desk_app::ports::{Toast, ToastAction};
use notify_rust::{Notification, NotificationResponse};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};

use super::{Order, Pressed};

/// `identifier` of tauri.conf.json. Windows shows toasts only for an id that an installed shortcut carries; the installer makes it.
const APP: &str = "clinic.aura.desk";

/// Serves the orders until there is nobody left to give any.
pub fn run(mut inbox: UnboundedReceiver<Order>, presses: UnboundedSender<Pressed>) {
    #[cfg(target_os = "macos")]
    if let Err(error) = notify_rust::set_application(APP) {
        tracing::warn!(%error, "toasts are shown under another name");
    }
    while let Some(order) = inbox.blocking_recv() {
        match order {
            Order::Show(toast) => wait_beside(toast, presses.clone()),
            Order::Withdraw(_) => tracing::debug!("a toast stays until it times out"),
        }
    }
}

fn wait_beside(toast: Toast, presses: UnboundedSender<Pressed>) {
    let spawned = thread::Builder::new().name("toast".into()).spawn(move || {
        let Ok(handle) = notification(&toast).show() else {
            return tracing::warn!("no native notifications on this desktop");
        };
        let waited = handle.wait_for_response(|response: &NotificationResponse| {
            if let Some(action) = action_of(response, &toast) {
                drop(presses.send(Pressed {
                    subject: toast.subject.clone(),
                    action,
                }));
            }
        });
        if waited.is_err() {
            tracing::debug!("a toast ended without an answer");
        }
    });
    if let Err(error) = spawned {
        tracing::warn!(%error, "no thread for a toast");
    }
}

fn notification(toast: &Toast) -> Notification {
    let mut notification = Notification::new();
    notification.summary(&toast.title).body(&toast.body);
    #[cfg(target_os = "windows")]
    {
        notification.app_id(APP);
        if toast.is_urgent {
            notification.urgency(notify_rust::Urgency::Critical);
        }
    }
    for (action, label) in &toast.actions {
        notification.action(action.word(), label);
    }
    notification
}

/// What a press means on this toast: a button's word, or a press on the toast itself, which is its first button.
fn action_of(response: &NotificationResponse, toast: &Toast) -> Option<ToastAction> {
    match response {
        NotificationResponse::Default => toast.actions.first().map(|(action, _)| *action),
        NotificationResponse::Action(word) => ToastAction::from_word(word),
        NotificationResponse::Reply(_) | NotificationResponse::Closed(_) => None,
    }
}
