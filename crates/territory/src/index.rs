//! Whose is this point? All areas in one index, and the order of claims.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use geom::LngLat;
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};
use serde::{Deserialize, Serialize};

use crate::{Area, Candidate, CandidateId, Cause, Extent, LineId, Shape, TerritoryId, Value};

/// A shape's place: which area, and which of its shapes.
type Entry = GeomWithData<Rectangle<[f64; 2]>, (u32, u32)>;

/// Areas, ready to be asked. Built once; [`TerritoryIndex::with`] makes another with one territory changed.
#[derive(Debug)]
pub struct TerritoryIndex {
    areas: Vec<Area>,
    square_meters: Vec<Option<f64>>,
    shapes: RTree<Entry>,
    /// Areas that claim without a shape, in order.
    shapeless: Vec<u32>,
    /// Lines in which a claim without a shape could reach a bare place and beat a shape.
    ruled: BTreeSet<Option<LineId>>,
}

/// A candidate, or a bare place.
#[derive(Clone, Copy)]
struct Asked<'a> {
    id: Option<CandidateId>,
    place: Option<LngLat>,
    attributes: &'a BTreeMap<String, Value>,
}

/// One territory's claim to a candidate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    /// Whose it is.
    pub territory: TerritoryId,
    /// The area's place in [`TerritoryIndex::areas`].
    pub area: usize,
    /// What kind of claim.
    pub cause: Cause,
    /// The block's code, where a block claims.
    pub unit: Option<String>,
    /// The area's priority.
    pub priority: i32,
    /// Area of the shapes that claim, where there are any.
    pub square_meters: Option<f64>,
    /// Metres to the territory's place, where the nearest wins.
    pub distance: Option<f64>,
    /// The point is exactly on an outer border that half-open areas leave to nobody.
    pub on_border: bool,
}

/// What told the winner from the next best claim of another territory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecidedBy {
    /// There was no other claim.
    OnlyClaim,
    /// The kind of claim.
    Cause,
    /// Of one kind: the larger priority.
    Priority,
    /// Of one priority: the nearer place.
    Distance,
    /// Of one priority: the smaller area.
    SmallerArea,
    /// Nothing else: the older territory.
    OlderTerritory,
}

/// Who has a candidate, why, and who else would.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// The claim that won, `None` if nobody has one.
    pub winner: Option<Claim>,
    /// What told it from the next; `None` if nobody won.
    pub decided_by: Option<DecidedBy>,
    /// The best claim of each other territory, strongest first.
    pub competing: Vec<Claim>,
    /// Territories that would have had a claim but exclude the candidate.
    pub excluded: Vec<TerritoryId>,
}

impl Decision {
    /// Who has it.
    #[must_use]
    pub fn territory(&self) -> Option<TerritoryId> {
        self.winner.as_ref().map(|claim| claim.territory)
    }

    /// Other territories' claims of the winner's own kind: where areas overlap.
    pub fn overlapping(&self) -> impl Iterator<Item = &Claim> {
        let cause = self.winner.as_ref().map(|winner| winner.cause);
        self.competing
            .iter()
            .filter(move |claim| Some(claim.cause) == cause)
    }
}

impl TerritoryIndex {
    /// Takes areas of any number of territories and lines.
    #[must_use]
    pub fn build(areas: Vec<Area>) -> Self {
        let mut entries = Vec::new();
        let mut shapeless = Vec::new();
        for (index, area) in areas.iter().enumerate() {
            let before = entries.len();
            for (part, shape) in area.extent.shapes().enumerate() {
                let b = shape.bbox();
                let rectangle = Rectangle::from_corners([b.west, b.south], [b.east, b.north]);
                entries.push(Entry::new(rectangle, (index as u32, part as u32)));
            }
            if entries.len() == before {
                shapeless.push(index as u32);
            }
        }
        Self {
            square_meters: areas.iter().map(|area| area.extent.square_meters()).collect(),
            shapes: RTree::bulk_load(entries),
            ruled: areas
                .iter()
                .filter(|a| matches!(*a.extent, Extent::Rule(_) | Extent::RuleWithin { .. }))
                .map(|a| a.line)
                .collect(),
            areas,
            shapeless,
        }
    }

    /// The same with all of a territory's areas replaced. Shapes that stay are shared, not copied.
    #[must_use]
    pub fn with(&self, territory: TerritoryId, areas: Vec<Area>) -> Self {
        let kept = self
            .areas
            .iter()
            .filter(|area| area.territory != territory)
            .cloned();
        Self::build(kept.chain(areas).collect())
    }

