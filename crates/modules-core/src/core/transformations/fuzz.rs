//! All transformations on arbitrary text with arbitrary arguments: none may panic.

use super::ALL;
use bytes::Bytes;
use catalogue::Value;
use module_api::Call;

/// Runs the transformation that the first byte names on the rest, whose parts at NUL bytes are the text and the
/// arguments; parts that are numbers go in as numbers as well.
#[doc(hidden)]
pub fn fuzz_transformations(call: &mut Call<'_>, data: &[u8]) {
    let Some((which, rest)) = data.split_first() else { return };
    let Some(transformation) = ALL.get(usize::from(*which) % ALL.len()) else { return };
    let texts: Vec<Value> = rest.split(|byte| *byte == 0).map(Value::copied).collect();
    let numbers: Vec<Value> = texts.iter().map(|text| text.int().map_or_else(|| text.clone(), Value::Int)).collect();
    for values in [texts, numbers] {
        let Some((text, args)) = values.split_first() else { continue };
        let yielded = (transformation.run)(call, text.clone(), args);
        // What it yields can be transformed again.
        if !yielded.is_null() {
            (transformation.run)(call, yielded, args);
        }
        (transformation.run)(call, Value::Str(Bytes::new()), args);
    }
}
