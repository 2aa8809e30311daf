//! How large a message may be before it is refused unread.

/// The bounds a received message is held to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The whole message, start line to the end of the body.
    pub message_bytes: usize,
    /// Header lines, counted after unfolding.
    pub headers: usize,
    /// One header line with its continuation lines, or the start line; at most [`Limits::LINE_MAX`].
    pub line_bytes: usize,
}

impl Limits {
    /// Longer lines are refused whatever the bounds say.
    pub const LINE_MAX: usize = u16::MAX as usize;

    /// For text that this server wrote itself: its parts were bounded when they were received.
    pub const OWN: Limits = Limits { message_bytes: u32::MAX as usize, headers: 65_535, line_bytes: Limits::LINE_MAX };
}

impl Default for Limits {
    fn default() -> Self {
        Limits { message_bytes: 65_535, headers: 256, line_bytes: 16_384 }
    }
}
