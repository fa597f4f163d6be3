//! The loyalty figures for who answers for the clinic. They are counted on this PC, because every lot, entry and member is in the cache: the clinic is not asked, the
//! figures are there without the network, and the screen says as of when. What a role may read is the same for every enrolled person (as everywhere), so the role is asked
//! here, where the figures are made.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    sync::Arc,
};

use chrono::{DateTime, Datelike as _, Days, Months, NaiveDate, NaiveTime};
use desk_cache::{
    CacheError,
    open::Reader,
    query::{
        achievement::{self, Kept},
        clinic, policy,
        report::{self, Held, Left, Moved, Unlocked},
    },
};
use desk_core::{
    csv::{self, Cell},
    day::{self, Tz},
    loyalty::Tier,
};
use uuid::Uuid;

use crate::{
    api::{
        Nothing,
        manage::{
            AchievedShare, Exported, Figure, Gift, Gifts, Liability, LoyaltyExport, LoyaltyReport, TierShare, Velocity,
        },
    },
    desk::Desk,
    error::{AppError, Code},
    row,
};

/// Gifts are looked at over so many days.
const GIFT_DAYS: u64 = 90;
/// Gifts shown of one person.
const GIFTS: usize = 20;
/// Months and weeks that are shown.
const SPANS: u32 = 12;

impl Desk {
    /// The figures.
    ///
    /// # Errors
    /// As listed at [`LoyaltyReport`].
    pub async fn loyalty_report(self: &Arc<Self>, _: Nothing) -> Result<LoyaltyReport, AppError> {
        self.only_heads().await?;
        let as_of = self.sync_state(Nothing {}).await?.last_synced_at;
        let now = self.micros();
        self.read(move |reader| shown(reader, now, as_of)).await
    }

    /// The rows behind a figure, as a file.
    ///
    /// # Errors
    /// As listed at [`LoyaltyExport`].
    pub async fn loyalty_export(self: &Arc<Self>, request: LoyaltyExport) -> Result<Exported, AppError> {
        self.only_heads().await?;
        let now = self.micros();
        let (heads, rows) = self.read(move |reader| sheet(reader, request.figure, now)).await?;
        let day = self.today_date();
        let name = format!("aura-desk-{}-{day}.csv", word(request.figure));
        let path = self.places.data.join(name);
        fs::write(&path, csv::file(heads, &rows)).map_err(|error| match error.kind() {
            std::io::ErrorKind::StorageFull => Code::DiskFull,
            _ => Code::Unexpected,
        })?;
        Ok(Exported {
            path: path.to_string_lossy().into_owned(),
            rows: i64::try_from(rows.len()).unwrap_or(i64::MAX),
        })
    }
}

fn word(figure: Figure) -> &'static str {
    match figure {
        Figure::Liability => "liability",
        Figure::Tiers => "members",
        Figure::Velocity => "points",
        Figure::Unlocks => "achievements",
        Figure::Gifts => "gifts",
    }
}

fn shown(reader: &Reader<'_>, now: i64, as_of: Option<i64>) -> Result<LoyaltyReport, CacheError> {
    let zone = clinic::zone(reader)?;
    let point_satang = policy::at(reader, now)?.point_satang;
    let (lots, members) = (report::left(reader)?, report::held(reader)?);
    let moved = report::moved(reader, year_ago(now, zone))?;
    let points: i64 = lots.iter().map(|lot| lot.points).sum();
    Ok(LoyaltyReport {
        as_of,
        points,
        satang: points.saturating_mul(point_satang),
        point_satang,
        owed: members.iter().map(|member| member.owed).sum(),
        liability: liability(&lots, point_satang, zone),
        tiers: Tier::ALL.map(|tier| share(tier, &members)).to_vec(),
        months: velocity(&moved, &months(now, zone), zone),
        weeks: velocity(&moved, &weeks(now, zone), zone),
        redeemed_permille: redeemed(&moved),
        unlocks: unlocks(&achievement::all(reader)?, &report::unlocked(reader)?),
        gifts: gifts(&moved, micros_ago(now, GIFT_DAYS)),
    })
}

