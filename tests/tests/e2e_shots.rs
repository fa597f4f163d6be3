//! The pictures of the README, taken of the real window on the demo clinic: every screen in Thai and English. `make shots`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod e2e_support;

use std::path::PathBuf;

use desk_tests::harness::desk::Desk;
use e2e_support::{
    ask_customer, call, ctrl, find, gone, key, open_card, other_window, press, screen, settings, tour, unlock,
};
use serde_json::json;
use thirtyfour::Key;

fn picture(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../src-tauri/docs/pictures");
    std::fs::create_dir_all(&folder).unwrap();
    folder.join(format!("{name}.png"))
}

/// Two frames after the last change nothing moves any more: then the picture is what a person sees.
async fn shoot(desk: &Desk, name: &str) {
    let rest = "const done = arguments[0];
        const look = () => requestAnimationFrame(() => requestAnimationFrame(() => {
            const moves = document.getAnimations().some((one) => one.playState === 'running');
            const waits = document.documentElement.dataset.ready !== 'true' || document.fonts.status !== 'loaded';
            if (moves || waits) look(); else done(true);
        }));
        setTimeout(look, 250);";
    desk.window().execute_async(rest, vec![]).await.unwrap();
    desk.window().save_picture(&picture(name)).await;
}

/// The customer's own screen, while it asks.
async fn shoot_display(desk: &Desk) {
    open_card(desk, "ploy").await;
    ask_customer(desk).await;
    for language in ["en", "th"] {
        settings(desk, json!({ "language": language })).await;
        let counter = other_window(desk).await;
        find(desk, &format!("html[lang={language}] [data-answer=yes]")).await;
        desk.window()
            .save_picture(&picture(&format!("display.{language}")))
            .await;
        desk.window().switch_to_window(counter).await.unwrap();
    }
    call(desk, "display_close", json!({})).await;
    key(desk, Key::Escape).await;
    gone(desk, "dialog[open]").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "writes pictures; run by make shots"]
async fn every_screen_in_both_languages() {
    let mut desk = Desk::new();
    // Painted plainly, as the program chooses on a machine without a graphics card, WebKit's driver waits for ever for its picture.
    desk.set("WEBKIT_DISABLE_COMPOSITING_MODE", "0");
    desk.start(&[]).await;
    screen(&desk, "first-start").await;
    for language in ["th", "en"] {
        settings(&desk, json!({ "language": language, "theme": "light" })).await;
        shoot(&desk, &format!("first-start.{language}")).await;
    }
    press(&desk, "[data-action=\"demo\"]").await;
    screen(&desk, "lock").await;
    for language in ["en", "th"] {
        settings(&desk, json!({ "language": language, "theme": "light" })).await;
        shoot(&desk, &format!("lock.{language}")).await;
    }
    unlock(&desk, "2468").await;
    for language in ["th", "en"] {
        settings(
            &desk,
            json!({ "language": language, "theme": "light", "scale": 100, "autoLockMinutes": 60 }),
        )
        .await;
        tour(&desk, async |name| shoot(&desk, &format!("{name}.{language}")).await).await;
    }
    shoot_display(&desk).await;
    settings(&desk, json!({ "language": "th", "theme": "dark" })).await;
    ctrl(&desk, '1').await;
    screen(&desk, "today").await;
    shoot(&desk, "today.dark").await;
    settings(&desk, json!({ "theme": "light", "scale": 150 })).await;
    shoot(&desk, "today.150").await;
    settings(&desk, json!({ "scale": 100 })).await;
    key(&desk, Key::F12).await;
    shoot_for_managers(&desk).await;
}

/// What only those see who answer for the clinic.
async fn shoot_for_managers(desk: &Desk) {
    screen(desk, "lock").await;
    press(desk, "[data-person=\"ดาว\"]").await;
    unlock(desk, "9753").await;
    press(desk, "[data-place=\"loyalty\"]").await;
    find(desk, "[data-figure=\"liability\"]").await;
    for language in ["th", "en"] {
        settings(
            desk,
            json!({ "language": language, "theme": "light", "autoLockMinutes": 60 }),
        )
        .await;
        shoot(desk, &format!("loyalty.{language}")).await;
    }
}
