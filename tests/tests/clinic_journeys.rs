//! Journeys where the data lives: what may lead where, who may, what is written of it; and that nothing gets around it, whoever asks and however.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::too_many_lines
)] // a test ends where it is surprised

mod clinic_support;

use std::path::PathBuf;

use clinic_support::{A, B, BASELINE, DB, Desk, database, desk, migrated, uid, web};
use desk_core::journey::{Need, Outcome, Stage, VERSION, transitions};
use desk_tests::harness::pg::PgCluster;
use serde_json::{Value as Json, json};
use uuid::Uuid;

/// The fixture's people of clinic A.
const OWNER: u32 = 1;
const MANAGER: u32 = 3;
const FRONT: u32 = 5;
const SELLER: u32 = 7;

/// A desk with a way to say what it does.
struct Person {
    desk: Desk,
}

impl Person {
    async fn new(pg: &PgCluster, n: u32) -> Self {
        Self {
            desk: desk(pg, A, n).await,
        }
    }

    /// `ok`, or the code of the refusal with what it says.
    async fn act(&mut self, name: &str, args: Json) -> (String, Json) {
        let mutation = self.desk.mutation(name, args);
        let outcome = self.desk.push(&[mutation]).await.unwrap().remove(0);
        let detail = outcome.detail.unwrap_or_default();
        (outcome.code.unwrap_or_else(|| "ok".into()), detail)
    }

    async fn opens(&mut self, pg: &PgCluster, customer: u32, args: Json) -> Uuid {
        let id = Uuid::now_v7();
        let mut all = json!({ "id": id, "customer_id": uid(pg, "customer", customer) });
        all.as_object_mut().unwrap().extend(args.as_object().unwrap().clone());
        assert_eq!(self.act("journey.open", all).await.0, "ok");
        id
    }

    async fn moves(&mut self, id: Uuid, action: &str, rest: Json) -> (String, Json) {
        let mut args = json!({ "id": id, "action": action, "entry": Uuid::now_v7() });
        args.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        self.act("journey.move", args).await
    }

    async fn steps(&mut self, id: Uuid, actions: &[(&str, Json)]) {
        for (action, rest) in actions {
            let said = self.moves(id, action, rest.clone()).await;
            assert_eq!(said.0, "ok", "{action}: {}", said.1);
        }
    }
}

/// One value of a journey.
fn of(pg: &PgCluster, id: Uuid, what: &str) -> String {
    pg.psql(
        DB,
        &format!("select {what} from public.workflow_states w where id = '{id}'"),
    )
}

fn history(pg: &PgCluster, id: Uuid) -> String {
    pg.psql(DB, &format!("select string_agg(coalesce(desk_kind, type), ' ' order by desk_version) from public.workflow_actions where workflow_id = '{id}'"))
}

#[tokio::test]
async fn the_database_and_the_desk_have_the_same_rules() {
    let pg = migrated().await;
    let theirs = pg.psql(
        DB,
        "select concat_ws(' ', version, action, from_stage, to_stage, roles, coalesce(needs, '-'), asks_reason, coalesce(outcome, '-'), web_type) from desk.transition order by version, nth",
    );
    let ours: Vec<String> = transitions()
        .map(|row| {
            let rule = row.rule;
            let roles: Vec<_> = rule.roles.iter().map(|role| role.word()).collect();
            [
                VERSION.to_string(),
                rule.action.word().into(),
                row.from.word().into(),
                row.to.word().into(),
                format!("{{{}}}", roles.join(",")),
                rule.needs.map_or("-", Need::word).into(),
                if rule.asks_reason { "t" } else { "f" }.into(),
                rule.outcome.map_or("-", Outcome::word).into(),
                rule.web.word().into(),
            ]
            .join(" ")
        })
        .collect();
    assert_eq!(theirs.lines().collect::<Vec<_>>(), ours);
    let kinds = pg.psql(DB, "select string_agg(s, ' ' order by desk.stage_number(s)) from (select from_stage as s from desk.transition union select to_stage from desk.transition) x");
    let stages: Vec<_> = Stage::ALL.iter().map(|stage| stage.word()).collect();
    assert_eq!(kinds, stages.join(" "));
}

