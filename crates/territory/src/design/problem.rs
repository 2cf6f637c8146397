//! What is to be divided, among whom, and what must hold: the input of the designer.

use geom::LngLat;

/// Units (customers or blocks) and the seats they are divided among.
#[derive(Clone, Debug, Default)]
pub struct Problem {
    /// Where each unit is: a customer's place, a block's centre. A unit without a place must be excluded or locked.
    pub places: Vec<Option<LngLat>>,
    /// What is counted, one value a unit. The first is the workload: it is balanced, and distance counts in proportion to it.
    pub measures: Vec<Measure>,
    /// Who gets a territory.
    pub seats: Vec<Seat>,
    /// The seat that has each unit today; empty where there is no plan yet.
    pub current: Vec<Option<u32>>,
    /// What must hold.
    pub demands: Demands,
    /// Which units lie beside each other, each pair once (for blocks). Without it, neighbours by place.
    pub neighbours: Option<Vec<[u32; 2]>>,
}

/// A number for every unit.
#[derive(Clone, Debug, Default)]
pub struct Measure {
    /// What it is called in errors, such as `workload`.
    pub name: String,
    /// By unit; finite and not negative.
    pub values: Vec<f64>,
    /// By how much a seat may differ from its fair share, as a share of it (0.03 is 3 %). `None`: as [`Settings::tolerance`](super::Settings)
    /// says for the first measure, and as it falls for others.
    pub tolerance: Option<f64>,
}

/// One territory to be designed and whoever works it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seat {
    /// Its share of the whole: one of 0.5 gets half the workload of one of 1. Positive.
    pub capacity: f64,
    /// Where its centre is.
    pub home: Home,
}

impl Default for Seat {
    fn default() -> Self {
        Self {
            capacity: 1.0,
            home: Home::Free,
        }
    }
}

/// What is known of a territory's centre.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Home {
    /// Nothing: it goes to the middle of the customers.
    #[default]
    Free,
    /// It is here.
    Pinned(LngLat),
    /// Somewhere between this place and the middle of the customers: the place counts this many times as much as they. 0 is free.
    Pulled(LngLat, f64),
}

/// What must hold of a plan.
#[derive(Clone, Debug, Default)]
pub struct Demands {
    /// Units that go to a seat whatever it costs.
    pub locks: Vec<Lock>,
    /// Groups of units that go to one seat.
    pub together: Vec<Vec<u32>>,
    /// Pairs of units that go to different seats.
    pub apart: Vec<[u32; 2]>,
    /// Units that nobody gets.
    pub excluded: Vec<u32>,
    /// Bounds on what a seat holds.
    pub ranges: Vec<Range>,
}

/// A unit and the seat it stays in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lock {
    /// Which unit.
    pub unit: u32,
    /// Which seat.
    pub seat: u32,
}

/// A hard bound on the sum of a measure in a seat.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// Which measure, by its place in [`Problem::measures`].
    pub measure: usize,
    /// Which seat; every seat if `None`.
    pub seat: Option<u32>,
    /// At least this, in the measure's own unit.
    pub low: f64,
    /// At most this.
    pub high: f64,
}

/// How to design.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Chooses the random starts and swaps; the same seed gives the same plan.
    pub seed: u64,
    /// By how much a seat's workload may differ from its fair share, as a share of it. `None`: as little as costs next to nothing, which depends on
    /// how many units there are to a seat (see [`free_tolerance`]).
    pub tolerance: Option<f64>,
    /// What it costs that a unit changes hands.
    pub price: Price,
    /// Passes over the (coarsened) map that the search may take; 0 for as many as usual. More find shorter distances.
    pub passes: usize,
    /// How much smooth borders are worth: 0 for shortest distances only; 1 is usual.
    pub smoothness: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            seed: 1,
            tolerance: None,
            price: Price::Of(0.0),
            passes: 0,
            smoothness: 1.0,
        }
    }
}

/// What it costs that a unit changes hands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Price {
    /// This many km²: a unit moves if that brings it nearer to its centre by more, in squared distance less what balance asks for.
    Of(f64),
    /// Whatever it takes that at most this share (0 to 1) of the workload moves.
    AtMost(f64),
}

/// The tightest balance that costs next to no distance: with many units to a seat there is always one that fits.
#[must_use]
pub fn free_tolerance(units: usize, seats: usize) -> f64 {
    match units / seats.max(1) {
        1000.. => 0.0004,
        200.. => 0.0035,
        100.. => 0.0018,
        40.. => 0.008,
        20.. => 0.03,
        _ => 0.05,
    }
}

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum DesignError {
    /// There is nothing to divide.
    #[error("there are no customers to divide")]
    NoUnits,
    /// There is nobody to divide them among.
    #[error("there is no territory to design; ask for at least one")]
    NoSeats,
    /// More seats than units.
    #[error("{seats} territories for {units} customers: ask for at most {units}")]
    MoreSeatsThanUnits {
        /// Seats asked for.
        seats: usize,
        /// Units that can be given.
        units: usize,
    },
    /// Units without a place.
    #[error(
        "{count} customers have no place, the first is number {first}: give them one, lock them or exclude them"
    )]
    WithoutPlace {
        /// The first such unit.
        first: u32,
        /// How many there are.
        count: usize,
    },
    /// A measure with more or fewer values than there are units.
    #[error("measure {name} has {found} values for {expected} customers")]
    MeasureLength {
        /// The measure.
        name: String,
        /// Values it has.
        found: usize,
        /// Units there are.
        expected: usize,
    },
    /// A value that is negative, infinite or not a number.
    #[error("{name} of customer number {unit} is {value}; it must be 0 or more")]
    BadValue {
        /// The measure.
        name: String,
        /// The unit.
        unit: u32,
        /// What it is.
        value: f64,
    },
    /// Every workload is 0.
    #[error("the {name} of all customers is 0, so there is nothing to balance")]
    NoWorkload {
        /// The measure.
        name: String,
    },
    /// A number in the demands that names no unit, seat or measure.
    #[error("{what} {number} does not exist; there are {count}")]
    Unknown {
        /// `customer`, `territory` or `measure`.
        what: &'static str,
        /// What was named.
        number: usize,
        /// How many there are.
        count: usize,
    },
    /// A setting out of range.
    #[error("{what} is {value}; it must be {range}")]
    BadSetting {
        /// Which.
        what: &'static str,
        /// What it is.
        value: f64,
        /// What it may be.
        range: &'static str,
    },
    /// Demands on a unit that contradict each other.
    #[error("customer number {unit} {why}")]
    Contradiction {
        /// The unit.
        unit: u32,
        /// What contradicts what.
        why: &'static str,
    },
    /// A range that no plan can meet.
    #[error("{measure} from {low} to {high} {whose} cannot be met: {why}")]
    Impossible {
        /// The measure.
        measure: String,
        /// The bound below.
        low: f64,
        /// The bound above.
        high: f64,
        /// Which seats.
        whose: String,
        /// What stands against it, with the numbers.
        why: String,
    },
    /// A plan is needed and none was given.
    #[error("{0} needs the present plan: who has each customer today")]
    NoCurrent(&'static str),
}
