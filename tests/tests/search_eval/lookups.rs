//! The scripted look-ups that lie beside the project, if they do: people, queries and what each must find.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value as Json;

use super::clinic::{Clinic, Someone};

/// People and what is asked about them.
pub struct Set {
    pub people: Vec<Someone>,
    raw: Vec<Json>,
    pub lookups: Vec<Lookup>,
}

/// One query and what must come of it.
pub struct Lookup {
    pub id: String,
    pub kind: String,
    pub query: String,
    expect: Json,
}

/// The set of this name, from `shared/eval` beside the project.
pub fn beside_the_project(set: &str) -> Option<Set> {
    let eval = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/eval");
    let lines = lines(&std::fs::read_to_string(eval.join(set).join("lookups.jsonl")).ok()?);
    let raw = population(&eval, set);
    Some(Set {
        people: raw.iter().map(someone).collect(),
        raw,
        lookups: lines.into_iter().map(lookup).collect(),
    })
}

fn population(eval: &Path, set: &str) -> Vec<Json> {
    let script: PathBuf = eval.join("gen_population.py");
    let made = Command::new("python3")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .arg(script)
        .args(["--set", set, "--n", "2000"])
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    lines(&String::from_utf8(made.stdout).unwrap())
}

fn lines(text: &str) -> Vec<Json> {
    text.lines()
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn string(json: &Json, field: &str) -> String {
    json[field].as_str().unwrap_or_default().to_owned()
}

fn number(id: &str) -> u128 {
    id.trim_start_matches('P').parse().unwrap()
}

fn someone(person: &Json) -> Someone {
    Someone {
        number: number(&string(person, "id")),
        full_name: format!("{} {}", string(person, "given"), string(person, "family")),
        nickname: string(person, "nickname"),
        phone: string(person, "phone_shown"),
        code: string(person, "code"),
        email: string(person, "email"),
        line_name: string(person, "line"),
        last_visit: string(person, "last_visit"),
        booked_today: person["booked_today"].as_str().map(str::to_owned),
    }
}

fn lookup(json: Json) -> Lookup {
    Lookup {
        id: string(&json, "id"),
        kind: string(&json, "kind"),
        query: string(&json, "query"),
        expect: json["expect"].clone(),
    }
}

impl Lookup {
    /// Whether what the clinic answers is what must come; the same rules as the set's own scorer.
    pub fn holds(&self, clinic: &Clinic, set: &Set) -> bool {
        let found = clinic.numbers(&self.query);
        match self.expect["type"].as_str().unwrap() {
            "none" => found.is_empty(),
            "id" => {
                let within = usize::try_from(self.expect["within"].as_u64().unwrap()).unwrap();
                found
                    .iter()
                    .take(within)
                    .any(|hit| *hit == number(self.expect["id"].as_str().unwrap()))
            }
            _ => self.fits(&found, set),
        }
    }

    fn fits(&self, found: &[u128], set: &Set) -> bool {
        let wanted = self.expect["value"].as_str().unwrap();
        let equal = self.expect["op"] == "eq";
        let fields: Vec<&str> = self.expect["field"].as_str().unwrap().split('|').collect();
        let fits = |hit: &u128| {
            let person = set
                .raw
                .iter()
                .find(|person| number(&string(person, "id")) == *hit)
                .unwrap();
            fields.iter().map(|field| string(person, field)).any(|value| {
                if equal {
                    value == wanted
                } else {
                    value.starts_with(wanted)
                }
            })
        };
        let mut top = found.iter().take(5);
        match self.expect["apply"].as_str().unwrap() {
            "all5" => !found.is_empty() && top.all(fits),
            "any5" => top.any(fits),
            _ => found.first().is_some_and(fits),
        }
    }
}
