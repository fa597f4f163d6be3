//! Points by hand, and the second person: so much a day, more than a little only with somebody else's word, each with its reason, once, whatever a desk sends.
//! Numbers are those of the rules.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)] // a test ends where it is surprised

mod clinic_support;

use clinic_support::{A, B, DB, desk, differences, done, migrated, points, somebody, sums, uid};
use desk_clinic::push::Outcome;
use desk_core::loyalty::gift::{Reason, USUAL_LIMITS};
use desk_tests::harness::pg::PgCluster;
use serde_json::{Value as Json, json};
use uuid::Uuid;

/// A fact of a refusal.
fn detail(outcome: &Outcome, field: &str) -> Json {
    outcome
        .detail
        .as_ref()
        .map_or(Json::Null, |detail| detail[field].clone())
}

fn gift(id: Uuid, customer: Uuid, points: i64) -> Json {
    json!({ "id": id, "customer_id": customer, "points": points, "reason": "goodwill" })
}

/// What an entry says of itself.
fn entry(pg: &PgCluster, id: Uuid, what: &str) -> String {
    let sql = format!("select {what} from public.point_transactions where id = '{id}'");
    pg.psql(DB, &sql)
}

#[tokio::test]
async fn l22_a_gift_is_a_lot_with_its_end_its_reason_its_giver_and_its_policy() {
    let pg = migrated().await;
    let mut nok = somebody(&pg, 7, "front_desk").await;
    let customer = uid(&pg, "customer", 1);
    let id = Uuid::now_v7();
    let args = json!({ "id": id, "customer_id": customer, "points": 120, "reason": "complaint", "note": "รอนาน" });
    assert_eq!(nok.act("points.give", args).await, "ok");
    assert_eq!(
        entry(
            &pg,
            id,
            "concat_ws('|', type, amount, description, desk_reason, desk_policy, desk_by = md5('user:7')::uuid, desk_device)"
        ),
        "bonus|120|ขออภัยในความไม่สะดวก: รอนาน|complaint|1|t|PC-หน้าร้าน"
    );
    let lot = format!(
        "select remaining || ' ' || (expires_at = desk.lot_expiry('{A}', now())) from desk.lot where id = '{id}'"
    );
    assert_eq!(pg.psql(DB, &lot), "120 true", "it ends like all others");
    assert_eq!(sums(&pg, customer), "220|0", "with the welcome of a new member");
    assert_eq!(differences(&pg), "0");
}

#[tokio::test]
async fn l22_only_so_much_a_day_and_the_refusal_says_what_is_left() {
    let pg = migrated().await;
    let mut nok = somebody(&pg, 7, "front_desk").await;
    let customer = uid(&pg, "customer", 1);
    for _ in 0..6 {
        assert_eq!(nok.act("points.give", gift(Uuid::now_v7(), customer, 300)).await, "ok");
    }
    let over = done(&mut nok, "points.give", gift(Uuid::now_v7(), customer, 201)).await;
    assert_eq!(over.code.as_deref(), Some("gift_limit_reached"));
    assert_eq!(
        (&detail(&over, "left"), &detail(&over, "most")),
        (&json!(200), &json!(2_000))
    );
    assert_eq!(nok.act("points.give", gift(Uuid::now_v7(), customer, 200)).await, "ok");
    let none = done(
        &mut nok,
        "points.give",
        gift(Uuid::now_v7(), uid(&pg, "customer", 3), 1),
    )
    .await;
    assert_eq!(
        detail(&none, "left"),
        json!(0),
        "the day is the person's, whoever gets them"
    );
    // A colleague has a day of their own, and so has the same person tomorrow.
    let mut beam = somebody(&pg, 5, "front_desk").await;
    assert_eq!(beam.act("points.give", gift(Uuid::now_v7(), customer, 1)).await, "ok");
    pg.psql(DB, "alter table public.point_transactions disable trigger user; update public.point_transactions set desk_posted_at = now() - interval '1 day' where desk_source = 'gift'; alter table public.point_transactions enable trigger user");
    assert_eq!(nok.act("points.give", gift(Uuid::now_v7(), customer, 300)).await, "ok");
    assert_eq!(differences(&pg), "0");
}

