//! The management commands of profiles.

use super::ending::end;
use super::keeper::Keeper;
use super::lifecycle::MI;
use super::mi::object;
use super::profile_functions::{join, leave};
use super::profiles::{Profile, number};
use super::shown;
use catalogue::CommandParam;
use module_api::{COMMAND, CacheReply, Command, Json, Management, MiError, MiFlow, MiReply, MiRun};
use std::sync::Arc;

const PROFILE: CommandParam = CommandParam::str("profile");
const VALUE: CommandParam = CommandParam::str("value");
const ID: CommandParam = CommandParam::str("dlg_id");
const WITH_VALUE: &[&[CommandParam]] = &[&[PROFILE], &[PROFILE, VALUE]];

/// `dialog:profile_get_size`
pub const SIZE: Command = Command {
    name: "dialog:profile_get_size",
    about: "How many dialogs are in a profile, with this value if one is given.",
    recipes: WITH_VALUE,
    reply: "{Profile: {name: s, value: s | null, count: n, shared: s(yes|no), replicated: s(yes|no)}}",
    run: MiRun::Wait(size),
    ..COMMAND
};

/// `dialog:profile_list_dlgs`
pub const DIALOGS: Command = Command {
    name: "dialog:profile_list_dlgs",
    about: "Shows the dialogs in a profile, with this value if one is given.",
    recipes: WITH_VALUE,
    reply: "{Dialogs: [<dlg>, …]}",
    run: MiRun::Now(dialogs),
    ..COMMAND
};

/// `dialog:profile_get_values`
pub const VALUES: Command = Command {
    name: "dialog:profile_get_values",
    about: "Shows the values of a profile, with how many dialogs have each.",
    recipes: &[&[PROFILE]],
    reply: "[{value: s|null, count: n}, …]",
    run: MiRun::Now(values),
    ..COMMAND
};

/// `dialog:list_all_profiles`
pub const ALL: Command = Command {
    name: "dialog:list_all_profiles",
    about: "Shows the profiles.",
    reply: "{Profiles: [{name: s, has value: b}, …]}",
    run: MiRun::Now(all),
    ..COMMAND
};

/// `dialog:profile_end_dlgs`
pub const END: Command = Command {
    name: "dialog:profile_end_dlgs",
    about: "Ends all dialogs in a profile, with this value if one is given.",
    recipes: WITH_VALUE,
    run: MiRun::Now(end_dialogs),
    ..COMMAND
};

/// `dialog:set_profile`
pub const SET: Command = Command {
    name: "dialog:set_profile",
    aliases: &["dlg_set_profile"],
    about: "Puts a dialog into a profile.",
    recipes: &[&[ID, PROFILE], &[ID, PROFILE, VALUE], &[ID, PROFILE, VALUE, CommandParam::int("clear_values")]],
    run: MiRun::Now(set),
    ..COMMAND
};

/// `dialog:unset_profile`
pub const UNSET: Command = Command {
    name: "dialog:unset_profile",
    aliases: &["dlg_unset_profile"],
    about: "Takes a dialog out of a profile.",
    recipes: &[&[ID, PROFILE], &[ID, PROFILE, VALUE]],
    run: MiRun::Now(unset),
    ..COMMAND
};

fn named<'k>(keeper: &'k Keeper, management: &Management<'_>) -> Result<(usize, &'k Profile), MiError> {
    let found = keeper.profiles.named(management.params.str("profile")?.as_bytes());
    found.ok_or_else(|| MiError::new(404, "Profile not found"))
}

fn value(management: &Management<'_>) -> Option<Vec<u8>> {
    management.params.opt_str("value").map(|value| value.as_bytes().to_vec())
}

fn size(management: &mut Management<'_>) -> MiFlow {
    match begin_size(management) {
        Ok(flow) => flow,
        Err(error) => MiFlow::Done(Err(error)),
    }
}

fn begin_size(management: &mut Management<'_>) -> Result<MiFlow, MiError> {
    let keeper = management.shared_state::<Keeper>()?;
    let (_, profile) = named(&keeper, management)?;
    let value = value(management).filter(|_| profile.has_value);
    let (name, is_shared) = (profile.name.clone(), profile.is_shared);
    if !is_shared {
        return Ok(MiFlow::Done(Ok(shown_size(&name, value.as_deref(), profile.size(value.as_deref()), false))));
    }
    let asked = keeper.profiles.ask_size(management.env.services, management.env.now, profile, value.as_deref())?;
    Ok(match asked {
        CacheReply::Now(reply) => MiFlow::Done(Ok(shown_size(&name, value.as_deref(), number(reply)?, true))),
        CacheReply::Wait(request, read) => MiFlow::wait(request, move |_, answer| {
            let size = number(read(answer)).map_err(MiError::from);
            MiFlow::Done(size.map(|size| shown_size(&name, value.as_deref(), size, true)))
        }),
    })
}

