//! The start of a script's modules, for serving and for a check of the script: what they refuse, and what they need and is
//! not there, is said with its place. Nothing outside is changed.

use super::memory::held_bytes_max;
use super::{Configured, Ground, ManagementOptions, Origin, Paths, Report, blacklists, settings::settings};
use crate::cli::ServeOptions;
use crate::defaults::has_column;
use catalogue::ModuleId;
use edge_mi::EdgeError;
use edge_sql::{DatabaseSets, OpenError, Options, Url};
use engine::{Blueprint, Bounds, Engine, Reloader, StartFailure, Started};
use module_api::{
    DatabaseWish, Judging, Level, LogSink, Logger, Params, Process, Services, Sockets, Time, UnknownName,
    UnknownProcess,
};
use script::ast::{RouteType, Span};
use script::diagnostic::{Code, Diagnostic, codes};
use script::nearest;
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
    /// Where databases are looked for; `None`: they are another machine's.
    pub paths: Option<Paths>,
}

impl Surroundings {
    /// Those of a check: no time, and nobody reads the log.
    pub fn of_check(sockets: Sockets, paths: Option<Paths>) -> Surroundings {
        Surroundings {
            sockets,
            paths,
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
    /// How management is opened.
    pub management: ManagementOptions,
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
        let Surroundings { sockets, log, process, reloader, seed, now, paths } = around;
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
        let started =
            Engine::start(blueprint).map_err(|failures| Box::new(self.report(self.refusals(&failures, ground))))?;
        let mut found = blacklists::define(started.engine.services(), &self.globals);
        found.extend(self.judge(started.engine.services(), ground));
        let version_table = self.globals.text("db_version_table").unwrap_or("version").to_owned();
        let mut sql = Options { version_table, ..Options::default() };
        sql.sets = DatabaseSets(started.database_sets.clone());
        for (edge, params) in started.edges.iter().filter(|(edge, _)| *edge == "db_sqlite") {
            let wrong = sql.set_sqlite(params).err();
            let place = ground.catalogue.module_named(edge).and_then(|module| self.places.of_module(module));
            found.extend(wrong.map(|error| refusal(codes::MODULE_START, place, error.to_string())));
        }
        for (edge, params) in &started.edges {
            match *edge {
                "db_postgres" => sql.set_server(edge_sql::Engine::Postgres, params),
                "db_mysql" => sql.set_server(edge_sql::Engine::Mysql, params),
                _ => {}
            }
        }
        found.extend(self.look_at_databases(&started.databases, &sql, paths.as_ref()));
        let (management, errors) = ManagementOptions::read(&started.edges, paths.as_ref());
        found.extend(errors.iter().map(|error| self.bad_management(error, ground)));
        if found.is_empty() { Ok(Begun { started, sql, management }) } else { Err(Box::new(self.report(found))) }
    }

    /// These messages about this script.
    pub fn report(&self, found: Vec<Diagnostic>) -> Report {
        Report::new(self.source.clone(), found)
    }

    fn refusals(&self, failures: &[StartFailure], ground: &Ground) -> Vec<Diagnostic> {
        failures.iter().flat_map(|failure| self.refusals_of(failure, ground)).collect()
    }

    /// One for each place in the text where it is.
    fn refusals_of(&self, failure: &StartFailure, ground: &Ground) -> Vec<Diagnostic> {
        let constants = failure.error.constant.as_ref().map(|constant| self.constants.places(constant));
        if let Some(places) = constants.filter(|places| !places.is_empty()) {
            let text = &failure.error.text;
            let unknown = failure.error.constant.as_ref().and_then(|constant| constant.unknown.as_ref());
            let told = places.into_iter().map(|place| {
                let error = Diagnostic::error(codes::ARGUMENT_VALUE, place, text.clone());
                match unknown.map(names_to_try) {
                    Some(help) => error.help(help),
                    None => error,
                }
            });
            return told.collect();
        }
        let module: Option<ModuleId> = ground.catalogue.module_named(failure.module);
        let place = module.and_then(|module| self.places.of_error(module, &failure.error));
        vec![refusal(codes::MODULE_START, place, failure.to_string())]
    }

    /// What the script passes to functions and is not there.
    fn judge(&self, services: &Services, ground: &Ground) -> Vec<Diagnostic> {
        let constants = |function: &str, argument| self.constants.get(function, argument);
        let routes: Vec<&str> =
            self.program.routes_of(RouteType::Request).map(|(_, route)| route.name.as_str()).collect();
        let modules = self.loaded.iter().filter_map(|id| ground.modules.get(usize::from(id.0)));
        let refused = modules.flat_map(|module| {
            let params = self.params_of(module.name, ground);
            let params = Params::new(&params);
            let mut judging = Judging { params, services, constants: &constants, routes: &routes, refused: Vec::new() };
            (module.judge)(&mut judging);
            judging.refused.into_iter().map(|error| StartFailure { module: module.name, error })
        });
        self.refusals(&refused.collect::<Vec<_>>(), ground)
    }

    /// Databases that nothing here can open, that are not there, or that lack a table.
    fn look_at_databases(&self, wishes: &[DatabaseWish], sql: &Options, paths: Option<&Paths>) -> Vec<Diagnostic> {
        let found = match paths {
            Some(paths) => look(wishes, sql, paths),
            None => wishes
                .iter()
                .enumerate()
                .filter_map(|(number, wish)| Some((number, Url::parse(&wish.url).err()?)))
                .collect(),
        };
        let shown = found.into_iter().map(|(number, error)| {
            let url = wishes.get(number).map(|wish| wish.url.as_str()).unwrap_or_default();
            let place = self.places.of_database(url).or_else(|| self.globals.span("db_default_url"));
            let is_of_url = matches!(
                error,
                OpenError::NotAUrl { .. }
                    | OpenError::UnknownEngine { .. }
                    | OpenError::Incomplete { .. }
                    | OpenError::NoFile
            );
            let code = if is_of_url { codes::DATABASE_URL } else { codes::DATABASE_CONTENT };
            refusal(code, place, error.to_string())
        });
        shown.collect()
    }

    /// A management transport that cannot be had as the script sets it.
    pub fn bad_management(&self, error: &EdgeError, ground: &Ground) -> Diagnostic {
        let (name, params): (_, &[&'static str]) = match error {
            EdgeError::BadParam { module, param, .. } => (*module, &[*param]),
            EdgeError::CannotListen { .. } => ("httpd", &["port", "ip"]),
            EdgeError::CannotMakeSocket { .. } => ("mi_datagram", &["socket_name"]),
            EdgeError::CannotMakeFifo { .. } => ("mi_fifo", &["fifo_name"]),
        };
        let place = ground.catalogue.module_named(name).and_then(|module| self.places.of_params(module, params));
        refusal(codes::MODULE_START, place, error.to_string())
    }
}

/// The name that was likely meant, or those there are, if they are few.
fn names_to_try(unknown: &UnknownName) -> String {
    let known = &unknown.known;
    match nearest(&unknown.name, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean {near}?"),
        None if known.is_empty() => "there is none".to_owned(),
        None if known.len() > NAMES_SHOWN => format!("there are {} others", known.len()),
        None => format!("there are {}", known.join(", ")),
    }
}

/// More names than a person looks through.
const NAMES_SHOWN: usize = 20;

/// A look at databases that lets pass what a start makes.
fn look(wishes: &[DatabaseWish], sql: &Options, paths: &Paths) -> Vec<(usize, OpenError)> {
    let mut found = edge_sql::look(wishes, sql, &|path| paths.of_file(path));
    found.retain(|(number, error)| {
        let is_made = wishes.get(*number).is_some_and(|wish| paths.makes(&wish.url));
        !(is_made && is_to_be_made(error))
    });
    found
}

/// Whether making tables mends it.
fn is_to_be_made(error: &OpenError) -> bool {
    match error {
        OpenError::NoDirectory { .. }
        | OpenError::MissingFile { .. }
        | OpenError::NoVersionTable { .. }
        | OpenError::MissingTable { .. } => true,
        OpenError::WrongVersion { found, expected, .. } => *found < i64::from(*expected),
        OpenError::MissingColumn { table, column, .. } => has_column(table, column),
        _ => false,
    }
}

fn refusal(code: Code, place: Option<Span>, message: String) -> Diagnostic {
    match place {
        Some(span) => Diagnostic::error(code, span, message),
        None => Diagnostic::error_without_place(code, message),
    }
}
