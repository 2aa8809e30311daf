//! Records as they are, for who reads them himself: NAPTR, TXT, and kinds that have no name.

use crate::Resolver;
use crate::resolver::too_late;
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use module_api::{DnsRecord, Fault, Naptr, RecordKind, RecordsQuestion};

/// More records than any name should need.
const RECORDS_MAX: usize = 64;

impl Resolver {
    /// The records of a name; none where it has none of this kind, or does not exist.
    ///
    /// # Errors
    /// It is no name, or nobody answers.
    pub async fn records(&self, question: &RecordsQuestion) -> Result<Vec<DnsRecord>, Fault> {
        let shown = &*question.name;
        let mut name = Name::from_utf8(shown).map_err(|_| Fault::script(format!("{shown}: it is no name")))?;
        // Search domains have no say in trees of numbers.
        name.set_fqdn(true);
        let resolver = self.current();
        let work = resolver.lookup(name, kind(question.kind));
        let lookup = match self.measured(shown, work).await.ok_or_else(|| too_late(shown))? {
            Ok(lookup) => lookup,
            Err(error) if error.is_no_records_found() => return Ok(Vec::new()),
            Err(error) => return Err(Fault::backend(format!("{shown}: the name servers fail: {error}"))),
        };
        let records = lookup.answers().iter().filter_map(|record| read(&record.data, question.kind));
        Ok(records.take(RECORDS_MAX).collect())
    }
}

fn kind(kind: RecordKind) -> RecordType {
    match kind {
        RecordKind::Naptr => RecordType::NAPTR,
        RecordKind::Txt => RecordType::TXT,
        RecordKind::Numbered(number) => RecordType::from(number),
    }
}

/// A record, if it is of this kind: aliases on the way to it are not.
fn read(data: &RData, kind: RecordKind) -> Option<DnsRecord> {
    match (data, kind) {
        (RData::NAPTR(naptr), RecordKind::Naptr) => Some(DnsRecord::Naptr(Naptr {
            order: naptr.order,
            preference: naptr.preference,
            flags: naptr.flags.to_vec().into(),
            services: naptr.services.to_vec().into(),
            regexp: naptr.regexp.to_vec().into(),
        })),
        (RData::TXT(text), RecordKind::Txt) => Some(DnsRecord::Txt(text.txt_data.concat().into())),
        (RData::Unknown { code, rdata }, RecordKind::Numbered(number)) if u16::from(*code) == number => {
            Some(DnsRecord::Numbered(rdata.anything.clone().into()))
        }
        _ => None,
    }
}
