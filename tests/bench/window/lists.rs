//! The board with 5,000 open journeys and the lists with 2,000 tasks, in the real window: from the key that opens each to its painted rows, and from the key that
//! moves a card or closes a task to where that shows; after that, without a line, the counter. Each beside its bar, and against a frame that paints next to
//! nothing, of the same run.

use std::time::Instant;

use desk_clinic::demo::{Into, fill};
use desk_clinic::staff::{self, NewStaff};
use desk_core::{demo::Demo, journey::Stage};
use desk_tests::harness::{desk::Desk, pg::PgCluster};
use serde_json::{Value, json};
use thirtyfour::{By, Key};

use crate::clinic_support::{DB, admin, migrated};
use crate::e2e_support::{call, connect, ctrl, find, gone, key, press, screen, type_keys};
use crate::{against, counter, desk, keys, report};

const JOURNEYS: usize = 5_000;
const TASKS: usize = 2_000;
/// How often each is asked.
const TIMES: usize = 8;

/// Milliseconds: from a key to the first rows, and to what it changed (board, tasks, Today).
const FIRST_PAINT: f64 = 150.0;
const CHANGED: f64 = 80.0;

pub async fn measure() {
    let mut pg = migrated().await;
    let begun = Instant::now();
    let code = clinic(&pg).await;
    counter::prepare(&pg);
    println!(
        "\nlists: {JOURNEYS} open journeys and {TASKS} open tasks written in {:.1?}",
        begun.elapsed()
    );
    let mut pc = desk();
    pc.start(&[]).await;
    connect(&pc, &code, "PC-A").await;
    pc.window().execute(keys::WATCH, vec![]).await.unwrap();
    let frames = keys::frames(&pc).await;
    report("the floor: a frame with a box of ten pixels", &frames);
    report("a command that reads nothing, and its answer", &trips(&pc).await);
    let first = async |place: &str| first_paints(&pc, place).await;
    against(
        "the board's first paint",
        FIRST_PAINT,
        &first("journeys").await,
        &frames,
    );
    report("of that, nine columns asked for and answered", &questions(&pc).await);
    moves(&pc, &frames).await;
    against("the tasks' first paint", FIRST_PAINT, &first("tasks").await, &frames);
    against("a task closed", CHANGED, &closings(&pc, "tasks").await, &frames);
    against("Today's first paint", FIRST_PAINT, &first("today").await, &frames);
    against(
        "a task closed in Today",
        CHANGED,
        &closings(&pc, "today").await,
        &frames,
    );
    counter::measure(&pc, &mut pg, &frames).await;
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
pub async fn watch(pc: &Desk, name: &str, css: &str) {
    let script = "window.bench.watch(arguments[0], arguments[1])";
    pc.window()
        .execute(script, vec![Value::from(name), Value::from(css)])
        .await
        .unwrap();
}

/// Any row; on Today one of the thousands.
const ROWS: &str = ":is([data-column] [data-row-id], [data-row-kind=task])";

async fn open(pc: &Desk, place: &str) {
    match place {
        "tasks" => key(pc, Key::F4).await,
        "today" => ctrl(pc, '1').await,
        _ => ctrl(pc, '5').await,
    }
    screen(pc, place).await;
}

/// From the key of a place to its painted rows, each time from the settings, where nothing is to be read.
async fn first_paints(pc: &Desk, place: &str) -> Vec<f64> {
    let mut times = vec![];
    for nth in 0..TIMES {
        ctrl(pc, '0').await;
        screen(pc, "settings").await;
        let name = format!("{place}{nth}");
        watch(pc, &name, &format!("[data-screen={place}] {}", ROWS)).await;
        open(pc, place).await;
        times.push(keys::at(pc, &name).await);
    }
    times
}

/// Only asking for the board and reading the answer, as the page does.
async fn questions(pc: &Desk) -> Vec<f64> {
    let window = |stage: &Stage| json!({ "stage": stage, "from": 0, "to": 13 });
    let windows: Vec<Value> = Stage::ALL.iter().map(window).collect();
    asked(pc, "journey_board", &board(&windows)).await
}

fn board(windows: &[Value]) -> Value {
    json!({ "whose": "everyone", "onlyOver": false, "service": null, "windows": windows, "select": null, "isFollowed": false })
}

/// Asking what is in memory.
async fn trips(pc: &Desk) -> Vec<f64> {
    asked(pc, "display_standing", &json!({})).await
}

/// Milliseconds from a question to its answer, as the page sees it.
async fn asked(pc: &Desk, command: &str, request: &Value) -> Vec<f64> {
    let ask = format!(
        "const done = arguments[0], took = [], request = {request};
        (async () => {{
            for (let nth = 0; nth < 20; nth += 1) {{
                const since = performance.now();
                await window.__TAURI_INTERNALS__.invoke('{command}', {{ request }});
                took.push(performance.now() - since);
            }}
            done(took);
        }})();"
    );
    keys::answer(pc, &ask).await
}

/// In the page: how long after the last key each command was answered. Tauri asks through `fetch`.
const CALLS: &str = "window.bench.calls ??= (() => {
    const { fetch } = window, calls = [];
    window.fetch = (url, ...rest) => {
        const since = bench.key;
        const answer = fetch(url, ...rest);
        const note = () => calls.push({ name: String(url).split('/').at(-1), since, took: performance.now() - since });
        answer.then(note, note);
        return answer;
    };
    return calls;
})();";

