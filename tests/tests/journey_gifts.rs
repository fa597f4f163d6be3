//! Points by hand and the second person on real desks and a real PostgreSQL, with the network and without it; what a desk expects is what comes back. And a bill with a
//! code that is given back, and the paper with everything that will end.
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
        Nothing,
        customer::{CustomerCard, CustomerOpen},
        gift::{ApprovalDecide, GiftPreview, PointLimitsSet, PointsAsk, PointsGive},
        payment::{PaymentRefund, PaymentTake, ReceiptAsk, RefundPreview},
        points::{PointsRedeem, RedeemPreview, Redeemed},
        settings::Language,
        sync::SyncMode,
        undo::Undo,
    },
    error::Code,
};
use desk_core::{loyalty::gift::Reason, payment::Method};
use desk_tests::harness::{netcut::NetCut, pg::PgCluster, wait::eventually};
use journey_support::{LONG, Pc, until_agreed, until_mode};
use uuid::Uuid;

struct Clinic {
    pg: PgCluster,
    net: NetCut,
    nok: Arc<Desk>,
    dao: Arc<Desk>,
    customer: Uuid,
    _pcs: [Pc; 2],
}

/// Nok at the front desk behind a network that can be cut, Dao the manager at another PC, and a customer who is a member with 3,000 points in three lots.
async fn clinic() -> Clinic {
    let pg = migrated().await;
    let net = NetCut::to(pg.port());
    let customer = uid(&pg, "customer", 1);
    let mut theirs = ticket(&pg, A, 7).await;
    theirs.port = net.port();
    let heads = ticket(&pg, A, 3).await;
    pg.psql(
        DB,
        &format!(
            "update desk.staff set role = 'front_desk' where person_id = md5('user:7')::uuid;
             update desk.staff set role = 'manager' where person_id = md5('user:3')::uuid;
             insert into public.loyalty_profiles (clinic_id, customer_id, referral_code) values ('{A}', '{customer}', 'BNGIFTS');
             insert into public.point_transactions (clinic_id, customer_id, type, amount, expires_at) values ('{A}', '{customer}', 'earned', 400, now() + interval '20 days'), ('{A}', '{customer}', 'earned', 600, now() + interval '400 days'), ('{A}', '{customer}', 'earned', 2000, null);
             insert into public.loyalty_rewards (clinic_id, name, type, points_cost, monetary_value) values ('{A}', 'ลดร้อย', 'discount_amount', 500, 100)"
        ),
    );
    let pcs = [Pc::default(), Pc::default()];
    let nok = pcs[0].connect(theirs.code(), "PC-A").await;
    let dao = pcs[1].connect(heads.code(), "PC-M").await;
    until_agreed(&nok).await;
    until_agreed(&dao).await;
    Clinic {
        pg,
        net,
        nok,
        dao,
        customer,
        _pcs: pcs,
    }
}

impl Clinic {
    async fn card(&self, desk: &Arc<Desk>) -> CustomerCard {
        desk.customer_card(CustomerOpen { id: self.customer }).await.unwrap()
    }

    fn gift(&self, points: i64) -> PointsGive {
        PointsGive {
            gift_id: Uuid::now_v7(),
            customer_id: self.customer,
            points,
            reason: Reason::Complaint,
            note: Some("รอนาน".into()),
        }
    }

    async fn left_today(&self) -> i64 {
        let preview = GiftPreview {
            customer_id: self.customer,
            points: 0,
        };
        self.nok.gift_preview(preview).await.unwrap().left_today
    }

    fn differences(&self) -> String {
        self.pg
            .psql(DB, &format!("select count(*) from desk.verify_loyalty('{A}')"))
    }
}

/// What a card says of points: the balance, each entry, what ends when, and what waits.
type Said = (
    i64,
    Vec<(String, i64, Option<String>)>,
    Vec<(i64, Option<i64>)>,
    Vec<i64>,
);

