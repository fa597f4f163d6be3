//! What a clinic promises its members: every version, what another one would have done, and putting one into force from a day on. And months whose books are closed.

use std::sync::Arc;

use chrono::{Days, Months, NaiveDate};
use desk_cache::{
    CacheError,
    open::Reader,
    query::{policy, report},
};
use desk_core::loyalty::{
    Tier,
    policy::{Bonuses, Policy},
    trial::{self, Effect},
};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use crate::{
    api::{
        Nothing, Saved,
        manage::{MonthBooks, Policies, PolicyEffect, PolicyPlan, PolicyPreview, PolicyVersion, Terms, TierMove},
    },
    check,
    desk::Desk,
    error::{AppError, Code},
    late, payment, row,
};

/// A change is tried on the bills of so many days.
const TRIAL_DAYS: u64 = 90;

impl Desk {
    /// Every version.
    ///
    /// # Errors
    /// As listed at [`Policies`].
    pub async fn policy_list(self: &Arc<Self>, _: Nothing) -> Result<Policies, AppError> {
        self.only_heads().await?;
        let (me, now) = (self.me()?, self.micros());
        self.read(move |reader| all(reader, me, now)).await
    }

    /// What other terms would have done.
    ///
    /// # Errors
    /// As listed at [`PolicyPreview`].
    pub async fn policy_preview(self: &Arc<Self>, request: PolicyPreview) -> Result<PolicyEffect, AppError> {
        self.only_heads().await?;
        let draft = checked(&request.terms)?;
        let now = self.micros();
        let effect = self.read(move |reader| tried(reader, &draft, now)).await?;
        let moves = effect.moves.into_iter();
        Ok(PolicyEffect {
            bills: effect.bills,
            satang: effect.satang,
            points: effect.points,
            would: effect.would,
            moves: moves
                .map(|((from, to), members)| TierMove { from, to, members })
                .collect(),
        })
    }

    /// Puts other terms into force.
    ///
    /// # Errors
    /// As listed at [`PolicyPlan`].
    pub async fn policy_plan(self: &Arc<Self>, request: PolicyPlan) -> Result<Saved, AppError> {
        checked(&request.terms)?;
        let from = late::day(&request.from)?;
        let now = self.micros();
        let today = self.read(move |reader| policy::day_of(reader, now)).await?;
        let last = today.checked_add_days(Days::new(366)).unwrap_or(today);
        if from < today || from > last {
            return Err(AppError::new(Code::DateOutOfRange).with("field", "from"));
        }
        let terms = &request.terms;
        let args = json!({
            "id": request.id, "expected": request.expected, "from": from, "reason": check::optional("reason", request.reason.clone(), check::NAME)?,
            "basis": terms.basis, "multipliers": multipliers(terms), "floors": floors(terms), "months": terms.months, "welcome": terms.welcome, "point_satang": terms.point_satang,
            "bonuses": bonuses(terms.bonuses), "discounts": discounts(terms), "redeem_satang": terms.redeem_satang,
        });
        self.act(request.id, "policy.plan", args, request.id).await
    }

    /// Closes a month.
    ///
    /// # Errors
    /// As listed at [`MonthBooks`].
    pub async fn month_close(self: &Arc<Self>, request: MonthBooks) -> Result<Saved, AppError> {
        self.books("month.close", &request).await
    }

    /// Opens a closed month again.
    ///
    /// # Errors
    /// As listed at [`MonthBooks`].
    pub async fn month_open(self: &Arc<Self>, request: MonthBooks) -> Result<Saved, AppError> {
        self.books("month.open", &request).await
    }

    async fn books(self: &Arc<Self>, action: &'static str, request: &MonthBooks) -> Result<Saved, AppError> {
        let first: Option<NaiveDate> = format!("{}-01", request.month).parse().ok();
        if first.is_none() || request.month.len() != 7 {
            return Err(AppError::new(Code::ValueNotAllowed).with("field", "month"));
        }
        let id = Uuid::now_v7();
        self.act(id, action, json!({ "id": id, "month": request.month }), id)
            .await
    }
}

fn checked(terms: &Terms) -> Result<Policy, AppError> {
    let draft = policy_of(terms);
    match draft.problem() {
        Some(problem) => Err(AppError::new(Code::PolicyInvalid).with("field", problem.field())),
        None => Ok(draft),
    }
}

fn policy_of(terms: &Terms) -> Policy {
    Policy {
        version: 0,
        starts_at: 0,
        basis: terms.basis,
        tenths: terms.tenths,
        floors: terms.floors,
        months: terms.months,
        welcome: terms.welcome,
        point_satang: terms.point_satang,
        bonuses: terms.bonuses,
        discounts: terms.discounts,
        redeem_satang: terms.redeem_satang,
    }
}

