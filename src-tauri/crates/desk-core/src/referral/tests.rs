//! The rule on people of our own: the honest, the ripe and the unripe, and those who try it twice.

use super::*;
use crate::day::USUAL_ZONE;

fn at(text: &str) -> DateTime<Utc> {
    format!("{text}+07:00")
        .parse::<DateTime<chrono::FixedOffset>>()
        .unwrap()
        .to_utc()
}

fn person(id: &str, name: &str, phone: &str) -> Person {
    Person {
        id: id.into(),
        name: name.into(),
        phone: Some(phone.into()),
        ..Person::default()
    }
}

fn paid(when: &str, baht: i64) -> Treatment {
    Treatment {
        at: at(when),
        price: baht * 100,
        paid: baht * 100,
        card: None,
    }
}

/// มุก sent เมย์, who came five days later and paid 1,500 baht.
fn honest() -> Facts {
    Facts {
        points: 200,
        referrer: person("mook", "นภา แสงทอง", "081-234-5678"),
        friend: person("may", "ชนัญชิดา เลิศวิไล", "089 999 5678"),
        made_at: at("2026-09-01T10:00:00"),
        registered_by: Some("nok".into()),
        known: None,
        other_referrer_at: None,
        friend_referred: vec![],
        chain: vec![],
        treatments: vec![paid("2026-09-05T14:00:00", 1500)],
        refunds: vec![],
        earlier: vec![],
    }
}

fn verdict(facts: &Facts) -> Verdict {
    decide(facts, at("2026-09-25T10:00:00"), USUAL_ZONE)
}

fn with(change: impl FnOnce(&mut Facts)) -> (Decision, Vec<Reason>) {
    let mut facts = honest();
    change(&mut facts);
    let found = verdict(&facts);
    (found.decision, found.reasons)
}

fn earlier(when: &str) -> Earlier {
    Earlier {
        made_at: at(when),
        device: None,
        card: None,
        is_refunded: false,
    }
}

fn back(when: &str, baht: i64) -> Refund {
    Refund {
        at: at(when),
        satang: baht * 100,
        of: 0,
    }
}

fn refuses(reason: Reason) -> (Decision, Vec<Reason>) {
    (Decision::Refuse, vec![reason])
}

fn holds(reason: Reason) -> (Decision, Vec<Reason>) {
    (Decision::Hold, vec![reason])
}

fn pays() -> (Decision, Vec<Reason>) {
    (Decision::Pay, vec![])
}

#[test]
fn l16_it_pays_once_the_first_treatment_was_kept_for_14_days_to_the_second() {
    let facts = honest();
    let one_before = decide(&facts, at("2026-09-19T13:59:59"), USUAL_ZONE);
    assert_eq!(one_before.reasons, [Reason::WaitsForDays]);
    assert!(!one_before.needs_a_person(), "time alone does it");
    assert_eq!(
        decide(&facts, at("2026-09-19T14:00:00"), USUAL_ZONE).decision,
        Decision::Pay
    );
}

#[test]
fn l16_nobody_is_paid_for_what_was_not_paid_or_not_kept() {
    assert_eq!(with(|f| f.treatments.clear()), holds(Reason::WaitsForPayment));
    assert_eq!(with(|f| f.treatments[0].paid = 0), holds(Reason::WaitsForPayment));
    assert_eq!(
        with(|f| f.treatments[0].paid = 20_000),
        holds(Reason::WaitsForPayment),
        "a deposit"
    );
    assert_eq!(
        with(|f| f.treatments[0] = paid("2026-09-05T14:00:00", 50)),
        holds(Reason::PaidTooLittle)
    );
    assert_eq!(
        with(|f| f.refunds = vec![back("2026-09-08T10:00:00", 1500)]),
        holds(Reason::NotKept)
    );
    let in_parts = vec![back("2026-09-08T10:00:00", 500), back("2026-09-09T10:00:00", 1000)];
    assert_eq!(with(|f| f.refunds = in_parts), holds(Reason::NotKept));
    assert_eq!(
        with(|f| f.refunds = vec![back("2026-09-08T10:00:00", 150)]),
        pays(),
        "a small part"
    );
    assert_eq!(
        with(|f| f.treatments[0].at = at("2026-10-05T10:00:00")),
        holds(Reason::WaitsForPayment),
        "not yet"
    );
}

#[test]
fn l16_a_second_treatment_that_is_kept_counts_where_the_first_went_back() {
    let second = |when: &str| {
        with(|f| {
            f.refunds = vec![back("2026-09-06T10:00:00", 1500)];
            f.treatments.push(paid(when, 2500));
        })
    };
    assert_eq!(second("2026-09-08T10:00:00"), pays());
    assert_eq!(second("2026-09-20T10:00:00"), holds(Reason::WaitsForDays));
}

