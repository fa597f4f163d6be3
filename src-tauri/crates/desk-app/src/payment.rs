//! Taking payments and giving money back: what it would do, doing it, and what the paper says.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate};
use desk_cache::{
    CacheError,
    change::{late::LATE, payment::REFUNDERS},
    open::Reader,
    query::{
        clinic, coupon as query_coupon, customer, journey, loyalty,
        payment::{self, Payment},
        policy, reward as query_reward, staff,
    },
};
use desk_core::{
    day::{self, Tz},
    loyalty::{
        Tier,
        account::loss,
        points_to_reverse,
        policy::{Basis, Policy, discount},
        reward::{MOST_COUPONS, written},
    },
    payment::{
        Method,
        held::{HeldAs, covers, earning, held_back},
        receipt::{Receipt, Tongue},
    },
};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::{
    api::{
        Nothing, Saved,
        coupon::BillCoupon,
        payment::{
            PaymentPreview, PaymentPromise, PaymentRefund, PaymentRow, PaymentTake, PromptpaySet, PromptpayShown,
            QrPicture, ReceiptAsk, ReceiptLine, ReceiptShown, RefundPreview, RefundPromise, TierDiscount,
        },
        reward::RewardOffer,
        settings::Language,
    },
    check, coupon,
    customer::check_bill,
    desk::Desk,
    error::{AppError, Code},
    late,
    loyalty::{Bill, bill, standing_of},
    qr, reward, row,
};

impl Desk {
    /// What a payment would earn, by the same rule as the posting, and the code that asks for it.
    ///
    /// # Errors
    /// As listed at [`PaymentPreview`].
    pub async fn payment_preview(self: &Arc<Self>, request: PaymentPreview) -> Result<PaymentPromise, AppError> {
        check_bill(request.satang)?;
        takes_codes(request.held_as, request.coupons.as_deref())?;
        let (me, now) = (self.me()?, self.micros());
        let paid_on = request.paid_on.as_deref().map(late::day).transpose()?;
        self.read(move |reader| promise(reader, &request, paid_on, me, now))
            .await?
            .ok_or_else(|| Code::CustomerNotFound.into())
    }

    /// Takes a payment. Its id is the action's: pressing twice gives one payment.
    ///
    /// # Errors
    /// As listed at [`PaymentTake`].
    pub async fn payment_take(self: &Arc<Self>, request: PaymentTake) -> Result<Saved, AppError> {
        check_bill(request.satang)?;
        takes_codes(request.held_as, Some(&request.coupons))?;
        let (customer, now) = (request.customer_id, self.micros());
        let (bill, coupons) = (request.satang, request.coupons.clone());
        let reduced = self
            .read(move |reader| coupon::reduce(reader, customer, bill, &coupons, now))
            .await?;
        let rest = reduced.ok_or(Code::CouponAlone)?.pays;
        let pays = rest - request.discount_percent.map_or(0, |percent| discount(rest, percent));
        let args = json!({
            "id": request.payment_id,
            "entry": Uuid::now_v7(),
            "customer_id": customer,
            "journey_id": request.journey_id,
            "satang": pays,
            "method": if request.held > 0 && request.held == pays { Method::Held } else { request.method },
            "held_as": request.held_as,
            "held": (request.held != 0).then_some(request.held),
            "bill": request.discount_percent.map(|_| rest),
            "discount_percent": request.discount_percent,
            "note": check::optional("note", request.note, check::NAME)?,
            "paid_on": request.paid_on.as_deref().map(late::day).transpose()?,
            "late_reason": check::optional("late_reason", request.late_reason, check::NAME)?,
            "at": self.happens(),
        });
        if request.coupons.is_empty() {
            return self
                .act(request.payment_id, "payment.take", args, request.payment_id)
                .await;
        }
        let with = Reduced {
            payment: request.payment_id,
            customer,
            bill,
            pays,
            coupons: request.coupons,
        };
        self.take_with_codes(&with, args).await
    }

    /// The payment and its codes together. Where the codes leave nothing to pay there is no payment, and what uses them bears its id.
    async fn take_with_codes(self: &Arc<Self>, with: &Reduced, args: Json) -> Result<Saved, AppError> {
        let paid = (with.pays > 0).then_some(with.payment);
        let id = match paid {
            Some(payment) => Uuid::from_u128(!payment.as_u128()),
            None => with.payment,
        };
        let using = coupon::using(id, with.customer, &with.coupons, paid, Some(with.bill), self.happens());
        let take = paid.map(|payment| (payment, "payment.take", args));
        self.act_all(
            take.into_iter().chain([(id, "reward.use", using)]).collect(),
            with.payment,
        )
        .await
    }

