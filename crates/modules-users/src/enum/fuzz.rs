//! Records from arbitrary bytes, as any name server may send them.

use super::branch::Place;
use super::choice::{Service, uris};
use super::number::Number;
use bytes::Bytes;
use module_api::{BRANCHES_MAX, DnsRecord, Logger, Naptr};

/// Pieces parted by bytes 255, which no record has: services wanted, services offered, then substitutions, each of which is read as the text
/// and the bytes that say where a tree branches off, too. Nothing may panic, and what comes out can be called.
#[doc(hidden)]
pub fn fuzz_enum(log: &Logger, data: &[u8]) {
    let mut pieces = data.split(|byte| *byte == 255);
    let wanted = Service::of(pieces.next().unwrap_or_default());
    let services = Bytes::copy_from_slice(pieces.next().unwrap_or_default());
    let record = |(order, regexp): (u16, &[u8])| {
        let regexp = Bytes::copy_from_slice(regexp);
        let (flags, services) = (Bytes::from_static(b"u"), services.clone());
        DnsRecord::Naptr(Naptr { order, preference: order, flags, services, regexp })
    };
    let records: Vec<DnsRecord> = (0..16).zip(pieces.clone()).map(record).collect();
    let found = uris(records, &wanted, b"+4930123", ";x", log);
    assert!(found.len() <= BRANCHES_MAX);
    for found in &found {
        assert!(sip::Uri::parse(&found.uri).is_ok() && !found.uri.iter().any(u8::is_ascii_control));
    }
    let Some(number) = Number::parse(b"+4930123") else { return };
    for piece in pieces {
        let bytes = Bytes::copy_from_slice(piece);
        for record in [DnsRecord::Txt(bytes.clone()), DnsRecord::Numbered(bytes)] {
            if let Ok(place) = Place::of_country(&number, "i", "e164.arpa").told_by(&[record]) {
                assert!(place.name(&number).is_ascii());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::fuzz_enum;
    use std::fs;
    use std::path::Path;
    use testkit::Fixture;

    #[test]
    fn the_corpus_runs() {
        let log = Fixture::request("OPTIONS sip:x SIP/2.0").services.log;
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/enum_records");
        let files: Vec<_> = fs::read_dir(corpus).unwrap().map(|file| fs::read(file.unwrap().path()).unwrap()).collect();
        files.iter().for_each(|data| fuzz_enum(&log, data));
        assert!(files.len() >= 4);
    }
}
