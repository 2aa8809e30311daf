//! The management commands of dialogs.

use super::ending::end;
use super::flush::Flush;
use super::keeper::Keeper;
use super::lifecycle::MI;
use super::load;
use super::record::Dialog;
use super::shown;

use catalogue::{CommandParam, Value};
use module_api::{COMMAND, Command, DialogHandle, Json, JsonMap, Management, MiError, MiFlow, MiReply, MiRun};
use std::sync::Arc;

const LISTS: &[&[CommandParam]] = &[
    &[],
    &[CommandParam::str("callid")],
    &[CommandParam::str("callid"), CommandParam::str("from_tag")],
    &[CommandParam::int("index"), CommandParam::int("counter")],
];
const LISTED: &str = "{count: n, Dialogs: [<dlg>, …]} ; {Dialog: <dlg>}";

/// More dialogs in one reply would be tens of megabytes: the others come with `index` and `counter`.
pub const LISTED_MAX: usize = 10_000;

/// `dialog:list`
pub const LIST: Command = Command {
    name: "dialog:list",
    aliases: &["dlg_list"],
    about: "Shows dialogs: the first 10000, so many from a position on, or one by its Call-ID. count says how many there are.",
    recipes: LISTS,
    named_only: true,
    reply: LISTED,
    run: MiRun::Now(|management| list(management, false)),
};

/// `dialog:list_ctx`
pub const LIST_CTX: Command = Command {
    name: "dialog:list_ctx",
    aliases: &["dlg_list_ctx"],
    about: "Shows dialogs with their values and profiles.",
    recipes: LISTS,
    named_only: true,
    reply: LISTED,
    run: MiRun::Now(|management| list(management, true)),
};

/// `dialog:end_dlg`
pub const END: Command = Command {
    name: "dialog:end_dlg",
    aliases: &["dlg_end_dlg"],
    about: "Ends a dialog, named by identifier, number or Call-ID: with BYE to both parties, or CANCEL while it rings.",
    recipes: &[&[CommandParam::str("dialog_id")], &[CommandParam::str("dialog_id"), CommandParam::str("extra_hdrs")]],
    run: MiRun::Now(end_dialog),
    ..COMMAND
};

/// `dialog:push_var`
pub const PUSH_VAR: Command = Command {
    name: "dialog:push_var",
    aliases: &["dlg_push_var"],
    about: "Sets a value of dialogs, which are named by identifier, number or Call-ID.",
    recipes: &[&[CommandParam::str("dlg_val_name"), CommandParam::str("dlg_val_value"), CommandParam::array("DID")]],
    run: MiRun::Now(push_var),
    ..COMMAND
};

/// `dialog:db_sync`
pub const DB_SYNC: Command = Command {
    name: "dialog:db_sync",
    aliases: &["dlg_db_sync"],
    about: "Takes the dialogs of the database into memory; those that are there take what their rows have, unless they \
            have changed since they were written.",
    run: MiRun::Wait(db_sync),
    ..COMMAND
};

/// `dialog:restore_db`
pub const RESTORE_DB: Command = Command {
    name: "dialog:restore_db",
    aliases: &["dlg_restore_db"],
    about: "Empties the table of the database, and writes the answered dialogs of memory.",
    run: MiRun::Wait(restore_db),
    ..COMMAND
};

/// `dialog:cluster_sync`
pub const CLUSTER_SYNC: Command = Command {
    name: "dialog:cluster_sync",
    aliases: &["dlg_cluster_sync"],
    about: "Fetches dialogs from another server of the cluster.",
    recipes: &[&[], &[CommandParam::str("sharing_tag")]],
    run: MiRun::Now(|_| Err(MiError::new(400, "Dialog replication disabled"))),
    ..COMMAND
};

fn list(management: &mut Management<'_>, with_context: bool) -> MiReply {
    let keeper = management.state::<Keeper>()?;
    let params = &management.params;
    let show = |dialog: &Arc<Dialog>| shown::dialog(keeper, &management.env, dialog, with_context);
    if let Some(call_id) = params.opt_str("callid") {
        let tag = params.opt_str("from_tag").map(str::as_bytes);
        let fits = |dialog: &Arc<Dialog>| tag.is_none_or(|tag| *dialog.lock().caller.tag == *tag);
        let found = keeper.table.with_call_id(call_id.as_bytes()).into_iter().find(fits);
        let dialog = found.ok_or_else(|| MiError::new(404, "No such dialog"))?;
        return Ok(object([("Dialog", show(&dialog))]));
    }
    let (first, most) = window(params.opt_int("index"), params.opt_int("counter"));
    let dialogs: Vec<Json> = keeper.table.all().skip(first).take(most).map(|dialog| show(&dialog)).collect();
    Ok(object([("count", keeper.table.count().into()), ("Dialogs", dialogs.into())]))
}

