//! Opening hours and closed days, as the database takes them from desks: who may say them, what two people who say different things hear, and that what waits
//! for an answer follows.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod clinic_support;

use clinic_support::{A, B, DB, Desk, desk, migrated};
use desk_core::opening::{USUAL_WEEK, WEEK, day_text, with_day};
use desk_tests::harness::pg::PgCluster;
use serde_json::{Value as Json, json};
use uuid::Uuid;

async fn manager(pg: &PgCluster, n: u32) -> Desk {
    let desk = desk(pg, A, n).await;
    is(pg, &desk, "manager");
    desk
}

fn is(pg: &PgCluster, desk: &Desk, role: &str) {
    let person = desk.who.person_id;
    pg.psql(
        DB,
        &format!("update desk.staff set role = '{role}' where clinic_id = '{A}' and person_id = '{person}'"),
    );
}

fn hours(pg: &PgCluster, clinic: &str, weekday: &str) -> String {
    let sql = format!("select desk.hours_text(opening -> '{weekday}') from desk.clinic where clinic_id = '{clinic}'");
    pg.psql(DB, &sql)
}

fn closed(pg: &PgCluster) -> String {
    let sql = "select coalesce(string_agg(day || ' ' || name, ', ' order by day), '') from desk.closed_day";
    pg.psql(DB, sql)
}

/// So many days from today, as the clinic counts them.
fn in_days(pg: &PgCluster, days: i32) -> String {
    pg.psql(
        DB,
        &format!("select (now() at time zone 'Asia/Bangkok')::date + {days}"),
    )
}

fn say(set: Json, base: Json) -> Json {
    json!({ "id": Uuid::now_v7(), "set": set, "base": base })
}

async fn refusal(desk: &mut Desk, name: &str, args: Json) -> (String, Json) {
    let mutation = desk.mutation(name, args);
    let outcome = desk.push(&[mutation]).await.unwrap().remove(0);
    (outcome.code.unwrap_or_default(), outcome.detail.unwrap_or_default())
}

#[tokio::test]
async fn who_answers_for_the_clinic_says_its_hours_and_nobody_else() {
    let pg = migrated().await;
    let mut may = desk(&pg, A, 7).await;
    let split = || {
        say(
            json!({ "thu": "09:00-12:00 13:00-20:00" }),
            json!({ "thu": "09:00-20:00" }),
        )
    };
    for role in ["front_desk", "sales", "beautician"] {
        is(&pg, &may, role);
        assert_eq!(
            may.act("clinic.set_opening", split()).await,
            "role_not_allowed",
            "{role}"
        );
        let day = json!({ "id": Uuid::now_v7(), "day": in_days(&pg, 3), "name": "หยุด" });
        assert_eq!(may.act("clinic.close_day", day).await, "role_not_allowed", "{role}");
        let gone = json!({ "id": Uuid::now_v7() });
        assert_eq!(may.act("clinic.open_day", gone).await, "role_not_allowed", "{role}");
    }
    for asked in [
        format!("update desk.clinic set opening = '{{}}' where clinic_id = '{A}'"),
        "insert into desk.closed_day (clinic_id, day) values ('00000000-0000-4000-8000-0000000000a1', '2027-01-01')"
            .into(),
        "select desk.rearm_leads('00000000-0000-4000-8000-0000000000a1')".into(),
    ] {
        let answer = may.sql(&asked).await.unwrap_err();
        assert!(answer.starts_with("42501"), "{asked}: {answer}");
    }
    for role in ["manager", "owner"] {
        is(&pg, &may, role);
        assert_eq!(may.act("clinic.set_opening", split()).await, "ok", "{role}");
    }
    assert_eq!(hours(&pg, A, "thu"), "09:00-12:00 13:00-20:00");
    assert_eq!(
        (hours(&pg, A, "fri"), hours(&pg, B, "thu")),
        ("09:00-20:00".into(), "09:00-20:00".into())
    );
}

