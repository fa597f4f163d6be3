//! Spending points at the counter. With the network the clinic's word is awaited, because another counter may be faster; without it, and only
//! then, this PC's allowance stands for it.

use std::{sync::Arc, time::Duration};

use chrono::DateTime;
use desk_cache::{
    CacheError, attention,
    change::{Action, Destination},
    lease,
    open::Reader,
    query::{approval, clinic, customer, loyalty, policy},
    rebase,
    redemption::{self, Fate},
};
use desk_core::loyalty::{
    Tier,
    account::{Account, Short},
    gift,
    lease::Barred,
    reward::{Bar, USUAL_DAYS, ends_at},
};
use serde_json::{Value as Json, json};
use tokio::time::Instant;
use uuid::Uuid;

use crate::{
    api::{
        points::{OfflineAllowance, OfflineBar, PointsRedeem, RedeemPreview, RedeemPromise, Redeemed},
        reward::RewardOffer,
    },
    customer::by_expiry,
    desk::Desk,
    error::{AppError, Code},
    reward::offers,
    row, topic,
};

/// The clinic answers within a second; after this long nobody keeps a customer waiting for it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(4);
/// Looking again is cheap, and the sync calls as well.
pub(crate) const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// More is a typing slip.
const MOST: i64 = 1_000_000;
/// Nobody but the person at the counter said yes.
const STAFF: &str = "staff";

impl Desk {
    /// What redeeming so many points would do: the same rule as the booking.
    ///
    /// # Errors
    /// As listed at [`RedeemPreview`].
    pub async fn redeem_preview(self: &Arc<Self>, request: RedeemPreview) -> Result<RedeemPromise, AppError> {
        let (now, is_offline) = (self.micros(), self.is_offline());
        self.read(move |reader| promise(reader, &request, now, is_offline))
            .await?
            .ok_or_else(|| Code::CustomerNotFound.into())
    }

    /// Redeems. The entry's id is the action's: pressing twice gives one entry.
    ///
    /// # Errors
    /// As listed at [`PointsRedeem`].
    pub async fn points_redeem(self: &Arc<Self>, request: PointsRedeem) -> Result<Redeemed, AppError> {
        let known = self.fate(request.entry_id).await?;
        if let Some(fate) = known {
            return self.await_answer(request.entry_id, Some(fate)).await;
        }
        let promise = self.allowed(&request).await?;
        let action = self.redemption(&request, promise.available)?;
        if promise.offline.is_some() {
            return self.on_the_allowance(action).await;
        }
        self.act(action.id, "points.redeem", action.args, action.id).await?;
        self.await_answer(request.entry_id, None).await
    }

    /// Nothing but this PC knows whether a clinic is there.
    pub(crate) fn is_offline(&self) -> bool {
        let state = self.state();
        state.status.as_ref().is_some_and(|status| status.failure.is_some())
    }

    fn redemption(&self, request: &PointsRedeem, seen: i64) -> Result<Action, AppError> {
        let args = json!({
            "id": request.entry_id, "customer_id": request.customer_id, "points": request.points,
            "reward_id": request.reward_id, "method": self.who_confirmed(request), "seen": seen,
        });
        Ok(Action {
            id: request.entry_id,
            person: self.me()?,
            name: "points.redeem".to_owned(),
            args,
            at: self.micros(),
        })
    }

