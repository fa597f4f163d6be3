//! A cache loaded anew beside the open one: the clinic's rows are the fresh ones, what belongs to this PC comes along, and no moment exists
//! in which either is missing.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod support;

use std::{fs, os::unix::fs::FileExt as _};

use desk_cache::{
    Cache, attention, choice,
    load::{Loader, Memory},
    outbox::{self, Refusal},
    rebase::{self, Change, Position, Stream},
};
use serde_json::json;
use support::{Desk, a_task, id};
use uuid::Uuid;

fn at(version: i64) -> Vec<(String, Stream)> {
    let stream = Stream {
        position: Position::end_of(version),
        epoch: "another".into(),
        synced_at: 5,
    };
    vec![("clinic".into(), stream)]
}

fn fill(loader: &Loader, rows: Vec<Change>) {
    for row in rows {
        let table = desk_core::synced::table(row.tbl).unwrap();
        loader.rows(table).unwrap().add_values(&row.row.unwrap()).unwrap();
    }
}

/// The clinic again, with these rows.
fn load_anew(desk: &Desk, rows: Vec<Change>, forgotten: &[Uuid]) {
    let memory = Memory {
        forgotten: forgotten.to_vec(),
        done: vec![],
    };
    load_with(desk, rows, &memory);
}

fn load_with(desk: &Desk, rows: Vec<Change>, memory: &Memory) {
    let loader = Loader::beside(desk.cache()).unwrap();
    fill(&loader, rows);
    loader.replace(desk.cache(), &at(3), memory).unwrap();
}

fn sent(desk: &Desk) -> Vec<(i64, Uuid)> {
    let waiting = outbox::unsent(&desk.cache().read().unwrap(), desk.person, 100).unwrap();
    waiting.iter().map(|action| (action.seq, action.id)).collect()
}

#[test]
fn unsent_work_stays_in_force_over_the_fresh_rows() {
    let mut desk = Desk::new();
    desk.pull(
        9,
        vec![a_task(id(10), "pending", "call"), a_task(id(11), "pending", "old")],
        vec![],
    );
    desk.act(100, "task.complete", json!({ "id": id(10) })).unwrap();
    load_anew(&desk, vec![a_task(id(10), "pending", "call again")], &[]);
    for _ in 0..2 {
        assert_eq!(desk.task_status(id(10)).as_deref(), Some("completed"));
        assert_eq!(desk.task_status(id(11)), None, "the clinic has it no more");
        assert_eq!(sent(&desk), [(1, id(100))]);
        let stream = rebase::stream(&desk.cache().read().unwrap(), "clinic")
            .unwrap()
            .unwrap();
        assert_eq!((stream.position.version, stream.epoch.as_str()), (3, "another"));
        desk.start_again();
    }
    desk.pull(4, vec![], vec![]);
    assert_eq!(desk.task_status(id(10)).as_deref(), Some("completed"));
}

#[test]
fn what_a_restored_server_forgot_is_sent_again_in_the_order_it_was_made() {
    let desk = Desk::new();
    desk.pull(
        1,
        vec![a_task(id(10), "pending", "call"), a_task(id(11), "pending", "write")],
        vec![],
    );
    for (action, task) in [(103, 10), (102, 11), (101, 11)] {
        let (name, args) = if action == 101 {
            ("task.complete", json!({ "id": id(task) }))
        } else {
            ("task.note", json!({ "id": id(task), "text": "so" }))
        };
        desk.act(action, name, args).unwrap();
    }
    desk.answer(103, None);
    desk.answer(102, None);
    desk.pull(2, vec![], vec![id(103), id(102)]);
    let confirmed = outbox::confirmed_since(&desk.cache().read().unwrap(), 0).unwrap();
    assert_eq!(confirmed.len(), 2);
    load_anew(
        &desk,
        vec![a_task(id(10), "pending", "call"), a_task(id(11), "pending", "write")],
        &confirmed,
    );
    assert_eq!(sent(&desk), [(1, id(103)), (2, id(102)), (3, id(101))]);
    assert_eq!(desk.task_status(id(11)).as_deref(), Some("completed"));
    desk.act(104, "task.note", json!({ "id": id(10), "text": "later" }))
        .unwrap();
    assert_eq!(sent(&desk)[3], (4, id(104)));
}