#[tokio::test]
async fn what_is_no_hours_is_refused_with_the_weekday_as_on_the_desks() {
    let pg = migrated().await;
    let mut dao = manager(&pg, 7).await;
    for wrong in [
        "9-20",
        "20:00-09:00",
        "09:00-12:00 11:00-20:00",
        "09:00-12:00 12:00-20:00",
        "09:00-25:00",
        "09:60-10:00",
        "09:00",
        "09:00-10:00-11:00",
        "01:00-02:00 03:00-04:00 05:00-06:00 07:00-08:00 09:00-10:00",
        "ทั้งวัน",
        "09:00-10:00  11:00-12:00",
    ] {
        let (code, detail) = refusal(&mut dao, "clinic.set_opening", say(json!({ "wed": wrong }), json!({}))).await;
        assert_eq!(
            (code.as_str(), &detail["field"]),
            ("opening_invalid", &json!("wed")),
            "{wrong}"
        );
        let is_double_space = wrong.contains("  ");
        assert_eq!(with_day(USUAL_WEEK, "wed", wrong).is_some(), is_double_space, "{wrong}");
    }
    for (args, code) in [
        (say(json!({ "holiday": "09:00-20:00" }), json!({})), "value_not_allowed"),
        (say(json!(["mon"]), json!({})), "value_not_allowed"),
        (
            say(json!({ "mon": ["09:00", "20:00"] }), json!({})),
            "value_not_allowed",
        ),
        (say(json!({ "mon": "9".repeat(101) }), json!({})), "text_too_long"),
        (say(json!({ "mon": "09:00-20:00" }), json!("x")), "value_not_allowed"),
    ] {
        assert_eq!(dao.act("clinic.set_opening", args.clone()).await, code, "{args}");
    }
    for right in [
        "",
        "00:00-24:00",
        "09:00-12:00 13:00-20:00",
        "00:00-01:00 02:00-03:00 04:00-05:00 06:00-07:00",
    ] {
        assert_eq!(
            dao.act("clinic.set_opening", say(json!({ "wed": right }), json!({})))
                .await,
            "ok",
            "{right}"
        );
        let document = with_day(USUAL_WEEK, "wed", right).unwrap();
        assert_eq!(
            (hours(&pg, A, "wed"), day_text(&document, "wed")),
            (right.to_owned(), right.to_owned())
        );
    }
    assert!(
        WEEK.iter()
            .filter(|day| **day != "wed")
            .all(|day| hours(&pg, A, day) == "09:00-20:00")
    );
}

#[tokio::test]
async fn of_two_who_change_different_days_both_win_and_of_the_same_day_the_second_hears_of_the_first() {
    let pg = migrated().await;
    let (mut dao, mut fon) = (manager(&pg, 7).await, manager(&pg, 5).await);
    let base = || json!({ "mon": "09:00-20:00", "tue": "09:00-20:00", "sun": "09:00-20:00" });
    assert_eq!(
        dao.act(
            "clinic.set_opening",
            say(json!({ "mon": "10:00-20:00", "sun": "" }), base())
        )
        .await,
        "ok"
    );
    assert_eq!(
        fon.act("clinic.set_opening", say(json!({ "tue": "10:00-19:00" }), base()))
            .await,
        "ok"
    );
    let (code, detail) = refusal(
        &mut fon,
        "clinic.set_opening",
        say(json!({ "mon": "08:00-20:00", "tue": "11:00-19:00", "sun": "" }), base()),
    )
    .await;
    assert_eq!(code, "changed_meanwhile");
    let side = |field: &str, yours: &str, theirs: &str, by: &str| json!({ "field": field, "yours": yours, "theirs": theirs, "by": by });
    assert_eq!(
        detail,
        json!({ "fields": [side("mon", "08:00-20:00", "10:00-20:00", "นิก7"), side("tue", "11:00-19:00", "10:00-19:00", "นิก5")] }),
        "a day on which both want the same is no conflict, and nothing of it is taken"
    );
    assert_eq!(
        (hours(&pg, A, "mon"), hours(&pg, A, "sun")),
        ("10:00-20:00".into(), String::new())
    );
}

#[tokio::test]
async fn a_day_is_closed_once_and_opened_again() {
    let pg = migrated().await;
    let (mut dao, mut fon) = (manager(&pg, 7).await, manager(&pg, 5).await);
    let (day, id) = (in_days(&pg, 30), Uuid::now_v7());
    let close = |id: Uuid, day: &str, name: &str| json!({ "id": id, "day": day, "name": name });
    assert_eq!(dao.act("clinic.close_day", close(id, &day, "วันสงกรานต์")).await, "ok");
    assert_eq!(
        fon.act("clinic.close_day", close(Uuid::now_v7(), &day, "วันสงกรานต์"))
            .await,
        "ok",
        "what was wanted is so"
    );
    let (code, detail) = refusal(&mut fon, "clinic.close_day", close(Uuid::now_v7(), &day, "ซ่อมแอร์")).await;
    assert_eq!(
        (code.as_str(), detail),
        ("day_closed_already", json!({ "name": "วันสงกรานต์", "by": "นิก7" }))
    );
    for (args, code) in [
        (close(Uuid::now_v7(), &in_days(&pg, 2_000), ""), "date_out_of_range"),
        (close(Uuid::now_v7(), &in_days(&pg, -400), ""), "date_out_of_range"),
        (close(Uuid::now_v7(), "2027-02-30", ""), "date_out_of_range"),
        (close(Uuid::now_v7(), "soon", ""), "value_not_allowed"),
        (json!({ "id": Uuid::now_v7() }), "value_not_allowed"),
        (
            close(Uuid::now_v7(), &in_days(&pg, 9), &"ก".repeat(121)),
            "text_too_long",
        ),
        (close(id, &in_days(&pg, 9), ""), "value_not_allowed"),
    ] {
        assert_eq!(dao.act("clinic.close_day", args.clone()).await, code, "{args}");
    }
    assert_eq!(closed(&pg), format!("{day} วันสงกรานต์"));
    let mut other = desk(&pg, B, 8).await;
    pg.psql(
        DB,
        &format!("update desk.staff set role = 'owner' where clinic_id = '{B}'"),
    );
    assert_eq!(other.act("clinic.open_day", json!({ "id": id })).await, "ok");
    assert_eq!(closed(&pg), format!("{day} วันสงกรานต์"), "another clinic's stays");
    assert_eq!(fon.act("clinic.open_day", json!({ "id": id })).await, "ok");
    assert_eq!(
        dao.act("clinic.open_day", json!({ "id": id })).await,
        "ok",
        "it is open, as wanted"
    );
    assert_eq!(closed(&pg), "");
}

