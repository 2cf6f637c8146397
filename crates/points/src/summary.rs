//! What the points of a tile stand for: counts, sums, most urgent and commonest values of their rows.

use std::sync::Arc;

use crate::Error;
use crate::boxes::bits;
use crate::column::each_width;
use crate::curve::WorldPoint;
use crate::dictionary::{Code, MISSING};
use crate::index::Index;
use crate::mvt::Key;
use crate::schema::Schema;
use crate::segment::Segment;
use crate::tile::TileStyle;

/// Columns that are summed up, each name once.
#[derive(Clone, Debug)]
pub(crate) struct SummaryColumns {
    pub sums: Vec<usize>,
    /// The key of each sum.
    pub sum_keys: Vec<Key>,
    pub urgent: Vec<Ranked>,
    pub commonest: Vec<Ranked>,
}

/// A category, its key, and the place of each of its codes in order of urgency.
#[derive(Clone, Debug)]
pub(crate) struct Ranked {
    pub column: usize,
    pub key: Key,
    pub places: Arc<[u32]>,
}

impl SummaryColumns {
    pub fn new(style: &TileStyle, index: &Index, key: impl Fn(&str) -> Key) -> Result<Self, Error> {
        let schema: &Schema = &index.schema;
        let mut seen = Vec::new();
        let mut fresh = |names: &'_ [String]| -> Vec<String> {
            let mut fresh = Vec::new();
            for name in names {
                if !seen.contains(name) {
                    seen.push(name.clone());
                    fresh.push(name.clone());
                }
            }
            fresh
        };
        let ranked = |names: Vec<String>| -> Result<Vec<Ranked>, Error> {
            let one = |name: String| {
                let column = schema.category(&name)?;
                let places = index.dictionaries[column].places(&schema.categories[column].urgency);
                let key = key(&name);
                Ok(Ranked { column, key, places })
            };
            names.into_iter().map(one).collect()
        };
        let sums = fresh(&style.sums);
        Ok(Self {
            sum_keys: sums.iter().map(|name| key(name)).collect(),
            sums: sums
                .iter()
                .map(|name| schema.amount(name))
                .collect::<Result<_, _>>()?,
            urgent: ranked(fresh(&style.most_urgent))?,
            commonest: ranked(fresh(&style.commonest))?,
        })
    }
}

/// Summaries, numbered from 0.
pub(crate) struct Summaries<'a> {
    columns: &'a SummaryColumns,
    pub counts: Vec<u64>,
    /// Sums of [`WorldPoint`]s.
    xs: Vec<u64>,
    ys: Vec<u64>,
    /// Part and row of the first row that was added.
    pub first: Vec<(usize, usize)>,
    first_point: Vec<WorldPoint>,
    /// Rows lie at different places.
    spread: Vec<bool>,
    sums: Vec<i128>,
    urgent: Vec<Code>,
    tallies: Vec<Tally>,
}

/// How often each value of a category occurs, one summary at a time.
struct Tally {
    /// Of the summary that is being added to.
    counts: Vec<u32>,
    /// Codes whose count is not 0.
    touched: Vec<Code>,
    summary: usize,
    /// Summary, code, count.
    done: Vec<(u32, Code, u32)>,
}

impl<'a> Summaries<'a> {
    pub fn new(count: usize, columns: &'a SummaryColumns) -> Self {
        let tally = |ranked: &Ranked| Tally {
            counts: vec![0; ranked.places.len()],
            touched: Vec::new(),
            summary: 0,
            done: Vec::new(),
        };
        Self {
            columns,
            counts: vec![0; count],
            xs: vec![0; count],
            ys: vec![0; count],
            first: vec![(0, 0); count],
            first_point: vec![WorldPoint { x: 0, y: 0 }; count],
            spread: vec![false; count],
            sums: vec![0; count * columns.sums.len()],
            urgent: vec![MISSING; count * columns.urgent.len()],
            tallies: columns.commonest.iter().map(tally).collect(),
        }
    }

