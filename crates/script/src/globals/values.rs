//! The values a script gives its global parameters, by name and type.

use super::process::idle_socket_option;
use super::{GlobalParam, find};
use crate::ast::{Blacklist, GlobalValue, Item, ScalingProfile, Script, Socket, Span, Spanned};
use catalogue::Default;

/// The global parameters of a script. What a script does not set has its default.
#[derive(Clone, Debug, std::default::Default)]
pub struct Globals {
    set: Vec<(&'static GlobalParam, Spanned<GlobalValue>)>,
}

impl Globals {
    /// Collects them; the parser has checked their values.
    pub fn new(script: &Script) -> Globals {
        let globals = script.items.iter().filter_map(|item| match item {
            Item::Global(global) => Some((find(&global.name.node)?, global.value.clone())),
            _ => None,
        });
        Globals { set: globals.collect() }
    }

    /// A number or boolean: of several settings the last one, as upstream has it. 0 where it is unset.
    pub fn int(&self, name: &str) -> i32 {
        self.optional_int(name).unwrap_or(0)
    }

    /// A number, if it is set or has a default.
    pub fn optional_int(&self, name: &str) -> Option<i32> {
        match self.last(name) {
            Some(GlobalValue::Int(number)) => Some(*number),
            Some(GlobalValue::Workers { count, .. }) => Some(*count),
            _ => match declaration(name)?.default {
                Default::Int(number) => Some(number),
                _ => None,
            },
        }
    }

    /// Whether a boolean is on.
    pub fn is_on(&self, name: &str) -> bool {
        self.int(name) != 0
    }

    /// A string or word, if it is set or has a default.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.last(name) {
            Some(GlobalValue::Str(text)) => Some(text),
            _ => match declaration(name)?.default {
                Default::Str(text) => Some(text),
                _ => None,
            },
        }
    }

    /// Where the setting that counts stands, if the script sets it.
    pub fn span(&self, name: &str) -> Option<Span> {
        self.set.iter().rev().find(|(param, _)| param.name == name).map(|(_, value)| value.span)
    }

    /// Whether the script sets it.
    pub fn is_set(&self, name: &str) -> bool {
        self.last(name).is_some()
    }

    /// The sockets with their places, in the order of the script.
    pub fn sockets(&self) -> impl Iterator<Item = (&Socket, Span)> {
        self.set.iter().filter_map(|(_, value)| match &value.node {
            GlobalValue::Socket(socket) => Some((socket, value.span)),
            _ => None,
        })
    }

    /// The bonds: name, members and place.
    pub fn bonds(&self) -> impl Iterator<Item = (&str, &[String], Span)> {
        self.set.iter().filter_map(|(_, value)| match &value.node {
            GlobalValue::Bond { name, members } => Some((name.as_str(), members.as_slice(), value.span)),
            _ => None,
        })
    }

    /// Our own names.
    pub fn aliases(&self) -> impl Iterator<Item = HostAlias<'_>> {
        self.set.iter().filter_map(|(_, value)| match &value.node {
            GlobalValue::HostAlias { proto, host, port, accept_subdomain } => {
                Some(HostAlias { proto: proto.as_deref(), host, port: *port, accept_subdomain: *accept_subdomain })
            }
            _ => None,
        })
    }

    /// The lists of forbidden destinations.
    pub fn blacklists(&self) -> impl Iterator<Item = (&Blacklist, Span)> {
        self.set.iter().filter_map(|(_, value)| match &value.node {
            GlobalValue::Blacklist(blacklist) => Some((blacklist, value.span)),
            _ => None,
        })
    }

    /// The scaling profiles.
    pub fn scaling_profiles(&self) -> impl Iterator<Item = &ScalingProfile> {
        self.set.iter().filter_map(|(_, value)| match &value.node {
            GlobalValue::ScalingProfile(profile) => Some(profile),
            _ => None,
        })
    }

    /// What the script sets to no effect here, and why.
    pub fn without_effect(&self) -> impl Iterator<Item = (&'static str, &'static str, Span)> {
        self.set.iter().flat_map(|(param, value)| {
            let whole = param.no_effect.map(|why| (param.name, why));
            let options = match &value.node {
                GlobalValue::Socket(socket) => socket.options.as_slice(),
                _ => &[],
            };
            let of_socket = options.iter().filter_map(|(option, _)| idle_socket_option(option));
            whole.into_iter().chain(of_socket).map(|(name, why)| (name, why, value.span))
        })
    }

    /// Everything that is set, in the order of the script.
    pub fn iter(&self) -> impl Iterator<Item = (&'static GlobalParam, &Spanned<GlobalValue>)> {
        self.set.iter().map(|(param, value)| (*param, value))
    }

    fn last(&self, name: &str) -> Option<&GlobalValue> {
        self.set.iter().rev().find(|(param, _)| param.name == name).map(|(_, value)| &value.node)
    }
}

/// A name of our own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostAlias<'a> {
    /// udp, tcp …, or none for any.
    pub proto: Option<&'a str>,
    /// The name or address.
    pub host: &'a str,
    /// The port, or none for any.
    pub port: Option<u16>,
    /// Whether names below it are ours too.
    pub accept_subdomain: bool,
}

/// A name that is asked for and not declared is a slip of ours.
fn declaration(name: &str) -> Option<&'static GlobalParam> {
    let found = find(name);
    debug_assert!(found.is_some(), "{name} is no global parameter");
    found
}
