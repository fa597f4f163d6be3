//! An hour without a line at two counters, in real windows and by keyboard: check-ins, new customers, payments, points that are spent, and one
//! booking about which both decide. Programs are killed in the middle; in the end nothing is missing, doubled, or decided behind anybody's back.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod clinic_support;
mod e2e_support;

use clinic_support::{A, DB, migrated, ticket};
use desk_tests::harness::{desk::Desk, netcut::NetCut, pg::PgCluster, wait::eventually};
use e2e_support::{
    LONG, agreed, call, connect, ctrl, fill, find, gone, key, open_card, press, screen, see, type_keys, unlock,
};
use serde_json::json;
use thirtyfour::{By, Key};

/// Whom both counters know: customer 1 of the fixture.
const PLOY: &str = "CUST-2025-0001";

/// A counter of clinic A that reaches PostgreSQL through a net of its own.
struct Counter {
    desk: Desk,
    net: NetCut,
}

impl Counter {
    async fn open(pg: &PgCluster, person: u32, name: &str) -> Self {
        let net = NetCut::to(pg.port());
        let mut through = ticket(pg, A, person).await;
        through.port = net.port();
        let mut desk = Desk::new();
        desk.start(&[]).await;
        connect(&desk, &through.code(), name).await;
        agreed(&desk).await;
        Self { desk, net }
    }

    async fn cut(&self) {
        self.net.cut();
        find(&self.desk, "[data-state=\"offline\"]").await;
    }

    /// Ended in the middle of whatever it does, and started again without the network.
    async fn kill_and_start(&mut self) {
        self.desk.kill();
        self.desk.start(&[]).await;
        unlock(&self.desk, "2468").await;
        find(&self.desk, "[data-state=\"offline\"]").await;
    }

    async fn mend(&self) {
        self.net.resume();
        agreed(&self.desk).await;
    }

    async fn waiting(&self) -> usize {
        let state = call(&self.desk, "sync_state", json!({})).await;
        state["waiting"].as_array().unwrap().len()
    }

