//! From rows to the points of a vector tile: places, or cells of the zoom's grid, never too many bytes.

use std::ops::Range;

use geom::TileId;

use crate::Error;
use crate::boxes::bits;
use crate::curve::{WorldPoint, exists, rows_of_keys, tile_keys, tile_steps};
use crate::dictionary::Code;
use crate::mvt::{Key, Layer};
use crate::schema::Column;
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
    /// What a point of one row shows, in the order of the keys behind [`OWN_KEYS`].
    single: Vec<(&'v str, Column)>,
}

/// Properties that points carry by themselves.
const OWN_KEYS: [&str; 3] = ["count", "id", "stack"];
const COUNT: Key = 0;
const ID: Key = 1;
const STACK: Key = 2;

impl<'a, 'v> Drawing<'a, 'v> {
    fn new(view: &'v View<'a>, tile: TileId, style: &'v TileStyle) -> Result<Self, Error> {
        let schema = &view.index.schema;
        let mut single: Vec<(&str, Column)> = Vec::new();
        let names = [&style.shown, &style.sums, &style.most_urgent, &style.commonest];
        for name in names.into_iter().flatten() {
            if OWN_KEYS.contains(&name.as_str()) {
                return Err(Error::ReservedName(name.clone()));
            }
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
            columns: SummaryColumns::new(style, view.index, |name| key_of(&single, name))?,
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
        let mut layer = Layer::new();
        if attempt.clustered {
            self.draw_cells(attempt, &mut layer);
        } else {
            self.draw_places(attempt, &mut layer);
        }
        let points = layer.points();
        let keys: Vec<&str> = OWN_KEYS
            .into_iter()
            .chain(self.single.iter().map(|s| s.0))
            .collect();
        (layer.finish(&self.style.layer, &keys), points)
    }

    /// One point for each cell, row by row of cells.
    fn draw_cells(&self, attempt: Attempt, layer: &mut Layer<'v>) {
        let across = attempt.cells_across;
        let shift = (tile_steps(self.tile.z) / u64::from(across)).trailing_zeros();
        let (left, top) = (self.tile.x * across, self.tile.y * across);
        let mut summaries = Summaries::new((across * across) as usize, &self.columns);
        for (p, block, rows) in self.blocks() {
            let (part, segment) = self.part(p);
            let cell_of = |row: usize| {
                // The world as one cell is 32 bits wide.
                let cell = |v: u32| (u64::from(v) >> shift) as u32;
                ((cell(segment.ys[row]) - top) * across + cell(segment.xs[row]) - left) as usize
            };
            // A cell is one stretch of the curve: if both ends lie in it, so does all between them.
            let mut left_over = rows;
            let last = cell_of(block * 64 + 63 - rows.leading_zeros() as usize);
            while left_over != 0 {
                let cell = cell_of(block * 64 + left_over.trailing_zeros() as usize);
                let here = if cell == last {
                    left_over
                } else {
                    let same = |&bit: &usize| cell_of(block * 64 + bit) == cell;
                    bits(left_over)
                        .take_while(same)
                        .fold(0, |all, bit| all | 1 << bit)
                };
                summaries.add(cell, (part, segment), block, here);
                left_over &= !here;
            }
        }
        let commonest = summaries.commonest();
        let world_across = u64::from(across) << self.tile.z;
        for cell in 0..summaries.counts.len() {
            match summaries.counts[cell] {
                0 => {}
                1 => {
                    let (part, row) = summaries.first[cell];
                    self.single(self.part(part).1, row, attempt, layer);
                }
                _ => {
                    let (x, y) = (cell as u64 % u64::from(across), cell as u64 / u64::from(across));
                    let number = (u64::from(top) + y) * world_across + u64::from(left) + x;
                    // As many bits as a browser's numbers hold exactly.
                    self.summary(
                        &summaries,
                        &commonest,
                        cell,
                        number & (u64::MAX >> 11),
                        attempt,
                        layer,
                    );
                }
            }
        }
    }

    /// One point for each place, along the curve.
    fn draw_places(&self, attempt: Attempt, layer: &mut Layer<'v>) {
        let mut rows: Vec<(WorldPoint, usize, usize)> = Vec::new();
        let mut parts = 0;
        for (p, block, word) in self.blocks() {
            let segment = self.part(p).1;
            parts += usize::from(rows.last().is_none_or(|row| row.1 != p));
            rows.extend(bits(word).map(|bit| {
                let row = block * 64 + bit;
                (segment.world_point(row), p, row)
            }));
        }
        if parts > 1 {
            rows.sort_by_cached_key(|&(point, part, row)| (point.key(), self.part(part).1.ids[row]));
        }
        let places = || rows.chunk_by(|a, b| a.0 == b.0);
        let stacks = || places().filter(|rows| rows.len() > 1);
        let mut summaries = Summaries::new(stacks().count(), &self.columns);
        for (stack, rows) in stacks().enumerate() {
            for &(_, part, row) in rows {
                summaries.add(stack, self.part(part), row / 64, 1 << (row % 64));
            }
        }
        let commonest = summaries.commonest();
        let mut stack = 0;
        for rows in places() {
            let (_, part, row) = rows[0];
            let segment = self.part(part).1;
            if rows.len() == 1 {
                self.single(segment, row, attempt, layer);
            } else {
                let number = segment.ids[row].feature_number();
                self.summary(&summaries, &commonest, stack, number, attempt, layer);
                stack += 1;
            }
        }
    }

    /// A point of one row.
    fn single(&self, segment: &'v Segment, row: usize, attempt: Attempt, layer: &mut Layer<'v>) {
        let id = segment.ids[row];
        layer.whole(COUNT, 1);
        layer.id(ID, id);
        let shown = if attempt.columns == Shown::None {
            &[]
        } else {
            &self.single[..]
        };
        for (key, &(_, column)) in (OWN_KEYS.len() as Key..).zip(shown) {
            match column {
                Column::Category(c) => {
                    let code = segment.categories[c].get(row);
                    if let Some(word) = self.view.index.dictionaries[c].value(code) {
                        layer.word(key, c, code, word);
                    }
                }
                Column::Amount(c) => segment.amounts[c]
                    .get(row)
                    .into_iter()
                    .for_each(|v| layer.whole(key, v)),
                Column::Time(c) => segment.times[c]
                    .get(row)
                    .into_iter()
                    .for_each(|v| layer.whole(key, v)),
                Column::Text(c) if attempt.columns == Shown::All => {
                    let text = segment.texts[c].get(row);
                    if !text.is_empty() {
                        layer.text(key, text);
                    }
                }
                Column::Text(_) => {}
            }
        }
        let (x, y) = segment.world_point(row).in_tile(self.tile);
        layer.end_point(id.feature_number(), x, y);
    }

    /// A point of several rows.
    fn summary(
        &self,
        summaries: &Summaries<'_>,
        commonest: &[Vec<Code>],
        summary: usize,
        number: u64,
        attempt: Attempt,
        layer: &mut Layer<'v>,
    ) {
        layer.whole(COUNT, summaries.counts[summary] as i64);
        if summaries.is_stack(summary) {
            layer.flag(STACK);
        }
        if attempt.columns != Shown::None {
            self.summed(summaries, commonest, summary, layer);
        }
        let (x, y) = summaries.middle(summary).in_tile(self.tile);
        layer.end_point(number, x, y);
    }

    fn summed(
        &self,
        summaries: &Summaries<'_>,
        commonest: &[Vec<Code>],
        summary: usize,
        layer: &mut Layer<'v>,
    ) {
        for (&key, &sum) in self.columns.sum_keys.iter().zip(summaries.sums(summary)) {
            // A sum beyond what a tile can carry is shown as the largest number it can.
            layer.whole(key, sum.clamp(i64::MIN.into(), i64::MAX.into()) as i64);
        }
        let urgent = self
            .columns
            .urgent
            .iter()
            .zip(summaries.urgent(summary).iter().copied());
        let common = self
            .columns
            .commonest
            .iter()
            .zip(commonest.iter().map(|c| c[summary]));
        for (ranked, code) in urgent.chain(common) {
            let word = self.view.index.dictionaries[ranked.column].value(code);
            word.into_iter()
                .for_each(|word| layer.word(ranked.key, ranked.column, code, word));
        }
    }
}

/// The key of a name that is among the columns.
fn key_of(columns: &[(&str, Column)], name: &str) -> Key {
    let position = columns.iter().position(|c| c.0 == name).unwrap_or(0);
    (OWN_KEYS.len() + position) as Key
}

/// The bits of a block whose rows lie in a range.
fn bits_between(range: &Range<usize>, block: usize) -> u64 {
    let start = block * 64;
    let from = range.start.saturating_sub(start).min(64);
    let to = range.end.saturating_sub(start).min(64);
    let below = |bits: usize| if bits == 64 { u64::MAX } else { (1u64 << bits) - 1 };
    below(to) & !below(from)
}
