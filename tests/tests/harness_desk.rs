//! The harness's simulated PC: keyring, notifications, display, and programs that are gone with their test.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;

use desk_tests::harness::desk::Desk;
use desk_tests::harness::notifications::Reason;
use desk_tests::harness::process::Launch;
use desk_tests::harness::wait::{eventually, secs, wait_until};
use futures_util::StreamExt as _;

fn secret_tool(desk: &Desk, action: &str) -> (bool, String) {
    let mut tool = Command::new("secret-tool");
    tool.arg(action)
        .args(["service", "aura-desk", "account", "pin"])
        .env_clear()
        .env("PATH", "/usr/bin");
    let output = tool
        .envs(desk.vars().iter().cloned())
        .output()
        .expect("secret-tool: apt-get install libsecret-tools");
    (output.status.success(), String::from_utf8(output.stdout).unwrap())
}

fn store(desk: &Desk, secret: &str) -> bool {
    let script = format!("printf %s '{secret}' | secret-tool store --label=PIN service aura-desk account pin");
    let mut shell = Command::new("sh");
    shell
        .args(["-c", &script])
        .env_clear()
        .env("PATH", "/usr/bin")
        .envs(desk.vars().iter().cloned());
    shell.status().unwrap().success()
}

#[test]
fn a_secret_survives_a_restart_of_the_keyring_and_stays_on_its_pc() {
    let [mut one, two] = [Desk::new(), Desk::new()];
    assert!(store(&one, "1234"));
    assert_eq!(secret_tool(&one, "lookup"), (true, "1234".into()));
    assert!(!secret_tool(&two, "lookup").0);
    one.remove_keyring();
    assert!(!secret_tool(&one, "lookup").0);
    one.unlock_keyring();
    assert_eq!(secret_tool(&one, "lookup"), (true, "1234".into()));
}

/// Talks to the notification service as any program on the PC does.
struct Program(zbus::Connection);

impl Program {
    async fn on(desk: &Desk) -> Self {
        Self(desk.bus().connect().await.unwrap())
    }

    async fn call<R>(&self, method: &str, args: &(impl serde::Serialize + zbus::zvariant::DynamicType)) -> R
    where
        R: serde::de::DeserializeOwned + zbus::zvariant::Type,
    {
        let [name, path] = ["org.freedesktop.Notifications", "/org/freedesktop/Notifications"];
        self.0
            .call_method(Some(name), path, Some(name), method, args)
            .await
            .unwrap()
            .body()
            .deserialize()
            .unwrap()
    }

    async fn notify(&self, replaces: u32, summary: &str) -> u32 {
        let hints = HashMap::from([("urgency", zbus::zvariant::Value::from(2_u8))]);
        let actions = vec!["default", "Open", "done", "Done"];
        self.call(
            "Notify",
            &("aura-desk", replaces, "", summary, "body", actions, hints, 0_i32),
        )
        .await
    }
}

#[tokio::test]
async fn a_toast_is_recorded_replaced_and_withdrawn() {
    let desk = Desk::new();
    let program = Program::on(&desk).await;
    let id = program.notify(0, "first").await;
    assert_eq!(program.notify(id, "second").await, id);
    let toast = desk
        .notifications()
        .toast("the second", secs(5), |toast| toast.summary == "second")
        .await;
    assert_eq!((toast.id, toast.replaces, toast.urgency), (id, id, Some(2)));
    assert_eq!(toast.actions[1], ("done".to_owned(), "Done".to_owned()));
    assert_eq!(
        (desk.notifications().toasts().len(), desk.notifications().shown().len()),
        (2, 1)
    );
    program.call::<()>("CloseNotification", &id).await;
    assert!(desk.notifications().shown().is_empty());
    assert_eq!(desk.notifications().closed()[0].reason, Reason::Withdrawn);
}

