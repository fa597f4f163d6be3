//! Codes at the counter: on the card, on a bill, handed over, given back, and on paper. What a bill becomes is the rule of `desk_core::loyalty::reward`, for the
//! sum that is shown and for what is saved.

use std::sync::Arc;

use chrono::DateTime;
use desk_cache::{
    CacheError,
    change::coupon::{CANCELLERS, GRANTERS},
    open::Reader,
    query::{
        clinic,
        coupon::{self, Coupon},
        customer, loyalty,
        payment::Payment,
        reward,
    },
};
use desk_core::{
    loyalty::{
        account::{Account, Lot, Use, total},
        reward::{self as rule, State},
    },
    payment::{receipt::Tongue, slip::Slip},
};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::{
    api::{
        Saved,
        coupon::{
            BillCoupon, CancelledBy, CouponCancel, CouponCancelPreview, CouponCancelPromise, CouponRow, CouponSlip,
            CouponUse,
        },
        payment::{ReceiptLine, ReceiptShown, ReturnedCode},
        settings::Language,
    },
    check,
    customer::{by_expiry, check_bill},
    desk::Desk,
    error::{AppError, Code},
    payment::is_one_of,
    row,
};

/// Days that points are granted for (rule L3).
const GRACE_DAYS: i64 = 30;

impl Desk {
    /// Uses codes without a payment. The id is the action's: pressing twice uses them once.
    ///
    /// # Errors
    /// As listed at [`CouponUse`].
    pub async fn coupon_use(self: &Arc<Self>, request: CouponUse) -> Result<Saved, AppError> {
        let (customer, coupons, sum) = (request.customer_id, request.coupons.clone(), request.bill);
        if let Some(sum) = sum {
            check_bill(sum)?;
            let now = self.micros();
            let reduced = self
                .read(move |reader| reduce(reader, customer, sum, &coupons, now))
                .await?;
            if reduced.ok_or(Code::CouponAlone)?.pays != 0 {
                return Err(AppError::new(Code::CouponSumDiffers));
            }
        }
        let args = using(request.use_id, customer, &request.coupons, None, sum, self.happens());
        self.act(request.use_id, "reward.use", args, request.use_id).await
    }

    /// What giving a code back would do, by the same rules as the booking.
    ///
    /// # Errors
    /// As listed at [`CouponCancelPreview`].
    pub async fn coupon_cancel_preview(
        self: &Arc<Self>,
        request: CouponCancelPreview,
    ) -> Result<CouponCancelPromise, AppError> {
        let (now, me) = (self.micros(), self.me()?);
        self.read(move |reader| match coupon::one(reader, request.coupon_id)? {
            Some(found) => effect(reader, &found, now, me).map(Some),
            None => Ok(None),
        })
        .await?
        .ok_or_else(|| Code::CouponNotFound.into())
    }

    /// Gives a code back.
    ///
    /// # Errors
    /// As listed at [`CouponCancel`].
    pub async fn coupon_cancel(self: &Arc<Self>, request: CouponCancel) -> Result<Saved, AppError> {
        let reason = check::optional("reason", request.reason, check::NAME)?;
        let is_clinic = request.by == CancelledBy::Clinic;
        if is_clinic && reason.is_none() {
            return Err(Code::ReasonMissing.into());
        }
        let args = json!({
            "id": request.cancel_id,
            "entry": Uuid::now_v7(),
            "coupon_id": request.coupon_id,
            "by": request.by,
            "reason": reason,
            "grant": (is_clinic && request.grant).then(Uuid::now_v7),
        });
        self.act(request.cancel_id, "reward.cancel", args, request.coupon_id)
            .await
    }

    /// The paper with a code.
    ///
    /// # Errors
    /// As listed at [`CouponSlip`].
    pub async fn coupon_slip(self: &Arc<Self>, request: CouponSlip) -> Result<ReceiptShown, AppError> {
        self.read(move |reader| match coupon::one(reader, request.coupon_id)? {
            Some(found) => slip(reader, &found, request.language).map(Some),
            None => Ok(None),
        })
        .await?
        .ok_or_else(|| Code::CouponNotFound.into())
    }
}

/// The arguments of `reward.use`.
pub(crate) fn using(
    id: Uuid,
    customer: Uuid,
    coupons: &[Uuid],
    payment: Option<Uuid>,
    bill: Option<i64>,
    at: String,
) -> Json {
    json!({ "id": id, "customer_id": customer, "coupons": coupons, "payment_id": payment, "bill": bill, "at": at })
}

