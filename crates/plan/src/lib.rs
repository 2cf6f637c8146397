//! Whom to visit, on which day, in which order, and why not the others. Handed a matrix of drive times, no map, no clock, no database.
//!
//! [`Problem::new`] checks and compiles slots (a rep's day), visits and drive times; [`solve`] and [`resolve`] plan; [`evaluate`],
//! [`insertions`], [`explain`] and [`add_anyway`] answer questions about a plan. A day is one slot, a cycle many: the types are the same.

mod problem;
mod time;

mod plan;

mod ask;
mod search;

mod compiled;
mod route;
mod state;
mod timeline;

mod construct;
mod displace;
mod explain;
mod polish;
mod recreate;
mod ruin;

mod error;
mod numeric;
mod random;

pub use ask::{add_anyway, evaluate, explain, insertions};
pub use compiled::Problem;
pub use error::{OrderError, ProblemError};
pub use plan::{
    Addition, Cost, Drive, LeftOut, LunchBreak, Plan, Reason, Route, SlotReasons, Stop, WhyPlanned,
};
pub use problem::{
    DenseTimes, DriveTimes, Locks, Lunch, Order, Overtime, PlaceId, Skills, Slot, SlotId, UNREACHABLE, Visit,
    VisitId, Window, Windows,
};
pub use search::{Options, Progress, resolve, solve};
pub use time::{Span, TimeOfDay};