    /// What giving money back would do, by the same rule as the booking.
    ///
    /// # Errors
    /// As listed at [`RefundPreview`].
    pub async fn payment_refund_preview(self: &Arc<Self>, request: RefundPreview) -> Result<RefundPromise, AppError> {
        let now = self.micros();
        let found = self
            .read(move |reader| {
                let paid = payment::get(reader, request.payment_id)?.filter(|paid| paid.refunds.is_none());
                let member = paid
                    .as_ref()
                    .map(|paid| loyalty::member(reader, paid.customer))
                    .transpose()?;
                let Some((paid, member)) = paid.zip(member) else {
                    return Ok(None);
                };
                let most = paid.refundable(held_left(reader, paid.customer)?);
                let promise = effect(reader, &paid, member.as_ref(), request.satang.clamp(0, most), now)?;
                Ok(Some((paid, promise)))
            })
            .await?;
        let (paid, promise) = found.ok_or(Code::PaymentNotFound)?;
        if request.satang < 0 {
            return Err(Code::AmountOutOfRange.into());
        }
        if request.satang > paid.rest() {
            return Err(AppError::new(Code::RefundTooLarge).with("most", promise.rest));
        }
        if request.satang > promise.rest {
            return Err(AppError::new(Code::HeldUsed).with("most", promise.rest));
        }
        Ok(promise)
    }

    /// Gives money back. Its id is the action's: pressing twice gives it back once.
    ///
    /// # Errors
    /// As listed at [`PaymentRefund`].
    pub async fn payment_refund(self: &Arc<Self>, request: PaymentRefund) -> Result<Saved, AppError> {
        let reason = check::optional("reason", Some(request.reason), check::NAME)?.ok_or(Code::ReasonMissing)?;
        check_bill(request.satang)?;
        let args = json!({
            "id": request.refund_id,
            "entry": Uuid::now_v7(),
            "payment_id": request.payment_id,
            "satang": request.satang,
            "reason": reason,
            "at": self.happens(),
        });
        self.act(request.refund_id, "payment.refund", args, request.refund_id)
            .await
    }

    /// What the paper says, with the balance as it is now.
    ///
    /// # Errors
    /// As listed at [`ReceiptAsk`].
    pub async fn payment_receipt(self: &Arc<Self>, request: ReceiptAsk) -> Result<ReceiptShown, AppError> {
        let now = self.micros();
        self.read(move |reader| match payment::get(reader, request.payment_id)? {
            Some(paid) => receipt(reader, &paid, request.language, now).map(Some),
            None => Ok(None),
        })
        .await?
        .ok_or_else(|| Code::PaymentNotFound.into())
    }

    /// Whom the clinic's codes pay.
    ///
    /// # Errors
    /// `locked`.
    pub async fn promptpay(self: &Arc<Self>, _: Nothing) -> Result<PromptpayShown, AppError> {
        let me = self.me()?;
        self.read(move |reader| {
            Ok(PromptpayShown {
                id: clinic::promptpay(reader)?.map(|payee| payee.shown()),
                may_change: is_one_of(reader, me, &["owner", "manager"])?,
            })
        })
        .await
    }

    /// Says whom they pay.
    ///
    /// # Errors
    /// As listed at [`PromptpaySet`].
    pub async fn promptpay_set(self: &Arc<Self>, request: PromptpaySet) -> Result<Saved, AppError> {
        let typed = check::optional("promptpay_id", request.id, check::NICKNAME)?;
        let id = match typed {
            Some(typed) => {
                let payee = desk_core::payment::promptpay::Payee::read(&typed).ok_or(Code::PromptpayInvalid)?;
                Some(payee.digits().to_owned())
            }
            None => None,
        };
        let action = Uuid::now_v7();
        let args = json!({ "id": action, "promptpay_id": id });
        self.act(action, "clinic.set_promptpay", args, action).await
    }
}

/// A bill with codes.
struct Reduced {
    payment: Uuid,
    customer: Uuid,
    bill: i64,
    pays: i64,
    coupons: Vec<Uuid>,
}

