//! The customer's own screen. It shows the customer whose card is open and nobody else, is blank as soon as the card is closed or the counter
//! locked, says what is to be paid, and takes the customer's word on a redemption. All of it is in memory: no name outlives the program there.

use std::{
    path::PathBuf,
    sync::{Arc, MutexGuard, PoisonError},
};

use desk_cache::{CacheError, open::Reader, query::customer};
use uuid::Uuid;

use crate::{
    api::{
        Nothing,
        display::{
            DisplayAnswer, DisplayAsk, DisplayBill, DisplayCharge, DisplayDue, DisplayGuest, DisplayQuestion,
            DisplayShown, DisplayStanding, DisplayTurn,
        },
        points::{RedeemPreview, RedeemPromise},
    },
    customer::check_bill,
    desk::Desk,
    error::{AppError, Code},
    payment, redeem,
};

/// Days that the customer's screen tells about at most.
const ENDS: usize = 3;

/// How it stands.
#[derive(Default)]
pub(crate) struct Display {
    is_open: bool,
    customer: Option<Uuid>,
    question: Option<Question>,
    bill: Option<DisplayBill>,
}

impl Display {
    /// To a customer, or to nobody: whatever was shown is gone.
    fn turn(&mut self, customer: Option<Uuid>) {
        *self = Self {
            is_open: self.is_open,
            customer,
            ..Self::default()
        };
    }
}

/// What is asked, and what was said.
#[derive(Clone, Copy)]
struct Question {
    id: Uuid,
    points: i64,
    reward: Option<Uuid>,
    answer: Option<bool>,
}

impl Desk {
    /// Opens the customer's screen; where it is open it comes forward.
    ///
    /// # Errors
    /// `locked`.
    pub async fn display_open(self: &Arc<Self>, _: Nothing) -> Result<DisplayStanding, AppError> {
        self.me()?;
        std::fs::write(self.display_mark(), []).map_err(|_| Code::Unexpected)?;
        self.show_display();
        Ok(self.display_says())
    }

    /// Closes it, until somebody opens it again.
    ///
    /// # Errors
    /// None.
    pub async fn display_close(self: &Arc<Self>, _: Nothing) -> Result<DisplayStanding, AppError> {
        self.put_display_away();
        self.ports.window.show_display(false);
        self.display_is_gone();
        Ok(self.display_standing_now())
    }

    /// Somebody closes its window: it does not open by itself any more.
    pub fn put_display_away(&self) {
        // Where the mark stays, the screen opens once more, and can be closed again.
        std::fs::remove_file(self.display_mark()).ok();
    }

    /// It stands where it stood when the program ended.
    pub(crate) fn bring_display_back(&self) {
        if self.display_mark().exists() && !self.display().is_open {
            self.show_display();
            self.changed(&["display"]);
        }
    }

    fn show_display(&self) {
        self.display().is_open = true;
        self.ports.window.show_display(true);
    }

    /// Whether this PC has a customer's screen. It names nobody.
    fn display_mark(&self) -> PathBuf {
        self.places.data.join("display")
    }

    /// The customer's screen was closed, whoever closed it.
    pub fn display_is_gone(&self) {
        *self.display() = Display::default();
        self.changed(&["display"]);
    }

    /// How it stands.
    ///
    /// # Errors
    /// None.
    pub async fn display_standing(self: &Arc<Self>, _: Nothing) -> Result<DisplayStanding, AppError> {
        Ok(self.display_standing_now())
    }

    /// Turns it to a customer, or blanks it.
    ///
    /// # Errors
    /// `locked`.
    pub async fn display_turn(self: &Arc<Self>, request: DisplayTurn) -> Result<DisplayStanding, AppError> {
        self.me()?;
        self.display().turn(request.customer_id);
        Ok(self.display_says())
    }

    /// Asks the customer.
    ///
    /// # Errors
    /// As listed at [`DisplayAsk`].
    pub async fn display_ask(self: &Arc<Self>, request: DisplayAsk) -> Result<DisplayStanding, AppError> {
        let customer_id = self.display_customer().ok_or(Code::DisplayClosed)?;
        let preview = RedeemPreview {
            customer_id,
            points: request.points,
        };
        let promise = self.redeem_preview(preview).await?;
        redeem::is_enough(&promise)?;
        self.display().question = Some(Question {
            id: request.entry_id,
            points: request.points,
            reward: request.reward_id,
            answer: None,
        });
        Ok(self.display_says())
    }

    /// Shows what is to be paid.
    ///
    /// # Errors
    /// As listed at [`DisplayCharge`].
    pub async fn display_charge(self: &Arc<Self>, request: DisplayCharge) -> Result<DisplayStanding, AppError> {
        self.me()?;
        self.display_customer().ok_or(Code::DisplayClosed)?;
        if let Some(bill) = request.bill {
            check_bill(bill.satang)?;
        }
        self.display().bill = request.bill;
        Ok(self.display_says())
    }

