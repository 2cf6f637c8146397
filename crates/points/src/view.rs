//! The rows that pass a filter, and the questions one can ask of them.

use std::sync::Arc;

use geom::{LngLat, TileId};

use crate::Error;
use crate::boxes::bits;
use crate::cover::{BlockRows, rows_in_shape};
use crate::evaluate::{Prepared, key_of, passing};
use crate::filter::Filter;
use crate::found::{Found, Hit, Near};
use crate::index::{Index, Part};
use crate::schema::RowId;
use crate::search::{HitRank, TextQuery};
use crate::segment::Segment;
use crate::shape::{Kind, Shape};
use crate::snapshot::{Snapshot, SnapshotSpec};
use crate::text_match::Matcher;
use crate::tile::{Tile, TileStyle};
use crate::{draw, nearest, totals};

/// The rows of an index that pass a filter.
#[derive(Clone, Debug)]
pub struct View<'a> {
    pub(crate) index: &'a Index,
    pub(crate) parts: Vec<PartView<'a>>,
}

/// The rows of one part that count and pass.
#[derive(Clone, Debug)]
pub(crate) struct PartView<'a> {
    pub segment: &'a Segment,
    alive: &'a [u64],
    /// `None` where every row passes.
    passing: Option<Arc<[u64]>>,
}

impl PartView<'_> {
    /// The rows of a block of 64 that count and pass.
    pub fn block(&self, block: usize) -> u64 {
        self.alive[block] & self.passing.as_ref().map_or(u64::MAX, |passing| passing[block])
    }

    pub fn has(&self, row: usize) -> bool {
        self.block(row / 64) >> (row % 64) & 1 == 1
    }

    fn blocks(&self) -> impl Iterator<Item = BlockRows> {
        (0..self.segment.words()).map(|block| BlockRows {
            block: block as u32,
            rows: self.block(block),
        })
    }

    /// The rows of a shape that count and pass, block by block.
    pub fn blocks_in(&self, shape: &Shape) -> Vec<BlockRows> {
        if shape.0 == Kind::Everywhere {
            return self.blocks().filter(|b| b.rows != 0).collect();
        }
        let mut found = rows_in_shape(shape, self.segment.places());
        found.retain_mut(|b| {
            b.rows &= self.block(b.block as usize);
            b.rows != 0
        });
        found
    }
}

impl Index {
    /// The rows that pass a filter, for any number of questions. What passes is kept for each part, so the
    /// same filter costs nothing the next time, and little after an edit.
    pub fn view(&self, filter: &Filter) -> Result<View<'_>, Error> {
        let prepared = Prepared::new(filter, &self.schema, &self.dictionaries)?;
        let key = if matches!(prepared, Prepared::All) {
            Box::default()
        } else {
            key_of(filter)
        };
        let part = |part: &'_ Part| -> Option<Arc<[u64]>> {
            (!matches!(prepared, Prepared::All)).then(|| passing(&prepared, &key, &part.segment))
        };
        Ok(View {
            index: self,
            parts: self
                .parts
                .iter()
                .map(|p| PartView {
                    segment: &p.segment,
                    alive: &p.alive,
                    passing: part(p),
                })
                .collect(),
        })
    }
}

impl<'a> View<'a> {
    /// How many rows pass.
    #[must_use]
    pub fn count(&self) -> u64 {
        let blocks = self.parts.iter().flat_map(PartView::blocks);
        blocks.map(|b| u64::from(b.rows.count_ones())).sum()
    }

