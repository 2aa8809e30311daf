//! The settings of `usrloc`, as one value.

use super::domain::Layout;
use super::params::*;
use super::record::Order;
use module_api::{Level, Setup, StartError};

/// The settings.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where contacts are kept.
    pub mode: Mode,
    /// Whether contacts are loaded from the database at start.
    pub loads: bool,
    /// The seconds between two looks at a contact.
    pub timer_interval_s: u32,
    /// Whether addresses of record include the domain.
    pub use_domain: bool,
    /// How contacts are ordered.
    pub order: Order,
    /// Whether contacts are matched by Call-ID too.
    pub match_call_id: bool,
    /// The seconds in which a REGISTER is a retransmission.
    pub cseq_delay_s: u32,
    /// The logarithm of the number of slots in identifiers.
    pub hash_size: u32,
    /// The branch flag of contacts behind a NAT.
    pub nat_flag: Option<u8>,
    /// Whether management commands show keys.
    pub shows_keys: bool,
    /// Whether contacts are woken up before they end.
    pub refreshes: bool,
    /// The least round trip that is an event.
    pub latency_us_min: u32,
    /// The least change of a round trip that is an event.
    pub latency_us_delta_min: u32,
    /// How many contacts one statement deletes.
    pub delete_max: usize,
    /// Whether foreign identifiers are replaced.
    pub regenerates_ids: bool,
}

/// Where contacts are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// In memory alone.
    Memory,
    /// In memory, and in the database before a registration is answered.
    WriteThrough,
    /// In memory, and in the database a little later.
    WriteBack,
    /// In the database alone.
    SqlOnly,
}

impl Config {
    /// From the parameters.
    ///
    /// # Errors
    /// A mode needs a cluster.
    pub fn read(setup: &Setup<'_>) -> Result<Config, StartError> {
        let params = &setup.params;
        let (mode, loads) = mode(setup)?;
        let count = |param| u32::try_from(params.int(param)).unwrap_or(0);
        Ok(Config {
            mode,
            loads,
            timer_interval_s: count(&TIMER_INTERVAL).max(1),
            use_domain: params.is_on(&USE_DOMAIN),
            order: if params.is_on(&DESC_TIME_ORDER) { Order::NewestFirst } else { Order::ByPreference },
            match_call_id: params.is_on(&MATCHING_MODE),
            cseq_delay_s: count(&CSEQ_DELAY),
            hash_size: count(&HASH_SIZE).clamp(1, 16),
            nat_flag: setup.branch_flag(&NAT_BFLAG)?,
            shows_keys: params.is_on(&MI_DUMP_KV_STORE),
            refreshes: params.is_on(&CONTACT_REFRESH_TIMER),
            latency_us_min: count(&LATENCY_EVENT_MIN_US),
            latency_us_delta_min: count(&LATENCY_EVENT_MIN_US_DELTA),
            delete_max: usize::try_from(params.int(&MAX_CONTACT_DELETE)).unwrap_or(1).clamp(1, 1000),
            regenerates_ids: params.is_on(&REGEN_BROKEN_CONTACTID),
        })
    }

    /// Whether there is a database.
    pub fn has_database(&self) -> bool {
        self.mode != Mode::Memory || self.loads
    }

    /// What location tables need to know.
    pub fn layout(&self) -> Layout {
        Layout {
            order: self.order,
            hash_size: self.hash_size,
            stored: matches!(self.mode, Mode::WriteThrough | Mode::WriteBack),
            written_through: self.mode == Mode::WriteThrough,
        }
    }
}

/// Mode, and whether contacts are loaded at start. The preset overrides `db_mode`, which overrides the single ones.
fn mode(setup: &Setup<'_>) -> Result<(Mode, bool), StartError> {
    let params = &setup.params;
    if params.is_set(&WORKING_MODE_PRESET) {
        return match params.text(&WORKING_MODE_PRESET) {
            "single-instance-sql-write-through" => Ok((Mode::WriteThrough, true)),
            "single-instance-sql-write-back" => Ok((Mode::WriteBack, true)),
            "sql-only" => Ok((Mode::SqlOnly, false)),
            "single-instance-no-db" => Ok((Mode::Memory, false)),
            _ => Err(StartError::param(WORKING_MODE_PRESET.name, NO_CLUSTER)),
        };
    }
    if params.is_set(&DB_MODE) {
        let (mode, loads, now) = match params.int(&DB_MODE) {
            1 => (Mode::WriteThrough, true, "working_mode_preset \"single-instance-sql-write-through\""),
            2 => (Mode::WriteBack, true, "working_mode_preset \"single-instance-sql-write-back\""),
            3 => (Mode::SqlOnly, false, "working_mode_preset \"sql-only\""),
            4 => (Mode::Memory, true, "restart_persistency \"load-from-sql\" with sql_write_mode \"none\""),
            _ => (Mode::Memory, false, "working_mode_preset \"single-instance-no-db\""),
        };
        setup.log.line(Level::Warning, format!("usrloc: db_mode is now {now}"));
        return Ok((mode, loads));
    }
    single_modes(setup)
}

fn single_modes(setup: &Setup<'_>) -> Result<(Mode, bool), StartError> {
    let params = &setup.params;
    match params.text(&CLUSTER_MODE) {
        "none" => {}
        "sql-only" => return Ok((Mode::SqlOnly, false)),
        _ => return Err(StartError::param(CLUSTER_MODE.name, NO_CLUSTER)),
    }
    match params.text(&RESTART_PERSISTENCY) {
        "load-from-sql" => {}
        // Upstream looks at sql_write_mode only where contacts are loaded after a restart.
        "none" => return Ok((Mode::Memory, false)),
        _ => return Err(StartError::param(RESTART_PERSISTENCY.name, NO_CLUSTER)),
    }
    // What is loaded after a restart is written behind, unless the script says otherwise.
    let mode = match params.text(&SQL_WRITE_MODE) {
        "write-through" => Mode::WriteThrough,
        "none" if params.is_set(&SQL_WRITE_MODE) => Mode::Memory,
        _ => Mode::WriteBack,
    };
    Ok((mode, true))
}
