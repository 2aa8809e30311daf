//! What has come in and waits for its thread: short and in order as a rule. When more comes than can be handled, what
//! continues a call goes first, and what would begin something after it has waited too long is to be refused: a call that
//! is answered late is retransmitted, paid for twice, and given up. Refusing takes time too: it gets a share of what is
//! done for calls, and what is too much even to be refused is passed over, so that the calls that began are not slowed down
//! however much more is offered.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Messages that wait.
#[derive(Debug)]
pub(super) struct Backlog<T> {
    /// What continues something, while there is more than usual.
    urgent: VecDeque<Waiting<T>>,
    /// Everything else, in the order in which it came.
    line: VecDeque<Waiting<T>>,
    /// How long all that waits is together.
    bytes: usize,
    /// Whether what is new is refused.
    sheds: bool,
    /// How much may be spent on refusals, in shares of one.
    credit: u32,
}

#[derive(Debug)]
struct Waiting<T> {
    since: Instant,
    message: T,
}

/// What takes room in it.
pub(super) trait Weighed {
    /// How long it is.
    fn bytes(&self) -> usize;
}

/// What is to be done with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It is handled.
    Welcome,
    /// It has waited too long: what it would begin is refused.
    Shed,
}

/// As many as one turn of the sockets brings at an ordinary peak: until then all wait in one line.
const CALM: usize = 64;
/// How many may wait.
const WAITING_MAX: usize = 16_384;
/// How long all that waits may be: giants would hold a thousand times what ordinary messages do.
const BYTES_MAX: usize = 64 << 20;
/// What has waited so long comes too late: with the way back, its sender is about to send it again (RFC 3261's T1 is
/// 500 ms).
const LATE: Duration = Duration::from_millis(200);
/// New things are welcome again when the next of them has waited less.
const CAUGHT_UP: Duration = Duration::from_millis(20);
/// A refusal costs as much credit as so many messages that are handled bring: a call, seven messages or more, can pay for
/// one, which is about a tenth of its own cost.
const REFUSAL: u32 = 7;
/// So much credit is kept: enough for a burst after a calm time.
const CREDIT_MAX: u32 = 1_000 * REFUSAL;

impl<T: Weighed> Backlog<T> {
    pub(super) const fn new() -> Backlog<T> {
        Backlog { urgent: VecDeque::new(), line: VecDeque::new(), bytes: 0, sheds: false, credit: CREDIT_MAX }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.urgent.is_empty() && self.line.is_empty()
    }

    /// Whether so many wait, or have waited so long, that it matters which goes first.
    pub(super) fn is_long(&self) -> bool {
        self.sheds || self.line.len() >= CALM || !self.urgent.is_empty()
    }

    /// Whether a message is worth taking in; not if it would begin something and could not even be refused.
    pub(super) fn wants(&self, continues: bool) -> bool {
        continues || !self.sheds || self.credit >= REFUSAL
    }

    /// Takes a message in; `continues` says that it belongs to something that has begun. Where there is no room it comes
    /// back, or what would begin something and has waited longest gives way to it.
    pub(super) fn push(&mut self, message: T, continues: bool, since: Instant) -> Result<(), T> {
        let bytes = message.bytes();
        if self.urgent.len() + self.line.len() >= WAITING_MAX || self.bytes + bytes > BYTES_MAX {
            let lost = if continues { self.line.pop_front() } else { None };
            let Some(lost) = lost else { return Err(message) };
            self.bytes = self.bytes + bytes - lost.message.bytes();
            self.urgent.push_back(Waiting { since, message });
            return Err(lost.message);
        }
        self.bytes += bytes;
        let queue = if continues && self.is_long() { &mut self.urgent } else { &mut self.line };
        queue.push_back(Waiting { since, message });
        Ok(())
    }

    /// The next message, and what is to be done with it; nothing where even a refusal would take what calls need: it is
    /// lost, as if on the way, and will come again.
    pub(super) fn pop(&mut self, now: Instant) -> Option<(T, Option<Admission>)> {
        if let Some(next) = self.urgent.pop_front() {
            self.bytes -= next.message.bytes();
            return Some((next.message, Some(self.welcome())));
        }
        let Some(next) = self.line.pop_front() else {
            self.sheds = false;
            return None;
        };
        self.bytes -= next.message.bytes();
        let waited = now.saturating_duration_since(next.since);
        self.sheds = waited >= if self.sheds { CAUGHT_UP } else { LATE };
        Some((next.message, if self.sheds { self.refuse() } else { Some(self.welcome()) }))
    }

    fn welcome(&mut self) -> Admission {
        self.credit = CREDIT_MAX.min(self.credit + 1);
        Admission::Welcome
    }

    fn refuse(&mut self) -> Option<Admission> {
        self.credit = self.credit.checked_sub(REFUSAL)?;
        Some(Admission::Shed)
    }
}

/// Whether a message belongs to something that has begun: a reply, or a request within a dialog. A CANCEL does too, but
/// it must not overtake its INVITE.
pub(super) fn continues(message: &[u8]) -> bool {
    if message.starts_with(b"SIP/") || message.starts_with(b"ACK ") || message.starts_with(b"BYE ") {
        return true;
    }
    let to = message.split(|byte| *byte == b'\n').skip(1).take(HEADERS_READ).find(|line| is_to(line));
    to.is_some_and(|line| line.windows(TAG.len()).any(|part| part.eq_ignore_ascii_case(TAG)))
}

