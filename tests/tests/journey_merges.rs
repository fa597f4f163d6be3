//! Two counters of one clinic: a manager finds that two customers are one person. The other counter sees it, its unsent work for the old one lands on who was
//! kept, once, and thirty days are long enough to take it all back.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod clinic_support;
mod journey_support;

use std::sync::Arc;

use clinic_support::{A, DB, migrated, ticket, uid};
use desk_app::{
    Desk,
    api::{
        customer::{CustomerCard, CustomerField, CustomerOpen, CustomerSearch, PointsAward},
        merge::{CustomerMerge, CustomerSeparate, FieldChoice, MergePreview, MergeSide, SeparatePreview},
        sync::SyncMode,
    },
    error::Code,
};
use desk_tests::harness::{netcut::NetCut, pg::PgCluster, wait::eventually};
use journey_support::{LONG, Pc, until_agreed, until_mode};
use uuid::Uuid;

struct Clinic {
    pg: PgCluster,
    net: NetCut,
    manager: Arc<Desk>,
    counter: Arc<Desk>,
    into: Uuid,
    from: Uuid,
    _pcs: (Pc, Pc),
}

/// Story 8: two cards of one person with 120 and 80 points, a manager's desk and a counter whose line can be cut.
async fn clinic() -> Clinic {
    let pg = migrated().await;
    let net = NetCut::to(pg.port());
    let (into, from) = (uid(&pg, "customer", 1), uid(&pg, "customer", 3));
    pg.psql(
        DB,
        &format!(
            "update public.customers set full_name = 'ปานวาด ทองใบ', phone = '0830001111' where id = '{into}';
             update public.customers set full_name = 'ปานวาด ทองไบ', phone = '0830002222' where id = '{from}';
             insert into public.loyalty_profiles (clinic_id, customer_id, referral_code) values ('{A}', '{into}', 'BN0000C6A'), ('{A}', '{from}', 'BN0000C6B');
             insert into public.point_transactions (clinic_id, customer_id, type, amount, expires_at) values ('{A}', '{into}', 'earned', 120, now() + interval '400 days'), ('{A}', '{from}', 'earned', 80, now() + interval '300 days')"
        ),
    );
    let head = ticket(&pg, A, 1).await;
    let mut front = ticket(&pg, A, 7).await;
    front.port = net.port();
    let pcs = (Pc::default(), Pc::default());
    let manager = pcs.0.connect(head.code(), "PC-ดาว").await;
    let counter = pcs.1.connect(front.code(), "PC-หน้าร้าน").await;
    Clinic {
        pg,
        net,
        manager,
        counter,
        into,
        from,
        _pcs: pcs,
    }
}

async fn card(desk: &Arc<Desk>, id: Uuid) -> CustomerCard {
    desk.customer_card(CustomerOpen { id }).await.unwrap()
}

async fn until_points(desk: &Arc<Desk>, id: Uuid, points: i64) {
    eventually("the points are there", LONG, async || {
        let loyalty = card(desk, id).await.loyalty;
        (loyalty.is_some_and(|loyalty| loyalty.available_points == points)).then_some(())
    })
    .await;
}

async fn found(desk: &Arc<Desk>, text: &str) -> Vec<(Uuid, Option<String>)> {
    let found = desk
        .customer_search(CustomerSearch { text: text.into() })
        .await
        .unwrap();
    found.hits.into_iter().map(|hit| (hit.id, hit.found_as)).collect()
}

async fn merge(clinic: &Clinic) {
    let preview = MergePreview {
        from: clinic.from,
        into: clinic.into,
    };
    let effect = clinic.manager.merge_preview(preview).await.unwrap();
    assert_eq!((effect.into_before.available, effect.from_before.available), (120, 80));
    assert_eq!((effect.into_after.available, effect.into_after.lots.len()), (200, 2));
    let request = CustomerMerge {
        id: Uuid::now_v7(),
        from: clinic.from,
        into: clinic.into,
        fields: vec![FieldChoice {
            field: CustomerField::Phone,
            side: MergeSide::From,
        }],
        seen: 200,
    };
    assert!(clinic.manager.customer_merge(request).await.unwrap().is_done);
}

