//! Taking payments and giving money back: what it would do, doing it, and what the paper says.

use std::sync::Arc;

use chrono::DateTime;
use desk_cache::{
    CacheError,
    change::payment::REFUNDERS,
    open::Reader,
    query::{
        clinic, customer, journey, loyalty,
        payment::{self, Payment},
        staff,
    },
};
use desk_core::{
    day,
    loyalty::{Tier, points_to_reverse},
    payment::{
        Method,
        receipt::{Receipt, Tongue},
    },
};
use serde_json::json;
use uuid::Uuid;

use crate::{
    api::{
        Nothing, Saved,
        payment::{
            PaymentPreview, PaymentPromise, PaymentRefund, PaymentRow, PaymentTake, PromptpaySet, PromptpayShown,
            QrPicture, ReceiptAsk, ReceiptLine, ReceiptShown, RefundPreview, RefundPromise,
        },
        settings::Language,
    },
    check,
    customer::{bill, check_bill},
    desk::Desk,
    error::{AppError, Code},
    qr, row,
};

impl Desk {
    /// What a payment would earn, by the same rule as the posting, and the code that asks for it.
    ///
    /// # Errors
    /// As listed at [`PaymentPreview`].
    pub async fn payment_preview(self: &Arc<Self>, request: PaymentPreview) -> Result<PaymentPromise, AppError> {
        check_bill(request.satang)?;
        self.read(move |reader| promise(reader, &request))
            .await?
            .ok_or_else(|| Code::CustomerNotFound.into())
    }

    /// Takes a payment. Its id is the action's: pressing twice gives one payment.
    ///
    /// # Errors
    /// As listed at [`PaymentTake`].
    pub async fn payment_take(self: &Arc<Self>, request: PaymentTake) -> Result<Saved, AppError> {
        check_bill(request.satang)?;
        let args = json!({
            "id": request.payment_id,
            "entry": Uuid::now_v7(),
            "customer_id": request.customer_id,
            "journey_id": request.journey_id,
            "satang": request.satang,
            "method": request.method,
            "note": check::optional("note", request.note, check::NAME)?,
            "at": self.happens(),
        });
        self.act(request.payment_id, "payment.take", args, request.payment_id)
            .await
    }

    /// What giving money back would do, by the same rule as the booking.
    ///
    /// # Errors
    /// As listed at [`RefundPreview`].
    pub async fn payment_refund_preview(self: &Arc<Self>, request: RefundPreview) -> Result<RefundPromise, AppError> {
        let found = self
            .read(move |reader| {
                let paid = payment::get(reader, request.payment_id)?.filter(|paid| paid.refunds.is_none());
                let member = paid
                    .as_ref()
                    .map(|paid| loyalty::member(reader, paid.customer))
                    .transpose()?;
                Ok(paid.zip(member))
            })
            .await?;
        let (paid, member) = found.ok_or(Code::PaymentNotFound)?;
        if request.satang < 0 {
            return Err(Code::AmountOutOfRange.into());
        }
        if request.satang > paid.rest() {
            return Err(AppError::new(Code::RefundTooLarge).with("most", paid.rest()));
        }
        Ok(effect(&paid, member.as_ref(), request.satang))
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

fn promise(reader: &Reader<'_>, request: &PaymentPreview) -> Result<Option<PaymentPromise>, CacheError> {
    if customer::profile(reader, request.customer_id)?.is_none() {
        return Ok(None);
    }
    Ok(Some(PaymentPromise {
        earns: bill(reader, request.customer_id, request.satang)?,
        qr: code(reader, request.method, request.satang)?,
    }))
}

/// The code that asks for so much money, where this way of paying has one and the clinic has said whom to pay.
pub(crate) fn code(reader: &Reader<'_>, method: Method, satang: i64) -> Result<Option<QrPicture>, CacheError> {
    let payee = match method {
        Method::Promptpay => clinic::promptpay(reader)?,
        Method::Cash | Method::Card | Method::Transfer => None,
    };
    Ok(payee.and_then(|payee| qr::picture(&payee, satang)))
}

/// What is given back takes the points that it had earned; what of them is spent will be owed (rules L4 and L5).
fn effect(paid: &Payment, member: Option<&loyalty::Member>, satang: i64) -> RefundPromise {
    let (before, after) = (paid.rest(), paid.rest() - satang);
    let points = match paid.entry {
        Some(_) => points_to_reverse(before, after, paid.multiplier_tenths),
        None => 0,
    };
    let (available, owed) = member.map_or((0, 0), |member| (member.available_points, member.owed));
    let owes = (points - available).max(0);
    let tier = member.map(|member| Tier::of_lifetime_points(member.lifetime_points - points));
    RefundPromise {
        rest: before,
        rest_after: after,
        points,
        owes,
        available_after: member.map(|_| (available - points).max(0)),
        owed_after: owed + owes,
        tier_after: tier.filter(|after| points > 0 && member.is_some_and(|member| member.tier != *after)),
    }
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
        method: paid.method,
        points: paid.points,
        multiplier_tenths: paid.multiplier_tenths,
        balance: member.as_ref().map(|member| member.available_points),
        owed: member.as_ref().map_or(0, |member| member.owed),
        ends_next: next_end(reader, paid.customer, now)?.map(|(points, at)| (points, day::date(of(at), zone))),
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

fn course(reader: &Reader<'_>, journey: Option<Uuid>) -> Result<Option<String>, CacheError> {
    let found = journey.map(|id| journey::one(reader, id)).transpose()?.flatten();
    Ok(found.and_then(|journey| journey.title))
}

/// Points that end on the next day on which any do.
fn next_end(reader: &Reader<'_>, customer: Uuid, now: i64) -> Result<Option<(i64, i64)>, CacheError> {
    let lots = loyalty::lots(reader, customer)?;
    let live: Vec<(i64, i64)> = lots
        .iter()
        .filter(|lot| !lot.has_ended(now))
        .filter_map(|lot| Some((lot.remaining, lot.expires_at?)))
        .collect();
    let next = live.iter().map(|(_, at)| *at).min();
    Ok(next.map(|next| {
        let points = live.iter().filter(|(_, at)| *at == next).map(|(points, _)| points);
        (points.sum(), next)
    }))
}

/// A customer's payments as their card shows them to this person.
pub(crate) fn rows(reader: &Reader<'_>, customer: Uuid, me: Uuid) -> Result<Vec<PaymentRow>, CacheError> {
    let may_refund = is_one_of(reader, me, &REFUNDERS)?;
    let shown = |paid: Payment| PaymentRow {
        refundable: if may_refund { paid.rest() } else { 0 },
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
    };
    Ok(payment::of_customer(reader, customer)?.into_iter().map(shown).collect())
}

pub(crate) fn is_one_of(reader: &Reader<'_>, person: Uuid, roles: &[&str]) -> Result<bool, CacheError> {
    let colleague = staff::one(reader, person)?.filter(|colleague| colleague.is_active);
    Ok(colleague.is_some_and(|colleague| roles.contains(&colleague.role.as_str())))
}
