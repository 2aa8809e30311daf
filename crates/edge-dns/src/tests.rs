//! Whole questions, to a name server of the test's own on the loopback.

use crate::{Options, Prepared, Resolver};
use hickory_proto::op::{Message, MessageType, OpCode, ResponseCode};
use hickory_proto::rr::rdata::{A, AAAA, CNAME, NAPTR, NULL, PTR, SRV, TXT};
use hickory_proto::rr::{Name, RData, Record, RecordType};
use module_api::{Counter, DnsRecord, Naptr, Proto, Question, RecordKind, RecordsQuestion};
use std::net::{SocketAddr, UdpSocket};
use std::str::FromStr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A name server with these records that remembers what it was asked.
struct Server {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

/// `name ttl type data`, as in a zone file.
fn record(line: &str) -> Record {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let number = |at: usize| fields[at].parse().unwrap();
    let name = |text: &str| Name::from_str(text).unwrap();
    let text = |at: usize| fields[at].trim_matches('"').as_bytes().into();
    let data = match fields[2] {
        "A" => RData::A(A(fields[3].parse().unwrap())),
        "AAAA" => RData::AAAA(AAAA(fields[3].parse().unwrap())),
        "SRV" => RData::SRV(SRV::new(number(3), number(4), number(5), name(fields[6]))),
        "NAPTR" => RData::NAPTR(NAPTR::new(number(3), number(4), text(5), text(6), text(7), name(fields[8]))),
        "CNAME" => RData::CNAME(CNAME(name(fields[3]))),
        "PTR" => RData::PTR(PTR(name(fields[3]))),
        "TXT" => RData::TXT(TXT::new(fields[3..].iter().map(|text| text.trim_matches('"').to_owned()).collect())),
        "TYPE65300" => {
            RData::Unknown { code: RecordType::from(65_300), rdata: NULL::with(fields[3].as_bytes().to_vec()) }
        }
        other => panic!("{other}"),
    };
    Record::from_rdata(name(fields[0]), fields[1].parse().unwrap(), data)
}

impl Server {
    /// A name that is not in the zone does not exist; `silent` ones are not answered.
    fn start(zone: &str, silent: &'static str) -> Server {
        let records: Vec<Record> = zone.lines().map(str::trim).filter(|line| !line.is_empty()).map(record).collect();
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let log = Arc::clone(&asked);
        std::thread::spawn(move || {
            let mut buffer = [0; 2048];
            while let Ok((length, peer)) = socket.recv_from(&mut buffer) {
                let query = Message::from_vec(&buffer[..length]).unwrap();
                let question = query.queries[0].clone();
                let name = question.name().to_string().to_lowercase();
                log.lock().unwrap().push(format!("{} {name}", question.query_type()));
                if !silent.is_empty() && name.starts_with(silent) {
                    continue;
                }
                let mut reply = Message::response(query.metadata.id, OpCode::Query);
                reply.metadata.message_type = MessageType::Response;
                reply.metadata.recursion_available = true;
                reply.add_query(question.clone());
                let of_name: Vec<&Record> =
                    records.iter().filter(|known| known.name.to_string().to_lowercase() == name).collect();
                if of_name.is_empty() {
                    reply.metadata.response_code = ResponseCode::NXDomain;
                }
                let wanted = of_name.iter().filter(|known| known.record_type() == question.query_type());
                reply.add_answers(wanted.copied().cloned());
                // Whoever asks for an alias gets what it stands for, too.
                for alias in of_name.iter().filter(|known| matches!(known.data, RData::CNAME(_))) {
                    let RData::CNAME(target) = &alias.data else { continue };
                    reply.add_answer((*alias).clone());
                    let behind = records.iter().filter(|known| known.name == target.0);
                    reply.add_answers(behind.filter(|known| known.record_type() == question.query_type()).cloned());
                }
                socket.send_to(&reply.to_vec().unwrap(), peer).unwrap();
            }
        });
        Server { address, asked }
    }

    fn options(&self) -> Options {
        Options {
            name_servers: vec![self.address],
            search_list: false,
            retries: Some(0),
            retry_after: Some(Duration::from_millis(300)),
            ..Options::default()
        }
    }

    fn resolver(&self) -> Resolver {
        resolver(self.options(), Counter::default())
    }

