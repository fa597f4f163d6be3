//! Desks as processes that can be killed, each on its own folder, keyring and network path to one PostgreSQL.
#![allow(dead_code, missing_docs)] // each test file uses its own part

pub mod book;
pub mod desk;
pub mod verdict;
pub mod work;

use std::sync::Mutex;

/// Random numbers that a seed repeats (splitmix64).
pub struct Chance(Mutex<u64>);

impl Chance {
    pub fn of(seed: u64) -> Self {
        Self(Mutex::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
    }

    fn next(&self) -> u64 {
        let mut state = self.0.lock().unwrap();
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = *state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`.
    pub fn below(&self, n: usize) -> usize {
        usize::try_from(self.next() % n as u64).unwrap()
    }

    /// One of these.
    pub fn one<'a, T>(&self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    /// True so many times in a hundred.
    pub fn percent(&self, n: usize) -> bool {
        self.below(100) < n
    }
}
