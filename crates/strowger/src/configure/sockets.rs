//! The sockets of a script and of the command line: names, interfaces and port ranges made into addresses, which this
//! machine must have.

use super::{Configured, Ground};
use crate::cli::ServeOptions;
use bytes::Bytes;
use edge_net::{BindError, SocketOptions, addresses, is_to_be_had};
use module_api::{Params, Proto, SocketId, Sockets};
use modules_transport::{proto_tcp, proto_udp};
use script::ast::{self, Span};
use script::diagnostic::{Diagnostic, codes};
use script::globals::Globals;
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};

/// A socket to open.
pub struct Planned {
    /// Its number.
    pub id: SocketId,
    /// Its transport.
    pub proto: Proto,
    /// Its address.
    pub address: SocketAddr,
    /// How it is opened.
    pub options: SocketOptions,
    /// Where the script asks for it.
    place: Option<Span>,
}

/// All sockets: as modules see them, and as they are to be opened.
///
/// # Errors
/// Those that cannot be made into addresses, that this machine does not have, that are there twice.
pub fn plan(
    configured: &Configured,
    ground: &Ground,
    options: &ServeOptions,
) -> Result<(Sockets, Vec<Planned>), Vec<Diagnostic>> {
    let globals = &configured.globals;
    let loaded = loaded(configured, ground);
    let sockets = with_default_ports(configured, ground);
    let mut plan = Plan { sockets, planned: Vec::new(), errors: Vec::new(), globals, options, loaded };
    for (socket, place) in globals.sockets() {
        plan.add(socket, Some(place));
    }
    for text in &options.listen {
        plan.add_text(text);
    }
    if plan.planned.is_empty() && plan.errors.is_empty() {
        plan.add_text("udp:*");
    }
    plan.name();
    if plan.errors.is_empty() { Ok((plan.sockets, plan.planned)) } else { Err(plan.errors) }
}

/// The sockets whose transport nothing speaks, on whichever machine.
pub fn unspoken(configured: &Configured, ground: &Ground) -> Vec<Diagnostic> {
    let loaded = loaded(configured, ground);
    let wrong = configured.globals.sockets().filter_map(|(socket, place)| {
        let error = spoken(&loaded, &socket.proto).err()?;
        Some(error_at(Some(place), format!("socket {}:{}: {error}", socket.proto, socket.host)))
    });
    wrong.collect()
}

fn loaded<'a>(configured: &Configured, ground: &'a Ground) -> Vec<&'a str> {
    configured.loaded.iter().map(|id| ground.catalogue.module(*id).name).collect()
}

/// The names that sockets are written with: hosts and interfaces.
pub fn named(globals: &Globals) -> Vec<(Proto, String)> {
    named_sockets(globals).map(|(proto, host, _)| (proto, host.to_owned())).collect()
}

/// The same, and whether names below them are ours too.
fn named_sockets(globals: &Globals) -> impl Iterator<Item = (Proto, &str, bool)> {
    let sockets = globals.sockets().map(|(socket, _)| socket);
    let named = sockets
        .filter(|socket| socket.host.parse::<IpAddr>().is_err() && socket.host != "*" && !socket.host.starts_with('['));
    named.filter_map(|socket| {
        let subdomains = socket.options.iter().any(|(option, _)| option == "accept_subdomain");
        Some((Proto::of(socket.proto.as_bytes())?, socket.host.as_str(), subdomains))
    })
}

/// No sockets yet, but the ports that the transports' modules are told.
fn with_default_ports(configured: &Configured, ground: &Ground) -> Sockets {
    let mut sockets = Sockets::default();
    for (proto, module, param) in
        [(Proto::Udp, &proto_udp::MODULE, &proto_udp::UDP_PORT), (Proto::Tcp, &proto_tcp::MODULE, &proto_tcp::TCP_PORT)]
    {
        let port = Params::new(&configured.params_of(module.name, ground)).int(param);
        if let Ok(port) = u16::try_from(port) {
            sockets.set_default_port(proto, port);
        }
    }
    sockets
}

struct Plan<'a> {
    sockets: Sockets,
    planned: Vec<Planned>,
    errors: Vec<Diagnostic>,
    globals: &'a Globals,
    options: &'a ServeOptions,
    loaded: Vec<&'a str>,
}

