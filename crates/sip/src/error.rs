//! What can be wrong with a message, named so that a test matches the variant and a peer reads a phrase.

use std::{borrow::Cow, fmt};

use bytes::Bytes;

use crate::{HeaderName, Limits, Message};

/// Why a message was refused, and the message itself where it can still be answered.
#[derive(Debug)]
pub struct ParseError {
    /// The first thing found wrong.
    pub offence: Offence,
    /// The request, when its Via can be read and it is no ACK. Boxed, for it is rare.
    message: Option<Box<Message>>,
}

/// What is wrong with a message as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offence {
    /// More bytes than [`crate::Limits::message_bytes`].
    MessageTooLong,
    /// A line longer than [`crate::Limits::line_bytes`]: this header's, where its name is a known one.
    LineTooLong(HeaderName),
    /// More header lines than [`crate::Limits::headers`].
    TooManyHeaders,
    /// The first line is neither a request line nor a status line.
    StartLine,
    /// The method of the request line is not a token.
    Method,
    /// The Request-URI cannot be read.
    RequestUri(UriError),
    /// The version is not `SIP/2.0`.
    Version,
    /// The status code is not between 100 and 699.
    StatusCode,
    /// A line between start line and body has no header name and colon.
    HeaderLine,
    /// The bytes end before the empty line that ends the headers.
    NoEmptyLine,
    /// Content-Length announces more than came.
    BodyCutShort,
    /// This header is missing or wrong.
    Header(HeaderError),
}

/// A header that is missing, or that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeaderError {
    /// Which header.
    pub header: HeaderName,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What is wrong with one header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It must be there and is not.
    Missing,
    /// It may be there once and is there again.
    Repeated,
    /// Its value is empty where something must stand.
    Empty,
    /// A quoted string, an angle bracket or a comment does not close.
    Unclosed,
    /// A number is not one, or is too large.
    Number,
    /// It does not follow its grammar.
    Syntax,
    /// A parameter is empty, or is not `name=value`.
    Parameter,
    /// Its URI is wrong.
    Uri(UriError),
    /// The method in CSeq is not the method of the request.
    MethodMismatch,
}

/// What is wrong with a URI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UriError {
    /// There is nothing.
    Empty,
    /// No scheme and colon at its start.
    Scheme,
    /// A byte that no URI may have: white space, a control, a quote, an angle bracket, a second `@`.
    Character,
    /// The user part is empty.
    User,
    /// The host is empty or has a character no host has.
    Host,
    /// The port is no number up to 65535.
    Port,
    /// A telephone number without digits.
    Number,
}

impl ParseError {
    pub(crate) fn new(offence: Offence, message: Option<Message>) -> ParseError {
        ParseError { offence, message: message.map(Box::new) }
    }

    /// What is wrong with a message of which a stream brought the headers, and the offence that ended the stream.
    pub fn unframed(head: Bytes, offence: Offence, limits: &Limits) -> ParseError {
        let message = match Message::parse(head, limits) {
            Ok(message) => message.is_answerable().then_some(Box::new(message)),
            Err(error) => error.message,
        };
        ParseError { offence, message }
    }

    /// The request to be refused with a response; `None` where the message can only be counted and dropped.
    pub fn answerable(&self) -> Option<&Message> {
        self.message.as_deref()
    }

    /// The status code that fits the offence.
    pub fn code(&self) -> u16 {
        match self.offence {
            Offence::Version => 505,
            Offence::MessageTooLong => 513,
            _ => 400,
        }
    }

    /// The header at fault, where it is one header's.
    pub fn header(&self) -> Option<HeaderName> {
        match self.offence {
            Offence::Header(error) => Some(error.header),
            Offence::BodyCutShort => Some(HeaderName::ContentLength),
            Offence::LineTooLong(header) => Some(header),
            _ => None,
        }
    }

    /// A reason phrase that names what is wrong: `Bad Max-Forwards`, `Missing Call-ID`.
    pub fn reason(&self) -> Cow<'static, str> {
        self.offence.reason()
    }
}

impl Offence {
    /// The reason phrase for a response.
    pub fn reason(self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Offence::MessageTooLong => "Message Too Large",
            Offence::LineTooLong(HeaderName::Other) => "Header Line Too Long",
            Offence::LineTooLong(header) => return Cow::Owned(format!("{} Too Long", header.as_str())),
            Offence::TooManyHeaders => "Too Many Headers",
            Offence::StartLine => "Bad Start Line",
            Offence::Method => "Bad Method",
            Offence::RequestUri(_) => "Bad Request-URI",
            Offence::Version => "Version Not Supported",
            Offence::StatusCode => "Bad Status Code",
            Offence::HeaderLine => "Bad Header Line",
            Offence::NoEmptyLine => "Missing Empty Line",
            Offence::BodyCutShort => "Bad Content-Length",
            Offence::Header(error) => return Cow::Owned(error.to_string()),
        })
    }
}

impl HeaderError {
    pub(crate) fn new(header: HeaderName, fault: Fault) -> HeaderError {
        HeaderError { header, fault }
    }
}

impl fmt::Display for HeaderError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wrong = match self.fault {
            Fault::Missing => "Missing",
            Fault::Repeated => "Repeated",
            Fault::MethodMismatch => "Mismatched",
            _ => "Bad",
        };
        write!(out, "{wrong} {}", self.header.as_str())
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.reason())
    }
}

impl fmt::Display for UriError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            UriError::Empty => "the URI is empty",
            UriError::Scheme => "the URI has no scheme",
            UriError::Character => "the URI has a character that must be escaped",
            UriError::User => "the user part of the URI is empty",
            UriError::Host => "the host of the URI is wrong",
            UriError::Port => "the port of the URI is wrong",
            UriError::Number => "the telephone number is wrong",
        })
    }
}

impl std::error::Error for ParseError {}
impl std::error::Error for HeaderError {}
impl std::error::Error for UriError {}

impl From<UriError> for Fault {
    fn from(error: UriError) -> Fault {
        Fault::Uri(error)
    }
}