#[tokio::test]
async fn a_course_of_two_sessions_goes_its_whole_way_and_history_says_who_and_where() {
    let pg = migrated().await;
    let mut may = Person::new(&pg, SELLER).await;
    let mut nok = Person::new(&pg, FRONT).await;
    let id = may.opens(&pg, 1, json!({ "title": "เลเซอร์", "sessions": 2 })).await;
    may.steps(
        id,
        &[
            ("scan_customer", json!({ "expected": 1 })),
            ("send_proposal", json!({ "expected": 2 })),
        ],
    )
    .await;
    nok.steps(
        id,
        &[
            ("confirm_payment", json!({ "facts": { "amount": 900_000 } })),
            (
                "schedule_appointment",
                json!({ "facts": { "booked_at": "2026-12-01T10:30:00+07:00", "beautician_id": uid(&pg, "user", FRONT) } }),
            ),
            ("start_treatment", json!({})),
            ("complete_treatment", json!({})),
            ("send_follow_up", json!({})),
        ],
    )
    .await;
    let early = may.moves(id, "close_case", json!({})).await;
    assert_eq!(early, ("sessions_left".into(), json!({ "left": 1 })));
    nok.steps(
        id,
        &[
            ("next_session", json!({})),
            ("no_show", json!({})),
            (
                "schedule_appointment",
                json!({ "facts": { "booked_at": "2026-12-08T10:30:00+07:00" } }),
            ),
            (
                "reschedule",
                json!({ "facts": { "booked_at": "2026-12-09T10:30:00+07:00" } }),
            ),
            ("start_treatment", json!({})),
            ("complete_treatment", json!({})),
            ("send_follow_up", json!({})),
        ],
    )
    .await;
    may.steps(id, &[("close_case", json!({}))]).await;
    assert_eq!(
        of(
            &pg,
            id,
            "current_stage || ' ' || desk_outcome || ' ' || desk_sessions_done || '/' || desk_sessions_planned || ' ' || desk_version"
        ),
        "completed completed 2/2 16"
    );
    assert_eq!(
        of(
            &pg,
            id,
            "concat(treatment_plan ->> 'totalAmount', ' ', treatment_plan ->> 'name', ' ', assigned_sales_id = md5('user:7')::uuid)"
        ),
        "9000 เลเซอร์ t"
    );
    assert_eq!(
        history(&pg, id),
        "open scan_customer send_proposal confirm_payment schedule_appointment start_treatment complete_treatment send_follow_up \
         next_session no_show schedule_appointment reschedule start_treatment complete_treatment send_follow_up close_case"
    );
    let tied = format!(
        "select count(*) from public.workflow_actions where workflow_id = '{id}' and desk_device = 'PC-หน้าร้าน' and performed_by in (md5('user:5')::uuid, md5('user:7')::uuid)"
    );
    assert_eq!(pg.psql(DB, &tied), "16");
}

#[tokio::test]
async fn a_refusal_says_what_stands_in_the_way() {
    let pg = migrated().await;
    let mut may = Person::new(&pg, SELLER).await;
    let mut nok = Person::new(&pg, FRONT).await;
    let mut dao = Person::new(&pg, MANAGER).await;
    let id = may.opens(&pg, 1, json!({})).await;
    let (code, detail) = may.moves(Uuid::now_v7(), "scan_customer", json!({})).await;
    assert_eq!((code.as_str(), detail), ("journey_not_found", json!({})));
    let (code, detail) = may.moves(id, "close_case", json!({})).await;
    assert_eq!(code, "move_not_allowed");
    assert_eq!(
        detail,
        json!({ "stage": "lead_created", "action": "close_case", "allowed": ["scan_customer", "mark_lost", "cancel"] })
    );
    let (code, detail) = nok.moves(id, "scan_customer", json!({})).await;
    assert_eq!(
        (code.as_str(), detail),
        (
            "role_not_allowed",
            json!({ "role": "front_desk", "needs": ["owner", "manager", "sales"] })
        )
    );
    may.steps(id, &[("scan_customer", json!({ "expected": 1 }))]).await;
    let (code, detail) = dao.moves(id, "send_proposal", json!({ "expected": 1 })).await;
    assert_eq!(
        (code.as_str(), &detail["stage"], &detail["by"]),
        ("journey_changed", &json!("scanned"), &json!("นิก7"))
    );
    may.steps(id, &[("send_proposal", json!({}))]).await;
    for amount in [json!({}), json!({ "facts": { "amount": 0 } })] {
        assert_eq!(
            nok.moves(id, "confirm_payment", amount).await,
            ("condition_not_met".into(), json!({ "needs": "amount" }))
        );
    }
    for reason in [json!({}), json!({ "note": "   " })] {
        assert_eq!(may.moves(id, "mark_lost", reason).await.0, "reason_missing");
    }
    may.steps(id, &[("mark_lost", json!({ "note": "แพงไป" }))]).await;
    let (code, detail) = may.moves(id, "scan_customer", json!({})).await;
    assert_eq!((code.as_str(), &detail["outcome"]), ("journey_closed", &json!("lost")));
    assert_eq!(of(&pg, id, "current_stage || ' ' || desk_reason"), "completed แพงไป");
}

#[tokio::test]
async fn a_closed_journey_comes_back_to_where_it_was_closed_and_only_by_a_manager() {
    let pg = migrated().await;
    let mut may = Person::new(&pg, SELLER).await;
    let mut dao = Person::new(&pg, MANAGER).await;
    let id = may.opens(&pg, 1, json!({})).await;
    may.steps(
        id,
        &[
            ("scan_customer", json!({})),
            ("cancel", json!({ "note": "ย้ายไปต่างจังหวัด" })),
        ],
    )
    .await;
    assert_eq!(
        may.moves(id, "step_back", json!({ "note": "กลับมาแล้ว" })).await.0,
        "role_not_allowed"
    );
    dao.steps(id, &[("step_back", json!({ "note": "กลับมาแล้ว" }))]).await;
    assert_eq!(
        of(&pg, id, "current_stage || ' ' || coalesce(desk_outcome, 'open')"),
        "scanned open"
    );
    dao.steps(id, &[("step_back", json!({ "note": "สแกนผิดคน" }))]).await;
    assert_eq!(of(&pg, id, "current_stage"), "lead_created");
}

