//! Starting the real program beside another one: a living one takes over, a killed one does not.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod e2e_support;

use desk_tests::harness::{
    desk::Desk,
    wait::{secs, wait_until},
};
use e2e_support::screen;
use futures_util::StreamExt as _;
use zbus::fdo::{DBusProxy, RequestNameFlags};

/// The name by which a start finds the program that runs already.
const NAME: &str = "clinic.aura.desk.SingleInstance";

#[tokio::test(flavor = "multi_thread")]
async fn a_start_right_after_a_kill_is_a_start_although_the_bus_still_knows_the_dead_program() {
    let mut desk = Desk::new();
    // As the bus sees a killed program for a moment: it owns the name and answers nobody.
    let dead = desk.bus().connect().await.unwrap();
    let names = DBusProxy::new(&dead).await.unwrap();
    names
        .request_name(NAME.try_into().unwrap(), RequestNameFlags::DoNotQueue.into())
        .await
        .unwrap();
    let mut asked = zbus::MessageStream::from(&dead);
    let is_noticed = async move {
        let is_call = |message: &zbus::Message| message.message_type() == zbus::message::Type::MethodCall;
        while !asked.next().await.unwrap().is_ok_and(|message| is_call(&message)) {}
        drop((asked, names, dead));
    };
    tokio::join!(desk.start(&[]), is_noticed);
    screen(&desk, "first-start").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_start_ends_and_leaves_the_first_in_charge() {
    let mut desk = Desk::new();
    desk.start(&[]).await;
    screen(&desk, "first-start").await;
    let first = desk.window().pid();
    let mut second = desk.launch(&[]);
    let status = wait_until("the second start ends", secs(20), || second.exited());
    assert!(status.success(), "{}", second.log_tail());
    assert_eq!(desk.window().pid(), first);
    screen(&desk, "first-start").await;
}
