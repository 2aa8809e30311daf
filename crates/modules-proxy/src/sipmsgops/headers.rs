//! Adding header lines: `append_hf()`, `insert_hf()`, `append_urihf()`.

use super::{ON_THE_WAY, textops};
use bytes::Bytes;
use catalogue::{Arg, Example, Routes, Verdict};
use module_api::{Args, Call, FUNCTION, Fault, Function, Outcome, Run, judge};

pub(super) const APPEND_HF: Function = Function {
    name: "append_hf",
    aliases: &[textops("append_hf")],
    about: "Adds header lines after the last header, or after the first one called so.",
    args: &[
        Arg::str("txt", "The lines.").judged(judge::header_lines),
        Arg::str("hdr_anchor", "The name of the header after which they go.").judged(judge::header_name).optional(),
    ],
    routes: ON_THE_WAY,
    examples: &[
        Example { script: "append_hf(\"P-hint: outbound\\r\\n\")", message: "", returns: 1 },
        Example { script: "append_hf(\"P-hint: outbound\\r\\n\", \"Call-ID\")", message: "", returns: 1 },
        Example { script: "append_hf(\"no header\")", message: "", returns: -1 },
    ],
    run: Run::Now(append_hf),
    ..FUNCTION
};

pub(super) const INSERT_HF: Function = Function {
    name: "insert_hf",
    aliases: &[textops("insert_hf")],
    about: "Adds header lines before the first header, or before the first one called so.",
    args: &[
        Arg::str("text", "The lines.").judged(judge::header_lines),
        Arg::str("before", "The name of the header before which they go.").judged(judge::header_name).optional(),
    ],
    routes: ON_THE_WAY,
    examples: &[Example { script: "insert_hf(\"P-hint: first\\r\\n\")", message: "", returns: 1 }],
    run: Run::Now(insert_hf),
    ..FUNCTION
};

pub(super) const APPEND_URIHF: Function = Function {
    name: "append_urihf",
    aliases: &[textops("append_urihf")],
    about: "Adds a header with the Request-URI as it was received between two texts.",
    args: &[
        Arg::str("prefix", "What comes before it, the header's name first.").judged(judge_prefix),
        Arg::str("suffix", "What comes after it, the line end last."),
    ],
    routes: Routes::REQUEST.or(Routes::FAILURE).or(Routes::BRANCH),
    examples: &[Example { script: "append_urihf(\"CC-Diversion: \", \"\\r\\n\")", message: "", returns: 1 }],
    run: Run::Now(append_urihf),
    ..FUNCTION
};

/// What follows the name may be anything, but has to stay within the line.
fn judge_prefix(text: &str) -> Verdict {
    match text.split_once(':').map(|(name, rest)| (judge::header_name(name.trim_end()), judge::one_line(rest))) {
        Some((Verdict::Fine, rest)) => rest,
        Some((wrong, _)) => wrong,
        None => Verdict::must(false, text, "beginning of a header", "a name with its colon, like \"CC-Diversion: \""),
    }
}

fn append_hf(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let lines = header_lines(args.str(0)?)?;
    match anchor(call, args.opt_str(1)) {
        Some(header) => call.msg.edits.insert_after(header, lines),
        None => call.msg.edits.append(lines),
    }
    Ok(1)
}

fn insert_hf(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let lines = header_lines(args.str(0)?)?;
    match anchor(call, args.opt_str(1)) {
        Some(header) => call.msg.edits.insert_before(header, lines),
        None => call.msg.edits.insert_first(lines),
    }
    Ok(1)
}

fn append_urihf(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let text = [&args.str(0)?[..], call.msg.message.request_uri(), args.str(1)?].concat();
    call.msg.edits.append(header_lines(&text.into())?);
    Ok(1)
}

/// The first header of a name; where there is none, the lines go where they would without a name.
fn anchor(call: &Call<'_>, name: Option<&Bytes>) -> Option<usize> {
    call.msg.message.headers_called(name?).next().map(|header| header.index)
}

/// Lines fit to stand among headers: each ended by CRLF, and none empty. An empty line would end the headers and turn
/// what follows into the body, whatever variable it came from.
pub(super) fn header_lines(text: &Bytes) -> Result<Bytes, Fault> {
    if !text.contains(&b':') {
        return Err(Fault::script(format!("\"{}\" is no header line", String::from_utf8_lossy(text))));
    }
    let is_one_line = text.ends_with(b"\r\n") && text.iter().filter(|byte| matches!(byte, b'\r' | b'\n')).count() == 2;
    if is_one_line {
        return Ok(text.clone());
    }
    let lines = text.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let mut clean = Vec::with_capacity(text.len() + 2);
    for line in lines.filter(|line| !line.is_empty()) {
        clean.extend_from_slice(line);
        clean.extend_from_slice(b"\r\n");
    }
    Ok(clean.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::{Fixture, absent, str};

    fn after(function: &Function, text: &str, anchor: Option<&str>) -> String {
        let mut fixture = Fixture::request("OPTIONS sip:b@example.com SIP/2.0\nSubject: x\nSubject: y");
        let state = fixture.start(&super::super::MODULE, &[]);
        assert_eq!(fixture.call(&state, function, &[str(text), anchor.map_or(absent(), str)]), 1);
        let shown = fixture.shown();
        let kept = shown.lines().filter(|line| line.starts_with('S') || line.starts_with('X') || line.starts_with('V'));
        kept.map(|line| line.split_once(' ').map_or(line, |(name, _)| name)).collect::<Vec<_>>().join(" ")
            + if shown.ends_with("\n\n") { "" } else { " and a body" }
    }

    #[test]
    fn lines_go_where_they_should() {
        assert_eq!(after(&APPEND_HF, "X: 1\r\n", None), "Via: Subject: Subject: X:");
        assert_eq!(after(&APPEND_HF, "X: 1\r\n", Some("s")), "Via: Subject: X: Subject:");
        assert_eq!(after(&APPEND_HF, "X: 1\r\n", Some("None")), "Via: Subject: Subject: X:");
        assert_eq!(after(&INSERT_HF, "X: 1", None), "X: Via: Subject: Subject:");
        assert_eq!(after(&INSERT_HF, "X: 1\n", Some("Subject")), "Via: X: Subject: Subject:");
    }

    #[test]
    fn an_empty_line_does_not_end_the_headers() {
        assert_eq!(after(&APPEND_HF, "X: 1\r\n\r\nX-body: no\r\n", None), "Via: Subject: Subject: X: X-body:");
    }

    #[test]
    fn the_uri_in_the_middle() {
        let mut fixture = Fixture::request("OPTIONS sip:b@example.com SIP/2.0");
        let state = fixture.start(&super::super::MODULE, &[]);
        fixture.call(&state, &APPEND_URIHF, &[str("CC-Diversion: <"), str(">\r\n")]);
        assert!(fixture.shown().contains("\nCC-Diversion: <sip:b@example.com>\n"));
    }
}
