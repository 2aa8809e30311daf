//! `strowger calls`: the calls that are under way, of a running server with `dialog`.

use super::client::call;
use super::columns::Columns;
use crate::cli::ClientOptions;
use edge_sql::datetime;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// How many are asked for at a time.
const PAGE: usize = 500;

/// Prints them, a line each, the oldest first.
///
/// # Errors
/// The server cannot be reached, or has no `dialog`.
pub fn list(client: &ClientOptions) -> Result<(), String> {
    let mut calls = all(client)?;
    calls.sort_by(|one, other| one.since.cmp(&other.since));
    if calls.is_empty() {
        println!("there are no calls");
        return Ok(());
    }
    let mut columns = Columns::new(["since", "state", "from", "to", "id"]);
    for call in calls {
        columns.add([call.since, call.state.to_owned(), call.from, call.to, call.id]);
    }
    columns.print();
    Ok(())
}

/// Ends one: both sides get a BYE, or the callee a CANCEL.
///
/// # Errors
/// The server cannot be reached, or there is no such call.
pub fn end(client: &ClientOptions, id: &str) -> Result<(), String> {
    call(client, "dialog:end_dlg", json!({ "dialog_id": id }))?;
    println!("ended {id}");
    Ok(())
}

struct LiveCall {
    id: String,
    since: String,
    state: &'static str,
    from: String,
    to: String,
}

/// Calls begin and end while they are read page by page: one may be met twice.
fn all(client: &ClientOptions) -> Result<Vec<LiveCall>, String> {
    let mut seen = BTreeSet::new();
    let mut calls = Vec::new();
    for first in (0..).step_by(PAGE) {
        let reply = call(client, "dialog:list", json!({ "index": first, "counter": PAGE }))?;
        let page = reply.get("Dialogs").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let read = page.iter().map(LiveCall::read);
        calls.extend(read.filter(|call| seen.insert(call.id.clone())));
        if page.len() < PAGE {
            break;
        }
    }
    Ok(calls)
}

impl LiveCall {
    fn read(dialog: &Value) -> LiveCall {
        let text = |name: &str| dialog.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let state = match dialog.get("state").and_then(Value::as_i64) {
            Some(1) => "new",
            Some(2) => "ringing",
            Some(3 | 4) => "answered",
            _ => "ending",
        };
        // A call that rings has begun at no time yet.
        let since = dialog.get("timestart").and_then(Value::as_i64).filter(|since| *since > 0);
        let since = since.map_or("-".to_owned(), datetime::print);
        LiveCall { id: text("ID"), since, state, from: text("from_uri"), to: text("to_uri") }
    }
}

#[cfg(test)]
mod tests {
    use super::LiveCall;
    use edge_sql::datetime;
    use serde_json::json;

    #[test]
    fn a_call_as_the_server_shows_it() {
        let shown = json!({
            "ID": "12.34", "state": 2, "timestart": 1_700_000_000, "from_uri": "sip:alice@example.com",
            "to_uri": "sip:bob@example.com", "CALLEES": []
        });
        let call = LiveCall::read(&shown);
        assert_eq!((&*call.id, &*call.since, call.state), ("12.34", &*datetime::print(1_700_000_000), "ringing"));
        assert_eq!((&*call.from, &*call.to), ("sip:alice@example.com", "sip:bob@example.com"));
    }
}