impl Plan<'_> {
    fn add(&mut self, socket: &ast::Socket, place: Option<Span>) {
        self.add_shown(socket, place, &format!("socket {}:{}", socket.proto, socket.host));
    }

    fn add_shown(&mut self, socket: &ast::Socket, place: Option<Span>, shown: &str) {
        let proto = match spoken(&self.loaded, &socket.proto) {
            Ok(proto) => proto,
            Err(error) => return self.refuse(place, format!("{shown}: {error}")),
        };
        let unavailable = socket.options.iter().find(|(option, _)| option.ends_with("proxy_protocol"));
        if let Some((option, _)) = unavailable {
            return self.refuse(place, format!("{shown}: {option}: the PROXY protocol is not there yet"));
        }
        let hosts = match hosts(&socket.host) {
            Ok(hosts) => hosts,
            Err(error) => return self.refuse(place, format!("{shown}: {error}")),
        };
        let ports = if socket.ports.is_empty() {
            let port = self.sockets.default_port(proto);
            vec![(port, port)]
        } else {
            socket.ports.clone()
        };
        for host in hosts {
            if !is_to_be_had(host) {
                let address = SocketAddr::new(host, ports.first().map_or(0, |(port, _)| *port));
                let error = BindError { proto, address, error: ErrorKind::AddrNotAvailable.into() }.to_string();
                self.errors.push(error_at(place, error).help(ours()));
                continue;
            }
            for port in ports.iter().flat_map(|(first, last)| *first..=*last) {
                self.open(proto, SocketAddr::new(host, port), socket, place);
            }
        }
    }

    fn refuse(&mut self, place: Option<Span>, error: String) {
        self.errors.push(error_at(place, error));
    }

    /// `[proto:]address[:port]` of the command line.
    fn add_text(&mut self, text: &str) {
        let (proto, rest) = match text.split_once(':') {
            Some((proto, rest)) if Proto::of(proto.as_bytes()).is_some() => (proto, rest),
            _ => ("udp", text),
        };
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, port)) if !rest.ends_with(']') => (host, Some(port)),
            _ => (rest, None),
        };
        let shown = format!("-l {text}");
        // Where its last part is a port or belongs to the address, nobody can know.
        if host.contains(':') && !host.starts_with('[') {
            return self.refuse(None, format!("{shown}: an IPv6 address is written in brackets: -l udp:[::1]:5060"));
        }
        let ports = match port.map(str::parse::<u16>) {
            None => Vec::new(),
            Some(Ok(port)) if port > 0 => vec![(port, port)],
            Some(_) => return self.refuse(None, format!("{shown}: it is written [proto:]address[:port]")),
        };
        let socket = ast::Socket { proto: proto.to_owned(), host: host.to_owned(), ports, ..ast::Socket::default() };
        self.add_shown(&socket, None, &shown);
    }

    fn open(&mut self, proto: Proto, address: SocketAddr, socket: &ast::Socket, place: Option<Span>) {
        let shares = socket.options.iter().any(|(known, _)| known == "reuse_port");
        let taken = self.planned.iter().find(|other| other.proto == proto && collide(other.address, address));
        if let Some(other) = taken.filter(|other| !(shares && other.options.reuse_port)) {
            let error = error_at(place, format!("{}:{address} is there twice", proto.name()));
            let error = error.help("leave one of them out, or give it another port");
            self.errors.push(match other.place {
                Some(span) => error.note_at(span, format!("{}:{} is here", proto.name(), other.address)),
                None => error,
            });
            return;
        }
        let advertised = self.advertised(socket);
        let option = |name: &str| socket.options.iter().find(|(known, _)| known == name);
        let tag = socket.tag.clone().map(Bytes::from);
        let id = self.sockets.add(proto, address, advertised, tag, option("anycast").is_some());
        let tos = socket.tos.map_or_else(|| self.globals.int("tos"), i32::from);
        let receive_buffer = self.options.receive_buffer.and_then(|bytes| usize::try_from(bytes).ok());
        let options = SocketOptions {
            reuse_port: shares,
            tos: u32::try_from(tos).unwrap_or_default(),
            fragments: option("frag").is_some(),
            receive_buffer: receive_buffer
                .unwrap_or_else(|| usize::try_from(self.globals.int("maxbuffer")).unwrap_or_default()),
            backlog: self.globals.int("tcp_socket_backlog"),
            multicast_ttl: self.globals.optional_int("mcast_ttl").and_then(|ttl| u32::try_from(ttl).ok()),
            multicast_loopback: self.globals.is_on("mcast_loopback"),
        };
        self.planned.push(Planned { id, proto, address, options, place });
    }

    /// What stands in messages in place of the address: the socket's own, or what holds for all.
    fn advertised(&self, socket: &ast::Socket) -> Option<(Bytes, Option<u16>)> {
        if let Some((host, port)) = &socket.advertised {
            return Some((Bytes::from(host.clone()), *port));
        }
        let host =
            self.options.advertise.clone().or_else(|| self.globals.text("advertised_address").map(str::to_owned))?;
        let port = self.globals.optional_int("advertised_port").and_then(|port| u16::try_from(port).ok());
        Some((Bytes::from(host), port))
    }

    /// Our other names, and the bonds.
    fn name(&mut self) {
        for alias in self.globals.aliases() {
            let proto = alias.proto.and_then(|proto| Proto::of(proto.as_bytes()));
            self.sockets.add_alias(proto, alias.host.as_bytes(), alias.port, alias.accept_subdomain);
        }
        // A socket written by name answers to that name.
        for (proto, host, subdomains) in named_sockets(self.globals) {
            self.sockets.add_alias(Some(proto), host.as_bytes(), None, subdomains);
        }
        for (name, members, place) in self.globals.bonds() {
            let found: Vec<SocketId> = members
                .iter()
                .filter_map(|member| self.sockets.named(member.as_bytes()))
                .map(|socket| socket.id)
                .collect();
            if found.len() < members.len() {
                let error = format!("bond {name}: each member must be one of the sockets");
                self.errors.push(error_at(Some(place), error));
            }
            self.sockets.add_bond(name, found);
        }
    }
}

