//! How the management transports that modules ask for are to be opened.

use super::Paths;
use edge_mi::datagram::{DatagramOptions, Place};
use edge_mi::fifo::FifoOptions;
use edge_mi::http::HttpOptions;
use edge_mi::{EdgeError, EdgeParams};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

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
    /// As the modules' parameters say; what cannot be followed is left out, and said. `paths` of this machine.
    pub fn read(wanted: &Wanted, paths: Option<&Paths>) -> (ManagementOptions, Vec<EdgeError>) {
        let of = |name: &str| {
            wanted.iter().find(|(known, _)| *known == name).map(|(known, params)| EdgeParams::new(known, params))
        };
        let mut errors = Vec::new();
        let http = of("httpd").and_then(|params| keep(HttpOptions::new(params), &mut errors));
        let mi = of("mi_http").and_then(|params| keep(MiOptions::new(params), &mut errors));
        let datagram = of("mi_datagram").and_then(|params| keep(DatagramOptions::new(params), &mut errors));
        let fifo = of("mi_fifo").and_then(|params| keep(FifoOptions::new(params), &mut errors));
        let options = ManagementOptions { http: http.map(|options| (options, mi)), datagram, fifo };
        // Of another machine nobody knows.
        if let Some(paths) = paths {
            errors.extend(missing_directories(&options, &|path| paths.of_file(path)));
        }
        (options, errors)
    }
}

/// What is not there of what management is to be opened in; `at` says where a file is found now.
fn missing_directories(options: &ManagementOptions, at: &dyn Fn(&Path) -> PathBuf) -> Vec<EdgeError> {
    let fifo = options.fifo.iter().flat_map(|fifo| {
        let reply = fifo.reply_directory.as_path();
        [("mi_fifo", "fifo_name", fifo.path.parent()), ("mi_fifo", "reply_dir", Some(reply))]
    });
    let datagram = options.datagram.iter().filter_map(|datagram| match &datagram.place {
        Place::Unix(path) => Some(("mi_datagram", "socket_name", path.parent())),
        Place::Udp(_) => None,
    });
    let directories = fifo.chain(datagram).filter_map(|(module, param, directory)| {
        let directory = directory.filter(|directory| !directory.as_os_str().is_empty())?;
        let reason = format!("there is no directory {}", directory.display());
        (!at(directory).is_dir()).then_some(EdgeError::BadParam { module, param, reason })
    });
    directories.collect()
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
