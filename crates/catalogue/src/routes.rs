//! The kinds of route, as a set: where a function may be called from.

use std::fmt;
use std::ops::BitOr;

/// A set of route kinds (`compat/core.md` section 5).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Routes(u16);

impl Routes {
    /// No route at all.
    pub const NONE: Routes = Routes(0);
    /// `route`
    pub const REQUEST: Routes = Routes(1);
    /// `failure_route`
    pub const FAILURE: Routes = Routes(1 << 1);
    /// `onreply_route`
    pub const ONREPLY: Routes = Routes(1 << 2);
    /// `branch_route`
    pub const BRANCH: Routes = Routes(1 << 3);
    /// `error_route`
    pub const ERROR: Routes = Routes(1 << 4);
    /// `local_route`
    pub const LOCAL: Routes = Routes(1 << 5);
    /// `startup_route`
    pub const STARTUP: Routes = Routes(1 << 6);
    /// `timer_route`
    pub const TIMER: Routes = Routes(1 << 7);
    /// `event_route`
    pub const EVENT: Routes = Routes(1 << 8);
    /// Every route.
    pub const ALL: Routes = Routes(0x1ff);

    const NAMES: [(Routes, &'static str); 9] = [
        (Routes::REQUEST, "route"),
        (Routes::FAILURE, "failure_route"),
        (Routes::ONREPLY, "onreply_route"),
        (Routes::BRANCH, "branch_route"),
        (Routes::ERROR, "error_route"),
        (Routes::LOCAL, "local_route"),
        (Routes::STARTUP, "startup_route"),
        (Routes::TIMER, "timer_route"),
        (Routes::EVENT, "event_route"),
    ];

    /// The union, usable in constants.
    pub const fn or(self, other: Routes) -> Routes {
        Routes(self.0 | other.0)
    }

    /// Whether every kind of `other` is in this set.
    pub const fn contains(self, other: Routes) -> bool {
        self.0 & other.0 == other.0
    }

    /// The script's words for the kinds in this set.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Routes::NAMES.into_iter().filter(move |(kind, _)| self.contains(*kind)).map(|(_, name)| name)
    }
}

impl BitOr for Routes {
    type Output = Routes;

    fn bitor(self, other: Routes) -> Routes {
        self.or(other)
    }
}

impl fmt::Display for Routes {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Routes::ALL {
            return out.write_str("every route");
        }
        for (position, name) in self.names().enumerate() {
            if position > 0 {
                out.write_str(", ")?;
            }
            out.write_str(name)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Routes {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Routes({self})")
    }
}
