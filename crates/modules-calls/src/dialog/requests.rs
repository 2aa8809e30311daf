//! Requests of our own inside a dialog: to each party as if they came from the other (RFC 3261 section 12.2.1.1).

use super::leg::Leg;
use super::record::Dialog;
use bytes::Bytes;
use module_api::{DialogHandle, DialogOf, Direction, Env, Fault, NewRequest, WhenAnswered};
use sip::{NameAddr, Uri};
use std::sync::Arc;

/// A request to send.
#[derive(Clone, Debug, Default)]
pub struct InDialog {
    /// Its method.
    pub method: Bytes,
    /// Header lines besides those that make it part of the dialog.
    pub headers: Bytes,
    /// Its body and the type of that.
    pub body: Option<(Bytes, Bytes)>,
    /// Whether it says where the other party is reached.
    pub has_contact: bool,
}

impl InDialog {
    /// Without body.
    pub fn new(method: &'static str, headers: Bytes) -> InDialog {
        InDialog { method: Bytes::from_static(method.as_bytes()), headers, ..InDialog::default() }
    }
}

/// Sends a request to the party that requests of this direction go to.
///
/// # Errors
/// It is not known how that party is reached, or the request cannot be sent.
pub fn send(
    env: &mut Env<'_>,
    dialog: &Arc<Dialog>,
    to: Direction,
    request: &InDialog,
    done: Option<WhenAnswered>,
) -> Result<(), Fault> {
    let new = {
        let mut inner = dialog.lock();
        let back = to.opposite();
        let peer_tag = inner.target(back).map(|leg| leg.tag.clone()).unwrap_or_default();
        let peer_contact = inner.target(back).map(|leg| leg.contact.clone()).unwrap_or_default();
        let (from_uri, to_uri) = match to {
            Direction::Downstream => (&dialog.from_uri, &dialog.to_uri),
            Direction::Upstream => (&dialog.to_uri, &dialog.from_uri),
        };
        inner.numbers_changed();
        let target = inner.target_mut(to).filter(|leg| !leg.contact.is_empty());
        let target = target.ok_or_else(|| Fault::us("it is not known how the party is reached"))?;
        let number = target.numbering.own();
        let way = Way::to(target);
        let mut headers = Vec::with_capacity(256);
        let mut line = |parts: &[&[u8]]| {
            parts.iter().for_each(|part| headers.extend_from_slice(part));
            headers.extend_from_slice(b"\r\n");
        };
        line(&[b"From: <", from_uri, b">;tag=", &peer_tag]);
        line(&[b"To: <", to_uri, b">;tag=", &target.tag]);
        line(&[b"Call-ID: ", &dialog.call_id]);
        line(&[b"CSeq: ", number.to_string().as_bytes(), b" ", &request.method]);
        if !way.routes.is_empty() {
            line(&[b"Route: ", &way.routes]);
        }
        if request.has_contact && !peer_contact.is_empty() {
            line(&[b"Contact: <", &peer_contact, b">"]);
        }
        if let Some((content_type, _)) = &request.body {
            line(&[b"Content-Type: ", content_type]);
        }
        if let Some(keeper) = dialog.keeper.upgrade() {
            headers.extend_from_slice(&lines(&keeper.config.extra_headers));
        }
        headers.extend_from_slice(&request.headers);
        let socket = target.socket.and_then(|id| env.services.sockets.get(id)).map(|socket| socket.name.clone());
        NewRequest {
            method: request.method.clone(),
            uri: way.uri.into(),
            next_hop: way.next_hop.map(Bytes::from),
            socket,
            headers: headers.into(),
            body: request.body.as_ref().map(|(_, body)| body.clone()).unwrap_or_default(),
            dialog: Some(DialogOf { dialog: Arc::clone(dialog) as Arc<dyn DialogHandle>, direction: to }),
            ..NewRequest::default()
        }
    };
    let operations = env.operations;
    operations.send_request(env, new, done)
}

/// Header lines with the line ends that they need.
pub fn lines(text: &[u8]) -> Vec<u8> {
    let lines = text.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    lines.filter(|line| !line.is_empty()).flat_map(|line| [line, b"\r\n"].concat()).collect()
}

/// How a request gets to a party.
pub struct Way {
    /// Its Request-URI.
    pub uri: Vec<u8>,
    /// The value of its Route header; empty for none.
    pub routes: Vec<u8>,
    /// Where it goes, if not to its Request-URI.
    pub next_hop: Option<Vec<u8>>,
}

impl Way {
    /// RFC 3261 section 12.2.1.1: by the Route set, which may begin with a strict router.
    pub fn to(leg: &Leg) -> Way {
        let Some(first) = leg.first_route() else {
            return Way { uri: leg.contact.to_vec(), routes: Vec::new(), next_hop: None };
        };
        if Uri::parse(first).is_ok_and(|uri| uri.params.has(b"lr")) {
            let next_hop = Some(first.to_vec());
            return Way { uri: leg.contact.to_vec(), routes: leg.routes.to_vec(), next_hop };
        }
        let rest = leg.routes().skip(1).filter(|item| NameAddr::parse(item).is_ok());
        let mut routes: Vec<u8> = rest.flat_map(|item| [item, b","].concat()).collect();
        routes.extend_from_slice(b"<");
        routes.extend_from_slice(&leg.contact);
        routes.extend_from_slice(b">");
        Way { uri: first.to_vec(), routes, next_hop: None }
    }
}
