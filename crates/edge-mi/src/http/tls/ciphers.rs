//! `tls_ciphers`: cipher suites by name.
//!
//! Upstream hands the text to GnuTLS, whose priority strings can say far more than which suites there are, and mean
//! something else with each release. What names suites means the same everywhere; the rest is refused, for nothing
//! would be worse than a restriction that is taken for granted and not in force.

use tokio_rustls::rustls::CipherSuite;

/// The suites that a text names.
///
/// # Errors
/// It says something else; which names there are.
pub fn parse(text: &str) -> Result<Vec<CipherSuite>, String> {
    if text == UPSTREAM_DEFAULT {
        return Ok(OF_UPSTREAM_DEFAULT.to_vec());
    }
    let names = text.split([':', ',', ' ']).filter(|name| !name.is_empty());
    let suites: Vec<CipherSuite> = names.map(suite).collect::<Result<_, _>>()?;
    if suites.is_empty() {
        return Err(format!("it names no suite; {}", known()));
    }
    Ok(suites)
}

fn suite(name: &str) -> Result<CipherSuite, String> {
    let is_called = |known: &str| known.eq_ignore_ascii_case(name);
    let found = SUITES.iter().find(|(_, iana, openssl)| is_called(iana) || is_called(openssl));
    found.map(|(suite, ..)| *suite).ok_or_else(|| format!("\"{name}\" is no suite that can be used; {}", known()))
}

fn known() -> String {
    let names: Vec<&str> = SUITES.iter().map(|(_, _, openssl)| *openssl).collect();
    format!("there are {} (or their IANA names), and all of them without the parameter", names.join(", "))
}

/// All that there are: with IANA's name and OpenSSL's.
const SUITES: &[(CipherSuite, &str, &str)] = &[
    (CipherSuite::TLS13_AES_256_GCM_SHA384, "TLS_AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384"),
    (CipherSuite::TLS13_AES_128_GCM_SHA256, "TLS_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256"),
    (CipherSuite::TLS13_CHACHA20_POLY1305_SHA256, "TLS_CHACHA20_POLY1305_SHA256", "TLS_CHACHA20_POLY1305_SHA256"),
    (
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        "ECDHE-ECDSA-AES256-GCM-SHA384",
    ),
    (
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
        "ECDHE-ECDSA-AES128-GCM-SHA256",
    ),
    (
        CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
        "ECDHE-ECDSA-CHACHA20-POLY1305",
    ),
    (
        CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
        "ECDHE-RSA-AES256-GCM-SHA384",
    ),
    (
        CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        "ECDHE-RSA-AES128-GCM-SHA256",
    ),
    (
        CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
        "ECDHE-RSA-CHACHA20-POLY1305",
    ),
];

/// What upstream has where nothing is set, and scripts copy from its manual: 256 bits, and TLS 1.2 only.
const UPSTREAM_DEFAULT: &str = "SECURE256:+SECURE192:-VERS-ALL:+VERS-TLS1.2";

const OF_UPSTREAM_DEFAULT: &[CipherSuite] = &[
    CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
];

#[cfg(test)]
mod tests {
    use super::{SUITES, UPSTREAM_DEFAULT, parse};
    use tokio_rustls::rustls::CipherSuite;
    use tokio_rustls::rustls::crypto::ring;

    #[test]
    fn every_suite_there_is_has_its_row() {
        let offered: Vec<CipherSuite> = ring::ALL_CIPHER_SUITES.iter().map(|suite| suite.suite()).collect();
        let named: Vec<CipherSuite> = SUITES.iter().map(|(suite, ..)| *suite).collect();
        assert_eq!(named, offered);
        // Ours is IANA's name, but for the mark of TLS 1.3.
        for (suite, iana, _) in SUITES {
            assert_eq!(suite.as_str().unwrap().replace("TLS13_", "TLS_"), *iana);
        }
    }

    #[test]
    fn names_of_both_kinds() {
        let suites = parse("ecdhe-rsa-aes256-gcm-sha384:TLS_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384");
        let rsa = CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384;
        assert_eq!(suites, Ok(vec![rsa, CipherSuite::TLS13_AES_128_GCM_SHA256, rsa]));
        assert_eq!(parse(UPSTREAM_DEFAULT).unwrap().len(), 4);
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for (text, first) in [("HIGH:!aNULL", "HIGH"), ("TLS_AES_128_GCM_SHA256:+VERS-TLS1.3", "+VERS-TLS1.3")] {
            let said = parse(text).unwrap_err();
            assert!(said.starts_with(&format!("\"{first}\" is no suite")), "{said}");
            assert!(said.contains("ECDHE-ECDSA-AES256-GCM-SHA384, "), "{said}");
        }
        assert!(parse(" : ").unwrap_err().starts_with("it names no suite; there are TLS_AES_256_GCM_SHA384, "));
    }
}
