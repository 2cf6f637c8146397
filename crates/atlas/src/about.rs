//! What a pack says of itself: region, date, what it was built from, whom to name.
//!
//! | section | what |
//! |---|---|
//! | `atlas/about` | one [`Head`] |
//! | `atlas/inputs` | a row of [`Input`], in the order they were read |
//! | `atlas/attribution` | UTF-8 |

use bytemuck::{Pod, Zeroable};
use geom::{BBox, LngLat, Timestamp};
use osm::Extract;
use pack::{OpenError, Pack, Section};

/// What OpenStreetMap's licence, ODbL 1.0, asks to show.
pub const ATTRIBUTION: &str = "© OpenStreetMap contributors";

const ABOUT: &str = "atlas/about";
const INPUTS: &str = "atlas/inputs";
const TEXT: &str = "atlas/attribution";

#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
struct Head {
    /// West, south, east, north in degrees.
    bounds: [f64; 4],
    /// Milliseconds since 1970; [`i64::MIN`] for none.
    date: i64,
}

/// A file that a pack was built from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Input {
    /// Its size in bytes.
    pub bytes: u64,
    /// SHA-256 of its content.
    pub sha256: [u8; 32],
}

#[derive(Clone, Debug)]
pub(crate) struct About {
    pub bounds: BBox,
    pub date: Option<Timestamp>,
    pub inputs: Vec<Input>,
    pub attribution: String,
}

impl About {
    /// The sections for an extract that covers these bounds.
    pub fn sections(extract: &Extract, bounds: BBox) -> Vec<Section> {
        let head = Head {
            bounds: [bounds.west, bounds.south, bounds.east, bounds.north],
            date: extract.date().map_or(i64::MIN, |date| date.0),
        };
        let sources = extract.sources().iter();
        let inputs: Vec<Input> = sources
            .map(|source| Input {
                bytes: source.bytes,
                sha256: source.sha256,
            })
            .collect();
        vec![
            Section::new(ABOUT, &[head]),
            Section::new(INPUTS, &inputs),
            Section::new(TEXT, ATTRIBUTION.as_bytes()),
        ]
    }

    pub fn read(pack: &Pack) -> Result<Self, OpenError> {
        let heads = pack.slice::<Head>(ABOUT)?;
        let [head] = heads else {
            return Err(refuse(
                ABOUT,
                format!("holds {} entries instead of one", heads.len()),
            ));
        };
        let [west, south, east, north] = head.bounds;
        let on_earth = LngLat::new(west, south).and(LngLat::new(east, north));
        if let Err(bad) = on_earth {
            return Err(refuse(ABOUT, format!("has bounds off the earth: {bad}")));
        }
        if west > east || south > north {
            return Err(refuse(ABOUT, "has bounds that hold nothing".into()));
        }
        let attribution = std::str::from_utf8(pack.section(TEXT)?)
            .map_err(|e| refuse(TEXT, format!("is not UTF-8: {e}")))?;
        Ok(Self {
            bounds: BBox {
                west,
                south,
                east,
                north,
            },
            date: (head.date != i64::MIN).then_some(Timestamp(head.date)),
            inputs: pack.slice::<Input>(INPUTS)?.to_vec(),
            attribution: attribution.to_owned(),
        })
    }
}

fn refuse(section: &str, reason: String) -> OpenError {
    OpenError::Section {
        section: section.to_owned(),
        reason,
    }
}
