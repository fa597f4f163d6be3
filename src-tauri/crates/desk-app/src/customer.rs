//! What a person can do with customers: find, open, add, change, and give points.

use std::sync::Arc;

use desk_cache::{
    CacheError,
    change::payment::TAKERS,
    open::Reader,
    query::{
        appointment::{self, Appointment},
        contact, customer, followup, journey, loyalty, merge, task, visit,
    },
    search::{self, Hit, MatchKind, Query, Shown},
};
use desk_core::loyalty::{LARGEST_BILL_SATANG, Tier, least_bill};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use crate::{
    api::{
        Saved,
        customer::{
            Appointment as AppointmentShown, CustomerCard, CustomerCreate, CustomerEdit, CustomerField, CustomerHit,
            CustomerOpen, CustomerSearch, CustomersFound, Expiring, FieldChange, Journey, LedgerPage, Mark,
            PointEntries, PointsAward, PointsPreview, PointsPromise, Preference,
        },
        session::Person,
    },
    call, check, coupon,
    desk::Desk,
    entry,
    error::{AppError, Code},
    gift, line,
    loyalty::{Bill, membership, promise},
    payment, row,
};

/// Results shown for one search.
const HITS: usize = 20;

impl Desk {
    /// Finds customers.
    ///
    /// # Errors
    /// `locked`.
    pub async fn customer_search(self: &Arc<Self>, request: CustomerSearch) -> Result<CustomersFound, AppError> {
        let (today, counted) = (self.today_date(), self.counted());
        let found = self
            .read(move |reader| {
                let began = std::time::Instant::now();
                let query = Query {
                    text: &request.text,
                    today: &today,
                    limit: HITS,
                };
                let found = search::search(reader, &query)?;
                let hits = found
                    .hits
                    .iter()
                    .filter_map(|hit| shown_hit(reader, hit, &today).transpose());
                Ok(CustomersFound {
                    hits: hits.collect::<Result<_, _>>()?,
                    total: counted.map_or_else(|| customer::count(reader), Ok)?,
                    repaired: found.repaired.map(|repaired| repaired.text),
                    took_us: i64::try_from(began.elapsed().as_micros()).unwrap_or(i64::MAX),
                })
            })
            .await?;
        self.keep_count(Some(found.total));
        Ok(found)
    }

    /// Opens a customer's card.
    ///
    /// # Errors
    /// `customer_not_found`.
    pub async fn customer_card(self: &Arc<Self>, request: CustomerOpen) -> Result<CustomerCard, AppError> {
        let (now, today, me) = (self.micros(), self.today_date(), self.me()?);
        // The demo clinic has no database that could merge: nobody is asked for a PIN there.
        let here = if self.is_demo() { vec![] } else { self.people_here() };
        let card = self
            .read(move |reader| card(reader, request.id, (me, here), (&today, now)))
            .await?;
        card.ok_or_else(|| Code::CustomerNotFound.into())
    }

    /// Adds a customer.
    ///
    /// # Errors
    /// As listed at [`CustomerCreate`].
    pub async fn customer_create(self: &Arc<Self>, request: CustomerCreate) -> Result<Saved, AppError> {
        let full_name = check::optional("full_name", Some(request.full_name), check::NAME)?;
        let id = Uuid::now_v7();
        let args = json!({
            "id": id,
            "full_name": full_name.ok_or(Code::NameEmpty)?,
            "nickname": check::optional("nickname", request.nickname, check::NICKNAME)?,
            "phone": check::phone(request.phone)?,
            "email": check::email(request.email)?,
            "birth_date": check::birth_date(request.birth_date, &self.today_date())?,
            "gender": check::one_of("gender", request.gender, &GENDERS)?,
            "notes": check::optional("notes", request.notes, check::LONG)?,
            "lead_id": request.lead,
        });
        self.act(id, "customer.create", args, id).await
    }

    /// Changes fields of a customer.
    ///
    /// # Errors
    /// As listed at [`CustomerEdit`].
    pub async fn customer_edit(self: &Arc<Self>, request: CustomerEdit) -> Result<Saved, AppError> {
        let (mut set, mut base) = (Map::new(), Map::new());
        for change in request.changes {
            let field = word(change.field);
            base.insert(field.to_owned(), Json::from(change.from.clone()));
            set.insert(field.to_owned(), Json::from(self.checked(change)?));
        }
        if set.is_empty() {
            return Ok(Saved {
                id: request.id,
                waiting: false,
                undo: None,
            });
        }
        let args = json!({ "id": request.id, "set": set, "base": base });
        self.act(Uuid::now_v7(), "customer.edit", args, request.id).await
    }

