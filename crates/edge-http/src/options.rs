//! The parameters of `rest_client` that concern connections.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// How servers are connected to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpOptions {
    /// `ssl_verifypeer`
    pub verifies_peer: bool,
    /// `ssl_verifyhost`
    pub verifies_host: bool,
    /// `ssl_capath`: a directory with certificates of authorities, besides those of the system.
    pub authorities: Option<PathBuf>,
    /// `curl_http_version`
    pub version: HttpVersion,
}

/// Which version of the protocol is spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HttpVersion {
    /// HTTP/2 where a server offers it in the TLS handshake, else HTTP/1.1.
    #[default]
    Negotiated,
    /// HTTP/1.0
    Http10,
    /// HTTP/1.1
    Http11,
    /// HTTP/2 without asking where there is no TLS; negotiated where there is.
    Http2Known,
}

impl Default for HttpOptions {
    fn default() -> HttpOptions {
        HttpOptions { verifies_peer: true, verifies_host: true, authorities: None, version: HttpVersion::default() }
    }
}

impl HttpOptions {
    /// As the module's parameters say; what is not among them is as usual.
    pub fn new(params: &BTreeMap<&'static str, String>) -> HttpOptions {
        let text = |name: &str| params.get(name).map(String::as_str).filter(|text| !text.is_empty());
        HttpOptions {
            verifies_peer: text("ssl_verifypeer") != Some("0"),
            verifies_host: text("ssl_verifyhost") != Some("0"),
            authorities: text("ssl_capath").map(PathBuf::from),
            version: match text("curl_http_version") {
                Some("1") => HttpVersion::Http10,
                Some("2") => HttpVersion::Http11,
                Some("5") => HttpVersion::Http2Known,
                // 3 would ask for HTTP/2 by an upgrade where there is no TLS, and goes on with 1.1 where that fails.
                _ => HttpVersion::Negotiated,
            },
        }
    }
}
