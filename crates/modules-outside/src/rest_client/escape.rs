//! `{rest.escape}` and `{rest.unescape}`: text as part of a URL.

use catalogue::Value;
use module_api::Transformation;

pub(super) const ESCAPE: Transformation = Transformation {
    name: "rest.escape",
    about: "The text fit for any part of a URL: all but letters, figures and -._~ escaped.",
    args: &[],
    rest: false,
    asks: false,
    run: |_, value, _| escape(&value.into_bytes().unwrap_or_default()).into(),
};

pub(super) const UNESCAPE: Transformation = Transformation {
    name: "rest.unescape",
    about: "The text of a part of a URL.",
    args: &[],
    rest: false,
    asks: false,
    run: |_, value, _| {
        let text = value.into_bytes().unwrap_or_default();
        Value::copied(&sip::escape::unescape(&text))
    },
};

/// RFC 3986's unreserved characters stay.
fn escape(text: &[u8]) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text {
        match byte.is_ascii_alphanumeric() || b"-._~".contains(byte) {
            true => escaped.push(char::from(*byte)),
            false => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}
