//! Challenges and answers as phones exchange them.

use super::*;
use module_api::ParamSetting;
use sip::digest::{self, Algorithm, Input};
use testkit::{Fixture, str};

pub const REGISTER: &str = "REGISTER sip:example.com SIP/2.0\n\
    From: <sip:alice@example.com>;tag=1\nTo: <sip:alice@example.com>\nContact: <sip:alice@192.0.2.10>\n";

/// A phone that has been challenged.
pub struct Answerer {
    challenge: String,
    algorithm: Algorithm,
    /// What it takes for the hash of user, realm and password; `None`: the right one.
    pub forged_ha1: Option<String>,
}

impl Answerer {
    /// Lets the server challenge the request at hand.
    pub fn challenged(fixture: &mut Fixture, auth: &State, qop: &str, algorithms: &str) -> Answerer {
        let args = [str(""), str(qop), str(algorithms)];
        assert_eq!(fixture.call(auth, &challenge::WWW_CHALLENGE, &args), 1);
        let challenge = fixture.journal().join("\n");
        let algorithm = Algorithm::of(algorithms.as_bytes()).unwrap_or_default();
        Answerer { challenge, algorithm, forged_ha1: None }
    }

    fn part(&self, name: &str) -> &str {
        let start = self.challenge.find(&format!("{name}=\"")).expect(name) + name.len() + 2;
        self.challenge[start..].split('"').next().unwrap()
    }

    pub fn ha1(&self) -> digest::Hex {
        digest::ha1(self.algorithm, b"alice", b"example.com", b"secret")
    }

    /// The request again, with the answer.
    pub fn request(&self, request: &str, count: u32) -> String {
        let nc = format!("{count:08x}");
        let input = Input {
            nonce: self.part("nonce").as_bytes(),
            nc: nc.as_bytes(),
            cnonce: b"abc",
            qop: b"auth",
            method: request.split(' ').next().unwrap().as_bytes(),
            uri: b"sip:example.com",
            body: b"",
        };
        let ha1 = self.forged_ha1.clone().unwrap_or_else(|| self.ha1().to_string());
        let response = digest::response(self.algorithm, ha1.as_bytes(), &input);
        format!(
            "{request}Authorization: Digest username=\"alice\", realm=\"example.com\", nonce=\"{}\", \
             uri=\"sip:example.com\", response=\"{response}\", algorithm={}, cnonce=\"abc\", qop=auth, nc={nc}\n",
            self.part("nonce"),
            self.algorithm.as_str(),
        )
    }
}

/// Nonces differ; everything else of a challenge is compared.
fn without_nonces(text: &str) -> String {
    let parts = text.split("nonce=\"").enumerate();
    parts
        .map(|(number, part)| if number == 0 { part.to_owned() } else { format!("nonce=\"*{}", &part[32..]) })
        .collect()
}

#[test]
fn a_challenge_for_each_algorithm() {
    let mut fixture = Fixture::request(REGISTER);
    let state = fixture.start(&MODULE, &[]);
    for (function, realm, qop, algorithms, expected) in [
        (
            &challenge::WWW_CHALLENGE,
            "",
            "auth",
            "",
            "reply 401 Unauthorized\nWWW-Authenticate: Digest realm=\"example.com\", nonce=\"*\", qop=\"auth\"",
        ),
        (
            &challenge::PROXY_CHALLENGE,
            "a \"quoted\" realm",
            "0",
            "SHA-256, MD5",
            "reply 407 Proxy Authentication Required\n\
             Proxy-Authenticate: Digest realm=\"a \\\"quoted\\\" realm\", nonce=\"*\", algorithm=SHA-256\n\
             Proxy-Authenticate: Digest realm=\"a \\\"quoted\\\" realm\", nonce=\"*\", algorithm=MD5",
        ),
    ] {
        assert_eq!(fixture.call(&state, function, &[str(realm), str(qop), str(algorithms)]), 1);
        assert_eq!(without_nonces(&fixture.journal().join("\n")), expected);
    }
    assert_eq!(fixture.call(&state, &challenge::WWW_CHALLENGE, &[str(""), str("auth"), str("ROT13")]), -1);
    assert_eq!(fixture.call(&state, &challenge::WWW_CHALLENGE, &[str(""), str("secrecy")]), -1);
    // The phone is not left without an answer.
    assert_eq!(fixture.journal(), ["reply 500 Server Internal Error"; 2]);
}

