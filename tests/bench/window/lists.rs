//! The board with 5,000 open journeys and the list with 2,000 tasks, in the real window: from the key that opens each to its painted rows, and from the key that
//! moves a card or closes a task to where that shows. Against the frame that paints next to nothing, of the same run.

use std::time::Instant;

use desk_clinic::demo::{Into, fill};
use desk_clinic::staff::{self, NewStaff};
use desk_core::demo::Demo;
use desk_tests::harness::{desk::Desk, pg::PgCluster};
use serde_json::{Value, json};
use thirtyfour::Key;

use crate::clinic_support::{DB, admin, migrated};
use crate::e2e_support::{call, connect, ctrl, find, gone, key, press, screen, type_keys};
use crate::{desk, keys, ratio, report};

const JOURNEYS: usize = 5_000;
const TASKS: usize = 2_000;
/// How often each is asked.
const TIMES: usize = 8;

pub async fn measure() {
    let pg = migrated().await;
    let begun = Instant::now();
    let code = clinic(&pg).await;
    println!(
        "\nlists: {JOURNEYS} open journeys and {TASKS} open tasks written in {:.1?}",
        begun.elapsed()
    );
    let mut pc = desk();
    pc.start(&[]).await;
    connect(&pc, &code, "PC-A").await;
    pc.window().execute(keys::WATCH, vec![]).await.unwrap();
    let frames = keys::frames(&pc).await;
    report("a frame with a box of ten pixels", &frames);
    for (what, times) in [
        ("the board's first paint", first_paints(&pc, "journeys").await),
        ("of that, the question and its answer", questions(&pc).await),
        ("a card moved", moves(&pc).await),
        ("the tasks' first paint", first_paints(&pc, "tasks").await),
        ("a task closed", closings(&pc).await),
    ] {
        report(what, &times);
        ratio(&format!("{what} against that frame"), &times, &frames);
    }
    pc.kill();
}

/// A clinic of that size, and a code for the person at its front desk, whose tasks they are.
async fn clinic(pg: &PgCluster) -> String {
    let demo = Demo::new(2569, 2_000, "2026-10-01".parse().unwrap());
    let made = fill(&mut admin(pg).await, Into::New("lists"), &demo).await.unwrap();
    let who = &made.people[0].email;
    let person = format!("(select id from public.users where email = '{who}')");
    let place = format!("(select clinic_id from desk.staff where person_id = {person} limit 1)");
    pg.psql(DB, &format!("insert into public.workflow_states (clinic_id, customer_id, current_stage, assigned_sales_id, treatment_plan)
        select c.clinic_id, c.id, (array['scanned', 'proposal_sent', 'payment_confirmed', 'treatment_scheduled', 'in_treatment', 'treatment_completed', 'follow_up'])[n % 7 + 1], {person},
          jsonb_build_object('name', 'บริการ ' || n % 12, 'totalAmount', 1000)
        from (select x.*, row_number() over () + 2000 * g as n from public.customers x, generate_series(0, 2) g where x.clinic_id = {place}) c limit {JOURNEYS}"));
    pg.psql(DB, &format!("insert into public.task_queue (workflow_id, assigned_to, task_type, title, due_date)
        select w.id, {person}, 'customer_follow_up', 'โทรติดตาม ' || row_number() over (), now() + row_number() over () * interval '1 minute'
        from public.workflow_states w where w.clinic_id = {place} and w.current_stage <> 'completed' limit {TASKS}"));
    let new = NewStaff {
        clinic: made.prefix,
        user: who.clone(),
        create: false,
        nickname: None,
        display_name: None,
        role: None,
        valid_minutes: 60,
        host: "127.0.0.1".into(),
        port: pg.port(),
        database: DB.into(),
        ca: None,
    };
    staff::add(&mut admin(pg).await, &new).await.unwrap().code()
}

/// Waits in the page for `css` from the next key on, under a name of its own.
async fn watch(pc: &Desk, name: &str, css: &str) {
    let script = "window.bench.watch(arguments[0], arguments[1])";
    pc.window()
        .execute(script, vec![Value::from(name), Value::from(css)])
        .await
        .unwrap();
}

/// From the key of a place to its painted rows, each time from the settings, where nothing is to be read.
async fn first_paints(pc: &Desk, place: &str) -> Vec<f64> {
    let mut times = vec![];
    for nth in 0..TIMES {
        ctrl(pc, '0').await;
        screen(pc, "settings").await;
        let name = format!("{place}{nth}");
        watch(pc, &name, &format!("[data-screen={place}] [data-row-id]")).await;
        match place {
            "tasks" => key(pc, Key::F4).await,
            _ => ctrl(pc, '5').await,
        }
        times.push(keys::at(pc, &name).await);
    }
    times
}

/// Only asking for the board and reading the answer, as the page does.
async fn questions(pc: &Desk) -> Vec<f64> {
    let ask = "const done = arguments[0], took = [], request = { whose: 'everyone', onlyOver: false, service: null, most: 30, select: null };
        (async () => {
            for (let nth = 0; nth < 8; nth += 1) {
                const since = performance.now();
                await window.__TAURI_INTERNALS__.invoke('journey_board', { request });
                took.push(performance.now() - since);
            }
            done(took);
        })();";
    keys::answer(pc, ask).await
}

/// From the digit that moves a card to the card in its new stage.
async fn moves(pc: &Desk) -> Vec<f64> {
    ctrl(pc, '5').await;
    screen(pc, "journeys").await;
    let mut times = vec![];
    for nth in 0..TIMES {
        let ask = json!({ "whose": "everyone", "onlyOver": false, "service": null, "most": 2, "select": null });
        let board = call(pc, "journey_board", ask).await;
        let column = board["columns"]
            .as_array()
            .unwrap()
            .iter()
            .find(|column| column["stage"] == "treatment_scheduled");
        let id = column.unwrap()["cards"][0]["id"].as_str().unwrap().to_owned();
        press(pc, &format!("[data-column=treatment_scheduled] [data-row-id=\"{id}\"]")).await;
        type_keys(pc, "m").await;
        find(pc, "[data-dialog=journey-move] [data-option=start_treatment]").await;
        let name = format!("moved{nth}");
        watch(pc, &name, &format!("[data-column=in_treatment] [data-row-id=\"{id}\"]")).await;
        type_keys(pc, "1").await;
        times.push(keys::at(pc, &name).await);
        gone(pc, "dialog[open]").await;
        key(pc, Key::Home).await;
    }
    times
}

/// From the Enter that closes a task to the list without it.
async fn closings(pc: &Desk) -> Vec<f64> {
    key(pc, Key::F4).await;
    screen(pc, "tasks").await;
    let mut times = vec![];
    for nth in 0..TIMES {
        let row = find(pc, "[data-screen=tasks] [data-row-id][aria-selected=true]").await;
        let id = row.attr("data-row-id").await.unwrap().unwrap();
        type_keys(pc, "d").await;
        find(pc, "dialog[open]").await;
        let name = format!("closed{nth}");
        watch(
            pc,
            &name,
            &format!("[data-screen=tasks]:not(:has([data-row-id=\"{id}\"]))"),
        )
        .await;
        key(pc, Key::Enter).await;
        times.push(keys::at(pc, &name).await);
        gone(pc, "dialog[open]").await;
    }
    times
}