#[tokio::test]
async fn l22_two_pcs_of_one_person_do_not_give_the_same_rest_twice() {
    let pg = migrated().await;
    let mut desks = vec![];
    for _ in 0..2 {
        desks.push(somebody(&pg, 7, "front_desk").await);
    }
    let customers: Vec<Uuid> = (0..10).map(|n| uid(&pg, "customer", 2 * n + 1)).collect();
    let racing = desks.into_iter().map(|mut desk| {
        let customers = customers.clone();
        tokio::spawn(async move {
            for customer in customers {
                desk.act("points.give", gift(Uuid::now_v7(), customer, 290)).await;
            }
        })
    });
    for race in racing.collect::<Vec<_>>() {
        race.await.unwrap();
    }
    let given = "select count(*) || ' ' || sum(amount) from public.point_transactions where desk_source = 'gift'";
    assert_eq!(pg.psql(DB, given), "6 1740");
    assert_eq!(differences(&pg), "0");
}

#[tokio::test]
async fn l22_above_the_limit_nothing_is_given_before_a_second_person_agrees() {
    let pg = migrated().await;
    let (mut nok, mut beam, mut dao) = (
        somebody(&pg, 7, "front_desk").await,
        somebody(&pg, 5, "front_desk").await,
        somebody(&pg, 3, "manager").await,
    );
    let customer = uid(&pg, "customer", 1);
    let id = Uuid::now_v7();
    assert_eq!(nok.act("points.give", gift(id, customer, 500)).await, "ok");
    assert_eq!(sums(&pg, customer), "", "it waits");
    let told = format!(
        "select string_agg(distinct s.role, ' ') from public.notifications n join desk.staff s on s.person_id = n.user_id and s.clinic_id = n.clinic_id where n.type = 'second_person' and n.action_url = '/customers/{customer}'"
    );
    assert_eq!(pg.psql(DB, &told), "manager owner");
    let say = |agree: bool, entry: Uuid| json!({ "id": id, "entry": entry, "agree": agree, "why": null });
    assert_eq!(
        nok.act("approval.decide", say(true, Uuid::now_v7())).await,
        "role_not_allowed"
    );
    assert_eq!(
        beam.act("approval.decide", say(true, Uuid::now_v7())).await,
        "role_not_allowed"
    );
    // Whoever asked is not the second person, whatever they become.
    pg.psql(
        DB,
        "update desk.staff set role = 'manager' where person_id = md5('user:7')::uuid",
    );
    assert_eq!(
        nok.act("approval.decide", say(true, Uuid::now_v7())).await,
        "second_person_needed"
    );
    assert_eq!(
        dao.act("approval.decide", say(false, Uuid::now_v7())).await,
        "reason_missing"
    );
    let made = Uuid::now_v7();
    assert_eq!(dao.act("approval.decide", say(true, made)).await, "ok");
    assert_eq!(
        entry(
            &pg,
            made,
            "concat_ws('|', amount, desk_reason, desk_by = md5('user:7')::uuid, desk_agreed_by = md5('user:3')::uuid, desk_policy)"
        ),
        "500|goodwill|t|t|1"
    );
    assert_eq!(sums(&pg, customer), "600|0");
    let again = done(&mut dao, "approval.decide", say(true, Uuid::now_v7())).await;
    assert_eq!(again.code.as_deref(), Some("approval_decided"));
    assert_eq!(detail(&again, "state"), json!("agreed"));
    let unread = "select count(*) from public.notifications where type = 'second_person' and not is_read";
    assert_eq!(pg.psql(DB, unread), "0", "nobody has to look any more");
    let heard =
        "select message from public.notifications where type = 'second_person_said' and user_id = md5('user:7')::uuid";
    assert_eq!(pg.psql(DB, heard), "โดย นิก3");
    assert_eq!(differences(&pg), "0");
}

