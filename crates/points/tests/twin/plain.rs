//! The slow twin: every question answered by looking at every row, with nothing shared with the index
//! but the types and the folding of single texts.

use std::collections::BTreeMap;

use geo_types::{Coord, LineString};
use geom::{LngLat, TileId};
use points::{Change, Filter, HitRank, Row, RowId, Schema, TextKind, fold_digits, fold_words};

/// Rows by id.
#[derive(Clone, Debug)]
pub struct Plain {
    pub schema: Schema,
    pub rows: BTreeMap<RowId, Row>,
}

/// Part of the world, as the tests draw it.
#[derive(Clone, Debug)]
pub enum Region {
    Everywhere,
    Box([f64; 4]),
    /// Polygons of rings.
    Polygons(Vec<Vec<Vec<Coord>>>),
}

impl Region {
    pub fn shape(&self) -> points::Shape {
        match self {
            Self::Everywhere => points::Shape::everywhere(),
            Self::Box([west, south, east, north]) => points::Shape::bbox(geom::BBox {
                west: *west,
                south: *south,
                east: *east,
                north: *north,
            }),
            Self::Polygons(polygons) => {
                let ring = |ring: &Vec<Coord>| LineString(ring.clone());
                let polygon = |rings: &Vec<Vec<Coord>>| {
                    let outer = rings.first().map(ring).unwrap_or_else(|| LineString(vec![]));
                    geo_types::Polygon::new(outer, rings.iter().skip(1).map(ring).collect())
                };
                points::Shape::polygons(polygons.iter().map(polygon).collect()).expect("corners are finite")
            }
        }
    }

    pub fn contains(&self, place: Option<LngLat>) -> bool {
        match (self, place) {
            (Self::Everywhere, _) => true,
            (_, None) => false,
            (Self::Box([west, south, east, north]), Some(p)) => {
                *west <= p.lng() && p.lng() <= *east && *south <= p.lat() && p.lat() <= *north
            }
            (Self::Polygons(polygons), Some(p)) => polygons.iter().any(|rings| {
                let crossings: usize = rings.iter().map(|ring| crossings(ring, p)).sum();
                crossings % 2 == 1
            }),
        }
    }
}

/// Edges of a ring to the east of a point, by the half-open rule in exact arithmetic: test corners and places
/// are whole multiples of 1/1024, so that products of differences are exact in `i128`.
fn crossings(ring: &[Coord], p: LngLat) -> usize {
    let whole = |v: f64| (v * 1024.0) as i128;
    let (px, py) = (whole(p.lng()), whole(p.lat()));
    (0..ring.len())
        .filter(|&i| {
            let (a, b) = (ring[i], ring[(i + 1) % ring.len()]);
            let ((ax, ay), (bx, by)) = ((whole(a.x), whole(a.y)), (whole(b.x), whole(b.y)));
            if (ay > py) == (by > py) {
                return false;
            }
            // px < ax + (py - ay) (bx - ax) / (by - ay), multiplied out.
            let (left, right) = ((px - ax) * (by - ay), (py - ay) * (bx - ax));
            if by > ay { left < right } else { left > right }
        })
        .count()
}

