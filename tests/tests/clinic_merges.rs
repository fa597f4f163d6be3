//! Two customers who are one person (rule L18): who may say so, what is kept of both, and what cannot be merged. Their ledgers are told in `clinic_merged_ledgers`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod clinic_support;
mod merge_support;

use clinic_support::{A, B, DB, desk, differences, journey, migrated, somebody, sums, uid};
use merge_support::{both, entry, everything, merge, one, separate, story};
use serde_json::{Value as Json, json};
use uuid::Uuid;

#[tokio::test]
async fn l18_bookings_journeys_visits_calls_and_the_stricter_consent_are_kept() {
    let pg = migrated().await;
    let mut manager = desk(&pg, A, 1).await;
    let (into, from) = story(&pg);
    let (a, _) = journey(&pg, A, 1, 7);
    let (b, _) = journey(&pg, A, 3, 7);
    let visit = Uuid::now_v7();
    assert_eq!(
        manager
            .act("visit.check_in", json!({ "id": visit, "customer_id": from }))
            .await,
        "ok"
    );
    let call = json!({ "id": Uuid::now_v7(), "customer_id": from, "direction": "out", "outcome": "no_answer", "at": "2026-11-20T03:00:00Z" });
    let called = manager.act("contact.log", call).await;
    assert!(called == "ok" || called == "date_out_of_range", "{called}");
    one(
        &pg,
        &format!(
            "insert into public.customer_preferences (clinic_id, customer_id, do_not_contact, marketing_opt_in, preferred_channels) values ('{A}', '{into}', false, true, '{{line,sms}}'), ('{A}', '{from}', true, false, '{{line,call}}')"
        ),
    );
    let before = both(&pg, into, from);
    let owns = |table: &str, id: Uuid| one(&pg, &format!("select customer_id from {table} where id = '{id}'"));
    let (id, _) = merge(&mut manager, from, into).await;
    for (table, row) in [
        ("public.workflow_states", a),
        ("public.workflow_states", b),
        ("desk.visit", visit),
    ] {
        assert_eq!(owns(table, row), into.to_string(), "{table}");
    }
    assert_eq!(
        one(
            &pg,
            &format!("select count(*) from public.appointments where customer_id = '{from}'")
        ),
        "0"
    );
    assert_eq!(
        one(
            &pg,
            &format!(
                "select do_not_contact, marketing_opt_in, preferred_channels from public.customer_preferences where customer_id = '{into}'"
            )
        ),
        "t|f|{line}"
    );
    assert_eq!(separate(&mut manager, id).await, "ok");
    assert_eq!(both(&pg, into, from), before);
}

#[tokio::test]
async fn l18_a_refusal_to_be_contacted_meanwhile_holds_for_both_of_them() {
    let pg = migrated().await;
    let mut manager = desk(&pg, A, 1).await;
    let (into, from) = story(&pg);
    let (id, _) = merge(&mut manager, from, into).await;
    one(
        &pg,
        &format!(
            "insert into public.customer_preferences (clinic_id, customer_id, do_not_contact, marketing_opt_in) values ('{A}', '{from}', true, false)"
        ),
    );
    let refuses = |customer: Uuid| {
        one(
            &pg,
            &format!(
                "select do_not_contact, marketing_opt_in from public.customer_preferences where customer_id = '{customer}'"
            ),
        )
    };
    assert_eq!(
        (refuses(into), refuses(from)),
        ("t|f".into(), String::new()),
        "the web system names the old one"
    );
    assert_eq!(separate(&mut manager, id).await, "ok");
    assert_eq!((refuses(into), refuses(from)), ("t|f".into(), "t|f".into()));
}

