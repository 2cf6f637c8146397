//! Many to many.

use geom::{Meters, Millis};
use rayon::prelude::*;

use crate::cost::{Packed, Trip, centimeters};
use crate::search::{Batch, Net, Pair, Targets};
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

/// How many sources are swept at once.
const LANES: usize = 16;

/// The trip from each source to each target. Sources are shared in batches among the threads of the current `rayon`
/// pool; the answer does not depend on how many.
pub(crate) fn matrix(net: Net<'_>, sources: &[Snap], targets: &[Snap]) -> Matrix {
    let cells = sources.len() * targets.len();
    let mut durations = vec![Matrix::UNREACHABLE; cells];
    let mut distances = vec![Matrix::UNREACHABLE; cells];
    if cells > 0 {
        let set = Targets::new(net, targets);
        let lanes = if sources.len() == 1 { 1 } else { LANES };
        let rows = lanes * targets.len();
        durations
            .par_chunks_mut(rows)
            .zip(distances.par_chunks_mut(rows))
            .zip(sources.par_chunks(lanes))
            .for_each_init(
                || Scratch::new(net, &set, lanes),
                |scratch, ((durations, distances), sources)| {
                    scratch.rows(net, &set, sources, targets, durations, distances);
                },
            );
    }
    Matrix {
        sources: sources.len(),
        targets: targets.len(),
        durations,
        distances,
    }
}

/// What a thread needs for its rows.
enum Sweeper {
    One(Batch<1>),
    Many(Box<Batch<LANES>>),
}

struct Scratch {
    sweeper: Sweeper,
    pair: Pair,
}

impl Scratch {
    fn new(net: Net<'_>, set: &Targets, lanes: usize) -> Self {
        Self {
            sweeper: match lanes {
                1 => Sweeper::One(Batch::new(net, set)),
                _ => Sweeper::Many(Box::new(Batch::new(net, set))),
            },
            pair: Pair::new(net),
        }
    }

    fn rows(
        &mut self,
        net: Net<'_>,
        set: &Targets,
        sources: &[Snap],
        targets: &[Snap],
        durations: &mut [u32],
        distances: &mut [u32],
    ) {
        let width = targets.len();
        let mut write = |lane: usize, target: usize, cost: Packed| {
            let cell = lane * width + target;
            if !cost.is_unreached() {
                (_, durations[cell], distances[cell]) = cost.parts();
            }
        };
        match &mut self.sweeper {
            Sweeper::One(batch) => batch.run(net, set, sources, &mut write),
            Sweeper::Many(batch) => batch.run(net, set, sources, &mut write),
        }
        // A target on the source's own segment may lie behind it: those few are asked for one by one.
        for (lane, source) in sources.iter().enumerate() {
            for (target, snap) in targets.iter().enumerate() {
                if snap.segment == source.segment {
                    let cell = lane * width + target;
                    let cost = self.pair.cost(net, source, snap);
                    (durations[cell], distances[cell]) = match cost.is_unreached() {
                        true => (Matrix::UNREACHABLE, Matrix::UNREACHABLE),
                        false => (cost.parts().1, cost.parts().2),
                    };
                }
            }
        }
    }
}
