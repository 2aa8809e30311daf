//! `script_trace()`: a log line for each statement of the script, while a message asks for it.

use crate::{FormatHandle, Level};
use bytes::Bytes;

/// Attached to a message ([`crate::Extensions`]) by `script_trace()`; gone at the end of the top route.
#[derive(Clone)]
pub struct ScriptTrace {
    /// The level of the lines.
    pub level: Level,
    /// What each line shows besides its place.
    pub format: Option<FormatHandle>,
    /// A word that tells the lines of one traced region from another's.
    pub tag: Bytes,
}

impl ScriptTrace {
    /// A line: where the script is, what it does there, and the values the script wants to see.
    pub fn line(&self, line: u32, step: &str, values: &[u8]) -> Vec<u8> {
        let mut text = format!("[line {line}]").into_bytes();
        if !self.tag.is_empty() {
            text.extend([b"[", &self.tag[..], b"]"].concat());
        }
        text.extend_from_slice(format!("[{step}] -> (").as_bytes());
        text.extend_from_slice(values);
        text.push(b')');
        text
    }
}

#[cfg(test)]
mod tests {
    use super::ScriptTrace;
    use crate::Level;
    use bytes::Bytes;

    #[test]
    fn lines_look_like_upstreams() {
        let trace = ScriptTrace { level: Level::Notice, format: None, tag: Bytes::from_static(b"me") };
        let line = trace.line(581, "core setflag", b"INVITE from 127.0.0.1");
        assert_eq!(String::from_utf8(line).unwrap(), "[line 581][me][core setflag] -> (INVITE from 127.0.0.1)");
    }
}
