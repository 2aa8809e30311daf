//! Values and profiles as one text of a row: `name#s#value|…`, with `\` before what would part it.

use catalogue::Value;

/// Packs values; the letter says whether one is a string or a number.
pub fn values(values: &[(Box<[u8]>, Value)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, value) in values {
        let (letter, text) = match value {
            Value::Null => continue,
            Value::Int(number) => (b'i', number.to_string().into_bytes()),
            Value::Str(text) => (b's', text.to_vec()),
        };
        escape(name, &mut out);
        out.extend_from_slice(&[b'#', letter, b'#']);
        escape(&text, &mut out);
        out.push(b'|');
    }
    out
}

/// Reads them back. What cannot be read is left out.
pub fn read_values(text: &[u8]) -> Vec<(Box<[u8]>, Value)> {
    let read = |fields: Vec<Vec<u8>>| {
        let (name, value) = (fields.first()?.clone(), fields.last()?.clone());
        let is_number = fields.len() == 3 && fields.get(1).is_some_and(|letter| letter == b"i");
        let number = std::str::from_utf8(&value).ok().and_then(|text| text.parse().ok()).filter(|_| is_number);
        let value = number.map_or_else(|| Value::Str(value.into()), Value::Int);
        (fields.len() >= 2).then(|| (name.into_boxed_slice(), value))
    };
    entries(text).into_iter().filter_map(read).collect()
}

/// Packs profiles with their values, as values are.
pub fn profiles<'a>(profiles: impl Iterator<Item = (&'a [u8], &'a [u8])>) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, value) in profiles {
        escape(name, &mut out);
        out.extend_from_slice(b"#s#");
        escape(value, &mut out);
        out.push(b'|');
    }
    out
}

/// Reads them back: name and value, also where no letter stands between them.
pub fn read_profiles(text: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let read = |fields: Vec<Vec<u8>>| {
        let name = fields.first()?.clone();
        let value = if fields.len() > 1 { fields.last()?.clone() } else { Vec::new() };
        (!name.is_empty()).then_some((name, value))
    };
    entries(text).into_iter().filter_map(read).collect()
}

fn escape(text: &[u8], out: &mut Vec<u8>) {
    for byte in text {
        if matches!(byte, b'\\' | b'#' | b'|') {
            out.push(b'\\');
        }
        out.push(*byte);
    }
}

/// The entries, each with its fields.
fn entries(text: &[u8]) -> Vec<Vec<Vec<u8>>> {
    let (mut entries, mut fields, mut field) = (Vec::new(), Vec::new(), Vec::new());
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => field.extend(bytes.next()),
            b'#' => fields.push(std::mem::take(&mut field)),
            b'|' => {
                fields.push(std::mem::take(&mut field));
                entries.push(std::mem::take(&mut fields));
            }
            other => field.push(*other),
        }
    }
    if !(field.is_empty() && fields.is_empty()) {
        fields.push(field);
        entries.push(fields);
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_profiles_come_back() {
        let all = vec![
            (b"a".to_vec().into_boxed_slice(), Value::fixed("x|y#z\\")),
            (b"n#|".to_vec().into_boxed_slice(), Value::Int(-7)),
            (b"e".to_vec().into_boxed_slice(), Value::fixed("")),
            (b"d".to_vec().into_boxed_slice(), Value::fixed("12")),
        ];
        let packed = values(&all);
        assert_eq!(String::from_utf8_lossy(&packed), "a#s#x\\|y\\#z\\\\|n\\#\\|#i#-7|e#s#|d#s#12|");
        assert_eq!(read_values(&packed), all);
        let packed = profiles([(&b"caller"[..], &b"al|ice"[..]), (b"all", b"")].into_iter());
        assert_eq!(String::from_utf8_lossy(&packed), "caller#s#al\\|ice|all#s#|");
        assert_eq!(read_profiles(&packed), [(b"caller".to_vec(), b"al|ice".to_vec()), (b"all".to_vec(), Vec::new())]);
        let without_letters = read_profiles(b"caller#alice|all#|");
        assert_eq!(without_letters, [(b"caller".to_vec(), b"alice".to_vec()), (b"all".to_vec(), Vec::new())]);
        for broken in ["", "|", "#", "a", "\\", "a#", "a#s", "###|||"] {
            read_values(broken.as_bytes());
            read_profiles(broken.as_bytes());
        }
    }
}
