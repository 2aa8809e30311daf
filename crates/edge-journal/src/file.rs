//! One journal: its file, and where in it the entries are that wait.

use crate::format::{CONTENT_BYTES_MAX, ENTRY_BYTES_MAX, End, HEAD_BYTES, MAGIC, Record, next};
use bytes::Bytes;
use rustix::fs::{FlockOperation, flock};
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// A journal.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    /// Where the file ends.
    end: u64,
    /// The records of the entries that wait: where, and how long.
    waiting: Places,
    /// The same of those that are held.
    held: Places,
    /// The bytes of both.
    kept_bytes: u64,
    bytes_max: u64,
    next: u64,
    /// What was torn at the end of the file when it was opened.
    pub torn_bytes: u64,
}

/// Where records are in the file, and how long, by number.
type Places = BTreeMap<u64, (u64, usize)>;

/// A file is written anew when it is longer than this and most of it is done with.
const REWRITTEN_FROM: u64 = 1 << 20;
/// How much is read of a file at a time when it is opened.
const CHUNK_BYTES: usize = 1 << 20;
/// How many bytes of entries one answer has at most.
const READ_BYTES_MAX: usize = 4 << 20;

impl Journal {
    /// Opens it, or makes it. What is torn at its end is cut off.
    ///
    /// # Errors
    /// It cannot be read or written, another process has it, or it is no journal.
    pub fn open(path: &Path, bytes_max: u64) -> io::Result<Journal> {
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
        flock(&file, FlockOperation::NonBlockingLockExclusive)
            .map_err(|_| io::Error::other("another process has it open"))?;
        let length = file.metadata()?.len();
        if length == 0 {
            file.write_all(MAGIC)?;
            file.sync_all()?;
            sync_directory(path)?;
        }
        let mut journal = Journal {
            path: path.to_owned(),
            file,
            end: MAGIC.len() as u64,
            waiting: Places::new(),
            held: Places::new(),
            kept_bytes: 0,
            bytes_max,
            next: 0,
            torn_bytes: 0,
        };
        journal.load(length)?;
        Ok(journal)
    }

