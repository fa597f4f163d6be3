//! Who sent whom, what customers achieve, and the card that they carry.

use std::sync::Arc;

use desk_cache::{
    CacheError,
    change::referral::{DECIDERS, RECORDERS, may},
    open::Reader,
    query::{
        achievement::{self, Achievement},
        clinic, customer, loyalty, policy,
        referral::{self, Person, Referral, State},
    },
    search::{self, Query},
};
use desk_core::{phone, referral as rule};
use serde_json::json;
use uuid::Uuid;

use crate::{
    api::{
        Nothing, Saved,
        friends::{
            AchievementRow, FriendShown, Friends, FriendsAsk, MemberCard, ReferralDecide, ReferralQueue,
            ReferralRecord, ReferralRow, ReferralState, ReferrerFind, ReferrerHit, Referrers,
        },
        task::CustomerRef,
    },
    check,
    desk::Desk,
    error::{AppError, Code},
    qr, row,
};

/// Customers offered for a typed name.
const OFFERED: usize = 5;

impl Desk {
    /// A customer's friends and achievements.
    ///
    /// # Errors
    /// As listed at [`FriendsAsk`].
    pub async fn friends(self: &Arc<Self>, request: FriendsAsk) -> Result<Friends, AppError> {
        let me = self.me()?;
        self.read(move |reader| friends(reader, request.customer_id, me))
            .await?
            .ok_or_else(|| Code::CustomerNotFound.into())
    }

    /// Whoever may have sent somebody.
    ///
    /// # Errors
    /// As listed at [`ReferrerFind`].
    pub async fn referrer_find(self: &Arc<Self>, request: ReferrerFind) -> Result<Referrers, AppError> {
        let today = self.today_date();
        self.read(move |reader| referrers(reader, &request.text, &today)).await
    }

    /// Records who sent a customer.
    ///
    /// # Errors
    /// As listed at [`ReferralRecord`].
    pub async fn referral_record(self: &Arc<Self>, request: ReferralRecord) -> Result<Saved, AppError> {
        let code = check::optional("code", request.code, CODE)?;
        if code.is_none() && request.referrer_id.is_none() {
            return Err(Code::ReferralCodeUnknown.into());
        }
        let id = Uuid::now_v7();
        let args = json!({
            "id": id,
            "customer_id": request.customer_id,
            "code": code,
            "referrer_id": request.referrer_id,
            "at": self.happens(),
        });
        self.act(id, "referral.record", args, id).await
    }

    /// Those that a manager has to look at.
    ///
    /// # Errors
    /// `locked`.
    pub async fn referral_queue(self: &Arc<Self>, _: Nothing) -> Result<ReferralQueue, AppError> {
        let me = self.me()?;
        self.read(move |reader| {
            let may_decide = may(reader, me, &DECIDERS)?;
            let rows = if may_decide {
                referral::in_review(reader)?
            } else {
                vec![]
            };
            Ok(ReferralQueue {
                rows: all_shown(reader, rows)?,
                may_decide,
            })
        })
        .await
    }

    /// Decides one.
    ///
    /// # Errors
    /// As listed at [`ReferralDecide`].
    pub async fn referral_decide(self: &Arc<Self>, request: ReferralDecide) -> Result<Saved, AppError> {
        let reason = check::optional("reason", Some(request.reason), check::NAME)?.ok_or(Code::ReasonMissing)?;
        if request.decision == rule::Decision::Hold {
            return Err(AppError::new(Code::ValueNotAllowed).with("field", "decision"));
        }
        let args = json!({ "id": request.referral_id, "decision": request.decision, "reason": reason });
        self.act(Uuid::now_v7(), "referral.decide", args, request.referral_id)
            .await
    }

    /// The card that a customer carries.
    ///
    /// # Errors
    /// As listed at [`MemberCard`].
    pub async fn member_card(self: &Arc<Self>, request: FriendsAsk) -> Result<MemberCard, AppError> {
        self.read(move |reader| member_card(reader, request.customer_id))
            .await?
            .ok_or_else(|| Code::CustomerNotFound.into())
    }
}

/// Longer text is nobody's code.
const CODE: usize = 20;

