//! What a module is, and what it can reach: the one crate that modules and engine share.
//!
//! A module is a [`Module`] constant: tables of declarations with the functions that run. It is made at start-up by
//! its `start`, which reads its parameters from a [`Setup`] and returns its state; there are no globals. What it can
//! reach while it runs is a [`Call`] (a message and everything decided about it) or, outside messages, an [`Env`].
//!
//! Invariants: nothing here opens a socket, reads a clock or draws a random number. Time comes in as [`Time`]; what
//! goes out (sends, questions to backends, events) is put into the [`Outbox`].

mod avps;
mod blacklists;
mod branch;
mod cache;
mod call;
mod core_events;
mod database_sets;
mod dialog;
mod env;
mod events;
mod exec;
mod fault;
mod flow;
mod gate;
mod hosts;
mod http;
mod journal;
mod json;
pub mod judge;
mod judging;
mod location;
mod log;
mod management;
mod module;
mod names;
mod notification;
mod operations;
mod outbox;
mod process;
mod record_route;
mod records;
mod reports;
mod request;
mod resolve;
mod routing;
mod script_trace;
mod services;
mod settings;
mod setup;
mod sockets;
pub mod sql;
mod statistics;
mod time;
mod transaction;
mod variable;
mod wall;

pub use avps::{Avps, Vars};
pub use blacklists::{
    BlacklistError, Blacklists, List as Blacklist, ListFlags as BlacklistFlags, Net, Rule as BlacklistRule, Target,
};
pub use branch::{BRANCHES_MAX, Branch, Branches, Q};
pub use cache::{CacheOperation, CacheReply, KeyValueStore};
pub use call::{ArgValue, Args, Call};
pub use core_events::{LOG_LINE, TCP_DISCONNECT, THRESHOLD};
pub use database_sets::{DatabaseSet, SetMember, SetMode};
pub use dialog::{
    DialogAnswer, DialogEvent, DialogHandle, DialogHook, DialogLeg, DialogOf, DialogState, DialogTimes, Dialogs,
    Direction,
};
pub use env::Env;
pub use events::{EventTransport, Events, PublishedEvent, SubscribeError, Subscriber};
pub use exec::{Program, ProgramOutput};
pub use fault::{Fault, Outcome, Whose};
pub use flow::{Flow, Job, Then, ThenJob};
pub use gate::{Arriving, Gate, RouteEnd, Step as GateStep, ThenStep};
pub use hosts::Hosts;
pub use http::{HttpFailure, HttpRequest, HttpResponse};
pub use journal::{JournalStep, Journaled};
pub use json::{Json, JsonMap};
pub use judging::{Judging, Refusal, UnknownName};
pub use location::{ContactKey, ContactView, Location};
pub use log::{Level, LevelCell, LogConsumer, LogConsumers, LogSink, Logger};
pub use management::{Commanded, Management, MiError, MiFlow, MiParams, MiReply, ThenCommanded, ThenMi};
pub use module::{
    COMMAND, Command, FUNCTION, Function, MiRun, Module, PassedConstant, Run, StartError, State, Transformation,
    TransformationRun, VARIABLE, Variable, VariableRun, WriteVariable,
};
pub use names::{FlagTables, Interned};
pub use notification::{Notification, Way};
pub use operations::{Created, Found, NewRequest, Operations, RelayOptions, ReplyContent, WhenAnswered, WhenHeard};
pub use outbox::{Listeners, Outbox, Raised, Send as Sending, Waiting};
pub use process::{Connection, ConnectionName, LoadPeriod, Memory, Process, Proxied, Task, Unknown as UnknownProcess};
pub use record_route::{RecordRoute, SentBy};
pub use records::{DnsRecord, Naptr, RecordKind, RecordsQuestion};
pub use reports::{Identifier, MAIN, Report, STATUS_CHANGED, StatusReports};
pub use request::{Answer, Request};
pub use resolve::{Destination, Question, Resolved};
pub use routing::{Armed, Extensions, Kind, ReplyExtras, RouteSet, Routing, Source, ViaHandling};
pub use script_trace::ScriptTrace;
pub use services::Services;
pub use settings::Settings;
pub use setup::{Compiler, DatabaseWish, ParamSetting, Params, Setup, StartJob, TimerJob, Wishes};
pub use sockets::{Proto, Socket, SocketId, Sockets};
pub use statistics::{Counter, Entry as StatisticEntry, Statistics};
pub use time::Time;
pub use transaction::{Hook, HookEvent, TransactionBranch, TransactionHandle, TransactionSettings};
pub use variable::{FormatAccess, FormatHandle, Index, Operator, VariableAccess, VariableHandle, VariableName, Where};
pub use wall::Wall;
