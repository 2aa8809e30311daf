//! `acc_log_request()` and its kin: accounting on the spot.

use super::marks::Occasion;
use super::params::{Acc, NEEDS_AAA};
use super::record::Record;
use super::{database, event, log};
use bytes::Bytes;
use catalogue::{Arg, Routes};
use module_api::{Args, Call, FUNCTION, Fault, Function, Outcome, Run};

const ROUTES: Routes = Routes::REQUEST.or(Routes::FAILURE).or(Routes::BRANCH).or(Routes::LOCAL);
const COMMENT: Arg = Arg::str("comment", "Code and reason, \"404 Not found\", or any text.");
const RETURNS: &[(i32, &str)] = &[(1, "accounted"), (-1, "it cannot be")];

/// `acc_log_request(comment)`
pub const LOG: Function = Function {
    name: "acc_log_request",
    about: "Accounts the request at hand to the log now.",
    args: &[COMMENT],
    routes: ROUTES,
    returns: RETURNS,
    run: Run::Now(to_log),
    ..FUNCTION
};

/// `acc_db_request(comment, table)`
pub const DB: Function = Function {
    name: "acc_db_request",
    about: "Accounts the request at hand to a database table now.",
    args: &[COMMENT, Arg::str("table", "The table.")],
    routes: ROUTES,
    returns: RETURNS,
    run: Run::Now(to_database),
    ..FUNCTION
};

/// `acc_aaa_request(comment)`
pub const AAA: Function = Function {
    name: "acc_aaa_request",
    about: "Accounts the request at hand to an AAA server; it needs an AAA module.",
    unavailable: Some(NEEDS_AAA),
    args: &[COMMENT],
    routes: ROUTES,
    returns: RETURNS,
    run: Run::Now(|_, _| Err(Fault::script(NEEDS_AAA))),
    ..FUNCTION
};

/// `acc_evi_request(comment)`
pub const EVI: Function = Function {
    name: "acc_evi_request",
    about: "Accounts the request at hand now as the event E_ACC_EVENT, or as E_ACC_MISSED_EVENT where its code is 300 or \
            more or there is none.",
    args: &[COMMENT],
    routes: ROUTES,
    returns: RETURNS,
    run: Run::Now(to_event),
    ..FUNCTION
};

fn to_log(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let acc = call.state::<Acc>()?;
    let record = record(call, acc, args)?;
    log::write(&call.env, acc, "ACC: request accounted", &record);
    Ok(1)
}

fn to_database(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let acc = call.shared_state::<Acc>()?;
    let record = record(call, &acc, args)?;
    let table = String::from_utf8_lossy(args.str(1)?);
    let of = if table == acc.table_missed { Occasion::Missed } else { Occasion::Done };
    database::write(&mut call.env, &acc, &table, of, record);
    Ok(1)
}

fn to_event(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let acc = call.state::<Acc>()?;
    let record = record(call, acc, args)?;
    event::raise(&mut call.env, acc, event::of_code(&record.code), &record);
    Ok(1)
}

fn record(call: &mut Call<'_>, acc: &Acc, args: Args<'_>) -> Result<Record, Fault> {
    let (code, reason) = split_comment(args.str(0)?);
    Ok(Record::new(call, acc, &code, &reason, b""))
}

/// A comment that begins with a reply code is code and reason; any other is a reason of code 000.
fn split_comment(comment: &Bytes) -> (Bytes, Bytes) {
    let is_code = comment.len() >= 3
        && comment.iter().take(3).all(u8::is_ascii_digit)
        && comment.get(3).is_none_or(|byte| *byte == b' ');
    if !is_code {
        return (Bytes::from_static(b"000"), comment.clone());
    }
    (comment.slice(..3), comment.slice(4.min(comment.len())..))
}
