//! What are fair areas? Customers or blocks are divided into compact, connected territories of equal workload.
//!
//! The core is a balanced centroidal power diagram (Cohen-Addad, Klein and Young 2018): [`design`] searches centres on a coarsened map, balances
//! with damped Newton steps on the concave dual, joins pieces, and hands single customers over until every limit holds.

mod plan;
mod problem;

mod change;
mod combine;
mod drive;
mod explain;

mod engine;
mod field;
mod limits;
mod naming;
mod projection;

mod lifts;
mod margins;
mod newton;
mod paths;
mod rings;
mod search;
mod starts;
mod sweep;
mod tree;

mod draft;
mod fringe;
mod graph;
mod polish;
mod relay;
mod repair;
mod rounding;

mod arcs;
mod blocks;
mod borders;
mod lattice;
mod outline;
mod simplify;
mod snap;

mod noise;
#[cfg(test)]
mod tests;

pub use blocks::{BlockError, Blocks};
pub use borders::Borders;
pub use change::{join, leave};
pub use drive::{Costs, by_cost};
pub use explain::{Alternative, Objection, Point, curve, nest, why};
pub use outline::service_area;
pub use plan::{Plan, Unmet, design};
pub use problem::{
    Demands, DesignError, Home, Lock, Measure, Price, Problem, Range, Seat, Settings, free_tolerance,
};
pub use projection::EqualArea;
