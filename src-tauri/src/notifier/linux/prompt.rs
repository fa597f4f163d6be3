//! A future that is polled the very moment it is woken, inside the call that wakes it, instead of a little later by a runtime.
//!
//! notify-rust 4.19 waits for a press with a new message stream for each message it looks at, so whatever arrives between a message and its
//! next poll is lost to it. Desktops that send `ActivationToken` right before `ActionInvoked` to the program (GNOME since 46) lose two presses
//! of three that way; measured with a service that does the same. Polled promptly, it has its next stream before the connection's reader
//! turns to the next message. The reader allows that: its channel wakes without holding a lock (zruntime's broadcast.rs says why).
//! This file can go when notify-rust keeps one stream.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use tokio::sync::oneshot;

/// A future that is under way; it is dropped with this.
pub struct Prompt<F: Future + Send + 'static> {
    work: Arc<Work<F>>,
    result: oneshot::Receiver<F::Output>,
}

struct Work<F: Future> {
    is_woken: AtomicBool,
    rest: Mutex<Option<Rest<F>>>,
}

type Rest<F> = (Pin<Box<F>>, oneshot::Sender<<F as Future>::Output>);

impl<F: Future<Output: Send> + Send + 'static> Prompt<F> {
    /// Begins the future.
    pub fn begin(future: F) -> Self {
        let (done, result) = oneshot::channel();
        let rest = Mutex::new(Some((Box::pin(future), done)));
        let work = Arc::new(Work {
            is_woken: AtomicBool::new(false),
            rest,
        });
        Arc::clone(&work).wake();
        Self { work, result }
    }

    /// Its result; `None` when it panicked.
    pub async fn result(&mut self) -> Option<F::Output> {
        (&mut self.result).await.ok()
    }
}

impl<F: Future + Send + 'static> Drop for Prompt<F> {
    fn drop(&mut self) {
        if let Ok(mut rest) = self.work.rest.lock() {
            *rest = None;
        }
    }
}

impl<F: Future<Output: Send> + Send + 'static> Wake for Work<F> {
    fn wake(self: Arc<Self>) {
        self.is_woken.store(true, Ordering::SeqCst);
        while self.is_woken.load(Ordering::SeqCst) {
            // Someone is polling, perhaps this very thread further up: it will look again when done.
            let Ok(mut rest) = self.rest.try_lock() else { return };
            self.is_woken.store(false, Ordering::SeqCst);
            poll(&mut rest, &Waker::from(Arc::clone(&self)));
        }
    }
}

/// A panic stays here: the thread that wakes is somebody else's.
fn poll<F: Future>(rest: &mut Option<Rest<F>>, waker: &Waker) {
    let Some((mut future, done)) = rest.take() else { return };
    match catch_unwind(AssertUnwindSafe(|| {
        future.as_mut().poll(&mut Context::from_waker(waker))
    })) {
        Ok(Poll::Pending) => *rest = Some((future, done)),
        Ok(Poll::Ready(output)) => drop(done.send(output)),
        Err(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    #[test]
    fn it_is_polled_inside_the_call_that_wakes_it() {
        let kept: Arc<Mutex<(u32, Option<Waker>)>> = Arc::default();
        let inside = Arc::clone(&kept);
        let prompt = Prompt::begin(poll_fn(move |context| {
            let mut kept = inside.lock().expect("not poisoned");
            kept.0 += 1;
            kept.1 = Some(context.waker().clone());
            Poll::<()>::Pending
        }));
        for polls in 1..4 {
            let waker = {
                let kept = kept.lock().expect("not poisoned");
                assert_eq!(kept.0, polls);
                kept.1.clone().expect("it was polled")
            };
            waker.wake();
        }
        drop(prompt);
        assert_eq!(
            Arc::strong_count(&kept),
            1,
            "dropped although its wakers are still about"
        );
    }

    #[tokio::test]
    async fn one_that_wakes_itself_goes_on_and_one_that_panics_ends() {
        let mut turns = 0;
        let mut patient = Prompt::begin(poll_fn(move |context| {
            context.waker().wake_by_ref();
            turns += 1;
            if turns < 3 { Poll::Pending } else { Poll::Ready(turns) }
        }));
        assert_eq!(patient.result().await, Some(3));
        let mut broken = Prompt::begin(poll_fn(|_| -> Poll<()> { panic!("on purpose") }));
        assert_eq!(broken.result().await, None);
    }
}
