//! Journeys under random orders: several desks at once do anything to any of them, right or wrong, and the web system writes what it likes by plain SQL. In the end every
//! journey stands in a stage that its history explains, step by step, by the rules. `AURA_ORDERS=10000` asks for more orders than `make test` does; `AURA_SEED` for others.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod clinic_support;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use clinic_support::{A, DB, Desk, desk, migrated, uid};
use desk_clinic::push::Mutation;
use desk_core::journey::{Stage, transitions};
use desk_tests::{harness::pg::PgCluster, simulate::chance::Chance};
use serde_json::{Value as Json, json};
use sqlx::{Connection as _, PgConnection};
use uuid::Uuid;

/// Orders of an ordinary run.
const USUAL: usize = 400;
/// What one desk sends at once.
const BATCH: usize = 4;
const CUSTOMERS: u32 = 10;
const PEOPLE: [(u32, &str); 5] = [
    (1, "owner"),
    (3, "manager"),
    (5, "front_desk"),
    (7, "sales"),
    (9, "beautician"),
];
const ACTIONS: [&str; 16] = [
    "scan_customer",
    "send_proposal",
    "confirm_payment",
    "schedule_appointment",
    "start_treatment",
    "complete_treatment",
    "send_follow_up",
    "close_case",
    "next_session",
    "reschedule",
    "no_show",
    "mark_lost",
    "cancel",
    "step_back",
    "open",
    "fly",
];
const STAGES: [&str; 10] = [
    "lead_created",
    "scanned",
    "proposal_sent",
    "payment_confirmed",
    "treatment_scheduled",
    "in_treatment",
    "treatment_completed",
    "follow_up",
    "completed",
    "gone",
];

/// What the people of this run know of, and what they were answered.
#[derive(Default)]
struct Known {
    customers: Vec<Uuid>,
    journeys: Vec<Uuid>,
    answers: BTreeMap<String, usize>,
}

/// Somebody with a desk, and the web system signed in as them.
struct Person {
    desk: Desk,
    web: PgConnection,
    chance: Chance,
    known: Arc<Mutex<Known>>,
    done: Vec<(Uuid, Uuid)>,
}

fn wanted(name: &str, usual: usize) -> usize {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(usual)
}

