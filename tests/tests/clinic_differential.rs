//! The rule of the desk and the decision of the database, held against each other (rule L21): random policies, those that no clinic can mean among them, bills, refunds in
//! parts, money held for later, codes and ends, thousands to a statement; and bills that are really posted and given back under random policies.
//! `AURA_CASES=100000` asks for more cases than `make test` does; `AURA_SEED` for others.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod clinic_support;

use std::time::Instant;

use clinic_support::{A, admin, desk, migrated};
use desk_core::{
    day::USUAL_ZONE,
    loyalty::{
        Tier, ends_at, points_for, points_to_reverse,
        policy::{Basis, Policy},
        reward::{KINDS, Kind, reduction},
    },
    payment::held::{HeldAs, covers, earning, held_back, held_by},
};
use desk_tests::simulate::chance::Chance;
use serde_json::{Value as Json, json};
use sqlx::PgConnection;

/// Cases of an ordinary run, and in one statement.
const USUAL: usize = 4_000;
const BATCH: usize = 2_000;
/// Of so many cases one is posted: it costs a thousand times as much.
const POSTED: usize = 10;
/// Bills that are posted under one policy.
const UNDER_ONE: usize = 100;

fn wanted(name: &str, usual: usize) -> usize {
    let said = std::env::var(name).ok();
    said.and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// A policy of which most are sound and some are not.
fn policy(chance: &mut Chance) -> Policy {
    let mut tenths: [i64; 5] = std::array::from_fn(|_| chance.between(0, 60));
    let mut floors: [i64; 4] = std::array::from_fn(|_| chance.between(1, 20_000));
    if chance.percent(80) {
        tenths.sort_unstable();
        floors.sort_unstable();
    }
    if chance.percent(5) {
        tenths[chance.below(5)] = chance.between(195, 205);
    }
    if chance.percent(5) {
        floors[chance.below(4)] = chance.between(999_999_990, 1_000_000_010);
    }
    Policy {
        basis: if chance.percent(50) { Basis::Points } else { Basis::Baht },
        tenths,
        floors,
        months: u32::try_from(if chance.percent(90) {
            chance.between(1, 240)
        } else {
            chance.between(0, 300)
        })
        .unwrap(),
        welcome: if chance.percent(90) {
            chance.between(0, 10_000)
        } else {
            chance.between(9_990, 10_010)
        },
        point_satang: if chance.percent(90) {
            chance.between(0, 100_000)
        } else {
            chance.between(99_990, 100_010)
        },
        ..Policy::default()
    }
}

/// As `desk.loyalty_policy` keeps it.
fn stored(policy: &Policy) -> Json {
    let multipliers = Tier::ALL.iter().zip(policy.tenths).map(|(tier, tenths)| {
        let number: Json = format!("{}.{}", tenths / 10, tenths % 10)
            .parse::<serde_json::Number>()
            .unwrap()
            .into();
        (tier.word().to_owned(), number)
    });
    let floors = Tier::ALL.iter().skip(1).zip(policy.floors);
    json!({
        "basis": policy.basis.word(), "months": policy.months, "welcome": policy.welcome, "point_satang": policy.point_satang,
        "multipliers": multipliers.collect::<serde_json::Map<_, _>>(),
        "floors": floors.map(|(tier, floor)| (tier.word().to_owned(), json!(floor))).collect::<serde_json::Map<_, _>>(),
    })
}

struct Case {
    policy: Policy,
    tier: Tier,
    satang: i64,
    back: i64,
    measure: i64,
    kind: Kind,
    value: i64,
    at: i64,
    held_as: Option<HeldAs>,
    held: i64,
}

fn case(chance: &mut Chance) -> Case {
    let satang = if chance.percent(20) {
        chance.between(1, 1_000)
    } else {
        chance.between(1, 100_000_000)
    };
    let held_as = chance.percent(30).then(|| *chance.pick(&HeldAs::ALL).unwrap());
    Case {
        held: if held_as.is_none() && chance.percent(50) {
            chance.between(0, satang)
        } else {
            0
        },
        held_as,
        policy: policy(chance),
        tier: *chance.pick(&Tier::ALL).unwrap(),
        satang,
        back: chance.between(1, satang),
        measure: chance.between(0, 3_000_000),
        kind: *chance.pick(&KINDS).unwrap(),
        value: chance.between(0, 20_000),
        at: chance.between(1_577_836_800, 2_208_988_800) * 1_000_000,
    }
}

impl Case {
    fn asked(&self) -> Json {
        json!({
            "p": stored(&self.policy), "tier": self.tier.word(), "satang": self.satang, "back": self.back, "measure": self.measure,
            "kind": self.kind.word(), "value": self.value, "at": self.at, "held_as": self.held_as.map(HeldAs::word), "held": self.held,
        })
    }

    /// What the desk says.
    fn said(&self) -> String {
        let tenths = self.policy.tenths_of(self.tier);
        let rest = self.satang - self.back;
        let problem = self.policy.problem().map(|problem| problem.field());
        let words = [
            problem.unwrap_or_default(),
            points_for(self.satang, tenths).to_string(),
            points_to_reverse(self.satang, rest, tenths).to_string(),
            points_to_reverse(rest, 0, tenths).to_string(),
            self.policy.reached(self.measure).word().to_owned(),
            reduction(self.kind, self.value, self.satang).to_string(),
            ends_at(self.at, 24, USUAL_ZONE).unwrap().to_string(),
            points_for(earning(self.satang, self.held_as), tenths).to_string(),
            held_by(self.satang, self.held_as, self.held).to_string(),
            held_back(self.back, self.satang - self.held).to_string(),
        ];
        words.join("|")
    }
}

/// What the database says of a whole batch.
const ASK: &str = "select string_agg(concat(desk.policy_problem(l), '|', desk.points_for(c.satang, m), '|', desk.points_for(c.satang, m) - desk.points_for(c.satang - c.back, m), '|',
    desk.points_for(c.satang - c.back, m), '|', desk.tier_in(l, c.measure), '|', desk.coupon_reduction(c.kind, c.value, c.satang), '|',
    (extract(epoch from desk.lot_expiry($2, to_timestamp(c.at / 1000000))) * 1000000)::bigint, '|', desk.points_for(desk.earning(c.satang, c.held_as), m), '|',
    desk.held_by(c.satang, c.held_as, c.held), '|', desk.held_back(c.back, c.satang - c.held)), E'\\n' order by c.nth)
  from (select nth, x -> 'p' as p, x ->> 'tier' as tier, (x ->> 'satang')::bigint as satang, (x ->> 'back')::bigint as back, (x ->> 'measure')::bigint as measure, x ->> 'kind' as kind, (x ->> 'value')::bigint as value,
      (x ->> 'at')::bigint as at, x ->> 'held_as' as held_as, (x ->> 'held')::bigint as held from jsonb_array_elements($1) with ordinality e (x, nth) offset 0) c,
    lateral jsonb_populate_record(null::desk.loyalty_policy, c.p) l, lateral (select desk.multiplier_in(l, c.tier) as m) t";