    /// The customer on their own screen, else whoever serves them.
    fn who_confirmed(&self, request: &PointsRedeem) -> &'static str {
        let PointsRedeem {
            entry_id,
            customer_id,
            points,
            reward_id,
        } = *request;
        if self.is_confirmed_by_customer(entry_id, customer_id, points, reward_id) {
            "display"
        } else {
            STAFF
        }
    }

    /// What is known here to be impossible is refused here.
    async fn allowed(self: &Arc<Self>, request: &PointsRedeem) -> Result<RedeemPromise, AppError> {
        if !(1..=MOST).contains(&request.points) {
            return Err(Code::AmountOutOfRange.into());
        }
        let preview = RedeemPreview {
            customer_id: request.customer_id,
            points: request.points,
        };
        let promise = self.redeem_preview(preview).await?;
        is_enough(&promise)?;
        if request.points > promise.alone && self.who_confirmed(request) == STAFF {
            let needed = AppError::new(Code::SecondPersonNeeded).with("most", promise.alone_a_day);
            return Err(needed.with("left", promise.alone));
        }
        if let Some(reward) = request.reward_id {
            let offer = promise.rewards.iter().find(|offer| offer.id == reward);
            let offer = offer.filter(|offer| offer.points_cost == request.points);
            can_be_had(offer.ok_or(Code::RewardUnavailable)?)?;
        }
        match &promise.offline {
            Some(offline) if offline.left < request.points => Err(not_covered(offline)),
            _ => Ok(promise),
        }
    }

    async fn on_the_allowance(self: &Arc<Self>, action: Action) -> Result<Redeemed, AppError> {
        let undo = action.id;
        let left = self
            .with_cache(move |cache| redemption::within_allowance(cache, &action))
            .await?;
        self.changed(topic::of_action("points.redeem"));
        self.nudge();
        Ok(Redeemed::Offline { undo, left })
    }

    pub(crate) async fn fate(&self, id: Uuid) -> Result<Option<Fate>, AppError> {
        self.read(move |reader| redemption::fate(reader, id)).await
    }

    /// Waits for the clinic's word on a redemption; where none can be had, the allowance must do.
    async fn await_answer(self: &Arc<Self>, id: Uuid, known: Option<Fate>) -> Result<Redeemed, AppError> {
        if self.destination() == Destination::Here {
            return Ok(Redeemed::Confirmed { undo: id });
        }
        let until = Instant::now() + PATIENCE;
        let mut fate = known;
        loop {
            let moved = self.moved.notified();
            if fate.is_none() {
                fate = self.fate(id).await?;
            }
            match fate.take() {
                Some(Fate::Done) => return Ok(Redeemed::Confirmed { undo: id }),
                Some(Fate::Refused { code, detail }) => return self.refused(id, &code, &detail).await,
                Some(Fate::TakenOut) | None => return Err(Code::NothingToUndo.into()),
                Some(Fate::Waits { is_covered: true, .. }) => return self.stands(id).await,
                Some(Fate::Waits { is_sent, .. }) => {
                    let is_late = Instant::now() >= until;
                    if !is_sent && (is_late || self.is_offline()) {
                        if let Some(redeemed) = self.without_the_network(id).await? {
                            return Ok(redeemed);
                        }
                    } else if is_late || (is_sent && self.is_offline()) {
                        return Ok(Redeemed::Asked { undo: id });
                    }
                }
            }
            tokio::time::timeout(LOOK_AGAIN, moved).await.ok();
        }
    }

    /// Nothing when it has left after all.
    async fn without_the_network(self: &Arc<Self>, id: Uuid) -> Result<Option<Redeemed>, AppError> {
        let covered = self
            .with_cache(move |cache| redemption::without_the_network(cache, id))
            .await?;
        self.changed(topic::of_action("points.redeem"));
        match covered {
            None => Ok(None),
            Some(Ok(left)) => Ok(Some(Redeemed::Offline { undo: id, left })),
            Some(Err(code)) => Err(Code::from_word(code).unwrap_or(Code::Unexpected).into()),
        }
    }

    /// It was redeemed on the allowance before.
    async fn stands(self: &Arc<Self>, id: Uuid) -> Result<Redeemed, AppError> {
        let now = self.micros();
        let left = self
            .read(move |reader| {
                let waiting = desk_cache::outbox::waiting(reader)?;
                let customer = waiting
                    .iter()
                    .find(|action| action.id == id)
                    .and_then(|action| Uuid::parse_str(action.args.get("customer_id")?.as_str()?).ok());
                match customer {
                    Some(customer) => Ok(lease::allowance(reader, customer, now)?.map_or(0, |(_, left)| left)),
                    None => Ok(0),
                }
            })
            .await?;
        Ok(Redeemed::Offline { undo: id, left })
    }

    /// The person hears it now, in the form that they still have: nothing is left to settle.
    async fn refused(self: &Arc<Self>, id: Uuid, code: &str, detail: &Json) -> Result<Redeemed, AppError> {
        let now = self.micros();
        let settled = self
            .with_cache(move |cache| match attention::accept_theirs(cache, id, now) {
                Err(CacheError::Refused(_)) => Ok(()),
                other => other,
            })
            .await;
        settled?;
        self.changed(topic::of_action("points.redeem"));
        let number = |field: &str| detail.get(field).and_then(Json::as_i64);
        let word = |field: &str| detail.get(field).and_then(Json::as_str);
        if code == "points_taken" {
            return Ok(Redeemed::Taken {
                by: word("by").map(str::to_owned),
                device: word("device").map(str::to_owned),
                at: word("at")
                    .and_then(|at| DateTime::parse_from_rfc3339(at).ok())
                    .map(|at| at.timestamp_millis()),
                available: number("available").unwrap_or_default(),
            });
        }
        let mut error = AppError::new(Code::from_word(code).unwrap_or(Code::Unexpected));
        for field in ["missing", "available", "left", "most"] {
            if let Some(value) = number(field) {
                error = error.with(field, value);
            }
        }
        Err(error)
    }
}

