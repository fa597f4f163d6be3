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

use std::{collections::BTreeMap, time::Instant};

use clinic_support::{A, admin, desk, migrated};
use desk_core::{
    day::USUAL_ZONE,
    loyalty::{
        Tier, ends_at, points_for, points_to_reverse,
        policy::{Basis, Bonuses, Policy},
        reward::{KINDS, Kind, reduction},
    },
    payment::held::{HeldAs, covers, earning, held_back, held_by},
};
use desk_tests::simulate::chance::Chance;
use serde_json::{Value as Json, json};
use sqlx::PgConnection;
use uuid::Uuid;

/// Cases of an ordinary run, and in one statement.
const USUAL: usize = 4_000;
const BATCH: usize = 2_000;
/// Of so many cases one is posted: it costs a thousand times as much.
const POSTED: usize = 10;
/// Bills that are posted under one policy.
const UNDER_ONE: usize = 100;
/// Customers of the fixture's clinic who are taken in turn.
const CUSTOMERS: usize = 400;

/// How often each thing came about.
type Ways = BTreeMap<&'static str, usize>;

/// Each of so many ways came about at least so often.
fn each_way(ways: &Ways, kinds: usize, least: usize) {
    assert_eq!(ways.len(), kinds, "{ways:?}");
    assert!(
        ways.values().all(|count| *count >= least.max(1)),
        "this run shows little of some: {ways:?}"
    );
}

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
        bonuses: bonuses(chance),
        discounts: discounts(chance),
        redeem_satang: if chance.percent(95) {
            chance.between(0, 1_000)
        } else {
            chance.between(-10, 1_010)
        },
        ..Policy::default()
    }
}

/// Mostly such as a clinic means: more for the higher tiers, and half a bill at most.
fn discounts(chance: &mut Chance) -> [i64; 5] {
    let most = if chance.percent(95) { 50 } else { 55 };
    let mut percent: [i64; 5] = std::array::from_fn(|_| chance.between(0, most));
    if chance.percent(95) {
        percent.sort_unstable();
    }
    percent
}