#[test]
fn what_was_confirmed_before_a_month_off_or_under_a_wrong_clock_is_still_asked_about() {
    let desk = Desk::new();
    desk.pull(1, vec![a_task(id(10), "pending", "call")], vec![]);
    desk.act(100, "task.note", json!({ "id": id(10), "text": "a" }))
        .unwrap();
    desk.answer(100, None);
    desk.pull(2, vec![], vec![id(100)]);
    let long_after = i64::MAX;
    let asked = outbox::confirmed_since(&desk.cache().read().unwrap(), long_after).unwrap();
    assert_eq!(asked, [id(100)]);
}

#[test]
fn an_answer_of_a_life_that_is_over_is_asked_for_again() {
    let desk = Desk::new();
    desk.pull(1, vec![a_task(id(10), "pending", "call")], vec![]);
    desk.act(100, "task.complete", json!({ "id": id(10) })).unwrap();
    desk.answer(100, None);
    assert!(sent(&desk).is_empty());
    load_anew(&desk, vec![a_task(id(10), "pending", "call")], &[]);
    assert_eq!(sent(&desk), [(1, id(100))]);
}

#[test]
fn what_was_refused_in_one_life_and_is_done_in_the_next_needs_nobodys_attention() {
    let desk = Desk::new();
    desk.pull(9, vec![a_task(id(10), "pending", "call")], vec![]);
    desk.act(100, "task.complete", json!({ "id": id(10) })).unwrap();
    desk.act(101, "task.note", json!({ "id": id(10), "text": "no" }))
        .unwrap();
    let refusal = |code: &str| Refusal {
        code: code.into(),
        detail: None,
    };
    desk.answer(100, Some(refusal("task_not_found")));
    desk.answer(101, Some(refusal("task_not_found")));
    desk.pull(10, vec![], vec![id(100), id(101)]);
    attention::accept_theirs(desk.cache(), id(101), 11).unwrap();
    let believed_refused = || attention::ids(&desk.cache().read().unwrap(), 0).unwrap();
    assert_eq!(
        believed_refused(),
        [id(100), id(101)],
        "also what somebody has looked at"
    );
    let memory = Memory {
        done: vec![id(100), id(101)],
        ..Memory::default()
    };
    load_with(&desk, vec![a_task(id(10), "completed", "call")], &memory);
    assert!(believed_refused().is_empty());
    let mut confirmed = outbox::confirmed_since(&desk.cache().read().unwrap(), 0).unwrap();
    confirmed.sort();
    assert_eq!(confirmed, [id(100), id(101)]);
}

#[test]
fn a_load_that_fails_leaves_the_cache_as_it_was() {
    let desk = Desk::new();
    desk.pull(1, vec![a_task(id(10), "pending", "call")], vec![]);
    let loader = Loader::beside(desk.cache()).unwrap();
    fill(&loader, vec![a_task(id(11), "pending", "half")]);
    loader.discard();
    assert_eq!(desk.task_status(id(10)).as_deref(), Some("pending"));
    let names: Vec<_> = fs::read_dir(desk.folder.path())
        .unwrap()
        .map(|file| file.unwrap().file_name())
        .collect();
    assert!(
        names.iter().all(|name| !name.to_string_lossy().contains("filling")),
        "{names:?}"
    );
}

#[test]
fn whoever_reads_while_the_file_changes_sees_one_or_the_other() {
    let desk = Desk::new();
    desk.pull(1, vec![a_task(id(10), "pending", "old")], vec![]);
    std::thread::scope(|scope| {
        let reads: Vec<_> = (0..3)
            .map(|_| scope.spawn(|| (0..300).all(|_| desk.task_status(id(10)).is_some())))
            .collect();
        for _ in 0..5 {
            load_anew(&desk, vec![a_task(id(10), "pending", "new")], &[]);
        }
        assert!(reads.into_iter().all(|read| read.join().unwrap()));
    });
}

