//! The customer's own screen in the real program: a second window that shows one customer, takes their word, and may ask for nothing else.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod e2e_support;

use desk_tests::harness::desk::Desk;
use e2e_support::{
    ask_customer, call, find, gone, key, open_card, other_window, press, screen, see, type_keys, unlock,
};
use serde_json::json;
use thirtyfour::Key;

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

#[tokio::test(flavor = "multi_thread")]
async fn the_sum_and_the_code_that_asks_for_it_stand_on_the_customers_screen_which_is_there_again_after_a_restart() {
    let mut desk = Desk::new();
    desk.start(&[]).await;
    screen(&desk, "first-start").await;
    press(&desk, "[data-action=\"demo\"]").await;
    // The manager: who may say whom the codes pay.
    press(&desk, "[data-person=\"ดาว\"]").await;
    unlock(&desk, "9753").await;
    call(&desk, "promptpay_set", json!({ "id": "0812345678" })).await;
    open_card(&desk, "ploy").await;
    call(&desk, "display_open", json!({})).await;
    key(&desk, Key::F9).await;
    find(&desk, "[data-dialog=award]").await;
    type_keys(&desk, "1999").await;
    press(&desk, "[data-dialog=award] label:has(input[value=promptpay])").await;
    find(&desk, "[data-dialog=award] [data-qr]").await;
    let counter = other_window(&desk).await;
    find(&desk, "[data-due=\"199900\"]").await;
    let code = find(&desk, "[data-qr]").await.attr("data-qr").await.unwrap().unwrap();
    assert!(code.contains("54071999.00"), "exactly the sum: {code}");
    desk.window().switch_to_window(counter).await.unwrap();
    press(&desk, "[data-dialog=award] [data-action=save]:enabled").await;
    gone(&desk, "[data-dialog=award]").await;
    other_window(&desk).await;
    find(&desk, "[data-display=points]").await;

    desk.kill();
    desk.start(&[]).await;
    press(&desk, "[data-person=\"ดาว\"]").await;
    unlock(&desk, "9753").await;
    other_window(&desk).await;
    see(&desk, "ยินดีต้อนรับ").await;
}
