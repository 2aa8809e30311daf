//! Numbers and addresses.

/// The value of a word that is a number: decimal, `0x…`, or octal after a `0`; 32 bits. `None`: it is no number.
pub(super) fn number(word: &[u8]) -> Option<Result<i32, &'static str>> {
    let text = str::from_utf8(word).ok()?;
    if let Some(hex) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        if hex.is_empty() {
            return Some(Err("no digit follows the `0x`"));
        }
        return hex.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| bits(hex));
    }
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    if text.len() > 1 && text.starts_with('0') {
        let octal = i32::from_str_radix(text, 8);
        return Some(octal.map_err(|_| "a number that begins with 0 is octal: it has no digit above 7"));
    }
    Some(text.parse().map_err(|_| TOO_LARGE))
}

const TOO_LARGE: &str = "the number does not fit 32 bits";

/// Hexadecimal numbers are bit patterns: 0xffffffff is -1.
fn bits(hex: &str) -> Result<i32, &'static str> {
    u32::from_str_radix(hex, 16).map(u32::cast_signed).map_err(|_| TOO_LARGE)
}

/// The length of the IPv4 or IPv6 address that `text` starts with.
pub(super) fn address_length(text: &[u8]) -> Option<usize> {
    let v4 = text.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count();
    if is::<std::net::Ipv4Addr>(text.get(..v4)?) && !continues(text.get(v4..)?) {
        return Some(v4);
    }
    let v6 = text.iter().take_while(|byte| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.')).count();
    (is::<std::net::Ipv6Addr>(text.get(..v6)?) && !continues(text.get(v6..)?)).then_some(v6)
}

fn is<T: std::str::FromStr>(text: &[u8]) -> bool {
    str::from_utf8(text).is_ok_and(|text| text.parse::<T>().is_ok())
}

fn continues(rest: &[u8]) -> bool {
    rest.first().is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
}
