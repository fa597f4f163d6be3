//! Linux: the desktop's notification service on the session bus.
//!
//! Each subject has a task that owns its toast. It keeps the toast's connection open, because GNOME closes the toasts of a connection that
//! ends, answers only on it, and lets only it replace or close them (js/dbusServices/notifications/notificationDaemon.js).

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use desk_app::ports::Toast;
use notify_rust::{Hint, Notification, NotificationHandle, NotificationResponse, Urgency};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::{Order, Pressed, action_of};
use prompt::Prompt;

#[path = "linux/prompt.rs"]
mod prompt;

/// Serves the orders until there is nobody left to give any.
pub fn run(inbox: UnboundedReceiver<Order>, presses: UnboundedSender<Pressed>) {
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(serve(
            inbox,
            Screen {
                presses,
                is_missing: Arc::default(),
            },
        )),
        Err(error) => tracing::error!(%error, "no native notifications"),
    }
}

/// Hands each order to the task of its subject. Taking away the sender of a task is how its toast is withdrawn.
async fn serve(mut inbox: UnboundedReceiver<Order>, screen: Screen) {
    let mut subjects: HashMap<String, UnboundedSender<Toast>> = HashMap::new();
    while let Some(order) = inbox.recv().await {
        subjects.retain(|_, task| !task.is_closed());
        match order {
            Order::Withdraw(subject) => drop(subjects.remove(&subject)),
            Order::Show(toast) => match subjects.get(&toast.subject) {
                // Tasks run on this thread and end without a pause after their last look, so one that is open will see it.
                Some(task) => drop(task.send(toast)),
                None => {
                    let (task, news) = unbounded_channel();
                    subjects.insert(toast.subject.clone(), task);
                    tokio::spawn(screen.clone().keep(toast, news));
                }
            },
        }
    }
}

#[derive(Clone)]
struct Screen {
    presses: UnboundedSender<Pressed>,
    is_missing: Arc<AtomicBool>,
}

enum Event {
    Answered(NotificationResponse),
    Replaced(Toast),
    Withdrawn,
}

impl Screen {
    /// One subject's place on the screen, from its first toast until it is pressed, dismissed or withdrawn.
    async fn keep(self, mut toast: Toast, mut news: UnboundedReceiver<Toast>) {
        let Some(mut handle) = self.show(&toast).await else {
            return;
        };
        loop {
            match next(&handle, &mut news).await {
                Event::Withdrawn => return handle.close_async().await,
                Event::Replaced(newer) => {
                    toast = newer;
                    let Some(replaced) = self.replace(handle, &toast).await else {
                        return;
                    };
                    handle = replaced;
                }
                Event::Answered(response) => {
                    if self.tell(&response, &toast) {
                        // Not every service takes a pressed toast away, and nobody hears its buttons any more.
                        handle.close_async().await;
                    }
                    let Ok(newer) = news.try_recv() else { return };
                    toast = newer;
                    let Some(shown) = self.show(&toast).await else { return };
                    handle = shown;
                }
            }
        }
    }

    async fn show(&self, toast: &Toast) -> Option<Arc<NotificationHandle>> {
        let shown = notification(toast).show_async().await;
        if let Err(error) = &shown
            && !self.is_missing.load(Ordering::Relaxed)
        {
            tracing::warn!(%error, "no native notifications on this desktop");
        }
        self.is_missing.store(shown.is_err(), Ordering::Relaxed);
        shown.ok().map(Arc::new)
    }

    /// Puts new words into the toast that is there. The service may have been restarted meanwhile: then it is a new one.
    async fn replace(&self, handle: Arc<NotificationHandle>, toast: &Toast) -> Option<Arc<NotificationHandle>> {
        if let Some(mut handle) = Arc::into_inner(handle) {
            *handle = notification(toast);
            // notify-rust offers this only as a blocking call.
            let updated = tokio::task::spawn_blocking(move || handle.update().map(|()| handle)).await;
            if let Ok(Ok(handle)) = updated {
                return Some(Arc::new(handle));
            }
        }
        self.show(toast).await
    }

    /// Passes a press on; answers whether it was one.
    fn tell(&self, response: &NotificationResponse, toast: &Toast) -> bool {
        let action = action_of(response, toast);
        if let Some(action) = action {
            drop(self.presses.send(Pressed {
                subject: toast.subject.clone(),
                action,
            }));
        }
        action.is_some()
    }
}

/// What happens to the toast next.
async fn next(handle: &Arc<NotificationHandle>, news: &mut UnboundedReceiver<Toast>) -> Event {
    let mut answer = Prompt::begin(answer(Arc::clone(handle)));
    tokio::select! {
        biased;
        response = answer.result() => Event::Answered(response.unwrap_or(GONE)),
        toast = news.recv() => toast.map_or(Event::Withdrawn, Event::Replaced),
    }
}

/// When the connection ends without a word, so did the toast.
const GONE: NotificationResponse = NotificationResponse::Closed(notify_rust::CloseReason::Other(0));

async fn answer(handle: Arc<NotificationHandle>) -> NotificationResponse {
    let mut answer = GONE;
    handle.wait_for_action_async(|response| answer = response.clone()).await;
    answer
}

fn notification(toast: &Toast) -> Notification {
    let mut notification = Notification::new();
    notification
        .appname("Aura Desk")
        .icon("aura-desk")
        .summary(&toast.title)
        .body(&plain(&toast.body))
        .hint(Hint::DesktopEntry("Aura Desk".into()))
        .urgency(if toast.is_urgent {
            Urgency::Critical
        } else {
            Urgency::Normal
        });
    if let Some((_, label)) = toast.actions.first() {
        notification.action("default", label);
    }
    for (action, label) in &toast.actions {
        notification.action(action.word(), label);
    }
    notification
}

/// Services may read the body as markup, and a nickname is anyone's text. Signs that look alike are the same on all of them.
fn plain(body: &str) -> String {
    body.replace('&', "＆").replace('<', "‹").replace('>', "›")
}

#[cfg(test)]
mod tests {
    use super::*;
    use desk_app::ports::ToastAction;

    #[test]
    fn a_nickname_cannot_bring_markup_into_a_toast() {
        assert_eq!(plain(r#"<a href="x">A&B</a>"#), r#"‹a href="x"›A＆B‹/a›"#);
    }

    #[test]
    fn a_click_on_the_toast_is_its_first_button() {
        let actions = vec![
            (ToastAction::Done, "เสร็จ".to_owned()),
            (ToastAction::Open, "เปิด".to_owned()),
        ];
        let toast = Toast {
            subject: "x".into(),
            title: "t".into(),
            body: "b".into(),
            is_urgent: true,
            actions,
        };
        assert_eq!(
            action_of(&NotificationResponse::Default, &toast),
            Some(ToastAction::Done)
        );
        assert_eq!(
            notification(&toast).actions,
            ["default", "เสร็จ", "done", "เสร็จ", "open", "เปิด"]
        );
    }
}
