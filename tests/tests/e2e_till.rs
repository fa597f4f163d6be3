//! Money and points at the counter in real windows, by keyboard, in Thai and in English: a payment with its code and its paper, points that the customer spends on a
//! screen of their own, two counters that want one balance, a refund in parts after points were spent, and a bill that is written down late.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod clinic_support;
mod e2e_support;

use chrono::NaiveDate;
use clinic_support::{A, DB, admin, desk as login, differences, journey, migrated, ticket, uid};
use desk_clinic::worker;
use desk_core::{loyalty::policy::Basis, payment::receipt::Tongue};
use desk_tests::harness::{desk::Desk, pg::PgCluster, wait::eventually};
use e2e_support::{
    LONG, agreed, call, counter, ctrl, fill, find, gone, key, open_card, other_window, press, says, see, shift,
    text_of, type_keys,
};
use serde_json::json;
use thirtyfour::{By, Key};
use uuid::Uuid;

/// Customer 1 of the fixture.
const PLOY: &str = "CUST-2025-0001";

/// What is read in a language.
struct Words {
    language: &'static str,
    tongue: Tongue,
    earns: &'static str,
    tier_stays: &'static str,
    short: &'static str,
    owes: &'static str,
    taken: &'static str,
}

const THAI: Words = Words {
    language: "th",
    tongue: Tongue::Thai,
    earns: "จะได้ 399 แต้ม",
    tier_stays: "ระดับ Gold ไม่เปลี่ยน",
    short: "ขาด 3,361 แต้ม",
    owes: "ค้างคืน 101 แต้ม",
    taken: "แต้มถูกใช้แล้วที่ ",
};
const ENGLISH: Words = Words {
    language: "en",
    tongue: Tongue::English,
    earns: "Earns 399 points",
    tier_stays: "Gold tier stays",
    short: "3,361 points short",
    owes: "101 points owed",
    taken: "Points were used at ",
};