/// A lead that came at an instant, hot at once.
fn hot_lead(pg: &PgCluster, at: &str) -> String {
    pg.psql(DB, &format!("insert into public.lead_scoring_data (clinic_id, customer_name, overall_score, lead_category, priority) values ('{A}', 'มายด์', 92, 'hot', 'high')"));
    let id = pg.psql(DB, "select id from desk.lead where name = 'มายด์'");
    pg.psql(DB, &format!("update desk.timer set facts = facts || jsonb_build_object('since', {at}), due_at = now() + interval '5 days' where facts ->> 'lead' = '{id}'"));
    id
}

#[tokio::test]
async fn the_clock_of_a_lead_follows_the_hours_and_the_closed_days() {
    let pg = migrated().await;
    let mut dao = manager(&pg, 7).await;
    // It came yesterday at noon; the clinic is open from ten to eight on every day but yesterday and today.
    let noon = "((now() at time zone 'Asia/Bangkok')::date - 1 + time '12:00') at time zone 'Asia/Bangkok'";
    let lead = hot_lead(&pg, noon);
    let due = |days: i32, time: &str| {
        let wanted =
            format!("((now() at time zone 'Asia/Bangkok')::date + {days} + time '{time}') at time zone 'Asia/Bangkok'");
        pg.psql(DB, &format!("select string_agg((due_at - {wanted})::text, ' ' order by due_at) from desk.timer where kind = 'lead.escalate' and state = 'waiting' and facts ->> 'lead' = '{lead}'"))
    };
    let all = |hours: &str| {
        WEEK.iter()
            .map(|day| (day.to_string(), json!(hours)))
            .collect::<serde_json::Map<_, _>>()
    };
    assert_eq!(
        dao.act("clinic.set_opening", say(all("10:00-20:00").into(), json!({})))
            .await,
        "ok"
    );
    assert_eq!(
        due(-1, "12:00"),
        "00:05:00 00:15:00",
        "in minutes of yesterday, which are over"
    );
    let ids = [Uuid::now_v7(), Uuid::now_v7()];
    for (nth, id) in ids.iter().enumerate() {
        let day = in_days(&pg, i32::try_from(nth).unwrap() - 1);
        assert_eq!(
            dao.act("clinic.close_day", json!({ "id": id, "day": day, "name": "ซ่อม" }))
                .await,
            "ok"
        );
    }
    assert_eq!(due(1, "10:00"), "00:05:00 00:15:00", "it stood all of two closed days");
    assert_eq!(
        dao.act("clinic.set_opening", say(all("").into(), json!({}))).await,
        "ok"
    );
    assert_eq!(due(1, "10:00"), "", "a clinic that does not open escalates nothing");
    assert_eq!(
        dao.act("clinic.set_opening", say(all("13:00-20:00").into(), json!({})))
            .await,
        "ok"
    );
    let armed = pg.psql(
        DB,
        "select count(*) from desk.timer where kind = 'lead.escalate' and state = 'waiting'",
    );
    assert_eq!(armed, "2", "and escalates again when it does");
    pg.psql(
        DB,
        &format!("update desk.lead set status = 'claimed' where id = '{lead}'"),
    );
    assert_eq!(dao.act("clinic.open_day", json!({ "id": ids[0] })).await, "ok");
    assert_eq!(due(1, "13:00"), "", "who has it is not reminded by other hours");
}

