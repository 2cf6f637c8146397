//! Where areas overlap, and what none of them covers.

use geo::{BooleanOps, GeodesicArea, MultiPolygon, unary_union};
use geom::LngLat;

use crate::{Cause, LineId, Shape, TerritoryId, TerritoryIndex};

/// Ground that two territories of a line claim in the same way.
#[derive(Clone, Debug, PartialEq)]
pub struct Overlap {
    /// The two, the one that gets it first.
    pub territories: (TerritoryId, TerritoryId),
    /// Their areas, as places in [`TerritoryIndex::areas`], in the same order.
    pub areas: (usize, usize),
    /// How both claim it.
    pub cause: Cause,
    /// The ground.
    pub shape: MultiPolygon,
    /// Its size.
    pub square_meters: f64,
}

impl TerritoryIndex {
    /// All overlaps of areas of one kind, one line and different territories, of at least `square_meters` (1.0 leaves out what
    /// is only rounding along a shared border), by area.
    #[must_use]
    pub fn overlaps(&self, square_meters: f64) -> Vec<Overlap> {
        self.overlaps_of(square_meters, &|_| true)
    }

    /// The same, but only those of which at least one territory is `concerned`: after an edit, those that were edited.
    #[must_use]
    pub fn overlaps_of(&self, square_meters: f64, concerned: &dyn Fn(TerritoryId) -> bool) -> Vec<Overlap> {
        let mut pieces: Vec<((u32, u32), MultiPolygon)> = Vec::new();
        for (index, area) in self
            .areas()
            .iter()
            .enumerate()
            .filter(|(_, a)| a.extent.is_ground())
        {
            for shape in area.extent.shapes() {
                for other in self.entries_near(shape) {
                    let theirs = &self.areas()[other.0 as usize];
                    if other.0 as usize <= index
                        || theirs.territory == area.territory
                        || theirs.line != area.line
                        || !theirs.extent.is_ground()
                        || theirs.extent.cause() != area.extent.cause()
                        || !(concerned(theirs.territory) || concerned(area.territory))
                    {
                        continue;
                    }
                    let shared = shape.polygons().intersection(self.shape(other).polygons());
                    if !shared.0.is_empty() {
                        let pair = (index as u32, other.0);
                        match pieces.iter_mut().find(|(p, _)| *p == pair) {
                            Some((_, all)) => all.0.extend(shared.0),
                            None => pieces.push((pair, shared)),
                        }
                    }
                }
            }
        }
        let mut found = Vec::new();
        for ((a, b), shape) in pieces {
            let size = shape.geodesic_area_signed().abs();
            let Some(cause) = self.areas()[a as usize].extent.cause() else {
                continue;
            };
            if size < square_meters {
                continue;
            }
            let (first, second) = if self.beats(a, b) { (a, b) } else { (b, a) };
            let territory = |i: u32| self.areas()[i as usize].territory;
            found.push(Overlap {
                territories: (territory(first), territory(second)),
                areas: (first as usize, second as usize),
                cause,
                shape,
                square_meters: size,
            });
        }
        found.sort_by_key(|overlap| overlap.areas);
        found
    }

    /// The places that no territory of the line has, as places in `places`.
    #[must_use]
    pub fn uncovered(&self, places: &[LngLat], line: Option<LineId>) -> Vec<usize> {
        (0..places.len())
            .filter(|&i| self.owner_at(places[i], line).is_none())
            .collect()
    }

    /// The ground within a service area that no shape of the line covers.
    #[must_use]
    pub fn gaps(&self, service_area: &Shape, line: Option<LineId>) -> MultiPolygon {
        let near: Vec<MultiPolygon> = self
            .entries_near(service_area)
            .into_iter()
            .filter(|entry| {
                let area = &self.areas()[entry.0 as usize];
                area.line == line && area.extent.is_ground()
            })
            .map(|entry| self.shape(entry).polygons().clone())
            .collect();
        service_area.polygons().difference(&unary_union(&near))
    }
}
