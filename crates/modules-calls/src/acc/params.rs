//! The parameters of `acc`, and what it starts with.

use super::calls::Calls;
use super::columns::Columns;
use super::fields::{FieldSet, Fields};
use super::journal::RecordJournal;
use super::marks::{Backend, Occasion};
use super::old_fields::OldFields;
use super::spool::Spool;
use super::tables::{ACC, MISSED_CALLS};
use super::{call, database, journal, watch};
use catalogue::{Param, ParamKind, Statistic};
use module_api::sql::{Database, Statement};
use module_api::{Job, Setup, StartError, State, VariableHandle};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// All of them.
pub const ALL: &[Param] = &[
    EARLY_MEDIA,
    REPORT_CANCELS,
    DETECT_DIRECTION,
    LOG_LEVEL,
    LOG_FACILITY,
    AAA_URL,
    SERVICE_TYPE,
    EXTRA_FIELDS,
    LEG_FIELDS,
    DB_URL,
    DB_TABLE_ACC,
    DB_TABLE_MISSED_CALLS,
    DB_TABLE_AVP,
    SPOOL_FILE,
    SPOOL_MEGABYTES,
    METHOD_COLUMN,
    FROM_TAG_COLUMN,
    TO_TAG_COLUMN,
    CALLID_COLUMN,
    CODE_COLUMN,
    REASON_COLUMN,
    TIME_COLUMN,
    LOG_FLAG,
    LOG_MISSED_FLAG,
    DB_FLAG,
    DB_MISSED_FLAG,
    EVI_FLAG,
    EVI_MISSED_FLAG,
    FAILED_FLAG,
    CDR_FLAG,
    AAA_FLAG,
    AAA_MISSED_FLAG,
    LOG_EXTRA,
    DB_EXTRA,
    EVI_EXTRA,
    AAA_EXTRA,
    MULTI_LEG_INFO,
];

/// What accounting to an AAA server needs.
pub const NEEDS_AAA: &str = "accounting to AAA needs an AAA module, and there is none yet";
/// What records of whole calls need.
pub const NEEDS_DIALOG: &str = "records of whole calls need loadmodule \"dialog.so\"";

pub const EARLY_MEDIA: Param =
    Param::int("early_media", 0, "Whether provisional replies with a body are accounted.").within(0, 1);
pub const REPORT_CANCELS: Param = Param::int("report_cancels", 0, "Whether CANCEL is accounted.").within(0, 1);
pub const DETECT_DIRECTION: Param =
    Param::int("detect_direction", 0, "Whether From and To are exchanged for requests from callee to caller.")
        .within(0, 1);
pub const LOG_LEVEL: Param = Param::int("log_level", 2, "The level of the log lines.").within(-3, 4);
pub const LOG_FACILITY: Param =
    Param::unset("log_facility", ParamKind::Str, "The syslog facility of the log lines, if not the server's.")
        .one_of(catalogue::FACILITIES);
pub const AAA_URL: Param = Param::unset("aaa_url", ParamKind::Str, "The AAA server.").unavailable(NEEDS_AAA);
pub const SERVICE_TYPE: Param = Param::int("service_type", -1, "The AAA service type.").unavailable(NEEDS_AAA);
pub const EXTRA_FIELDS: Param =
    Param::unset("extra_fields", ParamKind::Str, "Values to write besides: \"db: tag->column; tag\".").repeats();
pub const LEG_FIELDS: Param =
    Param::unset("leg_fields", ParamKind::Str, "Values to write for each leg of a call: \"db: tag->column; tag\".")
        .repeats();
pub const DB_URL: Param = Param::unset("db_url", ParamKind::Str, "The database; db_default_url if not set.");
pub const DB_TABLE_ACC: Param = Param::str("db_table_acc", "acc", "The table of accounted transactions.");
pub const DB_TABLE_MISSED_CALLS: Param =
    Param::str("db_table_missed_calls", "missed_calls", "The table of missed calls.");