fn with_password(params: &[(&'static str, ParamSetting)]) -> (Fixture, State) {
    let mut fixture = Fixture::request(REGISTER);
    let text = |text: &str| ParamSetting::Str(text.to_owned());
    let spec = [("username_spec", text("$avp(user)")), ("password_spec", text("$avp(password)"))];
    let params: Vec<_> = spec.into_iter().chain(params.iter().cloned()).collect();
    let state = fixture.start(&MODULE, &params);
    (fixture, state)
}

fn authorize(fixture: &mut Fixture, state: &State, user: &str, password: &[u8]) -> i32 {
    for (name, value) in [("$avp(user)", user.as_bytes()), ("$avp(password)", password)] {
        let variable = fixture.variable(name);
        let nothing: State = Arc::new(());
        fixture.with_call(&nothing, |call| {
            variable.write(call, module_api::Operator::Set, catalogue::Value::copied(value)).unwrap();
        });
    }
    fixture.call(state, &pv::PV_WWW_AUTHORIZE, &[str("")])
}

#[test]
fn right_wrong_and_repeated_answers() {
    let (mut fixture, state) = with_password(&[]);
    let phone = Answerer::challenged(&mut fixture, &state, "auth", "");
    let ha1 = phone.ha1();
    assert_eq!(authorize(&mut fixture, &state, "alice", ha1.as_bytes()), NO_CREDENTIALS);
    fixture.next_request(&phone.request(REGISTER, 1));
    assert_eq!(authorize(&mut fixture, &state, "alice", b"00000000000000000000000000000000"), WRONG_PASSWORD);
    assert_eq!(authorize(&mut fixture, &state, "bob", ha1.as_bytes()), UNKNOWN_USER);
    assert_eq!(authorize(&mut fixture, &state, "alice", ha1.as_bytes()), OK);
    fixture.next_request(&phone.request(REGISTER, 1));
    assert_eq!(authorize(&mut fixture, &state, "alice", ha1.as_bytes()), OK, "a retransmission");
    fixture.next_request(&format!("{}Contact: <sip:mallory@192.0.2.66>\n", phone.request(REGISTER, 1)));
    assert_eq!(authorize(&mut fixture, &state, "alice", ha1.as_bytes()), STALE_NONCE);
    assert_eq!(fixture.call(&state, &challenge::WWW_CHALLENGE, &[str(""), str("auth")]), 1);
    assert!(fixture.journal()[0].ends_with(", stale=true"));
    fixture.next_request(&phone.request(REGISTER, 2));
    assert_eq!(authorize(&mut fixture, &state, "alice", ha1.as_bytes()), OK);
}

/// What anybody can make without a password.
pub fn ha1_of_nothing() -> String {
    digest::ha1(Algorithm::Md5, b"alice", b"example.com", b"").to_string()
}

#[test]
fn a_quoted_name_is_hashed_with_its_backslashes_or_without() {
    let (mut fixture, state) = with_password(&[("calculate_ha1", ParamSetting::Int(1))]);
    for (hashed, code) in [("a\"b", 1), ("a\\\"b", 1), ("ab", -2)] {
        fixture.next_request(REGISTER);
        let mut answerer = Answerer::challenged(&mut fixture, &state, "auth", "MD5");
        let ha1 = digest::ha1(Algorithm::Md5, hashed.as_bytes(), b"example.com", b"secret");
        answerer.forged_ha1 = Some(ha1.to_string());
        let request = answerer.request(REGISTER, 1).replace("username=\"alice\"", "username=\"a\\\"b\"");
        fixture.next_request(&request);
        assert_eq!(authorize(&mut fixture, &state, "a\"b", b"secret"), code, "{hashed}");
    }
}

#[test]
fn an_empty_password_is_none() {
    for (calculates, ha1) in [(0, String::new()), (1, ha1_of_nothing())] {
        let (mut fixture, state) = with_password(&[("calculate_ha1", ParamSetting::Int(calculates))]);
        let mut phone = Answerer::challenged(&mut fixture, &state, "auth", "");
        phone.forged_ha1 = Some(ha1);
        fixture.next_request(&phone.request(REGISTER, 1));
        assert_eq!(authorize(&mut fixture, &state, "alice", b""), UNKNOWN_USER);
    }
}

#[test]
fn an_old_nonce_is_stale() {
    let (mut fixture, state) = with_password(&[("nonce_expire", ParamSetting::Int(10))]);
    let phone = Answerer::challenged(&mut fixture, &state, "auth", "");
    fixture.next_request(&phone.request(REGISTER, 1));
    fixture.now = fixture.now + std::time::Duration::from_secs(11);
    assert_eq!(authorize(&mut fixture, &state, "alice", phone.ha1().as_bytes()), STALE_NONCE);
}

#[test]
fn a_nonce_for_sha_256_is_not_answered_with_md5() {
    let (mut fixture, state) = with_password(&[("calculate_ha1", ParamSetting::Int(1))]);
    let mut phone = Answerer::challenged(&mut fixture, &state, "auth", "SHA-256");
    fixture.next_request(&phone.request(REGISTER, 1));
    assert_eq!(authorize(&mut fixture, &state, "alice", b"secret"), OK);
    phone.algorithm = Algorithm::Md5;
    fixture.next_request(&phone.request(REGISTER, 2));
    assert_eq!(authorize(&mut fixture, &state, "alice", b"secret"), NO_CREDENTIALS);
}

#[test]
fn ack_and_cancel_pass_and_verified_credentials_are_consumed() {
    let (mut fixture, state) = with_password(&[]);
    let phone = Answerer::challenged(&mut fixture, &state, "auth", "");
    assert_eq!(fixture.call(&state, &consume::CONSUME_CREDENTIALS, &[]), -1);
    fixture.next_request(&phone.request(REGISTER, 1));
    assert_eq!(authorize(&mut fixture, &state, "alice", phone.ha1().as_bytes()), OK);
    assert_eq!(fixture.call(&state, &consume::CONSUME_CREDENTIALS, &[]), 1);
    assert!(!fixture.shown().contains("Authorization"));
    fixture.next_request("ACK sip:bob@example.com SIP/2.0");
    assert_eq!(authorize(&mut fixture, &state, "alice", b""), OK);
    assert_eq!(fixture.call(&state, &challenge::WWW_CHALLENGE, &[str(""), str("auth")]), -1);
}

#[test]
fn remote_party_id() {
    let mut fixture = Fixture::request("INVITE sip:bob@example.com SIP/2.0");
    let state = fixture.start(&MODULE, &[("rpid_prefix", ParamSetting::Str("<".to_owned()))]);
    assert_eq!(fixture.call(&state, &rpid::APPEND_RPID_HF, &[]), -1);
    let name = fixture.services.names.avps.intern(b"rpid").unwrap();
    fixture.msg.avps.push(name, catalogue::Value::fixed("sip:+15551234@example.com"));
    assert_eq!(fixture.call(&state, &rpid::IS_RPID_USER_E164, &[]), 1);
    assert_eq!(fixture.call(&state, &rpid::APPEND_RPID_HF, &[testkit::absent(), str(">;screen=yes")]), 1);
    assert!(fixture.shown().contains("Remote-Party-ID: <sip:+15551234@example.com>;screen=yes\n"));
    fixture.msg.avps.push(name, catalogue::Value::fixed("sip:bob@example.com"));
    assert_eq!(fixture.call(&state, &rpid::IS_RPID_USER_E164, &[]), -1);
}
