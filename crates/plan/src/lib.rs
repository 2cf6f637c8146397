//! Whom to visit, on which day, in which order, and why not the others? Handed a matrix of drive times, no map, no clock, no database.
//!
//! [`Problem::new`] checks and compiles slots (a rep's day), visits and drive times; [`solve`] and [`resolve`] plan; [`evaluate`],
//! [`insertions`], [`offers`], [`explain`], [`add_anyway`] and [`what_if`] answer questions about a plan. A day is one slot, a cycle
//! many: the types are the same.

mod problem;
mod time;
mod times;
mod visit;

mod plan;

mod absences;
mod ask;
mod best;
mod search;
mod whatif;

mod compiled;
mod day;
mod insertion;
mod near;
mod nights;
mod orders;
mod route;
mod soft;
mod starts;
mod state;
mod timeline;

mod construct;
mod exchange;
mod finder;
mod groups;
mod neighbours;
mod pattern;
mod polish;
mod recreate;
mod repair;
mod ruin;
mod trade;
mod walk;
mod weights;

mod bound;
mod clash;
mod displace;
mod explain;
mod hindrance;
mod ways;
mod why;

mod error;
mod numeric;
mod random;

pub use ask::{Offer, add_anyway, evaluate, explain, insertions, offers, review};
pub use bound::least_left_out;
pub use compiled::Problem;
pub use error::{OrderError, ProblemError};
pub use near::ChangePrice;
pub use plan::{
    Addition, Cost, Drive, LeftOut, LunchBreak, Parts, Plan, Reason, Route, SlotReasons, Stop, WhyPlanned,
};
pub use problem::{
    Conflict, Lunch, Overnight, Overtime, PlaceId, Rules, Shipment, Skills, Slot, SlotId, VisitId, Window,
    Windows, Within,
};
pub use search::{Options, Progress, SEARCH_VERSION, resolve, resolve_within, solve, solve_within};
pub use time::{Span, TimeOfDay};
pub use times::{BlockTimes, DenseTimes, DriveTimes, UNREACHABLE};
pub use visit::{Gap, Lateness, Loads, Locks, Order, Recurrence, Urgency, Visit};
pub use whatif::{Answer, Changes, Moved, changes, what_if};
