//! The ledgers of two customers who are one person (rule L18, story 8): lots move with their dates, debts too, and separated each has its own to the last lot.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod clinic_support;
mod merge_support;

use clinic_support::{A, Desk, desk, differences, migrated, sums, uid};
use desk_tests::{harness::pg::PgCluster, simulate::chance::Chance};
use merge_support::{both, entry, lots, member, merge, one, owes, separate, story};
use serde_json::json;
use uuid::Uuid;

#[tokio::test]
async fn l18_story_8_120_and_80_are_200_with_each_lots_own_date_and_come_back() {
    let pg = migrated().await;
    let mut manager = desk(&pg, A, 1).await;
    let (into, from) = story(&pg);
    let before = both(&pg, into, from);
    let (id, word) = merge(&mut manager, from, into).await;
    assert_eq!(word, "ok");
    assert_eq!(sums(&pg, into), "200|0");
    assert_eq!(lots(&pg, into), "30@2027-12-31 120@2028-03-31 50@2028-06-30");
    assert_eq!((sums(&pg, from), lots(&pg, from)), ("0|0".into(), String::new()));
    assert_eq!(
        one(
            &pg,
            &format!("select available_points from public.loyalty_profiles where customer_id = '{into}'")
        ),
        "200"
    );
    assert_eq!(differences(&pg), "0");
    assert_eq!(separate(&mut manager, id).await, "ok");
    assert_eq!((sums(&pg, into), sums(&pg, from)), ("120|0".into(), "80|0".into()));
    assert_eq!(both(&pg, into, from), before, "to the last column");
    assert_eq!(differences(&pg), "0");
}

#[tokio::test]
async fn l18_debts_move_too_and_are_there_again_afterwards() {
    let pg = migrated().await;
    let mut manager = desk(&pg, A, 1).await;
    for (rich, poor) in [(1, 3), (7, 5)] {
        let (rich, poor) = (uid(&pg, "customer", rich), uid(&pg, "customer", poor));
        entry(&pg, rich, "earned", 120, "'2028-03-31 12:00+07'");
        owes(&pg, poor, 50);
        let (into, from) = if rich == uid(&pg, "customer", 1) {
            (rich, poor)
        } else {
            (poor, rich)
        };
        let before = both(&pg, into, from);
        let (id, word) = merge(&mut manager, from, into).await;
        assert_eq!(word, "ok");
        assert_eq!(sums(&pg, into), "70|0", "what is there pays what is owed");
        assert_eq!(differences(&pg), "0");
        assert_eq!(separate(&mut manager, id).await, "ok");
        assert_eq!((sums(&pg, rich), sums(&pg, poor)), ("120|0".into(), "0|50".into()));
        assert_eq!(differences(&pg), "0");
        let lots_of = |text: &(String, String)| {
            let lines = |text: &str| {
                text.lines()
                    .filter(|line| line.contains("desk.lot|"))
                    .map(str::to_owned)
                    .collect::<Vec<_>>()
            };
            (lines(&text.0), lines(&text.1))
        };
        assert_eq!(lots_of(&both(&pg, into, from)), lots_of(&before));
    }
}

#[tokio::test]
async fn l18_points_spent_of_the_others_lots_stay_spent_and_each_ledger_says_so() {
    let pg = migrated().await;
    let mut manager = desk(&pg, A, 1).await;
    let (into, from) = story(&pg);
    let (id, _) = merge(&mut manager, from, into).await;
    // Soonest first: 30 of the other's, 120 of their own, 10 of the other's 50.
    let redemption = Uuid::now_v7();
    let mut redeem = manager.mutation(
        "points.redeem",
        json!({ "id": redemption, "customer_id": into, "points": 160 }),
    );
    redeem.id = redemption;
    assert_eq!(manager.push(&[redeem]).await.unwrap()[0].code, None);
    assert_eq!(sums(&pg, into), "40|0");
    assert_eq!(separate(&mut manager, id).await, "ok");
    assert_eq!((sums(&pg, into), sums(&pg, from)), ("0|0".into(), "40|0".into()));
    assert_eq!(lots(&pg, from), "40@2028-06-30");
    assert_eq!(differences(&pg), "0");
    // The spending was the kept one's; taken back it is theirs, with the dates that its points had.
    let back = manager
        .act("points.unredeem", json!({ "id": Uuid::now_v7(), "of": redemption }))
        .await;
    assert_eq!(back, "ok");
    assert_eq!(lots(&pg, into), "30@2027-12-31 120@2028-03-31 10@2028-06-30");
    assert_eq!((sums(&pg, from), differences(&pg)), ("40|0".into(), "0".into()));
}

