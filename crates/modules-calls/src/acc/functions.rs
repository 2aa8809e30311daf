//! `do_accounting()` and its kin: marking a transaction.

use super::marks::{Accounting, Backend, Occasion};
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
        Arg::str("flags", "missed: missed calls too; failed: failures too; several separated by |.")
            .optional()
            .refusing(FLAGS_REFUSED)
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
        Arg::str("flags", "missed, failed; several separated by |.")
            .optional()
            .refusing(FLAGS_REFUSED)
            .judged(judge_flags),
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
    judge(list, FLAGS_REFUSED, "missed, failed or cdr, several separated by |", |word| Occasion::of(word).map(|_| ()))
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

/// `acc_load_ctx_from_dlg()`
pub const LOAD_CONTEXT: Function = Function {
    name: "acc_load_ctx_from_dlg",
    about: "Uses the accounting values of the dialog that is loaded; it needs the module dialog.",
    unavailable: Some(NEEDS_DIALOG),
    run: Run::Now(needs_dialog),
    ..FUNCTION
};

/// `acc_unload_ctx_from_dlg()`
pub const UNLOAD_CONTEXT: Function = Function {
    name: "acc_unload_ctx_from_dlg",
    about: "Goes back to the accounting values of the transaction; it needs the module dialog.",
    unavailable: Some(NEEDS_DIALOG),
    run: Run::Now(needs_dialog),
    ..FUNCTION
};

const TYPES_REFUSED: &[Refused] = &[Refused::new("aaa", NEEDS_AAA)];
const FLAGS_REFUSED: &[Refused] = &[Refused::new("cdr", NEEDS_DIALOG)];

/// More legs than any call has.
const LEGS_MAX: usize = 64;

fn do_accounting(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let acc = call.state::<Acc>()?;
    let backends = backends(args.str(0)?)?;
    let occasions = match args.opt_str(1) {
        Some(flags) => occasions(flags)?,
        None => Vec::new(),
    };
    let accounting = attach(call, acc)?;
    for backend in backends {
        // Flags add to the accounting of successes.
        accounting.marks.set(backend, Occasion::Done);
        occasions.iter().for_each(|occasion| accounting.marks.set(backend, *occasion));
    }
    if let Some(table) = args.opt_str(2).filter(|table| !table.is_empty()) {
        accounting.table = Some(String::from_utf8_lossy(table).into_owned());
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
    let Some(accounting) = call.msg.extensions.get_mut::<Accounting>() else { return Ok(-1) };
    for backend in backends {
        occasions.iter().for_each(|occasion| accounting.marks.reset(backend, *occasion));
    }
    Ok(1)
}

fn new_leg(call: &mut Call<'_>, _: Args<'_>) -> Outcome {
    let acc = call.state::<Acc>()?;
    let accounting = attach(call, acc)?;
    if accounting.legs.len() >= LEGS_MAX {
        return Err(Fault::script(format!("the call has {LEGS_MAX} legs already")));
    }
    accounting.legs.push(vec![catalogue::Value::Null; acc.fields.leg.tags.len()]);
    Ok(1)
}

fn needs_dialog(_: &mut Call<'_>, _: Args<'_>) -> Outcome {
    Err(Fault::script(NEEDS_DIALOG))
}

/// The accounting of the request at hand, attached now if there is none.
pub fn attach<'c>(call: &'c mut Call<'_>, acc: &Acc) -> Result<&'c mut Accounting, Fault> {
    Accounting::of(call.msg, &acc.fields).ok_or(Fault::us("what was just attached is not there"))
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