/// Mostly such as a clinic means, some just at the edge.
fn bonuses(chance: &mut Chance) -> Bonuses {
    let mut points = || {
        if chance.percent(98) {
            chance.between(1, 10_000)
        } else {
            *chance.pick(&[-1, 0, 10_000, 10_001, 100_000]).unwrap()
        }
    };
    Bonuses {
        treatment: points(),
        review: points(),
        referral: points(),
        birthday: points(),
        check_in: points(),
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
        "bonuses": { "treatment": policy.bonuses.treatment, "review": policy.bonuses.review, "referral": policy.bonuses.referral, "birthday": policy.bonuses.birthday, "check_in": policy.bonuses.check_in },
        "multipliers": multipliers.collect::<serde_json::Map<_, _>>(),
        "discounts": Tier::ALL.iter().zip(policy.discounts).map(|(tier, percent)| (tier.word().to_owned(), json!(percent))).collect::<serde_json::Map<_, _>>(),
        "redeem_satang": policy.redeem_satang,
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

/// What of a bill held money pays: nothing, all of it, nearly either, or anything between.
fn part(chance: &mut Chance, satang: i64) -> i64 {
    match chance.below(10) {
        0..3 => 0,
        3..5 => satang,
        5 => satang.min(1),
        6 => (satang - 1).max(0),
        _ => chance.between(0, satang),
    }
}

fn case(chance: &mut Chance) -> Case {
    let satang = if chance.percent(20) {
        chance.between(1, 1_000)
    } else {
        chance.between(1, 100_000_000)
    };
    let held_as = chance.percent(30).then(|| *chance.pick(&HeldAs::ALL).unwrap());
    Case {
        held: if held_as.is_none() { part(chance, satang) } else { 0 },
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
    /// What it has to do with money that is held, in words that can be counted.
    fn way(&self) -> &'static str {
        let (money, back) = (self.satang - self.held, held_back(self.back, self.satang - self.held));
        match (self.held_as, self.held, money, back) {
            (Some(HeldAs::Deposit), ..) => "deposit",
            (Some(HeldAs::GiftCard), ..) => "gift card",
            (None, 0, ..) => "bill without held money",
            (None, _, 0, _) => "bill that held money pays whole",
            (None, _, _, 0) => "bill in part, given back from the hand alone",
            (None, ..) => "bill in part, given back until it is held again",
        }
    }

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
    let (began, mut refused, mut ways) = (Instant::now(), 0, Ways::new());
    for _ in 0..cases.div_ceil(BATCH) {
        let batch: Vec<Case> = (0..BATCH).map(|_| case(&mut chance)).collect();
        let theirs = answers(&mut conn, &batch).await;
        for (case, theirs) in batch.iter().zip(theirs.lines()) {
            assert_eq!(case.said(), theirs, "{}", case.asked());
            refused += usize::from(!theirs.starts_with('|'));
            *ways.entry(case.way()).or_default() += 1;
        }
        assert_eq!(theirs.lines().count(), batch.len());
    }
    println!(
        "{} cases alike in {:.1} s, seed {seed}; {refused} of the policies mean nothing; {ways:?}",
        cases.div_ceil(BATCH) * BATCH,
        began.elapsed().as_secs_f64()
    );
    assert!(
        refused * 20 > cases,
        "hardly a policy is refused: this run shows little"
    );
    each_way(&ways, 6, cases / 50);
}

/// Plays one customer's payments and what is given back of them, one after the other: what each did to points and held money, or the word with which it was refused.
const PLAY: &str = "create schema trial; create function trial.play(login text, customer uuid, steps jsonb) returns text language plpgsql as $$
declare me desk.member; s jsonb; tier text; said text; word text; why text; answers text[] := '{}';
begin
  select m.* into me from desk.member m where m.role_name = login;
  for s in select x from jsonb_array_elements(steps) with ordinality e (x, nth) order by nth loop
    begin
      if s ? 'payment_id' then
        perform desk.apply_payment_refund(me, s);
        select -p.points || ' ' || p.held into said from desk.payment p where p.clinic_id = me.clinic_id and p.id = (s ->> 'id')::uuid;
      else
        tier := coalesce((desk.settle_tier(me.clinic_id, customer, now())).tier, 'bronze');
        perform desk.apply_payment_take(me, s || jsonb_build_object('customer_id', customer));
        select tier || ' ' || p.points into said from desk.payment p where p.clinic_id = me.clinic_id and p.id = (s ->> 'id')::uuid;
      end if;
      answers := answers || (said || ' ' || desk.held_left(me.clinic_id, customer));
    exception when raise_exception then
      get stacked diagnostics word = message_text, why = pg_exception_detail;
      answers := answers || (word || ' ' || (why::jsonb ->> 'most'));
    end;
  end loop;
  return array_to_string(answers, '|');
end $$";

/// Another version, in force from the moment it is made and later than the ones before it.
async fn put_in_force(conn: &mut PgConnection, nth: usize, promised: &Policy) {
    let insert = "insert into desk.loyalty_policy (clinic_id, version, starts_at, basis, multipliers, floors, months, welcome, point_satang, bonuses, discounts, redeem_satang)
        select $1, $2, clock_timestamp(), p.basis, p.multipliers, p.floors, p.months, p.welcome, p.point_satang, p.bonuses, p.discounts, p.redeem_satang from jsonb_populate_record(null::desk.loyalty_policy, $3) p";
    let clinic: uuid::Uuid = A.parse().unwrap();
    let version = i32::try_from(nth).unwrap() + 2;
    let made = sqlx::query(insert).bind(clinic).bind(version).bind(stored(promised));
    made.execute(conn).await.unwrap();
}

/// What came in, what of it has not gone back, and what of that was money of that day.
struct Paid {
    id: Uuid,
    kind: Option<HeldAs>,
    satang: i64,
    held: i64,
    rest: i64,
    money: i64,
}

/// What the desk expects of one step. Points are known once the tier is.
enum Expected {
    Taken {
        of: usize,
        left: i64,
    },
    Back {
        of: usize,
        before: i64,
        after: i64,
        held: i64,
        left: i64,
    },
    Refused(String),
}

/// One customer's payments and what is given back of them, by the desk's rule.
#[derive(Default)]
struct Play {
    paid: Vec<Paid>,
    /// What is held for them.
    left: i64,
    asked: Vec<Json>,
    expected: Vec<Expected>,
}

impl Play {
    fn draw(chance: &mut Chance) -> Self {
        let mut play = Self::default();
        for _ in 0..chance.between(3, 7) {
            if chance.percent(30) && !play.paid.is_empty() {
                let nth = chance.below(play.paid.len());
                let rest = play.paid[nth].rest;
                let satang = if chance.percent(50) {
                    rest
                } else {
                    chance.between(1, rest + 20_000)
                };
                play.give_back(nth, satang.max(1));
            } else {
                play.draw_payment(chance);
            }
        }
        play.give_all_back();
        play
    }

    fn draw_payment(&mut self, chance: &mut Chance) {
        let satang = chance.between(1, 3_000_000);
        if chance.percent(45) {
            self.take(satang, Some(*chance.pick(&HeldAs::ALL).unwrap()), 0);
            return;
        }
        let most = covers(satang, self.left);
        let held = match chance.below(10) {
            0..2 => 0,
            2..6 => most,
            6..9 => part(chance, most),
            _ => satang.min(self.left + chance.between(1, 100)),
        };
        self.take(satang, None, held);
    }

    fn take(&mut self, satang: i64, kind: Option<HeldAs>, held: i64) {
        let id = Uuid::now_v7();
        self.asked.push(json!({ "id": id, "entry": Uuid::now_v7(), "satang": satang, "held_as": kind.map(HeldAs::word), "held": held,
            "method": if held == satang { "held" } else { "cash" } }));
        if held > self.left {
            self.expected
                .push(Expected::Refused(format!("held_short {}", self.left)));
            return;
        }
        self.left += held_by(satang, kind, held);
        self.expected.push(Expected::Taken {
            of: self.paid.len(),
            left: self.left,
        });
        self.paid.push(Paid {
            id,
            kind,
            satang,
            held,
            rest: satang,
            money: satang - held,
        });
    }

    fn give_back(&mut self, of: usize, satang: i64) {
        let paid = &mut self.paid[of];
        self.asked.push(json!({ "id": Uuid::now_v7(), "entry": Uuid::now_v7(), "payment_id": paid.id, "satang": satang, "reason": "x" }));
        let refused = if satang > paid.rest {
            Some(format!("refund_too_large {}", paid.rest))
        } else {
            (paid.kind.is_some() && satang > self.left).then(|| format!("held_used {}", self.left))
        };
        if let Some(refused) = refused {
            self.expected.push(Expected::Refused(refused));
            return;
        }
        let held = if paid.kind.is_some() {
            0
        } else {
            held_back(satang, paid.money)
        };
        let before = paid.rest;
        paid.rest -= satang;
        paid.money -= satang - held;
        self.left -= held_by(satang, paid.kind, held);
        self.expected.push(Expected::Back {
            of,
            before,
            after: paid.rest,
            held,
            left: self.left,
        });
    }

    /// Bills first: what they were paid with is held again, and can go back after them.
    fn give_all_back(&mut self) {
        let mut all: Vec<usize> = (0..self.paid.len()).collect();
        all.sort_by_key(|nth| self.paid[*nth].kind.is_some());
        for nth in all {
            let rest = self.paid[nth].rest;
            if rest > 0 {
                self.give_back(nth, rest);
            }
        }
    }

    /// What the database did, for the clinic's customer of this number. Each play is a transaction of its own, as at a counter.
    async fn posted(&self, conn: &mut PgConnection, login: &str, customer: usize) -> String {
        let play = "select trial.play($1, md5('customer:' || 2 * $2 + 1)::uuid, $3)";
        let customer = i32::try_from(customer % CUSTOMERS).unwrap();
        let answer = sqlx::query_scalar(play)
            .bind(login)
            .bind(customer)
            .bind(json!(self.asked));
        answer.fetch_one(conn).await.unwrap()
    }

    /// What the desk says, under the tiers that the database held the customer to.
    fn promise(&self, promised: &Policy, theirs: &str) -> String {
        let mut tenths = vec![0; self.paid.len()];
        let words = self
            .expected
            .iter()
            .zip(theirs.split('|'))
            .map(|(expected, theirs)| match expected {
                Expected::Refused(said) => said.clone(),
                Expected::Taken { of, left } => {
                    let tier = Tier::from_word(theirs.split(' ').next().unwrap());
                    tenths[*of] = promised.tenths_of(tier);
                    let Paid { satang, kind, .. } = self.paid[*of];
                    format!(
                        "{} {} {left}",
                        tier.word(),
                        points_for(earning(satang, kind), tenths[*of])
                    )
                }
                Expected::Back {
                    of,
                    before,
                    after,
                    held,
                    left,
                } => {
                    let kind = self.paid[*of].kind;
                    let points = points_to_reverse(earning(*before, kind), earning(*after, kind), tenths[*of]);
                    format!("{points} {held} {left}")
                }
            });
        words.collect::<Vec<_>>().join("|")
    }

    /// What of all this has to do with money that is held, to be counted.
    fn ways(&self) -> impl Iterator<Item = &'static str> {
        self.expected.iter().map(|expected| match expected {
            Expected::Refused(said) if said.starts_with("held_short") => "more than is held",
            Expected::Refused(said) if said.starts_with("held_used") => "back, and used already",
            Expected::Refused(_) => "back, and more than came in",
            Expected::Taken { of, .. } => match &self.paid[*of] {
                Paid {
                    kind: Some(HeldAs::Deposit),
                    ..
                } => "deposit",
                Paid {
                    kind: Some(HeldAs::GiftCard),
                    ..
                } => "gift card",
                Paid { held: 0, .. } => "bill without held money",
                Paid { held, satang, .. } if held == satang => "bill that held money pays whole",
                Paid { .. } => "bill that held money pays in part",
            },
            Expected::Back { of, after, held, .. } => match (self.paid[*of].kind, held, after) {
                (Some(_), _, 0) => "held, back whole",
                (Some(_), ..) => "held, back in part",
                (None, 0, _) => "bill, back into the hand",
                (None, ..) => "bill, back until it is held again",
            },
        })
    }
}

#[tokio::test]
async fn l21_what_the_desk_promises_under_any_policy_is_what_is_posted_and_given_back() {
    let (cases, seed) = (wanted("AURA_CASES", USUAL) / POSTED, wanted("AURA_SEED", 1));
    let pg = migrated().await;
    let desk = desk(&pg, A, 1).await;
    let mut conn = admin(&pg).await;
    sqlx::raw_sql(PLAY).execute(&mut conn).await.unwrap();
    let mut chance = Chance::new(u64::try_from(seed).unwrap());
    let (began, mut ways) = (Instant::now(), Ways::new());
    for nth in 0..cases.div_ceil(UNDER_ONE) {
        let mut promised = policy(&mut chance);
        while promised.problem().is_some() {
            promised = policy(&mut chance);
        }
        put_in_force(&mut conn, nth, &promised).await;
        for customer in (nth * UNDER_ONE..).take(UNDER_ONE) {
            let play = Play::draw(&mut chance);
            let theirs = play.posted(&mut conn, &desk.login, customer).await;
            assert_eq!(
                play.promise(&promised, &theirs),
                theirs,
                "{:?} under {promised:?}",
                play.asked
            );
            play.ways().for_each(|way| *ways.entry(way).or_default() += 1);
        }
    }
    println!(
        "{} customers' bills posted and given back as promised in {:.1} s, seed {seed}; {ways:?}",
        cases.div_ceil(UNDER_ONE) * UNDER_ONE,
        began.elapsed().as_secs_f64()
    );
    each_way(&ways, 12, cases / 50);
    let differences: i64 = sqlx::query_scalar("select count(*) from desk.verify_loyalty($1)")
        .bind(A.parse::<uuid::Uuid>().unwrap())
        .fetch_one(&mut conn)
        .await
        .unwrap();
    assert_eq!(differences, 0);
}