fn date_of(at: i64, zone: Tz) -> NaiveDate {
    day::date(DateTime::from_timestamp_micros(at).unwrap_or_default(), zone)
}

fn start(day: NaiveDate, zone: Tz) -> i64 {
    day::instant(day, NaiveTime::MIN, zone).timestamp_micros()
}

fn first_of_month(day: NaiveDate) -> NaiveDate {
    day.with_day(1).unwrap_or(day)
}

/// The first moment of the month eleven months ago: as far back as the months go that are shown.
fn year_ago(now: i64, zone: Tz) -> i64 {
    months(now, zone).last().map_or(now, |day| start(*day, zone))
}

fn micros_ago(now: i64, days: u64) -> i64 {
    now - i64::try_from(days).unwrap_or(0) * 86_400_000_000
}

/// First days of this month and those before it, newest first.
fn months(now: i64, zone: Tz) -> Vec<NaiveDate> {
    let this = first_of_month(date_of(now, zone));
    (0..SPANS)
        .filter_map(|back| this.checked_sub_months(Months::new(back)))
        .collect()
}

/// Mondays of this week and those before it, newest first.
fn weeks(now: i64, zone: Tz) -> Vec<NaiveDate> {
    let today = date_of(now, zone);
    let monday = today.checked_sub_days(Days::new(u64::from(today.weekday().num_days_from_monday())));
    let back = |weeks: u32| monday.and_then(|day| day.checked_sub_days(Days::new(u64::from(7 * weeks))));
    (0..SPANS).filter_map(back).collect()
}

type Key = (Option<String>, Option<String>);

fn liability(lots: &[Left], point_satang: i64, zone: Tz) -> Vec<Liability> {
    let mut sums: BTreeMap<(bool, Key), (i64, BTreeSet<Uuid>)> = BTreeMap::new();
    for lot in lots {
        let month = lot.ends_at.map(|end| date_of(end, zone).format("%Y-%m").to_string());
        let sum = sums.entry((month.is_none(), (month, lot.branch.clone()))).or_default();
        sum.0 += lot.points;
        sum.1.insert(lot.customer);
    }
    let row = |((_, (month, branch)), (points, members)): ((bool, Key), (i64, BTreeSet<Uuid>))| Liability {
        month,
        branch,
        points,
        satang: points.saturating_mul(point_satang),
        members: count(members.len()),
    };
    sums.into_iter().map(row).collect()
}

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn share(tier: Tier, members: &[Held]) -> TierShare {
    let of: Vec<&Held> = members.iter().filter(|member| member.tier == tier).collect();
    TierShare {
        tier,
        members: count(of.len()),
        points: of.iter().map(|member| member.points).sum(),
    }
}

/// What an entry counts as: came in, spent, ended. What takes another back counts against the kind of that one; what was there before this ledger is none of them.
fn counts(entry: &Moved) -> (i64, i64, i64) {
    if entry.is_opening {
        return (0, 0, 0);
    }
    match entry.takes_back.as_deref().unwrap_or(&entry.kind) {
        "expired" => (0, 0, -entry.amount),
        "redeemed" => (0, -entry.amount, 0),
        _ => (entry.amount, 0, 0),
    }
}

fn velocity(moved: &[Moved], firsts: &[NaiveDate], zone: Tz) -> Vec<Velocity> {
    let starts: Vec<i64> = firsts.iter().map(|day| start(*day, zone)).collect();
    let mut sums = vec![(0, 0, 0); firsts.len()];
    for entry in moved {
        // The newest span that has begun by then.
        let nth = starts.iter().position(|start| *start <= entry.at);
        if let Some(sum) = nth.and_then(|nth| sums.get_mut(nth)) {
            let (earned, redeemed, expired) = counts(entry);
            *sum = (sum.0 + earned, sum.1 + redeemed, sum.2 + expired);
        }
    }
    let row = |(day, (earned, redeemed, expired)): (&NaiveDate, (i64, i64, i64))| Velocity {
        from: day.to_string(),
        earned,
        redeemed,
        expired,
    };
    firsts.iter().zip(sums).map(row).collect()
}

