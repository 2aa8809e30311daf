//! One connection: what is written, and the replies that confirm it.

use super::replies::{Replies, verdict};
use module_api::{Notification, Way};
use socket2::SockRef;
use std::io::{self, Read};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

/// A connection to a subscriber.
pub struct Connection {
    stream: TcpStream,
    replies: Replies,
}

/// What became of a notification.
pub enum Told {
    Yes,
    No(String),
}

const READ_BYTES: usize = 4096;

/// Tells a subscriber something before `deadline`, over the connection that is there or a new one, which is kept if it
/// is still good afterwards.
pub async fn tell(kept: &mut Option<Connection>, notification: &Notification, deadline: Instant) -> Told {
    if Instant::now() >= deadline {
        return Told::No("it waited too long for those before it".to_owned());
    }
    let mut connection = match timeout_at(deadline, write(kept.take(), notification)).await {
        Ok(Ok(connection)) => connection,
        Ok(Err(error)) => return Told::No(error.to_string()),
        // What was half written cannot be continued: the connection ends.
        Err(_) => return Told::No("it could not be sent in time".to_owned()),
    };
    let Way::Confirmed(id) = notification.way else {
        *kept = Some(connection);
        return Told::Yes;
    };
    match timeout_at(deadline, connection.confirmed(id)).await {
        Ok(Ok(outcome)) => {
            *kept = Some(connection);
            outcome
        }
        Ok(Err(error)) => Told::No(error.to_string()),
        Err(_) => {
            // A reply that comes late has another number than the next one's.
            *kept = Some(connection);
            Told::No("it was not confirmed in time".to_owned())
        }
    }
}

/// Writes it over the kept connection, or over a new one if that has ended.
async fn write(kept: Option<Connection>, notification: &Notification) -> io::Result<Connection> {
    if let Some(mut connection) = kept
        && connection.is_open()
        && connection.stream.write_all(&notification.bytes).await.is_ok()
    {
        return Ok(connection);
    }
    let stream = TcpStream::connect((notification.host.as_str(), notification.port)).await?;
    stream.set_nodelay(true)?;
    let mut connection = Connection { stream, replies: Replies::default() };
    connection.stream.write_all(&notification.bytes).await?;
    Ok(connection)
}

impl Connection {
    /// Whether the other end has not closed it. What came unasked is thrown away.
    fn is_open(&mut self) -> bool {
        let mut buffer = [0; READ_BYTES];
        // Asked of the system itself: the runtime may not have heard of the end yet.
        let socket = SockRef::from(&self.stream);
        // A flood is read no further than a few times; it is looked at again with the next event.
        for _ in 0..16 {
            match (&*socket).read(&mut buffer) {
                Ok(0) => return false,
                Ok(_) => self.replies = Replies::default(),
                Err(error) => return error.kind() == io::ErrorKind::WouldBlock,
            }
        }
        true
    }

    /// Reads until the reply of this number is there.
    async fn confirmed(&mut self, id: u32) -> io::Result<Told> {
        let mut buffer = [0; READ_BYTES];
        loop {
            while let Some(reply) = self.replies.next_reply()? {
                if let Some(verdict) = verdict(&reply, id) {
                    return Ok(verdict.map_or_else(Told::No, |()| Told::Yes));
                }
            }
            let count = self.stream.read(&mut buffer).await?;
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.replies.push(buffer.get(..count).unwrap_or_default());
        }
    }
}
