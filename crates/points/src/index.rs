//! The index and its questions.

use std::collections::BTreeMap;
use std::sync::Arc;

use geom::{LngLat, Meters, TileId, Timestamp};

use crate::Error;
use crate::filter::Filter;
use crate::fold::{fold_digits, fold_words};
use crate::mvt::{self, Point, Value};
use crate::schema::{Change, Column, Row, RowId, Schema, TextKind};
use crate::search::{HitRank, TextQuery, hit_order};
use crate::shape::Shape;
use crate::snapshot::{Group, Snapshot, SnapshotSpec, Totals};
use crate::tile::{Tile, TileStyle};

/// Rows, ready for every question. Cheap to clone; a clone is a snapshot that never changes.
#[derive(Clone, Debug)]
pub struct Index {
    schema: Arc<Schema>,
    rows: Arc<BTreeMap<RowId, Row>>,
    version: u64,
}

/// A merged index, on its way back into the one it was made from.
#[derive(Debug)]
pub struct Compaction(());

impl Index {
    /// An index of these rows. Of rows with the same id the last counts.
    pub fn build(schema: Schema, rows: impl IntoIterator<Item = Row>) -> Result<Self, Error> {
        schema.check()?;
        let mut by_id = BTreeMap::new();
        for row in rows {
            schema.check_row(&row)?;
            by_id.insert(row.id, row);
        }
        Ok(Self {
            schema: Arc::new(schema),
            rows: Arc::new(by_id),
            version: 0,
        })
    }

    /// The columns.
    #[must_use]
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Grows by one with every [`Index::apply`].
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// How many rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// No rows at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// One row.
    #[must_use]
    pub fn get(&self, id: RowId) -> Option<Found<'_>> {
        self.rows.get(&id).map(|row| Found {
            schema: &self.schema,
            row,
        })
    }

    /// Applies changes in their order, all or (on a row that does not fit the schema) none of them.
    pub fn apply(&mut self, changes: impl IntoIterator<Item = Change>) -> Result<(), Error> {
        let changes: Vec<Change> = changes.into_iter().collect();
        for change in &changes {
            if let Change::Upsert(row) = change {
                self.schema.check_row(row)?;
            }
        }
        let rows = Arc::make_mut(&mut self.rows);
        for change in changes {
            match change {
                Change::Upsert(row) => {
                    rows.insert(row.id, row);
                }
                Change::Delete(id) => {
                    rows.remove(&id);
                }
            }
        }
        self.version += 1;
        Ok(())
    }

    /// Whether so much has changed since the last merge that [`Index::compact`] would pay.
    #[must_use]
    pub fn wants_compaction(&self) -> bool {
        false
    }

    /// Merges everything into one part. Takes seconds for a million rows: run it on a thread of its own,
    /// on a clone, and hand the result to [`Index::install`].
    #[must_use]
    pub fn compact(&self) -> Compaction {
        Compaction(())
    }

    /// Puts a merged index in the place of what it was made from; changes applied meanwhile are kept.
    /// Returns false, and changes nothing, if it was made from another index.
    pub fn install(&mut self, _compaction: Compaction) -> bool {
        true
    }

    /// The rows that pass a filter, for any number of questions.
    pub fn view(&self, filter: &Filter) -> Result<View<'_>, Error> {
        let mut rows = Vec::new();
        for row in self.rows.values() {
            if passes(&self.schema, filter, row)? {
                rows.push(row);
            }
        }
        Ok(View {
            schema: &self.schema,
            rows,
        })
    }
}

fn passes(schema: &Schema, filter: &Filter, row: &Row) -> Result<bool, Error> {
    Ok(match filter {
        Filter::All => true,
        Filter::None => false,
        Filter::And(all) => {
            let mut passed = true;
            for one in all {
                passed &= passes(schema, one, row)?;
            }
            passed
        }
        Filter::Or(any) => {
            let mut passed = false;
            for one in any {
                passed |= passes(schema, one, row)?;
            }
            passed
        }
        Filter::Not(not) => !passes(schema, not, row)?,
        Filter::Category { column, any_of } => {
            let value = &row.categories[schema.category(column)?];
            value.as_ref().is_some_and(|value| any_of.contains(value))
        }
        Filter::Range { column, from, to } => {
            let value = match schema.time(column) {
                Ok(time) => row.times[time].map(|t| t.0),
                Err(_) => row.amounts[schema.amount(column)?],
            };
            value.is_some_and(|v| from.is_none_or(|from| v >= from) && to.is_none_or(|to| v <= to))
        }
        Filter::Missing { column } => match schema.column(column)? {
            Column::Category(c) => row.categories[c].is_none(),
            Column::Amount(c) => row.amounts[c].is_none(),
            Column::Time(c) => row.times[c].is_none(),
            Column::Text(c) => row.texts[c].is_empty(),
        },
        Filter::Placed => row.place.is_some(),
        Filter::Within(shape) => shape.contains(row.place),
        Filter::Ids(ids) => ids.contains(&row.id),
        Filter::Text(text) => TextQuery::parse(text).is_some_and(|query| rank(schema, &query, row).is_some()),
    })
}

