//! The global parameters that functions and modules need.

use bytes::Bytes;
use std::time::Duration;

/// Global parameters of the script (`compat/core.md` section 3), with upstream's defaults.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `server_header`: the whole line; none when `server_signature` is off.
    pub server_header: Option<Bytes>,
    /// `user_agent_header`: the whole line.
    pub user_agent_header: Option<Bytes>,
    /// `db_default_url`
    pub db_default_url: Option<String>,
    /// `restart_persistency_cache_file`: what the names of files begin with that are kept over a restart.
    pub restart_persistency_cache_file: String,
    /// `sip_warning`: a Warning header in local replies.
    pub sip_warning: bool,
    /// `advertised_address`
    pub advertised_address: Option<Bytes>,
    /// `advertised_port`
    pub advertised_port: Option<u16>,
    /// `disable_503_translation`
    pub disable_503_translation: bool,
    /// `reply_to_via`
    pub reply_to_via: bool,
    /// `disable_dns_failover`
    pub disable_dns_failover: bool,
    /// `disable_dns_blacklist`
    pub disable_dns_blacklist: bool,
    /// `dns`: a Via by name gets no `received` where the name leads to who sent it.
    pub dns: bool,
    /// `rev_dns`: nor where the sender's address has that name.
    pub rev_dns: bool,
    /// `disable_stateless_fwd`
    pub disable_stateless_fwd: bool,
    /// `check_via`
    pub check_via: bool,
    /// `dns_try_ipv6`
    pub dns_try_ipv6: bool,
    /// `mhomed`
    pub mhomed: bool,
    /// `tcp_accept_aliases`
    pub tcp_accept_aliases: bool,
    /// `tcp_no_new_conn_bflag`: the branch flag that forbids opening a connection.
    pub no_connection_branch_flag: Option<u8>,
    /// `tcp_no_new_conn_rplflag`: the message flag that forbids it for replies.
    pub no_connection_reply_flag: Option<u8>,
    /// `max_while_loops`
    pub max_while_loops: u32,
    /// `pv_print_buf_size`: the longest expanded format string, in bytes.
    pub print_bytes_max: usize,
    /// `xlog_print_level`
    pub xlog_print_level: i32,
    /// `xlog_force_color`: whether `$C(…)` colours.
    pub xlog_force_color: bool,
    /// `exec_msg_threshold`: processing a message that takes longer is logged, and an event.
    pub exec_msg_threshold: Option<Duration>,
    /// `enable_asserts`
    pub enable_asserts: bool,
    /// `abort_on_assert`
    pub abort_on_assert: bool,
    /// The path of the script.
    pub script_path: String,
    /// The text of the script, for `get_config_hash`.
    pub script_text: Bytes,
    /// `-o name=value`
    pub argv: Vec<(String, String)>,
    /// The command line.
    pub command_line: Vec<String>,
    /// The environment, for `$env(NAME)`.
    pub environment: Vec<(String, String)>,
    /// The process number, for `$pp`.
    pub pid: u32,
    /// The working directory.
    pub working_directory: String,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            server_header: Some(Bytes::from_static(
                concat!("Server: Strowger (", env!("CARGO_PKG_VERSION"), ")").as_bytes(),
            )),
            user_agent_header: Some(Bytes::from_static(
                concat!("User-Agent: Strowger (", env!("CARGO_PKG_VERSION"), ")").as_bytes(),
            )),
            db_default_url: None,
            restart_persistency_cache_file: ".restart_persistency.cache".to_owned(),
            sip_warning: false,
            advertised_address: None,
            advertised_port: None,
            disable_503_translation: false,
            reply_to_via: false,
            disable_dns_failover: false,
            disable_dns_blacklist: true,
            dns: false,
            rev_dns: false,
            disable_stateless_fwd: true,
            check_via: false,
            dns_try_ipv6: false,
            mhomed: false,
            tcp_accept_aliases: false,
            no_connection_branch_flag: None,
            no_connection_reply_flag: None,
            max_while_loops: 10_000,
            print_bytes_max: 20_000,
            xlog_print_level: 2,
            xlog_force_color: false,
            exec_msg_threshold: None,
            enable_asserts: false,
            abort_on_assert: false,
            script_path: String::new(),
            script_text: Bytes::new(),
            argv: Vec::new(),
            command_line: Vec::new(),
            environment: Vec::new(),
            pid: 0,
            working_directory: String::new(),
        }
    }
}
