//! Some territories and their customers as a problem for the designer; and its answer as new areas.

use std::collections::{BTreeMap, HashMap};

use geo_types::MultiPolygon;
use geom::LngLat;
use points::{Filter, Shape};
use territory::design::{Borders, Demands, Lock, Measure, Plan, Problem as Design, Seat};

use super::draft::{Draft, area_of, ground_of};
use super::effect::{Areas, Effect, Patch, Transfer};
use super::ground::{self, Ground};
use crate::live::{State, id_text, index_problem};
use crate::problem::Problem;
use crate::territories::{Facts, Layout, Standing, Sums};

/// A customer's place in a ring.
#[derive(Clone, Debug)]
pub(super) struct Unit {
    pub location: String,
    pub place: Option<LngLat>,
    /// What rules look at.
    pub facts: Facts,
    /// Who has it, by the place in [`Ring::seats`].
    pub seat: u32,
    /// Held by name: it stays where it is.
    pub named: bool,
    pub sums: Sums,
    pub visits: f64,
}

/// Territories that share out their customers among themselves.
#[derive(Clone, Debug)]
pub(super) struct Ring {
    pub seats: Vec<Standing>,
    pub units: Vec<Unit>,
    pub line: Option<String>,
}

/// What can be balanced.
pub(super) const MEASURES: [&str; 6] = [
    "hours",
    "visit_hours",
    "accounts",
    "places",
    "revenue",
    "pipeline",
];

impl Ring {
    /// Everybody whom these territories have in a layout.
    pub fn of(
        layout: &Layout,
        seats: Vec<Standing>,
        state: &State,
        filter: &Filter,
    ) -> Result<Self, Problem> {
        let line = seats.first().and_then(|t| t.line()).map(str::to_owned);
        let positions: HashMap<&str, u32> = (0..).zip(&seats).map(|(i, t)| (t.id(), i)).collect();
        let view = state.index.view(filter).map_err(index_problem)?;
        let mut units = Vec::new();
        let rules = layout.reads_facts();
        for row in view.rows_in(&Shape::everywhere()) {
            let location = id_text(row.id());
            let facts = Facts::of_row(&row, rules);
            let owner = layout.owner_of(&location, &facts, line.as_deref());
            let owner = owner.and_then(|o| layout.by_number(o));
            let Some(&seat) = owner.and_then(|o| positions.get(o.id())) else {
                continue;
            };
            let visits = row.amount("visits_10_years").unwrap_or(0);
            units.push(Unit {
                named: owner.is_some_and(|o| o.named.contains(&location)),
                place: row.place(),
                facts,
                seat,
                sums: Sums::of(&row),
                visits: visits.max(0) as f64,
                location,
            });
        }
        Ok(Self { seats, units, line })
    }

    /// The values of a measure, unit by unit: hours a week, counts, minor units.
    pub fn values(&self, measure: &str) -> Vec<f64> {
        let totals: Vec<_> = self.units.iter().map(|u| u.sums.totals_exact()).collect();
        match measure {
            "visit_hours" => totals.iter().map(|t| t.visit_hours).collect(),
            "accounts" => totals.iter().map(|t| t.accounts).collect(),
            "places" => vec![1.0; self.units.len()],
            "revenue" => totals.iter().map(|t| t.revenue.max(0.0)).collect(),
            "pipeline" => totals.iter().map(|t| t.pipeline.max(0.0)).collect(),
            // Driving belongs to no single customer: all of it is shared out by visits.
            _ => {
                let mut tallies = vec![Sums::default(); self.seats.len()];
                for unit in &self.units {
                    tallies[unit.seat as usize] += unit.sums;
                }
                let drive: f64 = tallies.iter().map(|s| s.totals().drive_hours_estimate).sum();
                let visits: f64 = self.units.iter().map(|u| u.visits).sum();
                let each = if visits > 0.0 { drive / visits } else { 0.0 };
                let hours = |(t, u): (&crate::territories::Exact, &Unit)| t.visit_hours + each * u.visits;
                totals.iter().zip(&self.units).map(hours).collect()
            }
        }
    }

