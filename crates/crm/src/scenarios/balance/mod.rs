//! Balancing some territories: a search as a job, the best so far while it goes on, kept as one operation.

mod store;
mod work;

pub(super) use store::{Stored, delete, find, insert, list, set_job, set_state};
pub(crate) use work::job;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use territory::design::{DesignError, Home, Measure, Price, Problem as Design, Range, Settings};
use utoipa::ToSchema;

use super::effect::Effect;
use super::prepare::{Bench, Prepared};
use super::ring::{MEASURES, Ring};
use crate::problem::Problem;

/// Territories of one ring.
const MOST: usize = 200;
/// Share of the workload that moves at most unless said.
const MOVES: f64 = 0.2;

/// What is to be balanced.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub(crate) struct Question {
    /// The ring, 2..=200.
    pub territory_ids: Vec<String>,
    /// The first is balanced; of the others each may have a tolerance or bounds. Hours, or places where nobody has a
    /// rhythm of visits, unless said.
    pub measures: Vec<Balanced>,
    /// Bounds for all or for one of them.
    pub ranges: Vec<Bound>,
    /// At most this share of the workload moves, 0..=1; 0.2 unless said. By drive time there is no limit.
    pub keep_share: Option<f64>,
    /// `line` (unless said): as the crow flies; `drive`: by time on the roads.
    pub by: Option<String>,
    /// Places that stay where they are.
    pub locks: Vec<String>,
    /// How much of the workload a territory is to get compared with others; 1 unless said.
    pub capacities: BTreeMap<String, f64>,
    pub seed: Option<u64>,
}

/// A measure of a balance.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub(crate) struct Balanced {
    /// hours, visit_hours, accounts, places, revenue, pipeline
    pub measure: String,
    /// By how much a territory may differ from its fair share, as a share of it; found unless said.
    pub tolerance: Option<f64>,
    /// Of every territory, in the measure's own unit: hours a week, minor units.
    pub low: Option<f64>,
    pub high: Option<f64>,
}

/// Bounds of what a territory holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub(crate) struct Bound {
    pub measure: String,
    /// Null: every territory of the ring.
    pub territory_id: Option<String>,
    pub low: Option<f64>,
    pub high: Option<f64>,
}

/// A range that can be met.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub(crate) struct Relax {
    pub measure: String,
    pub territory_id: Option<String>,
    pub low: f64,
    pub high: f64,
}

/// A territory before and after a balance.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = BalanceRow)]
pub(crate) struct Row {
    pub territory_id: String,
    pub name: String,
    /// By measure.
    pub before: BTreeMap<String, f64>,
    pub after: BTreeMap<String, f64>,
    /// What it was to hold of the first measure.
    pub target: f64,
}

/// A limit that is not met.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub(crate) struct Missed {
    pub measure: String,
    pub territory_id: String,
    pub load: f64,
    pub low: f64,
    pub high: f64,
}

/// An area of a territory.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub(crate) struct Ground {
    pub territory_id: String,
    /// GeoJSON MultiPolygon; null: none.
    #[schema(value_type = Option<Object>)]
    pub geometry: Value,
}

/// The best so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub(crate) struct Found {
    /// Largest difference from the fair share, as a share of it.
    pub imbalance_before: f64,
    pub imbalance: f64,
    /// Share of the workload that moves.
    pub moved_share: f64,
    pub moved_places: usize,
    /// Mean distance to the middle (root mean square, by workload), km.
    pub distance_km: f64,
    pub rows: Vec<Row>,
    pub unmet: Vec<Missed>,
    pub geometry: Vec<Ground>,
    /// Place and its new territory, for those that move.
    #[schema(value_type = Vec<Object>)]
    pub places: Vec<(String, String)>,
    /// What keeping it does.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Object>)]
    pub(super) effects: Vec<Effect>,
}

/// What a search tells.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Body {
    pub message: Option<String>,
    pub relax: Option<Relax>,
    /// Milliseconds of search, imbalance, share that moves: each time it got better.
    pub curve: Vec<[f64; 3]>,
    pub result: Option<Found>,
}

