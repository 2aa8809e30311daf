//! `allow_trusted`: which senders are trusted, as scripts of 1.x ask it, from the table `trusted`.

use super::entry::{Transport, address_of};
use super::{DB_URL, PROTO_COL, Permissions};
use bytes::Bytes;
use catalogue::{Arg, CommandParam, Example, Param, ParamKind, Routes, Today, Value};
use module_api::sql::{Cell, Database, Query, Rows, Statement};
use module_api::{
    Args, COMMAND, Call, Command, FUNCTION, Fault, Flow, Function, Job, Json, JsonMap, Logger, Management, MiError,
    MiFlow, MiReply, MiRun, Operator, Proto, Run, Setup, StartError, VariableHandle, judge,
};
use posix_regex::Pattern;
use regex::bytes::Regex;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};

pub const ALLOW_TRUSTED: Function = Function {
    name: "allow_trusted",
    about: "Whether the table of trusted peers has an address with this transport and the URI of From.",
    args: &[
        Arg::str("src_ip", "The address, if not where the request came from.").judged(judge::address).optional(),
        Arg::str("proto", "The transport, if not the one that the request came by.")
            .judged(judge::transport)
            .optional(),
    ],
    routes: Routes::REQUEST.or(Routes::FAILURE),
    returns: &[(1, "it has"), (-1, "it has not, or an error, which is logged")],
    today: Some(|_| Today::Hint(TODAY.to_owned())),
    examples: &[Example { script: "allow_trusted(\"somewhere\", \"udp\")", message: "", returns: -1 }],
    run: Run::Wait(|call, args| allow_trusted(call, args).unwrap_or_else(|fault| Flow::Done(Err(fault)))),
    ..FUNCTION
};

pub const TRUSTED_RELOAD: Command = Command {
    name: "permissions:trusted_reload",
    aliases: &["trusted_reload"],
    about: "Reads the table of trusted peers again, where it is kept in memory.",
    run: MiRun::Wait(reload),
    ..COMMAND
};

pub const TRUSTED_DUMP: Command = Command {
    name: "permissions:trusted_dump",
    aliases: &["trusted_dump"],
    about: "Shows the trusted peers in memory.",
    recipes: NO_PARAMS,
    reply: "[{ip: s, proto: s, pattern: s, tag: s}, …]",
    run: MiRun::Now(dump),
    ..COMMAND
};

const NO_PARAMS: &[&[CommandParam]] = &[&[]];
const TODAY: &str = "check_source_address(0, $avp(tag), $fu), with the rows of trusted in the table address; patterns \
                     there are shell patterns";

pub const DB_MODE: Param = Param::int("db_mode", 0, "Whether allow_trusted() looks into memory, not into its table.")
    .within(0, 1)
    .today(TODAY);
pub const TRUSTED_TABLE: Param =
    Param::str("trusted_table", "trusted", "The table of trusted peers, for allow_trusted().").today(TODAY);
pub const SOURCE_COL: Param =
    Param::str("source_col", "src_ip", "The column of trusted peers' addresses.").today(TODAY);
pub const FROM_COL: Param =
    Param::str("from_col", "from_pattern", "The column of expressions that From must match.").today(TODAY);
pub const TAG_COL: Param = Param::str("tag_col", "tag", "The column of what peer_tag_avp gets.").today(TODAY);
pub const PEER_TAG_AVP: Param =
    Param::unset("peer_tag_avp", ParamKind::Str, "The variable that gets the tag of the peer found.").today(TODAY);

/// The table of trusted peers.
pub struct Trusted {
    /// Where it is; without a database nobody is trusted.
    table: Option<(Database, Arc<Statement>)>,
    /// What is in memory of it, where it is kept there.
    kept: Option<RwLock<Arc<Peers>>>,
    tag: Option<VariableHandle>,
}

/// Peers by address, those of one in the order of the table.
#[derive(Default)]
struct Peers(BTreeMap<IpAddr, Vec<Peer>>);

