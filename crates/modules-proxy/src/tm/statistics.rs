//! The statistics. The engine counts them.

use catalogue::Statistic;

const fn counter(name: &'static str, about: &'static str) -> Statistic {
    Statistic::counter(name, about)
}

pub(super) const ALL: &[Statistic] = &[
    counter("received_replies", "Replies received."),
    counter("relayed_replies", "Replies relayed to callers."),
    counter("local_replies", "Replies of our own."),
    counter("UAS_transactions", "Transactions of requests received."),
    counter("UAC_transactions", "Transactions of requests of our own."),
    counter("2xx_transactions", "Transactions completed with 2xx."),
    counter("3xx_transactions", "Transactions completed with 3xx."),
    counter("4xx_transactions", "Transactions completed with 4xx."),
    counter("5xx_transactions", "Transactions completed with 5xx."),
    counter("6xx_transactions", "Transactions completed with 6xx."),
    Statistic::level("inuse_transactions", "Transactions there are now."),
    counter("cluster_reply_sent", "Replies sent to other nodes of an anycast cluster; 0 without one."),
    counter("cluster_request_sent", "Requests sent to other nodes of an anycast cluster; 0 without one."),
    counter("cluster_cancel_sent", "CANCELs sent to other nodes of an anycast cluster; 0 without one."),
    counter("cluster_reply_recv", "Replies received from other nodes of an anycast cluster; 0 without one."),
    counter("cluster_request_recv", "Requests received from other nodes of an anycast cluster; 0 without one."),
    counter("cluster_cancel_recv", "CANCELs received from other nodes of an anycast cluster; 0 without one."),
    counter("retransmission_req_T1_1", "Requests sent again for the first time."),
    counter("retransmission_req_T1_2", "Requests sent again for the second time."),
    counter("retransmission_req_T1_3", "Requests sent again for the third time."),
    counter("retransmission_req_T2", "Requests sent again at the slowest pace."),
    counter("retransmission_rpl_T2", "Replies sent again."),
    counter("timeout_finalresponse", "Branches that got no reply in time."),
    counter("timeout_finalresponse_inv", "INVITEs that got no final reply in time."),
];