#[tokio::test]
async fn l22_what_is_declined_or_taken_back_gives_nothing_and_frees_the_day() {
    let pg = migrated().await;
    let (mut nok, mut dao) = (somebody(&pg, 7, "front_desk").await, somebody(&pg, 3, "manager").await);
    let customer = uid(&pg, "customer", 1);
    let mut ids = vec![];
    for points in [900, 1_000, 90] {
        let id = Uuid::now_v7();
        let mut mutation = nok.mutation("points.give", gift(id, customer, points));
        mutation.id = id;
        assert_eq!(nok.push(&[mutation]).await.unwrap()[0].code, None);
        ids.push(id);
    }
    assert_eq!(
        nok.act("points.give", gift(Uuid::now_v7(), customer, 11)).await,
        "gift_limit_reached"
    );
    let no = json!({ "id": ids[0], "entry": Uuid::now_v7(), "agree": false, "why": "ให้มากไป" });
    assert_eq!(dao.act("approval.decide", no).await, "ok");
    let undo = |of: Uuid| json!({ "id": Uuid::now_v7(), "of": of });
    assert_eq!(nok.act("points.ungive", undo(ids[0])).await, "approval_decided");
    assert_eq!(
        nok.act("points.ungive", undo(ids[1])).await,
        "ok",
        "nobody is asked any more"
    );
    let yes = json!({ "id": ids[1], "entry": Uuid::now_v7(), "agree": true });
    assert_eq!(dao.act("approval.decide", yes).await, "approval_decided");
    assert_eq!(nok.act("points.ungive", undo(ids[2])).await, "ok");
    assert_eq!(nok.act("points.ungive", undo(ids[2])).await, "already_undone");
    assert_eq!(sums(&pg, customer), "100|0", "only the welcome is left");
    let given = format!("select desk.given_on('{A}', md5('user:7')::uuid, now())");
    assert_eq!(pg.psql(DB, &given), "0");
    // Points that were spent cannot be taken out from under it.
    let id = Uuid::now_v7();
    let mut mutation = nok.mutation("points.give", gift(id, customer, 300));
    mutation.id = id;
    nok.push(&[mutation]).await.unwrap();
    nok.act(
        "points.redeem",
        json!({ "id": Uuid::now_v7(), "customer_id": customer, "points": 350 }),
    )
    .await;
    assert_eq!(nok.act("points.ungive", undo(id)).await, "points_spent");
    assert_eq!(differences(&pg), "0");
}

#[tokio::test]
async fn l22_who_may_not_give_and_what_no_gift_can_be_is_refused_by_its_name() {
    let pg = migrated().await;
    let mut nok = somebody(&pg, 7, "front_desk").await;
    let customer = uid(&pg, "customer", 1);
    for (change, code) in [
        (json!({ "points": 0 }), "amount_out_of_range"),
        (json!({ "points": -50 }), "amount_out_of_range"),
        (json!({ "points": 1.5 }), "amount_out_of_range"),
        (json!({ "points": 100_001 }), "amount_out_of_range"),
        (json!({ "reason": "because" }), "value_not_allowed"),
        (json!({ "reason": null }), "value_not_allowed"),
        (json!({ "reason": "other" }), "reason_missing"),
        (json!({ "reason": "correction", "note": "  " }), "reason_missing"),
        (json!({ "note": "ก".repeat(301) }), "text_too_long"),
        (json!({ "customer_id": uid(&pg, "customer", 2) }), "customer_not_found"),
        (json!({ "customer_id": Uuid::now_v7() }), "customer_not_found"),
    ] {
        let mut args = gift(Uuid::now_v7(), customer, 100);
        args.as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        assert_eq!(nok.act("points.give", args).await, code, "{change}");
    }
    for role in ["sales", "beautician"] {
        let mut other = somebody(&pg, 5, role).await;
        assert_eq!(
            other.act("points.give", gift(Uuid::now_v7(), customer, 1)).await,
            "role_not_allowed"
        );
    }
    // What a hand-written push says of itself counts for nothing.
    let id = Uuid::now_v7();
    let mut args = gift(id, customer, 10);
    args["by"] = json!(uid(&pg, "user", 1));
    args["clinic_id"] = json!(B);
    args["agreed_by"] = json!(uid(&pg, "user", 1));
    assert_eq!(nok.act("points.give", args).await, "ok");
    assert_eq!(
        entry(
            &pg,
            id,
            "concat_ws('|', clinic_id, desk_by = md5('user:7')::uuid, desk_agreed_by)"
        ),
        format!("{A}|t")
    );
    assert_eq!(sums(&pg, customer), "110|0");
}

