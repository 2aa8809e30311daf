//! Loops and `switch`.

use super::{Compiler, LATER, add};
use crate::ast::{Constant, Expression, Index, Spanned, Statement, Variable};
use crate::diagnostic::codes;
use crate::program::instruction::{ForList, Instruction, SwitchTable};
use catalogue::Value;

impl Compiler<'_> {
    /// The turns are counted behind the condition: a loop may turn as often as the bound says, not once less.
    pub(super) fn repeat(&mut self, condition: &Expression, body: &[Statement]) {
        self.emit(Instruction::LoopEnter);
        let top = self.here();
        self.condition(condition);
        let done = self.emit(Instruction::JumpUnless(LATER));
        let turn = self.emit(Instruction::LoopTurn { exit: LATER });
        self.turns(body, top, &[done, turn]);
    }

    pub(super) fn for_each(&mut self, iterator: &Variable, over: &Variable, body: &[Statement]) {
        if !matches!(over.index, Some(Index::All)) {
            let message = format!("for needs all values of a variable: $({}[*])", over.name);
            self.error(codes::VARIABLE_FORM, over.span, message);
        }
        let iterator = self.lookup.target(iterator, false);
        let over = self.lookup.read(over);
        let iterator = add(&mut self.tables.variables, iterator);
        let over = add(&mut self.tables.variables, over);
        let list = add(&mut self.tables.lists, ForList { iterator, over });
        self.emit(Instruction::LoopEnter);
        let top = self.emit(Instruction::ForTurn { list, exit: LATER });
        self.turns(body, top, &[top]);
    }

    fn turns(&mut self, body: &[Statement], top: u32, leaving: &[u32]) {
        self.exits.push(Vec::new());
        self.statements(body);
        self.emit(Instruction::Jump(top));
        for jump in leaving.iter().copied().chain(self.exits.pop().unwrap_or_default()) {
            self.land(jump);
        }
        self.emit(Instruction::LoopLeave);
    }

    /// The parser has seen to it that there is something to leave.
    pub(super) fn leave_loop(&mut self) {
        let jump = self.emit(Instruction::Jump(LATER));
        if let Some(exits) = self.exits.last_mut() {
            exits.push(jump);
        }
    }

    pub(super) fn switch(
        &mut self,
        subject: &Expression,
        cases: &[(Spanned<Constant>, Vec<Statement>)],
        default: Option<&[Statement]>,
    ) {
        let subject = self.operand(subject);
        let table = add(&mut self.tables.switches, SwitchTable { cases: Box::default(), otherwise: LATER });
        self.emit(Instruction::Switch { subject, table });
        self.exits.push(Vec::new());
        let mut addresses = Vec::with_capacity(cases.len());
        for (constant, statements) in cases {
            addresses.push((value_of(&constant.node), self.here()));
            self.statements(statements);
        }
        let otherwise = self.here();
        self.statements(default.unwrap_or_default());
        for jump in self.exits.pop().unwrap_or_default() {
            self.land(jump);
        }
        if let Some(table) = self.tables.switches.get_mut(table as usize) {
            *table = SwitchTable { cases: addresses.into(), otherwise };
        }
    }
}

/// The value of a constant.
pub(super) fn value_of(constant: &Constant) -> Value {
    match constant {
        Constant::Null => Value::Null,
        Constant::Int(number) => Value::Int(*number),
        Constant::Str(text) => Value::Str(text.clone()),
    }
}
