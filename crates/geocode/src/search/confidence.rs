//! How likely the best hit is the meant place within 250 m.

use super::explain::Explained;
use crate::face::Level;

/// What the estimate is made of, besides the hit itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rivals {
    /// How much more the next hit more than 250 m away costs; large where there is none.
    pub margin: f32,
}

/// At least this confident, and not ambiguous: can be taken unseen.
pub(crate) const ACCEPT: f32 = 0.9;

/// Less confident than this, no point finer than a postcode is given.
pub(crate) const DOUBTED: f32 = 0.2;

/// The confidence of a hit finer than a postcode.
pub(crate) fn confidence(hit: &Explained<'_>, rivals: Rivals) -> f32 {
    let costs = hit.costs;
    let mut score = 5.5
        - 8.0 * costs.name
        - 6.0 * costs.number
        - 7.0 * costs.postcode
        - 7.0 * costs.town
        - 9.0 * costs.left;
    score -= 2.5 * (1.0 - rivals.margin / 0.2).clamp(0.0, 1.0);
    if !hit.placed {
        score -= 0.7;
    }
    if hit.level == Level::Street && hit.number.is_some() {
        score -= 0.3;
    }
    1.0 / (1.0 + (-score).exp())
}
