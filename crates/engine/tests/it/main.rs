//! Whole flows in virtual time: phones and the proxy are values, the network is a list.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a flow that goes wrong fails its test")]

mod bounds;
mod breadth;
mod cancel;
mod clock;
mod crash;
mod dialect;
mod dialog_call;
mod dialog_checks;
mod dialog_contacts;
mod dialog_ends;
mod dialog_races;
mod dialogs;
mod endless;
mod events;
mod failover;
mod forking;
mod gates;
mod lifecycle;
mod local;
mod management;
mod matching;
mod names;
mod non_invite;
mod overload;
mod pushed;
mod relay;
mod reloading;
mod sockets;
mod stateless;
mod suspended;
mod suspended_calls;
mod text;
mod threads;
mod torture;
mod world;