pub const DB_TABLE_AVP: Param = Param::unset(
    "db_table_avp",
    ParamKind::Var,
    "A variable that holds the table's name, where do_accounting() gives none.",
);
pub const SPOOL_FILE: Param = Param::unset(
    "spool_file",
    ParamKind::Str,
    "A file that has each record before the database does, until that has it: no record is lost while the database is away, \
     nor when the server is killed. Ours, not upstream's.",
);
pub const SPOOL_MEGABYTES: Param =
    Param::int("spool_megabytes", 1024, "How much may wait in spool_file; what does not fit waits in memory.")
        .within(1, 1_000_000);
pub const METHOD_COLUMN: Param = Param::str("acc_method_column", "method", "The column of the method.");
pub const FROM_TAG_COLUMN: Param = Param::str("acc_from_tag_column", "from_tag", "The column of the From tag.");
pub const TO_TAG_COLUMN: Param = Param::str("acc_to_tag_column", "to_tag", "The column of the To tag.");
pub const CALLID_COLUMN: Param = Param::str("acc_callid_column", "callid", "The column of the Call-ID.");
pub const CODE_COLUMN: Param = Param::str("acc_sip_code_column", "sip_code", "The column of the reply's code.");
pub const REASON_COLUMN: Param = Param::str("acc_sip_reason_column", "sip_reason", "The column of its reason phrase.");
pub const TIME_COLUMN: Param = Param::str("acc_time_column", "time", "The column of the time.");

/// Flags of releases before 2.2, where a message flag marked a transaction.
const fn flag(name: &'static str, about: &'static str) -> Param {
    Param::unset(name, ParamKind::IntOrStr, about)
}
pub const LOG_FLAG: Param =
    flag("log_flag", "The message flag that accounts to the log; today do_accounting(\"log\").")
        .today("do_accounting(\"log\") in the script, where the flag is set");
pub const LOG_MISSED_FLAG: Param =
    flag("log_missed_flag", "The message flag that logs missed calls; today do_accounting(\"log\", \"missed\").")
        .today("do_accounting(\"log\", \"missed\") in the script, where the flag is set");
pub const DB_FLAG: Param =
    flag("db_flag", "The message flag that accounts to the database; today do_accounting(\"db\").")
        .today("do_accounting(\"db\") in the script, where the flag is set");
pub const DB_MISSED_FLAG: Param =
    flag("db_missed_flag", "The message flag that writes missed calls; today do_accounting(\"db\", \"missed\").")
        .today("do_accounting(\"db\", \"missed\") in the script, where the flag is set");
pub const EVI_FLAG: Param = flag("evi_flag", "The message flag that raises events; today do_accounting(\"evi\").")
    .today("do_accounting(\"evi\") in the script, where the flag is set");
pub const EVI_MISSED_FLAG: Param = flag(
    "evi_missed_flag",
    "The message flag that raises events of missed calls; today do_accounting(\"evi\", \"missed\").",
)
.today("do_accounting(\"evi\", \"missed\") in the script, where the flag is set");
pub const FAILED_FLAG: Param = flag(
    "failed_transaction_flag",
    "The message flag that accounts failures too; today the flag \"failed\" of do_accounting().",
)
.today("the flag \"failed\" of do_accounting() in the script, where the flag is set");

pub const CDR_FLAG: Param =
    flag("cdr_flag", "The message flag that makes records of whole calls; today the flag \"cdr\" of do_accounting().")
        .today("the flag \"cdr\" of do_accounting() in the script, where the flag is set");
pub const AAA_FLAG: Param =
    flag("aaa_flag", "The message flag that accounts to the AAA server.").unavailable(NEEDS_AAA);
pub const AAA_MISSED_FLAG: Param =
    flag("aaa_missed_flag", "The message flag that accounts missed calls there.").unavailable(NEEDS_AAA);

