//! What a territory holds: places, money, hours of visits, and an estimate of the hours on the road.

use std::ops::{AddAssign, SubAssign};

use points::Found;
use serde::Serialize;
use utoipa::ToSchema;

/// What a territory, or a selection, holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, ToSchema)]
pub(crate) struct Totals {
    /// Places of accounts that are no prospects.
    pub accounts: u64,
    /// Places of prospects.
    pub prospects: u64,
    /// Revenue of 12 months in minor units. A customer's money counts once, at its first place.
    pub revenue: i64,
    /// Open pipeline in minor units.
    pub pipeline: i64,
    /// Hours of visits in an average week: the year's visits by their rhythm times their duration.
    pub visit_hours: f64,
    /// Hours on the road in an average week. An estimate from how far apart the places lie, not from roads;
    /// see [`Sums::drive_hours`].
    pub drive_hours_estimate: f64,
}

/// What a place holds, not rounded: hours a week, minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Exact {
    pub accounts: f64,
    pub revenue: f64,
    pub pipeline: f64,
    pub visit_hours: f64,
}

const WEEKS: f64 = 52.0;
/// Days on which visits are driven in a week.
const DRIVING_DAYS: f64 = 5.0;
/// Shortest tour through n random points of an area A is about this times √(nA) (Beardwood, Halton and
/// Hammersley 1959; the constant as measured since).
const TOUR: f64 = 0.7124;
/// Metres of road for a metre as the crow flies.
const DETOUR: f64 = 1.3;
/// Average speed on the road, km/h.
const SPEED: f64 = 40.0;
/// Coordinates are summed as whole hundred-thousandths of a degree, about a metre: sums are exact, so a place
/// taken out leaves what was there before it came.
const STEPS: f64 = 1e5;
/// Length of a degree of latitude, km.
const KM_PER_DEGREE: f64 = 111.2;

/// Sums over places, in whole numbers, so that the order does not matter and a sum can be taken back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    places: i64,
    prospects: i64,
    revenue: i128,
    pipeline: i128,
    visit_minutes_year: i128,
    /// Visits in ten years of the placed ones, and their moments: Σw, Σwx, Σwy, Σwx², Σwy², Σwxy.
    weight: i128,
    x: i128,
    y: i128,
    xx: i128,
    yy: i128,
    xy: i128,
}

impl Sums {
    /// One place of the index.
    pub fn of(row: &Found<'_>) -> Self {
        let amount = |name: &str| i128::from(row.amount(name).unwrap_or(0));
        let mut sums = Self {
            places: 1,
            prospects: i64::from(row.category("type") == Some("prospect")),
            revenue: amount("revenue"),
            pipeline: amount("pipeline"),
            visit_minutes_year: amount("visit_minutes_year"),
            ..Self::default()
        };
        if let Some(place) = row.place() {
            let steps = |degrees: f64| (degrees * STEPS).round() as i128;
            let (w, x, y) = (amount("visits_10_years"), steps(place.lng()), steps(place.lat()));
            (sums.weight, sums.x, sums.y) = (w, w * x, w * y);
            (sums.xx, sums.yy, sums.xy) = (w * x * x, w * y * y, w * x * y);
        }
        sums
    }

    /// As shown.
    pub fn totals(&self) -> Totals {
        let money = |sum: i128| i64::try_from(sum).unwrap_or(i64::MAX);
        Totals {
            accounts: (self.places - self.prospects).unsigned_abs(),
            prospects: self.prospects.unsigned_abs(),
            revenue: money(self.revenue),
            pipeline: money(self.pipeline),
            visit_hours: tenths(self.visit_minutes_year as f64 / 60.0 / WEEKS),
            drive_hours_estimate: tenths(self.drive_hours()),
        }
    }

    /// For sums of many: not rounded.
    pub fn totals_exact(&self) -> Exact {
        Exact {
            accounts: (self.places - self.prospects) as f64,
            revenue: self.revenue as f64,
            pipeline: self.pipeline as f64,
            visit_hours: self.visit_minutes_year as f64 / 60.0 / WEEKS,
        }
    }

    /// Places counted.
    pub fn places(&self) -> u64 {
        self.places.unsigned_abs()
    }