#[tokio::test]
async fn l18_what_is_new_stays_with_who_was_kept_and_a_refund_follows_its_bill() {
    let pg = migrated().await;
    let mut manager = desk(&pg, A, 1).await;
    let (into, from) = story(&pg);
    let (old, old_entry) = (Uuid::now_v7(), Uuid::now_v7());
    let pay = |id: Uuid, entry: Uuid, customer: Uuid| json!({ "id": id, "entry": entry, "customer_id": customer, "satang": 100_000, "method": "cash" });
    assert_eq!(manager.act("payment.take", pay(old, old_entry, from)).await, "ok");
    let before = sums(&pg, from);
    assert_eq!(before, "180|0");
    let (id, _) = merge(&mut manager, from, into).await;
    let (new, new_entry) = (Uuid::now_v7(), Uuid::now_v7());
    // The other PC still names the old one: it is the kept one's bill.
    assert_eq!(manager.act("payment.take", pay(new, new_entry, from)).await, "ok");
    let refund =
        json!({ "id": Uuid::now_v7(), "entry": Uuid::now_v7(), "payment_id": old, "satang": 100_000, "reason": "คืน" });
    assert_eq!(manager.act("payment.refund", refund).await, "ok");
    assert_eq!(sums(&pg, into), "300|0");
    assert_eq!(separate(&mut manager, id).await, "ok");
    assert_eq!((sums(&pg, into), sums(&pg, from)), ("220|0".into(), "80|0".into()));
    let money = |customer: Uuid| {
        one(
            &pg,
            &format!(
                "select string_agg(case when refunds is null then '+' else '-' end, '' order by number) from desk.payment where customer_id = '{customer}'"
            ),
        )
    };
    assert_eq!((money(into), money(from)), ("+".into(), "+-".into()));
    let spent = |customer: Uuid| {
        one(
            &pg,
            &format!(
                "select total_spent::integer, total_visits from public.loyalty_profiles where customer_id = '{customer}'"
            ),
        )
    };
    assert_eq!((spent(into), spent(from)), ("1000|1".into(), "0|0".into()));
    assert_eq!(differences(&pg), "0");
}

/// One thing that can happen to a ledger; what the database refuses did not happen.
async fn anything(pg: &PgCluster, manager: &mut Desk, customer: Uuid, chance: &mut Chance) {
    let points = chance.between(1, 300);
    let ends = ["null", "now() + interval '40 days'", "now() + interval '500 days'"][chance.below(3)];
    let args = match chance.below(7) {
        0 => {
            entry(pg, customer, "earned", points, ends);
            return;
        }
        1 => (
            "points.redeem",
            json!({ "id": Uuid::now_v7(), "customer_id": customer, "points": points / 2 + 1 }),
        ),
        2 => (
            "payment.take",
            json!({ "id": Uuid::now_v7(), "entry": Uuid::now_v7(), "customer_id": customer, "satang": points * 10_000, "method": "cash" }),
        ),
        3 => {
            let paid = one(
                pg,
                &format!(
                    "select coalesce((select p.id::text from desk.payment p where p.customer_id = '{customer}' and p.refunds is null and desk.unrefunded(p) > 0 order by p.number limit 1), '')"
                ),
            );
            let Ok(paid) = paid.parse::<Uuid>() else { return };
            (
                "payment.refund",
                json!({ "id": Uuid::now_v7(), "entry": Uuid::now_v7(), "payment_id": paid, "satang": 10_000, "reason": "คืน" }),
            )
        }
        4 => (
            "payment.take",
            json!({ "id": Uuid::now_v7(), "entry": Uuid::now_v7(), "customer_id": customer, "satang": points * 10_000, "method": "cash", "held_as": "gift_card" }),
        ),
        5 => (
            "points.award",
            json!({ "id": Uuid::now_v7(), "customer_id": customer, "satang": points * 5_000 }),
        ),
        _ => (
            "visit.check_in",
            json!({ "id": Uuid::now_v7(), "customer_id": customer }),
        ),
    };
    let word = manager.act(args.0, args.1).await;
    assert!(
        [
            "ok",
            "points_short",
            "refund_too_large",
            "held_used",
            "changed_meanwhile"
        ]
        .contains(&word.as_str()),
        "{}: {word}",
        args.0
    );
}

