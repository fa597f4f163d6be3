//! The customer's own screen in the real program: a second window that shows one customer, takes their word, and may ask for nothing else.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod e2e_support;

use desk_tests::harness::desk::Desk;
use e2e_support::{ask_customer, call, find, gone, open_card, other_window, press, screen, unlock};
use serde_json::json;

/// Everything the page says.
async fn text(desk: &Desk) -> String {
    find(desk, "body").await.text().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_customer_says_yes_on_a_screen_of_their_own_and_only_then_points_are_spent() {
    let mut desk = Desk::new();
    desk.start(&[]).await;
    screen(&desk, "first-start").await;
    press(&desk, "[data-action=\"demo\"]").await;
    unlock(&desk, "2468").await;
    open_card(&desk, "ploy").await;
    let card = find(&desk, "[data-customer-id]").await;
    let customer = card.attr("data-customer-id").await.unwrap().unwrap();
    let points = || async {
        call(&desk, "redeem_preview", json!({ "customerId": customer, "points": 0 })).await["available"].as_i64()
    };
    let before = points().await.unwrap();
    ask_customer(&desk).await;
    assert_eq!(
        points().await,
        Some(before),
        "nothing is taken before the customer says so"
    );
    let counter = other_window(&desk).await;
    let yes = find(&desk, "[data-answer=yes]").await;
    let said = text(&desk).await;
    assert!(
        said.contains("50") && !said.contains("08"),
        "points, and no phone number: {said}"
    );
    yes.click().await.unwrap();
    let foreign = "const done = arguments[0];
        window.__TAURI_INTERNALS__.invoke('customer_search', { request: { text: 'a' } }).then(() => done('answered'), () => done('refused'));";
    let asked = desk.window().execute_async(foreign, vec![]).await.unwrap();
    assert_eq!(asked.json(), &json!("refused"), "it may ask for nothing else");
    desk.window().switch_to_window(counter).await.unwrap();
    gone(&desk, "[data-dialog=redeem]").await;
    assert_eq!(points().await, Some(before - 50));
    call(&desk, "lock", json!({})).await;
    other_window(&desk).await;
    find(&desk, "[data-display=blank]").await;
}