fn promise(
    reader: &Reader<'_>,
    request: &PaymentPreview,
    paid_on: Option<NaiveDate>,
    me: Uuid,
    now: i64,
) -> Result<Option<PaymentPromise>, CacheError> {
    let customer = request.customer_id;
    if customer::profile(reader, customer)?.is_none() {
        return Ok(None);
    }
    let is_bill = request.held_as.is_none();
    let chosen = match &request.coupons {
        Some(chosen) => chosen.clone(),
        None if is_bill => by_themselves(&coupon::for_bill(reader, customer, &[], now)?),
        None => vec![],
    };
    let reduced = coupon::reduce(reader, customer, request.satang, &chosen, now)?;
    let reduced = reduced.ok_or(CacheError::Refused("coupon_alone"))?;
    let from = late::counts_from(reader, paid_on, now)?;
    let left = held_left(reader, customer)?;
    let promised = policy::at(reader, from.at)?;
    let member = loyalty::member(reader, customer)?;
    let tier_discount = member
        .as_ref()
        .filter(|_| is_bill)
        .and_then(|member| off_by_tier(&promised, member.tier, reduced.pays, request.uses_tier));
    let pays = match &tier_discount {
        Some(off) if off.is_on => reduced.pays - off.less,
        _ => reduced.pays,
    };
    let held = if is_bill && request.uses_held {
        covers(pays, left)
    } else {
        0
    };
    let paid = Bill {
        satang: earning(pays, request.held_as),
        is_money: true,
        from: from.at,
    };
    Ok(Some(PaymentPromise {
        earns: bill(reader, customer, &paid, now)?,
        qr: code(reader, request.method, pays - held)?,
        coupons: if is_bill {
            coupon::for_bill(reader, customer, &reduced.takes, now)?
        } else {
            vec![]
        },
        offers: if is_bill {
            automatic(reader, customer, now)?
        } else {
            vec![]
        },
        pays,
        tier_discount,
        points_worth: match member.filter(|_| is_bill) {
            // They are redeemed now, whichever day the bill is of.
            Some(member) => policy::at(reader, now)?.worth(member.available_points),
            None => 0,
        },
        held,
        held_left: left,
        held_after: if is_bill { left - held } else { left + pays },
        needs_reason: from.is_long_ago,
        needs_manager: from.is_long_ago && !is_one_of(reader, me, &LATE)?,
        points_end: late::points_end(reader, from.at)?,
    }))
}

/// What the tier takes off what codes have left, if the clinic promised anything.
fn off_by_tier(promised: &Policy, tier: Tier, satang: i64, is_on: bool) -> Option<TierDiscount> {
    let percent = promised.discount_of(tier);
    let less = discount(satang, percent);
    (less > 0).then_some(TierDiscount {
        tier,
        percent,
        less,
        is_on,
    })
}

/// Points that buy what brings points would go round and round.
fn takes_codes(held_as: Option<HeldAs>, coupons: Option<&[Uuid]>) -> Result<(), AppError> {
    if held_as.is_some() && coupons.is_some_and(|coupons| !coupons.is_empty()) {
        return Err(Code::HeldTakesNoCode.into());
    }
    Ok(())
}

/// What is held for a customer. Two PCs that used it at once show less than nothing until the clinic has said who was quicker: that is nothing.
pub(crate) fn held_left(reader: &Reader<'_>, customer: Uuid) -> Result<i64, CacheError> {
    Ok(payment::held_left(reader, customer)?.max(0))
}

/// The code that asks for so much money, where this way of paying has one and the clinic has said whom to pay.
pub(crate) fn code(reader: &Reader<'_>, method: Method, satang: i64) -> Result<Option<QrPicture>, CacheError> {
    let payee = match method {
        Method::Promptpay => clinic::promptpay(reader)?,
        Method::Cash | Method::Card | Method::Transfer | Method::Held => None,
    };
    Ok(payee
        .filter(|_| satang > 0)
        .and_then(|payee| qr::picture(&payee, satang)))
}

/// The codes that go onto a bill by themselves: every one that stands beside others, or else the first that stands alone.
fn by_themselves(held: &[BillCoupon]) -> Vec<Uuid> {
    let own = || held.iter().filter(|held| held.is_automatic);
    let together: Vec<Uuid> = own()
        .filter(|held| held.is_stackable)
        .take(MOST_COUPONS)
        .map(|held| held.id)
        .collect();
    if together.is_empty() {
        own().take(1).map(|held| held.id).collect()
    } else {
        together
    }
}

