//! The identifiers of contacts: 64 bits made of the slot of the address of record, the record's label and the
//! contact's, as upstream lays them out, so that they stay below 2^63 and tell which address of record they belong to.

const CONTACT_BITS: u32 = 14;
const RECORD_BITS: u32 = 32;

/// The slot of an address of record among `2^hash_size`.
pub fn slot(aor: &[u8], hash_size: u32) -> u16 {
    // FNV-1a: the slot goes into the database, so it must be the same after a restart and on every machine.
    let hash = aor
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3));
    let mask = (1u64 << hash_size.min(16)) - 1;
    u16::try_from((hash ^ (hash >> 32)) & mask).unwrap_or(0)
}

/// Slot, record label and contact label in one.
pub fn pack(slot: u16, record: u32, contact: u16) -> u64 {
    u64::from(slot) << (CONTACT_BITS + RECORD_BITS)
        | u64::from(record) << CONTACT_BITS
        | u64::from(contact) & ((1 << CONTACT_BITS) - 1)
}

/// The record label of an identifier, if it is one of this slot.
pub fn record_label(id: u64, slot: u16) -> Option<u32> {
    let of_slot = id >> (CONTACT_BITS + RECORD_BITS) == u64::from(slot);
    of_slot.then(|| any_record_label(id))
}

/// The record label of an identifier, of whatever slot.
pub fn any_record_label(id: u64) -> u32 {
    u32::try_from(id >> CONTACT_BITS & u64::from(u32::MAX)).unwrap_or(0)
}

/// The contact label of an identifier.
pub fn contact_label(id: u64) -> u16 {
    u16::try_from(id & ((1 << CONTACT_BITS) - 1)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{contact_label, pack, record_label, slot};

    #[test]
    fn labels_come_back() {
        let slot = slot(b"alice@example.com", 9);
        assert!(slot < 512);
        let id = pack(slot, 7, 3);
        assert_eq!((record_label(id, slot), contact_label(id)), (Some(7), 3));
        assert_eq!(record_label(id, slot ^ 1), None);
        assert!(pack(u16::MAX, u32::MAX, u16::MAX) < 1 << 63);
    }
}
