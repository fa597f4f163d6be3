//! Taking back what the signed-in person did here, newest first.

use std::sync::Arc;

use desk_cache::{
    CacheError,
    change::{Action, Destination},
    open::Reader,
    undo::{self, How, Wish},
};
use uuid::Uuid;

use crate::{
    api::{
        Nothing,
        undo::{Undo, UndoNext, UndoStep, Undone},
    },
    desk::Desk,
    error::{AppError, Code},
    row,
    sync::subject,
    topic,
};

impl Desk {
    /// Takes back an action of the signed-in person: one of the last [`undo::REACH`].
    ///
    /// # Errors
    /// `nothing_to_undo`.
    pub async fn undo(self: &Arc<Self>, request: Undo) -> Result<Undone, AppError> {
        let (destination, today) = (self.destination(), self.today_date());
        let wish = Wish {
            person: self.me()?,
            of: request.of,
            id: Uuid::now_v7(),
            at: self.micros(),
        };
        let undone = self
            .with_cache(move |cache| undo::undo(cache, &wish, destination))
            .await?
            .ok_or(Code::NothingToUndo)?;
        self.changed(topic::of_action(&undone.action.name));
        self.nudge();
        let (how, leaves_standing) = (undone.how, undone.leaves_standing);
        let step = self.read(move |reader| step(reader, undone.action, &today)).await?;
        Ok(Undone {
            step,
            waiting: how == How::Reversed && destination == Destination::Clinic,
            leaves_standing,
            refused: refused(how),
        })
    }

    /// What Ctrl Z would take back now.
    ///
    /// # Errors
    /// `locked`.
    pub async fn undo_next(self: &Arc<Self>, _: Nothing) -> Result<UndoNext, AppError> {
        let (me, today) = (self.me()?, self.today_date());
        self.read(move |reader| {
            let done = undo::newest(reader, me)?;
            let step = done.map(|done| step(reader, done.action, &today)).transpose()?;
            Ok(UndoNext { step })
        })
        .await
    }
}

fn step(reader: &Reader<'_>, action: Action, today: &str) -> Result<UndoStep, CacheError> {
    Ok(UndoStep {
        subject: subject(reader, &action.name, &action.args, today)?,
        id: action.id,
        name: action.name,
        at: row::millis(action.at),
    })
}

fn refused(how: How) -> Option<Code> {
    match how {
        How::TakenOut | How::Reversed => None,
        How::Refused(word) => Some(Code::from_word(word).unwrap_or(Code::Unexpected)),
    }
}