#[tokio::test]
async fn l18_work_that_waited_for_the_old_one_lands_on_who_was_kept_once() {
    let pg = migrated().await;
    let mut manager = desk(&pg, A, 1).await;
    let (into, from) = story(&pg);
    let award = Uuid::now_v7();
    let mut waited = manager.mutation(
        "points.award",
        json!({ "id": award, "customer_id": from, "satang": 100_000 }),
    );
    waited.id = award;
    manager.seq -= 1;
    merge(&mut manager, from, into).await;
    waited.seq = manager.seq + 1;
    manager.seq += 1;
    for _ in 0..2 {
        assert_eq!(manager.push(std::slice::from_ref(&waited)).await.unwrap()[0].code, None);
    }
    assert_eq!(sums(&pg, into), "300|0", "once");
    assert_eq!(sums(&pg, from), "0|0");
    // The web system, too, and a code of the old card.
    entry(&pg, from, "earned", 7, "null");
    assert_eq!(sums(&pg, into), "307|0");
    assert_eq!(
        one(&pg, &format!("select desk.referrer_of('{A}', 'BN0000C6B')")),
        into.to_string()
    );
    // What somebody typed into the old one is judged against the kept one: nothing is overwritten unseen.
    let theirs = one(
        &pg,
        &format!("select full_name from public.customers where id = '{from}'"),
    );
    let edit =
        |base: &str| json!({ "id": from, "set": { "full_name": "ปานวาด ทองใบ" }, "base": { "full_name": base } });
    let kept = one(
        &pg,
        &format!("select full_name from public.customers where id = '{into}'"),
    );
    assert_ne!(theirs, kept);
    assert_eq!(manager.act("customer.edit", edit(&theirs)).await, "changed_meanwhile");
    assert_eq!(manager.act("customer.edit", edit(&kept)).await, "ok");
    assert_eq!(differences(&pg), "0");
}

#[tokio::test]
async fn l18_fields_are_taken_as_chosen_and_nothing_that_matters_is_lost() {
    let pg = migrated().await;
    let mut manager = desk(&pg, A, 1).await;
    let (into, from) = story(&pg);
    one(
        &pg,
        &format!(
            "update public.customers set phone = '0810000001', nickname = null, notes = 'ชอบเช้า', allergies = 'ยาชา' where id = '{into}'"
        ),
    );
    one(
        &pg,
        &format!(
            "update public.customers set phone = '0830001111', nickname = 'ปาน', notes = 'มากับแม่', allergies = 'เพนิซิลลิน' where id = '{from}'"
        ),
    );
    let before = both(&pg, into, from);
    let id = Uuid::now_v7();
    let args = json!({ "id": id, "from": from, "into": into, "fields": { "phone": "from", "notes": "both" } });
    assert_eq!(manager.act("customer.merge", args).await, "ok");
    let shown = one(
        &pg,
        &format!(
            "select phone, nickname, replace(notes, E'\\n', '/'), replace(allergies, E'\\n', '/') from public.customers where id = '{into}'"
        ),
    );
    assert_eq!(shown, "0830001111|ปาน|ชอบเช้า/มากับแม่|ยาชา/เพนิซิลลิน");
    assert_eq!(separate(&mut manager, id).await, "ok");
    assert_eq!(both(&pg, into, from), before);
    // What somebody writes meanwhile is not taken back.
    let (id, _) = merge(&mut manager, from, into).await;
    one(
        &pg,
        &format!("update public.customers set nickname = 'ใบ' where id = '{into}'"),
    );
    assert_eq!(separate(&mut manager, id).await, "ok");
    assert_eq!(
        one(
            &pg,
            &format!("select nickname from public.customers where id = '{into}'")
        ),
        "ใบ"
    );
}

