//! Questions between places on roads; owns the scratch memory of the searches.

use geom::{Millis, Seconds};

use crate::cost::{Cost, Trip};
use crate::reach::{self, Reach};
use crate::route::{self, Route};
use crate::search::{AlternativeOptions, Batch, Flood, NO_WAY, Net, Pair, Targets};
use crate::snap::Snap;

/// Asks an index; keep one per thread. Each question forgets the one before in O(1).
pub struct Query<'a> {
    net: Net<'a>,
    /// Scratch for trips: by the height of the elimination tree.
    pair: Pair,
    /// Scratch for areas, by the size of the map: made when first needed.
    flood: Option<Flood>,
}

impl<'a> Query<'a> {
    pub(crate) fn new(net: Net<'a>) -> Self {
        Self {
            net,
            pair: Pair::new(net),
            flood: None,
        }
    }

    pub(crate) fn net(&self) -> Net<'a> {
        self.net
    }

    /// Duration and distance of the best way; `None` where no road leads there.
    pub fn trip(&mut self, from: &Snap, to: &Snap) -> Option<Trip> {
        let cost = self.pair.cost(self.net, from, to);
        (!cost.is_unreached()).then(|| Cost::from(cost).trip())
    }

    /// The best way with its line and its steps; `None` where no road leads there.
    pub fn route(&mut self, from: &Snap, to: &Snap) -> Option<Route> {
        let path = self.pair.path(self.net, from, to)?;
        Some(route::describe(self.net, from, to, &path))
    }

    /// The best way and others that are worth a thought, the best first: none much longer, none mostly the same as those
    /// before it, none with a needless detour. Empty where no road leads there; one where both places share a road.
    pub fn alternatives(&mut self, from: &Snap, to: &Snap, options: &AlternativeOptions) -> Vec<Route> {
        let paths = self.pair.alternatives(self.net, from, to, options);
        let mut found: Vec<Route> = Vec::with_capacity(paths.len());
        for path in &paths {
            let route = route::describe(self.net, from, to, path);
            // Two roads drawn one upon the other are one way to whoever drives it.
            if found.iter().all(|known| known.line != route.line) {
                found.push(route);
            }
        }
        found
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
        let net = self.net;
        let limit = limit.to_millis().max(Millis::ZERO);
        let flood = self.flood.get_or_insert_with(|| Flood::new(net));
        reach::collect(net, from, limit, flood)
    }

    fn trips_within(&mut self, from: &Snap, to: &[Snap], limit: Option<Seconds>) -> Vec<Option<Trip>> {
        let targets = Targets::new(self.net, to);
        let mut batch = Batch::new(self.net, &targets);
        let limit = limit.map_or(u64::MAX, |l| l.to_millis().0.max(0) as u64);
        let (mut durations, mut distances) = (vec![NO_WAY; to.len()], vec![NO_WAY; to.len()]);
        batch.run(
            self.net,
            &targets,
            std::slice::from_ref(from),
            &mut [&mut durations[..]],
            &mut [&mut distances[..]],
        );
        for target in targets.on_segment(from.segment) {
            let cost = self.pair.cost(self.net, from, &to[target]);
            (durations[target], distances[target]) = match cost.is_unreached() {
                true => (NO_WAY, NO_WAY),
                false => (cost.parts().1, cost.parts().2),
            };
        }
        let trip = |(duration, distance): (u32, u32)| {
            (duration != NO_WAY && u64::from(duration) <= limit)
                .then(|| Cost::new(0, duration, distance).trip())
        };
        durations.into_iter().zip(distances).map(trip).collect()
    }
}
