//! What modules' tests stand on: a [`Fixture`] is a message with everything a function can reach, in memory.
//!
//! ```text
//! let mut fixture = Fixture::request("OPTIONS sip:b@example.com SIP/2.0\nMax-Forwards: 0");
//! let state = fixture.start(&MODULE, &[]);
//! assert_eq!(fixture.call(&state, &PROCESS, &[int(10)]), -1);
//! assert_eq!(fixture.journal(), ["reply 483 Too Many Hops"]);
//! ```

mod arguments;
mod examples;
mod fixture;
mod recorder;
mod simple_compiler;
mod text;

pub use arguments::{absent, flags, int, line_regex, regex, str};
pub use examples::check_examples;
pub use fixture::Fixture;
pub use recorder::{Recorder, SentRequest};
pub use text::{message, show};
