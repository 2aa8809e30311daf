//! The command line: upstream's options, and commands of our own.

use clap::{ArgAction, Args, Parser, Subcommand};
use script::hostname::{SHAPE, is_host};
use std::net::SocketAddr;
use std::path::PathBuf;

/// A SIP server that runs OpenSIPS scripts. Without arguments it is a working provider on embedded defaults.
#[derive(Debug, Parser)]
#[command(name = "strowger", disable_version_flag = true, args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// What to do instead of serving.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// How to serve.
    #[command(flatten)]
    pub serve: ServeOptions,
}

/// Upstream's options. Those that size memory or processes are accepted and change nothing.
#[derive(Args, Clone, Debug, Default)]
pub struct ServeOptions {
    /// The script; `-` reads standard input.
    #[arg(short = 'f', value_name = "FILE")]
    pub script: Option<String>,
    /// Check the script and exit.
    #[arg(short = 'c', action = ArgAction::Count)]
    pub check: u8,
    /// Check the script with its routes and exit.
    #[arg(short = 'C', action = ArgAction::Count)]
    pub check_routes: u8,
    /// With -C: the messages as JSON.
    #[arg(long)]
    pub json: bool,
    /// With -C: the script is to run on another machine.
    #[arg(long)]
    pub elsewhere: bool,
    /// Listen here too: an address, or proto:address:port.
    #[arg(short = 'l', value_name = "SOCKET")]
    pub listen: Vec<String>,
    /// Pipe the script through this command first (m4).
    #[arg(short = 'p', value_name = "COMMAND")]
    pub preprocessor: Option<String>,
    /// A value for `$argv(name)`.
    #[arg(short = 'o', value_name = "NAME=VALUE", value_parser = definition)]
    pub define: Vec<(String, String)>,
    /// Print the version and exit.
    #[arg(short = 'V', long = "version")]
    pub version: bool,
    /// More log lines; may be repeated.
    #[arg(short = 'd', action = ArgAction::Count)]
    pub debug: u8,
    /// Debug mode: foreground, everything to stderr.
    #[arg(short = 'D', action = ArgAction::Count)]
    pub debug_mode: u8,
    /// Stay in the foreground (always so; supervisors and containers want it).
    #[arg(short = 'F', action = ArgAction::Count)]
    pub foreground: u8,
    /// Log to stderr too, whatever the script says.
    #[arg(short = 'E', action = ArgAction::Count)]
    pub log_to_stderr: u8,
    /// The address to put into Via and Record-Route.
    #[arg(short = 'A', value_name = "ADDRESS", value_parser = host)]
    pub advertise: Option<String>,
    /// Write the process number to this file.
    #[arg(short = 'P', value_name = "FILE")]
    pub pid_file: Option<PathBuf>,
    /// Write the process group's number to this file.
    #[arg(short = 'G', value_name = "FILE")]
    pub group_file: Option<PathBuf>,
    /// The working directory.
    #[arg(short = 'w', value_name = "DIR")]
    pub working_directory: Option<PathBuf>,
    /// Change the root directory.
    #[arg(short = 't', value_name = "DIR")]
    pub root: Option<PathBuf>,
    /// Run as this user.
    #[arg(short = 'u', value_name = "USER")]
    pub user: Option<String>,
    /// Run as this group.
    #[arg(short = 'g', value_name = "GROUP")]
    pub group: Option<String>,
    /// Check the top Via of replies.
    #[arg(short = 'v', action = ArgAction::Count)]
    pub check_via: u8,
    /// The largest receive buffer to probe for, in bytes.
    #[arg(short = 'b', value_name = "BYTES")]
    pub receive_buffer: Option<u32>,
    /// Add no `received` to a Via by name where that name leads to who sent it.
    #[arg(short = 'r', action = ArgAction::Count)]
    pub dns: u8,
    /// Nor where the sender's address has that name.
    #[arg(short = 'R', action = ArgAction::Count)]
    pub reverse_dns: u8,
    /// Ask this name server, in place of the system's.
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub name_server: Vec<SocketAddr>,
    #[command(flatten)]
    sizing: SizingOptions,
}

