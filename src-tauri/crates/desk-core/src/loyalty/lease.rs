//! What may be redeemed here without the network (rule L15): an allowance that this PC was given while it was in contact. The database holds
//! every PC to its own, whatever happens here; so what a clinic can lose is known beforehand.

/// A balance older than this is no ground for giving anything away: 24 hours, in microseconds.
pub const LONGEST_AGE: i64 = 24 * 3_600 * 1_000_000;

/// Today's allowance of this PC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// All customers together.
    pub points: i64,
    /// One customer.
    pub per_customer: i64,
    /// Of all, what is used.
    pub used: i64,
    /// Microseconds since 1970: the end of the clinic's day.
    pub ends_at: i64,
}

/// Why nothing can be redeemed without the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Barred {
    /// This PC has no allowance of today: it was not in contact yet.
    NoLease,
    /// The balance is of more than 24 hours ago.
    Stale,
    /// It is used up, for this customer or for all.
    UsedUp,
}

/// How many points can still be redeemed here for a customer who has had `had` of this allowance. `seen_at`: when this PC last held what the
/// clinic held; `now`: both in microseconds since 1970.
///
/// # Errors
/// Why none can.
pub fn allowance(lease: Option<Lease>, had: i64, seen_at: Option<i64>, now: i64) -> Result<i64, Barred> {
    let lease = lease.filter(|lease| now <= lease.ends_at).ok_or(Barred::NoLease)?;
    let age = seen_at.map(|at| now - at);
    // A clock that was set back makes a balance look younger than nothing.
    if !age.is_some_and(|age| (-LONGEST_AGE..=LONGEST_AGE).contains(&age)) {
        return Err(Barred::Stale);
    }
    let left = (lease.points - lease.used).min(lease.per_customer - had);
    if left > 0 { Ok(left) } else { Err(Barred::UsedUp) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEASE: Lease = Lease {
        points: 2_000,
        per_customer: 500,
        used: 0,
        ends_at: 1_000 * LONGEST_AGE,
    };
    const NOON: i64 = 999 * LONGEST_AGE;

    fn left(lease: Lease, had: i64) -> Result<i64, Barred> {
        allowance(Some(lease), had, Some(NOON), NOON)
    }

    #[test]
    fn l15_a_customer_has_five_hundred_and_a_pc_two_thousand() {
        assert_eq!(left(LEASE, 0), Ok(500));
        assert_eq!(left(LEASE, 400), Ok(100));
        assert_eq!(left(LEASE, 500), Err(Barred::UsedUp));
        assert_eq!(left(Lease { used: 1_900, ..LEASE }, 0), Ok(100));
        assert_eq!(left(Lease { used: 2_000, ..LEASE }, 0), Err(Barred::UsedUp));
    }

    #[test]
    fn l15_it_ends_with_the_day_and_with_the_age_of_the_balance() {
        assert_eq!(allowance(None, 0, Some(NOON), NOON), Err(Barred::NoLease));
        let later = LEASE.ends_at + 1;
        assert_eq!(allowance(Some(LEASE), 0, Some(later), later), Err(Barred::NoLease));
        let stale = allowance(Some(LEASE), 0, Some(NOON - LONGEST_AGE - 1), NOON);
        assert_eq!(stale, Err(Barred::Stale));
        assert_eq!(allowance(Some(LEASE), 0, Some(NOON - LONGEST_AGE), NOON), Ok(500));
        assert_eq!(allowance(Some(LEASE), 0, None, NOON), Err(Barred::Stale));
    }

    #[test]
    fn l15_a_clock_that_is_set_back_by_days_opens_nothing() {
        let seen = NOON + 2 * LONGEST_AGE;
        assert_eq!(allowance(Some(LEASE), 0, Some(seen), NOON), Err(Barred::Stale));
    }
}
