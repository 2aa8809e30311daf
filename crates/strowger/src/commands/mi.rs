//! `strowger mi`: a management command, and its reply.

use super::client::call;
use crate::cli::ClientOptions;
use serde_json::{Value, json};

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
