//! The management transports that modules ask for.

use super::outside::Outside;
use edge_mi::datagram::{DatagramOptions, Datagrams};
use edge_mi::fifo::{Fifo, FifoOptions};
use edge_mi::http::{Http, HttpOptions, MiRoot, Roots};
use edge_mi::{EdgeParams, Handler};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::runtime::Handle;

/// What runs of them.
#[derive(Default)]
pub struct Management {
    http: Option<Http>,
    fifos: Vec<Fifo>,
    datagrams: Vec<Datagrams>,
}

/// Edges as modules asked for them: name and parameters.
pub type Wanted = Vec<(&'static str, BTreeMap<&'static str, String>)>;

impl Management {
    /// Starts them.
    ///
    /// # Errors
    /// A parameter is wrong, or an address or file cannot be had.
    pub fn start(wanted: &Wanted, outside: &Arc<Outside>, runtime: &Handle) -> Result<Management, String> {
        let mut management = Management::default();
        let services = outside.engine().services();
        let handler = handler(outside);
        let of = |name: &str| {
            wanted.iter().find(|(known, _)| *known == name).map(|(known, params)| EdgeParams::new(known, params))
        };
        if let Some(params) = of("httpd") {
            let options = HttpOptions::new(params).map_err(|error| error.to_string())?;
            let mut roots = Roots::default();
            if let Some(mi) = of("mi_http") {
                let pretty = mi.is_on("pretty_printing").map_err(|error| error.to_string())?;
                let root = MiRoot::new(Arc::clone(&handler), pretty, &options);
                roots.add(mi.text("root").unwrap_or("mi"), Arc::new(root));
            }
            let http = Http::start(runtime, options, roots, &services.statistics, &services.log);
            management.http = Some(http.map_err(|error| error.to_string())?);
        }
        if let Some(params) = of("mi_datagram") {
            let options = DatagramOptions::new(params).map_err(|error| error.to_string())?;
            let handler = Arc::clone(&handler);
            let datagrams = Datagrams::start(runtime, options, handler, &services.statistics, &services.log);
            management.datagrams.push(datagrams.map_err(|error| error.to_string())?);
        }
        if let Some(params) = of("mi_fifo") {
            let options = FifoOptions::new(params).map_err(|error| error.to_string())?;
            let fifo = Fifo::start(runtime, options, handler, &services.statistics, &services.log);
            management.fifos.push(fifo.map_err(|error| error.to_string())?);
        }
        Ok(management)
    }

    /// Where management answers, a line each.
    pub fn summary(&self) -> String {
        let http = self.http.iter().map(|http| format!("management {}\n", http.url()));
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