    /// What was asked since the last time, each question once.
    fn asked(&self) -> String {
        let mut asked = std::mem::take(&mut *self.asked.lock().unwrap());
        asked.dedup();
        asked.join(", ")
    }
}

fn resolver(options: Options, slow: Counter) -> Resolver {
    Resolver::new(Prepared::new(options).unwrap(), Counter::default(), slow)
}

async fn places(resolver: &Resolver, question: Question) -> String {
    match resolver.resolve(&question).await {
        Ok(resolved) => {
            let shown = resolved.destinations.iter().map(|place| format!("{}:{}", place.proto.name(), place.address));
            shown.collect::<Vec<_>>().join(" ")
        }
        Err(fault) => fault.to_string(),
    }
}

fn sip(host: &str) -> Question {
    Question { host: host.to_owned(), port: None, protos: vec![Proto::Udp, Proto::Tcp], ipv6: false }
}

const ZONE: &str = r#"
    example.org.            300 NAPTR 50 50 "s" "SIP+D2T" "" _sip._tcp.example.org.
    example.org.            300 NAPTR 90 50 "s" "SIP+D2U" "" _sip._udp.example.org.
    _sip._tcp.example.org.  300 SRV 20 0 5071 two.example.org.
    _sip._tcp.example.org.  300 SRV 10 0 5070 one.example.org.
    _sip._udp.example.org.  300 SRV 10 0 5080 one.example.org.
    one.example.org.        300 A 192.0.2.1
    one.example.org.        300 A 192.0.2.11
    two.example.org.        300 A 192.0.2.2
    two.example.org.        300 AAAA 2001:db8::2
    six.example.org.        300 AAAA 2001:db8::6
    plain.example.org.      300 A 192.0.2.9
    srv.example.org.        300 A 192.0.2.8
    _sip._udp.srv.example.org. 300 SRV 1 1 5090 two.example.org.
    _sip._udp.none.example.org. 300 SRV 0 0 0 .
    none.example.org.       300 A 192.0.2.7
    1.2.0.192.in-addr.arpa. 300 PTR one.example.org.
    alias.example.org.      300 CNAME two.example.org.
    1.9.4.e164.arpa.        300 NAPTR 20 7 "u" "E2U+sip" "!^.*$!sip:one@example.org!" .
    1.9.4.e164.arpa.        300 NAPTR 10 9 "u" "E2U+pres" "!^.*$!pres:one@example.org!" .
    2.9.4.e164.arpa.        300 CNAME 1.9.4.e164.arpa.
    i.1.e164.arpa.          300 TXT "4" "2"
    i.1.e164.arpa.          300 TYPE65300 bytes
"#;

#[tokio::test]
async fn naptr_chooses_the_transport_and_srv_the_servers() {
    let server = Server::start(ZONE, "");
    let resolver = server.resolver();
    let all = "tcp:192.0.2.1:5070 tcp:192.0.2.11:5070 tcp:192.0.2.2:5071";
    assert_eq!(places(&resolver, sip("Example.org")).await, all);
    assert_eq!(
        server.asked(),
        "NAPTR example.org., SRV _sip._tcp.example.org., A one.example.org., A two.example.org."
    );
    // The second time nobody is asked.
    assert_eq!(places(&resolver, sip("example.org")).await, all);
    assert_eq!(server.asked(), "");
}

#[tokio::test]
async fn without_naptr_the_first_transport_with_servers_is_taken() {
    let server = Server::start(ZONE, "");
    let resolver = resolver(Options { naptr: false, ..server.options() }, Counter::default());
    assert_eq!(places(&resolver, sip("example.org")).await, "udp:192.0.2.1:5080 udp:192.0.2.11:5080");
    assert!(!server.asked().contains("NAPTR"));
    let tcp = Question { protos: vec![Proto::Tcp], ..sip("example.org") };
    assert_eq!(places(&resolver, tcp).await, "tcp:192.0.2.1:5070 tcp:192.0.2.11:5070 tcp:192.0.2.2:5071");
}

#[tokio::test]
async fn a_name_without_services_has_addresses() {
    let server = Server::start(ZONE, "");
    let resolver = server.resolver();
    assert_eq!(places(&resolver, sip("plain.example.org")).await, "udp:192.0.2.9:5060");
    assert_eq!(places(&resolver, sip("srv.example.org")).await, "udp:192.0.2.2:5090");
    server.asked();
    let with_port = Question { port: Some(5555), ..sip("srv.example.org") };
    assert_eq!(places(&resolver, with_port).await, "udp:192.0.2.8:5555");
    assert_eq!(server.asked(), "A srv.example.org.");
    // RFC 2782 has no service there; upstream and RFC 3263 leave the address.
    assert_eq!(places(&resolver, sip("none.example.org")).await, "udp:192.0.2.7:5060");
}

#[tokio::test]
async fn ipv6_only_where_it_is_wanted() {
    let server = Server::start(ZONE, "");
    let resolver = server.resolver();
    let address = |host: &str, ipv6| Question { port: Some(5060), ipv6, ..sip(host) };
    assert_eq!(
        places(&resolver, address("six.example.org", false)).await,
        "six.example.org: no address is known for this name"
    );
    assert_eq!(places(&resolver, address("six.example.org", true)).await, "udp:[2001:db8::6]:5060");
    assert_eq!(places(&resolver, address("two.example.org", true)).await, "udp:192.0.2.2:5060");
}

#[tokio::test]
async fn what_does_not_exist_is_remembered_too() {
    let server = Server::start(ZONE, "");
    let resolver = server.resolver();
    let nothing = "nowhere.example.org: no address is known for this name";
    assert_eq!(places(&resolver, sip("nowhere.example.org")).await, nothing);
    assert!(server.asked().ends_with("A nowhere.example.org."));
    assert_eq!(places(&resolver, sip("nowhere.example.org")).await, nothing);
    assert_eq!(server.asked(), "");
}

#[tokio::test]
async fn an_answer_holds_as_long_as_the_shortest_lived_of_its_records() {
    let zone = "one.example.org. 300 A 192.0.2.1\n_sip._udp.short.example.org. 1 SRV 0 0 5060 one.example.org.";
    let server = Server::start(zone, "");
    let resolver = server.resolver();
    let resolved = resolver.resolve(&sip("short.example.org")).await.unwrap();
    assert_eq!(resolved.lifetime, Duration::from_secs(1));
    let resolved = resolver.resolve(&Question::addresses("one.example.org", false)).await.unwrap();
    assert!(resolved.lifetime > Duration::from_secs(290), "{:?}", resolved.lifetime);
}

#[tokio::test]
async fn who_is_slow_is_told() {
    let server = Server::start(ZONE, "silent.");
    let (told, slow) = (Arc::new(Mutex::new(Vec::new())), Counter::default());
    let log = Arc::clone(&told);
    let options = Options {
        slow_after: Duration::from_millis(100),
        slow: Some(Arc::new(move |name, _| log.lock().unwrap().push(name.to_owned()))),
        ..server.options()
    };
    let resolver = resolver(options, slow.clone());
    let silent = Question { port: Some(5060), ..sip("silent.example.org") };
    assert!(resolver.resolve(&silent).await.is_err());
    assert_eq!(*told.lock().unwrap(), ["silent.example.org"]);
    assert_eq!(slow.get(), 1);
}

#[tokio::test]
async fn addresses_have_names() {
    let server = Server::start(ZONE, "");
    let resolver = server.resolver();
    assert_eq!(resolver.names_of("192.0.2.1".parse().unwrap()).await.unwrap(), ["one.example.org"]);
    assert!(resolver.names_of("192.0.2.200".parse().unwrap()).await.is_err());
}

#[tokio::test]
async fn aliases_stand_for_names() {
    let resolver = Server::start(ZONE, "").resolver();
    assert_eq!(resolver.names_behind("alias.example.org").await.unwrap(), ["two.example.org"]);
    assert_eq!(resolver.names_behind("one.example.org").await.unwrap(), [""; 0]);
    assert!(resolver.names_behind("nowhere.example.org").await.is_err());
}

#[tokio::test]
async fn the_hosts_file_is_read_before_anybody_is_asked() {
    let server = Server::start(ZONE, "");
    let found = places(&server.resolver(), sip("localhost")).await;
    assert_eq!(found, "udp:127.0.0.1:5060");
    assert_eq!(server.asked(), "");
}

async fn records(resolver: &Resolver, name: &str, kind: RecordKind) -> Vec<DnsRecord> {
    resolver.records(&RecordsQuestion { name: name.to_owned(), kind }).await.unwrap()
}

#[tokio::test]
async fn records_come_as_they_are() {
    let server = Server::start(ZONE, "");
    let resolver = server.resolver();
    let naptr = |order, preference, service: &'static str, regexp: &'static str| {
        DnsRecord::Naptr(Naptr {
            order,
            preference,
            flags: "u".into(),
            services: service.into(),
            regexp: regexp.into(),
        })
    };
    let both = [
        naptr(20, 7, "E2U+sip", "!^.*$!sip:one@example.org!"),
        naptr(10, 9, "E2U+pres", "!^.*$!pres:one@example.org!"),
    ];
    assert_eq!(records(&resolver, "1.9.4.e164.arpa.", RecordKind::Naptr).await, both);
    assert_eq!(server.asked(), "NAPTR 1.9.4.e164.arpa.");
    // With or without the dot it is the same name, which is known by now.
    assert_eq!(records(&resolver, "1.9.4.e164.arpa", RecordKind::Naptr).await, both);
    assert_eq!(server.asked(), "");
    assert_eq!(records(&resolver, "2.9.4.e164.arpa", RecordKind::Naptr).await, both, "an alias leads on");
    assert_eq!(records(&resolver, "i.1.e164.arpa", RecordKind::Txt).await, [DnsRecord::Txt("42".into())]);
    let numbered = [DnsRecord::Numbered("bytes".into())];
    assert_eq!(records(&resolver, "i.1.e164.arpa", RecordKind::Numbered(65_300)).await, numbered);
}

#[tokio::test]
async fn a_name_without_records_is_no_fault_but_silence_is() {
    let server = Server::start(ZONE, "silent.");
    let resolver = server.resolver();
    assert_eq!(records(&resolver, "1.9.4.e164.arpa", RecordKind::Txt).await, []);
    assert_eq!(records(&resolver, "9.9.9.e164.arpa", RecordKind::Naptr).await, []);
    for (name, wrong) in
        [("silent.e164.arpa", "silent.e164.arpa: the name servers fail"), ("a..b", "a..b: it is no name")]
    {
        let question = RecordsQuestion { name: name.to_owned(), kind: RecordKind::Naptr };
        let fault = resolver.records(&question).await.unwrap_err().to_string();
        assert!(fault.starts_with(wrong), "{fault}");
    }
}
