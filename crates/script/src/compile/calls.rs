//! Calls of functions and routes.

use super::usage::FunctionUse;
use super::{Compiler, add, fixed_text, single_variable};
use crate::ast::{Call, Constant, Expression, ExpressionKind, RouteCall, RouteType, Span, Spanned};
use crate::diagnostic::{Diagnostic, codes};
use crate::program::RouteIndex;
use crate::program::instruction::{Argument, Arguments, CallSite, Instruction, Operand, RouteSite, RouteTarget, Slot};
use crate::resolve::{Found, Unknown};
use catalogue::{Arg, ArgKind, Function, FunctionId, Order, Today, Value};

/// Parameters of `route()`; upstream has the same bound.
const ROUTE_ARGS_MAX: usize = 7;

type Declared<'a> = Found<FunctionId, &'a Function<()>>;

impl<'a> Compiler<'a> {
    pub(super) fn call(&mut self, call: &Call) {
        if let Some((slot, _)) = self.call_site(call) {
            self.emit(Instruction::Call(slot));
        }
    }

    /// A call with its arguments; nothing if the function is not there.
    pub(super) fn call_site(&mut self, call: &Call) -> Option<(Slot, Declared<'a>)> {
        let found = match self.lookup.resolver.function(&call.name.node, call.args.len()) {
            Ok(found) => found,
            Err(unknown) => {
                self.unknown_function(call, &unknown);
                return None;
            }
        };
        self.note_alias(call, &found);
        let declared = found.declaration;
        if let Some((name, count)) = self.note_today(call, declared) {
            let args = call.args.iter().take(count).cloned().collect();
            let name = Spanned { node: name.to_owned(), ..call.name };
            return self.call_site(&Call { name, args, ..call.clone() });
        }
        let reordered = self.in_order_of_today(call, declared);
        let call = reordered.as_ref().unwrap_or(call);
        self.lookup.usage.functions.push(FunctionUse {
            route: self.route,
            name: declared.name,
            allowed: declared.routes,
            span: call.span,
        });
        if let Some(why) = declared.unavailable {
            let message = format!("{}() cannot be used: {why}", declared.name);
            self.error(codes::UNAVAILABLE, call.name.span, message);
        }
        self.check_count(call, declared);
        let args = self.arguments(call, declared);
        Some((add(&mut self.tables.calls, CallSite { function: found.id, args }), found))
    }

    fn unknown_function(&mut self, call: &Call, unknown: &Unknown) {
        let name = &call.name.node;
        // What has become of a name says more than whose it was.
        let today = crate::dialect::gone_function(name).filter(|_| !matches!(unknown, Unknown::NotLoaded(_)));
        let message = match unknown {
            _ if today.is_some() => format!("unknown function {name}()"),
            Unknown::NotLoaded(_) => format!("{name}() belongs to a module that is not loaded"),
            Unknown::NotYet(modules) => {
                format!("{name}() is of the module {}, which is not there yet", modules.join(" or "))
            }
            Unknown::Nowhere(_) => format!("unknown function {name}()"),
        };
        let diagnostic = Diagnostic::error(codes::FUNCTION_UNKNOWN, call.name.span, message);
        if let Some(today) = today {
            return self.push(diagnostic.help(today));
        }
        let diagnostic = match unknown {
            Unknown::Nowhere(Some(similar)) => diagnostic.fix(call.name.span, *similar),
            _ => diagnostic,
        };
        self.push(match unknown.help(|similar| format!("{similar}()")) {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        });
    }

    fn note_alias(&mut self, call: &Call, found: &Declared<'_>) {
        let Some(alias) = found.alias else { return };
        let (old, today) = (&call.name.node, found.declaration.name);
        let message = match alias.gone_in {
            "" => format!("{old}() is an older name of {today}()"),
            release => format!("{old}() is {today}() since {release}"),
        };
        let warning = Diagnostic::warning(codes::FUNCTION_OLD, call.name.span, message);
        self.push(warning.fix(call.name.span, today));
    }