impl Plain {
    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::Upsert(row) => self.rows.insert(row.id, row.clone()),
            Change::Delete(id) => self.rows.remove(id),
        };
    }

    pub fn passing(&self, condition: &Condition) -> Vec<&Row> {
        self.rows
            .values()
            .filter(|row| self.passes(condition, row))
            .collect()
    }

    fn passes(&self, condition: &Condition, row: &Row) -> bool {
        let category = |name: &str| {
            let column = self
                .schema
                .categories
                .iter()
                .position(|c| c.name == name)
                .expect("a category");
            row.categories[column].as_deref()
        };
        let number = |name: &str| match self.schema.amounts.iter().position(|c| c == name) {
            Some(column) => row.amounts[column],
            None => {
                let column = self.schema.times.iter().position(|c| c == name).expect("a time");
                row.times[column].map(|t| t.0)
            }
        };
        match condition {
            Condition::Plain(filter) => match filter {
                Filter::All => true,
                Filter::None => false,
                Filter::Category { column, any_of } => {
                    category(column).is_some_and(|value| any_of.iter().any(|v| v == value))
                }
                Filter::Range { column, from, to } => number(column)
                    .is_some_and(|v| v >= from.unwrap_or(i64::MIN) && v <= to.unwrap_or(i64::MAX)),
                Filter::Missing { column } => {
                    if self.schema.categories.iter().any(|c| &c.name == column) {
                        category(column).is_none()
                    } else if let Some(text) = self.schema.texts.iter().position(|t| &t.name == column) {
                        row.texts[text].is_empty()
                    } else {
                        number(column).is_none()
                    }
                }
                Filter::Placed => row.place.is_some(),
                Filter::Ids(ids) => ids.contains(&row.id),
                Filter::Text(text) => self.rank(text, row).is_some(),
                other => panic!("{other:?} is not plain"),
            },
            Condition::Within(region) => region.contains(row.place),
            Condition::And(all) => all.iter().all(|one| self.passes(one, row)),
            Condition::Or(any) => any.iter().any(|one| self.passes(one, row)),
            Condition::Not(not) => !self.passes(not, row),
        }
    }

    pub fn search(&self, condition: &Condition, text: &str, limit: usize) -> Vec<(HitRank, RowId)> {
        let mut hits: Vec<(HitRank, String, RowId)> = self
            .passing(condition)
            .into_iter()
            .filter_map(|row| Some((self.rank(text, row)?, self.folded_name(row), row.id)))
            .collect();
        hits.sort();
        hits.into_iter().take(limit).map(|hit| (hit.0, hit.2)).collect()
    }

    fn folded_name(&self, row: &Row) -> String {
        let name = self.schema.texts.iter().position(|t| t.kind == TextKind::Words);
        name.map_or_else(String::new, |name| fold_words(&row.texts[name]))
    }

    /// The words of [`points::View::search`], literally.
    fn rank(&self, query: &str, row: &Row) -> Option<HitRank> {
        let spelled = |text: &str| {
            let spell = |text: String, (umlaut, vowels): (&str, &str)| text.replace(umlaut, vowels);
            let pairs = [
                ("ä", "ae"),
                ("ö", "oe"),
                ("ü", "ue"),
                ("Ä", "ae"),
                ("Ö", "oe"),
                ("Ü", "ue"),
            ];
            fold_words(&pairs.into_iter().fold(text.to_owned(), spell))
        };
        let spellings = |text: &str| {
            let plain = fold_words(text);
            let short = plain.replace("ae", "a").replace("oe", "o").replace("ue", "u");
            [plain, spelled(text), short]
        };
        let of = |kind: TextKind| {
            let columns = self.schema.texts.iter().zip(&row.texts);
            columns.filter(move |c| c.0.kind == kind).map(|c| c.1.as_str())
        };
        let texts: Vec<String> = of(TextKind::Words).map(fold_words).collect();
        let numbers: Vec<String> = of(TextKind::Digits).map(fold_digits).collect();
        let in_numbers = |digits: &str| {
            let digits = digits.trim_start_matches('0');
            let is_number = digits.len() >= 3 && digits.chars().all(|c| c.is_ascii_digit());
            is_number && numbers.iter().any(|number| number.contains(digits))
        };
        let begins_word = |text: &str, word: &str| text.split(' ').any(|w| w.starts_with(word));
        let folded = fold_words(query);
        if folded.is_empty() {
            return None;
        }
        let whole = spellings(query);
        let word_spellings = |i: usize| whole.iter().map(move |s| s.split(' ').nth(i).unwrap_or_default());
        let words = folded.split(' ').count();
        let by_words = (0..words).all(|i| {
            let in_text = |word: &str| {
                texts.iter().any(|text| {
                    if word.len() < 3 {
                        begins_word(text, word)
                    } else {
                        text.contains(word)
                    }
                })
            };
            word_spellings(i).any(in_text) || in_numbers(folded.split(' ').nth(i).unwrap_or_default())
        });
        let is_number = query
            .chars()
            .all(|c| c.is_ascii_digit() || c.is_whitespace() || "+()-/.".contains(c));
        if !(by_words || is_number && in_numbers(&fold_digits(query))) {
            return None;
        }
        let name = self.folded_name(row);
        if whole.iter().any(|start| name.starts_with(start.as_str())) {
            return Some(HitRank::NameStart);
        }
        let begin = (0..words).all(|i| word_spellings(i).any(|word| begins_word(&name, word)));
        Some(if begin {
            HitRank::WordStart
        } else {
            HitRank::Elsewhere
        })
    }

    pub fn nearest(&self, condition: &Condition, from: LngLat, limit: usize) -> Vec<(f64, RowId)> {
        let rows = self.passing(condition).into_iter();
        let mut near: Vec<(f64, RowId)> = rows
            .filter_map(|r| Some((from.distance(r.place?).0, r.id)))
            .collect();
        near.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        near.truncate(limit);
        near
    }

    /// The rows of a tile by cell of a grid: `across` cells from west to east.
    pub fn cells(&self, condition: &Condition, tile: TileId, across: u32) -> BTreeMap<(u32, u32), Vec<&Row>> {
        let mut cells: BTreeMap<(u32, u32), Vec<&Row>> = BTreeMap::new();
        for row in self.passing(condition) {
            let Some(place) = row.place.filter(|&p| TileId::at(p, tile.z) == tile) else {
                continue;
            };
            let p = tile.project(place);
            let cell = |v: f64| ((v * f64::from(across) / 4096.0) as u32).min(across - 1);
            cells.entry((cell(p.y), cell(p.x))).or_default().push(row);
        }
        cells
    }
}

/// A filter whose shapes are regions.
#[derive(Clone, Debug)]
pub enum Condition {
    /// Neither a shape nor a combination.
    Plain(Filter),
    Within(Region),
    And(Vec<Condition>),
    Or(Vec<Condition>),
    Not(Box<Condition>),
}

impl Condition {
    pub fn filter(&self) -> Filter {
        match self {
            Self::Plain(filter) => filter.clone(),
            Self::Within(region) => Filter::Within(region.shape()),
            Self::And(all) => Filter::And(all.iter().map(Self::filter).collect()),
            Self::Or(any) => Filter::Or(any.iter().map(Self::filter).collect()),
            Self::Not(not) => Filter::Not(Box::new(not.filter())),
        }
    }
}
