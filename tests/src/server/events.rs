//! What the window is told, kept as a list that only grows. A page hears it as server-sent events; one that lost its connection asks from where
//! it was (`Last-Event-ID`), so nothing is missed.
//!
//! Every event is an unnamed message `{event, payload}`, as in Tauri's own IPC: a server-sent event *named* `open` would look like the
//! `open` with which an `EventSource` tells that it is connected.

use std::convert::Infallible;

use axum::response::sse::Event;
use desk_app::ports::Window;
use futures_util::stream::{self, Stream};
use serde_json::{Value, json};
use tokio::sync::watch;

/// The window port of a desk whose window is a page.
#[derive(Default)]
pub struct Events(watch::Sender<Vec<String>>);

impl Events {
    fn tell(&self, event: &str, payload: &Value) {
        let told = json!({ "event": event, "payload": payload }).to_string();
        self.0.send_modify(|log| log.push(told));
    }

    /// How many there have been.
    pub fn count(&self) -> usize {
        self.0.borrow().len()
    }

    /// All events but the first `heard`, those of the future too.
    pub fn after(&self, heard: usize) -> impl Stream<Item = Result<Event, Infallible>> + use<> {
        stream::unfold((self.0.subscribe(), heard), async |(mut log, heard)| {
            let told = log.wait_for(|log| log.len() > heard).await.ok()?.get(heard)?.clone();
            let next = heard + 1;
            let event = Event::default().id(next.to_string()).data(told);
            Some((Ok(event), (log, next)))
        })
    }
}

impl Window for Events {
    fn changed(&self, topics: &[String]) {
        self.tell("changed", &json!({ "topics": topics }));
    }

    fn open(&self, path: &str) {
        self.tell("open", &json!({ "path": path }));
    }

    /// In a browser the second window is a second page.
    fn show_display(&self, _: bool) {}
}
