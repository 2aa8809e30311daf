//! What is counted of queries.

use module_api::{Counter, Statistics};

/// Counters of all databases.
pub struct Counters {
    /// `sql:sql_total_queries`
    pub total: Counter,
    /// `sql:sql_slow_queries`
    pub slow: Counter,
    /// Queries refused because as many waited as may.
    pub refused: Counter,
    /// Queries answered with a fault.
    pub failed: Counter,
    /// Queries that waited or ran too long.
    pub late: Counter,
    /// Threads that read, now.
    pub readers: Counter,
    /// Times that all were held up and no more could come.
    pub short: Counter,
    /// Connections to database servers, now.
    pub connections: Counter,
    /// Connections to database servers that were lost.
    pub lost: Counter,
}

impl Counters {
    /// Counters in the table of statistics.
    pub fn new(statistics: &Statistics) -> Counters {
        let counter = |name| statistics.counter("sql", name, true);
        let readers = statistics.counter("sql", "sql_readers", false);
        Counters {
            total: counter("sql_total_queries"),
            slow: counter("sql_slow_queries"),
            refused: counter("sql_refused_queries"),
            failed: counter("sql_failed_queries"),
            late: counter("sql_late_queries"),
            readers,
            connections: statistics.counter("sql", "sql_connections", false),
            lost: counter("sql_lost_connections"),
            short: counter("sql_readers_short"),
        }
    }
}
