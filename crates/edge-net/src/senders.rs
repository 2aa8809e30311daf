//! Sending by any socket, from any thread.

use crate::tcp::Streams;
use module_api::Sending;
use std::net::UdpSocket;
use std::sync::Arc;

/// The sockets to send by, in the order of their numbers.
#[derive(Clone, Default)]
pub struct Senders {
    by_socket: Vec<Option<Sender>>,
}

#[derive(Clone)]
enum Sender {
    Udp(Arc<UdpSocket>),
    Stream(Arc<Streams>),
}

impl Senders {
    /// Adds a UDP socket.
    pub fn add_udp(&mut self, number: u16, socket: Arc<UdpSocket>) {
        self.put(number, Sender::Udp(socket));
    }

    /// Adds the streams of a listening TCP socket.
    pub fn add_stream(&mut self, number: u16, streams: Arc<Streams>) {
        self.put(number, Sender::Stream(streams));
    }

    /// Sends a message; whether it left, or was queued on a connection.
    pub fn send(&self, message: &Sending) -> bool {
        match self.by_socket.get(usize::from(message.socket.0)) {
            Some(Some(Sender::Udp(socket))) => socket.send_to(&message.bytes, message.to).is_ok(),
            Some(Some(Sender::Stream(streams))) => streams.send(message),
            _ => false,
        }
    }

    fn put(&mut self, number: u16, sender: Sender) {
        let number = usize::from(number);
        if self.by_socket.len() <= number {
            self.by_socket.resize_with(number + 1, || None);
        }
        if let Some(slot) = self.by_socket.get_mut(number) {
            *slot = Some(sender);
        }
    }
}
