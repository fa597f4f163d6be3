//! Money paid in advance in the real window, by keyboard, in Thai and in English: a deposit and a gift card are taken, pay a bill in part and another one whole, and go back
//! into the hand; what earns what is said before, and the paper says it after. Also without a line, and in the demo clinic, which has none. Each dialog is shown to axe.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod clinic_support;
mod e2e_support;

use clinic_support::{A, DB, differences, migrated, ticket};
use desk_tests::harness::{desk::Desk, netcut::NetCut, pg::PgCluster};
use e2e_support::{
    agreed, alt, call, connect, counter, ctrl, find, found_by_axe, gone, key, open_card, press, says, screen, settings,
    shift, text_of, type_keys, unlock,
};
use serde_json::json;
use thirtyfour::Key;

/// Customer 1 of the fixture.
const PLOY: &str = "CUST-2025-0001";

/// What is read in a language.
struct Words {
    language: &'static str,
    theme: &'static str,
    earns_later: &'static str,
    deposit: &'static str,
    gift_card: &'static str,
    bill_earns: &'static str,
    take: &'static str,
    use_held: &'static str,
    holds_again: &'static str,
    paper_held_as: &'static str,
    paper_from_held: &'static str,
    paper_left: &'static str,
    paper_when_used: &'static str,
    number_waits: &'static str,
}

const THAI: Words = Words {
    language: "th",
    theme: "light",
    earns_later: "ยังไม่ได้แต้ม",
    deposit: "เงินมัดจำ",
    gift_card: "บัตรของขวัญ",
    bill_earns: "จะได้ 199 แต้ม",
    take: "รับชำระ 1,299.00 บาท",
    use_held: "ใช้เงินรับล่วงหน้า 300.00 บาท",
    holds_again: "300.00",
    paper_held_as: "รับไว้เป็น",
    paper_from_held: "จากเงินรับล่วงหน้า",
    paper_left: "เงินรับล่วงหน้าคงเหลือ",
    paper_when_used: "เมื่อใช้เงินนี้",
    number_waits: "ได้เมื่อส่งถึงคลินิก",
};
const ENGLISH: Words = Words {
    language: "en",
    theme: "dark",
    earns_later: "Earns no points now",
    deposit: "Deposit",
    gift_card: "Gift card",
    bill_earns: "Earns 199 points",
    take: "1,299.00",
    use_held: "Use 300.00 baht held",
    holds_again: "300.00",
    paper_held_as: "Held as",
    paper_from_held: "From what was paid in advance",
    paper_left: "Paid in advance, not used",
    paper_when_used: "when it is used",
    number_waits: "given when sent",
};

