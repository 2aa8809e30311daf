//! The resolver made from the system's configuration, and made again when that changes.

use crate::options::Options;
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::op::Query;
use hickory_resolver::proto::rr::{Name, RecordType};
use hickory_resolver::{Hosts, TokioResolver};
use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

/// A resolver, and the state of the files it was made from.
pub(crate) struct Current {
    pub(crate) resolver: TokioResolver,
    /// What `/etc/hosts` says.
    pub(crate) hosts: Arc<Hosts>,
    stamps: Stamps,
    looked_at: Instant,
}

/// When each of the files was changed last.
type Stamps = [Option<SystemTime>; 2];

const FILES: [&str; 2] = ["/etc/resolv.conf", "/etc/hosts"];
/// How often the files are looked at.
const EVERY: Duration = Duration::from_secs(5);

impl Current {
    pub(crate) fn new(options: &Options) -> Result<Current, NetError> {
        let (config, opts) = options.with_system();
        let mut builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
        *builder.options_mut() = opts;
        let mut resolver = builder.build()?;
        let hosts = Arc::new(Hosts::from_system().unwrap_or_default());
        resolver.set_hosts(Arc::clone(&hosts));
        Ok(Current { resolver, hosts, stamps: stamps(), looked_at: Instant::now() })
    }

    /// Makes it again if a file has changed. What cannot be read, under another root directory, stays as it was.
    pub(crate) fn refresh(&mut self, options: &Options) {
        if self.looked_at.elapsed() < EVERY {
            return;
        }
        self.looked_at = Instant::now();
        let stamps = stamps();
        if stamps != self.stamps
            && stamps.iter().all(Option::is_some)
            && let Ok(new) = Current::new(options)
        {
            *self = new;
        }
    }

    /// Whether `/etc/hosts` has an address for the name.
    pub(crate) fn is_written_down(&self, name: &Name) -> bool {
        let has = |kind| self.hosts.lookup_static_host(&Query::query(name.clone(), kind)).is_some();
        has(RecordType::A) || has(RecordType::AAAA)
    }
}

fn stamps() -> Stamps {
    FILES.map(|path| fs::metadata(path).and_then(|known| known.modified()).ok())
}
