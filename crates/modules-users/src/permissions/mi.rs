//! The management commands: reading addresses again, showing them, and asking the files.

use super::addresses::Addresses;
use super::entry::{Entry, mask_of};
use super::files::NAME_BYTES_MAX;
use super::uris::written;
use super::{Permissions, partition::Partition};
use catalogue::CommandParam;
use module_api::{COMMAND, Command, Json, JsonMap, Management, MiError, MiFlow, MiReply, MiRun};
use std::sync::Arc;

pub const ADDRESS_RELOAD: Command = Command {
    name: "permissions:address_reload",
    aliases: &["address_reload"],
    about: "Reads the tables of addresses again, or that of one partition.",
    recipes: &[&[], &[PARTITION]],
    run: MiRun::Wait(reload),
    ..COMMAND
};

pub const ADDRESS_DUMP: Command = Command {
    name: "permissions:address_dump",
    aliases: &["address_dump"],
    about: "Shows the addresses in memory.",
    recipes: &[&[], &[PARTITION]],
    reply: DUMPED,
    run: MiRun::Now(|management| dump(management, true)),
    ..COMMAND
};

pub const SUBNET_DUMP: Command = Command {
    name: "permissions:subnet_dump",
    aliases: &["subnet_dump"],
    about: "Shows the subnets in memory.",
    recipes: &[&[], &[PARTITION]],
    reply: DUMPED,
    run: MiRun::Now(|management| dump(management, false)),
    ..COMMAND
};

pub const ALLOW_URI: Command = Command {
    name: "permissions:allow_uri",
    aliases: &["allow_uri"],
    about: "Whether the files that the script uses let a URI reach a contact.",
    recipes: &[&[CommandParam::str("basename"), CommandParam::str("uri"), CommandParam::str("contact")]],
    run: MiRun::Now(allow_uri),
    ..COMMAND
};

const PARTITION: CommandParam = CommandParam::str("partition");
const DUMPED: &str = "all: {Partitions: [{name: s, Destinations: [<adr>, …]}, …]}; one: {part: s, Destinations: \
                      [<adr>, …]}; <adr> = {grp: n, ip: s, mask: s, port: n, proto: s, pattern: s, context_info: s}";

fn no_such_partition() -> MiError {
    MiError::new(404, "No such partition")
}

fn reload(management: &mut Management<'_>) -> MiFlow {
    let module = match management.shared_state::<Permissions>() {
        Ok(module) => module,
        Err(error) => return MiFlow::Done(Err(error)),
    };
    let Some(wanted) = management.params.opt_str("partition") else {
        let all = (0..module.partitions.len()).rev().collect();
        return read(module, all);
    };
    match module.partitions.iter().position(|partition| partition.name == wanted) {
        Some(position) => read(module, vec![position]),
        None => MiFlow::Done(Err(no_such_partition())),
    }
}

/// Reads these partitions, the last of the list first. Where one cannot be read, what is in memory stays.
fn read(module: Arc<Permissions>, mut left: Vec<usize>) -> MiFlow {
    let Some(partition) = left.pop().and_then(|position| module.partitions.get(position).map(|_| position)) else {
        return MiFlow::Done(Ok("OK".into()));
    };
    let Some(query) = module.partitions.get(partition).map(Partition::query) else {
        return MiFlow::Done(Ok("OK".into()));
    };
    MiFlow::wait(query.into(), move |management, answer| {
        let Some(partition) = module.partitions.get(partition) else { return MiFlow::Done(Ok("OK".into())) };
        match answer.rows() {
            Ok(rows) => partition.take(&rows, management.env.log()),
            // The word is upstream's, which clients may compare.
            Err(fault) => {
                return MiFlow::Done(Err(MiError::new(500, "Failed to reolad").with(partition.failed(&fault).text)));
            }
        }
        read(module, left)
    })
}

fn dump(management: &mut Management<'_>, exact: bool) -> MiReply {
    let module = management.state::<Permissions>()?;
    let shown = |key: &str, partition: &Partition| {
        let addresses: Arc<Addresses> = partition.addresses();
        let rows = addresses.iter().filter(|entry| entry.is_exact() == exact).map(row);
        Json::Object(JsonMap::from_iter([
            (key.to_owned(), Json::from(partition.name.clone())),
            ("Destinations".to_owned(), Json::Array(rows.collect())),
        ]))
    };
    let Some(wanted) = management.params.opt_str("partition") else {
        let all = module.partitions.iter().map(|partition| shown("name", partition)).collect();
        return Ok(Json::Object(JsonMap::from_iter([("Partitions".to_owned(), Json::Array(all))])));
    };
    let found = module.partitions.iter().find(|partition| partition.name == wanted);
    found.map(|partition| shown("part", partition)).ok_or_else(no_such_partition)
}

fn row(entry: &Entry) -> Json {
    let text = |text: &Option<bytes::Bytes>| {
        Json::from(String::from_utf8_lossy(text.as_deref().unwrap_or_default()).into_owned())
    };
    let mask = if entry.is_exact() { entry.mask.to_string() } else { mask_of(entry.ip, entry.mask).to_string() };
    Json::Object(JsonMap::from_iter([
        ("grp".to_owned(), Json::from(entry.group)),
        ("ip".to_owned(), Json::from(entry.ip.to_string())),
        ("mask".to_owned(), Json::from(mask)),
        ("port".to_owned(), Json::from(entry.port)),
        ("proto".to_owned(), Json::from(entry.proto.name())),
        ("pattern".to_owned(), text(&entry.pattern)),
        ("context_info".to_owned(), text(&entry.info)),
    ]))
}

fn allow_uri(management: &mut Management<'_>) -> MiReply {
    let module = management.state::<Permissions>()?;
    let params = &management.params;
    let (base, uri, contact) = (params.str("basename")?, params.str("uri")?, params.str("contact")?);
    if base.is_empty() {
        return Err(MiError::new(404, "Basename is empty"));
    }
    for (name, text) in [("Basename", base), ("URI", uri), ("Contact", contact)] {
        if text.len() > NAME_BYTES_MAX {
            return Err(MiError::new(404, format!("{name} is too long")));
        }
    }
    let forbidden = |why: &str| MiError::new(403, "Forbidden").with(why);
    let files = module.files.pair(&Some(base.to_owned())).ok_or_else(|| forbidden("the script uses no such files"))?;
    let (uri, contact) = (written(uri.as_bytes())?, written(contact.as_bytes())?);
    if files.allows(&uri, std::iter::once(&contact)) { Ok("OK".into()) } else { Err(forbidden("the files deny it")) }
}
