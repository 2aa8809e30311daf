//! The parameters of a Via that every element asks for, found in one pass.

use crate::Params;

/// What a parameter has, where it is there: its value, if it has one.
pub(super) type Found<'a> = Option<Option<&'a [u8]>>;

/// The first parameter of each of these names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Known<'a> {
    pub(super) branch: Found<'a>,
    pub(super) received: Found<'a>,
    pub(super) rport: Found<'a>,
    /// The name of `rport` as written, behind which its value goes.
    pub(super) rport_name: &'a [u8],
}

impl<'a> Known<'a> {
    pub(super) fn of(params: Params<'a>) -> Known<'a> {
        let mut known = Known::default();
        for (name, value) in params.iter() {
            match name.len() {
                6 if name.eq_ignore_ascii_case(b"branch") => drop(known.branch.get_or_insert(value)),
                8 if name.eq_ignore_ascii_case(b"received") => drop(known.received.get_or_insert(value)),
                5 if known.rport.is_none() && name.eq_ignore_ascii_case(b"rport") => {
                    known.rport = Some(value);
                    known.rport_name = name;
                }
                _ => {}
            }
        }
        known
    }
}
