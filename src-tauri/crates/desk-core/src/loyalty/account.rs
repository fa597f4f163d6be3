//! What a customer has: lots that end on their days, and what is owed. Points come in, are spent, returned and end by the same rules as in the
//! clinic's database (`desk.book_points`), which decides; a test holds one against the other.

use uuid::Uuid;

/// Points that came in together and end together. It is called like the entry that made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lot {
    /// The lot.
    pub id: Uuid,
    /// Points that came in.
    pub points: i64,
    /// Of those, what is left.
    pub remaining: i64,
    /// Microseconds since 1970 of the last second in which they can be spent; none: never over.
    pub expires_at: Option<i64>,
    /// Microseconds since 1970 since when they count.
    pub effective_at: i64,
}

/// Points out of one lot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Use {
    /// The lot.
    pub lot: Uuid,
    /// How many, more than 0.
    pub points: i64,
    /// When the lot ends.
    pub expires_at: Option<i64>,
}

/// There are not enough points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Short {
    /// So many more would be needed.
    pub missing: i64,
    /// So many are there.
    pub available: i64,
}

/// A customer's points. Who owes some has none: what comes in pays first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// In no order.
    pub lots: Vec<Lot>,
    /// Points that were taken back after they had been spent.
    pub owed: i64,
}

/// What ends soonest comes first (rule L2); then what is older.
fn order(lot: &Lot) -> (i64, i64, Uuid) {
    (lot.expires_at.unwrap_or(i64::MAX), lot.effective_at, lot.id)
}

impl Lot {
    /// Whether its last day is over.
    pub fn has_ended(&self, at: i64) -> bool {
        self.expires_at.is_some_and(|end| end < at)
    }
}

impl Account {
    /// Points left in all lots, those whose day is over and that no sweep has met yet among them.
    pub fn available(&self) -> i64 {
        self.lots.iter().map(|lot| lot.remaining).sum()
    }

    /// Points that can be spent at this moment.
    pub fn spendable(&self, at: i64) -> i64 {
        let live = self.lots.iter().filter(|lot| !lot.has_ended(at));
        live.map(|lot| lot.remaining).sum()
    }

    /// Points that come in pay what is owed; the rest is a lot. Answers how many paid.
    pub fn gain(&mut self, made: Lot) -> i64 {
        let paid = self.owed.min(made.points);
        self.owed -= paid;
        let points = made.points - paid;
        if points > 0 {
            self.lots.push(Lot {
                points,
                remaining: points,
                ..made
            });
        }
        paid
    }

    /// Which lots a spending would take, without taking it.
    ///
    /// # Errors
    /// When there are not enough points.
    pub fn plan(&self, points: i64, at: i64) -> Result<Vec<Use>, Short> {
        self.clone().spend(points, at)
    }

    /// Spends, after ending what is over.
    ///
    /// # Errors
    /// When there are not enough points; nothing is spent then.
    pub fn spend(&mut self, points: i64, at: i64) -> Result<Vec<Use>, Short> {
        let available = self.spendable(at);
        if available < points {
            return Err(Short {
                missing: points - available,
                available,
            });
        }
        self.end(at);
        Ok(self.take(points, None))
    }

    /// Spends what the customer has had already: what is missing is owed.
    pub fn spend_or_owe(&mut self, points: i64, at: i64) -> Vec<Use> {
        self.end(at);
        self.take_or_owe(points, None)
    }

    /// Takes an award back, or a part of it: out of its own lot first, then out of the others; what has been spent is owed (rule L4). So many
    /// points of it had `ended`.
    pub fn reverse(&mut self, award: Uuid, points: i64, ended: i64) -> Vec<Use> {
        let own = self
            .lots
            .iter()
            .find(|lot| lot.id == award)
            .map_or(0, |lot| lot.remaining);
        self.take_or_owe(loss(points, own, ended), Some(award))
    }

    fn take_or_owe(&mut self, points: i64, first: Option<Uuid>) -> Vec<Use> {
        let uses = self.take(points, first);
        self.owed += points - total(&uses);
        uses
    }

    /// Takes up to so many: of `first` before all others, then what ends soonest.
    fn take(&mut self, points: i64, first: Option<Uuid>) -> Vec<Use> {
        self.lots.sort_by_key(|lot| (Some(lot.id) != first, order(lot)));
        let mut wanted = points;
        let mut uses = vec![];
        for lot in self.lots.iter_mut().filter(|lot| lot.remaining > 0) {
            let points = lot.remaining.min(wanted);
            if points == 0 {
                break;
            }
            lot.remaining -= points;
            wanted -= points;
            uses.push(Use {
                lot: lot.id,
                points,
                expires_at: lot.expires_at,
            });
        }
        uses
    }

    /// Gives back what a spending took (rule L3): it pays what is owed, the rest returns to its lots with their dates, what ends last before
    /// what ends first. What had been owed and was paid meanwhile by other points has no lot to return to: it is `made`, with the points that
    /// are given back.
    pub fn give_back(&mut self, uses: &[Use], made: Lot) {
        let paid = self.owed.min(made.points);
        self.owed -= paid;
        let mut rest = made.points - paid;
        self.lots.sort_by_key(|lot| std::cmp::Reverse(order(lot)));
        for lot in &mut self.lots {
            let used: i64 = uses
                .iter()
                .filter(|used| used.lot == lot.id)
                .map(|used| used.points)
                .sum();
            let returned = used.min(rest);
            lot.remaining += returned;
            rest -= returned;
        }
        if rest > 0 {
            self.lots.push(Lot {
                points: rest,
                remaining: rest,
                ..made
            });
        }
    }

