//! Programs as the listing shows them.

use crate::catalogue::catalogue;
use crate::check::pictures;
use crate::world::program;
use script::listing::list;

#[test]
fn programs_are_as_drawn() {
    pictures("tests/listing", |text| list(&program(text), &catalogue()));
}
