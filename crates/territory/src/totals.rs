//! What each territory holds: sums over weighted points, and what a change of borders moves.

use std::collections::BTreeMap;

use geom::LngLat;
use rayon::prelude::*;
use rstar::primitives::GeomWithData;
use rstar::{AABB, RTree};

use crate::{Candidate, LineId, TerritoryId, TerritoryIndex};

/// Measures of a point or a sum of them, such as accounts, cents of revenue, seconds of visits. Whole numbers, so that sums are exact
/// in any order. What each stands for is the caller's.
pub type Measures = Vec<i64>;

/// Candidates with measures, each measured alike.
#[derive(Clone, Debug, Default)]
pub struct Weighted {
    candidates: Vec<Candidate>,
    measures: usize,
    values: Vec<i64>,
}

/// Points whose measures do not match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("candidate {index} has {found} measures, but {expected} are expected")]
pub struct MeasureCount {
    /// The candidate's place.
    pub index: usize,
    /// How many it has.
    pub found: usize,
    /// How many the first has.
    pub expected: usize,
}

impl Weighted {
    /// Refuses candidates with more or fewer measures than `measures`.
    pub fn new(measures: usize, points: Vec<(Candidate, Measures)>) -> Result<Self, MeasureCount> {
        let mut this = Self {
            candidates: Vec::with_capacity(points.len()),
            measures,
            values: Vec::new(),
        };
        for (index, (candidate, values)) in points.into_iter().enumerate() {
            if values.len() != measures {
                return Err(MeasureCount {
                    index,
                    found: values.len(),
                    expected: measures,
                });
            }
            this.candidates.push(candidate);
            this.values.extend(values);
        }
        Ok(this)
    }

    /// How many candidates there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.candidates.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.candidates.is_empty()
    }

    /// The candidates, in the order they came in.
    #[must_use]
    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }

    /// Measures of one.
    #[must_use]
    pub fn measures(&self, index: usize) -> &[i64] {
        &self.values[index * self.measures..(index + 1) * self.measures]
    }
}

/// Sums by territory. `None` holds what nobody has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals(pub BTreeMap<Option<TerritoryId>, Measures>);

impl Totals {
    fn add(&mut self, territory: Option<TerritoryId>, measures: &[i64], sign: i64) {
        let sums = self.0.entry(territory).or_insert_with(|| vec![0; measures.len()]);
        sums.iter_mut()
            .zip(measures)
            .for_each(|(sum, value)| *sum += sign * value);
    }
}

/// A candidate that changes hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Its place in [`Weighted::candidates`].
    pub index: usize,
    /// Who had it.
    pub from: Option<TerritoryId>,
    /// Who would have it.
    pub to: Option<TerritoryId>,
}

/// What other areas of a territory would change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Who changes hands, in order.
    pub moved: Vec<Moved>,
    /// Gains less losses of every territory that gains or loses somebody.
    pub difference: Totals,
}

/// Candidates, who has them in one line, and the sums; follows changes of borders by looking only at points near the border's change.
pub struct Holdings {
    index: TerritoryIndex,
    line: Option<LineId>,
    points: Weighted,
    owners: Vec<Option<TerritoryId>>,
    totals: Totals,
    places: RTree<GeomWithData<[f64; 2], u32>>,
}

impl Holdings {
    /// Decides for every candidate (on all threads; the answer does not depend on how many) and sums up.
    #[must_use]
    pub fn new(index: TerritoryIndex, line: Option<LineId>, points: Weighted) -> Self {
        let owners: Vec<Option<TerritoryId>> = points
            .candidates
            .par_iter()
            .map(|candidate| index.decide(candidate, line).territory())
            .collect();
        let mut totals = Totals::default();
        for (i, owner) in owners.iter().enumerate() {
            totals.add(*owner, points.measures(i), 1);
        }
        let places = points.candidates.iter().enumerate().filter_map(|(i, c)| {
            c.place
                .map(|p: LngLat| GeomWithData::new([p.lng(), p.lat()], i as u32))
        });
        let places = RTree::bulk_load(places.collect());
        Self {
            index,
            line,
            points,
            owners,
            totals,
            places,
        }
    }

    /// The areas as they are.
    #[must_use]
    pub fn index(&self) -> &TerritoryIndex {
        &self.index
    }

    /// Who has each candidate.
    #[must_use]
    pub fn owners(&self) -> &[Option<TerritoryId>] {
        &self.owners
    }

    /// The sums as they are.
    #[must_use]
    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    /// What would change if all the territory's areas were these. Only candidates whose claims can differ are decided again: those in the
    /// box of a shape that comes or goes; where anything else than a shape changes, all.
    #[must_use]
    pub fn preview(&self, territory: TerritoryId, areas: Vec<crate::Area>) -> Change {
        self.compare(&self.index.with(territory, areas.clone()), territory, &areas)
    }

    /// Makes the change and says what it was.
    pub fn replace(&mut self, territory: TerritoryId, areas: Vec<crate::Area>) -> Change {
        let index = self.index.with(territory, areas.clone());
        let change = self.compare(&index, territory, &areas);
        for moved in &change.moved {
            self.owners[moved.index] = moved.to;
            self.totals.add(moved.from, self.points.measures(moved.index), -1);
            self.totals.add(moved.to, self.points.measures(moved.index), 1);
        }
        self.index = index;
        change
    }

    fn compare(&self, index: &TerritoryIndex, territory: TerritoryId, areas: &[crate::Area]) -> Change {
        let mut change = Change::default();
        for i in self.perhaps_moved(territory, areas) {
            let (from, to) = (
                self.owners[i],
                index.decide(&self.points.candidates[i], self.line).territory(),
            );
            if from != to {
                change.moved.push(Moved { index: i, from, to });
                change.difference.add(from, self.points.measures(i), -1);
                change.difference.add(to, self.points.measures(i), 1);
            }
        }
        change
    }

    /// Candidates whose claims may differ, ascending.
    fn perhaps_moved(&self, territory: TerritoryId, areas: &[crate::Area]) -> Vec<usize> {
        let old: Vec<&crate::Area> = self
            .index
            .areas()
            .iter()
            .filter(|a| a.territory == territory && a.line == self.line)
            .collect();
        let new: Vec<&crate::Area> = areas.iter().filter(|a| a.line == self.line).collect();
        let gone = old.iter().filter(|a| !new.contains(a));
        let come = new.iter().filter(|a| !old.contains(a));
        let changed: Vec<&&crate::Area> = gone.chain(come).collect();
        if changed.iter().any(|area| area.extent.shapes().next().is_none()) {
            return (0..self.points.len()).collect();
        }
        // The size of an area is a tie-breaker, so a candidate inside both the old and the new shape can change hands too.
        let mut near: Vec<usize> = Vec::new();
        for shape in changed.iter().flat_map(|area| area.extent.shapes()) {
            let b = shape.bbox();
            let envelope = AABB::from_corners([b.west, b.south], [b.east, b.north]);
            near.extend(
                self.places
                    .locate_in_envelope(envelope)
                    .map(|point| point.data as usize),
            );
        }
        near.sort_unstable();
        near.dedup();
        near
    }
}