#[test]
fn l16_one_phone_in_any_spelling_is_one_phone() {
    for typed in [
        "0812345678",
        "+66 81 234 5678",
        "0066812345678",
        "๐๘๑-๒๓๔-๕๖๗๘",
        "081.234.5678",
        "02 391 4407, 081-234-5678",
        "\u{200b}(081) 234 5678",
    ] {
        assert_eq!(
            with(|f| f.friend.phone = Some(typed.into())),
            refuses(Reason::SamePhone),
            "{typed}"
        );
    }
    for typed in ["081-234-5679", "", "-", "ไม่มี", "1234", "'; drop table x; --"] {
        assert_eq!(with(|f| f.friend.phone = Some(typed.into())), pays(), "{typed}");
    }
    assert_eq!(
        with(|f| {
            f.referrer.phone = Some("-".into());
            f.friend.phone = Some("-".into())
        }),
        pays(),
        "nothing is no number"
    );
}

#[test]
fn l16_line_card_and_identity_card_match_only_where_both_are_known() {
    let both = |a: Option<&str>, b: Option<&str>| {
        with(|f| {
            f.referrer.line_id = a.map(Into::into);
            f.friend.line_id = b.map(Into::into);
        })
    };
    assert_eq!(both(Some("Uab12"), Some(" uAB12 ")), refuses(Reason::SameLine));
    assert_eq!(both(Some("Uab12"), Some("Uab13")), pays());
    assert_eq!(both(Some(" "), Some("")), pays());
    assert_eq!(both(None, None), pays());
    let id = |f: &mut Facts| {
        f.referrer.id_hash = Some("9f".into());
        f.friend.id_hash = Some("9f".into());
    };
    assert_eq!(with(id), refuses(Reason::SameIdCard));
    let card = |f: &mut Facts| {
        f.referrer.cards = vec!["tok_1".into()];
        f.treatments[0].card = Some("tok_1".into());
    };
    assert_eq!(
        with(card),
        refuses(Reason::SameCard),
        "the referrer paid, whatever cards the friend has"
    );
}

#[test]
fn l16_one_person_twice_is_refused_and_one_name_alone_is_looked_at() {
    assert_eq!(with(|f| f.friend.id = "mook".into()).0, Decision::Refuse);
    let named = |birth: Option<&str>| {
        with(|f| {
            f.friend.name = "คุณนภา  แสงทอง".into();
            f.referrer.birth = Some("1990-05-01".parse().unwrap());
            f.friend.birth = birth.map(|day| day.parse().unwrap());
        })
    };
    assert_eq!(named(Some("1990-05-01")), refuses(Reason::SamePerson));
    assert_eq!(named(None), holds(Reason::SameName));
    assert_eq!(named(Some("1991-05-01")), pays(), "two people of one name");
}

#[test]
fn l16_a_matching_address_alone_is_held_never_refused() {
    let homes = |a: &str, b: &str| {
        with(|f| {
            f.referrer.address = Some(a.into());
            f.friend.address = Some(b.into());
        })
    };
    let home = "99/12 ซอย 5 ถนนเพชรเกษม เขตบางแค กรุงเทพฯ 10160";
    for other in [
        "99/12 ซ.5 ถ.เพชรเกษม บางแค กทม. 10160",
        "เลขที่ 99/12 ซอย5 ถ. เพชรเกษม บางแค",
        "99/12 Soi 5 Phetkasem Road, Bang Khae 10160",
        "๙๙/๑๒ ซอย ๕ ถนนเพชรเกษม ๑๐๑๖๐",
    ] {
        assert_eq!(homes(home, other), holds(Reason::SameAddress), "{other}");
    }
    for other in [
        "99/13 ซอย 5 ถนนเพชรเกษม เขตบางแค กรุงเทพฯ 10160",
        "99/12 ซอย 7 ถนนเพชรเกษม เขตบางแค กรุงเทพฯ 10160",
        "99/12 ซอย 5 ถนนพระราม 2 เขตบางแค กรุงเทพฯ 10160",
        "99/12 ซอย 5 ถนนเพชรเกษม เขตบางแค กรุงเทพฯ 10150",
        "ถนนเพชรเกษม เขตบางแค กรุงเทพฯ 10160",
        "",
    ] {
        assert_eq!(homes(home, other), pays(), "{other}");
    }
    let rooms = |a: u32, b: u32| {
        homes(
            &format!("10 อาคารเอ ห้อง {a} ถนนสาทร 10120"),
            &format!("10 อาคารเอ ห้อง {b} ถ.สาทร 10120"),
        )
    };
    assert_eq!(rooms(501, 502), pays());
    assert_eq!(rooms(501, 501), holds(Reason::SameAddress));
    assert!(
        verdict(&{
            let mut facts = honest();
            facts.referrer.address = Some(home.into());
            facts.friend.address = Some(home.into());
            facts
        })
        .needs_a_person()
    );
}

#[test]
fn l16_a_device_proves_nothing_when_it_is_the_clinics_own() {
    let device = |is_clinics| {
        let one = Some(Device {
            id: "D1".into(),
            is_clinics,
        });
        move |f: &mut Facts| {
            f.referrer.device.clone_from(&one);
            f.friend.device.clone_from(&one);
            f.earlier = vec![Earlier {
                device: one,
                ..earlier("2026-08-01T10:00:00")
            }];
        }
    };
    assert_eq!(with(device(true)), pays());
    assert_eq!(
        with(device(false)),
        (Decision::Hold, vec![Reason::SameDevice, Reason::ManyFromOneDevice])
    );
}

