//! The planner's places: each place once for every kind of vehicle, and the ways between them as the planner counts them.

use std::collections::HashMap;

use ::plan::{PlaceId, UNREACHABLE};

use super::schedule::Fleet;
use super::travel::NO_WAY;

/// Drives of a whole plan add up to less than this.
const LONGEST_SUM: f64 = 1.3e8;

/// A place for one kind of vehicle.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Site {
    pub kind: usize,
    /// None for nowhere in particular: no way there, none back.
    pub place: Option<usize>,
    /// Seconds at each arrival from elsewhere.
    pub setup: i64,
    /// In cost units, at each departure: what it costs that the vehicle is used at all.
    pub fixed: i64,
}

#[derive(Default)]
pub(super) struct Sites {
    known: HashMap<Site, u32>,
    pub all: Vec<Site>,
}

impl Sites {
    pub fn get(&mut self, site: Site) -> PlaceId {
        let next = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        let at = *self.known.entry(site).or_insert(next);
        if at == next {
            self.all.push(site);
        }
        PlaceId(at)
    }
}

/// Ways between all sites as the planner counts them, and how much one metre counts on average.
pub(super) fn times(fleet: Fleet<'_>, sites: &[Site], samples: &[usize], by_cost: bool) -> (Vec<u32>, f64) {
    let costs = |site: &Site| &fleet.vehicle(samples[site.kind]).costs;
    let cost = |a: &Site, b: &Site| match (a.place, b.place) {
        (Some(from), Some(to)) => {
            let tables = fleet.tables(samples[a.kind]);
            let way = tables.seconds(from, to) != NO_WAY;
            way.then(|| tables.cost(costs(a), from, to) + a.fixed)
        }
        _ => Some(a.fixed),
    };
    let all = || sites.iter().flat_map(|a| sites.iter().map(move |b| (a, b)));
    let near = |(a, b): &(&Site, &Site)| a.kind == b.kind;
    let scale = if by_cost {
        let dearest = all()
            .filter(near)
            .filter_map(|(a, b)| cost(a, b))
            .max()
            .unwrap_or(0);
        let stops = fleet.asking.tasks.len() + 2 * fleet.asking.vehicles.len();
        (LONGEST_SUM / (stops as f64 * dearest.max(1) as f64)).min(1.0)
    } else {
        1.0
    };
    let (mut counted, mut meters) = (0.0, 0.0);
    let mut table = Vec::with_capacity(sites.len() * sites.len());
    for (a, b) in all() {
        let counts = if a.kind != b.kind {
            None
        } else if by_cost {
            cost(a, b).map(|cost| (cost as f64 * scale) as u32)
        } else {
            match (a.place, b.place) {
                (Some(from), Some(to)) => {
                    Some(fleet.tables(samples[a.kind]).seconds(from, to)).filter(|s| *s != NO_WAY)
                }
                _ => Some(0),
            }
        };
        if let (Some(counts), Some(from), Some(to)) = (counts, a.place, b.place) {
            counted += f64::from(counts);
            meters += f64::from(fleet.tables(samples[a.kind]).meters(from, to));
        }
        let setup = if a.place == b.place {
            0
        } else {
            u32::try_from(b.setup).unwrap_or(0)
        };
        table.push(counts.map_or(UNREACHABLE, |counts| counts.saturating_add(setup)));
    }
    (table, if meters > 0.0 { counted / meters } else { 0.0 })
}
