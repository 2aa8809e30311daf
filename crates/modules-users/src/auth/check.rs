//! The check of a request's credentials: first what needs no password, then the response (RFC 3261 section 22).

use super::nonce::Nonce;
use super::ring::{Claim, Use};
use super::{Auth, Hop, STALE_NONCE};
use super::{NO_CREDENTIALS, OK, WRONG_PASSWORD};
use crate::auth::realm::realm;
use module_api::{Call, Fault};
use sip::auth::Credentials;
use sip::digest::{self, Algorithm, Input};
use sip::text::unescape_quoted;
use sip::{Message, Method};
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

/// Credentials for the right realm with a good nonce, whose response is still to be checked. It knows where
/// they stand in the message, so that it can wait for a database.
#[derive(Clone)]
pub struct Candidate {
    message: Arc<Message>,
    header: usize,
    nonce: Nonce,
    nonce_text: Part,
    username: Part,
    realm: Part,
    uri: Part,
    response: Part,
    cnonce: Part,
    qop: Part,
    nc: Part,
    claim: Claim,
}

/// Where a part of the message lies in it.
type Part = Range<usize>;

/// What the server knows of a user's password.
#[derive(Clone, Copy, Debug)]
pub enum Secret<'a> {
    /// The password.
    Password(&'a [u8]),
    /// `H(user:realm:password)` in hexadecimal figures.
    Ha1(&'a [u8]),
}

/// What the first part of the check found.
pub enum Checked {
    /// The return code is known already.
    Code(i32),
    /// The response is to be checked.
    Candidate(Box<Candidate>),
}

/// That the last credentials had a nonce too old: the next challenge says so, and the phone does not ask its user.
#[derive(Clone, Copy, Debug)]
pub struct StaleSeen;

/// Finds the credentials of a request for a realm, and checks their nonce.
///
/// # Errors
/// The request's own realm cannot be read.
pub fn find(call: &mut Call<'_>, auth: &Auth, hop: Hop, given_realm: &[u8]) -> Result<Checked, Fault> {
    let message = Arc::clone(&call.msg.message);
    // RFC 3261 section 22.1: neither can be challenged.
    if matches!(message.method(), Method::Ack | Method::Cancel) {
        return Ok(Checked::Code(OK));
    }
    let realm = realm(call.msg, hop, given_realm, &auth.realm_prefix)?;
    let mut all = message.credentials(hop.credentials());
    let found = all.find(|(_, credentials)| credentials.is_digest() && credentials.realm.eq_ignore_ascii_case(realm));
    let Some((header, credentials)) = found else { return Ok(Checked::Code(NO_CREDENTIALS)) };
    let mark = auth.nonces.mark_of(message.bytes(), call.msg.source.peer);
    let claim = Claim { count: count(&credentials), mark };
    let Some(nonce) = auth.nonces.recognise(credentials.nonce, claim, call.env.now) else {
        call.msg.extensions.set(StaleSeen);
        return Ok(Checked::Code(STALE_NONCE));
    };
    if algorithm(&credentials) != Some(nonce.algorithm) || !nonce.qop.allows(credentials.qop) || !is_whole(&credentials)
    {
        return Ok(Checked::Code(NO_CREDENTIALS));
    }
    let part = |part: &[u8]| message.range_of(part).unwrap_or_default();
    let optional = |given: Option<&[u8]>| given.map(part).unwrap_or_default();
    let candidate = Candidate {
        header,
        nonce,
        nonce_text: part(credentials.nonce),
        username: part(credentials.username),
        realm: part(credentials.realm),
        uri: part(credentials.uri),
        response: part(credentials.response),
        cnonce: optional(credentials.cnonce),
        qop: optional(credentials.qop),
        nc: optional(credentials.nc),
        claim,
        message: Arc::clone(&message),
    };
    Ok(Checked::Candidate(Box::new(candidate)))
}

impl Candidate {
    /// The user name as a person would write it.
    pub fn username(&self) -> Cow<'_, [u8]> {
        unescape_quoted(self.text(&self.username))
    }

    /// The realm.
    pub fn realm(&self) -> &[u8] {
        self.text(&self.realm)
    }

    fn text(&self, part: &Part) -> &[u8] {
        self.message.bytes().get(part.clone()).unwrap_or_default()
    }

    /// The algorithm of the response.
    pub fn algorithm(&self) -> Algorithm {
        self.nonce.algorithm
    }

    /// Checks the response, and uses the nonce if it is right. 1, wrong password, or stale nonce.
    pub fn verify(&self, call: &mut Call<'_>, auth: &Auth, secret: Secret<'_>) -> i32 {
        if !self.is_answered_by(secret) {
            return WRONG_PASSWORD;
        }
        if auth.nonces.claim(self.nonce, self.claim) == Use::Stale {
            call.msg.extensions.set(StaleSeen);
            return STALE_NONCE;
        }
        call.msg.credentials = Some(self.header);
        OK
    }

    /// Does the work of [`Candidate::verify`] for nobody, so that an unknown user takes as long as a wrong password.
    pub fn verify_nobody(&self) {
        std::hint::black_box(self.is_answered_by(Secret::Ha1(&[b'0'; 64])));
    }

    fn is_answered_by(&self, secret: Secret<'_>) -> bool {
        let password = match secret {
            Secret::Ha1(ha1) => return self.is_made_with(ha1),
            Secret::Password(password) => password,
        };
        let algorithm = self.nonce.algorithm;
        let is_named = |name: &[u8]| self.is_made_with(digest::ha1(algorithm, name, self.realm(), password).as_bytes());
        // RFC 7616 section 3.4.2 hashes the value of the quoted string. Whether its backslashes belong to that, phones
        // do not agree.
        let (name, quoted) = (self.username(), self.text(&self.username));
        is_named(&name) || *name != *quoted && is_named(quoted)
    }

    fn is_made_with(&self, ha1: &[u8]) -> bool {
        let input = Input {
            nonce: self.text(&self.nonce_text),
            nc: self.text(&self.nc),
            cnonce: self.text(&self.cnonce),
            qop: self.text(&self.qop),
            method: self.message.method_text(),
            uri: self.text(&self.uri),
            body: self.message.body(),
        };
        digest::same(digest::response(self.nonce.algorithm, ha1, &input).as_bytes(), self.text(&self.response))
    }
}

/// The nonce count; without `qop` there is none.
fn count(credentials: &Credentials<'_>) -> Option<u32> {
    credentials.qop.and_then(|_| credentials.nonce_count())
}

fn algorithm(credentials: &Credentials<'_>) -> Option<Algorithm> {
    credentials.algorithm.map_or(Some(Algorithm::Md5), Algorithm::of)
}

/// With `qop`, nonce count and client nonce must be there; session algorithms need the latter too.
fn is_whole(credentials: &Credentials<'_>) -> bool {
    let session = algorithm(credentials).is_some_and(Algorithm::is_session);
    let counted = credentials.qop.is_none() || credentials.nonce_count().is_some();
    counted && (credentials.cnonce.is_some() || credentials.qop.is_none() && !session)
}
