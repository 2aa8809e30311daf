//! One journal: its file, and where in it the entries are that wait.

use crate::format::{ENTRY_BYTES_MAX, End, HEAD_BYTES, MAGIC, Record, next};
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
    waiting: BTreeMap<u64, (u64, usize)>,
    waiting_bytes: u64,
    bytes_max: u64,
    next: u64,
    /// What was torn at the end of the file when it was opened.
    pub torn_bytes: u64,
}

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
            waiting: BTreeMap::new(),
            waiting_bytes: 0,
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
            let is_hopeless = end == End::Torn && left > HEAD_BYTES + 9 + ENTRY_BYTES_MAX;
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
        match record {
            Record::Added(number, _) => {
                // A number that came twice stands for its last entry.
                let before = self.waiting.insert(number, (self.end, length)).map_or(0, |(_, length)| length);
                self.waiting_bytes = self.waiting_bytes + length as u64 - before as u64;
                self.next = self.next.max(number.saturating_add(1));
            }
            Record::Done(number) => {
                if let Some((_, length)) = self.waiting.remove(&number) {
                    self.waiting_bytes -= length as u64;
                }
                self.next = self.next.max(number.saturating_add(1));
            }
        }
        self.end += length as u64;
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
        if let Record::Added(_, entry) = record {
            if entry.len() > ENTRY_BYTES_MAX {
                return Err(io::Error::other("the entry is too long"));
            }
            if self.waiting_bytes + entry.len() as u64 > self.bytes_max {
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
            let is_lost = |(place, _): &(u64, usize)| *place >= start;
            let lost: Vec<u64> =
                self.waiting.iter().filter(|(_, place)| is_lost(place)).map(|(number, _)| *number).collect();
            for number in lost {
                if let Some((_, length)) = self.waiting.remove(&number) {
                    self.waiting_bytes -= length as u64;
                }
            }
            self.end = start;
            let _ = self.file.set_len(start);
            return Err(error);
        }
        Ok(())
    }

    /// The oldest entries that wait, from this number.
    ///
    /// # Errors
    /// The file cannot be read, or is damaged.
    pub fn read(&self, from: u64, count: usize) -> io::Result<Vec<(u64, Bytes)>> {
        let (mut entries, mut size) = (Vec::new(), 0);
        for (number, (place, length)) in self.waiting.range(from..).take(count) {
            size += length;
            if size > READ_BYTES_MAX && !entries.is_empty() {
                break;
            }
            let mut bytes = vec![0; *length];
            self.file.read_exact_at(&mut bytes, *place)?;
            match next(&mut &bytes[..]) {
                Ok(Record::Added(known, entry)) if known == *number => {
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
        if self.end < REWRITTEN_FROM || self.waiting_bytes > self.end / 4 {
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
        let mut places = BTreeMap::new();
        for (number, (place, length)) in &self.waiting {
            let start = bytes.len();
            bytes.resize(start + length, 0);
            self.file.read_exact_at(bytes.get_mut(start..).unwrap_or_default(), *place)?;
            places.insert(*number, (start as u64, *length));
        }
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(&beside, &self.path)?;
        sync_directory(&self.path)?;
        (self.file, self.waiting, self.end) = (file, places, bytes.len() as u64);
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
        assert_eq!((journal.waiting(), journal.waiting_bytes), (0, 0));
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
