//! Whole flows over real sockets with real peers: SIPp, sipsak, baresip, the management client.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a flow that goes wrong fails its test")]

mod abuse;
mod call_records;
mod calls;
mod databases;
mod default_provider;
mod dialogs;
mod floods;
mod globals;
mod harness;
mod home;
mod location;
mod management;
mod messages;
mod numbers;
mod outside;
mod phones;
mod process;
mod records;
mod registration;
mod reloading;
mod retransmissions;
mod running;
mod slow_database;
mod stopping;
mod streams;
mod subscribers;
mod templates;
