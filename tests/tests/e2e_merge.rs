//! Story 8 in the real window, by keyboard, in Thai and in English: somebody stands in the list twice. The front desk notices it while typing, brings both cards
//! together on one screen, a manager confirms with a PIN without sitting down, and the history takes it all apart again.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod clinic_support;
mod e2e_support;
mod merge_support;

use std::process::Command;

use chrono::NaiveDate;
use clinic_support::{A, DB, migrated, ticket, uid};
use desk_core::payment::receipt::Tongue;
use desk_tests::harness::{desk::Desk, pg::PgCluster, wait::eventually};
use e2e_support::{
    LONG, agreed, call, counter, ctrl, fill, find, gone, key, open_card, press, says, screen, see, text_of, type_keys,
};
use merge_support::{both, lots, one};
use serde_json::{Value, json};
use thirtyfour::{By, Key};
use uuid::Uuid;

const NAME: &str = "ปานวาด ทองใบ";
/// The cards of the fixture that are hers.
const KEPT: (u32, &str) = (1, "CUST-2025-0001");
const GIVEN: (u32, &str) = (3, "CUST-2025-0003");
/// The manager's PIN at this counter.
const PIN: &str = "9753";

/// What is read in a language.
struct Words {
    language: &'static str,
    tongue: Tongue,
    twin: &'static str,
    sum: &'static str,
    held_sum: &'static str,
    both_notes: &'static str,
    no_contact: &'static str,
    pin_of: &'static str,
    wrong: &'static str,
    merged: &'static str,
    separated: &'static str,
}

const THAI: Words = Words {
    language: "th",
    tongue: Tongue::Thai,
    twin: "เบอร์นี้",
    sum: "แต้ม 120 + 80 = 200",
    held_sum: "เงินรับล่วงหน้า 500.00 + 200.00 = 700.00 บาท",
    both_notes: "เก็บทั้งสองข้อความ",
    no_contact: "ห้ามติดต่อ",
    pin_of: "PIN ของดาว",
    wrong: "PIN ไม่ตรง เหลืออีก 4 ครั้ง",
    merged: "รวมกับ",
    separated: "แยกกลับแล้ว",
};
const ENGLISH: Words = Words {
    language: "en",
    tongue: Tongue::English,
    twin: "number",
    sum: "Points 120 + 80 = 200",
    held_sum: "Paid in advance 500.00 + 200.00 = 700.00 baht",
    both_notes: "Keep both texts",
    no_contact: "Do not contact",
    pin_of: "ดาว’s PIN",
    wrong: "PIN does not match. 4 tries left",
    merged: "Merged with",
    separated: "separated",
};

/// When the last key went down, and how long it took to what is looked for and is painted; in the page, because asking from outside would disturb it.
const WATCH: &str = "window.watch ??= (() => {
    const watch = { key: 0 };
    addEventListener('keydown', () => (watch.key = performance.now()), true);
    const afterFrame = (then) => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => then(performance.now());
        port2.postMessage(0);
    };
    watch.until = (css) => {
        watch.took = undefined;
        // What is there before a frame is painted in it.
        const look = () => document.querySelector(css) ? afterFrame((now) => (watch.took = now - watch.key)) : requestAnimationFrame(look);
        requestAnimationFrame(look);
    };
    return watch;
})(); window.watch.until(arguments[0]);";

async fn watch(pc: &Desk, css: &str) {
    pc.window().execute(WATCH, vec![json!(css)]).await.unwrap();
}

/// Prints what was watched. A time is no promise here: this machine builds and tests beside it.
async fn took(pc: &Desk, what: &str) {
    let took = eventually(format!("{what} is painted"), LONG, async || {
        let read = pc
            .window()
            .execute("return window.watch.took ?? null", vec![])
            .await
            .ok()?;
        read.json().as_f64()
    })
    .await;
    println!("{what}: {took:.0} ms from the key to the painted answer");
}

