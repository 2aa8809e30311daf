//! Questions to the outside, and their answers.

use crate::sql;
use crate::{
    DnsRecord, Fault, HttpFailure, HttpRequest, HttpResponse, JournalStep, Journaled, Notification, Program,
    ProgramOutput, Question, RecordsQuestion, Resolved,
};
use bytes::Bytes;
use std::net::IpAddr;
use std::time::Duration;

/// What can be asked of the edges. Each has a deadline there; a dead backend answers with a fault.
#[derive(Debug)]
pub enum Request {
    /// A database statement.
    Sql(Box<sql::Query>),
    /// Where a host's name leads.
    Resolve(Question),
    /// The names of an address (PTR records).
    NamesOf(IpAddr),
    /// The records of a name as they are (`enum_query`).
    Records(RecordsQuestion),
    /// Nothing for a while (`sleep()`).
    Sleep(Duration),
    /// What was sent so far has been handed to its sockets, and what could not be has been told
    /// (`t_relay("no-auto-477")`). What waits for a connection counts as handed over.
    Sent,
    /// Bytes written to a FIFO or UNIX socket (`t_write_req`, `t_write_unix`).
    Write {
        /// Its path.
        path: String,
        /// Whether it is a UNIX datagram socket rather than a FIFO.
        socket: bool,
        /// What to write.
        bytes: Bytes,
        /// How long it may take.
        deadline: Duration,
    },
    /// The content of a file (`hash_file`).
    Read {
        /// Its path.
        path: String,
        /// A longer file is a fault.
        bytes_max: usize,
    },
    /// Writes a file of our own, whole or not at all (what is kept over a restart).
    Keep {
        /// Its path.
        path: String,
        /// Its content.
        bytes: Bytes,
    },
    /// The content of a file, if it is there: one that [`Request::Keep`] wrote, or that the operator may leave out.
    Recall {
        /// Its path.
        path: String,
        /// A longer file is a fault.
        bytes_max: usize,
    },
    /// A step of a file of entries that must outlive the process.
    Journal {
        /// Its path.
        path: String,
        /// What is asked of it.
        step: JournalStep,
    },
    /// Runs a program (`exec`).
    Exec(Box<Program>),
    /// Asks an HTTP server (`rest_client`).
    Http(Box<HttpRequest>),
    /// Tells a subscriber of an event (`event_datagram`, `event_stream`).
    Notify(Box<Notification>),
    /// Until other work calls [`crate::Operations::fulfil`] with this number, got from
    /// [`crate::Operations::promise`]. The engine answers it; no edge ever sees it.
    Promise {
        /// Its number.
        number: u64,
        /// How long to wait; then the answer is a fault.
        deadline: Duration,
    },
}

impl From<sql::Query> for Request {
    fn from(query: sql::Query) -> Request {
        Request::Sql(Box::new(query))
    }
}

/// The answer to a [`Request`].
#[derive(Debug)]
pub enum Answer {
    /// To [`Request::Sql`].
    Sql(Result<sql::Rows, Fault>),
    /// To [`Request::Resolve`].
    Resolved(Result<Resolved, Fault>),
    /// To [`Request::NamesOf`]: at least one, without the dot at the end.
    Names(Result<Vec<String>, Fault>),
    /// To [`Request::Records`]: none where the name has none, or does not exist.
    Records(Result<Vec<DnsRecord>, Fault>),
    /// To [`Request::Read`].
    Read(Result<Bytes, Fault>),
    /// To [`Request::Recall`]; `None` where nothing was kept.
    Recalled(Result<Option<Bytes>, Fault>),
    /// To [`Request::Journal`].
    Journal(Result<Journaled, Fault>),
    /// To [`Request::Exec`].
    Exec(Result<ProgramOutput, Fault>),
    /// To [`Request::Http`].
    Http(Result<HttpResponse, HttpFailure>),
    /// To [`Request::Sleep`], [`Request::Sent`], [`Request::Write`], [`Request::Keep`], [`Request::Notify`] and
    /// [`Request::Promise`].
    Done(Result<(), Fault>),
}

impl Answer {
    /// The rows of an SQL answer.
    ///
    /// # Errors
    /// The backend's fault, or ours if the answer is to another kind of request.
    pub fn rows(self) -> Result<sql::Rows, Fault> {
        match self {
            Answer::Sql(rows) => rows,
            _ => Err(Fault::us("an answer of another kind came to an SQL request")),
        }
    }

    /// What a name leads to.
    ///
    /// # Errors
    /// The name servers' fault, or ours if the answer is to another kind of request.
    pub fn resolved(self) -> Result<Resolved, Fault> {
        match self {
            Answer::Resolved(resolved) => resolved,
            Answer::Done(Err(fault)) => Err(fault),
            _ => Err(Fault::us("an answer of another kind came to a name that was looked up")),
        }
    }

    /// The records of a name.
    ///
    /// # Errors
    /// The name servers' fault, or ours if the answer is to another kind of request.
    pub fn records(self) -> Result<Vec<DnsRecord>, Fault> {
        match self {
            Answer::Records(records) => records,
            Answer::Done(Err(fault)) => Err(fault),
            _ => Err(Fault::us("an answer of another kind came to a name whose records were asked for")),
        }
    }

    /// The content of a file.
    ///
    /// # Errors
    /// Why it cannot be read, or ours if the answer is to another kind of request.
    pub fn content(self) -> Result<Bytes, Fault> {
        match self {
            Answer::Read(content) => content,
            Answer::Done(Err(fault)) => Err(fault),
            _ => Err(Fault::us("an answer of another kind came to a file that was read")),
        }
    }

    /// What was kept, if anything was.
    ///
    /// # Errors
    /// Why it cannot be read, or ours if the answer is to another kind of request.
    pub fn recalled(self) -> Result<Option<Bytes>, Fault> {
        match self {
            Answer::Recalled(content) => content,
            Answer::Done(Err(fault)) => Err(fault),
            _ => Err(Fault::us("an answer of another kind came to a file that was kept")),
        }
    }

    /// What a journal says.
    ///
    /// # Errors
    /// Why it cannot do what was asked, or ours if the answer is to another kind of request.
    pub fn journaled(self) -> Result<Journaled, Fault> {
        match self {
            Answer::Journal(answer) => answer,
            Answer::Done(Err(fault)) => Err(fault),
            _ => Err(Fault::us("an answer of another kind came to a journal's step")),
        }
    }

    /// What a program wrote.
    ///
    /// # Errors
    /// Why it could not be run, or ours if the answer is to another kind of request.
    pub fn output(self) -> Result<ProgramOutput, Fault> {
        match self {
            Answer::Exec(output) => output,
            Answer::Done(Err(fault)) => Err(fault),
            _ => Err(Fault::us("an answer of another kind came to a program")),
        }
    }

    /// What an HTTP server answered.
    ///
    /// # Errors
    /// Why there is no answer.
    pub fn response(self) -> Result<HttpResponse, HttpFailure> {
        match self {
            Answer::Http(response) => response,
            Answer::Done(Err(fault)) => Err(HttpFailure::Other(fault.text.into_owned())),
            _ => Err(HttpFailure::Other("an answer of another kind came to an HTTP request".to_owned())),
        }
    }

    /// Whether what was asked for is done.
    ///
    /// # Errors
    /// Why it is not.
    pub fn done(self) -> Result<(), Fault> {
        self.into_fault().map_or(Ok(()), Err)
    }
}
