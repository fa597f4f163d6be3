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
        merge::{Confirmation, CustomerMerge, CustomerSeparate, FieldChoice, MergePreview, MergeSide, SeparatePreview},
        session::Unlock,
        sync::SyncMode,
    },
    error::Code,
};
use desk_tests::harness::{netcut::NetCut, pg::PgCluster, wait::eventually};
use journey_support::{LONG, PIN, Pc, connect, stand, sync, unlock, until_agreed, until_mode};
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
        confirmed: None,
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
        confirmed: None,
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
        confirmed: None,
    };
    let refused = counter.customer_merge(request).await.unwrap_err();
    assert_eq!(refused.code, Code::MergeNeedsClinic);
    clinic.net.resume();
    until_mode(counter, SyncMode::Online).await;
    until_agreed(counter).await;
    assert_eq!(clinic.pg.psql(DB, "select count(*) from desk.merge"), "0");
}

/// The manager has a PIN at the counter too, and the front desk sits there.
async fn manager_at_the_counter(clinic: &Clinic) -> Uuid {
    let nok = stand(&clinic.counter).await.me.unwrap().id;
    let front = "update desk.staff set role = 'front_desk' where person_id = md5('user:7')::uuid";
    clinic.pg.psql(DB, front);
    let mut code = ticket(&clinic.pg, A, 1).await;
    code.port = clinic.net.port();
    connect(&clinic.counter, code.code(), "PC-หน้าร้าน").await;
    let dao = stand(&clinic.counter).await.me.unwrap().id;
    unlock(&clinic.counter, nok).await;
    eventually("a manager can be asked", LONG, async || {
        card(&clinic.counter, clinic.into).await.may_merge.then_some(())
    })
    .await;
    until_agreed(&clinic.counter).await;
    dao
}

fn confirmed(person: Uuid, pin: &str) -> Option<Confirmation> {
    let pin = pin.to_owned();
    Some(Confirmation { person, pin })
}

