//! From rows to the points of a vector tile: places, or cells of the zoom's grid, never too many bytes.

use std::ops::Range;

use geom::TileId;

use crate::Error;
use crate::boxes::bits;
use crate::curve::{exists, rows_of_keys, tile_keys, tile_steps};
use crate::dictionary::MISSING;
use crate::mvt::{self, Point, Value};
use crate::schema::{Column, RowId};
use crate::segment::Segment;
use crate::summary::{Summaries, SummaryColumns};
use crate::tile::{Tile, TileStyle};
use crate::view::View;

/// Largest grid of a tile.
const MOST_CELLS_ACROSS: u32 = 256;

pub(crate) fn tile(view: &View<'_>, tile: TileId, style: &TileStyle) -> Result<Tile, Error> {
    if style.layer.is_empty() {
        return Err(Error::NoLayerName);
    }
    if !style.cells_across.is_power_of_two() || style.cells_across > MOST_CELLS_ACROSS {
        return Err(Error::BadGrid(style.cells_across));
    }
    let drawing = Drawing::new(view, tile, style)?;
    let rows = drawing.rows();
    if rows == 0 {
        return Ok(Tile::default());
    }
    let mut attempt = Attempt {
        clustered: rows > style.single_rows as u64,
        cells_across: style.cells_across,
        columns: Shown::All,
    };
    loop {
        let (bytes, points) = drawing.draw(attempt);
        let fits = bytes.len() <= style.max_bytes;
        match attempt.smaller() {
            Some(smaller) if !fits => attempt = smaller,
            _ => {
                return Ok(Tile {
                    bytes,
                    rows,
                    points,
                    clustered: attempt.clustered,
                });
            }
        }
    }
}

/// How much a tile shows.
#[derive(Clone, Copy)]
struct Attempt {
    clustered: bool,
    cells_across: u32,
    columns: Shown,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
    All,
    AllButTexts,
    None,
}

impl Attempt {
    /// What to try when a tile is too large; `None` when nothing is left to leave out.
    fn smaller(self) -> Option<Self> {
        Some(match self {
            Self { clustered: false, .. } => Self {
                clustered: true,
                ..self
            },
            Self {
                columns: Shown::All, ..
            } => Self {
                columns: Shown::AllButTexts,
                ..self
            },
            Self {
                cells_across: 2.., ..
            } => Self {
                cells_across: self.cells_across / 2,
                ..self
            },
            Self {
                columns: Shown::AllButTexts,
                ..
            } => Self {
                columns: Shown::None,
                ..self
            },
            _ => return None,
        })
    }
}

struct Drawing<'a, 'v> {
    view: &'v View<'a>,
    tile: TileId,
    style: &'v TileStyle,
    /// The rows of the tile in each part, passing or not.
    ranges: Vec<Range<usize>>,
    columns: SummaryColumns,
    /// What a point of one row shows.
    single: Vec<(&'v str, Column)>,
}

impl<'a, 'v> Drawing<'a, 'v> {
    fn new(view: &'v View<'a>, tile: TileId, style: &'v TileStyle) -> Result<Self, Error> {
        let schema = &view.index.schema;
        let mut single: Vec<(&str, Column)> = Vec::new();
        let names = [&style.shown, &style.sums, &style.most_urgent, &style.commonest];
        for name in names.into_iter().flatten() {
            if !single.iter().any(|s| s.0 == name) {
                single.push((name, schema.column(name)?));
            }
        }
        let rows = |segment: &Segment| {
            if exists(tile) {
                rows_of_keys(&segment.xs, &segment.ys, tile_keys(tile))
            } else {
                0..0
            }
        };
        Ok(Self {
            ranges: view.parts.iter().map(|part| rows(part.segment)).collect(),
            columns: SummaryColumns::new(style, view.index)?,
            view,
            tile,
            style,
            single,
        })
    }