fn redeemed(moved: &[Moved]) -> Option<i64> {
    let sums = moved.iter().map(counts);
    let (earned, redeemed) = sums.fold((0, 0), |sum, entry| (sum.0 + entry.0, sum.1 + entry.1));
    (earned > 0).then(|| redeemed * 1_000 / earned)
}

/// Who earned one in two years has it once.
fn unlocks(kept: &[Kept], unlocked: &[Unlocked]) -> Vec<AchievedShare> {
    let mut has: BTreeMap<Uuid, BTreeSet<Uuid>> = BTreeMap::new();
    for one in unlocked {
        has.entry(one.achievement).or_default().insert(one.customer);
    }
    let row = |offer: &Kept| AchievedShare {
        name: offer.name.clone(),
        members: has.get(&offer.id).map_or(0, |members| count(members.len())),
    };
    let shown = kept
        .iter()
        .filter(|offer| offer.is_active || has.contains_key(&offer.id));
    let mut rows: Vec<AchievedShare> = shown.map(row).collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.members));
    rows
}

fn gifts(moved: &[Moved], since: i64) -> Vec<Gifts> {
    let mut by: BTreeMap<Option<String>, Vec<&Moved>> = BTreeMap::new();
    for gift in moved.iter().rev().filter(|entry| entry.is_gift && entry.at >= since) {
        by.entry(gift.by.clone()).or_default().push(gift);
    }
    let row = |(by, gifts): (Option<String>, Vec<&Moved>)| Gifts {
        by,
        count: gifts.iter().map(|gift| gift.amount.signum()).sum(),
        points: gifts.iter().map(|gift| gift.amount).sum(),
        rows: gifts.iter().take(GIFTS).map(|gift| one(gift)).collect(),
    };
    let mut all: Vec<Gifts> = by.into_iter().map(row).collect();
    all.sort_by_key(|of| std::cmp::Reverse(of.points));
    all
}

fn one(gift: &Moved) -> Gift {
    Gift {
        customer: gift.name.clone(),
        points: gift.amount,
        code: gift.reason,
        reason: gift.said.clone(),
        agreed_by: gift.agreed_by.clone(),
        at: row::millis(gift.at),
    }
}

type Sheet = (&'static [&'static str], Vec<Vec<Cell>>);

fn sheet(reader: &Reader<'_>, figure: Figure, now: i64) -> Result<Sheet, CacheError> {
    let zone = clinic::zone(reader)?;
    let said = |text: Option<String>| text.map_or(Cell::None, Cell::text);
    let day = |at: i64| Cell::text(date_of(at, zone).to_string());
    Ok(match figure {
        Figure::Liability => {
            let worth = policy::at(reader, now)?.point_satang;
            let row = |lot: Left| {
                let ends = lot.ends_at.map_or(Cell::None, day);
                let money = Cell::Money(lot.points.saturating_mul(worth));
                vec![
                    Cell::text(lot.code),
                    Cell::text(lot.name),
                    Cell::Count(lot.points),
                    money,
                    ends,
                    said(lot.branch),
                ]
            };
            (
                &["code", "customer", "points", "baht", "ends", "branch"],
                report::left(reader)?.into_iter().map(row).collect(),
            )
        }
        Figure::Tiers => {
            let row = |member: Held| {
                let tier = Cell::text(member.tier.word());
                let (points, owed) = (Cell::Count(member.points), Cell::Count(member.owed));
                vec![
                    Cell::text(member.code),
                    Cell::text(member.name),
                    tier,
                    said(member.until),
                    points,
                    owed,
                ]
            };
            (
                &["code", "customer", "tier", "until", "points", "owed"],
                report::held(reader)?.into_iter().map(row).collect(),
            )
        }
        Figure::Velocity => (
            &ENTRY,
            entries(report::moved(reader, year_ago(now, zone))?, zone, |_| true),
        ),
        Figure::Unlocks => achieved(report::unlocked(reader)?, zone),
        Figure::Gifts => (
            &ENTRY,
            entries(report::moved(reader, micros_ago(now, GIFT_DAYS))?, zone, |entry| {
                entry.is_gift
            }),
        ),
    })
}