#[tokio::test]
async fn absurd_arguments_are_refusals_with_a_code() {
    let pg = migrated().await;
    let mut may = Person::new(&pg, SELLER).await;
    let theirs = uid(&pg, "customer", 2);
    for (args, code) in [
        (
            json!({ "id": Uuid::now_v7(), "customer_id": theirs }),
            "customer_not_found",
        ),
        (json!({ "id": 5, "customer_id": theirs }), "value_not_allowed"),
        (
            json!({ "id": Uuid::now_v7(), "customer_id": uid(&pg, "customer", 1), "sessions": 0 }),
            "value_not_allowed",
        ),
        (
            json!({ "id": Uuid::now_v7(), "customer_id": uid(&pg, "customer", 1), "sessions": "2" }),
            "value_not_allowed",
        ),
        (
            json!({ "id": Uuid::now_v7(), "customer_id": uid(&pg, "customer", 1), "title": "ก".repeat(201) }),
            "text_too_long",
        ),
        (
            json!({ "id": Uuid::now_v7(), "customer_id": uid(&pg, "customer", 1), "sales_id": uid(&pg, "user", 8) }),
            "person_not_found",
        ),
    ] {
        assert_eq!(may.act("journey.open", args.clone()).await.0, code, "{args}");
    }
    let id = may.opens(&pg, 1, json!({})).await;
    for (rest, code) in [
        (json!({ "expected": "1" }), "value_not_allowed"),
        (json!({ "facts": { "stage": "completed" } }), "value_not_allowed"),
        (json!({ "facts": [] }), "value_not_allowed"),
        (json!({ "facts": { "amount": -5 } }), "value_not_allowed"),
        (json!({ "facts": { "booked_at": "tomorrow" } }), "value_not_allowed"),
        (
            json!({ "facts": { "booked_at": "2926-01-01T00:00:00Z" } }),
            "date_out_of_range",
        ),
        (
            json!({ "facts": { "beautician_id": uid(&pg, "user", 8) } }),
            "person_not_found",
        ),
        (json!({ "entry": id }), "value_not_allowed"), // the id of a row of history that is there
        (json!({ "note": "ก".repeat(2001) }), "text_too_long"),
    ] {
        assert_eq!(may.moves(id, "scan_customer", rest.clone()).await.0, code, "{rest}");
    }
    assert_eq!(of(&pg, id, "desk_version"), "1");
}

#[tokio::test]
async fn nobody_reaches_a_journey_of_another_clinic() {
    let pg = migrated().await;
    let mut may = Person::new(&pg, SELLER).await;
    let theirs: Uuid = pg
        .psql(DB, &format!("insert into public.workflow_states (clinic_id, customer_id) values ('{B}', md5('customer:2')::uuid) returning id"))
        .parse()
        .unwrap();
    assert_eq!(
        may.moves(theirs, "scan_customer", json!({})).await.0,
        "journey_not_found"
    );
    let assign = json!({ "id": theirs, "sales_id": uid(&pg, "user", SELLER) });
    assert_eq!(may.act("journey.assign", assign).await.0, "journey_not_found");
    let moved = web(
        &pg,
        SELLER,
        &format!(
            "insert into public.workflow_actions (workflow_id, type, performed_by, from_stage, to_stage) values ('{theirs}', 'scan_customer', auth.uid(), 'lead_created', 'scanned')"
        ),
    );
    assert!(moved.is_err());
    assert_eq!(of(&pg, theirs, "current_stage || desk_version"), "lead_created1");
}

/// Every word at every stage to every stage, asked by a row of history: what the table says goes, everything else is refused. One statement, nothing kept.
const EVERY_ROW: &str = "do $$
declare f text; t text; k text; j uuid; went boolean; may boolean; tried integer := 0; went_n integer := 0;
  stages text[] := array['lead_created', 'scanned', 'proposal_sent', 'payment_confirmed', 'treatment_scheduled', 'in_treatment', 'treatment_completed', 'follow_up', 'completed'];
begin
  foreach f in array stages loop foreach t in array stages loop
    for k in select distinct action from desk.transition union all values ('unmove'), ('fly') loop
      tried := tried + 1;
      begin
        insert into public.workflow_states (clinic_id, customer_id, current_stage, desk_sessions_planned, desk_sessions_done) values ('A', md5('customer:1')::uuid, f, 3, case when k = 'close_case' then 3 else 1 end) returning id into j;
        insert into public.workflow_actions (workflow_id, type, desk_kind, performed_by, from_stage, to_stage, notes, data)
        values (j, 'scan_customer', k, md5('user:1')::uuid, f, t, 'why', '{\"amount\": 100, \"of\": 1}');
        select current_stage = t and desk_version = 2 into went from public.workflow_states where id = j;
        if not went then raise exception 'a row was written and % stayed at %', k, f; end if;
        if (select desk_kind from public.workflow_actions where workflow_id = j and desk_version = 2) = 'noted' then raise exception using errcode = 'ZZ001'; end if;
        raise exception using errcode = 'ZZ003';
      exception when sqlstate 'ZZ003' then went := true; went_n := went_n + 1;
        when sqlstate 'ZZ001' then went := f <> t;  -- nothing moved, so nothing may have
        when raise_exception then went := false;
      end;
      may := exists (select 1 from desk.transitions() x where x.action = k and x.from_stage = f and x.to_stage = t and k <> 'open' and (f <> 'completed' or t = 'lead_created'));
      if went <> may then raise exception '% from % to %: % instead of %', k, f, t, went, may using errcode = 'ZZ002'; end if;
    end loop;
  end loop; end loop;
  if tried <> 9 * 9 * 17 or went_n <> (select count(*) from desk.transitions() where action <> 'open' and (from_stage <> 'completed' or to_stage = 'lead_created')) then raise exception 'tried % and % went', tried, went_n; end if;
