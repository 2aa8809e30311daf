//! What a script function gets: its arguments, and the message with everything decided about it.

use crate::{Env, Fault, Kind, Routing, State, VariableHandle};
use bytes::Bytes;
use catalogue::Value;
use regex::bytes::Regex;
use std::any::Any;
use std::sync::Arc;

/// A function being called: the message it works on and the world around it.
pub struct Call<'a> {
    /// Time, randomness, services, and what goes out.
    pub env: Env<'a>,
    /// The message, and what the script has decided about it so far.
    pub msg: &'a mut Routing,
    /// The kind of route that is running.
    pub kind: Kind,
    /// The state of the function's module.
    pub module: &'a State,
}

impl<'a> Call<'a> {
    /// The state of the function's own module.
    ///
    /// # Errors
    /// It has another type than `T`, which is our fault.
    pub fn state<T: Any + Send + Sync>(&self) -> Result<&'a T, Fault> {
        self.module.downcast_ref::<T>().ok_or(Fault::us("a module's state has another type than it asks for"))
    }

    /// The same as a shared value, to keep while waiting.
    ///
    /// # Errors
    /// As [`Call::state`].
    pub fn shared_state<T: Any + Send + Sync>(&self) -> Result<Arc<T>, Fault> {
        let state = Arc::clone(self.module).downcast::<T>();
        state.map_err(|_| Fault::us("a module's state has another type than it asks for"))
    }
}

/// An evaluated argument.
#[derive(Clone)]
pub enum ArgValue {
    /// Left out.
    Absent,
    /// An integer, or the number of a flag or route.
    Int(i32),
    /// A string.
    Str(Bytes),
    /// A variable to read or write.
    Var(VariableHandle),
    /// Several.
    Vars(Arc<[VariableHandle]>),
    /// A regular expression.
    Regex(Arc<Regex>),
    /// Named flags with their values.
    Flags(Arc<[(&'static str, Option<Bytes>)]>),
}

/// The arguments of a call, evaluated and checked against the declaration.
#[derive(Clone, Copy)]
pub struct Args<'a>(pub &'a [ArgValue]);

impl<'a> Args<'a> {
    /// Argument `index`, if it was given.
    pub fn get(&self, index: usize) -> Option<&'a ArgValue> {
        self.0.get(index).filter(|value| !matches!(value, ArgValue::Absent))
    }

    /// Whether argument `index` was given.
    pub fn is_given(&self, index: usize) -> bool {
        self.get(index).is_some()
    }

    /// An integer.
    ///
    /// # Errors
    /// A variable held something else.
    pub fn int(&self, index: usize) -> Result<i32, Fault> {
        self.opt_int(index)?.ok_or_else(|| missing(index))
    }

    /// An integer that may be left out.
    ///
    /// # Errors
    /// A variable held something else.
    pub fn opt_int(&self, index: usize) -> Result<Option<i32>, Fault> {
        match self.get(index) {
            None => Ok(None),
            Some(ArgValue::Int(number)) => Ok(Some(*number)),
            Some(ArgValue::Str(text)) => match Value::Str(text.clone()).int() {
                Some(number) => Ok(Some(number)),
                None => Err(Fault::script(format!(
                    "parameter {} must be an integer, it is \"{}\"",
                    index + 1,
                    String::from_utf8_lossy(text)
                ))),
            },
            Some(_) => Err(missing(index)),
        }
    }

    /// A string.
    ///
    /// # Errors
    /// It is NULL or missing.
    pub fn str(&self, index: usize) -> Result<&'a Bytes, Fault> {
        self.opt_str(index).ok_or_else(|| missing(index))
    }

    /// A string that may be left out.
    pub fn opt_str(&self, index: usize) -> Option<&'a Bytes> {
        match self.get(index) {
            Some(ArgValue::Str(text)) => Some(text),
            _ => None,
        }
    }

    /// A variable.
    ///
    /// # Errors
    /// It is missing.
    pub fn var(&self, index: usize) -> Result<&'a VariableHandle, Fault> {
        self.opt_var(index).ok_or_else(|| missing(index))
    }

    /// A variable that may be left out.
    pub fn opt_var(&self, index: usize) -> Option<&'a VariableHandle> {
        match self.get(index) {
            Some(ArgValue::Var(variable)) => Some(variable),
            _ => None,
        }
    }

    /// A list of variables; empty if left out.
    pub fn vars(&self, index: usize) -> &'a [VariableHandle] {
        match self.get(index) {
            Some(ArgValue::Vars(variables)) => variables,
            Some(ArgValue::Var(variable)) => std::slice::from_ref(variable),
            _ => &[],
        }
    }

    /// A regular expression.
    ///
    /// # Errors
    /// It is missing.
    pub fn regex(&self, index: usize) -> Result<&'a Regex, Fault> {
        self.opt_regex(index).ok_or_else(|| missing(index))
    }

    /// A regular expression that may be left out.
    pub fn opt_regex(&self, index: usize) -> Option<&'a Regex> {
        match self.get(index) {
            Some(ArgValue::Regex(regex)) => Some(regex),
            _ => None,
        }
    }

    /// The number of a message or branch flag.
    ///
    /// # Errors
    /// It is missing.
    pub fn flag(&self, index: usize) -> Result<u8, Fault> {
        u8::try_from(self.int(index)?).map_err(|_| missing(index))
    }

    /// Named flags with their values; empty if left out.
    pub fn flags(&self, index: usize) -> &'a [(&'static str, Option<Bytes>)] {
        match self.get(index) {
            Some(ArgValue::Flags(flags)) => flags,
            _ => &[],
        }
    }

    /// Whether a named flag is set.
    pub fn has_flag(&self, index: usize, name: &str) -> bool {
        self.flags(index).iter().any(|(known, _)| *known == name)
    }
}

fn missing(index: usize) -> Fault {
    Fault::script(format!("parameter {} has no value", index + 1))
}
