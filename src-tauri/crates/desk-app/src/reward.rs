//! What managers do with the clinic's rewards, and what can be bought now.

use std::sync::Arc;

use chrono::{NaiveDate, NaiveTime};
use desk_cache::{
    CacheError,
    change::reward::KEEPERS,
    open::Reader,
    query::{
        clinic,
        reward::{self, Reward},
    },
};
use desk_core::{
    day,
    loyalty::{
        Tier,
        reward::{Bar, MOST_POINTS},
    },
};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::{
    api::{
        Nothing, Saved,
        reward::{RewardOffer, RewardRow, RewardRows, RewardSave},
    },
    check,
    desk::Desk,
    error::{AppError, Code},
    payment::is_one_of,
    row,
};

/// What has ended is still told about for so long, in microseconds: somebody may ask for it.
const TOLD_AFTER: i64 = 30 * 24 * 3_600 * 1_000_000;
/// The most of a reward that a clinic counts.
const MOST_LIMIT: i64 = 1_000_000;
/// The longest that a code can be used.
const MOST_DAYS: i64 = 3_650;
/// The most that is not a slip: what the column holds.
const MOST_VALUE: i64 = 999_999_999;

impl Desk {
    /// Every reward of the clinic.
    ///
    /// # Errors
    /// As listed at [`RewardRows`].
    pub async fn reward_list(self: &Arc<Self>, _: Nothing) -> Result<RewardRows, AppError> {
        let (me, now) = (self.me()?, self.micros());
        self.read(move |reader| {
            Ok(RewardRows {
                rows: reward::all(reader)?.into_iter().map(|found| kept(found, now)).collect(),
                may_change: is_one_of(reader, me, &KEEPERS)?,
            })
        })
        .await
    }

    /// Makes a reward or changes one.
    ///
    /// # Errors
    /// As listed at [`RewardSave`].
    pub async fn reward_save(self: &Arc<Self>, request: RewardSave) -> Result<Saved, AppError> {
        let args = self.read_offer(request).await?;
        let id = args
            .get("id")
            .and_then(Json::as_str)
            .and_then(|id| Uuid::parse_str(id).ok());
        self.act(Uuid::now_v7(), "reward.save", args, id.unwrap_or_default())
            .await
    }

    /// Adds those that a clinic usually begins with.
    ///
    /// # Errors
    /// `role_not_allowed`, `rewards_exist`.
    pub async fn reward_add_usual(self: &Arc<Self>, _: Nothing) -> Result<Saved, AppError> {
        let id = Uuid::now_v7();
        let args = json!({ "id": id, "rewards": [Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7()] });
        self.act(id, "reward.add_usual", args, id).await
    }

    async fn read_offer(self: &Arc<Self>, said: RewardSave) -> Result<Json, AppError> {
        let zone = self.read(|reader| clinic::zone(reader)).await?;
        let name = check::optional("name", Some(said.name.clone()), check::NAME)?.ok_or_else(|| wrong("name"))?;
        let description = check::optional("description", said.description.clone(), check::LONG)?;
        if let Some(field) = problem(&said) {
            return Err(wrong(field));
        }
        let from = first_moment(said.from.as_deref(), 0, zone).map_err(|()| wrong("valid_from"))?;
        let until = first_moment(said.until.as_deref(), 1, zone).map_err(|()| wrong("valid_until"))?;
        if from.zip(until).is_some_and(|(from, until)| until <= from) {
            return Err(wrong("valid_until"));
        }
        let written = |at: Option<i64>| {
            at.and_then(chrono::DateTime::from_timestamp_micros)
                .map(|at| at.to_rfc3339())
        };
        Ok(json!({
            "id": said.id, "expected": said.expected, "name": name, "description": description, "type": said.kind, "points_cost": said.points_cost, "value": said.value,
            "is_active": said.is_active, "max_redemptions": said.limit, "tier_requirement": said.tier, "valid_from": written(from), "valid_until": written(until),
            "auto_apply": said.is_automatic, "stackable": said.is_stackable, "days": said.days,
        }))
    }
}

fn wrong(field: &str) -> AppError {
    AppError::new(Code::RewardInvalid).with("field", field)
}

/// The field that the clinic would refuse.
fn problem(said: &RewardSave) -> Option<&'static str> {
    let is_in = |value: Option<i64>, least: i64, most: i64| value.is_none_or(|value| (least..=most).contains(&value));
    [
        ((1..=MOST_POINTS).contains(&said.points_cost), "points_cost"),
        (said.kind.allows(said.value) && said.value <= MOST_VALUE, "value"),
        (is_in(said.limit, 0, MOST_LIMIT), "max_redemptions"),
        (is_in(said.days, 1, MOST_DAYS), "days"),
    ]
    .into_iter()
    .find_map(|(is_right, field)| (!is_right).then_some(field))
}

/// The first moment of a day, or so many days after it; nothing where no day was said.
fn first_moment(text: Option<&str>, after: u64, zone: day::Tz) -> Result<Option<i64>, ()> {
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let said: NaiveDate = text.parse().map_err(|_| ())?;
    let first = said.checked_add_days(chrono::Days::new(after)).ok_or(())?;
    Ok(Some(day::instant(first, NaiveTime::MIN, zone).timestamp_micros()))
}

fn kept(found: Reward, now: i64) -> RewardRow {
    let offer = found.offer;
    RewardRow {
        id: found.id,
        name: found.name,
        description: found.description,
        // Whoever they are: of the highest tier and with all points.
        bar: offer.bar(i64::MAX, Tier::Diamond, now, false),
        kind: offer.kind,
        value: offer.value,
        points_cost: offer.points_cost,
        is_active: offer.is_active,
        limit: offer.limit,
        handed_out: offer.handed_out,
        tier: offer.tier,
        from: offer.from.map(row::millis),
        until: offer.until.map(row::millis),
        is_automatic: found.is_automatic,
        is_stackable: found.is_stackable,
        days: found.days,
        version: found.version,
        is_waiting: found.is_waiting,
    }
}

/// What somebody with so many points could buy, and why not. What makes no sense and what is not offered any more is not among it.
pub(crate) fn offers(
    reader: &Reader<'_>,
    points: i64,
    tier: Tier,
    now: i64,
    is_offline: bool,
) -> Result<Vec<RewardOffer>, CacheError> {
    let shown = |found: Reward| {
        let bar = found.offer.bar(points, tier, now, is_offline);
        let is_told = match bar {
            Some(Bar::Broken | Bar::Inactive) => false,
            Some(Bar::Late) => found
                .offer
                .until
                .is_some_and(|until| until > now.saturating_sub(TOLD_AFTER)),
            Some(Bar::Early | Bar::Gone | Bar::Tier { .. } | Bar::Short { .. } | Bar::Offline) | None => true,
        };
        is_told.then(|| RewardOffer {
            id: found.id,
            points_cost: found.offer.points_cost,
            left: found.offer.left(),
            name: found.name,
            bar,
        })
    };
    Ok(reward::all(reader)?.into_iter().filter_map(shown).collect())
}
