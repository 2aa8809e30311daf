//! The session descriptions that the branches of a request have taken along: what comes of them is known when the request
//! is answered, and what is refused changes nothing (RFC 3261 section 14.1).

use bytes::Bytes;
use module_api::Routing;
use smallvec::SmallVec;

/// What the branches of a transaction have offered.
#[derive(Default)]
struct Offered(SmallVec<[(usize, Bytes); 1]>);

/// The request comes from a party; others inside a dialog are our own.
pub struct OfAParty;

/// A branch leaves with this description; empty where it is not kept.
pub fn note(msg: &mut Routing, branch: usize, offer: Bytes) {
    if msg.extensions.get::<Offered>().is_none() {
        msg.extensions.set(Offered::default());
    }
    let Some(Offered(offers)) = msg.extensions.get_mut() else { return };
    match offers.iter_mut().find(|(of, _)| *of == branch) {
        // Another address of the same branch.
        Some((_, known)) => *known = offer,
        // As many as a transaction has branches.
        None => offers.push((branch, offer)),
    }
}

/// What a branch has offered, if it has offered anything.
pub fn of_branch(msg: &Routing, branch: usize) -> Option<Bytes> {
    let Offered(offers) = msg.extensions.get()?;
    offers.iter().find(|(of, _)| *of == branch).map(|(_, offer)| offer.clone())
}
