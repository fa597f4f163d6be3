//! A seller's morning, ten calls in a row without a line, and a telephone that says who calls: the built program in its real window, by keyboard, in Thai and in English.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod clinic_support;
mod e2e_support;

use clinic_support::{A, DB, let_sell, migrated, ticket, uid};
use desk_tests::harness::{
    desk::Desk,
    netcut::NetCut,
    notifications::Toast,
    pg::PgCluster,
    wait::{eventually, wait_until},
};
use e2e_support::{
    LONG, agreed, call, connect, ctrl, find, gone, key, press, screen, see, settings, text_of, type_keys, unlock,
};
use serde_json::{Value, json};
use thirtyfour::{By, Key};
use uuid::Uuid;

/// What is read in a language.
struct Words {
    language: &'static str,
    digest: &'static str,
    tomorrow: &'static str,
    means: &'static str,
    replied: &'static str,
    until: &'static str,
    unknown: &'static str,
}

const THAI: Words = Words {
    language: "th",
    digest: "งานครบกำหนด 40 · ลีดร้อน 3",
    tomorrow: "พรุ่งนี้บ่ายสอง",
    means: "หมายถึง",
    replied: "ลูกค้าตอบกลับ",
    until: "30 นาที",
    unknown: "084-555-6666",
};
const ENGLISH: Words = Words {
    language: "en",
    digest: "Tasks due 40 · Hot leads 3",
    tomorrow: "tomorrow 2pm",
    means: "Means",
    replied: "Client answered",
    until: "30 minutes",
    unknown: "084-555-6666",
};

async fn chord(desk: &Desk, letter: char) {
    let chain = desk.window().action_chain().key_down(Key::Control).key_down(Key::Shift);
    let chain = chain
        .send_keys(letter.to_string())
        .key_up(Key::Shift)
        .key_up(Key::Control);
    chain.perform().await.unwrap();
}

