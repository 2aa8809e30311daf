//! A message that was kept, and the request that it becomes.

use super::{Msilo, stamp};
use crate::subject::is_usable;
use bytes::Bytes;
use chrono::Local;
use module_api::NewRequest;
use module_api::sql::Cell;

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its number.
    pub id: i64,
    from: Bytes,
    to: Bytes,
    user: Bytes,
    domain: Bytes,
    body: Bytes,
    content_type: Bytes,
    came_at: i64,
}

impl Message {
    /// Reads a row; `None` for one without a number.
    pub fn read(row: &[Cell]) -> Option<Message> {
        let text = |index: usize| row.get(index).and_then(Cell::to_bytes).unwrap_or_default();
        Some(Message {
            id: row.first()?.to_int()?,
            from: text(1),
            to: text(2),
            user: text(3),
            domain: text(4),
            body: text(5),
            content_type: text(6),
            came_at: row.get(7).and_then(Cell::to_int).unwrap_or(0),
        })
    }

    /// The request that brings it to its owner. `None` where the row holds what no message can.
    pub fn for_owner(&self, module: &Msilo, owner: &Bytes) -> Option<NewRequest> {
        let to = if self.to.is_empty() { owner } else { &self.to };
        self.request(module, owner.clone(), &self.from, to, "Offline")
    }

    /// The request that reminds its owner.
    pub fn for_reminder(&self, module: &Msilo, sender: &[u8]) -> Option<NewRequest> {
        let owner = Bytes::from([b"sip:", &*self.user, b"@", &*self.domain].concat());
        self.request(module, owner.clone(), sender, &owner, "Reminder")
    }

    fn request(&self, module: &Msilo, uri: Bytes, from: &[u8], to: &[u8], kind: &str) -> Option<NewRequest> {
        let is_line = |text: &[u8]| !text.iter().any(u8::is_ascii_control);
        if ![&uri[..], from, to].into_iter().all(is_usable) || !is_line(&self.content_type) {
            return None;
        }
        let mut headers = Vec::new();
        let date = stamp::for_header(self.came_at).unwrap_or_default();
        let lines: [[&[u8]; 3]; 4] = [
            [b"From: <", from, b">"],
            [b"To: <", to, b">"],
            [b"Content-Type: ", if self.content_type.is_empty() { TEXT } else { &self.content_type }, b""],
            [b"Date: ", date.as_bytes(), b""],
        ];
        for line in lines.iter().filter(|[_, value, _]| !value.is_empty()) {
            line.iter().for_each(|part| headers.extend_from_slice(part));
            headers.extend_from_slice(b"\r\n");
        }
        Some(NewRequest {
            method: Bytes::from_static(b"MESSAGE"),
            uri,
            next_hop: module.outbound_proxy.clone(),
            headers: headers.into(),
            body: self.body(module, kind),
            ..NewRequest::default()
        })
    }

    /// Text says when it came; in anything else that would be no part of it.
    fn body(&self, module: &Msilo, kind: &str) -> Bytes {
        let is_text = self.content_type.is_empty()
            || self.content_type.get(..5).is_some_and(|start| start.eq_ignore_ascii_case(b"text/"));
        if !module.adds_date || !is_text {
            return self.body.clone();
        }
        let date = stamp::for_people(self.came_at, &Local);
        [format!("[{kind} message - {date}] ").as_bytes(), &self.body].concat().into()
    }
}

const TEXT: &[u8] = b"text/plain";
