//! `do_accounting()` and its kin: marking a transaction.

use super::call::arm;
use super::marks::{Accounting, Backend, Common, Occasion};
use super::params::{Acc, NEEDS_AAA, NEEDS_DIALOG};
use super::request;
use catalogue::{Arg, Refused, Routes, Verdict};
use module_api::{Args, Call, FUNCTION, Fault, Function, Outcome, Run, Setup, StartError};

const ROUTES: Routes = Routes::REQUEST.or(Routes::FAILURE).or(Routes::BRANCH).or(Routes::LOCAL);

/// `do_accounting(type, [flags], [table])`
pub const DO_ACCOUNTING: Function = Function {
    name: "do_accounting",
    about: "Marks the transaction for accounting when it ends; marks of several calls add up.",
    args: &[
        Arg::str("type", "Where to: log, db, evi; several separated by |.").refusing(TYPES_REFUSED).judged(judge_types),
        Arg::str(
            "flags",
            "cdr: where the request is an INVITE that begins a call, one record of the call when it has ended, with setup \
             time and duration, in place of one of its answer; missed: missed calls too; failed: failures too; several \
             separated by |.",
        )
        .optional()
        .judged(judge_flags),
        Arg::str("table", "The database table, if not db_table_acc.").optional(),
    ],
    routes: ROUTES,
    returns: &[(1, "marked"), (-1, "the type or a flag is not known")],
    run: Run::Now(do_accounting),
    ..FUNCTION
};

/// `drop_accounting([type], [flags])`
pub const DROP_ACCOUNTING: Function = Function {
    name: "drop_accounting",
    about: "Takes marks of do_accounting() away: all, those of a type, or those of a type and flag.",
    args: &[
        Arg::str("type", "Which: log, db, evi; several separated by |.")
            .optional()
            .refusing(TYPES_REFUSED)
            .judged(judge_types),
        Arg::str("flags", "cdr, missed, failed; several separated by |.").optional().judged(judge_flags),
    ],
    routes: ROUTES,
    returns: &[(1, "done"), (-1, "nothing was marked, or the type or a flag is not known")],
    run: Run::Now(drop_accounting),
    ..FUNCTION
};

/// Types that are known and cannot be used yet have been told by then.
fn judge_types(list: &str) -> Verdict {
    judge(list, TYPES_REFUSED, "log, db, evi or aaa, several separated by |", |word| Backend::of(word).map(|_| ()))
}

fn judge_flags(list: &str) -> Verdict {
    judge(list, &[], "missed, failed or cdr, several separated by |", |word| Occasion::of(word).map(|_| ()))
}

fn judge(list: &str, told: &[Refused], instead: &'static str, read: fn(&str) -> Result<(), Fault>) -> Verdict {
    let is_told = |word: &String| told.iter().any(|refused| refused.word.eq_ignore_ascii_case(word));
    let read = words(list.as_bytes()).into_iter().filter(|word| !is_told(word)).try_for_each(|word| read(&word));
    Verdict::of(read, instead)
}

/// `acc_new_leg()`
pub const NEW_LEG: Function = Function {
    name: "acc_new_leg",
    about: "Begins a new leg: from here on $acc_leg(x) is that leg's, NULL at first.",
    routes: ROUTES,
    run: Run::Now(new_leg),
    ..FUNCTION
};

const TYPES_REFUSED: &[Refused] = &[Refused::new("aaa", NEEDS_AAA)];

/// More legs than any call has.
const LEGS_MAX: usize = 64;

fn do_accounting(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let acc = call.shared_state::<Acc>()?;
    let backends = backends(args.str(0)?)?;
    let occasions = match args.opt_str(1) {
        Some(flags) => occasions(flags)?,
        None => Vec::new(),
    };
    let table = args.opt_str(2).filter(|table| !table.is_empty());
    let table = table.map(|table| String::from_utf8_lossy(table).into_owned());
    let accounting = attach(call, &acc)?;
    for backend in &backends {
        // Flags add to the accounting of successes.
        accounting.marks.set(*backend, Occasion::Done);
        let of_requests = occasions.iter().filter(|occasion| **occasion != Occasion::Call);
        of_requests.for_each(|occasion| accounting.marks.set(*backend, *occasion));
    }
    accounting.table = table.clone().or_else(|| accounting.table.take());
    if occasions.contains(&Occasion::Call) {
        arm(call, &acc, &backends, table)?;
    }
    Ok(1)
}