/// A journey of clinic A's customer with an open call for person 7, due an hour ago.
fn due_call(pg: &PgCluster, customer: usize) -> Uuid {
    let customer = uid(pg, "customer", u32::try_from(customer).unwrap());
    pg.psql(DB, &format!("with w as (insert into public.workflow_states (clinic_id, customer_id, current_stage, assigned_sales_id) values ('{A}', '{customer}', 'scanned', md5('user:7')::uuid) returning id)
        insert into public.task_queue (workflow_id, assigned_to, task_type, title, due_date) select id, md5('user:7')::uuid, 'customer_follow_up', 'โทรติดตาม', now() - interval '1 hour' from w returning id"))
        .parse()
        .unwrap()
}

/// What the clinic tells person 7.
fn tell(pg: &PgCluster, title: &str, priority: &str) {
    pg.psql(DB, &format!("insert into public.notifications (user_id, clinic_id, type, title, message, priority, action_url, metadata)
        values (md5('user:7')::uuid, '{A}', 'visit_waiting', '{title}', '', '{priority}', '/agenda', jsonb_build_object('subject', 'visit:{title}'))"));
}

/// 300 events of a night: 40 calls that are due, 12 hot leads of which colleagues took nine, and what nobody needs to be woken for.
fn a_night(pg: &PgCluster) -> Vec<Uuid> {
    let tasks = (0..40).map(|n| due_call(pg, 2 * n + 1)).collect();
    pg.psql(DB, &format!("insert into public.lead_scoring_data (clinic_id, customer_name, overall_score, lead_category, priority) select '{A}', 'ลีด' || n, 92, 'hot', 'high' from generate_series(1, 12) n;
        update desk.lead set status = 'closed' where name in (select 'ลีด' || n from generate_series(1, 9) n);
        insert into public.notifications (user_id, clinic_id, type, title, message, priority, is_read) select md5('user:7')::uuid, '{A}', 'general', 'ข่าว ' || n, '', 'medium', n > 100 from generate_series(1, 248) n"));
    tasks
}

async fn the_morning_after(words: &Words) {
    let pg = migrated().await;
    let mut pc = Desk::new();
    pc.start(&[]).await;
    connect(&pc, &ticket(&pg, A, 7).await.code(), "PC-B").await;
    let_sell(&pg, 7);
    settings(&pc, json!({ "language": words.language })).await;
    agreed(&pc).await;
    pc.close();
    pc.notifications().forget();
    a_night(&pg);

    pc.start(&[]).await;
    unlock(&pc, "2468").await;
    let digest = pc
        .notifications()
        .toast("the digest", LONG, |toast| toast.summary == words.digest)
        .await;
    // The person's own news come after the clinic's: the digest may have begun without the leads, and grown.
    assert!(
        pc.notifications()
            .shown()
            .iter()
            .all(|toast| digest.summary.starts_with(&toast.summary)),
        "and nothing else"
    );

    a_task_sleeps_and_wakes(&pg, &pc, words).await;
    only_the_urgent(&pg, &pc, words).await;
}

/// One task sleeps until a time in words; the customer's reply wakes it.
async fn a_task_sleeps_and_wakes(pg: &PgCluster, pc: &Desk, words: &Words) {
    key(pc, Key::F4).await;
    let row = find(pc, "[data-screen=tasks] [data-row-id][aria-selected=true]").await;
    let task = row.attr("data-row-id").await.unwrap().unwrap();
    type_keys(pc, "w").await;
    assert!(!text_of(pc, "[data-why]").await.is_empty(), "why it stands first");
    key(pc, Key::Escape).await;
    gone(pc, "dialog[open]").await;
    type_keys(pc, "s").await;
    let field = find(pc, "[data-dialog=snooze] input").await;
    field.send_keys(words.tomorrow).await.unwrap();
    see(pc, words.means).await;
    let said = text_of(pc, "[data-moment=certain]").await;
    assert!(said.ends_with("14:00"), "{said}");
    key(pc, Key::Enter).await;
    gone(pc, &format!("[data-screen=tasks] [data-row-id=\"{task}\"]")).await;
    agreed(pc).await;
    pc.notifications().forget();
    pg.psql(DB, &format!("insert into public.customer_sales_messages (customer_id, sales_staff_id, sender_type, message_text)
        select w.customer_id, md5('staff:7')::uuid, 'customer', 'สนใจค่ะ' from public.task_queue q join public.workflow_states w on w.id = q.workflow_id where q.id = '{task}'"));
    let awake = format!("[data-screen=tasks] [data-row-id=\"{task}\"]");
    find(pc, &awake).await;
    press(pc, &awake).await;
    type_keys(pc, "w").await;
    let why = text_of(pc, "[data-why]").await;
    assert!(why.contains(words.replied), "{why}");
    key(pc, Key::Escape).await;
    gone(pc, "dialog[open]").await;
}

/// Not to be disturbed for half an hour: only the urgent shows, and the other stands in the centre.
async fn only_the_urgent(pg: &PgCluster, pc: &Desk, words: &Words) {
    chord(pc, 'd').await;
    find(pc, "dialog[open] [data-option=half_hour]").await;
    see(pc, words.until).await;
    type_keys(pc, "1").await;
    gone(pc, "dialog[open]").await;
    pc.notifications().forget();
    tell(pg, "ธรรมดา", "high");
    tell(pg, "ด่วนมาก", "critical");
    let shown = |title: &'static str| move |toast: &Toast| toast.summary.contains(title);
    pc.notifications().toast("the urgent one", LONG, shown("ด่วนมาก")).await;
    assert!(!pc.notifications().toasts().iter().any(shown("ธรรมดา")));
    ctrl(pc, 'd').await;
    screen(pc, "notifications").await;
    see(pc, "ธรรมดา").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_morning_after_in_thai() {
    the_morning_after(&THAI).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_morning_after_in_english() {
    the_morning_after(&ENGLISH).await;
}

/// The digits of what comes of ten calls: no answer, wants to think, booked, never again, and the rest.
const DIGITS: [&str; 10] = ["5", "4", "2", "9", "1", "3", "6", "7", "5", "1"];

/// One call: what is selected, a digit, a note, and the next one.
async fn one_call(pc: &Desk, digit: &str, nth: usize) -> String {
    let row = find(pc, "[data-screen=tasks] [data-row-id][aria-selected=true]").await;
    let task = row.attr("data-row-id").await.unwrap().unwrap();
    type_keys(pc, "c").await;
    find(pc, "[data-dialog=call] [data-option]:focus").await;
    type_keys(pc, digit).await;
    find(pc, "[data-dialog=call] [name=note]:focus").await;
    type_keys(pc, format!("n{nth}")).await;
    // What follows is understood before it is saved; after some outcomes nothing has to.
    let settled = "const next = document.querySelector('[data-dialog=call] [name=next]');
        return !next || next.value === '' || document.querySelector('[data-dialog=call] [data-moment=certain]') !== null;";
    eventually("the next step is settled", LONG, async || {
        let answer = pc.window().execute(settled, vec![]).await.ok()?;
        (answer.json() == &json!(true)).then_some(())
    })
    .await;
    key(pc, Key::Enter).await;
    gone(pc, "dialog[open]").await;
    gone(pc, &format!("[data-screen=tasks] [data-row-id=\"{task}\"]")).await;
    task
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_calls_in_a_row_without_the_network_arrive_with_their_own_times() {
    let pg = migrated().await;
    let net = NetCut::to(pg.port());
    let mut through = ticket(&pg, A, 7).await;
    through.port = net.port();
    let_sell(&pg, 7);
    for n in 0..11 {
        due_call(&pg, 2 * n + 1);
    }
    // Nobody calls who asked not to be called.
    pg.psql(DB, &format!("insert into public.customer_preferences (clinic_id, customer_id, do_not_contact) values ('{A}', md5('customer:21')::uuid, true)"));
    let mut pc = Desk::new();
    pc.start(&[]).await;
    connect(&pc, &through.code(), "PC-B").await;
    agreed(&pc).await;
    net.cut();
    find(&pc, "[data-state=\"offline\"]").await;
    let began = pg.psql(DB, "select now()");

    key(&pc, Key::F4).await;
    find(&pc, "[data-screen=tasks] [data-row-id][aria-selected=true]").await;
    key(&pc, Key::Enter).await;
    eventually("only calls are listed", LONG, async || {
        (pc.window()
            .find_all(By::Css("[data-screen=tasks] [data-row-id]"))
            .await
            .ok()?
            .len()
            == 10)
            .then_some(())
    })
    .await;
    let mut called = vec![];
    for (nth, digit) in DIGITS.iter().enumerate() {
        if nth == 1 || nth == 4 {
            type_keys(&pc, "w").await;
            assert!(!text_of(&pc, "[data-why]").await.is_empty());
            key(&pc, Key::Escape).await;
            gone(&pc, "dialog[open]").await;
        }
        called.push(one_call(&pc, digit, nth).await);
    }
    let ended = pg.psql(DB, "select now()");
    assert_eq!(
        pg.psql(DB, "select count(*) from desk.contact"),
        "0",
        "nothing has left the PC"
    );

    assert_eq!(called.len(), 10);
    net.resume();
    agreed(&pc).await;
    arrived_as_they_were_made(&pg, &began, &ended);
}

fn arrived_as_they_were_made(pg: &PgCluster, began: &str, ended: &str) {
    let kept = pg.psql(
        DB,
        "select string_agg(outcome || ' ' || note, ' ' order by at) from desk.contact",
    );
    assert_eq!(
        kept,
        "no_answer n0 thinking n1 booked n2 do_not_call n3 talked n4 asked_price n5 call_back n6 not_interested n7 no_answer n8 talked n9"
    );
    let times = format!(
        "select count(distinct at), bool_and(at between '{began}' and '{ended}'), count(*) filter (where logged_at > '{ended}') from desk.contact"
    );
    assert_eq!(
        pg.psql(DB, &times),
        "10|t|10",
        "each with the time of the call, not of its arrival"
    );
    let stopped = format!(
        "select bool_or(p.do_not_contact) from public.customer_preferences p join desk.contact c on c.customer_id = p.customer_id where c.outcome = 'do_not_call' and p.clinic_id = '{A}'"
    );
    assert_eq!(pg.psql(DB, &stopped), "t");
    let thought = "select count(*) from public.task_queue q join desk.contact c on c.next_task_id = q.id where c.outcome = 'thinking' and q.status = 'pending' and q.due_date > now()";
    assert_eq!(pg.psql(DB, thought), "1", "who wants to think is called again");
    let spared = "select status from public.task_queue q join public.workflow_states w on w.id = q.workflow_id where w.customer_id = md5('customer:21')::uuid";
    assert_eq!(pg.psql(DB, spared), "pending", "that call was never offered");
}

/// A second start with a link, as the desktop makes it.
fn follow(pc: &Desk, link: &str) {
    let mut second = pc.launch(&[link]);
    // How such a start ends is told in `e2e_start`; here only that it has handed over.
    wait_until("the second start hands over", LONG, || second.exited());
}

async fn a_call_comes_in(words: &Words) {
    let pg = migrated().await;
    pg.psql(DB, &format!("update public.customers set phone = '0812345678', full_name = 'พลอยไพลิน ศรีสุข', nickname = 'พลอย' where clinic_id = '{A}' and id = md5('customer:1')::uuid"));
    let mut pc = Desk::new();
    pc.start(&[]).await;
    connect(&pc, &ticket(&pg, A, 7).await.code(), "PC-A").await;
    settings(&pc, json!({ "language": words.language })).await;
    agreed(&pc).await;
    key(&pc, Key::F3).await;
    screen(&pc, "agenda").await;

    follow(&pc, "aura://call?n=%3Cscript%3E");
    follow(&pc, "aura://call?n=081-234-5678");
    find(&pc, "[data-dialog=call]").await;
    screen(&pc, "card").await;
    see(&pc, "081-234-5678").await;
    type_keys(&pc, "3").await;
    find(&pc, "[data-dialog=call] [name=note]:focus").await;
    type_keys(&pc, "laser").await;
    key(&pc, Key::Enter).await;
    gone(&pc, "dialog[open]").await;
    agreed(&pc).await;
    assert_eq!(
        pg.psql(DB, "select concat_ws(' ', direction, outcome, note) from desk.contact"),
        "in asked_price laser"
    );

    follow(&pc, "aura://call?n=0845556666");
    find(&pc, "[data-dialog=caller] [data-action=register]").await;
    see(&pc, words.unknown).await;
    key(&pc, Key::Enter).await;
    let phone = find(&pc, "[data-dialog=new-customer] [name=phone]").await;
    assert_eq!(phone.prop("value").await.unwrap().unwrap(), "084-555-6666");
    key(&pc, Key::Escape).await;
    gone(&pc, "dialog[open]").await;

    // A locked counter shows nobody; whoever unlocks while it rings sees who it is.
    key(&pc, Key::F12).await;
    screen(&pc, "lock").await;
    follow(&pc, "aura://call?n=tel:%2B66812345678");
    let heard: Value = call(&pc, "start", json!({})).await;
    assert_eq!(heard["phase"], "locked");
    assert!(
        pc.window()
            .find(By::Css("[data-dialog=caller], [data-dialog=call]"))
            .await
            .is_err()
    );
    type_keys(&pc, "2468").await;
    find(&pc, "[data-dialog=call]").await;
    screen(&pc, "card").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_comes_in_in_thai() {
    a_call_comes_in(&THAI).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_comes_in_in_english() {
    a_call_comes_in(&ENGLISH).await;
}
