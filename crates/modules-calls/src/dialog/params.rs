//! The parameters, and the start.

use super::column_params::COLUMN_PARAMS;
use super::columns::{DIALOG, Statements};
use super::flush::Flush;
use super::keeper::{Config, Counters, Keeper};
use super::load::load;
use super::matching::Mode;
use super::options::NO_AUTO_PRACK;
use super::profiles::{Profiles, Shared};
use super::service::Service;
use super::store::{Store, StoreMode};
use super::table::Table;
use super::{timer, watch};
use bytes::Bytes;
use catalogue::{Alias, Param, ParamKind, Statistic};
use module_api::{Counter, Refusal, Setup, StartError, State};
use std::sync::Arc;
use std::time::Duration;

/// All parameters.
pub const ALL: &[Param] = &{
    let mut all = [ENABLE_STATS; OWN.len() + COLUMN_PARAMS.len()];
    let mut position = 0;
    while position < OWN.len() {
        all[position] = OWN[position];
        position += 1;
    }
    while position < all.len() {
        all[position] = COLUMN_PARAMS[position - OWN.len()];
        position += 1;
    }
    all
};

const OWN: [Param; 33] = [
    ENABLE_STATS,
    HASH_SIZE,
    Param::int("log_profile_hash_size", 4, "The hash slots of profiles, as a power of 2.")
        .no_effect("profiles grow as they need"),
    RR_PARAM,
    DEFAULT_TIMEOUT,
    OPTIONS_PING_INTERVAL,
    REINVITE_PING_INTERVAL,
    DELETE_DELAY,
    DLG_EXTRA_HDRS,
    DLG_MATCH_MODE,
    Param::int("auto_prack_hangup_on_failure", 0, "Whether a call ends whose PRACK fails.").unavailable(NO_AUTO_PRACK),
    Param::int("auto_prack_fr_timeout", 3, "How many seconds a PRACK may take.").unavailable(NO_AUTO_PRACK),
    DB_URL,
    DB_MODE,
    TABLE_NAME,
    DB_UPDATE_PERIOD,
    PROFILES_WITH_VALUE,
    PROFILES_NO_VALUE,
    DB_FLUSH_VALS_PROFILES,
    TIMER_BULK_DEL_NO,
    RACE_CONDITION_TIMEOUT,
    CACHEDB_URL,
    PROFILE_VALUE_PREFIX,
    PROFILE_NO_VALUE_PREFIX,
    PROFILE_SIZE_PREFIX,
    PROFILE_TIMEOUT,
    Param::int("dialog_replication_cluster", 0, "The cluster that dialogs are shared in.").unavailable(NEEDS_CLUSTERER),
    Param::int("profile_replication_cluster", 0, "The cluster that profiles are counted in.")
        .unavailable(NEEDS_CLUSTERER),
    Param::int("replicate_profiles_timer", 200, "Milliseconds between two messages to the cluster.")
        .no_effect(NO_CLUSTER),
    Param::int("replicate_profiles_check", 10, "Seconds between two looks for what has run out.").no_effect(NO_CLUSTER),
    Param::int("replicate_profiles_buffer", 1400, "The bytes of a message to the cluster.").no_effect(NO_CLUSTER),
    Param::int("replicate_profiles_expire", 10, "Seconds until another server's counters run out.")
        .no_effect(NO_CLUSTER),
    Param::int("cluster_auto_sync", 1, "Whether dialogs are fetched when a sharing tag becomes active.")
        .no_effect(NO_CLUSTER),
];

/// What the parameters of clusters need.
pub const NEEDS_CLUSTERER: &str = "it needs the module clusterer, which is not there";
const NO_CLUSTER: &str = "it matters only in a cluster";

const ENABLE_STATS: Param = Param::int("enable_stats", 1, "Whether the statistics are there.");
const HASH_SIZE: Param = Param::int(
    "hash_size",
    4096,
    "How many hash slots identifiers are spread over, a power of 2. The table grows as it needs.",
)
.within(1, 1 << 30);
const RR_PARAM: Param = Param::str("rr_param", "did", "The parameter of our Record-Route that holds the identifier.");
const DEFAULT_TIMEOUT: Param =
    Param::int("default_timeout", 43_200, "How many seconds a call may last from its answer on.").within(1, i32::MAX);
const OPTIONS_PING_INTERVAL: Param =
    Param::int("options_ping_interval", 30, "Seconds from one OPTIONS ping to the next.")
        .within(1, 86_400)
        .aliases(&[Alias::old("ping_interval", "2.3")]);
const REINVITE_PING_INTERVAL: Param =
    Param::int("reinvite_ping_interval", 300, "Seconds from one re-INVITE ping to the next.").within(1, 86_400);
const DELETE_DELAY: Param =
    Param::int("delete_delay", 0, "How many seconds a dialog stays known after its end.").within(0, 86_400);
const DLG_EXTRA_HDRS: Param =
    Param::unset("dlg_extra_hdrs", ParamKind::Str, "Header lines of the requests that we send inside dialogs.");
