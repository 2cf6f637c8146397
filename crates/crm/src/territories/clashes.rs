//! Ground and codes that two territories of one line claim in the same way: told, with the place and with who has it, when
//! territories come in from a file and before a scenario is published.

use std::collections::{BTreeMap, BTreeSet};

use geo::InteriorPoint as _;
use geo_types::{MultiPolygon, Point};
use geom::LngLat;
use serde::Serialize;
use territory::{Area, Candidate, Cause, Extent, Overlap, TerritoryId, Value};
use utoipa::ToSchema;

use super::claims::BlockSystem;
use super::facts;
use super::layout::{Layout, Standing, candidate_number, line_number, number};

/// Ground that is shared by no more than this share of the smaller one is rounding along a border that was cut.
const SLIVER: f64 = 1e-6;
/// And so is less than this, in square metres.
const LEAST: f64 = 1.0;

/// One thing that two territories claim.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = TerritoryClash)]
pub(crate) struct Clash {
    /// Ids of the two, the one that has it first.
    pub territory_ids: [String; 2],
    pub territories: [String; 2],
    /// How both claim it: polygon, unit, reach.
    pub cause: &'static str,
    /// Blocks that share the ground, or the codes that both list; the first territory's first.
    pub codes: Vec<String>,
    /// A place in the ground; null where codes are compared with addresses.
    pub lng: Option<f64>,
    pub lat: Option<f64>,
    pub square_meters: Option<f64>,
    /// The same in words.
    pub text: String,
}

impl Clash {
    /// Of the same two, whoever has it.
    pub fn is_between(&self, other: &Self) -> bool {
        other
            .territory_ids
            .iter()
            .all(|id| self.territory_ids.contains(id))
    }
}

impl Layout {
    /// What territories that `concerns` picks share with any other of their line. A tree's own branches share nothing.
    pub fn clashes(&self, concerns: &dyn Fn(&str) -> bool) -> Vec<Clash> {
        let concerned: BTreeSet<TerritoryId> = self
            .territories
            .iter()
            .filter(|t| concerns(t.id()))
            .map(|t| number(t.id()))
            .collect();
        let mut found = self.index.overlaps_of(LEAST, &|t| concerned.contains(&t));
        found.retain(|o| !self.are_kin(o.territories.0, o.territories.1));
        let on_ground = found.into_iter().filter_map(|o| self.on_ground(&o));
        let mut clashes: Vec<Clash> = on_ground.collect();
        clashes.extend(self.in_codes(&concerned));
        clashes
    }

    fn on_ground(&self, overlap: &Overlap) -> Option<Clash> {
        let area = |at: usize| &self.index.areas()[at];
        let sizes = [overlap.areas.0, overlap.areas.1].map(|a| area(a).extent.square_meters().unwrap_or(0.0));
        if overlap.square_meters <= sizes[0].min(sizes[1]) * SLIVER {
            return None;
        }
        let (first, second) = (
            self.by_number(overlap.territories.0)?,
            self.by_number(overlap.territories.1)?,
        );
        let place = inside(&overlap.shape)?;
        let blocks = [area(overlap.areas.0), area(overlap.areas.1)].map(|a| block_at(a, place));
        let what = match &blocks {
            [Some(a), Some(b)] => format!(
                "Block {a} of {} and block {b} of {} overlap",
                first.name(),
                second.name()
            ),
            _ if overlap.cause == Cause::Reach => {
                format!("The reaches of {} and {} overlap", first.name(), second.name())
            }
            _ => format!("{} and {} overlap", first.name(), second.name()),
        };
        Some(Clash {
            text: format!(
                "{what} near {:.6}, {:.6} ({}): {} has it.",
                place.x(),
                place.y(),
                size(overlap.square_meters),
                first.name()
            ),
            territory_ids: [first.id().to_owned(), second.id().to_owned()],
            territories: [first.name().to_owned(), second.name().to_owned()],
            cause: super::planner::cause_word(overlap.cause),
            codes: blocks.into_iter().flatten().collect(),
            lng: Some(place.x()),
            lat: Some(place.y()),
            square_meters: Some(overlap.square_meters.round()),
        })
    }

