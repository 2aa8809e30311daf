//! Why management cannot be offered, and what helps.

use std::fmt;

/// An error at start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EdgeError {
    /// A parameter has a value of no use.
    BadParam {
        /// The module.
        module: &'static str,
        /// The parameter.
        param: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// The address cannot be listened on.
    CannotListen {
        /// The address.
        address: String,
        /// The system's reason.
        reason: String,
    },
    /// The datagram socket cannot be made.
    CannotMakeSocket {
        /// Its address or path.
        address: String,
        /// What is wrong.
        reason: String,
    },
    /// The FIFO cannot be made.
    CannotMakeFifo {
        /// Its path.
        path: String,
        /// What is wrong.
        reason: String,
    },
}

impl fmt::Display for EdgeError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EdgeError::BadParam { module, param, reason } => write!(out, "{module}: parameter {param}: {reason}"),
            EdgeError::CannotListen { address, reason } => {
                write!(out, "httpd: {address}: {reason}; is another server running there?")
            }
            EdgeError::CannotMakeSocket { address, reason } => write!(out, "mi_datagram: {address}: {reason}"),
            EdgeError::CannotMakeFifo { path, reason } => write!(out, "mi_fifo: {path}: {reason}"),
        }
    }
}

impl std::error::Error for EdgeError {}
