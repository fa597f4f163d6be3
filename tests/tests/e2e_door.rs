//! The shipped pages reach Rust through Tauri and nothing else. The window's other two doors, HTTP to the test server and the in-memory clinic, are
//! not in them; no address talks the program's window into either, and its policy lets it connect to no server.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod e2e_support;

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;

use desk_tests::harness::desk::Desk;
use desk_tests::harness::wait::{secs, wait_until};
use e2e_support::{call, press, screen};
use serde_json::json;

/// Words that only the other doors contain.
const OTHER_DOORS: [&str; 5] = [
    "EventSource",
    "httpBackend",
    "FakeClinic",
    "fakeFromAddress",
    "location.search",
];

/// Which of these words stand in the scripts of a built page.
fn found(pages: &str, words: &[&str]) -> Vec<String> {
    let assets = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../ui")
        .join(pages)
        .join("assets");
    let files = std::fs::read_dir(&assets).unwrap_or_else(|_| panic!("{} is missing: make build", assets.display()));
    let scripts = files.map(|file| file.unwrap().path());
    let scripts: Vec<_> = scripts
        .filter(|path| path.extension().is_some_and(|end| end == "js"))
        .collect();
    assert!(!scripts.is_empty());
    let text: String = scripts
        .iter()
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    let words = words.iter().filter(|word| text.contains(**word));
    words.map(|word| (*word).to_owned()).collect()
}

#[test]
fn the_shipped_pages_carry_the_tauri_door_alone() {
    assert_eq!(found("dist", &OTHER_DOORS), Vec::<String>::new());
    assert_eq!(found("dist", &["tauriBackend"]), ["tauriBackend"]);
    // The pages for the test server have another one, so these words would be found.
    assert_eq!(
        found("dist-http", &["EventSource", "httpBackend", "tauriBackend"]),
        ["EventSource", "httpBackend"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn no_address_and_no_script_leads_the_programs_window_to_a_server() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let server = format!("http://{}", listener.local_addr().unwrap());
    let mut desk = Desk::new();
    desk.start(&[]).await;
    screen(&desk, "first-start").await;

    let own = desk
        .window()
        .current_url()
        .await
        .unwrap()
        .origin()
        .ascii_serialization();
    let own = if own == "null" {
        "tauri://localhost".to_owned()
    } else {
        own
    };
    for talk in [
        "?server=",
        "?backend=http&server=",
        "?phase=ready&backend=fake&server=",
        "#backend=http&server=",
    ] {
        desk.window().goto(format!("{own}/{talk}{server}")).await.unwrap();
        // Another door would show another clinic or none; this is Rust's own answer, and it still takes a command.
        screen(&desk, "first-start").await;
        assert_eq!(call(&desk, "start", json!({})).await["phase"], "first_start", "{talk}");
    }

    let tries = "const [server, done] = arguments;
        const said = (name, work) => Promise.race([
            work().then(() => name + ' connected', () => name + ' refused'),
            new Promise((end) => addEventListener('securitypolicyviolation', () => end(name + ' refused'), { once: true })),
        ]);
        const stream = () => new Promise((open, failed) => { const source = new EventSource(server); source.onopen = open; source.onerror = failed; });
        (async () => done([await said('fetch', () => fetch(server + '/start', { method: 'POST' })), await said('events', stream)]))();";
    let said = desk.window().execute_async(tries, vec![json!(server)]).await.unwrap();
    assert_eq!(said.json(), &json!(["fetch refused", "events refused"]));

    // Nor does the window go there.
    let _ = desk
        .window()
        .execute("location.href = arguments[0]", vec![json!(server)])
        .await;
    press(&desk, "[data-action=\"demo\"]").await;
    screen(&desk, "lock").await;
    let knocked = listener.accept();
    assert!(knocked.is_err(), "the window spoke to a server: {knocked:?}");
    // Had it knocked, it would have been heard.
    let _knock = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    wait_until("a knock is heard", secs(5), || listener.accept().ok());
}