    /// A function that is only there for old scripts, or called as they do: the line of today, or what is unclear about
    /// it. Where another function does it today, that and how many of the arguments it takes.
    fn note_today(&mut self, call: &Call, declared: &Function<()>) -> Option<(&'static str, usize)> {
        let today = declared.today?;
        let written: Vec<String> = call.args.iter().map(|arg| self.as_text(arg.as_ref())).collect();
        let written: Vec<&str> = written.iter().map(String::as_str).collect();
        let name = declared.name;
        let warning = |text: String| Diagnostic::warning(codes::FUNCTION_OLD, call.span, text);
        let message = format!("{name}() is of older releases");
        let mut instead = None;
        self.push(match today(&written) {
            Today::Current => return None,
            Today::Instead(today, count) => {
                instead = Some((today, count));
                let args = call.args.iter().take(count).flatten().map(|arg| self.lookup.written(arg.span));
                let line = format!("{today}({})", args.collect::<Vec<_>>().join(", "));
                let message = format!("{name}() with these parameters is {today}() today");
                Diagnostic::warning(codes::FUNCTION_OLD, call.span, message).fix(call.span, line)
            }
            Today::Line(line) => warning(message).help(format!("it is written `{line}` today")).fix(call.span, line),
            Today::Hint(hint) => warning(message).help(hint),
            Today::NoLine => warning(message).help("today operators and transformations do what it does"),
            Today::Unclear(readings) => {
                let message = format!("what {name}() means here is not certain");
                Diagnostic::error(codes::FUNCTION_OLD, call.span, message).help(readings)
            }
        });
        instead
    }

    /// A call whose arguments older releases had in another order, in that of today; the line of today is told.
    fn in_order_of_today(&mut self, call: &Call, declared: &Function<()>) -> Option<Call> {
        if call.args.len() > declared.args.len() {
            return None;
        }
        let written = |arg: &Option<Expression>| arg.as_ref().map(|arg| self.lookup.written(arg.span));
        let written: Vec<String> = call.args.iter().map(|arg| written(arg).unwrap_or_default()).collect();
        let written: Vec<&str> = written.iter().map(String::as_str).collect();
        let order = match declared.old_order?(&written) {
            Order::Today => return None,
            Order::Old(order) => order,
            Order::Unclear(readings) => {
                let message = format!("which argument of {}() is which is not certain", declared.name);
                self.push(Diagnostic::error(codes::FUNCTION_OLD, call.span, message).help(readings));
                return None;
            }
        };
        let (mut args, mut texts) = (Vec::new(), Vec::new());
        for (arg, position) in declared.args.iter().zip(order) {
            let Some(expression) = call.args.get(*position).and_then(Option::as_ref) else {
                args.push(None);
                texts.push(String::new());
                continue;
            };
            let modern = self.modern_flags(expression, arg);
            texts.push(match &modern {
                Some(flags) => format!("\"{flags}\""),
                None => self.lookup.written(expression.span),
            });
            args.push(Some(match modern {
                Some(flags) => {
                    Expression { node: ExpressionKind::Constant(Constant::Str(flags.into())), ..*expression }
                }
                None => expression.clone(),
            }));
        }
        let texts = texts.join(", ");
        let line = format!("{}({})", declared.name, texts.trim_end_matches([',', ' ']));
        let message = format!("the arguments of {}() have another order today", declared.name);
        self.push(Diagnostic::warning(codes::FUNCTION_OLD, call.span, message).fix(call.span, line));
        Some(Call { args, ..call.clone() })
    }

    /// An argument as it is written, without its quotes.
    fn as_text(&self, arg: Option<&Expression>) -> String {
        let Some(arg) = arg else { return String::new() };
        let written = self.lookup.written(arg.span);
        let inner = written.strip_prefix('"').and_then(|inner| inner.strip_suffix('"'));
        inner.map_or_else(|| written.clone(), str::to_owned)
    }

    fn check_count(&mut self, call: &Call, declared: &Function<()>) {
        let (least, most) = declared.arity();
        let given = call.args.len();
        let is_missing =
            |(position, arg): (usize, &Arg)| !arg.optional && call.args.get(position).is_none_or(Option::is_none);
        let message = if given > most {
            format!("{}() takes {}, not {given}", declared.name, count(least, most))
        } else if let Some((_, arg)) = declared.args.iter().enumerate().find(|entry| is_missing(*entry)) {
            format!("{}() needs its parameter {}", declared.name, arg.name)
        } else {
            return;
        };
        let help = format!("it is written {}", signature(declared));
        self.push(Diagnostic::error(codes::ARGUMENT_COUNT, call.span, message).help(help));
    }