/// A bill with codes on it.
pub(crate) struct Reduced {
    /// What is left to pay.
    pub pays: i64,
    /// What each takes off.
    pub takes: Vec<(Uuid, i64)>,
}

/// What a bill becomes; nothing where a code that stands alone only is among several.
///
/// # Errors
/// [`CacheError::Refused`] where a code is not this customer's, or over at `now`.
pub(crate) fn reduce(
    reader: &Reader<'_>,
    customer: Uuid,
    bill: i64,
    ids: &[Uuid],
    now: i64,
) -> Result<Option<Reduced>, CacheError> {
    let mut on_bill = vec![];
    for id in ids {
        let found = coupon::one(reader, *id)?.filter(|found| found.customer == customer);
        let found = found.ok_or(CacheError::Refused("coupon_not_found"))?;
        let usable = found.is_usable(now).then(|| found.on_bill()).flatten();
        on_bill.push(usable.ok_or(CacheError::Refused("coupon_ended"))?);
    }
    let takes = rule::on_bill(bill, &on_bill);
    Ok(takes.map(|takes| Reduced {
        pays: bill - takes.iter().map(|(_, less)| less).sum::<i64>(),
        takes,
    }))
}

/// The codes that a customer could use on a bill, those that are on it with what they take off.
pub(crate) fn for_bill(
    reader: &Reader<'_>,
    customer: Uuid,
    takes: &[(Uuid, i64)],
    now: i64,
) -> Result<Vec<BillCoupon>, CacheError> {
    let held = coupon::of_customer(reader, customer)?;
    let mut shown = vec![];
    for found in held.into_iter().filter(|found| found.is_usable(now)) {
        let bought = found.reward.map(|id| reward::one(reader, id)).transpose()?.flatten();
        shown.push(BillCoupon {
            id: found.id,
            code: rule::written(&found.code),
            value: found.value,
            is_discount: found.kind.is_some_and(rule::Kind::is_discount),
            is_stackable: found.is_stackable,
            is_automatic: bought.is_some_and(|bought| bought.is_automatic),
            expires_at: row::millis(found.expires_at),
            less: takes.iter().find(|(id, _)| *id == found.id).map(|(_, less)| *less),
            name: found.title().map(str::to_owned),
        });
    }
    Ok(shown)
}

/// A customer's codes as their card shows them.
pub(crate) fn rows(reader: &Reader<'_>, customer: Uuid, now: i64) -> Result<Vec<CouponRow>, CacheError> {
    let held = coupon::of_customer(reader, customer)?;
    Ok(held.into_iter().map(|found| shown(found, now)).collect())
}

fn shown(found: Coupon, now: i64) -> CouponRow {
    let is_over = found.state == State::Issued && found.expires_at < now;
    let ended_at = found
        .closed_at
        .or(found.used_at)
        .or(is_over.then_some(found.expires_at));
    CouponRow {
        id: found.id,
        code: rule::written(&found.code),
        name: found.title().map(str::to_owned),
        kind: found.kind,
        value: found.value,
        points: found.points,
        expires_at: row::millis(found.expires_at),
        state: if is_over { State::Expired } else { found.state },
        issued_at: row::millis(found.issued_at),
        issued_by: found.issued_by,
        ended_at: ended_at.map(row::millis),
        ended_by: found.closed_by.or(found.used_by),
        satang: found.satang.filter(|satang| *satang > 0),
        reason: found.reason,
        is_waiting: found.is_waiting,
    }
}

/// What is left when all of a bill is given back: codes that had reduced it go with it (rules L3 and L19).
pub(crate) struct Left {
    /// The codes, and what returns of each.
    pub codes: Vec<ReturnedCode>,
    /// Points that can be used afterwards.
    pub available: i64,
    /// Points that are owed afterwards.
    pub owed: i64,
}

/// What giving back all that is left of a payment leaves, by the rules of the booking: so many points that it earned go, and its codes return theirs. Nothing where
/// no code had reduced it.
pub(crate) fn going_with(
    reader: &Reader<'_>,
    paid: &Payment,
    (goes, owed): (i64, i64),
    now: i64,
) -> Result<Option<Left>, CacheError> {
    let mut used = coupon::of_payment(reader, paid.id)?;
    used.retain(|found| found.state == State::Used);
    let Some(first) = used.first() else { return Ok(None) };
    let mut whole = account(reader, first, owed)?;
    for found in &used {
        for lot in account(reader, found, owed)?.lots {
            if whole.lots.iter().all(|known| known.id != lot.id) {
                whole.lots.push(lot);
            }
        }
    }
    if let Some(award) = paid.entry {
        whole.reverse(award, goes, loyalty::ended(reader, paid.customer, award)?);
    }
    let codes = used.into_iter().map(|found| go(&mut whole, found, now)).collect();
    Ok(Some(Left {
        codes,
        available: whole.spendable(now),
        owed: whole.owed,
    }))
}

