//! The management commands: reading the table again, and showing what is in memory.

use super::Domains;
use super::cache::Cache;
use module_api::sql::Query;
use module_api::{COMMAND, Command, Json, JsonMap, Management, MiError, MiFlow, MiReply, MiRun};

pub const RELOAD: Command = Command {
    name: "domain:reload",
    aliases: &["domain_reload"],
    about: "Reads the table of domains again.",
    run: MiRun::Wait(reload),
    ..COMMAND
};

pub const DUMP: Command = Command {
    name: "domain:dump",
    aliases: &["domain_dump"],
    about: "Shows the domains in memory.",
    reply: "{Domains: [{name: s, attributes: s}, …]}",
    run: MiRun::Now(dump),
    ..COMMAND
};

fn disabled() -> MiError {
    MiError::new(500, "DB is disabled (db_mode=0)")
}

fn reload(management: &mut Management<'_>) -> MiFlow {
    let module = match management.shared_state::<Domains>() {
        Ok(module) if module.cache.is_some() => module,
        Ok(_) => return MiFlow::Done(Err(disabled())),
        Err(error) => return MiFlow::Done(Err(error)),
    };
    let query = Query::new(module.database, &module.load, []);
    MiFlow::wait(query.into(), move |management, answer| match answer.rows() {
        Ok(rows) => {
            module.replace(Cache::read(&rows, &module.table, &module.columns, management.env.log()));
            MiFlow::Done(Ok("OK".into()))
        }
        // What is in memory stays.
        Err(fault) => MiFlow::Done(Err(MiError::new(500, "Domain table reload failed").with(fault.text))),
    })
}

fn dump(management: &mut Management<'_>) -> MiReply {
    let cache = management.state::<Domains>()?.cached().ok_or_else(disabled)?;
    let text = |bytes: &[u8]| Json::from(String::from_utf8_lossy(bytes).into_owned());
    let domains = cache.iter().map(|entry| {
        let attributes = text(entry.attrs.as_deref().unwrap_or_default());
        Json::Object(JsonMap::from_iter([
            ("name".to_owned(), text(&entry.name)),
            ("attributes".to_owned(), attributes),
        ]))
    });
    Ok(Json::Object(JsonMap::from_iter([("Domains".to_owned(), Json::Array(domains.collect()))])))
}