#[test]
fn unsent_work_is_read_out_of_a_damaged_cache() {
    let mut desk = Desk::new();
    let rows = (0..2_000)
        .map(|n| a_task(id(1_000 + n), "pending", "a title that fills pages"))
        .collect();
    desk.pull(1, rows, vec![]);
    desk.act(100, "task.complete", json!({ "id": id(1_500) })).unwrap();
    choice::set(desk.cache(), desk.person, "settings", "{}").unwrap();
    desk.cache = None;
    let (path, damaged) = (
        desk.folder.path().join("cache.db"),
        desk.folder.path().join("damaged.db"),
    );
    // A page in the middle is overwritten, as a failing disk does.
    let file = fs::File::options().write(true).open(&path).unwrap();
    let middle = file.metadata().unwrap().len() / 2;
    file.write_all_at(&[7; 4096], middle / 4096 * 4096).unwrap();
    fs::rename(&path, &damaged).unwrap();

    let loader = Loader::begin(&path, &desk.key).unwrap();
    fill(&loader, vec![a_task(id(1_500), "pending", "fresh")]);
    loader.finish("c", &at(3), Some(&damaged)).unwrap();
    desk.cache = Some(Cache::open(&path, &desk.key).unwrap());
    assert_eq!(sent(&desk), [(1, id(100))]);
    assert_eq!(desk.task_status(id(1_500)).as_deref(), Some("completed"));
}

#[test]
fn unsent_work_is_read_out_of_a_damaged_cache_of_an_earlier_program() {
    let mut desk = Desk::new();
    desk.pull(1, vec![a_task(id(10), "pending", "call")], vec![]);
    desk.act(100, "task.complete", json!({ "id": id(10) })).unwrap();
    let earlier =
        "ALTER TABLE alert DROP COLUMN over_at; INSERT INTO alert (subject, person_id) VALUES ('lead:1', x'01')";
    desk.cache()
        .write(|transaction| Ok(transaction.execute_batch(earlier)?))
        .unwrap();
    desk.cache = None;
    let (path, damaged) = (
        desk.folder.path().join("cache.db"),
        desk.folder.path().join("damaged.db"),
    );
    fs::rename(&path, &damaged).unwrap();
    let loader = Loader::begin(&path, &desk.key).unwrap();
    fill(&loader, vec![a_task(id(10), "pending", "fresh")]);
    loader.finish("c", &at(3), Some(&damaged)).unwrap();
    desk.cache = Some(Cache::open(&path, &desk.key).unwrap());
    assert_eq!(sent(&desk), [(1, id(100))]);
}

#[test]
fn a_file_that_is_no_cache_at_all_gives_a_fresh_one_without_anything() {
    let mut desk = Desk::new();
    desk.cache = None;
    let damaged = desk.folder.path().join("damaged.db");
    fs::write(&damaged, [3; 9000]).unwrap();
    let path = desk.folder.path().join("cache.db");
    let loader = Loader::begin(&path, &desk.key).unwrap();
    loader.finish("c", &at(3), Some(&damaged)).unwrap();
    desk.cache = Some(Cache::open(&path, &desk.key).unwrap());
    assert_eq!(desk.waiting(), 0);
}

#[test]
fn rows_that_an_older_program_loaded_are_known_as_such_until_they_are_loaded_anew() {
    let mut desk = Desk::new();
    let is_whole = |desk: &Desk| desk.cache().has_every_column();
    desk.pull(1, vec![a_task(id(10), "pending", "call")], vec![]);
    desk.act(100, "task.complete", json!({ "id": id(10) })).unwrap();
    assert!(!is_whole(&desk), "nobody has said with which columns these came");
    for _ in 0..2 {
        load_anew(&desk, vec![a_task(id(10), "pending", "call")], &[]);
        desk.start_again();
        assert!(is_whole(&desk));
        assert_eq!(sent(&desk), [(1, id(100))], "what waits comes along");
        let of_another_program = "UPDATE meta SET value = 'customer(id)' WHERE name = 'shape'";
        let updated = desk
            .cache()
            .write(|transaction| Ok(transaction.execute(of_another_program, [])?));
        assert_eq!(updated.unwrap(), 1);
        desk.start_again();
        assert!(!is_whole(&desk));
    }
}
