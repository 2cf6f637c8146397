//! Putting a place on a road: the choice among those near it.

use geom::{LngLat, Meters};

use crate::index::{ComponentId, RoadIndex};
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
}

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
    /// Puts a place on the best road within reach.
    pub fn snap(&self, place: LngLat, options: &SnapOptions) -> Result<Snap, SnapError> {
        let street = options.street.as_deref().map(fold_street);
        let bonus = if street.is_some() {
            options.street_detour.0.max(0.0)
        } else {
            0.0
        };
        let matches = |segment: usize| match (&street, self.road_of(segment).name) {
            (Some(street), Some(name)) => fold_street(name) == *street,
            _ => false,
        };
        let found = best(self, place, options.radius, bonus, |segment, meters| {
            let detour = match options.component {
                ComponentRule::Any => 0.0,
                ComponentRule::PreferLarge { detour } => match self.components_of(segment).next() {
                    Some(component) if !self.is_large(component) => detour.0.max(0.0),
                    _ => 0.0,
                },
                ComponentRule::Only(wanted) => {
                    self.components_of(segment).find(|c| *c == wanted)?;
                    0.0
                }
            };
            let bonus = if matches(segment) { bonus } else { 0.0 };
            Some(meters + detour - bonus)
        });
        if let Some(mut snap) = found {
            snap.street_matches = matches(snap.segment as usize);
            if let ComponentRule::Only(wanted) = options.component {
                snap.component = wanted;
                snap.on_large_component = self.is_large(wanted);
            }
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
fn fold_street(name: &str) -> String {
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
