//! The commands and their options.

use std::path::PathBuf;
use std::process::ExitCode;

use chrono::{NaiveDate, NaiveTime};
use clap::{Args, Parser, Subcommand};
use desk_clinic::Result;
use desk_clinic::connect::administrator;
use desk_clinic::loyalty::Allowances;
use desk_clinic::settings::Settings;

use crate::{clinic, demo, doctor, feed, loyalty, migrate, pc, staff, support, worker};

/// Aura Desk beside the clinic's PostgreSQL.
#[derive(Debug, Parser)]
#[command(name = "desk-server", version)]
pub struct Cli {
    /// The clinic's database, as its owner: `postgres://user:password@host:5432/database`.
    #[arg(
        long,
        visible_alias = "database",
        env = "DATABASE_URL",
        hide_env_values = true,
        global = true,
        default_value = "postgres:///postgres"
    )]
    pub database_url: String,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Bring the database up to this program, or back to what it was before.
    #[command(subcommand)]
    Migrate(Migrate),
    /// People and their logins.
    #[command(subcommand)]
    Staff(Staff),
    /// What a clinic sets for all its PCs.
    #[command(subcommand)]
    Clinic(Clinic),
    /// Points: proving that they add up, taking over what does not, and what may be lost without the network.
    #[command(subcommand)]
    Loyalty(Loyalty),
    /// PCs: which there are, and having one wiped.
    #[command(subcommand)]
    Pc(Pc),
    /// What the database remembers for PCs that were away.
    #[command(subcommand)]
    Feed(Feed),
    /// Fire what is due (rules, reminders, escalations) until told to stop; the other words make and end its login, and say how it stands.
    Worker(Worker),
    /// Fill a clinic that has no customers yet with made-up ones, their history and six made-up colleagues. All or nothing.
    Demo(Demo),
    /// Look for what endangers data or work: holes in the clinic's own tables, drift, odd rows.
    Doctor,
    /// Write a file for support: versions, counts and states, without anything of anybody, of the server's address or of roles.
    SupportBundle {
        /// Where to.
        #[arg(long, value_name = "FILE", default_value = "aura-desk-support.json")]
        file: PathBuf,
    },
}

/// Migrations.
#[derive(Debug, Subcommand)]
pub enum Migrate {
    /// Apply what is missing, all or nothing.
    Up,
    /// Take everything of ours away; the schema is then what it was. Refuses to lose rows.
    Down {
        /// Write rows that would be lost into this new folder (CSV) and go on.
        #[arg(long, value_name = "FOLDER")]
        with_data: Option<PathBuf>,
    },
    /// List migrations and when they were applied.
    Status,
    /// Prove tables, columns, constraints, indexes, triggers, policies, functions and privileges; print what is wrong.
    Verify,
}

/// People.
#[derive(Debug, Subcommand)]
pub enum Staff {
    /// Make a login for a person on one more PC and print its one-time code.
    Add(Add),
    /// List everyone and their logins.
    List,
    /// End every login of a person, now.
    Disable {
        /// The clinic's code or id.
        #[arg(long)]
        clinic: String,
        /// The person's e-mail or id.
        #[arg(long)]
        user: String,
    },
}

/// A clinic's settings.
#[derive(Debug, Subcommand)]
pub enum Clinic {
    /// Print them.
    Show {
        /// The clinic's code or id.
        #[arg(long)]
        clinic: String,
    },
    /// Change those that are named and print all.
    Set {
        /// The clinic's code or id.
        #[arg(long)]
        clinic: String,
        /// What to change.
        #[command(flatten)]
        change: Change,
    },
}

/// A change of a clinic's settings.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub struct Change {
    /// Name of the zone by whose clock the clinic lives, such as Asia/Bangkok.
    #[arg(long)]
    pub timezone: Option<String>,
    /// Quiet hours begin.
    #[arg(long, value_name = "HH:MM", value_parser = time_of_day)]
    pub quiet_from: Option<String>,
    /// Quiet hours end; they may pass midnight.
    #[arg(long, value_name = "HH:MM", value_parser = time_of_day)]
    pub quiet_to: Option<String>,
    /// Score of 100 from which a lead is hot.
    #[arg(long, value_parser = clap::value_parser!(i32).range(1..=100))]
    pub hot_lead_threshold: Option<i32>,
    /// Days after which a PC that is kept offline locks.
    #[arg(long, value_parser = clap::value_parser!(i32).range(1..=90))]
    pub days_without_contact: Option<i32>,
}

