//! Arguments of functions, checked against what the function declares.

use super::{Compiler, fixed_text, single_variable};
use crate::ast::{Constant, Expression, ExpressionKind, RouteType, Segment, Span, Text, Variable};
use crate::diagnostic::{Diagnostic, codes};
use crate::format::parse_format;
use crate::host::ArgValue;
use crate::program::VariableRef;
use crate::program::instruction::{Argument, Operand, Wanted};
use bytes::Bytes;
use catalogue::{Arg, ArgKind, Refused, RouteKind};
use posix_regex::Pattern;
use std::sync::Arc;

const ABSENT: Argument = Argument::Fixed(ArgValue::Absent);

/// An argument as written.
pub(super) enum Written<'e> {
    /// NULL.
    Null,
    /// A number.
    Int(i32),
    /// Text without variables.
    Text(Bytes),
    /// Text with variables.
    Format(&'e Text),
    /// A variable, and whether it is in quotes.
    Variable(&'e Variable, Quotes),
}

/// Whether a variable stands in quotes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Quotes {
    None,
    Written,
}

impl Compiler<'_> {
    /// An argument; what is wrong with it is told, and nothing takes its place.
    pub(super) fn argument(&mut self, function: &str, arg: &Arg, written: Option<&Expression>) -> Argument {
        let Some(expression) = written else { return ABSENT };
        let Some(written) = self.written(expression) else {
            let message = "a parameter is a constant, a string or a variable";
            self.error(codes::ARGUMENT_TYPE, expression.span, message);
            return ABSENT;
        };
        if let Written::Text(word) = &written {
            self.lookup.usage.words.insert(word.clone());
            self.check_refused(arg, word, expression.span);
        }
        let constant = match arg.kind {
            // Variables and all, it is known now what the function gets.
            ArgKind::Raw => Some(String::from_utf8_lossy(&self.as_written(&written)).into_owned()),
            _ => constant_text(&written),
        };
        if let Some(text) = constant {
            self.lookup.judge(arg.judge, arg.name, &text, expression.span);
        }
        if matches!(written, Written::Null) {
            return self.null_argument(function, arg, expression.span);
        }
        let argument = match arg.kind {
            ArgKind::Int => self.int_argument(&written, arg, expression.span),
            ArgKind::Str => {
                if let ExpressionKind::Constant(Constant::Str(text)) = &expression.node {
                    self.check_dollars(text, expression.span);
                }
                self.str_argument(&written, arg)
            }
            ArgKind::Static => self.static_argument(&written, arg, expression.span),
            ArgKind::Raw => Some(Argument::Fixed(ArgValue::Str(self.as_written(&written)))),
            // Older releases had no other way to leave one out before others.
            ArgKind::Var if arg.optional && matches!(&written, Written::Text(text) if text.is_empty()) => Some(ABSENT),
            ArgKind::Var => self.var_argument(&written, expression.span),
            ArgKind::Vars => self.vars_argument(&written, expression.span),
            ArgKind::Regex => self.regex_argument(&written, Pattern::IGNORE_CASE, arg, expression.span),
            ArgKind::LineRegex => self.regex_argument(&written, Pattern::BY_LINE, arg, expression.span),
            ArgKind::Route(kind) => self.route_argument_by_name(&written, kind, expression.span),
            ArgKind::MessageFlag => self.flag_number(&written, true, expression.span),
            ArgKind::BranchFlag => self.flag_number(&written, false, expression.span),
            ArgKind::Flags(known) => self.flags_argument(&written, known, arg, expression.span),
        };
        argument.unwrap_or_else(|| {
            // What has been said about the argument itself is enough; this names the parameter.
            let message = format!("parameter {} of {function}() takes {}", arg.name, what(&arg.kind));
            self.error(codes::ARGUMENT_TYPE, expression.span, message);
            ABSENT
        })
    }

    /// Words between bars or commas, as flags are written.
    fn check_refused(&mut self, arg: &Arg, text: &[u8], span: Span) {
        let words = text.split(|byte| matches!(byte, b'|' | b',')).map(<[u8]>::trim_ascii);
        for word in words {
            let refused = arg.refused.iter().find(|refused| refused.word.as_bytes().eq_ignore_ascii_case(word));
            if let Some(refused) = refused {
                self.refuse(refused, span);
            }
        }
    }

    pub(super) fn refuse(&mut self, refused: &Refused, span: Span) {
        let message = format!("\"{}\" cannot be used: {}", refused.word, refused.why);
        self.error(codes::UNAVAILABLE, span, message);
    }

    pub(super) fn written<'e>(&mut self, expression: &'e Expression) -> Option<Written<'e>> {
        Some(match &expression.node {
            ExpressionKind::Constant(Constant::Null) => Written::Null,
            ExpressionKind::Constant(Constant::Int(number)) => Written::Int(*number),
            ExpressionKind::Constant(Constant::Str(text)) => Written::Text(text.clone()),
            ExpressionKind::Network(text) => Written::Text(Bytes::copy_from_slice(text.as_bytes())),
            ExpressionKind::Format(text) => match (fixed_text(text), single_variable(text)) {
                (Some(text), _) => Written::Text(text),
                (None, Some(variable)) => Written::Variable(variable, Quotes::Written),
                (None, None) => Written::Format(text),
            },
            ExpressionKind::Variable(variable) => Written::Variable(variable, Quotes::None),
            _ => match self.constant_of(expression) {
                Some(Operand::Constant(slot)) => Written::Int(self.tables.constants.get(slot as usize)?.int()?),
                _ => return None,
            },
        })
    }

    fn null_argument(&mut self, function: &str, arg: &Arg, span: Span) -> Argument {
        if !arg.optional {
            let message = format!("parameter {} of {function}() cannot be NULL", arg.name);
            self.error(codes::ARGUMENT_TYPE, span, message);
        }
        ABSENT
    }

    fn int_argument(&mut self, written: &Written<'_>, arg: &Arg, span: Span) -> Option<Argument> {
        match written {
            Written::Int(number) => Some(self.fixed_int(*number, arg, span)),
            Written::Text(text) => {
                let number: i32 = std::str::from_utf8(text).ok()?.trim().parse().ok()?;
                let warning = Diagnostic::warning(codes::QUOTED, span, "a number needs no quotes");
                self.push(warning.fix(span, number.to_string()));
                Some(self.fixed_int(number, arg, span))
            }
            Written::Variable(variable, quotes) => {
                self.note_quotes(*quotes, span);
                let operand = self.variable_operand(variable);
                Some(computed(operand, Wanted::Int(arg.range), arg))
            }
            Written::Format(text) => Some(computed(self.format_operand(text), Wanted::Int(arg.range), arg)),
            Written::Null => None,
        }
    }

    /// A constant integer, in its range.
    fn fixed_int(&mut self, number: i32, arg: &Arg, span: Span) -> Argument {
        if let Some((least, greatest)) = arg.range
            && !(least..=greatest).contains(&number)
        {
            let message = match greatest {
                i32::MAX => format!("parameter {} must be at least {least}", arg.name),
                _ => format!("parameter {} must be from {least} to {greatest}", arg.name),
            };
            self.error(codes::ARGUMENT_VALUE, span, message);
        }
        Argument::Fixed(ArgValue::Int(number))
    }

    fn str_argument(&mut self, written: &Written<'_>, arg: &Arg) -> Option<Argument> {
        match written {
            Written::Text(text) => Some(Argument::Fixed(ArgValue::Str(text.clone()))),
            Written::Int(number) => Some(Argument::Fixed(ArgValue::Str(Bytes::from(number.to_string())))),
            Written::Variable(variable, _) => Some(computed(self.variable_operand(variable), Wanted::Str, arg)),
            Written::Format(text) => Some(computed(self.format_operand(text), Wanted::Str, arg)),
            Written::Null => None,
        }
    }

    /// The parser leaves a string as it is when it cannot be expanded: only here it is known that it must be.
    fn check_dollars(&mut self, text: &[u8], span: Span) {
        if memchr::memchr(b'$', text).is_none() {
            return;
        }
        if let Err(fault) = parse_format(text) {
            let diagnostic = Diagnostic::error(codes::FORMAT_MALFORMED, span, fault.message);
            self.push(match fault.help {
                Some(help) => diagnostic.help(help),
                None => diagnostic,
            });
        }
    }

    fn static_argument(&mut self, written: &Written<'_>, arg: &Arg, span: Span) -> Option<Argument> {
        match written {
            Written::Text(text) => Some(Argument::Fixed(ArgValue::Str(text.clone()))),
            Written::Int(number) => Some(Argument::Fixed(ArgValue::Str(Bytes::from(number.to_string())))),
            _ => {
                let message = format!("parameter {} must be known when the script is read", arg.name);
                self.error(codes::ARGUMENT_TYPE, span, message);
                Some(ABSENT)
            }
        }
    }

    fn as_written(&self, written: &Written<'_>) -> Bytes {
        match written {
            Written::Null => Bytes::new(),
            Written::Int(number) => Bytes::from(number.to_string()),
            Written::Text(text) => text.clone(),
            Written::Format(text) => text.source.clone(),
            Written::Variable(variable, _) => Bytes::from(self.lookup.written(variable.span)),
        }
    }

    fn var_argument(&mut self, written: &Written<'_>, span: Span) -> Option<Argument> {
        let Written::Variable(variable, quotes) = written else { return None };
        self.note_quotes(*quotes, span);
        Some(self.passed(variable))
    }

    /// A variable that a function keeps. Those that only the running script can complete are completed at the call.
    fn passed(&mut self, variable: &Variable) -> Argument {
        let variable = self.lookup.passed(variable);
        if variable.needs_scope() {
            return Argument::Settled(Arc::new(variable));
        }
        Argument::Fixed(ArgValue::Var(self.keep(variable)))
    }

    fn keep(&mut self, variable: VariableRef) -> Arc<VariableRef> {
        let number = u32::try_from(self.arguments.len()).ok();
        let variable = Arc::new(VariableRef { number, ..variable });
        self.arguments.push(Arc::clone(&variable));
        variable
    }

    fn vars_argument(&mut self, written: &Written<'_>, span: Span) -> Option<Argument> {
        let variables: Vec<&Variable> = match written {
            Written::Variable(variable, _) => vec![variable],
            Written::Format(text) if is_list(text) => variables_of(text),
            // An empty list is written by those who want none.
            Written::Text(text) if text.trim_ascii().is_empty() => Vec::new(),
            _ => return None,
        };
        let mut kept = Vec::with_capacity(variables.len());
        for variable in variables {
            let variable = self.lookup.passed(variable);
            if variable.needs_scope() {
                let message = format!("{} cannot stand in a list of variables", variable.text());
                self.error(codes::ARGUMENT_TYPE, span, message);
            }
            kept.push(self.keep(variable));
        }
        Some(Argument::Fixed(ArgValue::Vars(kept.into())))
    }

    fn regex_argument(&mut self, written: &Written<'_>, read_as: Pattern, arg: &Arg, span: Span) -> Option<Argument> {
        let wanted = Wanted::Regex(read_as);
        match written {
            Written::Text(text) => {
                let regex = self.pattern(text, read_as, span);
                Some(Argument::Fixed(regex.map_or(ArgValue::Absent, ArgValue::Regex)))
            }
            Written::Int(number) => {
                let regex = self.pattern(number.to_string().as_bytes(), read_as, span);
                Some(Argument::Fixed(regex.map_or(ArgValue::Absent, ArgValue::Regex)))
            }
            Written::Variable(variable, _) => Some(computed(self.variable_operand(variable), wanted, arg)),
            Written::Format(text) => Some(computed(self.format_operand(text), wanted, arg)),
            Written::Null => None,
        }
    }

    /// `"0"` and the empty string are how older scripts say that no route shall run.
    fn route_argument_by_name(&mut self, written: &Written<'_>, kind: RouteKind, span: Span) -> Option<Argument> {
        let (Written::Text(_) | Written::Int(_)) = written else { return None };
        let name = self.as_written(written);
        let name = String::from_utf8_lossy(&name);
        let kind = match kind {
            RouteKind::Request => RouteType::Request,
            RouteKind::Failure => RouteType::Failure,
            RouteKind::Reply => RouteType::Reply,
            RouteKind::Branch => RouteType::Branch,
        };
        if matches!(&*name, "" | "0") && kind != RouteType::Request {
            return Some(ABSENT);
        }
        let route = self.named_route(kind, &name, span);
        Some(Argument::Fixed(route.map_or(ArgValue::Absent, ArgValue::Route)))
    }

    pub(super) fn note_quotes(&mut self, quotes: Quotes, span: Span) {
        if quotes == Quotes::None {
            return;
        }
        let written = self.lookup.written(span);
        let warning = Diagnostic::warning(codes::QUOTED, span, "a variable needs no quotes here");
        let bare = written.trim_matches(['"', '\'']).trim().to_owned();
        self.push(if bare.starts_with('$') { warning.fix(span, bare) } else { warning });
    }
}

