//! A PC's contact with its clinic outside of a session: hearing whether it is to be wiped, which needs no cache and no PIN, sending the rest
//! where the order allows it, and confirming.

use desk_cache::{Cache, outbox};
use desk_clinic::{
    connect::{self, ConnectTo},
    feed,
    pc::{self, WipeOrder},
};
use uuid::Uuid;

use crate::{
    clinic::{Clinic, Failure},
    engine::Step,
    postgres::in_time,
    round::{self, Failed},
};

/// Asks as one login. No order means more than that: the clinic lets this login in and shows it its own rows.
///
/// # Errors
/// Why the clinic gave no answer, [`Failure::AccessEnded`] for a login that was ended, and only then.
pub async fn ask(login: &ConnectTo) -> Result<Option<WipeOrder>, Failure> {
    let mut connection = in_time(connect::connect(&connect::options(login))).await?;
    let order = in_time(pc::wipe_order(&mut connection)).await?;
    if order.is_none() {
        in_time(feed::head(&mut connection)).await?;
    }
    Ok(order)
}

/// Sends everything that waits of these people. What the clinic refuses counts as sent: it was decided. From somebody whose access has ended
/// the clinic takes nothing any more; the others' is sent all the same.
///
/// # Errors
/// Why something still waits. What was sent is noted, so this can be repeated.
pub async fn send_rest(cache: &Cache, clinic: &impl Clinic, people: &[Uuid], now: i64) -> Result<(), Failure> {
    let mut people = people.to_vec();
    while let Some(reader) = outbox::turn(&*cache.read()?, &people)? {
        let step = Step::Push(people.clone());
        match round::carry_out(cache, clinic, reader, &step, now).await {
            Ok(done) if done.again => {}
            Ok(_) => break,
            Err(Failed {
                person,
                failure: Failure::AccessEnded,
            }) => people.retain(|other| *other != person),
            Err(Failed { failure, .. }) => return Err(failure),
        }
    }
    match outbox::turn(&*cache.read()?, &people)? {
        None => Ok(()),
        Some(_) => Err(Failure::Other("not every action was answered".into())),
    }
}

/// Tells the clinic that this PC is wiped; the login ends with it.
///
/// # Errors
/// Why the clinic gave no answer.
pub async fn confirm(login: &ConnectTo) -> Result<(), Failure> {
    let mut connection = in_time(connect::connect(&connect::options(login))).await?;
    in_time(pc::confirm_wipe(&mut connection)).await
}
