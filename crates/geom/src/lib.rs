//! What is a place, a length, a time, a tile?
//!
//! The units and coordinates every other crate speaks. Longitude comes first everywhere. A [`LngLat`]
//! has been range-checked once, at the edge, and is trusted afterwards; files store [`Fixed`].

mod cell;
mod place;
mod tile;
mod units;

pub use cell::{CELL_BITS, CellSquare, cell_of, cell_ranges, cell_square};
pub use place::{BBox, BadPlace, EARTH_RADIUS, Fixed, LngLat, LocalMeters};
pub use tile::{EXTENT, MAX_MERCATOR_LAT, TileId, TilePoint};
pub use units::{Meters, MetersPerSecond, Millis, Seconds, Timestamp};
