//! `status_report:*`: how ready each part of the server is, and what happened to it.

use super::object;
use crate::core::variables::{CTIME, formatted};
use catalogue::CommandParam;
use module_api::{
    COMMAND, Command, Identifier, Json, JsonMap, MAIN, Management, MiError, MiReply, MiRun, Report, StatusReports, Wall,
};
use std::collections::BTreeMap;

pub(super) const ALL: &[Command] = &[
    Command {
        name: "status_report:get",
        aliases: &["sr_get_status"],
        about: "Shows the status of a part, or with the identifier all that of a group.",
        recipes: &[&[GROUP], &[GROUP, IDENTIFIER]],
        reply: "{Readiness: b, Status: n, Details: s}",
        run: MiRun::Now(get),
        ..COMMAND
    },
    Command {
        name: "status_report:status",
        aliases: &["sr_list_status"],
        about: "Lists the status of all parts, or of a group's.",
        recipes: &[&[], &[GROUP]],
        reply: "[{Name: s, Identifiers: [{Name: s, Readiness: b, Status: n, Details: s}, …]}, …] ; \
                [{Name: s, Readiness: b, Status: n, Details: s}, …]",
        run: MiRun::Now(|management| list(management, |name, identifier| named(name, status(identifier)))),
        ..COMMAND
    },
    Command {
        name: "status_report:reports",
        aliases: &["sr_list_reports"],
        about: "Lists what happened to all parts, to a group's, or to one.",
        recipes: &[&[], &[GROUP], &[GROUP, IDENTIFIER]],
        reply: "[{Name: s, Identifiers: [{Name: s, Reports: [{Timestamp: n, Date: s, Log: s}, …]}, …]}, …] ; \
                [{Name: s, Reports: […]}, …] ; [{Timestamp: n, Date: s, Log: s}, …]",
        run: MiRun::Now(reports),
        ..COMMAND
    },
    Command {
        name: "status_report:identifiers",
        aliases: &["sr_list_identifiers"],
        about: "Lists the parts that report, or those of a group.",
        recipes: &[&[], &[GROUP]],
        reply: "[{Group: s, Identifiers: [s, …]}, …] ; {Group: s, Identifiers: [s, …]}",
        run: MiRun::Now(identifiers),
        ..COMMAND
    },
];

const GROUP: CommandParam = CommandParam::str("group");
const IDENTIFIER: CommandParam = CommandParam::str("identifier");

/// The parts of a group by name.
type Group = BTreeMap<String, Identifier>;

fn get(management: &mut Management<'_>) -> MiReply {
    let reports = &management.env.services.reports;
    let (group, identifier) = (management.params.str("group")?, management.params.opt_str("identifier"));
    let identifier = identifier.unwrap_or(MAIN);
    find_group(reports, group)?;
    if identifier == "all" {
        let status = reports.status(group, identifier).unwrap_or_default();
        return Ok(shown(status, Some("aggregated")).into());
    }
    let found = reports.get(group, identifier).ok_or_else(|| MiError::new(404, "Identity not found"))?;
    Ok(status(&found).into())
}

fn status(identifier: &Identifier) -> JsonMap {
    shown(identifier.status, identifier.details.as_deref())
}

fn shown(status: i32, details: Option<&str>) -> JsonMap {
    let mut members = JsonMap::new();
    members.insert("Readiness".to_owned(), (status > 0).into());
    members.insert("Status".to_owned(), status.into());
    if let Some(details) = details {
        members.insert("Details".to_owned(), details.into());
    }
    members
}

/// The members with the name in front.
fn named(name: &str, members: JsonMap) -> Json {
    let name = ("Name".to_owned(), Json::from(name));
    Json::Object(std::iter::once(name).chain(members).collect())
}

/// All parts by group, or those of one group.
fn list(management: &mut Management<'_>, row: impl Fn(&str, &Identifier) -> Json) -> MiReply {
    let reports = &management.env.services.reports;
    let rows = |group: &Group| group.iter().map(|(name, identifier)| row(name, identifier)).collect::<Json>();
    if let Some(group) = management.params.opt_str("group") {
        return Ok(rows(&find_group(reports, group)?));
    }
    let groups = reports.all();
    let of_group =
        |(name, group): (&String, &Group)| object([("Name", name.as_str().into()), ("Identifiers", rows(group))]);
    Ok(groups.iter().map(of_group).collect())
}

fn reports(management: &mut Management<'_>) -> MiReply {
    let wall = &management.env.services.wall;
    let Some(identifier) = management.params.opt_str("identifier") else {
        let row = |name: &str, identifier: &Identifier| {
            object([("Name", name.into()), ("Reports", logged(identifier, wall))])
        };
        return list(management, row);
    };
    let group = find_group(&management.env.services.reports, management.params.str("group")?)?;
    let found = group.get(identifier).ok_or_else(|| MiError::new(404, "Identifier not found"))?;
    Ok(logged(found, wall))
}

fn logged(identifier: &Identifier, wall: &Wall) -> Json {
    let row = |report: &Report| {
        let at = wall.at(report.at);
        object([
            ("Timestamp", at.unix_seconds().into()),
            ("Date", formatted(at, CTIME).unwrap_or_default().into()),
            ("Log", report.text.as_str().into()),
        ])
    };
    identifier.reports.iter().map(row).collect()
}

fn identifiers(management: &mut Management<'_>) -> MiReply {
    let reports = &management.env.services.reports;
    let row = |name: &str, group: &Group| {
        let identifiers = group.keys().map(|name| Json::from(name.as_str())).collect();
        object([("Group", name.into()), ("Identifiers", identifiers)])
    };
    if let Some(group) = management.params.opt_str("group") {
        return Ok(row(group, &find_group(reports, group)?));
    }
    Ok(reports.all().iter().map(|(name, group)| row(name, group)).collect())
}

fn find_group(reports: &StatusReports, name: &str) -> Result<Group, MiError> {
    reports.group(name).ok_or_else(|| MiError::new(404, "Group not found"))
}
