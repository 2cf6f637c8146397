//! One map pack, built or opened.
//!
//! [`build`] runs the passes that turn extracts into a pack: read, roads, addresses, boundaries, basemap,
//! write. [`Atlas::open`] maps a finished pack and hands out its parts. An [`Atlas`] never changes; a new
//! map is a new one, put in place of the old by swapping an `Arc`.

mod about;
mod boundaries;
mod build;

use std::path::Path;
use std::sync::Arc;

use geocode::Geocoder;
use geom::{BBox, Timestamp};
use pack::{OpenError, Pack};
use roads::RoadIndex;
use tiles::TileIndex;

pub use about::{ATTRIBUTION, Input};
pub use boundaries::{Boundaries, Boundary, BoundaryId, BoundaryKind};
pub use roads::Profile;

pub use build::{BuildError, Pass, Report, Step, build, build_for, build_with};

use about::About;

/// An open map pack with everything that it answers.
#[derive(Debug)]
pub struct Atlas {
    pack: Arc<Pack>,
    about: About,
    /// By profile, at least one.
    roads: Vec<RoadIndex>,
    geocoder: Geocoder,
    tiles: TileIndex,
    boundaries: Boundaries,
}

impl Atlas {
    /// Maps the pack and checks that its parts fit together. A pack of another version, a damaged
    /// header or a part that is not what it should be is refused, the part by its section's name.
    /// Bytes are compared with their checksums only by [`Atlas::verify`].
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let pack = Arc::new(Pack::open(path)?);
        Ok(Self {
            about: About::read(&pack)?,
            roads: RoadIndex::open_all(&pack)?,
            geocoder: Geocoder::open(Arc::clone(&pack))?,
            tiles: TileIndex::open(Arc::clone(&pack))?,
            boundaries: Boundaries::open(Arc::clone(&pack))?,
            pack,
        })
    }

    /// Ways along the roads for the first profile that the map was built with.
    #[must_use]
    pub fn roads(&self) -> &RoadIndex {
        &self.roads[0]
    }

    /// The same for a profile, by name; `None` where the map was not built with it.
    #[must_use]
    pub fn roads_for(&self, profile: &str) -> Option<&RoadIndex> {
        self.roads.iter().find(|roads| roads.profile() == profile)
    }

    /// The names of the profiles that the map was built with, the first one first, the others in order of the
    /// alphabet.
    pub fn profiles(&self) -> impl Iterator<Item = &str> {
        self.roads.iter().map(RoadIndex::profile)
    }

    /// Addresses to places and back.
    #[must_use]
    pub fn geocoder(&self) -> &Geocoder {
        &self.geocoder
    }

    /// The basemap.
    #[must_use]
    pub fn tiles(&self) -> &TileIndex {
        &self.tiles
    }

    /// Municipalities, districts and postcodes.
    #[must_use]
    pub fn boundaries(&self) -> &Boundaries {
        &self.boundaries
    }

    /// The region that the pack was built for. Roads and shapes reach a little beyond it.
    #[must_use]
    pub fn bounds(&self) -> BBox {
        self.about.bounds
    }

    /// The date of the data, where the extract says one: of several, the oldest.
    #[must_use]
    pub fn extract_date(&self) -> Option<Timestamp> {
        self.about.date
    }

    /// The files it was built from, in order.
    #[must_use]
    pub fn inputs(&self) -> &[Input] {
        &self.about.inputs
    }

    /// What must be shown wherever the map is.
    #[must_use]
    pub fn attribution(&self) -> &str {
        &self.about.attribution
    }

    /// The pack's hash in hexadecimal, 64 digits: what results are stored with, so that they can be
    /// reproduced. Same extracts and program version, same hash.
    #[must_use]
    pub fn hash_hex(&self) -> String {
        self.pack.hash_hex()
    }

    /// Names and sizes in bytes of the pack's sections.
    pub fn sections(&self) -> impl Iterator<Item = (&str, usize)> {
        self.pack.sections()
    }

    /// Reads the whole pack and compares checksums; names the first damaged section.
    pub fn verify(&self) -> Result<(), OpenError> {
        self.pack.verify()
    }
}
