//! Replies of our own: where they go, and how they are written.

use crate::desk::Desk;
use crate::transaction::ReplyPath;
use bytes::Bytes;
use module_api::{Call, Env, Fault, ReplyContent, ReplyExtras, Routing, Sending, Source, ViaHandling};
use sip::{Message, Method, Via};
use std::net::{IpAddr, SocketAddr};

impl Desk<'_> {
    /// Answers the request at hand, keeping nothing.
    pub(crate) fn reply_stateless(&self, call: &mut Call<'_>, reply: &ReplyContent) -> Result<(), Fault> {
        let msg = &*call.msg;
        let reuse_only = self.core.answers_by_reuse_only(msg);
        self.send_stateless(&mut call.env, &msg.message, &msg.source, &msg.via, &msg.reply, reuse_only, reply)
    }

    /// Answers any request, keeping nothing.
    pub(crate) fn send_stateless(
        &self,
        env: &mut Env<'_>,
        request: &Message,
        source: &Source,
        via: &ViaHandling,
        extras: &ReplyExtras,
        reuse_only: bool,
        reply: &ReplyContent,
    ) -> Result<(), Fault> {
        if !request.is_request() {
            return Err(Fault::script("a reply cannot be answered"));
        }
        if request.method() == Method::Ack {
            return Err(Fault::script("an ACK is never answered"));
        }
        let way = WayBack::of(request, source, via);
        let bytes = self.print_reply(request, source, &way, extras, reply);
        let ReplyPath { socket, to, connection, .. } = way.path;
        env.out.send(Sending { socket, to, connection, reuse_only, bytes, otherwise: None });
        self.core.counters.stateless.count(reply.code);
        if reply.code >= 300 {
            self.core.counters.stateless.sent_errors.increment();
        }
        Ok(())
    }

    /// Writes a reply of our own.
    pub(crate) fn print_reply(
        &self,
        request: &Message,
        source: &Source,
        way: &WayBack<'_>,
        extras: &ReplyExtras,
        reply: &ReplyContent,
    ) -> Bytes {
        let settings = &self.core.services.settings;
        let notes = self.notes(source, reply);
        let none = Bytes::new();
        let (body, content_type) =
            reply.body.as_ref().or(extras.body.as_deref()).map_or((&none, &none), |(body, kind)| (body, kind));
        let made;
        let to_tag: &[u8] = match &reply.to_tag {
            Some(given) => given,
            // RFC 3261 section 8.2.6.2: a 100 needs none.
            None if reply.code == 100 => b"",
            None => {
                made = self.core.tags.tag_for(way.top.and_then(|via| via.branch()), request);
                &made
            }
        };
        let written = sip::build::Reply {
            to_tag,
            headers: settings.server_header.as_deref().unwrap_or_default(),
            more_headers: &[&extras.headers, &reply.headers, &notes],
            content_type,
            body,
            received: way.received,
            rport: way.rport,
            ..sip::build::Reply::new(request, reply.code, &reply.reason)
        };
        let mut out = Vec::new();
        written.write(&mut out);
        out.into()
    }

    /// Header lines that few replies have.
    fn notes(&self, source: &Source, reply: &ReplyContent) -> Vec<u8> {
        let mut lines = Vec::new();
        if reply.code == 503 && self.core.table.is_full() {
            // RFC 3261 section 21.5.4: without it the caller would take us for broken.
            lines.extend_from_slice(b"Retry-After: 5\r\n");
        }
        if self.core.services.settings.sip_warning {
            self.append_warning(source, &mut lines);
        }
        lines
    }

    /// `sip_warning`: what we saw of the request, for who looks into a trace (RFC 3261 section 20.43, code 392).
    fn append_warning(&self, source: &Source, out: &mut Vec<u8>) {
        let Some(socket) = self.core.services.sockets.get(source.socket) else { return };
        let host = String::from_utf8_lossy(&socket.sent_by_host);
        let (peer, port) = (source.peer.ip(), source.peer.port());
        let text = format!(
            "Warning: 392 {host}:{} \"Noisy feedback tells: req_src_ip={peer} req_src_port={port}\"\r\n",
            socket.sent_by_port
        );
        out.extend_from_slice(text.as_bytes());
    }
}

/// Appends header lines, with the line end that scripts tend to forget.
pub(crate) fn append_line(lines: &[u8], out: &mut Vec<u8>) {
    if lines.is_empty() {
        return;
    }
    out.extend_from_slice(lines);
    if !lines.ends_with(b"\n") {
        out.extend_from_slice(b"\r\n");
    }
}

/// The way back to who sent a request, as its top Via and its source tell it.
pub(crate) struct WayBack<'a> {
    top: Option<Via<'a>>,
    /// Where replies go.
    pub(crate) path: ReplyPath,
    received: Option<IpAddr>,
    rport: Option<u16>,
}

impl<'a> WayBack<'a> {
    /// RFC 3261 section 18.2.2 and RFC 3581 section 4. A `maddr` is not obeyed: it would let anybody aim our replies
    /// at anybody.
    pub(crate) fn of(request: &'a Message, source: &Source, handling: &ViaHandling) -> WayBack<'a> {
        let top = request.top_via().ok();
        let asks = handling.force_rport || top.is_some_and(|via| via.rport().is_some());
        let to = top.and_then(|via| reply_address(&via, source, handling, asks)).unwrap_or(source.peer);
        let Source { socket, proto, connection, .. } = *source;
        let path = ReplyPath { socket, proto, to, connection, reuse_only: false };
        let (received, rport) = top.map_or((None, None), |via| filled_in(&via, source, handling, asks));
        WayBack { top, path, received, rport }
    }

    /// For replies to the message at hand.
    pub(crate) fn of_message(msg: &'a Routing) -> WayBack<'a> {
        WayBack::of(&msg.message, &msg.source, &msg.via)
    }
}

/// Where a reply goes, if not to where the request came from; that is where it goes when who sent it `asks`.
fn reply_address(via: &Via<'_>, source: &Source, handling: &ViaHandling, asks: bool) -> Option<SocketAddr> {
    // A connection is answered on itself; when it is gone, where the sender says that it listens.
    if source.proto.is_reliable() {
        return Some(SocketAddr::new(source.peer.ip(), via.effective_port()));
    }
    if handling.reply_to_via {
        return Some(SocketAddr::new(via.host_ip()?, via.effective_port()));
    }
    if asks {
        return None;
    }
    Some(SocketAddr::new(source.peer.ip(), via.effective_port()))
}

/// What `received` and `rport` of the top Via must say (RFC 3261 section 18.2.1, RFC 3581 section 4).
pub(crate) fn additions(via: &Via<'_>, source: &Source, handling: &ViaHandling) -> (Option<IpAddr>, Option<u16>) {
    filled_in(via, source, handling, handling.force_rport || via.rport().is_some())
}

fn filled_in(via: &Via<'_>, source: &Source, handling: &ViaHandling, asks: bool) -> (Option<IpAddr>, Option<u16>) {
    let peer = source.peer.ip();
    let received = (asks || via.host_ip() != Some(peer) && !handling.names_sender).then_some(peer);
    (received, asks.then_some(source.peer.port()))
}
