//! Which of the final replies of a transaction's branches the caller gets: RFC 3261 section 16.7, step 6.

/// A branch's final reply, as far as the choice goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(crate) branch: usize,
    pub(crate) code: u16,
    /// Whether somebody sent it; a timeout of our own says less than any reply.
    pub(crate) was_received: bool,
}

/// The best of them: a 6xx before all, else the lowest class; within a class first what tells the caller how to try
/// again, then the lowest code.
pub(crate) fn best(candidates: impl Iterator<Item = Candidate>) -> Option<Candidate> {
    candidates.min_by_key(|candidate| (rank(candidate), candidate.code, candidate.branch))
}

fn rank(candidate: &Candidate) -> u16 {
    match candidate.code {
        600.. => 0,
        // Within 4xx: those that affect how the request is sent again.
        401 | 407 | 415 | 420 | 484 => 400,
        408 if !candidate.was_received => 402,
        400..500 => 401,
        // RFC 3261: a 503 is avoided, for it would keep the caller from trying us at all.
        503 => 502,
        500..600 => 501,
        code => code / 100 * 100,
    }
}

#[cfg(test)]
mod tests {
    use super::{Candidate, best};

    #[test]
    fn the_best_of_several() {
        let cases: [(&[u16], u16); 9] = [
            (&[486, 404], 404),
            (&[486, 302], 302),
            (&[404, 603], 603),
            (&[404, 407], 407),
            (&[404, 401, 407], 401),
            (&[503, 500], 500),
            (&[503, 486], 486),
            (&[408, 480], 480),
            (&[404, 408], 404),
        ];
        for (codes, expected) in cases {
            let list = codes.iter().enumerate();
            let candidates = list.map(|(branch, code)| Candidate { branch, code: *code, was_received: *code != 408 });
            assert_eq!(best(candidates).map(|best| best.code), Some(expected), "{codes:?}");
        }
    }
}
