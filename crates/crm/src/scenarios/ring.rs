//! Some territories and their customers as a problem for the designer; and its answer as new areas.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use geo_types::{MultiPolygon, Polygon};
use geom::LngLat;
use points::{Filter, Shape};
use territory::design::{Borders, Demands, Lock, Measure, Plan, Problem as Design, Seat};

use super::draft::{Draft, area_of, ground_of};
use super::driven::{ESTIMATE, Road};
use super::effect::{Areas, Effect, Patch, Transfer};
use super::figures::Measures;
use super::ground::{self, Ground};
use super::outcome::Tally;
use super::sharing::Sharing;
use crate::live::{State, id_text, index_problem};
use crate::problem::Problem;
use crate::territories::{Facts, Known, Layout, Standing, Sums};

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
    /// How the hours on the road of each seat are known.
    pub roads: Vec<Road>,
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
        known: &Known,
    ) -> Result<Self, Problem> {
        let line = seats.first().and_then(|t| t.line()).map(str::to_owned);
        let positions: HashMap<&str, u32> = (0..).zip(&seats).map(|(i, t)| (t.id(), i)).collect();
        let view = state.index.view(filter).map_err(index_problem)?;
        let mut units = Vec::new();
        for row in view.rows_in(&Shape::everywhere()) {
            let location = id_text(row.id());
            let facts = known.of(&location, row.place()).into_owned();
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
        Ok(Self {
            roads: vec![ESTIMATE; seats.len()],
            seats,
            units,
            line,
        })
    }

    /// The values of a measure, unit by unit: hours a week, counts, minor units. Driving belongs to no single customer:
    /// a territory's is shared out by visits, as it is where `assignment` puts them.
    pub fn values(&self, measure: &str, assignment: &[Option<u32>]) -> Vec<f64> {
        let mut values = self.values_alone(measure);
        if measure == "hours" {
            let mut visits = vec![0.0; self.seats.len()];
            for (unit, seat) in self.units.iter().zip(assignment) {
                if let Some(seat) = seat {
                    visits[*seat as usize] += unit.visits;
                }
            }
            let road = self.road_hours(assignment);
            let each = |seat: u32| match visits[seat as usize] {
                0.0 => 0.0,
                visits => road[seat as usize] / visits,
            };
            for ((value, unit), seat) in values.iter_mut().zip(&self.units).zip(assignment) {
                *value += seat.map_or(0.0, each) * unit.visits;
            }
        }
        values
    }

    /// What each customer has alone; of hours those of visits.
    fn values_alone(&self, measure: &str) -> Vec<f64> {
        let of = |unit: &Unit| {
            let totals = unit.sums.totals_exact();
            match measure {
                "accounts" => totals.accounts,
                "places" => 1.0,
                "revenue" => totals.revenue.max(0.0),
                "pipeline" => totals.pipeline.max(0.0),
                _ => totals.visit_hours,
            }
        };
        self.units.iter().map(of).collect()
    }

    /// What each seat holds of a measure.
    pub fn loads(&self, measure: &str, assignment: &[Option<u32>]) -> Vec<f64> {
        let mut loads = vec![0.0; self.seats.len()];
        for (value, seat) in self.values_alone(measure).iter().zip(assignment) {
            if let Some(seat) = seat {
                loads[*seat as usize] += value;
            }
        }
        if measure == "hours" {
            let road = self.road_hours(assignment);
            loads.iter_mut().zip(road).for_each(|(load, road)| *load += road);
        }
        loads
    }

    /// The same rounded as it is shown elsewhere too.
    pub fn shown(&self, measure: &str, assignment: &[Option<u32>]) -> Vec<f64> {
        let tallies = self.tallies(assignment);
        let roads = self.roads_of(assignment);
        let shown = |(sums, road): (&Sums, &Road)| {
            let tally = Tally {
                sums: *sums,
                deals: 0,
            };
            let measures = Measures::of(&tally, *road);
            match measure {
                "visit_hours" => measures.visit_hours,
                "accounts" => measures.accounts as f64,
                "places" => measures.places as f64,
                "revenue" => measures.revenue as f64,
                "pipeline" => measures.pipeline as f64,
                _ => measures.hours,
            }
        };
        tallies.iter().zip(&roads).map(shown).collect()
    }

    /// Where everybody is today.
    pub fn today(&self) -> Vec<Option<u32>> {
        self.units.iter().map(|u| Some(u.seat)).collect()
    }

    fn tallies(&self, assignment: &[Option<u32>]) -> Vec<Sums> {
        let mut tallies = vec![Sums::default(); self.seats.len()];
        for (unit, seat) in self.units.iter().zip(assignment) {
            if let Some(seat) = seat {
                tallies[*seat as usize] += unit.sums;
            }
        }
        tallies
    }

    /// A plan for the road holds as long as a seat keeps its customers.
    fn roads_of(&self, assignment: &[Option<u32>]) -> Vec<Road> {
        let mut roads = self.roads.clone();
        for (unit, seat) in self.units.iter().zip(assignment) {
            if *seat != Some(unit.seat) {
                for seat in [Some(unit.seat), *seat].into_iter().flatten() {
                    roads[seat as usize] = roads[seat as usize].changed();
                }
            }
        }
        roads
    }

    fn road_hours(&self, assignment: &[Option<u32>]) -> Vec<f64> {
        let tallies = self.tallies(assignment);
        let roads = self.roads_of(assignment);
        roads
            .iter()
            .zip(&tallies)
            .map(|(road, sums)| road.hours(sums))
            .collect()
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

    /// The ground of all together, however they claim it.
    pub fn ground(&self) -> MultiPolygon {
        let grounds = self.seats.iter().flat_map(claimed);
        ground::all_together(grounds.collect())
    }

    /// Shapes around a plan's customers, by seat, inside the ring's own ground.
    pub fn shapes(&self, problem: &Design, plan: &Plan) -> BTreeMap<u32, MultiPolygon> {
        let ring = self.ground();
        let borders = Borders::around(problem, plan).simplified();
        let inside = |(seat, shape): (u32, MultiPolygon)| (seat, ground::shared(&shape, &ring));
        borders.shapes().into_iter().map(inside).collect()
    }

    /// Where each seat has customers in a plan. Those who are held by name, and those who lie apart from the rest, among others' customers, and will
    /// be, make no ground theirs, unless the seat has nobody else.
    pub fn customers(&self, plan: &Plan) -> Vec<Vec<LngLat>> {
        let apart: BTreeSet<u32> = plan.exceptions.iter().copied().collect();
        let of = |seat: u32, all: bool| -> Vec<LngLat> {
            let units = (0..).zip(self.units.iter().zip(&plan.assignment));
            units
                .filter(|(i, (unit, s))| {
                    **s == Some(seat) && (all || !(is_named(unit, seat) || apart.contains(i)))
                })
                .filter_map(|(_, (unit, _))| unit.place)
                .collect()
        };
        let seats = 0..plan.centres.len() as u32;
        seats
            .map(|seat| {
                Some(of(seat, false))
                    .filter(|c| !c.is_empty())
                    .unwrap_or_else(|| of(seat, true))
            })
            .collect()
    }

    /// In a plan, a seat has nobody but whom it holds by name.
    fn has_only_names(&self, seat: u32, plan: &Plan) -> bool {
        let mut units = self.units.iter().zip(&plan.assignment);
        units.all(|(unit, s)| *s != Some(seat) || is_named(unit, seat))
    }

    /// The areas of a plan: each territory has the shape around its customers, and what no shape covers goes to
    /// neighbours. None where the ring has no ground.
    pub fn areas(&self, problem: &Design, plan: &Plan) -> Result<Vec<Patch>, Problem> {
        let shapes = self.shapes(problem, plan);
        let customers = self.customers(plan);
        let nothing = MultiPolygon::new(Vec::new());
        let shape_of = |seat: u32| shapes.get(&seat).unwrap_or(&nothing);
        let grounds: Vec<MultiPolygon> = self.seats.iter().map(claimed).collect();
        if grounds.iter().all(|g| g.0.is_empty()) {
            return Ok(Vec::new());
        }
        // Whose customers all lie outside the ring's ground keeps what ground it has.
        let kept: Vec<Polygon> = (0..)
            .zip(&grounds)
            .filter(|(seat, _)| shape_of(*seat).0.is_empty() && !customers[*seat as usize].is_empty())
            .flat_map(|(_, ground)| ground.iter().cloned())
            .collect();
        let kept = ground::all_together(kept);
        let mut sharing = Sharing::default();
        let mut covered: Vec<Polygon> = kept.iter().cloned().collect();
        for (seat, ground) in (0..).zip(&grounds) {
            if ground.0.is_empty() && self.has_only_names(seat, plan) {
                continue;
            }
            if shape_of(seat).0.is_empty() {
                if !customers[seat as usize].is_empty() {
                    sharing.keep(seat, ground.clone());
                }
                continue;
            }
            let shape = ground::without(shape_of(seat), &kept);
            covered.extend(shape.iter().cloned());
            if !sharing.give(seat, &shape, &customers[seat as usize]) {
                sharing.keep(seat, shape);
            }
        }
        let mut covered = ground::all_together(covered);
        for (seat, ground) in (0..).zip(&grounds) {
            let rest = ground::without_slivers(ground::without(ground, &covered));
            covered = ground::together(&covered, &rest);
            sharing.open(Some(seat), rest);
        }
        let mut areas = sharing.done();
        let all = (0..).zip(&self.seats);
        all.map(|(seat, standing)| patch(standing, areas.remove(&seat).unwrap_or_else(|| nothing.clone())))
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

/// The seat holds the place by name.
fn is_named(unit: &Unit, seat: u32) -> bool {
    unit.named && unit.seat == seat
}

/// All the ground that a territory claims: drawn, by codes or by reach.
pub(super) fn claimed(standing: &Standing) -> MultiPolygon {
    standing
        .ground()
        .cloned()
        .unwrap_or_else(|| MultiPolygon::new(Vec::new()))
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
