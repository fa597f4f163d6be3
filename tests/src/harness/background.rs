//! A thread with a runtime of its own for parts that must go on while the test waits for something else, whatever runtime the test has.

use std::future::Future;
use std::sync::mpsc;

use tokio::runtime::{Builder, Runtime};

/// Runs until dropped; what still runs on it then is dropped too.
pub struct Background(Option<Runtime>);

impl Background {
    /// Starts the thread.
    #[must_use]
    pub fn start(name: &str) -> Self {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name(name)
            .enable_all()
            .build();
        Self(Some(runtime.expect("a runtime can be started")))
    }

    /// Runs the future there and waits for its result here; allowed inside and outside of asynchronous code.
    pub fn run<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> T {
        let (reply, result) = mpsc::channel();
        self.spawn(async move { drop(reply.send(work.await)) });
        result.recv().expect("work in the background ends without a panic")
    }

    /// Lets the future run there.
    pub fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.0.as_ref().expect("it runs until dropped").spawn(work);
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        // A runtime may not be dropped inside another one in the ordinary way.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
