//! Which country a point lies in: its border where the extract has it, else what addresses nearby say.

use std::collections::HashSet;

use geom::{LngLat, Meters};
use rstar::RTree;
use rstar::primitives::GeomWithData;

use super::collect::Found;
use super::places::Places;

/// An address further away says nothing about the country.
const REACH: Meters = Meters(60_000.0);

/// Two capitals; zeros where unknown.
pub(crate) type Code = [u8; 2];

/// Points whose country is known.
pub(crate) struct Countries {
    known: RTree<GeomWithData<[f64; 2], Code>>,
    /// The only one there is evidence of; zeros where there is none or several.
    pub only: Code,
}

/// Two letters as a country's code.
pub(crate) fn code_of(text: &str) -> Option<Code> {
    let upper = text.trim().to_ascii_uppercase();
    let bytes: Code = upper.as_bytes().try_into().ok()?;
    bytes.iter().all(u8::is_ascii_uppercase).then_some(bytes)
}

impl Countries {
    pub fn new(found: &Found<'_>, places: &Places) -> Self {
        // One point of each square of about a kilometre and country is enough.
        let mut seen = HashSet::new();
        let known: Vec<_> = found
            .countries
            .iter()
            .filter(|(p, code)| seen.insert(((p.lng() * 100.0) as i32, (p.lat() * 100.0) as i32, *code)))
            .map(|(p, code)| GeomWithData::new([p.lng(), p.lat()], *code))
            .collect();
        let mut codes: Vec<Code> = known.iter().map(|k| k.data).collect();
        codes.extend(places.list.iter().filter_map(|p| p.country));
        codes.sort_unstable();
        codes.dedup();
        let only = match codes[..] {
            [only] => only,
            _ => [0; 2],
        };
        Self {
            known: RTree::bulk_load(known),
            only,
        }
    }

    /// The country of a point with these places around it.
    pub fn at(&self, p: LngLat, around: &[u32], places: &Places) -> Code {
        let by_border = around.iter().find_map(|id| places.list[*id as usize].country);
        by_border.unwrap_or_else(|| {
            self.known
                .nearest_neighbor([p.lng(), p.lat()])
                .filter(|n| LngLat::new(n.geom()[0], n.geom()[1]).is_ok_and(|at| at.distance(p) <= REACH))
                .map_or([0; 2], |n| n.data)
        })
    }
}
