//! `${NAME}` and `${NAME:-default}`: values of the environment in the text of a script.

/// A reference to the environment.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reference<'a> {
    pub name: &'a str,
    pub default: Option<&'a [u8]>,
    /// Its bytes, from `$` to `}`.
    pub length: usize,
}

/// A default is no longer than this.
const DEFAULT_BYTES_MAX: usize = 4096;

/// The reference that `text` starts with. A name starts with a letter or `_`: `"^[0-9]${2}"` is none.
pub(super) fn reference(text: &[u8]) -> Option<Reference<'_>> {
    let inside = text.strip_prefix(b"${")?;
    let name_length = inside.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    let (name, rest) = inside.split_at_checked(name_length)?;
    if name.first().is_none_or(u8::is_ascii_digit) {
        return None;
    }
    let name = str::from_utf8(name).ok()?;
    let before_rest = 2 + name_length;
    if rest.starts_with(b"}") {
        return Some(Reference { name, default: None, length: before_rest + 1 });
    }
    let default = rest.strip_prefix(b":-")?;
    let default = default.get(..DEFAULT_BYTES_MAX).unwrap_or(default);
    let end = memchr::memchr2(b'}', b'\n', default)?;
    if default.get(end) != Some(&b'}') {
        return None;
    }
    Some(Reference { name, default: default.get(..end), length: before_rest + 2 + end + 1 })
}

#[cfg(test)]
mod tests {
    use super::{Reference, reference};

    #[test]
    fn names_defaults_and_what_is_neither() {
        assert_eq!(reference(b"${IP}:5060"), Some(Reference { name: "IP", default: None, length: 5 }));
        let with_default = Reference { name: "IP", default: Some(b"127.0.0.1"), length: 16 };
        assert_eq!(reference(b"${IP:-127.0.0.1}"), Some(with_default));
        for other in ["$(ru)", "${", "${}", "${2}", "${IP", "${IP:-a\n}", "${IP+x}"] {
            assert_eq!(reference(other.as_bytes()), None, "{other}");
        }
    }
}