#[tokio::test]
async fn l18_only_managers_merge_and_impossible_merges_are_refused_by_name() {
    let pg = migrated().await;
    let mut manager = desk(&pg, A, 1).await;
    let mut seller = desk(&pg, A, 7).await;
    let (into, from) = story(&pg);
    one(
        &pg,
        "update desk.staff set role = 'front_desk' where person_id = md5('user:7')::uuid",
    );
    assert_eq!(merge(&mut seller, from, into).await.1, "role_not_allowed");
    assert_eq!(merge(&mut manager, into, into).await.1, "merge_of_oneself");
    assert_eq!(merge(&mut manager, Uuid::now_v7(), into).await.1, "customer_not_found");
    assert_eq!(
        merge(&mut manager, uid(&pg, "customer", 2), into).await.1,
        "customer_not_found",
        "another clinic's"
    );
    assert_eq!(
        merge(&mut manager, into, uid(&pg, "customer", 2)).await.1,
        "customer_not_found",
        "nor into one"
    );
    let args = |extra: Json| {
        let mut args = json!({ "id": Uuid::now_v7(), "from": from, "into": into });
        args.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        args
    };
    assert_eq!(
        manager
            .act("customer.merge", args(json!({ "fields": { "clinic_id": "from" } })))
            .await,
        "value_not_allowed"
    );
    assert_eq!(
        manager.act("customer.merge", args(json!({ "seen": 199 }))).await,
        "changed_meanwhile"
    );
    assert_eq!(manager.act("customer.merge", args(json!({ "seen": 200 }))).await, "ok");
    assert_eq!(merge(&mut manager, from, into).await.1, "merged_already");
    assert_eq!(merge(&mut manager, into, from).await.1, "merged_already");
    assert_eq!(
        merge(&mut manager, uid(&pg, "customer", 5), from).await.1,
        "merged_already"
    );
    assert_eq!(separate(&mut manager, Uuid::now_v7()).await, "merge_not_found");
    let id: Uuid = one(&pg, "select id from desk.merge").parse().unwrap();
    assert_eq!(separate(&mut seller, id).await, "role_not_allowed");
    let mut other = desk(&pg, B, 2).await;
    assert_eq!(separate(&mut other, id).await, "merge_not_found");
    assert_eq!(separate(&mut manager, id).await, "ok");
    assert_eq!(separate(&mut manager, id).await, "separated_already");
}

#[tokio::test]
async fn l18_two_managers_who_merge_them_both_ways_get_one_merge() {
    let pg = migrated().await;
    let (mut first, mut second) = (desk(&pg, A, 1).await, desk(&pg, A, 1).await);
    let (into, from) = story(&pg);
    for _ in 0..5 {
        let ((one_id, one_word), (other_id, other_word)) =
            tokio::join!(merge(&mut first, from, into), merge(&mut second, into, from));
        let mut words = [one_word.clone(), other_word.clone()];
        words.sort();
        assert_eq!(words, ["merged_already", "ok"]);
        assert_eq!(differences(&pg), "0");
        assert_eq!(
            separate(&mut first, if one_word == "ok" { one_id } else { other_id }).await,
            "ok"
        );
    }
    assert_eq!((sums(&pg, into), sums(&pg, from)), ("120|0".into(), "80|0".into()));
}

#[tokio::test]
async fn l18_merges_are_undone_the_last_one_first_and_for_thirty_days() {
    let pg = migrated().await;
    let mut manager = desk(&pg, A, 1).await;
    let (into, from) = story(&pg);
    let third = uid(&pg, "customer", 5);
    entry(&pg, third, "earned", 11, "null");
    let before = (both(&pg, into, from), everything(&pg, third));
    let (first, _) = merge(&mut manager, from, into).await;
    let (second, word) = merge(&mut manager, into, third).await;
    assert_eq!(word, "ok");
    assert_eq!(sums(&pg, third), "211|0");
    assert_eq!(one(&pg, &format!("select desk.survivor('{from}')")), third.to_string());
    assert_eq!(separate(&mut manager, first).await, "separate_newer_first");
    assert_eq!(separate(&mut manager, second).await, "ok");
    assert_eq!(separate(&mut manager, first).await, "ok");
    assert_eq!((both(&pg, into, from), everything(&pg, third)), before);
    let (late, _) = merge(&mut manager, from, into).await;
    one(&pg, "alter table desk.merge disable trigger desk_keep");
    one(
        &pg,
        &format!("update desk.merge set until = now() - interval '1 second' where id = '{late}'"),
    );
    one(&pg, "alter table desk.merge enable trigger desk_keep");
    assert_eq!(separate(&mut manager, late).await, "separation_too_late");
}

