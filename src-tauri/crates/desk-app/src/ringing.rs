//! The telephone rings, as its software says by a link. At a locked counter nothing is shown of who calls; whoever signs in while it may still ring sees it then.

use chrono::TimeDelta;

use crate::desk::Desk;

/// Nobody lets it ring for longer.
const RINGS: TimeDelta = TimeDelta::seconds(60);

impl Desk {
    pub(crate) fn ring(&self, number: String) {
        if self.me().is_ok() {
            self.show_caller(&number);
            return;
        }
        self.state().ringing = Some((number, self.now() + RINGS));
        self.ports.window.open("/");
    }

    /// Somebody has signed in.
    pub(crate) fn ring_again(&self) {
        let ringing = self.state().ringing.take();
        if let Some((number, _)) = ringing.filter(|(_, until)| self.now() < *until) {
            self.show_caller(&number);
        }
    }

    /// Digits and a `+`: nothing of it needs to be written otherwise in a path.
    fn show_caller(&self, number: &str) {
        self.ports.window.open(&format!("/call/{number}"));
    }
}