/// Fields of those releases: `"name=$variable;name=$variable"`.
const fn old_fields(name: &'static str, about: &'static str) -> Param {
    Param::unset(name, ParamKind::Str, about).repeats()
}
pub const LOG_EXTRA: Param = old_fields("log_extra", "Values the log gets besides: \"name=$variable;…\".")
    .today("extra_fields \"log: name\", with $acc_extra(name) = $variable in the script");
pub const DB_EXTRA: Param = old_fields("db_extra", "Values the database gets besides: \"column=$variable;…\".")
    .today("extra_fields \"db: name->column\", with $acc_extra(name) = $variable in the script");
pub const EVI_EXTRA: Param = old_fields("evi_extra", "Values events get besides: \"name=$variable;…\".")
    .today("extra_fields \"evi: name\", with $acc_extra(name) = $variable in the script");
pub const AAA_EXTRA: Param = old_fields("aaa_extra", "Values the AAA server gets besides.").unavailable(NEEDS_AAA);
pub const MULTI_LEG_INFO: Param = old_fields("multi_leg_info", "Values of each leg: \"name=$avp(x);…\".")
    .today("leg_fields \"db: name\", with acc_new_leg() and $acc_leg(name) = … in the script");

/// The module's state.
pub struct Acc {
    pub early_media: bool,
    pub report_cancels: bool,
    pub detect_direction: bool,
    pub log_level: i32,
    pub log_facility: Option<String>,
    pub fields: Fields,
    /// Where those of them come from that older releases knew.
    pub old_fields: OldFields,
    pub database: Option<Database>,
    pub table_acc: String,
    pub table_missed: String,
    pub table_variable: Option<VariableHandle>,
    pub columns: Columns,
    /// The numbers of [`OLD_FLAGS`], where they are set.
    pub flags: [Option<u8>; 8],
    /// The INSERT of each table, by table and what its records are of.
    pub statements: Mutex<BTreeMap<(String, Occasion), Arc<Statement>>>,
    /// Calls that have a record when they end.
    pub calls: Calls,
    /// Records that wait in memory to be written again because the database failed.
    pub spool: Spool,
    /// The file that has records before the database does.
    pub journal: Option<RecordJournal>,
}

/// The flags of older releases: log, db, events, each with missed calls; failures; whole calls.
const OLD_FLAGS: [&Param; 8] =
    [&LOG_FLAG, &LOG_MISSED_FLAG, &DB_FLAG, &DB_MISSED_FLAG, &EVI_FLAG, &EVI_MISSED_FLAG, &FAILED_FLAG, &CDR_FLAG];

/// Records that are not in the database yet.
pub const WAITING: Statistic = Statistic::level(
    "waiting_records",
    "Records that are not in the database yet: in spool_file, or in memory because it failed.",
);

/// Calls whose record is to come.
pub const OPEN: Statistic =
    Statistic::level("open_calls", "Calls that have begun, or are answered, and have a record when they end.");