end $$";

#[tokio::test]
async fn every_illegal_row_of_history_is_refused_and_every_legal_one_is_the_move() {
    let pg = migrated().await;
    pg.psql(DB, &EVERY_ROW.replace("'A'", &format!("'{A}'")));
    assert_eq!(pg.psql(DB, "select count(*) from public.workflow_states"), "0");
}

#[tokio::test]
async fn every_plain_update_is_refused_that_the_rules_do_not_allow() {
    let pg = migrated().await;
    let stages = "lead_created scanned proposal_sent payment_confirmed treatment_scheduled in_treatment treatment_completed follow_up completed";
    let mut may = desk(&pg, A, SELLER).await;
    let mut went = Vec::new();
    for from in stages.split(' ') {
        for to in stages.split(' ').filter(|to| *to != from) {
            let id = pg.psql(DB, &format!("insert into public.workflow_states (clinic_id, customer_id, current_stage, treatment_plan) values ('{A}', md5('customer:1')::uuid, '{from}', '{{\"totalAmount\": 5}}') returning id"));
            let update = format!("update public.workflow_states set current_stage = '{to}' where id = '{id}'");
            let owner = pg.try_psql(DB, &update).unwrap_err();
            assert!(
                owner.contains("nobody is known") || owner.contains("cannot go"),
                "{owner}"
            );
            let login = may.sql(&update).await.unwrap_err();
            assert!(login.contains("permission denied"), "{login}");
            let server = pg
                .try_psql(DB, &format!("set role service_role; {update}"))
                .unwrap_err();
            assert!(
                server.contains("nobody is known") || server.contains("cannot go"),
                "{server}"
            );
            match web(&pg, OWNER, &update) {
                Ok(_) => went.push(format!("{from} {to}")),
                Err(why) => assert!(
                    why.contains("cannot go from") || why.contains("condition_not_met"),
                    "{why}"
                ),
            }
        }
    }
    assert_eq!(
        went,
        [
            "lead_created scanned",
            "scanned proposal_sent",
            "proposal_sent payment_confirmed",
            "payment_confirmed treatment_scheduled",
            "treatment_scheduled payment_confirmed", // she did not come
            "treatment_scheduled in_treatment",
            "in_treatment treatment_completed",
            "treatment_completed follow_up",
            "follow_up completed"
        ]
    );
    assert_eq!(
        pg.psql(DB, "select count(*) from public.workflow_states w where desk_version <> (select count(*) from public.workflow_actions a where a.workflow_id = w.id)"),
        "0",
        "each that went wrote its row"
    );
}

#[tokio::test]
async fn what_follows_from_history_is_not_written_by_hand_and_history_is_never_changed() {
    let pg = migrated().await;
    let mut may = Person::new(&pg, SELLER).await;
    let id = may.opens(&pg, 1, json!({})).await;
    for set in [
        "desk_version = 7",
        "desk_version = 2, current_stage = 'scanned'",
        "desk_stage_since = now() - interval '1 year'",
        "desk_outcome = 'lost'",
        "desk_sessions_done = 5",
        "desk_reason = 'x'",
    ] {
        for who in ["", "set role service_role;"] {
            let sql = format!("{who} update public.workflow_states set {set} where id = '{id}'");
            assert!(pg.try_psql(DB, &sql).is_err(), "{sql}");
        }
        assert!(
            web(
                &pg,
                OWNER,
                &format!("update public.workflow_states set {set} where id = '{id}'")
            )
            .is_err(),
            "{set}"
        );
    }
    for sql in [
        "update public.workflow_actions set notes = 'x'",
        "update public.workflow_actions set performed_by = md5('user:1')::uuid",
        "delete from public.workflow_actions",
        "delete from public.workflow_states",
        "truncate public.workflow_states cascade",
    ] {
        assert!(pg.try_psql(DB, sql).is_err(), "{sql}");
        assert!(
            pg.try_psql(DB, &format!("set role service_role; {sql}")).is_err(),
            "{sql}"
        );
        web(&pg, OWNER, sql).unwrap_or_default();
        assert_eq!(history(&pg, id), "open", "{sql}");
    }
    // With the customer goes what is known of her.
    pg.psql(
        DB,
        "delete from public.appointments; delete from public.sales_commissions; delete from public.customer_sales_messages; delete from public.skin_analyses; delete from public.customers where id = md5('customer:1')::uuid",
    );
    assert_eq!(
        pg.psql(
            DB,
            "select (select count(*) from public.workflow_states) + (select count(*) from public.workflow_actions)"
        ),
        "0"
    );
}