async fn answers(conn: &mut PgConnection, cases: &[Case]) -> String {
    let asked: Vec<Json> = cases.iter().map(Case::asked).collect();
    let clinic: uuid::Uuid = A.parse().unwrap();
    let answer = sqlx::query_scalar(ASK).bind(Json::from(asked)).bind(clinic);
    answer.fetch_one(conn).await.unwrap()
}

#[tokio::test]
async fn l21_desk_and_database_answer_alike_for_random_policies_bills_refunds_and_codes() {
    let (cases, seed) = (wanted("AURA_CASES", USUAL), wanted("AURA_SEED", 1));
    let pg = migrated().await;
    let mut conn = admin(&pg).await;
    let mut chance = Chance::new(u64::try_from(seed).unwrap());
    let (began, mut refused) = (Instant::now(), 0);
    for _ in 0..cases.div_ceil(BATCH) {
        let batch: Vec<Case> = (0..BATCH).map(|_| case(&mut chance)).collect();
        let theirs = answers(&mut conn, &batch).await;
        for (case, theirs) in batch.iter().zip(theirs.lines()) {
            assert_eq!(case.said(), theirs, "{}", case.asked());
            refused += usize::from(!theirs.starts_with('|'));
        }
        assert_eq!(theirs.lines().count(), batch.len());
    }
    println!(
        "{} cases alike in {:.1} s, seed {seed}; {refused} of the policies mean nothing",
        cases.div_ceil(BATCH) * BATCH,
        began.elapsed().as_secs_f64()
    );
    assert!(
        refused * 20 > cases,
        "hardly a policy is refused: this run shows little"
    );
}