#[tokio::test]
async fn l18_any_two_ledgers_come_back_byte_for_byte() {
    let pg = migrated().await;
    let mut manager = desk(&pg, A, 1).await;
    for seed in 0..12_u64 {
        let mut chance = Chance::new(seed);
        let (into, from) = (
            uid(&pg, "customer", u32::try_from(seed).unwrap() * 4 + 1),
            uid(&pg, "customer", u32::try_from(seed).unwrap() * 4 + 3),
        );
        for _ in 0..14 {
            let customer = if chance.below(2) == 0 { into } else { from };
            anything(&pg, &mut manager, customer, &mut chance).await;
        }
        assert_eq!(differences(&pg), "0", "seed {seed}");
        let before = both(&pg, into, from);
        let (id, word) = merge(&mut manager, from, into).await;
        assert_eq!((word.as_str(), differences(&pg).as_str()), ("ok", "0"), "seed {seed}");
        if seed % 3 == 2 {
            for _ in 0..8 {
                let customer = if chance.below(2) == 0 { into } else { from };
                anything(&pg, &mut manager, customer, &mut chance).await;
            }
            assert_eq!(differences(&pg), "0", "seed {seed}, together");
        }
        assert_eq!(separate(&mut manager, id).await, "ok", "seed {seed}");
        assert_eq!(differences(&pg), "0", "seed {seed}, apart");
        if seed % 3 != 2 {
            let after = both(&pg, into, from);
            let netted = one(
                &pg,
                &format!(
                    "select count(*) from public.point_transactions where desk_source = 'merge' and desk_source_id = '{id}'"
                ),
            );
            if netted == "0" {
                assert_eq!(after, before, "seed {seed}");
            } else {
                let lots = |text: &str| {
                    text.lines()
                        .skip_while(|line| !line.starts_with("desk.lot|"))
                        .take_while(|line| !line.starts_with("desk.debt|"))
                        .map(str::to_owned)
                        .collect::<Vec<_>>()
                };
                assert_eq!(
                    (lots(&after.0), lots(&after.1)),
                    (lots(&before.0), lots(&before.1)),
                    "seed {seed}"
                );
            }
        }
    }
}

#[tokio::test]
async fn l18_points_that_are_given_while_they_are_merged_are_all_there() {
    let pg = migrated().await;
    let (mut manager, mut till) = (desk(&pg, A, 1).await, desk(&pg, A, 7).await);
    let (into, from) = story(&pg);
    let awards = async {
        for _ in 0..20 {
            let args = json!({ "id": Uuid::now_v7(), "customer_id": from, "satang": 10_000 });
            assert_eq!(till.act("points.award", args).await, "ok");
        }
    };
    let ((_, word), ()) = tokio::join!(merge(&mut manager, from, into), awards);
    assert_eq!(word, "ok");
    assert_eq!((sums(&pg, into), sums(&pg, from)), ("400|0".into(), "0|0".into()));
    assert_eq!(differences(&pg), "0");
}

#[tokio::test]
async fn l18_the_higher_tier_is_held_and_each_has_its_own_again() {
    let pg = migrated().await;
    let mut manager = desk(&pg, A, 1).await;
    let (into, from) = (uid(&pg, "customer", 1), uid(&pg, "customer", 3));
    member(&pg, into, "BN0000C6A");
    member(&pg, from, "BN0000C6B");
    entry(&pg, into, "earned", 700, "null");
    entry(&pg, from, "earned", 1_100, "null");
    let tier = |customer: Uuid| {
        one(
            &pg,
            &format!("select current_tier, total_points from public.loyalty_profiles where customer_id = '{customer}'"),
        )
    };
    assert_eq!((tier(into), tier(from)), ("bronze|700".into(), "silver|1100".into()));
    let before = both(&pg, into, from);
    let (id, _) = merge(&mut manager, from, into).await;
    assert_eq!((tier(into), tier(from)), ("silver|1800".into(), "bronze|0".into()));
    assert_eq!(separate(&mut manager, id).await, "ok");
    assert_eq!(both(&pg, into, from), before);
}
