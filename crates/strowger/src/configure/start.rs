//! The start of a script's modules, for serving and for a check of the script: what they refuse is said with its place.
//! Nothing outside is touched.

use super::memory::held_bytes_max;
use super::{Configured, Ground, Origin, Report, settings::settings};
use crate::cli::ServeOptions;
use catalogue::ModuleId;
use edge_sql::{Options, Url};
use engine::{Blueprint, Bounds, Engine, Reloader, StartFailure, Started};
use module_api::{DatabaseWish, Level, LogSink, Logger, Process, Sockets, Time, UnknownProcess};
use script::ast::Span;
use script::diagnostic::{Code, Diagnostic, codes};
use std::sync::Arc;

/// What modules start in.
pub struct Surroundings {
    /// Sockets and own names.
    pub sockets: Sockets,
    /// The log.
    pub log: Logger,
    /// The process.
    pub process: Arc<dyn Process>,
    /// Reads the script again.
    pub reloader: Option<Reloader>,
    /// The source of all randomness.
    pub seed: [u8; 32],
    /// The time.
    pub now: Time,
}

impl Surroundings {
    /// Those of a check: no socket, no time, and nobody reads the log. No module looks for a socket before it runs.
    pub fn nothing() -> Surroundings {
        Surroundings {
            sockets: Sockets::default(),
            log: Logger::new(i32::MIN, i32::MIN, Arc::new(Nowhere)),
            process: Arc::new(UnknownProcess),
            reloader: None,
            seed: [0; 32],
            now: Time::default(),
        }
    }
}

struct Nowhere;

impl LogSink for Nowhere {
    fn write(&self, _: Level, _: Option<&str>, _: &[u8]) {}
}

/// An engine whose modules have started, and how it wants its databases opened.
pub struct Begun {
    /// The engine, and what it wants from the edges.
    pub started: Started,
    /// How databases are opened.
    pub sql: Options,
}

impl Configured {
    /// Starts the modules, and reads what they want of databases.
    ///
    /// # Errors
    /// All that keeps the script from running.
    pub fn start(
        &self,
        ground: &Ground,
        origin: &Origin,
        options: &ServeOptions,
        around: Surroundings,
    ) -> Result<Begun, Box<Report>> {
        let Surroundings { sockets, log, process, reloader, seed, now } = around;
        let constants = self.constants.clone();
        let blueprint = Blueprint {
            modules: &ground.modules,
            catalogue: Arc::clone(&ground.catalogue),
            settings: settings(self, origin, options, &ground.names),
            loaded: self.loaded.clone(),
            params: self.params.clone(),
            program: Arc::clone(&self.program),
            constants: Box::new(move |function, argument| constants.get(function, argument)),
            reloader,
            sockets,
            names: Arc::clone(&ground.names),
            log,
            process,
            bounds: Bounds { held_bytes: held_bytes_max(), ..Bounds::default() },
            seed,
            now,
        };
        let refused = |found| Box::new(Report::new(self.source.clone(), found));
        let started = Engine::start(blueprint).map_err(|failures| refused(self.refusals(&failures, ground)))?;
        let mut found: Vec<Diagnostic> =
            started.databases.iter().filter_map(|wish| self.unknown_database(wish)).collect();
        let version_table = self.globals.text("db_version_table").unwrap_or("version").to_owned();
        let mut sql = Options { version_table, ..Options::default() };
        for (edge, params) in started.edges.iter().filter(|(edge, _)| *edge == "db_sqlite") {
            let wrong = sql.set_sqlite(params).err();
            let place = ground.catalogue.module_named(edge).and_then(|module| self.places.of_module(module));
            found.extend(wrong.map(|error| refusal(codes::MODULE_START, place, error.to_string())));
        }
        if found.is_empty() { Ok(Begun { started, sql }) } else { Err(refused(found)) }
    }

    fn refusals(&self, failures: &[StartFailure], ground: &Ground) -> Vec<Diagnostic> {
        let refusal = |failure: &StartFailure| {
            let module: Option<ModuleId> = ground.catalogue.module_named(failure.module);
            let place = module.and_then(|module| self.places.of_error(module, &failure.error));
            refusal(codes::MODULE_START, place, failure.to_string())
        };
        failures.iter().map(refusal).collect()
    }

    /// A database that nothing here can open, whatever there is at its place.
    fn unknown_database(&self, wish: &DatabaseWish) -> Option<Diagnostic> {
        let error = Url::parse(&wish.url).err()?;
        let place = self.places.of_database(&wish.url).or_else(|| self.globals.span("db_default_url"));
        Some(refusal(codes::DATABASE_URL, place, error.to_string()))
    }
}

fn refusal(code: Code, place: Option<Span>, message: String) -> Diagnostic {
    match place {
        Some(span) => Diagnostic::error(code, span, message),
        None => Diagnostic::error_without_place(code, message),
    }
}
