//! The loop: fetch, count, execute.

use super::{Execution, Outcome};
use crate::host::{Action, Host, ScriptFault, StepTrace};
use crate::program::instruction::{Address, Began, Instruction, Operand, Slot};
use crate::program::{Coverage, Line, Program};
use catalogue::Value;
use std::ops::ControlFlow;

/// An execution with what it runs and what it runs on.
pub(super) struct Machine<'m> {
    pub(super) execution: &'m mut Execution,
    pub(super) program: &'m Program,
    pub(super) host: &'m mut dyn Host,
}

/// Whether the run goes on.
pub(super) type Next = ControlFlow<Outcome>;

pub(super) const ON: Next = ControlFlow::Continue(());

impl<'m> Machine<'m> {
    pub(super) fn run(&mut self) -> Outcome {
        let program = self.program;
        let counters = program.coverage.row(self.execution.worker);
        loop {
            let Some(step) = program.code.get(self.execution.counter as usize) else {
                return self.execution.finished(false, false);
            };
            if self.execution.steps_left == 0 {
                self.warn(ScriptFault::TooManySteps);
                return self.execution.finished(true, false);
            }
            self.execution.steps_left -= 1;
            self.execution.counter += 1;
            self.execution.scope.place = step.place;
            if let Some(began) = step.begins {
                Coverage::count(counters, step.place);
                self.begin(began);
            }
            if let ControlFlow::Break(outcome) = self.execute(step.instruction) {
                return outcome;
            }
        }
    }

    fn begin(&mut self, began: Began) {
        self.execution.has_no_value = false;
        if let Some(words) = began.words() {
            self.trace(Action::Statement(words));
        }
    }

    /// Tells the host what is about to be done, where it wants to know.
    pub(super) fn trace(&mut self, action: Action) {
        if !self.execution.is_tracing {
            return;
        }
        let scope = &self.execution.scope;
        let line = self.program.line_of(scope.place);
        let route = scope.frames.last().and_then(|frame| self.program.route_info(frame.route));
        self.host.step(StepTrace {
            line,
            file: self.program.file(line),
            route: route.map_or("", |route| &route.label),
            depth: scope.frames.len(),
            code: scope.code,
            action,
        });
    }

    fn execute(&mut self, instruction: Instruction) -> Next {
        match instruction {
            Instruction::Jump(address) => self.execution.counter = address,
            Instruction::JumpIf(address) => self.jump_when(true, address),
            Instruction::JumpUnless(address) => self.jump_when(false, address),
            Instruction::Prepare(slot) => return self.prepare(slot),
            Instruction::Truth(operand) => self.execution.truth = self.peek(operand).is_true(),
            Instruction::NonZero(operand) => self.non_zero(operand),
            Instruction::Not => self.execution.truth = !self.execution.truth,
            Instruction::Compare { operator, left, right } => self.compare(operator, left, right),
            Instruction::Match { left, pattern, negated } => self.matches(left, pattern, negated),
            Instruction::MatchComputed { left, pattern, negated } => self.matches_computed(left, pattern, negated),
            Instruction::InNetwork { left, network, negated } => self.in_network(left, network, negated),
            Instruction::Push(operand) => {
                let value = self.value(operand);
                self.execution.values.push(value);
            }
            Instruction::PushCode => self.execution.values.push(Value::Int(self.execution.scope.code)),
            Instruction::PushTruth => self.execution.values.push(Value::Int(i32::from(self.execution.truth))),
            Instruction::Arithmetic { operator, left, right } => self.arithmetic(operator, left, right),
            Instruction::Negate(operand) => self.negate(operand),
            Instruction::BitNot(operand) => self.complement(operand),
            Instruction::Assign { target, operator, value } => self.assign(target, operator, value),
            Instruction::Call(slot) => return self.call(slot),
            Instruction::CallRoute(slot) => self.call_route(slot),
            Instruction::Async(slot) => return self.call_async(slot),
            Instruction::Launch(slot) => self.launch(slot),
            Instruction::LoopEnter => self.execution.loops.push(0),
            Instruction::LoopTurn { exit } => {
                self.turn(exit);
            }
            Instruction::ForTurn { list, exit } => self.for_turn(list, exit),
            Instruction::LoopLeave => {
                self.execution.loops.pop();
            }
            Instruction::Switch { subject, table } => self.switch(subject, table),
            Instruction::AssertFailed { text } => return self.assert_failed(text),
            Instruction::Log { level, text } => self.log(level, text),
            Instruction::Xlog { level, format } => self.xlog(level, format),
            Instruction::Return { code, values } => return self.return_values(code, values),
            Instruction::ReturnCode => return self.leave(self.execution.scope.code),
            Instruction::ReturnTruth => return self.leave(if self.execution.truth { 1 } else { -1 }),
            Instruction::Exit => return ControlFlow::Break(self.execution.finished(true, false)),
            Instruction::Drop => return ControlFlow::Break(self.execution.finished(true, true)),
        }
        ON
    }

    fn jump_when(&mut self, truth: bool, address: Address) {
        if self.execution.truth == truth {
            self.execution.counter = address;
        }
    }

    /// Counts a turn of the innermost loop; false when there were too many and it is left.
    pub(super) fn turn(&mut self, exit: Address) -> bool {
        let most = self.program.limits.turns_max;
        match self.execution.loops.last_mut() {
            Some(turns) if *turns < most => {
                *turns += 1;
                true
            }
            _ => {
                self.execution.counter = exit;
                self.warn(ScriptFault::TooManyTurns);
                false
            }
        }
    }

    fn log(&mut self, level: i32, text: Slot) {
        if level > self.host.log_level() {
            return;
        }
        if let Some(Value::Str(text)) = self.program.tables.constants.get(text as usize) {
            self.host.print(level, text, self.line());
        }
    }

    fn xlog(&mut self, level: Operand, format: Slot) {
        let level = self.xlog_level(level);
        if level > self.host.xlog_level() {
            return;
        }
        let Some(format) = self.program.tables.formats.get(format as usize) else { return };
        let mut text = std::mem::take(&mut self.execution.text);
        text.clear();
        format.print_in(self.host, Some(&self.execution.scope), &mut text);
        if text.len() > self.host.print_bytes_max() {
            self.warn(ScriptFault::TextTooLong);
        } else {
            self.host.print(level, &text, self.line());
        }
        self.execution.text = text;
    }

    /// The level of an xlog line. One that is no number is read as an error: such a line should be seen.
    pub(super) fn xlog_level(&mut self, level: Operand) -> i32 {
        let level = match level {
            Operand::Constant(slot) => self.program.tables.constants.get(slot as usize).and_then(Value::int),
            other => self.value(other).int(),
        };
        level.unwrap_or(-1)
    }

    pub(super) fn line(&self) -> Line {
        self.program.line_of(self.execution.scope.place)
    }

    pub(super) fn warn(&mut self, fault: ScriptFault) {
        let line = self.line();
        self.host.warn(fault, line);
    }
}