#[tokio::test]
async fn toasts_go_with_their_program() {
    let desk = Desk::new();
    let program = Program::on(&desk).await;
    program.notify(0, "orphan").await;
    drop(program);
    eventually("the toast goes", secs(5), async || {
        desk.notifications().shown().is_empty().then_some(())
    })
    .await;
    assert_eq!(desk.notifications().closed()[0].reason, Reason::SenderGone);
}

#[tokio::test]
async fn a_press_sends_its_program_the_token_then_the_button_and_others_nothing() {
    let desk = Desk::new();
    let (program, other) = (Program::on(&desk).await, Program::on(&desk).await);
    let mut heard = zbus::MessageStream::from(&program.0);
    let mut overheard = zbus::MessageStream::from(&other.0);
    let id = program.notify(0, "คุณมะลิ").await;
    other.notify(0, "คุณฟ้า").await;
    desk.notifications().press(id, "done");
    desk.notifications().press(id + 1, "default");
    assert_eq!(
        signals(&mut heard, id).await,
        ["ActivationToken", "ActionInvoked", "NotificationClosed"]
    );
    assert_eq!(signals(&mut overheard, id + 1).await.len(), 3);
    assert_eq!(desk.notifications().closed()[0].reason, Reason::Dismissed);
}

/// The names of the next three signals, which must all be about this toast.
async fn signals(stream: &mut zbus::MessageStream, id: u32) -> Vec<String> {
    let mut names = vec![];
    while names.len() < 3 {
        let message = stream.next().await.unwrap().unwrap();
        let header = message.header();
        let is_ours = header
            .interface()
            .is_some_and(|name| name.as_str() == "org.freedesktop.Notifications");
        if is_ours && header.message_type() == zbus::message::Type::Signal {
            let body = message.body();
            assert_eq!(
                body.deserialize::<zbus::zvariant::Structure>().unwrap().fields()[0],
                id.into()
            );
            names.push(header.member().unwrap().to_string());
        }
    }
    names
}

#[test]
fn the_display_can_be_photographed() {
    let desk = Desk::new();
    let png = desk.home().join("screen.png");
    desk.display().screenshot(&png);
    assert!(std::fs::read(png).unwrap().starts_with(b"\x89PNG"));
}

#[test]
fn programs_are_gone_when_their_owner_is() {
    let sleeper = Launch::new("sleep", "coreutils").args(["600"]).start();
    let proc = format!("/proc/{}", sleeper.pid());
    assert!(Path::new(&proc).exists());
    drop(sleeper);
    assert!(!Path::new(&proc).exists());
}

/// A test that runs into its time limit is killed and cleans nothing up.
#[test]
fn programs_are_gone_when_the_test_is_killed() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("log");
    let args = [
        "--exact",
        "starts_a_sleeper_and_prints_it",
        "--nocapture",
        "--include-ignored",
    ];
    let mut test = Launch::new(std::env::current_exe().unwrap(), "")
        .args(args)
        .log(&log)
        .start();
    let id = || {
        test.log_tail()
            .lines()
            .find_map(|line| line.strip_prefix("sleeper ")?.parse::<u32>().ok())
    };
    let id = wait_until("the sleeper", secs(10), id);
    assert!(Path::new(&format!("/proc/{id}")).exists());
    test.stop(rustix::process::Signal::KILL, secs(5));
    wait_until("the sleeper goes", secs(5), || is_gone(id).then_some(()));
}

/// Gone, or dead and not yet collected by process 1.
fn is_gone(id: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{id}/stat")).is_ok_and(|stat| stat.contains(") Z "))
        || !Path::new(&format!("/proc/{id}")).exists()
}

#[test]
#[ignore = "the other half of programs_are_gone_when_the_test_is_killed, which starts and kills it"]
fn starts_a_sleeper_and_prints_it() {
    let sleeper = Launch::new("sleep", "coreutils").args(["600"]).start();
    println!("\nsleeper {}", sleeper.pid());
    wait_until("the end, which comes from outside", secs(60), || None::<()>);
}
