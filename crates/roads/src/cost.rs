//! What a way through the network costs: compared by weight, then duration, then distance.

use std::ops::{Add, AddAssign, Sub};

use geom::{Meters, Millis};

/// Distance and duration take 40 bits each, weight the rest: sums cannot run into one another, because no
/// single edge or turn is larger than [`LARGEST_PART`].
const FIELD: u32 = 40;
const MASK: u128 = (1 << FIELD) - 1;

/// No edge or turn weighs, lasts or measures more (74 hours, 2,684 km).
pub(crate) const LARGEST_PART: u32 = 1 << 28;

/// Weight, duration and distance of a path as one number. Paths of equal weight are ordered by duration,
/// then by distance, so the best path's cost is unique and every search finds the same one.
///
/// Weight is what a search minimises: the duration in milliseconds, made longer where a profile avoids
/// roads (alleys, roads for residents only).
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cost(u128);

impl Cost {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    pub(crate) const UNREACHED: Self = Self(u128::MAX);

    /// From weight and duration in milliseconds and distance in centimetres.
    #[must_use]
    pub fn new(weight: u32, duration: u32, distance: u32) -> Self {
        Self(u128::from(weight) << (2 * FIELD) | u128::from(duration) << FIELD | u128::from(distance))
    }

    /// What the search minimises, in milliseconds.
    #[must_use]
    pub fn weight(self) -> u64 {
        (self.0 >> (2 * FIELD)) as u64
    }

    /// Milliseconds.
    #[must_use]
    pub fn duration(self) -> u64 {
        (self.0 >> FIELD & MASK) as u64
    }

    /// Centimetres.
    #[must_use]
    pub fn distance(self) -> u64 {
        (self.0 & MASK) as u64
    }

    /// Duration and distance, for people.
    #[must_use]
    pub fn trip(self) -> Trip {
        Trip {
            duration: Millis(self.duration() as i64),
            distance: centimeters(self.distance()),
        }
    }
}

pub(crate) fn centimeters(cm: u64) -> Meters {
    Meters(cm as f64 / 100.0)
}

impl Add for Cost {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

/// Only what was added can be taken away: each part of `other` must be at most this one's.
impl Sub for Cost {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl std::fmt::Debug for Cost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "weight {} ms, {} ms, {} cm",
            self.weight(),
            self.duration(),
            self.distance()
        )
    }
}

/// The same as a [`Cost`] in twelve bytes, for searches: paths that weigh more than twelve days count as none.
/// Weight and duration share a number, weight above, so that adding and comparing is quick.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
#[repr(C, packed(4))]
pub(crate) struct Packed {
    key: u64,
    distance: u32,
}

impl Packed {
    pub(crate) const ZERO: Self = Self { key: 0, distance: 0 };

    /// Weights from here on mean that no way leads there. Two of them can be added.
    pub(crate) const UNREACHED_WEIGHT: u32 = 1 << 30;

    /// Larger than any cost that means something.
    pub(crate) const UNREACHED: Self = Self {
        key: (Self::UNREACHED_WEIGHT as u64) << 32,
        distance: 0,
    };

    pub(crate) fn new(weight: u32, duration: u32, distance: u32) -> Self {
        Self {
            key: u64::from(weight) << 32 | u64::from(duration),
            distance,
        }
    }

    pub(crate) fn is_unreached(self) -> bool {
        self.key >= Self::UNREACHED.key
    }

    /// Weight and duration in milliseconds, distance in centimetres.
    pub(crate) fn parts(self) -> (u32, u32, u32) {
        ((self.key >> 32) as u32, self.key as u32, self.distance)
    }
}

impl Add for Packed {
    type Output = Self;
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self {
            // Wrapping for the sake of damaged packs: what is whole never runs over.
            key: self.key.wrapping_add(other.key),
            distance: self.distance.wrapping_add(other.distance),
        }
    }
}

/// Only what was added can be taken away: each part of `other` must be at most this one's.
impl Sub for Packed {
    type Output = Self;
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self {
            key: self.key.wrapping_sub(other.key),
            distance: self.distance.wrapping_sub(other.distance),
        }
    }
}

impl From<Packed> for Cost {
    fn from(packed: Packed) -> Self {
        let (weight, duration, distance) = packed.parts();
        match packed.is_unreached() {
            true => Self::UNREACHED,
            false => Self::new(weight, duration, distance),
        }
    }
}

impl std::fmt::Debug for Packed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Cost::from(*self).fmt(f)
    }
}

/// How long and how far.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Trip {
    /// Driving time, exact to the millisecond.
    pub duration: Millis,
    /// Length along the roads, exact to the centimetre.
    pub distance: Meters,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weight_decides_then_duration_then_distance() {
        let mut costs = [
            Cost::new(2, 0, 0),
            Cost::new(1, 2, 0),
            Cost::new(1, 1, 9),
            Cost::new(1, 1, 8),
        ];
        costs.sort();
        assert_eq!(
            costs.map(|c| (c.weight(), c.duration(), c.distance())),
            [(1, 1, 8), (1, 1, 9), (1, 2, 0), (2, 0, 0)]
        );
    }

    #[test]
    fn a_thousand_of_the_largest_parts_do_not_run_into_one_another() {
        let mut sum = Cost::ZERO;
        for _ in 0..1000 {
            sum += Cost::new(LARGEST_PART, LARGEST_PART, LARGEST_PART);
        }
        let expected = 1000 * u64::from(LARGEST_PART);
        assert_eq!([sum.weight(), sum.duration(), sum.distance()], [expected; 3]);
    }
}
