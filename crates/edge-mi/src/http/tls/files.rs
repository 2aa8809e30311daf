//! Certificates and keys from files in PEM.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// No chain and no key is as long; what is, was named by mistake.
const BYTES_MAX: u64 = 1 << 20;

/// All certificates in a file, the server's own first.
///
/// # Errors
/// There is none, or it cannot be read.
pub fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let bytes = read(path)?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    let chain = chain.map_err(|error| in_words(&error))?;
    if chain.is_empty() {
        return Err("there is no certificate in PEM in it".to_owned());
    }
    Ok(chain)
}

/// The first key in a file.
///
/// # Errors
/// There is none, it is encrypted, or it cannot be read.
pub fn key(path: &Path) -> Result<PrivateKeyDer<'static>, String> {
    let bytes = read(path)?;
    // PKCS #8's mark and OpenSSL's older one.
    if has(&bytes, b"-----BEGIN ENCRYPTED PRIVATE KEY-----") || has(&bytes, b"Proc-Type: 4,ENCRYPTED") {
        let path = path.display();
        return Err(format!(
            "the key is encrypted, and nobody is asked for its password here: `openssl pkey -in {path}` decrypts it"
        ));
    }
    PrivateKeyDer::from_pem_slice(&bytes).map_err(|error| match error {
        pem::Error::NoItemsFound => "there is no private key in PEM in it".to_owned(),
        error => in_words(&error),
    })
}

/// The library shows text as lists of numbers.
fn in_words(error: &pem::Error) -> String {
    match error {
        pem::Error::MissingSectionEnd { end_marker } => {
            format!("the section {} has no end", String::from_utf8_lossy(end_marker))
        }
        pem::Error::IllegalSectionStart { line } => {
            format!("\"{}\" begins no section", String::from_utf8_lossy(line).trim_end())
        }
        error => error.to_string(),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let outcome = File::open(path).and_then(|file| file.take(BYTES_MAX + 1).read_to_end(&mut bytes));
    match outcome.map_err(|error| error.to_string())? {
        count if count as u64 > BYTES_MAX => Err("it is too long for a file of this kind".to_owned()),
        _ => Ok(bytes),
    }
}

fn has(bytes: &[u8], mark: &[u8]) -> bool {
    bytes.windows(mark.len()).any(|window| window == mark)
}