    fn load(&mut self, length: u64) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(0))?;
        let mut magic = [0; MAGIC.len()];
        let is_ours = self.file.read_exact(&mut magic).is_ok() && magic == MAGIC;
        if !is_ours {
            return Err(io::Error::other("it is no journal"));
        }
        let (mut held, mut chunk) = (Vec::new(), vec![0; CHUNK_BYTES]);
        loop {
            let count = self.file.read(&mut chunk)?;
            held.extend_from_slice(chunk.get(..count).unwrap_or_default());
            let mut rest = &held[..];
            let end = loop {
                let before = rest.len();
                match next(&mut rest) {
                    Ok(record) => self.take(record, before - rest.len()),
                    Err(end) => break end,
                }
            };
            let left = rest.len();
            held.drain(..held.len() - left);
            let is_hopeless = end == End::Torn && left > HEAD_BYTES + CONTENT_BYTES_MAX;
            if count == 0 || is_hopeless {
                break;
            }
        }
        if length > self.end {
            self.torn_bytes = length - self.end;
            self.file.set_len(self.end)?;
        }
        self.file.seek(SeekFrom::Start(self.end))?;
        Ok(())
    }

    /// Notes a record that stands at the end.
    fn take(&mut self, record: Record<'_>, length: usize) {
        // A number that came twice stands for its last entry.
        let (number, place) = match record {
            Record::Added(number, _) => (number, self.waiting.insert(number, (self.end, length))),
            Record::AddedAfter(number, after, _) => {
                self.let_go(after);
                (number, self.waiting.insert(number, (self.end, length)))
            }
            Record::Held(number, _) => (number, self.held.insert(number, (self.end, length))),
            Record::Done(number) => {
                self.let_go(number);
                (number, None)
            }
        };
        if !matches!(record, Record::Done(_)) {
            self.kept_bytes = self.kept_bytes + length as u64 - place.map_or(0, |(_, length)| length as u64);
        }
        self.next = self.next.max(number.saturating_add(1));
        self.end += length as u64;
    }

    /// An entry is done with.
    fn let_go(&mut self, number: u64) {
        let places = [self.waiting.remove(&number), self.held.remove(&number)];
        self.kept_bytes -= places.into_iter().flatten().map(|(_, length)| length as u64).sum::<u64>();
    }

    /// How many entries wait.
    pub fn waiting(&self) -> u64 {
        self.waiting.len() as u64
    }

    /// The first number that was never used.
    pub const fn next(&self) -> u64 {
        self.next
    }

    /// Puts a record into what is to be written.
    ///
    /// # Errors
    /// The entry is too long, or too many bytes wait already.
    pub fn put(&mut self, record: Record<'_>, out: &mut Vec<u8>) -> io::Result<()> {
        if let Record::Added(_, entry) | Record::AddedAfter(_, _, entry) | Record::Held(_, entry) = record {
            if entry.len() > ENTRY_BYTES_MAX {
                return Err(io::Error::other("the entry is too long"));
            }
            if self.kept_bytes + entry.len() as u64 > self.bytes_max {
                return Err(io::Error::other("it is full"));
            }
        }
        let before = out.len();
        record.write(out);
        self.take(record, out.len() - before);
        Ok(())
    }

    /// Writes what was put, and has it on the disk if it must be.
    ///
    /// # Errors
    /// It could not be written: nothing of it is there.
    pub fn write(&mut self, out: &[u8], is_awaited: bool) -> io::Result<()> {
        let start = self.end - out.len() as u64;
        let written = self.file.write_all_at(out, start);
        let written = if is_awaited { written.and_then(|()| self.file.sync_data()) } else { written };
        if let Err(error) = written {
            self.end = start;
            let _ = self.file.set_len(start);
            // What replaced something has not: the file says what there is.
            self.reload()?;
            return Err(error);
        }
        Ok(())
    }

    /// Reads what the file has, which is no longer than is known.
    fn reload(&mut self) -> io::Result<()> {
        let length = self.end;
        (self.end, self.kept_bytes) = (MAGIC.len() as u64, 0);
        self.waiting.clear();
        self.held.clear();
        self.load(length)
    }

    /// The oldest entries that wait, from this number.
    ///
    /// # Errors
    /// The file cannot be read, or is damaged.
    pub fn read(&self, from: u64, count: usize) -> io::Result<Vec<(u64, Bytes)>> {
        self.read_from(&self.waiting, from, count)
    }

    /// The same of those that are held.
    ///
    /// # Errors
    /// As [`Journal::read`].
    pub fn read_held(&self, from: u64, count: usize) -> io::Result<Vec<(u64, Bytes)>> {
        self.read_from(&self.held, from, count)
    }

    fn read_from(&self, places: &Places, from: u64, count: usize) -> io::Result<Vec<(u64, Bytes)>> {
        let (mut entries, mut size) = (Vec::new(), 0);
        for (number, (place, length)) in places.range(from..).take(count) {
            size += length;
            if size > READ_BYTES_MAX && !entries.is_empty() {
                break;
            }
            let mut bytes = vec![0; *length];
            self.file.read_exact_at(&mut bytes, *place)?;
            match next(&mut &bytes[..]) {
                Ok(Record::Added(known, entry) | Record::AddedAfter(known, _, entry) | Record::Held(known, entry))
                    if known == *number =>
                {
                    entries.push((known, Bytes::copy_from_slice(entry)));
                }
                _ => return Err(io::Error::other(format!("entry {number} is damaged"))),
            }
        }
        Ok(entries)
    }

    /// Writes the file anew if most of it is done with.
    ///
    /// # Errors
    /// It could not be written; the old one stays.
    pub fn shrink(&mut self) -> io::Result<()> {
        if self.end < REWRITTEN_FROM || self.kept_bytes > self.end / 4 {
            return Ok(());
        }
        let beside = self.path.with_extension("new");
        let _ = fs::remove_file(&beside);
        let mut file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&beside)?;
        flock(&file, FlockOperation::NonBlockingLockExclusive)?;
        let mut bytes = MAGIC.to_vec();
        // So that numbers that were used stay used.
        if let Some(last) = self.next.checked_sub(1) {
            Record::Done(last).write(&mut bytes);
        }
        let (mut waiting, mut held) = (Places::new(), Places::new());
        for (from, to) in [(&self.waiting, &mut waiting), (&self.held, &mut held)] {
            for (number, (place, length)) in from {
                let start = bytes.len();
                bytes.resize(start + length, 0);
                self.file.read_exact_at(bytes.get_mut(start..).unwrap_or_default(), *place)?;
                to.insert(*number, (start as u64, *length));
            }
        }
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(&beside, &self.path)?;
        sync_directory(&self.path)?;
        (self.file, self.waiting, self.held, self.end) = (file, waiting, held, bytes.len() as u64);
        Ok(())
    }
}

