//! `statistics`: counters that scripts make, change, list and read; and series over a time window.

mod counters;
mod iteration;
mod names;
mod profile;
mod series;

use catalogue::{Param, ParamKind};
use counters::Counters;
use module_api::{Job, Module, Params, Refusal, Setup, StartError, State};
use series::AllSeries;
use std::sync::Arc;
use std::time::Duration;

/// The module.
pub const MODULE: Module = Module {
    name: "statistics",
    about: "Statistics of the script's own: counters, groups, and values over a time window.",
    params: &[VARIABLE, STAT_GROUPS, STAT_SERIES_PROFILE],
    functions: &[
        counters::UPDATE_STAT,
        counters::RESET_STAT,
        iteration::STAT_ITER_INIT,
        iteration::STAT_ITER_NEXT,
        series::UPDATE_STAT_SERIES,
    ],
    variables: &[counters::STAT],
    start,
    judge: counters::judge,
    ..Module::EMPTY
};

const VARIABLE: Param =
    Param::unset("variable", ParamKind::Str, "A statistic to make, `[group:]name[/no_reset]`.").repeats();
const STAT_GROUPS: Param =
    Param::unset("stat_groups", ParamKind::Str, "The groups that the script may use, separated by commas.").repeats();
const STAT_SERIES_PROFILE: Param = Param::unset(
    "stat_series_profile",
    ParamKind::Str,
    "A kind of series, `name: algorithm=accumulate|average|percentage window=60 slots=60 group=name`.",
)
.repeats();

/// The group of statistics that name none.
const DYNAMIC: &str = "dynamic";

/// The module's state.
struct ScriptStatistics {
    counters: Counters,
    series: Arc<AllSeries>,
}

fn start(setup: &mut Setup<'_>) -> Result<State, StartError> {
    let groups = groups(setup.params)?;
    let counters = Counters::new(groups, setup.statistics.clone());
    for text in setup.params.strs(&VARIABLE) {
        counters.declare(text).map_err(|wrong| StartError::param(VARIABLE.name, wrong).value(text))?;
    }
    let profile = |text| {
        let wrong = |wrong| StartError::param(STAT_SERIES_PROFILE.name, wrong).value(text);
        profile::Profile::parse(text).map_err(wrong)
    };
    let profiles = setup.params.strs(&STAT_SERIES_PROFILE).into_iter().map(profile).collect::<Result<Vec<_>, _>>()?;
    let names: Vec<&str> = profiles.iter().map(|profile| profile.name.as_str()).collect();
    setup.hold(series::UPDATE_STAT_SERIES.name, 0, |name| Refusal::unless_one_of("stat_series_profile", name, &names));
    let series = Arc::new(AllSeries::new(profiles, setup.statistics.clone(), setup.now));
    let ticking = Arc::clone(&series);
    // A series that nobody feeds must still forget: it is read without a time, so it is told the time.
    setup.every(Duration::from_secs(1), move |env| {
        ticking.tell(env.now);
        Job::DONE
    });
    Ok(Arc::new(ScriptStatistics { counters, series }))
}

fn groups(params: Params<'_>) -> Result<Vec<String>, StartError> {
    let mut groups = vec![DYNAMIC.to_owned()];
    for list in params.strs(&STAT_GROUPS) {
        for group in list.split(',').map(str::trim) {
            if group.is_empty() || group.contains([':', '/']) {
                let wrong = format!("\"{list}\" is no list of group names");
                return Err(StartError::param(STAT_GROUPS.name, wrong).value(list));
            }
            groups.push(group.to_owned());
        }
    }
    Ok(groups)
}

#[cfg(test)]
mod tests;
