//! Two customers who are one person. Nothing happens here before the clinic has answered: a trial of its own says what would be, and its word is awaited.
//! Whoever stands at the counter finds the two; a manager or owner of this PC confirms with their own PIN. Then it is theirs: it is sent with their login, and they are not signed in.

use std::sync::Arc;

use desk_cache::{
    CacheError, attention,
    change::{
        Action,
        referral::{DECIDERS, may},
    },
    open::Reader,
    query::merge,
    redemption::{self, Fate},
};
use desk_clinic::merge as clinic;
use desk_core::loyalty::Tier;
use serde_json::{Map, Value as Json, json};
use tokio::time::Instant;
use uuid::Uuid;

use crate::{
    api::{
        customer::Expiring,
        merge::{
            Confirmation, CustomerMerge, CustomerSeparate, Holding, MergeDone, MergeEffect, MergePreview, MergeRow,
            MergeSide, SeparatePreview,
        },
        session::Person,
    },
    customer::word,
    desk::Desk,
    error::{AppError, Code},
    pin,
    redeem::{LOOK_AGAIN, PATIENCE},
    row, topic,
};

/// Who may bring it before a manager; the database lets them see the trial.
const ASKS: &str = "front_desk";

impl Desk {
    /// What merging would do.
    ///
    /// # Errors
    /// As listed at [`MergePreview`].
    pub async fn merge_preview(self: &Arc<Self>, request: MergePreview) -> Result<MergeEffect, AppError> {
        self.tried(json!({ "id": Uuid::now_v7(), "from": request.from, "into": request.into }))
            .await
    }

    /// What separating would do.
    ///
    /// # Errors
    /// As listed at [`SeparatePreview`].
    pub async fn separate_preview(self: &Arc<Self>, request: SeparatePreview) -> Result<MergeEffect, AppError> {
        self.tried(json!({ "id": Uuid::now_v7(), "merge_id": request.merge_id }))
            .await
    }

    /// Merges two customers.
    ///
    /// # Errors
    /// As listed at [`CustomerMerge`].
    pub async fn customer_merge(self: &Arc<Self>, request: CustomerMerge) -> Result<MergeDone, AppError> {
        let fields: Map<String, Json> = request
            .fields
            .iter()
            .map(|choice| (word(choice.field).to_owned(), Json::from(side(choice.side))))
            .collect();
        let args = json!({ "id": request.id, "from": request.from, "into": request.into, "fields": fields, "seen": request.seen });
        self.asked(request.id, "customer.merge", args, request.confirmed).await
    }

    /// Separates two customers who were merged.
    ///
    /// # Errors
    /// As listed at [`CustomerSeparate`].
    pub async fn customer_separate(self: &Arc<Self>, request: CustomerSeparate) -> Result<MergeDone, AppError> {
        let args = json!({ "id": request.id, "merge_id": request.merge_id, "seen": request.seen });
        self.asked(request.id, "customer.separate", args, request.confirmed)
            .await
    }

    fn has_clinic(&self) -> Result<(), AppError> {
        if self.is_demo() || self.is_offline() {
            return Err(Code::MergeNeedsClinic.into());
        }
        Ok(())
    }

    async fn tried(self: &Arc<Self>, args: Json) -> Result<MergeEffect, AppError> {
        let (me, here) = (self.me()?, self.people_here());
        let who = self.read(move |reader| who_decides(reader, me, here)).await?;
        let confirm_by = match who {
            Decides::Oneself => vec![],
            Decides::Others(others) => self.who_still_can(others)?,
            Decides::Nobody => return Err(Code::RoleNotAllowed.into()),
        };
        self.has_clinic()?;
        let said = self
            .ask_clinic(async move |conn| clinic::trial(conn, &args).await)
            .await?;
        Ok(effect(said, confirm_by))
    }

