//! The built pages in Chromium, on the real desk behind the test server: what a person does there by keyboard, in Thai and in English. The stories
//! themselves are told in `ui/browser/`; here is what stands behind the page: the PCs, the clinic's PostgreSQL, and its web system.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod clinic_support;

use std::path::Path;

use clinic_support::{A, DB, journey, let_sell, migrated, ticket, uid};
use desk_app::ports::{Toast, ToastAction};
use desk_tests::harness::process::{Launch, Running};
use desk_tests::harness::wait::{secs, wait_until};
use desk_tests::server::{Served, pages};
use tempfile::TempDir;

/// Stories under way: node, and a home folder for its browser.
struct Stories {
    node: Running,
    home: TempDir,
}

/// Begins to tell the stories of these files of `ui/browser/`.
fn begin(files: &[&str], vars: &[(&str, &str)]) -> Stories {
    let home = tempfile::Builder::new().prefix("aura-desk-stories").tempdir().unwrap();
    let ui = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../ui")
        .canonicalize()
        .unwrap();
    let vitest = ui.join("node_modules/vitest/vitest.mjs");
    assert!(vitest.is_file(), "npm packages are missing: make build");
    let options = [vitest.as_os_str(), "run".as_ref(), "--root".as_ref(), ui.as_os_str()];
    let config = ["--config", "browser/vitest.config.ts"];
    let own = [
        ("HOME", home.path().to_str().unwrap()),
        ("TEST_SERVER", env!("CARGO_BIN_EXE_test-server")),
        ("NO_COLOR", "1"),
    ];
    let node = Launch::new("node", "nodejs")
        .args(options)
        .args(config)
        .args(files)
        .envs(own.iter().chain(vars).copied())
        .log(home.path().join("log"))
        .start();
    Stories { node, home }
}

impl Stories {
    /// Fails with what was told when a story has gone wrong.
    fn assert_well(&mut self) {
        if self.node.exited().is_some_and(|status| !status.success()) {
            panic!("{}", std::fs::read_to_string(self.home.path().join("log")).unwrap());
        }
    }

    /// Waits for what the stories do. The desks go on meanwhile, on the runtime's own threads.
    fn until<T>(&mut self, what: &str, mut probe: impl FnMut() -> Option<T>) -> T {
        wait_until(what, secs(120), || {
            self.assert_well();
            probe()
        })
    }

    /// Waits for the end, which must be a good one.
    fn until_told(mut self) {
        wait_until("the end of the stories", secs(240), || {
            self.assert_well();
            self.node.exited()
        });
    }
}

#[test]
fn a_day_at_the_counter_by_keyboard_in_thai_and_in_english_and_axe_on_every_screen() {
    assert!(pages().is_dir());
    begin(&["thai", "english"], &[]).until_told();
}

/// A toast about the lead, once this PC has wanted to show it.
fn toast(pc: &Served) -> Option<Toast> {
    let shown = pc.toasts.shown.lock().unwrap();
    shown.iter().find(|toast| toast.title.contains("มายด์")).cloned()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_counters_of_one_clinic_by_keyboard_and_postgres_has_what_they_did() {
    let pg = migrated().await;
    let tasks = [1, 3, 5].map(|customer| journey(&pg, A, customer, 7).1.to_string());
    let [completed, snoozed, noted] = &tasks;
    let (pc_a, pc_b) = (Served::start(&pages()).await, Served::start(&pages()).await);
    let codes = [ticket(&pg, A, 7).await.code(), ticket(&pg, A, 5).await.code()];
    let read = format!(
        "select count(*) from public.notifications where is_read and user_id = '{}'",
        uid(&pg, "user", 7)
    );
    let read_before: u32 = pg.psql(DB, &read).parse().unwrap();
    let mut stories = begin(
        &["clinic"],
        &[
            ("DESK_A", &pc_a.url()),
            ("DESK_B", &pc_b.url()),
            ("CODE_A", &codes[0]),
            ("CODE_B", &codes[1]),
            ("TASKS", &tasks.join(" ")),
        ],
    );

    // The last thing before the story of the lead.
    stories.until("a notification is read", || {
        (pg.psql(DB, &read).parse::<u32>().unwrap() > read_before).then_some(())
    });
    let_sell(&pg, 5);
    pg.psql(DB, &format!("insert into public.lead_scoring_data (clinic_id, customer_name, customer_phone, overall_score, lead_category, priority) values ('{A}', 'มายด์ ทดสอบ', '084-555-6666', 92, 'hot', 'high')"));
    stories.until("a toast on PC-A", || toast(&pc_a));
    let subject = stories.until("a toast on PC-B", || toast(&pc_b)).subject;
    pc_b.desk.toast_pressed(&subject, ToastAction::Open).await;
    stories.until_told();

    let customer = "select full_name, nickname, phone, clinic_id, customer_code is not null, notes like '%ชอบห้องริมหน้าต่าง' from public.customers where full_name = 'มะลิ สมมุติใหม่'";
    assert_eq!(pg.psql(DB, customer), format!("มะลิ สมมุติใหม่|ลิลลี่|085-777-8888|{A}|t|t"));
    let points = "select p.type, p.amount from public.point_transactions p join public.customers c on c.id = p.customer_id where c.full_name = 'มะลิ สมมุติใหม่' order by 2";
    assert_eq!(pg.psql(DB, points), "bonus|100\nearned|199");
    let task = |id: &str, what: &str| pg.psql(DB, &format!("select {what} from public.task_queue where id = '{id}'"));
    assert_eq!(
        task(
            completed,
            "status, completed_by = md5('user:7')::uuid, notes like '%นัดแล้ว%'"
        ),
        "completed|t|t"
    );
    assert_eq!(task(snoozed, "status, snoozed_until > now()"), "pending|t");
    assert_eq!(task(noted, "status, notes like '%ไม่รับสาย%'"), "pending|t");
    let devices = "select string_agg(device, ' ' order by device) from desk.member where enrolled_at is not null";
    assert_eq!(pg.psql(DB, devices), "PC-A PC-B");
    assert_eq!(
        pg.psql(DB, "select count(*) from desk.mutation where status <> 'ok'"),
        "0"
    );
}