/// # Errors
/// `points_short`.
pub(crate) fn is_enough(promise: &RedeemPromise) -> Result<(), AppError> {
    if promise.missing == 0 {
        return Ok(());
    }
    Err(AppError::new(Code::PointsShort)
        .with("missing", promise.missing)
        .with("available", promise.available))
}

fn can_be_had(offer: &RewardOffer) -> Result<(), AppError> {
    match offer.bar {
        None => Ok(()),
        Some(Bar::Offline) => Err(Code::RewardNeedsClinic.into()),
        Some(_) => Err(Code::RewardUnavailable.into()),
    }
}

fn not_covered(offline: &OfflineAllowance) -> AppError {
    match offline.barred {
        Some(OfflineBar::NoLease) => Code::LeaseMissing.into(),
        Some(OfflineBar::Stale) => Code::BalanceStale.into(),
        Some(OfflineBar::UsedUp) | None => AppError::new(Code::LeaseExceeded).with("left", offline.left),
    }
}

pub(crate) fn promise(
    reader: &Reader<'_>,
    request: &RedeemPreview,
    now: i64,
    is_offline: bool,
) -> Result<Option<RedeemPromise>, CacheError> {
    let id = request.customer_id;
    if customer::profile(reader, id)?.is_none() {
        return Ok(None);
    }
    let tier = loyalty::member(reader, id)?.map_or(Tier::Bronze, |member| member.tier);
    let account = Account {
        lots: loyalty::lots(reader, id)?,
        owed: 0,
    };
    let available = account.spendable(now);
    let points = request.points.max(0);
    let (takes, missing) = match account.plan(points, now) {
        Ok(uses) => (uses, 0),
        Err(Short { missing, .. }) => (vec![], missing),
    };
    let offline = is_offline
        .then(|| lease::allowance(reader, id, now))
        .transpose()?
        .map(offline);
    let most = offline
        .as_ref()
        .map_or(available, |offline| available.min(offline.left));
    let limits = approval::limits(reader)?;
    let seen_at = rebase::stream(reader, "clinic")?.map(|stream| row::millis(stream.synced_at));
    Ok(Some(RedeemPromise {
        available,
        most,
        alone: gift::left_alone(limits, approval::redeemed_alone_on(reader, id, now)?),
        alone_a_day: limits.redeem_alone,
        missing,
        available_after: if missing > 0 { available } else { available - points },
        takes: by_expiry(takes.iter().map(|used| (used.points, used.expires_at))),
        tier,
        offline,
        as_of: seen_at,
        rewards: offers(reader, available, tier, now, is_offline)?,
        worth: policy::at(reader, now)?.worth(points),
        worth_until: ends_at(now, USUAL_DAYS, clinic::zone(reader)?).map(row::millis),
    }))
}

fn offline(allowance: Result<(Uuid, i64), Barred>) -> OfflineAllowance {
    let bar = |barred| match barred {
        Barred::NoLease => OfflineBar::NoLease,
        Barred::Stale => OfflineBar::Stale,
        Barred::UsedUp => OfflineBar::UsedUp,
    };
    OfflineAllowance {
        left: allowance.map_or(0, |(_, left)| left),
        barred: allowance.err().map(bar),
    }
}
