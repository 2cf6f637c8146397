//! Questions between places on roads; owns the scratch memory of the searches.

use geom::{Millis, Seconds};

use crate::cost::{Cost, Trip};
use crate::index::RoadIndex;
use crate::reach::{self, Reach};
use crate::route::{self, Route};
use crate::search::{Bidirectional, Labels, Targets, explore};
use crate::snap::Snap;

/// Asks an index; keep one per thread. Each question forgets the one before in O(1).
pub struct Query<'a> {
    roads: &'a RoadIndex,
    /// Scratch for searches from one side, and from both: made when first needed.
    labels: Option<Labels>,
    both: Option<Bidirectional>,
    costs: Vec<Cost>,
}

impl<'a> Query<'a> {
    pub(crate) fn new(roads: &'a RoadIndex) -> Self {
        Self {
            roads,
            labels: None,
            both: None,
            costs: Vec::new(),
        }
    }

    /// Duration and distance of the best way; `None` where no road leads there.
    pub fn trip(&mut self, from: &Snap, to: &Snap) -> Option<Trip> {
        self.path(from, to).map(|path| path.cost.trip())
    }

    /// The best way with its line and its steps; `None` where no road leads there.
    pub fn route(&mut self, from: &Snap, to: &Snap) -> Option<Route> {
        let path = self.path(from, to)?;
        Some(route::describe(self.roads, from, to, &path))
    }

    /// Trips from one place to many, in the order of the targets: equal to asking for each.
    pub fn trips(&mut self, from: &Snap, to: &[Snap]) -> Vec<Option<Trip>> {
        self.trips_within(from, to, None)
    }

    /// The `count` targets that are reached soonest, by number, soonest first, and no later than `limit`.
    /// Equal durations are ordered by distance, then by number.
    pub fn nearest(
        &mut self,
        from: &Snap,
        among: &[Snap],
        count: usize,
        limit: Option<Seconds>,
    ) -> Vec<(usize, Trip)> {
        let trips = self.trips_within(from, among, limit);
        let mut found: Vec<(usize, Trip)> = trips
            .into_iter()
            .enumerate()
            .filter_map(|(i, trip)| Some((i, trip?)))
            .collect();
        let far = |trip: &Trip| trip.distance.0;
        found.sort_by(|(i, a), (j, b)| {
            a.duration
                .cmp(&b.duration)
                .then(far(a).total_cmp(&far(b)))
                .then(i.cmp(j))
        });
        found.truncate(count);
        found
    }

    /// All roads reached within a time; negative times count as none.
    pub fn reach(&mut self, from: &Snap, limit: Seconds) -> Reach<'a> {
        let roads = self.roads;
        let limit = limit.to_millis().max(Millis::ZERO);
        let labels = self
            .labels
            .get_or_insert_with(|| Labels::new(roads.graph().nodes()));
        let reached = explore(roads, from, limit.0 as u64, labels);
        reach::collect(roads, from, limit, labels, &reached)
    }

    fn trips_within(&mut self, from: &Snap, to: &[Snap], limit: Option<Seconds>) -> Vec<Option<Trip>> {
        let targets = Targets::new(self.roads, to);
        let labels = self
            .labels
            .get_or_insert_with(|| Labels::new(self.roads.graph().nodes()));
        let limit = limit.map_or(u64::MAX, |l| l.to_millis().0.max(0) as u64);
        targets.costs_from(self.roads, from, limit, labels, &mut self.costs);
        let trip = |cost: &Cost| (*cost != Cost::UNREACHED).then(|| cost.trip());
        self.costs.iter().map(trip).collect()
    }

    fn path(&mut self, from: &Snap, to: &Snap) -> Option<crate::search::Path> {
        let nodes = self.roads.graph().nodes();
        self.both
            .get_or_insert_with(|| Bidirectional::new(nodes))
            .path(self.roads, from, to)
    }
}
