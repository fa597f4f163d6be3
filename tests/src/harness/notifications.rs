//! The desktop's notification service: `org.freedesktop.Notifications` on a simulated PC's session bus. It records every toast and
//! presses buttons for the person.
//!
//! It behaves as GNOME's: buttons are offered, a press sends `ActivationToken` and right behind it `ActionInvoked`, both to the program
//! alone, a toast goes when a button is pressed (unless the program marked it `resident`), and all toasts of a program go when the program
//! does. See <https://specifications.freedesktop.org/notification-spec/latest/>.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use zbus::fdo::{DBusProxy, RequestNameFlags};
use zbus::message::Header;
use zbus::zvariant::{DynamicType, OwnedValue};
use zbus::{Connection, interface};

use super::background::Background;
use super::bus::SessionBus;
use super::wait::eventually;

const PATH: &str = "/org/freedesktop/Notifications";
const NAME: &str = "org.freedesktop.Notifications";

/// One call of `Notify`.
#[derive(Debug, Clone)]
pub struct Toast {
    /// The number that the service gave it, or kept for it when it replaced one.
    pub id: u32,
    /// The toast it was to replace; 0 = none.
    pub replaces: u32,
    /// Name of the program as it gave it.
    pub app: String,
    /// The line in bold.
    pub summary: String,
    /// The text below.
    pub body: String,
    /// Buttons: key and label. `default` is a press on the toast itself.
    pub actions: Vec<(String, String)>,
    /// Hints in the text form of D-Bus values.
    pub hints: BTreeMap<String, String>,
    /// 0 low, 1 normal, 2 critical.
    pub urgency: Option<u8>,
    /// Milliseconds to be shown; 0 = until handled, -1 = as the desktop likes.
    pub timeout: i32,
    /// When it arrived.
    pub at: Instant,
    sender: String,
}

/// Why a toast went, with the numbers of the specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Its time was over.
    Expired = 1,
    /// The person closed it or pressed a button.
    Dismissed = 2,
    /// The program withdrew it.
    Withdrawn = 3,
    /// The program itself went.
    SenderGone = 4,
}

/// A toast that went.
#[derive(Debug, Clone, Copy)]
pub struct Closed {
    /// Number of the toast.
    pub id: u32,
    /// Why.
    pub reason: Reason,
    /// When.
    pub at: Instant,
}

#[derive(Default)]
struct Record {
    last_id: u32,
    toasts: Vec<Toast>,
    shown: BTreeMap<u32, Toast>,
    closed: Vec<Closed>,
}

impl Record {
    fn close(&mut self, id: u32, reason: Reason) -> bool {
        let was_shown = self.shown.remove(&id).is_some();
        if was_shown {
            self.closed.push(Closed {
                id,
                reason,
                at: Instant::now(),
            });
        }
        was_shown
    }
}

type Shared = Arc<Mutex<Record>>;

/// A running notification service.
pub struct NotificationServer {
    record: Shared,
    connection: Connection,
    thread: Background,
}

impl NotificationServer {
    /// Takes the service's name on this bus.
    #[must_use]
    pub fn start(bus: &SessionBus) -> Self {
        let thread = Background::start("notifications");
        let record = Shared::default();
        let connection = thread.run(serve(bus.address().to_owned(), Arc::clone(&record)));
        thread.spawn(follow_senders(connection.clone(), Arc::clone(&record)));
        Self {
            record,
            connection,
            thread,
        }
    }

    /// Every toast ever asked for, replaced and closed ones too, in the order of arrival.
    #[must_use]
    pub fn toasts(&self) -> Vec<Toast> {
        lock(&self.record).toasts.clone()
    }

    /// What a person sees now, the oldest first.
    #[must_use]
    pub fn shown(&self) -> Vec<Toast> {
        lock(&self.record).shown.values().cloned().collect()
    }

    /// Every toast that went, in order.
    #[must_use]
    pub fn closed(&self) -> Vec<Closed> {
        lock(&self.record).closed.clone()
    }

    /// Forgets [`Self::toasts`] and [`Self::closed`]; what is shown stays shown.
    pub fn forget(&self) {
        let mut record = lock(&self.record);
        record.toasts.clear();
        record.closed.clear();
    }

    /// Waits until a toast that fits is or was asked for.
    pub async fn toast(&self, what: &str, within: Duration, fits: impl Fn(&Toast) -> bool) -> Toast {
        eventually(what, within, async || {
            self.toasts().into_iter().find(|toast| fits(toast))
        })
        .await
    }

    /// Presses a button of a toast that is shown; `default` is the toast itself.
    ///
    /// # Panics
    /// When no such toast is shown or it has no such button: a person could not press it either.
    pub fn press(&self, id: u32, key: &str) {
        let toast = self.shown_as(id, key);
        let goes = toast.hints.get("resident").is_none_or(|value| value != "true");
        if goes {
            lock(&self.record).close(id, Reason::Dismissed);
        }
        self.invoke(&toast, key);
        if goes {
            self.emit(&toast.sender, "NotificationClosed", (id, Reason::Dismissed as u32));
        }
    }

    /// As [`Self::press`] on one of the services that leave a pressed toast where it is.
    ///
    /// # Panics
    /// As there.
    pub fn press_and_keep(&self, id: u32, key: &str) {
        self.invoke(&self.shown_as(id, key), key);
    }

