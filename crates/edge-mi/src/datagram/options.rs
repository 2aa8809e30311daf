//! The parameters of `mi_datagram`.

use crate::owner::Access;
use crate::{EdgeError, EdgeParams};
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::time::Duration;

/// How the socket is made and used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatagramOptions {
    /// `socket_name`
    pub place: Place,
    /// `unix_socket_mode`, `unix_socket_user`, `unix_socket_group`
    pub access: Access,
    /// `socket_timeout`: how long a reply is tried to be sent.
    pub reply_within: Duration,
    /// `socket_buf_size`: the longest request and the longest reply.
    pub bytes_max: usize,
    /// `pretty_printing`
    pub is_pretty: bool,
    /// How many requests may be under way.
    pub replies_max: usize,
}

/// Where it listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A UNIX socket under this path.
    Unix(PathBuf),
    /// UDP.
    Udp(SocketAddr),
}

/// The longest datagram of UDP over IPv4.
const UDP_BYTES_MAX: usize = 65_507;

impl DatagramOptions {
    /// For a place, with the usual values.
    pub fn at(place: Place) -> DatagramOptions {
        DatagramOptions {
            place,
            access: Access::default(),
            reply_within: Duration::from_millis(2000),
            bytes_max: 65_457,
            is_pretty: false,
            replies_max: 256,
        }
    }

    /// As the module's parameters say.
    ///
    /// # Errors
    /// A parameter cannot be followed.
    pub fn new(params: EdgeParams<'_>) -> Result<DatagramOptions, EdgeError> {
        let usual = DatagramOptions::at(place(params)?);
        Ok(DatagramOptions {
            access: Access::new(params, "unix_socket_mode", "unix_socket_user", "unix_socket_group")?,
            reply_within: params.number("socket_timeout", 2000).map(Duration::from_millis)?,
            bytes_max: params.number("socket_buf_size", usual.bytes_max)?,
            is_pretty: params.is_on("pretty_printing")?,
            ..usual
        })
    }

    /// The longest reply: what does not fit into a datagram of UDP cannot be sent, whatever the parameter says.
    pub fn reply_bytes_max(&self) -> usize {
        match self.place {
            Place::Unix(_) => self.bytes_max,
            Place::Udp(_) => self.bytes_max.min(UDP_BYTES_MAX),
        }
    }
}

fn place(params: EdgeParams<'_>) -> Result<Place, EdgeError> {
    let name = params.text("socket_name").ok_or_else(|| params.bad("socket_name", "it must be set"))?;
    if name.starts_with('/') {
        return Ok(Place::Unix(PathBuf::from(name)));
    }
    let address = name.strip_prefix("udp:").unwrap_or(name);
    let found = address.to_socket_addrs().ok().and_then(|mut found| found.next());
    let wrong =
        || params.bad("socket_name", format!("\"{name}\" is neither /path nor udp:address:port of this machine"));
    found.map(Place::Udp).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::{DatagramOptions, Place};
    use crate::EdgeParams;
    use std::collections::BTreeMap;
    use std::path::PathBuf;

    #[test]
    fn parameters_are_read() {
        let read = |values: &[(&'static str, &str)]| {
            let values: BTreeMap<_, _> = values.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
            DatagramOptions::new(EdgeParams::new("mi_datagram", &values)).map_err(|error| error.to_string())
        };
        assert_eq!(
            read(&[("socket_name", "/run/x"), ("unix_socket_group", "-1")]),
            Ok(DatagramOptions::at(Place::Unix(PathBuf::from("/run/x"))))
        );
        let udp = read(&[("socket_name", "udp:127.0.0.1:8080"), ("socket_buf_size", "131072")]).unwrap();
        assert_eq!((udp.place.clone(), udp.bytes_max), (Place::Udp("127.0.0.1:8080".parse().unwrap()), 131_072));
        assert_eq!(udp.reply_bytes_max(), 65_507);
        let ipv6 = read(&[("socket_name", "udp:[::1]:8080"), ("unix_socket_user", "root")]).unwrap();
        assert_eq!((ipv6.place, ipv6.access.owner), (Place::Udp("[::1]:8080".parse().unwrap()), Some(0)));
        assert_eq!(read(&[]), Err("mi_datagram: parameter socket_name: it must be set".to_owned()));
        assert!(read(&[("socket_name", "udp:8080")]).is_err());
    }
}
