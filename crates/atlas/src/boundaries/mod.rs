//! Municipalities, districts and postcodes: who is around this point, and what is called so.

mod build;
mod format;
mod index;
mod search;
#[cfg(test)]
mod tests;

pub(crate) use build::build;
pub use index::{Boundaries, Boundary, BoundaryId, BoundaryKind};