fn shown_size(name: &str, value: Option<&[u8]>, size: usize, is_shared: bool) -> Json {
    let value = value.map_or(Json::Null, |value| String::from_utf8_lossy(value).into());
    let shared = if is_shared { "yes" } else { "no" };
    let profile = object([
        ("name", name.into()),
        ("value", value),
        ("count", size.into()),
        ("shared", shared.into()),
        ("replicated", "no".into()),
    ]);
    object([("Profile", profile)])
}

fn dialogs(management: &mut Management<'_>) -> MiReply {
    let keeper = management.state::<Keeper>()?;
    let (_, profile) = named(keeper, management)?;
    let found = profile.dialogs(value(management).as_deref()).into_iter().filter_map(|id| keeper.table.get(id));
    let shown: Vec<Json> = found
        .take(super::mi::LISTED_MAX)
        .map(|dialog| shown::dialog(keeper, &management.env, &dialog, false))
        .collect();
    Ok(object([("Dialogs", shown.into())]))
}

fn values(management: &mut Management<'_>) -> MiReply {
    let keeper = management.state::<Keeper>()?;
    let (_, profile) = named(keeper, management)?;
    if profile.is_shared {
        return Err(MiError::new(405, "Unsupported command for shared profiles"));
    }
    if !profile.has_value {
        return Ok(vec![object([("value", Json::Null), ("count", profile.size(None).into())])].into());
    }
    let entry = |(value, count): (Box<[u8]>, usize)| {
        object([("value", String::from_utf8_lossy(&value).into()), ("count", count.into())])
    };
    Ok(profile.values().into_iter().map(entry).collect::<Vec<Json>>().into())
}

fn all(management: &mut Management<'_>) -> MiReply {
    let keeper = management.state::<Keeper>()?;
    let profiles = keeper.profiles.all().iter();
    let shown = profiles
        .map(|profile| object([("name", profile.name.as_str().into()), ("has value", profile.has_value.into())]));
    Ok(object([("Profiles", shown.collect::<Vec<Json>>().into())]))
}

fn end_dialogs(management: &mut Management<'_>) -> MiReply {
    let keeper = management.shared_state::<Keeper>()?;
    let (_, profile) = named(&keeper, management)?;
    for id in profile.dialogs(value(management).as_deref()) {
        let Some(dialog) = keeper.table.get(id) else { continue };
        if let Err(fault) = end(&keeper, &mut management.env, &dialog, MI, b"") {
            management.env.log().warning(format!("dialog {}: {fault}", id.text()));
        }
    }
    Ok("OK".into())
}

fn set(management: &mut Management<'_>) -> MiReply {
    let keeper = management.shared_state::<Keeper>()?;
    let dialog = keeper.named(management.params.str("dlg_id")?.as_bytes());
    let dialog = dialog.ok_or_else(|| MiError::new(404, "Dialog Not Found"))?;
    let (number, _) = named(&keeper, management).map_err(|_| MiError::new(400, "Bad param"))?;
    let clears = management.params.opt_int("clear_values").unwrap_or(0) != 0;
    let value = value(management);
    join(&keeper, &mut management.env, &dialog, number, value.as_deref(), clears)
        .map_err(|fault| MiError::new(403, "Dialog Error").with(fault.text))?;
    Ok("OK".into())
}

fn unset(management: &mut Management<'_>) -> MiReply {
    let keeper: Arc<Keeper> = management.shared_state::<Keeper>()?;
    let dialog = keeper.named(management.params.str("dlg_id")?.as_bytes());
    let dialog = dialog.ok_or_else(|| MiError::new(404, "Dialog Not Found"))?;
    let (number, _) = named(&keeper, management).map_err(|_| MiError::new(400, "Bad param"))?;
    let value = value(management);
    if !leave(&keeper, &mut management.env, &dialog, number, value.as_deref()) {
        return Err(MiError::new(403, "Dialog Error"));
    }
    Ok("OK".into())
}
