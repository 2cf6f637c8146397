//! What a request wants of the roads: when it drives and what it avoids. Each makes costs of its own.

use crate::avoid::{Avoid, segments_in};
use crate::costs::{Base, Change};
use crate::format::{CLOSED, Edge};
use crate::hierarchy::Metric;
use crate::index::RoadIndex;
use crate::week::WeekTime;

/// When one drives, and what one would rather not use. By default nothing is avoided, and no time is named: then roads
/// are as their tags say without conditions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wishes {
    /// What to avoid.
    pub avoid: Avoid,
    /// The time of the week: access, directions, limits and turn restrictions that hold then. One time counts for all of a
    /// trip.
    pub time: Option<WeekTime>,
}

impl Wishes {
    /// Neither avoids anything nor names a time: the roads' own metric is what is wanted.
    #[must_use]
    pub fn are_none(&self) -> bool {
        *self == Self::default()
    }
}

impl RoadIndex {
    /// What the roads cost for those wishes.
    #[must_use]
    pub fn wished(&self, wishes: &Wishes) -> Metric {
        self.customize_from(&self.base(wishes), |_| Change::Keep)
    }

    /// The edges and turns as those wishes have them.
    pub(crate) fn base(&self, wishes: &Wishes) -> Base {
        let mut base = self.at(wishes.time);
        if wishes.avoid != Avoid::default() {
            let closed = segments_in(self, &wishes.avoid.areas);
            for edge in &mut base.edges {
                let avoided = || wishes.avoid.applies(self.road_of(edge.segment()));
                if closed.binary_search(&(edge.segment() as u32)).is_ok() || avoided() {
                    edge.weight = CLOSED;
                }
            }
        }
        base
    }

    /// A name for the metric of those wishes in [`crate::Metrics`]: equal for what makes the same costs on these roads. Times at
    /// which the same conditions hold share one.
    #[must_use]
    pub fn wishes_key(&self, wishes: &Wishes) -> String {
        let holding = self.holding(wishes.time);
        let numbers = (0..holding.len()).filter(|number| holding[*number]);
        let numbers: Vec<String> = numbers.map(|number| format!("{number:x}")).collect();
        format!("{} at {}", wishes.avoid.key(), numbers.join(" "))
    }

    /// By schedule: it holds at that time.
    fn holding(&self, time: Option<WeekTime>) -> Vec<bool> {
        let schedules = self.first_time.windows(2).map(|w| {
            let times = &self.times[w[0] as usize..w[1] as usize];
            let within = |time: WeekTime| times.iter().any(|t| (t[0]..t[1]).contains(&time.minute()));
            time.is_some_and(within)
        });
        schedules.collect()
    }

    /// The edges and turns as they are at a time of the week.
    pub(crate) fn at(&self, time: Option<WeekTime>) -> Base {
        let mut base = Base {
            edges: self.edges.to_vec(),
            turns: self.turns(),
        };
        let holding = self.holding(time);
        let holds = |schedule: u32| holding[schedule as usize];
        for change in self.edge_changes.iter().filter(|change| holds(change.schedule)) {
            let edge = &mut base.edges[change.edge as usize];
            *edge = Edge {
                weight: change.weight,
                duration: change.duration,
                ..*edge
            };
        }
        if self.turn_changes.iter().any(|change| holds(change.schedule)) {
            let mut turns = base.turns.to_vec();
            for change in self.turn_changes.iter().filter(|change| holds(change.schedule)) {
                turns[change.arc as usize].weight = change.weight;
            }
            base.turns = turns.into();
        }
        base
    }
}
