//! The crate table of `src-tauri/docs/architecture.md`, checked against what cargo resolves; and the promise of `desk-core` to know no
//! clock, no chance and no machine. Each check is also shown something forbidden, to prove that it can fail.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What one crate of ours may use.
struct Rule {
    name: &'static str,
    /// Crates of ours that it may name in its Cargo.toml.
    may_use: &'static [&'static str],
    /// Crates that may be nowhere below it.
    never_below: &'static [&'static str],
    /// Crates that it may not name itself.
    never_named: &'static [&'static str],
}

const fn rule(name: &'static str, may_use: &'static [&'static str], never_below: &'static [&'static str]) -> Rule {
    Rule {
        name,
        may_use,
        never_below,
        never_named: &[],
    }
}

const RULES: [Rule; 8] = [
    rule(
        "desk-core",
        &[],
        &[
            "tokio",
            "rusqlite",
            "sqlx",
            "sqlx-core",
            "reqwest",
            "tauri",
            "keyring",
            "notify-rust",
        ],
    ),
    rule("desk-cache", &["desk-core"], &["tokio", "sqlx", "sqlx-core", "tauri"]),
    rule(
        "desk-clinic",
        &["desk-core"],
        &["rusqlite", "libsqlite3-sys", "sqlx-sqlite", "tauri"],
    ),
    rule(
        "desk-sync",
        &["desk-core", "desk-cache", "desk-clinic"],
        &["tauri", "keyring", "notify-rust"],
    ),
    rule(
        "desk-app",
        &["desk-core", "desk-cache", "desk-clinic", "desk-sync"],
        &["tauri", "wry", "gtk", "keyring", "notify-rust", "zbus", "axum"],
    ),
    rule(
        "desk-server",
        &["desk-core", "desk-cache", "desk-clinic", "desk-sync", "desk-app"],
        &["tauri", "wry", "gtk", "keyring", "notify-rust", "zbus", "axum"],
    ),
    Rule {
        name: "aura-desk",
        may_use: &["desk-app"],
        // axum: what the test server is made of; the program listens to nobody.
        never_below: &["sqlx-sqlite", "native-tls", "openssl", "axum"],
        never_named: &["sqlx", "rusqlite"],
    },
    rule(
        "desk-tests",
        &[
            "desk-core",
            "desk-cache",
            "desk-clinic",
            "desk-sync",
            "desk-app",
            "desk-server",
            "aura-desk",
        ],
        &["sqlx-sqlite"],
    ),
];

/// Who names whom, by crate name, dependencies of tests aside; and which crates are ours.
struct Graph {
    ours: BTreeSet<String>,
    names: BTreeMap<String, BTreeSet<String>>,
}

impl Graph {
    /// Asks `cargo tree`, not `cargo metadata`: the latter also lists optional crates that nothing turns on (sqlx's SQLite, for one).
    fn of_this_workspace() -> Self {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args([
            "tree",
            "--workspace",
            "--offline",
            "--locked",
            "-e",
            "normal,build",
            "--prefix",
            "depth",
        ]);
        let output = cargo.current_dir(root()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Self::read(&String::from_utf8(output.stdout).unwrap())
    }

    /// Reads lines such as `2serde v1.0.228`: depth, name, version. Crates of ours stand at depth 0. Two versions of a crate count as one.
    fn read(tree: &str) -> Self {
        let mut graph = Self {
            ours: BTreeSet::new(),
            names: BTreeMap::new(),
        };
        let mut path: Vec<String> = Vec::new();
        for line in tree.lines().filter(|line| !line.is_empty()) {
            let (depth, name) = line.split_at(line.find(|c: char| !c.is_ascii_digit()).unwrap());
            let name = name.split(' ').next().unwrap().to_owned();
            path.truncate(depth.parse().unwrap());
            match path.last() {
                Some(user) => graph.names.entry(user.clone()).or_default().insert(name.clone()),
                None => graph.ours.insert(name.clone()),
            };
            graph.names.entry(name.clone()).or_default();
            path.push(name);
        }
        graph
    }

    /// Everything below a crate.
    fn below<'a>(&'a self, name: &'a str) -> BTreeSet<&'a str> {
        let mut found = BTreeSet::new();
        let mut next = vec![name];
        while let Some(name) = next.pop() {
            let deps = self.names.get(name).into_iter().flatten().map(String::as_str);
            next.extend(deps.filter(|dep| found.insert(*dep)));
        }
        found
    }

    fn violations(&self) -> Vec<String> {
        let strangers = self
            .ours
            .iter()
            .filter(|name| RULES.iter().all(|rule| rule.name != *name));
        let strangers = strangers.map(|name| format!("{name} has no rule"));
        strangers
            .chain(RULES.iter().flat_map(|rule| self.violations_of(rule)))
            .collect()
    }

    fn violations_of(&self, rule: &Rule) -> Vec<String> {
        let Some(named) = self.names.get(rule.name) else {
            return vec![format!("{} does not exist", rule.name)];
        };
        let below = self.below(rule.name);
        let ours = named
            .iter()
            .filter(|name| self.ours.contains(*name) && !rule.may_use.contains(&name.as_str()));
        let ours = ours.map(|name| format!("{} may not use {name}", rule.name));
        let named = rule.never_named.iter().filter(|name| named.contains(**name));
        let named = named.map(|name| format!("{} may not name {name}", rule.name));
        let below = rule.never_below.iter().filter(|name| below.contains(**name));
        let below = below.map(|name| format!("{} may not have {name} below it", rule.name));
        ours.chain(named).chain(below).collect()
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

#[test]
fn every_crate_uses_only_what_the_table_allows() {
    assert_eq!(Graph::of_this_workspace().violations(), Vec::<String>::new());
}

#[test]
fn a_forbidden_use_is_found() {
    let forbidden = [
        ("desk-core", "chrono", "tokio", "desk-core may not have tokio below it"),
        ("desk-cache", "desk-clinic", "", "desk-cache may not use desk-clinic"),
        ("desk-app", "keyring", "", "desk-app may not have keyring below it"),
        ("aura-desk", "sqlx", "", "aura-desk may not name sqlx"),
        ("aura-desk", "axum", "", "aura-desk may not have axum below it"),
        ("desk-tests", "desk-portal", "", "desk-portal has no rule"),
    ];
    for (name, uses, which_uses, complaint) in forbidden {
        let mut graph = Graph::of_this_workspace();
        graph.names.get_mut(name).unwrap().insert(uses.to_owned());
        graph
            .names
            .entry(uses.to_owned())
            .or_default()
            .insert(which_uses.to_owned());
        graph.ours.extend((uses == "desk-portal").then(|| uses.to_owned()));
        assert!(
            graph.violations().iter().any(|found| found == complaint),
            "{complaint}: {:?}",
            graph.violations()
        );
    }
}

/// What `desk-core` may not say: where time, chance and the machine come from. They are handed to it.
const NOT_PURE: [&str; 12] = [
    "::now(",
    "Instant::",
    "SystemTime",
    "now_v7",
    "new_v4",
    "getrandom",
    "rand::",
    "std::env::",
    "std::fs",
    "std::net",
    "std::process",
    "async fn",
];

/// The lines, numbered from 1, that say something forbidden outside of a comment.
fn impure_lines(source: &str) -> Vec<usize> {
    let code = |line: &str| line.split("//").next().unwrap_or_default().to_owned();
    let is_impure = |line: &str| NOT_PURE.iter().any(|word| code(line).contains(word));
    source
        .lines()
        .enumerate()
        .filter(|(_, line)| is_impure(line))
        .map(|(n, _)| n + 1)
        .collect()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = |path: PathBuf| if path.is_dir() { rust_files(&path) } else { vec![path] };
    entries
        .flat_map(files)
        .filter(|path| path.extension().is_some_and(|ext| ext == "rs"))
        .collect()
}

#[test]
fn desk_core_knows_no_clock_no_chance_and_no_machine() {
    let files = rust_files(&root().join("src-tauri/crates/desk-core/src"));
    assert!(files.len() > 1, "the crate has moved");
    let impure = |file: &PathBuf| impure_lines(&std::fs::read_to_string(file).unwrap());
    let found: Vec<_> = files
        .iter()
        .map(|file| (file, impure(file)))
        .filter(|(_, lines)| !lines.is_empty())
        .collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn a_look_at_the_clock_is_found() {
    let source = "// Utc::now() is told by the caller\nlet now = Utc::now();\nlet id = Uuid::now_v7();\nlet n = 1;";
    assert_eq!(impure_lines(source), [2, 3]);
}