    /// Ends what is over (rule L11).
    pub fn end(&mut self, at: i64) -> Vec<Use> {
        let over = self
            .lots
            .iter_mut()
            .filter(|lot| lot.remaining > 0 && lot.has_ended(at));
        over.map(|lot| Use {
            lot: lot.id,
            points: std::mem::take(&mut lot.remaining),
            expires_at: lot.expires_at,
        })
        .collect()
    }
}

/// What a customer loses when so many points of an award are taken back, of which its own lot has some and some had `ended`: what had ended is
/// gone already, and not taken once more. It is met after what the lot has, and before what was spent.
pub fn loss(points: i64, own: i64, ended: i64) -> i64 {
    points - ended.clamp(0, (points - own).max(0))
}

/// All of them together.
pub fn total(uses: &[Use]) -> i64 {
    uses.iter().map(|used| used.points).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OCT_31: i64 = 31;
    const DEC_31: i64 = 92;
    const NOV_5: i64 = 36;

    fn lot(id: u128, points: i64, expires_at: Option<i64>) -> Lot {
        Lot {
            id: Uuid::from_u128(id),
            points,
            remaining: points,
            expires_at,
            effective_at: 0,
        }
    }

    /// A 100 until 31 October, B 200 until 31 December, C 50 for ever.
    fn three_lots() -> Account {
        let lots = vec![lot(3, 50, None), lot(2, 200, Some(DEC_31)), lot(1, 100, Some(OCT_31))];
        Account { lots, owed: 0 }
    }

    fn left(account: &Account) -> Vec<i64> {
        let mut lots = account.lots.clone();
        lots.sort_by_key(|lot| lot.id);
        lots.iter().map(|lot| lot.remaining).collect()
    }

    #[test]
    fn l2_what_ends_soonest_is_spent_first() {
        let mut account = three_lots();
        let plan = account.plan(120, 0).unwrap();
        assert_eq!(left(&account), [100, 200, 50], "a plan spends nothing");
        let uses = account.spend(120, 0).unwrap();
        assert_eq!(plan, uses);
        let uses: Vec<_> = uses.iter().map(|used| (used.points, used.expires_at)).collect();
        assert_eq!(uses, [(100, Some(OCT_31)), (20, Some(DEC_31))]);
        assert_eq!(left(&account), [0, 180, 50]);
    }

    #[test]
    fn what_is_not_there_is_not_spent_and_the_gap_is_named() {
        let mut account = three_lots();
        let short = Short {
            missing: 1,
            available: 350,
        };
        assert_eq!(account.spend(351, 0), Err(short));
        assert_eq!(left(&account), [100, 200, 50]);
        let short = account.plan(300, NOV_5).unwrap_err();
        assert_eq!(short.available, 250, "what is over cannot be spent");
    }

    #[test]
    fn l3_a_cancelled_spending_returns_to_its_lots_and_dates_and_what_is_over_stays_over() {
        let mut account = three_lots();
        let uses = account.spend(120, 0).unwrap();
        account.give_back(&uses, lot(9, 120, Some(999)));
        assert_eq!(left(&account), [100, 200, 50]);
        let ended: Vec<_> = account.end(NOV_5).iter().map(|used| used.points).collect();
        assert_eq!((ended, left(&account)), (vec![100], vec![0, 200, 50]));
    }

    #[test]
    fn l4_what_was_spent_of_an_award_that_is_taken_back_is_owed_and_paid_first() {
        let mut account = Account::default();
        account.gain(lot(1, 399, Some(DEC_31)));
        account.spend(300, 0).unwrap();
        account.reverse(Uuid::from_u128(1), 200, 0);
        assert_eq!((account.available(), account.owed), (0, 101));
        account.reverse(Uuid::from_u128(1), 199, 0);
        assert_eq!((account.available(), account.owed), (0, 300));
        assert_eq!(account.gain(lot(2, 100, None)), 100);
        assert_eq!((account.available(), account.owed), (0, 200));
        account.gain(lot(3, 250, None));
        assert_eq!((account.available(), account.owed), (50, 0));
    }

    #[test]
    fn l4_what_ended_of_an_award_is_gone_and_not_owed_once_more() {
        let mut account = Account::default();
        account.gain(lot(1, 399, Some(OCT_31)));
        account.spend(100, 0).unwrap();
        assert_eq!(total(&account.end(NOV_5)), 299);
        account.reverse(Uuid::from_u128(1), 200, 299);
        assert_eq!((account.available(), account.owed), (0, 0));
        account.reverse(Uuid::from_u128(1), 199, 99);
        assert_eq!((account.available(), account.owed), (0, 100), "what was spent");
        assert_eq!(
            (loss(200, 150, 40), loss(200, 150, 60), loss(200, 250, 60)),
            (160, 150, 200)
        );
    }

    #[test]
    fn l4_an_award_is_taken_back_out_of_its_own_lot_before_older_ones() {
        let mut account = three_lots();
        account.reverse(Uuid::from_u128(2), 210, 0);
        assert_eq!(left(&account), [90, 0, 50]);
    }

    #[test]
    fn points_that_were_owed_and_paid_come_back_as_a_lot_of_their_own() {
        let mut account = Account::default();
        account.gain(lot(1, 300, Some(DEC_31)));
        let uses = account.spend_or_owe(400, 0);
        assert_eq!(account.owed, 100);
        account.gain(lot(2, 150, Some(DEC_31)));
        account.give_back(&uses, lot(3, 400, Some(999)));
        assert_eq!((left(&account), account.owed), (vec![300, 50, 100], 0));
    }

    #[test]
    fn points_that_come_back_pay_the_debt_with_what_ends_soonest() {
        let mut account = three_lots();
        let uses = account.spend(350, 0).unwrap();
        account.owed = 120;
        account.give_back(&uses, lot(9, 350, None));
        assert_eq!((left(&account), account.owed), (vec![0, 180, 50], 0));
    }
}