    /// Whose it is: whoever is signed in, else who confirms it with a PIN of their own. Nothing of theirs is open afterwards.
    async fn decider(self: &Arc<Self>, confirmed: Option<Confirmation>) -> Result<Uuid, AppError> {
        let Some(Confirmation { person, pin }) = confirmed else {
            self.only_heads().await?;
            return self.me();
        };
        let (me, here) = (self.me()?, self.people_here());
        let who = self.read(move |reader| who_decides(reader, me, here)).await?;
        let Decides::Others(mut others) = who else {
            return Err(Code::RoleNotAllowed.into());
        };
        others.retain(|other| other.id == person);
        if others.is_empty() {
            return Err(Code::RoleNotAllowed.into());
        }
        self.who_still_can(others)?;
        self.try_pin(person, pin).await?;
        Ok(person)
    }

    /// Those whose login here the clinic still takes: what the others do here would not be sent. An error where there is none.
    fn who_still_can(&self, mut others: Vec<Person>) -> Result<Vec<Person>, AppError> {
        let first = others.first().map(|person| person.id);
        others.retain(|person| !self.has_ended(person.id));
        match first {
            Some(first) if others.is_empty() => Err(self.ended(first)),
            _ => Ok(others),
        }
    }

    /// Whose access has ended: one's own, or that of who confirmed, who can be connected here anew.
    fn ended(&self, person: Uuid) -> AppError {
        if self.me().is_ok_and(|me| me == person) {
            return Code::AccessEnded.into();
        }
        let name = self.people_here().into_iter().find(|other| other.id == person);
        let error = AppError::new(Code::ConfirmerEnded);
        match name {
            Some(named) => error.with("name", named.nickname),
            None => error,
        }
    }

    /// Sends it and waits for the clinic's word. What cannot leave now is taken out again: nobody is merged later behind somebody's back.
    async fn asked(
        self: &Arc<Self>,
        id: Uuid,
        name: &'static str,
        args: Json,
        confirmed: Option<Confirmation>,
    ) -> Result<MergeDone, AppError> {
        let person = match &confirmed {
            Some(confirmation) => confirmation.person,
            None => self.me()?,
        };
        if self.fate(id).await?.is_none() {
            self.has_clinic()?;
            let action = Action {
                id,
                person: self.decider(confirmed).await?,
                name: name.to_owned(),
                args,
                at: self.micros(),
            };
            let topics: Vec<String> = topic::of_action(name).iter().copied().map(str::to_owned).collect();
            self.perform(action, &topics).await?;
        }
        self.answer(id, person).await
    }

    async fn answer(self: &Arc<Self>, id: Uuid, person: Uuid) -> Result<MergeDone, AppError> {
        let until = Instant::now() + PATIENCE;
        loop {
            let moved = self.moved.notified();
            match self.fate(id).await? {
                Some(Fate::Done) => return Ok(MergeDone { is_done: true }),
                Some(Fate::Refused { code, detail }) => return Err(self.refused_by_clinic(id, &code, &detail).await?),
                Some(Fate::TakenOut) | None => return Err(Code::MergeNeedsClinic.into()),
                Some(Fate::Waits { is_sent, .. }) => {
                    let is_late = Instant::now() >= until;
                    if !is_sent && (is_late || self.is_offline() || self.has_ended(person)) {
                        let why = self.why_not_sent(person);
                        if self.with_cache(move |cache| redemption::take_out(cache, id)).await? {
                            return Err(why);
                        }
                    } else if is_late {
                        return Ok(MergeDone { is_done: false });
                    }
                }
            }
            tokio::time::timeout(LOOK_AGAIN, moved).await.ok();
        }
    }

    /// The clinic is not there, or does not let in any more whoever it is of.
    fn why_not_sent(&self, person: Uuid) -> AppError {
        if self.has_ended(person) {
            self.ended(person)
        } else {
            Code::MergeNeedsClinic.into()
        }
    }

