//! What a script uses, noted while it is compiled: for the checks that need to know all of it.

use crate::ast::Span;
use crate::program::RouteIndex;
use bytes::Bytes;
use catalogue::Routes;
use std::collections::BTreeSet;

/// What a script uses.
#[derive(Debug, Default)]
pub(crate) struct Usage {
    /// Calls of functions.
    pub(crate) functions: Vec<FunctionUse>,
    /// Which route calls which.
    pub(crate) calls: BTreeSet<(RouteIndex, RouteIndex)>,
    /// Routes that functions and parameters name.
    pub(crate) named: BTreeSet<RouteIndex>,
    /// Constant strings in functions and parameters: any may be the name of a route.
    pub(crate) words: BTreeSet<Bytes>,
    /// Whether a route is called by a name that is computed.
    pub(crate) calls_computed_name: bool,
    /// Where `$var(name)` is read.
    pub(crate) reads: Vec<(Bytes, Span)>,
    /// Which `$var(name)` are set, or passed to functions that may set them.
    pub(crate) writes: BTreeSet<Bytes>,
    /// Whether a `$var` is set by a name that is computed.
    pub(crate) writes_computed_name: bool,
}

/// A call of a function.
#[derive(Clone, Debug)]
pub(crate) struct FunctionUse {
    /// In which route.
    pub(crate) route: RouteIndex,
    /// The function, or the statement.
    pub(crate) name: &'static str,
    /// The routes that it may be called from.
    pub(crate) allowed: Routes,
    /// Where.
    pub(crate) span: Span,
}