#[tokio::test]
async fn l22_nobody_of_another_clinic_sees_or_decides_what_waits() {
    let pg = migrated().await;
    let mut nok = somebody(&pg, 7, "front_desk").await;
    let mut theirs = desk(&pg, B, 2).await;
    let id = Uuid::now_v7();
    assert_eq!(
        nok.act("points.give", gift(id, uid(&pg, "customer", 1), 500)).await,
        "ok"
    );
    assert_eq!(nok.sql("select count(*)::text from desk.approval").await.unwrap(), "1");
    assert_eq!(
        theirs.sql("select count(*)::text from desk.approval").await.unwrap(),
        "0"
    );
    let yes = json!({ "id": id, "entry": Uuid::now_v7(), "agree": true });
    assert_eq!(theirs.act("approval.decide", yes).await, "approval_not_found");
    for sql in [
        "update desk.approval set state = 'agreed'",
        "delete from desk.approval",
        "insert into desk.approval (id) values (gen_random_uuid())",
    ] {
        assert!(nok.sql(sql).await.unwrap_err().starts_with("42501"), "{sql}");
    }
    // Nobody is left who could agree: it is said at once.
    pg.psql(
        DB,
        "update desk.staff set role = 'front_desk' where role in ('owner', 'manager')",
    );
    assert_eq!(
        nok.act("points.give", gift(Uuid::now_v7(), uid(&pg, "customer", 1), 500))
            .await,
        "nobody_to_agree"
    );
}

#[tokio::test]
async fn l8_ten_replays_of_a_gift_and_of_a_second_person_s_word_make_one_entry_each() {
    let pg = migrated().await;
    let (mut nok, mut dao) = (somebody(&pg, 7, "front_desk").await, somebody(&pg, 3, "manager").await);
    let customer = uid(&pg, "customer", 1);
    let small = nok.mutation("points.give", gift(Uuid::now_v7(), customer, 50));
    let large_id = Uuid::now_v7();
    let large = nok.mutation("points.give", gift(large_id, customer, 400));
    for _ in 0..10 {
        let outcomes = nok.push(&[small.clone(), large.clone()]).await.unwrap();
        assert!(outcomes.iter().all(|outcome| outcome.code.is_none()));
    }
    let yes = dao.mutation(
        "approval.decide",
        json!({ "id": large_id, "entry": Uuid::now_v7(), "agree": true }),
    );
    for _ in 0..10 {
        assert_eq!(dao.push(std::slice::from_ref(&yes)).await.unwrap()[0].code, None);
    }
    let made = "select string_agg(amount::text, ' ' order by amount) from public.point_transactions where desk_purpose = 'gift'";
    assert_eq!(pg.psql(DB, made), "50 400");
    assert_eq!(
        (sums(&pg, customer).as_str(), differences(&pg).as_str()),
        ("550|0", "0")
    );
}

