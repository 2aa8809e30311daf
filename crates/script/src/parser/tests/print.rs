//! A tree as one line of words and parentheses.

use crate::ast::{
    AssignOperator, Call, Constant, Context, Expression, ExpressionKind, Index, Item, Script, Segment, Statement,
    StatementKind, Text, Variable,
};

/// The bodies of all routes.
pub(super) fn script(script: &Script) -> String {
    let routes = script.items.iter().filter_map(|item| match item {
        Item::Route(route) => Some(block(&route.body)),
        _ => None,
    });
    routes.collect::<Vec<_>>().join("\n")
}

fn block(statements: &[Statement]) -> String {
    statements.iter().map(statement).collect::<Vec<_>>().join(" ; ")
}

fn statement(statement: &Statement) -> String {
    match &statement.node {
        StatementKind::Expression(value) => expression(value),
        StatementKind::If { condition, then, otherwise } if otherwise.is_empty() => {
            format!("if {} {{{}}}", expression(condition), block(then))
        }
        StatementKind::If { condition, then, otherwise } => {
            format!("if {} {{{}}} else {{{}}}", expression(condition), block(then), block(otherwise))
        }
        StatementKind::While { condition, body } => format!("while {} {{{}}}", expression(condition), block(body)),
        StatementKind::For { iterator, over, body } => {
            format!("for {} in {} {{{}}}", variable(iterator), variable(over), block(body))
        }
        StatementKind::Switch { subject, cases, default } => {
            let mut out = format!("switch {}", expression(subject));
            for (value, body) in cases {
                out += &format!(" case {} {{{}}}", constant(&value.node), block(body));
            }
            out + &default.as_ref().map(|body| format!(" default {{{}}}", block(body))).unwrap_or_default()
        }
        StatementKind::Break => "break".to_owned(),
        StatementKind::Return(values) => format!("return[{}]", expressions(values)),
        StatementKind::Exit => "exit".to_owned(),
        StatementKind::Drop => "drop".to_owned(),
        StatementKind::Assert { condition, text: words } => {
            format!(
                "assert {} {}",
                expression(condition),
                words.as_ref().map(|words| text(&words.node)).unwrap_or_default()
            )
        }
        StatementKind::Log { level, text } => {
            format!("log {} {:?}", optional(level.as_ref()), String::from_utf8_lossy(text))
        }
        StatementKind::Xlog { level, format } => format!("xlog {} {}", optional(level.as_ref()), text(&format.node)),
        StatementKind::Async { call: function, route, timeout_s } => {
            format!("async {} -> {} {}", call(function), route.node, optional(timeout_s.as_ref()))
        }
        StatementKind::Launch { call: function, route, param } => {
            let route = route.as_ref().map_or("-", |route| route.node.as_str());
            let param = param.as_ref().map(|param| text(&param.node)).unwrap_or_default();
            format!("launch {} -> {route} {param}", call(function))
        }
        StatementKind::Block(body) => format!("{{{}}}", block(body)),
    }
}

fn expressions(values: &[Expression]) -> String {
    values.iter().map(expression).collect::<Vec<_>>().join(", ")
}

fn optional(value: Option<&Expression>) -> String {
    value.map_or("-".to_owned(), expression)
}

fn expression(value: &Expression) -> String {
    match &value.node {
        ExpressionKind::Constant(value) => constant(value),
        ExpressionKind::Format(value) => format!("f{}", text(value)),
        ExpressionKind::Variable(value) => variable(value),
        ExpressionKind::Call(value) => call(value),
        ExpressionKind::Route(value) => format!("route[{}]({})", text(&value.name.node), expressions(&value.args)),
        ExpressionKind::Assign { target, operator, value } => {
            let operator = match operator {
                AssignOperator::Set => "=".to_owned(),
                AssignOperator::Replace => ":=".to_owned(),
                AssignOperator::With(operator) => format!("{operator:?}="),
            };
            format!("({} {operator} {})", variable(target), expression(value))
        }
        ExpressionKind::Compare { left, operator, right } => {
            format!("({} {operator:?} {})", expression(left), expression(right))
        }
        ExpressionKind::Arithmetic { left, operator, right } => {
            format!("({} {operator:?} {})", expression(left), expression(right))
        }
        ExpressionKind::And(left, right) => format!("({} and {})", expression(left), expression(right)),
        ExpressionKind::Or(left, right) => format!("({} or {})", expression(left), expression(right)),
        ExpressionKind::Not(operand) => format!("not {}", expression(operand)),
        ExpressionKind::BitNot(operand) => format!("~{}", expression(operand)),
        ExpressionKind::Negate(operand) => format!("-{}", expression(operand)),
        ExpressionKind::NonZero(operand) => format!("[{}]", expression(operand)),
        ExpressionKind::Network(network) => network.clone(),
        ExpressionKind::Block(body) => format!("{{{}}}", block(body)),
    }
}

fn call(call: &Call) -> String {
    let args: Vec<String> = call.args.iter().map(|arg| optional(arg.as_ref())).collect();
    format!("{}({})", call.name.node, args.join(", "))
}

fn constant(value: &Constant) -> String {
    match value {
        Constant::Null => "NULL".to_owned(),
        Constant::Int(number) => number.to_string(),
        Constant::Str(text) => format!("{:?}", String::from_utf8_lossy(text)),
    }
}

fn text(text: &Text) -> String {
    let parts = text.segments.iter().map(|segment| match segment {
        Segment::Literal(literal) => String::from_utf8_lossy(literal).escape_debug().to_string(),
        Segment::Variable(value) => format!("<{}>", variable(value)),
    });
    format!("\"{}\"", parts.collect::<String>())
}

fn variable(variable: &Variable) -> String {
    let context = match variable.context {
        None => "",
        Some(Context::Request) => "request:",
        Some(Context::Reply) => "reply:",
    };
    let inner = variable.inner.as_ref().map(text).unwrap_or_default().replace('"', "'");
    let index = match &variable.index {
        None => String::new(),
        Some(Index::Number(number)) => format!("[{number}]"),
        Some(Index::All) => "[*]".to_owned(),
        Some(Index::Append) => "[append]".to_owned(),
        Some(Index::Variable(value)) => format!("[{}]", self::variable(value)),
        Some(Index::InSet(within)) => format!("[{:?}/{}]", within.0, within.1),
    };
    let transformations: String =
        variable.transformations.iter().map(|transformation| format!("{{{}}}", transformation.name)).collect();
    format!("${context}{}{inner}{index}{transformations}", variable.name)
}
