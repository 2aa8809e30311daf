//! HTTPS: the certificate, its key, and what a handshake may agree on.

mod ciphers;
mod files;
#[cfg(test)]
mod tests;

use crate::{EdgeError, EdgeParams};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::sign::{CertifiedKey, SingleCertAndKey};
use tokio_rustls::rustls::{CipherSuite, Error, InconsistentKeys, ServerConfig};

/// How connections are made secure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsOptions {
    /// `tls_cert_file`
    pub certificate: PathBuf,
    /// `tls_key_file`
    pub key: PathBuf,
    /// `tls_ciphers`; `None`: all that there are.
    pub suites: Option<Vec<CipherSuite>>,
    /// How long a handshake may take.
    pub handshake_within: Duration,
}

/// Long for a client far away, and short for one that only holds a place.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);

impl TlsOptions {
    /// As the module's parameters say; `None`: plain HTTP.
    ///
    /// # Errors
    /// A parameter cannot be followed.
    pub fn new(params: EdgeParams<'_>) -> Result<Option<TlsOptions>, EdgeError> {
        let (certificate, key) = match (params.text(CERT), params.text(KEY)) {
            (Some(certificate), Some(key)) => (certificate, key),
            (None, None) => return Ok(None),
            // Half a pair is a mistake that must not leave what is said in the open.
            (Some(_), None) => return Err(params.bad(CERT, "tls_key_file is missing")),
            (None, Some(_)) => return Err(params.bad(KEY, "tls_cert_file is missing")),
        };
        let suites = params.text(CIPHERS).map(ciphers::parse).transpose();
        Ok(Some(TlsOptions {
            certificate: PathBuf::from(certificate),
            key: PathBuf::from(key),
            suites: suites.map_err(|reason| params.bad(CIPHERS, reason))?,
            handshake_within: HANDSHAKE_WITHIN,
        }))
    }

    /// Reads the files.
    ///
    /// # Errors
    /// One of them cannot be used.
    pub fn acceptor(&self) -> Result<TlsAcceptor, EdgeError> {
        let provider = Arc::new(self.provider());
        let certified = self.certified(&provider)?;
        let algorithm = certified.key.algorithm();
        if !provider.cipher_suites.iter().any(|suite| suite.usable_for_signature_algorithm(algorithm)) {
            let reason = format!("none of these suites can be used with the key, which is {algorithm:?}");
            return Err(bad(CIPHERS, &self.key, reason));
        }
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.map_err(|error| bad(CIPHERS, &self.key, error))?.with_no_client_auth();
        let mut config = config.with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    fn provider(&self) -> CryptoProvider {
        let mut provider = ring::default_provider();
        if let Some(wanted) = &self.suites {
            provider.cipher_suites.retain(|suite| wanted.contains(&suite.suite()));
        }
        provider
    }

    fn certified(&self, provider: &CryptoProvider) -> Result<CertifiedKey, EdgeError> {
        let chain = files::certificates(&self.certificate).map_err(|reason| bad(CERT, &self.certificate, reason))?;
        let cannot = |reason: String| bad(KEY, &self.key, reason);
        let key: PrivateKeyDer<'static> = files::key(&self.key).map_err(cannot)?;
        let key = provider.key_provider.load_private_key(key).map_err(|error| cannot(error.to_string()))?;
        let certified = CertifiedKey::new(chain, key);
        match certified.keys_match() {
            Ok(()) | Err(Error::InconsistentKeys(InconsistentKeys::Unknown)) => Ok(certified),
            Err(Error::InconsistentKeys(_)) => {
                let certificate = self.certificate.display();
                Err(cannot(format!("the key is not that of the first certificate in {certificate}")))
            }
            Err(error) => Err(bad(CERT, &self.certificate, error)),
        }
    }
}

const CERT: &str = "tls_cert_file";
const KEY: &str = "tls_key_file";
const CIPHERS: &str = "tls_ciphers";

fn bad(param: &'static str, file: &Path, reason: impl std::fmt::Display) -> EdgeError {
    EdgeError::BadParam { module: "httpd", param, reason: format!("{}: {reason}", file.display()) }
}
