//! How likely the best hit is the meant place within 250 m.
//!
//! A logistic of costs, fitted by `examples/fit.rs` on generated requests for some maps and checked on others. Every
//! coefficient only ever lowers confidence, so that a worse match is never trusted more.

use serde::Serialize;

use super::explain::Explained;
use crate::face::Level;

/// At least this confident, and not ambiguous: can be taken unseen.
pub(crate) const ACCEPT: f32 = 0.9;

/// Less confident than this, no point finer than a postcode is given.
pub(crate) const DOUBTED: f32 = 0.2;

/// How much more the next place must cost to be no rival.
const NO_RIVAL: f32 = 0.2;

/// What speaks against a hit, each 0 where nothing does. The costs are what the ranking adds up, about 0..=1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Doubts {
    /// The name is misspelt, cut short, or only partly there.
    pub name: f32,
    /// The house number is not there, or stands apart from the name.
    pub number: f32,
    /// The postcode is another.
    pub postcode: f32,
    /// The town is another, or misspelt.
    pub town: f32,
    /// Words that nothing explains.
    pub left: f32,
    /// 1 where another place more than 250 m away fits as well, 0 where none comes near.
    pub rival: f32,
    /// 1 where neither town nor postcode agrees.
    pub unplaced: f32,
    /// 1 where the street does not have the number.
    pub no_house: f32,
}

impl Doubts {
    /// How many there are.
    pub const COUNT: usize = 8;

    /// In the order of the fields.
    #[must_use]
    pub fn values(&self) -> [f32; Self::COUNT] {
        [
            self.name,
            self.number,
            self.postcode,
            self.town,
            self.left,
            self.rival,
            self.unplaced,
            self.no_house,
        ]
    }

    /// Of a hit, where the next one more than 250 m away costs `margin` more.
    pub(crate) fn of(hit: &Explained<'_>, margin: f32) -> Self {
        let costs = hit.costs;
        let one_if = |yes: bool| f32::from(u8::from(yes));
        Self {
            name: costs.name,
            number: costs.number,
            postcode: costs.postcode,
            town: costs.town,
            left: costs.left,
            rival: (1.0 - margin / NO_RIVAL).clamp(0.0, 1.0),
            unplaced: one_if(!hit.placed),
            no_house: one_if(hit.level == Level::Street && hit.number.is_some()),
        }
    }

    /// The confidence, 0..=1.
    #[must_use]
    pub fn confidence(&self) -> f32 {
        let score = self
            .values()
            .iter()
            .zip(WEIGHTS)
            .fold(BASE, |score, (value, weight)| score - value * weight);
        1.0 / (1.0 + (-score).exp())
    }
}

/// Score of a hit without any doubt.
const BASE: f32 = 7.0;
/// What each of [`Doubts::values`] takes from it.
const WEIGHTS: [f32; Doubts::COUNT] = [8.7, 6.6, 7.4, 7.3, 9.8, 4.2, 2.1, 0.5];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_doubt_lowers_confidence_and_none_raises_it() {
        let sure = Doubts::default().confidence();
        assert!(sure > 0.98, "{sure}");
        for (at, weight) in WEIGHTS.into_iter().enumerate() {
            let value = |k: usize| if k == at { 0.5 } else { 0.0 };
            let doubts = Doubts {
                name: value(0),
                number: value(1),
                postcode: value(2),
                town: value(3),
                left: value(4),
                rival: value(5),
                unplaced: value(6),
                no_house: value(7),
            };
            assert_eq!(doubts.values()[at], 0.5);
            assert!(doubts.confidence() <= sure, "doubt {at}");
            assert!(weight >= 0.0, "doubt {at}");
        }
    }
}
