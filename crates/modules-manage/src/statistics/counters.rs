//! `update_stat()`, `reset_stat()` and `$stat(name)`.

use super::iteration::STAT_ITER_INIT;
use super::{DYNAMIC, ScriptStatistics, names};
use catalogue::{Access, Arg, Example, Inner, Routes, Value};
use module_api::{
    Args, Call, Counter, FUNCTION, Fault, Function, Judging, Operator, Outcome, Refusal, Run, StatisticEntry,
    Statistics, VARIABLE, Variable, VariableName, VariableRun,
};
use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

pub(super) const UPDATE_STAT: Function = Function {
    name: "update_stat",
    about: "Adds to a statistic, which is made if it is new.",
    args: &[
        Arg::str("variable", "Its name, `[group:]name`.").judged(names::judge),
        Arg::int("value", "What to add; may be negative."),
    ],
    routes: Routes::ALL,
    returns: &[(1, "it was added"), (-1, "the name is bad, the group unknown, or the statistic not a counter")],
    examples: &[
        Example { script: "update_stat(\"calls\", 1)", message: "", returns: 1 },
        Example { script: "update_stat(\"unknown_group:calls\", 1)", message: "", returns: -1 },
    ],
    run: Run::Now(update_stat),
    ..FUNCTION
};

pub(super) const RESET_STAT: Function = Function {
    name: "reset_stat",
    about: "Sets a statistic to zero.",
    args: &[Arg::str("variable", "Its name, `[group:]name`.").judged(names::judge)],
    routes: Routes::ALL,
    returns: &[(1, "it was reset, or may not be"), (-1, "there is none of this name")],
    examples: &[
        Example { script: "update_stat(\"calls\", 1); reset_stat(\"calls\")", message: "", returns: 1 },
        Example { script: "reset_stat(\"calls\")", message: "", returns: -1 },
    ],
    run: Run::Now(reset_stat),
    ..FUNCTION
};

pub(super) const STAT: Variable = Variable {
    name: "stat",
    about: "The value of a statistic; assigning 0 resets it.",
    access: Access::ReadWrite,
    inner: Inner::Name,
    run: VariableRun::read_write(read, write),
    ..VARIABLE
};

/// The counters that the script uses, found by the name as it writes it.
pub(super) struct Counters {
    groups: Vec<String>,
    all: Statistics,
    known: RwLock<BTreeMap<Vec<u8>, Counter>>,
}

/// More statistics than anybody reads: names may come from messages.
const COUNTERS_MAX: usize = 10_000;

impl Counters {
    pub(super) fn new(groups: Vec<String>, all: Statistics) -> Counters {
        Counters { groups, all, known: RwLock::new(BTreeMap::new()) }
    }

    /// Makes the statistic of a `variable` parameter.
    pub(super) fn declare(&self, text: &str) -> Result<(), String> {
        let (name, resets) = match text.split_once('/') {
            None => (text, true),
            Some((name, "no_reset")) => (name, false),
            Some((_, flag)) => return Err(format!("there is no flag \"{flag}\", only no_reset")),
        };
        let Some((group, own)) = names::split(name.as_bytes()) else {
            return Err(format!("\"{name}\" is no name of a statistic"));
        };
        let group = self.group(group)?;
        self.all.counter(group, own, resets);
        Ok(())
    }

    /// The counter of this name; a new one belongs to the script.
    fn counter(&self, name: &[u8]) -> Result<Counter, Fault> {
        if let Some(counter) = self.known.read().unwrap_or_else(PoisonError::into_inner).get(name) {
            return Ok(counter.clone());
        }
        let counter = self.find_or_make(name)?;
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() < COUNTERS_MAX {
            known.insert(name.to_vec(), counter.clone());
        }
        Ok(counter)
    }

    fn find_or_make(&self, name: &[u8]) -> Result<Counter, Fault> {
        let Some((group, own)) = names::split(name) else {
            return Err(Fault::script(format!("\"{}\" is no name of a statistic", String::from_utf8_lossy(name))));
        };
        if let Some(entry) = find(&self.all, name) {
            let counter = entry.counter().cloned();
            return counter.ok_or_else(|| Fault::script(format!("statistic {own} is computed, it cannot be changed")));
        }
        if self.known.read().unwrap_or_else(PoisonError::into_inner).len() >= COUNTERS_MAX {
            return Err(Fault::us("the script has too many statistics"));
        }
        let group = self.group(group).map_err(Fault::script)?;
        Ok(self.all.counter(group, own, true))
    }

    fn group<'a>(&self, group: Option<&'a str>) -> Result<&'a str, String> {
        let group = group.unwrap_or(DYNAMIC);
        if self.groups.iter().any(|known| known == group) {
            return Ok(group);
        }
        Err(format!("there is no group \"{group}\": name it in stat_groups"))
    }
}

/// Refuses statistics that cannot be: of a group that nobody has, or computed ones where they are to be changed.
pub(super) fn judge(judging: &mut Judging<'_>) {
    let all = &judging.services.statistics;
    let Ok(groups) = super::groups(judging.params) else { return };
    let of_group = |text: &str| match names::split(text.as_bytes()) {
        Some((Some(group), _)) => Refusal::unless_one_of("group", group, &groups),
        _ => Ok(()),
    };
    judging.hold(UPDATE_STAT.name, 0, |text| match find(all, text.as_bytes()) {
        Some(entry) if entry.is_computed() => Err(format!("statistic {text} is computed, it cannot be changed").into()),
        Some(_) => Ok(()),
        None => of_group(text),
    });
    judging.hold(RESET_STAT.name, 0, |text| match names::split(text.as_bytes()) {
        Some((Some(group), _)) if group == TASKS || !all.list(Some(group)).is_empty() => Ok(()),
        _ => of_group(text),
    });
    judging.hold(STAT_ITER_INIT.name, 0, |group| match group == TASKS || !all.list(Some(group.trim())).is_empty() {
        true => Ok(()),
        false => Refusal::unless_one_of("group", group.trim(), &groups),
    });
}

/// The group whose statistics are made with the tasks of the server, later.
const TASKS: &str = "pkmem";

fn find(all: &Statistics, name: &[u8]) -> Option<StatisticEntry> {
    all.find(std::str::from_utf8(name).ok()?.trim())
}

fn update_stat(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let counter = call.state::<ScriptStatistics>()?.counters.counter(args.str(0)?)?;
    counter.add(i64::from(args.int(1)?));
    Ok(1)
}

fn reset_stat(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let Some(entry) = find(&call.env.services.statistics, args.str(0)?) else { return Ok(-1) };
    entry.reset();
    Ok(1)
}

fn read(call: &mut Call<'_>, name: VariableName<'_>) -> Value {
    find(&call.env.services.statistics, name.text).map_or(Value::Null, |entry| Value::number(entry.value()))
}

fn write(call: &mut Call<'_>, name: VariableName<'_>, _: Operator, value: Value) -> Result<(), Fault> {
    if value.int() != Some(0) {
        return Err(Fault::script("$stat can only be assigned 0, which resets it; update_stat() adds to it"));
    }
    if let Some(entry) = find(&call.env.services.statistics, name.text) {
        entry.reset();
    }
    Ok(())
}