#[tokio::test]
async fn l22_the_clinic_says_the_limits_and_only_who_answers_for_it_may() {
    let pg = migrated().await;
    let (mut nok, mut dao) = (somebody(&pg, 7, "front_desk").await, somebody(&pg, 3, "manager").await);
    let usual = json!({ "gift_daily": 2_000, "gift_alone": 300, "redeem_alone": 2_000 });
    let stored = "select jsonb_build_object('gift_daily', gift_daily, 'gift_alone', gift_alone, 'redeem_alone', redeem_alone) from desk.clinic order by clinic_id limit 1";
    assert_eq!(pg.psql(DB, stored).parse::<Json>().unwrap(), usual);
    let ours = (USUAL_LIMITS.daily, USUAL_LIMITS.alone, USUAL_LIMITS.redeem_alone);
    assert_eq!(
        ours,
        (2_000, 300, 2_000),
        "a desk that does not know the clinic's expects the same"
    );
    let wish = |daily: i64, base: &Json| json!({ "id": Uuid::now_v7(), "gift_daily": daily, "gift_alone": 50, "redeem_alone": 0, "base": base });
    assert_eq!(
        nok.act("clinic.set_point_limits", wish(100, &usual)).await,
        "role_not_allowed"
    );
    assert_eq!(
        dao.act("clinic.set_point_limits", wish(-1, &usual)).await,
        "amount_out_of_range"
    );
    assert_eq!(dao.act("clinic.set_point_limits", wish(100, &usual)).await, "ok");
    assert_eq!(
        dao.act("clinic.set_point_limits", wish(200, &usual)).await,
        "changed_meanwhile"
    );
    assert_eq!(
        dao.act("clinic.set_point_limits", wish(100, &usual)).await,
        "ok",
        "it is so already"
    );
    let customer = uid(&pg, "customer", 1);
    assert_eq!(nok.act("points.give", gift(Uuid::now_v7(), customer, 50)).await, "ok");
    assert_eq!(
        nok.act("points.give", gift(Uuid::now_v7(), customer, 51)).await,
        "gift_limit_reached"
    );
    let reasons: Vec<String> = Reason::ALL
        .iter()
        .map(|reason| {
            format!(
                "{}|{}|{}",
                reason.word(),
                reason.said(),
                if reason.needs_note() { "t" } else { "f" }
            )
        })
        .collect();
    let theirs = "select string_agg(code || '|' || said || '|' || left(needs_note::text, 1), E'\\n' order by nth) from desk.gift_reason";
    assert_eq!(pg.psql(DB, theirs), reasons.join("\n"), "both sides have the same list");
}

#[tokio::test]
async fn l13_how_the_customer_agreed_is_stored_and_above_the_limit_staff_need_a_second_person() {
    let pg = migrated().await;
    let (mut nok, mut beam) = (
        somebody(&pg, 7, "front_desk").await,
        somebody(&pg, 5, "front_desk").await,
    );
    let customer = uid(&pg, "customer", 1);
    points(&pg, customer, 20_000, "null");
    let redeem = |id: Uuid, points: i64, method: Option<&str>| json!({ "id": id, "customer_id": customer, "points": points, "method": method });
    let (alone, shown) = (Uuid::now_v7(), Uuid::now_v7());
    assert_eq!(nok.act("points.redeem", redeem(alone, 2_000, None)).await, "ok");
    assert_eq!(
        nok.act("points.redeem", redeem(shown, 2_001, Some("display"))).await,
        "ok",
        "they said so on their own screen"
    );
    for method in [None, Some("staff"), Some("pin"), Some("line")] {
        let over = done(&mut nok, "points.redeem", redeem(Uuid::now_v7(), 2_001, method)).await;
        assert_eq!(over.code.as_deref(), Some("second_person_needed"), "{method:?}");
        assert_eq!((detail(&over, "most"), detail(&over, "left")), (json!(2_000), json!(0)));
    }
    assert_eq!(
        nok.act("points.redeem", redeem(Uuid::now_v7(), 5, Some("two"))).await,
        "value_not_allowed",
        "nobody says so of themselves"
    );
    let (asked, made) = (Uuid::now_v7(), Uuid::now_v7());
    let wish = json!({ "id": asked, "customer_id": customer, "points": 5_000 });
    assert_eq!(nok.act("points.ask", wish.clone()).await, "ok");
    assert_eq!(sums(&pg, customer), "15999|0", "nothing is taken before");
    let yes = json!({ "id": asked, "entry": made, "agree": true });
    assert_eq!(nok.act("approval.decide", yes.clone()).await, "second_person_needed");
    assert_eq!(beam.act("approval.decide", yes).await, "ok");
    assert_eq!(sums(&pg, customer), "10999|0");
    let said = |id| {
        entry(
            &pg,
            id,
            "concat_ws('|', desk_method, desk_by = md5('user:7')::uuid, desk_agreed_by = md5('user:5')::uuid)",
        )
    };
    assert_eq!(
        (said(alone), said(shown), said(made)),
        ("staff|t".into(), "display|t".into(), "two|t|t".into())
    );
    // What was agreed to pays for nothing else, and nothing twice.
    assert_eq!(
        nok.act("points.redeem", redeem(made, 5_000, None)).await,
        "value_not_allowed"
    );
    let short = json!({ "id": Uuid::now_v7(), "customer_id": customer, "points": 11_000 });
    assert_eq!(nok.act("points.ask", short).await, "points_short");
    assert_eq!(differences(&pg), "0");
}