    /// The areas, in the order they came in.
    #[must_use]
    pub fn areas(&self) -> &[Area] {
        &self.areas
    }

    pub(crate) fn entries_near(&self, shape: &Shape) -> Vec<(u32, u32)> {
        let b = shape.bbox();
        let mut found: Vec<(u32, u32)> = self
            .shapes
            .locate_in_envelope_intersecting(AABB::from_corners([b.west, b.south], [b.east, b.north]))
            .map(|entry| entry.data)
            .collect();
        found.sort_unstable();
        found
    }

    pub(crate) fn shape(&self, (area, part): (u32, u32)) -> &Shape {
        match &*self.areas[area as usize].extent {
            Extent::Drawn(shape)
            | Extent::Reach(shape)
            | Extent::Cell(shape)
            | Extent::RuleWithin { shape, .. } => shape,
            Extent::Units(units) => &units[part as usize].shape,
            _ => unreachable!("only areas with shapes are entered into the tree"),
        }
    }

    /// Who has the candidate in a line, by the order of [`Cause`], then priority, then distance or smaller area, then older territory.
    #[must_use]
    pub fn decide(&self, candidate: &Candidate, line: Option<LineId>) -> Decision {
        self.decide_for(
            Asked {
                id: Some(candidate.id),
                place: candidate.place,
                attributes: &candidate.attributes,
            },
            line,
        )
    }

    fn decide_for(&self, asked: Asked, line: Option<LineId>) -> Decision {
        let mut claims = self.claims(asked, line, false);
        if claims.is_empty() {
            claims = self.claims(asked, line, true);
        }
        let excluding = asked.id.map(|id| self.excluding(id, line)).unwrap_or_default();
        let mut excluded: Vec<TerritoryId> = Vec::new();
        claims.retain(|claim| {
            let out = claim.cause != Cause::Named && excluding.contains(&claim.territory);
            if out && !excluded.contains(&claim.territory) {
                excluded.push(claim.territory);
            }
            !out
        });
        claims.sort_by(compare);
        // A territory that holds the candidate by name has not given it up.
        excluded.retain(|territory| claims.iter().all(|claim| claim.territory != *territory));
        excluded.sort_unstable();
        let mut seen = BTreeSet::new();
        claims.retain(|claim| seen.insert(claim.territory));
        let mut claims = claims.into_iter();
        let winner = claims.next();
        let competing: Vec<Claim> = claims.collect();
        let decided_by = winner.as_ref().map(|w| {
            competing
                .first()
                .map_or(DecidedBy::OnlyClaim, |next| told_by(w, next))
        });
        Decision {
            winner,
            decided_by,
            competing,
            excluded,
        }
    }

    /// Some claim of the line asks for more than a place: rules, or codes that candidates carry.
    #[must_use]
    pub fn reads_attributes(&self, line: Option<LineId>) -> bool {
        let codes = |a: &u32| {
            let area = &self.areas[*a as usize];
            area.line == line && matches!(*area.extent, Extent::Codes { .. })
        };
        self.ruled.contains(&line) || self.shapeless.iter().any(codes)
    }

    /// Who has a bare place in a line: what [`TerritoryIndex::decide`] says of a candidate that is on no list and has no attributes,
    /// without the reasons and much faster.
    #[must_use]
    pub fn owner_at(&self, place: LngLat, line: Option<LineId>) -> Option<TerritoryId> {
        let p = [place.lng(), place.lat()];
        let mut best: Option<u32> = None;
        for entry in self.shapes.locate_all_at_point(p) {
            let area = entry.data.0;
            // Two pieces of one area, or an area that could not win anyway, need not be looked at.
            if self.areas[area as usize].line == line
                && best.is_none_or(|b| self.beats(area, b))
                && self.shape(entry.data).contains(place)
            {
                best = Some(area);
            }
        }
        match best {
            // A rule that everybody meets is stronger than a shape.
            Some(area) if !self.ruled.contains(&line) => Some(self.areas[area as usize].territory),
            _ => self
                .decide_for(
                    Asked {
                        id: None,
                        place: Some(place),
                        attributes: &BTreeMap::new(),
                    },
                    line,
                )
                .territory(),
        }
    }

    pub(crate) fn beats(&self, a: u32, b: u32) -> bool {
        let key = |i: u32| {
            let area = &self.areas[i as usize];
            (area.extent.cause(), std::cmp::Reverse(area.priority))
        };
        let size = |i: u32| self.square_meters[i as usize].unwrap_or(0.0);
        key(a)
            .cmp(&key(b))
            .then_with(|| size(a).total_cmp(&size(b)))
            .then_with(|| {
                self.areas[a as usize]
                    .territory
                    .cmp(&self.areas[b as usize].territory)
            })
            .then_with(|| a.cmp(&b))
            == Ordering::Less
    }