    fn shown_as(&self, id: u32, key: &str) -> Toast {
        let toast = lock(&self.record)
            .shown
            .get(&id)
            .cloned()
            .unwrap_or_else(|| panic!("toast {id} is not shown"));
        assert!(
            toast.actions.iter().any(|(k, _)| k == key),
            "toast {id} has no button {key}: {:?}",
            toast.actions
        );
        toast
    }

    fn invoke(&self, toast: &Toast, key: &str) {
        let token = (toast.id, format!("desk-tests-{}", toast.id));
        self.emit(&toast.sender, "ActivationToken", token);
        self.emit(&toast.sender, "ActionInvoked", (toast.id, key.to_owned()));
    }

    /// Closes a toast as a person does.
    pub fn dismiss(&self, id: u32) {
        self.close(id, Reason::Dismissed);
    }

    /// Lets a toast's time be over.
    pub fn expire(&self, id: u32) {
        self.close(id, Reason::Expired);
    }

    fn close(&self, id: u32, reason: Reason) {
        let sender = lock(&self.record).shown.get(&id).map(|toast| toast.sender.clone());
        assert!(lock(&self.record).close(id, reason), "toast {id} is not shown");
        self.emit(&sender.unwrap_or_default(), "NotificationClosed", (id, reason as u32));
    }

    fn emit<B>(&self, program: &str, signal: &'static str, body: B)
    where
        B: serde::Serialize + DynamicType + Send + Sync + 'static,
    {
        let (connection, program) = (self.connection.clone(), program.to_owned());
        let sent = self.thread.run(async move {
            connection
                .emit_signal(Some(program.as_str()), PATH, NAME, signal, &body)
                .await
        });
        sent.expect("the bus takes signals");
    }
}

fn lock(record: &Shared) -> MutexGuard<'_, Record> {
    record.lock().expect("nobody panics with the record in hand")
}

async fn serve(address: String, record: Shared) -> Connection {
    let builder = zbus::connection::Builder::address(address.as_str())
        .and_then(|builder| builder.serve_at(PATH, Service { record }));
    let connection = builder
        .expect("a D-Bus address")
        .build()
        .await
        .expect("the bus is there");
    let flags = RequestNameFlags::DoNotQueue.into();
    connection
        .request_name_with_flags(NAME, flags)
        .await
        .expect("nobody else shows notifications on this bus");
    connection
}

/// Takes away the toasts of programs that are gone.
async fn follow_senders(connection: Connection, record: Shared) {
    let bus = DBusProxy::new(&connection).await.expect("a bus answers");
    let mut changes = bus.receive_name_owner_changed().await.expect("a bus tells who goes");
    while let Some(change) = changes.next().await {
        let Ok(change) = change.args() else { continue };
        if change.new_owner().is_none() {
            let mut record = lock(&record);
            let orphans = record
                .shown
                .values()
                .filter(|toast| toast.sender == change.name().as_str());
            for id in orphans.map(|toast| toast.id).collect::<Vec<_>>() {
                record.close(id, Reason::SenderGone);
            }
        }
    }
}

struct Service {
    record: Shared,
}

#[interface(name = "org.freedesktop.Notifications")]
impl Service {
    #[allow(clippy::too_many_arguments, reason = "the specification's arguments")]
    fn notify(
        &self,
        #[zbus(header)] header: Header<'_>,
        app_name: String,
        replaces_id: u32,
        _app_icon: String,
        summary: String,
        body: String,
        actions: Vec<String>,
        hints: HashMap<String, OwnedValue>,
        expire_timeout: i32,
    ) -> u32 {
        let at = Instant::now();
        let mut record = lock(&self.record);
        let is_replacing = record.shown.contains_key(&replaces_id);
        record.last_id += u32::from(!is_replacing);
        let toast = Toast {
            id: if is_replacing { replaces_id } else { record.last_id },
            replaces: replaces_id,
            app: app_name,
            summary,
            body,
            actions: actions
                .chunks_exact(2)
                .map(|pair| (pair[0].clone(), pair[1].clone()))
                .collect(),
            urgency: hints.get("urgency").and_then(|value| u8::try_from(value).ok()),
            hints: hints
                .iter()
                .map(|(name, value)| (name.clone(), value.to_string()))
                .collect(),
            timeout: expire_timeout,
            at,
            sender: header.sender().map(ToString::to_string).unwrap_or_default(),
        };
        record.shown.insert(toast.id, toast.clone());
        record.toasts.push(toast);
        record.toasts.last().map_or(0, |toast| toast.id)
    }

    async fn close_notification(&self, #[zbus(connection)] connection: &Connection, id: u32) -> zbus::fdo::Result<()> {
        let was_shown = lock(&self.record).close(id, Reason::Withdrawn);
        if was_shown {
            connection
                .emit_signal(
                    None::<&str>,
                    PATH,
                    NAME,
                    "NotificationClosed",
                    &(id, Reason::Withdrawn as u32),
                )
                .await?;
        }
        Ok(())
    }

    fn get_capabilities(&self) -> Vec<String> {
        ["actions", "body", "persistence"].map(ToOwned::to_owned).to_vec()
    }

    fn get_server_information(&self) -> (String, String, String, String) {
        let [name, vendor, version, spec] = ["desk-tests", "Aura", "1", "1.2"].map(ToOwned::to_owned);
        (name, vendor, version, spec)
    }
}
