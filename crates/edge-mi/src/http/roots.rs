//! What is offered under the first segment of a URL's path.

use bytes::Bytes;
use std::pin::Pin;
use std::sync::Arc;

/// Everything the server offers.
#[derive(Clone, Default)]
pub struct Roots {
    list: Vec<(String, Arc<dyn Root>)>,
}

/// One offer.
pub trait Root: Send + Sync {
    /// Answers a request, or hangs up.
    fn serve(&self, request: RootRequest) -> Pin<Box<dyn Future<Output = Result<Answer, Hangup>> + Send + '_>>;
}

/// A request that is for a root.
#[derive(Clone, Debug)]
pub struct RootRequest {
    /// Whether it is a POST; else it is a GET.
    pub is_post: bool,
    /// The path behind the root, with its query.
    pub rest: String,
    /// `Content-Type`, without its parameters, in lower case.
    pub content_type: Option<String>,
    /// Its body.
    pub body: Bytes,
}

/// The answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub code: u16,
    /// The type of the body.
    pub content_type: &'static str,
    /// The body.
    pub body: Bytes,
}

/// The connection is closed without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hangup;

impl Roots {
    /// Offers something under a name.
    pub fn add(&mut self, name: impl Into<String>, root: Arc<dyn Root>) {
        let name: String = name.into();
        self.list.push((name.trim_matches('/').to_owned(), root));
    }

    /// The offer that a path is for, and the rest of the path.
    pub fn find<'a>(&self, path: &'a str) -> Option<(&Arc<dyn Root>, &'a str)> {
        let path = path.strip_prefix('/')?;
        let end = path.find(['/', '?']).unwrap_or(path.len());
        let (name, rest) = path.split_at_checked(end)?;
        self.list.iter().find(|(known, _)| known == name).map(|(_, root)| (root, rest))
    }
}

impl Answer {
    /// A page that says what is wrong.
    pub fn page(code: u16, text: &str) -> Answer {
        let body = Bytes::from(format!("<html><body>{text}</body></html>\n"));
        Answer { code, content_type: "text/html", body }
    }
}

impl std::fmt::Display for Hangup {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("the request deserves no answer")
    }
}

impl std::error::Error for Hangup {}