    /// The customer's word.
    ///
    /// # Errors
    /// None: a question that is not asked any more is not answered.
    pub async fn display_answer(self: &Arc<Self>, request: DisplayAnswer) -> Result<DisplayShown, AppError> {
        {
            let mut display = self.display();
            let question = display
                .question
                .as_mut()
                .filter(|question| question.id == request.question);
            if let Some(question) = question {
                question.answer = Some(request.yes);
            }
        }
        self.changed(&["display"]);
        self.display_shown(Nothing {}).await
    }

    /// What the customer sees: nothing of anybody while the counter is locked.
    ///
    /// # Errors
    /// What the cache says.
    pub async fn display_shown(self: &Arc<Self>, _: Nothing) -> Result<DisplayShown, AppError> {
        let start = self.stand();
        let language = self.settings(Nothing {}).await?.language;
        let (guest, question) = match (self.me(), self.display_customer()) {
            (Ok(_), Some(customer)) => self.display_of(customer).await?,
            _ => (None, None),
        };
        let due = match &guest {
            Some(_) => self.display_due().await?,
            None => None,
        };
        Ok(DisplayShown {
            clinic: start.clinic,
            day: start.day,
            language,
            guest,
            question,
            due,
        })
    }

    /// Nobody's points stay on it when the counter is left.
    pub(crate) fn blank_display(&self) {
        self.display().turn(None);
        self.changed(&["display"]);
    }

    /// Whether the customer has said yes to exactly this.
    pub(crate) fn is_confirmed_by_customer(
        &self,
        entry: Uuid,
        customer: Uuid,
        points: i64,
        reward: Option<Uuid>,
    ) -> bool {
        let display = self.display();
        let says_yes = |question: &Question| {
            (question.id, question.points, question.reward, question.answer) == (entry, points, reward, Some(true))
        };
        display.customer == Some(customer) && display.question.as_ref().is_some_and(says_yes)
    }

    fn display(&self) -> MutexGuard<'_, Display> {
        self.display.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn display_customer(&self) -> Option<Uuid> {
        let display = self.display();
        display.customer.filter(|_| display.is_open)
    }

    fn display_standing_now(&self) -> DisplayStanding {
        let display = self.display();
        DisplayStanding {
            is_open: display.is_open,
            question: display.question.map(|question| question.id),
            answer: display.question.and_then(|question| question.answer),
        }
    }

    fn display_says(&self) -> DisplayStanding {
        self.changed(&["display"]);
        self.display_standing_now()
    }

    async fn display_due(self: &Arc<Self>) -> Result<Option<DisplayDue>, AppError> {
        let Some(bill) = self.display().bill else {
            return Ok(None);
        };
        let qr = self
            .read(move |reader| payment::code(reader, bill.method, bill.satang))
            .await?;
        Ok(Some(DisplayDue { bill, qr }))
    }

    async fn display_of(
        self: &Arc<Self>,
        customer_id: Uuid,
    ) -> Result<(Option<DisplayGuest>, Option<DisplayQuestion>), AppError> {
        let question = self.display().question;
        let (now, points) = (self.micros(), question.map_or(0, |question| question.points));
        self.read(move |reader| {
            let asked = |points| redeem::promise(reader, &RedeemPreview { customer_id, points }, now, false);
            let (Some(all), Some(promise)) = (asked(0)?, asked(points)?) else {
                return Ok((None, None));
            };
            let ends = asked(all.available)?.map_or(vec![], |whole| whole.takes);
            let guest = guest(reader, customer_id, &all, ends)?;
            Ok((guest, question.map(|question| question_of(question, promise))))
        })
        .await
    }
}

fn guest(
    reader: &Reader<'_>,
    customer: Uuid,
    promise: &RedeemPromise,
    ends: Vec<crate::api::customer::Expiring>,
) -> Result<Option<DisplayGuest>, CacheError> {
    let profile = customer::profile(reader, customer)?;
    Ok(profile.map(|profile| DisplayGuest {
        name: profile.nickname.unwrap_or_else(|| first_name(&profile.full_name)),
        tier: promise.tier,
        available: promise.available,
        ends: ends.into_iter().filter(|end| end.at.is_some()).take(ENDS).collect(),
    }))
}

fn first_name(full: &str) -> String {
    full.split_whitespace().next().unwrap_or_default().to_owned()
}

fn question_of(question: Question, promise: RedeemPromise) -> DisplayQuestion {
    let reward = promise
        .rewards
        .into_iter()
        .find(|offer| Some(offer.id) == question.reward);
    DisplayQuestion {
        id: question.id,
        points: question.points,
        available_after: promise.available_after,
        takes: promise.takes,
        worth: if question.reward.is_none() { promise.worth } else { 0 },
        reward: reward.map(|offer| offer.name),
        answer: question.answer,
    }
}