/// A member with 100 points, in a clinic whose codes can be paid; person 7 stands at the counter.
fn prepare(pg: &PgCluster) {
    pg.psql(DB, &format!("update desk.clinic set promptpay_id = '0066812345678' where clinic_id = '{A}';
        update desk.staff set role = 'front_desk' where person_id = md5('user:7')::uuid;
        insert into public.loyalty_profiles (clinic_id, customer_id, referral_code) select '{A}', id, 'BNHELD01' from public.customers where customer_code = '{PLOY}';
        insert into public.point_transactions (clinic_id, customer_id, type, amount) select '{A}', id, 'bonus', 100 from public.customers where customer_code = '{PLOY}'"));
}

/// A person who wants to see it: `AURA_HELD_PICTURES=/tmp/held cargo nextest run --workspace -E 'binary(e2e_held)'`.
async fn picture(pc: &Desk, name: &str, words: &Words) {
    if let Some(folder) = std::env::var_os("AURA_HELD_PICTURES") {
        let path = std::path::Path::new(&folder).join(format!("held-{name}-{}.png", words.language));
        pc.window().save_picture(&path).await;
    }
}

/// What is shown can be used by everyone.
async fn is_clean(pc: &Desk, name: &str, words: &Words) {
    picture(pc, name, words).await;
    let found = found_by_axe(pc).await;
    assert!(found.is_empty(), "{name}: {}", found.join("\n"));
}

async fn type_sum(pc: &Desk, baht: &str) {
    key(pc, Key::F9).await;
    find(pc, "[data-dialog=award] [name=amount]").await;
    type_keys(pc, baht).await;
    find(pc, "[data-dialog=award] [data-award-points]").await;
}

/// Enter, as soon as it may be pressed.
async fn save(pc: &Desk, dialog: &str) {
    find(pc, &format!("[data-dialog={dialog}] [data-action=save]:enabled")).await;
    key(pc, Key::Enter).await;
    gone(pc, &format!("[data-dialog={dialog}]")).await;
}

async fn is_held(pc: &Desk, satang: i64) {
    find(pc, &format!("[data-screen=card] [data-held-left=\"{satang}\"]")).await;
}

/// The last paper, which is closed again.
async fn paper_says(pc: &Desk, name: &str, words: &Words, lines: &[&str]) {
    ctrl(pc, 'p').await;
    find(pc, "[data-dialog=receipt] [data-print]").await;
    for line in lines {
        says(pc, "[data-print]", line).await;
    }
    is_clean(pc, name, words).await;
    key(pc, Key::Escape).await;
    gone(pc, "dialog[open]").await;
}

/// 500 baht as a deposit.
async fn a_deposit(pc: &Desk, words: &Words, number: &str) {
    type_sum(pc, "500").await;
    alt(pc, '6').await;
    find(pc, "[data-award-points=\"0\"] [data-held-after=\"50000\"]").await;
    for said in [words.earns_later, words.deposit] {
        says(pc, "[data-award-points]", said).await;
    }
    is_clean(pc, "deposit", words).await;
    save(pc, "award").await;
    is_held(pc, 50_000).await;
    let lines = [
        number,
        words.paper_held_as,
        words.deposit,
        words.paper_left,
        "500.00",
        words.paper_when_used,
    ];
    paper_says(pc, "paper-deposit", words, &lines).await;
}

/// A gift card of 200 baht, sold by card.
async fn a_gift_card(pc: &Desk, words: &Words) {
    type_sum(pc, "200").await;
    alt(pc, '2').await;
    alt(pc, '7').await;
    find(pc, "[data-award-points=\"0\"] [data-held-after=\"70000\"]").await;
    says(pc, "[data-award-points]", words.gift_card).await;
    save(pc, "award").await;
    is_held(pc, 70_000).await;
}

/// A bill of 1,999 baht, of which both pay 700; the rest comes by PromptPay, and points are of all of it.
async fn a_bill_in_part(pc: &Desk, words: &Words) {
    type_sum(pc, "1999").await;
    alt(pc, '3').await;
    alt(pc, '8').await;
    find(pc, "[data-award-points=\"199\"] [data-pays=\"129900\"]").await;
    find(pc, "[data-award-points] [data-held-after=\"0\"]").await;
    says(pc, "[data-award-points]", words.bill_earns).await;
    says(pc, "[data-dialog=award] [data-action=save]", words.take).await;
    is_clean(pc, "bill-in-part", words).await;
    save(pc, "award").await;
    gone(pc, "[data-screen=card] [data-held-left]").await;
    let lines = [
        words.paper_from_held,
        "1,999.00",
        "-700.00",
        "1,299.00",
        words.paper_left,
    ];
    paper_says(pc, "paper-bill", words, &lines).await;
}

/// A bill of 300 baht from a deposit of 500: nothing is to be paid at the counter.
async fn a_whole_bill(pc: &Desk, words: &Words) {
    type_sum(pc, "500").await;
    alt(pc, '6').await;
    save(pc, "award").await;
    is_held(pc, 50_000).await;
    type_sum(pc, "300").await;
    alt(pc, '8').await;
    find(pc, "[data-award-points=\"30\"] [data-held-after=\"20000\"]").await;
    says(pc, "[data-dialog=award] [data-action=save]", words.use_held).await;
    is_clean(pc, "bill-whole", words).await;
    save(pc, "award").await;
    is_held(pc, 20_000).await;
    is_clean(pc, "card", words).await;
}

/// The last bill is given back: what paid it is held again, and its points go.
async fn the_bill_goes_back(pc: &Desk, words: &Words) {
    shift(pc, Key::F9).await;
    find(pc, "[data-refund-points=\"30\"] [data-held-after=\"50000\"]").await;
    says(pc, "[data-refund-points]", words.holds_again).await;
    find(pc, "[data-dialog=refund] [data-action=save]:disabled").await;
    key(pc, Key::Tab).await;
    type_keys(pc, "แพ้ยา").await;
    find(pc, "[data-dialog=refund] [data-action=save]:enabled").await;
    is_clean(pc, "refund", words).await;
    save(pc, "refund").await;
    is_held(pc, 50_000).await;
}

/// What was booked, one line each: satang, as what it is held, how much of it, how, points.
fn booked(pg: &PgCluster) -> String {
    let rows = "select string_agg(concat_ws(' ', case when refunds is null then 'in' else 'out' end, satang, coalesce(held_as, 'bill'), held, method, points), ', ' order by number) from desk.payment";
    pg.psql(DB, rows)
}

const DAY: &str = "in 50000 deposit 0 cash 0, in 20000 gift_card 0 card 0, in 199900 bill 70000 promptpay 199, in 50000 deposit 0 cash 0, in 30000 bill 30000 held 30, out 30000 bill 30000 held -30";

async fn a_day_with_money_in_advance(words: &Words) {
    let pg = migrated().await;
    prepare(&pg);
    let pc = counter(ticket(&pg, A, 7).await.code(), "PC-A", words.language).await;
    settings(&pc, json!({ "theme": words.theme })).await;
    open_card(&pc, PLOY).await;
    a_deposit(&pc, words, "1").await;
    a_gift_card(&pc, words).await;
    a_bill_in_part(&pc, words).await;
    a_whole_bill(&pc, words).await;
    the_bill_goes_back(&pc, words).await;
    agreed(&pc).await;
    assert_eq!(booked(&pg), DAY);
    is_held(&pc, 50_000).await;
    find(&pc, "[data-points=\"299\"]").await;
    assert_eq!(differences(&pg), "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deposit_and_a_gift_card_pay_bills_and_go_back_in_thai() {
    a_day_with_money_in_advance(&THAI).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deposit_and_a_gift_card_pay_bills_and_go_back_in_english() {
    a_day_with_money_in_advance(&ENGLISH).await;
}

/// The same without a line, with the program killed in the middle; the clinic hears of it once.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_line_a_deposit_pays_a_bill_and_reaches_the_clinic_once() {
    let pg = migrated().await;
    prepare(&pg);
    let net = NetCut::to(pg.port());
    let mut through = ticket(&pg, A, 7).await;
    through.port = net.port();
    let mut pc = Desk::new();
    pc.start(&[]).await;
    connect(&pc, &through.code(), "PC-A").await;
    agreed(&pc).await;
    net.cut();
    find(&pc, "[data-state=\"offline\"]").await;
    open_card(&pc, PLOY).await;
    a_deposit(&pc, &THAI, THAI.number_waits).await;
    pc.kill();
    pc.start(&[]).await;
    unlock(&pc, "2468").await;
    find(&pc, "[data-state=\"offline\"]").await;
    open_card(&pc, PLOY).await;
    is_held(&pc, 50_000).await;
    type_sum(&pc, "300").await;
    alt(&pc, '8').await;
    find(&pc, "[data-award-points=\"30\"] [data-held-after=\"20000\"]").await;
    save(&pc, "award").await;
    is_held(&pc, 20_000).await;
    // A deposit too many, taken back before anybody heard of it.
    type_sum(&pc, "1000").await;
    alt(&pc, '6').await;
    save(&pc, "award").await;
    is_held(&pc, 120_000).await;
    ctrl(&pc, 'z').await;
    is_held(&pc, 20_000).await;
    picture(&pc, "offline", &THAI).await;
    net.resume();
    agreed(&pc).await;
    assert_eq!(booked(&pg), "in 50000 deposit 0 cash 0, in 30000 bill 30000 held 30");
    is_held(&pc, 20_000).await;
    assert_eq!(differences(&pg), "0");
}

/// The demo clinic has no server at all.
#[tokio::test(flavor = "multi_thread")]
async fn in_the_demo_clinic_a_deposit_pays_a_bill_too() {
    let mut pc = Desk::new();
    pc.start(&[]).await;
    screen(&pc, "first-start").await;
    press(&pc, "[data-action=\"demo\"]").await;
    unlock(&pc, "2468").await;
    open_card(&pc, "ploy").await;
    let points: i64 = find(&pc, "[data-points]")
        .await
        .attr("data-points")
        .await
        .unwrap()
        .unwrap()
        .parse()
        .unwrap();
    type_sum(&pc, "500").await;
    alt(&pc, '6').await;
    save(&pc, "award").await;
    is_held(&pc, 50_000).await;
    find(&pc, &format!("[data-points=\"{points}\"]")).await;
    type_sum(&pc, "500").await;
    alt(&pc, '8').await;
    find(&pc, "[data-award-points] [data-held-after=\"0\"]").await;
    let earns: i64 = find(&pc, "[data-award-points]")
        .await
        .attr("data-award-points")
        .await
        .unwrap()
        .unwrap()
        .parse()
        .unwrap();
    assert!(earns > 0, "{}", text_of(&pc, "[data-award-points]").await);
    save(&pc, "award").await;
    gone(&pc, "[data-screen=card] [data-held-left]").await;
    find(&pc, &format!("[data-points=\"{}\"]", points + earns)).await;
    find(&pc, "[data-payment][data-held=\"50000\"]").await;
    let state = call(&pc, "sync_state", json!({})).await;
    assert_eq!(state["waiting"], json!([]), "there is nowhere to send it to");
}
