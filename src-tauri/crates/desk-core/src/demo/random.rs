//! Chance that is the same every time: SplitMix64 (Steele, Lea, Flood 2014). Good enough to scatter demo data; never for secrets.

/// A stream of numbers that look random.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    /// The stream of the nth thing of a kind.
    pub(super) fn new(seed: u64, kind: &str, number: usize) -> Self {
        let mut state = Self(seed);
        let mut mix = |value: u64| state = Self(state.next() ^ value);
        kind.bytes().for_each(|byte| mix(u64::from(byte)));
        mix(u64::try_from(number).unwrap_or(u64::MAX));
        Self(state.next())
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from 0 to `end`, without `end`; 0 if there is none.
    pub(super) fn below(&mut self, end: i64) -> i64 {
        i64::try_from(self.next() >> 1)
            .unwrap_or(0)
            .checked_rem(end)
            .unwrap_or(0)
    }

    /// True so many times in a hundred.
    pub(super) fn percent(&mut self, chance: i64) -> bool {
        self.below(100) < chance
    }

    /// One of the list; the type's default for an empty one.
    pub(super) fn pick<T: Copy + Default>(&mut self, list: &[T]) -> T {
        let index = usize::try_from(self.below(i64::try_from(list.len()).unwrap_or(0))).unwrap_or(0);
        list.get(index).copied().unwrap_or_default()
    }

    /// One of the list, the first ones far more often: names are like that.
    pub(super) fn pick_early<T: Copy + Default>(&mut self, list: &[T]) -> T {
        let length = i64::try_from(list.len()).unwrap_or(0);
        let end = self.below(length) + 1;
        let index = usize::try_from(self.below(end)).unwrap_or(0);
        list.get(index).copied().unwrap_or_default()
    }

    /// Days ago: mostly recent, half of them within `half`, never more than ten times that.
    pub(super) fn days_ago(&mut self, half: i64) -> i64 {
        let mut days = self.below(half);
        while self.percent(50) && days < 9 * half {
            days += half;
        }
        days
    }
}
