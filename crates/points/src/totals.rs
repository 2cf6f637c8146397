//! Counts and sums of many rows at once, broken down by categories.

use crate::Error;
use crate::boxes::bits;
use crate::column::each_width;
use crate::cover::BlockRows;
use crate::segment::Segment;
use crate::shape::Shape;
use crate::snapshot::{Group, Snapshot, SnapshotSpec, Totals};
use crate::view::View;

/// Categories whose values are counted together, as one number of mixed base: one addition for each row
/// serves them all, and what belongs to each is added up at the end.
struct Joint {
    /// Positions in [`SnapshotSpec::group_by`], with the step of each in the number.
    columns: Vec<(usize, usize)>,
    /// Numbers there are.
    size: usize,
    /// For each number the count, then the sums.
    cells: Vec<i128>,
}

/// Most numbers of a [`Joint`] of several categories: its cells stay in the processor's cache.
const MOST_JOINT: usize = 4_096;

pub(crate) fn snapshot(view: &View<'_>, shape: &Shape, spec: &SnapshotSpec) -> Result<Snapshot, Error> {
    let schema = &view.index.schema;
    let sums: Vec<usize> = spec
        .sums
        .iter()
        .map(|name| schema.amount(name))
        .collect::<Result<_, _>>()?;
    let groups: Vec<usize> = spec
        .group_by
        .iter()
        .map(|name| schema.category(name))
        .collect::<Result<_, _>>()?;
    let codes: Vec<usize> = groups
        .iter()
        .map(|&column| view.index.dictionaries[column].codes())
        .collect();
    let width = 1 + sums.len();
    let mut joints = join(&codes, width);
    for part in &view.parts {
        for block in part.blocks_in(shape) {
            for joint in &mut joints {
                joint.add(part.segment, block, &groups, &sums);
            }
        }
    }
    let all = joints[0].total(width);
    let group = |(position, name): (usize, &String)| {
        let column = groups[position];
        let words = &view.index.dictionaries[column];
        let cells = joints
            .iter()
            .find_map(|joint| joint.of(position, codes[position], width))
            .unwrap_or_default();
        let places = words.places(&schema.categories[column].urgency);
        let mut values: Vec<(u32, Totals)> = cells
            .chunks(width)
            .zip((0..).zip(places.iter()))
            .filter(|(cell, _)| cell[0] > 0)
            .map(|(cell, (code, &place))| {
                let totals = Totals {
                    value: words.value(code).map(str::to_owned),
                    count: cell[0] as u64,
                    sums: cell[1..].to_vec(),
                };
                (place, totals)
            })
            .collect();
        values.sort_unstable_by_key(|v| v.0);
        Group {
            column: name.clone(),
            values: values.into_iter().map(|v| v.1).collect(),
        }
    };
    Ok(Snapshot {
        count: all[0] as u64,
        sums: all[1..].to_vec(),
        groups: spec.group_by.iter().enumerate().map(group).collect(),
    })
}

/// Puts categories together as long as the numbers stay few. There is always at least one joint.
fn join(codes: &[usize], width: usize) -> Vec<Joint> {
    let mut joints: Vec<Joint> = Vec::new();
    for (position, &codes) in codes.iter().enumerate() {
        match joints.last_mut() {
            Some(last) if last.size * codes <= MOST_JOINT => {
                last.columns.push((position, last.size));
                last.size *= codes;
            }
            _ => joints.push(Joint {
                columns: vec![(position, 1)],
                size: codes,
                cells: Vec::new(),
            }),
        }
    }
    if joints.is_empty() {
        joints.push(Joint {
            columns: Vec::new(),
            size: 1,
            cells: Vec::new(),
        });
    }
    for joint in &mut joints {
        joint.cells = vec![0; joint.size * width];
    }
    joints
}

impl Joint {
    fn add(&mut self, segment: &Segment, block: BlockRows, groups: &[usize], sums: &[usize]) {
        let width = 1 + sums.len();
        let first = block.block as usize * 64;
        // Where each row of the block adds up.
        let mut offsets = [0usize; 64];
        let rows = if block.rows == u64::MAX {
            64
        } else {
            segment.rows().min(first + 64) - first
        };
        for &(position, step) in &self.columns {
            each_width!(&segment.categories[groups[position]], values => {
                for (offset, &code) in offsets.iter_mut().zip(&values[first..first + rows]) {
                    *offset += code as usize * step * width;
                }
            });
        }
        for bit in bits(block.rows) {
            self.cells[offsets[bit]] += 1;
        }
        for (s, &column) in sums.iter().enumerate() {
            let values = &segment.amounts[column].values[first..first + rows];
            for bit in bits(block.rows) {
                self.cells[offsets[bit] + 1 + s] += i128::from(values[bit]);
            }
        }
    }

    /// Count and sums of everything.
    fn total(&self, width: usize) -> Vec<i128> {
        let mut total = vec![0; width];
        for cell in self.cells.chunks(width) {
            add(&mut total, cell);
        }
        total
    }

    /// Count and sums of each code of a category; `None` if it is not one of this joint's.
    fn of(&self, position: usize, codes: usize, width: usize) -> Option<Vec<i128>> {
        let step = self.columns.iter().find(|c| c.0 == position)?.1;
        let mut of = vec![0; codes * width];
        for (number, cell) in self.cells.chunks(width).enumerate() {
            let code = number / step % codes;
            add(&mut of[code * width..(code + 1) * width], cell);
        }
        Some(of)
    }
}

fn add(to: &mut [i128], cell: &[i128]) {
    for (to, value) in to.iter_mut().zip(cell) {
        *to += value;
    }
}
