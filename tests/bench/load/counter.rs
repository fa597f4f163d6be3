//! One desk of the chain: its own login, its own listening connection, a person who awards points now and then. No cache: what SQLite costs
//! is measured elsewhere, and a thousand of them would measure this machine.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use desk_clinic::{
    ClinicError,
    connect::{self, ConnectTo, PgConnection, Way},
    feed::{self, CLINIC, Op, Position, person_scope},
    push::{self, Mutation, Status},
    wake::{self, Call},
};
use desk_core::synced;
use serde_json::json;
use uuid::Uuid;

/// Actions of a desk in a minute of an average hour, at speed 1.
const A_MINUTE: f64 = 2.0;
/// How busy the hours from ten to eight are, the average being 1: quiet mornings, noon, and the evening after work.
const HOURS: [f64; 10] = [0.6, 0.8, 1.2, 1.1, 0.8, 0.7, 0.9, 1.3, 1.5, 1.1];

/// What all desks share: the clock, and what was seen.
pub struct Day {
    pub length: Duration,
    speed: f64,
    began: OnceLock<Instant>,
    pressed: Mutex<HashMap<Uuid, (Uuid, Instant)>>,
    pushes: Mutex<Vec<Duration>>,
    /// How often a desk was told to ask again: a lock was held for too long.
    again: AtomicU32,
    seen: Mutex<Vec<Duration>>,
    pulls: Mutex<Vec<Duration>>,
}

impl Day {
    pub fn of(length: Duration, speed: f64) -> Self {
        Self {
            length,
            speed,
            began: OnceLock::new(),
            pressed: Mutex::default(),
            pushes: Mutex::default(),
            again: AtomicU32::new(0),
            seen: Mutex::default(),
            pulls: Mutex::default(),
        }
    }

    pub fn begin(&self) {
        self.began.set(Instant::now()).unwrap();
    }

    fn gone(&self) -> Duration {
        self.began.get().unwrap().elapsed()
    }

    /// How long until the next action, by chance, in this hour; at speed 0 nobody does anything.
    fn pause(&self, chance: f64) -> Duration {
        if self.speed == 0.0 {
            return self.length * 2;
        }
        let part = self.gone().as_secs_f64() / self.length.as_secs_f64();
        let hour = HOURS[((part * 10.0) as usize).min(9)];
        Duration::from_secs_f64(-(1.0 - chance).ln() * 60.0 / (A_MINUTE * self.speed * hour))
    }

    pub fn tell(&self) {
        tell("push", &self.pushes);
        println!("asked again: {}", self.again.load(Relaxed));
        tell("pull of one stream", &self.pulls);
        tell("pressed here, row at a colleague's desk", &self.seen);
    }
}

fn tell(what: &str, times: &Mutex<Vec<Duration>>) {
    let mut times = times.lock().unwrap();
    times.sort();
    let at = |part: f64| {
        times
            .get((times.len() as f64 * part) as usize)
            .copied()
            .unwrap_or_default()
    };
    let (p50, p95, p99) = (at(0.5), at(0.95), at(0.99));
    println!("{what}: n {}  p50 {p50:.1?}  p95 {p95:.1?}  p99 {p99:.1?}", times.len());
}

/// A desk.
pub struct Counter {
    conn: PgConnection,
    way: Way,
    wake: Option<wake::Wake>,
    person: Uuid,
    client: Uuid,
    seq: i64,
    streams: [(String, Position); 2],
    customers: Vec<Uuid>,
    dice: u64,
}

impl Counter {
    /// Connects, and reads from where the clinic stands.
    pub async fn open(login: ConnectTo, customers: Vec<Uuid>, is_direct: bool, number: u64) -> Self {
        let options = connect::options(&login);
        let mut conn = connect::connect(&options).await.unwrap();
        let head = feed::head(&mut conn).await.unwrap();
        let person = staff_of(&mut conn).await;
        let wake = match is_direct {
            true => Some(wake::listen(&options, head.channel).await.unwrap()),
            false => None,
        };
        let at = Position::end_of(head.version);
        Self {
            conn,
            way: if is_direct { Way::Own } else { Way::Shared },
            wake,
            person,
            client: Uuid::now_v7(),
            seq: 0,
            streams: [(person_scope(person), at), (CLINIC.to_owned(), at)],
            customers,
            dice: number.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1,
        }
    }

