//! Values that ask for what they need (`{ip.resolve}`) are evaluated once before the instruction that uses them, so that
//! the script can wait for the answer there.

use super::{Compiler, add};
use crate::program::instruction::{Argument, Arguments, Instruction, Operand, Preparation, RouteTarget, Slot, Tables};

impl Compiler<'_> {
    /// What must come before an instruction, if anything in it asks.
    pub(super) fn preparation(&mut self, instruction: &Instruction) -> Option<Instruction> {
        let mut operands = operands(instruction, &self.tables);
        operands.retain(|operand| asks(*operand, &self.tables));
        if operands.is_empty() {
            return None;
        }
        let level = match instruction {
            // What is on the stack is the instruction's to take.
            Instruction::Xlog { level, .. } if *level != Operand::Pop => Some(*level),
            _ => None,
        };
        let preparation = Preparation { operands: operands.into(), level };
        Some(Instruction::Prepare(add(&mut self.tables.preparations, preparation)))
    }
}

fn asks(operand: Operand, tables: &Tables) -> bool {
    match operand {
        // What is on the stack has been evaluated.
        Operand::Pop | Operand::Constant(_) => false,
        Operand::Variable(slot) => tables.variables.get(slot as usize).is_some_and(|variable| variable.asks()),
        Operand::Format(slot) => tables.formats.get(slot as usize).is_some_and(|format| format.asks()),
    }
}

/// What an instruction evaluates.
fn operands(instruction: &Instruction, tables: &Tables) -> Vec<Operand> {
    match *instruction {
        Instruction::Truth(operand)
        | Instruction::NonZero(operand)
        | Instruction::Push(operand)
        | Instruction::Negate(operand)
        | Instruction::BitNot(operand)
        | Instruction::Match { left: operand, .. }
        | Instruction::InNetwork { left: operand, .. }
        | Instruction::Assign { value: operand, .. }
        | Instruction::Switch { subject: operand, .. }
        | Instruction::Return { code: operand, .. } => vec![operand],
        Instruction::Compare { left, right, .. }
        | Instruction::Arithmetic { left, right, .. }
        | Instruction::MatchComputed { left, pattern: right, .. } => vec![left, right],
        Instruction::Xlog { level, format } => vec![level, Operand::Format(format)],
        Instruction::AssertFailed { text } => vec![Operand::Format(text)],
        Instruction::Call(slot) => arguments(slot, tables),
        Instruction::CallRoute(slot) => route_call(slot, tables),
        Instruction::Async(slot) | Instruction::Launch(slot) => asynchronous(slot, tables),
        _ => Vec::new(),
    }
}

fn arguments(call: Slot, tables: &Tables) -> Vec<Operand> {
    let Some(site) = tables.calls.get(call as usize) else { return Vec::new() };
    let Arguments::Computed(args) = &site.args else { return Vec::new() };
    let computed = args.iter().filter_map(|argument| match argument {
        Argument::Computed { operand, .. } => Some(*operand),
        Argument::Fixed(_) | Argument::Settled(_) => None,
    });
    computed.collect()
}

fn route_call(slot: Slot, tables: &Tables) -> Vec<Operand> {
    let Some(site) = tables.route_calls.get(slot as usize) else { return Vec::new() };
    let target = match site.target {
        RouteTarget::Named(operand) => Some(operand),
        RouteTarget::Fixed(_) => None,
    };
    target.into_iter().chain(site.args.iter().copied()).collect()
}

fn asynchronous(slot: Slot, tables: &Tables) -> Vec<Operand> {
    let Some(site) = tables.asyncs.get(slot as usize) else { return Vec::new() };
    let mut operands = arguments(site.call, tables);
    operands.extend(site.timeout_s.into_iter().chain(site.param));
    operands
}