fn wish(clinic: &Clinic, confirmed: Option<Confirmation>) -> CustomerMerge {
    CustomerMerge {
        id: Uuid::now_v7(),
        from: clinic.from,
        into: clinic.into,
        fields: vec![],
        seen: 200,
        confirmed,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn l18_a_managers_pin_confirms_at_the_counter_and_nothing_of_theirs_stays_open() {
    let clinic = clinic().await;
    let counter = &clinic.counter;
    assert!(!card(counter, clinic.into).await.may_merge, "nobody here could confirm");
    let nok = stand(counter).await.me.unwrap().id;
    let dao = manager_at_the_counter(&clinic).await;
    let shown = card(counter, clinic.into).await;
    assert!(shown.may_merge);
    let preview = MergePreview {
        from: clinic.from,
        into: clinic.into,
    };
    let effect = counter.merge_preview(preview).await.unwrap();
    let asked: Vec<Uuid> = effect.confirm_by.iter().map(|person| person.id).collect();
    assert_eq!((asked, effect.into_after.available), (vec![dao], 200));
    let request = wish(&clinic, confirmed(dao, PIN));
    assert!(counter.customer_merge(request.clone()).await.unwrap().is_done);
    assert!(counter.customer_merge(request).await.unwrap().is_done, "pressed twice");
    assert_eq!(stand(counter).await.me.unwrap().id, nok);
    let by = "select string_agg((merged_by = md5('user:1')::uuid) || ' ' || merged_device, ',') from desk.merge";
    assert_eq!(clinic.pg.psql(DB, by), "true PC-หน้าร้าน");
    let by_login = "select m.person_id = md5('user:1')::uuid from desk.mutation x join desk.client c using (client_id) join desk.member m on m.role_name = c.role_name where x.name = 'customer.merge'";
    assert_eq!(clinic.pg.psql(DB, by_login), "t", "sent with the manager's own login");
    until_points(counter, clinic.into, 200).await;
    let merge_id = card(counter, clinic.into).await.merges[0].id;
    let apart = |confirmed| CustomerSeparate {
        id: Uuid::now_v7(),
        merge_id,
        seen: 200,
        confirmed,
    };
    let refused = counter.customer_separate(apart(None)).await.unwrap_err();
    assert_eq!(refused.code, Code::RoleNotAllowed, "the PIN is needed each time");
    assert!(
        counter
            .customer_separate(apart(confirmed(dao, PIN)))
            .await
            .unwrap()
            .is_done
    );
    until_points(counter, clinic.into, 120).await;
    assert_eq!(
        clinic
            .pg
            .psql(DB, "select separated_by = md5('user:1')::uuid from desk.merge"),
        "t"
    );
    assert_eq!(stand(counter).await.me.unwrap().id, nok);
}

#[tokio::test(flavor = "multi_thread")]
async fn l18_wrong_pins_count_towards_the_pause_wherever_they_were_typed_and_merge_nothing() {
    let clinic = clinic().await;
    let counter = &clinic.counter;
    let nok = stand(counter).await.me.unwrap().id;
    let dao = manager_at_the_counter(&clinic).await;
    for person in [nok, clinic.into] {
        let refused = counter
            .customer_merge(wish(&clinic, confirmed(person, PIN)))
            .await
            .unwrap_err();
        assert_eq!(refused.code, Code::RoleNotAllowed);
    }
    // Four at once are four.
    let tries = (0..4).map(|_| {
        let (desk, request) = (counter.clone(), wish(&clinic, confirmed(dao, "0000")));
        tokio::spawn(async move { desk.customer_merge(request).await.unwrap_err() })
    });
    let mut left = vec![];
    for tried in tries.collect::<Vec<_>>() {
        left.push(tried.await.unwrap().fields["left"].clone());
    }
    left.sort();
    assert_eq!(left, ["1", "2", "3", "4"]);
    let (person, pin) = (dao, "0000".to_owned());
    let paused = counter.unlock(Unlock { person, pin }).await.unwrap_err();
    assert_eq!(paused.code, Code::PinPaused);
    let refused = counter
        .customer_merge(wish(&clinic, confirmed(dao, PIN)))
        .await
        .unwrap_err();
    assert_eq!(refused.code, Code::PinPaused, "the right one, too late");
    let shown = stand(counter).await.people.into_iter().find(|person| person.id == dao);
    assert!(shown.unwrap().paused_until.is_some());
    assert_eq!(clinic.pg.psql(DB, "select count(*) from desk.merge"), "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn l18_who_is_no_manager_any_more_confirms_nothing_now_or_later() {
    let clinic = clinic().await;
    let (pg, counter) = (&clinic.pg, &clinic.counter);
    let dao = manager_at_the_counter(&clinic).await;
    let refused = async |why: &str| {
        let refused = counter
            .customer_merge(wish(&clinic, confirmed(dao, PIN)))
            .await
            .unwrap_err();
        assert_eq!(refused.code, Code::RoleNotAllowed, "{why}");
        assert!(
            sync(counter).await.waiting.is_empty(),
            "nothing is left to be done later"
        );
    };
    pg.psql(
        DB,
        "update desk.staff set role = 'sales' where person_id = md5('user:1')::uuid",
    );
    refused("the clinic knows, whatever this PC believes").await;
    pg.psql(
        DB,
        "update desk.staff set role = 'manager' where person_id = md5('user:1')::uuid",
    );
    eventually("the manager is one again", LONG, async || {
        card(counter, clinic.into).await.may_merge.then_some(())
    })
    .await;
    pg.psql(DB, &format!("select desk.disable_person('{A}', md5('user:1')::uuid)"));
    eventually("who has left is not asked", LONG, async || {
        (!card(counter, clinic.into).await.may_merge).then_some(())
    })
    .await;
    // The connection of who has left is cut: this PC tries once more before it knows why.
    until_agreed(counter).await;
    refused("who has left confirms nothing").await;
    assert_eq!(pg.psql(DB, "select count(*) from desk.merge"), "0");
    until_agreed(counter).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn l18_whose_access_here_has_ended_is_named_at_once_and_confirms_again_with_a_new_code() {
    let clinic = clinic().await;
    let (pg, counter) = (&clinic.pg, &clinic.counter);
    let nok = stand(counter).await.me.unwrap().id;
    let dao = manager_at_the_counter(&clinic).await;
    let login =
        "update desk.member set disabled_at = now() where person_id = md5('user:1')::uuid and device = 'PC-หน้าร้าน'";
    pg.psql(DB, login);
    // This PC hears of it while it sends; afterwards it knows, and its other people go on.
    for known in ["just now", "already"] {
        until_agreed(counter).await;
        let wish = wish(&clinic, confirmed(dao, PIN));
        let refused = counter.customer_merge(wish).await.unwrap_err();
        assert_eq!(
            (refused.code, refused.fields["name"].as_str()),
            (Code::ConfirmerEnded, "นิก1"),
            "{known}"
        );
        assert!(
            sync(counter).await.waiting.is_empty(),
            "nothing is left to be done later"
        );
    }
    let preview = MergePreview {
        from: clinic.from,
        into: clinic.into,
    };
    let refused = counter.merge_preview(preview.clone()).await.unwrap_err();
    assert_eq!(refused.code, Code::ConfirmerEnded, "before anybody types a PIN");
    assert_eq!(pg.psql(DB, "select count(*) from desk.merge"), "0");
    let mut code = ticket(pg, A, 1).await;
    code.port = clinic.net.port();
    connect(counter, code.code(), "PC-หน้าร้าน").await;
    unlock(counter, nok).await;
    until_agreed(counter).await;
    let asked = counter.merge_preview(preview).await.unwrap().confirm_by;
    assert_eq!(asked.into_iter().map(|person| person.id).collect::<Vec<_>>(), [dao]);
    let wish = wish(&clinic, confirmed(dao, PIN));
    assert!(counter.customer_merge(wish).await.unwrap().is_done);
}
