//! A call with a dialog in the proxy: what alice and bob send each other, in few words.

use crate::world::World;
use sip::{HeaderName, Message};

/// A script that follows calls; `$1` is what it does when it has made the dialog.
pub fn script(created: &str) -> String {
    format!(
        r#"
route {{
    if (has_totag()) {{
        if (is_method("ACK") && t_check_trans()) {{ t_relay(); exit; }}
        if (!loose_route()) {{ sl_send_reply(404, "Not here"); exit; }}
        xlog("$rm $DLG_dir $DLG_status $DLG_end_reason\n");
        t_relay();
        exit;
    }}
    if (is_method("CANCEL")) {{ if (t_check_trans()) t_relay(); exit; }}
    record_route();
    {created}
    t_relay();
}}
"#
    )
}

/// With the module loaded.
pub const LOAD_DIALOG: &str = "loadmodule \"dialog.so\"\n";

/// A world whose calls have dialogs made with these flags.
pub fn world(params: &str, flags: &str) -> World {
    let text = script(&format!("create_dialog(\"{flags}\");"));
    World::with_params(&format!("{LOAD_DIALOG}{params}"), &text)
}

pub const ALICE: &str = "Contact: <sip:alice@192.0.2.10>\r\n";
pub const BOB: &str = "Contact: <sip:bob@192.0.2.20>\r\n";

/// A call under way.
pub struct Call {
    /// As alice sent it.
    pub invite: Message,
    /// As bob got it.
    pub at_bob: Message,
    /// The 200 that alice got.
    pub success: Option<Message>,
}

impl Call {
    /// Alice calls bob, who has got the INVITE.
    pub fn begin(world: &mut World) -> Call {
        Call::begin_with(world, "")
    }

    /// The same with header lines.
    pub fn begin_with(world: &mut World, headers: &str) -> Call {
        let invite = world.request("alice", "INVITE", "sip:bob@192.0.2.20", &format!("{ALICE}{headers}"));
        let at_bob = world.last("bob", "INVITE");
        Call { invite, at_bob, success: None }
    }

    /// An answered call.
    pub fn answered(world: &mut World) -> Call {
        let mut call = Call::begin(world);
        call.answer(world);
        call.ack(world);
        call
    }

    /// Alice calls bob with an offer, and he answers it.
    pub fn with_media(world: &mut World, offer: &str, answer: &str) -> Call {
        let mut call = Call::offering(world, offer);
        let at_bob = call.at_bob.clone();
        reply_offering(world, "bob", &at_bob, BOB, answer);
        call.success = Some(world.last("alice", "200"));
        call.ack(world);
        call
    }

    /// Alice calls bob with an offer; he has got the INVITE.
    pub fn offering(world: &mut World, offer: &str) -> Call {
        let text = format!(
            "INVITE sip:bob@192.0.2.20 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKoffering\r\n\
             Max-Forwards: 70\r\nFrom: <sip:alice@example.com>;tag=alice\r\nTo: <sip:bob@192.0.2.20>\r\n\
             Call-ID: 1@alice\r\nCSeq: 1 INVITE\r\n{ALICE}Content-Length: 0\r\n\r\n"
        );
        let text = with_body(&text, offer);
        world.send("alice", text.clone());
        let invite = Message::parse(text.into(), &sip::Limits::default()).unwrap();
        Call { invite, at_bob: world.last("bob", "INVITE"), success: None }
    }

    /// Alice sends another offer; bob has got it.
    pub fn alice_offers(&self, world: &mut World, number: u32, contact: &str, offer: &str) -> Message {
        let success = self.success.as_ref().unwrap();
        let (from, to) = (value(&self.invite, HeaderName::From), value(success, HeaderName::To));
        let routes = format!("{}{contact}", routes(success, true));
        let text = self.text("192.0.2.10", "INVITE", number, ("sip:bob@192.0.2.20", &from, &to, &routes));
        world.send("alice", with_body(&text, offer));
        world.last("bob", "INVITE")
    }

    /// Bob answers.
    pub fn answer(&mut self, world: &mut World) {
        world.reply_with("bob", &self.at_bob, 200, "OK", BOB);
        self.success = Some(world.last("alice", "200"));
    }

    /// Alice acknowledges.
    pub fn ack(&self, world: &mut World) {
        world.ack_success("alice", &self.invite, self.success.as_ref().unwrap(), "sip:bob@192.0.2.20");
    }