struct Peer {
    proto: Transport,
    /// What the URI of From must match, with its text.
    from: Option<(Bytes, Regex)>,
    tag: Option<Bytes>,
}

/// More rows than that are passed over: each may have an expression of its own.
const PEERS_MAX: usize = 10_000;

impl Trusted {
    /// As the parameters have it.
    ///
    /// # Errors
    /// The variable for the tag is none.
    pub fn new(setup: &mut Setup<'_>) -> Result<Trusted, StartError> {
        let is_kept = setup.params.is_on(&DB_MODE);
        let has_url = setup.params.is_set(&DB_URL) || setup.settings.db_default_url.is_some();
        let columns = [&SOURCE_COL, &PROTO_COL, &FROM_COL, &TAG_COL].map(|column| setup.params.text(column));
        let keys = if is_kept { &[][..] } else { &columns[..1] };
        let statement = Statement::select(setup.params.text(&TRUSTED_TABLE), &columns, keys, "");
        let table = if has_url { Some((setup.database(&DB_URL, &[])?, statement)) } else { None };
        Ok(Trusted { table, kept: is_kept.then(RwLock::default), tag: setup.variable(&PEER_TAG_AVP)? })
    }

    fn query(&self, cells: impl IntoIterator<Item = Cell>) -> Result<Query, Fault> {
        let (database, statement) =
            self.table.as_ref().ok_or(Fault::script("allow_trusted() has no database: set db_url"))?;
        Ok(Query::new(*database, statement, cells))
    }

    fn keep(&self, rows: &Rows, log: &Logger) {
        if let Some(kept) = &self.kept {
            *kept.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(Peers::read(rows, log));
        }
    }

