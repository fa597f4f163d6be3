//! One changed customer leaves the index as a bulk build would; order and repair as people expect them.

use rusqlite::{Connection, params};
use uuid::Uuid;

use super::*;

const TODAY: &str = "2026-10-01";

fn cache() -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    for sql in [
        include_str!("../../../../../migrations/cache/20261122090000_create_nouns.sql"),
        include_str!("../../../../../migrations/cache/20261122090100_create_search.sql"),
        include_str!("../../../../../migrations/cache/20261201300000_keep_merges.sql"),
    ] {
        connection.execute_batch(sql).unwrap();
    }
    create_indexes(&connection).unwrap();
    connection
}

fn put(connection: &Connection, number: u128, name: &str, nickname: &str, phone: &str, visit: Option<&str>) {
    let sql = "INSERT OR REPLACE INTO customer (id, code, full_name, nickname, phone, last_visit_date) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let id = Uuid::from_u128(number);
    connection
        .execute(
            sql,
            params![id.as_bytes(), format!("A-{number:06}"), name, nickname, phone, visit],
        )
        .unwrap();
    reindex(connection, id).unwrap();
}

fn book(connection: &Connection, number: u128, start: &str, status: &str) {
    let sql = "INSERT INTO appointment (id, customer_id, date, start_time, status) VALUES (?1, ?1, ?2, ?3, ?4)";
    connection
        .execute(sql, params![Uuid::from_u128(number).as_bytes(), TODAY, start, status])
        .unwrap();
}

fn found(connection: &Connection, text: &str) -> Found {
    search(
        connection,
        &Query {
            text,
            today: TODAY,
            limit: 20,
        },
    )
    .unwrap()
}

fn numbers(connection: &Connection, text: &str) -> Vec<u128> {
    found(connection, text)
        .hits
        .iter()
        .map(|hit| hit.customer_id.as_u128())
        .collect()
}

fn everything(connection: &Connection) -> Vec<String> {
    let dump = |sql: &str| {
        let mut statement = connection.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
        rows.map(Result::unwrap).collect::<Vec<_>>()
    };
    let terms = "SELECT t.field || t.term || hex(p.id) FROM search_term t JOIN search_person p USING (doc) ORDER BY 1";
    let digits = "SELECT d.four || hex(p.id) FROM search_digits d JOIN search_person p USING (doc) ORDER BY 1";
    [
        dump(terms),
        dump(digits),
        dump("SELECT count(*) || '' FROM search_term"),
        dump("SELECT count(*) || '' FROM search_digits"),
    ]
    .concat()
}

#[test]
fn one_customer_at_a_time_gives_the_same_index_as_all_at_once() {
    let connection = cache();
    put(
        &connection,
        1,
        "พลอยไพลิน ศรีสุข",
        "พลอย",
        "0812345678",
        Some("2026-09-01"),
    );
    put(&connection, 2, "Emily Carter", "", "+447700900123", None);
    put(
        &connection,
        3,
        "สมชาย ใจดี",
        "ชาย",
        "021234567, 0899999999",
        Some("2026-01-01"),
    );
    put(&connection, 3, "สมชาย ใจงาม", "ชาย", "0899999999", Some("2026-09-30"));
    connection
        .execute("DELETE FROM customer WHERE id = ?1", [Uuid::from_u128(2).as_bytes()])
        .unwrap();
    reindex(&connection, Uuid::from_u128(2)).unwrap();
    let one_by_one = everything(&connection);
    build_index(&connection).unwrap();
    assert_eq!(everything(&connection), one_by_one);
    assert_eq!(numbers(&connection, "ใจดี"), Vec::<u128>::new());
    assert_eq!(numbers(&connection, "ใจงาม"), [3]);
    assert_eq!(numbers(&connection, "9999"), [3]);
}

#[test]
fn who_was_here_last_comes_first_and_who_comes_today_before_all() {
    let connection = cache();
    for (number, visit) in [
        (1, Some("2026-01-01")),
        (2, Some("2026-08-01")),
        (3, None),
        (4, Some("2026-03-01")),
    ] {
        put(&connection, number, "กมล ดี", "แนน", "", visit);
    }
    assert_eq!(numbers(&connection, "แนน"), [2, 4, 1, 3]);
    put(&connection, 1, "กมล ดี", "แนน", "", Some("2026-09-01"));
    assert_eq!(numbers(&connection, "แนน"), [1, 2, 4, 3], "a visit moves a customer up");
    book(&connection, 3, "14:00", "confirmed");
    book(&connection, 4, "15:00", "cancelled");
    let hits = found(&connection, "แนน").hits;
    assert_eq!(
        hits.first().map(|hit| (hit.customer_id.as_u128(), hit.why)),
        Some((3, MatchKind::BookedToday))
    );
    assert_eq!(hits.first().and_then(|hit| hit.booked_at.as_deref()), Some("14:00"));
    assert_eq!(
        hits.iter().filter(|hit| hit.booked_at.is_some()).count(),
        1,
        "a cancelled booking is none"
    );
}

#[test]
fn each_hit_says_why_and_where() {
    let connection = cache();
    put(
        &connection,
        123,
        "พลอยชมพู เลิศวิไล",
        "พลอย",
        "081-234-5678",
        Some("2026-09-01"),
    );
    for (typed, why) in [
        ("a-123", MatchKind::Code),
        ("5678", MatchKind::Phone),
        ("พลอย", MatchKind::Nickname),
        ("พล", MatchKind::NicknamePrefix),
        ("เลิศ", MatchKind::Name),
        ("พรอย", MatchKind::SoundsLike),
        ("ชมพู", MatchKind::Substring),
        ("พลอย ล", MatchKind::Nickname),
    ] {
        let hits = found(&connection, typed).hits;
        assert_eq!(hits.iter().map(|hit| hit.why).collect::<Vec<_>>(), [why], "{typed}");
    }
    let marks = found(&connection, "ชมพู").hits.remove(0).highlights;
    assert_eq!(
        marks,
        [Highlight {
            field: Shown::FullName,
            start: 4,
            end: 8
        }]
    );
}

#[test]
fn text_from_the_wrong_layout_is_repaired_only_when_it_finds_nothing_good() {
    let connection = cache();
    put(&connection, 1, "กมล ดี", "แนน", "", None);
    assert_eq!(
        found(&connection, "coo").repaired,
        Some(Repaired {
            text: "แนน".into()
        })
    );
    put(&connection, 2, "Coo Smith", "", "", None);
    assert_eq!(found(&connection, "coo").repaired, None, "a whole name was typed");
    assert_eq!(numbers(&connection, "coo"), [2]);
}

#[test]
fn any_text_at_all_is_answered() {
    let connection = cache();
    put(&connection, 1, "กมล ดี", "แนน", "081", None);
    let long = "แ".repeat(10_000);
    for typed in [
        "%",
        "_",
        "\u{0}",
        "'; DROP TABLE customer",
        "ำ",
        "้",
        "๏๏",
        "a b c d e f g h i j",
        long.as_str(),
        "\u{10ffff}",
    ] {
        let _ = found(&connection, typed);
    }
}