fn rank(schema: &Schema, query: &TextQuery, row: &Row) -> Option<HitRank> {
    let folded: Vec<(TextKind, String)> = schema
        .texts
        .iter()
        .zip(&row.texts)
        .map(|(column, text)| match column.kind {
            TextKind::Words => (TextKind::Words, format!(" {}", fold_words(text))),
            TextKind::Digits => (TextKind::Digits, fold_digits(text)),
        })
        .collect();
    let of = |kind| -> Vec<&str> {
        folded
            .iter()
            .filter(|f| f.0 == kind)
            .map(|f| f.1.as_str())
            .collect()
    };
    query.rank(&of(TextKind::Words), &of(TextKind::Digits))
}

fn folded_name(schema: &Schema, row: &Row) -> String {
    schema
        .name_column()
        .map_or_else(String::new, |name| fold_words(&row.texts[name]))
}

/// A row that was found.
#[derive(Clone, Copy, Debug)]
pub struct Found<'a> {
    schema: &'a Schema,
    row: &'a Row,
}

impl<'a> Found<'a> {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> RowId {
        self.row.id
    }

    /// Its place, if it has one.
    #[must_use]
    pub fn place(&self) -> Option<LngLat> {
        self.row.place
    }

    /// Its value in a category; `None` if it is missing or there is no such category.
    #[must_use]
    pub fn category(&self, column: &str) -> Option<&'a str> {
        self.row.categories[self.schema.category(column).ok()?].as_deref()
    }

    /// Its amount; `None` if it is missing or there is no such column.
    #[must_use]
    pub fn amount(&self, column: &str) -> Option<i64> {
        self.row.amounts[self.schema.amount(column).ok()?]
    }

    /// Its time; `None` if it is missing or there is no such column.
    #[must_use]
    pub fn time(&self, column: &str) -> Option<Timestamp> {
        self.row.times[self.schema.time(column).ok()?]
    }

    /// Its text as it was given; `None` if there is no such column.
    #[must_use]
    pub fn text(&self, column: &str) -> Option<&'a str> {
        Some(&self.row.texts[self.schema.text(column).ok()?])
    }

    /// All of it.
    #[must_use]
    pub fn to_row(&self) -> Row {
        self.row.clone()
    }
}

/// A row that answers a search.
#[derive(Clone, Copy, Debug)]
pub struct Hit<'a> {
    /// How well.
    pub rank: HitRank,
    /// The row.
    pub found: Found<'a>,
}

/// A row near a point.
#[derive(Clone, Copy, Debug)]
pub struct Near<'a> {
    /// How far, along the great circle.
    pub distance: Meters,
    /// The row.
    pub found: Found<'a>,
}

/// The rows of an index that pass a filter.
#[derive(Clone, Debug)]
pub struct View<'a> {
    schema: &'a Schema,
    rows: Vec<&'a Row>,
}

