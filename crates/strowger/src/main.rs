//! Strowger: a SIP server that runs OpenSIPS scripts.

mod cli;
mod commands;
mod configure;
mod defaults;
mod modules;
mod serve;

use clap::Parser;
use cli::{Cli, Command, DbAction, ServeOptions};
use configure::Origin;
use defaults::Home;
use edge_sql::schema::Scope;
use signal_hook::consts::SIGPIPE;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

fn main() -> ExitCode {
    let Cli { command, serve } = Cli::parse();
    if command.is_none() && serve.serves() && serve::first::is_first() {
        match serve::first::watch_over() {
            Ok(status) => return status,
            Err(error) => eprintln!("nobody buries orphans: {error}"),
        }
    }
    let outcome = match command {
        Some(command) => end_with_the_reader().and_then(|()| run(command)),
        None => serve_or_check(&serve),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if !error.is_empty() {
                eprintln!("{}", error.trim_end());
            }
            ExitCode::FAILURE
        }
    }
}

/// `strowger modules | head` ends when `head` has seen enough, as other programs do. A server must not.
fn end_with_the_reader() -> Result<(), String> {
    let always = Arc::new(AtomicBool::new(true));
    let registered = signal_hook::flag::register_conditional_shutdown(SIGPIPE, 128 + SIGPIPE, always);
    registered.map(|_| ()).map_err(|error| error.to_string())
}

fn run(command: Command) -> Result<(), String> {
    match command {
        Command::Check { file, json, preprocessor, define, elsewhere } => {
            let options = ServeOptions::of_check(define, elsewhere);
            check(&Origin::file(&file, preprocessor.as_deref()), &options, json, None)
        }
        Command::Init { directory } => commands::init::run(&directory),
        Command::User { db, action } => commands::user::run(db.as_deref(), action),
        Command::Db { action } => match action {
            DbAction::Create { url } => commands::db::make(&url, Scope::All),
            DbAction::Migrate { url } => commands::db::make(&url, Scope::Present),
            DbAction::Version { url } => commands::db::version(&url),
            DbAction::Copy { from, to, resume } => commands::db_copy::run(&from, &to, resume),
        },
        Command::Ul { aor, client } => commands::ul::run(&client, aor.as_deref()),
        Command::Calls { end: Some(id), client } => commands::calls::end(&client, &id),
        Command::Calls { end: None, client } => commands::calls::list(&client),
        Command::Cdr(options) => commands::cdr::run(&options),
        Command::Mi { client, command, params } => commands::mi::run(&client, &command, &params),
        Command::Modules { json } => commands::modules::run(json),
        Command::Doc { name, all } => match (name, all) {
            (_, Some(directory)) => commands::doc::write_all(&directory),
            (Some(name), None) => commands::doc::one(&name),
            (None, None) => commands::modules::run(false),
        },
    }
}

fn serve_or_check(options: &ServeOptions) -> Result<(), String> {
    if options.version {
        println!("strowger {}", env!("CARGO_PKG_VERSION"));
        return Ok(());
    }
    let is_check = options.is_check();
    if let Some(path) = &options.script {
        let origin = Origin::file(path, options.preprocessor.as_deref());
        return if is_check { check(&origin, options, options.json, None) } else { serve::run(&origin, options, "") };
    }
    serve_default(options, is_check)
}

/// Without a script: the default provider, in the user's data directory.
fn serve_default(options: &ServeOptions, is_check: bool) -> Result<(), String> {
    let home = Home::of_user();
    let failed = |error: std::io::Error| format!("{}: {error}", home.directory.display());
    if !is_check {
        home.create().map_err(failed)?;
    }
    let path = home.script();
    let origin = if path.exists() {
        Origin::file(&path.display().to_string(), options.preprocessor.as_deref())
    } else {
        let text = if is_check { home.script_to_check() } else { home.default_script() };
        Origin::Text { name: "default script".to_owned(), text: text.map_err(failed)? }
    };
    if is_check {
        return check(&origin, options, options.json, Some(home.database()));
    }
    home.make_database().map_err(|error| error.to_string())?;
    serve::run(&origin, options, &banner(&home, &origin))
}

fn banner(home: &Home, origin: &Origin) -> String {
    format!(
        "strowger {}\nscript     {}\ndatabase   {}\nto edit    strowger init DIR\nsubscriber strowger user add NAME\n",
        env!("CARGO_PKG_VERSION"),
        origin.name(),
        home.database().display(),
    )
}

fn check(origin: &Origin, options: &ServeOptions, as_json: bool, made: Option<PathBuf>) -> Result<(), String> {
    if commands::check::run(origin, options, as_json, made) { Ok(()) } else { Err(String::new()) }
}