    fn excluding(&self, id: CandidateId, line: Option<LineId>) -> BTreeSet<TerritoryId> {
        let areas = self.shapeless.iter().map(|&a| &self.areas[a as usize]);
        areas
            .filter(|area| {
                area.line == line && matches!(&*area.extent, Extent::Excluded(ids) if ids.contains(&id))
            })
            .map(|area| area.territory)
            .collect()
    }

    /// Every claim; with `border`, shapes claim what is exactly on their border too.
    fn claims(&self, asked: Asked, line: Option<LineId>, border: bool) -> Vec<Claim> {
        let mut claims = Vec::new();
        for &index in &self.shapeless {
            let area = &self.areas[index as usize];
            if area.line != line {
                continue;
            }
            let mut code = None;
            let (holds, distance) = match &*area.extent {
                Extent::Named(ids) | Extent::Required(ids) => {
                    (asked.id.is_some_and(|id| ids.contains(&id)), None)
                }
                Extent::Rule(rule) => (rule.holds(asked.attributes), None),
                Extent::Codes { attribute, codes } => {
                    code = match asked.attributes.get(attribute) {
                        Some(Value::Text(text)) if codes.contains(text) => Some(text.clone()),
                        _ => None,
                    };
                    (code.is_some(), None)
                }
                Extent::Nearest { from, within } => match asked.place {
                    Some(place) => {
                        let distance = from.distance(place);
                        (within.is_none_or(|w| distance <= w), Some(distance.0))
                    }
                    None => (false, None),
                },
                _ => (false, None),
            };
            if holds {
                claims.extend(self.claim(index, code, distance, false));
            }
        }
        if let Some(place) = asked.place {
            let mut entries: Vec<(u32, u32)> = self
                .shapes
                .locate_all_at_point([place.lng(), place.lat()])
                .map(|entry| entry.data)
                .collect();
            entries.sort_unstable();
            for entry in entries {
                let shape = self.shape(entry);
                if self.areas[entry.0 as usize].line == line
                    && (shape.contains(place) || (border && shape.on_border(place)))
                    && self.is_met(entry.0, asked.attributes)
                {
                    let unit = match &*self.areas[entry.0 as usize].extent {
                        Extent::Units(units) => Some(units[entry.1 as usize].code.clone()),
                        _ => None,
                    };
                    claims.extend(self.claim(entry.0, unit, None, border));
                }
            }
        }
        claims
    }

    /// The area asks nothing of a candidate but to be there, or what it asks is true.
    fn is_met(&self, area: u32, attributes: &BTreeMap<String, Value>) -> bool {
        match &*self.areas[area as usize].extent {
            Extent::RuleWithin { rule, .. } => rule.holds(attributes),
            _ => true,
        }
    }

    fn claim(
        &self,
        index: u32,
        unit: Option<String>,
        distance: Option<f64>,
        on_border: bool,
    ) -> Option<Claim> {
        let area = &self.areas[index as usize];
        Some(Claim {
            territory: area.territory,
            area: index as usize,
            cause: area.extent.cause()?,
            unit,
            priority: area.priority,
            square_meters: self.square_meters[index as usize],
            distance,
            on_border,
        })
    }
}

/// Stronger claims first.
fn compare(a: &Claim, b: &Claim) -> Ordering {
    (a.cause, std::cmp::Reverse(a.priority))
        .cmp(&(b.cause, std::cmp::Reverse(b.priority)))
        .then_with(|| a.distance.unwrap_or(0.0).total_cmp(&b.distance.unwrap_or(0.0)))
        .then_with(|| {
            a.square_meters
                .unwrap_or(0.0)
                .total_cmp(&b.square_meters.unwrap_or(0.0))
        })
        .then_with(|| (a.territory, a.area).cmp(&(b.territory, b.area)))
}

fn told_by(winner: &Claim, next: &Claim) -> DecidedBy {
    if winner.cause != next.cause {
        DecidedBy::Cause
    } else if winner.priority != next.priority {
        DecidedBy::Priority
    } else if winner.distance != next.distance {
        DecidedBy::Distance
    } else if winner.square_meters != next.square_meters {
        DecidedBy::SmallerArea
    } else {
        DecidedBy::OlderTerritory
    }
}