/// Whether two sockets cannot both be opened: all addresses are one of each.
fn collide(one: SocketAddr, other: SocketAddr) -> bool {
    let is_any = one.ip().is_unspecified() || other.ip().is_unspecified();
    one.port() == other.port() && one.is_ipv4() == other.is_ipv4() && (one.ip() == other.ip() || is_any)
}

fn error_at(place: Option<Span>, message: String) -> Diagnostic {
    match place {
        Some(span) => Diagnostic::error(codes::SOCKET_NOT_TO_BE_HAD, span, message),
        None => Diagnostic::error_without_place(codes::SOCKET_NOT_TO_BE_HAD, message),
    }
}

/// The addresses that would do.
fn ours() -> String {
    let ours: Vec<String> = addresses("*").iter().map(ToString::to_string).collect();
    format!("this machine has {}; `as` tells others another address", ours.join(", "))
}

/// The transports that are there.
fn transport(name: &str) -> Result<Proto, String> {
    match Proto::of(name.as_bytes()) {
        Some(proto @ (Proto::Udp | Proto::Tcp)) => Ok(proto),
        _ => Err(format!("the transport {name} is not there yet; udp and tcp are")),
    }
}

/// The transport of this name, if a module is loaded that speaks it.
fn spoken(loaded: &[&str], name: &str) -> Result<Proto, String> {
    let proto = transport(name)?;
    let module = format!("proto_{}", proto.name());
    if loaded.contains(&module.as_str()) {
        return Ok(proto);
    }
    Err(format!("nothing speaks {}: loadmodule \"{module}.so\" is missing", proto.name()))
}

/// The addresses of an address, host name, interface or `*`.
fn hosts(host: &str) -> Result<Vec<IpAddr>, String> {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    if let Ok(address) = bare.parse() {
        return Ok(vec![address]);
    }
    let of_interface = addresses(host);
    if !of_interface.is_empty() {
        return Ok(of_interface);
    }
    let named =
        (host, 0).to_socket_addrs().map_err(|error| format!("it is no address, interface or known name: {error}"))?;
    let mut named: Vec<IpAddr> = named.map(|address| address.ip()).collect();
    named.dedup();
    Ok(named)
}
