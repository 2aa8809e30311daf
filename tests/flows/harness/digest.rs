//! What a phone answers to a challenge.

use sip::digest::{Algorithm, Input, response};

/// The hash that a subscriber's row holds.
pub fn ha1(user: &str, realm: &str, password: &str) -> String {
    sip::digest::ha1(Algorithm::Md5, user.as_bytes(), realm.as_bytes(), password.as_bytes()).to_string()
}

/// The header line that answers the challenge of a 401 or 407.
pub fn authorization(challenge: &str, user: &str, password: &str, method: &str, uri: &str) -> String {
    let (header, line) = match challenge.lines().find_map(|line| line.strip_prefix("WWW-Authenticate:")) {
        Some(line) => ("Authorization", line),
        None => (
            "Proxy-Authorization",
            challenge.lines().find_map(|line| line.strip_prefix("Proxy-Authenticate:")).expect("a challenge"),
        ),
    };
    let quoted = |name: &str| line.split(&format!("{name}=\"")).nth(1).and_then(|rest| rest.split('"').next());
    let (realm, nonce) = (quoted("realm").expect("realm"), quoted("nonce").expect("nonce"));
    let has_qop = line.contains("qop=");
    let (nc, cnonce, qop) = if has_qop { ("00000001", "c", "auth") } else { ("", "", "") };
    let input = Input {
        nonce: nonce.as_bytes(),
        nc: nc.as_bytes(),
        cnonce: cnonce.as_bytes(),
        qop: qop.as_bytes(),
        method: method.as_bytes(),
        uri: uri.as_bytes(),
        body: b"",
    };
    let response = response(Algorithm::Md5, ha1(user, realm, password).as_bytes(), &input);
    let more = if has_qop { format!(", qop=auth, nc={nc}, cnonce=\"{cnonce}\"") } else { String::new() };
    format!(
        "{header}: Digest username=\"{user}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{uri}\", \
         response=\"{response}\"{more}\n"
    )
}