    /// Hours on the road in an average week, by continuous approximation (Daganzo 1984): places with a
    /// rhythm of visits are taken as spread evenly over the ellipse that has their scatter. A week's v
    /// visits are driven in min(5, v) tours, each out from the middle and back (2 · mean distance) and through
    /// its share of the area (together 0.7124 · √(v · area)); roads are 1.3 times the straight line, at 40 km/h.
    pub fn drive_hours(&self) -> f64 {
        if self.weight <= 0 {
            return 0.0;
        }
        let visits = self.weight as f64 / 10.0 / WEEKS;
        // Scatter in square steps: whole numbers until the difference is taken, which would lose them.
        let scatter = |ab: i128, a: i128, b: i128| {
            (self.weight * ab - a * b) as f64 / (self.weight as f64 * self.weight as f64)
        };
        let latitude = self.y as f64 / self.weight as f64 / STEPS;
        let km_north = KM_PER_DEGREE / STEPS;
        let km_east = km_north * latitude.to_radians().cos();
        let xx = scatter(self.xx, self.x, self.x) * km_east * km_east;
        let yy = scatter(self.yy, self.y, self.y) * km_north * km_north;
        let xy = scatter(self.xy, self.x, self.y) * km_east * km_north;
        // An ellipse that is evenly filled has half axes of twice its deviations.
        let area = 4.0 * std::f64::consts::PI * (xx * yy - xy * xy).max(0.0).sqrt();
        // Of a disc the mean distance from the middle is 2/3 of the radius, the deviation 1/√2 of it.
        let distance = (xx + yy).max(0.0).sqrt() * 2.0 * std::f64::consts::SQRT_2 / 3.0;
        let tours = visits.min(DRIVING_DAYS);
        let straight = TOUR * (visits * area).sqrt() + 2.0 * distance * tours;
        straight * DETOUR / SPEED
    }
}

/// A figure that is not known better is not shown finer.
fn tenths(hours: f64) -> f64 {
    (hours * 10.0).round() / 10.0
}

impl AddAssign for Sums {
    fn add_assign(&mut self, other: Self) {
        self.each(&other, |a, b| a + b);
    }
}

impl SubAssign for Sums {
    fn sub_assign(&mut self, other: Self) {
        self.each(&other, |a, b| a - b);
    }
}

impl Sums {
    fn each(&mut self, other: &Self, combine: impl Fn(i128, i128) -> i128) {
        let small = |a: i64, b: i64| combine(i128::from(a), i128::from(b)) as i64;
        self.places = small(self.places, other.places);
        self.prospects = small(self.prospects, other.prospects);
        let pairs = [
            (&mut self.revenue, other.revenue),
            (&mut self.pipeline, other.pipeline),
            (&mut self.visit_minutes_year, other.visit_minutes_year),
            (&mut self.weight, other.weight),
            (&mut self.x, other.x),
            (&mut self.y, other.y),
            (&mut self.xx, other.xx),
            (&mut self.yy, other.yy),
            (&mut self.xy, other.xy),
        ];
        for (a, b) in pairs {
            *a = combine(*a, b);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(lng: f64, lat: f64, visits_10_years: i128) -> Sums {
        let steps = |degrees: f64| (degrees * STEPS).round() as i128;
        let (w, x, y) = (visits_10_years, steps(lng), steps(lat));
        Sums {
            places: 1,
            weight: w,
            x: w * x,
            y: w * y,
            xx: w * x * x,
            yy: w * y * y,
            xy: w * x * y,
            visit_minutes_year: 60,
            ..Sums::default()
        }
    }

    fn all(places: impl IntoIterator<Item = Sums>) -> Sums {
        places.into_iter().fold(Sums::default(), |mut sums, place| {
            sums += place;
            sums
        })
    }

    #[test]
    fn what_comes_and_goes_leaves_nothing() {
        let before = all([place(13.2, 53.5, 260), place(13.3, 53.6, 130)]);
        let guest = place(-179.9, -89.9, 3650);
        let mut after = before;
        after += guest;
        assert_ne!(after.totals(), before.totals());
        after -= guest;
        assert_eq!(after, before);
    }

    #[test]
    fn the_drive_of_an_even_grid_is_what_its_area_says() {
        // 40 x 40 places on a square of 20 km at the equator, each seen 6.5 times a year:
        // 1600 * 6.5 / 52 = 200 visits a week.
        let grid = (0..1600).map(|i| {
            let (row, column) = (i / 40, i % 40);
            let degrees = |n: i32| f64::from(n) * 0.5 / KM_PER_DEGREE;
            place(degrees(column), degrees(row), 65)
        });
        let sums = all(grid);
        // A square of side s has deviations s/√12: ellipse 4π·s²/12 = 1.047 s² = 418.7 km²; √(200·418.7) = 289.4,
        // times 0.7124 = 206.1 km; mean distance 0.943·√(2·400/12) = 7.70 km, out and back on 5 days 77.0 km.
        // (206.1 + 77.0) · 1.3 / 40 = 9.20 h.
        let hours = sums.drive_hours();
        assert!((hours - 9.20).abs() < 0.05, "{hours}");
        // 1600 places · 1 h / 52
        assert_eq!(sums.totals().visit_hours, 30.8);
    }

    #[test]
    fn one_place_or_none_is_no_drive() {
        assert_eq!(Sums::default().totals().drive_hours_estimate, 0.0);
        assert_eq!(place(13.2, 53.5, 260).totals().drive_hours_estimate, 0.0);
    }
}
