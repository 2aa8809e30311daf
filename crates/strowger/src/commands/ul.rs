//! `strowger ul`: who is registered where.

use super::client::call;
use crate::cli::ClientOptions;
use serde_json::{Map, Value, json};

/// Prints the registered contacts, a line each.
///
/// # Errors
/// The server cannot be reached, or it knows no such user.
pub fn run(client: &ClientOptions, aor: Option<&str>) -> Result<(), String> {
    let dump = match aor {
        Some(aor) => call(client, "usrloc:show_contact", json!({"table_name": "location", "aor": aor}))?,
        None => call(client, "usrloc:dump", json!({}))?,
    };
    let mut lines = Vec::new();
    collect(&dump, aor.unwrap_or_default(), &mut lines);
    if lines.is_empty() {
        println!("nobody is registered");
    }
    for line in lines {
        println!("{line}");
    }
    Ok(())
}

/// Finds records (with an `AOR`) and contacts (with a `Contact`) wherever the reply has them.
fn collect(value: &Value, aor: &str, lines: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, aor, lines)),
        Value::Object(members) => {
            let aor = members.get("AOR").and_then(Value::as_str).unwrap_or(aor);
            if let Some(contact) = members.get("Contact").and_then(Value::as_str) {
                lines.push(format!("{aor}  {contact}{}", details(members)));
            }
            members.values().filter(|member| !member.is_string()).for_each(|member| collect(member, aor, lines));
        }
        _ => {}
    }
}

fn details(contact: &Map<String, Value>) -> String {
    let shown = ["Expires", "Q", "Received", "User-agent"].into_iter().filter_map(|name| {
        let value = contact.get(name)?;
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        (!text.is_empty()).then(|| format!("  {}={text}", name.to_lowercase()))
    });
    shown.collect()
}
