//! Linux: the desktop's notification service, spoken to directly. Not through notify-rust: it begins to listen after the toast is shown, and
//! anew after each signal, so it loses a press that comes at once or right behind another signal (`ActivationToken`, GNOME since 46).
//!
//! One connection for all toasts, kept open, because GNOME closes the toasts of a connection that ends, answers only on it, and lets only
//! it replace or close them (js/dbusServices/notifications/notificationDaemon.js).

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use desk_app::ports::{Toast, ToastAction};
use futures_util::StreamExt as _;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use zbus::zvariant::Value;
use zbus::{Connection, MatchRule, Message, MessageStream};

use super::{Order, Pressed};

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";
/// Signals that may wait while an answer is awaited.
const QUEUED: usize = 256;
/// A service that takes longer counts as missing.
const PATIENCE: Duration = Duration::from_secs(5);

/// Serves the orders until there is nobody left to give any.
pub fn run(inbox: UnboundedReceiver<Order>, presses: UnboundedSender<Pressed>) {
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(Screen::new(presses).serve(inbox)),
        Err(error) => tracing::error!(%error, "no native notifications"),
    }
}

/// The toasts that are on the screen, by the service's numbers.
struct Screen {
    presses: UnboundedSender<Pressed>,
    service: Option<Service>,
    shown: BTreeMap<u32, Toast>,
    is_missing: bool,
}

impl Screen {
    fn new(presses: UnboundedSender<Pressed>) -> Self {
        Self {
            presses,
            service: None,
            shown: BTreeMap::new(),
            is_missing: false,
        }
    }

    async fn serve(mut self, mut inbox: UnboundedReceiver<Order>) {
        loop {
            tokio::select! {
                order = inbox.recv() => match order {
                    None => return,
                    Some(Order::Show(toast)) => self.show(toast).await,
                    Some(Order::Withdraw(subject)) => self.withdraw(&subject).await,
                },
                signal = next(&mut self.service) => match signal {
                    Some(signal) => self.hear(&signal).await,
                    None => self.forget_service(),
                },
            }
        }
    }

    async fn show(&mut self, toast: Toast) {
        let mut asked = self.ask(&toast).await;
        if asked.is_err() {
            // The bus may have been restarted since the last toast.
            self.forget_service();
            asked = self.ask(&toast).await;
        }
        match asked {
            Ok(id) => {
                self.shown.retain(|_, other| other.subject != toast.subject);
                self.shown.insert(id, toast);
                self.is_missing = false;
            }
            Err(error) => {
                if !self.is_missing {
                    tracing::warn!(%error, "no native notifications on this desktop");
                }
                self.is_missing = true;
            }
        }
    }

    /// Asks for a toast, in the place of the one on the same subject.
    async fn ask(&mut self, toast: &Toast) -> zbus::Result<u32> {
        let replaced = self.number_of(&toast.subject).unwrap_or(0);
        let service = match &mut self.service {
            Some(service) => service,
            none => none.insert(in_time(Service::find()).await?),
        };
        in_time(service.notify(toast, replaced)).await
    }

    async fn withdraw(&mut self, subject: &str) {
        if let Some(id) = self.number_of(subject) {
            self.take_away(id).await;
        }
    }

    async fn hear(&mut self, signal: &Message) {
        let header = signal.header();
        let body = signal.body();
        match header.member().map(|member| member.as_str()) {
            Some("ActionInvoked") => {
                if let Ok((id, key)) = body.deserialize::<(u32, String)>() {
                    self.press(id, &key).await;
                }
            }
            Some("NotificationClosed") => {
                if let Ok((id, _reason)) = body.deserialize::<(u32, u32)>() {
                    self.shown.remove(&id);
                }
            }
            _ => {}
        }
    }

    async fn press(&mut self, id: u32, key: &str) {
        let Some(toast) = self.shown.get(&id) else { return };
        if let Some(action) = action_of(key, toast) {
            let subject = toast.subject.clone();
            drop(self.presses.send(Pressed { subject, action }));
        }
        // Not every service takes a pressed toast away, and its buttons would be dead: what it was about has been answered.
        self.take_away(id).await;
    }