    /// The person hears it now, in the dialog that they still have: nothing is left to settle.
    async fn refused_by_clinic(self: &Arc<Self>, id: Uuid, code: &str, detail: &Json) -> Result<AppError, AppError> {
        let now = self.micros();
        self.with_cache(move |cache| match attention::accept_theirs(cache, id, now) {
            Err(CacheError::Refused(_)) => Ok(()),
            other => other,
        })
        .await?;
        self.changed(topic::of_action("customer.merge"));
        let error = AppError::new(Code::from_word(code).unwrap_or(Code::Unexpected));
        let field = detail.get("field").and_then(Json::as_str);
        Ok(field.map_or(error.clone(), |field| error.with("field", field)))
    }
}

fn side(side: MergeSide) -> &'static str {
    match side {
        MergeSide::From => "from",
        MergeSide::Into => "into",
        MergeSide::Both => "both",
    }
}

fn effect(said: clinic::Trial, confirm_by: Vec<Person>) -> MergeEffect {
    MergeEffect {
        confirm_by,
        from_before: holding(said.before.from),
        into_before: holding(said.before.into),
        from_after: holding(said.after.from),
        into_after: holding(said.after.into),
        spent: said.after.spent,
    }
}

fn holding(has: clinic::Holding) -> Holding {
    let mut lots: Vec<Expiring> = vec![];
    for lot in has.lots {
        match lots.last_mut().filter(|last| last.at == lot.expires_at) {
            Some(last) => last.points += lot.points,
            None => lots.push(Expiring {
                points: lot.points,
                at: lot.expires_at,
            }),
        }
    }
    Holding {
        id: has.id,
        available: has.available,
        owed: has.owed,
        held: has.held,
        tier: Tier::from_word(&has.tier),
        lots,
        journeys: has.journeys,
        bookings: has.bookings,
        visits: has.visits,
        payments: has.payments,
        coupons: has.coupons,
        contacts: has.contacts,
        do_not_contact: has.do_not_contact,
        marketing: has.marketing,
    }
}

/// Who may merge and separate at this PC.
enum Decides {
    /// Whoever is signed in.
    Oneself,
    /// Somebody of this PC, with their PIN.
    Others(Vec<Person>),
    /// Neither.
    Nobody,
}

fn who_decides(reader: &Reader<'_>, me: Uuid, here: Vec<Person>) -> Result<Decides, CacheError> {
    if may(reader, me, &DECIDERS)? {
        return Ok(Decides::Oneself);
    }
    if !may(reader, me, &[ASKS])? {
        return Ok(Decides::Nobody);
    }
    let others = pin::with_role(reader, here, &DECIDERS, me)?;
    Ok(if others.is_empty() {
        Decides::Nobody
    } else {
        Decides::Others(others)
    })
}

/// Whether it can be asked for here: nothing is offered that nobody of this PC could do.
pub(crate) fn is_offered(reader: &Reader<'_>, me: Uuid, here: Vec<Person>) -> Result<bool, CacheError> {
    Ok(!matches!(who_decides(reader, me, here)?, Decides::Nobody))
}

/// Who was merged into a customer, as the history shows it: only the last one can be separated.
pub(crate) fn rows(
    reader: &Reader<'_>,
    customer: Uuid,
    is_offered: bool,
    now: i64,
) -> Result<Vec<MergeRow>, CacheError> {
    let all = merge::into(reader, customer)?;
    let newest = all
        .iter()
        .find(|merge| merge.separated_at.is_none())
        .map(|merge| merge.id);
    let shown = all.into_iter().map(|merge| MergeRow {
        can_separate: is_offered && newest == Some(merge.id) && now <= merge.until,
        id: merge.id,
        name: merge.name,
        code: merge.code,
        at: row::millis(merge.at),
        by: merge.by,
        until: row::millis(merge.until),
        separated_at: merge.separated_at.map(row::millis),
        separated_by: merge.separated_by,
    });
    Ok(shown.collect())
}