const DLG_MATCH_MODE: Param = Param::int(
    "dlg_match_mode",
    1,
    "How requests find their dialog: 0 by the parameter of our Record-Route, 1 by Call-ID and tags where there is none, \
     2 by Call-ID and tags.",
)
.within(0, 2);
const DB_URL: Param = Param::unset("db_url", ParamKind::Str, "The database of dialogs, db_default_url if not set.");
const DB_MODE: Param = Param::int(
    "db_mode",
    0,
    "When dialogs are written to the database: 0 never, 1 at once, 2 every db_update_period, 3 at a clean stop.",
)
.within(0, 3);
const TABLE_NAME: Param = Param::str("table_name", "dialog", "The table of dialogs.");
const DB_UPDATE_PERIOD: Param =
    Param::int("db_update_period", 60, "Seconds from one writing to the next, in db_mode 2.").within(1, 86_400);
const PROFILES_WITH_VALUE: Param =
    Param::unset("profiles_with_value", ParamKind::Str, "The names of profiles with values, separated by semicolons.");
const PROFILES_NO_VALUE: Param =
    Param::unset("profiles_no_value", ParamKind::Str, "The names of profiles without, separated by semicolons.");
const DB_FLUSH_VALS_PROFILES: Param = Param::int(
    "db_flush_vals_profiles",
    0,
    "Whether a change of values, flags or profiles alone is written too, rather than with the next change of state.",
);
const TIMER_BULK_DEL_NO: Param =
    Param::int("timer_bulk_del_no", 1, "How many rows one statement deletes.").within(1, 100);
const RACE_CONDITION_TIMEOUT: Param = Param::int(
    "race_condition_timeout",
    5,
    "Seconds until a call ends that was answered though it was cancelled (end-on-race-condition).",
)
.within(0, 3600);
const CACHEDB_URL: Param =
    Param::unset("cachedb_url", ParamKind::Str, "The key-value store that shared profiles (/s) are counted in.");
const PROFILE_VALUE_PREFIX: Param =
    Param::str("profile_value_prefix", "dlg_val_", "What the keys of values of shared profiles begin with.");
const PROFILE_NO_VALUE_PREFIX: Param =
    Param::str("profile_no_value_prefix", "dlg_noval_", "What the keys of shared profiles without values begin with.");
const PROFILE_SIZE_PREFIX: Param =
    Param::str("profile_size_prefix", "dlg_size_", "What the keys of the sizes of shared profiles begin with.");
const PROFILE_TIMEOUT: Param =
    Param::int("profile_timeout", 86_400, "How many seconds the store keeps these keys.").within(1, i32::MAX);

/// All statistics.
pub const STATISTICS: &[Statistic] = &[
    ACTIVE,
    EARLY,
    PROCESSED,
    EXPIRED,
    FAILED,
    REFUSED,
    FORGOTTEN,
    REFUSED_ROWS,
    Statistic::counter("create_sent", "Dialogs that were made known to a cluster."),
    Statistic::counter("update_sent", "Changes that were made known to a cluster."),
    Statistic::counter("delete_sent", "Ends that were made known to a cluster."),
    Statistic::counter("create_recv", "Dialogs that a cluster has made known."),
    Statistic::counter("update_recv", "Changes that a cluster has made known."),
    Statistic::counter("delete_recv", "Ends that a cluster has made known."),
];
const ACTIVE: Statistic = Statistic::level("active_dialogs", "Dialogs that are answered and have not ended.");
const EARLY: Statistic = Statistic::level("early_dialogs", "Dialogs that ring.");
const PROCESSED: Statistic = Statistic::counter("processed_dialogs", "Dialogs that were made.");
const EXPIRED: Statistic = Statistic::counter("expired_dialogs", "Dialogs whose time was over.");
const FAILED: Statistic = Statistic::counter("failed_dialogs", "Dialogs that were never answered.");
const REFUSED: Statistic =
    Statistic::counter("refused_dialogs", "Dialogs that were not made because there were too many.");
const FORGOTTEN: Statistic = Statistic::counter(
    "forgotten_rows",
    "Rows of ended dialogs that stay in the database because it has failed for too long.",
);

const REFUSED_ROWS: Statistic = Statistic::counter(
    "refused_rows",
    "Rows that the database has refused when it was well: each time that one is tried alone.",
);

/// A server has no more calls than this at a time.
const DIALOGS_MAX: usize = 1_000_000;

