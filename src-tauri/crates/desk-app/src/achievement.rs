//! What managers do with the clinic's achievements.

use std::sync::Arc;

use desk_cache::{
    change::achievement::KEEPERS,
    query::achievement::{self, Kept},
};
use desk_core::achievement::{Conditions, special_words};
use serde_json::json;
use uuid::Uuid;

use crate::{
    api::{
        Nothing, Saved,
        achievement::{AchievementKept, AchievementRows, AchievementSave},
    },
    check,
    desk::Desk,
    error::{AppError, Code},
    payment::is_one_of,
};

/// The most that an achievement gives.
const MOST_POINTS: i64 = 100_000;
/// Characters of a badge: what the column holds.
const ICON: usize = 10;

impl Desk {
    /// Every achievement of the clinic.
    ///
    /// # Errors
    /// As listed at [`AchievementRows`].
    pub async fn achievement_list(self: &Arc<Self>, _: Nothing) -> Result<AchievementRows, AppError> {
        let me = self.me()?;
        self.read(move |reader| {
            Ok(AchievementRows {
                rows: achievement::all(reader)?.into_iter().map(shown).collect(),
                may_change: is_one_of(reader, me, &KEEPERS)?,
            })
        })
        .await
    }

    /// Makes an achievement or changes one.
    ///
    /// # Errors
    /// As listed at [`AchievementSave`].
    pub async fn achievement_save(self: &Arc<Self>, request: AchievementSave) -> Result<Saved, AppError> {
        let id = request.id;
        let args = args(request)?;
        self.act(Uuid::now_v7(), "achievement.save", args, id).await
    }

    /// Adds the usual achievements to a clinic that has none.
    ///
    /// # Errors
    /// `role_not_allowed`.
    pub async fn achievement_add_usual(self: &Arc<Self>, _: Nothing) -> Result<Saved, AppError> {
        let id = Uuid::now_v7();
        self.act(id, "achievement.add_usual", json!({ "id": id }), id).await
    }
}

fn args(said: AchievementSave) -> Result<serde_json::Value, AppError> {
    let name = check::optional("name", Some(said.name), check::NAME)?.ok_or_else(|| wrong("name"))?;
    let description = check::optional("description", said.description, check::LONG)?;
    let icon = check::optional("icon", said.icon, ICON)?;
    let reward = check::optional("reward", said.reward, check::NAME)?;
    if !(0..=MOST_POINTS).contains(&said.points) {
        return Err(wrong("points"));
    }
    let is_missing = said.conditions.is_none() && said.expected.is_none();
    if is_missing || said.conditions.as_ref().is_some_and(|asks| !asks.is_achievable()) {
        return Err(wrong("conditions"));
    }
    let category = said.conditions.as_ref().map_or("special", Conditions::category);
    Ok(json!({
        "id": said.id, "expected": said.expected, "name": name, "description": description, "category": category, "icon": icon, "points": said.points, "reward": reward,
        "conditions": said.conditions, "is_active": said.is_active, "is_secret": said.is_secret,
    }))
}

fn wrong(field: &str) -> AppError {
    AppError::new(Code::AchievementInvalid).with("field", field)
}

fn shown(found: Kept) -> AchievementKept {
    AchievementKept {
        id: found.id,
        name: found.name,
        description: found.description,
        icon: found.icon,
        points: found.points,
        reward: found.reward.as_deref().and_then(special_words),
        conditions: found.conditions.as_deref().and_then(Conditions::read),
        is_active: found.is_active,
        is_secret: found.is_secret,
        version: found.version,
        earned: found.earned,
        is_waiting: found.is_waiting,
    }
}