impl ServeOptions {
    /// Whether the script is only checked.
    pub fn is_check(&self) -> bool {
        self.check > 0 || self.check_routes > 0
    }

    /// Whether a server is wanted.
    pub fn serves(&self) -> bool {
        !self.version && !self.is_check()
    }

    /// For a check: values for `$argv(name)`, and whether the script is for another machine.
    pub fn of_check(define: Vec<(String, String)>, elsewhere: bool) -> ServeOptions {
        ServeOptions { define, elsewhere, ..ServeOptions::default() }
    }
}

/// Options that only size upstream's processes and memory, or name what it links with.
#[derive(Args, Clone, Debug, Default)]
#[allow(dead_code, reason = "accepted so that start scripts run unchanged; they have no effect")]
struct SizingOptions {
    /// No effect: memory follows load.
    #[arg(short = 'm', value_name = "MB", hide_short_help = true)]
    shared_memory: Option<u64>,
    /// No effect: memory follows load.
    #[arg(short = 'M', value_name = "MB", hide_short_help = true)]
    private_memory: Option<u64>,
    /// No effect: threads follow the processors, and nothing waits in them.
    #[arg(short = 'n', value_name = "N", hide_short_help = true)]
    udp_workers: Option<u16>,
    /// No effect: each connection is a task of its own.
    #[arg(short = 'N', value_name = "N", hide_short_help = true)]
    tcp_workers: Option<u16>,
    /// No effect.
    #[arg(short = 'a', value_name = "ALLOCATOR", hide_short_help = true)]
    allocator: Option<String>,
    /// No effect.
    #[arg(short = 'k', value_name = "ALLOCATOR", hide_short_help = true)]
    private_allocator: Option<String>,
    /// No effect.
    #[arg(short = 's', value_name = "ALLOCATOR", hide_short_help = true)]
    shared_allocator: Option<String>,
    /// No effect.
    #[arg(short = 'e', value_name = "ALLOCATOR", hide_short_help = true)]
    persistent_allocator: Option<String>,
    /// No effect: the best method of the system is used.
    #[arg(short = 'W', value_name = "METHOD", hide_short_help = true)]
    poll_method: Option<String>,
    /// No effect: modules are inside.
    #[arg(short = 'i', action = ArgAction::Count, hide_short_help = true)]
    ignore_revision: u8,
}

/// What else the program does.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check a script: every error and warning, each with its place.
    Check {
        /// The script.
        file: String,
        /// As JSON.
        #[arg(long)]
        json: bool,
        /// Pipe the script through this command first (m4).
        #[arg(short = 'p', value_name = "COMMAND")]
        preprocessor: Option<String>,
        /// A value for `$argv(name)`.
        #[arg(short = 'o', value_name = "NAME=VALUE", value_parser = definition)]
        define: Vec<(String, String)>,
        /// It is to run on another machine: do not look for its addresses and databases on this one.
        #[arg(long)]
        elsewhere: bool,
    },
    /// Write script and database of the default provider into a directory, for editing.
    Init {
        /// Where.
        directory: PathBuf,
    },
    /// Subscribers.
    User {
        /// The database; the default provider's if not given.
        #[arg(long, value_name = "URL")]
        db: Option<String>,
        /// What to do.
        #[command(subcommand)]
        action: UserAction,
    },
    /// Databases.
    Db {
        /// What to do.
        #[command(subcommand)]
        action: DbAction,
    },
    /// Registered contacts, of a running server.
    Ul {
        /// Only this address of record.
        aor: Option<String>,
        #[command(flatten)]
        client: ClientOptions,
    },
    /// Calls under way, of a running server.
    Calls {
        /// End this one.
        #[arg(long, value_name = "ID")]
        end: Option<String>,
        #[command(flatten)]
        client: ClientOptions,
    },
    /// Records of calls, the newest first.
    Cdr(CdrOptions),
    /// Run a management command on a running server.
    Mi {
        #[command(flatten)]
        client: ClientOptions,
        /// The command: `version`, `usrloc:dump` …
        command: String,
        /// Its parameters: values in order, or NAME=VALUE.
        params: Vec<String>,
    },
    /// The modules there are.
    Modules {
        /// With all they offer, as JSON.
        #[arg(long)]
        json: bool,
    },
    /// What a function, parameter, variable, command, statistic or module is for.
    Doc {
        /// Its name.
        name: Option<String>,
        /// Write the whole reference into this directory.
        #[arg(long, value_name = "DIR")]
        all: Option<PathBuf>,
    },
}