#[test]
fn l16_who_was_a_customer_before_was_not_sent() {
    let known = |first: Option<&str>, by_name_only| {
        with(|f| {
            f.known = Some(Known {
                first_visit: first.map(|day| day.parse().unwrap()),
                by_name_only,
            });
        })
    };
    assert_eq!(known(Some("2025-01-01"), false), refuses(Reason::NotNew));
    assert_eq!(known(Some("2025-01-01"), true), holds(Reason::PerhapsKnown));
    assert_eq!(known(None, false), pays(), "a lead who never came is new");
    assert_eq!(
        known(Some("2026-09-01"), false),
        pays(),
        "the visit at which it was recorded"
    );
    assert_eq!(
        with(|f| f.treatments.push(paid("2026-08-20T10:00:00", 900))),
        refuses(Reason::NotNew)
    );
    assert_eq!(
        with(|f| f.treatments[0].at = at("2026-09-01T09:30:00")),
        pays(),
        "told at the till, on the same day"
    );
}

#[test]
fn l16_one_referrer_a_person_for_ever_and_no_circles() {
    assert_eq!(
        with(|f| f.other_referrer_at = Some(at("2025-01-01T10:00:00"))),
        refuses(Reason::AlreadyReferred)
    );
    assert_eq!(
        with(|f| f.other_referrer_at = Some(at("2026-09-02T10:00:00"))),
        pays(),
        "the other one came later"
    );
    assert_eq!(
        with(|f| f.friend_referred = vec!["mook".into()]),
        refuses(Reason::Circle)
    );
    assert_eq!(with(|f| f.friend_referred = vec!["ann".into()]), pays());
    let ring = |f: &mut Facts| {
        f.friend_referred = vec!["ann".into()];
        f.chain = vec!["ann".into()];
    };
    assert_eq!(with(ring), refuses(Reason::Circle), "may sent ann, ann sent mook");
    assert_eq!(
        with(|f| f.chain = vec!["ann".into(), "bee".into()]),
        pays(),
        "who sent the referrer is no matter"
    );
    assert_eq!(
        with(|f| f.registered_by = Some("mook".into())),
        holds(Reason::RecordedByThemselves)
    );
}

#[test]
fn l16_the_second_within_24_hours_and_the_eleventh_of_a_month_are_looked_at() {
    assert_eq!(
        with(|f| f.earlier = vec![earlier("2026-08-31T10:00:01")]),
        holds(Reason::SecondInADay)
    );
    assert_eq!(
        with(|f| f.earlier = vec![earlier("2026-08-31T10:00:00")]),
        pays(),
        "24 hours to the second"
    );
    assert_eq!(
        with(|f| f.earlier = vec![earlier("2026-09-01T10:30:00")]),
        pays(),
        "the one after it is looked at, not this"
    );
    let month = |count: u32, month: u32| {
        with(|f| {
            f.made_at = at("2026-09-20T10:00:00");
            f.treatments[0].at = at("2026-09-20T14:00:00");
            f.earlier = (1..=count)
                .map(|day| earlier(&format!("2026-{month:02}-{day:02}T10:00:00")))
                .collect();
        })
    };
    assert_eq!(month(9, 9).1, [Reason::WaitsForDays]);
    assert_eq!(month(10, 9).1, [Reason::WaitsForDays, Reason::ManyInAMonth]);
    assert_eq!(
        month(28, 8).1,
        [Reason::WaitsForDays],
        "another month of the clinic's calendar"
    );
}

#[test]
fn l16_friends_who_all_give_back_are_a_habit() {
    let others = |refunded: usize, all: usize, this: bool| {
        with(|f| {
            let one = |place: usize| Earlier {
                is_refunded: place < refunded,
                ..earlier(&format!("2026-07-{:02}T10:00:00", place * 3 + 1))
            };
            f.earlier = (0..all).map(one).collect();
            f.refunds = this.then(|| back("2026-09-20T10:00:00", 1500)).into_iter().collect();
        })
    };
    assert_eq!(others(1, 1, false), pays());
    assert_eq!(others(2, 2, false), holds(Reason::OthersRefunded));
    assert_eq!(others(2, 8, false), pays(), "two of eight");
    assert_eq!(others(3, 3, true).0, Decision::Refuse);
    assert_eq!(others(0, 3, true), holds(Reason::NotKept));
}

#[test]
fn whatever_is_typed_ends_in_a_decision() {
    let long = "๙".repeat(20_000);
    for text in [
        "",
        "\0",
        "🌸🌸🌸",
        "{}",
        "ซอย",
        "ห้อง ห้อง ห้อง",
        "ถนน",
        "1",
        long.as_str(),
        "\u{202e}99/12 ซอย 5",
    ] {
        let found = with(|f| {
            f.referrer.address = Some(text.into());
            f.friend.phone = Some(text.into());
            f.friend.name = text.into();
            f.friend.line_id = Some(text.into());
        });
        assert_eq!(found, pays(), "{text:.20}");
    }
}