/// Where a list begins, and how many it has at most.
fn window(index: Option<i64>, counter: Option<i64>) -> (usize, usize) {
    let number = |given: i64| usize::try_from(given).unwrap_or(0);
    (index.map_or(0, number), counter.map_or(LISTED_MAX, number).min(LISTED_MAX))
}

/// An object of these fields.
pub fn object<const N: usize>(fields: [(&str, Json); N]) -> Json {
    Json::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<JsonMap>())
}

fn end_dialog(management: &mut Management<'_>) -> MiReply {
    let keeper = management.shared_state::<Keeper>()?;
    let headers = management.params.opt_str("extra_hdrs").unwrap_or_default().as_bytes().to_vec();
    let dialog = keeper.named(management.params.str("dialog_id")?.as_bytes());
    let dialog = dialog.ok_or_else(|| MiError::new(404, "Requested Dialog not found"))?;
    end(&keeper, &mut management.env, &dialog, MI, &headers)
        .map_err(|fault| MiError::new(500, "Operation failed").with(fault.text))?;
    Ok("OK".into())
}

fn push_var(management: &mut Management<'_>) -> MiReply {
    let keeper = management.shared_state::<Keeper>()?;
    let name = management.params.str("dlg_val_name")?.as_bytes().to_vec();
    let value = Value::copied(management.params.str("dlg_val_value")?.as_bytes());
    let ids = management.params.get("DID").and_then(Json::as_array).cloned().unwrap_or_default();
    for id in ids {
        let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
        let dialog = keeper.named(id.as_bytes());
        let dialog = dialog.ok_or_else(|| MiError::new(404, "Requested Dialog not found").with(id))?;
        let set = dialog.set_value(&mut management.env, &name, value.clone());
        set.map_err(|fault| MiError::new(403, "Operation failed").with(fault.text))?;
    }
    Ok("OK".into())
}

fn db_sync(management: &mut Management<'_>) -> MiFlow {
    let keeper = match management.shared_state::<Keeper>() {
        Ok(keeper) => keeper,
        Err(error) => return MiFlow::Done(Err(error)),
    };
    if keeper.store.is_none() {
        return MiFlow::Done(Err(MiError::new(400, "Cannot sync in no-db mode")));
    }
    load::begins(&keeper);
    sync_after(keeper, -1)
}

fn sync_after(keeper: Arc<Keeper>, after: i64) -> MiFlow {
    let Some(query) = load::query(&keeper, after) else { return MiFlow::Done(Ok("OK".into())) };
    MiFlow::wait(query.into(), move |management, answer| match answer.rows() {
        Ok(rows) => match load::take(&keeper, &mut management.env, &rows) {
            Some(last) => sync_after(keeper, last),
            None => {
                load::ended(&keeper);
                MiFlow::Done(Ok("OK".into()))
            }
        },
        Err(fault) => {
            load::ended(&keeper);
            MiFlow::Done(Err(MiError::new(400, "Sync mem with DB failed").with(fault.text)))
        }
    })
}

fn restore_db(management: &mut Management<'_>) -> MiFlow {
    let keeper = match management.shared_state::<Keeper>() {
        Ok(keeper) => keeper,
        Err(error) => return MiFlow::Done(Err(error)),
    };
    if keeper.store.is_none() {
        return MiFlow::Done(Err(MiError::new(400, "Cannot restore db in no-db mode!")));
    }
    restore_on(Flush::anew(&keeper), management)
}

fn restore_on(mut flush: Flush, management: &mut Management<'_>) -> MiFlow {
    let Some((query, pending)) = flush.next(&management.env) else { return MiFlow::Done(Ok("OK".into())) };
    MiFlow::wait(query.into(), move |management, answer| {
        match flush.settle(&management.env, pending, answer.rows().err()) {
            Ok(()) => restore_on(flush, management),
            Err(fault) => MiFlow::Done(Err(MiError::new(400, "Restore dlg DB failed!").with(fault.text))),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::{LISTED_MAX, window};

    #[test]
    fn a_list_is_no_longer_than_a_reply_may_be() {
        assert_eq!(window(None, None), (0, LISTED_MAX));
        assert_eq!(window(Some(20_000), Some(50_000)), (20_000, LISTED_MAX));
        assert_eq!(window(Some(40), Some(10)), (40, 10));
        assert_eq!(window(Some(-1), Some(-1)), (0, 0));
    }
}
