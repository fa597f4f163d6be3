//! Holds what people were told against what PostgreSQL and the desks have in the end.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt::Write as _;

use desk_app::api::customer::{CustomerCard, CustomerOpen, CustomerSearch, CustomersFound};
use desk_app::api::task::{TaskIds, TaskList, TaskRows, TaskState, TasksFound, Whose};
use desk_app::error::Code;
use desk_tests::harness::pg::PgCluster;
use uuid::Uuid;

use super::book::{Deed, Undo};
use super::desk::{Answer, Desk};
use crate::clinic_support::DB;

/// One remembered action of `desk.mutation`.
#[derive(Clone, Debug)]
struct Mutation {
    id: Uuid,
    name: String,
    is_ok: bool,
    token: String,
    of: Option<Uuid>,
    /// What it was done to.
    target: Option<Uuid>,
}

/// What was found, for the figures.
#[derive(Debug, Default)]
pub struct Count {
    pub deeds: usize,
    pub confirmed: usize,
    pub unanswered: usize,
    pub unanswered_yet_done: usize,
    pub applied: usize,
    pub attention: usize,
    pub taken_out: usize,
    pub reversed: usize,
    pub lost: usize,
    pub doubled: usize,
    pub phantom: usize,
}

/// What a clinic's PostgreSQL remembers and shows.
pub struct Truth {
    mutations: Vec<Mutation>,
    /// Their places, by name and text, by id, and by what they take back: a long run has a hundred thousand of them.
    by_text: HashMap<(String, String), Vec<usize>>,
    by_id: HashMap<Uuid, usize>,
    by_of: HashMap<Uuid, Vec<usize>>,
    /// How often each word stands in the clinic's own tables, by the kind of action that writes it there.
    words: HashMap<(&'static str, String), usize>,
}

/// Where the work of an action shows: the text that holds its token.
const SHOWN: [(&str, &str); 4] = [
    (
        "task",
        "select notes from public.task_queue where notes is not null and clinic_id = ",
    ),
    ("customer", "select full_name from public.customers where clinic_id = "),
    (
        "points",
        "select id || ' ' || description from public.point_transactions where amount > 0 and clinic_id = ",
    ),
    (
        "followup",
        "select response::text from public.followup_executions where response is not null and clinic_id = ",
    ),
];

impl Truth {
    pub fn of(pg: &PgCluster, clinic: &str) -> Self {
        let rows = pg.psql(DB, &format!("select id, name, status = 'ok', coalesce(args ->> 'note', args ->> 'text', args ->> 'full_name', args -> 'set' ->> 'nickname', args ->> 'reason', ''), coalesce(args ->> 'of', ''), coalesce(args ->> 'id', '') from desk.mutation where clinic_id = '{clinic}'"));
        let mut words = HashMap::new();
        for (noun, sql) in SHOWN {
            for word in pg
                .psql(DB, &format!("{sql}'{clinic}'"))
                .split(|c: char| c.is_whitespace() || c == '"')
            {
                *words.entry((noun, word.to_owned())).or_default() += 1;
            }
        }
        let mutations: Vec<Mutation> = rows.lines().map(mutation).collect();
        let (mut by_text, mut by_of) = (HashMap::<_, Vec<usize>>::new(), HashMap::<_, Vec<usize>>::new());
        for (place, mutation) in mutations.iter().enumerate() {
            let text = (mutation.name.clone(), mutation.token.clone());
            by_text.entry(text).or_default().push(place);
            if let Some(of) = mutation.of {
                by_of.entry(of).or_default().push(place);
            }
        }
        Self {
            by_text,
            by_id: mutations.iter().enumerate().map(|(place, it)| (it.id, place)).collect(),
            by_of,
            mutations,
            words,
        }
    }

    /// What PostgreSQL remembers of a deed: by what was typed, or by the answer.
    fn found(&self, deed: &Deed) -> Vec<&Mutation> {
        let text = (deed.name.to_owned(), deed.token.clone());
        let by_text = self.by_text.get(&text).into_iter().flatten();
        let by_id = deed.confirmed().and_then(|id| self.by_id.get(&id));
        let places: BTreeSet<&usize> = by_text.chain(by_id).collect();
        places.into_iter().map(|place| &self.mutations[*place]).collect()
    }

    /// What took a deed back.
    fn reversals(&self, deed: &Deed) -> Vec<&Mutation> {
        let places = deed.confirmed().and_then(|id| self.by_of.get(&id));
        let places = places.into_iter().flatten();
        places.map(|place| &self.mutations[*place]).collect()
    }

