//! What a person puts away without reading it, over and over: the centre proposes to mute its class. Counted on this PC, for each person. What is critical is never
//! proposed: a hot lead, one's own work that the clinic did not take, and whatever the clinic itself calls critical.

use std::{collections::BTreeMap, sync::Arc};

use desk_cache::{CacheError, choice, open::Reader};
use desk_core::{priority::Priority, toast::Class};
use uuid::Uuid;

use crate::{
    api::{
        Nothing,
        notification::{MuteAnswer, MuteProposal, NotificationRow},
        settings::{Settings, SettingsSet},
    },
    desk::Desk,
    error::{AppError, Code},
    settings::switch_of,
};

const NAME: &str = "dismissals";
/// So many of one class in a row, none of them read, are a habit.
const HABIT: u32 = 5;

/// How many of each class in a row.
type Counts = BTreeMap<Class, u32>;

fn counts(reader: &Reader<'_>, person: Uuid) -> Result<Counts, CacheError> {
    let kept = choice::get(reader, person, NAME)?;
    Ok(kept
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default())
}

/// The class that is put away most, where it has become a habit and is not muted already.
pub(crate) fn proposal(
    reader: &Reader<'_>,
    person: Uuid,
    settings: &Settings,
) -> Result<Option<MuteProposal>, CacheError> {
    let mut settings = settings.clone();
    let habits = counts(reader, person)?.into_iter();
    let habits = habits.filter(|(class, count)| *count >= HABIT && *switch_of(&mut settings, *class));
    let most = habits.max_by_key(|(_, count)| *count);
    Ok(most.map(|(class, count)| MuteProposal { class, count }))
}

impl Desk {
    /// Something was put away: one more of its class, unless it had been read.
    pub(crate) async fn note_put_away(&self, row: &NotificationRow) -> Result<(), AppError> {
        let class = Class::of_kind(&row.kind);
        let is_counted =
            !row.is_read && row.priority != Priority::Critical && !matches!(class, Class::HotLead | Class::Attention);
        self.count_dismissed(class, is_counted).await
    }

    /// Something was opened, read or done: the person uses its class.
    pub(crate) async fn note_used(&self, row: &NotificationRow) -> Result<(), AppError> {
        self.count_dismissed(Class::of_kind(&row.kind), false).await
    }

    async fn count_dismissed(&self, class: Class, is_one_more: bool) -> Result<(), AppError> {
        let me = self.me()?;
        let mut counts = self.read(move |reader| counts(reader, me)).await?;
        let before = counts.get(&class).copied().unwrap_or(0);
        let now = if is_one_more { before + 1 } else { 0 };
        if now == before {
            return Ok(());
        }
        counts.insert(class, now);
        let text = serde_json::to_string(&counts).map_err(|_| Code::Unexpected)?;
        self.with_cache(move |cache| choice::set(cache, me, NAME, &text)).await
    }

    /// Answers a proposal: the class is muted, or it is asked again after as many more.
    ///
    /// # Errors
    /// As listed at [`MuteAnswer`].
    pub async fn notification_mute(self: &Arc<Self>, request: MuteAnswer) -> Result<Nothing, AppError> {
        let me = self.me()?;
        self.count_dismissed(request.class, false).await?;
        if request.is_muted {
            let mut settings = self.settings_of(me).await?;
            *switch_of(&mut settings, request.class) = false;
            self.settings_set(SettingsSet { settings }).await?;
        }
        self.changed(&["notifications"]);
        Ok(Nothing {})
    }
}
