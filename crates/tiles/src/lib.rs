//! What does the map look like at z/x/y?
//!
//! [`build`] turns an extract into gzipped Mapbox Vector Tiles of zoom 0 to 14 in the layer names of
//! Protomaps; [`TileIndex`] finds them again in an open pack, ready to be served as they lie. The crate
//! knows nothing of HTTP, files or customers. `README.md` lists every layer and attribute.

mod build;
mod clip;
mod coast;
mod cut;
mod encode;
mod feature;
mod index;
mod join;
mod kinds;
mod layers;
mod simplify;
mod world;

pub use build::{BuildProgress, build};
pub use index::{Coast, TileIndex};
pub use layers::{Field, FieldKind, LAYERS, LayerInfo};

/// The smallest zoom that is stored.
pub const MIN_ZOOM: u8 = 0;
/// The largest zoom that is stored; browsers enlarge it beyond.
pub const MAX_ZOOM: u8 = 14;
