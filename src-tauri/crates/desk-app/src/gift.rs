//! Points that are given by hand, and the second person who has to agree to what is too large for one (rules L13 and L22). The second person speaks under their own
//! login, here after changing hands at this PC or at any other; nothing is booked before.

use std::sync::Arc;

use desk_cache::{
    CacheError,
    change::gift::{GIVERS, seconds},
    open::Reader,
    query::{
        approval::{self, Approval, Kind},
        clinic, customer, loyalty, policy, reward, staff,
    },
};
use desk_core::loyalty::{
    Tier, ends_at,
    gift::{LARGEST_GIFT, Reason, needs_second},
    policy::Basis,
};
use serde_json::json;
use uuid::Uuid;

use crate::{
    api::{
        Nothing, Saved,
        gift::{
            ApprovalDecide, ApprovalKind, ApprovalRow, GiftPreview, GiftPromise, GiftReason, PointLimits,
            PointLimitsSet, PointsAsk, PointsGive,
        },
    },
    check,
    desk::Desk,
    error::{AppError, Code},
    loyalty::standing_of,
    payment::is_one_of,
    row,
};

/// Longest note, in characters; the database asks for the same.
const NOTE: usize = 300;

impl Desk {
    /// What a gift would do.
    ///
    /// # Errors
    /// As listed at [`GiftPreview`].
    pub async fn gift_preview(self: &Arc<Self>, request: GiftPreview) -> Result<GiftPromise, AppError> {
        let (me, now) = (self.me()?, self.micros());
        self.read(move |reader| promise(reader, &request, me, now))
            .await?
            .ok_or_else(|| Code::CustomerNotFound.into())
    }

    /// Gives points by hand, or asks a second person. Its id is the action's: pressing twice gives once.
    ///
    /// # Errors
    /// As listed at [`PointsGive`].
    pub async fn points_give(self: &Arc<Self>, request: PointsGive) -> Result<Saved, AppError> {
        let note = check::optional("note", request.note, NOTE)?;
        if request.reason.needs_note() && note.is_none() {
            return Err(Code::ReasonMissing.into());
        }
        if !(1..=LARGEST_GIFT).contains(&request.points) {
            return Err(Code::AmountOutOfRange.into());
        }
        let preview = GiftPreview {
            customer_id: request.customer_id,
            points: request.points,
        };
        let is_new = !self.is_done(request.gift_id).await?;
        let promise = self.gift_preview(preview).await?;
        if is_new && promise.may_give && request.points > promise.left_today {
            let limit = AppError::new(Code::GiftLimitReached).with("left", promise.left_today);
            return Err(limit.with("most", promise.daily));
        }
        let args = json!({
            "id": request.gift_id, "customer_id": request.customer_id, "points": request.points,
            "reason": request.reason, "note": note,
        });
        self.act(request.gift_id, "points.give", args, request.gift_id).await
    }

    /// Whether an action of this name was done here before.
    async fn is_done(&self, id: Uuid) -> Result<bool, AppError> {
        let fate = self
            .read(move |reader| desk_cache::redemption::fate(reader, id))
            .await?;
        Ok(fate.is_some())
    }

    /// Asks a second person about a redemption.
    ///
    /// # Errors
    /// As listed at [`PointsAsk`].
    pub async fn points_ask(self: &Arc<Self>, request: PointsAsk) -> Result<Saved, AppError> {
        let args = json!({
            "id": request.ask_id, "customer_id": request.customer_id, "points": request.points, "reward_id": request.reward_id,
        });
        self.act(request.ask_id, "points.ask", args, request.ask_id).await
    }

    /// The second person's word.
    ///
    /// # Errors
    /// As listed at [`ApprovalDecide`].
    pub async fn approval_decide(self: &Arc<Self>, request: ApprovalDecide) -> Result<Saved, AppError> {
        let why = check::optional("why", request.why, NOTE)?;
        if !request.agree && why.is_none() {
            return Err(Code::ReasonMissing.into());
        }
        // What is decided makes an entry of the decision's name.
        let args =
            json!({ "id": request.approval_id, "entry": request.decision_id, "agree": request.agree, "why": why });
        self.act(request.decision_id, "approval.decide", args, request.approval_id)
            .await
    }

    /// What one person may do alone.
    ///
    /// # Errors
    /// `locked`.
    pub async fn point_limits(self: &Arc<Self>, _: Nothing) -> Result<PointLimits, AppError> {
        let me = self.me()?;
        self.read(move |reader| {
            let limits = approval::limits(reader)?;
            Ok(PointLimits {
                gift_daily: limits.daily,
                gift_alone: limits.alone,
                redeem_alone: limits.redeem_alone,
                may_change: is_one_of(reader, me, &["owner", "manager"])?,
            })
        })
        .await
    }