/// To stands near the beginning.
const HEADERS_READ: usize = 32;
const TAG: &[u8] = b";tag=";

fn is_to(line: &[u8]) -> bool {
    let [name @ .., _] = line.split_inclusive(|byte| *byte == b':').next().unwrap_or_default() else { return false };
    let name = name.trim_ascii();
    name.eq_ignore_ascii_case(b"To") || name.eq_ignore_ascii_case(b"t")
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Weighed for u32 {
        fn bytes(&self) -> usize {
            if *self == GIANT { BYTES_MAX / 2 } else { 1 }
        }
    }

    const GIANT: u32 = 4_000_000;

    fn ms(number: u64) -> Duration {
        Duration::from_millis(number)
    }

    #[test]
    fn a_short_line_keeps_its_order() {
        let (mut backlog, now) = (Backlog::new(), Instant::now());
        for (message, continues) in [(1, false), (2, true), (3, false)] {
            backlog.push(message, continues, now).unwrap();
        }
        let order: Vec<_> = std::iter::from_fn(|| backlog.pop(now)).collect();
        assert_eq!(order, [1, 2, 3].map(|message| (message, Some(Admission::Welcome))));
    }

    #[test]
    fn in_a_long_line_what_continues_goes_first() {
        let (mut backlog, now) = (Backlog::new(), Instant::now());
        (0..100).for_each(|number| backlog.push(number, false, now).unwrap());
        backlog.push(100, true, now).unwrap();
        assert_eq!(backlog.pop(now), Some((100, Some(Admission::Welcome))));
        assert_eq!(backlog.pop(now), Some((0, Some(Admission::Welcome))));
    }

    #[test]
    fn what_is_late_is_shed_until_the_line_has_caught_up() {
        let (mut backlog, start) = (Backlog::new(), Instant::now());
        for number in 0..5 {
            backlog.push(number, false, start + ms(100 * u64::from(number))).unwrap();
        }
        let mut at = |after| backlog.pop(start + ms(after)).and_then(|(_, admission)| admission);
        assert_eq!(at(150), Some(Admission::Welcome));
        assert_eq!(at(350), Some(Admission::Shed));
        assert_eq!(at(351), Some(Admission::Shed), "151 ms late: once it sheds it catches up first");
        assert_eq!(at(310), Some(Admission::Welcome));
        assert_eq!(at(500), Some(Admission::Welcome));
    }

    #[test]
    fn refusals_take_a_share_of_what_calls_take() {
        let (mut backlog, start) = (Backlog::new(), Instant::now());
        let late = start + LATE;
        let refused = |backlog: &mut Backlog<u32>, offered| {
            (0..offered).for_each(|number| backlog.push(number, false, start).unwrap());
            let admissions: Vec<_> = std::iter::from_fn(|| backlog.pop(late)).map(|(_, admission)| admission).collect();
            assert!(admissions.iter().all(|admission| *admission != Some(Admission::Welcome)));
            admissions.iter().filter(|admission| **admission == Some(Admission::Shed)).count()
        };
        assert_eq!(refused(&mut backlog, 3_000), 1_000, "a burst after a calm time");
        assert_eq!(refused(&mut backlog, 100), 0);
        backlog.push(0, false, start).unwrap();
        backlog.push(0, false, start).unwrap();
        assert_eq!(backlog.pop(late), Some((0, None)));
        assert!(backlog.wants(true) && !backlog.wants(false) && backlog.is_long());
        assert_eq!((backlog.pop(late), backlog.pop(late)), (Some((0, None)), None));
        assert!(backlog.wants(false), "all is worked off");
        for _ in 0..70 {
            backlog.push(0, true, late).unwrap();
            assert_eq!(backlog.pop(late), Some((0, Some(Admission::Welcome))));
        }
        assert_eq!(refused(&mut backlog, 100), 10);
    }

    #[test]
    fn what_finds_no_room_comes_back() {
        let (mut backlog, now) = (Backlog::new(), Instant::now());
        (0..16_384u32).for_each(|number| backlog.push(number, number % 2 == 0, now).unwrap());
        assert_eq!(backlog.push(7, false, now), Err(7));
        assert_eq!(backlog.push(7, true, now), Err(0), "what continues a call has precedence");
        let mut backlog = Backlog::new();
        (0..2).for_each(|_| backlog.push(GIANT, false, now).unwrap());
        assert_eq!(backlog.push(7, false, now), Err(7));
        assert_eq!(backlog.push(7, true, now), Err(GIANT));
        assert_eq!((backlog.push(8, false, now), backlog.bytes), (Ok(()), BYTES_MAX / 2 + 2));
        while backlog.pop(now).is_some() {}
        assert_eq!(backlog.bytes, 0);
    }

    #[test]
    fn tells_what_continues_from_what_begins() {
        let request = |method: &str, to: &str| {
            let text = format!("{method} sip:b@c SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z\r\n{to}\r\nCSeq: 1 x\r\n\r\n");
            continues(text.as_bytes())
        };
        assert!(request("ACK", "To: <sip:b@c>") && request("BYE", "") && request("INVITE", "To: <sip:b@c>;tag=1"));
        assert!(request("INFO", "t : b;Tag=1") && continues(b"SIP/2.0 200 OK\r\n\r\n"));
        assert!(!request("INVITE", "To: <sip:b@c>") && !request("REGISTER", "From: <sip:b@c>;tag=1\r\nTo: b"));
        assert!(!request("CANCEL", "To: <sip:b@c>") && !continues(b"") && !continues(b"\n:\n"));
    }
}