/// Does it, and answers the action's id, by which it is taken back.
async fn did(desk: &mut Desk, name: &str, args: Json) -> Uuid {
    let mutation = desk.mutation(name, args);
    let id = mutation.id;
    assert_eq!(desk.push(&[mutation]).await.unwrap()[0].code, None, "{name}");
    id
}

fn back(of: Uuid, set: &Json, wrote: &Json) -> Json {
    json!({ "id": Uuid::now_v7(), "of": of, "set": set, "base": wrote })
}

#[tokio::test]
async fn hours_go_back_once_by_who_said_them_and_only_where_they_still_stand() {
    let pg = migrated().await;
    let (mut dao, mut fon) = (manager(&pg, 7).await, manager(&pg, 5).await);
    let (was, said) = (
        json!({ "mon": "09:00-20:00", "sun": "09:00-20:00" }),
        json!({ "mon": "10:00-19:00", "sun": "" }),
    );
    let of = did(&mut dao, "clinic.set_opening", say(said.clone(), was.clone())).await;
    assert_eq!(
        fon.act("clinic.revert_opening", back(of, &was, &said)).await,
        "nothing_to_undo",
        "a colleague's"
    );
    let more = json!({ "tue": "" });
    assert_eq!(
        dao.act("clinic.revert_opening", back(of, &more, &said)).await,
        "value_not_allowed",
        "another day"
    );
    assert_eq!(dao.act("clinic.revert_opening", back(of, &was, &said)).await, "ok");
    assert_eq!(
        (hours(&pg, A, "mon").as_str(), hours(&pg, A, "sun").as_str()),
        ("09:00-20:00", "09:00-20:00")
    );
    assert_eq!(
        dao.act("clinic.revert_opening", back(of, &was, &said)).await,
        "already_undone"
    );
    let of = did(&mut dao, "clinic.set_opening", say(said.clone(), was.clone())).await;
    did(
        &mut fon,
        "clinic.set_opening",
        say(json!({ "mon": "11:00-19:00" }), json!({ "mon": "10:00-19:00" })),
    )
    .await;
    let (code, detail) = refusal(&mut dao, "clinic.revert_opening", back(of, &was, &said)).await;
    assert_eq!(
        (code.as_str(), &detail["fields"][0]["theirs"]),
        ("changed_meanwhile", &json!("11:00-19:00"))
    );
    assert_eq!(
        (hours(&pg, A, "mon").as_str(), hours(&pg, A, "sun").as_str()),
        ("11:00-19:00", ""),
        "all of it or nothing"
    );
    is(&pg, &dao, "front_desk");
    let of_sunday = back(of, &json!({ "sun": "09:00-20:00" }), &said);
    assert_eq!(dao.act("clinic.revert_opening", of_sunday).await, "role_not_allowed");
}

#[tokio::test]
async fn a_closed_day_is_taken_back_both_ways() {
    let pg = migrated().await;
    let (mut dao, mut fon) = (manager(&pg, 7).await, manager(&pg, 5).await);
    let (row, day) = (Uuid::now_v7(), in_days(&pg, 30));
    let close = |row: Uuid| json!({ "id": row, "day": day, "name": "ซ่อมแอร์" });
    let of = did(&mut dao, "clinic.close_day", close(row)).await;
    let twice = did(&mut fon, "clinic.close_day", close(Uuid::now_v7())).await;
    assert_eq!(
        fon.act("clinic.unclose_day", json!({ "id": row, "of": twice })).await,
        "ok"
    );
    assert_eq!(closed(&pg), format!("{day} ซ่อมแอร์"), "it was the other one's already");
    assert_eq!(
        dao.act("clinic.unclose_day", json!({ "id": row, "of": of })).await,
        "ok"
    );
    assert_eq!(closed(&pg), "");
    did(&mut dao, "clinic.close_day", close(row)).await;
    let of = did(&mut fon, "clinic.open_day", json!({ "id": row })).await;
    let again = json!({ "id": row, "of": of, "day": day, "name": "ซ่อมแอร์" });
    assert_eq!(fon.act("clinic.reclose_day", again.clone()).await, "ok");
    assert_eq!(closed(&pg), format!("{day} ซ่อมแอร์"));
    assert_eq!(fon.act("clinic.reclose_day", again).await, "already_undone");
    let of = did(&mut fon, "clinic.open_day", json!({ "id": row })).await;
    did(
        &mut dao,
        "clinic.close_day",
        json!({ "id": Uuid::now_v7(), "day": day, "name": "ทาสี" }),
    )
    .await;
    let again = json!({ "id": row, "of": of, "day": day, "name": "ซ่อมแอร์" });
    assert_eq!(fon.act("clinic.reclose_day", again).await, "day_closed_already");
}
