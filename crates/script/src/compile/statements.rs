//! Statements.

use super::{Compiler, LATER, add};
use crate::ast::{AssignOperator, Constant, Expression, ExpressionKind, Spanned, Statement, StatementKind, Text};
use crate::diagnostic::{Diagnostic, codes};
use crate::program::Format;
use crate::program::instruction::{Began, Instruction, Operand};
use bytes::Bytes;
use catalogue::Value;

/// The level of `log()` without one.
const LOG_LEVEL: i32 = 4;

impl Compiler<'_> {
    /// The body of a route. Its code is that of the last statement, as upstream has it; `return` says it outright.
    pub(super) fn body(&mut self, statements: &[Statement]) {
        let Some((last, others)) = statements.split_last() else { return self.return_one() };
        self.statements(others);
        self.note_unreachable(others.last(), last);
        self.last_statement(last);
    }

    pub(super) fn statements(&mut self, statements: &[Statement]) {
        let mut before: Option<&Statement> = None;
        for statement in statements {
            self.note_unreachable(before, statement);
            self.statement(statement);
            before = Some(statement);
        }
    }

    fn note_unreachable(&mut self, before: Option<&Statement>, statement: &Statement) {
        if before.is_some_and(never_goes_on) {
            let message = "this is never reached";
            self.push(Diagnostic::warning(codes::UNREACHABLE, statement.span, message));
        }
    }

    fn last_statement(&mut self, statement: &Statement) {
        match &statement.node {
            StatementKind::Block(statements) => self.body(statements),
            StatementKind::If { condition, then, otherwise } => {
                self.begin(statement);
                self.condition(condition);
                let skip = self.emit(Instruction::JumpUnless(LATER));
                self.body(then);
                self.land(skip);
                self.body(otherwise);
            }
            StatementKind::Expression(expression) => {
                self.begin(statement);
                self.effect(expression);
                match expression.node {
                    ExpressionKind::Call(_) | ExpressionKind::Route(_) => self.emit(Instruction::ReturnCode),
                    _ => self.emit(Instruction::ReturnTruth),
                };
            }
            _ => {
                self.statement(statement);
                if !never_goes_on(statement) {
                    self.return_one();
                }
            }
        }
    }

    fn return_one(&mut self) {
        let code = Operand::Constant(self.constant(Value::Int(1)));
        self.emit(Instruction::Return { code, values: 0 });
    }

    fn begin(&mut self, statement: &Statement) {
        self.place = self.places.place(statement.span);
        self.begins = Some(began(&statement.node));
    }

    fn statement(&mut self, statement: &Statement) {
        self.begin(statement);
        match &statement.node {
            StatementKind::Expression(expression) => {
                self.note_idle(expression);
                self.effect(expression);
            }
            StatementKind::If { condition, then, otherwise } => self.branch(condition, then, otherwise),
            StatementKind::While { condition, body } => self.repeat(condition, body),
            StatementKind::For { iterator, over, body } => self.for_each(iterator, over, body),
            StatementKind::Switch { subject, cases, default } => self.switch(subject, cases, default.as_deref()),
            StatementKind::Break => self.leave_loop(),
            StatementKind::Return(values) => self.return_values(values),
            StatementKind::Exit => {
                self.emit(Instruction::Exit);
            }
            StatementKind::Drop => {
                self.emit(Instruction::Drop);
            }
            StatementKind::Assert { condition, text } => self.assert(condition, text.as_ref()),
            StatementKind::Log { level, text } => self.log(level.as_ref(), text),
            StatementKind::Xlog { level, format } => self.xlog(level.as_ref(), format),
            StatementKind::Async { call, route, timeout_s } => self.call_async(call, route, timeout_s.as_ref()),
            StatementKind::Launch { call, route, param } => self.launch(call, route.as_ref(), param.as_ref()),
            StatementKind::Block(statements) => self.statements(statements),
        }
    }

    fn branch(&mut self, condition: &Expression, then: &[Statement], otherwise: &[Statement]) {
        self.condition(condition);
        let skip = self.emit(Instruction::JumpUnless(LATER));
        self.statements(then);
        if otherwise.is_empty() {
            return self.land(skip);
        }
        let end = self.emit(Instruction::Jump(LATER));
        self.land(skip);
        self.statements(otherwise);
        self.land(end);
    }

    fn return_values(&mut self, expressions: &[Expression]) {
        let Some((code, values)) = expressions.split_first() else { return self.return_one() };
        for value in values {
            let operand = self.operand(value);
            if operand != Operand::Pop {
                self.emit(Instruction::Push(operand));
            }
        }
        let code = self.operand(code);
        let values = u8::try_from(values.len()).unwrap_or(u8::MAX);
        self.emit(Instruction::Return { code, values });
    }

    /// Without `enable_asserts` an assertion is not even evaluated; it is compiled all the same, for its mistakes.
    fn assert(&mut self, condition: &Expression, text: Option<&Spanned<Text>>) {
        let enabled = self.options.asserts;
        let over = (!enabled).then(|| self.emit(Instruction::Jump(LATER)));
        self.condition(condition);
        let holds = self.emit(Instruction::JumpIf(LATER));
        let text = match text {
            Some(text) => self.lookup.format(&text.node),
            None => Format::default(),
        };
        let text = add(&mut self.tables.formats, text);
        self.emit(Instruction::AssertFailed { text });
        self.land(holds);
        if let Some(over) = over {
            self.land(over);
        }
    }

    fn log(&mut self, level: Option<&Expression>, text: &Bytes) {
        let level = match level.map(|level| &level.node) {
            Some(ExpressionKind::Constant(Constant::Int(level))) => *level,
            _ => LOG_LEVEL,
        };
        let text = self.constant(Value::Str(text.clone()));
        self.emit(Instruction::Log { level, text });
    }

    fn xlog(&mut self, level: Option<&Expression>, format: &Spanned<Text>) {
        let level = match level {
            Some(level) => self.operand(level),
            None => Operand::Constant(self.constant(Value::Int(self.options.xlog_level))),
        };
        let format = self.lookup.format(&format.node);
        let format = add(&mut self.tables.formats, format);
        self.emit(Instruction::Xlog { level, format });
    }
}

