//! Ctrl Z in the real window: what was done goes back and is named, and the undo of typing stays the field's own.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod e2e_support;

use desk_tests::harness::{desk::Desk, wait::eventually};
use e2e_support::{LONG, call, ctrl, find, gone, key, press, screen, see, type_keys, unlock};
use serde_json::json;
use thirtyfour::Key;

async fn open_tasks(desk: &Desk) -> usize {
    let list = call(desk, "task_list", json!({ "whose": "mine", "state": "open" })).await;
    list["ids"].as_array().unwrap().len()
}

/// A person who wants to see it: `AURA_UNDO_PICTURES=/tmp/undo cargo nextest run -p desk-tests --test e2e_undo`.
async fn picture(desk: &Desk, name: &str) {
    if let Some(folder) = std::env::var_os("AURA_UNDO_PICTURES") {
        let path = std::path::Path::new(&folder).join(format!("{name}.png"));
        desk.window().save_picture(&path).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_goes_back_and_is_named_and_a_field_keeps_its_own_undo() {
    let mut desk = Desk::new();
    desk.start(&[]).await;
    press(&desk, "[data-action=\"demo\"]").await;
    unlock(&desk, "2468").await;
    key(&desk, Key::F4).await;
    screen(&desk, "tasks").await;
    find(&desk, "[data-screen=\"tasks\"] [data-row-id]").await;
    let before = open_tasks(&desk).await;
    type_keys(&desk, "d").await;
    find(&desk, "[data-dialog=\"complete\"]").await;
    key(&desk, Key::Enter).await;
    find(&desk, "[data-toast] [data-action=\"undo\"]").await;
    find(&desk, "footer [data-undo]").await;
    assert_eq!(open_tasks(&desk).await, before - 1);
    picture(&desk, "offered").await;

    // In a field Ctrl Z is left to the engine: WebDriver's keys reach the page, not the engine's own editing, so that is all there is to see.
    type_keys(&desk, "n").await;
    find(&desk, "[data-dialog=\"note\"] textarea").await;
    type_keys(&desk, "abc").await;
    let listen = "addEventListener('keydown', (event) => { if (event.code === 'KeyZ') window.isLeft = !event.defaultPrevented; });";
    desk.window().execute(listen, vec![]).await.unwrap();
    ctrl(&desk, 'z').await;
    eventually("the key is left to the field", LONG, async || {
        let left = desk
            .window()
            .execute("return window.isLeft === true", vec![])
            .await
            .ok()?;
        left.json().as_bool()?.then_some(())
    })
    .await;
    key(&desk, Key::Escape).await;
    gone(&desk, "dialog[open]").await;
    assert_eq!(open_tasks(&desk).await, before - 1);

    ctrl(&desk, 'z').await;
    see(&desk, "ย้อน: ปิดงาน").await;
    gone(&desk, "footer [data-undo]").await;
    assert_eq!(open_tasks(&desk).await, before);
    picture(&desk, "undone").await;
    ctrl(&desk, 'z').await;
    see(&desk, "ไม่มีอะไรให้ย้อน").await;
    picture(&desk, "nothing").await;
}