fn go(account: &mut Account, found: Coupon, now: i64) -> ReturnedCode {
    account.end(now);
    account.give_back(&uses(&found), returned(&found, now));
    let ended = total(&account.end(now));
    ReturnedCode {
        code: rule::written(&found.code),
        value: found.value,
        returns: found.points - ended,
        ended,
        name: found.title().map(str::to_owned),
    }
}

fn uses(found: &Coupon) -> Vec<Use> {
    let of = |(lot, points): &(Uuid, i64)| Use {
        lot: *lot,
        points: *points,
        expires_at: None,
    };
    found.lots.iter().map(of).collect()
}

fn effect(reader: &Reader<'_>, found: &Coupon, now: i64, me: Uuid) -> Result<CouponCancelPromise, CacheError> {
    let owed = loyalty::member(reader, found.customer)?.map_or(0, |member| member.owed);
    let before = account(reader, found, owed)?;
    let mut after = before.clone();
    after.end(now);
    let live = after.clone();
    after.give_back(&uses(found), returned(found, now));
    let back = |has_ended: bool| {
        let lots = after.lots.iter().filter(move |lot| lot.has_ended(now) == has_ended);
        let gained = lots
            .map(|lot| (lot.remaining - left(&live, lot.id), lot.expires_at))
            .filter(|(points, _)| *points > 0);
        by_expiry(gained)
    };
    let (returns, ended) = (back(false), back(true));
    Ok(CouponCancelPromise {
        pays_debt: owed - after.owed,
        available_after: after.spendable(now),
        may_cancel: is_one_of(reader, me, &CANCELLERS)? && found.state == State::Issued,
        may_grant: is_one_of(reader, me, &GRANTERS)?,
        grant_ends: rule::ends_at(now, GRACE_DAYS, clinic::zone(reader)?).map(row::millis),
        returns,
        ended,
    })
}

fn left(account: &Account, lot: Uuid) -> i64 {
    account
        .lots
        .iter()
        .find(|known| known.id == lot)
        .map_or(0, |lot| lot.remaining)
}

/// What had been owed and was paid meanwhile comes back as a lot of its own.
fn returned(found: &Coupon, now: i64) -> Lot {
    Lot {
        id: found.id,
        points: found.points,
        remaining: found.points,
        expires_at: None,
        effective_at: now,
    }
}

/// The customer's lots, and those that the code was paid with.
fn account(reader: &Reader<'_>, found: &Coupon, owed: i64) -> Result<Account, CacheError> {
    let mut lots = loyalty::lots(reader, found.customer)?;
    for (id, _) in &found.lots {
        if lots.iter().all(|lot| lot.id != *id) {
            lots.extend(loyalty::lot(reader, *id)?);
        }
    }
    Ok(Account { lots, owed })
}

fn slip(reader: &Reader<'_>, found: &Coupon, language: Language) -> Result<ReceiptShown, CacheError> {
    let clinic = clinic::get(reader)?;
    let name = clinic.map(|clinic| match language {
        Language::Th => clinic.name_th,
        Language::En => clinic.name_en,
    });
    let zone = clinic::zone(reader)?;
    let day = |at: i64| {
        let at = DateTime::from_timestamp_micros(at).unwrap_or_default();
        at.with_timezone(&zone).date_naive()
    };
    let profile = customer::profile(reader, found.customer)?;
    let paper = Slip {
        clinic: name.as_deref().unwrap_or_default(),
        code: &rule::written(&found.code),
        reward: found.title(),
        satang: found.value,
        customer: profile.as_ref().map_or("", |profile| profile.full_name.as_str()),
        points: found.points,
        issued: day(found.issued_at),
        until: day(found.expires_at),
        state: found.state,
    };
    let tongue = match language {
        Language::Th => Tongue::Thai,
        Language::En => Tongue::English,
    };
    let lines = paper.lines(tongue);
    let text = desk_core::payment::receipt::as_text(&lines);
    let line = |line: desk_core::payment::receipt::Line| ReceiptLine {
        label: line.label,
        value: line.value,
    };
    Ok(ReceiptShown {
        lines: lines.into_iter().map(line).collect(),
        text,
    })
}