#[tokio::test]
async fn the_web_systems_row_of_history_cannot_name_another_time_number_pc_or_person() {
    let pg = migrated().await;
    let case = web(&pg, SELLER, &format!("insert into public.workflow_states (clinic_id, customer_id, desk_sessions_done, desk_version) values ('{A}', md5('customer:1')::uuid, 4, 3) returning id")).unwrap();
    let insert = |person: &str, rest: &str, values: &str| {
        format!(
            "insert into public.workflow_actions (workflow_id, type, performed_by, from_stage, to_stage{rest}) values ('{case}', 'scan_customer', {person}, 'lead_created', 'scanned'{values})"
        )
    };
    assert!(web(&pg, SELLER, &insert("md5('user:1')::uuid", "", "")).is_err());
    web(
        &pg,
        SELLER,
        &insert(
            "auth.uid()",
            ", performed_at, desk_device, desk_version",
            ", now() - interval '9 days', 'PC-A', 1",
        ),
    )
    .unwrap();
    assert_eq!(
        pg.psql(
            DB,
            "select desk_version, desk_device is null, performed_at > now() - interval '1 minute' from public.workflow_actions order by desk_version"
        ),
        "1|t|t\n2|t|t"
    );
    // What the web system does next, in its own order: the whole row, with the stage that the row of history has made already.
    web(
        &pg,
        SELLER,
        &format!(
            "update public.workflow_states set current_stage = 'scanned', metadata = '{{\"x\": 1}}' where id = '{case}'"
        ),
    )
    .unwrap();
    assert_eq!(history(&pg, case.parse().unwrap()), "open scan_customer");
    // And what it writes when it makes a journey is no scan.
    let note = web(
        &pg,
        SELLER,
        &format!(
            "insert into public.workflow_actions (workflow_id, type, performed_by, from_stage, to_stage) values ('{case}', 'scan_customer', auth.uid(), 'scanned', 'scanned')"
        ),
    );
    note.unwrap();
    assert_eq!(history(&pg, case.parse().unwrap()), "open scan_customer noted");
}

#[tokio::test]
async fn a_move_is_taken_back_once_by_who_made_it_and_while_nothing_came_after() {
    let pg = migrated().await;
    let mut may = Person::new(&pg, SELLER).await;
    let mut nok = Person::new(&pg, FRONT).await;
    let id = may.opens(&pg, 1, json!({ "title": "ฟิลเลอร์" })).await;
    let since = of(&pg, id, "desk_stage_since");
    let mutation = may.desk.mutation(
        "journey.move",
        json!({ "id": id, "action": "scan_customer", "expected": 1, "entry": Uuid::now_v7() }),
    );
    let of_it = mutation.id;
    assert!(may.desk.push(&[mutation]).await.unwrap()[0].code.is_none());
    let back = json!({ "id": id, "of": of_it, "entry": Uuid::now_v7() });
    assert_eq!(nok.act("journey.unmove", back.clone()).await.0, "nothing_to_undo");
    assert_eq!(may.act("journey.unmove", back.clone()).await.0, "ok");
    assert_eq!(
        of(
            &pg,
            id,
            "current_stage || ' ' || desk_version || ' ' || desk_stage_since"
        ),
        format!("lead_created 3 {since}")
    );
    assert_eq!(history(&pg, id), "open scan_customer unmove");
    assert_eq!(may.act("journey.unmove", back).await.0, "already_undone");

    let mutation = may.desk.mutation(
        "journey.move",
        json!({ "id": id, "action": "scan_customer", "entry": Uuid::now_v7() }),
    );
    let of_it = mutation.id;
    may.desk.push(&[mutation]).await.unwrap();
    may.steps(id, &[("send_proposal", json!({}))]).await;
    let late = json!({ "id": id, "of": of_it, "entry": Uuid::now_v7() });
    assert_eq!(may.act("journey.unmove", late).await.0, "journey_changed");
}

#[tokio::test]
async fn taking_back_the_closing_puts_back_all_that_it_replaced() {
    let pg = migrated().await;
    let mut dao = Person::new(&pg, MANAGER).await;
    let id = dao.opens(&pg, 1, json!({ "title": "คอร์ส", "sessions": 2 })).await;
    dao.steps(
        id,
        &[
            ("scan_customer", json!({})),
            ("send_proposal", json!({ "facts": { "amount": 500_000 } })),
            ("confirm_payment", json!({})),
            (
                "schedule_appointment",
                json!({ "facts": { "booked_at": "2026-12-01T10:30:00+07:00" } }),
            ),
        ],
    )
    .await;
    let whole = "row_to_json(w)::jsonb - array['updated_at', 'desk_version']";
    for action in ["cancel", "no_show", "start_treatment"] {
        let before = of(&pg, id, whole);
        let mutation = dao.desk.mutation(
            "journey.move",
            json!({ "id": id, "action": action, "note": "x", "entry": Uuid::now_v7() }),
        );
        let of_it = mutation.id;
        assert!(dao.desk.push(&[mutation]).await.unwrap()[0].code.is_none());
        assert_ne!(of(&pg, id, whole), before);
        let back = json!({ "id": id, "of": of_it, "entry": Uuid::now_v7() });
        assert_eq!(dao.act("journey.unmove", back).await.0, "ok");
        assert_eq!(of(&pg, id, whole), before, "{action}");
    }
    dao.steps(id, &[("start_treatment", json!({}))]).await;
    let before = of(&pg, id, whole);
    let mutation = dao.desk.mutation(
        "journey.move",
        json!({ "id": id, "action": "complete_treatment", "entry": Uuid::now_v7() }),
    );
    let of_it = mutation.id;
    dao.desk.push(&[mutation]).await.unwrap();
    assert_eq!(of(&pg, id, "desk_sessions_done"), "1");
    let back = json!({ "id": id, "of": of_it, "entry": Uuid::now_v7() });
    assert_eq!(dao.act("journey.unmove", back).await.0, "ok");
    assert_eq!(of(&pg, id, whole), before);
}