/// How to reach a running server's management.
#[derive(Args, Clone, Debug)]
pub struct ClientOptions {
    /// The address of its `mi_http`.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8888/mi", env = "STROWGER_MI")]
    pub url: String,
    /// Whom to trust besides the system's authorities, where the address is an https:// one: certificates in PEM.
    #[arg(long, value_name = "FILE", env = "STROWGER_MI_CA")]
    pub ca: Option<PathBuf>,
}

/// What to do with databases.
#[derive(Debug, Subcommand)]
pub enum DbAction {
    /// Make a database with all tables, or add what one lacks.
    Create {
        /// Its URL: `sqlite:///path`, `postgres://user:password@host/database`, `mysql://user:password@host/database`.
        url: String,
    },
    /// Bring up to date what is there, and make no new tables.
    Migrate {
        /// Its URL.
        url: String,
    },
    /// Say which version each table has.
    Version {
        /// Its URL.
        url: String,
    },
    /// Copy all rows into another database, of whichever engine, whose tables are made if they are missing.
    Copy {
        /// The URL of the database to read.
        from: String,
        /// The URL of the database to write.
        to: String,
        /// Go on with a copy that was interrupted: tables may hold what it has written.
        #[arg(long)]
        resume: bool,
    },
}

/// What to do with subscribers.
#[derive(Debug, Subcommand)]
pub enum UserAction {
    /// Add a subscriber; prints a password if none is given.
    Add {
        /// `name` or `name@domain`.
        name: String,
        /// The password; `-` reads it from standard input.
        #[arg(long)]
        password: Option<String>,
        /// The realm that phones are asked for, if not the domain.
        #[arg(long)]
        realm: Option<String>,
        /// Keep the password itself too: scripts with `calculate_ha1` need it.
        #[arg(long)]
        plain: bool,
    },
    /// Change a password.
    Passwd {
        /// `name` or `name@domain`.
        name: String,
        /// The password; `-` reads it from standard input.
        #[arg(long)]
        password: Option<String>,
        /// The realm that phones are asked for, if not the domain.
        #[arg(long)]
        realm: Option<String>,
        /// Keep the password itself too: scripts with `calculate_ha1` need it.
        #[arg(long)]
        plain: bool,
    },
    /// List subscribers.
    List,
    /// Remove a subscriber, with aliases, groups and limit.
    Rm {
        /// `name` or `name@domain`.
        name: String,
    },
    /// Show a subscriber's aliases, groups and limit.
    Show {
        /// `name` or `name@domain`.
        name: String,
    },
    /// Other names of a subscriber: numbers, for one.
    Alias {
        /// What to do.
        #[command(subcommand)]
        action: AliasAction,
    },
    /// What groups a subscriber is in.
    Group {
        /// What to do.
        #[command(subcommand)]
        action: GroupAction,
    },
    /// Say how many calls at once a subscriber may have.
    Limit {
        /// `name` or `name@domain`.
        name: String,
        /// How many, or `none`: as many as the script allows everybody.
        #[arg(value_name = "CALLS|none", value_parser = call_limit)]
        calls: CallLimit,
    },
}

/// What to do with aliases.
#[derive(Debug, Subcommand)]
pub enum AliasAction {
    /// Add one.
    Add {
        /// The subscriber: `name` or `name@domain`.
        name: String,
        /// The other name.
        alias: String,
    },
    /// Remove one.
    Rm {
        /// The alias.
        alias: String,
    },
}