fn terms_of(policy: &Policy) -> Terms {
    Terms {
        basis: policy.basis,
        tenths: policy.tenths,
        floors: policy.floors,
        months: policy.months,
        welcome: policy.welcome,
        point_satang: policy.point_satang,
        bonuses: policy.bonuses,
        discounts: policy.discounts,
        redeem_satang: policy.redeem_satang,
    }
}

/// Points per 10 baht by tier, as the database writes them: a whole number, or one with a decimal.
fn multipliers(terms: &Terms) -> Json {
    let times = |tenths: i64| {
        if tenths % 10 == 0 {
            json!(tenths / 10)
        } else {
            #[allow(clippy::cast_precision_loss)] // at most 200
            let times = tenths as f64 / 10.0;
            json!(times)
        }
    };
    let all = Tier::ALL.into_iter().zip(terms.tenths);
    let map: Map<String, Json> = all
        .map(|(tier, tenths)| (tier.word().to_owned(), times(tenths)))
        .collect();
    Json::Object(map)
}

fn bonuses(said: Bonuses) -> Json {
    json!({ "treatment": said.treatment, "review": said.review, "referral": said.referral, "birthday": said.birthday, "check_in": said.check_in })
}

fn discounts(terms: &Terms) -> Json {
    by_tier(Tier::ALL.into_iter().zip(terms.discounts))
}

fn floors(terms: &Terms) -> Json {
    by_tier(Tier::ALL.into_iter().skip(1).zip(terms.floors))
}

fn by_tier(numbers: impl Iterator<Item = (Tier, i64)>) -> Json {
    let map: Map<String, Json> = numbers
        .map(|(tier, number)| (tier.word().to_owned(), json!(number)))
        .collect();
    Json::Object(map)
}

fn tried(reader: &Reader<'_>, draft: &Policy, now: i64) -> Result<Effect, CacheError> {
    let current = policy::at(reader, now)?;
    let since = now - i64::try_from(TRIAL_DAYS).unwrap_or(0) * 86_400_000_000;
    let bills = report::bills(reader, since)?;
    let members = report::standings(reader, &current, draft, now)?;
    Ok(trial::effect(&current, draft, &bills, &members))
}

fn all(reader: &Reader<'_>, me: Uuid, now: i64) -> Result<Policies, CacheError> {
    let versions = policy::versions(reader)?;
    let current = policy::at(reader, now)?;
    let newest = versions
        .first()
        .map_or_else(|| current.clone(), |version| version.policy.clone());
    let closed_to = policy::closed_to(reader)?;
    let today = policy::day_of(reader, now)?;
    let is_owner = payment::is_one_of(reader, me, &["owner"])?;
    Ok(Policies {
        in_force: current.version,
        newest: newest.version,
        terms: terms_of(&newest),
        today: today.to_string(),
        books_closed_to: closed_to.map(|day| day.to_string()),
        can_close: closable(closed_to, today).map(month),
        can_open: closed_to.filter(|_| is_owner).map(month),
        versions: versions.into_iter().map(|version| shown(version, now)).collect(),
    })
}

fn month(day: NaiveDate) -> String {
    day.format("%Y-%m").to_string()
}

/// The month after the last closed one, if it is over; while none is closed, the last one that is.
fn closable(closed_to: Option<NaiveDate>, today: NaiveDate) -> Option<NaiveDate> {
    let before = today.checked_sub_months(Months::new(1))?;
    let next = closed_to.and_then(|last| last.succ_opt()).unwrap_or(before);
    (month(next) < month(today)).then_some(next)
}

fn shown(version: policy::Version, now: i64) -> PolicyVersion {
    PolicyVersion {
        version: version.policy.version,
        starts_at: row::millis(version.policy.starts_at),
        is_planned: version.policy.starts_at > now,
        by: version.by,
        reason: version.reason,
        terms: terms_of(&version.policy),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_month_that_is_over_can_be_closed() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let next = |closed: Option<&str>| closable(closed.map(day), day("2026-11-28")).map(month);
        assert_eq!(next(None).as_deref(), Some("2026-10"));
        assert_eq!(next(Some("2026-08-31")).as_deref(), Some("2026-09"));
        assert_eq!(next(Some("2026-10-31")), None, "November is not over");
    }

    #[test]
    fn multipliers_are_written_as_people_write_them() {
        let terms = terms_of(&Policy::default());
        let written = multipliers(&terms).to_string();
        assert_eq!(
            written,
            r#"{"bronze":1,"silver":1.5,"gold":2,"platinum":2.5,"diamond":3}"#.replace(' ', "")
        );
    }
}
