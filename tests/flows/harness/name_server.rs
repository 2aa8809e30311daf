//! A name server of the test's own.

use hickory_proto::op::{Message, OpCode, ResponseCode};
use hickory_proto::rr::{Name, RData, Record};
use std::net::{SocketAddr, UdpSocket};
use std::str::FromStr;
use std::sync::{Arc, Mutex};
use std::thread;

/// A name server that knows these records and no others; what it was asked is kept.
pub struct NameServer {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl NameServer {
    /// On a port of its own.
    pub fn start(records: Vec<Record>) -> NameServer {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("socket");
        let address = socket.local_addr().expect("address");
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let log = Arc::clone(&asked);
        thread::spawn(move || {
            let mut buffer = [0; 2048];
            while let Ok((length, peer)) = socket.recv_from(&mut buffer) {
                let query = Message::from_vec(&buffer[..length]).expect("a query");
                let question = query.queries[0].clone();
                let name = question.name().to_string().to_lowercase();
                log.lock().expect("log").push(format!("{} {name}", question.query_type()));
                let mut reply = Message::response(query.metadata.id, OpCode::Query);
                reply.metadata.recursion_available = true;
                reply.add_query(question.clone());
                let named = records.iter().filter(|known| known.name.to_string() == name);
                let answers: Vec<Record> =
                    named.filter(|known| known.record_type() == question.query_type()).cloned().collect();
                if answers.is_empty() {
                    reply.metadata.response_code = ResponseCode::NXDomain;
                }
                reply.add_answers(answers);
                socket.send_to(&reply.to_vec().expect("a reply"), peer).expect("sent");
            }
        });
        NameServer { address, asked }
    }

    /// What it was asked so far: kinds and names.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("log").clone()
    }

    /// The argument that makes a server ask it.
    pub fn argument(&self) -> String {
        format!("--name-server={}", self.address)
    }
}

/// A record.
pub fn record(name: &str, data: RData) -> Record {
    Record::from_rdata(Name::from_str(name).expect("name"), 300, data)
}