    fn checked(&self, change: FieldChange) -> Result<Option<String>, AppError> {
        match change.field {
            CustomerField::FullName => {
                let name = check::optional("full_name", change.to, check::NAME)?;
                name.map(Some).ok_or_else(|| Code::NameEmpty.into())
            }
            CustomerField::Nickname => check::optional("nickname", change.to, check::NICKNAME),
            CustomerField::Phone => check::phone(change.to),
            CustomerField::Email => check::email(change.to),
            CustomerField::BirthDate => check::birth_date(change.to, &self.today_date()),
            CustomerField::Gender => check::one_of("gender", change.to, &GENDERS),
            CustomerField::Notes => check::optional("notes", change.to, check::LONG),
        }
    }

    /// More of a ledger.
    ///
    /// # Errors
    /// `locked`.
    pub async fn points_ledger(self: &Arc<Self>, request: LedgerPage) -> Result<PointEntries, AppError> {
        self.read(move |reader| {
            let entries = loyalty::ledger(reader, request.customer_id, request.offset, request.limit.min(500))?;
            Ok(PointEntries {
                rows: entries.into_iter().map(entry::shown).collect(),
            })
        })
        .await
    }

    /// What a bill would earn: the same rule as the posting.
    ///
    /// # Errors
    /// As listed at [`PointsPreview`].
    pub async fn points_preview(self: &Arc<Self>, request: PointsPreview) -> Result<PointsPromise, AppError> {
        self.promised(request.customer_id, request.satang).await
    }

    /// Gives the points of a bill. The entry's id is the action's: pressing twice gives one entry.
    ///
    /// # Errors
    /// As listed at [`PointsAward`].
    pub async fn points_award(self: &Arc<Self>, request: PointsAward) -> Result<Saved, AppError> {
        self.promised(request.customer_id, request.satang).await?;
        let args = json!({
            "id": request.entry_id,
            "customer_id": request.customer_id,
            "satang": request.satang,
            "note": check::optional("note", request.note, check::NAME)?,
        });
        self.act(request.entry_id, "points.award", args, request.entry_id).await
    }

    /// What the bill earns: at least one point, or it is not worth an entry. The database would take it, and does from other programs.
    async fn promised(self: &Arc<Self>, customer: Uuid, satang: i64) -> Result<PointsPromise, AppError> {
        check_bill(satang)?;
        let now = self.micros();
        let promise = self
            .read(move |reader| {
                if customer::profile(reader, customer)?.is_none() {
                    return Ok(None);
                }
                let bill = Bill {
                    satang,
                    is_money: false,
                    from: now,
                };
                promise(reader, customer, &bill, now).map(Some)
            })
            .await?
            .ok_or(Code::CustomerNotFound)?;
        match least_bill(promise.multiplier_tenths) {
            Some(least) if promise.points < 1 => Err(AppError::new(Code::AmountOutOfRange).with("least", least)),
            _ => Ok(promise),
        }
    }
}

const GENDERS: [&str; 3] = ["male", "female", "other"];

pub(crate) fn word(field: CustomerField) -> &'static str {
    match field {
        CustomerField::FullName => "full_name",
        CustomerField::Nickname => "nickname",
        CustomerField::Phone => "phone",
        CustomerField::Email => "email",
        CustomerField::BirthDate => "birth_date",
        CustomerField::Gender => "gender",
        CustomerField::Notes => "notes",
    }
}

pub(crate) fn check_bill(satang: i64) -> Result<(), AppError> {
    if (1..=LARGEST_BILL_SATANG).contains(&satang) {
        Ok(())
    } else {
        Err(Code::AmountOutOfRange.into())
    }
}

/// A hit with what its row shows; nothing if the customer is gone by now.
fn shown_hit(reader: &Reader<'_>, hit: &Hit, today: &str) -> Result<Option<CustomerHit>, CacheError> {
    let Some(profile) = customer::profile(reader, hit.customer_id)? else {
        return Ok(None);
    };
    let beside = customer::beside(reader, hit.customer_id, today)?;
    let phone = row::shown_phone(profile.phone.as_deref());
    Ok(Some(CustomerHit {
        marks: marks(hit, &profile),
        id: profile.id,
        full_name: profile.full_name,
        nickname: profile.nickname,
        code: profile.code,
        phone,
        email: profile.email,
        line_name: profile.line_name,
        tier: beside.tier.as_deref().map(Tier::from_word),
        booked_today: beside.booked_today,
        last_visit_date: profile.last_visit_date,
        do_not_contact: beside.do_not_contact,
        why: why(hit.why).to_owned(),
        found_as: hit.found_as.clone(),
    }))
}

