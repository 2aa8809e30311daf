//! The management transports that modules ask for.

use super::outside::Outside;
use crate::configure::ManagementOptions;
use edge_mi::datagram::Datagrams;
use edge_mi::fifo::Fifo;
use edge_mi::http::{Http, MiRoot, Roots};
use edge_mi::{EdgeError, Handler};
use std::sync::Arc;
use tokio::runtime::Handle;

/// What runs of them.
#[derive(Default)]
pub struct Management {
    http: Option<Http>,
    /// The path of management on it.
    root: Option<String>,
    fifos: Vec<Fifo>,
    datagrams: Vec<Datagrams>,
}

impl Management {
    /// Starts them.
    ///
    /// # Errors
    /// An address or file cannot be had.
    pub fn start(
        options: ManagementOptions,
        outside: &Arc<Outside>,
        runtime: &Handle,
    ) -> Result<Management, EdgeError> {
        let mut management = Management::default();
        let services = outside.engine().services();
        let handler = handler(outside);
        if let Some((options, mi)) = options.http {
            let mut roots = Roots::default();
            if let Some(mi) = mi {
                let root = MiRoot::new(Arc::clone(&handler), mi.is_pretty, &options);
                roots.add(&mi.root, Arc::new(root));
                management.root = Some(mi.root);
            }
            let http = Http::start(runtime, options, roots, &services.statistics, &services.log);
            management.http = Some(http?);
        }
        if let Some(options) = options.datagram {
            let handler = Arc::clone(&handler);
            let datagrams = Datagrams::start(runtime, options, handler, &services.statistics, &services.log);
            management.datagrams.push(datagrams?);
        }
        if let Some(options) = options.fifo {
            let fifo = Fifo::start(runtime, options, handler, &services.statistics, &services.log);
            management.fifos.push(fifo?);
        }
        Ok(management)
    }

    /// Where management answers, a line each.
    pub fn summary(&self) -> String {
        let http = self.http.iter().map(|http| match &self.root {
            Some(root) => format!("management {}/{}\n", http.url(), root.trim_start_matches('/')),
            None => format!("web server {}\n", http.url()),
        });
        let datagrams = self.datagrams.iter().filter_map(Datagrams::address);
        http.chain(datagrams.map(|address| format!("management udp:{address}\n"))).collect()
    }

    /// Takes no more requests.
    pub fn stop(&self) {
        self.http.iter().for_each(Http::stop);
        self.fifos.iter().for_each(Fifo::stop);
        self.datagrams.iter().for_each(Datagrams::stop);
    }
}

fn handler(outside: &Arc<Outside>) -> Handler {
    let outside = Arc::clone(outside);
    Arc::new(move |request, reply| outside.manage(request, reply))
}
