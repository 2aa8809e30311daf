//! Whom to trust: the authorities of the system and those of `ssl_capath`; or anybody, where the operator says so.

use crate::{HttpOptions, HttpVersion};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::client::{WebPkiServerVerifier, verify_server_name};
use tokio_rustls::rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::server::ParsedCertificate;
use tokio_rustls::rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};

/// Makes connections secure, or says why none can be.
pub type Tls = Result<TlsConnector, String>;

/// As the options say.
///
/// # Errors
/// `ssl_capath` cannot be read.
pub fn connector(options: &HttpOptions) -> Result<Tls, String> {
    let provider = Arc::new(ring::default_provider());
    let chain = match options.verifies_peer {
        true => chain_verifier(options, &provider)?.map(Some),
        false => Ok(None),
    };
    Ok(chain.and_then(|chain| {
        let verifier = Verifier { chain, checks_name: options.verifies_host, provider: Arc::clone(&provider) };
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.map_err(|error| error.to_string())?;
        let config = config.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
        let mut config = config.with_no_client_auth();
        config.alpn_protocols = protocols(options.version);
        Ok(TlsConnector::from(Arc::new(config)))
    }))
}

/// What is offered in the handshake.
fn protocols(version: HttpVersion) -> Vec<Vec<u8>> {
    match version {
        HttpVersion::Negotiated | HttpVersion::Http2Known => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
        HttpVersion::Http11 => vec![b"http/1.1".to_vec()],
        HttpVersion::Http10 => Vec::new(),
    }
}

type ChainVerifier = Arc<WebPkiServerVerifier>;

fn chain_verifier(
    options: &HttpOptions,
    provider: &Arc<CryptoProvider>,
) -> Result<Result<ChainVerifier, String>, String> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(path) = &options.authorities {
        let own = read(path)?;
        if roots.add_parsable_certificates(own).0 == 0 {
            return Err(format!("ssl_capath: there is no certificate in {}", path.display()));
        }
    }
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider)).build();
    Ok(verifier.map_err(|_| "this machine has no certificates of authorities: set ssl_capath".to_owned()))
}

/// The certificates in a file, or in the files of a directory.
fn read(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let failed = |error: std::io::Error| format!("ssl_capath: {}: {error}", path.display());
    let files: Vec<PathBuf> = if path.is_dir() {
        let entries = std::fs::read_dir(path).map_err(failed)?;
        entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file()).collect()
    } else {
        vec![path.to_owned()]
    };
    let certificates = |file: &PathBuf| CertificateDer::pem_file_iter(file).into_iter().flatten().flatten();
    Ok(files.iter().flat_map(certificates).collect())
}

/// Checks what the options want checked of a server's certificate.
#[derive(Debug)]
struct Verifier {
    /// Checks who has signed it; `None`: anybody may have.
    chain: Option<ChainVerifier>,
    checks_name: bool,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(chain) = &self.chain else {
            if self.checks_name {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, name)?;
            }
            return Ok(ServerCertVerified::assertion());
        };
        // The name is looked at last: if that is what is wrong, all else is right.
        match chain.verify_server_cert(end_entity, intermediates, name, ocsp, now) {
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if !self.checks_name => Ok(ServerCertVerified::assertion()),
            outcome => outcome,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