    fn arguments(&mut self, call: &Call, declared: &Function<()>) -> Arguments {
        let args = declared.args.iter().enumerate().map(|(position, arg)| {
            let written = call.args.get(position).and_then(Option::as_ref);
            self.argument(declared.name, arg, written)
        });
        let args: Vec<Argument> = args.collect();
        let fixed = args.iter().map(|arg| match arg {
            Argument::Fixed(value) => Some(value.clone()),
            _ => None,
        });
        match fixed.collect() {
            Some(values) => Arguments::Fixed(values),
            None => Arguments::Computed(args.into()),
        }
    }

    pub(super) fn call_route(&mut self, call: &RouteCall) {
        if call.args.len() > ROUTE_ARGS_MAX {
            let message = format!("route() passes at most {ROUTE_ARGS_MAX} parameters");
            self.error(codes::ARGUMENT_COUNT, call.span, message);
        }
        let Some(target) = self.route_target(call) else { return };
        let args = call.args.iter().map(|arg| self.route_argument(arg)).collect();
        let site = add(&mut self.tables.route_calls, RouteSite { target, args });
        self.emit(Instruction::CallRoute(site));
    }

    fn route_target(&mut self, call: &RouteCall) -> Option<RouteTarget> {
        if let Some(name) = fixed_text(&call.name.node) {
            let name = String::from_utf8_lossy(&name);
            return self.called_route(&name, call.name.span).map(RouteTarget::Fixed);
        }
        self.lookup.usage.calls_computed_name = true;
        Some(RouteTarget::Named(match single_variable(&call.name.node) {
            Some(variable) => self.variable_operand(variable),
            None => self.format_operand(&call.name.node),
        }))
    }

    /// A `route[name]` that goes on from here.
    pub(super) fn called_route(&mut self, name: &str, span: Span) -> Option<RouteIndex> {
        let route = self.named_route(RouteType::Request, name, span)?;
        self.lookup.usage.calls.insert((self.route, route));
        Some(route)
    }

    /// A route by its name.
    pub(super) fn named_route(&mut self, kind: RouteType, name: &str, span: Span) -> Option<RouteIndex> {
        if let Some(route) = self.routes.find(kind, name) {
            self.lookup.usage.named.insert(route);
            return Some(route);
        }
        let (message, help) = self.routes.unknown(kind, name);
        let diagnostic = Diagnostic::error(codes::ROUTE_UNKNOWN, span, message);
        self.push(match help {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        });
        None
    }

    /// Strings among the parameters of a route are not expanded.
    fn route_argument(&mut self, arg: &Expression) -> Operand {
        match &arg.node {
            ExpressionKind::Format(text) => Operand::Constant(self.constant(Value::Str(text.source.clone()))),
            ExpressionKind::Constant(_) | ExpressionKind::Variable(_) => self.operand(arg),
            _ => {
                let null = Expression { node: ExpressionKind::Constant(Constant::Null), span: arg.span };
                let folded = self.constant_of(arg);
                if folded.is_none() {
                    let message = "a parameter is a constant or a variable";
                    self.error(codes::ARGUMENT_TYPE, arg.span, message);
                }
                folded.unwrap_or_else(|| self.operand(&null))
            }
        }
    }

    /// The operand of an expression that folds to a constant (`-1`).
    pub(super) fn constant_of(&mut self, expression: &Expression) -> Option<Operand> {
        if !matches!(expression.node, ExpressionKind::Negate(_) | ExpressionKind::BitNot(_)) {
            return None;
        }
        match self.operand(expression) {
            Operand::Constant(slot) => Some(Operand::Constant(slot)),
            _ => None,
        }
    }
}

fn count(least: usize, most: usize) -> String {
    match (least, most) {
        (_, 0) => "no parameter".to_owned(),
        (1, 1) => "1 parameter".to_owned(),
        (least, most) if least == most => format!("{most} parameters"),
        (_, most) => format!("at most {most} parameters"),
    }
}

/// `f(name, [flags])`
pub(super) fn signature(declared: &Function<()>) -> String {
    let arg = |arg: &Arg| {
        let name = match arg.kind {
            ArgKind::Var => format!("$({})", arg.name),
            _ => arg.name.to_owned(),
        };
        if arg.optional { format!("[{name}]") } else { name }
    };
    format!("{}({})", declared.name, declared.args.iter().map(arg).collect::<Vec<_>>().join(", "))
}