fn said(card: &CustomerCard) -> Said {
    let loyalty = card.loyalty.as_ref().unwrap();
    let entry =
        |entry: &desk_app::api::customer::PointEntry| (entry.kind.clone(), entry.amount, entry.description.clone());
    let mut entries: Vec<_> = loyalty.ledger.iter().map(entry).collect();
    entries.sort();
    (
        loyalty.available_points,
        entries,
        loyalty.expiring.iter().map(|lot| (lot.points, lot.at)).collect(),
        card.approvals.iter().map(|waits| waits.points).collect(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn l22_a_gift_without_the_network_is_what_arrives_and_is_taken_back_with_one_key() {
    let clinic = clinic().await;
    let nok = &clinic.nok;
    clinic.net.cut();
    until_mode(nok, SyncMode::Offline).await;
    let preview = GiftPreview {
        customer_id: clinic.customer,
        points: 250,
    };
    let promise = nok.gift_preview(preview).await.unwrap();
    assert_eq!(
        (promise.available_after, promise.left_today, promise.needs_second),
        (3_250, 2_000, false)
    );
    let gift = clinic.gift(250);
    nok.points_give(gift.clone()).await.unwrap();
    nok.points_give(gift).await.unwrap();
    let expected = clinic.card(nok).await;
    assert_eq!(
        (said(&expected).0, clinic.left_today().await),
        (3_250, 1_750),
        "pressed twice it is one"
    );
    clinic.net.resume();
    until_agreed(nok).await;
    let came = clinic.card(nok).await;
    assert_eq!(said(&came), said(&expected));
    assert_eq!(clinic.left_today().await, 1_750);
    nok.undo(Undo { of: None }).await.unwrap();
    let back = clinic.card(nok).await;
    until_agreed(nok).await;
    assert_eq!(said(&clinic.card(nok).await), said(&back));
    assert_eq!((said(&back).0, clinic.left_today().await), (3_000, 2_000));
    assert_eq!(clinic.differences(), "0");
}

/// The report names the giver, the reason, and who agreed.
async fn names_both(dao: &Arc<Desk>) {
    let report = dao.loyalty_report(Nothing {}).await.unwrap();
    let gift = &report.gifts[0].rows[0];
    assert_eq!(
        (
            report.gifts[0].by.as_deref(),
            gift.code,
            gift.agreed_by.as_deref(),
            gift.points
        ),
        (Some("นิก7"), Some(Reason::Complaint), Some("นิก3"), 500)
    );
    assert_eq!(gift.reason.as_deref(), Some("ขออภัยในความไม่สะดวก: รอนาน"));
}

#[tokio::test(flavor = "multi_thread")]
async fn l22_a_large_gift_waits_on_both_pcs_until_the_manager_says_yes() {
    let clinic = clinic().await;
    let (nok, dao) = (&clinic.nok, &clinic.dao);
    let over = nok.points_give(clinic.gift(2_001)).await.unwrap_err();
    assert_eq!(
        (over.code, over.fields["left"].as_str()),
        (Code::GiftLimitReached, "2000")
    );
    nok.points_give(clinic.gift(500)).await.unwrap();
    let waits = clinic.card(nok).await;
    assert_eq!(
        (said(&waits).0, said(&waits).3),
        (3_000, vec![500]),
        "nothing is given before"
    );
    assert!(waits.approvals[0].is_mine && !waits.approvals[0].may_decide);
    let seen = eventually("the manager sees it", LONG, async || {
        clinic.card(dao).await.approvals.into_iter().next()
    })
    .await;
    assert_eq!(
        (
            seen.points,
            seen.reason,
            seen.note.as_deref(),
            seen.may_decide,
            seen.asked_by.as_deref()
        ),
        (500, Some(Reason::Complaint), Some("รอนาน"), true, Some("นิก7"))
    );
    let yes = |agree: bool| ApprovalDecide {
        decision_id: Uuid::now_v7(),
        approval_id: seen.id,
        agree,
        why: None,
    };
    assert_eq!(
        dao.approval_decide(yes(false)).await.unwrap_err().code,
        Code::ReasonMissing
    );
    assert_eq!(
        nok.approval_decide(yes(true)).await.unwrap_err().code,
        Code::RoleNotAllowed
    );
    dao.approval_decide(yes(true)).await.unwrap();
    let expected = said(&clinic.card(dao).await);
    assert_eq!((expected.0, expected.3.len()), (3_500, 0));
    until_agreed(dao).await;
    assert_eq!(said(&clinic.card(dao).await), expected);
    eventually("it is there at the front desk", LONG, async || {
        (said(&clinic.card(nok).await) == expected).then_some(())
    })
    .await;
    assert_eq!(
        dao.approval_decide(yes(true)).await.unwrap_err().code,
        Code::ApprovalDecided
    );
    names_both(dao).await;
    assert_eq!(clinic.differences(), "0");
}

/// One person redeems 1,000 points at most: the manager says so, and the front desk knows it.
async fn limit_redeeming(clinic: &Clinic) {
    let (nok, dao) = (&clinic.nok, &clinic.dao);
    let limits = PointLimitsSet {
        gift_daily: 2_000,
        gift_alone: 300,
        redeem_alone: 1_000,
    };
    assert_eq!(
        nok.point_limits_set(limits.clone()).await.unwrap_err().code,
        Code::RoleNotAllowed
    );
    dao.point_limits_set(limits).await.unwrap();
    eventually("the limit is known at the front desk", LONG, async || {
        (nok.point_limits(Nothing {}).await.unwrap().redeem_alone == 1_000).then_some(())
    })
    .await;
}

/// What the clinic has booked is counted here too, before anything is sent.
async fn the_day_is_used_up(clinic: &Clinic, nok: &Arc<Desk>, wish: PointsRedeem) {
    until_agreed(nok).await;
    let preview = RedeemPreview {
        customer_id: clinic.customer,
        points: 1,
    };
    let promise = nok.redeem_preview(preview).await.unwrap();
    assert_eq!((promise.alone, promise.alone_a_day), (0, 1_000));
    let refused = nok.points_redeem(wish).await.unwrap_err();
    assert_eq!(
        (refused.code, refused.fields["left"].as_str()),
        (Code::SecondPersonNeeded, "0")
    );
    let sent = "select count(*) from desk.mutation where status = 'rejected'";
    assert_eq!(clinic.pg.psql(DB, sent), "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn l13_a_large_redemption_is_refused_to_one_person_and_booked_with_a_second() {
    let clinic = clinic().await;
    let (nok, dao) = (&clinic.nok, &clinic.dao);
    limit_redeeming(&clinic).await;
    let wish = |points: i64| PointsRedeem {
        entry_id: Uuid::now_v7(),
        customer_id: clinic.customer,
        points,
        reward_id: None,
    };
    let refused = nok.points_redeem(wish(1_001)).await.unwrap_err();
    assert_eq!(
        (refused.code, refused.fields["most"].as_str()),
        (Code::SecondPersonNeeded, "1000")
    );
    let ask = PointsAsk {
        ask_id: Uuid::now_v7(),
        customer_id: clinic.customer,
        points: 1_001,
        reward_id: None,
    };
    nok.points_ask(ask.clone()).await.unwrap();
    assert_eq!(said(&clinic.card(nok).await).0, 3_000);
    eventually("the manager sees it", LONG, async || {
        clinic.card(dao).await.approvals.into_iter().next()
    })
    .await;
    let yes = ApprovalDecide {
        decision_id: Uuid::now_v7(),
        approval_id: ask.ask_id,
        agree: true,
        why: None,
    };
    dao.approval_decide(yes.clone()).await.unwrap();
    let expected = said(&clinic.card(dao).await);
    until_agreed(dao).await;
    assert_eq!(said(&clinic.card(dao).await), expected);
    assert_eq!(expected.0, 1_999);
    let method = format!(
        "select desk_method from public.point_transactions where id = '{}'",
        yes.decision_id
    );
    assert_eq!(clinic.pg.psql(DB, &method), "two");
    assert!(matches!(
        nok.points_redeem(wish(1_000)).await,
        Ok(Redeemed::Confirmed { .. })
    ));
    the_day_is_used_up(&clinic, nok, wish(1)).await;
    let staff = "select string_agg(desk_method, ' ' order by desk_method) from public.point_transactions where type = 'redeemed'";
    assert_eq!(
        (clinic.pg.psql(DB, staff).as_str(), clinic.differences().as_str()),
        ("staff two", "0")
    );
}

fn bill(clinic: &Clinic, satang: i64, coupons: Vec<Uuid>) -> PaymentTake {
    PaymentTake {
        payment_id: Uuid::now_v7(),
        customer_id: clinic.customer,
        journey_id: None,
        satang,
        method: Method::Cash,
        coupons,
        note: None,
        paid_on: None,
        late_reason: None,
        held_as: None,
        held: 0,
        discount_percent: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn l3_l19_giving_a_whole_bill_back_shows_and_returns_the_points_of_its_code_but_not_what_has_ended() {
    let clinic = clinic().await;
    let nok = &clinic.nok;
    let reward: Uuid = clinic
        .pg
        .psql(DB, "select id from public.loyalty_rewards where name = 'ลดร้อย'")
        .parse()
        .unwrap();
    let code = PointsRedeem {
        entry_id: Uuid::now_v7(),
        customer_id: clinic.customer,
        points: 500,
        reward_id: Some(reward),
    };
    let id = code.entry_id;
    nok.points_redeem(code).await.unwrap();
    until_agreed(nok).await;
    let taken = bill(&clinic, 50_000, vec![id]);
    nok.payment_take(taken.clone()).await.unwrap();
    until_agreed(nok).await;
    // Of the 500 points 400 came out of a lot whose day passes meanwhile.
    clinic.pg.psql(
        DB,
        "update desk.lot set expires_at = date_trunc('second', now()) - interval '2 days' where points = 400",
    );
    let part = RefundPreview {
        payment_id: taken.payment_id,
        satang: 10_000,
    };
    assert!(nok.payment_refund_preview(part.clone()).await.unwrap().codes.is_empty());
    let whole = RefundPreview { satang: 40_000, ..part };
    let promise = eventually("the desk knows what has ended", LONG, async || {
        let promise = nok.payment_refund_preview(whole.clone()).await.unwrap();
        (promise.codes[0].ended == 400).then_some(promise)
    })
    .await;
    assert_eq!(promise.codes[0].returns, 100);
    let refund = PaymentRefund {
        refund_id: Uuid::now_v7(),
        payment_id: taken.payment_id,
        satang: 40_000,
        reason: "ทำไม่ได้".into(),
    };
    nok.payment_refund(refund).await.unwrap();
    let expected = clinic.card(nok).await;
    assert_eq!(Some(said(&expected).0), promise.available_after);
    until_agreed(nok).await;
    let came = clinic.card(nok).await;
    assert_eq!((said(&came).0, said(&came).2), (said(&expected).0, said(&expected).2));
    assert_eq!(came.coupons[0].state, expected.coupons[0].state);
    let handed_out = format!("select current_redemptions from public.loyalty_rewards where id = '{reward}'");
    assert_eq!(
        (clinic.pg.psql(DB, &handed_out).as_str(), clinic.differences().as_str()),
        ("0", "0")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn l12_card_and_paper_list_every_coming_expiry() {
    let clinic = clinic().await;
    let nok = &clinic.nok;
    let taken = bill(&clinic, 199_900, vec![]);
    nok.payment_take(taken.clone()).await.unwrap();
    until_agreed(nok).await;
    let ends = clinic.card(nok).await.loyalty.unwrap().expiring;
    let days = clinic.pg.psql(DB, &format!("select string_agg(l.remaining || ' points expire ' || ltrim(to_char(l.expires_at at time zone 'Asia/Bangkok', 'FMDD Mon YYYY')), E'\\n' order by l.expires_at) from desk.lot l where l.customer_id = '{}' and l.expires_at is not null", clinic.customer));
    assert_eq!(
        (ends.len(), days.lines().count()),
        (4, 3),
        "the card says of the fourth that it never ends"
    );
    let receipt = ReceiptAsk {
        payment_id: taken.payment_id,
        language: Language::En,
    };
    let paper = nok.payment_receipt(receipt).await.unwrap().text;
    assert!(paper.ends_with(&days), "{paper}\n\nshould end with\n{days}");
}
