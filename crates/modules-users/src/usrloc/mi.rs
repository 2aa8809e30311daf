//! The management commands that look at contacts, and the one that writes what has changed.

use super::domain::Domain;
use super::flush::Flush;
use super::{Usrloc, mi_contact};
use bytes::Bytes;
use catalogue::CommandParam;
use module_api::{COMMAND, Command, Json, JsonMap, Management, MiError, MiFlow, MiReply, MiRun};
use std::sync::Arc;

pub const DUMP: Command = Command {
    name: "usrloc:dump",
    aliases: &["ul_dump"],
    about: "Shows all contacts; brief: only the addresses of record.",
    recipes: &[&[], &[CommandParam::str("brief")]],
    reply: "{Domains: [{name: s, hash_size: n, AORs: [{AOR: s, Contacts: [<contact>, …], KV-Store: s}, …]}, …]}",
    run: MiRun::Now(dump),
    ..COMMAND
};

pub const SHOW_CONTACT: Command = Command {
    name: "usrloc:show_contact",
    aliases: &["ul_show_contact"],
    about: "Shows the contacts of an address of record.",
    recipes: &[&[TABLE, AOR]],
    reply: "{AOR: s, Contacts: [<contact>, …], KV-Store: s}",
    run: MiRun::Wait(show_contact),
    ..COMMAND
};

pub const FLUSH: Command = Command {
    name: "usrloc:flush",
    aliases: &["ul_flush"],
    about: "Writes all changes to the database now.",
    run: MiRun::Wait(flush),
    ..COMMAND
};

pub const CLUSTER_SYNC: Command = Command {
    name: "usrloc:cluster_sync",
    aliases: &["ul_cluster_sync"],
    about: "Fetches contacts from another server of the cluster.",
    run: MiRun::Now(|_| Err(MiError::new(400, "Clustering not enabled"))),
    ..COMMAND
};

/// The parameter that names a table.
pub const TABLE: CommandParam = CommandParam::str("table_name");
/// The parameter that names an address of record.
pub const AOR: CommandParam = CommandParam::str("aor");

fn dump(management: &mut Management<'_>) -> MiReply {
    let usrloc = management.state::<Usrloc>()?;
    let is_brief = match management.params.opt_str("brief") {
        None => false,
        Some("brief") => true,
        Some(_) => return Err(MiError::invalid("the parameter can only be \"brief\"")),
    };
    let mut domains = Vec::new();
    for domain in usrloc.domains() {
        let mut records = Vec::new();
        for shard in 0..Domain::shard_count() {
            domain.each(shard, |record| {
                records.push(if is_brief {
                    let name: Json = String::from_utf8_lossy(record.aor()).into_owned().into();
                    Json::Object(JsonMap::from_iter([("AOR".to_owned(), name)]))
                } else {
                    mi_contact::record(usrloc, &management.env, record)
                });
            });
        }
        domains.push(Json::Object(JsonMap::from_iter([
            ("name".to_owned(), domain.name.clone().into()),
            ("hash_size".to_owned(), domain.slots().into()),
            ("AORs".to_owned(), Json::Array(records)),
        ])));
    }
    Ok(Json::Object(JsonMap::from_iter([("Domains".to_owned(), Json::Array(domains))])))
}

fn show_contact(management: &mut Management<'_>) -> MiFlow {
    let (usrloc, domain, aor) = match target(management) {
        Ok(target) => target,
        Err(error) => return MiFlow::Done(Err(error)),
    };
    let not_found = || Err(MiError::new(404, "AOR not found"));
    if usrloc.is_in_memory() {
        let env = &management.env;
        return MiFlow::Done(domain.read(&aor, |record| {
            record.map_or_else(not_found, |record| Ok(mi_contact::record(&usrloc, env, record)))
        }));
    }
    match usrloc.fetch(&domain, &aor) {
        Err(fault) => MiFlow::Done(Err(fault.into())),
        Ok(request) => MiFlow::wait(request, move |management, answer| {
            let env = &mut management.env;
            let record = answer.rows().map(|rows| usrloc.record(&aor, &rows, env));
            MiFlow::Done(match record {
                Err(fault) => Err(fault.into()),
                Ok(record) if record.contacts().is_empty() => not_found(),
                Ok(record) => Ok(mi_contact::record(&usrloc, env, &record)),
            })
        }),
    }
}

fn flush(management: &mut Management<'_>) -> MiFlow {
    let usrloc = match management.shared_state::<Usrloc>() {
        Ok(usrloc) => usrloc,
        Err(error) => return MiFlow::Done(Err(error)),
    };
    if !usrloc.config.layout().stored {
        return MiFlow::Done(Ok("OK".into()));
    }
    Flush::turn(usrloc, management, |turn, _, management| turn.write(management, |_, _| MiFlow::Done(Ok("OK".into()))))
}

/// The table that a command names.
///
/// # Errors
/// There is none of this name.
pub fn table(management: &Management<'_>) -> Result<(Arc<Usrloc>, Arc<Domain>), MiError> {
    let usrloc = management.shared_state::<Usrloc>()?;
    let name = management.params.str(TABLE.name)?;
    let domain = usrloc.known_domain(name.as_bytes()).ok_or_else(|| MiError::new(404, "Table not found"))?;
    Ok((usrloc, domain))
}

/// The table and address of record that a command names.
///
/// # Errors
/// There is no such table, or the domain is missing where it counts.
pub fn target(management: &Management<'_>) -> Result<(Arc<Usrloc>, Arc<Domain>, Bytes), MiError> {
    let (usrloc, domain) = table(management)?;
    let aor = management.params.str(AOR.name)?;
    let key = usrloc.aor_of_text(aor.as_bytes()).ok_or_else(|| MiError::new(400, "Domain missing in AOR"))?;
    Ok((usrloc, domain, key))
}
