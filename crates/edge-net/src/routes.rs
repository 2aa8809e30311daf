//! Which of our addresses leads to another (`mhomed`): the system's routes know. A datagram socket that is connected sends
//! nothing, and has the address that what it sent would have.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What the routes said of late.
#[derive(Default)]
pub struct Routes {
    known: Mutex<BTreeMap<IpAddr, (Option<IpAddr>, Instant)>>,
}

/// Routes change seldom, but they do.
const REMEMBERED: Duration = Duration::from_secs(5);
/// How many destinations are remembered; past it all are asked for again.
const KNOWN_MAX: usize = 65_536;

impl Routes {
    /// The address that a message to this one would leave from; `None` if nothing leads there.
    pub fn source_address(&self, to: IpAddr) -> Option<IpAddr> {
        let now = Instant::now();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((from, asked)) = known.get(&to)
            && now.duration_since(*asked) < REMEMBERED
        {
            return *from;
        }
        if known.len() >= KNOWN_MAX {
            known.clear();
        }
        let from = ask(to);
        known.insert(to, (from, now));
        from
    }
}

fn ask(to: IpAddr) -> Option<IpAddr> {
    let any: IpAddr = if to.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((any, 0)).ok()?;
    // The port matters to no route.
    socket.connect((to, 5060)).ok()?;
    socket.local_addr().ok().map(|address| address.ip())
}

#[cfg(test)]
mod tests {
    use super::Routes;
    use std::net::{IpAddr, Ipv4Addr};

    #[test]
    fn the_loopback_leads_to_the_loopback() {
        let routes = Routes::default();
        let loopback = IpAddr::from(Ipv4Addr::LOCALHOST);
        assert_eq!(routes.source_address(loopback), Some(loopback));
        // All of 127.0.0.0/8 is reached from where it is; asked twice, answered from memory.
        for _ in 0..2 {
            assert_eq!(routes.source_address([127, 0, 0, 9].into()), Some(loopback));
        }
        assert_eq!(routes.known.lock().unwrap().len(), 2);
    }
}