fn achieved(unlocked: Vec<Unlocked>, zone: Tz) -> Sheet {
    let row = |one: Unlocked| {
        let day = Cell::text(date_of(one.at, zone).to_string());
        vec![day, Cell::text(one.code), Cell::text(one.name), Cell::text(one.what)]
    };
    (
        &["day", "code", "customer", "achievement"],
        unlocked.into_iter().map(row).collect(),
    )
}

const ENTRY: [&str; 7] = ["day", "code", "customer", "kind", "points", "by", "reason"];

fn entries(moved: Vec<Moved>, zone: Tz, wanted: fn(&Moved) -> bool) -> Vec<Vec<Cell>> {
    let said = |text: Option<String>| text.map_or(Cell::None, Cell::text);
    let row = |entry: Moved| {
        let day = Cell::text(date_of(entry.at, zone).to_string());
        let who = [Cell::text(entry.code), Cell::text(entry.name), Cell::text(entry.kind)];
        let mut cells = vec![day];
        cells.extend(who);
        cells.extend([Cell::Count(entry.amount), said(entry.by), said(entry.said)]);
        cells
    };
    moved.into_iter().filter(wanted).map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lot(customer: u128, points: i64, ends_at: Option<&str>, branch: Option<&str>) -> Left {
        let at = |text: &str| text.parse::<DateTime<chrono::Utc>>().unwrap().timestamp_micros();
        Left {
            customer: Uuid::from_u128(customer),
            code: String::new(),
            name: String::new(),
            points,
            ends_at: ends_at.map(at),
            branch: branch.map(str::to_owned),
        }
    }

    #[test]
    fn l20_liability_by_month_and_branch_is_the_sum_of_the_lots_to_the_satang() {
        let lots = [
            lot(1, 100, Some("2026-10-31T16:59:59Z"), Some("อารีย์")),
            lot(2, 7, Some("2026-10-31T16:59:59Z"), Some("อารีย์")),
            lot(1, 5, Some("2026-10-31T17:00:00Z"), Some("อารีย์")),
            lot(1, 3, Some("2026-10-31T16:59:59Z"), None),
            lot(3, 50, None, None),
        ];
        let rows = liability(&lots, 33, day::USUAL_ZONE);
        let brief: Vec<_> = rows
            .iter()
            .map(|row| (row.month.as_deref(), row.branch.as_deref(), row.points, row.members))
            .collect();
        assert_eq!(
            brief,
            [
                (Some("2026-10"), None, 3, 1),
                (Some("2026-10"), Some("อารีย์"), 107, 2),
                (Some("2026-11"), Some("อารีย์"), 5, 1),
                (None, None, 50, 1),
            ],
            "the last second of October in Bangkok is October"
        );
        let satang: i64 = rows.iter().map(|row| row.satang).sum();
        assert_eq!(satang, lots.iter().map(|lot| lot.points * 33).sum::<i64>());
    }

    #[test]
    fn who_achieved_something_twice_has_it_once_and_what_nobody_can_have_any_more_is_shown_while_somebody_has_it() {
        let kept = |nth: u128, is_active: bool| Kept {
            id: Uuid::from_u128(nth),
            name: format!("ความสำเร็จ {nth}"),
            description: None,
            icon: None,
            points: 0,
            reward: None,
            conditions: None,
            is_active,
            is_secret: false,
            version: 1,
            earned: 0,
            is_waiting: false,
        };
        let has = |achievement: u128, customer: u128| Unlocked {
            achievement: Uuid::from_u128(achievement),
            what: String::new(),
            customer: Uuid::from_u128(customer),
            code: String::new(),
            name: String::new(),
            at: 0,
        };
        let offers = [kept(1, true), kept(2, true), kept(3, false), kept(4, false)];
        let rows = unlocks(&offers, &[has(2, 7), has(2, 7), has(2, 8), has(3, 7)]);
        let brief: Vec<_> = rows.iter().map(|row| (row.name.as_str(), row.members)).collect();
        assert_eq!(brief, [("ความสำเร็จ 2", 2), ("ความสำเร็จ 3", 1), ("ความสำเร็จ 1", 0)]);
    }

    fn moved(kind: &str, amount: i64, at: &str) -> Moved {
        Moved {
            code: String::new(),
            name: "พลอย".into(),
            kind: kind.into(),
            amount,
            at: at.parse::<DateTime<chrono::Utc>>().unwrap().timestamp_micros(),
            by: Some("นก".into()),
            said: Some("ขอโทษที่รอนาน".into()),
            takes_back: None,
            is_opening: false,
            is_gift: kind == "bonus",
            reason: None,
            agreed_by: None,
        }
    }

    #[test]
    fn points_move_in_their_month_and_week_and_what_comes_back_counts_against_its_kind() {
        let of = |kind: &str, entry: Moved| Moved {
            takes_back: Some(kind.into()),
            ..entry
        };
        let opening = Moved {
            is_opening: true,
            ..moved("refund", 5_000, "2026-11-04T03:00:00Z")
        };
        let entries = [
            moved("earned", 100, "2026-10-31T16:59:59Z"),
            moved("earned", 400, "2026-10-31T17:00:00Z"),
            of("earned", moved("refund", -50, "2026-11-02T03:00:00Z")),
            moved("redeemed", -120, "2026-11-03T03:00:00Z"),
            of("redeemed", moved("refund", 20, "2026-11-04T03:00:00Z")),
            opening,
            moved("expired", -40, "2026-11-05T03:00:00Z"),
            of("expired", moved("refund", 10, "2026-11-05T04:00:00Z")),
        ];
        let now = "2026-11-06T03:00:00Z"
            .parse::<DateTime<chrono::Utc>>()
            .unwrap()
            .timestamp_micros();
        let zone = day::USUAL_ZONE;
        let brief = |rows: Vec<Velocity>| -> Vec<(String, i64, i64, i64)> {
            let some = rows
                .into_iter()
                .filter(|row| row.earned + row.redeemed + row.expired != 0);
            some.map(|row| (row.from, row.earned, row.redeemed, row.expired))
                .collect()
        };
        let by_month = brief(velocity(&entries, &months(now, zone), zone));
        assert_eq!(
            by_month,
            [("2026-11-01".into(), 350, 100, 30), ("2026-10-01".into(), 100, 0, 0)]
        );
        let by_week = brief(velocity(&entries, &weeks(now, zone), zone));
        assert_eq!(
            by_week,
            [("2026-11-02".into(), -50, 100, 30), ("2026-10-26".into(), 500, 0, 0)]
        );
        assert_eq!(redeemed(&entries), Some(222));
        assert_eq!(redeemed(&[]), None);
    }

    #[test]
    fn gifts_are_by_person_with_their_reasons() {
        let entries = [
            moved("bonus", 100, "2026-10-30T03:00:00Z"),
            moved("earned", 9, "2026-10-30T03:00:00Z"),
            moved("bonus", 50, "2026-11-01T03:00:00Z"),
        ];
        let all = gifts(&entries, 0);
        assert_eq!(all.len(), 1);
        assert_eq!(
            (all[0].count, all[0].points, all[0].rows[0].points),
            (2, 150, 50),
            "the newest first"
        );
        assert_eq!(all[0].rows[0].reason.as_deref(), Some("ขอโทษที่รอนาน"));
    }
}