    /// Replaces what stands in a field.
    async fn replace(&self, name: &str, text: &str) {
        let field = find(&self.desk, &format!("[name=\"{name}\"]")).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Saves the dialog by its button's key, and waits until it has closed.
    async fn save(&self, dialog: &str) {
        find(
            &self.desk,
            &format!("[data-dialog=\"{dialog}\"] [data-action=save]:enabled"),
        )
        .await;
        ctrl_enter(&self.desk).await;
        gone(&self.desk, &format!("[data-dialog=\"{dialog}\"]")).await;
    }

    async fn check_in_everybody(&self, how_many: usize) {
        key(&self.desk, Key::F3).await;
        screen(&self.desk, "agenda").await;
        for done in 1..=how_many {
            press(
                &self.desk,
                "[data-screen=\"agenda\"] [data-row-id]:has([data-action=\"check-in\"])",
            )
            .await;
            type_keys(&self.desk, " ").await;
            eventually("one more waits", LONG, async || {
                let waiting = self
                    .desk
                    .window()
                    .find_all(By::Css("[data-row-id] [data-standing=\"waiting\"]"));
                (waiting.await.ok()?.len() == done).then_some(())
            })
            .await;
        }
    }

    async fn new_customer(&self, name: &str, phone: &str) {
        key(&self.desk, Key::F2).await;
        fill(&self.desk, "full_name", name).await;
        fill(&self.desk, "phone", phone).await;
        self.save("new-customer").await;
        see(&self.desk, name).await;
    }

    async fn pay(&self, customer: &str, baht: &str) {
        open_card(&self.desk, customer).await;
        key(&self.desk, Key::F9).await;
        find(&self.desk, "[data-dialog=\"award\"]").await;
        type_keys(&self.desk, baht).await;
        self.save("award").await;
    }

    async fn edit(&self, customer: &str, field: &str, text: &str) {
        open_card(&self.desk, customer).await;
        type_keys(&self.desk, "e").await;
        find(&self.desk, "[data-dialog=\"edit\"]").await;
        self.replace(field, text).await;
        self.save("edit").await;
    }

    /// Moves the first booking of the day.
    async fn move_first_booking(&self, time: &str) {
        key(&self.desk, Key::F3).await;
        press(&self.desk, "[data-screen=\"agenda\"] [data-row-id]").await;
        type_keys(&self.desk, "r").await;
        find(&self.desk, "[data-dialog=\"move\"]").await;
        self.replace("time", time).await;
        self.save("move").await;
    }

    /// Types how many points are to be spent into the open dialog, or opens it first.
    async fn ask_to_redeem(&self, points: &str) {
        type_keys(&self.desk, "r").await;
        find(&self.desk, "[data-dialog=\"redeem\"]").await;
        type_keys(&self.desk, points).await;
    }
}

/// Saves, wherever the caret is.
async fn ctrl_enter(desk: &Desk) {
    ctrl(desk, Key::Enter.value()).await;
}

/// Ten bookings of today, half an hour apart, the first with customer 1.
fn book_ten(pg: &PgCluster) {
    pg.psql(DB, &format!("insert into public.appointments (clinic_id, customer_id, staff_id, appointment_code, appointment_type, status, appointment_date, start_time, end_time)
        select '{A}', md5('customer:' || (n * 2 + 1))::uuid, md5('user:5')::uuid, 'T' || n, 'treatment', 'confirmed', (now() at time zone 'Asia/Bangkok')::date, time '10:30' + n * interval '30 minutes', time '11:00' + n * interval '30 minutes'
        from generate_series(0, 9) n"));
}

fn number(pg: &PgCluster, sql: &str) -> i64 {
    pg.psql(DB, sql).parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_hour_without_a_line_at_two_counters_loses_nothing_and_asks_about_one_booking() {
    let pg = migrated().await;
    book_ten(&pg);
    let mut a = Counter::open(&pg, 7, "PC-A").await;
    let b = Counter::open(&pg, 5, "PC-B").await;
    a.cut().await;
    b.cut().await;

    a.check_in_everybody(10).await;
    a.kill_and_start().await;
    assert_eq!(
        a.waiting().await,
        10,
        "what the screen confirmed is there after the kill"
    );
    for nth in 1..=3 {
        a.new_customer(&format!("คนใหม่ ที่{nth}"), &format!("086-700-000{nth}"))
            .await;
    }
    a.kill_and_start().await;
    for nth in 0..5 {
        a.pay(&format!("CUST-2025-00{}", 21 + nth * 2), "1500").await;
    }
    a.edit(PLOY, "phone", "081-777-8888").await;
    a.kill_and_start().await;
    assert_eq!(a.waiting().await, 19);
    see(&a.desk, "รอส่ง 19 รายการ").await;

    b.move_first_booking("23:00").await;
    b.edit(PLOY, "nickname", "พลอยใส").await;
    a.mend().await;
    b.mend().await;

    assert_eq!(number(&pg, "select count(*) from desk.visit"), 10);
    let new =
        "select count(distinct customer_code) * 100 + count(*) from public.customers where full_name like 'คนใหม่ ที่%'";
    assert_eq!(number(&pg, new), 303, "three new customers, one code each");
    let paid = "select count(*) || ' x ' || min(satang) || '-' || max(satang) from desk.payment";
    assert_eq!(pg.psql(DB, paid), "5 x 150000-150000");
    let both = format!("select phone || '|' || nickname from public.customers where customer_code = '{PLOY}'");
    assert_eq!(pg.psql(DB, &both), "081-777-8888|พลอยใส");
    assert_eq!(
        number(&pg, "select count(*) - count(distinct id) from desk.mutation"),
        0
    );

    let attention = call(&b.desk, "sync_state", json!({})).await["attention"].clone();
    assert_eq!(attention.as_array().unwrap().len(), 1, "{attention}");
    press(&b.desk, "[data-place=\"sync\"]").await;
    find(&b.desk, "[data-detail=\"attention\"]").await;
    for said in ["นิก7", "นิก5", "23:00"] {
        see(&b.desk, said).await;
    }
    type_keys(&b.desk, "2").await;
    gone(&b.desk, "[data-detail=\"attention\"]").await;
    assert_eq!(
        number(&pg, "select count(*) from desk.visit where state = 'waiting'"),
        10
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn points_are_spent_without_a_line_within_limits_and_what_was_too_much_is_owed_and_told() {
    let pg = migrated().await;
    pg.psql(DB, &format!("insert into public.loyalty_profiles (customer_id, clinic_id, referral_code) values (md5('customer:1')::uuid, '{A}', 'BN2K7Q4W');
        insert into public.point_transactions (customer_id, clinic_id, type, amount, description) values (md5('customer:1')::uuid, '{A}', 'bonus', 700, 'opening')"));
    let a = Counter::open(&pg, 7, "PC-A").await;
    let b = Counter::open(&pg, 5, "PC-B").await;
    for counter in [&a, &b] {
        counter.cut().await;
        open_card(&counter.desk, PLOY).await;
    }
    a.ask_to_redeem("400").await;
    a.save("redeem").await;
    see(&a.desk, "ออฟไลน์ เหลือวงเงิน 100 สำหรับลูกค้านี้").await;
    find(&a.desk, "[data-dialog=\"code\"] [data-print]").await;
    key(&a.desk, Key::Escape).await;

    a.ask_to_redeem("200").await;
    see(&a.desk, "แลกออฟไลน์ได้อีก 100 แต้มสำหรับลูกค้านี้").await;
    ctrl_enter(&a.desk).await;
    find(&a.desk, "[data-dialog=\"redeem\"] [data-action=save]:disabled").await;
    assert_eq!(a.waiting().await, 1, "what is beyond the limit is not taken");
    key(&a.desk, Key::Escape).await;

    b.ask_to_redeem("500").await;
    b.save("redeem").await;
    a.mend().await;
    b.mend().await;

    let state = "select p.available_points || '|' || coalesce((select sum(d.points) from desk.debt d where d.customer_id = p.customer_id), 0) from public.loyalty_profiles p where p.customer_id = md5('customer:1')::uuid";
    assert_eq!(pg.psql(DB, state), "0|200", "nothing below nothing: the rest is owed");
    let told = "select count(distinct n.user_id) * 10 + count(*) from public.notifications n where n.type = 'points_owed' and n.metadata ->> 'points' = '200'";
    let heads = format!(
        "select count(*) * 11 from desk.staff where clinic_id = '{A}' and role in ('owner', 'manager') and active"
    );
    assert_eq!(
        number(&pg, told),
        number(&pg, &heads),
        "each head of the clinic hears of it once"
    );
    assert_eq!(
        number(
            &pg,
            "select count(*) from desk.verify_loyalty('00000000-0000-4000-8000-0000000000a1')"
        ),
        0
    );
}