/// Rewards that offer themselves on a bill and that could be had now.
fn automatic(reader: &Reader<'_>, customer: Uuid, now: i64) -> Result<Vec<RewardOffer>, CacheError> {
    let Some(member) = loyalty::member(reader, customer)? else {
        return Ok(vec![]);
    };
    let own: Vec<Uuid> = query_reward::all(reader)?
        .into_iter()
        .filter(|found| found.is_automatic)
        .map(|found| found.id)
        .collect();
    let mut offers = reward::offers(reader, member.available_points, member.tier, now, false)?;
    offers.retain(|offer| offer.bar.is_none() && own.contains(&offer.id));
    Ok(offers)
}

/// What is given back takes the points that it had earned; what of them is spent will be owed (rules L4 and L5).
fn effect(
    reader: &Reader<'_>,
    paid: &Payment,
    member: Option<&loyalty::Member>,
    satang: i64,
    now: i64,
) -> Result<RefundPromise, CacheError> {
    let there = held_left(reader, paid.customer)?;
    let (before, after) = (paid.rest(), paid.rest() - satang);
    let (most, held) = match paid.held_as {
        Some(HeldAs::Deposit | HeldAs::GiftCard) => (paid.refundable(there), 0),
        None => (before, held_back(satang, paid.money_left())),
    };
    let goes = earning(satang, paid.held_as);
    let points = match paid.entry {
        Some(_) => points_to_reverse(before, after, paid.multiplier_tenths),
        None => 0,
    };
    let (available, owed) = member.map_or((0, 0), |member| (member.available_points, member.owed));
    let loses = match paid.entry {
        Some(award) => {
            let own = loyalty::lot(reader, award)?.map_or(0, |lot| lot.remaining);
            loss(points, own, loyalty::ended(reader, paid.customer, award)?)
        }
        None => 0,
    };
    let owes = (loses - available).max(0);
    // Nothing is left of the bill: codes that had reduced it go with it.
    let left = match after {
        0 => coupon::going_with(reader, paid, (points, owed), now)?,
        _ => None,
    };
    let (available_after, owed_after, codes) = match left {
        Some(left) => (left.available, left.owed, left.codes),
        None => ((available - loses).max(0), owed + owes, vec![]),
    };
    let tier = match member {
        Some(member) => Some(tier_after(reader, paid, member, (points, goes), now)?),
        None => None,
    };
    Ok(RefundPromise {
        rest: most,
        rest_after: most - satang,
        held,
        held_after: there + held - (satang - goes),
        points,
        owes,
        available_after: member.map(|_| available_after),
        owed_after,
        codes,
        tier_after: tier.filter(|after| member.is_some_and(|member| member.tier != *after)),
    })
}

/// The tier that is left when so many points, or so much money, of a payment goes.
fn tier_after(
    reader: &Reader<'_>,
    paid: &Payment,
    member: &loyalty::Member,
    (points, satang): (i64, i64),
    now: i64,
) -> Result<Tier, CacheError> {
    let promised = policy::at(reader, now)?;
    let measure = policy::measure(reader, &promised, paid.customer, policy::day_of(reader, now)?)?;
    let (goes, invoice) = match promised.basis {
        Basis::Points => (points, paid.entry),
        Basis::Baht => (satang, Some(paid.id)),
    };
    let left = measure.saturating_sub(goes);
    Ok(match invoice {
        Some(invoice) if goes > 0 => standing_of(member).after_refund(&promised, left, invoice),
        _ => member.tier,
    })
}

