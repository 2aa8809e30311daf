//! The parameters of `httpd`.

use super::tls::TlsOptions;
use crate::{EdgeError, EdgeParams};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

/// How the server behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpOptions {
    /// `ip` and `port`; the address `::` is every address of both families.
    pub address: SocketAddr,
    /// `conn_timeout`: how long a connection may be idle; `None`: for ever.
    pub idle: Option<Duration>,
    /// How long a request that has begun may take to arrive: `conn_timeout` too, where there is one.
    pub arrives_within: Duration,
    /// `receive_buf_size`: the longest body of a request.
    pub request_bytes_max: usize,
    /// `buf_size`: the longest reply; `None`: any.
    pub reply_bytes_max: Option<usize>,
    /// `auth_username` and `auth_password`, if asked for.
    pub credentials: Option<(String, String)>,
    /// `auth_realm`
    pub realm: String,
    /// `tls_cert_file`, `tls_key_file`, `tls_ciphers`; `None`: plain HTTP.
    pub tls: Option<TlsOptions>,
    /// How many connections there may be.
    pub connections_max: usize,
    /// How long a command may take.
    pub answer_within: Duration,
}

impl Default for HttpOptions {
    fn default() -> HttpOptions {
        HttpOptions {
            address: SocketAddr::from(([127, 0, 0, 1], 8888)),
            idle: Some(ARRIVES_WITHIN),
            arrives_within: ARRIVES_WITHIN,
            request_bytes_max: 256 << 10,
            reply_bytes_max: None,
            credentials: None,
            realm: "OpenSIPS MI".to_owned(),
            tls: None,
            connections_max: 512,
            answer_within: Duration::from_secs(480),
        }
    }
}

const ARRIVES_WITHIN: Duration = Duration::from_secs(30);

impl HttpOptions {
    /// As the module's parameters say.
    ///
    /// # Errors
    /// A parameter cannot be followed.
    pub fn new(params: EdgeParams<'_>) -> Result<HttpOptions, EdgeError> {
        let usual = HttpOptions::default();
        let idle = params.number("conn_timeout", ARRIVES_WITHIN.as_secs())?;
        let idle = (idle > 0).then_some(Duration::from_secs(idle));
        Ok(HttpOptions {
            address: SocketAddr::new(address(params)?, params.number("port", usual.address.port())?),
            idle,
            arrives_within: idle.unwrap_or(usual.arrives_within),
            request_bytes_max: params.number("receive_buf_size", usual.request_bytes_max)?,
            reply_bytes_max: Some(params.number("buf_size", 0)?).filter(|bytes| *bytes > 0),
            credentials: credentials(params)?,
            realm: params.text("auth_realm").map_or(usual.realm, str::to_owned),
            tls: TlsOptions::new(params)?,
            connections_max: usual.connections_max,
            answer_within: usual.answer_within,
        })
    }
}

fn address(params: EdgeParams<'_>) -> Result<IpAddr, EdgeError> {
    match params.text("ip") {
        None | Some("localhost") => Ok(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        Some("*") => Ok(IpAddr::V6(Ipv6Addr::UNSPECIFIED)),
        Some(text) => text.parse().map_err(|_| params.bad("ip", format!("\"{text}\" is no address"))),
    }
}

fn credentials(params: EdgeParams<'_>) -> Result<Option<(String, String)>, EdgeError> {
    match (params.text("auth_username"), params.text("auth_password")) {
        (Some(user), Some(password)) => Ok(Some((user.to_owned(), password.to_owned()))),
        (None, None) => Ok(None),
        // Half a pair is a mistake that must not leave the door open.
        (Some(_), None) => Err(params.bad("auth_username", "auth_password is missing")),
        (None, Some(_)) => Err(params.bad("auth_password", "auth_username is missing")),
    }
}

#[cfg(test)]
mod tests {
    use super::HttpOptions;
    use crate::EdgeParams;
    use std::collections::BTreeMap;

    fn read(values: &[(&'static str, &str)]) -> Result<HttpOptions, String> {
        let values: BTreeMap<_, _> = values.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        HttpOptions::new(EdgeParams::new("httpd", &values)).map_err(|error| error.to_string())
    }

    #[test]
    fn parameters_are_read() {
        assert_eq!(read(&[("tls_cert_file", ""), ("buf_size", "0")]), Ok(HttpOptions::default()));
        let options = read(&[("ip", "::1"), ("port", "8000"), ("buf_size", "100")]).unwrap();
        assert_eq!((options.address.to_string().as_str(), options.reply_bytes_max), ("[::1]:8000", Some(100)));
    }

    #[test]
    fn addresses_have_names_too() {
        let address = |ip| read(&[("ip", ip)]).unwrap().address.to_string();
        assert_eq!(["localhost", "*", "192.0.2.1"].map(address), ["127.0.0.1:8888", "[::]:8888", "192.0.2.1:8888"]);
        assert_eq!(read(&[("ip", "here")]).unwrap_err(), "httpd: parameter ip: \"here\" is no address");
    }

    #[test]
    fn a_connection_may_be_idle_for_ever_but_no_request_takes_so_long() {
        let options = read(&[("conn_timeout", "0"), ("receive_buf_size", "1000")]).unwrap();
        assert_eq!((options.idle, options.arrives_within.as_secs(), options.request_bytes_max), (None, 30, 1000));
        let options = read(&[("conn_timeout", "5")]).unwrap();
        assert_eq!((options.idle.map(|idle| idle.as_secs()), options.arrives_within.as_secs()), (Some(5), 5));
    }

    #[test]
    fn what_cannot_be_followed_is_named() {
        let said = |values| read(values).unwrap_err();
        assert_eq!(said(&[("port", "99999")]), "httpd: parameter port: \"99999\" is no number that it can have");
        assert_eq!(said(&[("auth_username", "x")]), "httpd: parameter auth_username: auth_password is missing");
    }
}