    /// Postcodes that two list, where the map knows the ground of at most one of them.
    fn in_codes(&self, concerned: &BTreeSet<TerritoryId>) -> Vec<Clash> {
        type Claimants<'a> = Vec<(&'a Standing, bool)>;
        let mut by_code: BTreeMap<(Option<&str>, String), Claimants> = BTreeMap::new();
        for standing in &self.territories {
            for block in &standing.claims.blocks {
                if block.area.is_some() && block.system != BlockSystem::Postcode {
                    continue;
                }
                let listed = by_code
                    .entry((standing.line(), facts::code(&block.code)))
                    .or_default();
                if listed.iter().all(|(t, _)| t.id() != standing.id()) {
                    listed.push((standing, block.area.is_some()));
                }
            }
        }
        // (first, second) to the codes they share.
        let mut shared: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
        for ((line, code), listed) in &by_code {
            for (i, (a, a_ground)) in listed.iter().enumerate() {
                for (b, b_ground) in &listed[i + 1..] {
                    let both = [number(a.id()), number(b.id())];
                    let is_asked = both.iter().any(|t| concerned.contains(t));
                    if (*a_ground && *b_ground) || !is_asked || self.are_kin(both[0], both[1]) {
                        continue;
                    }
                    let has_it = self.who_has_code(*line, code, (a, b));
                    let pair = if has_it == b.id() {
                        (b.id(), a.id())
                    } else {
                        (a.id(), b.id())
                    };
                    shared.entry(pair).or_default().push(code.clone());
                }
            }
        }
        let clash = |((first, second), codes): ((&str, &str), Vec<String>)| {
            let (first, second) = (self.get(first)?, self.get(second)?);
            let listed: Vec<&str> = codes.iter().take(5).map(String::as_str).collect();
            let more = codes.len().saturating_sub(listed.len());
            let more = if more > 0 {
                format!(" and {more} more")
            } else {
                String::new()
            };
            Some(Clash {
                text: format!(
                    "{} and {} both list {}{more}: {} has it.",
                    first.name(),
                    second.name(),
                    listed.join(", "),
                    first.name()
                ),
                territory_ids: [first.id().to_owned(), second.id().to_owned()],
                territories: [first.name().to_owned(), second.name().to_owned()],
                cause: super::planner::cause_word(Cause::Unit),
                codes,
                lng: None,
                lat: None,
                square_meters: None,
            })
        };
        shared.into_iter().filter_map(clash).collect()
    }

    /// Which of two gets an address with this code and no place.
    fn who_has_code(&self, line: Option<&str>, code: &str, (a, b): (&Standing, &Standing)) -> String {
        let asked = Candidate {
            id: candidate_number(""),
            place: None,
            attributes: BTreeMap::from([("postal_code".to_owned(), Value::Text(code.to_owned()))]),
        };
        let decision = self.index.decide(&asked, line.map(line_number));
        let claims = decision.winner.iter().chain(&decision.competing);
        let mut ids = claims
            .filter_map(|c| self.by_number(c.territory))
            .map(Standing::id);
        let first = ids.find(|id| *id == a.id() || *id == b.id());
        first.unwrap_or(a.id()).to_owned()
    }
}

/// A place in the largest piece.
fn inside(ground: &MultiPolygon<f64>) -> Option<Point<f64>> {
    use geo::Area as _;
    let largest = ground
        .iter()
        .max_by(|a, b| a.unsigned_area().total_cmp(&b.unsigned_area()))?;
    largest.interior_point()
}

/// The code of the block a place lies in, of blocks.
fn block_at(area: &Area, place: Point<f64>) -> Option<String> {
    let Extent::Units(units) = &*area.extent else {
        return None;
    };
    let place = LngLat::new(place.x(), place.y()).ok()?;
    let unit = units.iter().find(|u| u.shape.contains(place));
    unit.map(|u| u.code.clone())
}

fn size(square_meters: f64) -> String {
    if square_meters >= 50_000.0 {
        format!("{:.1} km²", square_meters / 1e6)
    } else {
        format!("{square_meters:.0} m²")
    }
}