/// Whether what follows a statement is never reached.
fn never_goes_on(statement: &Statement) -> bool {
    let ends = |statements: &[Statement]| statements.iter().any(never_goes_on);
    match &statement.node {
        StatementKind::Exit | StatementKind::Drop | StatementKind::Return(_) | StatementKind::Break => true,
        StatementKind::Async { .. } => true,
        StatementKind::Block(statements) => ends(statements),
        StatementKind::If { then, otherwise, .. } => ends(then) && ends(otherwise),
        _ => false,
    }
}

/// A statement as upstream's trace names it.
fn began(statement: &StatementKind) -> Began {
    Began::of(match statement {
        StatementKind::Expression(expression) => match &expression.node {
            ExpressionKind::Call(_) => "",
            ExpressionKind::Route(_) => "core route",
            ExpressionKind::Assign { operator: AssignOperator::Set, .. } => "assign equal",
            ExpressionKind::Assign { operator: AssignOperator::Replace, .. } => "assign colon equal",
            ExpressionKind::Assign { .. } => "assign with operator",
            _ => "core expression",
        },
        StatementKind::If { .. } => "core if",
        StatementKind::While { .. } => "core while",
        StatementKind::For { .. } => "core for each",
        StatementKind::Switch { .. } => "core switch",
        StatementKind::Break => "core break",
        StatementKind::Return(_) => "core return",
        StatementKind::Exit => "core exit",
        StatementKind::Drop => "core drop",
        StatementKind::Assert { .. } => "core assert",
        StatementKind::Log { .. } => "core log",
        StatementKind::Xlog { .. } => "core xlog",
        StatementKind::Async { .. } => "core async",
        StatementKind::Launch { .. } => "core launch",
        StatementKind::Block(_) => "core block",
    })
}
