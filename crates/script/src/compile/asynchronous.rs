//! `async()` and `launch()`.

use super::usage::FunctionUse;
use super::{Compiler, add};
use crate::ast::{Call, Constant, Expression, ExpressionKind, RouteType, Spanned, Text};
use crate::diagnostic::codes;
use crate::program::instruction::{AsyncSite, Instruction, Slot};
use catalogue::Routes;

impl Compiler<'_> {
    pub(super) fn call_async(&mut self, call: &Call, route: &Spanned<String>, timeout_s: Option<&Expression>) {
        self.lookup.usage.functions.push(FunctionUse {
            route: self.route,
            name: "async",
            allowed: Routes::REQUEST.or(Routes::ONREPLY),
            span: call.span,
        });
        let call = self.async_call(call, "async");
        let route = self.called_route(&route.node, route.span);
        if let Some(timeout) = timeout_s {
            self.check_timeout(timeout);
        }
        let timeout_s = timeout_s.map(|timeout| self.operand(timeout));
        if let Some(call) = call {
            let site = add(&mut self.tables.asyncs, AsyncSite { call, route, timeout_s, param: None });
            self.emit(Instruction::Async(site));
        }
    }

    fn check_timeout(&mut self, timeout: &Expression) {
        let is_wrong = match &timeout.node {
            ExpressionKind::Constant(Constant::Int(seconds)) => *seconds < 0,
            ExpressionKind::Constant(Constant::Str(text)) => {
                !str::from_utf8(text).is_ok_and(|text| text.trim().parse::<u32>().is_ok())
            }
            ExpressionKind::Negate(_) => true,
            _ => false,
        };
        if is_wrong {
            self.error(
                codes::ARGUMENT_VALUE,
                timeout.span,
                "the time limit of async() is a number of seconds, from 0 on",
            );
        }
    }

    /// The route of a `launch()` runs apart from this one, so that nothing is said about its kind.
    pub(super) fn launch(&mut self, call: &Call, route: Option<&Spanned<String>>, param: Option<&Spanned<Text>>) {
        let call = self.async_call(call, "launch");
        let route = route.and_then(|route| self.named_route(RouteType::Request, &route.node, route.span));
        let param = param.map(|param| self.format_operand(&param.node));
        if let Some(call) = call {
            let site = add(&mut self.tables.asyncs, AsyncSite { call, route, timeout_s: None, param });
            self.emit(Instruction::Launch(site));
        }
    }

    fn async_call(&mut self, call: &Call, statement: &str) -> Option<Slot> {
        let (slot, found) = self.call_site(call)?;
        if !found.declaration.is_async {
            let message = format!("{statement}() does not take {}()", found.declaration.name);
            self.error(codes::NOT_ASYNC, call.span, message);
        }
        Some(slot)
    }
}