/// Posts a deposit, a bill that it pays in part, and gives the bill back in two parts: the tier before, what each did to the points, and what of each is held; then the deposit goes back.
const POST: &str = "create schema trial; create function trial.post(login text, customer uuid, satang bigint, part bigint, kept bigint, used bigint) returns text language plpgsql as $$
declare me desk.member; paid uuid := gen_random_uuid(); kept_as uuid := gen_random_uuid(); held text; refund jsonb; said text; booked jsonb := jsonb_build_object('customer_id', customer, 'method', 'cash');
begin
  select m.* into me from desk.member m where m.role_name = login;
  held := coalesce((desk.settle_tier(me.clinic_id, customer, now())).tier, 'bronze');
  perform desk.apply_payment_take(me, booked || jsonb_build_object('id', kept_as, 'entry', gen_random_uuid(), 'satang', kept, 'held_as', 'deposit'));
  perform desk.apply_payment_take(me, booked || jsonb_build_object('id', paid, 'entry', gen_random_uuid(), 'satang', satang, 'held', used, 'method', case when used = satang then 'held' else 'cash' end));
  said := desk.held_left(me.clinic_id, customer)::text;
  refund := jsonb_build_object('payment_id', paid, 'reason', 'x');
  perform desk.apply_payment_refund(me, refund || jsonb_build_object('id', gen_random_uuid(), 'entry', gen_random_uuid(), 'satang', part));
  if part < satang then perform desk.apply_payment_refund(me, refund || jsonb_build_object('id', gen_random_uuid(), 'entry', gen_random_uuid(), 'satang', satang - part)); end if;
  said := concat_ws('|', held, said, (select p.points from desk.payment p where p.clinic_id = me.clinic_id and p.id = kept_as),
    (select string_agg(abs(p.points) || ' ' || p.held, '|' order by p.number) from desk.payment p where p.clinic_id = me.clinic_id and (p.id = paid or p.refunds = paid)));
  perform desk.apply_payment_refund(me, jsonb_build_object('payment_id', kept_as, 'reason', 'x', 'id', gen_random_uuid(), 'entry', gen_random_uuid(), 'satang', kept));
  return said || '|' || desk.held_left(me.clinic_id, customer);
end $$";

/// Another version, in force from the moment it is made and later than the ones before it.
async fn put_in_force(conn: &mut PgConnection, nth: usize, promised: &Policy) {
    let insert = "insert into desk.loyalty_policy (clinic_id, version, starts_at, basis, multipliers, floors, months, welcome, point_satang)
        select $1, $2, clock_timestamp(), p.basis, p.multipliers, p.floors, p.months, p.welcome, p.point_satang from jsonb_populate_record(null::desk.loyalty_policy, $3) p";
    let clinic: uuid::Uuid = A.parse().unwrap();
    let version = i32::try_from(nth).unwrap() + 2;
    let made = sqlx::query(insert).bind(clinic).bind(version).bind(stored(promised));
    made.execute(conn).await.unwrap();
}

