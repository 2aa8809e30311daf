//! Connections to subscribers: one for each, made when there is something to tell and kept for the next.

mod connection;
pub mod replies;

use crate::Reply;
use crate::notifier::{Counters, Limits};
use connection::{Connection, Told};
use module_api::{Fault, Notification};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::runtime::Handle;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::{Instant, timeout};

/// The subscribers that have connections.
#[derive(Clone)]
pub(crate) struct Streams {
    runtime: Handle,
    limits: Limits,
    counters: Counters,
    queues: Arc<Mutex<Queues>>,
}

type Queues = BTreeMap<Subscriber, Sender<Item>>;
/// Host and port.
type Subscriber = (String, u16);

/// A notification in its subscriber's queue.
struct Item {
    notification: Notification,
    /// When it is given up.
    deadline: Instant,
    reply: Reply,
}

impl Streams {
    /// On this runtime.
    pub(crate) fn new(runtime: &Handle, limits: Limits, counters: &Counters) -> Streams {
        Streams { runtime: runtime.clone(), limits, counters: counters.clone(), queues: Arc::default() }
    }

    /// Puts a notification into its subscriber's queue.
    pub(crate) fn send(&self, notification: Notification, reply: Reply) {
        let deadline = Instant::now() + notification.deadline;
        let subscriber = (notification.host.clone(), notification.port);
        let item = Item { notification, deadline, reply };
        let refused = {
            let mut queues = self.lock();
            if !queues.contains_key(&subscriber) && queues.len() < self.limits.connections {
                queues.insert(subscriber.clone(), self.open(subscriber.clone()));
            }
            match queues.get(&subscriber) {
                Some(queue) => queue.try_send(item).map_err(|refused| refused.into_inner()).err(),
                None => Some(item),
            }
        };
        if let Some(item) = refused {
            self.counters.dropped.increment();
            let text = format!("too much waits for tcp:{}:{} already", subscriber.0, subscriber.1);
            (item.reply)(Err(Fault::us(text)));
        }
    }

    fn open(&self, subscriber: Subscriber) -> Sender<Item> {
        let (queue, items) = channel(self.limits.queue);
        self.runtime.spawn(self.clone().attend(subscriber, items));
        queue
    }

    /// Tells a subscriber one thing after the other until there has been nothing for a while.
    async fn attend(self, subscriber: Subscriber, mut items: Receiver<Item>) {
        let mut connection = None;
        loop {
            match timeout(self.limits.idle, items.recv()).await {
                Ok(Some(item)) => tell(&subscriber, &mut connection, item).await,
                Ok(None) => return,
                Err(_) => {
                    // Who puts something in holds the lock: nothing comes in between.
                    let mut queues = self.lock();
                    if items.is_empty() {
                        queues.remove(&subscriber);
                        return;
                    }
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queues> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn tell(subscriber: &Subscriber, connection: &mut Option<Connection>, item: Item) {
    let Item { notification, deadline, reply } = item;
    let told = connection::tell(connection, &notification, deadline).await;
    reply(match told {
        Told::Yes => Ok(()),
        Told::No(why) => Err(Fault::backend(format!("tcp:{}:{}: {why}", subscriber.0, subscriber.1))),
    });
}
