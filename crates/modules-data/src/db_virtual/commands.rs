//! Management: how the sets are, and which databases may be used.

use super::Sets;
use catalogue::CommandParam;
use module_api::{COMMAND, Command, Json, Management, MiError, MiReply, MiRun};
use serde_json::json;

/// `db_virtual:get`
pub const GET: Command = Command {
    name: "db_virtual:get",
    aliases: &["db_get"],
    about: "The sets and their databases: whether each can be used (can), may be used (may), and how often in a row it \
            has failed right after it was back (r_rec).",
    reply: "{SETS: [{index: n, name: s, mode: s, DBS: [{index: n, name: s, can: n, may: n, r_rec: n}, …]}, …]}",
    run: MiRun::Now(get),
    ..COMMAND
};

/// `db_virtual:set`
pub const SET: Command = Command {
    name: "db_virtual:set",
    aliases: &["db_set"],
    about: "Lets a database be used, or not. With ignore_retries, 1 or 0, its failures are forgotten, and not counted \
            from now on or counted again.",
    recipes: &[
        &[SET_INDEX, URL_INDEX, MAY_USE],
        // The name is upstream's.
        &[SET_INDEX, URL_INDEX, MAY_USE, CommandParam::int("ingore_retries")],
    ],
    run: MiRun::Now(set),
    ..COMMAND
};

const SET_INDEX: CommandParam = CommandParam::int("set_index");
const URL_INDEX: CommandParam = CommandParam::int("db_url_index");
const MAY_USE: CommandParam = CommandParam::int("may_use_db_flag");

fn get(management: &mut Management<'_>) -> MiReply {
    let sets = &management.state::<Sets>()?.0;
    let shown = sets.iter().enumerate().map(|(index, set)| {
        let members = set.members.iter().enumerate().map(|(index, member)| {
            json!({
                "index": index,
                "name": without_password(&member.url),
                "can": i32::from(member.is_up()),
                "may": i32::from(member.is_allowed()),
                "r_rec": member.failed_trials(),
            })
        });
        json!({ "index": index, "name": set.name, "mode": set.mode.name(), "DBS": members.collect::<Vec<Json>>() })
    });
    Ok(json!({ "SETS": shown.collect::<Vec<Json>>() }))
}

fn set(management: &mut Management<'_>) -> MiReply {
    let sets = &management.state::<Sets>()?.0;
    let params = &management.params;
    let index = |name| params.int(name).map(|number| usize::try_from(number).unwrap_or(usize::MAX));
    let set = sets.get(index("set_index")?).ok_or_else(|| MiError::new(400, "Bad set_index"))?;
    let member = set.members.get(index("db_url_index")?).ok_or_else(|| MiError::new(400, "Bad db_url_index"))?;
    member.allow(params.int("may_use_db_flag")? != 0, params.opt_int("ingore_retries").map(|number| number != 0));
    Ok("OK".into())
}

/// A URL as it may be shown.
fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let Some((login, place)) = rest.rsplit_once('@') else { return url.to_owned() };
    let user = login.split_once(':').map_or(login, |(user, _)| user);
    format!("{scheme}://{user}@{place}")
}

#[cfg(test)]
mod tests {
    use super::without_password;

    #[test]
    fn passwords_are_not_shown() {
        assert_eq!(without_password("mysql://u:p@:x@h/d"), "mysql://u@h/d");
        assert_eq!(without_password("sqlite:///a/b"), "sqlite:///a/b");
    }
}