fn receipt(reader: &Reader<'_>, paid: &Payment, language: Language, now: i64) -> Result<ReceiptShown, CacheError> {
    let clinic = clinic::get(reader)?;
    let name = clinic.map(|clinic| match language {
        Language::Th => clinic.name_th,
        Language::En => clinic.name_en,
    });
    let zone = clinic::zone(reader)?;
    let of = |at: i64| DateTime::from_timestamp_micros(at).unwrap_or_default();
    let profile = customer::profile(reader, paid.customer)?;
    let member = loyalty::member(reader, paid.customer)?;
    let original = match paid.refunds {
        Some(id) => Some(payment::get(reader, id)?.and_then(|original| original.number)),
        None => None,
    };
    let said = match &paid.note {
        None => course(reader, paid.journey)?,
        note => note.clone(),
    };
    let paper = Receipt {
        clinic: name.as_deref().unwrap_or_default(),
        number: paid.number,
        gives_back: original,
        at: of(paid.at).with_timezone(&zone).naive_local(),
        customer: profile.as_ref().map_or("", |profile| profile.full_name.as_str()),
        what: said.as_deref(),
        satang: paid.satang,
        held_as: paid.held_as,
        held: paid.held,
        held_left: held_left(reader, paid.customer)?,
        reductions: reductions(reader, paid)?,
        discount: (paid.discount_percent, paid.discount),
        method: paid.method,
        points: paid.points,
        multiplier_tenths: paid.multiplier_tenths,
        balance: member.as_ref().map(|member| member.available_points),
        owed: member.as_ref().map_or(0, |member| member.owed),
        ends: ends(reader, paid.customer, now, zone)?,
    };
    let tongue = match language {
        Language::Th => Tongue::Thai,
        Language::En => Tongue::English,
    };
    let line = |line: desk_core::payment::receipt::Line| ReceiptLine {
        label: line.label,
        value: line.value,
    };
    Ok(ReceiptShown {
        lines: paper.lines(tongue).into_iter().map(line).collect(),
        text: paper.text(tongue),
    })
}

/// What codes took off a bill; of money given back nothing.
fn reductions(reader: &Reader<'_>, paid: &Payment) -> Result<Vec<(String, Option<String>, i64)>, CacheError> {
    let used = query_coupon::of_payment(reader, paid.id)?;
    let less = |found: &query_coupon::Coupon| {
        let name = found.title().map(str::to_owned);
        (written(&found.code), name, found.satang.unwrap_or_default())
    };
    Ok(used.iter().map(less).collect())
}

fn course(reader: &Reader<'_>, journey: Option<Uuid>) -> Result<Option<String>, CacheError> {
    let found = journey.map(|id| journey::one(reader, id)).transpose()?.flatten();
    Ok(found.and_then(|journey| journey.title))
}

/// All points that will end, by the day: the next first, those that never end not at all (rule L12).
fn ends(reader: &Reader<'_>, customer: Uuid, now: i64, zone: Tz) -> Result<Vec<(i64, NaiveDate)>, CacheError> {
    let mut days: Vec<(i64, NaiveDate)> = vec![];
    for lot in loyalty::lots(reader, customer)? {
        let Some(at) = lot.expires_at.filter(|_| !lot.has_ended(now)) else {
            continue;
        };
        let day = day::date(DateTime::from_timestamp_micros(at).unwrap_or_default(), zone);
        match days.last_mut().filter(|(_, last)| *last == day) {
            Some((points, _)) => *points += lot.remaining,
            None => days.push((lot.remaining, day)),
        }
    }
    Ok(days)
}

/// A customer's payments as their card shows them to this person.
pub(crate) fn rows(reader: &Reader<'_>, customer: Uuid, me: Uuid) -> Result<Vec<PaymentRow>, CacheError> {
    let may_refund = is_one_of(reader, me, &REFUNDERS)?;
    let zone = clinic::zone(reader)?;
    let there = held_left(reader, customer)?;
    let shown = |paid: Payment| PaymentRow {
        refundable: if may_refund { paid.refundable(there) } else { 0 },
        posted_at: late::posted(&paid, zone).map(row::millis),
        id: paid.id,
        number: paid.number,
        satang: paid.satang,
        is_refund: paid.refunds.is_some(),
        method: paid.method,
        at: row::millis(paid.at),
        by: paid.by,
        note: paid.note,
        points: paid.points,
        is_waiting: paid.is_waiting,
        late_reason: paid.late_reason,
        held_as: paid.held_as,
        held: paid.held,
        discount: paid.discount,
        discount_percent: paid.discount_percent,
    };
    Ok(payment::of_customer(reader, customer)?.into_iter().map(shown).collect())
}

pub(crate) fn is_one_of(reader: &Reader<'_>, person: Uuid, roles: &[&str]) -> Result<bool, CacheError> {
    let colleague = staff::one(reader, person)?.filter(|colleague| colleague.is_active);
    Ok(colleague.is_some_and(|colleague| roles.contains(&colleague.role.as_str())))
}
