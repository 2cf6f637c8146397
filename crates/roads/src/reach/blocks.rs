//! The lines around squares in doubt, by blocks of squares.

use super::area::Sheet;
use super::line::{Lanes, Line};
use super::refine::{Doubtful, FAR, HALF};

/// Lines are kept by blocks of so many squares.
pub(super) const BLOCK: usize = 4;

/// By kind (missed, reached): the lines in the blocks where they may matter.
pub(super) struct Blocks {
    /// Blocks in a row, and rows of them.
    width: usize,
    height: usize,
    kinds: [Kind; 2],
}

struct Kind {
    /// By block and one beyond: where its lines begin.
    starts: Vec<u32>,
    lines: Lanes,
}

/// The number of the block that a square lies in.
pub(super) fn block_of(corner: usize, width: usize) -> usize {
    corner / width / BLOCK * blocks_across(width) + corner % width / BLOCK
}

/// Blocks in a row of so many crossings.
pub(super) fn blocks_across(width: usize) -> usize {
    width / BLOCK + 1
}

impl Blocks {
    pub(super) fn new(sheet: &Sheet, squares: &[Doubtful]) -> Self {
        let [width, height] = [sheet.width, sheet.height].map(blocks_across);
        // By block: how far what matters for a square in it may be.
        let mut far = vec![0.0f32; width * height];
        for square in squares {
            let far = &mut far[block_of(square.corner as usize, sheet.width)];
            *far = far.max(square.far);
        }
        let mut wanted = vec![false; width * height];
        for (at, far) in far.iter().enumerate().filter(|(_, far)| **far > 0.0) {
            let around = (far / BLOCK as f32).ceil() as usize;
            let rows = (at / width).saturating_sub(around)..=(at / width + around).min(height - 1);
            for row in rows {
                let columns = (at % width).saturating_sub(around)..=(at % width + around).min(width - 1);
                wanted[row * width..][columns].fill(true);
            }
        }
        let kinds = sheet
            .lines
            .each_ref()
            .map(|lines| Kind::new(lines, &wanted, [width, height]));
        Self { width, height, kinds }
    }

    /// Those lines of each kind that are nearest somewhere in a box, and perhaps some more; a line may be there more than
    /// once. What is nearest is not farther than `far` from its middle, from which it is `half` to a corner.
    #[inline(always)]
    pub(super) fn gather(
        &self,
        middle: [f32; 2],
        half: f32,
        far: f32,
        found: &mut [Lanes; 2],
        room: &mut Vec<f32>,
    ) {
        let between = |at: f32, count: usize| {
            let low = (at - far).max(0.0) as usize / BLOCK;
            [low, ((at + far) as usize / BLOCK).min(count - 1)]
        };
        let [left, right] = between(middle[0], self.width);
        let [bottom, top] = between(middle[1], self.height);
        let runs = |kind: &Kind| {
            let start = |row: usize, column: usize| kind.starts[row * self.width + column] as usize;
            let ends: Vec<_> = (bottom..=top)
                .map(|row| start(row, left)..start(row, right + 1))
                .collect();
            ends
        };
        for (kind, found) in self.kinds.iter().zip(found) {
            let runs = runs(kind);
            room.clear();
            let mut least = far * far;
            for run in &runs {
                least = kind.lines.distances(run.clone(), middle, least, room);
            }
            let most = (least.sqrt() + 2.0 * half).powi(2);
            found.take(&kind.lines, runs.into_iter().flatten().zip(&*room), most);
        }
    }
}

impl Kind {
    fn new(lines: &[Line], wanted: &[bool], [width, height]: [usize; 2]) -> Self {
        let block = |at: f32, count: usize| (at.max(0.0) as usize / BLOCK).min(count - 1);
        // The blocks in the south-west and north-east of the box around a line, and those between them.
        let corners = |line: &Line| {
            let to = [0, 1].map(|axis| line.from[axis] + line.along[axis]);
            let [left, right] = [line.from[0].min(to[0]), line.from[0].max(to[0])].map(|at| block(at, width));
            let [bottom, top] =
                [line.from[1].min(to[1]), line.from[1].max(to[1])].map(|at| block(at, height));
            [bottom * width + left, top * width + right]
        };
        let touched = |[first, last]: [usize; 2]| {
            let across = last % width - first % width;
            let rows = (first..).step_by(width).take(last / width - first / width + 1);
            rows.flat_map(move |block| block..=block + across)
                .filter(|block| wanted[*block])
        };
        let mut starts = vec![0u32; width * height + 1];
        // Most lines lie in one block, and many of those in one where nothing is in doubt.
        let mut used: Vec<(u32, [usize; 2])> = Vec::with_capacity(lines.len());
        for (number, line) in (0..).zip(lines) {
            let corners = corners(line);
            let is_used = match corners[0] == corners[1] {
                true => {
                    starts[corners[0]] += u32::from(wanted[corners[0]]);
                    wanted[corners[0]]
                }
                false => touched(corners).inspect(|block| starts[*block] += 1).count() > 0,
            };
            if is_used {
                used.push((number, corners));
            }
        }
        let mut count = 0;
        for start in &mut starts {
            count += *start;
            *start = count;
        }
        // Each block is filled from its end, so the ends become beginnings.
        let mut lanes = Lanes::new(count as usize);
        for (number, corners) in used {
            for block in touched(corners) {
                starts[block] -= 1;
                lanes.set(starts[block] as usize, &lines[number as usize]);
            }
        }
        Self { starts, lines: lanes }
    }
}

/// The lines of a kind that are nearest somewhere in a square among those gathered around it, by number, and how far from
/// the square's middle the nearest is, in squares.
#[inline(always)]
pub(super) fn nearest_in(lines: &Lanes, middle: [f32; 2], room: &mut Vec<f32>, found: &mut Vec<u32>) -> f32 {
    room.clear();
    let least = lines.distances(0..lines.len(), middle, FAR, room).sqrt();
    let most = (least + 2.0 * HALF).powi(2);
    // All are written, and those that do not belong are written over.
    found.resize(room.len(), 0);
    let mut count = 0;
    for (number, away) in (0..).zip(&*room) {
        found[count] = number;
        count += usize::from(*away <= most);
    }
    found.truncate(count);
    least
}
