//! Boxes around blocks of 64 rows, and around eight boxes each, up to one: a packed R-tree.

use std::ops::Range;

use bytemuck::{Pod, Zeroable};
use geom::BBox;

use crate::buffer::Buffer;

/// Rows of a block: one bit each in a word.
pub(crate) const BLOCK: usize = 64;

/// Boxes that one box of the next level holds.
const FAN: usize = 8;

/// A box of degrees, closed.
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct Rect {
    pub west: f64,
    pub south: f64,
    pub east: f64,
    pub north: f64,
}

impl Rect {
    const EMPTY: Self = Self {
        west: f64::INFINITY,
        south: f64::INFINITY,
        east: f64::NEG_INFINITY,
        north: f64::NEG_INFINITY,
    };

    fn union(self, other: Self) -> Self {
        Self {
            west: self.west.min(other.west),
            south: self.south.min(other.south),
            east: self.east.max(other.east),
            north: self.north.max(other.north),
        }
    }
}

impl From<BBox> for Rect {
    fn from(b: BBox) -> Self {
        Self {
            west: b.west,
            south: b.south,
            east: b.east,
            north: b.north,
        }
    }
}

/// A box of the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Node {
    /// 0 for the blocks themselves.
    pub level: u32,
    /// Which of its level.
    pub index: u32,
}

/// All levels, the blocks first, each level directly behind the one before it.
#[derive(Debug, Default)]
pub(crate) struct Boxes {
    pub rects: Buffer<Rect>,
    /// Number of rows in the blocks.
    rows: usize,
}

impl Boxes {
    pub fn new(lngs: &[f64], lats: &[f64]) -> Self {
        let mut rects: Vec<Rect> = lngs
            .chunks(BLOCK)
            .zip(lats.chunks(BLOCK))
            .map(|(lngs, lats)| {
                lngs.iter().zip(lats).fold(Rect::EMPTY, |rect, (&x, &y)| {
                    rect.union(Rect {
                        west: x,
                        south: y,
                        east: x,
                        north: y,
                    })
                })
            })
            .collect();
        let mut level = 0..rects.len();
        while level.len() > 1 {
            let next: Vec<Rect> = rects[level.clone()]
                .chunks(FAN)
                .map(|chunk| chunk.iter().copied().fold(Rect::EMPTY, Rect::union))
                .collect();
            level = rects.len()..rects.len() + next.len();
            rects.extend(next);
        }
        Self {
            rects: rects.into(),
            rows: lngs.len(),
        }
    }

    /// Boxes that were read back; `None` if there are not as many as these rows have.
    pub fn from_rects(rects: Buffer<Rect>, rows: usize) -> Option<Self> {
        let mut level = rows.div_ceil(BLOCK);
        let mut all = level;
        while level > 1 {
            level = level.div_ceil(FAN);
            all += level;
        }
        (rects.len() == all).then_some(Self { rects, rows })
    }

    /// Number of blocks.
    pub fn blocks(&self) -> usize {
        self.rows.div_ceil(BLOCK)
    }

    /// The node that holds everything; `None` without rows.
    pub fn root(&self) -> Option<Node> {
        let mut width = self.blocks();
        let mut level = 0;
        while width > 1 {
            width = width.div_ceil(FAN);
            level += 1;
        }
        (width > 0).then_some(Node { level, index: 0 })
    }

    pub fn rect(&self, node: Node) -> Rect {
        let mut start = 0;
        let mut width = self.blocks();
        for _ in 0..node.level {
            start += width;
            width = width.div_ceil(FAN);
        }
        self.rects[start + node.index as usize]
    }

    /// The boxes inside a box of level 1 and up.
    pub fn children(&self, node: Node) -> impl Iterator<Item = Node> + use<> {
        let mut width = self.blocks();
        for _ in 1..node.level {
            width = width.div_ceil(FAN);
        }
        let first = node.index as usize * FAN;
        (first..(first + FAN).min(width)).map(move |index| Node {
            level: node.level - 1,
            index: index as u32,
        })
    }

    /// The blocks inside a box.
    pub fn blocks_of(&self, node: Node) -> Range<usize> {
        let span = FAN.pow(node.level);
        let first = node.index as usize * span;
        first..(first + span).min(self.blocks())
    }

    /// The rows of a block as bits: all 64 except in the last one.
    pub fn all_rows(&self, block: usize) -> u64 {
        let rows = self.rows - block * BLOCK;
        if rows >= BLOCK { u64::MAX } else { (1 << rows) - 1 }
    }
}

/// The positions of a word's set bits.
pub(crate) fn bits(mut word: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        (word != 0).then(|| {
            let bit = word.trailing_zeros() as usize;
            word &= word - 1;
            bit
        })
    })
}
