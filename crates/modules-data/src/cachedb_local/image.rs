//! What is kept of the collections over a restart: a text of bytes with lengths, whole or refused.

use bytes::Bytes;
use module_api::Time;

/// An entry of a collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The collection's name.
    pub collection: Bytes,
    /// The key.
    pub key: Bytes,
    /// Its value.
    pub value: Bytes,
    /// When it ends; `None`: never.
    pub expires: Option<Time>,
}

/// Why an image cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageError {
    /// It was written by something else.
    Foreign,
    /// It ends before its end, or goes on after it.
    Damaged,
}

/// The first bytes.
const MAGIC: &[u8] = b"strowger cachedb_local 1\n";
/// Before an entry.
const ENTRY: u8 = b'+';
/// After the last one.
const END: u8 = b'.';

/// Writes an image.
pub struct Writer {
    bytes: Vec<u8>,
}

impl Default for Writer {
    fn default() -> Writer {
        Writer { bytes: MAGIC.to_vec() }
    }
}

impl Writer {
    /// Adds an entry.
    pub fn add(&mut self, collection: &[u8], key: &[u8], value: &[u8], expires: Option<Time>) {
        self.bytes.push(ENTRY);
        // 0 is long past: no entry that is kept ends then.
        self.bytes.extend_from_slice(&expires.map_or(0, Time::unix_micros).to_be_bytes());
        for part in [collection, key, value] {
            self.bytes.extend_from_slice(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            self.bytes.extend_from_slice(part);
        }
    }

    /// The whole image.
    pub fn finish(mut self) -> Bytes {
        self.bytes.push(END);
        self.bytes.into()
    }
}

/// Reads an image.
///
/// # Errors
/// It is none of ours, or not whole: then nothing of it is of use.
pub fn read(image: &Bytes) -> Result<Vec<Entry>, ImageError> {
    let mut rest = image.strip_prefix(MAGIC).map(|rest| image.slice_ref(rest)).ok_or(ImageError::Foreign)?;
    let mut entries = Vec::new();
    loop {
        match rest.split_to_checked(1)?.first() {
            Some(&ENTRY) => entries.push(entry(&mut rest)?),
            Some(&END) if rest.is_empty() => return Ok(entries),
            _ => return Err(ImageError::Damaged),
        }
    }
}

fn entry(rest: &mut Bytes) -> Result<Entry, ImageError> {
    let expires = number(rest)?;
    let mut part = || -> Result<Bytes, ImageError> {
        let length = usize::try_from(number(rest)?).map_err(|_| ImageError::Damaged)?;
        // A copy: a slice would keep the whole image in memory for as long as the entry lives.
        rest.split_to_checked(length).map(|part| Bytes::copy_from_slice(&part))
    };
    let (collection, key, value) = (part()?, part()?, part()?);
    Ok(Entry { collection, key, value, expires: (expires > 0).then_some(Time(expires)) })
}

fn number(rest: &mut Bytes) -> Result<u64, ImageError> {
    let bytes = rest.split_to_checked(8)?;
    bytes.as_ref().try_into().map(u64::from_be_bytes).map_err(|_| ImageError::Damaged)
}

/// Splitting that may fail.
trait SplitChecked {
    fn split_to_checked(&mut self, length: usize) -> Result<Bytes, ImageError>;
}

impl SplitChecked for Bytes {
    fn split_to_checked(&mut self, length: usize) -> Result<Bytes, ImageError> {
        if length > self.len() {
            return Err(ImageError::Damaged);
        }
        Ok(self.split_to(length))
    }
}

/// Reads any bytes; what can be read is written the same again.
#[doc(hidden)]
pub fn fuzz(bytes: &[u8]) {
    let image = Bytes::copy_from_slice(bytes);
    let Ok(entries) = read(&image) else { return };
    let mut writer = Writer::default();
    for entry in &entries {
        writer.add(&entry.collection, &entry.key, &entry.value, entry.expires);
    }
    assert_eq!(writer.finish(), image);
}

#[cfg(test)]
mod tests {
    use super::{Entry, ImageError, MAGIC, Writer, fuzz, read};
    use bytes::Bytes;
    use module_api::Time;
    use proptest::prelude::*;
    use std::fs;
    use std::path::Path;

    #[test]
    fn an_image_is_read_whole_or_not_at_all() {
        let mut writer = Writer::default();
        writer.add(b"default", b"key", b"value", Some(Time(7)));
        writer.add(b"other", b"", b"\0\xff", None);
        let image = writer.finish();
        let entry = |collection: &'static str, key: &'static str, value: &'static [u8], expires| Entry {
            collection: collection.into(),
            key: key.into(),
            value: value.into(),
            expires,
        };
        let entries = vec![entry("default", "key", b"value", Some(Time(7))), entry("other", "", b"\0\xff", None)];
        assert_eq!(read(&image), Ok(entries));
        for end in MAGIC.len()..image.len() {
            assert_eq!(read(&image.slice(..end)), Err(ImageError::Damaged), "{end}");
        }
        assert_eq!(read(&Bytes::from([&image[..], b"."].concat())), Err(ImageError::Damaged));
        assert_eq!(read(&Bytes::from_static(b"something else")), Err(ImageError::Foreign));
        assert_eq!(read(&Writer::default().finish()), Ok(vec![]));
    }

    #[test]
    fn the_corpus_runs() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/cache_image");
        let files: Vec<_> = fs::read_dir(corpus).unwrap().map(|file| fs::read(file.unwrap().path()).unwrap()).collect();
        files.iter().for_each(|bytes| fuzz(bytes));
        assert!(files.len() >= 4);
    }

    proptest! {
        #[test]
        fn any_entries_and_any_damage(
            parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..5), 0..9),
            cut in 0..200usize,
            flip in any::<u8>(),
        ) {
            let mut writer = Writer::default();
            for three in parts.chunks_exact(3) {
                writer.add(&three[0], &three[1], &three[2], Some(Time(u64::from(flip))).filter(|time| time.0 > 0));
            }
            let image = writer.finish();
            fuzz(&image);
            let mut damaged = image.to_vec();
            let place = cut % damaged.len();
            damaged[place] ^= flip;
            fuzz(&damaged);
            damaged.truncate(place);
            fuzz(&damaged);
        }
    }
}
