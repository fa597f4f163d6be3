//! What happens next, as a pure machine: events in, one step out. A *round* sends what the people here have done, then reads each
//! person's stream, then the clinic's. The clinic's stream comes last because it is where answered actions are let go: by then every row
//! that shows them has arrived. A round for which the clinic called only reads, and of the people's streams those that it named. Where the
//! streams cannot be followed any more, the round begins with a load of everything.

use std::{collections::VecDeque, time::Duration};

use uuid::Uuid;

/// Something happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A person did something, or the clinic may have.
    Wanted,
    /// The clinic has changed, and something of it is addressed to these people.
    Called(Vec<Uuid>),
    /// The step is done. `again`: there was more than fits one step.
    Done {
        /// There is more of the same.
        again: bool,
    },
    /// The clinic cannot be reached, or said something passing such as a deadlock.
    Failed,
    /// The clinic is there and does not take what this person has done. What cannot be sent must not keep news away.
    Hindered(Uuid),
    /// What is here belongs to another life of the database, or to a stretch of the feed that is gone.
    Stale,
    /// Waiting is over.
    TimeIsUp,
}

/// The next thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Load everything anew, beside what is here.
    Reload,
    /// Send what these people have done, in the order in which they did it, whoever it was.
    Push(Vec<Uuid>),
    /// Read what is addressed to this person.
    PullPerson(Uuid),
    /// Read the clinic's stream.
    PullClinic,
    /// Nothing until an event, or until this long has passed.
    Wait(Duration),
}

/// How long the desk waits between rounds when nothing calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Pause between rounds.
    pub between: Duration,
}

impl Pace {
    /// With LISTEN working the round is only a safety net against lost calls.
    pub const LIVE: Self = Self {
        between: Duration::from_secs(45),
    };
    /// Without it the desk asks.
    pub const POLLING: Self = Self {
        between: Duration::from_secs(2),
    };
}

const FIRST_RETRY: Duration = Duration::from_millis(500);
/// A person expects "online" within three seconds of the network being back; asking a server that is not there costs next to nothing.
const LONGEST_RETRY: Duration = Duration::from_millis(2_500);

/// A whole load that failed costs both sides something, so the next try leaves them time.
const LONGEST_RELOAD_RETRY: Duration = Duration::from_secs(60);

/// What the clinic does not take now it will not take in a moment either (until it is brought up to date, for example). Where it cannot call,
/// this is also how old its news get meanwhile.
const LONGEST_HINDERED_RETRY: Duration = Duration::from_secs(10);

/// So many rounds the others wait for a person whose actions the clinic does not take, because theirs may build on them. After that they go
/// ahead: one action that breaks the clinic must not stop a counter for good.
const PATIENCE: u32 = 5;

/// What the next round is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Wish {
    /// Send and read everything.
    Whole,
    /// Read the clinic's stream and these people's.
    Read(Vec<Uuid>),
}

impl Wish {
    fn and(self, other: Option<Self>) -> Self {
        match (self, other) {
            (wish, None) => wish,
            (Self::Read(some), Some(Self::Read(others))) => Self::Read([some, others].concat()),
            _ => Self::Whole,
        }
    }
}

/// The machine.
#[derive(Clone, Debug)]
pub struct Engine {
    people: Vec<Uuid>,
    pace: Pace,
    steps: VecDeque<Step>,
    wanted: Option<Wish>,
    is_stale: bool,
    is_hindered: bool,
    /// Rounds one after the other in which somebody was hindered.
    hindered_rounds: u32,
    failures: u32,
}

impl Engine {
    /// A machine for the people who use this PC. Its first round begins at once.
    pub fn new(people: Vec<Uuid>, pace: Pace) -> Self {
        Self {
            people,
            pace,
            steps: VecDeque::new(),
            wanted: Some(Wish::Whole),
            is_stale: false,
            is_hindered: false,
            hindered_rounds: 0,
            failures: 0,
        }
    }

    /// LISTEN began or ceased to work.
    pub fn set_pace(&mut self, pace: Pace) {
        self.pace = pace;
    }

    /// Someone was added to this PC or left it.
    pub fn set_people(&mut self, people: Vec<Uuid>) {
        self.people = people;
        self.wanted = Some(Wish::Whole);
    }

    /// No round is under way.
    pub fn is_resting(&self) -> bool {
        self.steps.is_empty()
    }

    /// Takes in what happened and answers what to do now.
    pub fn step(&mut self, event: Event) -> Step {
        match event {
            Event::Wanted | Event::TimeIsUp => self.wanted = Some(Wish::Whole),
            Event::Called(people) => self.wanted = Some(Wish::Read(people).and(self.wanted.take())),
            Event::Done { again } => self.advance(again),
            Event::Hindered(person) => self.pass_over(person),
            Event::Failed => return self.give_up_round(),
            Event::Stale => self.begin_anew(),
        }
        self.now()
    }

    /// Whether a load is under way or due.
    pub fn is_stale(&self) -> bool {
        self.is_stale
    }