    /// Other limits, from now on.
    ///
    /// # Errors
    /// As listed at [`PointLimitsSet`].
    pub async fn point_limits_set(self: &Arc<Self>, request: PointLimitsSet) -> Result<Saved, AppError> {
        let seen = self.point_limits(Nothing {}).await?;
        let id = Uuid::now_v7();
        let args = json!({
            "id": id, "gift_daily": request.gift_daily, "gift_alone": request.gift_alone, "redeem_alone": request.redeem_alone,
            "base": { "gift_daily": seen.gift_daily, "gift_alone": seen.gift_alone, "redeem_alone": seen.redeem_alone },
        });
        self.act(id, "clinic.set_point_limits", args, id).await
    }
}

fn promise(reader: &Reader<'_>, request: &GiftPreview, me: Uuid, now: i64) -> Result<Option<GiftPromise>, CacheError> {
    let id = request.customer_id;
    if customer::profile(reader, id)?.is_none() {
        return Ok(None);
    }
    let limits = approval::limits(reader)?;
    let given = approval::given_on(reader, me, now)?;
    let points = request.points.max(0);
    let held = held(reader, id, points, now)?;
    let reasons = Reason::ALL.map(|reason| GiftReason {
        reason,
        needs_note: reason.needs_note(),
    });
    let months = policy::at(reader, now)?.months;
    Ok(Some(GiftPromise {
        may_give: is_one_of(reader, me, &GIVERS)?,
        left_today: limits.daily.saturating_sub(given).max(0),
        daily: limits.daily,
        alone: limits.alone,
        needs_second: needs_second(limits, given, points) == Ok(true),
        has_second: staff::is_other(reader, me, seconds(Kind::Gift))?,
        welcome_points: held.welcome,
        available: held.available,
        available_after: held.available + held.welcome + points - held.owed.min(points),
        pays_debt: held.owed.min(points),
        ends_at: ends_at(now, months, clinic::zone(reader)?).map(row::millis),
        tier_after: held.tier_after,
        reasons: reasons.to_vec(),
    }))
}

/// Who is given something: points, what is owed, the welcome that comes with it, and the tier where that changes.
struct Held {
    available: i64,
    owed: i64,
    welcome: i64,
    tier_after: Option<Tier>,
}

fn held(reader: &Reader<'_>, customer: Uuid, points: i64, now: i64) -> Result<Held, CacheError> {
    let Some(member) = loyalty::member(reader, customer)? else {
        let newcomer = loyalty::newcomer(reader, customer, now)?;
        return Ok(Held {
            available: newcomer.points - newcomer.welcome,
            owed: 0,
            welcome: newcomer.welcome,
            tier_after: None,
        });
    };
    let promised = policy::at(reader, now)?;
    let measure = policy::measure(reader, &promised, customer, policy::day_of(reader, now)?)?;
    let counts = match promised.basis {
        Basis::Points => points,
        Basis::Baht => 0,
    };
    let after = standing_of(&member).after_gain(&promised, measure.saturating_add(counts));
    Ok(Held {
        available: member.available_points,
        owed: member.owed,
        welcome: 0,
        tier_after: (after != member.tier).then_some(after),
    })
}

/// What waits about a customer, as their card shows it to this person.
pub(crate) fn rows(reader: &Reader<'_>, customer: Uuid, me: Uuid) -> Result<Vec<ApprovalRow>, CacheError> {
    let waits = approval::of_customer(reader, customer)?;
    waits.into_iter().map(|found| shown(reader, found, me)).collect()
}

fn shown(reader: &Reader<'_>, found: Approval, me: Uuid) -> Result<ApprovalRow, CacheError> {
    let bought = found.reward.map(|id| reward::one(reader, id)).transpose()?.flatten();
    let is_mine = found.asker == Some(me);
    Ok(ApprovalRow {
        id: found.id,
        kind: match found.kind {
            Kind::Gift => ApprovalKind::Gift,
            Kind::Redemption => ApprovalKind::Redemption,
        },
        points: found.points,
        reason: found.reason,
        note: found.note,
        reward: bought.map(|reward| reward.name),
        asked_at: row::millis(found.asked_at),
        asked_by: found.asked_by,
        is_mine,
        may_decide: !is_mine && is_one_of(reader, me, seconds(found.kind))?,
        is_waiting: found.is_waiting,
    })
}
