//! How names are looked up: what the global parameters say, over what the system's configuration says.

use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig, ResolverOpts};
use hickory_resolver::system_conf::read_system_conf;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

/// How names are looked up. What is `None` is as the system has it.
#[derive(Clone)]
pub struct Options {
    /// `dns_retr_time`: how long a name server has for an answer.
    pub retry_after: Option<Duration>,
    /// `dns_retr_no`: how often it is asked again.
    pub retries: Option<usize>,
    /// `dns_servers_no`: how many of the system's name servers are asked.
    pub servers: Option<usize>,
    /// `dns_use_search_list`: whether names are tried within the system's search domains.
    pub search_list: bool,
    /// `dns_try_naptr`: whether NAPTR records may choose the transport.
    pub naptr: bool,
    /// The name servers, in place of the system's.
    pub name_servers: Vec<SocketAddr>,
    /// From when on a question counts as slow.
    pub slow_after: Duration,
    /// Who is told of each slow question (`exec_dns_threshold`).
    pub slow: Option<Slow>,
}

/// How long it is remembered at least that there is nothing under a name: name servers need not say.
const NOTHING_REMEMBERED: Duration = Duration::from_secs(5);

/// Is told the name and how long its answer took.
pub type Slow = Arc<dyn Fn(&str, Duration) + Send + Sync>;

impl Default for Options {
    fn default() -> Options {
        Options {
            retry_after: None,
            retries: None,
            servers: None,
            search_list: true,
            naptr: true,
            name_servers: Vec::new(),
            slow_after: Duration::from_millis(500),
            slow: None,
        }
    }
}

impl Options {
    /// With the system's configuration as it is now. Without one, this machine is asked, as the system's own resolver
    /// does.
    pub(crate) fn with_system(&self) -> (ResolverConfig, ResolverOpts) {
        let local =
            || ResolverConfig::from_name_servers(vec![NameServerConfig::udp_and_tcp(Ipv4Addr::LOCALHOST.into())]);
        let (system, mut opts) = read_system_conf().unwrap_or_else(|_| (local(), ResolverOpts::default()));
        opts.negative_min_ttl = Some(NOTHING_REMEMBERED);
        if let Some(patience) = self.retry_after {
            opts.timeout = patience;
        }
        if let Some(retries) = self.retries {
            opts.attempts = retries;
        }
        let (domain, search, mut servers) = system.into_parts();
        if !self.name_servers.is_empty() {
            servers = self.name_servers.iter().map(|address| server(*address)).collect();
        }
        servers.truncate(self.servers.unwrap_or(usize::MAX).max(1));
        let config = match self.search_list {
            true => ResolverConfig::from_parts(domain, search, servers),
            false => ResolverConfig::from_parts(None, Vec::new(), servers),
        };
        (config, opts)
    }
}

fn server(address: SocketAddr) -> NameServerConfig {
    let ip: IpAddr = address.ip();
    let mut connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()];
    for connection in &mut connections {
        connection.port = address.port();
    }
    NameServerConfig::new(ip, true, connections.into())
}

#[cfg(test)]
mod tests {
    use super::Options;
    use std::time::Duration;

    #[test]
    fn parameters_go_before_the_systems_configuration() {
        let servers = ["192.0.2.53:53", "192.0.2.54:5353", "192.0.2.55:53"].map(|text| text.parse().unwrap());
        let options = Options {
            retry_after: Some(Duration::from_secs(3)),
            retries: Some(7),
            servers: Some(2),
            search_list: false,
            name_servers: servers.into(),
            ..Options::default()
        };
        let (config, opts) = options.with_system();
        assert_eq!((opts.timeout, opts.attempts), (Duration::from_secs(3), 7));
        let asked: Vec<String> =
            config.name_servers().iter().map(|known| format!("{}:{}", known.ip, known.connections[0].port)).collect();
        assert_eq!(asked, ["192.0.2.53:53", "192.0.2.54:5353"]);
        assert!(config.domain().is_none() && config.search().is_empty());
    }
}
