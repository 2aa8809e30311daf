//! Arguments of functions: evaluated values become what the function's declaration asks for.

use super::Execution;
use super::run::Machine;
use crate::host::{ArgFault, ArgValue, FlagValue, ScriptFault};
use crate::program::instruction::{Argument, CallSite, Wanted};
use crate::resolve::flags::parse_flags;
use catalogue::Value;
use std::sync::Arc;

impl Machine<'_> {
    /// The arguments of a call, in a vector whose memory is used again.
    pub(super) fn arguments(&mut self, site: &CallSite) -> Result<Vec<ArgValue>, ScriptFault> {
        let mut args = std::mem::take(&mut self.execution.args);
        args.clear();
        for (position, argument) in (1u8..).zip(site.computed()) {
            let function = site.function;
            let bad = |what| ScriptFault::BadArgument { function, position, what };
            args.push(self.argument(argument).map_err(bad)?);
        }
        Ok(args)
    }

    fn argument(&mut self, argument: &Argument) -> Result<ArgValue, ArgFault> {
        match argument {
            Argument::Fixed(value) => Ok(value.clone()),
            Argument::Settled(variable) => {
                let settled = variable.settled(self.host, &self.execution.scope);
                Ok(ArgValue::Var(Arc::new(settled)))
            }
            Argument::Computed { operand, kind, optional } => match self.value(*operand) {
                Value::Null if *optional => Ok(ArgValue::Absent),
                Value::Null => Err(ArgFault::Null),
                value => self.wanted(value, *kind),
            },
        }
    }

    fn wanted(&mut self, value: Value, kind: Wanted) -> Result<ArgValue, ArgFault> {
        match kind {
            Wanted::Int(range) => {
                let number = value.int().ok_or(ArgFault::NotAnInteger)?;
                match range {
                    Some((least, greatest)) if !(least..=greatest).contains(&number) => {
                        Err(ArgFault::OutOfRange { number, least, greatest })
                    }
                    _ => Ok(ArgValue::Int(number)),
                }
            }
            Wanted::Str => Ok(value.into_bytes().map_or(ArgValue::Absent, ArgValue::Str)),
            Wanted::Regex(read_as) => {
                let text = value.into_bytes().unwrap_or_default();
                let Execution { patterns, steps_left, .. } = &mut *self.execution;
                patterns.compiled(&text, read_as, steps_left).map(ArgValue::Regex).map_err(ArgFault::BadPattern)
            }
            Wanted::Flags(known) => {
                let text = value.into_bytes().unwrap_or_default();
                let flags: Vec<FlagValue> = parse_flags(&text, known).map_err(ArgFault::UnknownFlag)?.flags;
                Ok(ArgValue::Flags(flags.into()))
            }
        }
    }
}