    /// The passing rows of the tile: part, block, rows of the block.
    fn blocks(&self) -> impl Iterator<Item = (usize, usize, u64)> {
        let parts = self.view.parts.iter().zip(&self.ranges).enumerate();
        parts.flat_map(|(p, (part, range))| {
            let blocks = range.start / 64..range.end.div_ceil(64);
            blocks.filter_map(move |block| {
                let rows = part.block(block) & bits_between(range, block);
                (rows != 0).then_some((p, block, rows))
            })
        })
    }

    fn rows(&self) -> u64 {
        self.blocks()
            .map(|(_, _, rows)| u64::from(rows.count_ones()))
            .sum()
    }

    fn part(&self, part: usize) -> (usize, &'a Segment) {
        (part, self.view.parts[part].segment)
    }

    /// The encoded tile and how many points it has.
    fn draw(&self, attempt: Attempt) -> (Vec<u8>, usize) {
        let (summaries, numbers) = if attempt.clustered {
            self.cells(attempt.cells_across)
        } else {
            self.places()
        };
        self.encode(summaries, numbers, attempt)
    }

    /// One summary for each cell, with the number of the cell on the grid of the zoom.
    fn cells(&self, across: u32) -> (Summaries<'_>, Vec<u64>) {
        let cell_steps = tile_steps(self.tile.z) / u64::from(across);
        let shift = cell_steps.trailing_zeros();
        let (left, top) = (self.tile.x * across, self.tile.y * across);
        let mut summaries = Summaries::new((across * across) as usize, &self.columns);
        for (p, block, rows) in self.blocks() {
            let (part, segment) = self.part(p);
            let cell_of = |row: usize| {
                // The world as one cell is 32 bits wide.
                let cell = |v: u32| (u64::from(v) >> shift) as u32;
                ((cell(segment.ys[row]) - top) * across + cell(segment.xs[row]) - left) as usize
            };
            let row = |bit: u32| block * 64 + bit as usize;
            // A cell is one stretch of the curve: if both ends lie in it, so does all between them.
            let mut left_over = rows;
            let last = cell_of(row(63 - rows.leading_zeros()));
            while left_over != 0 {
                let cell = cell_of(row(left_over.trailing_zeros()));
                let here = if cell == last {
                    left_over
                } else {
                    bits(left_over)
                        .take_while(|&bit| cell_of(block * 64 + bit) == cell)
                        .fold(0, |all, bit| all | 1 << bit)
                };
                summaries.add(cell, (part, segment), block, here);
                left_over &= !here;
            }
        }
        let world_across = u64::from(across) << self.tile.z;
        let number = |summary: u64| {
            let (x, y) = (summary % u64::from(across), summary / u64::from(across));
            ((u64::from(top) + y) * world_across + u64::from(left) + x) & (u64::MAX >> 11)
        };
        let numbers = (0..summaries.counts.len() as u64).map(number).collect();
        (summaries, numbers)
    }

    /// One summary for each place, along the curve.
    fn places(&self) -> (Summaries<'_>, Vec<u64>) {
        let mut rows: Vec<(u64, RowId, usize, usize)> = Vec::new();
        let mut parts = 0;
        for (p, block, word) in self.blocks() {
            let segment = self.part(p).1;
            if rows.last().is_none_or(|row| row.2 != p) {
                parts += 1;
            }
            rows.extend(bits(word).map(|bit| {
                let row = block * 64 + bit;
                (segment.world_point(row).key(), segment.ids[row], p, row)
            }));
        }
        if parts > 1 {
            rows.sort_unstable();
        }
        let places = rows.chunk_by(|a, b| a.0 == b.0);
        let numbers: Vec<u64> = places.clone().map(|rows| rows[0].1.feature_number()).collect();
        let mut summaries = Summaries::new(numbers.len(), &self.columns);
        for (summary, rows) in places.enumerate() {
            for &(_, _, part, row) in rows {
                summaries.add(summary, self.part(part), row / 64, 1 << (row % 64));
            }
        }
        (summaries, numbers)
    }

