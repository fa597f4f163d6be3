//! A person at the real window: keys pressed, fields filled, texts read.
#![allow(dead_code)] // each test file uses its own part

use std::{path::PathBuf, time::Duration};

use desk_tests::harness::{
    desk::Desk,
    wait::{eventually, secs},
};
use serde_json::{Value, json};
use thirtyfour::{By, Key, WebElement, WindowHandle};

/// How long anything may take before a test gives up on it: machines here are slow and shared.
pub const LONG: Duration = Duration::from_secs(40);

/// Waits for a screen, `data-screen="…"`.
pub async fn screen(desk: &Desk, name: &str) {
    find(desk, &format!("[data-screen=\"{name}\"]")).await;
}

/// Waits for an element.
pub async fn find(desk: &Desk, css: &str) -> WebElement {
    eventually(format!("{css} in the window"), LONG, async || {
        desk.window().find(By::Css(css)).await.ok()
    })
    .await
}

/// Waits until an element is gone.
pub async fn gone(desk: &Desk, css: &str) {
    eventually(format!("{css} leaves the window"), LONG, async || {
        desk.window().find(By::Css(css)).await.is_err().then_some(())
    })
    .await;
}

/// Waits for an element and presses it.
pub async fn press(desk: &Desk, css: &str) {
    eventually(format!("{css} can be pressed"), LONG, async || {
        desk.window().find(By::Css(css)).await.ok()?.click().await.ok()
    })
    .await;
}

/// Fills a field.
pub async fn fill(desk: &Desk, name: &str, text: &str) {
    find(desk, &format!("[name=\"{name}\"]"))
        .await
        .send_keys(text)
        .await
        .unwrap();
}

/// Types where the caret is, or at the screen.
pub async fn type_keys(desk: &Desk, keys: impl AsRef<str>) {
    let chain = desk.window().action_chain().send_keys(keys.as_ref());
    chain.perform().await.unwrap();
}

/// Presses one key.
pub async fn key(desk: &Desk, key: Key) {
    type_keys(desk, key.value().to_string()).await;
}

/// Presses a key with Ctrl held.
pub async fn ctrl(desk: &Desk, letter: char) {
    let chain = desk
        .window()
        .action_chain()
        .key_down(Key::Control)
        .send_keys(letter.to_string())
        .key_up(Key::Control);
    chain.perform().await.unwrap();
}

/// Presses a key with Alt held.
pub async fn alt(desk: &Desk, key: char) {
    let chain = desk
        .window()
        .action_chain()
        .key_down(Key::Alt)
        .send_keys(key.to_string());
    chain.key_up(Key::Alt).perform().await.unwrap();
}

/// Presses a key with Shift held.
pub async fn shift(desk: &Desk, key: Key) {
    let chain = desk
        .window()
        .action_chain()
        .key_down(Key::Shift)
        .send_keys(key.value().to_string());
    chain.key_up(Key::Shift).perform().await.unwrap();
}

/// Calls a command as the window does, for set-up that is not what a test is about.
pub async fn call(desk: &Desk, command: &str, request: Value) -> Value {
    let script = "const [name, request, done] = arguments;
        window.__TAURI_INTERNALS__.invoke(name, { request }).then((value) => done({ value }), (error) => done({ error }));";
    let answer = desk
        .window()
        .execute_async(script, vec![json!(command), request])
        .await
        .unwrap();
    let answer = answer.json().clone();
    assert!(answer.get("error").is_none(), "{command}: {answer}");
    answer.get("value").cloned().unwrap_or_default()
}

/// Changes some settings of the signed-in person.
pub async fn settings(desk: &Desk, changes: Value) {
    let mut settings = call(desk, "settings", json!({})).await;
    for (name, value) in changes.as_object().unwrap() {
        settings[name] = value.clone();
    }
    call(desk, "settings_set", json!({ "settings": settings })).await;
}

/// Unlocks as the person who is selected.
pub async fn unlock(desk: &Desk, pin: &str) {
    screen(desk, "lock").await;
    type_keys(desk, pin).await;
    screen(desk, "today").await;
}

/// Connects a new PC with a code, as a person does: paste, next, PIN twice, a name, connect.
pub async fn connect(desk: &Desk, code: &str, device: &str) {
    screen(desk, "first-start").await;
    fill(desk, "code", code).await;
    press(desk, "[data-action=\"next\"]").await;
    fill(desk, "pin", "2468").await;
    fill(desk, "pin-again", "2468").await;
    let name = find(desk, "[name=\"device\"]").await;
    name.clear().await.unwrap();
    name.send_keys(device).await.unwrap();
    press(desk, "[data-action=\"connect\"]").await;
    screen(desk, "today").await;
    // The tests run at any hour: quiet hours must not hold their toasts.
    settings(desk, json!({ "quiet": false })).await;
}

/// Waits until the desk has nothing waiting and is online.
pub async fn agreed(desk: &Desk) {
    eventually("desk and clinic agree", LONG, async || {
        let state = call(desk, "sync_state", json!({})).await;
        let is_empty = state["waiting"].as_array().is_some_and(Vec::is_empty);
        (state["mode"] == "online" && is_empty).then_some(())
    })
    .await;
}

/// Waits until the window can be read to say this.
pub async fn see(desk: &Desk, text: &str) {
    desk.window().see(text, secs(40)).await;
}

/// What an element says.
pub async fn text_of(desk: &Desk, css: &str) -> String {
    find(desk, css).await.text().await.unwrap()
}

/// Waits until an element says this.
pub async fn says(desk: &Desk, css: &str, text: &str) {
    eventually(format!("{css} says {text}"), LONG, async || {
        let said = desk.window().find(By::Css(css)).await.ok()?.text().await.ok()?;
        said.contains(text).then_some(())
    })
    .await;
}

