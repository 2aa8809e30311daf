//! Everything the engine counts. Names and groups are upstream's; group `engine` is our own.

use module_api::{Counter, Statistics};

/// The counters of the core, which are always there.
pub(crate) struct CoreCounters {
    pub(crate) rcv_requests: Counter,
    pub(crate) rcv_replies: Counter,
    pub(crate) fwd_requests: Counter,
    pub(crate) fwd_replies: Counter,
    pub(crate) drop_requests: Counter,
    pub(crate) drop_replies: Counter,
    pub(crate) err_requests: Counter,
    pub(crate) err_replies: Counter,
    pub(crate) bad_uris: Counter,
    pub(crate) bad_headers: Counter,
}

/// The counters of module `tm`; where it does not show them, nobody sees them.
pub(crate) struct TransactionCounters {
    pub(crate) received_replies: Counter,
    pub(crate) relayed_replies: Counter,
    pub(crate) local_replies: Counter,
    pub(crate) from_others: Counter,
    pub(crate) our_own: Counter,
    /// `2xx_transactions` to `6xx_transactions`
    pub(crate) completed: [Counter; 5],
    pub(crate) in_use: Counter,
    /// `retransmission_req_T1_1` to `_3`
    pub(crate) resent_at_t1: [Counter; 3],
    pub(crate) resent_at_t2: Counter,
    pub(crate) reply_resent: Counter,
    pub(crate) timeouts: Counter,
    pub(crate) invite_timeouts: Counter,
}

/// The counters of module `sl`.
pub(crate) struct StatelessCounters {
    /// `1xx_replies` to `6xx_replies`
    pub(crate) by_class: [Counter; 6],
    pub(crate) sent: Counter,
    pub(crate) sent_errors: Counter,
    pub(crate) acks: Counter,
}

/// What bounds refused, and other things worth knowing: group `engine`.
pub(crate) struct EngineCounters {
    /// What the messages hold that transactions and waits keep, roughly.
    pub(crate) held_bytes: Counter,
    /// Transactions for which there was no room.
    pub(crate) transactions_refused: Counter,
    /// Events that found their transaction's mailbox full.
    pub(crate) mail_lost: Counter,
    /// Messages and jobs that wait for an answer now.
    pub(crate) waiting: Counter,
    /// Requests that came again while they waited.
    pub(crate) absorbed: Counter,
    /// Those for which there was no room.
    pub(crate) waiting_refused: Counter,
    /// Answers that came after their deadline, or twice.
    pub(crate) answers_late: Counter,
    /// Waits that ended at their deadline.
    pub(crate) waits_timed_out: Counter,
    /// Faults of functions, and of scripts while they run.
    pub(crate) faults: Counter,
    /// INVITEs answered negatively whose ACK never came.
    pub(crate) unacknowledged: Counter,
    /// Replies that match no transaction.
    pub(crate) stray_replies: Counter,
    /// Requests refused because more came than could be handled.
    pub(crate) requests_shed: Counter,
    /// Events dropped because too many were raised at once.
    pub(crate) events_dropped: Counter,
    /// Routes not run behind `launch()`, because too much was launched at once.
    pub(crate) launches_refused: Counter,
    /// Transactions ended because an internal error took their owner.
    pub(crate) orphans: Counter,
}

impl CoreCounters {
    pub(crate) fn new(statistics: &Statistics) -> CoreCounters {
        let counter = |name: &str| statistics.counter("core", name, true);
        CoreCounters {
            rcv_requests: counter("rcv_requests"),
            rcv_replies: counter("rcv_replies"),
            fwd_requests: counter("fwd_requests"),
            fwd_replies: counter("fwd_replies"),
            drop_requests: counter("drop_requests"),
            drop_replies: counter("drop_replies"),
            err_requests: counter("err_requests"),
            err_replies: counter("err_replies"),
            bad_uris: counter("bad_URIs_rcvd"),
            bad_headers: counter("bad_msg_hdr"),
        }
    }
}

impl TransactionCounters {
    /// The counters that module `tm` has registered.
    pub(crate) fn new(statistics: &Statistics) -> TransactionCounters {
        let counter = |name: &str| registered(statistics, "tm", name);
        TransactionCounters {
            received_replies: counter("received_replies"),
            relayed_replies: counter("relayed_replies"),
            local_replies: counter("local_replies"),
            from_others: counter("UAS_transactions"),
            our_own: counter("UAC_transactions"),
            completed: ["2xx", "3xx", "4xx", "5xx", "6xx"].map(|class| counter(&format!("{class}_transactions"))),
            in_use: counter("inuse_transactions"),
            resent_at_t1: ["1", "2", "3"].map(|step| counter(&format!("retransmission_req_T1_{step}"))),
            resent_at_t2: counter("retransmission_req_T2"),
            reply_resent: counter("retransmission_rpl_T2"),
            timeouts: counter("timeout_finalresponse"),
            invite_timeouts: counter("timeout_finalresponse_inv"),
        }
    }

    /// Counts a transaction completed with this code.
    pub(crate) fn complete(&self, code: u16) {
        let class = usize::from(code / 100).checked_sub(2);
        if let Some(counter) = class.and_then(|class| self.completed.get(class)) {
            counter.increment();
        }
    }

    /// Counts a request sent again, the `times`-th time (from 0).
    pub(crate) fn resent(&self, times: u8) {
        self.resent_at_t1.get(usize::from(times)).unwrap_or(&self.resent_at_t2).increment();
    }
}

impl StatelessCounters {
    /// The counters that module `sl` has registered.
    pub(crate) fn new(statistics: &Statistics) -> StatelessCounters {
        let counter = |name: &str| registered(statistics, "sl", name);
        StatelessCounters {
            by_class: ["1xx", "2xx", "3xx", "4xx", "5xx", "6xx"].map(|class| counter(&format!("{class}_replies"))),
            sent: counter("sent_replies"),
            sent_errors: counter("sent_err_replies"),
            acks: counter("received_ACKs"),
        }
    }

    /// Counts a reply sent.
    pub(crate) fn count(&self, code: u16) {
        let class = usize::from(code / 100).checked_sub(1);
        if let Some(counter) = class.and_then(|class| self.by_class.get(class)) {
            counter.increment();
        }
        self.sent.increment();
    }
}

impl EngineCounters {
    pub(crate) fn new(statistics: &Statistics) -> EngineCounters {
        let counter = |name: &str| statistics.counter("engine", name, true);
        EngineCounters {
            held_bytes: statistics.counter("engine", "held_bytes", false),
            transactions_refused: counter("transactions_refused"),
            mail_lost: counter("mail_lost"),
            waiting: statistics.counter("engine", "waiting", false),
            absorbed: counter("absorbed"),
            waiting_refused: counter("waiting_refused"),
            answers_late: counter("answers_late"),
            waits_timed_out: counter("waits_timed_out"),
            faults: counter("faults"),
            unacknowledged: counter("unacknowledged"),
            stray_replies: counter("stray_replies"),
            requests_shed: counter("requests_shed"),
            events_dropped: counter("events_dropped"),
            launches_refused: counter("launches_refused"),
            orphans: counter("orphans"),
        }
    }
}

/// The counter a module has registered, or one that nobody reads.
fn registered(statistics: &Statistics, group: &str, name: &str) -> Counter {
    statistics.find(&format!("{group}:{name}")).and_then(|entry| entry.counter().cloned()).unwrap_or_default()
}
