//! The messages of RFC 4475 and RFC 5118, each with the outcome its RFC states.

use std::fs;

use sip::{HeaderName, Limits, Message, NameAddr, Uri, sdp::Sdp};

use crate::repository;

#[test]
fn rfc_4475() {
    check_folder("rfc4475", 49);
}

#[test]
fn rfc_5118() {
    check_folder("rfc5118", 12);
}

/// Compares every file of a folder with its line in the table, and sees that no file is without one.
fn check_folder(folder: &str, count: usize) {
    let folder = repository("tests/torture").join(folder);
    let table = fs::read_to_string(folder.join("outcomes.tsv")).expect("a table of outcomes");
    let rows: Vec<Vec<&str>> =
        table.lines().filter(|line| !line.starts_with('#')).map(|line| line.split('\t').collect()).collect();
    let mut wrong = String::new();
    for row in &rows {
        let [file, section, parsed, checked, _server, _why] = row[..] else { panic!("six columns: {row:?}") };
        let bytes = fs::read(folder.join(file).with_extension("dat")).expect(file);
        let outcome = outcome(bytes);
        if outcome != (parsed.to_owned(), checked.to_owned()) {
            wrong += &format!("{file} ({section}): {outcome:?}, where {parsed}, {checked} is right\n");
        }
    }
    assert_eq!(wrong, "");
    let files = fs::read_dir(&folder).expect("a folder").flatten();
    let files = files.filter(|file| file.path().extension().is_some_and(|extension| extension == "dat")).count();
    assert_eq!((rows.len(), files), (count, count));
}

/// What the parser makes of a message, and what is said of one that it accepts by who holds all headers to their grammar.
fn outcome(bytes: Vec<u8>) -> (String, String) {
    match Message::parse(bytes.into(), &Limits::default()) {
        Ok(message) => {
            let checked = message.check().map_or_else(|error| error.to_string(), |()| "ok".to_owned());
            ("accept".to_owned(), checked)
        }
        Err(error) if error.answerable().is_some() => (format!("{} {}", error.code(), error.reason()), "-".to_owned()),
        Err(_) => ("drop".to_owned(), "-".to_owned()),
    }
}

fn message(path: &str) -> Message {
    let bytes = fs::read(repository("tests/torture").join(path)).expect(path);
    Message::parse(bytes.into(), &Limits::default()).expect(path)
}

#[test]
fn wsinv_says_what_it_says() {
    let message = message("rfc4475/wsinv.dat");
    let vias: Vec<_> = message.vias().map(|via| via.expect("a Via")).collect();
    let hops: Vec<_> = vias.iter().map(|via| (via.transport, via.host, via.branch().expect("a branch"))).collect();
    assert_eq!(
        hops,
        [
            (&b"UDP"[..], &b"192.0.2.2"[..], &b"390skdjuw"[..]),
            (b"TCP", b"spindle.example.com", b"z9hG4bK9ikj8"),
            (b"UDP", b"192.168.255.111", b"z9hG4bK30239"),
        ]
    );
    assert_eq!(message.max_forwards(), Ok(Some(68)));
    assert_eq!(message.cseq().expect("a CSeq").number, 9);
    assert_eq!(message.to().expect("a To").tag(), Some(&b"1918181833n"[..]));
    assert_eq!(message.from().expect("a From").display, br#"J Rosenberg \\\""#);
    assert_eq!(message.header(HeaderName::Subject).expect("a Subject").value, b"");
    let contact = message.address(HeaderName::Contact).expect("a Contact");
    assert_eq!(contact.params.value(b"q"), Some(&b"0.33"[..]));
    assert_eq!(contact.params.get(b"secondparam"), Some(None));
}

#[test]
fn intmeth_keeps_its_odd_bytes() {
    let message = message("rfc4475/intmeth.dat");
    assert_eq!(message.method_text(), b"!interesting-Method0123456789_*+`.%indeed'~");
    assert_eq!(message.to().expect("a To").display, b"BEL:\\\x07 NUL:\\\x00 DEL:\\\x7f");
    let uri = Uri::parse(message.request_uri()).expect("a URI");
    assert_eq!(uri.user, Some(&b"1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*"[..]));
    assert_eq!(uri.password, Some(&b"&it+has=1,weird!*pas$wo~d_too.(doesn't-it)"[..]));
    let extension = message.headers_called(b"EXTENSIONHEADER-!.%*+_`'~").next().expect("a header");
    assert_eq!(extension.value, "\u{feff}大停電".as_bytes());
}

#[test]
fn dblreq_loses_what_follows_it() {
    let message = message("rfc4475/dblreq.dat");
    assert!(message.bytes().ends_with(b"Content-Length: 0\r\n\r\n"));
}

#[test]
fn esc02_has_two_contacts() {
    let message = message("rfc4475/esc02.dat");
    assert_eq!(message.headers_named(HeaderName::Contact).count(), 2);
}

#[test]
fn contact_parameters_belong_where_they_stand() {
    let unknown = |path: &str| {
        let message = message(path);
        let contact: NameAddr<'_> = message.address(HeaderName::Contact).expect("a Contact");
        let uri = contact.parsed_uri().expect("a URI");
        (contact.params.has(b"unknownparam"), uri.params.has(b"unknownparam"))
    };
    assert_eq!(unknown("rfc4475/cparam01.dat"), (true, false));
    assert_eq!(unknown("rfc4475/cparam02.dat"), (false, true));
}

#[test]
fn mpart01_has_two_parts() {
    let message = message("rfc4475/mpart01.dat");
    let content_type = message.content_type().expect("a Content-Type");
    let parts: Vec<_> = sip::multipart::parts(content_type, message.body()).collect();
    assert_eq!(parts.len(), 2);
    assert_eq!((parts[0].content_type(), parts[0].body), (Some(&b"text/plain"[..]), &b"Hello"[..]));
    assert_eq!(parts[1].body.len(), 342);
}

#[test]
fn ports_and_addresses_of_rfc_5118() {
    let target = |path: &str| {
        let message = message(path);
        let uri = Uri::parse(message.request_uri()).expect("a URI");
        (uri.host_ip().expect("an address").to_string(), uri.port)
    };
    assert_eq!(target("rfc5118/port-ambiguous.dat"), ("2001:db8::10:5070".to_owned(), None));
    assert_eq!(target("rfc5118/port-unambiguous.dat"), ("2001:db8::10".to_owned(), Some(5070)));
    for path in ["rfc5118/via-received-param-with-delim.dat", "rfc5118/via-received-param-no-delim.dat"] {
        let message = message(path);
        let received = message.top_via().expect("a Via").received_ip().expect("an address");
        assert_eq!(received.to_string(), "2001:db8::9:255");
    }
    let message = message("rfc5118/mult-ip-in-sdp.dat");
    let sdp = Sdp::parse(message.body()).expect("a description");
    let addresses: Vec<_> =
        sdp.media().filter_map(|media| media.connection()?.ip()).map(|address| address.to_string()).collect();
    assert_eq!(addresses, ["192.0.2.1", "2001:db8::1"]);
}
