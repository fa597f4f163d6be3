//! The test server by hand and for the stories of `ui/browser/`: a new PC in a folder that goes with it, and its page's address as the one line it
//! prints. It ends with Ctrl C, or with its input, so that it is gone when whoever started it is.

use std::io;

use desk_tests::server::{Served, pages};
use tokio::sync::oneshot;

#[tokio::main]
async fn main() {
    let served = Served::start(&pages()).await;
    println!("{}", served.url());
    let (ended, end) = oneshot::channel();
    std::thread::spawn(move || {
        _ = io::copy(&mut io::stdin(), &mut io::sink());
        _ = ended.send(());
    });
    tokio::select! {
        _ = end => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}
