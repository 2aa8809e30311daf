//! The parameters of `rest_client`.

use catalogue::{Param, ParamKind};
use module_api::{Setup, StartError, State};
use std::sync::Arc;
use std::time::Duration;

pub(super) const ALL: &[Param] = &[
    CONNECTION_TIMEOUT,
    CURL_TIMEOUT,
    CONNECT_POLL_INTERVAL,
    MAX_ASYNC_TRANSFERS,
    MAX_TRANSFER_SIZE,
    SSL_CAPATH,
    SSL_VERIFYPEER,
    SSL_VERIFYHOST,
    CURL_HTTP_VERSION,
    ENABLE_EXPECT_100,
    NO_CONCURRENT_CONNECTS,
    CURL_CONN_LIFETIME,
];

const CONNECTION_TIMEOUT: Param =
    Param::int("connection_timeout", 20, "How many seconds connecting may take.").within(1, 3600);
const CURL_TIMEOUT: Param =
    Param::int("curl_timeout", 20, "How many seconds a whole transfer may take, connecting included.").within(1, 3600);
const CONNECT_POLL_INTERVAL: Param =
    Param::int("connect_poll_interval", 20, "How often upstream looks whether a connection is there.")
        .no_effect("a connection says itself when it is there");
const MAX_ASYNC_TRANSFERS: Param =
    Param::int("max_async_transfers", 100, "How many transfers of upstream's worker go on without holding it up.")
        .no_effect("no transfer holds anything up");
const MAX_TRANSFER_SIZE: Param =
    Param::int("max_transfer_size", 10_240, "The longest body of an answer in kilobytes; 0: as long as 256 megabytes.")
        .within(0, 262_144);
const SSL_CAPATH: Param = Param::unset(
    "ssl_capath",
    ParamKind::Str,
    "A directory of certificates of authorities, trusted besides those of the system.",
);
const SSL_VERIFYPEER: Param =
    Param::int("ssl_verifypeer", 1, "Whether an authority must have signed a server's certificate.").within(0, 1);
const SSL_VERIFYHOST: Param =
    Param::int("ssl_verifyhost", 1, "Whether the certificate must be for the server's name.").within(0, 1);
const CURL_HTTP_VERSION: Param = Param::int(
    "curl_http_version",
    0,
    "HTTP/1.0 (1), 1.1 (2), 2 where TLS negotiates it (0, 3, 4), or 2 without asking where there is no TLS (5).",
)
.within(0, 5);
const ENABLE_EXPECT_100: Param = Param::int(
    "enable_expect_100",
    0,
    "Whether a server is asked, for at most a second, before it is sent more than 1024 bytes.",
)
.within(0, 1);
const NO_CONCURRENT_CONNECTS: Param = Param::int(
    "no_concurrent_connects",
    0,
    "Whether only one request at a time connects to a host; others return -4 meanwhile.",
)
.within(0, 1);
const CURL_CONN_LIFETIME: Param =
    Param::int("curl_conn_lifetime", 0, "For how long upstream takes a connection for granted.")
        .no_effect("it is known which connections there are");

/// How long an answer may be though no limit is set.
const BYTES_MAX: usize = 256 << 20;

/// The module's state.
pub(super) struct RestClient {
    pub(super) connect_within: Duration,
    pub(super) answer_within: Duration,
    pub(super) body_bytes_max: usize,
    pub(super) asks_before_body: bool,
    pub(super) connects_alone: bool,
}

pub(super) fn start(setup: &mut Setup<'_>) -> Result<State, StartError> {
    let params = setup.params;
    let seconds = |param| Duration::from_secs(u64::try_from(params.int(param)).unwrap_or_default());
    let kilobytes = usize::try_from(params.int(&MAX_TRANSFER_SIZE)).unwrap_or_default();
    let state = RestClient {
        connect_within: seconds(&CONNECTION_TIMEOUT),
        answer_within: seconds(&CURL_TIMEOUT),
        body_bytes_max: if kilobytes == 0 { BYTES_MAX } else { kilobytes.saturating_mul(1024) },
        asks_before_body: params.is_on(&ENABLE_EXPECT_100),
        connects_alone: params.is_on(&NO_CONCURRENT_CONNECTS),
    };
    let params = params.as_texts(ALL);
    setup.start_edge("rest_client", params);
    Ok(Arc::new(state))
}
