//! Draw a road map in a test.
//!
//! A [`Sketch`] turns a drawing of letters into real OpenStreetMap elements, so that a test of routing,
//! geocoding or tiles also tests the importer. [`Sketch::extract`] gives them in memory;
//! [`Sketch::write_pbf`] writes the same elements as a PBF file. For tests and benches only: a wrong
//! drawing is a mistake in the test, so it panics and says what is wrong.

pub mod crowd;
mod dice;
pub mod mail;
mod pbf;
mod ports;
pub mod postgres;
mod sketch;

pub use dice::Dice;
pub use pbf::{Element, PbfFile};
pub use sketch::Sketch;