    /// As the designer takes it. What is held by name stays, except of `leaver`.
    pub fn problem(&self, measures: Vec<Measure>, leaver: Option<u32>, more_seats: usize) -> Design {
        let mut demands = Demands::default();
        for (i, unit) in (0..).zip(&self.units) {
            if Some(unit.seat) == leaver {
                if unit.place.is_none() {
                    demands.excluded.push(i);
                }
            } else if unit.named || unit.place.is_none() {
                demands.locks.push(Lock {
                    unit: i,
                    seat: unit.seat,
                });
            }
        }
        Design {
            places: self.units.iter().map(|u| u.place).collect(),
            measures,
            seats: vec![Seat::default(); self.seats.len() + more_seats],
            current: self.units.iter().map(|u| Some(u.seat)).collect(),
            demands,
            neighbours: None,
        }
    }

    /// The ground of all together.
    pub fn ground(&self) -> MultiPolygon {
        let mut all = MultiPolygon::new(Vec::new());
        for seat in &self.seats {
            all = ground::together(&all, &ground_of(seat));
        }
        all
    }

    /// Shapes around a plan's customers, by seat, inside the ring's own ground.
    pub fn shapes(&self, problem: &Design, plan: &Plan) -> BTreeMap<u32, MultiPolygon> {
        let ring = self.ground();
        let borders = Borders::around(problem, plan).simplified();
        let inside = |(seat, shape): (u32, MultiPolygon)| (seat, ground::shared(&shape, &ring));
        borders.shapes().into_iter().map(inside).collect()
    }

    /// The areas of a plan: each has the shape around its customers, and keeps of its old ground what no shape covers.
    pub fn areas(&self, problem: &Design, plan: &Plan) -> Result<Vec<Patch>, Problem> {
        let shapes = self.shapes(problem, plan);
        let mut covered = MultiPolygon::new(Vec::new());
        for shape in shapes.values() {
            covered = ground::together(&covered, shape);
        }
        let nothing = MultiPolygon::new(Vec::new());
        (0..)
            .zip(&self.seats)
            .map(|(i, standing)| {
                let rest = ground::without(&ground_of(standing), &covered);
                patch(
                    standing,
                    ground::together(shapes.get(&i).unwrap_or(&nothing), &rest),
                )
            })
            .collect()
    }

    /// What makes a draft have these units where the plan has them, where areas alone do not.
    pub fn corrections(
        &self,
        draft: &Draft,
        effects: &[Effect],
        wanted: &[Option<String>],
    ) -> Result<Vec<Effect>, Problem> {
        let mut draft = draft.clone();
        for effect in effects {
            draft.apply(effect)?;
        }
        let layout = draft.layout();
        let mut taken: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (unit, wanted) in self.units.iter().zip(wanted) {
            let Some(wanted) = wanted else { continue };
            let owner = layout.owner_of(&unit.location, &unit.facts, self.line.as_deref());
            let owner = owner.and_then(|o| layout.by_number(o)).map(Standing::id);
            if owner != Some(wanted.as_str()) {
                taken.entry(wanted).or_default().push(unit.location.clone());
            }
        }
        let transfer = |(to, take): (&str, Vec<String>)| {
            Effect::Transfer(Transfer {
                to: Some(to.to_owned()),
                line: self.line.clone(),
                take,
                ..Transfer::default()
            })
        };
        Ok(taken.into_iter().map(transfer).collect())
    }
}

/// Another area for a territory.
pub(super) fn patch(standing: &Standing, area: MultiPolygon) -> Result<Patch, Problem> {
    let old = ground_of(standing);
    let new = Ground::tidy(area)?;
    let polygons = new.as_ref().map(|g| g.shape.polygons().clone());
    let polygons = polygons.unwrap_or_else(|| MultiPolygon::new(Vec::new()));
    let part = |polygons| -> Result<_, Problem> { Ok(Ground::tidy(polygons)?.map(|g| g.geometry)) };
    Ok(Patch {
        territory_id: standing.id().to_owned(),
        before: ground::mark(area_of(standing)),
        gained: part(ground::without(&polygons, &old))?,
        lost: part(ground::without(&old, &polygons))?,
        geometry: new.map(|g| g.geometry),
    })
}

/// New areas that only share out what there is.
pub(super) fn within(patches: Vec<Patch>) -> Effect {
    Effect::Areas(Areas {
        patches,
        cut: false,
        within: true,
    })
}