    fn encode(&self, mut summaries: Summaries<'_>, numbers: Vec<u64>, attempt: Attempt) -> (Vec<u8>, usize) {
        let commonest = summaries.commonest();
        let mut points = Vec::new();
        for summary in 0..summaries.counts.len() {
            let count = summaries.counts[summary];
            if count == 0 {
                continue;
            }
            let (x, y) = summaries.middle(summary).in_tile(self.tile);
            let mut properties = vec![("count", Value::Whole(count as i64))];
            let (part, row) = summaries.first[summary];
            let segment = self.part(part).1;
            let id = segment.ids[row];
            if count == 1 {
                properties.push(("id", Value::Owned(id.to_string())));
                self.push_single(segment, row, attempt, &mut properties);
            } else {
                if summaries.is_stack(summary) {
                    properties.push(("stack", Value::Flag(true)));
                }
                if attempt.columns != Shown::None {
                    self.push_summary(&summaries, &commonest, summary, &mut properties);
                }
            }
            points.push(Point {
                number: if count == 1 {
                    id.feature_number()
                } else {
                    numbers[summary]
                },
                x,
                y,
                properties,
            });
        }
        let count = points.len();
        (mvt::encode(&self.style.layer, &points), count)
    }

    fn push_single<'p>(
        &self,
        segment: &'p Segment,
        row: usize,
        attempt: Attempt,
        properties: &mut Vec<(&'p str, Value<'p>)>,
    ) where
        'v: 'p,
    {
        for &(name, column) in &self.single {
            let value = match column {
                _ if attempt.columns == Shown::None => None,
                Column::Category(c) => self.view.index.dictionaries[c]
                    .value(segment.categories[c].get(row))
                    .map(Value::Text),
                Column::Amount(c) => segment.amounts[c].get(row).map(Value::Whole),
                Column::Time(c) => segment.times[c].get(row).map(Value::Whole),
                Column::Text(_) if attempt.columns != Shown::All => None,
                Column::Text(c) => Some(segment.texts[c].get(row))
                    .filter(|text| !text.is_empty())
                    .map(Value::Text),
            };
            properties.extend(value.map(|value| (name, value)));
        }
    }

    fn push_summary<'p>(
        &self,
        summaries: &Summaries<'_>,
        commonest: &[Vec<u32>],
        summary: usize,
        properties: &mut Vec<(&'p str, Value<'p>)>,
    ) where
        'v: 'p,
    {
        for (name, &sum) in self.style.sums.iter().zip(summaries.sums(summary)) {
            // A sum beyond what a tile can carry is shown as the largest number it can.
            let sum = sum.clamp(i64::MIN.into(), i64::MAX.into()) as i64;
            if !properties.iter().any(|p| p.0 == name) {
                properties.push((name, Value::Whole(sum)));
            }
        }
        let urgent = self
            .style
            .most_urgent
            .iter()
            .zip(&self.columns.urgent)
            .zip(summaries.urgent(summary));
        let common = self
            .style
            .commonest
            .iter()
            .zip(&self.columns.commonest)
            .zip(commonest.iter().map(|c| &c[summary]));
        for ((name, ranked), &code) in urgent.chain(common) {
            let known = properties.iter().any(|p| p.0 == name);
            if code != MISSING && !known {
                let value = self.view.index.dictionaries[ranked.column].value(code);
                properties.extend(value.map(|value| (name.as_str(), Value::Text(value))));
            }
        }
    }
}

/// The bits of a block whose rows lie in a range.
fn bits_between(range: &Range<usize>, block: usize) -> u64 {
    let start = block * 64;
    let from = range.start.saturating_sub(start).min(64);
    let to = range.end.saturating_sub(start).min(64);
    let below = |bits: usize| if bits == 64 { u64::MAX } else { (1u64 << bits) - 1 };
    below(to) & !below(from)
}
