//! A journal's bytes: its first line, then records. A record has its length, a checksum of what follows, what it is, the
//! number of its entry, and the entry if it is a new one, after the number of the one that it follows if there is one.

/// The first bytes of a file.
pub const MAGIC: &[u8] = b"strowger journal 1\n";

/// What stands before a record's content: length and checksum.
pub const HEAD_BYTES: usize = 8;
/// The kind and the number.
const FIXED_BYTES: usize = 9;
/// The number of the entry that was held.
const AFTER_BYTES: usize = 8;
/// The longest entry.
pub const ENTRY_BYTES_MAX: usize = 1 << 20;

/// The longest content of a record.
pub const CONTENT_BYTES_MAX: usize = FIXED_BYTES + AFTER_BYTES + ENTRY_BYTES_MAX;

const ADDED: u8 = b'+';
const ADDED_AFTER: u8 = b'>';
const HELD: u8 = b'=';
const DONE: u8 = b'-';

/// What a record says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Record<'a> {
    /// A new entry.
    Added(u64, &'a [u8]),
    /// A new entry, and the one that was held until it is done with.
    AddedAfter(u64, u64, &'a [u8]),
    /// An entry that is held.
    Held(u64, &'a [u8]),
    /// An entry is done with.
    Done(u64),
}

/// Why reading has come to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Nothing follows.
    Clean,
    /// What follows is no whole record: it was being written when the process was killed, or the file is damaged.
    Torn,
}

impl Record<'_> {
    /// Appends the record.
    pub fn write(self, out: &mut Vec<u8>) {
        let (kind, number, after, entry) = match self {
            Record::Added(number, entry) => (ADDED, number, None, entry),
            Record::AddedAfter(number, after, entry) => (ADDED_AFTER, number, Some(after), entry),
            Record::Held(number, entry) => (HELD, number, None, entry),
            Record::Done(number) => (DONE, number, None, &b""[..]),
        };
        let start = out.len();
        out.extend_from_slice(&[0; HEAD_BYTES]);
        out.push(kind);
        out.extend_from_slice(&number.to_be_bytes());
        out.extend(after.into_iter().flat_map(u64::to_be_bytes));
        out.extend_from_slice(entry);
        let (head, content) = out.split_at_mut(start + HEAD_BYTES);
        let length = u32::try_from(content.len()).unwrap_or(u32::MAX);
        let sum = crc32fast::hash(content);
        if let Some(place) = head.get_mut(start..) {
            place.copy_from_slice(&[length.to_be_bytes(), sum.to_be_bytes()].concat());
        }
    }
}

/// Takes the first record off.
///
/// # Errors
/// There is none.
pub fn next<'a>(rest: &mut &'a [u8]) -> Result<Record<'a>, End> {
    if rest.is_empty() {
        return Err(End::Clean);
    }
    let (head, after) = rest.split_at_checked(HEAD_BYTES).ok_or(End::Torn)?;
    let (length, sum) = head.split_at_checked(4).ok_or(End::Torn)?;
    let length = usize::try_from(number_of::<4>(length).map(u32::from_be_bytes)?).map_err(|_| End::Torn)?;
    let sum = number_of::<4>(sum).map(u32::from_be_bytes)?;
    if !(FIXED_BYTES..=CONTENT_BYTES_MAX).contains(&length) {
        return Err(End::Torn);
    }
    let (content, after) = after.split_at_checked(length).ok_or(End::Torn)?;
    if crc32fast::hash(content) != sum {
        return Err(End::Torn);
    }
    let (fixed, entry) = content.split_at_checked(FIXED_BYTES).ok_or(End::Torn)?;
    let (kind, number) = fixed.split_first().ok_or(End::Torn)?;
    let number = number_of::<8>(number).map(u64::from_be_bytes)?;
    let record = match (*kind, entry) {
        (ADDED, entry) => Record::Added(number, entry),
        (ADDED_AFTER, rest) => {
            let (after, entry) = rest.split_at_checked(AFTER_BYTES).ok_or(End::Torn)?;
            Record::AddedAfter(number, number_of::<8>(after).map(u64::from_be_bytes)?, entry)
        }
        (HELD, entry) => Record::Held(number, entry),
        (DONE, []) => Record::Done(number),
        _ => return Err(End::Torn),
    };
    *rest = after;
    Ok(record)
}

fn number_of<const N: usize>(bytes: &[u8]) -> Result<[u8; N], End> {
    bytes.try_into().map_err(|_| End::Torn)
}

/// Reads any bytes; what can be read is written the same again.
#[doc(hidden)]
pub fn fuzz(bytes: &[u8]) {
    let (mut rest, mut again) = (bytes, Vec::new());
    while let Ok(record) = next(&mut rest) {
        record.write(&mut again);
    }
    assert_eq!(bytes.strip_suffix(rest), Some(&again[..]));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::fs;
    use std::path::Path;

    #[test]
    fn records_come_back_and_a_torn_one_ends_the_file() {
        let mut bytes = Vec::new();
        Record::Added(7, b"entry").write(&mut bytes);
        Record::Held(7, b"held").write(&mut bytes);
        Record::AddedAfter(8, 7, b"after").write(&mut bytes);
        Record::Done(7).write(&mut bytes);
        let whole = bytes.len();
        Record::Added(8, b"").write(&mut bytes);
        let mut rest = &bytes[..];
        assert_eq!(next(&mut rest), Ok(Record::Added(7, b"entry")));
        assert_eq!(next(&mut rest), Ok(Record::Held(7, b"held")));
        assert_eq!(next(&mut rest), Ok(Record::AddedAfter(8, 7, b"after")));
        assert_eq!(next(&mut rest), Ok(Record::Done(7)));
        assert_eq!(next(&mut rest), Ok(Record::Added(8, b"")));
        assert_eq!(next(&mut rest), Err(End::Clean));
        for cut in whole + 1..bytes.len() {
            assert_eq!(next(&mut &bytes[whole..cut]), Err(End::Torn));
        }
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        assert_eq!(next(&mut &bytes[whole..]), Err(End::Torn));
    }

    #[test]
    fn the_corpus_holds() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/journal");
        let files: Vec<_> = fs::read_dir(corpus).unwrap().map(|file| fs::read(file.unwrap().path()).unwrap()).collect();
        assert!(files.len() >= 3);
        files.iter().for_each(|file| fuzz(file));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            fuzz(&bytes);
        }
    }
}