impl From<Change> for Settings {
    fn from(change: Change) -> Self {
        Self {
            timezone: change.timezone,
            quiet_from: change.quiet_from,
            quiet_to: change.quiet_to,
            hot_lead_threshold: change.hot_lead_threshold,
            days_unseen: change.days_without_contact,
        }
    }
}

/// Points.
#[derive(Debug, Subcommand)]
pub enum Loyalty {
    /// Compare lots, balances, entries and profiles and print each difference. Fails if there is one.
    Verify {
        /// The clinic's code or id; without it, all.
        #[arg(long)]
        clinic: Option<String>,
    },
    /// Book entries that were written past the booking; where a profile had promised another balance, make an opening entry. Prints each.
    Adopt {
        /// The clinic's code or id; without it, all.
        #[arg(long)]
        clinic: Option<String>,
    },
    /// Print, or change, what may be redeemed in a day while the network is gone.
    Allowance {
        /// The clinic's code or id.
        #[arg(long)]
        clinic: String,
        /// What to change.
        #[command(flatten)]
        change: AllowanceChange,
    },
}

/// A change of allowances, from the next day's on.
#[derive(Debug, Args)]
pub struct AllowanceChange {
    /// Points that one PC may redeem.
    #[arg(long, value_parser = clap::value_parser!(i32).range(0..=1_000_000))]
    pub per_pc: Option<i32>,
    /// Of those, points of one customer.
    #[arg(long, value_parser = clap::value_parser!(i32).range(0..=1_000_000))]
    pub per_customer: Option<i32>,
    /// All PCs together: what the clinic accepts to lose.
    #[arg(long, value_parser = clap::value_parser!(i32).range(0..=10_000_000))]
    pub whole_clinic: Option<i32>,
}

impl From<AllowanceChange> for Allowances {
    fn from(change: AllowanceChange) -> Self {
        Self {
            per_pc: change.per_pc,
            per_customer: change.per_customer,
            whole: change.whole_clinic,
        }
    }
}

/// PCs.
#[derive(Debug, Subcommand)]
pub enum Pc {
    /// List every PC that was ever connected, with its people, and which wipes were ordered and confirmed.
    List,
    /// Have a PC destroy its copy, its keys and its unsent work at its next contact. Ends every login of that PC now. It cannot be taken back.
    Wipe {
        /// What the PC is called, as `pc list` shows it. Two PCs of one name are both wiped.
        device: String,
        /// The clinic's code or id.
        #[arg(long)]
        clinic: String,
        /// Let the PC send what waits before; its access ends with the wipe. Never for a PC in the wrong hands.
        #[arg(long)]
        keep_unsent: bool,
    },
}

/// The change feed of a clinic.
#[derive(Debug, Subcommand)]
pub enum Feed {
    /// Forget deletions that are older than this. A PC that was away longer loads everything anew at its next contact, its unsent work kept.
    Trim {
        /// The clinic's code or id.
        #[arg(long)]
        clinic: String,
        /// How many days back deletions stay known.
        #[arg(long, default_value_t = 180, value_parser = clap::value_parser!(i32).range(1..=36_500))]
        keep_days: i32,
    },
    /// Have every PC load everything anew, its unsent work kept: after rows were changed with triggers switched off (some restores and bulk
    /// loads do that), which no PC has heard of.
    Reset {
        /// The clinic's code or id.
        #[arg(long)]
        clinic: String,
    },
}

/// The worker. `--database-url` is then the address that `worker install` wrote, not an administrator's.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Worker {
    /// What it is called where its health is shown; this machine's name when absent.
    #[arg(long)]
    pub name: Option<String>,
    /// Log one JSON object a line.
    #[arg(long)]
    pub json: bool,
    /// Instead of running.
    #[command(subcommand)]
    pub command: Option<WorkerCommand>,
}

/// Around the worker, as an administrator.
#[derive(Debug, Subcommand)]
pub enum WorkerCommand {
    /// Make a login that may fire due times and nothing else, and write its address into a file.
    Install(WorkerInstall),
    /// Which workers run and whether due times are on time. Exit code 2: late, or something waits and no worker runs.
    Status {
        /// One JSON object.
        #[arg(long)]
        json: bool,
    },
    /// End a login that `install` made, now.
    Remove {
        /// The login, as `status --json` lists it and its file names it.
        login: String,
    },
}

