//! A client of a running server's management interface: JSON-RPC over HTTP.

use super::https;
use crate::cli::ClientOptions;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// Runs a command, and returns its result.
///
/// # Errors
/// The server cannot be reached, or the command's error.
pub fn call(client: &ClientOptions, command: &str, params: Value) -> Result<Value, String> {
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
