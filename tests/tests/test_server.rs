//! The test server is a faithful and careful stand-in for the desktop shell: it answers every command of the list, tells the window the same two
//! events without losing any, and listens to nobody but its own page. The stories that use it are in `e2e_browser.rs`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

use desk_app::api::Nothing;
use desk_app::command::COMMANDS;
use desk_tests::harness::wait::secs;
use desk_tests::server::Served;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// A server whose only page says hello.
async fn served() -> (Served, TempDir) {
    let pages = tempfile::tempdir().unwrap();
    std::fs::write(pages.path().join("index.html"), "<p>hello</p>").unwrap();
    (Served::start(pages.path()).await, pages)
}

/// Sends a request as written, header by header, and returns the connection: no client gets in between and mends it.
async fn send(to: &Served, first: &str, headers: &[(&str, &str)], body: &str) -> BufReader<TcpStream> {
    let mut lines = vec![format!("{first} HTTP/1.1")];
    lines.extend(headers.iter().map(|(name, value)| format!("{name}: {value}")));
    lines.push(format!("content-length: {}\r\n\r\n{body}", body.len()));
    let mut stream = TcpStream::connect(to.address()).await.unwrap();
    stream.write_all(lines.join("\r\n").as_bytes()).await.unwrap();
    BufReader::new(stream)
}

/// The status and the whole answer.
async fn ask(to: &Served, first: &str, headers: &[(&str, &str)], body: &str) -> (u16, String) {
    let headers = [headers, &[("connection", "close")]].concat();
    let mut answer = String::new();
    let mut stream = send(to, first, &headers, body).await;
    stream.read_to_string(&mut answer).await.unwrap();
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    (status.expect("a status line"), answer)
}

/// Runs a command as the server's own page does.
async fn run(to: &Served, command: &str, request: Value) -> (u16, Value) {
    let host = to.address().to_string();
    let origin = format!("http://{host}");
    let headers = [
        ("host", host.as_str()),
        ("origin", &origin),
        ("content-type", "application/json"),
    ];
    let (status, answer) = ask(to, &format!("POST /{command}"), &headers, &request.to_string()).await;
    let body = answer.split("\r\n\r\n").nth(1).unwrap();
    (status, serde_json::from_str(body).unwrap_or_default())
}

/// Reads the next message of an event stream: its number and its text.
async fn next(events: &mut BufReader<TcpStream>) -> (usize, Value) {
    let (mut id, mut line) = (0, String::new());
    loop {
        line.clear();
        let read = timeout(secs(10), events.read_line(&mut line)).await;
        assert_ne!(read.expect("an event").unwrap(), 0, "the stream has ended");
        if let Some(number) = line.strip_prefix("id: ") {
            id = number.trim().parse().unwrap();
        }
        if let Some(told) = line.strip_prefix("data: ") {
            return (id, serde_json::from_str(told).unwrap());
        }
    }
}