/// A new login for workers.
#[derive(Debug, Args)]
pub struct WorkerInstall {
    /// Where to write the address with the password; the file must not exist yet.
    #[arg(long, value_name = "FILE", default_value = "desk-worker.env")]
    pub file: PathBuf,
    /// The host that the worker connects to, when it is not the one used here.
    #[arg(long)]
    pub host: Option<String>,
    /// The port that the worker connects to.
    #[arg(long)]
    pub port: Option<u16>,
    /// Path, on the worker's machine, of the certificate authority that it trusts (PEM).
    #[arg(long, value_name = "FILE")]
    pub ca: Option<String>,
}

/// A new login.
#[derive(Debug, Args)]
pub struct Add {
    /// The clinic's code or id.
    #[arg(long)]
    pub clinic: String,
    /// The person's e-mail or id among the system's users.
    #[arg(long)]
    pub user: String,
    /// Add the person when there is none with this e-mail (not with Supabase, where people sign up).
    #[arg(long)]
    pub create: bool,
    /// What colleagues call them.
    #[arg(long)]
    pub nickname: Option<String>,
    /// Their full name.
    #[arg(long)]
    pub name: Option<String>,
    /// What they do.
    #[arg(long, value_parser = ["owner", "manager", "front_desk", "sales", "beautician"])]
    pub role: Option<String>,
    /// How long the code works.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(i32).range(1..=10080))]
    pub valid_minutes: i32,
    /// The host that the desk connects to, when it is not the one used here.
    #[arg(long)]
    pub host: Option<String>,
    /// The port that the desk connects to.
    #[arg(long)]
    pub port: Option<u16>,
    /// Certificate authority that the desk trusts (PEM file), when the server's certificate is the clinic's own.
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// Print the code alone.
    #[arg(long)]
    pub quiet: bool,
}

/// A demo clinic.
#[derive(Debug, Args)]
pub struct Demo {
    /// Where it is to be.
    #[command(flatten)]
    pub place: DemoPlace,
    /// How many customers.
    #[arg(long, default_value_t = 2_000, value_parser = customers)]
    pub customers: usize,
    /// The same seed makes the same people; each demo clinic of one database needs another.
    #[arg(long, default_value_t = 2569)]
    pub seed: u64,
    /// The day around which everything happens, as at ten in the morning; now when absent.
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub today: Option<NaiveDate>,
}

/// One of the two.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct DemoPlace {
    /// The code or id of a clinic that is there.
    #[arg(long, value_name = "CODE")]
    pub clinic: Option<String>,
    /// The code of a clinic to be made.
    #[arg(long, value_name = "CODE")]
    pub new_clinic: Option<String>,
}

/// As PostgreSQL and the window write it.
fn time_of_day(word: &str) -> Result<String, String> {
    let time = NaiveTime::parse_from_str(word, "%H:%M").ok();
    time.map(|time| time.format("%H:%M").to_string())
        .ok_or_else(|| "a time of day such as 09:00".to_owned())
}

/// Customer codes have six digits.
fn customers(word: &str) -> Result<usize, String> {
    let number = word.parse().ok().filter(|number| (1..=900_000).contains(number));
    number.ok_or_else(|| "a number from 1 to 900000".to_owned())
}

/// Does what was asked. The exit code is 0, or 2 when something was found wrong.
///
/// # Errors
/// What the database refuses, to be printed by [`crate::sentence`].
pub async fn run(cli: Cli) -> Result<ExitCode> {
    // Not before it is wanted: the worker itself is no administrator.
    let admin = administrator(&cli.database_url);
    match cli.command {
        Command::Migrate(what) => migrate::run(&mut admin.await?.0, what).await,
        Command::Staff(what) => {
            let (mut conn, place) = admin.await?;
            staff::run(&mut conn, place, what).await
        }
        Command::Clinic(what) => clinic::run(&mut admin.await?.0, what).await,
        Command::Loyalty(what) => loyalty::run(&mut admin.await?.0, what).await,
        Command::Pc(what) => pc::run(&mut admin.await?.0, what).await,
        Command::Feed(what) => feed::run(&mut admin.await?.0, what).await,
        Command::Worker(Worker {
            command: None,
            name,
            json,
        }) => worker::run(&cli.database_url, name, json).await,
        Command::Worker(Worker {
            command: Some(what), ..
        }) => {
            let (mut conn, place) = admin.await?;
            worker::administer(&mut conn, place, what).await
        }
        Command::Demo(what) => demo::run(&mut admin.await?.0, what).await,
        Command::Doctor => doctor::run(&mut admin.await?.0).await,
        Command::SupportBundle { file } => support::run(&mut admin.await?.0, &file).await,
    }
}
