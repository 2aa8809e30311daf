//! Buffers: the bytes of what the proxy has been given, counted for as long as it holds any part of them.

use bytes::Bytes;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// All buffers of a world.
#[derive(Clone, Debug, Default)]
pub struct Buffers(Arc<AtomicUsize>);

/// The owner of a buffer's bytes: it goes when the last slice of them does.
struct Owner {
    bytes: Bytes,
    count: Arc<AtomicUsize>,
}

impl Buffers {
    /// The same bytes in a buffer that is counted.
    pub fn counted(&self, bytes: &Bytes) -> Bytes {
        self.0.fetch_add(1, Ordering::Relaxed);
        Bytes::from_owner(Owner { bytes: bytes.clone(), count: Arc::clone(&self.0) })
    }

    /// How many are held.
    pub fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl AsRef<[u8]> for Owner {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::Buffers;
    use bytes::Bytes;

    #[test]
    fn a_buffer_is_held_as_long_as_a_part_of_it() {
        let buffers = Buffers::default();
        let whole = buffers.counted(&Bytes::from_static(b"INVITE"));
        let part = whole.slice(2..4);
        drop(whole);
        assert_eq!(buffers.count(), 1);
        drop(part);
        assert_eq!(buffers.count(), 0);
    }
}
