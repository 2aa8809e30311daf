//! Handshakes on loopback, with certificates made for the test.

use super::TlsOptions;
use crate::EdgeParams;
use crate::http::tests::{Server, server};
use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{
    ClientConfig, ClientConnection, ProtocolVersion, RootCertStore, StreamOwned, SupportedProtocolVersion,
};

/// A directory of the test's own with a certificate for `localhost` (`own.pem`) and its key (`own.key`).
struct Files(PathBuf);

impl Files {
    fn new() -> Files {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let directory = std::env::temp_dir().join(format!("edge-mi-tls-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let files = Files(directory);
        files.make("own");
        files
    }

    fn make(&self, name: &str) {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        self.write(&format!("{name}.pem"), &made.cert.pem());
        self.write(&format!("{name}.key"), &made.signing_key.serialize_pem());
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    fn options(&self) -> TlsOptions {
        self.read("own.pem", "own.key", "").unwrap()
    }

    /// As the parameters say, with names of files in this directory.
    fn read(&self, certificate: &str, key: &str, ciphers: &str) -> Result<TlsOptions, String> {
        let path = |name: &str| self.path(name).display().to_string();
        let values = [("tls_cert_file", path(certificate)), ("tls_key_file", path(key))];
        let values: BTreeMap<_, _> = values.into_iter().chain([("tls_ciphers", ciphers.to_owned())]).collect();
        let options = TlsOptions::new(EdgeParams::new("httpd", &values)).map_err(|error| error.to_string())?;
        Ok(options.expect("both are set"))
    }

    /// Why these files are refused, without the directory's name.
    fn refused(&self, certificate: &str, key: &str, ciphers: &str) -> String {
        let refused = self.read(certificate, key, ciphers).unwrap().acceptor().err().expect("it is refused");
        refused.to_string().replace(&format!("{}/", self.0.display()), "")
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

type Stream = StreamOwned<ClientConnection, TcpStream>;

/// A client that trusts only this certificate.
fn connect(server: &Server, trusted: PathBuf, version: &'static SupportedProtocolVersion) -> Stream {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(trusted).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_protocol_versions(&[version]).unwrap().with_root_certificates(roots).with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    StreamOwned::new(connection, TcpStream::connect(server.http.address()).unwrap())
}

const REQUEST: &str = "POST /mi HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n\
                       Content-Length: 20\r\n\r\n{\"method\":\"version\"}";

fn ask(stream: &mut impl ReadWrite) -> std::io::Result<String> {
    stream.write_all(REQUEST.as_bytes())?;
    let mut said = String::new();
    stream.read_to_string(&mut said)?;
    Ok(said)
}

trait ReadWrite: Read + Write {}
impl<T: Read + Write> ReadWrite for T {}

fn is_answer(said: &str) -> bool {
    said.starts_with("HTTP/1.1 200 OK\r\n") && said.ends_with("\r\n\r\n{\"method\":\"version\"}")
}

fn failed_handshakes(server: &Server) -> i64 {
    server.statistics.find("httpd:failed_handshakes").unwrap().value()
}

/// Counted when the server's side of it is over, which the client need not see.
fn wait_for_failed_handshakes(server: &Server, count: i64) {
    while failed_handshakes(server) < count {
        std::thread::yield_now();
    }
    assert_eq!(failed_handshakes(server), count);
}

#[test]
fn a_command_is_answered_over_both_versions() {
    let files = Files::new();
    let server = server(|options| options.tls = Some(files.options()));
    assert_eq!(server.http.url(), format!("https://{}", server.http.address()));
    for (version, spoken) in [(&TLS12, ProtocolVersion::TLSv1_2), (&TLS13, ProtocolVersion::TLSv1_3)] {
        let mut client = connect(&server, files.path("own.pem"), version);
        let said = ask(&mut client).unwrap();
        assert!(is_answer(&said), "{said}");
        assert_eq!(client.conn.protocol_version(), Some(spoken));
    }
    assert_eq!(failed_handshakes(&server), 0);
}

#[test]
fn a_client_that_trusts_somebody_else_says_nothing() {
    let files = Files::new();
    files.make("other");
    let server = server(|options| options.tls = Some(files.options()));
    let refused = ask(&mut connect(&server, files.path("other.pem"), &TLS13)).unwrap_err();
    assert!(refused.to_string().contains("invalid peer certificate"), "{refused}");
    wait_for_failed_handshakes(&server, 1);
}

#[test]
fn what_is_no_handshake_gets_no_answer_and_disturbs_nobody() {
    let files = Files::new();
    let server = server(|options| options.tls = Some(files.options()));
    let mut bystander = connect(&server, files.path("own.pem"), &TLS13);
    bystander.conn.complete_io(&mut bystander.sock).unwrap();
    let garbage: Vec<u8> = (0..4096u32).map(|number| (number * 7919 % 251) as u8).collect();
    for bytes in [REQUEST.as_bytes(), &garbage, b"\x16\x03\x01\xff\xff", b""] {
        let mut stream = TcpStream::connect(server.http.address()).unwrap();
        stream.write_all(bytes).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut said = Vec::new();
        // A server that hangs up may do so with a reset.
        let _ = stream.read_to_end(&mut said);
        assert!(!said.starts_with(b"HTTP"), "{said:?}");
    }
    wait_for_failed_handshakes(&server, 4);
    assert!(is_answer(&ask(&mut bystander).unwrap()));
}

#[test]
fn a_handshake_has_its_time() {
    let files = Files::new();
    let server = server(|options| {
        options.tls = Some(TlsOptions { handshake_within: Duration::from_millis(50), ..files.options() })
    });
    for begun in [&b""[..], b"\x16\x03\x01"] {
        let mut stream = TcpStream::connect(server.http.address()).unwrap();
        stream.write_all(begun).unwrap();
        assert_eq!(stream.read(&mut [0]).unwrap_or_default(), 0);
    }
    wait_for_failed_handshakes(&server, 2);
}

#[test]
fn who_has_not_shaken_hands_takes_a_place_as_well() {
    let files = Files::new();
    let server = server(|options| {
        options.connections_max = 1;
        options.tls = Some(files.options());
    });
    let silent = TcpStream::connect(server.http.address()).unwrap();
    let refused = ask(&mut connect(&server, files.path("own.pem"), &TLS13)).unwrap_err();
    let kinds = [ErrorKind::UnexpectedEof, ErrorKind::ConnectionReset, ErrorKind::BrokenPipe];
    assert!(kinds.contains(&refused.kind()), "{refused:?}");
    assert_eq!(server.statistics.find("httpd:refused_connections").unwrap().value(), 1);
    drop(silent);
    wait_for_failed_handshakes(&server, 1);
    // The place is given back a moment later.
    while !ask(&mut connect(&server, files.path("own.pem"), &TLS13)).is_ok_and(|said| is_answer(&said)) {}
}

#[test]
fn only_the_named_suites_are_agreed_on() {
    let files = Files::new();
    let named = |ciphers: &str| files.read("own.pem", "own.key", ciphers).unwrap();
    let new = server(|options| options.tls = Some(named("TLS_CHACHA20_POLY1305_SHA256")));
    let mut client = connect(&new, files.path("own.pem"), &TLS13);
    assert!(is_answer(&ask(&mut client).unwrap()));
    let suite = client.conn.negotiated_cipher_suite().unwrap().suite();
    assert_eq!(suite.as_str(), Some("TLS13_CHACHA20_POLY1305_SHA256"));
    assert!(ask(&mut connect(&new, files.path("own.pem"), &TLS12)).is_err());

    // Upstream's default is 256 bits and TLS 1.2.
    let old = server(|options| options.tls = Some(named("SECURE256:+SECURE192:-VERS-ALL:+VERS-TLS1.2")));
    assert!(is_answer(&ask(&mut connect(&old, files.path("own.pem"), &TLS12)).unwrap()));
    assert!(ask(&mut connect(&old, files.path("own.pem"), &TLS13)).is_err());
}

#[test]
fn a_chain_and_its_key_may_be_in_one_file() {
    let files = Files::new();
    let text = |name| std::fs::read_to_string(files.path(name)).unwrap();
    files.write("both.pem", &format!("{}{}", text("own.key"), text("own.pem")));
    assert!(files.read("both.pem", "both.pem", "").unwrap().acceptor().is_ok());
}

#[test]
fn files_that_cannot_be_used_are_named() {
    let files = Files::new();
    files.make("other");
    files.write("empty", "");
    files.write("pkcs8", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n");
    files.write(
        "pkcs1",
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nMIIB\n\
         -----END RSA PRIVATE KEY-----\n",
    );
    files.write("broken.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n");
    files.write("broken.key", "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n");
    files.write("cut.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n");
    std::fs::create_dir(files.path("directory")).unwrap();
    files.write("long", &"x".repeat((1 << 20) + 1));
    let cases = [
        ("none", "own.key", "tls_cert_file: none: No such file or directory"),
        ("directory", "own.key", "tls_cert_file: directory: Is a directory"),
        ("long", "own.key", "tls_cert_file: long: it is too long for a file of this kind"),
        ("empty", "own.key", "tls_cert_file: empty: there is no certificate in PEM in it"),
        ("own.key", "own.key", "tls_cert_file: own.key: there is no certificate in PEM in it"),
        ("broken.pem", "own.key", "tls_cert_file: broken.pem: invalid peer certificate: BadEncoding"),
        ("cut.pem", "own.key", "tls_cert_file: cut.pem: the section CERTIFICATE has no end"),
        ("own.pem", "none", "tls_key_file: none: No such file or directory"),
        ("own.pem", "own.pem", "tls_key_file: own.pem: there is no private key in PEM in it"),
        ("own.pem", "broken.key", "tls_key_file: broken.key: "),
        ("own.pem", "pkcs8", "tls_key_file: pkcs8: the key is encrypted"),
        ("own.pem", "pkcs1", "tls_key_file: pkcs1: the key is encrypted"),
        ("own.pem", "other.key", "tls_key_file: other.key: the key is not that of the first certificate in own.pem"),
    ];
    for (certificate, key, expected) in cases {
        let said = files.refused(certificate, key, "");
        assert!(said.starts_with(&format!("httpd: parameter {expected}")), "{certificate} {key}: {said}");
    }
    let said = files.refused("own.pem", "own.key", "ECDHE-RSA-AES256-GCM-SHA384");
    let expected = "tls_ciphers: own.key: none of these suites can be used with the key, which is ECDSA";
    assert_eq!(said, format!("httpd: parameter {expected}"));
}

#[test]
fn parameters_that_cannot_be_followed_are_named() {
    let said = |values: &[(&'static str, &str)]| {
        let values: BTreeMap<_, _> = values.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        TlsOptions::new(EdgeParams::new("httpd", &values)).map_err(|error| error.to_string())
    };
    assert_eq!(said(&[("tls_cert_file", ""), ("tls_key_file", "")]), Ok(None));
    let half = said(&[("tls_cert_file", "/etc/x.pem")]).unwrap_err();
    assert_eq!(half, "httpd: parameter tls_cert_file: tls_key_file is missing");
    let half = said(&[("tls_key_file", "/etc/x.key")]).unwrap_err();
    assert_eq!(half, "httpd: parameter tls_key_file: tls_cert_file is missing");
    let both = [("tls_cert_file", "/etc/x.pem"), ("tls_key_file", "/etc/x.key"), ("tls_ciphers", "NORMAL")];
    let unknown = said(&both).unwrap_err();
    assert!(
        unknown.starts_with("httpd: parameter tls_ciphers: \"NORMAL\" is no suite that can be used; "),
        "{unknown}"
    );
}