/// Listens as the page does; answered when this returns.
async fn listen(to: &Served, last: Option<usize>) -> BufReader<TcpStream> {
    let host = to.address().to_string();
    let last = last.map(|last| last.to_string());
    let mut headers = vec![("host", host.as_str())];
    headers.extend(last.as_deref().map(|last| ("last-event-id", last)));
    let mut events = send(to, "GET /events", &headers, "").await;
    let mut line = String::new();
    events.read_line(&mut line).await.unwrap();
    assert_eq!(line.trim(), "HTTP/1.1 200 OK");
    events
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_of_the_list_is_answered_and_a_refusal_keeps_its_code() {
    let (served, _pages) = served().await;
    let (status, state) = run(&served, "start", json!({})).await;
    assert_eq!((status, &state["phase"]), (200, &json!("first_start")));
    for command in COMMANDS {
        let (status, answer) = run(&served, command, json!({ "no": "such field" })).await;
        assert_eq!((status, &answer["code"]), (422, &json!("unexpected")), "{command}");
        assert!(!answer.to_string().contains("such"), "what was sent does not come back");
    }
    let (status, answer) = run(&served, "today", json!({})).await;
    assert_eq!((status, &answer["code"]), (422, &json!("locked")));
    assert!(run(&served, "no_such_command", json!({})).await.0 >= 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_its_own_page_is_answered() {
    let (served, _pages) = served().await;
    let host = served.address().to_string();
    let own = ("host", host.as_str());
    let origin = format!("http://{host}");
    let body = [("content-type", "application/json")];
    assert!(served.address().ip().is_loopback());
    let (status, page) = ask(&served, "GET /", &[own], "").await;
    assert!(status == 200 && page.contains("hello"));
    let ours = [own, ("origin", &origin), body[0]];
    assert_eq!(ask(&served, "POST /demo_open", &ours, "{}").await.0, 200);
    // Another page of the same browser, a page from a file, and one whose own name points at 127.0.0.1.
    let port = served.address().port();
    let foreign = [
        vec![own, ("origin", "http://evil.example")],
        vec![own, ("origin", "null")],
        vec![own, ("origin", "http://127.0.0.1:1")],
        vec![("host", "evil.example")],
        vec![],
    ];
    for headers in foreign {
        for request in ["POST /demo_remove", "GET /events", "GET /"] {
            let (status, _) = ask(&served, request, &[headers.clone(), body.to_vec()].concat(), "{}").await;
            assert!([400, 403].contains(&status), "{request} {headers:?}: {status}");
        }
    }
    let renamed = format!("evil.example:{port}");
    assert_eq!(ask(&served, "GET /", &[("host", &renamed)], "").await.0, 403);
    // A form can be sent from anywhere, but not as JSON.
    let form = [own, ("content-type", "text/plain")];
    assert_eq!(ask(&served, "POST /demo_remove", &form, "{}").await.0, 422);
    assert!(served.desk.start(Nothing {}).await.unwrap().is_demo);
}

#[tokio::test(flavor = "multi_thread")]
async fn its_pages_stand_under_the_policy_of_the_programs_window() {
    let (served, _pages) = served().await;
    let host = served.address().to_string();
    let (_, page) = ask(&served, "GET /", &[("host", &host)], "").await;
    let policy = page.lines().find(|line| line.starts_with("content-security-policy"));
    let policy = policy.expect("a policy");
    for rule in [
        "default-src 'none'",
        "script-src 'self'",
        "connect-src 'self'",
        "style-src 'self'",
    ] {
        assert!(policy.contains(rule), "{policy}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_those_of_the_shell_and_none_is_lost_with_the_connection() {
    let (served, _pages) = served().await;
    let mut events = listen(&served, None).await;
    served.desk.open_link("https://example.com").await;
    served.desk.open_link("aura://call?n=081-234-5678").await;
    // What is no link of ours opens nothing, and nobody who is not signed in is shown who calls.
    let (first, told) = next(&mut events).await;
    assert_eq!(told, json!({ "event": "open", "payload": { "path": "/" } }));
    let open = json!({ "event": "open", "payload": { "path": "/call/0823456789" } });
    drop(events);
    // While nobody listens.
    served.desk.demo_open(Nothing {}).await.unwrap();
    let nok = served.desk.start(Nothing {}).await.unwrap().people[0].id;
    run(&served, "unlock", json!({ "person": nok, "pin": "2468" })).await;
    let (status, settings) = run(&served, "settings", json!({})).await;
    assert_eq!(status, 200);
    run(&served, "settings_set", json!({ "settings": settings })).await;
    served.desk.open_link("tel:0823456789").await;
    let mut events = listen(&served, Some(first)).await;
    let mut heard = vec![];
    while heard.last() != Some(&open) {
        let (number, told) = next(&mut events).await;
        assert_eq!(number, first + heard.len() + 1);
        heard.push(told);
    }
    let settings = json!({ "event": "changed", "payload": { "topics": ["settings"] } });
    assert!(heard.contains(&settings), "{heard:?}");
}
