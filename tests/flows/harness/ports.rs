//! Ports that nobody uses.

use std::net::{TcpListener, UdpSocket};
use std::sync::atomic::{AtomicU16, Ordering};

/// A port of 127.0.0.1 that is free for UDP and TCP. Tests run as processes side by side, so each starts looking at
/// another place, which its process number gives.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let base = 20_000 + (std::process::id() % 1_000) as u16 * 40;
    for _ in 0..4_000 {
        let port = base.wrapping_add(NEXT.fetch_add(2, Ordering::Relaxed)).max(1_024);
        // RTP of SIPp and baresip takes neighbouring ports of its own; 5060 of the address is what counts here.
        if UdpSocket::bind(("127.0.0.1", port)).is_ok() && TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("no free port");
}
