//! `statistics:*`: counters and levels by `group:name`, by name, by `group:`, or `all`.

use catalogue::CommandParam;
use module_api::{COMMAND, Command, Json, JsonMap, Management, MiError, MiRun, StatisticEntry, Statistics};

pub(super) const ALL: &[Command] = &[
    Command {
        name: "statistics:get",
        aliases: &["get_statistics"],
        about: "Shows the values of statistics: of a name, of a group (group:), or all.",
        recipes: &[&[NAMES]],
        reply: "{\"group:name\": n, …}",
        run: MiRun::Now(|management| {
            let found = named(management)?;
            Ok(rows(&found, |entry| entry.value().into()))
        }),
        ..COMMAND
    },
    Command {
        name: "statistics:list",
        aliases: &["list_statistics"],
        about: "Lists statistics, and whether they only grow until they are reset.",
        recipes: &[&[], &[NAMES]],
        reply: "{\"group:name\": s(incremental|non-incremental), …}",
        run: MiRun::Now(|management| {
            let found = match management.params.get("statistics") {
                Some(_) => named(management)?,
                None => management.env.services.statistics.list(None),
            };
            Ok(rows(&found, |entry| if entry.resets { "incremental" } else { "non-incremental" }.into()))
        }),
        ..COMMAND
    },
    Command {
        name: "statistics:reset",
        aliases: &["reset_statistics"],
        about: "Sets statistics to zero; levels stay.",
        recipes: &[&[NAMES]],
        run: MiRun::Now(|management| {
            named(management)?.iter().for_each(StatisticEntry::reset);
            Ok("OK".into())
        }),
        ..COMMAND
    },
    Command {
        name: "statistics:reset_all",
        aliases: &["reset_all_statistics"],
        about: "Sets all statistics to zero; levels stay.",
        run: MiRun::Now(|management| {
            management.env.services.statistics.list(None).iter().for_each(StatisticEntry::reset);
            Ok("OK".into())
        }),
        ..COMMAND
    },
];

const NAMES: CommandParam = CommandParam::array("statistics");

fn rows(entries: &[StatisticEntry], value: fn(&StatisticEntry) -> Json) -> Json {
    let members = entries.iter().map(|entry| (format!("{}:{}", entry.group, entry.name), value(entry)));
    Json::Object(members.collect::<JsonMap>())
}

/// The statistics that were asked for; names that mean nothing are an error only when nothing else is left.
fn named(management: &Management<'_>) -> Result<Vec<StatisticEntry>, MiError> {
    let statistics = &management.env.services.statistics;
    let names = management.params.get("statistics").and_then(Json::as_array);
    let names = names.into_iter().flatten().filter_map(Json::as_str);
    let found: Vec<StatisticEntry> = names.flat_map(|name| matching(statistics, name)).collect();
    if found.is_empty() {
        return Err(MiError::new(404, "Statistics Not Found"));
    }
    Ok(found)
}

fn matching(statistics: &Statistics, name: &str) -> Vec<StatisticEntry> {
    if name == "all" {
        return statistics.list(None);
    }
    match name.strip_suffix(':') {
        Some(group) => statistics.list(Some(group)),
        None => statistics.find(name).into_iter().collect(),
    }
}