    fn peers(&self) -> Option<Arc<Peers>> {
        Some(Arc::clone(&self.kept.as_ref()?.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl Peers {
    /// What the rows say; bad ones are reported.
    fn read(rows: &Rows, log: &Logger) -> Peers {
        let mut peers = Peers::default();
        for row in rows.rows.iter().take(PEERS_MAX) {
            let source = row.first().and_then(Cell::to_bytes).unwrap_or_default();
            match Peer::read(row) {
                Ok((ip, peer)) => peers.0.entry(ip).or_default().push(peer),
                Err(wrong) => {
                    let source = String::from_utf8_lossy(&source);
                    log.error(format!("trusted peers, row {source}: {wrong}; the row is passed over"));
                }
            }
        }
        if rows.rows.len() > PEERS_MAX {
            log.error(format!("there are more than {PEERS_MAX} trusted peers; the others are passed over"));
        }
        peers
    }

    fn find(&self, ip: IpAddr, proto: Option<Proto>, from: &[u8]) -> Option<&Peer> {
        self.0.get(&ip)?.iter().find(|peer| peer.proto.answers(proto) && peer.is_from(from))
    }
}

impl Peer {
    /// Reads address, transport, expression, tag.
    fn read(row: &[Cell]) -> Result<(IpAddr, Peer), String> {
        let text = |index: usize| row.get(index).and_then(Cell::to_bytes).filter(|text| !text.is_empty());
        let ip = address_of(&text(0).unwrap_or_default()).ok_or("it has no address")?;
        let proto = Transport::read(&text(1).unwrap_or_default()).ok_or("its transport is none")?;
        let compiled = text(2).map(|text| Pattern::default().compile(&text).map(|expression| (text, expression)));
        let from = compiled.transpose().map_err(|wrong| format!("its expression cannot be used: {wrong}"))?;
        Ok((ip, Peer { proto, from, tag: text(3) }))
    }

    fn is_from(&self, uri: &[u8]) -> bool {
        self.from.as_ref().is_none_or(|(_, expression)| expression.is_match(uri))
    }
}

fn allow_trusted(call: &mut Call<'_>, args: Args<'_>) -> Result<Flow, Fault> {
    let module = call.shared_state::<Permissions>()?;
    let source = &call.msg.source;
    let ip = match args.opt_str(0).filter(|ip| !ip.is_empty()) {
        Some(ip) => {
            address_of(ip).ok_or_else(|| Fault::script(format!("{} is no address", String::from_utf8_lossy(ip))))?
        }
        None => source.peer.ip(),
    };
    let proto = match args.opt_str(1).filter(|proto| !proto.is_empty()) {
        Some(proto) => super::check::proto(proto)?,
        None => Some(source.proto),
    };
    let from = call.msg.message.share(call.msg.message.from()?.uri);
    if let Some(peers) = module.trusted.peers() {
        return Ok(Flow::Done(trust(call, &module, peers.find(ip, proto, &from))));
    }
    let query = module.trusted.query([Cell::text(ip.to_string())])?;
    Ok(Flow::wait(query.into(), move |call, answer| {
        let peers = match answer.rows() {
            Ok(rows) => Peers::read(&rows, call.env.log()),
            Err(fault) => return Flow::Done(Err(fault)),
        };
        Flow::Done(trust(call, &module, peers.find(ip, proto, &from)))
    }))
}

fn trust(call: &mut Call<'_>, module: &Permissions, peer: Option<&Peer>) -> Result<i32, Fault> {
    let Some(peer) = peer else { return Ok(-1) };
    if let (Some(variable), Some(tag)) = (&module.trusted.tag, &peer.tag) {
        variable.write(call, Operator::Set, Value::Str(tag.clone()))?;
    }
    Ok(1)
}

/// Reads the table before the first message is accepted, where it is kept in memory.
pub fn load(module: Arc<Permissions>) -> Job {
    if module.trusted.kept.is_none() {
        return Job::DONE;
    }
    let query = match module.trusted.query([]) {
        Ok(query) => query,
        Err(fault) => return Job::Done(Err(fault)),
    };
    Job::wait(query.into(), move |env, answer| match answer.rows() {
        Ok(rows) => {
            module.trusted.keep(&rows, env.log());
            Job::DONE
        }
        Err(fault) => Job::Done(Err(not_loaded(&fault))),
    })
}

fn not_loaded(fault: &Fault) -> Fault {
    Fault::backend(format!("the trusted peers could not be loaded: {fault}"))
}

fn reload(management: &mut Management<'_>) -> MiFlow {
    let module = match management.shared_state::<Permissions>() {
        Ok(module) => module,
        Err(error) => return MiFlow::Done(Err(error)),
    };
    let failed = |fault: &Fault| MiError::new(400, "Trusted table reload failed").with(fault.text.clone());
    if module.trusted.kept.is_none() {
        return MiFlow::Done(Ok("OK".into()));
    }
    match module.trusted.query([]) {
        Ok(query) => MiFlow::wait(query.into(), move |management, answer| match answer.rows() {
            Ok(rows) => {
                module.trusted.keep(&rows, management.env.log());
                MiFlow::Done(Ok("OK".into()))
            }
            Err(fault) => MiFlow::Done(Err(failed(&not_loaded(&fault)))),
        }),
        Err(fault) => MiFlow::Done(Err(failed(&fault))),
    }
}

fn dump(management: &mut Management<'_>) -> MiReply {
    let module = management.state::<Permissions>()?;
    let peers = module.trusted.peers().unwrap_or_default();
    let text = |text: Option<&Bytes>| {
        Json::from(String::from_utf8_lossy(text.map(|text| &text[..]).unwrap_or_default()).into_owned())
    };
    let row = |(ip, peer): (&IpAddr, &Peer)| {
        Json::Object(JsonMap::from_iter([
            ("ip".to_owned(), Json::from(ip.to_string())),
            ("proto".to_owned(), Json::from(peer.proto.name())),
            ("pattern".to_owned(), text(peer.from.as_ref().map(|(text, _)| text))),
            ("tag".to_owned(), text(peer.tag.as_ref())),
        ]))
    };
    let all = peers.0.iter().flat_map(|(ip, peers)| peers.iter().map(move |peer| (ip, peer)));
    Ok(Json::Array(all.map(row).collect()))
}
