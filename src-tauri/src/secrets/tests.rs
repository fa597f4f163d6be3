//! What needs no keyring: the answers when there is none. The rest is tested with a real one in the workspace's `tests/`.

use std::process::Command;

use super::*;

/// The bus's address is read from the environment once per process, so the real test runs in a process of its own.
fn in_a_process_without_bus(test: &str) {
    let mut again = Command::new(std::env::current_exe().expect("a test is a program"));
    let again = again.args(["--exact", test, "--ignored", "--nocapture"]);
    let status = again.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent").status();
    assert!(status.expect("it runs").success(), "{test} fails");
}

#[test]
fn without_a_keyring_every_call_says_so_and_nothing_panics_inside_a_runtime() {
    in_a_process_without_bus("secrets::tests::every_call_says_missing");
}

#[tokio::test]
#[ignore = "needs a process of its own; run by the test above"]
async fn every_call_says_missing() {
    let keyring = SystemKeyring::new(None);
    for _ in 0..2 {
        assert!(matches!(keyring.get("a"), Err(SecretsError::Missing)));
        assert!(matches!(keyring.set("a", b"b"), Err(SecretsError::Missing)));
        assert!(matches!(keyring.forget("a"), Err(SecretsError::Missing)));
    }
}

#[test]
fn a_desk_with_a_home_of_its_own_has_entries_of_its_own() {
    let ordinary = SystemKeyring::new(None);
    let other = SystemKeyring::new(Some(Path::new("/home/b")));
    assert_eq!(
        (ordinary.service.as_str(), other.service.as_str()),
        ("aura-desk", "aura-desk /home/b")
    );
}

#[test]
fn an_error_never_tells_the_secret() {
    let Outcome::Error(error) = outcome(Error::BadEncoding(b"secret".to_vec())) else {
        panic!("an error")
    };
    assert!(!format!("{error} {error:?}").contains("secret"));
}