#[tokio::test]
async fn an_opening_and_an_assignment_are_taken_back() {
    let pg = migrated().await;
    let mut may = Person::new(&pg, SELLER).await;
    let id = Uuid::now_v7();
    let mutation = may.desk.mutation(
        "journey.open",
        json!({ "id": id, "customer_id": uid(&pg, "customer", 1) }),
    );
    let opened = mutation.id;
    may.desk.push(&[mutation]).await.unwrap();
    let to = uid(&pg, "user", FRONT);
    let mutation = may
        .desk
        .mutation("journey.assign", json!({ "id": id, "beautician_id": to }));
    let given = mutation.id;
    assert!(may.desk.push(&[mutation]).await.unwrap()[0].code.is_none());
    assert_eq!(of(&pg, id, "assigned_beautician_id"), to.to_string());
    let back = json!({ "id": id, "of": given, "beautician_id": null });
    assert_eq!(may.act("journey.unassign", back).await.0, "ok");
    assert_eq!(
        of(&pg, id, "concat(assigned_beautician_id, assigned_sales_id)"),
        uid(&pg, "user", SELLER).to_string()
    );
    let back = json!({ "id": id, "of": opened, "entry": Uuid::now_v7() });
    assert_eq!(may.act("journey.withdraw", back).await.0, "ok");
    assert_eq!(
        of(&pg, id, "current_stage || ' ' || desk_outcome || ' ' || desk_reason"),
        "completed cancelled เปิดผิด"
    );
}

#[tokio::test]
async fn a_move_made_an_hour_ago_offline_is_told_with_its_time() {
    let pg = migrated().await;
    let mut may = Person::new(&pg, SELLER).await;
    let id = Uuid::now_v7();
    let ago = |minutes: i64| (chrono::Utc::now() - chrono::Duration::minutes(minutes)).to_rfc3339();
    let open = json!({ "id": id, "customer_id": uid(&pg, "customer", 1), "at": ago(60) });
    assert_eq!(may.act("journey.open", open).await.0, "ok");
    may.steps(
        id,
        &[
            ("scan_customer", json!({ "at": ago(45) })),
            ("send_proposal", json!({ "at": ago(50) })), // before the last one is not possible
            ("mark_lost", json!({ "at": ago(-30), "note": "x" })), // nor in the future
        ],
    )
    .await;
    let minutes = "select string_agg(round(extract(epoch from now() - performed_at) / 60)::text, ' ' order by desk_version) from public.workflow_actions";
    assert_eq!(pg.psql(DB, minutes), "60 45 45 0");
}

#[tokio::test]
async fn statistics_are_the_callers_own_and_count_true_time_in_a_stage() {
    let pg = migrated().await;
    let day = |n: i64| format!("now() - interval '{n} hours'");
    for (n, open, scan, offer) in [(1, 20, 14, 12), (3, 30, 20, 0)] {
        let id = pg.psql(DB, &format!("insert into public.workflow_states (clinic_id, customer_id, created_at) values ('{A}', md5('customer:{n}')::uuid, {}) returning id", day(open)));
        pg.psql(DB, &format!("insert into public.workflow_actions (workflow_id, type, performed_by, performed_at, from_stage, to_stage) values ('{id}', 'scan_customer', md5('user:7')::uuid, {}, 'lead_created', 'scanned')", day(scan)));
        if offer > 0 {
            pg.psql(DB, &format!("insert into public.workflow_actions (workflow_id, type, performed_by, performed_at, from_stage, to_stage) values ('{id}', 'send_proposal', md5('user:7')::uuid, {}, 'scanned', 'proposal_sent')", day(offer)));
            // A slip that was taken back does not cut the stay in two.
            pg.psql(DB, &format!("insert into public.workflow_actions (workflow_id, type, desk_kind, performed_by, from_stage, to_stage, notes) values ('{id}', 'close_case', 'mark_lost', md5('user:7')::uuid, 'proposal_sent', 'completed', 'x')"));
            pg.psql(DB, &format!("insert into public.workflow_actions (workflow_id, type, desk_kind, performed_by, from_stage, to_stage, data) values ('{id}', 'close_case', 'unmove', md5('user:7')::uuid, 'completed', 'proposal_sent', '{{\"of\": 4}}')"));
        }
    }
    // Touching a row is no move (W9).
    pg.psql(DB, "update public.workflow_states set metadata = '{\"touched\": true}'");
    let stats = |of: &str| {
        format!(
            "select string_agg(stage || ' ' || count || ' ' || avg_duration, ', ' order by stage) from public.get_workflow_stats({of})"
        )
    };
    // scanned: 2 hours for the one who left, 20 for the one who is there.
    let mine = "proposal_sent 1 12.00, scanned 1 11.00";
    assert_eq!(web(&pg, SELLER, &stats(&format!("'{A}'"))).unwrap(), mine);
    assert_eq!(
        web(&pg, SELLER, &stats("null")).unwrap(),
        mine,
        "the clinic comes from the caller"
    );
    assert_eq!(web(&pg, SELLER, &stats(&format!("'{B}'"))).unwrap(), "");
    let mut may = desk(&pg, A, SELLER).await;
    assert_eq!(may.sql(&stats(&format!("'{A}'"))).await.unwrap(), mine);
    assert_eq!(pg.psql(DB, &stats(&format!("'{A}'"))), "", "nobody is no caller");
}

