//! Slices of shared bytes, without copying.

use bytes::Bytes;
use catalogue::Value;

/// A part of `whole` that shares its memory; text from elsewhere is copied.
pub(super) fn part_of(whole: &Bytes, part: &[u8]) -> Bytes {
    let start = (part.as_ptr() as usize).checked_sub(whole.as_ptr() as usize);
    let range = start.and_then(|start| Some(start..start.checked_add(part.len())?));
    match range {
        Some(range) if range.end <= whole.len() => whole.slice(range),
        _ => Bytes::copy_from_slice(part),
    }
}

/// The same as a value; NULL for `None`.
pub(super) fn value_of(whole: &Bytes, part: Option<&[u8]>) -> Value {
    part.map_or(Value::Null, |part| Value::Str(part_of(whole, part)))
}

#[cfg(test)]
mod tests {
    use super::part_of;
    use bytes::Bytes;

    #[test]
    fn parts_share_memory_where_they_can() {
        let whole = Bytes::from_static(b"sip:bob@example.com");
        let user = part_of(&whole, &whole[4..7]);
        assert_eq!((user.as_ptr(), &user[..]), (whole[4..].as_ptr(), &b"bob"[..]));
        assert_eq!(part_of(&whole, b"alice"), "alice");
        assert_eq!(part_of(&whole, b""), "");
    }
}