    /// Works until the day is over.
    pub async fn work(mut self, day: Arc<Day>) {
        let mut next = day.pause(self.chance());
        while day.gone() < day.length {
            let rest = next.saturating_sub(day.gone());
            let safety = Duration::from_secs_f64(if self.wake.is_some() {
                45.0
            } else {
                1.8 + 0.4 * self.chance()
            });
            let end = day.length.saturating_sub(day.gone());
            tokio::select! {
                () = tokio::time::sleep(end) => return,
                // The end of the day is nobody's wish to act.
                () = tokio::time::sleep(rest), if next < day.length => {
                    self.act(&day).await;
                    self.pull(&day, None).await;
                    next = day.gone() + day.pause(self.chance());
                }
                called = called(&mut self.wake) => self.pull(&day, Some(&called.unwrap())).await,
                () = tokio::time::sleep(safety) => {
                    let head = feed::head(&mut self.conn).await.unwrap();
                    if self.streams[1].1 != Position::end_of(head.version) {
                        self.pull(&day, None).await;
                    }
                }
            }
        }
    }

    /// As `desk-sync` pushes: first it makes sure that the clinic is there.
    async fn act(&mut self, day: &Day) {
        let (entry, pressed) = (Uuid::now_v7(), Instant::now());
        day.pressed.lock().unwrap().insert(entry, (self.person, pressed));
        let chosen = (self.chance() * self.customers.len() as f64) as usize;
        let customer = self.customers[chosen];
        self.seq += 1;
        let action = Mutation {
            seq: self.seq,
            id: Uuid::now_v7(),
            name: "points.award".into(),
            args: json!({ "id": entry, "customer_id": customer, "satang": 150_000 }),
            v: 1,
        };
        while !self.push(&action).await {
            day.again.fetch_add(1, Relaxed);
            tokio::time::sleep(Duration::from_secs_f64(0.5 + self.chance())).await;
        }
        day.pushes.lock().unwrap().push(pressed.elapsed());
    }

    /// Whether it was taken; else it is to be sent again.
    async fn push(&mut self, action: &Mutation) -> bool {
        feed::head(&mut self.conn).await.unwrap();
        let mut turn = connect::turn(&mut self.conn, self.way).await.unwrap();
        let pushed = push::push(&mut turn, self.client, std::slice::from_ref(action)).await;
        turn.end().await.unwrap();
        match pushed {
            Ok(outcomes) => assert_eq!(outcomes[0].status, Status::Ok, "{:?}", outcomes[0]),
            Err(ClinicError::Retry(_)) => return false,
            Err(error) => panic!("{error}"),
        }
        true
    }

    /// As a round of `desk-sync` reads: the person's stream, then the clinic's; of what the clinic called about what is not here yet.
    async fn pull(&mut self, day: &Day, call: Option<&Call>) {
        let called = call.and_then(Call::version).unwrap_or(i64::MAX);
        let is_named = call.is_none_or(|call| call.concerns(self.person));
        for (scope, at) in &mut self.streams {
            if at.version >= called || (scope != CLINIC && !is_named) {
                continue;
            }
            let began = Instant::now();
            let mut turn = connect::turn(&mut self.conn, self.way).await.unwrap();
            let page = feed::pull(&mut turn, scope, *at, 1_000, &[]).await.unwrap();
            turn.end().await.unwrap();
            day.pulls.lock().unwrap().push(began.elapsed());
            *at = page.next;
            let entries = synced::named("point_entry").unwrap().number;
            let of_others = page
                .rows
                .iter()
                .filter(|row| row.tbl == entries && row.op == Op::Upsert);
            for row in of_others {
                let pressed = day.pressed.lock().unwrap().get(&row.pk).copied();
                if let Some((_, pressed)) = pressed.filter(|(by, _)| *by != self.person) {
                    day.seen.lock().unwrap().push(pressed.elapsed());
                }
            }
        }
    }

    /// Something from 0 up to 1; the same every time (xorshift).
    fn chance(&mut self) -> f64 {
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        (self.dice >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Who this login is: what enrolment tells a desk.
async fn staff_of(conn: &mut PgConnection) -> Uuid {
    let row = sqlx::raw_sql("select scope from desk.my_pairs() where scope like 'person:%'")
        .fetch_one(conn)
        .await
        .unwrap();
    let scope: String = sqlx::Row::get(&row, 0);
    scope.trim_start_matches("person:").parse().unwrap()
}

async fn called(wake: &mut Option<wake::Wake>) -> desk_clinic::Result<Call> {
    match wake {
        Some(wake) => wake.next().await,
        None => std::future::pending().await,
    }
}