#[tokio::test]
async fn a_journey_from_elsewhere_comes_with_a_history_that_explains_it() {
    let pg = migrated().await;
    let brought = |stage: &str, version: u32, rows: &[(&str, &str, &str)]| {
        let id = Uuid::now_v7();
        let rows: Vec<String> = rows
            .iter()
            .enumerate()
            .map(|(n, (kind, from, to))| format!("insert into public.workflow_actions (workflow_id, type, desk_kind, performed_by, performed_at, from_stage, to_stage, desk_version) values ('{id}', 'scan_customer', '{kind}', md5('user:7')::uuid, now() - interval '{} days', '{from}', '{to}', {});", 9 - n, n + 1))
            .collect();
        pg.try_psql(DB, &format!("begin; insert into public.workflow_states (id, clinic_id, customer_id, current_stage, desk_version) values ('{id}', '{A}', md5('customer:1')::uuid, '{stage}', {version}); {} commit", rows.concat()))
    };
    let open = ("open", "lead_created", "lead_created");
    let scan = ("scan_customer", "lead_created", "scanned");
    brought("scanned", 2, &[open, scan]).unwrap();
    for (stage, version, rows) in [
        ("scanned", 2, vec![open]),
        ("proposal_sent", 2, vec![open, scan]),
        ("scanned", 2, vec![scan, scan]),
        (
            "payment_confirmed",
            3,
            vec![open, scan, ("confirm_payment", "scanned", "payment_confirmed")],
        ),
        (
            "proposal_sent",
            3,
            vec![open, scan, ("send_proposal", "lead_created", "proposal_sent")],
        ),
    ] {
        let refused = brought(stage, version, &rows).unwrap_err();
        assert!(refused.contains("does not explain"), "{refused}");
    }
    // The web system may not bring anything in at another stage.
    for sql in [
        format!(
            "insert into public.workflow_states (clinic_id, customer_id, current_stage) values ('{A}', md5('customer:1')::uuid, 'follow_up')"
        ),
        format!(
            "insert into public.workflow_states (clinic_id, customer_id, current_stage, desk_version) values ('{A}', md5('customer:1')::uuid, 'scanned', 2)"
        ),
    ] {
        assert!(web(&pg, OWNER, &sql).unwrap_err().contains("begins at lead_created"));
        assert!(
            pg.try_psql(DB, &format!("set role service_role; {sql}"))
                .unwrap_err()
                .contains("begins at lead_created")
        );
    }
}

#[tokio::test]
async fn who_takes_over_is_told_and_not_who_did_it() {
    let pg = migrated().await;
    let mut may = Person::new(&pg, SELLER).await;
    let mut nok = Person::new(&pg, FRONT).await;
    let id = may.opens(&pg, 1, json!({})).await;
    may.steps(id, &[("scan_customer", json!({})), ("send_proposal", json!({}))])
        .await;
    let paid = json!({ "facts": { "amount": 100 } });
    nok.steps(id, &[("confirm_payment", paid)]).await;
    let told = "select string_agg(event_type || ' ' || coalesce((select string_agg(n.title, ',') from public.notifications n where n.metadata ->> 'event_id' = e.id::text and n.user_id = md5('user:7')::uuid), '-'), ', ' order by e.created_at) from public.workflow_events e";
    assert_eq!(
        pg.psql(DB, told),
        "customer_scanned -, payment_received ชำระแล้ว: ลูกค้าใหม่"
    );
    let late = "select bool_and((metadata ->> 'after')::timestamptz > created_at + interval '9 seconds') from public.notifications where type = 'payment_received'";
    assert_eq!(pg.psql(DB, late), "t", "not before it may be taken back");
    let of_it = pg.psql(
        DB,
        "select id from desk.mutation where name = 'journey.move' order by at desc limit 1",
    );
    let back = json!({ "id": id, "of": of_it, "entry": Uuid::now_v7() });
    assert_eq!(nok.act("journey.unmove", back).await.0, "ok");
    assert_eq!(
        pg.psql(
            DB,
            "select count(*) from public.notifications where type = 'payment_received'"
        ),
        "0",
        "what was taken back is not told"
    );
}