/// A question that can be answered.
pub(super) struct Asked {
    pub ring: Ring,
    pub problem: Design,
    pub settings: Settings,
    pub by_drive: bool,
}

impl Question {
    /// Looks it over against a scenario.
    pub(super) async fn checked(&self, bench: &Bench<'_>) -> Result<Asked, Problem> {
        if !(2..=MOST).contains(&self.territory_ids.len()) {
            return Err(Problem::bad(
                "/territory_ids",
                "out-of-range",
                format!(
                    "Balance 2 to {MOST} territories at once; this names {}.",
                    self.territory_ids.len()
                ),
            ));
        }
        let drives = self.by.as_deref() == Some("drive");
        if drives && self.keep_share.is_some_and(|keep| keep < 1.0) {
            return Err(Problem::bad(
                "/keep_share",
                "not-offered",
                "By drive time a limit on what moves cannot be kept. Leave it out, or balance by straight line.",
            ));
        }
        let mut seats = Vec::new();
        let mut seen = BTreeSet::new();
        for (i, id) in self.territory_ids.iter().enumerate() {
            let pointer = format!("/territory_ids/{i}");
            let standing = bench.unlocked(bench.territory(id, &pointer).await?)?;
            if !seen.insert(id) {
                return Err(Problem::bad(
                    &pointer,
                    "twice",
                    format!("{} is named twice.", standing.name()),
                ));
            }
            seats.push(standing.clone());
        }
        if seats.iter().any(|t| t.line() != seats[0].line()) {
            return Err(Problem::bad(
                "/territory_ids",
                "several-lines",
                "Territories of different product lines do not share out their customers.",
            ));
        }
        let by_drive = match self.by.as_deref() {
            None | Some("line" | "") => false,
            Some("drive") => true,
            Some(other) => {
                let words = format!("{other:?} is neither line nor drive.");
                return Err(Problem::bad("/by", "not-a-choice", words));
            }
        };
        let ring = bench.ring(seats).await?;
        let (measures, ranges) = self.demands(&ring)?;
        let mut problem = ring.problem(measures, None, 0);
        problem.demands.ranges = ranges;
        let locks: BTreeSet<&String> = self.locks.iter().collect();
        for (i, unit) in (0..).zip(&ring.units) {
            if locks.contains(&unit.location) && !unit.named && unit.place.is_some() {
                let lock = territory::design::Lock {
                    unit: i,
                    seat: unit.seat,
                };
                problem.demands.locks.push(lock);
            }
        }
        for (seat, standing) in problem.seats.iter_mut().zip(&ring.seats) {
            seat.home = Home::Free;
            if let Some(capacity) = self.capacities.get(standing.id()) {
                seat.capacity = *capacity;
            }
        }
        let keep = self.keep_share.unwrap_or(if drives { 1.0 } else { MOVES });
        if !(0.0..=1.0).contains(&keep) {
            return Err(Problem::bad(
                "/keep_share",
                "out-of-range",
                "A share lies between 0 and 1.",
            ));
        }
        let settings = Settings {
            seed: self.seed.unwrap_or(1),
            tolerance: self.measures.first().and_then(|m| m.tolerance),
            price: if keep >= 1.0 {
                Price::Of(0.0)
            } else {
                Price::AtMost(keep)
            },
            ..Settings::default()
        };
        Ok(Asked {
            ring,
            problem,
            settings,
            by_drive,
        })
    }

