//! SIP as bytes: messages, headers, URIs, SDP, digest, edits and the writer. No sockets, no clock, no randomness.
//!
//! A [`Message`] keeps the received bytes and knows where each header lies; a value is parsed when it is asked for.
//! Changes are collected in [`Edits`] beside the message and take effect once, in [`write()`].

pub mod auth;
pub mod build;
mod check;
mod cseq;
mod cursor;
pub mod digest;
mod edits;
mod error;
pub mod escape;
pub mod framing;
#[doc(hidden)]
pub mod fuzzing;
mod limits;
mod list;
mod media_type;
mod message;
mod method;
pub mod multipart;
mod name;
mod name_addr;
mod params;
mod rack;
pub mod sdp;
pub mod text;
mod uri;
mod value;
mod via;

pub use cseq::CSeq;
pub use edits::{Edits, apply, write, written};
pub use error::{Fault, HeaderError, Offence, ParseError, UriError};
pub use limits::Limits;
pub use list::{ListItem, Lists};
pub use media_type::MediaType;
pub use message::{Header, Message};
pub use method::Method;
pub use name::HeaderName;
pub use name_addr::NameAddr;
pub use params::Params;
pub use rack::RAck;
pub use uri::{Scheme, Uri, as_request_uri};
pub use value::Value;
pub use via::Via;