/// What axe finds on the screen as it is: rule and element.
pub async fn found_by_axe(desk: &Desk) -> Vec<String> {
    let axe = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../ui/node_modules/axe-core/axe.min.js");
    let source = std::fs::read_to_string(axe).expect("axe-core is installed by make test");
    let run = "const done = arguments[0];
        const rest = () => document.getAnimations().some((one) => one.playState !== 'finished') ? setTimeout(rest, 50) : look();
        const look = () => axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })
            .then(({ violations }) => done(violations.flatMap((one) => one.nodes.map((node) => one.id + ' ' + node.html.slice(0, 160)))));
        setTimeout(rest, 400);";
    desk.window()
        .execute(format!("{source};window.axe = axe;"), vec![])
        .await
        .unwrap();
    strings(desk.window().execute_async(run, vec![]).await.unwrap().json())
}

/// Texts that the page answered.
pub fn strings(list: &Value) -> Vec<String> {
    list.as_array()
        .unwrap()
        .iter()
        .map(|text| text.as_str().unwrap().to_owned())
        .collect()
}

/// A new PC of whoever has this code, in their language.
pub async fn counter(code: String, device: &str, language: &str) -> Desk {
    let mut desk = Desk::new();
    desk.start(&[]).await;
    connect(&desk, &code, device).await;
    settings(&desk, json!({ "language": language })).await;
    agreed(&desk).await;
    desk
}

/// Opens a customer's card by searching.
pub async fn open_card(desk: &Desk, typed: &str) {
    ctrl(desk, 'k').await;
    find(desk, "dialog[open] input").await;
    type_keys(desk, typed).await;
    find(desk, "dialog[open] [data-row-id]").await;
    key(desk, Key::Enter).await;
    screen(desk, "card").await;
}

/// With a card open, asks the customer on a screen of their own whether 50 points are to be spent.
pub async fn ask_customer(desk: &Desk) {
    call(desk, "display_open", json!({})).await;
    type_keys(desk, "r").await;
    find(desk, "[data-dialog=redeem]").await;
    type_keys(desk, "50").await;
    press(desk, "[data-action=save]:enabled").await;
    find(desk, "[data-asking]").await;
}

/// Switches to the window that is not this one.
pub async fn other_window(desk: &Desk) -> WindowHandle {
    let here = desk.window().window().await.unwrap();
    let there = eventually("a second window", LONG, async || {
        let all = desk.window().windows().await.ok()?;
        all.into_iter().find(|window| *window != here)
    })
    .await;
    desk.window().switch_to_window(there).await.unwrap();
    here
}

/// Walks through every screen of the demo clinic by keyboard and hands each to `visit` when it shows what it is for.
pub async fn tour(desk: &Desk, mut visit: impl AsyncFnMut(&str)) {
    ctrl(desk, '1').await;
    screen(desk, "today").await;
    find(desk, "[data-screen=\"today\"] [data-row-id]").await;
    visit("today").await;
    key(desk, Key::F3).await;
    find(desk, "[data-screen=\"agenda\"] [data-row-id]").await;
    visit("agenda").await;
    key(desk, Key::F4).await;
    find(desk, "[data-screen=\"tasks\"] [data-row-id]").await;
    visit("tasks").await;
    key(desk, Key::F6).await;
    find(desk, "[data-screen=\"leads\"] [data-row-id]").await;
    visit("leads").await;
    press(desk, "[data-place=\"journeys\"]").await;
    find(desk, "[data-screen=\"journeys\"] [data-row-id]").await;
    visit("journeys").await;
    tour_of_the_card(desk, &mut visit).await;
    key(desk, Key::F2).await;
    find(desk, "dialog[open]").await;
    visit("new-customer").await;
    key(desk, Key::Escape).await;
    gone(desk, "dialog[open]").await;
    tour_of_what_points_buy(desk, &mut visit).await;
    for name in ["notifications", "sync", "settings"] {
        press(desk, &format!("[data-place=\"{name}\"]")).await;
        screen(desk, name).await;
        visit(name).await;
    }
    key(desk, Key::F1).await;
    find(desk, "dialog[open]").await;
    visit("keys").await;
    key(desk, Key::Escape).await;
    gone(desk, "dialog[open]").await;
}

async fn tour_of_the_card(desk: &Desk, visit: &mut impl AsyncFnMut(&str)) {
    ctrl(desk, 'k').await;
    find(desk, "dialog[open] input").await;
    type_keys(desk, "ploy").await;
    find(desk, "dialog[open] [data-row-id]").await;
    visit("search").await;
    key(desk, Key::Enter).await;
    screen(desk, "card").await;
    visit("card").await;
    key(desk, Key::F9).await;
    find(desk, "dialog[open]").await;
    type_keys(desk, "1999").await;
    visit("payment").await;
    key(desk, Key::Escape).await;
    gone(desk, "dialog[open]").await;
    for (pressed, name) in [
        ("r", "redeem"),
        ("g", "give-points"),
        ("f", "friends"),
        ("q", "member-card"),
    ] {
        type_keys(desk, pressed).await;
        find(desk, &format!("[data-dialog=\"{name}\"]")).await;
        visit(name).await;
        key(desk, Key::Escape).await;
        gone(desk, "dialog[open]").await;
    }
}

async fn tour_of_what_points_buy(desk: &Desk, visit: &mut impl AsyncFnMut(&str)) {
    key(desk, Key::F7).await;
    find(desk, "[data-screen=\"rewards\"] [data-row-id]").await;
    visit("rewards").await;
    alt(desk, '2').await;
    find(desk, "[data-screen=\"rewards\"] [data-detail=\"achievement\"]").await;
    visit("achievements").await;
}