    fn demands(&self, ring: &Ring) -> Result<(Vec<Measure>, Vec<Range>), Problem> {
        let today = ring.today();
        let mut asked = self.measures.clone();
        if asked.is_empty() {
            let some = ring.values("hours", &today).iter().sum::<f64>() > 0.0;
            let measure = if some { "hours" } else { "places" };
            asked.push(Balanced {
                measure: measure.to_owned(),
                ..Balanced::default()
            });
        }
        let mut measures: Vec<Measure> = Vec::new();
        let mut ranges: Vec<Range> = Vec::new();
        for (i, one) in asked.iter().enumerate() {
            known(&one.measure, &format!("/measures/{i}/measure"))?;
            if measures.iter().any(|m| m.name == one.measure) {
                let words = format!("{} is named twice.", one.measure);
                return Err(Problem::bad(&format!("/measures/{i}"), "twice", words));
            }
            if one.low.is_some() || one.high.is_some() {
                ranges.push(Range {
                    measure: measures.len(),
                    seat: None,
                    low: one.low.unwrap_or(0.0),
                    high: one.high.unwrap_or(f64::MAX),
                });
            }
            measures.push(Measure {
                name: one.measure.clone(),
                values: ring.values(&one.measure, &today),
                tolerance: one.tolerance,
            });
        }
        for (i, bound) in self.ranges.iter().enumerate() {
            known(&bound.measure, &format!("/ranges/{i}/measure"))?;
            let seat = match &bound.territory_id {
                None => None,
                Some(id) => {
                    let position = ring.seats.iter().position(|t| t.id() == id);
                    let words = "The territory of a range has to be in the ring.";
                    let missing = || Problem::bad(&format!("/ranges/{i}/territory_id"), "not-in-ring", words);
                    Some(u32::try_from(position.ok_or_else(missing)?).map_err(Problem::unexpected)?)
                }
            };
            let measure = match measures.iter().position(|m| m.name == bound.measure) {
                Some(position) => position,
                None => {
                    measures.push(Measure {
                        name: bound.measure.clone(),
                        values: ring.values(&bound.measure, &today),
                        tolerance: None,
                    });
                    measures.len() - 1
                }
            };
            ranges.push(Range {
                measure,
                seat,
                low: bound.low.unwrap_or(0.0),
                high: bound.high.unwrap_or(f64::MAX),
            });
        }
        Ok((measures, ranges))
    }
}

fn known(measure: &str, pointer: &str) -> Result<(), Problem> {
    if MEASURES.contains(&measure) {
        return Ok(());
    }
    let words = format!("{measure:?} is no measure: {}.", MEASURES.join(", "));
    Err(Problem::bad(pointer, "not-a-choice", words))
}

/// A range that could be met, where one for every territory cannot be for the sum of all.
pub(super) fn relaxed(problem: &Design, error: &DesignError) -> Option<Relax> {
    if !matches!(error, DesignError::Impossible { .. }) {
        return None;
    }
    let seats = problem.seats.len() as f64;
    problem
        .demands
        .ranges
        .iter()
        .filter(|r| r.seat.is_none())
        .find_map(|range| {
            let measure = &problem.measures[range.measure];
            let fair = measure.values.iter().sum::<f64>() / seats;
            let (low, high) = (range.low.min(fair * 0.95), range.high.max(fair * 1.05));
            (low < range.low || high > range.high).then(|| Relax {
                measure: measure.name.clone(),
                territory_id: None,
                low,
                high,
            })
        })
}

/// A balance that was found, as a change of the scenario it was found for.
pub(super) async fn kept(bench: &Bench<'_>, id: &str) -> Result<Prepared, Problem> {
    let stored = find(bench.app.store.db(), id).await?;
    if stored.scenario_id != bench.branch.id() {
        return Err(Problem::not_found(format!("Balance {id}")));
    }
    if stored.basis != bench.branch.basis() {
        return Err(Problem::conflict(
            "stale",
            "The scenario was changed since this balance was found. Balance again.",
        ));
    }
    let found = stored
        .body()?
        .result
        .ok_or_else(|| Problem::conflict("not-ready", "Nothing was found yet that could be kept."))?;
    let names: Vec<&str> = found.rows.iter().map(|r| r.name.as_str()).take(6).collect();
    let more = if found.rows.len() > names.len() {
        " …"
    } else {
        ""
    };
    Ok(Prepared {
        effects: found.effects,
        title: Some(format!("Balance {}{more}", names.join(", "))),
        ..Prepared::default()
    })
}