#[tokio::test]
async fn l18_nobody_is_thanked_for_having_sent_themselves() {
    let pg = migrated().await;
    let mut manager = desk(&pg, A, 1).await;
    let (into, from) = story(&pg);
    let referral = Uuid::now_v7();
    let sent = json!({ "id": referral, "customer_id": from, "referrer_id": into });
    assert_eq!(manager.act("referral.record", sent).await, "ok");
    let state = || one(&pg, &format!("select state from desk.referral where id = '{referral}'"));
    let (id, word) = merge(&mut manager, from, into).await;
    assert_eq!((word.as_str(), state().as_str()), ("ok", "refused"));
    let pay = json!({ "id": Uuid::now_v7(), "entry": Uuid::now_v7(), "customer_id": into, "satang": 100_000, "method": "cash" });
    assert_eq!(manager.act("payment.take", pay).await, "ok");
    let decided = manager
        .act(
            "referral.decide",
            json!({ "id": referral, "decision": "pay", "reason": "ลอง" }),
        )
        .await;
    assert!(
        ["referral_of_oneself", "referral_not_paid_for"].contains(&decided.as_str()),
        "{decided}"
    );
    assert_eq!(separate(&mut manager, id).await, "ok");
    assert_eq!(state(), "waiting");
}

#[tokio::test]
async fn l18_a_trial_says_what_would_be_and_leaves_nothing() {
    let pg = migrated().await;
    let mut manager = desk(&pg, A, 1).await;
    let (into, from) = story(&pg);
    let before = both(&pg, into, from);
    let ask = |args: Json| format!("select desk.merge_trial('{args}')::text");
    let said = manager
        .sql(&ask(json!({ "id": Uuid::now_v7(), "from": from, "into": into })))
        .await
        .unwrap();
    let said: Json = serde_json::from_str(&said).unwrap();
    assert_eq!(
        (
            &said["before"]["into"]["available"],
            &said["after"]["into"]["available"]
        ),
        (&json!(120), &json!(200))
    );
    assert_eq!(said["after"]["into"]["lots"].as_array().unwrap().len(), 3);
    assert_eq!(both(&pg, into, from), before);
    assert_eq!(one(&pg, "select count(*) from desk.merge"), "0");
    let (id, _) = merge(&mut manager, from, into).await;
    assert_eq!(
        manager
            .act(
                "points.redeem",
                json!({ "id": Uuid::now_v7(), "customer_id": into, "points": 160 })
            )
            .await,
        "ok"
    );
    let said = manager
        .sql(&ask(json!({ "id": Uuid::now_v7(), "merge_id": id })))
        .await
        .unwrap();
    let said: Json = serde_json::from_str(&said).unwrap();
    assert_eq!(
        (
            &said["after"]["into"]["available"],
            &said["after"]["from"]["available"],
            &said["after"]["spent"]
        ),
        (&json!(0), &json!(40), &json!(40))
    );
    let mut other = desk(&pg, B, 2).await;
    for args in [
        json!({ "id": Uuid::now_v7(), "merge_id": id }),
        json!({ "id": Uuid::now_v7(), "from": from, "into": into }),
    ] {
        assert!(
            other.sql(&ask(args)).await.unwrap_err().starts_with("P0001"),
            "of another clinic"
        );
    }
}

