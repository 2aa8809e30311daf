//! The declarations of events and statistics.

/// An event that subscribers and `event_route` can receive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its name: `E_UL_AOR_INSERT`.
    pub name: &'static str,
    /// When it is raised, one sentence.
    pub about: &'static str,
    /// The names of its parameters, in order.
    pub params: &'static [&'static str],
}

/// A statistic of a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statistic {
    /// Its name without the group.
    pub name: &'static str,
    /// What it counts, one sentence.
    pub about: &'static str,
    /// Whether a reset command sets it to zero.
    pub resets: bool,
}

impl Statistic {
    /// A counter that can be reset.
    pub const fn counter(name: &'static str, about: &'static str) -> Statistic {
        Statistic { name, about, resets: true }
    }

    /// A level (how many there are now), which is not reset.
    pub const fn level(name: &'static str, about: &'static str) -> Statistic {
        Statistic { name, about, resets: false }
    }
}