/// A bill: the sum, what of it is given back first, the deposit before it, and what of that pays it.
struct Posted {
    satang: i64,
    part: i64,
    kept: i64,
    used: i64,
}

fn posted(chance: &mut Chance) -> Posted {
    let satang = chance.between(1, 3_000_000);
    let kept = chance.between(1, 3_000_000);
    let most = covers(satang, kept);
    Posted {
        part: if chance.percent(20) {
            satang
        } else {
            chance.between(1, satang)
        },
        used: if chance.percent(40) {
            most
        } else {
            chance.between(0, most)
        },
        satang,
        kept,
    }
}

/// What the desk says of a deposit and a bill that is given back in two parts.
fn promise(promised: &Policy, tier: Tier, bill: &Posted) -> String {
    let tenths = promised.tenths_of(tier);
    let Posted {
        satang,
        part,
        kept,
        used,
    } = *bill;
    let (money, back) = (satang - used, held_back(part, satang - used));
    let mut said = vec![
        tier.word().to_owned(),
        (kept - used).to_string(),
        points_for(earning(kept, Some(HeldAs::Deposit)), tenths).to_string(),
        format!("{} {used}", points_for(satang, tenths)),
        format!("{} {back}", points_to_reverse(satang, satang - part, tenths)),
    ];
    if part < satang {
        let rest = satang - part;
        let again = held_back(rest, money - (part - back));
        said.push(format!("{} {again}", points_to_reverse(rest, 0, tenths)));
    }
    said.push("0".into());
    said.join("|")
}

#[tokio::test]
async fn l21_what_the_desk_promises_under_any_policy_is_what_is_posted_and_given_back() {
    let (cases, seed) = (wanted("AURA_CASES", USUAL) / POSTED, wanted("AURA_SEED", 1));
    let pg = migrated().await;
    let desk = desk(&pg, A, 1).await;
    let mut conn = admin(&pg).await;
    sqlx::raw_sql(POST).execute(&mut conn).await.unwrap();
    let mut chance = Chance::new(u64::try_from(seed).unwrap());
    let began = Instant::now();
    for nth in 0..cases.div_ceil(UNDER_ONE) {
        let mut promised = policy(&mut chance);
        while promised.problem().is_some() {
            promised = policy(&mut chance);
        }
        put_in_force(&mut conn, nth, &promised).await;
        let bills: Vec<Posted> = (0..UNDER_ONE).map(|_| posted(&mut chance)).collect();
        let ask = |bill: &Posted| json!([bill.satang, bill.part, bill.kept, bill.used]);
        let asked: Vec<Json> = bills.iter().map(ask).collect();
        let post = "select string_agg(trial.post($1, md5('customer:' || 2 * (nth % 200) + 1)::uuid, (x ->> 0)::bigint, (x ->> 1)::bigint, (x ->> 2)::bigint, (x ->> 3)::bigint), E'\\n' order by nth) from jsonb_array_elements($2) with ordinality e (x, nth)";
        let theirs: String = sqlx::query_scalar(post)
            .bind(&desk.login)
            .bind(Json::from(asked))
            .fetch_one(&mut conn)
            .await
            .unwrap();
        for (bill, theirs) in bills.iter().zip(theirs.lines()) {
            let tier = Tier::from_word(theirs.split('|').next().unwrap());
            let ours = promise(&promised, tier, bill);
            assert_eq!(ours, theirs, "{} under {promised:?}", ask(bill));
        }
    }
    println!(
        "{} bills posted and given back as promised in {:.1} s, seed {seed}",
        cases.div_ceil(UNDER_ONE) * UNDER_ONE,
        began.elapsed().as_secs_f64()
    );
    let differences: i64 = sqlx::query_scalar("select count(*) from desk.verify_loyalty($1)")
        .bind(A.parse::<uuid::Uuid>().unwrap())
        .fetch_one(&mut conn)
        .await
        .unwrap();
    assert_eq!(differences, 0);
}
