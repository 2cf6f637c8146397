//! How do I get there, how long does it take, and many to many?
//!
//! [`build`] turns an extract and a [`Profile`] into sections of a map pack. [`RoadIndex`] opens them from
//! the pack's memory map and never changes. A place is first put on a road ([`RoadIndex::snap`]); all
//! questions are then asked between [`Snap`]s: a [`Query`] (it owns the scratch memory: keep one per
//! thread) answers trips, routes and drive-time areas, [`RoadIndex::matrix`] answers many to many.
//!
//! Times are whole milliseconds and lengths whole centimetres inside, so a matrix cell, a trip and the
//! sum along a route are the same numbers, at any thread count. The crate knows nothing of HTTP, SQL
//! or customers, does no I/O and reads no clock.
//!
//! ```
//! # use std::sync::Arc;
//! # fn run(pack: Arc<pack::Pack>) -> Result<(), Box<dyn std::error::Error>> {
//! let roads = roads::RoadIndex::open(pack)?;
//! let options = roads::SnapOptions::default();
//! let home = roads.snap(geom::LngLat::new(13.26, 53.55)?, &options)?;
//! let shop = roads.snap(geom::LngLat::new(13.27, 53.56)?, &options)?;
//! let mut query = roads.query();
//! match query.route(&home, &shop) {
//!     Some(route) => println!("{} m in {} s", route.trip.distance.0, route.trip.duration.to_seconds().0),
//!     None => println!("no road leads there"),
//! }
//! # Ok(())
//! # }
//! ```

mod array;
mod avoid;
mod build;
mod cost;
mod costs;
mod forks;
mod format;
mod graph;
mod guidance;
mod hierarchy;
mod index;
mod judge;
mod matrix;
mod nearby;
mod order;
mod profile;
mod query;
mod reach;
mod road;
mod route;
mod search;
mod snap;
#[cfg(test)]
mod tests;
mod trace;
mod week;
mod wishes;

pub use avoid::{Avoid, Metrics};
pub use build::{BuildStep, build, build_all};
pub use cost::{Cost, Trip};
pub use costs::{Change, Costed, Drive, LiveCosts};
pub use graph::RoadGraph;
pub use guidance::{Instruction, Language, LanguageError, Maneuver, Turn};
pub use hierarchy::Metric;
pub use index::{ComponentId, RoadIndex, Statistics};
pub use judge::{Candidate, Note, Skipped, Verdict};
pub use matrix::{Matrix, MatrixTooLarge};
pub use profile::{Profile, ProfileError};
pub use query::Query;
pub use reach::{AreaOptions, Reach, ReachedRoad};
pub use road::{Road, RoadClass};
pub use route::{Route, Step};
pub use search::AlternativeOptions;
pub use snap::{Approach, Bearing, ComponentRule, Snap, SnapError, SnapOptions};
pub use trace::{Trace, TraceOptions, TracePart};
pub use week::{WeekTime, WeekTimeError};
pub use wishes::Wishes;