/// Customer `n` as a gold member whose points came in as these lots: how many, and in how many days they end.
fn gold(pg: &PgCluster, n: u32, lots: &[(i32, i32)]) {
    pg.psql(DB, &format!("insert into desk.tier (clinic_id, customer_id, tier, since, until, reached_by)
        select '{A}', md5('customer:{n}')::uuid, 'gold', d, desk.anniversary(d, d), gen_random_uuid() from (select desk.local_day('{A}', now()) - 100 as d) x;
        insert into public.loyalty_profiles (clinic_id, customer_id, referral_code) values ('{A}', md5('customer:{n}')::uuid, 'BNGOLD{n}')"));
    for (points, days) in lots {
        pg.psql(DB, &format!("insert into public.point_transactions (clinic_id, customer_id, type, amount, expires_at)
            values ('{A}', md5('customer:{n}')::uuid, 'bonus', {points}, desk.day_start('{A}', desk.local_day('{A}', now()) + {days} + 1) - interval '1 second')"));
    }
}

/// The clinic's day so many days from now, as papers and screens write it.
fn day(pg: &PgCluster, words: &Words, ahead: i32) -> String {
    let day: NaiveDate = pg
        .psql(DB, &format!("select desk.local_day('{A}', now()) + {ahead}"))
        .parse()
        .unwrap();
    words.tongue.day(day)
}

fn balance(pg: &PgCluster, n: u32) -> String {
    pg.psql(
        DB,
        &format!("select available || '|' || owed from desk.point_sum where customer_id = md5('customer:{n}')::uuid"),
    )
}

/// A person who wants to see it: `AURA_TILL_PICTURES=/tmp/till cargo nextest run --workspace -E 'binary(e2e_till)'`.
async fn picture(pc: &Desk, name: &str) {
    if let Some(folder) = std::env::var_os("AURA_TILL_PICTURES") {
        let path = std::path::Path::new(&folder).join(format!("{name}.png"));
        pc.window().save_picture(&path).await;
    }
}

async fn open_payment(pc: &Desk, baht: &str) {
    key(pc, Key::F9).await;
    find(pc, "[data-dialog=award] [name=amount]").await;
    type_keys(pc, baht).await;
}

/// A payment that is shown on the customer's screen, and points that the customer spends there.
async fn a_payment_and_what_it_buys(words: &Words) {
    let pg = migrated().await;
    gold(&pg, 1, &[(100, 30), (1_140, 400)]);
    pg.psql(
        DB,
        &format!("update desk.clinic set promptpay_id = '0066812345678' where clinic_id = '{A}'"),
    );
    let pc = counter(ticket(&pg, A, 7).await.code(), "PC-A", words.language).await;
    open_card(&pc, PLOY).await;
    call(&pc, "display_open", json!({})).await;
    it_is_paid(&pg, &pc, words).await;
    its_paper(&pg, &pc, words).await;
    the_customer_spends(&pg, &pc, words).await;
    assert_eq!(differences(&pg), "0");
}

async fn it_is_paid(pg: &PgCluster, pc: &Desk, words: &Words) {
    open_payment(pc, "1999").await;
    press(pc, "[data-dialog=award] label:has(input[value=promptpay])").await;
    find(pc, "[data-award-points=\"399\"]").await;
    let sum = text_of(pc, "[data-award-points]").await;
    for said in [words.earns, "× 2 ÷ 10⌋", "1,639"] {
        assert!(sum.contains(said), "{said} in {sum}");
    }
    let here = other_window(pc).await;
    find(pc, "[data-due=\"199900\"]").await;
    let code = find(pc, "[data-qr]").await.attr("data-qr").await.unwrap().unwrap();
    assert!(code.contains("54071999.00"), "exactly the sum: {code}");
    picture(pc, &format!("due-{}", words.language)).await;
    pc.window().switch_to_window(here).await.unwrap();
    find(pc, "[data-dialog=award] [data-action=save]:enabled").await;
    press(pc, "[data-dialog=award] [name=amount]").await;
    // As fast as a hand is: both before the first was answered.
    type_keys(pc, [Key::Enter.value(), Key::Enter.value()].iter().collect::<String>()).await;
    gone(pc, "dialog[open]").await;
    agreed(pc).await;
    assert_eq!(
        pg.psql(DB, "select count(*) || '|' || sum(satang) from desk.payment"),
        "1|199900"
    );
    let earned = "select string_agg(amount::text, ' ') from public.point_transactions where type = 'earned'";
    assert_eq!(
        (pg.psql(DB, earned).as_str(), balance(pg, 1).as_str()),
        ("399", "1639|0")
    );
}

async fn its_paper(pg: &PgCluster, pc: &Desk, words: &Words) {
    ctrl(pc, 'p').await;
    find(pc, "[data-dialog=receipt] [data-print]").await;
    let ends = day(pg, words, 30);
    for said in [
        "1,999.00",
        "399",
        "1,639",
        "100",
        ends.as_str(),
        day(pg, words, 0).as_str(),
    ] {
        says(pc, "[data-print]", said).await;
    }
    picture(pc, &format!("receipt-{}", words.language)).await;
    key(pc, Key::Escape).await;
    gone(pc, "dialog[open]").await;
}

async fn the_customer_spends(pg: &PgCluster, pc: &Desk, words: &Words) {
    type_keys(pc, "r").await;
    find(pc, "[data-dialog=redeem] [name=points]").await;
    type_keys(pc, "5000").await;
    says(pc, "[data-dialog=redeem]", words.short).await;
    find(pc, "[data-dialog=redeem] [data-action=save]:disabled").await;
    let field = find(pc, "[data-dialog=redeem] [name=points]").await;
    field.clear().await.unwrap();
    field.send_keys("120").await.unwrap();
    find(pc, "[data-after=\"1519\"]").await;
    let effect = text_of(pc, "[data-after]").await;
    for said in [
        words.tier_stays,
        day(pg, words, 30).as_str(),
        day(pg, words, 400).as_str(),
    ] {
        assert!(effect.contains(said), "{said} in {effect}");
    }
    press(pc, "[data-dialog=redeem] [data-action=save]:enabled").await;
    find(pc, "[data-asking]").await;
    assert_eq!(balance(pg, 1), "1639|0", "without the customer's word nothing is taken");
    let here = other_window(pc).await;
    press(pc, "[data-answer=yes]").await;
    pc.window().switch_to_window(here).await.unwrap();
    gone(pc, "[data-dialog=redeem]").await;
    agreed(pc).await;
    assert_eq!(balance(pg, 1), "1519|0");
    let how = "select desk_method || '|' || amount from public.point_transactions where type = 'redeemed'";
    assert_eq!(pg.psql(DB, how), "display|-120");
    let taken = "select string_agg(u.points::text, ' ' order by l.expires_at) from desk.lot_use u join desk.lot l on l.id = u.lot_id join public.point_transactions p on p.id = u.entry_id where p.type = 'redeemed'";
    assert_eq!(pg.psql(DB, taken), "100 20", "what ends soonest first");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_its_code_its_paper_and_what_the_points_buy_in_thai() {
    a_payment_and_what_it_buys(&THAI).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_its_code_its_paper_and_what_the_points_buy_in_english() {
    a_payment_and_what_it_buys(&ENGLISH).await;
}

async fn is_through(pc: &Desk) -> bool {
    pc.window().find(By::Css("[data-dialog=redeem]")).await.is_err()
}

async fn two_counters_one_balance(words: &Words) {
    let pg = migrated().await;
    gold(&pg, 3, &[(40, 90)]);
    let (a, b) = tokio::join!(
        counter(ticket(&pg, A, 7).await.code(), "PC-A", words.language),
        counter(ticket(&pg, A, 5).await.code(), "PC-B", words.language)
    );
    for pc in [&a, &b] {
        open_card(pc, "CUST-2025-0003").await;
        type_keys(pc, "r").await;
        find(pc, "[data-dialog=redeem] [name=points]").await;
        type_keys(pc, "40").await;
        find(pc, "[data-dialog=redeem] [data-action=save]:enabled").await;
    }
    tokio::join!(key(&a, Key::Enter), key(&b, Key::Enter));
    let (winner, loser, device, by) = eventually("one has it", LONG, async || {
        match (is_through(&a).await, is_through(&b).await) {
            (true, false) => Some((&a, &b, "PC-A", "นิก7")),
            (false, true) => Some((&b, &a, "PC-B", "นิก5")),
            _ => None,
        }
    })
    .await;
    says(loser, "[data-said]", &format!("{}{device}", words.taken)).await;
    says(loser, "[data-said]", by).await;
    let typed = find(loser, "[data-dialog=redeem] [name=points]").await;
    assert_eq!(
        typed.prop("value").await.unwrap().as_deref(),
        Some("40"),
        "what was typed stays"
    );
    for _ in 0..10 {
        key(winner, Key::Enter).await;
    }
    agreed(winner).await;
    assert_eq!(balance(&pg, 3), "0|0");
    let spent = "select count(*) || '|' || sum(amount) from public.point_transactions where type = 'redeemed'";
    assert_eq!(pg.psql(DB, spent), "1|-40");
    assert_eq!(differences(&pg), "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_counters_want_one_balance_in_thai() {
    two_counters_one_balance(&THAI).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_counters_want_one_balance_in_english() {
    two_counters_one_balance(&ENGLISH).await;
}

/// A gold member who paid 1,999 yesterday, earned 399 and has spent 300 of them.
async fn paid_and_spent(pg: &PgCluster, customer: u32) {
    gold(pg, customer, &[]);
    let mut boss = login(pg, A, 1).await;
    let customer = uid(pg, "customer", customer);
    let take = json!({ "id": Uuid::now_v7(), "entry": Uuid::now_v7(), "customer_id": customer, "satang": 199_900, "method": "card" });
    assert_eq!(boss.act("payment.take", take).await, "ok");
    let spend = json!({ "id": Uuid::now_v7(), "customer_id": customer, "points": 300 });
    assert_eq!(boss.act("points.redeem", spend).await, "ok");
}

/// Gives back what stands in the field, or another amount; the points and the debt that the dialog announced.
async fn give_back(pc: &Desk, baht: Option<&str>, points: i64, owed: i64) {
    let dialog = format!("[data-dialog=refund] [data-refund-points=\"{points}\"][data-refund-owed=\"{owed}\"]");
    type_refund(pc, baht).await;
    find(pc, &dialog).await;
    find(pc, "[data-dialog=refund] [data-action=save]:enabled").await;
    ctrl(pc, Key::Enter.value()).await;
    gone(pc, "dialog[open]").await;
    agreed(pc).await;
}

async fn type_refund(pc: &Desk, baht: Option<&str>) {
    shift(pc, Key::F9).await;
    let amount = find(pc, "[data-dialog=refund] [name=amount]").await;
    if let Some(baht) = baht {
        amount.clear().await.unwrap();
        amount.send_keys(baht).await.unwrap();
    }
    fill(pc, "reason", "แพ้ยา").await;
}

async fn a_refund_in_two_parts(words: &Words) {
    let pg = migrated().await;
    paid_and_spent(&pg, 9).await;
    assert_eq!(balance(&pg, 9), "99|0");
    let pc = counter(ticket(&pg, A, 1).await.code(), "PC-A", words.language).await;
    open_card(&pc, "CUST-2025-0009").await;
    give_back(&pc, Some("999.50"), 200, 101).await;
    assert_eq!(balance(&pg, 9), "0|101");
    find(&pc, "[data-owed=\"101\"]").await;
    says(&pc, "[data-owed]", words.owes).await;
    give_back(&pc, None, 199, 300).await;
    assert_eq!(balance(&pg, 9), "0|300");
    let taken = "select sum(-points) from desk.payment where refunds is not null";
    assert_eq!(pg.psql(DB, taken), "399", "what was given is what is taken back");
    open_payment(&pc, "500").await;
    find(&pc, "[data-award-points=\"100\"]").await;
    ctrl(&pc, Key::Enter.value()).await;
    gone(&pc, "dialog[open]").await;
    agreed(&pc).await;
    assert_eq!(balance(&pg, 9), "0|200", "what comes in pays the debt first");
    find(&pc, "[data-owed=\"200\"]").await;
    for line in ["999.50", "+100"] {
        see(&pc, line).await;
    }
    assert_eq!(differences(&pg), "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_in_two_parts_after_points_were_spent_in_thai() {
    a_refund_in_two_parts(&THAI).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_in_two_parts_after_points_were_spent_in_english() {
    a_refund_in_two_parts(&ENGLISH).await;
}

/// A day as somebody types it: day, month and the year of their language.
fn typed_day(pg: &PgCluster, words: &Words, ahead: i32) -> String {
    let era = if words.tongue == Tongue::Thai { 543 } else { 0 };
    let sql = format!(
        "select to_char(d, 'FMDD/FMMM/') || (extract(year from d)::int + {era}) from (select desk.local_day('{A}', now()) + {ahead} as d) x"
    );
    pg.psql(DB, &sql)
}

/// A forgotten bill of 40 days ago: both dates are shown, its points end by the day on which it was paid, and so long back it needs a reason.
async fn a_forgotten_bill(pg: &PgCluster, pc: &Desk, words: &Words) {
    open_card(pc, "CUST-2025-0003").await;
    open_payment(pc, "500").await;
    press(pc, "[data-dialog=award] [data-switch=late]").await;
    fill(pc, "paid_on", &typed_day(pg, words, -40)).await;
    find(pc, "[data-dialog=award] [data-award-points=\"50\"]").await;
    find(pc, "[data-dialog=award] [data-action=save]:disabled").await;
    fill(pc, "late_reason", "ลืมลง").await;
    find(pc, "[data-dialog=award] [data-action=save]:enabled").await;
    ctrl(pc, Key::Enter.value()).await;
    gone(pc, "dialog[open]").await;
    agreed(pc).await;
    for ahead in [-40, 0] {
        see(pc, &day(pg, words, ahead)).await;
    }
    let ends = format!(
        "select desk.local_day('{A}', expires_at - interval '1 second') - (desk.local_day('{A}', now()) - 40 + interval '24 months')::date from desk.lot where points = 50"
    );
    assert_eq!(pg.psql(DB, &ends), "0", "counted from the day on which it was paid");
}

/// Everything that is due is fired, as a worker does.
async fn a_workers_turn(pg: &PgCluster) {
    pg.psql(DB, "select desk.worker_beat(gen_random_uuid(), 'w', 0, false)");
    let mut conn = admin(pg).await;
    while worker::fire_next(&mut conn).await.unwrap() {}
}

/// Ten nights were missed; what has ended meanwhile ends once, with a row of its own.
async fn ten_missed_nights(pg: &PgCluster, pc: &Desk) {
    pg.psql(
        DB,
        "update desk.lot set expires_at = now() - interval '9 days' where points = 100 and customer_id = md5('customer:1')::uuid",
    );
    a_workers_turn(pg).await;
    a_workers_turn(pg).await;
    agreed(pc).await;
    open_card(pc, PLOY).await;
    see(pc, "−100").await;
    let ended = "select string_agg(amount::text, ' ') from public.point_transactions where type = 'expired'";
    assert_eq!(
        (pg.psql(DB, ended).as_str(), balance(pg, 1).as_str()),
        ("-100", "1140|0")
    );
}

/// Gold with 26,500 baht in twelve months: told twice what is missing, one step down on the day, and no point less.
async fn a_tier_day(pg: &PgCluster, pc: &Desk) {
    pg.psql(DB, &format!("insert into desk.payment (clinic_id, id, number, customer_id, satang, method, taken_at, taken_by)
        values ('{A}', gen_random_uuid(), desk.next_payment_number('{A}'), md5('customer:1')::uuid, 2650000, 'cash', now() - interval '10 days', md5('user:1')::uuid)"));
    let until = pg.psql(
        DB,
        "select until from desk.tier where customer_id = md5('customer:1')::uuid",
    );
    for before in [60, 14] {
        pg.psql(DB, &format!("select desk.sweep_tiers('{A}', desk.day_start('{A}', date '{until}' - {before}) + interval '5 minutes', 400)"));
    }
    ctrl(pc, 'd').await;
    see(pc, "3,500").await;
    let told = "select count(*) || '|' || string_agg(distinct message, ' ') from public.notifications where type = 'tier_notice'";
    assert_eq!(pg.psql(DB, told), "2|ขาดอีก 3,500 บาท เพื่อคงระดับเดิม");
    pg.psql(
        DB,
        &format!("select desk.sweep_tiers('{A}', desk.day_start('{A}', date '{until}') + interval '5 minutes', 400)"),
    );
    agreed(pc).await;
    open_card(pc, PLOY).await;
    see(pc, "Silver").await;
    assert_eq!(balance(pg, 1), "1140|0");
}

async fn late_expired_and_one_step_down(words: &Words) {
    let pg = migrated().await;
    // Who looks after a customer is told.
    journey(&pg, A, 1, 1);
    gold(&pg, 1, &[(100, 30), (1_140, 400)]);
    let pc = counter(ticket(&pg, A, 1).await.code(), "PC-A", words.language).await;
    a_forgotten_bill(&pg, &pc, words).await;
    ten_missed_nights(&pg, &pc).await;
    by_baht(&pg).await;
    a_tier_day(&pg, &pc).await;
    assert_eq!(differences(&pg), "0");
}

/// From today on tiers are reached by baht.
async fn by_baht(pg: &PgCluster) {
    let mut boss = login(pg, A, 1).await;
    let [silver, gold, platinum, diamond] = Basis::Baht.usual_floors();
    let newest: i64 = pg
        .psql(
            DB,
            &format!("select max(version) from desk.loyalty_policy where clinic_id = '{A}'"),
        )
        .parse()
        .unwrap();
    let from = pg.psql(DB, &format!("select desk.local_day('{A}', now())"));
    let plan = json!({ "id": Uuid::now_v7(), "expected": newest, "from": from, "basis": "baht", "months": 24, "welcome": 100, "point_satang": 100, "reason": "ลอง",
        "multipliers": { "bronze": 1, "silver": 1.5, "gold": 2, "platinum": 2.5, "diamond": 3 },
        "floors": { "silver": silver, "gold": gold, "platinum": platinum, "diamond": diamond } });
    assert_eq!(boss.act("policy.plan", plan).await, "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_bill_missed_nights_and_a_tier_day_in_thai() {
    late_expired_and_one_step_down(&THAI).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_bill_missed_nights_and_a_tier_day_in_english() {
    late_expired_and_one_step_down(&ENGLISH).await;
}