/// A person who wants to see it: `AURA_MERGE_PICTURES=/tmp/merge cargo nextest run --workspace -E 'binary(e2e_merge)'`.
async fn picture(pc: &Desk, name: &str) {
    if let Some(folder) = std::env::var_os("AURA_MERGE_PICTURES") {
        let path = std::path::Path::new(&folder).join(format!("{name}.png"));
        pc.window().save_picture(&path).await;
    }
}

/// As [`says`], of what may be cut off where there is no room: the driver takes such a text for invisible.
async fn reads(pc: &Desk, css: &str, text: &str) {
    eventually(format!("{css} reads {text}"), LONG, async || {
        let read = pc
            .window()
            .find(By::Css(css))
            .await
            .ok()?
            .prop("textContent")
            .await
            .ok()??;
        read.contains(text).then_some(())
    })
    .await;
}

/// One person twice: 120 points in two lots and 80 in one, each with a day of its own, 500 and 200 baht paid in advance, bookings of both, and one of them does not want to be
/// contacted.
fn twice(pg: &PgCluster) -> (Uuid, Uuid) {
    let (into, from) = (uid(pg, "customer", KEPT.0), uid(pg, "customer", GIVEN.0));
    for (id, nickname, phone, notes) in [
        (into, "ปาน", "083-000-1111", "แพ้ลาเท็กซ์"),
        (from, "วาด", "083 000 1111", "มากับลูก"),
    ] {
        one(
            pg,
            &format!(
                "update public.customers set full_name = '{NAME}', nickname = '{nickname}', phone = '{phone}', notes = '{notes}' where id = '{id}'"
            ),
        );
    }
    for (id, points, days) in [(into, 100, 40), (into, 20, 400), (from, 80, 200)] {
        one(pg, &format!("insert into public.loyalty_profiles (clinic_id, customer_id, referral_code) values ('{A}', '{id}', 'BN' || upper(left(md5('{id}'), 8))) on conflict do nothing;
            insert into public.point_transactions (clinic_id, customer_id, type, amount, expires_at)
            values ('{A}', '{id}', 'bonus', {points}, desk.day_start('{A}', desk.local_day('{A}', now()) + {days} + 1) - interval '1 second')"));
    }
    for (id, satang, kind) in [(into, 50_000, "deposit"), (from, 20_000, "gift_card")] {
        one(pg, &format!("insert into desk.payment (clinic_id, id, number, customer_id, satang, held_as, method, taken_at, taken_by)
            values ('{A}', gen_random_uuid(), desk.next_payment_number('{A}'), '{id}', {satang}, '{kind}', 'cash', now(), md5('user:1')::uuid)"));
    }
    one(
        pg,
        &format!(
            "insert into public.customer_preferences (clinic_id, customer_id, do_not_contact, marketing_opt_in) values ('{A}', '{into}', false, true), ('{A}', '{from}', true, false)"
        ),
    );
    (into, from)
}

/// The manager brings her code to this counter and chooses a PIN; then the front desk sits down again.
async fn manager_joins(pg: &PgCluster, pc: &Desk) {
    key(pc, Key::F12).await;
    screen(pc, "lock").await;
    press(pc, "[data-action=add-person]").await;
    let code = ticket(pg, A, 1).await.code();
    fill(pc, "code", &code).await;
    press(pc, "[data-dialog=add-person] [data-action=next]").await;
    fill(pc, "pin", PIN).await;
    fill(pc, "pin-again", PIN).await;
    press(pc, "[data-action=connect]").await;
    screen(pc, "today").await;
    one(
        pg,
        "update desk.staff set nickname = 'ดาว', role = 'manager' where person_id = md5('user:1')::uuid; update desk.staff set nickname = 'นก' where person_id = md5('user:7')::uuid",
    );
    key(pc, Key::F12).await;
    screen(pc, "lock").await;
    press(pc, "[data-screen=lock] li:first-child").await;
    type_keys(pc, "2468").await;
    screen(pc, "today").await;
    agreed(pc).await;
}

/// The clinic's day so many days from now, as screens write it.
fn day(pg: &PgCluster, words: &Words, ahead: i32) -> String {
    let sql = format!("select desk.local_day('{A}', now()) + {ahead}");
    words.tongue.day(one(pg, &sql).parse::<NaiveDate>().unwrap())
}

/// The front desk is signed in, and nobody else.
async fn nok_is_here(pg: &PgCluster, pc: &Desk) {
    let state: Value = call(pc, "start", json!({})).await;
    assert_eq!(
        state["me"]["id"].as_str(),
        Some(uid(pg, "user", 7).to_string().as_str())
    );
}

/// `desk-server loyalty verify`, as the clinic's IT person runs it.
fn verified(pg: &PgCluster) -> String {
    let run = Command::new(env!("CARGO_BIN_EXE_test-worker"))
        .args(["--database-url", &pg.superuser_url(DB), "loyalty", "verify"])
        .output()
        .unwrap();
    assert!(run.status.success(), "{run:?}");
    String::from_utf8_lossy(&run.stdout).into_owned()
}

/// F2: while she is typed, it is said that she is there.
async fn noticed_while_typing(pc: &Desk, words: &Words) {
    key(pc, Key::F2).await;
    let phone = find(pc, "[data-dialog=new-customer] [name=phone]").await;
    phone.send_keys("08300011").await.unwrap();
    watch(pc, "[data-dialog=new-customer] .twin [data-twin]").await;
    phone.send_keys("1").await.unwrap();
    took(pc, "somebody with this number").await;
    says(pc, "[data-twin]", NAME).await;
    says(pc, "[data-twin]", words.twin).await;
    phone.send_keys("1").await.unwrap();
    fill(pc, "full_name", NAME).await;
    says(pc, "[data-twin]", words.twin).await;
    picture(pc, &format!("typing-{}", words.language)).await;
    key(pc, Key::Escape).await;
    gone(pc, "dialog[open]").await;
}

/// X on the kept card, the other one chosen: both side by side, what wins of each field, and what would be.
async fn side_by_side(pg: &PgCluster, pc: &Desk, words: &Words, from: Uuid) {
    open_card(pc, KEPT.1).await;
    type_keys(pc, "x").await;
    let twin = format!("[data-dialog=merge] [data-twin=\"{from}\"]");
    reads(pc, &twin, GIVEN.1).await;
    press(pc, &format!("{twin} input")).await;
    find(pc, "[data-dialog=merge] [data-sum=\"200\"]").await;
    says(pc, "[data-merge-effect=merge]", words.sum).await;
    says(pc, "[data-merge-effect=merge]", words.held_sum).await;
    for (points, ahead) in [("100", 40), ("80", 200), ("20", 400)] {
        let effect = text_of(pc, "[data-merge-effect=merge]").await;
        let ends = day(pg, words, ahead);
        assert!(
            effect.contains(points) && effect.contains(&ends),
            "{points} until {ends} in {effect}"
        );
    }
    says(pc, "[data-merge-effect=merge]", words.no_contact).await;
    for (field, text) in [("nickname", "ปาน"), ("nickname", "วาด"), ("notes", words.both_notes)] {
        reads(pc, &format!("[data-field={field}]"), text).await;
    }
    press(pc, "[data-field=nickname] input[value=from]").await;
}

/// The manager types her PIN where the front desk is signed in, once wrongly.
async fn confirmed_with_a_pin(pc: &Desk, words: &Words) {
    says(pc, "[data-confirm]", words.pin_of).await;
    find(pc, "[data-dialog=merge] [data-action=save]:disabled").await;
    let pin = find(pc, "[name=confirm_pin]").await;
    pin.send_keys("1111").await.unwrap();
    ctrl(pc, Key::Enter.value()).await;
    says(pc, "[data-dialog=merge] [role=alert]", words.wrong).await;
    pin.send_keys(PIN).await.unwrap();
    picture(pc, &format!("side-by-side-{}", words.language)).await;
    watch(pc, "body:not(:has(dialog[open])) [data-points=\"200\"]").await;
    ctrl(pc, Key::Enter.value()).await;
    took(pc, "merged").await;
    gone(pc, "dialog[open]").await;
    see(pc, words.merged).await;
    find(pc, "[data-screen=card] [data-held-left=\"70000\"]").await;
}

async fn one_of_two(pg: &PgCluster, pc: &Desk, words: &Words, (into, from): (Uuid, Uuid)) {
    nok_is_here(pg, pc).await;
    let merge =
        "select concat_ws('|', merged_by = md5('user:1')::uuid, merged_device, from_id, into_id) from desk.merge";
    assert_eq!(one(pg, merge), format!("t|PC-A|{from}|{into}"), "it is the manager's");
    let kept = format!("select nickname || '|' || notes from public.customers where id = '{into}'");
    assert_eq!(one(pg, &kept), "วาด|แพ้ลาเท็กซ์\nมากับลูก");
    let consent = format!(
        "select do_not_contact || '|' || marketing_opt_in from public.customer_preferences where customer_id = '{into}'"
    );
    assert_eq!(one(pg, &consent), "true|false", "the stricter of each");
    let booked = |id: Uuid| {
        one(
            pg,
            &format!("select count(*) from public.appointments where customer_id = '{id}'"),
        )
    };
    assert_eq!(booked(from), "0", "all bookings are hers");
    assert_eq!(
        lots(pg, into).split(' ').count(),
        3,
        "each lot for itself: {}",
        lots(pg, into)
    );
    agreed(pc).await;
    // The old number leads to her.
    open_card(pc, GIVEN.1).await;
    find(pc, &format!("[data-customer-id=\"{into}\"]")).await;
    says(pc, "[data-merge]", NAME).await;
    picture(pc, &format!("history-{}", words.language)).await;
}

async fn apart_again(pg: &PgCluster, pc: &Desk, words: &Words) {
    press(pc, "[data-merge] [data-action=separate]").await;
    find(pc, "[data-dialog=separate] [data-merge-effect=separate]").await;
    for (side, held) in [("into", 50_000), ("from", 20_000)] {
        find(
            pc,
            &format!("[data-merge-effect=separate] [data-side={side}] [data-held=\"{held}\"]"),
        )
        .await;
    }
    for (side, points, ahead) in [("into", "120", 40), ("into", "120", 400), ("from", "80", 200)] {
        let css = format!("[data-merge-effect=separate] [data-side={side}]");
        says(pc, &css, points).await;
        says(pc, &css, &day(pg, words, ahead)).await;
    }
    find(pc, "[name=confirm_pin]").await.send_keys(PIN).await.unwrap();
    picture(pc, &format!("separate-{}", words.language)).await;
    watch(pc, "body:not(:has(dialog[open])) [data-points=\"120\"]").await;
    ctrl(pc, Key::Enter.value()).await;
    took(pc, "separated").await;
    gone(pc, "dialog[open]").await;
    says(pc, "[data-screen=card]", words.separated).await;
    nok_is_here(pg, pc).await;
}

async fn two_of_the_same(words: &Words) {
    let pg = migrated().await;
    let (into, from) = twice(&pg);
    one(
        &pg,
        "update desk.staff set role = 'front_desk' where person_id = md5('user:7')::uuid",
    );
    let pc = counter(ticket(&pg, A, 7).await.code(), "PC-A", words.language).await;
    manager_joins(&pg, &pc).await;
    let (before, proof) = (both(&pg, into, from), verified(&pg));
    assert!(proof.contains(": 0 "), "{proof}");
    noticed_while_typing(&pc, words).await;
    side_by_side(&pg, &pc, words, from).await;
    confirmed_with_a_pin(&pc, words).await;
    one_of_two(&pg, &pc, words, (into, from)).await;
    assert_eq!(verified(&pg), proof);
    apart_again(&pg, &pc, words).await;
    assert_eq!(both(&pg, into, from), before, "every lot and every date");
    assert_eq!(verified(&pg), proof);
    agreed(&pc).await;
    open_card(&pc, GIVEN.1).await;
    find(&pc, &format!("[data-customer-id=\"{from}\"]")).await;
    find(&pc, "[data-points=\"80\"]").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_of_the_same_are_merged_with_a_managers_pin_and_separated_in_thai() {
    two_of_the_same(&THAI).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_of_the_same_are_merged_with_a_managers_pin_and_separated_in_english() {
    two_of_the_same(&ENGLISH).await;
}