fn drop_accounting(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let backends = match args.opt_str(0) {
        Some(types) => backends(types)?,
        None => Backend::ALL.to_vec(),
    };
    let occasions = match args.opt_str(1) {
        Some(flags) => occasions(flags)?,
        None => Occasion::ALL.to_vec(),
    };
    let acc = call.shared_state::<Acc>()?;
    let common = common(call, &acc);
    let is_marked = common.is_some();
    let mut values = common.as_ref().map(Common::lock);
    let mut accounting = call.msg.extensions.get_mut::<Accounting>();
    for (backend, occasion) in
        backends.iter().flat_map(|backend| occasions.iter().map(|occasion| (*backend, *occasion)))
    {
        accounting.iter_mut().for_each(|accounting| accounting.marks.reset(backend, occasion));
        values.iter_mut().for_each(|values| values.marks.reset(backend, occasion));
    }
    Ok(if is_marked { 1 } else { -1 })
}

fn new_leg(call: &mut Call<'_>, _: Args<'_>) -> Outcome {
    let acc = call.state::<Acc>()?;
    let common = attach(call, acc)?.common.clone();
    let mut values = common.lock();
    if values.legs.len() >= LEGS_MAX {
        return Err(Fault::script(format!("the call has {LEGS_MAX} legs already")));
    }
    values.legs.push(vec![catalogue::Value::Null; acc.fields.leg.tags.len()]);
    Ok(1)
}

/// The accounting of the request at hand, attached now if there is none.
pub fn attach<'c>(call: &'c mut Call<'_>, acc: &Acc) -> Result<&'c mut Accounting, Fault> {
    if Accounting::attached(call).is_none() {
        let common = common(call, acc).unwrap_or_else(|| Common::new(&acc.fields));
        let created = call.msg.source.received_at;
        call.msg.extensions.set(Accounting::new(common, created));
    }
    call.msg.extensions.get_mut().ok_or(Fault::us("what was just attached is not there"))
}

/// What the request at hand has of its own, or shares with the other requests of its call.
pub fn common(call: &Call<'_>, acc: &Acc) -> Option<Common> {
    if let Some(attached) = Accounting::attached(call) {
        return Some(attached.common.clone());
    }
    acc.calls.common(call.msg.dialog.as_ref()?.dialog.number())
}

/// Holds what the script writes out as arguments to what can be done, before the first message comes.
///
/// # Errors
/// A word is none of ours, or records are to go to a database and there is none.
pub fn check_constants(setup: &Setup<'_>, has_database: bool) -> Result<(), StartError> {
    for types in setup.compiler.constants(DO_ACCOUNTING.name, 0) {
        // What else may be wrong with it the checker has told.
        if !has_database && backends(types.as_bytes()).is_ok_and(|asked| asked.contains(&Backend::Db)) {
            let function = DO_ACCOUNTING.name;
            return Err(StartError::new(format!("{function}(\"{types}\") needs modparam(\"acc\", \"db_url\", …)")));
        }
    }
    let asks_for_calls = |flags: &String| occasions(flags.as_bytes()).is_ok_and(|all| all.contains(&Occasion::Call));
    let flags = setup.compiler.constants(DO_ACCOUNTING.name, 1);
    if setup.wishes.dialogs.is_none()
        && let Some(flags) = flags.iter().find(|flags| asks_for_calls(flags))
    {
        return Err(StartError::new(format!("{}(…, \"{flags}\"): {NEEDS_DIALOG}", DO_ACCOUNTING.name)));
    }
    if !has_database && !setup.compiler.constants(request::DB.name, 1).is_empty() {
        return Err(StartError::new(format!("{}() needs modparam(\"acc\", \"db_url\", …)", request::DB.name)));
    }
    Ok(())
}

fn backends(list: &[u8]) -> Result<Vec<Backend>, Fault> {
    words(list).iter().map(|word| Backend::of(word)).collect()
}

fn occasions(list: &[u8]) -> Result<Vec<Occasion>, Fault> {
    words(list).iter().map(|word| Occasion::of(word)).collect()
}

fn words(list: &[u8]) -> Vec<String> {
    let list = String::from_utf8_lossy(list);
    list.split('|').map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}