    fn begin_anew(&mut self) {
        self.steps.clear();
        (self.is_stale, self.wanted) = (true, Some(Wish::Whole));
    }

    fn advance(&mut self, again: bool) {
        if again {
            return;
        }
        if self.steps.pop_front() == Some(Step::Reload) {
            self.is_stale = false;
        }
        self.end_round_if_done();
    }

    fn pass_over(&mut self, person: Uuid) {
        let is_patient = self.is_patient();
        self.is_hindered = true;
        if let Some(Step::Push(people)) = self.steps.front_mut() {
            people.retain(|other| *other != person && !is_patient);
            if !people.is_empty() {
                return;
            }
        }
        self.steps.pop_front();
        self.end_round_if_done();
    }

    /// Whether the others still wait for somebody who is hindered.
    pub fn is_patient(&self) -> bool {
        self.hindered_rounds < PATIENCE
    }

    /// Only a whole round ends the back-off: a step with nothing to send succeeds without the network.
    fn end_round_if_done(&mut self) {
        if !self.steps.is_empty() {
            return;
        }
        (self.failures, self.hindered_rounds) = if self.is_hindered {
            (self.failures.saturating_add(1), self.hindered_rounds.saturating_add(1))
        } else {
            (0, 0)
        };
    }

    /// A failed round is forgotten and begun anew: every step is repeatable.
    fn give_up_round(&mut self) -> Step {
        self.steps.clear();
        self.wanted = None;
        self.failures = self.failures.saturating_add(1);
        Step::Wait(self.pause())
    }

    fn now(&mut self) -> Step {
        if self.steps.is_empty()
            && let Some(wish) = self.wanted.take()
        {
            self.steps = self.round(wish);
            self.is_hindered = false;
        }
        self.steps.front().cloned().unwrap_or_else(|| Step::Wait(self.pause()))
    }

    fn pause(&self) -> Duration {
        if self.failures == 0 {
            return self.pace.between;
        }
        let doubled = FIRST_RETRY.saturating_mul(1 << self.failures.min(8).saturating_sub(1));
        let longest = match (self.is_stale, self.is_hindered) {
            (true, _) => LONGEST_RELOAD_RETRY,
            (false, true) => LONGEST_HINDERED_RETRY,
            (false, false) => LONGEST_RETRY,
        };
        doubled.min(longest)
    }

    /// After a failure nothing is known of what was sent and read: the round is a whole one, whatever the clinic called for.
    fn round(&self, wish: Wish) -> VecDeque<Step> {
        match wish {
            Wish::Read(named) if self.failures == 0 && !self.is_stale => self.reading(|person| named.contains(person)),
            _ => self.whole(),
        }
    }

    fn reading(&self, is_named: impl Fn(&Uuid) -> bool) -> VecDeque<Step> {
        let named = self.people.iter().filter(|person| is_named(person));
        let pulls = named.map(|person| Step::PullPerson(*person));
        pulls.chain([Step::PullClinic]).collect()
    }