fn friends(reader: &Reader<'_>, customer: Uuid, me: Uuid) -> Result<Option<Friends>, CacheError> {
    if customer::profile(reader, customer)?.is_none() {
        return Ok(None);
    }
    let referred_by = referral::of_friend(reader, customer)?;
    let member = loyalty::member(reader, customer)?;
    Ok(Some(Friends {
        code: member.and_then(|member| member.referral_code),
        may_record: referred_by.is_none() && may(reader, me, &RECORDERS)?,
        may_add_usual: !achievement::is_any(reader)? && may(reader, me, &DECIDERS)?,
        referred_by: referred_by.map(|one| shown(reader, one)).transpose()?,
        referred: all_shown(reader, referral::of_referrer(reader, customer)?)?,
        achievements: achievement::of_customer(reader, customer)?
            .into_iter()
            .map(achieved)
            .collect(),
    }))
}

fn referrers(reader: &Reader<'_>, text: &str, today: &str) -> Result<Referrers, CacheError> {
    if let Some(id) = referral::referrer_of(reader, text)? {
        return Ok(Referrers {
            by_code: about(reader, id)?,
            found: vec![],
        });
    }
    let query = Query {
        text,
        today,
        limit: OFFERED,
    };
    let hits = if text.trim().is_empty() {
        vec![]
    } else {
        search::search(reader, &query)?.hits
    };
    let found = hits
        .iter()
        .filter_map(|hit| offered(reader, hit.customer_id).transpose());
    Ok(Referrers {
        by_code: None,
        found: found.collect::<Result<_, _>>()?,
    })
}

fn offered(reader: &Reader<'_>, customer: Uuid) -> Result<Option<ReferrerHit>, CacheError> {
    let profile = customer::profile(reader, customer)?;
    let found = about(reader, customer)?.zip(profile);
    Ok(found.map(|(customer, profile)| ReferrerHit {
        customer,
        code: profile.code,
        phone: profile.phone.as_deref().map(phone::display),
    }))
}

fn about(reader: &Reader<'_>, customer: Uuid) -> Result<Option<CustomerRef>, CacheError> {
    let wish = customer::preference(reader, customer)?;
    Ok(customer::profile(reader, customer)?.map(|profile| CustomerRef {
        id: profile.id,
        full_name: profile.full_name,
        nickname: profile.nickname,
        do_not_contact: wish.is_some_and(|wish| wish.do_not_contact),
    }))
}

fn all_shown(reader: &Reader<'_>, rows: Vec<Referral>) -> Result<Vec<ReferralRow>, CacheError> {
    rows.into_iter().map(|one| shown(reader, one)).collect()
}

fn shown(reader: &Reader<'_>, referral: Referral) -> Result<ReferralRow, CacheError> {
    let promised = policy::at(reader, referral.made_at)?.bonuses.referral;
    Ok(ReferralRow {
        id: referral.id,
        referrer: person(referral.referrer),
        friend: person(referral.friend),
        made_at: row::millis(referral.made_at),
        made_by: referral.made_by,
        by_code: referral.by_code,
        state: match referral.state {
            State::Waiting => ReferralState::Waiting,
            State::Review => ReferralState::Review,
            State::Paid => ReferralState::Paid,
            State::Refused => ReferralState::Refused,
            State::Reversed => ReferralState::Reversed,
        },
        reasons: referral.reasons,
        decided_at: referral.decided_at.map(row::millis),
        decided_by: referral.decided_by,
        note: referral.note,
        points: referral.points,
        promised,
        is_waiting: referral.is_waiting,
    })
}

fn person(person: Person) -> FriendShown {
    FriendShown {
        customer: CustomerRef {
            id: person.id,
            full_name: person.full_name,
            nickname: person.nickname,
            do_not_contact: false,
        },
        phone: person.phone.as_deref().map(phone::display),
        line_name: person.line_name,
        birth_date: person.birth_date,
        first_visit: person.first_visit,
        paid: person.paid,
    }
}

fn achieved(found: Achievement) -> AchievementRow {
    AchievementRow {
        id: found.id,
        name: found.name,
        description: found.description,
        icon: found.icon,
        period: found.period,
        percent: found.percent,
        earned_at: found.earned_at.map(row::millis),
        points: found.points,
        reward: found.reward,
    }
}

fn member_card(reader: &Reader<'_>, id: Uuid) -> Result<Option<MemberCard>, CacheError> {
    let Some((profile, customer)) = customer::profile(reader, id)?.zip(about(reader, id)?) else {
        return Ok(None);
    };
    let clinic = clinic::get(reader)?;
    let member = loyalty::member(reader, id)?;
    Ok(Some(MemberCard {
        clinic: clinic.map_or_else(Default::default, |clinic| (clinic.name_th, clinic.name_en)),
        customer,
        qr: profile.code.as_deref().and_then(qr::of_code),
        code: profile.code,
        referral_code: member.and_then(|member| member.referral_code),
    }))
}