fn sync_directory(path: &Path) -> io::Result<()> {
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
    File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Place(PathBuf);

    impl Place {
        fn new(name: &str) -> Place {
            let path = std::env::temp_dir().join(format!("edge-journal-{name}-{}", std::process::id()));
            let _ = fs::remove_file(&path);
            Place(path)
        }

        fn open(&self) -> io::Result<Journal> {
            Journal::open(&self.0, 1 << 20)
        }
    }

    impl Drop for Place {
        fn drop(&mut self) {
            let _ = fs::remove_file(&self.0);
        }
    }

    fn write(journal: &mut Journal, records: &[Record<'_>]) {
        let mut out = Vec::new();
        records.iter().for_each(|record| journal.put(*record, &mut out).unwrap());
        journal.write(&out, true).unwrap();
    }

    fn entries(journal: &Journal) -> Vec<(u64, Bytes)> {
        journal.read(0, 100).unwrap()
    }

    #[test]
    fn what_is_not_done_is_there_again() {
        let place = Place::new("again");
        let mut journal = place.open().unwrap();
        write(&mut journal, &[Record::Added(0, b"a"), Record::Added(1, b"b"), Record::Added(2, b"c"), Record::Done(1)]);
        assert!(place.open().unwrap_err().to_string().contains("another process"));
        drop(journal);
        let journal = place.open().unwrap();
        assert_eq!(entries(&journal), [(0, Bytes::from("a")), (2, Bytes::from("c"))]);
        assert_eq!((journal.waiting(), journal.next(), journal.torn_bytes), (2, 3, 0));
        assert_eq!(journal.read(1, 1).unwrap(), [(2, Bytes::from("c"))]);
    }

    #[test]
    fn a_number_that_comes_twice_takes_room_once() {
        let place = Place::new("twice");
        let mut journal = place.open().unwrap();
        write(&mut journal, &[Record::Added(0, b"first"), Record::Added(0, b"second"), Record::Done(0)]);
        assert_eq!((journal.waiting(), journal.kept_bytes), (0, 0));
    }

    #[test]
    fn what_is_held_waits_for_nothing_until_an_entry_follows_it() {
        let place = Place::new("held");
        let mut journal = place.open().unwrap();
        let held = |journal: &Journal| journal.read_held(0, 100).unwrap();
        write(&mut journal, &[Record::Held(0, b"a"), Record::Held(1, b"b"), Record::Held(0, b"a2")]);
        assert_eq!((journal.waiting(), held(&journal).len()), (0, 2));
        drop(journal);
        let mut journal = place.open().unwrap();
        assert_eq!(held(&journal), [(0, Bytes::from("a2")), (1, Bytes::from("b"))]);
        write(&mut journal, &[Record::AddedAfter(2, 0, b"c"), Record::Done(1)]);
        let filler = vec![b'x'; 100_000];
        for number in 3..20 {
            write(&mut journal, &[Record::Held(number, &filler), Record::Done(number)]);
            journal.shrink().unwrap();
        }
        drop(journal);
        let mut journal = place.open().unwrap();
        assert_eq!((entries(&journal), held(&journal)), (vec![(2, Bytes::from("c"))], Vec::new()));
        write(&mut journal, &[Record::Done(2)]);
        assert_eq!((journal.waiting(), journal.kept_bytes), (0, 0));
    }

    #[test]
    fn a_torn_end_is_cut_off_wherever_it_is_torn() {
        let place = Place::new("torn");
        let mut journal = place.open().unwrap();
        write(&mut journal, &[Record::Added(0, b"first")]);
        drop(journal);
        let first = fs::read(&place.0).unwrap();
        let mut journal = place.open().unwrap();
        write(&mut journal, &[Record::Added(1, b"second")]);
        drop(journal);
        let whole = fs::read(&place.0).unwrap();
        for cut in first.len()..whole.len() {
            fs::write(&place.0, &whole[..cut]).unwrap();
            let mut journal = place.open().unwrap();
            assert_eq!(journal.torn_bytes, (cut - first.len()) as u64);
            write(&mut journal, &[Record::Added(1, b"again")]);
            drop(journal);
            assert_eq!(entries(&place.open().unwrap()), [(0, Bytes::from("first")), (1, Bytes::from("again"))]);
        }
    }

    #[test]
    fn it_shrinks_when_its_entries_are_done() {
        let place = Place::new("shrinks");
        let mut journal = place.open().unwrap();
        let entry = vec![b'x'; 100_000];
        for number in 0..20 {
            write(&mut journal, &[Record::Added(number, &entry)]);
            if number != 3 {
                write(&mut journal, &[Record::Done(number)]);
            }
            journal.shrink().unwrap();
        }
        assert!(fs::metadata(&place.0).unwrap().len() < 1_300_000);
        drop(journal);
        let journal = place.open().unwrap();
        assert_eq!(entries(&journal), [(3, Bytes::from(entry))]);
        assert_eq!(journal.next(), 20);
    }

    #[test]
    fn it_is_bounded_and_is_nobody_elses_file() {
        let place = Place::new("bounded");
        let mut journal = Journal::open(&place.0, 100).unwrap();
        let mut out = Vec::new();
        journal.put(Record::Added(0, &[0; 80]), &mut out).unwrap();
        assert_eq!(journal.put(Record::Added(1, &[0; 80]), &mut out).unwrap_err().to_string(), "it is full");
        journal.write(&out, true).unwrap();
        assert_eq!(journal.waiting(), 1);
        drop(journal);
        fs::write(&place.0, "something else\n and more of it").unwrap();
        assert_eq!(place.open().unwrap_err().to_string(), "it is no journal");
    }
}