    fn whole(&self) -> VecDeque<Step> {
        let reload = self.is_stale.then_some(Step::Reload);
        let push = (!self.people.is_empty()).then(|| Step::Push(self.people.clone()));
        reload.into_iter().chain(push).chain(self.reading(|_| true)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(engine: &mut Engine, mut step: Step) -> Vec<Step> {
        let mut seen = vec![];
        while !matches!(step, Step::Wait(_)) {
            seen.push(step.clone());
            step = engine.step(Event::Done { again: false });
        }
        seen
    }

    #[test]
    fn a_round_sends_first_and_reads_the_clinic_last() {
        let (a, b) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let mut engine = Engine::new(vec![a, b], Pace::LIVE);
        let first = engine.step(Event::Wanted);
        assert_eq!(
            run(&mut engine, first),
            [
                Step::Push(vec![a, b]),
                Step::PullPerson(a),
                Step::PullPerson(b),
                Step::PullClinic
            ]
        );
    }

    #[test]
    fn a_round_that_the_clinic_called_for_reads_what_it_named() {
        let (a, b) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let mut engine = Engine::new(vec![a, b], Pace::LIVE);
        let whole = [
            Step::Push(vec![a, b]),
            Step::PullPerson(a),
            Step::PullPerson(b),
            Step::PullClinic,
        ];
        let first = engine.step(Event::Called(vec![]));
        assert_eq!(run(&mut engine, first), whole, "nothing was read yet");
        for (named, reads) in [(vec![], None), (vec![b], Some(Step::PullPerson(b)))] {
            let step = engine.step(Event::Called(named));
            let wanted: Vec<Step> = reads.into_iter().chain([Step::PullClinic]).collect();
            assert_eq!(run(&mut engine, step), wanted);
        }
        assert_eq!(engine.step(Event::Called(vec![])), Step::PullClinic);
        engine.step(Event::Called(vec![a]));
        engine.step(Event::Wanted);
        engine.step(Event::Called(vec![]));
        let next = engine.step(Event::Done { again: false });
        assert_eq!(run(&mut engine, next), whole, "somebody did something meanwhile");
        engine.step(Event::Called(vec![]));
        engine.step(Event::Failed);
        let next = engine.step(Event::Called(vec![]));
        assert_eq!(run(&mut engine, next), whole, "what the failed round did is not known");
    }

    #[test]
    fn a_call_during_a_round_starts_another_one() {
        let mut engine = Engine::new(vec![], Pace::LIVE);
        assert_eq!(engine.step(Event::Wanted), Step::PullClinic);
        assert_eq!(engine.step(Event::Wanted), Step::PullClinic);
        assert_eq!(engine.step(Event::Done { again: false }), Step::PullClinic);
        assert_eq!(
            engine.step(Event::Done { again: false }),
            Step::Wait(Pace::LIVE.between)
        );
    }

    #[test]
    fn a_long_stream_is_read_page_by_page() {
        let mut engine = Engine::new(vec![], Pace::LIVE);
        engine.step(Event::Wanted);
        assert_eq!(engine.step(Event::Done { again: true }), Step::PullClinic);
        assert!(!engine.is_resting());
    }

    #[test]
    fn what_is_stale_is_loaded_anew_before_anything_else_until_it_succeeds() {
        let mut engine = Engine::new(vec![], Pace::LIVE);
        assert_eq!(engine.step(Event::Wanted), Step::PullClinic);
        assert_eq!(engine.step(Event::Stale), Step::Reload);
        let Step::Wait(_) = engine.step(Event::Failed) else {
            panic!("no pause after a failed load")
        };
        assert_eq!(engine.step(Event::TimeIsUp), Step::Reload);
        assert_eq!(engine.step(Event::Done { again: false }), Step::PullClinic);
        engine.step(Event::Done { again: false });
        assert_eq!(engine.step(Event::Wanted), Step::PullClinic);
    }

    #[test]
    fn a_step_that_needs_no_network_does_not_end_the_back_off() {
        let mut engine = Engine::new(vec![Uuid::from_u128(1)], Pace::LIVE);
        let mut waits = vec![];
        for _ in 0..3 {
            engine.step(Event::TimeIsUp);
            engine.step(Event::Done { again: false });
            waits.push(engine.step(Event::Failed));
        }
        assert_eq!(waits[2], Step::Wait(FIRST_RETRY * 4));
    }

    #[test]
    fn what_the_clinic_does_not_take_keeps_no_news_away_and_is_tried_again_later_and_later() {
        let person = Uuid::from_u128(1);
        let mut engine = Engine::new(vec![person], Pace::LIVE);
        let mut waits = vec![];
        for _ in 0..9 {
            assert_eq!(engine.step(Event::TimeIsUp), Step::Push(vec![person]));
            assert_eq!(engine.step(Event::Hindered(person)), Step::PullPerson(person));
            assert_eq!(engine.step(Event::Done { again: false }), Step::PullClinic);
            waits.push(engine.step(Event::Done { again: false }));
        }
        assert_eq!(waits[0], Step::Wait(FIRST_RETRY));
        assert_eq!(waits[8], Step::Wait(LONGEST_HINDERED_RETRY));
        engine.step(Event::TimeIsUp);
        engine.step(Event::Done { again: false });
        engine.step(Event::Done { again: false });
        assert_eq!(
            engine.step(Event::Done { again: false }),
            Step::Wait(Pace::LIVE.between)
        );
    }

    #[test]
    fn the_others_wait_for_whom_the_clinic_does_not_take_but_not_for_ever() {
        let (a, b) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let mut engine = Engine::new(vec![a, b], Pace::LIVE);
        for _ in 0..PATIENCE {
            assert_eq!(engine.step(Event::TimeIsUp), Step::Push(vec![a, b]));
            assert_eq!(engine.step(Event::Hindered(a)), Step::PullPerson(a));
            for _ in 0..3 {
                engine.step(Event::Done { again: false });
            }
        }
        assert_eq!(engine.step(Event::TimeIsUp), Step::Push(vec![a, b]));
        assert_eq!(engine.step(Event::Hindered(a)), Step::Push(vec![b]));
        assert_eq!(engine.step(Event::Done { again: false }), Step::PullPerson(a));
    }

    #[test]
    fn failures_wait_longer_each_time_up_to_a_limit() {
        let mut engine = Engine::new(vec![], Pace::LIVE);
        let mut waits = vec![];
        for _ in 0..12 {
            engine.step(Event::TimeIsUp);
            if let Step::Wait(wait) = engine.step(Event::Failed) {
                waits.push(wait);
            }
        }
        assert_eq!(waits[0], FIRST_RETRY);
        assert!(waits.windows(2).all(|pair| pair[0] <= pair[1]));
        assert_eq!(waits[11], LONGEST_RETRY);
        engine.step(Event::TimeIsUp);
        engine.step(Event::Done { again: false });
        assert_eq!(engine.step(Event::Failed), Step::Wait(FIRST_RETRY));
    }
}
