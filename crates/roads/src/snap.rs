//! Putting a place on a road: the choice among those near it.

use geom::{LngLat, Meters};

use crate::index::{ComponentId, RoadIndex};
use crate::judge::Judge;
use crate::nearby::{Nearby, best};

/// How a place is put on a road.
#[derive(Clone, Debug, PartialEq)]
pub struct SnapOptions {
    /// No road farther away is taken. 0 to 100,000 m; 1,000 m by default.
    pub radius: Meters,
    /// What to do about roads that do not connect to the rest.
    pub component: ComponentRule,
    /// The street the address names. A road of that name wins over one that is nearer by up to
    /// [`SnapOptions::street_detour`]. Compared without case, spaces and hyphens, with `str.` for `straße`.
    pub street: Option<String>,
    /// How much nearer another road must be to win over the named street; 60 m by default.
    pub street_detour: Meters,
    /// Only roads that may be driven in about this direction, and only in that direction.
    pub bearing: Option<Bearing>,
    /// On which side of the road the place must be when one arrives or leaves.
    pub approach: Approach,
}

/// A direction of travel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bearing {
    /// Degrees clockwise from north.
    pub degrees: f64,
    /// How many degrees a road may differ from it; 0 to 180.
    pub tolerance: f64,
}

/// On which side of the road a place must be. Counts on roads that are open in both directions, for places off the
/// road's middle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Approach {
    /// Any.
    #[default]
    Any,
    /// The side one drives on, so that nobody crosses the road.
    Curb,
    /// The other side.
    Opposite,
}

impl Default for SnapOptions {
    fn default() -> Self {
        Self {
            radius: Meters(1000.0),
            component: ComponentRule::PreferLarge {
                detour: Meters(200.0),
            },
            street: None,
            street_detour: Meters(60.0),
            bearing: None,
            approach: Approach::Any,
        }
    }
}

impl SnapOptions {
    /// These options for an address on that street.
    #[must_use]
    pub fn on_street(&self, street: &str) -> Self {
        Self {
            street: Some(street.to_owned()),
            ..self.clone()
        }
    }
}

/// Which roads may be taken when some do not connect to the others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ComponentRule {
    /// The nearest, wherever it leads.
    Any,
    /// One that connects to much (the largest component, or one of 1,000 edges and more), unless another is
    /// nearer by more than `detour`: a gated car park gives way, a real island does not.
    PreferLarge {
        /// In metres.
        detour: Meters,
    },
    /// Only roads of this component, so that all of a set of places reach each other.
    Only(ComponentId),
}

/// A place on a road. Belongs to the index that made it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Snap {
    /// The place that was asked about.
    pub place: LngLat,
    /// The nearest point of the chosen road.
    pub point: LngLat,
    /// How far apart they are.
    pub distance: Meters,
    /// The component of the road: places of one component reach each other.
    pub component: ComponentId,
    /// The component is a large one; if not, the place may be reachable from few others or none.
    pub on_large_component: bool,
    /// The road bears the name that was asked for.
    pub street_matches: bool,
    pub(crate) segment: u32,
    /// The point lies between this point of the segment and the next.
    pub(crate) piece: u32,
    /// Centimetres from the segment's first point.
    pub(crate) along: u32,
    /// [`FORWARD`], [`BACKWARD`] or [`BOTH`]: how it may be left and arrived at.
    pub(crate) directions: u8,
}

/// From the segment's first point to its last.
pub(crate) const FORWARD: u8 = 1;
/// From last to first.
pub(crate) const BACKWARD: u8 = 2;
/// Either way.
pub(crate) const BOTH: u8 = FORWARD | BACKWARD;

/// Why a place could not be put on a road.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum SnapError {
    /// There is no road near it.
    #[error("no road within {radius:.0} m of {lng:.5}, {lat:.5} (longitude, latitude)", radius = .radius.0, lng = .place.lng(), lat = .place.lat())]
    NoRoad {
        /// The place.
        place: LngLat,
        /// How far was searched.
        radius: Meters,
    },
    /// There are roads near it, but none is connected to those it must be connected to.
    #[error("no road of {component} within {radius:.0} m of {lng:.5}, {lat:.5}: the roads there (the nearest is {nearest:.0} m away) do not connect to it", radius = .radius.0, nearest = .nearest.0, lng = .place.lng(), lat = .place.lat())]
    NotConnected {
        /// The place.
        place: LngLat,
        /// The component that was asked for.
        component: ComponentId,
        /// How far was searched.
        radius: Meters,
        /// How far the nearest road of any component is.
        nearest: Meters,
    },
}

impl RoadIndex {
    /// Puts a place on the best road within reach. [`RoadIndex::candidates`] says why others were not taken.
    pub fn snap(&self, place: LngLat, options: &SnapOptions) -> Result<Snap, SnapError> {
        let judge = Judge::new(self, place, options);
        let found = best(self, place, options.radius, judge.bonus, |piece, meters| {
            judge.judge(piece).ok().map(|fit| meters + fit.penalty)
        });
        if let Some(mut snap) = found {
            judge.complete(&mut snap);
            return Ok(snap);
        }
        let radius = options.radius;
        let nearest = best(self, place, radius, 0.0, |_, meters| Some(meters));
        Err(match (options.component, nearest) {
            (ComponentRule::Only(component), Some(nearest)) => SnapError::NotConnected {
                place,
                component,
                radius,
                nearest: nearest.distance,
            },
            _ => SnapError::NoRoad { place, radius },
        })
    }

    /// Puts many places on roads that reach each other where that is possible: each is snapped by itself, and
    /// those that missed the component of most are tried again on that one. A place with no such road
    /// within reach keeps the road it had.
    #[must_use]
    pub fn snap_together(&self, places: &[LngLat], options: &SnapOptions) -> Vec<Result<Snap, SnapError>> {
        let mut snaps: Vec<_> = places.iter().map(|p| self.snap(*p, options)).collect();
        let mut components: Vec<ComponentId> = snaps.iter().flatten().map(|s| s.component).collect();
        components.sort_unstable();
        let runs = components.chunk_by(|a, b| a == b);
        // The last of equal runs would win, so count backwards: the smallest number wins a draw.
        let Some(common) = runs.rev().max_by_key(|run| run.len()).map(|run| run[0]) else {
            return snaps;
        };
        let together = SnapOptions {
            component: ComponentRule::Only(common),
            ..options.clone()
        };
        for snap in &mut snaps {
            if let Ok(known) = snap
                && known.component != common
                && let Ok(better) = self.snap(known.place, &together)
            {
                *known = better;
            }
        }
        snaps
    }

    /// The roads within a radius, nearest first, each segment once. Lazy: taking few is cheap.
    pub fn roads_near(&self, place: LngLat, radius: Meters) -> impl Iterator<Item = Snap> + '_ {
        Nearby::new(self, place, radius)
    }
}

/// A street's name for comparison: lower case, letters and digits only, `strasse` and `straße` as `str`.
pub(crate) fn fold_street(name: &str) -> String {
    let lower = name.to_lowercase().replace('ß', "ss");
    let letters: String = lower.chars().filter(|c| c.is_alphanumeric()).collect();
    match letters.strip_suffix("strasse") {
        Some(stem) => format!("{stem}str"),
        None => letters,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streets_compare_without_case_hyphens_and_spelling_of_strasse() {
        for name in ["Lange Straße", "lange str.", "Lange-Strasse", "LANGE STRASSE"] {
            assert_eq!(fold_street(name), "langestr", "{name}");
        }
        assert_ne!(fold_street("Lange Gasse"), "langestr");
    }
}