/// Reads the parameters.
pub fn start(setup: &mut Setup<'_>) -> Result<State, StartError> {
    let given = setup.params;
    let mut extra = FieldSet::parse(EXTRA_FIELDS.name, &given.strs(&EXTRA_FIELDS))?;
    let mut leg = FieldSet::parse(LEG_FIELDS.name, &given.strs(&LEG_FIELDS))?;
    let mut old_fields = OldFields::default();
    for (param, backend) in [(&LOG_EXTRA, Backend::Log), (&DB_EXTRA, Backend::Db), (&EVI_EXTRA, Backend::Event)] {
        old_fields.add_extra(setup, param, backend, &mut extra)?;
    }
    old_fields.add_legs(setup, &MULTI_LEG_INFO, &mut leg)?;
    let mut flags = [None; 8];
    for (slot, param) in flags.iter_mut().zip(OLD_FLAGS) {
        *slot = old_flag(setup, param)?;
    }
    let has_url = given.is_set(&DB_URL) || setup.settings.db_default_url.is_some();
    let tables = standard_tables(&setup.params);
    let database = if has_url { Some(setup.database(&DB_URL, &tables)?) } else { None };
    super::functions::check_constants(setup, database.is_some())?;
    let columns = Columns::new(given);
    if let Some(database) = database {
        let fields = [&extra, &leg].into_iter().flat_map(|set| set.of(Backend::Db)).map(|(name, _)| name);
        for column in columns.names.iter().map(String::as_str).chain(fields) {
            // A record without a place for one of its fields is a record that cannot be written.
            for table in [&DB_TABLE_ACC, &DB_TABLE_MISSED_CALLS] {
                setup.needs_column(database, given.text(table), column);
            }
        }
    }
    let megabytes = u64::try_from(given.int(&SPOOL_MEGABYTES)).unwrap_or(1);
    let path = given.str(&SPOOL_FILE).filter(|path| !path.is_empty());
    let journal = path.zip(database).map(|(path, database)| RecordJournal::new(path, megabytes, database));
    let acc = Arc::new(Acc {
        early_media: given.is_on(&EARLY_MEDIA),
        report_cancels: given.is_on(&REPORT_CANCELS),
        detect_direction: given.is_on(&DETECT_DIRECTION),
        log_level: given.int(&LOG_LEVEL),
        log_facility: given.str(&LOG_FACILITY).map(str::to_owned),
        fields: Fields { extra, leg },
        old_fields,
        database,
        table_acc: given.text(&DB_TABLE_ACC).to_owned(),
        table_missed: given.text(&DB_TABLE_MISSED_CALLS).to_owned(),
        table_variable: setup.variable(&DB_TABLE_AVP)?,
        columns,
        flags,
        statements: Mutex::default(),
        calls: Calls::default(),
        spool: Spool::default(),
        journal,
    });
    let state: State = Arc::clone(&acc) as State;
    let counted = Arc::clone(&acc);
    setup.computed(&WAITING, move || {
        let on_disk = counted.journal.as_ref().map_or(0, RecordJournal::depth);
        i64::try_from(on_disk).unwrap_or(i64::MAX).saturating_add(i64::try_from(counted.spool.count()).unwrap_or(0))
    });
    let open = Arc::clone(&acc);
    setup.computed(&OPEN, move || i64::try_from(open.calls.count()).unwrap_or(i64::MAX));
    let opened = Arc::clone(&acc);
    setup.at_start(move |_| journal::open(opened));
    let stopped = Arc::clone(&acc);
    setup.at_stop(move |env| {
        database::stop(env, &stopped);
        Job::DONE
    });
    setup.watch_transactions(&state, watch::watch);
    setup.watch_dialogs(&state, call::watch);
    let timed = Arc::clone(&acc);
    setup.every(Duration::from_secs(1), move |env| call::tick(&timed, env));
    Ok(state)
}

/// The tables to look for: the standard ones, unless others are named.
fn standard_tables(given: &module_api::Params<'_>) -> Vec<&'static catalogue::Table> {
    let pairs = [(&DB_TABLE_ACC, &ACC), (&DB_TABLE_MISSED_CALLS, &MISSED_CALLS)];
    let standard = pairs.into_iter().filter(|(param, table)| given.text(param) == table.name);
    standard.map(|(_, table)| table).collect()
}

fn old_flag(setup: &Setup<'_>, param: &Param) -> Result<Option<u8>, StartError> {
    let name = match (setup.params.str(param), setup.params.is_set(param)) {
        (Some(name), _) => name.to_owned(),
        (None, true) => setup.params.int(param).to_string(),
        (None, false) => return Ok(None),
    };
    let number = setup.names.flags.message.number(&name);
    number.map(Some).ok_or_else(|| StartError::param(param.name, "there are 32 message flags already"))
}
