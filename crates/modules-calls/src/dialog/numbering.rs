//! The CSeq numbers of what goes to one party of a dialog: the other party's requests, and our own between them.

use sip::Method;

/// How the requests to one party are numbered. What the other party sends passes unchanged until a request of our own has
/// come between; from then on its numbers are moved, and those of its replies moved back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Numbering {
    /// The last number that the other party has given.
    pub given: u32,
    /// The last number that has left.
    pub left: u32,
    /// How far its numbers are moved.
    moved: u32,
    /// The last INVITE, as given and as it left: its ACK goes with it whatever has come since.
    invite: (u32, u32),
    /// How many numbers are left out before the next of our own: after a restart nobody knows which have been used.
    gap: u32,
}

/// More numbers than leave between two writings of a row.
const GAP: u32 = 1000;

impl Numbering {
    /// As a dialog begins: nothing of our own so far.
    pub fn new(given: u32) -> Numbering {
        Numbering { given, left: given, moved: 0, invite: (given, given), gap: 0 }
    }

    /// As rows have it. Where there have been requests of our own, or it is pinged, the other party's numbers are moved past
    /// what may have left since the row was written; elsewhere the next request of our own is the first to skip.
    pub fn restored(given: u32, left: u32, is_pinged: bool) -> Numbering {
        let left = left.max(given);
        let mut numbering = Numbering { given, left, moved: left - given, invite: (given, left), gap: GAP };
        if is_pinged || left > given {
            numbering.skip(0);
        }
        numbering
    }

    /// The number that a request of the other party leaves with.
    pub fn pass(&mut self, number: u32, method: Method) -> u32 {
        if method == Method::Ack {
            return if number == self.invite.0 { self.invite.1 } else { number.saturating_add(self.moved) };
        }
        if number > self.given {
            let least = self.left.saturating_add(1);
            let out = number.saturating_add(self.moved);
            // What left between is passed by: numbers may skip, but never repeat or fall (RFC 3261 section 12.2.1.1).
            self.moved = self.moved.saturating_add(least.saturating_sub(out));
            self.given = number;
            self.left = number.saturating_add(self.moved);
        }
        let out = number.saturating_add(self.moved);
        if method == Method::Invite {
            self.invite = (number, out);
        }
        out
    }

    /// Whether this is the number of the last INVITE, as its sender knows it.
    pub fn is_invite(&self, number: u32) -> bool {
        number == self.invite.0
    }

    /// The number of a request of our own.
    pub fn own(&mut self) -> u32 {
        self.skip(1);
        self.left
    }

    /// Leaves numbers out, as somebody else has used them.
    pub fn skip(&mut self, count: u32) {
        self.left = self.left.saturating_add(count).saturating_add(std::mem::take(&mut self.gap));
    }

    /// Leaves numbers out, or takes some back that were left out: none that the other party has used.
    pub fn shift(&mut self, by: i32) {
        if by >= 0 {
            return self.skip(by.unsigned_abs());
        }
        let least = self.given.saturating_add(self.moved);
        self.left = self.left.saturating_sub(by.unsigned_abs()).max(least);
    }

    /// The number of an INVITE as it left: what a PRACK refers to.
    pub fn left_as(&self, number: u32) -> u32 {
        if number == self.invite.0 { self.invite.1 } else { number.saturating_add(self.moved) }
    }
}

#[cfg(test)]
mod tests {
    use super::Numbering;
    use sip::Method::{Ack, Bye, Invite};

    #[test]
    fn nothing_of_our_own_moves_nothing() {
        let mut numbering = Numbering::new(1);
        assert_eq!([numbering.pass(1, Ack), numbering.pass(2, Invite), numbering.pass(2, Ack)], [1, 2, 2]);
        assert_eq!(numbering.pass(3, Bye), 3);
    }

    #[test]
    fn our_own_requests_move_what_follows_and_the_ack_stays_with_its_invite() {
        let mut numbering = Numbering::new(7);
        assert_eq!([numbering.own(), numbering.own()], [8, 9]);
        assert_eq!(numbering.pass(7, Ack), 7);
        assert_eq!(numbering.pass(8, Invite), 10);
        assert_eq!(numbering.own(), 11);
        assert_eq!([numbering.pass(8, Ack), numbering.left_as(8)], [10, 10]);
        assert_eq!(numbering.pass(9, Bye), 12);
        // A number that skips far needs no more room.
        assert_eq!(numbering.pass(100, Bye), 103);
    }

    #[test]
    fn after_a_restart_numbers_begin_where_none_can_have_been() {
        // Others may have left since the row was written: 103 is what it says.
        let mut again = Numbering::restored(100, 103, false);
        assert_eq!(again.pass(100, Ack), 103);
        assert_eq!([again.pass(101, Bye), again.own()], [1104, 1105]);
        let mut pinged = Numbering::restored(1, 1, true);
        assert_eq!([pinged.pass(1, Ack), pinged.pass(2, Bye)], [1, 1002]);
        // What only passes is not touched, until there is one of our own.
        let mut quiet = Numbering::restored(1, 1, false);
        assert_eq!([quiet.pass(8, Invite), quiet.pass(8, Ack), quiet.own(), quiet.pass(9, Bye)], [8, 8, 1009, 1010]);
    }

    #[test]
    fn a_callee_that_has_sent_nothing_begins_where_it_likes() {
        let mut numbering = Numbering::new(0);
        assert_eq!(numbering.own(), 1);
        assert_eq!(numbering.pass(1, Bye), 2);
        let mut numbering = Numbering::new(0);
        numbering.own();
        assert_eq!(numbering.pass(5000, Bye), 5000);
        numbering.skip(3);
        numbering.shift(-1);
        assert_eq!(numbering.pass(5001, Bye), 5003);
        numbering.shift(-9);
        assert_eq!(numbering.own(), 5004);
    }

    #[test]
    fn numbers_at_the_end_do_not_wrap() {
        let mut numbering = Numbering::new(u32::MAX);
        assert_eq!(numbering.own(), u32::MAX);
        assert_eq!(numbering.pass(u32::MAX, Bye), u32::MAX);
    }
}