/// Search counts characters, the window counts UTF-16 units: an emoji in a LINE name is one of the former and two of the latter.
fn marks(hit: &Hit, profile: &customer::Profile) -> Vec<Mark> {
    let phone = row::shown_phone(profile.phone.as_deref()).unwrap_or_default();
    hit.highlights
        .iter()
        .map(|highlight| {
            let (field, text) = match highlight.field {
                Shown::Nickname => ("nickname", profile.nickname.as_deref()),
                Shown::FullName => ("fullName", Some(profile.full_name.as_str())),
                Shown::LineName => ("lineName", profile.line_name.as_deref()),
                Shown::Email => ("email", profile.email.as_deref()),
                Shown::Phone => ("phone", Some(phone.as_str())),
                Shown::Code => ("code", profile.code.as_deref()),
            };
            let units = |characters| utf16_units(text.unwrap_or_default(), characters);
            Mark {
                field: field.to_owned(),
                from: units(highlight.start),
                to: units(highlight.end),
            }
        })
        .collect()
}

fn utf16_units(text: &str, characters: usize) -> u32 {
    let units: usize = text.chars().take(characters).map(char::len_utf16).sum();
    u32::try_from(units).unwrap_or(u32::MAX)
}

fn why(kind: MatchKind) -> &'static str {
    match kind {
        MatchKind::Code => "code",
        MatchKind::Phone => "phone",
        MatchKind::BookedToday => "booked_today",
        MatchKind::Nickname => "nickname",
        MatchKind::NicknamePrefix => "nickname_prefix",
        MatchKind::Name => "name",
        MatchKind::LineName => "line_name",
        MatchKind::SoundsLike => "sounds_like",
        MatchKind::Email => "email",
        MatchKind::Substring => "substring",
    }
}

fn card(
    reader: &Reader<'_>,
    id: Uuid,
    (me, here): (Uuid, Vec<Person>),
    (today, now): (&str, i64),
) -> Result<Option<CustomerCard>, CacheError> {
    let id = merge::survivor(reader, id).map_err(CacheError::from)?;
    let Some(profile) = customer::profile(reader, id)? else {
        return Ok(None);
    };
    let mut tasks = task::of_customer(reader, today, id)?;
    row::sort_tasks(&mut tasks, now);
    let followups = followup::of_customer(reader, id)?;
    let may_merge = crate::merge::is_offered(reader, me, here)?;
    Ok(Some(CustomerCard {
        profile: row::profile(profile),
        preference: customer::preference(reader, id)?.map(preference),
        loyalty: membership(reader, id, now)?,
        journeys: journeys(reader, id)?,
        tasks: tasks.into_iter().map(|task| row::task(task, now)).collect(),
        followups: followups
            .into_iter()
            .map(|followup| row::followup(followup, now))
            .collect(),
        appointments: appointment::of_customer(reader, id, today)?
            .into_iter()
            .map(shown)
            .collect(),
        visits: visit::of_customer(reader, id)?.into_iter().map(line::shown).collect(),
        contacts: contact::of_customer(reader, id)?
            .into_iter()
            .map(call::contact)
            .collect(),
        payments: payment::rows(reader, id, me)?,
        held_left: payment::held_left(reader, id)?,
        coupons: coupon::rows(reader, id, now)?,
        approvals: gift::rows(reader, id, me)?,
        merges: crate::merge::rows(reader, id, may_merge, now)?,
        may_merge,
        may_take: crate::payment::is_one_of(reader, me, &TAKERS)?,
    }))
}

fn preference(preference: customer::Preference) -> Preference {
    Preference {
        do_not_contact: preference.do_not_contact,
        marketing_opt_in: preference.marketing_opt_in,
        preferred_channels: row::facts(preference.preferred_channels.as_deref()),
        language: preference.language,
    }
}

/// Points of the same day together, in the order in which they come.
pub(crate) fn by_expiry(lots: impl Iterator<Item = (i64, Option<i64>)>) -> Vec<Expiring> {
    let mut days: Vec<Expiring> = vec![];
    for (points, at) in lots.map(|(points, at)| (points, at.map(row::millis))) {
        match days.last_mut().filter(|day| day.at == at) {
            Some(day) => day.points += points,
            None => days.push(Expiring { points, at }),
        }
    }
    days
}

fn journeys(reader: &Reader<'_>, customer: Uuid) -> Result<Vec<Journey>, CacheError> {
    journey::of_customer(reader, customer)?
        .into_iter()
        .map(|one| crate::journey::shown(reader, one))
        .collect()
}

fn shown(appointment: Appointment) -> AppointmentShown {
    AppointmentShown {
        id: appointment.id,
        date: appointment.date,
        start_time: appointment.start_time,
        end_time: appointment.end_time,
        status: appointment.status,
        kind: appointment.kind,
        room: appointment.room,
        staff: appointment.staff,
        service: row::words(appointment.services.as_deref()),
    }
}