#[tokio::test]
async fn journeys_from_before_stand_where_they_stood() {
    let pg = database(&BASELINE);
    let scripts = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../migrations/clinic");
    let mut files: Vec<_> = std::fs::read_dir(&scripts)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().ends_with(".up.sql"))
        .collect();
    files.sort();
    let ours = files
        .iter()
        .position(|path| path.to_string_lossy().contains("rule_journeys"))
        .unwrap();
    pg.psql(DB, "create schema desk; create table desk.migration (version bigint primary key, name text not null, checksum bytea not null, applied_at timestamptz not null default now())");
    let run = |path: &PathBuf| {
        let sql = std::fs::read_to_string(path).unwrap();
        pg.psql(DB, &format!("set search_path = pg_catalog, pg_temp;\n{sql}"))
    };
    files[..ours].iter().for_each(|path| drop(run(path)));
    pg.psql(DB, &format!("insert into public.workflow_states (clinic_id, customer_id, current_stage, treatment_plan, created_at, updated_at) values
        ('{A}', md5('customer:1')::uuid, 'follow_up', '{{\"name\": \"เลเซอร์\", \"sessions\": 3}}', now() - interval '9 days', now() - interval '2 days'), ('{A}', md5('customer:3')::uuid, 'completed', '{{}}', now(), now());
        insert into public.workflow_actions (workflow_id, type, performed_by, performed_at, from_stage, to_stage)
        select id, 'send_follow_up', md5('user:7')::uuid, now() - interval '3 days', 'treatment_completed', 'follow_up' from public.workflow_states where current_stage = 'follow_up'"));
    let touched = "select string_agg(updated_at::text, ' ' order by id) from public.workflow_states";
    let before = pg.psql(DB, touched);
    run(&files[ours]);
    assert_eq!(pg.psql(DB, touched), before, "nobody has touched them");
    assert_eq!(
        pg.psql(DB, "select string_agg(concat_ws(' ', current_stage, desk_outcome, desk_title, desk_sessions_done, desk_sessions_planned, desk_version, round(extract(epoch from now() - desk_stage_since) / 86400)), ', ' order by current_stage) from public.workflow_states"),
        "completed completed 1 1 0, follow_up เลเซอร์ 1 3 1 3"
    );
    assert_eq!(
        pg.psql(DB, "select string_agg(concat_ws(' ', coalesce(desk_kind, type), to_stage, desk_version, data ->> 'imported'), ', ' order by desk_version, to_stage) from public.workflow_actions"),
        "open completed 1 true, open follow_up 1 true, send_follow_up follow_up"
    );
}

/// What is paid for is owed: fewer sessions are a manager's decision, with a reason, and never fewer than were done.
#[tokio::test]
async fn sessions_that_are_owed_are_cut_by_a_manager_with_a_reason_and_never_below_those_done() {
    let pg = migrated().await;
    let (mut nok, mut dao) = (Person::new(&pg, FRONT).await, Person::new(&pg, 3).await);
    let id: Uuid = pg.psql(DB, &format!("insert into public.workflow_states (clinic_id, customer_id, current_stage, desk_sessions_planned, desk_sessions_done) values ('{A}', md5('customer:1')::uuid, 'treatment_completed', 3, 2) returning id")).parse().unwrap();
    let follow = |sessions: u32, note: Option<&str>| json!({ "facts": { "sessions": sessions }, "note": note });
    let word = |said: (String, Json)| said.0;
    for (sessions, note) in [(2, None), (2, Some("คืนเงินแล้ว"))] {
        assert_eq!(
            word(nok.moves(id, "send_follow_up", follow(sessions, note)).await),
            "role_not_allowed"
        );
    }
    let below = nok.moves(id, "send_follow_up", follow(1, None)).await;
    assert_eq!(below, ("value_not_allowed".into(), json!({ "field": "sessions" })));
    assert_eq!(
        word(dao.moves(id, "send_follow_up", follow(1, Some("x"))).await),
        "value_not_allowed"
    );
    assert_eq!(
        word(dao.moves(id, "send_follow_up", follow(2, None)).await),
        "reason_missing"
    );
    assert_eq!(
        of(&pg, id, "current_stage || desk_sessions_planned"),
        "treatment_completed3"
    );
    assert_eq!(
        word(dao.moves(id, "send_follow_up", follow(2, Some("คืนเงินแล้ว"))).await),
        "ok"
    );
    assert_eq!(
        of(&pg, id, "desk_sessions_planned || ' ' || desk.sessions_left(w)"),
        "2 0"
    );
    // More of them is no loss, and before the payment the offer is the seller's.
    let more = pg.psql(DB, &format!("insert into public.workflow_states (clinic_id, customer_id, current_stage, desk_sessions_planned) values ('{A}', md5('customer:3')::uuid, 'scanned', 5) returning id")).parse().unwrap();
    let mut may = Person::new(&pg, SELLER).await;
    may.steps(
        more,
        &[
            ("send_proposal", follow(3, None)),
            ("confirm_payment", json!({ "facts": { "amount": 900_000 } })),
            ("schedule_appointment", follow(4, None)),
        ],
    )
    .await;
}
