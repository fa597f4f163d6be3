//! What happens in a run, as data: a list of steps, each with dice of its own, so that a step can be left out without changing any other.

use super::chance::Chance;

/// A kind of step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A person does something.
    Act,
    /// A PC's step gets a little further.
    Poll,
    /// A PC's step gets to its end.
    Go,
    /// A PC goes on until it rests.
    Round,
    /// The web system writes.
    Web,
    /// A transaction begins.
    Begin,
    /// One ends.
    End,
    /// The next request or answer of a PC is lost, late or doubled.
    Lose,
    /// A PC's network goes.
    Cut,
    /// It is back.
    Mend,
    /// A request whose sender gave up arrives.
    Late,
    /// The program is killed.
    Kill,
    /// It is closed and started.
    Restart,
    /// A PC's folder is copied.
    Keep,
    /// The copy is put back.
    PutBack,
    /// A second PC begins with the copy.
    Clone,
    /// The database is backed up.
    Backup,
    /// A backup becomes the database.
    Restore,
    /// The standby catches up.
    Replicate,
    /// The standby becomes the primary, as far as it came.
    Failover,
    /// The standby answers, or no longer.
    Standby,
    /// The database's process starts anew.
    Bounce,
    /// Rows are changed behind the triggers and history is declared broken.
    Reset,
    /// Tombstones are forgotten.
    Trim,
    /// A person's access ends.
    EndAccess,
    /// A person gets a new login at a PC.
    Join,
    /// A PC's clock jumps.
    Clock,
    /// A PC's disk is full, or has room again.
    Disk,
    /// The database is one of an earlier version, or was brought up to date.
    Older,
    /// A load that nobody waits for goes on.
    Abandoned,
    /// Time passes.
    Time,
}

/// One step.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// What.
    pub what: What,
    /// Where, for what happens at a PC.
    pub pc: usize,
    /// Decides the rest.
    pub dice: u64,
}

/// A run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Of which seed.
    pub seed: u64,
    /// How many PCs there are on the first morning, and how many people use each.
    pub people: Vec<usize>,
    /// Rows in a page.
    pub page: usize,
    /// Where the clinic's clock stands on the first morning.
    pub version: i64,
    /// The database is not brought up to date before the end.
    pub stays_older: bool,
    /// What happens.
    pub steps: Vec<Step>,
}

/// What always happens, and how often of all.
const USUAL: [(What, usize); 6] = [
    (What::Act, 22),
    (What::Poll, 14),
    (What::Go, 16),
    (What::Round, 9),
    (What::Web, 10),
    (What::Time, 2),
];

/// What happens in some runs: each run has some of these (swarm testing: Groce et al. 2012), so that rare ones meet often in some run.
const UNUSUAL: [(&[(What, usize)], usize); 16] = [
    (&[(What::Begin, 5), (What::End, 5)], 50),
    (&[(What::Lose, 8), (What::Late, 3)], 60),
    (&[(What::Cut, 2), (What::Mend, 3)], 30),
    (&[(What::Kill, 4)], 40),
    (&[(What::Restart, 2)], 20),
    (&[(What::Keep, 2), (What::PutBack, 2)], 25),
    (&[(What::Keep, 2), (What::Clone, 2)], 15),
    (&[(What::Backup, 2), (What::Restore, 1)], 30),
    (&[(What::Replicate, 3), (What::Failover, 1), (What::Standby, 2)], 30),
    (&[(What::Bounce, 2)], 20),
    (&[(What::Reset, 1)], 15),
    (&[(What::Trim, 3)], 35),
    (&[(What::EndAccess, 1), (What::Join, 2)], 25),
    (&[(What::Clock, 2)], 25),
    (&[(What::Disk, 3)], 20),
    (&[(What::Older, 2)], 15),
];

impl Plan {
    /// The run of a seed.
    pub fn of(seed: u64) -> Self {
        let mut chance = Chance::new(seed);
        let mut weights: Vec<(What, usize)> = USUAL.to_vec();
        for (kinds, share) in UNUSUAL {
            if chance.percent(share) {
                weights.extend(kinds);
            }
        }
        weights.push((What::Abandoned, 1));
        let pcs = 1 + chance.below(3);
        let people = (0..pcs).map(|_| 1 + chance.below(2)).collect();
        let length = 30 + chance.below(90);
        Self {
            seed,
            people,
            page: [1, 2, 3, 5, 9, 1_000][chance.below(6)],
            version: if chance.percent(30) { 0 } else { 4 },
            stays_older: chance.percent(30),
            steps: (0..length).map(|_| step(&weights, &mut chance)).collect(),
        }
    }
}

fn step(weights: &[(What, usize)], chance: &mut Chance) -> Step {
    let all: usize = weights.iter().map(|(_, weight)| weight).sum();
    let mut left = chance.below(all);
    let mut what = What::Time;
    for (kind, weight) in weights {
        if left < *weight {
            what = *kind;
            break;
        }
        left -= weight;
    }
    Step {
        what,
        pc: chance.below(12),
        dice: chance.draw(),
    }
}
