//! `strowger mi` and `strowger ul`: a client of a running server's management interface.

use super::https;
use crate::cli::ClientOptions;
use serde_json::{Map, Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// Runs a command and prints its reply.
///
/// # Errors
/// The server cannot be reached, or the command's error.
pub fn run(client: &ClientOptions, command: &str, params: &[String]) -> Result<(), String> {
    let reply = call(client, command, parse_params(params)?)?;
    let text = match reply {
        Value::String(text) => text,
        other => serde_json::to_string_pretty(&other).map_err(|error| error.to_string())?,
    };
    println!("{text}");
    Ok(())
}

/// Prints the registered contacts, a line each.
///
/// # Errors
/// As [`run`].
pub fn contacts(client: &ClientOptions, aor: Option<&str>) -> Result<(), String> {
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

/// `NAME=VALUE` throughout makes an object, values alone an array.
fn parse_params(params: &[String]) -> Result<Value, String> {
    let is_name =
        |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let named: Vec<(&str, &str)> =
        params.iter().filter_map(|param| param.split_once('=')).filter(|(name, _)| is_name(name)).collect();
    let value =
        |text: &str| serde_json::from_str::<Value>(text).ok().filter(Value::is_array).unwrap_or_else(|| json!(text));
    if named.is_empty() {
        return Ok(params.iter().map(|param| value(param)).collect());
    }
    if named.len() != params.len() {
        return Err("give all parameters as NAME=VALUE, or none".to_owned());
    }
    Ok(Value::Object(named.into_iter().map(|(name, text)| (name.to_owned(), value(text))).collect()))
}

fn call(client: &ClientOptions, command: &str, params: Value) -> Result<Value, String> {
    let request = json!({"jsonrpc": "2.0", "method": command, "params": params, "id": 1}).to_string();
    let body = match client.url.starts_with("https://") {
        true => https::post(&client.url, client.ca.clone(), &request)?,
        false => post(&client.url, &request)?,
    };
    let reply: Value =
        serde_json::from_str(&body).map_err(|error| format!("{}: no JSON came back: {error}", client.url))?;
    match (reply.get("result"), reply.get("error")) {
        (Some(result), _) => Ok(result.clone()),
        (None, Some(error)) => Err(describe(command, error)),
        (None, None) => Err(format!("{}: neither result nor error came back", client.url)),
    }
}

fn describe(command: &str, error: &Value) -> String {
    let text = |key: &str| error.get(key).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    let data = text("data").map(|data| format!(" ({data})")).unwrap_or_default();
    format!("{command}: {} {}{data}", text("code").unwrap_or_default(), text("message").unwrap_or_default())
}

/// One POST by HTTP/1.0: the connection ends with the reply.
fn post(url: &str, body: &str) -> Result<String, String> {
    let rest = url.strip_prefix("http://").ok_or_else(|| format!("{url}: only http:// and https:// URLs"))?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let address = if host.contains(':') { host.to_owned() } else { format!("{host}:80") };
    let failed = |error: std::io::Error| format!("{url}: {error}; is the server running, with mi_http loaded?");
    let mut stream = TcpStream::connect(&address).map_err(failed)?;
    stream.set_read_timeout(Some(Duration::from_secs(30))).map_err(failed)?;
    let head = format!(
        "POST /{path} HTTP/1.0\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes())).map_err(failed)?;
    let mut reply = String::new();
    stream.read_to_string(&mut reply).map_err(failed)?;
    let (head, body) = reply.split_once("\r\n\r\n").ok_or_else(|| format!("{url}: no HTTP reply came back"))?;
    let status = head.split(' ').nth(1).unwrap_or_default();
    if status != "200" {
        return Err(format!("{url}: HTTP status {status}"));
    }
    Ok(body.to_owned())
}

#[cfg(test)]
mod tests {
    use super::parse_params;
    use serde_json::json;

    #[test]
    fn parameters_by_name_or_in_order() {
        let parse = |words: &[&str]| parse_params(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
        assert_eq!(parse(&["location", "alice"]), Ok(json!(["location", "alice"])));
        assert_eq!(parse(&["aor=alice", "table_name=location"]), Ok(json!({"aor": "alice", "table_name": "location"})));
        assert_eq!(parse(&[r#"["tm:","core:"]"#]), Ok(json!([["tm:", "core:"]])));
        assert!(parse(&["aor=alice", "location"]).is_err());
    }
}
