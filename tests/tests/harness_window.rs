//! The harness drives a real window: here WebKitGTK's own small browser, so that a fault of the harness is not taken for one of the program.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

use std::path::PathBuf;

use desk_tests::harness::desk::Desk;
use desk_tests::harness::wait::{secs, wait_until};
use thirtyfour::By;

/// Part of the libraries that the program itself needs.
fn small_browser() -> PathBuf {
    let folders = std::fs::read_dir("/usr/lib")
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut found = folders
        .map(|folder| folder.join("webkit2gtk-4.1/MiniBrowser"))
        .filter(|file| file.is_file());
    found
        .next()
        .expect("MiniBrowser is missing: apt-get install libwebkit2gtk-4.1-0")
}

/// A PC with a page whose button says that it was pressed.
fn desk() -> (Desk, String) {
    let desk = Desk::with_app(small_browser());
    let page = desk.home().join("page.html");
    let button = "<button id=b onclick='document.body.append(\"กดแล้ว\")'>ลองกด</button>";
    std::fs::write(
        &page,
        format!("<!doctype html><meta charset=utf-8><title>Page</title>{button}"),
    )
    .unwrap();
    (desk, format!("file://{}", page.display()))
}

#[tokio::test]
async fn a_button_is_pressed_and_a_picture_taken() {
    let (mut desk, page) = desk();
    let window = desk.start(&["--automation"]).await;
    window.goto(&page).await.unwrap();
    window.find(By::Id("b")).await.unwrap().click().await.unwrap();
    window.see("กดแล้ว", secs(5)).await;
    let has_focus = window.execute("return document.hasFocus()", Vec::new()).await.unwrap();
    assert_eq!(has_focus.json(), &serde_json::Value::Bool(true));
    let png = desk.home().join("window.png");
    desk.window().save_picture(&png).await;
    assert!(std::fs::read(png).unwrap().starts_with(b"\x89PNG"));
}

#[tokio::test]
async fn a_killed_program_starts_again_on_the_same_pc() {
    let (mut desk, page) = desk();
    let first = desk.start(&["--automation"]).await.pid().unwrap();
    assert!(desk.window().memory() > 10_000_000);
    desk.kill();
    wait_until("its end", secs(5), || {
        std::fs::read_link(format!("/proc/{first}/exe")).is_err().then_some(())
    });
    desk.start(&["--automation"]).await.goto(&page).await.unwrap();
    assert_ne!(desk.window().pid().unwrap(), first);
}

#[tokio::test]
async fn the_close_button_ends_the_program() {
    let (mut desk, page) = desk();
    desk.start(&["--automation"]).await.goto(&page).await.unwrap();
    desk.close();
}

#[tokio::test]
async fn two_pcs_know_nothing_of_each_other() {
    let [(mut one, page), (mut two, _)] = [desk(), desk()];
    tokio::join!(one.start(&["--automation"]), two.start(&["--automation"]));
    one.window().goto(&page).await.unwrap();
    one.window().see("ลองกด", secs(5)).await;
    assert_ne!(two.window().title().await.unwrap(), "Page");
    assert_ne!(one.window().pid(), two.window().pid());
}
