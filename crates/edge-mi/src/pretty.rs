//! `pretty_printing`: replies with one member on each line.

use bytes::Bytes;

/// A reply as it is sent.
pub fn print(reply: Bytes, is_pretty: bool) -> Bytes {
    if !is_pretty {
        return reply;
    }
    let value = serde_json::from_slice::<serde_json::Value>(&reply);
    let text = value.and_then(|value| serde_json::to_vec_pretty(&value));
    text.map_or(reply, Bytes::from)
}

#[cfg(test)]
mod tests {
    use super::print;
    use bytes::Bytes;

    #[test]
    fn members_keep_their_order() {
        let pretty = print(Bytes::from_static(br#"{"jsonrpc":"2.0","a":[1],"id":2}"#), true);
        assert_eq!(pretty, "{\n  \"jsonrpc\": \"2.0\",\n  \"a\": [\n    1\n  ],\n  \"id\": 2\n}");
        assert_eq!(print(Bytes::from_static(b"{"), true), "{");
    }
}
