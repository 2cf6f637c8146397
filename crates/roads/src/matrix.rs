//! Many to many.

use geom::{Meters, Millis};
use rayon::prelude::*;

use crate::cost::{Cost, Trip, centimeters};
use crate::index::RoadIndex;
use crate::search::{Labels, Targets};
use crate::snap::Snap;

/// Durations and distances from each source to each target, row by row. Eight bytes a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matrix {
    sources: usize,
    targets: usize,
    durations: Vec<u32>,
    distances: Vec<u32>,
}

impl Matrix {
    /// What stands in a cell that no road leads to.
    pub const UNREACHABLE: u32 = u32::MAX;

    /// How many rows there are.
    #[must_use]
    pub fn sources(&self) -> usize {
        self.sources
    }

    /// How many columns there are.
    #[must_use]
    pub fn targets(&self) -> usize {
        self.targets
    }

    /// The trip from a source to a target; `None` where no road leads there or there is no such cell.
    #[must_use]
    pub fn trip(&self, source: usize, target: usize) -> Option<Trip> {
        Some(Trip {
            duration: self.duration(source, target)?,
            distance: self.distance(source, target)?,
        })
    }

    /// Driving time of a cell.
    #[must_use]
    pub fn duration(&self, source: usize, target: usize) -> Option<Millis> {
        self.cell(&self.durations, source, target)
            .map(|ms| Millis(i64::from(ms)))
    }

    /// Length of a cell.
    #[must_use]
    pub fn distance(&self, source: usize, target: usize) -> Option<Meters> {
        self.cell(&self.distances, source, target)
            .map(|cm| centimeters(u64::from(cm)))
    }

    /// All durations in milliseconds, row by row; [`Matrix::UNREACHABLE`] where no road leads.
    #[must_use]
    pub fn durations(&self) -> &[u32] {
        &self.durations
    }

    /// All distances in centimetres, row by row; [`Matrix::UNREACHABLE`] where no road leads.
    #[must_use]
    pub fn distances(&self) -> &[u32] {
        &self.distances
    }

    fn cell(&self, cells: &[u32], source: usize, target: usize) -> Option<u32> {
        if target >= self.targets {
            return None;
        }
        let value = *cells.get(source * self.targets + target)?;
        (value != Self::UNREACHABLE).then_some(value)
    }
}

impl RoadIndex {
    /// The trip from each source to each target: each cell is what [`crate::Query::trip`] answers. Rows are
    /// shared among the threads of the current `rayon` pool; the answer does not depend on how many.
    #[must_use]
    pub fn matrix(&self, sources: &[Snap], targets: &[Snap]) -> Matrix {
        let set = Targets::new(self, targets);
        let scratch = || (Labels::new(self.graph().nodes()), Vec::new());
        let rows: Vec<Vec<(u32, u32)>> = sources
            .par_iter()
            .map_init(scratch, |(labels, costs), source| {
                set.costs_from(self, source, u64::MAX, labels, costs);
                costs.iter().map(|cost| cell(*cost)).collect()
            })
            .collect();
        let (durations, distances) = rows.into_iter().flatten().unzip();
        Matrix {
            sources: sources.len(),
            targets: targets.len(),
            durations,
            distances,
        }
    }
}

/// A trip longer than 49 days or 42,949 km is cut there: it does not fit and has no use.
fn cell(cost: Cost) -> (u32, u32) {
    if cost == Cost::UNREACHED {
        return (Matrix::UNREACHABLE, Matrix::UNREACHABLE);
    }
    let fit = |value: u64| {
        u32::try_from(value)
            .unwrap_or(u32::MAX)
            .min(Matrix::UNREACHABLE - 1)
    };
    (fit(cost.duration()), fit(cost.distance()))
}
