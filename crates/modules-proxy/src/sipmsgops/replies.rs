//! What replies say: lines and bodies for those made here, code and reason of those passing through.

use super::textops;
use bytes::Bytes;
use catalogue::{Arg, Example, Routes};
use module_api::{Args, Call, FUNCTION, Fault, Function, Outcome, Run, judge};

use super::headers::header_lines;

pub(super) const APPEND_TO_REPLY: Function = Function {
    name: "append_to_reply",
    aliases: &[textops("append_to_reply")],
    about: "Adds header lines to all replies made here to this request.",
    args: &[Arg::str("txt", "The lines.").judged(judge::header_lines)],
    routes: TO_REPLIES,
    examples: &[Example { script: "append_to_reply(\"Foo: bar\\r\\n\")", message: "", returns: 1 }],
    run: Run::Now(append_to_reply),
    ..FUNCTION
};

pub(super) const APPEND_BODY_TO_REPLY: Function = Function {
    name: "append_body_to_reply",
    about: "Adds to the body of all replies made here to this request; append_to_reply() gives its Content-Type.",
    args: &[Arg::str("txt", "The text.")],
    routes: TO_REPLIES,
    examples: &[Example { script: "append_body_to_reply(\"Hello\")", message: "", returns: 1 }],
    run: Run::Now(append_body_to_reply),
    ..FUNCTION
};

pub(super) const APPEND_TIME: Function = Function {
    name: "append_time",
    aliases: &[textops("append_time")],
    about: "Adds a Date to all replies made here to this request.",
    routes: Routes::REQUEST.or(Routes::FAILURE).or(Routes::BRANCH).or(Routes::LOCAL),
    examples: &[Example { script: "append_time()", message: "", returns: 1 }],
    run: Run::Now(append_time),
    ..FUNCTION
};

pub(super) const CHANGE_REPLY_STATUS: Function = Function {
    name: "change_reply_status",
    about: "Gives a reply that passes through another code and reason phrase.",
    args: &[
        Arg::int("code", "The code.").within(100, 699),
        Arg::str("reason", "The reason phrase.").judged(judge::one_line),
    ],
    routes: Routes::ONREPLY,
    returns: &[(1, "it was changed"), (-1, "the code would turn a final reply into a provisional one or the like")],
    examples: &[
        Example { script: "change_reply_status(404, \"Not Found\")", message: "SIP/2.0 603 Decline", returns: 1 },
        Example { script: "change_reply_status(200, \"OK\")", message: "SIP/2.0 603 Decline", returns: -1 },
    ],
    run: Run::Now(change_reply_status),
    ..FUNCTION
};

const TO_REPLIES: Routes = Routes::REQUEST.or(Routes::FAILURE).or(Routes::BRANCH).or(Routes::ERROR);

/// More than a reply of ours ever carries besides what SIP wants in it.
const EXTRA_BYTES_MAX: usize = 32 * 1024;

fn append_to_reply(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let lines = header_lines(args.str(0)?)?;
    add_lines(call, &lines)
}

fn append_body_to_reply(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let text = args.str(0)?;
    let reply = &mut call.msg.reply;
    let (body, _) = &mut **reply.body.get_or_insert_default();
    if body.len() + text.len() > EXTRA_BYTES_MAX {
        return Err(Fault::us("the body of the reply becomes too large"));
    }
    *body = if body.is_empty() { text.clone() } else { Bytes::from([&body[..], text].concat()) };
    Ok(1)
}

fn append_time(call: &mut Call<'_>, _: Args<'_>) -> Outcome {
    let line = format!("Date: {}\r\n", date_text(call.env.wall_time().unix_seconds()));
    add_lines(call, line.as_bytes())
}

fn change_reply_status(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let (code, reason) = (args.int(0)?, args.str(1)?);
    let code = u16::try_from(code).ok().filter(|code| (100..700).contains(code));
    let Some(code) = code else { return Err(Fault::script("a status code is between 100 and 699")) };
    let current = call.msg.message.status();
    // Only a negative final reply may become another class: others would leave the transaction in the wrong state.
    if (code < 300 || current < 300) && code / 100 != current / 100 {
        return Err(Fault::script(format!("a {current} cannot become a {code}")));
    }
    call.msg.edits.set_status(code, reason.clone());
    Ok(1)
}

fn add_lines(call: &mut Call<'_>, lines: &[u8]) -> Outcome {
    let headers = &mut call.msg.reply.headers;
    if headers.len() + lines.len() > EXTRA_BYTES_MAX {
        return Err(Fault::us("the headers of the reply become too large"));
    }
    headers.extend_from_slice(lines);
    Ok(1)
}

/// An RFC 1123 date, as RFC 3261 section 20.17 wants it.
fn date_text(seconds: u64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days);
    let name = |names: &[&'static str], index: u64| {
        usize::try_from(index).ok().and_then(|index| names.get(index).copied()).unwrap_or_default()
    };
    format!(
        "{}, {day:02} {} {year} {:02}:{:02}:{:02} GMT",
        name(&DAYS, days % 7),
        name(&MONTHS, month - 1),
        second / 3600,
        second / 60 % 60,
        second % 60
    )
}

/// Year, month and day of a number of days since 1970: whole spans of 400, 100, 4 and 1 years, counted from March, so
/// that the leap day is a year's last.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year_of_era = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    (year, month, day_of_year - (153 * from_march + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::{Fixture, int, str};

    #[test]
    fn dates() {
        for (seconds, text) in [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (1_700_000_000, "Tue, 14 Nov 2023 22:13:20 GMT"),
            (4_102_444_799, "Thu, 31 Dec 2099 23:59:59 GMT"),
        ] {
            assert_eq!(date_text(seconds), text);
        }
    }

    #[test]
    fn replies_carry_what_was_added() {
        let mut fixture = Fixture::request("OPTIONS sip:b@example.com SIP/2.0");
        let state = fixture.start(&super::super::MODULE, &[]);
        fixture.call(&state, &APPEND_TO_REPLY, &[str("Foo: bar\n")]);
        fixture.call(&state, &APPEND_TIME, &[]);
        fixture.call(&state, &APPEND_BODY_TO_REPLY, &[str("one ")]);
        fixture.call(&state, &APPEND_BODY_TO_REPLY, &[str("two")]);
        assert_eq!(
            String::from_utf8_lossy(&fixture.msg.reply.headers),
            "Foo: bar\r\nDate: Tue, 14 Nov 2023 22:13:20 GMT\r\n"
        );
        assert_eq!(fixture.msg.reply.body.as_ref().expect("a body").0, "one two");
    }

    #[test]
    fn a_reply_leaves_with_another_status() {
        let mut fixture = Fixture::reply("SIP/2.0 603 Decline");
        let state = fixture.start(&super::super::MODULE, &[]);
        fixture.call(&state, &CHANGE_REPLY_STATUS, &[int(404), str("Not Found")]);
        assert!(fixture.shown().starts_with("SIP/2.0 404 Not Found\n"));
    }
}
