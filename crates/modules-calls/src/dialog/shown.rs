//! Dialogs as JSON: what commands and `$DLG_json` show.

use super::keeper::Keeper;
use super::leg::Leg;
use super::record::{Dialog, Inner};
use catalogue::Value;
use module_api::{Env, Json, JsonMap, SocketId, Time};

/// A dialog; with its values and profiles where they are asked for.
pub fn dialog(keeper: &Keeper, env: &Env<'_>, dialog: &Dialog, with_context: bool) -> Json {
    let inner = dialog.lock();
    let mut shown = JsonMap::new();
    let mut put = |name: &str, value: Json| {
        shown.insert(name.to_owned(), value);
    };
    let wall = |time: Time| env.services.wall.at(time);
    put("ID", dialog.id.text().into());
    put("db_id", dialog.id.packed().to_string().into());
    put("state", inner.state.number().into());
    put("user_flags", inner.flags.join(" ").into());
    let started = inner.answered.map(wall);
    put("timestart", started.map_or(0, Time::unix_seconds).into());
    if let Some(started) = started {
        put("datestart", date(started).into());
    }
    let ends = inner.is_confirmed().then(|| wall(inner.expires));
    put("timeout", ends.map_or(0, Time::unix_seconds).into());
    if let Some(ends) = ends {
        put("dateout", date(ends).into());
    }
    put("callid", text(&dialog.call_id));
    put("from_uri", text(&dialog.from_uri));
    put("to_uri", text(&dialog.to_uri));
    let caller = &inner.caller;
    put("caller_tag", text(&caller.tag));
    put("caller_contact", text(&caller.contact));
    put("callee_cseq", caller.numbering.given.to_string().into());
    put("caller_route_set", text(&caller.routes));
    put("caller_bind_addr", socket(env, caller.socket));
    put("caller_sdp", text(&caller.sdp));
    put("caller_sent_sdp", text(&caller.sent_sdp));
    let chosen = inner.callees.get(inner.chosen).filter(|_| inner.answered.is_some());
    let callees: Vec<Json> = match chosen {
        Some(chosen) => vec![callee(env, chosen)],
        None => inner.callees.iter().map(|leg| callee(env, leg)).collect(),
    };
    put("CALLEES", callees.into());
    if with_context {
        put("context", context(keeper, &inner));
    }
    Json::Object(shown)
}

fn callee(env: &Env<'_>, leg: &Leg) -> Json {
    let fields = [
        ("callee_tag", text(&leg.tag)),
        ("callee_contact", text(&leg.contact)),
        ("caller_cseq", leg.numbering.given.to_string().into()),
        ("callee_route_set", text(&leg.routes)),
        ("callee_bind_addr", socket(env, leg.socket)),
        ("callee_sdp", text(&leg.sdp)),
        ("callee_sent_sdp", text(&leg.sent_sdp)),
    ];
    Json::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

fn context(keeper: &Keeper, inner: &Inner) -> Json {
    let values = inner.values.iter().map(|(name, value)| {
        let value = match value {
            Value::Null => Json::Null,
            Value::Int(number) => (*number).into(),
            Value::Str(value) => text(value),
        };
        single(&String::from_utf8_lossy(name), value)
    });
    let profiles = inner.profiles.iter().filter_map(|(number, value)| {
        let profile = keeper.profiles.get(*number)?;
        Some(single(&profile.name, text(value)))
    });
    let mut context = JsonMap::new();
    context.insert("values".to_owned(), values.collect::<Vec<Json>>().into());
    context.insert("profiles".to_owned(), profiles.collect::<Vec<Json>>().into());
    Json::Object(context)
}

fn single(name: &str, value: Json) -> Json {
    let mut map = JsonMap::new();
    map.insert(name.to_owned(), value);
    Json::Object(map)
}

fn text(bytes: &[u8]) -> Json {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        // Bytes that are no text are shown as numbers.
        Err(_) => bytes
            .iter()
            .map(
                |byte| {
                    if (0x20..0x7f).contains(byte) { char::from(*byte).to_string() } else { format!("\\x{byte:02x}") }
                },
            )
            .collect::<String>()
            .into(),
    }
}

fn socket(env: &Env<'_>, socket: Option<SocketId>) -> Json {
    let socket = socket.and_then(|id| env.services.sockets.get(id));
    socket.map_or(Json::Null, |socket| text(&socket.name))
}

/// `2023-11-14 22:13:20`
fn date(time: Time) -> String {
    let seconds = time.unix_seconds();
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}", rest / 3600, rest / 60 % 60, rest % 60)
}

/// The date so many days after 1970-01-01, counted in years that begin in March.
fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::date;
    use module_api::Time;

    #[test]
    fn dates() {
        let cases =
            [(0, "1970-01-01 00:00:00"), (1_700_000_000, "2023-11-14 22:13:20"), (951_782_400, "2000-02-29 00:00:00")];
        for (seconds, text) in cases {
            assert_eq!(date(Time::from_unix_seconds(seconds)), text);
        }
    }
}
