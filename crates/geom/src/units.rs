//! Units as types. Only arithmetic that has a meaning exists.

use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub};

use serde::{Deserialize, Serialize};

macro_rules! float_unit {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub f64);

        impl $name {
            /// Nothing of it.
            pub const ZERO: Self = Self(0.0);
            /// The smaller of two.
            #[must_use]
            pub fn min(self, other: Self) -> Self { Self(self.0.min(other.0)) }
            /// The larger of two.
            #[must_use]
            pub fn max(self, other: Self) -> Self { Self(self.0.max(other.0)) }
        }
        impl Add for $name { type Output = Self; fn add(self, o: Self) -> Self { Self(self.0 + o.0) } }
        impl Sub for $name { type Output = Self; fn sub(self, o: Self) -> Self { Self(self.0 - o.0) } }
        impl AddAssign for $name { fn add_assign(&mut self, o: Self) { self.0 += o.0; } }
        impl Mul<f64> for $name { type Output = Self; fn mul(self, f: f64) -> Self { Self(self.0 * f) } }
        impl Div<f64> for $name { type Output = Self; fn div(self, f: f64) -> Self { Self(self.0 / f) } }
        /// How many times one goes into the other.
        impl Div for $name { type Output = f64; fn div(self, o: Self) -> f64 { self.0 / o.0 } }
        impl std::iter::Sum for $name {
            fn sum<I: Iterator<Item = Self>>(iter: I) -> Self { Self(iter.map(|v| v.0).sum()) }
        }
    };
}

float_unit!(
    /// A length in metres along the ground.
    Meters
);
float_unit!(
    /// A duration in seconds.
    Seconds
);
float_unit!(
    /// A speed in metres a second.
    MetersPerSecond
);

impl MetersPerSecond {
    /// From the unit road signs are written in.
    #[must_use]
    pub fn from_kmh(kmh: f64) -> Self {
        Self(kmh / 3.6)
    }
}

impl Div<MetersPerSecond> for Meters {
    type Output = Seconds;
    fn div(self, speed: MetersPerSecond) -> Seconds {
        Seconds(self.0 / speed.0)
    }
}

impl Mul<Seconds> for MetersPerSecond {
    type Output = Meters;
    fn mul(self, time: Seconds) -> Meters {
        Meters(self.0 * time.0)
    }
}

impl Seconds {
    /// Rounded to whole milliseconds, for sums that must be exact.
    #[must_use]
    pub fn to_millis(self) -> Millis {
        Millis((self.0 * 1000.0).round() as i64)
    }
}

/// A duration or a cost in whole milliseconds: sums of it are exact and the same in any order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Millis(pub i64);

impl Millis {
    /// Nothing of it.
    pub const ZERO: Self = Self(0);
    /// As seconds, for people and for display.
    #[must_use]
    pub fn to_seconds(self) -> Seconds {
        Seconds(self.0 as f64 / 1000.0)
    }
}

impl Add for Millis {
    type Output = Self;
    fn add(self, o: Self) -> Self {
        Self(self.0 + o.0)
    }
}
impl Sub for Millis {
    type Output = Self;
    fn sub(self, o: Self) -> Self {
        Self(self.0 - o.0)
    }
}
impl Neg for Millis {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}
impl AddAssign for Millis {
    fn add_assign(&mut self, o: Self) {
        self.0 += o.0;
    }
}
impl std::iter::Sum for Millis {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        Self(iter.map(|v| v.0).sum())
    }
}

/// An instant: milliseconds since 1970-01-01T00:00:00Z. What the database stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The end of time, for rows that are still valid.
    pub const FOREVER: Self = Self(i64::MAX);
}

impl Add<Millis> for Timestamp {
    type Output = Self;
    fn add(self, m: Millis) -> Self {
        Self(self.0.saturating_add(m.0))
    }
}
impl Sub for Timestamp {
    type Output = Millis;
    fn sub(self, o: Self) -> Millis {
        Millis(self.0 - o.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_over_a_speed_is_a_time() {
        // 100 m at 36 km/h (10 m/s) take 10 s.
        assert_eq!(Meters(100.0) / MetersPerSecond::from_kmh(36.0), Seconds(10.0));
        assert_eq!(Seconds(1.2345).to_millis(), Millis(1235));
    }
}
