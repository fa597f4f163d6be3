//! What a clinic lets customers achieve: kept by owner and manager, with conditions that somebody can meet, and the same word about that in PostgreSQL and on a desk.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod clinic_support;

use clinic_support::{A, B, DB, desk, migrated};
use desk_core::achievement::Conditions;
use desk_tests::{harness::pg::PgCluster, simulate::chance::Chance};
use serde_json::{Value as Json, json};
use uuid::Uuid;

fn saying(fields: &[(&str, Json)]) -> Json {
    let mut said = json!({ "id": Uuid::now_v7(), "name": "มาบ่อย", "category": "frequency", "points": 200, "reward": "มาสก์ฟรี", "conditions": { "visitCount": 5, "withinMonths": 3 },
        "is_active": true, "is_secret": false });
    for (field, value) in fields {
        said[*field] = value.clone();
    }
    said
}

fn one(pg: &PgCluster, id: &Json, fields: &str) -> String {
    let sql = format!(
        "select {fields} from public.achievements where id = '{}'",
        id.as_str().unwrap()
    );
    pg.psql(DB, &sql)
}

#[tokio::test]
async fn owner_and_manager_make_change_and_end_them_and_nobody_else() {
    let pg = migrated().await;
    let (mut head, mut counter) = (desk(&pg, A, 1).await, desk(&pg, A, 5).await);
    let said = saying(&[]);
    let id = said["id"].clone();
    assert_eq!(counter.act("achievement.save", said.clone()).await, "role_not_allowed");
    assert_eq!(head.act("achievement.save", said).await, "ok");
    assert_eq!(
        one(
            &pg,
            &id,
            "clinic_id, category, points_reward, special_reward #>> '{}', conditions, desk_version"
        ),
        format!("{A}|frequency|200|มาสก์ฟรี|{{\"visitCount\": 5, \"withinMonths\": 3}}|1")
    );
    // The web system's own way of writing a special reward stays as long as its words do.
    pg.psql(
        DB,
        "update public.achievements set special_reward = '{\"type\": \"gift\", \"name\": \"มาสก์ฟรี\"}'",
    );
    let ended = saying(&[
        ("id", id.clone()),
        ("expected", json!(2)),
        ("is_active", json!(false)),
        ("conditions", Json::Null),
    ]);
    assert_eq!(head.act("achievement.save", ended.clone()).await, "ok");
    assert_eq!(
        one(
            &pg,
            &id,
            "is_active, conditions ? 'visitCount', special_reward ->> 'type', category, desk_version"
        ),
        "f|t|gift|frequency|3",
        "what was not said stays"
    );
    assert_eq!(head.act("achievement.save", ended).await, "changed_meanwhile");
}

#[tokio::test]
async fn what_nobody_could_earn_or_is_anothers_is_refused_and_changes_nothing() {
    let pg = migrated().await;
    let (mut head, mut other) = (desk(&pg, A, 1).await, desk(&pg, B, 2).await);
    let made = saying(&[]);
    let id = made["id"].clone();
    assert_eq!(head.act("achievement.save", made).await, "ok");
    let theirs = saying(&[("id", id.clone()), ("expected", json!(1)), ("name", json!("x"))]);
    assert_eq!(other.act("achievement.save", theirs).await, "achievement_not_found");
    for (field, value, code) in [
        ("name", json!(" "), "achievement_invalid"),
        ("name", json!("x".repeat(300)), "text_too_long"),
        ("conditions", json!({}), "achievement_invalid"),
        ("conditions", Json::Null, "achievement_invalid"),
        ("conditions", json!({ "visitCount": 0 }), "achievement_invalid"),
        ("conditions", json!({ "visitCount": "5" }), "achievement_invalid"),
        ("conditions", json!({ "visitCount": 1e300 }), "achievement_invalid"),
        (
            "conditions",
            json!({ "visitCount": 1, "moon": 1 }),
            "achievement_invalid",
        ),
        ("conditions", json!("visits"), "achievement_invalid"),
        ("category", json!("moon"), "value_not_allowed"),
        ("points", json!(-1), "value_not_allowed"),
        ("points", json!(1_000_000), "value_not_allowed"),
        ("is_active", json!("yes"), "value_not_allowed"),
    ] {
        let said = saying(&[(field, value.clone())]);
        assert_eq!(head.act("achievement.save", said).await, code, "{field} {value}");
    }
    assert_eq!(
        pg.psql(DB, "select count(*) || ' ' || min(name) from public.achievements"),
        "1 มาบ่อย"
    );
}

/// Conditions as somebody might write them, right and wrong.
fn some_conditions(chance: &mut Chance) -> Json {
    let mut all = serde_json::Map::new();
    let keys = [
        "totalSpent",
        "visitCount",
        "consecutiveVisits",
        "referralCount",
        "pointsEarned",
        "withinMonths",
        "period",
        "each",
        "treatmentTypes",
        "moon",
    ];
    for _ in 0..chance.below(4) {
        let key = keys[chance.below(keys.len())];
        let value = match chance.below(9) {
            0 => json!("month"),
            1 => json!("year"),
            2 => json!(["Botox"]),
            3 => json!([" "]),
            4 => json!(0),
            5 => json!(1_000_000_000_i64),
            6 => json!(1.5),
            _ => json!(chance.below(130)),
        };
        all.insert(key.into(), value);
    }
    Json::Object(all)
}

#[tokio::test]
async fn desk_and_database_say_alike_what_can_be_earned() {
    let pg = migrated().await;
    let mut chance = Chance::new(7);
    let cases: Vec<String> = (0..3_000).map(|_| some_conditions(&mut chance).to_string()).collect();
    let list = serde_json::to_string(&cases).unwrap().replace('\'', "''");
    let sql = format!(
        "select string_agg(case when desk.is_achievable(c::jsonb) then 't' else 'f' end, '' order by n) from jsonb_array_elements_text('{list}') with ordinality x (c, n)"
    );
    let said = pg.psql(DB, &sql);
    for (text, database) in cases.iter().zip(said.chars()) {
        assert_eq!(Conditions::read(text).is_some(), database == 't', "{text}");
    }
    assert!(said.contains('t') && said.contains('f'));
}