/// A redemption by staff's word alone, or as the customer said on a screen of their own.
fn spend(customer: Uuid, points: i64, method: &str) -> Json {
    json!({ "id": Uuid::now_v7(), "customer_id": customer, "points": points, "method": method })
}

#[tokio::test]
async fn l13_two_of_1500_are_no_way_around_a_limit_of_2000() {
    let pg = migrated().await;
    let (mut nok, mut beam) = (
        somebody(&pg, 7, "front_desk").await,
        somebody(&pg, 5, "front_desk").await,
    );
    let (customer, other) = (uid(&pg, "customer", 1), uid(&pg, "customer", 3));
    points(&pg, customer, 20_000, "null");
    points(&pg, other, 20_000, "null");
    assert_eq!(
        nok.act("points.redeem", spend(customer, 3_000, "display")).await,
        "ok",
        "the customer's own word is no staff's"
    );
    assert_eq!(nok.act("points.redeem", spend(customer, 1_500, "staff")).await, "ok");
    let over = done(&mut beam, "points.redeem", spend(customer, 501, "pin")).await;
    assert_eq!(
        over.code.as_deref(),
        Some("second_person_needed"),
        "whoever it is, at whichever counter"
    );
    assert_eq!(
        (detail(&over, "most"), detail(&over, "left")),
        (json!(2_000), json!(500))
    );
    assert_eq!(
        beam.act("points.redeem", spend(other, 2_000, "staff")).await,
        "ok",
        "another customer has a day of their own"
    );
    assert_eq!(beam.act("points.redeem", spend(customer, 500, "staff")).await, "ok");
    assert_eq!(
        beam.act("points.redeem", spend(customer, 1, "staff")).await,
        "second_person_needed"
    );
    assert_eq!(differences(&pg), "0");
}