    async fn take_away(&mut self, id: u32) {
        self.shown.remove(&id);
        if let Some(service) = &self.service
            && let Err(error) = in_time(service.close(id)).await
        {
            // Some services answer with an error when it has gone already.
            tracing::debug!(%error, "a toast is not there any more");
        }
    }

    fn number_of(&self, subject: &str) -> Option<u32> {
        let found = self.shown.iter().find(|(_, toast)| toast.subject == subject);
        found.map(|(id, _)| *id)
    }

    /// What was on the screen through it is gone, or out of reach.
    fn forget_service(&mut self) {
        self.service = None;
        self.shown.clear();
    }
}

/// The next signal; nothing when the connection has ended.
async fn next(service: &mut Option<Service>) -> Option<Message> {
    match service {
        Some(service) => service.signals.next().await?.ok(),
        None => std::future::pending().await,
    }
}

async fn in_time<T>(work: impl Future<Output = zbus::Result<T>>) -> zbus::Result<T> {
    let late = |_| std::io::Error::from(std::io::ErrorKind::TimedOut).into();
    tokio::time::timeout(PATIENCE, work)
        .await
        .unwrap_or_else(|time| Err(late(time)))
}

/// The way to the service. It listens before the first toast is asked for.
struct Service {
    connection: Connection,
    signals: MessageStream,
}

impl Service {
    async fn find() -> zbus::Result<Self> {
        let connection = Connection::session().await?;
        let rule = MatchRule::builder()
            .msg_type(zbus::message::Type::Signal)
            .interface(NAME)?
            .build();
        let signals = MessageStream::for_match_rule(rule, &connection, Some(QUEUED)).await?;
        Ok(Self { connection, signals })
    }

    async fn notify(&self, toast: &Toast, replaced: u32) -> zbus::Result<u32> {
        let urgency: u8 = if toast.is_urgent { 2 } else { 1 };
        let hints = HashMap::from([
            ("urgency", Value::from(urgency)),
            ("desktop-entry", Value::from("Aura Desk")),
        ]);
        let (body, buttons, as_long_as_usual) = (plain(&toast.body), actions(toast), -1_i32);
        let request = (
            "Aura Desk",
            replaced,
            "aura-desk",
            &toast.title,
            body,
            buttons,
            hints,
            as_long_as_usual,
        );
        let answer = self
            .connection
            .call_method(Some(NAME), PATH, Some(NAME), "Notify", &request);
        answer.await?.body().deserialize()
    }

    async fn close(&self, id: u32) -> zbus::Result<()> {
        let request = self
            .connection
            .call_method(Some(NAME), PATH, Some(NAME), "CloseNotification", &id);
        request.await.map(drop)
    }
}

/// Buttons as the service wants them, key and label in turn. `default` is a press on the toast itself: its first button.
fn actions(toast: &Toast) -> Vec<&str> {
    let first = toast.actions.first().map(|(_, label)| ["default", label]);
    let buttons = toast.actions.iter().map(|(action, label)| [action.word(), label]);
    first.into_iter().chain(buttons).flatten().collect()
}

fn action_of(key: &str, toast: &Toast) -> Option<ToastAction> {
    match key {
        "default" => toast.actions.first().map(|(action, _)| *action),
        word => ToastAction::from_word(word),
    }
}

/// Services may read the body as markup, and a nickname is anyone's text. Signs that look alike are the same on all of them.
fn plain(body: &str) -> String {
    body.replace('&', "＆").replace('<', "‹").replace('>', "›")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nickname_cannot_bring_markup_into_a_toast() {
        assert_eq!(plain(r#"<a href="x">A&B</a>"#), r#"‹a href="x"›A＆B‹/a›"#);
    }

    #[test]
    fn a_click_on_the_toast_is_its_first_button() {
        let buttons = [(ToastAction::Done, "เสร็จ"), (ToastAction::Open, "เปิด")];
        let toast = Toast {
            subject: "x".into(),
            title: "t".into(),
            body: "b".into(),
            is_urgent: true,
            actions: buttons.map(|(action, label)| (action, label.to_owned())).into(),
        };
        assert_eq!(action_of("default", &toast), Some(ToastAction::Done));
        assert_eq!(action_of("open", &toast), Some(ToastAction::Open));
        assert_eq!(actions(&toast), ["default", "เสร็จ", "done", "เสร็จ", "open", "เปิด"]);
    }
}
