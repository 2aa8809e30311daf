//! The constants that a script passes to functions: which tables, which sets it will ask for.

use module_api::PassedConstant;
use script::ast::Span;
use script::ast::{Call, Constant, Expression, ExpressionKind, Item, Script, Segment, Statement, StatementKind, Text};
use std::collections::BTreeMap;

/// Constants by function and argument.
#[derive(Clone, Debug, Default)]
pub struct Constants(BTreeMap<(String, usize), Vec<(String, Span)>>);

impl Constants {
    /// Of a whole script.
    pub fn of(script: &Script) -> Constants {
        let mut constants = Constants::default();
        for item in &script.items {
            if let Item::Route(route) = item {
                constants.statements(&route.body);
            }
        }
        constants
    }

    /// The different constants passed to a function as this argument.
    pub fn get(&self, function: &str, argument: usize) -> Vec<String> {
        let mut different: Vec<String> = Vec::new();
        for (text, _) in self.passed(function, argument) {
            if !different.contains(text) {
                different.push(text.clone());
            }
        }
        different
    }

    /// Where the script passes this constant.
    pub fn places(&self, constant: &PassedConstant) -> Vec<Span> {
        let passed = self.passed(constant.function, constant.argument);
        passed.iter().filter(|(text, _)| *text == constant.text).map(|(_, span)| *span).collect()
    }

    fn passed(&self, function: &str, argument: usize) -> &[(String, Span)] {
        self.0.get(&(function.to_owned(), argument)).map_or(&[], Vec::as_slice)
    }

    fn statements(&mut self, statements: &[Statement]) {
        statements.iter().for_each(|statement| self.statement(&statement.node));
    }

    fn statement(&mut self, statement: &StatementKind) {
        match statement {
            StatementKind::Expression(expression) => self.expression(expression),
            StatementKind::If { condition, then, otherwise } => {
                self.expression(condition);
                self.statements(then);
                self.statements(otherwise);
            }
            StatementKind::While { condition, body } => {
                self.expression(condition);
                self.statements(body);
            }
            StatementKind::For { body, .. } | StatementKind::Block(body) => self.statements(body),
            StatementKind::Switch { subject, cases, default } => {
                self.expression(subject);
                cases.iter().for_each(|(_, body)| self.statements(body));
                default.iter().for_each(|body| self.statements(body));
            }
            StatementKind::Return(values) => values.iter().for_each(|value| self.expression(value)),
            StatementKind::Assert { condition, .. } => self.expression(condition),
            StatementKind::Async { call, .. } | StatementKind::Launch { call, .. } => self.call(call),
            _ => {}
        }
    }

    fn expression(&mut self, expression: &Expression) {
        match &expression.node {
            ExpressionKind::Call(call) => self.call(call),
            ExpressionKind::Assign { value, .. } => self.expression(value),
            ExpressionKind::Compare { left, right, .. } | ExpressionKind::Arithmetic { left, right, .. } => {
                self.expression(left);
                self.expression(right);
            }
            ExpressionKind::And(left, right) | ExpressionKind::Or(left, right) => {
                self.expression(left);
                self.expression(right);
            }
            ExpressionKind::Not(one)
            | ExpressionKind::BitNot(one)
            | ExpressionKind::Negate(one)
            | ExpressionKind::NonZero(one) => {
                self.expression(one);
            }
            ExpressionKind::Block(body) => self.statements(body),
            _ => {}
        }
    }

    fn call(&mut self, call: &Call) {
        for (position, argument) in call.args.iter().enumerate() {
            let Some(argument) = argument else { continue };
            self.expression(argument);
            let Some(text) = constant(&argument.node) else { continue };
            self.0.entry((call.name.node.clone(), position)).or_default().push((text, argument.span));
        }
    }
}

fn constant(expression: &ExpressionKind) -> Option<String> {
    let bytes = match expression {
        ExpressionKind::Constant(Constant::Str(text)) => text,
        ExpressionKind::Constant(Constant::Int(number)) => return Some(number.to_string()),
        ExpressionKind::Format(Text { segments, source }) if segments.iter().all(is_literal) => source,
        _ => return None,
    };
    Some(String::from_utf8_lossy(bytes).into_owned())
}

const fn is_literal(segment: &Segment) -> bool {
    matches!(segment, Segment::Literal(_))
}