    /// Adds rows of a block of 64 to a summary; at least one, all of them placed.
    pub fn add(&mut self, summary: usize, (part, segment): (usize, &Segment), block: usize, rows: u64) {
        let start = block * 64;
        let first = start + rows.trailing_zeros() as usize;
        if self.counts[summary] == 0 {
            self.first[summary] = (part, first);
            self.first_point[summary] = segment.world_point(first);
        }
        self.counts[summary] += u64::from(rows.count_ones());
        self.add_places(summary, segment, start, rows);
        for (s, &column) in self.columns.sums.iter().enumerate() {
            let values = &segment.amounts[column].values[start..];
            let sum: i128 = bits(rows).map(|bit| i128::from(values[bit])).sum();
            self.sums[summary * self.columns.sums.len() + s] += sum;
        }
        for (u, ranked) in self.columns.urgent.iter().enumerate() {
            let best = &mut self.urgent[summary * self.columns.urgent.len() + u];
            let places = &ranked.places;
            each_width!(&segment.categories[ranked.column], codes => {
                let codes = &codes[start..];
                for bit in bits(rows) {
                    let code = Code::from(codes[bit]);
                    if places[code as usize] < places[*best as usize] {
                        *best = code;
                    }
                }
            });
        }
        for (tally, ranked) in self.tallies.iter_mut().zip(&self.columns.commonest) {
            tally.turn_to(summary);
            each_width!(&segment.categories[ranked.column], codes => {
                let codes = &codes[start..];
                for bit in bits(rows) {
                    tally.count(Code::from(codes[bit]));
                }
            });
        }
    }

    fn add_places(&mut self, summary: usize, segment: &Segment, start: usize, rows: u64) {
        let first = self.first_point[summary];
        let (xs, ys) = (&segment.xs[start..], &segment.ys[start..]);
        let (mut x_sum, mut y_sum, mut differ) = (0u64, 0u64, 0u32);
        for bit in bits(rows) {
            let (x, y) = (xs[bit], ys[bit]);
            x_sum += u64::from(x);
            y_sum += u64::from(y);
            differ |= (x ^ first.x) | (y ^ first.y);
        }
        // A world of 2³² steps and fewer than 2³² rows: no overflow.
        self.xs[summary] += x_sum;
        self.ys[summary] += y_sum;
        self.spread[summary] |= differ != 0;
    }

    /// The middle of a summary's rows.
    pub fn middle(&self, summary: usize) -> WorldPoint {
        let count = self.counts[summary].max(1);
        WorldPoint {
            x: (self.xs[summary] / count) as u32,
            y: (self.ys[summary] / count) as u32,
        }
    }

    /// Several rows, all at the very same place.
    pub fn is_stack(&self, summary: usize) -> bool {
        self.counts[summary] > 1 && !self.spread[summary]
    }

    /// One for each of [`SummaryColumns::sums`].
    pub fn sums(&self, summary: usize) -> &[i128] {
        let width = self.columns.sums.len();
        &self.sums[summary * width..(summary + 1) * width]
    }

    /// One for each of [`SummaryColumns::urgent`].
    pub fn urgent(&self, summary: usize) -> &[Code] {
        let width = self.columns.urgent.len();
        &self.urgent[summary * width..(summary + 1) * width]
    }

    /// For each of [`SummaryColumns::commonest`] the commonest code of each summary.
    pub fn commonest(&mut self) -> Vec<Vec<Code>> {
        let count = self.counts.len();
        let tallies = self.tallies.iter_mut().zip(&self.columns.commonest);
        tallies
            .map(|(tally, ranked)| tally.commonest(count, &ranked.places))
            .collect()
    }
}

impl Tally {
    fn turn_to(&mut self, summary: usize) {
        if self.summary != summary {
            self.flush();
            self.summary = summary;
        }
    }

    fn count(&mut self, code: Code) {
        let count = &mut self.counts[code as usize];
        if *count == 0 {
            self.touched.push(code);
        }
        *count += 1;
    }

    fn flush(&mut self) {
        for code in self.touched.drain(..) {
            let count = std::mem::take(&mut self.counts[code as usize]);
            if code != MISSING {
                self.done.push((self.summary as u32, code, count));
            }
        }
    }

    fn commonest(&mut self, summaries: usize, places: &[u32]) -> Vec<Code> {
        self.flush();
        // A summary that was left and taken up again, by the next part, has its counts in pieces.
        self.done.sort_unstable();
        self.done.dedup_by(|next, kept| {
            let same = (next.0, next.1) == (kept.0, kept.1);
            if same {
                kept.2 += next.2;
            }
            same
        });
        let mut best = vec![(0u32, MISSING); summaries];
        for &(summary, code, count) in &self.done {
            let best = &mut best[summary as usize];
            let better =
                count > best.0 || (count == best.0 && places[code as usize] < places[best.1 as usize]);
            if better {
                *best = (count, code);
            }
        }
        best.into_iter().map(|b| b.1).collect()
    }
}
