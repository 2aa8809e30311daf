//! How a line looks.

use chrono::{DateTime, Local, SecondsFormat};
use module_api::Level;
use serde_json::json;

/// `stderror_log_format`, `syslog_log_format`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// `plain_text`
    #[default]
    Plain,
    /// `json`
    Json,
    /// `json_cee`: JSON behind the cookie that log collectors look for.
    JsonCee,
}

impl Format {
    /// From its name.
    pub fn named(name: &str) -> Option<Format> {
        match name {
            "plain_text" => Some(Format::Plain),
            "json" => Some(Format::Json),
            "json_cee" => Some(Format::JsonCee),
            _ => None,
        }
    }

    /// A line, without its end. `prefix` is `log_prefix`.
    pub fn line(
        self,
        time: DateTime<Local>,
        pid: u32,
        level: Level,
        prefix: &str,
        text: &str,
        with_time: bool,
    ) -> String {
        let text = text.trim_end_matches(['\r', '\n']);
        let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}:") };
        match self {
            Format::Plain if with_time => {
                format!("{} [{pid}] {prefix}{}:{text}", time.format("%b %e %H:%M:%S"), level.word())
            }
            Format::Plain => format!("{prefix}{}:{text}", level.word()),
            Format::Json => object(time, pid, level, &prefix, text),
            Format::JsonCee => format!("@cee: {}", object(time, pid, level, &prefix, text)),
        }
    }
}

fn object(time: DateTime<Local>, pid: u32, level: Level, prefix: &str, text: &str) -> String {
    json!({
        "time": time.to_rfc3339_opts(SecondsFormat::Secs, false),
        "pid": pid,
        "level": level.word(),
        "prefix": prefix.trim_end_matches(':'),
        "message": text,
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::Format;
    use chrono::{Local, TimeZone};
    use module_api::Level;

    #[test]
    fn lines_are_what_log_readers_expect() {
        let time = Local.with_ymd_and_hms(2026, 3, 7, 8, 9, 10).unwrap();
        let line = |format: Format| format.line(time, 42, Level::Notice, "gw", "call \"1\"\n", true);
        assert_eq!(line(Format::Plain), "Mar  7 08:09:10 [42] gw:NOTICE:call \"1\"");
        assert!(line(Format::Json).ends_with(r#""pid":42,"level":"NOTICE","prefix":"gw","message":"call \"1\""}"#));
        assert!(line(Format::JsonCee).starts_with("@cee: {"));
    }
}