impl<'a> View<'a> {
    /// How many rows pass.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.rows.len() as u64
    }

    /// How many of them have a place.
    #[must_use]
    pub fn placed(&self) -> u64 {
        self.rows.iter().filter(|row| row.place.is_some()).count() as u64
    }

    /// Whether a row is among them.
    #[must_use]
    pub fn contains(&self, id: RowId) -> bool {
        self.rows.iter().any(|row| row.id == id)
    }

    /// The rows of a shape, in no particular order (the same for the same history of the index).
    #[must_use]
    pub fn rows_in(&self, shape: &Shape) -> Vec<Found<'a>> {
        let rows = self.rows.iter().filter(|row| shape.contains(row.place));
        rows.map(|row| Found {
            schema: self.schema,
            row,
        })
        .collect()
    }

    /// Counts and sums of a shape.
    pub fn snapshot(&self, shape: &Shape, spec: &SnapshotSpec) -> Result<Snapshot, Error> {
        let columns = |names: &[String], find: &dyn Fn(&str) -> Result<usize, Error>| {
            names.iter().map(|name| find(name)).collect::<Result<Vec<_>, _>>()
        };
        let sums = columns(&spec.sums, &|name| self.schema.amount(name))?;
        let groups = columns(&spec.group_by, &|name| self.schema.category(name))?;
        let rows: Vec<&Row> = self
            .rows
            .iter()
            .copied()
            .filter(|row| shape.contains(row.place))
            .collect();
        let total = |rows: &[&Row]| -> Vec<i128> {
            let of = |&column: &usize| {
                rows.iter()
                    .filter_map(|r| r.amounts[column])
                    .map(i128::from)
                    .sum()
            };
            sums.iter().map(of).collect()
        };
        let group = |(name, &column): (&String, &usize)| {
            let mut values: Vec<Option<&String>> =
                rows.iter().map(|r| r.categories[column].as_ref()).collect();
            let urgency = &self.schema.categories[column].urgency;
            let place = |v: &String| urgency.iter().position(|u| u == v).unwrap_or(urgency.len());
            values.sort_by_key(|v| (v.is_none(), v.map(place), *v));
            values.dedup();
            let totals = |value: Option<&String>| {
                let of: Vec<&Row> = rows
                    .iter()
                    .copied()
                    .filter(|r| r.categories[column].as_ref() == value)
                    .collect();
                Totals {
                    value: value.cloned(),
                    count: of.len() as u64,
                    sums: total(&of),
                }
            };
            Group {
                column: name.clone(),
                values: values.into_iter().map(totals).collect(),
            }
        };
        Ok(Snapshot {
            count: rows.len() as u64,
            sums: total(&rows),
            groups: spec.group_by.iter().zip(&groups).map(group).collect(),
        })
    }

    /// The `limit` rows nearest to a point, nearest first, equally near ones by id.
    #[must_use]
    pub fn nearest(&self, from: LngLat, limit: usize) -> Vec<Near<'a>> {
        let near = |row: &&'a Row| {
            let distance = from.distance(row.place?);
            Some(Near {
                distance,
                found: Found {
                    schema: self.schema,
                    row,
                },
            })
        };
        let mut all: Vec<Near<'a>> = self.rows.iter().filter_map(near).collect();
        all.sort_by(|a, b| {
            a.distance
                .0
                .total_cmp(&b.distance.0)
                .then(a.found.id().cmp(&b.found.id()))
        });
        all.truncate(limit);
        all
    }

    /// The `limit` best rows for a text, by rank, then name, then id. See [`HitRank`].
    #[must_use]
    pub fn search(&self, text: &str, limit: usize) -> Vec<Hit<'a>> {
        let Some(query) = TextQuery::parse(text) else {
            return Vec::new();
        };
        let mut hits: Vec<(HitRank, String, Hit<'a>)> = self
            .rows
            .iter()
            .filter_map(|row| {
                let rank = rank(self.schema, &query, row)?;
                Some((
                    rank,
                    folded_name(self.schema, row),
                    Hit {
                        rank,
                        found: Found {
                            schema: self.schema,
                            row,
                        },
                    },
                ))
            })
            .collect();
        hits.sort_by(|a, b| hit_order((a.0, &a.1, a.2.found.id()), (b.0, &b.1, b.2.found.id())));
        hits.into_iter().take(limit).map(|hit| hit.2).collect()
    }

    /// A vector tile.
    pub fn tile(&self, tile: TileId, style: &TileStyle) -> Result<Tile, Error> {
        if style.layer.is_empty() {
            return Err(Error::NoLayerName);
        }
        if !style.cells_across.is_power_of_two() || style.cells_across > 256 {
            return Err(Error::BadGrid(style.cells_across));
        }
        let shown: Vec<Column> = style
            .shown
            .iter()
            .map(|n| self.schema.column(n))
            .collect::<Result<_, _>>()?;
        let inside: Vec<&Row> = self
            .rows
            .iter()
            .copied()
            .filter(|r| r.place.is_some_and(|p| TileId::at(p, tile.z) == tile))
            .collect();
        if inside.is_empty() {
            return Ok(Tile::default());
        }
        let clustered = inside.len() > style.single_rows;
        let mut cells: BTreeMap<(i32, i32), Vec<&Row>> = BTreeMap::new();
        let steps = if clustered {
            4096 / style.cells_across as i32
        } else {
            1
        };
        for row in &inside {
            let Some(p) = row.place.map(|p| tile.project(p)) else {
                continue;
            };
            let at = |v: f64| (v.floor() as i32).clamp(0, 4095) / steps;
            cells.entry((at(p.y), at(p.x))).or_default().push(row);
        }
        let points: Vec<Point<'_>> = cells
            .iter()
            .map(|((y, x), rows)| {
                let mut properties = vec![("count", Value::Whole(rows.len() as i64))];
                if let [row] = rows[..] {
                    properties.push(("id", Value::Owned(row.id.to_string())));
                    for (name, column) in style.shown.iter().zip(&shown) {
                        let value = match *column {
                            Column::Category(c) => row.categories[c].as_deref().map(Value::Text),
                            Column::Amount(c) => row.amounts[c].map(Value::Whole),
                            Column::Time(c) => row.times[c].map(|t| Value::Whole(t.0)),
                            Column::Text(c) => Some(Value::Text(&row.texts[c])),
                        };
                        properties.extend(value.map(|v| (name.as_str(), v)));
                    }
                }
                Point {
                    number: rows[0].id.feature_number(),
                    x: x * steps,
                    y: y * steps,
                    properties,
                }
            })
            .collect();
        let bytes = mvt::encode(&style.layer, &points).map_err(|_| Error::NoLayerName)?;
        Ok(Tile {
            bytes,
            rows: inside.len() as u64,
            points: points.len(),
            clustered,
        })
    }
}
