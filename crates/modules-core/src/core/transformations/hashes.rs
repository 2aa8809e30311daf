//! Checksums, hashes and keyed hashes.

use super::codecs::hexadecimal;
use super::{PLAIN, argument, input};
use catalogue::{TransformationArg, Value};
use hmac::{Hmac, Mac};
use md5::Md5;
use module_api::Transformation;
use sha1::Sha1;
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};

pub(super) const ALL: &[Transformation] = &[
    Transformation {
        name: "s.md5",
        about: "The MD5 hash in hexadecimal.",
        run: |_, value, _| hash::<Md5>(value),
        ..PLAIN
    },
    Transformation {
        name: "s.crc32",
        about: "The CRC-32 checksum in decimal.",
        run: |_, value, _| Value::from(crc32fast::hash(&input(value)).to_string()),
        ..PLAIN
    },
    Transformation {
        name: "s.sha1",
        about: "The SHA-1 hash in hexadecimal.",
        run: |_, value, _| hash::<Sha1>(value),
        ..PLAIN
    },
    Transformation {
        name: "s.sha224",
        about: "The SHA-224 hash in hexadecimal.",
        run: |_, value, _| hash::<Sha224>(value),
        ..PLAIN
    },
    Transformation {
        name: "s.sha256",
        about: "The SHA-256 hash in hexadecimal.",
        run: |_, value, _| hash::<Sha256>(value),
        ..PLAIN
    },
    Transformation {
        name: "s.sha384",
        about: "The SHA-384 hash in hexadecimal.",
        run: |_, value, _| hash::<Sha384>(value),
        ..PLAIN
    },
    Transformation {
        name: "s.sha512",
        about: "The SHA-512 hash in hexadecimal.",
        run: |_, value, _| hash::<Sha512>(value),
        ..PLAIN
    },
    Transformation {
        name: "s.sha1_hmac",
        about: "The SHA-1 hash keyed with a secret, in hexadecimal.",
        run: |_, value, args| keyed(Hmac::<Sha1>::new_from_slice, value, args),
        ..KEYED
    },
    Transformation {
        name: "s.sha224_hmac",
        about: "The SHA-224 hash keyed with a secret, in hexadecimal.",
        run: |_, value, args| keyed(Hmac::<Sha224>::new_from_slice, value, args),
        ..KEYED
    },
    Transformation {
        name: "s.sha256_hmac",
        about: "The SHA-256 hash keyed with a secret, in hexadecimal.",
        run: |_, value, args| keyed(Hmac::<Sha256>::new_from_slice, value, args),
        ..KEYED
    },
    Transformation {
        name: "s.sha384_hmac",
        about: "The SHA-384 hash keyed with a secret, in hexadecimal.",
        run: |_, value, args| keyed(Hmac::<Sha384>::new_from_slice, value, args),
        ..KEYED
    },
    Transformation {
        name: "s.sha512_hmac",
        about: "The SHA-512 hash keyed with a secret, in hexadecimal.",
        run: |_, value, args| keyed(Hmac::<Sha512>::new_from_slice, value, args),
        ..KEYED
    },
];

const KEYED: Transformation = Transformation { args: &[TransformationArg::str("key")], ..PLAIN };

fn hash<D: Digest>(value: Value) -> Value {
    Value::from(hexadecimal(&D::digest(input(value))))
}

fn keyed<M: Mac, E>(with_key: fn(&[u8]) -> Result<M, E>, value: Value, args: &[Value]) -> Value {
    let Some(key) = argument(args, 0) else { return Value::Null };
    let Ok(mut mac) = with_key(&key) else { return Value::Null };
    mac.update(&input(value));
    Value::from(hexadecimal(&mac.finalize().into_bytes()))
}
