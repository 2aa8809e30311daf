//! Calls of functions and routes, and the ways out of them.

use super::run::{Machine, Next, ON};
use super::scope::{Frame, Parameter};
use super::{Awaited, Outcome};
use crate::ast::RouteType;
use crate::host::{Action, Called, ScriptFault};
use crate::program::instruction::{Arguments, AsyncSite, CallSite, Operand, RouteSite, RouteTarget, Slot};
use crate::program::{ROUTE_DEPTH_MAX, RouteIndex};
use catalogue::Value;
use std::ops::ControlFlow;

impl<'m> Machine<'m> {
    pub(super) fn call(&mut self, slot: Slot) -> Next {
        match self.invoke(slot) {
            Called::Done(code) => self.take_code(code),
            Called::Wait => {
                self.execution.waiting = Some(Awaited::Code);
                ControlFlow::Break(Outcome::Waiting)
            }
        }
    }

    /// The code of a function or route: 0 ends the script.
    fn take_code(&mut self, code: i32) -> Next {
        self.execution.scope.code = code;
        self.execution.truth = code > 0;
        if code == 0 { ControlFlow::Break(self.execution.finished(true, false)) } else { ON }
    }

    /// Evaluates the arguments and calls. A function whose arguments do not fit is not called; that is the code -1.
    fn invoke(&mut self, slot: Slot) -> Called {
        let Some(site) = self.program.tables.calls.get(slot as usize) else { return Called::Done(-1) };
        self.trace(Action::Call(site.function));
        let line = self.line();
        let called = match &site.args {
            Arguments::Fixed(args) => self.host.call_fixed(slot, site.function, args, line),
            Arguments::Computed(_) => match self.arguments(site) {
                Ok(args) => {
                    let called = self.host.call(site.function, &args, line);
                    self.execution.args = args;
                    self.execution.args.clear();
                    called
                }
                Err(fault) => {
                    self.warn(fault);
                    Called::Done(-1)
                }
            },
        };
        self.execution.is_tracing = self.host.is_tracing();
        called
    }

    /// The script stops here; the route goes on in its place, whether the call waits or not.
    pub(super) fn call_async(&mut self, slot: Slot) -> Next {
        let Some(site) = self.async_site(slot) else { return ON };
        let timeout_s = site.timeout_s.and_then(|operand| self.value(operand).int());
        self.host.begin_async(timeout_s);
        let route = site.route.unwrap_or_default();
        match self.invoke(site.call) {
            Called::Done(code) => {
                self.execution.scope.code = code;
                self.execution.scope.params.clear();
                self.execution.enter(route);
                ON
            }
            Called::Wait => {
                self.execution.waiting = Some(Awaited::Route(route));
                ControlFlow::Break(Outcome::Waiting)
            }
        }
    }

    pub(super) fn launch(&mut self, slot: Slot) {
        let Some(site) = self.async_site(slot) else { return };
        let param = site.param.map(|operand| self.value(operand)).unwrap_or_default();
        let Some(call) = self.program.tables.calls.get(site.call as usize) else { return };
        let line = self.line();
        let started = match &call.args {
            Arguments::Fixed(args) => {
                self.host.launch(call.function, args, site.route, param, line);
                Ok(())
            }
            Arguments::Computed(_) => self.arguments(call).map(|args| {
                self.host.launch(call.function, &args, site.route, param, line);
            }),
        };
        self.execution.truth = started.is_ok();
        self.execution.scope.code = if started.is_ok() { 1 } else { -1 };
        if let Err(fault) = started {
            self.warn(fault);
        }
    }

    fn async_site(&self, slot: Slot) -> Option<&'m AsyncSite> {
        self.program.tables.asyncs.get(slot as usize)
    }

    pub(super) fn call_route(&mut self, slot: Slot) {
        let Some(site) = self.program.tables.route_calls.get(slot as usize) else { return };
        let called = self.target(site.target).and_then(|route| self.push_frame(route, site));
        if let Err(fault) = called {
            self.warn(fault);
            self.execution.scope.code = -1;
            self.execution.truth = false;
        }
    }

    fn target(&mut self, target: RouteTarget) -> Result<RouteIndex, ScriptFault> {
        let operand = match target {
            RouteTarget::Fixed(route) => return Ok(route),
            RouteTarget::Named(operand) => operand,
        };
        let name = self.value(operand).into_bytes().unwrap_or_default();
        let text = std::str::from_utf8(&name).unwrap_or_default();
        self.program.route(RouteType::Request, text).ok_or(ScriptFault::UnknownRoute(name))
    }

    fn push_frame(&mut self, route: RouteIndex, site: &RouteSite) -> Result<(), ScriptFault> {
        if self.execution.scope.frames.len() >= ROUTE_DEPTH_MAX {
            return Err(ScriptFault::TooDeep);
        }
        let Some(start) = self.program.route_info(route).map(|route| route.start) else { return Ok(()) };
        let params = self.execution.scope.params.len();
        // All are evaluated before the first is stored: `$param(1)` in them is still the caller's.
        let given = site.args.iter().map(|operand| Parameter::unnamed(self.value(*operand)));
        let given: smallvec::SmallVec<[Parameter; 8]> = given.collect();
        let execution = &mut *self.execution;
        execution.scope.params.extend(given);
        execution.scope.returns.clear();
        execution.scope.frames.push(Frame {
            route,
            return_to: execution.counter,
            params,
            values: execution.values.len(),
            loops: execution.loops.len(),
        });
        execution.counter = start;
        Ok(())
    }

    pub(super) fn return_values(&mut self, code: Operand, values: u8) -> Next {
        let code = match &*self.peek(code) {
            Value::Null => -1,
            Value::Int(code) => *code,
            Value::Str(_) => 1,
        };
        let execution = &mut *self.execution;
        let first = execution.values.len().saturating_sub(usize::from(values));
        execution.scope.returns.clear();
        execution.scope.returns.extend(execution.values.drain(first..));
        self.leave(code)
    }

    /// Leaves the route, or the script where it is the outermost.
    pub(super) fn leave(&mut self, code: i32) -> Next {
        let execution = &mut *self.execution;
        execution.scope.code = code;
        let frame = execution.scope.frames.pop();
        let Some(frame) = frame.filter(|_| !execution.scope.frames.is_empty()) else {
            return ControlFlow::Break(execution.finished(false, false));
        };
        execution.scope.params.truncate(frame.params);
        execution.values.truncate(frame.values);
        execution.loops.truncate(frame.loops);
        execution.counter = frame.return_to;
        self.take_code(code)
    }

    /// The script ends, but for the error route.
    pub(super) fn assert_failed(&mut self, text: Slot) -> Next {
        let line = self.line();
        let text = self.value(Operand::Format(text)).into_bytes().unwrap_or_default();
        self.host.assert_failed(&text, line);
        let current = self.execution.scope.frames.first().map(|frame| frame.route);
        match self.program.route(RouteType::Error, "") {
            Some(route) if current != Some(route) => {
                self.execution.scope.params.clear();
                self.execution.enter(route);
                ON
            }
            _ => ControlFlow::Break(self.execution.finished(true, false)),
        }
    }
}

impl CallSite {
    /// The arguments that must be evaluated.
    pub(super) fn computed(&self) -> &[crate::program::instruction::Argument] {
        match &self.args {
            Arguments::Fixed(_) => &[],
            Arguments::Computed(args) => args,
        }
    }
}
