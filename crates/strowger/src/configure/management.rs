//! How the management transports that modules ask for are to be opened.

use edge_mi::datagram::DatagramOptions;
use edge_mi::fifo::FifoOptions;
use edge_mi::http::HttpOptions;
use edge_mi::{EdgeError, EdgeParams};
use std::collections::BTreeMap;

/// Edges as modules asked for them: name and parameters.
pub type Wanted = Vec<(&'static str, BTreeMap<&'static str, String>)>;

/// What is to be opened.
#[derive(Default)]
pub struct ManagementOptions {
    /// The HTTP server, and under which name management is on it.
    pub http: Option<(HttpOptions, Option<MiOptions>)>,
    /// The datagram socket.
    pub datagram: Option<DatagramOptions>,
    /// The FIFO.
    pub fifo: Option<FifoOptions>,
}

/// Management on the HTTP server.
pub struct MiOptions {
    /// The first part of its path.
    pub root: String,
    /// Whether replies are laid out for people.
    pub is_pretty: bool,
}

impl ManagementOptions {
    /// As the modules' parameters say; what cannot be followed is left out, and said.
    pub fn read(wanted: &Wanted) -> (ManagementOptions, Vec<EdgeError>) {
        let of = |name: &str| {
            wanted.iter().find(|(known, _)| *known == name).map(|(known, params)| EdgeParams::new(known, params))
        };
        let mut errors = Vec::new();
        let http = of("httpd").and_then(|params| keep(HttpOptions::new(params), &mut errors));
        let mi = of("mi_http").and_then(|params| keep(MiOptions::new(params), &mut errors));
        let datagram = of("mi_datagram").and_then(|params| keep(DatagramOptions::new(params), &mut errors));
        let fifo = of("mi_fifo").and_then(|params| keep(FifoOptions::new(params), &mut errors));
        (ManagementOptions { http: http.map(|options| (options, mi)), datagram, fifo }, errors)
    }
}

impl MiOptions {
    fn new(params: EdgeParams<'_>) -> Result<MiOptions, EdgeError> {
        let root = params.text("root").unwrap_or("mi").to_owned();
        Ok(MiOptions { root, is_pretty: params.is_on("pretty_printing")? })
    }
}

fn keep<T>(read: Result<T, EdgeError>, errors: &mut Vec<EdgeError>) -> Option<T> {
    read.map_err(|error| errors.push(error)).ok()
}