/// Reads the parameters.
pub fn start(setup: &mut Setup<'_>) -> Result<State, StartError> {
    let given = setup.params;
    let seconds = |param| Duration::from_secs(u64::try_from(given.int(param)).unwrap_or(0));
    let entries = u32::try_from(given.int(&HASH_SIZE)).unwrap_or(4096);
    if !entries.is_power_of_two() {
        return Err(StartError::param(HASH_SIZE.name, "it is a power of 2"));
    }
    let seed = setup.seed.iter().take(8).fold(0, |seed: u64, byte| seed << 8 | u64::from(*byte));
    let store = given
        .str(&CACHEDB_URL)
        .filter(|url| !url.is_empty())
        .map(|url| url.split_once("://").map_or(url, |(name, _)| name).trim_end_matches(':').to_owned());
    let mut profiles = Profiles::new(Shared {
        store,
        value_prefix: given.text(&PROFILE_VALUE_PREFIX).to_owned(),
        no_value_prefix: given.text(&PROFILE_NO_VALUE_PREFIX).to_owned(),
        size_prefix: given.text(&PROFILE_SIZE_PREFIX).to_owned(),
        expires_s: u32::try_from(given.int(&PROFILE_TIMEOUT)).unwrap_or(0),
    });
    profiles.add(PROFILES_WITH_VALUE.name, given.text(&PROFILES_WITH_VALUE), true)?;
    profiles.add(PROFILES_NO_VALUE.name, given.text(&PROFILES_NO_VALUE), false)?;
    let counters = counters(setup);
    let database = database(setup)?;
    let keeper = Arc::new(Keeper {
        table: Table::new(seed, entries, DIALOGS_MAX, setup.counter(&REFUSED)),
        profiles,
        store: database,
        counters,
        config: Config {
            rr_param: format!(";{}=", given.text(&RR_PARAM)),
            mode: match given.int(&DLG_MATCH_MODE) {
                0 => Mode::DidOnly,
                1 => Mode::DidFirst,
                _ => Mode::SipOnly,
            },
            lifetime: seconds(&DEFAULT_TIMEOUT),
            options_interval: seconds(&OPTIONS_PING_INTERVAL),
            reinvite_interval: seconds(&REINVITE_PING_INTERVAL),
            delete_delay: seconds(&DELETE_DELAY),
            race_timeout: seconds(&RACE_CONDITION_TIMEOUT),
            extra_headers: Bytes::copy_from_slice(given.text(&DLG_EXTRA_HDRS).as_bytes()),
        },
    });
    for (function, argument) in super::profile_functions::NAMING {
        setup.hold(function, *argument, |name| {
            let known = keeper.profiles.all().iter().map(|profile| profile.name.clone());
            keeper
                .profiles
                .named(name.as_bytes())
                .map(|_| ())
                .ok_or_else(|| Refusal::unknown("dialog profile", name, known))
        });
    }
    hook_up(setup, &keeper, seconds(&DB_UPDATE_PERIOD));
    Ok(keeper)
}

fn counters(setup: &Setup<'_>) -> Counters {
    if !setup.params.is_on(&ENABLE_STATS) {
        return Counters::default();
    }
    for idle in STATISTICS.iter().skip(8) {
        setup.counter(idle);
    }
    let counter = |statistic| -> Counter { setup.counter(statistic) };
    Counters {
        active: counter(&ACTIVE),
        live: Counter::default(),
        early: counter(&EARLY),
        processed: counter(&PROCESSED),
        expired: counter(&EXPIRED),
        failed: counter(&FAILED),
    }
}

fn database(setup: &mut Setup<'_>) -> Result<Option<Store>, StartError> {
    let given = setup.params;
    let mode = match given.int(&DB_MODE) {
        1 => StoreMode::Realtime,
        2 => StoreMode::Delayed,
        3 => StoreMode::AtStop,
        _ => return Ok(None),
    };
    let table = given.text(&TABLE_NAME);
    let tables: &[&catalogue::Table] = if table == DIALOG.name { &[&DIALOG] } else { &[] };
    let database = setup.database(&DB_URL, tables)?;
    let some = usize::try_from(given.int(&TIMER_BULK_DEL_NO)).unwrap_or(1);
    let statements = Statements::new(table, &given, some);
    let flushes = given.is_on(&DB_FLUSH_VALS_PROFILES);
    let counters = [setup.counter(&FORGOTTEN), setup.counter(&REFUSED_ROWS)];
    Ok(Some(Store::new(database, statements, mode, flushes, counters)))
}

fn hook_up(setup: &mut Setup<'_>, keeper: &Arc<Keeper>, period: Duration) {
    let state: State = Arc::clone(keeper) as State;
    setup.watch_transactions(&state, watch::watch);
    setup.wishes.dialogs = Some(Arc::new(Service(Arc::clone(keeper))));
    let timed = Arc::clone(keeper);
    setup.every(Duration::from_secs(1), move |env| timer::tick(&timed, env));
    let Some(store) = &keeper.store else { return };
    let loaded = Arc::clone(keeper);
    setup.at_start(move |_| load(loaded));
    if store.mode != StoreMode::AtStop {
        let flushed = Arc::clone(keeper);
        setup.every(period, move |env| Flush::new(&flushed).job(env));
    }
    let stopped = Arc::clone(keeper);
    setup.at_stop(move |env| Flush::new(&stopped).job(env));
}