#[tokio::test]
async fn l18_sql_cannot_break_a_merge() {
    let pg = migrated().await;
    let mut manager = desk(&pg, A, 1).await;
    let (into, from) = story(&pg);
    let (id, _) = merge(&mut manager, from, into).await;
    let mut refused = 0;
    for sql in [
        format!(
            "update public.point_transactions set customer_id = md5('customer:5')::uuid where customer_id = '{into}'"
        ),
        format!("delete from public.customers where id = '{from}'"),
        format!("delete from desk.merge where id = '{id}'"),
        format!(
            "update desk.merge set into_id = '{}' where id = '{id}'",
            uid(&pg, "customer", 5)
        ),
        format!("update desk.merge set separated_at = now(), separated_by = merged_by where id = '{id}'"),
        format!(
            "insert into desk.merge (clinic_id, id, from_id, into_id, merged_by, until) select clinic_id, gen_random_uuid(), into_id, from_id, merged_by, until from desk.merge where id = '{id}'"
        ),
        format!(
            "insert into public.point_transactions (clinic_id, customer_id, type, amount, desk_source, desk_source_id, desk_purpose) values ('{A}', '{into}', 'refund', 500, 'merge', '{id}', 'gift')"
        ),
    ] {
        assert!(pg.try_psql(DB, &sql).is_err(), "{sql}");
        refused += 1;
    }
    assert_eq!(refused, 7);
    assert_eq!(differences(&pg), "0");
    // A row that names the old one is the kept one's, whoever moves it.
    one(
        &pg,
        &format!("update public.appointments set customer_id = '{from}' where customer_id = '{into}'"),
    );
    assert_eq!(
        one(
            &pg,
            &format!("select count(*) from public.appointments where customer_id = '{from}'")
        ),
        "0"
    );
    // Who asks to be forgotten is forgotten whole; what the web system keeps of them otherwise it takes out itself, as before.
    one(
        &pg,
        &format!(
            "delete from public.sales_commissions where customer_id = '{into}'; delete from public.customer_sales_messages where customer_id = '{into}'"
        ),
    );
    one(&pg, &format!("delete from public.customers where id = '{into}'"));
    assert_eq!(
        one(
            &pg,
            &format!("select count(*) from public.customers where id in ('{from}', '{into}')")
        ),
        "0"
    );
}

#[tokio::test]
async fn l18_every_table_that_names_customers_follows_a_merge() {
    let pg = migrated().await;
    let left = "select coalesce(string_agg(k.conrelid::regclass::text, ' '), '') from pg_constraint k where k.contype = 'f' and k.confrelid = 'public.customers'::regclass
        and k.conrelid <> all (array['desk.merge', 'desk.point_sum', 'desk.tier', 'desk.tier_change', 'desk.tier_notice', 'desk.achieved', 'desk.referral', 'public.loyalty_profiles']::regclass[])
        and not exists (select 1 from pg_trigger t where t.tgrelid = k.conrelid and t.tgname = 'a_desk_merge')";
    assert_eq!(one(&pg, left), "", "say desk.follow_merges of them in their migration");
}

#[tokio::test]
async fn l18_the_front_desk_sees_what_merging_would_do_and_does_not_do_it() {
    let pg = migrated().await;
    let mut nok = somebody(&pg, 7, "front_desk").await;
    let (into, from) = story(&pg);
    let before = both(&pg, into, from);
    let args = json!({ "id": Uuid::now_v7(), "from": from, "into": into });
    let ask = format!("select desk.merge_trial('{args}')::text");
    let said: Json = serde_json::from_str(&nok.sql(&ask).await.unwrap()).unwrap();
    assert_eq!(said["after"]["into"]["available"], json!(200));
    assert_eq!(nok.act("customer.merge", args).await, "role_not_allowed");
    assert_eq!(
        (both(&pg, into, from), one(&pg, "select count(*) from desk.merge")),
        (before, "0".into())
    );
    for role in ["sales", "beautician"] {
        let mut other = somebody(&pg, 5, role).await;
        assert!(
            other.sql(&ask).await.unwrap_err().contains("role_not_allowed"),
            "{role}"
        );
    }
    let mut theirs = desk(&pg, B, 2).await;
    one(
        &pg,
        "update desk.staff set role = 'front_desk' where person_id = md5('user:2')::uuid",
    );
    assert!(
        theirs.sql(&ask).await.unwrap_err().contains("customer_not_found"),
        "another clinic's"
    );
    // Where nobody could do it, nobody is shown it.
    one(
        &pg,
        "update desk.staff set role = 'front_desk' where role in ('owner', 'manager')",
    );
    assert!(nok.sql(&ask).await.unwrap_err().contains("role_not_allowed"));
}
