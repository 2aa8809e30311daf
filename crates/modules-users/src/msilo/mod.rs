//! `msilo`: messages for who is not there are kept in a table, and sent on when they come, or at a given time.

mod delivery;
mod dump;
mod message;
mod notice;
mod owners;
mod reminders;
mod stamp;
mod statements;
mod store;
mod taken;
#[cfg(test)]
mod tests;

use bytes::Bytes;
use catalogue::{Column, Param, ParamKind, Statistic, Table};
use module_api::sql::Database;
use module_api::{Counter, Fault, Module, Setup, StartError, State, VariableHandle};
use notice::Notice;
use owners::Owners;
use reminders::Reminders;
use statements::Statements;
use std::sync::Arc;
use std::time::Duration;
use taken::Taken;

/// The module `msilo`.
pub const MODULE: Module = Module {
    name: "msilo",
    about: "Keeps messages for users who are not there, and sends them on when they register.",
    depends: &["tm"],
    params: &[
        DB_URL,
        DB_TABLE,
        FROM_ADDRESS,
        CONTACT_HDR,
        CONTENT_TYPE_HDR,
        OFFLINE_MESSAGE,
        REMINDER,
        OUTBOUND_PROXY,
        EXPIRE_TIME,
        CHECK_TIME,
        SEND_TIME,
        CLEAN_PERIOD,
        USE_CONTACT,
        SC_MID,
        SC_FROM,
        SC_TO,
        SC_URI_USER,
        SC_URI_HOST,
        SC_BODY,
        SC_CTYPE,
        SC_EXP_TIME,
        SC_INC_TIME,
        SC_SND_TIME,
        SND_TIME_AVP,
        ADD_DATE,
        MAX_MESSAGES,
    ],
    functions: &[store::M_STORE, dump::M_DUMP],
    statistics: &[STORED_MESSAGES, DUMPED_MESSAGES, FAILED_MESSAGES, DUMPED_REMINDERS, FAILED_REMINDERS, REFUSED_DUMPS],
    tables: &[SILO],
    start,
    ..Module::EMPTY
};

const DB_URL: Param = Param::unset("db_url", ParamKind::Str, "The database, db_default_url if not set.");
const DB_TABLE: Param = Param::str("db_table", "silo", "The table of messages.");
const FROM_ADDRESS: Param = Param::unset(
    "from_address",
    ParamKind::Str,
    "Who tells senders that their message is kept; variables are filled in. Nobody does without it.",
);
const CONTACT_HDR: Param =
    Param::unset("contact_hdr", ParamKind::Str, "A header line of what senders are told; variables are filled in.");
const CONTENT_TYPE_HDR: Param = Param::unset(
    "content_type_hdr",
    ParamKind::Str,
    "The Content-Type line of what senders are told, plain text if not set; variables are filled in.",
);
const OFFLINE_MESSAGE: Param =
    Param::unset("offline_message", ParamKind::Str, "What senders are told; variables are filled in.");
const REMINDER: Param =
    Param::unset("reminder", ParamKind::Str, "Who sends messages that have a time; nobody does without it.");
const OUTBOUND_PROXY: Param =
    Param::unset("outbound_proxy", ParamKind::Str, "Where all messages go first, if not to their Request-URI.");
const EXPIRE_TIME: Param =
    Param::int("expire_time", 259_200, "For how many seconds a message is kept.").within(1, i32::MAX);
const CHECK_TIME: Param =
    Param::int("check_time", 60, "Messages that are too old are deleted every clean_period times as many seconds.")
        .within(1, i32::MAX);
const SEND_TIME: Param =
    Param::int("send_time", 0, "Every how many seconds messages that have a time are looked for, 0 for never.")
        .within(0, i32::MAX);
const CLEAN_PERIOD: Param =
    Param::int("clean_period", 10, "Messages that are too old are deleted every check_time times as many seconds.")
        .within(1, i32::MAX);
const USE_CONTACT: Param =
    Param::int("use_contact", 1, "Whether senders are told at their Contact, where they give one, not at From.");
const SC_MID: Param = Param::str("sc_mid", "id", "The column of the messages' numbers.");
const SC_FROM: Param = Param::str("sc_from", "src_addr", "The column of senders.");
const SC_TO: Param = Param::str("sc_to", "dst_addr", "The column of whom messages were addressed to.");
const SC_URI_USER: Param = Param::str("sc_uri_user", "username", "The column of owners' names.");
const SC_URI_HOST: Param = Param::str("sc_uri_host", "domain", "The column of owners' domains.");
const SC_BODY: Param = Param::str("sc_body", "body", "The column of bodies.");
const SC_CTYPE: Param = Param::str("sc_ctype", "ctype", "The column of content types.");
const SC_EXP_TIME: Param = Param::str("sc_exp_time", "exp_time", "The column of when messages are too old.");
const SC_INC_TIME: Param = Param::str("sc_inc_time", "inc_time", "The column of when messages came.");
const SC_SND_TIME: Param = Param::str("sc_snd_time", "snd_time", "The column of when messages are to be sent.");
const SND_TIME_AVP: Param = Param::unset(
    "snd_time_avp",
    ParamKind::Str,
    "The variable in which m_store() finds when a message is to be sent, in local time: YYYYMMDDHHMMSS.",
);
const ADD_DATE: Param = Param::int("add_date", 1, "Whether a text begins with when it was sent, between brackets.");
const MAX_MESSAGES: Param =
    Param::int("max_messages", 0, "How many messages are kept for an owner, 0 for any number.").within(0, i32::MAX);