/// How long after the last key a command was answered, if it was asked.
async fn answered(pc: &Desk, command: &str) -> Option<f64> {
    let script = format!(
        "arguments[0](bench.calls.find(({{ name, since }}) => name === '{command}' && since === bench.key)?.took ?? null)"
    );
    keys::answer(pc, &script).await
}

/// From the digit that moves a card to the card in its new stage.
async fn moves(pc: &Desk, frames: &[f64]) {
    pc.window().execute(CALLS, vec![]).await.unwrap();
    let mut answers = [vec![], vec![]];
    ctrl(pc, '5').await;
    screen(pc, "journeys").await;
    let mut times = vec![];
    for nth in 0..TIMES {
        let first = json!({ "stage": "treatment_scheduled", "from": 0, "to": 1 });
        let found = call(pc, "journey_board", board(&[first])).await;
        let id = found["columns"][0]["cards"][0]["id"].as_str().unwrap().to_owned();
        press(pc, &format!("[data-column=treatment_scheduled] [data-row-id=\"{id}\"]")).await;
        type_keys(pc, "m").await;
        find(pc, "[data-dialog=journey-move] [data-option=start_treatment]").await;
        let name = format!("moved{nth}");
        watch(pc, &name, &format!("[data-column=in_treatment] [data-row-id=\"{id}\"]")).await;
        type_keys(pc, "1").await;
        times.push(keys::at(pc, &name).await);
        for (answers, command) in answers.iter_mut().zip(["journey_move", "journey_board"]) {
            answers.extend(answered(pc, command).await);
        }
        gone(pc, "dialog[open]").await;
        key(pc, Key::Home).await;
    }
    against("a card moved", CHANGED, &times, frames);
    let [saved, read] = &answers;
    report("of that, until the move is on the disk", saved);
    report("of that, until its two columns are read", read);
}

/// From the Enter that closes a task to the list without it: in the middle of the list, where rows before and after it stay.
async fn closings(pc: &Desk, place: &str) -> Vec<f64> {
    open(pc, place).await;
    let list = format!("[data-screen={place}]");
    find(pc, &format!("{list} {ROWS}")).await;
    let selected = format!("{list} [data-row-kind=task][aria-selected=true]");
    while pc.window().find(By::Css(&selected)).await.is_err() {
        key(pc, Key::PageDown).await;
    }
    let mut times = vec![];
    for nth in 0..TIMES {
        let row = find(pc, &selected).await;
        let id = row.attr("data-row-id").await.unwrap().unwrap();
        type_keys(pc, "d").await;
        find(pc, "dialog[open]").await;
        let name = format!("closed{place}{nth}");
        watch(pc, &name, &format!("{list}:not(:has([data-row-id=\"{id}\"]))")).await;
        key(pc, Key::Enter).await;
        times.push(keys::at(pc, &name).await);
        gone(pc, "dialog[open]").await;
    }
    times
}