    /// A request of alice's inside the dialog.
    pub fn alice_sends(&self, world: &mut World, method: &str, number: u32) -> Message {
        let success = self.success.as_ref().unwrap();
        let (from, to) = (value(&self.invite, HeaderName::From), value(success, HeaderName::To));
        let routes = routes(success, true);
        self.within(world, "alice", method, number, ("sip:bob@192.0.2.20", &from, &to, &routes))
    }

    /// Such a request, not sent.
    pub fn alice_text(&self, method: &str, number: u32) -> String {
        let success = self.success.as_ref().unwrap();
        let (from, to) = (value(&self.invite, HeaderName::From), value(success, HeaderName::To));
        self.text("192.0.2.10", method, number, ("sip:bob@192.0.2.20", &from, &to, &routes(success, true)))
    }

    /// A request of bob's inside the dialog.
    pub fn bob_sends(&self, world: &mut World, method: &str, number: u32) -> Message {
        let success = self.success.as_ref().unwrap();
        let (from, to) = (value(success, HeaderName::To), value(&self.invite, HeaderName::From));
        let routes = routes(&self.at_bob, false);
        self.within(world, "bob", method, number, ("sip:alice@192.0.2.10", &from, &to, &routes))
    }

    fn within(
        &self,
        world: &mut World,
        phone: &str,
        method: &str,
        number: u32,
        parts: (&str, &str, &str, &str),
    ) -> Message {
        let host = if phone == "alice" { "192.0.2.10" } else { "192.0.2.20" };
        let text = self.text(host, method, number, parts);
        world.send(phone, text.clone());
        Message::parse(text.into(), &sip::Limits::default()).unwrap()
    }

    fn text(&self, host: &str, method: &str, number: u32, (uri, from, to, routes): (&str, &str, &str, &str)) -> String {
        let phone = if host == "192.0.2.10" { "alice" } else { "bob" };
        format!(
            "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {host}:5060;branch=z9hG4bK{phone}in{number}{method}\r\n\
             Max-Forwards: 70\r\n{routes}From: {from}\r\nTo: {to}\r\nCall-ID: {}\r\nCSeq: {number} {method}\r\n\
             Content-Length: 0\r\n\r\n",
            value(&self.invite, HeaderName::CallId),
        )
    }
}

/// A message without body, with a session description as its body.
pub fn with_body(text: &str, sdp: &str) -> String {
    let headers = format!("Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}", sdp.len());
    text.replace("Content-Length: 0\r\n\r\n", &headers)
}

/// A phone answers 200 with a session description.
pub fn reply_offering(world: &mut World, phone: &str, request: &Message, contact: &str, sdp: &str) {
    reply_as(world, phone, request, (200, &format!("{phone}-tag")), contact, sdp);
}

/// A phone replies with this code and tag, and a session description.
pub fn reply_as(world: &mut World, phone: &str, request: &Message, (code, tag): (u16, &str), contact: &str, sdp: &str) {
    let mut bytes = Vec::new();
    sip::build::Reply {
        to_tag: tag.as_bytes(),
        headers: contact.as_bytes(),
        ..sip::build::Reply::new(request, code, b"OK")
    }
    .write(&mut bytes);
    world.send(phone, with_body(&String::from_utf8(bytes).unwrap(), sdp));
}

/// The value of a header.
pub fn value(message: &Message, name: HeaderName) -> String {
    String::from_utf8_lossy(message.value(name).unwrap_or_default()).into_owned()
}

/// The Route lines that follow from a Record-Route.
fn routes(message: &Message, reversed: bool) -> String {
    let mut items: Vec<String> = message
        .headers_named(HeaderName::RecordRoute)
        .map(|header| format!("Route: {}\r\n", String::from_utf8_lossy(header.value)))
        .collect();
    if reversed {
        items.reverse();
    }
    items.concat()
}

/// Active, early, processed, expired, failed.
#[track_caller]
pub fn counts(world: &World, expected: [i64; 5]) {
    let names = ["active_dialogs", "early_dialogs", "processed_dialogs", "expired_dialogs", "failed_dialogs"];
    let found = names.map(|name| world.count(&format!("dialog:{name}")));
    assert_eq!(found, expected, "{names:?}");
}