    /// How many of them have a place.
    #[must_use]
    pub fn placed(&self) -> u64 {
        let of = |part: &PartView<'_>| -> u64 {
            let boxes = &part.segment.boxes;
            let placed = |block: usize| u64::from((part.block(block) & boxes.all_rows(block)).count_ones());
            (0..boxes.blocks()).map(placed).sum()
        };
        self.parts.iter().map(of).sum()
    }

    /// Whether a row is among them.
    #[must_use]
    pub fn contains(&self, id: RowId) -> bool {
        let has = |part: &PartView<'_>| part.segment.find(id).is_some_and(|row| part.has(row));
        self.parts.iter().any(has)
    }

    /// The rows of a shape, in no particular order (the same for the same history of the index).
    #[must_use]
    pub fn rows_in(&self, shape: &Shape) -> Vec<Found<'a>> {
        let mut found = Vec::new();
        for part in &self.parts {
            for b in part.blocks_in(shape) {
                let rows = bits(b.rows).map(|bit| b.block as usize * 64 + bit);
                found.extend(rows.map(|row| Found::new(self.index, part.segment, row)));
            }
        }
        found
    }

    /// How many rows lie in a shape.
    #[must_use]
    pub fn count_in(&self, shape: &Shape) -> u64 {
        let blocks = self.parts.iter().flat_map(|part| part.blocks_in(shape));
        blocks.map(|b| u64::from(b.rows.count_ones())).sum()
    }

    /// Counts and sums of a shape.
    pub fn snapshot(&self, shape: &Shape, spec: &SnapshotSpec) -> Result<Snapshot, Error> {
        totals::snapshot(self, shape, spec)
    }

    /// The `limit` rows nearest to a point, nearest first, equally near ones by id.
    #[must_use]
    pub fn nearest(&self, from: LngLat, limit: usize) -> Vec<Near<'a>> {
        nearest::nearest(self, from, limit)
    }

    /// A vector tile.
    pub fn tile(&self, tile: TileId, style: &TileStyle) -> Result<Tile, Error> {
        draw::tile(self, tile, style)
    }

    /// The `limit` best rows for a text, by rank, then folded name, then id. A query is cut into words,
    /// and a row is found if it has every word, as a part of one of its texts; a word of fewer than three
    /// bytes must begin a word of the text, and digits are looked for in columns of digits from three on.
    /// A query that is a telephone number (digits and its punctuation) also finds the rows of which that
    /// number, without leading zeros, is a part of one. Umlauts may be spelled out in the query or in the
    /// text. Without a letter or a digit nothing is found.
    #[must_use]
    pub fn search(&self, text: &str, limit: usize) -> Vec<Hit<'a>> {
        let Some(query) = TextQuery::parse(text) else {
            return Vec::new();
        };
        let matcher = Matcher::new(&query);
        let mut hits: Vec<(HitRank, &[u8], RowId, Found<'a>)> = Vec::new();
        for part in &self.parts {
            let texts = &part.segment.text_index;
            for (rank, document) in matcher.best(texts, limit, |row| part.has(row)) {
                let found = Found::new(self.index, part.segment, texts.rows[document] as usize);
                hits.push((rank, texts.name(document), found.id(), found));
            }
        }
        // The hits of one part are in order.
        if hits
            .last()
            .is_some_and(|last| !std::ptr::eq(last.3.segment(), hits[0].3.segment()))
        {
            hits.sort_unstable_by_key(|&(rank, name, id, _)| (rank, name, id));
            hits.truncate(limit);
        }
        hits.into_iter()
            .map(|(rank, _, _, found)| Hit { rank, found })
            .collect()
    }

    /// Rows in the order of their folded names, those of one name by id, or all of that backwards; of these so
    /// many after the first `skip`. Takes as long as to skip what comes before, not to sort everything.
    #[must_use]
    pub fn by_name(&self, backwards: bool, skip: usize, limit: usize) -> Vec<Found<'a>> {
        // The order of each part is kept; the next row is the first of the parts' next ones.
        let mut parts: Vec<_> = self
            .parts
            .iter()
            .map(|part| {
                let texts = &part.segment.text_index;
                let count = texts.documents();
                let document = move |at: usize| if backwards { count - 1 - at } else { at };
                let rows = (0..count)
                    .map(document)
                    .filter(|&d| part.has(texts.rows[d] as usize));
                let row = |d: usize| {
                    let found = Found::new(self.index, part.segment, texts.rows[d] as usize);
                    (texts.name(d), found.id(), found)
                };
                rows.map(row).peekable()
            })
            .collect();
        let mut found = Vec::with_capacity(limit.min(1_024));
        for at in 0..skip.saturating_add(limit) {
            let heads = parts.iter_mut().enumerate();
            let heads = heads.filter_map(|(i, rows)| rows.peek().map(|&(name, id, _)| ((name, id), i)));
            let next = if backwards { heads.max() } else { heads.min() };
            let Some((_, _, row)) = next.and_then(|(_, i)| parts[i].next()) else {
                break;
            };
            if at >= skip {
                found.push(row);
            }
        }
        found
    }
}