async fn separate(clinic: &Clinic) {
    eventually("the merge is in the history", LONG, async || {
        let merges = card(&clinic.manager, clinic.into).await.merges;
        merges.first().is_some_and(|merge| merge.can_separate).then_some(())
    })
    .await;
    let merge_id = card(&clinic.manager, clinic.into).await.merges[0].id;
    let effect = clinic
        .manager
        .separate_preview(SeparatePreview { merge_id })
        .await
        .unwrap();
    let seen = effect.into_before.available;
    let request = CustomerSeparate {
        id: Uuid::now_v7(),
        merge_id,
        seen,
    };
    assert!(clinic.manager.customer_separate(request).await.unwrap().is_done);
}

#[tokio::test]
async fn l18_the_other_counter_sees_one_person_whatever_name_or_number_is_typed_and_two_again_afterwards() {
    let clinic = clinic().await;
    let Clinic {
        counter, into, from, ..
    } = &clinic;
    merge(&clinic).await;
    until_points(counter, *into, 200).await;
    assert_eq!(
        card(counter, *from).await.profile.id,
        *into,
        "the old card leads to the kept one"
    );
    assert_eq!(
        card(counter, *into).await.profile.phone.as_deref(),
        Some("0830002222"),
        "as chosen"
    );
    assert_eq!(found(counter, "0830002222").await, [(*into, None)]);
    assert_eq!(found(counter, "ทองไบ").await, [(*into, Some("ปานวาด ทองไบ".into()))]);
    assert!(
        card(counter, *into)
            .await
            .merges
            .iter()
            .all(|merge| !merge.can_separate),
        "the counter may not"
    );
    separate(&clinic).await;
    until_points(counter, *into, 120).await;
    until_points(counter, *from, 80).await;
    assert_eq!(card(counter, *from).await.profile.id, *from);
    assert_eq!(card(counter, *into).await.profile.phone.as_deref(), Some("0830001111"));
    let differences = clinic
        .pg
        .psql(DB, &format!("select count(*) from desk.verify_loyalty('{A}')"));
    assert_eq!(differences, "0");
}

#[tokio::test]
async fn l18_an_award_that_waited_for_the_old_one_lands_on_who_was_kept_once() {
    let clinic = clinic().await;
    let Clinic {
        counter, into, from, ..
    } = &clinic;
    until_agreed(counter).await;
    clinic.net.cut();
    until_mode(counter, SyncMode::Offline).await;
    let entry_id = Uuid::now_v7();
    let award = PointsAward {
        entry_id,
        customer_id: *from,
        satang: 100_000,
        note: None,
    };
    counter.points_award(award).await.unwrap();
    assert_eq!(
        card(counter, *from).await.loyalty.unwrap().available_points,
        180,
        "its own guess"
    );
    merge(&clinic).await;
    let refused = counter
        .merge_preview(MergePreview {
            from: *from,
            into: *into,
        })
        .await
        .unwrap_err();
    assert_eq!(refused.code, Code::RoleNotAllowed);
    clinic.net.resume();
    until_agreed(counter).await;
    until_points(counter, *into, 300).await;
    until_points(&clinic.manager, *into, 300).await;
    let entries = format!("select customer_id, amount from public.point_transactions where id = '{entry_id}'");
    assert_eq!(clinic.pg.psql(DB, &entries), format!("{into}|100"));
    let waits = clinic
        .pg
        .psql(DB, "select count(*) from desk.mutation where name = 'points.award'");
    assert_eq!(waits, "1");
}

#[tokio::test]
async fn l18_without_the_network_nobody_is_merged_now_or_later() {
    let clinic = clinic().await;
    clinic.pg.psql(
        DB,
        "update desk.staff set role = 'manager' where person_id = md5('user:7')::uuid",
    );
    let Clinic {
        counter, into, from, ..
    } = &clinic;
    eventually("the role has arrived", LONG, async || {
        card(counter, *into).await.may_merge.then_some(())
    })
    .await;
    clinic.net.cut();
    until_mode(counter, SyncMode::Offline).await;
    let request = CustomerMerge {
        id: Uuid::now_v7(),
        from: *from,
        into: *into,
        fields: vec![],
        seen: 200,
    };
    let refused = counter.customer_merge(request).await.unwrap_err();
    assert_eq!(refused.code, Code::MergeNeedsClinic);
    clinic.net.resume();
    until_mode(counter, SyncMode::Online).await;
    until_agreed(counter).await;
    assert_eq!(clinic.pg.psql(DB, "select count(*) from desk.merge"), "0");
}