async fn person(pg: &PgCluster, (n, role): (u32, &str), seed: u64, known: &Arc<Mutex<Known>>) -> Person {
    pg.psql(DB, &format!("insert into desk.staff (clinic_id, person_id, role, nickname, display_name, active) values ('{A}', md5('user:{n}')::uuid, '{role}', 'นิก{n}', 'คน{n}', true)
        on conflict (clinic_id, person_id) do update set role = '{role}', active = true"));
    let mut web = PgConnection::connect(&pg.superuser_url(DB)).await.unwrap();
    let claims = format!(r#"{{"sub": "{}", "role": "authenticated"}}"#, uid(pg, "user", n));
    run(
        &mut web,
        &format!("set request.jwt.claims = '{claims}'; set role authenticated"),
    )
    .await
    .unwrap();
    Person {
        desk: desk(pg, A, n).await,
        web,
        chance: Chance::new(seed.wrapping_mul(1_000).wrapping_add(u64::from(n))),
        known: known.clone(),
        done: vec![],
    }
}

async fn run(conn: &mut PgConnection, sql: &str) -> Result<(), String> {
    let done = sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(conn).await;
    done.map(drop).map_err(|error| error.to_string())
}

impl Person {
    fn any<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.chance.below(of.len())]
    }

    fn journey(&mut self) -> Uuid {
        let all = self.known.lock().unwrap().journeys.clone();
        self.any(&all)
    }

    fn note(&self, answer: &str) {
        *self.known.lock().unwrap().answers.entry(answer.to_owned()).or_default() += 1;
    }

    fn order(&mut self) -> Mutation {
        match self.chance.below(12) {
            0 => {
                let id = Uuid::now_v7();
                let customers = self.known.lock().unwrap().customers.clone();
                self.known.lock().unwrap().journeys.push(id);
                let (customer, sessions) = (self.any(&customers), self.chance.below(3) + 1);
                self.desk.mutation(
                    "journey.open",
                    json!({ "id": id, "customer_id": customer, "sessions": sessions }),
                )
            }
            1 if !self.done.is_empty() => {
                let (journey, of) = self.done[self.chance.below(self.done.len())];
                self.desk.mutation(
                    "journey.unmove",
                    json!({ "id": journey, "of": of, "entry": Uuid::now_v7() }),
                )
            }
            _ => self.a_move(),
        }
    }

    fn a_move(&mut self) -> Mutation {
        let (journey, action) = (self.journey(), self.any(&ACTIONS));
        let mut args = json!({ "id": journey, "action": action, "entry": Uuid::now_v7() });
        if self.chance.below(4) == 0 {
            args["expected"] = json!(self.chance.below(8) + 1);
        }
        if self.chance.below(3) > 0 {
            args["note"] = json!("เพราะ");
        }
        let mut facts = json!({});
        if self.chance.below(2) == 0 {
            facts["amount"] = json!(self.chance.below(3) * 50_000);
        }
        if self.chance.below(4) == 0 {
            facts["sessions"] = json!(self.chance.below(4));
        }
        args["facts"] = facts;
        let mutation = self.desk.mutation("journey.move", args);
        self.done.push((journey, mutation.id));
        mutation
    }

    /// What was turned back as a whole, by a lock that others hold, is sent again.
    async fn send(&mut self, batch: &[Mutation]) {
        for _ in 0..50 {
            if let Ok(outcomes) = self.desk.push(batch).await {
                for outcome in outcomes {
                    self.note(outcome.code.as_deref().unwrap_or("ok"));
                }
                return;
            }
        }
        panic!("a batch was never taken");
    }

    /// As somebody with a database prompt: a stage set by hand, a row of history made up, a row taken away.
    async fn write_by_hand(&mut self) {
        let (journey, stage, other) = (self.journey(), self.any(&STAGES), self.any(&STAGES));
        let action = self.any(&ACTIONS);
        let sql = match self.chance.below(6) {
            0 | 1 => format!("update public.workflow_states set current_stage = '{stage}' where id = '{journey}'"),
            2 => format!(
                "insert into public.workflow_actions (workflow_id, type, performed_by, from_stage, to_stage) select '{journey}', '{action}', auth.uid(), '{other}', '{stage}'"
            ),
            3 => format!(
                "update public.workflow_states set desk_version = desk_version + 1, desk_outcome = 'lost' where id = '{journey}'"
            ),
            4 => format!("update public.workflow_actions set to_stage = '{stage}' where workflow_id = '{journey}'"),
            _ => format!("delete from public.workflow_actions where workflow_id = '{journey}'"),
        };
        let taken = run(&mut self.web, &sql).await;
        self.note(if taken.is_ok() { "sql taken" } else { "sql refused" });
    }

    async fn work(mut self, orders: usize) {
        let mut left = orders;
        while left > 0 {
            if self.chance.below(5) == 0 {
                self.write_by_hand().await;
                left -= 1;
            }
            let batch: Vec<Mutation> = (0..BATCH.min(left)).map(|_| self.order()).collect();
            left -= batch.len();
            self.send(&batch).await;
        }
    }
}

/// A row of history, in the order of its versions.
struct Step {
    version: i64,
    action: String,
    from: String,
    to: String,
    of: Option<i64>,
}

fn steps(pg: &PgCluster, journey: &str) -> Vec<Step> {
    let rows = pg.psql(DB, &format!("select string_agg(concat_ws('|', desk_version, coalesce(desk_kind, type), from_stage, to_stage, data ->> 'of'), ' ' order by desk_version) from public.workflow_actions where workflow_id = '{journey}'"));
    let step = |row: &str| {
        let parts: Vec<&str> = row.split('|').collect();
        Step {
            version: parts[0].parse().unwrap(),
            action: parts[1].into(),
            from: parts[2].into(),
            to: parts[3].into(),
            of: parts.get(4).and_then(|of| of.parse().ok()),
        }
    };
    rows.split_whitespace().map(step).collect()
}

/// Why a journey cannot stand where it stands; nothing when its history explains it.
fn unexplained(
    stage: &str,
    version: i64,
    steps: &[Step],
    rules: &BTreeSet<(String, String, String)>,
) -> Option<String> {
    if Stage::from_word(stage).is_none() {
        return Some(format!("{stage} is no stage"));
    }
    let mut at = "lead_created".to_owned();
    for (nth, step) in steps.iter().enumerate() {
        if step.version != i64::try_from(nth).unwrap() + 1 || step.from != at {
            return Some(format!(
                "step {} from {} where it stood in {at}",
                step.version, step.from
            ));
        }
        let is_back = step.action == "unmove"
            && steps
                .iter()
                .any(|one| Some(one.version) == step.of && one.from == step.to && one.to == step.from);
        let rule = (step.action.clone(), step.from.clone(), step.to.clone());
        // Somebody wrote something down, and nothing moved.
        let is_note = step.action == "noted" && step.from == step.to;
        if !is_back && !is_note && !rules.contains(&rule) {
            return Some(format!("{} leads from {} to {}", step.action, step.from, step.to));
        }
        at.clone_from(&step.to);
    }
    let last = steps.last().map_or(0, |step| step.version);
    (at != stage || last != version)
        .then(|| format!("it stands in {stage} at {version}, its history ends in {at} at {last}"))
}

fn verdicts(pg: &PgCluster) -> (usize, Vec<String>) {
    let rules = transitions().map(|row| {
        (
            row.rule.action.word().to_owned(),
            row.from.word().to_owned(),
            row.to.word().to_owned(),
        )
    });
    let rules: BTreeSet<_> = rules.collect();
    let all = pg.psql(
        DB,
        "select concat_ws(' ', id, current_stage, desk_version) from public.workflow_states",
    );
    let journeys: Vec<Vec<&str>> = all.lines().map(|line| line.split(' ').collect()).collect();
    let wrong = journeys.iter().filter_map(|journey| {
        let why = unexplained(journey[1], journey[2].parse().unwrap(), &steps(pg, journey[0]), &rules);
        why.map(|why| format!("{}: {why}", journey[0]))
    });
    (journeys.len(), wrong.collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_several_desks_and_a_prompt_order_every_journey_ends_where_its_history_says() {
    let (orders, seed) = (wanted("AURA_ORDERS", USUAL), wanted("AURA_SEED", 1));
    let pg = migrated().await;
    let known = Arc::new(Mutex::new(Known::default()));
    let mut people = vec![];
    for who in PEOPLE {
        people.push(person(&pg, who, u64::try_from(seed).unwrap(), &known).await);
    }
    let customers: Vec<Uuid> = (0..CUSTOMERS).map(|n| uid(&pg, "customer", n * 2 + 1)).collect();
    known.lock().unwrap().customers.clone_from(&customers);
    for customer in customers {
        let id = Uuid::now_v7();
        let open = people[0]
            .desk
            .mutation("journey.open", json!({ "id": id, "customer_id": customer }));
        people[0].send(&[open]).await;
        known.lock().unwrap().journeys.push(id);
    }
    let began = std::time::Instant::now();
    let each = orders.div_ceil(people.len());
    let work: Vec<_> = people
        .into_iter()
        .map(|person| tokio::spawn(person.work(each)))
        .collect();
    for person in work {
        person.await.unwrap();
    }
    let (journeys, wrong) = verdicts(&pg);
    let answers = known.lock().unwrap().answers.clone();
    println!(
        "{orders} orders at five desks and five prompts, seed {seed}, in {:.1} s: {journeys} journeys, {answers:?}",
        began.elapsed().as_secs_f64()
    );
    assert_eq!(wrong, Vec::<String>::new());
    for answer in [
        "ok",
        "move_not_allowed",
        "role_not_allowed",
        "journey_changed",
        "sql refused",
    ] {
        assert!(
            answers.contains_key(answer),
            "nobody was answered {answer}: this run shows little"
        );
    }
    let broken: Json = serde_json::from_str(&pg.psql(DB, "select to_json(count(*)) from public.workflow_actions a where not exists (select from public.workflow_states w where w.id = a.workflow_id)")).unwrap();
    assert_eq!(broken, json!(0));
}

#[test]
fn a_history_that_explains_nothing_is_found() {
    let rules: BTreeSet<_> = [(
        "scan_customer".to_owned(),
        "lead_created".to_owned(),
        "scanned".to_owned(),
    )]
    .into();
    let step = |version, from: &str, to: &str| Step {
        version,
        action: "scan_customer".into(),
        from: from.into(),
        to: to.into(),
        of: None,
    };
    let scanned = || vec![step(1, "lead_created", "scanned")];
    assert_eq!(unexplained("scanned", 1, &scanned(), &rules), None);
    for (stage, version, steps) in [
        ("proposal_sent", 1, scanned()),
        ("scanned", 2, scanned()),
        ("gone", 1, scanned()),
        ("scanned", 1, vec![step(2, "lead_created", "scanned")]),
        ("scanned", 1, vec![step(1, "follow_up", "scanned")]),
        ("completed", 1, vec![step(1, "lead_created", "completed")]),
    ] {
        assert!(
            unexplained(stage, version, &steps, &rules).is_some(),
            "{stage} {version}"
        );
    }
}