/// What a function gets of a constant.
fn constant_text(written: &Written<'_>) -> Option<String> {
    match written {
        Written::Text(text) => Some(String::from_utf8_lossy(text).into_owned()),
        Written::Int(number) => Some(number.to_string()),
        Written::Null | Written::Format(_) | Written::Variable(..) => None,
    }
}

pub(super) fn computed(operand: Operand, kind: Wanted, arg: &Arg) -> Argument {
    Argument::Computed { operand, kind, optional: arg.optional }
}

/// Whether there is nothing but variables with `;` or `,` between them.
fn is_list(text: &Text) -> bool {
    text.segments.iter().all(|segment| match segment {
        Segment::Variable(_) => true,
        Segment::Literal(text) => text.iter().all(|byte| matches!(byte, b';' | b',' | b' ' | b'\t')),
    })
}

fn variables_of(text: &Text) -> Vec<&Variable> {
    let variables = text.segments.iter().filter_map(|segment| match segment {
        Segment::Variable(variable) => Some(variable),
        Segment::Literal(_) => None,
    });
    variables.collect()
}

fn what(kind: &ArgKind) -> &'static str {
    match kind {
        ArgKind::Int => "an integer",
        ArgKind::Str | ArgKind::Static | ArgKind::Raw => "a string",
        ArgKind::Var => "a variable",
        ArgKind::Vars => "variables separated by ;",
        ArgKind::Regex | ArgKind::LineRegex => "a regular expression",
        ArgKind::Route(_) => "the name of a route, known when the script is read",
        ArgKind::MessageFlag | ArgKind::BranchFlag => "the name of a flag, known when the script is read",
        ArgKind::Flags(_) => "names of flags separated by commas",
    }
}
