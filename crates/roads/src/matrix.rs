//! Many to many.

use std::ops::ControlFlow;

use geom::{Meters, Millis};
use rayon::prelude::*;

use crate::cost::{Trip, centimeters};
use crate::search::{Batch, LANES, NO_WAY, Net, Pair, Targets};
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
    pub const UNREACHABLE: u32 = NO_WAY;

    /// Bytes of memory that a matrix takes, for those who would rather refuse a large one than run out.
    #[must_use]
    pub fn bytes_for(sources: usize, targets: usize) -> u64 {
        8 * sources as u64 * targets as u64
    }

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

/// Why a matrix is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a matrix of {sources} by {targets} takes {bytes} bytes, more than the {most} allowed; ask for it in blocks of rows"
)]
pub struct MatrixTooLarge {
    /// Rows.
    pub sources: usize,
    /// Columns.
    pub targets: usize,
    /// What it would take.
    pub bytes: u64,
    /// What was allowed.
    pub most: u64,
}

/// [`matrix`], unless it would take more than so many bytes.
pub(crate) fn matrix_within(
    net: Net<'_>,
    sources: &[Snap],
    targets: &[Snap],
    most: u64,
) -> Result<Matrix, MatrixTooLarge> {
    let bytes = Matrix::bytes_for(sources.len(), targets.len());
    if bytes > most {
        return Err(MatrixTooLarge {
            sources: sources.len(),
            targets: targets.len(),
            bytes,
            most,
        });
    }
    Ok(matrix(net, sources, targets))
}

/// The matrix in blocks of so many rows (the last may have fewer), each told with the number of its first row, in order; until
/// `tell` breaks. Only one block is in memory at a time.
pub(crate) fn matrix_blocks<B>(
    net: Net<'_>,
    sources: &[Snap],
    targets: &[Snap],
    rows: usize,
    tell: &mut dyn FnMut(usize, Matrix) -> ControlFlow<B>,
) -> ControlFlow<B> {
    let rows = rows.max(1);
    let set = Targets::new(net, targets);
    for (number, block) in sources.chunks(rows).enumerate() {
        tell(number * rows, fill(net, &set, block, targets))?;
    }
    ControlFlow::Continue(())
}

/// The trip from each source to each target. Sources are shared in batches among the threads of the current `rayon`
/// pool; the answer does not depend on how many.
pub(crate) fn matrix(net: Net<'_>, sources: &[Snap], targets: &[Snap]) -> Matrix {
    fill(net, &Targets::new(net, targets), sources, targets)
}

fn fill(net: Net<'_>, set: &Targets, sources: &[Snap], targets: &[Snap]) -> Matrix {
    let cells = sources.len() * targets.len();
    let mut durations = vec![0; cells];
    let mut distances = vec![0; cells];
    if cells > 0 {
        let rows = durations
            .chunks_mut(targets.len())
            .zip(distances.chunks_mut(targets.len()));
        // Sources near each other have most of the nodes above them in common, so they are swept together.
        let mut rows: Vec<Row<'_>> = rows
            .zip(sources)
            .map(|((durations, distances), source)| Row {
                source: *source,
                durations,
                distances,
            })
            .collect();
        rows.sort_by_key(|row| lowest(net, &row.source));
        rows.par_chunks_mut(LANES).for_each_init(
            || Scratch::new(net, set),
            |scratch, rows| scratch.fill(net, set, targets, rows),
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
struct Scratch {
    batch: Batch,
    pair: Pair,
}

impl Scratch {
    fn new(net: Net<'_>, set: &Targets) -> Self {
        Self {
            batch: Batch::new(net, set),
            pair: Pair::new(net),
        }
    }

    fn fill(&mut self, net: Net<'_>, set: &Targets, targets: &[Snap], rows: &mut [Row<'_>]) {
        let sources: Vec<Snap> = rows.iter().map(|row| row.source).collect();
        let (mut durations, mut distances): (Vec<&mut [u32]>, Vec<&mut [u32]>) = rows
            .iter_mut()
            .map(|row| (&mut *row.durations, &mut *row.distances))
            .unzip();
        self.batch.run(net, set, &sources, &mut durations, &mut distances);
        // A target on the source's own segment may lie behind it: those few are asked for one by one.
        for row in rows {
            for target in set.on_segment(row.source.segment) {
                let cost = self.pair.cost(net, &row.source, &targets[target]);
                (row.durations[target], row.distances[target]) = match cost.is_unreached() {
                    true => (Matrix::UNREACHABLE, Matrix::UNREACHABLE),
                    false => (cost.parts().1, cost.parts().2),
                };
            }
        }
    }
}

/// A row of the matrix to be filled.
struct Row<'a> {
    source: Snap,
    durations: &'a mut [u32],
    distances: &'a mut [u32],
}

/// The lowest rank of a place's edges: subtrees of the hierarchy are runs of ranks, and neighbourhoods.
fn lowest(net: Net<'_>, source: &Snap) -> Option<u32> {
    source
        .sides(net)
        .map(|(edge, _)| net.hierarchy().rank_of[edge as usize])
        .min()
}