/// What to do with groups.
#[derive(Debug, Subcommand)]
pub enum GroupAction {
    /// Put a subscriber into one.
    Add {
        /// The subscriber: `name` or `name@domain`.
        name: String,
        /// The group.
        group: String,
    },
    /// Take a subscriber out of one.
    Rm {
        /// The subscriber: `name` or `name@domain`.
        name: String,
        /// The group.
        group: String,
    },
}

/// How many calls at once; `None` leaves it to the script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallLimit(pub Option<u32>);

fn call_limit(text: &str) -> Result<CallLimit, String> {
    match text {
        "none" => Ok(CallLimit(None)),
        number => number.parse().map(|calls| CallLimit(Some(calls))).map_err(|_| "it is a number, or none".to_owned()),
    }
}

/// Which records of calls.
#[derive(Args, Clone, Debug, Default)]
pub struct CdrOptions {
    /// The database; the default provider's if not given.
    #[arg(long, value_name = "URL")]
    pub db: Option<String>,
    /// Calls that this user made or got (columns `caller` and `callee`).
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// Calls recorded then or later: `2026-11-28`, or `"2026-11-28 09:30"`.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub since: Option<i64>,
    /// Calls recorded before then.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub until: Option<i64>,
    /// Calls with this value in a column: `sip_code=200`. May be repeated.
    #[arg(long = "where", value_name = "COLUMN=VALUE", value_parser = definition)]
    pub filters: Vec<(String, String)>,
    /// Missed calls.
    #[arg(long)]
    pub missed: bool,
    /// How many at most, the newest.
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub last: u32,
    /// All of them.
    #[arg(long, conflicts_with = "last")]
    pub all: bool,
    /// As comma-separated values, with all columns.
    #[arg(long)]
    pub csv: bool,
}

/// A moment by the local clock: a day, or a day and a time.
fn moment(text: &str) -> Result<i64, String> {
    let form = match text.trim().len() {
        10 => format!("{text} 00:00:00"),
        16 => format!("{text}:00"),
        _ => text.to_owned(),
    };
    edge_sql::datetime::parse(form.trim())
        .filter(|_| form.trim().len() == 19)
        .ok_or_else(|| "it is written 2026-11-28, or \"2026-11-28 09:30\"".to_owned())
}

/// `NAME=VALUE` of `-o`.
fn definition(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("it is written NAME=VALUE".to_owned()),
    }
}

/// What stands for us in messages.
fn host(text: &str) -> Result<String, String> {
    if is_host(text) { Ok(text.to_owned()) } else { Err(format!("it is {SHAPE}")) }
}

#[cfg(test)]
mod tests {
    use super::Cli;
    use clap::{CommandFactory, Parser};

    fn parse(line: &str) -> Result<Cli, String> {
        Cli::try_parse_from(std::iter::once("strowger").chain(line.split_whitespace()))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn options_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn start_scripts_of_opensips_run_unchanged() {
        for line in [
            "-f - -c",
            "-C -f x.cfg --json",
            "-f x.cfg -l udp:127.0.0.1:5060 -l 127.0.0.1 -n 4 -N 4 -m 64 -M 8",
            "-f x.cfg -r -R -v -d -dd -D -F -E -i -W epoll -b 262144",
            "-a F_MALLOC -k HP_MALLOC -s Q_MALLOC -e F_MALLOC",
            "-w /tmp -t / -u opensips -g opensips -P /run/x.pid -G /run/x.pgid",
            "-p /usr/bin/m4 -o gateway=192.0.2.1 -o empty= -A sip.example.com",
            "-FE",
            "-V",
        ] {
            assert!(parse(line).is_ok(), "{line}: {:?}", parse(line).err());
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for line in [
            "-A x;y=<z>",
            "-A sip.example.com:5080",
            "-A [::1",
            "-m lots",
            "-n -1",
            "-b many",
            "-o nonsense",
            "-f",
            "--nonsense",
            "nonsense",
            "check",
            "-f a -f b",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