const STORED_MESSAGES: Statistic = Statistic::counter("stored_messages", "Messages that were kept.");
const DUMPED_MESSAGES: Statistic = Statistic::counter("dumped_messages", "Messages that their owners took.");
const FAILED_MESSAGES: Statistic = Statistic::counter("failed_messages", "Messages that their owners did not take.");
const DUMPED_REMINDERS: Statistic = Statistic::counter("dumped_reminders", "Reminders that their owners took.");
const FAILED_REMINDERS: Statistic = Statistic::counter("failed_reminders", "Reminders that their owners did not take.");
const REFUSED_DUMPS: Statistic =
    Statistic::counter("refused_dumps", "Owners whose messages wait on, since too many got theirs at the time.");

const SILO: Table = Table {
    name: "silo",
    version: 6,
    columns: &[
        Column { name: "id", sql: "INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL" },
        Column { name: "src_addr", sql: "CHAR(255) DEFAULT '' NOT NULL" },
        Column { name: "dst_addr", sql: "CHAR(255) DEFAULT '' NOT NULL" },
        Column { name: "username", sql: "CHAR(64) DEFAULT '' NOT NULL" },
        Column { name: "domain", sql: "CHAR(64) DEFAULT '' NOT NULL" },
        Column { name: "inc_time", sql: "INTEGER DEFAULT 0 NOT NULL" },
        Column { name: "exp_time", sql: "INTEGER DEFAULT 0 NOT NULL" },
        Column { name: "snd_time", sql: "INTEGER DEFAULT 0 NOT NULL" },
        Column { name: "ctype", sql: "CHAR(255) DEFAULT NULL" },
        Column { name: "body", sql: "BLOB DEFAULT NULL" },
    ],
    indexes: &[("account_idx", &["username", "domain"], false)],
};

/// The state of the module.
struct Msilo {
    database: Database,
    statements: Statements,
    /// What senders are told, if anything.
    notice: Option<Notice>,
    outbound_proxy: Option<Bytes>,
    /// For how long a message is kept.
    kept_s: i64,
    messages_max: i64,
    send_time: Option<VariableHandle>,
    adds_date: bool,
    owners: Owners,
    taken: Taken,
    reminders: Reminders,
    stored: Counter,
    dumped: Counter,
    failed: Counter,
    refused: Counter,
}

fn start(setup: &mut Setup<'_>) -> Result<State, StartError> {
    let uri = |param: &Param| match setup.params.str(param).filter(|text| !text.is_empty()) {
        Some(text) if crate::subject::is_usable(text.as_bytes()) => Ok(Some(Bytes::copy_from_slice(text.as_bytes()))),
        Some(_) => Err(StartError::param(param.name, "it is no URI")),
        None => Ok(None),
    };
    let (outbound_proxy, sender) = (uri(&OUTBOUND_PROXY)?, uri(&REMINDER)?);
    let notice = Notice::read(setup)?;
    let table = setup.params.text(&DB_TABLE).to_owned();
    let database = setup.database(&DB_URL, &[])?;
    if let Some(wish) = setup.wishes.databases.get_mut(usize::from(database.0)) {
        wish.tables.push((table, SILO.version));
    }
    let module = Arc::new(Msilo {
        database,
        statements: Statements::new(&setup.params),
        notice,
        outbound_proxy,
        kept_s: setup.params.int(&EXPIRE_TIME).into(),
        messages_max: setup.params.int(&MAX_MESSAGES).into(),
        send_time: setup.variable(&SND_TIME_AVP)?,
        adds_date: setup.params.is_on(&ADD_DATE),
        owners: Owners::default(),
        taken: Taken::default(),
        reminders: Reminders::new(sender, setup.counter(&DUMPED_REMINDERS), setup.counter(&FAILED_REMINDERS)),
        stored: setup.counter(&STORED_MESSAGES),
        dumped: setup.counter(&DUMPED_MESSAGES),
        failed: setup.counter(&FAILED_MESSAGES),
        refused: setup.counter(&REFUSED_DUMPS),
    });
    let seconds = |param| u64::try_from(setup.params.int(param)).unwrap_or(1);
    let clean_every = Duration::from_secs(seconds(&CHECK_TIME).saturating_mul(seconds(&CLEAN_PERIOD)));
    let remind_every = Duration::from_secs(seconds(&SEND_TIME));
    let cleaner = Arc::clone(&module);
    setup.every(clean_every, move |env| {
        let now = env.wall_time();
        module_api::Job::wait(cleaner.statements.clean(cleaner.database, now).into(), |_, answer| {
            let cleaned = answer.rows().map(|_| ());
            module_api::Job::Done(cleaned.map_err(|fault| failed("old messages are not deleted", &fault)))
        })
    });
    if !remind_every.is_zero() && module.reminders.is_wanted() {
        let reminding = Arc::clone(&module);
        setup.every(remind_every, move |env| reminders::look(&reminding, env));
    } else if module.send_time.is_some() {
        setup
            .log
            .warning("msilo: messages with a time are kept, but nobody here sends them: reminder and send_time do");
    }
    Ok(module)
}

/// A fault of the database, with what it is in the way of.
fn failed(what: &str, fault: &Fault) -> Fault {
    Fault::backend(format!("{what}: {fault}"))
}
