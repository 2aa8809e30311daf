//! Variables and format strings that modules hold: output arguments, and parameters like `"$avp(x)"`.

use crate::{Call, Fault};
use bytes::Bytes;
use catalogue::{NameId, Value};
use std::sync::Arc;

/// What a variable is asked for: the name in its parentheses, and the index in its brackets.
#[derive(Clone, Copy, Debug)]
pub struct VariableName<'a> {
    /// The text in the parentheses; empty where there are none.
    pub text: &'a [u8],
    /// The same as a number, for variables declared [`catalogue::Inner::Interned`].
    pub id: Option<NameId>,
    /// The index.
    pub index: Index,
    /// What it counts in, if written: one of the declaration's [`catalogue::Variable::index_sets`].
    pub index_set: Option<&'static str>,
    /// `<request>` or `<reply>`, if written.
    pub place: Where,
}

/// `[…]` after a variable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Index {
    /// Not written: the first, or the only one.
    #[default]
    None,
    /// A number; negative from the end.
    At(i32),
    /// `[*]`
    All,
    /// `[append]`
    Append,
}

/// Which message a variable is read from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Where {
    /// The one being processed.
    #[default]
    Here,
    /// `<request>`
    Request,
    /// `<reply>`
    Reply,
}

/// How a variable is assigned; arithmetic (`+=`) has been done before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `=`
    Set,
    /// `:=`
    Replace,
}

/// A compiled variable.
pub trait VariableAccess: Send + Sync {
    /// Its value, transformed as written.
    fn read(&self, call: &mut Call<'_>) -> Value;
    /// Assigns to it.
    ///
    /// # Errors
    /// The variable cannot be written, or not with this value.
    fn write(&self, call: &mut Call<'_>, operator: Operator, value: Value) -> Result<(), Fault>;
    /// The value at a position, 0 being the first: of a variable that has several (`$avp(x)`, `$hdr(X)`) any of them.
    fn read_at(&self, call: &mut Call<'_>, position: usize) -> Value {
        if position == 0 { self.read(call) } else { Value::Null }
    }
    /// How many values it has.
    fn count(&self, call: &mut Call<'_>) -> usize {
        usize::from(!self.read(call).is_null())
    }
    /// What stands in its parentheses, with the variables in it filled in: for functions that take a variable by its
    /// name (`json_link()`).
    fn inner(&self, call: &mut Call<'_>) -> Bytes {
        let _ = call;
        Bytes::new()
    }
    /// As written in the script.
    fn text(&self) -> &str;
}

/// A variable that a module holds.
pub type VariableHandle = Arc<dyn VariableAccess>;

/// A compiled format string that a module holds.
pub trait FormatAccess: Send + Sync {
    /// The text with the variables filled in.
    fn print(&self, call: &mut Call<'_>) -> Bytes;
}

/// A format string that a module holds.
pub type FormatHandle = Arc<dyn FormatAccess>;
