//! The guarantee in `src-tauri/docs/sync.md` names the test behind each sentence: the names must be those of tests that exist.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const PAGE: &str = include_str!("../../src-tauri/docs/sync.md");
const PROMISES: [&str; 4] = [
    include_str!("../src/simulate/check.rs"),
    include_str!("../src/simulate/check_counter.rs"),
    include_str!("../src/simulate/check_door.rs"),
    include_str!("../src/simulate/run.rs"),
];

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

/// Names of test functions and of files of tests.
fn tests() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut files = vec![];
    for folder in ["tests/tests", "tests/src", "src-tauri"] {
        rust_files(&root.join(folder), &mut files);
    }
    let mut names = BTreeSet::from(["simulation".to_owned(), "chaos".to_owned()]);
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        if file.parent().is_some_and(|parent| parent.ends_with("tests/tests")) {
            names.insert(file.file_stem().unwrap().to_string_lossy().into_owned());
        }
        names.extend(test_functions(&text));
    }
    names
}

/// The functions that follow an attribute of a test.
fn test_functions(text: &str) -> impl Iterator<Item = String> + '_ {
    let is_test = |line: &str| line.contains("test]") || line.contains("test(") || line.contains("#[rstest");
    let mut pending = false;
    text.lines().filter_map(move |line| {
        pending |= line.trim_start().starts_with("#[") && is_test(line);
        let name = line.split_once("fn ")?.1.split(['(', '<']).next()?;
        std::mem::take(&mut pending).then(|| name.to_owned())
    })
}

/// The numbered sentences, whole.
fn sentences(page: &str) -> Vec<String> {
    let is_first = |line: &str| {
        line.split_once(". ")
            .is_some_and(|(number, _)| number.parse::<u32>().is_ok())
    };
    let mut found: Vec<String> = vec![];
    for line in page.lines() {
        if is_first(line) {
            found.push(line.to_owned());
        } else if let Some(last) = found.last_mut().filter(|_| line.starts_with("   ")) {
            last.push(' ');
            last.push_str(line);
        }
    }
    found
}

/// What stands in backticks inside square brackets, as far as it can be the name of a test.
fn named(text: &str) -> Vec<&str> {
    let brackets = text.split('[').skip(1).filter_map(|part| part.split(']').next());
    let quoted = brackets.flat_map(|part| part.split('`').skip(1).step_by(2));
    quoted.filter(|name| name.contains('_')).collect()
}

#[test]
fn every_sentence_of_the_guarantee_names_tests_that_exist() {
    let tests = tests();
    let sentences = sentences(PAGE);
    assert!(sentences.len() > 20, "the page was not understood");
    for sentence in &sentences {
        let names = named(sentence);
        assert!(!names.is_empty(), "no test is named: {sentence}");
        for name in names {
            assert!(tests.contains(name), "there is no test {name}: {sentence}");
        }
    }
}

#[test]
fn every_promise_of_the_simulation_that_the_page_names_is_checked() {
    let promises = PAGE
        .split("simulation:")
        .skip(1)
        .filter_map(|part| part.split(']').next());
    for promise in promises.flat_map(|part| part.split('*').skip(1).step_by(2)) {
        let promise = promise.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            PROMISES.iter().any(|checks| checks.contains(&format!("\"{promise}\""))),
            "the simulation checks no promise called {promise}"
        );
    }
}

#[test]
fn a_name_that_is_none_is_noticed() {
    assert_eq!(named("so it is. [`a_test_of_ours`, `chaos`]"), ["a_test_of_ours"]);
    assert!(!tests().contains("a_test_of_nobody"));
}