#[tokio::test]
async fn l13_neither_what_two_agreed_to_nor_what_was_taken_back_nor_yesterday_counts() {
    let pg = migrated().await;
    let mut nok = somebody(&pg, 7, "front_desk").await;
    let mut beam = somebody(&pg, 5, "front_desk").await;
    let customer = uid(&pg, "customer", 1);
    points(&pg, customer, 20_000, "null");
    let first = spend(customer, 2_000, "staff");
    let mut mutation = nok.mutation("points.redeem", first.clone());
    mutation.id = first["id"].as_str().unwrap().parse().unwrap();
    assert_eq!(nok.push(&[mutation]).await.unwrap()[0].code, None);
    let (asked, entry) = (Uuid::now_v7(), Uuid::now_v7());
    assert_eq!(
        nok.act(
            "points.ask",
            json!({ "id": asked, "customer_id": customer, "points": 1_000 })
        )
        .await,
        "ok"
    );
    assert_eq!(
        beam.act("approval.decide", json!({ "id": asked, "entry": entry, "agree": true }))
            .await,
        "ok"
    );
    let back = json!({ "id": Uuid::now_v7(), "of": first["id"] });
    assert_eq!(nok.act("points.unredeem", back).await, "ok");
    assert_eq!(
        nok.act("points.redeem", spend(customer, 2_001, "staff")).await,
        "second_person_needed"
    );
    assert_eq!(nok.act("points.redeem", spend(customer, 2_000, "staff")).await, "ok");
    // Tomorrow is another day, of the clinic's own clock.
    pg.psql(DB, &format!("alter table public.point_transactions disable trigger user; update public.point_transactions set desk_posted_at = desk.day_start('{A}', desk.local_day('{A}', now())) - interval '1 second' where desk_source = 'desk' and type = 'redeemed'; alter table public.point_transactions enable trigger user"));
    assert_eq!(nok.act("points.redeem", spend(customer, 2_000, "staff")).await, "ok");
    assert_eq!(differences(&pg), "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn l13_two_counters_at_once_do_not_redeem_the_same_rest_of_the_day() {
    let pg = migrated().await;
    let customer = uid(&pg, "customer", 1);
    points(&pg, customer, 50_000, "null");
    let mut desks = vec![];
    for n in [5, 7] {
        desks.push(somebody(&pg, n, "front_desk").await);
    }
    let racing = desks.into_iter().map(|mut desk| {
        tokio::spawn(async move {
            for _ in 0..10 {
                desk.act("points.redeem", spend(customer, 190, "staff")).await;
            }
        })
    });
    for race in racing.collect::<Vec<_>>() {
        race.await.unwrap();
    }
    let redeemed = "select count(*) || ' ' || -sum(amount) from public.point_transactions where type = 'redeemed'";
    assert_eq!(
        (pg.psql(DB, redeemed).as_str(), differences(&pg).as_str()),
        ("10 1900", "0")
    );
}

#[tokio::test]
async fn l13_what_was_handed_out_without_the_network_is_booked_and_counts() {
    let pg = migrated().await;
    let mut nok = somebody(&pg, 7, "front_desk").await;
    let mut beam = somebody(&pg, 5, "front_desk").await;
    let customer = uid(&pg, "customer", 1);
    points(&pg, customer, 20_000, "null");
    let lease = nok.sql("select desk.take_lease()::text").await.unwrap();
    assert_eq!(beam.act("points.redeem", spend(customer, 1_900, "staff")).await, "ok");
    let mut offline = spend(customer, 400, "staff");
    offline["lease_id"] = json!(lease);
    assert_eq!(
        nok.act("points.redeem", offline).await,
        "ok",
        "nobody could know it there"
    );
    let over = done(&mut beam, "points.redeem", spend(customer, 1, "staff")).await;
    assert_eq!(
        (over.code.as_deref(), detail(&over, "left")),
        (Some("second_person_needed"), json!(0))
    );
    assert_eq!(differences(&pg), "0");
}

#[tokio::test]
async fn l13_a_second_person_agrees_to_what_is_still_there_and_a_reward_gives_its_code() {
    let pg = migrated().await;
    let (mut nok, mut beam) = (
        somebody(&pg, 7, "front_desk").await,
        somebody(&pg, 5, "front_desk").await,
    );
    let customer = uid(&pg, "customer", 1);
    points(&pg, customer, 5_000, "null");
    let reward = pg.psql(DB, &format!("insert into public.loyalty_rewards (clinic_id, name, type, points_cost, monetary_value) values ('{A}', 'แพ็กเกจ', 'free_service', 3000, 0) returning id"));
    let asked = [Uuid::now_v7(), Uuid::now_v7()];
    for id in asked {
        let wish = json!({ "id": id, "customer_id": customer, "points": 3_000, "reward_id": reward });
        assert_eq!(nok.act("points.ask", wish).await, "ok");
    }
    let made = Uuid::now_v7();
    assert_eq!(
        beam.act(
            "approval.decide",
            json!({ "id": asked[0], "entry": made, "agree": true })
        )
        .await,
        "ok"
    );
    assert_eq!(
        beam.act(
            "approval.decide",
            json!({ "id": asked[1], "entry": Uuid::now_v7(), "agree": true })
        )
        .await,
        "points_short"
    );
    let code = format!("select state || ' ' || (issued_by = md5('user:7')::uuid) from desk.coupon where id = '{made}'");
    assert_eq!(pg.psql(DB, &code), "issued true");
    let open = "select count(*) from desk.approval where state = 'asked'";
    assert_eq!(
        (
            pg.psql(DB, open).as_str(),
            sums(&pg, customer).as_str(),
            differences(&pg).as_str()
        ),
        ("1", "2000|0", "0")
    );
}