    /// How often the work of this deed shows in the clinic's own tables. None where later work covers it.
    fn effects(&self, deed: &Deed) -> Option<usize> {
        let noun = deed.name.split('.').next()?;
        let count = |word: String| {
            self.words
                .get(&(SHOWN.iter().find(|(shown, _)| *shown == noun)?.0, word))
                .copied()
        };
        match deed.name {
            "task.snooze" | "customer.edit" => None,
            // Its entry's id and its text, whichever stands there more often.
            "points.award" => Some(
                count(deed.target.to_string())
                    .max(count(deed.token.clone()))
                    .unwrap_or(0),
            ),
            _ => Some(count(deed.token.clone()).unwrap_or(0)),
        }
    }
}

fn mutation(line: &str) -> Mutation {
    let fields: Vec<&str> = line.split('|').collect();
    Mutation {
        id: fields[0].parse().unwrap(),
        name: fields[1].into(),
        is_ok: fields[2] == "t",
        token: fields[3].into(),
        of: fields[4].parse().ok(),
        target: fields[5].parse().ok(),
    }
}

/// Everything done at the desks of one clinic against its PostgreSQL. Writes each fault into `faults`.
pub fn judge(truth: &Truth, desks: &[(&Desk, &[Deed])], faults: &mut String) -> Count {
    let mut count = Count::default();
    let mut explained = HashSet::new();
    for (desk, deeds) in desks {
        let attention: HashSet<Uuid> = desk.sync().attention.iter().map(|item| item.id).collect();
        count.attention += attention.len();
        for deed in *deeds {
            judge_one(truth, &desk.name, deed, &attention, &mut count, &mut explained, faults);
        }
        // A snooze has no text to be found by: each one that is not known must be an unanswered one.
        explained.extend(unanswered_snoozes(truth, deeds));
    }
    for unknown in truth
        .mutations
        .iter()
        .filter(|mutation| !explained.contains(&mutation.id))
    {
        count.phantom += 1;
        _ = writeln!(faults, "nobody did {unknown:?}");
    }
    count
}

/// A task may have been put off several times without an answer: as many of its mutations are accounted for.
fn unanswered_snoozes(truth: &Truth, deeds: &[Deed]) -> Vec<Uuid> {
    let confirmed: HashSet<Uuid> = deeds.iter().filter_map(Deed::confirmed).collect();
    let unanswered = deeds
        .iter()
        .filter(|deed| deed.name == "task.snooze" && deed.told == super::book::Told::Nothing);
    let mut tries: HashMap<Uuid, usize> = HashMap::new();
    for deed in unanswered {
        *tries.entry(deed.target).or_default() += 1;
    }
    let open = truth
        .mutations
        .iter()
        .filter(|mutation| mutation.name == "task.snooze" && !confirmed.contains(&mutation.id));
    let is_one_of_them = |mutation: &&Mutation| {
        let left = mutation.target.and_then(|task| tries.get_mut(&task));
        left.is_some_and(|left| std::mem::replace(left, left.saturating_sub(1)) > 0)
    };
    open.filter(is_one_of_them).map(|mutation| mutation.id).collect()
}

fn judge_one(
    truth: &Truth,
    desk: &str,
    deed: &Deed,
    attention: &HashSet<Uuid>,
    count: &mut Count,
    explained: &mut HashSet<Uuid>,
    faults: &mut String,
) {
    let (found, reversals) = (truth.found(deed), truth.reversals(deed));
    let applied = found.iter().filter(|mutation| mutation.is_ok).count();
    explained.extend(found.iter().chain(&reversals).map(|mutation| mutation.id));
    count.deeds += 1;
    count.confirmed += usize::from(deed.confirmed().is_some());
    count.applied += applied;
    if deed.told == super::book::Told::Nothing {
        count.unanswered += 1;
        count.unanswered_yet_done += usize::from(!found.is_empty());
    }
    let mut fault = |what: &str, number: &mut usize| {
        *number += 1;
        _ = writeln!(faults, "{what} at {desk}: {deed:?}: {found:?} {reversals:?}");
    };
    let stands = |mutation: &Mutation| mutation.is_ok || attention.contains(&mutation.id);
    match (deed.confirmed(), deed.undo) {
        (Some(_), Undo::NotTried | Undo::Refused) if !found.iter().any(|it| stands(it)) => {
            fault("lost", &mut count.lost)
        }
        (Some(_), Undo::Reversed) if !found.iter().any(|it| stands(it)) || !reversals.iter().any(|it| stands(it)) => {
            fault("lost with its reversal", &mut count.lost);
        }
        (Some(_), Undo::TakenOut) if !found.is_empty() => fault("taken out and yet sent", &mut count.phantom),
        (None, _) if deed.told == super::book::Told::Refused && !found.is_empty() => {
            fault("refused and yet sent", &mut count.phantom)
        }
        _ => {}
    }
    count.taken_out += usize::from(deed.undo == Undo::TakenOut);
    count.reversed += usize::from(deed.undo == Undo::Reversed);
    if found.len() > 1 || reversals.iter().filter(|it| it.is_ok).count() > 1 {
        fault("doubled", &mut count.doubled);
    }
    if matches!(deed.undo, Undo::NotTried | Undo::Refused)
        && let Some(effects) = truth.effects(deed)
        && effects != applied
    {
        let number = if effects > applied {
            &mut count.doubled
        } else {
            &mut count.lost
        };
        fault(&format!("shows {effects} times, applied {applied} times"), number);
    }
}

/// What every desk of a clinic shows of it, in a form that can be compared.
pub fn view(desk: &Desk, customers: &[Uuid]) -> Vec<(String, String)> {
    let mut view = vec![];
    for state in [TaskState::Open, TaskState::Snoozed, TaskState::Closed] {
        let list = TaskList {
            whose: Whose::Everyone,
            state,
        };
        let ids = desk.ask::<TaskRows>("task_list", &list).said().ids;
        let read = ids.chunks(200).flat_map(|ids| {
            let asked = TaskIds { ids: ids.to_vec() };
            desk.ask::<TasksFound>("task_rows", &asked).said().rows
        });
        let mut rows: Vec<String> = read
            .map(|row| {
                format!(
                    "{} {} {:?} {:?} {:?} {}",
                    row.id, row.status, row.notes, row.snoozed_until, row.due_at, row.is_waiting
                )
            })
            .collect();
        rows.sort();
        view.push((format!("tasks {state:?}"), rows.join("\n")));
    }
    for id in customers {
        let text = match desk.ask::<CustomerCard>("customer_card", &CustomerOpen { id: *id }) {
            Answer::Said(card) => card_text(&card),
            other => format!("{}", other.refused()),
        };
        view.push((format!("customer {id}"), text));
    }
    view
}

/// Everything but what depends on who looks.
fn card_text(card: &CustomerCard) -> String {
    let mut card = serde_json::to_value(card).unwrap();
    card.as_object_mut().unwrap().remove("mayMerge");
    for list in ["tasks", "followups"] {
        for row in card[list].as_array_mut().unwrap() {
            row.as_object_mut().unwrap().remove("reasons");
        }
        card[list]
            .as_array_mut()
            .unwrap()
            .sort_by_key(|row| row["id"].to_string());
    }
    card.to_string()
}

/// Every desk of a clinic shows the same, and what PostgreSQL has.
pub fn compare(pg: &PgCluster, clinic: &str, desks: &[&Desk], customers: &[Uuid], faults: &mut String) {
    let first = view(desks[0], customers);
    for other in &desks[1..] {
        for (mine, theirs) in first.iter().zip(view(other, customers)) {
            if *mine != theirs {
                _ = writeln!(
                    faults,
                    "{} and {} differ in {}:\n{}\n{}",
                    desks[0].name, other.name, mine.0, mine.1, theirs.1
                );
            }
        }
    }
    let known = pg.psql(DB, &format!("select c.id || '|' || coalesce(p.available_points::text, '-') || ' ' || coalesce(c.nickname, '-') from public.customers c left join public.loyalty_profiles p on p.clinic_id = c.clinic_id and p.customer_id = c.id where c.clinic_id = '{clinic}'"));
    let known: HashMap<&str, &str> = known.lines().filter_map(|line| line.split_once('|')).collect();
    for id in customers {
        let balance = known.get(id.to_string().as_str()).copied().unwrap_or("- -");
        let shown = match desks[0].ask::<CustomerCard>("customer_card", &CustomerOpen { id: *id }) {
            Answer::Said(card) => {
                let points = card
                    .loyalty
                    .map_or("-".into(), |loyalty| loyalty.available_points.to_string());
                format!("{points} {}", card.profile.nickname.unwrap_or("-".into()))
            }
            Answer::Refused(error) if error.code == Code::CustomerNotFound => "- -".into(),
            other => panic!("{other:?}"),
        };
        if balance != shown {
            _ = writeln!(faults, "customer {id}: PostgreSQL {balance}, {} {shown}", desks[0].name);
        }
    }
}

/// Nothing of the other clinic: no card, nothing found, and no more customers than the clinic has.
pub fn no_stranger(
    pg: &PgCluster,
    clinic: &str,
    desk: &Desk,
    strangers: &[Uuid],
    their_mark: &str,
    faults: &mut String,
) {
    for id in strangers {
        if !matches!(desk.ask::<CustomerCard>("customer_card", &CustomerOpen { id: *id }), Answer::Refused(error) if error.code == Code::CustomerNotFound)
        {
            _ = writeln!(faults, "{} shows {id} of another clinic", desk.name);
        }
    }
    let found: CustomersFound = desk
        .ask(
            "customer_search",
            &CustomerSearch {
                text: their_mark.into(),
            },
        )
        .said();
    let customers = pg.psql(
        DB,
        &format!("select count(*) from public.customers where clinic_id = '{clinic}'"),
    );
    if found.hits.iter().any(|hit| hit.full_name.starts_with(their_mark)) || found.total.to_string() != customers {
        _ = writeln!(
            faults,
            "{} knows {} customers of {customers}, or finds {their_mark}",
            desk.name, found.total
        );
    }
}

/// Balances are what the ledger says, and never negative.
pub fn ledgers(pg: &PgCluster, faults: &mut String) {
    let wrong = pg.psql(DB, "select p.customer_id, p.available_points, sum(t.amount) from public.loyalty_profiles p left join public.point_transactions t on t.clinic_id = p.clinic_id and t.customer_id = p.customer_id group by 1, 2 having p.available_points <> coalesce(sum(t.amount), 0) or p.available_points < 0");
    if !wrong.is_empty() {
        _ = writeln!(faults, "ledgers do not add up: {wrong}");
    }
}
