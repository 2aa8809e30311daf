//! One cut: where a message is left for another text, and in which order texts stand at one place.

/// Bytes `start..end` of the message give way to a text.
#[derive(Clone, Copy)]
pub(super) struct Cut<'a> {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Which comes first among cuts that start at one place.
    pub(super) rank: Rank,
    /// Which comes first among cuts of one rank.
    pub(super) order: i32,
    pub(super) text: Text<'a>,
}

/// What stands at one place, in this order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    After,
    First,
    Via,
    RecordRoute,
    Path,
    Before,
    Part,
    Last,
    ContentType,
    ContentLength,
}

/// What is written in place of the bytes.
#[derive(Clone, Copy)]
pub(super) enum Text<'a> {
    /// Bytes as they are.
    Plain(&'a [u8]),
    /// Whole lines; the last line end is added where it was forgotten.
    Lines(&'a [u8]),
    /// A line made of a name and a value.
    Line(&'static str, &'a [u8]),
}

impl Cut<'_> {
    /// How many bytes the text has.
    pub(super) fn length(&self) -> usize {
        let mut length = 0;
        self.each_piece(&mut |piece| length += piece.len());
        length
    }

    /// The text, piece by piece.
    pub(super) fn each_piece(&self, take: &mut impl FnMut(&[u8])) {
        match self.text {
            Text::Plain(text) => take(text),
            Text::Lines(lines) => {
                take(lines);
                if lines.last().is_some_and(|byte| *byte != b'\n') {
                    take(b"\r\n");
                }
            }
            Text::Line(name, value) => {
                take(name.as_bytes());
                take(b": ");
                take(value);
                take(b"\r\n");
            }
        }
    }
}

/// A number in figures, in the given room.
pub(super) fn figures_of(mut number: usize, room: &mut [u8; 20]) -> &[u8] {
    let mut start = room.len();
    for place in room.iter_mut().rev() {
        *place = b"0123456789"[number % 10];
        start -= 1;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    room.get(start..).unwrap_or_default()
}
