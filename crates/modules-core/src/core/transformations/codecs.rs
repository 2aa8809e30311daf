//! Other ways to write the same bytes: hexadecimal, base64, escapes, XOR.

use super::{PLAIN, argument, input};
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use catalogue::{TransformationArg, Value};
use module_api::Transformation;
use sip::escape::{escape_param, escape_user, unescape};
use std::borrow::Cow;

pub(super) const ALL: &[Transformation] = &[
    Transformation {
        name: "s.encode.hexa",
        about: "The bytes in hexadecimal.",
        run: |_, value, _| Value::from(hexadecimal(&input(value))),
        ..PLAIN
    },
    Transformation {
        name: "s.decode.hexa",
        about: "The bytes that hexadecimal text stands for.",
        run: |_, value, _| Value::or_null(from_hexadecimal(&input(value))),
        ..PLAIN
    },
    Transformation {
        name: "s.hex2dec",
        about: "A hexadecimal number in decimal.",
        run: |_, value, _| hex_to_decimal(&input(value)),
        ..PLAIN
    },
    Transformation {
        name: "s.dec2hex",
        about: "A decimal number in hexadecimal.",
        run: |_, value, _| decimal_to_hex(&input(value)),
        ..PLAIN
    },
    Transformation {
        name: "s.b64encode",
        about: "The bytes in base64.",
        run: |_, value, _| Value::from(BASE64.encode(input(value))),
        ..PLAIN
    },
    Transformation {
        name: "s.b64decode",
        about: "The bytes that base64 stands for, as many as can be read.",
        run: |_, value, _| from_base64(&input(value)),
        ..PLAIN
    },
    Transformation {
        name: "s.xor",
        about: "The bytes XORed with a secret, which is repeated as needed.",
        args: &[TransformationArg::str("secret")],
        run: |_, value, args| xor(&input(value), args),
        ..PLAIN
    },
    Transformation {
        name: "s.escape.common",
        about: "A backslash before quotes, apostrophes, backslashes and NUL.",
        run: |_, value, _| Value::from(escape_common(&input(value))),
        ..PLAIN
    },
    Transformation {
        name: "s.unescape.common",
        about: "Without the backslashes of s.escape.common.",
        run: |_, value, _| Value::from(unescape_common(&input(value))),
        ..PLAIN
    },
    Transformation {
        name: "s.escape.user",
        about: "With %-escapes for what a user part may not hold.",
        run: |_, value, _| with(value, escape_user),
        ..PLAIN
    },
    Transformation {
        name: "s.unescape.user",
        about: "Without %-escapes.",
        run: |_, value, _| with(value, unescape),
        ..PLAIN
    },
    Transformation {
        name: "s.escape.param",
        about: "With %-escapes for what a URI parameter may not hold.",
        run: |_, value, _| with(value, escape_param),
        ..PLAIN
    },
    Transformation {
        name: "s.unescape.param",
        about: "Without %-escapes.",
        run: |_, value, _| with(value, unescape),
        ..PLAIN
    },
];

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

fn with(value: Value, change: for<'a> fn(&'a [u8]) -> Cow<'a, [u8]>) -> Value {
    let text = input(value);
    match change(&text) {
        Cow::Owned(changed) => Value::from(changed),
        Cow::Borrowed(_) => Value::Str(text),
    }
}

/// Lower-case hexadecimal.
pub(super) fn hexadecimal(bytes: &[u8]) -> Vec<u8> {
    let digit = |half: u8| if half < 10 { b'0' + half } else { b'a' + half - 10 };
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

fn from_hexadecimal(text: &[u8]) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}

fn hex_to_decimal(text: &[u8]) -> Value {
    let text = std::str::from_utf8(text).unwrap_or_default().trim();
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
    u64::from_str_radix(digits, 16).map_or(Value::Null, Value::number)
}

fn decimal_to_hex(text: &[u8]) -> Value {
    let text = std::str::from_utf8(text).unwrap_or_default().trim();
    let number: Result<i64, _> = text.parse();
    number.map_or(Value::Null, |number| Value::from(format!("{number:x}")))
}

fn from_base64(text: &[u8]) -> Value {
    let is_digit = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let readable = text.iter().take_while(is_digit).count();
    // A single digit of a group of four stands for less than a byte.
    let readable = if readable % 4 == 1 { readable - 1 } else { readable };
    let decoded = text.get(..readable).and_then(|text| BASE64.decode(text).ok());
    Value::or_null(decoded)
}

fn xor(text: &[u8], args: &[Value]) -> Value {
    let Some(secret) = argument(args, 0).filter(|secret| !secret.is_empty()) else { return Value::Null };
    let mixed: Vec<u8> = text.iter().zip(secret.iter().cycle()).map(|(one, other)| one ^ other).collect();
    Value::from(mixed)
}

fn escape_common(text: &[u8]) -> Vec<u8> {
    let mut escaped = Vec::with_capacity(text.len() + 8);
    for byte in text {
        match byte {
            b'\'' | b'"' | b'\\' => escaped.extend([b'\\', *byte]),
            0 => escaped.extend(b"\\0"),
            _ => escaped.push(*byte),
        }
    }
    escaped
}

fn unescape_common(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    let mut bytes = text.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        let escaped = bytes.peek().copied().filter(|_| byte == b'\\');
        match escaped {
            Some(b'0') => plain.push(0),
            Some(known @ (b'\'' | b'"' | b'\\')) => plain.push(known),
            _ => {
                plain.push(byte);
                continue;
            }
        }
        bytes.next();
    }
    plain
}
