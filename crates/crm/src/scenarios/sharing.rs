//! Ground shared out: what lies around somebody's customers is theirs, and every piece in which nobody has a customer goes
//! to the neighbour that it has the longest border with. So no territory is left with islands that nobody lives on.

use std::collections::BTreeMap;

use geo::{BoundingRect as _, Contains as _};
use geo_types::{Coord, LineString, MultiPolygon, Point, Polygon, Rect};
use geom::LngLat;

use super::ground;

/// Borders nearer than this, in degrees, are the same border: areas that were cut from each other agree to less.
const SAME: f64 = 1e-6;
/// Points of a piece's border that are asked who lies on the other side.
const ASKED: usize = 240;

/// A piece of ground in which nobody has a customer.
#[derive(Clone, Debug)]
pub(super) struct Loose {
    pub piece: Polygon,
    /// Whoever has it now keeps it where no neighbour has more of its border.
    pub had_by: Option<u32>,
}

/// Ground by seat, with pieces that are nobody's yet.
#[derive(Clone, Debug, Default)]
pub(super) struct Sharing {
    held: BTreeMap<u32, Vec<Polygon>>,
    loose: Vec<Loose>,
    /// Who lives on what a seat was given for its customers' sake.
    customers: BTreeMap<u32, Vec<Coord>>,
}

/// Pieces that boolean operations leave apart by less than they can tell are given away so many times at most.
const ROUNDS: usize = 4;

impl Sharing {
    /// Gives a seat those parts of its ground that have some of its `customers`; the others are open to neighbours.
    /// `false`: there is no such part, and nothing was given or opened.
    pub fn give(&mut self, seat: u32, ground: &MultiPolygon, customers: &[LngLat]) -> bool {
        let customers: Vec<Coord> = customers
            .iter()
            .map(|p| Coord {
                x: p.lng(),
                y: p.lat(),
            })
            .collect();
        let (held, empty): (Vec<Polygon>, Vec<Polygon>) = ground
            .iter()
            .cloned()
            .partition(|piece| has_any(piece, &customers));
        if held.is_empty() {
            return false;
        }
        self.customers.entry(seat).or_default().extend(customers);
        self.keep(seat, MultiPolygon::new(held));
        self.open(Some(seat), MultiPolygon::new(empty));
        true
    }

    /// Gives a seat ground that it keeps whatever lies on it.
    pub fn keep(&mut self, seat: u32, ground: MultiPolygon) {
        self.held.entry(seat).or_default().extend(ground);
    }

    /// Ground that goes to neighbours.
    pub fn open(&mut self, had_by: Option<u32>, ground: MultiPolygon) {
        let loose = ground.into_iter().map(|piece| Loose { piece, had_by });
        self.loose.extend(loose);
    }

    /// Every seat's ground, with all pieces given to somebody. A piece beside nobody stays with whoever had it.
    pub fn done(mut self) -> BTreeMap<u32, MultiPolygon> {
        self.settle();
        let whole = |(seat, pieces): (&u32, &Vec<Polygon>)| (*seat, ground::all_together(pieces.clone()));
        let mut areas: BTreeMap<u32, MultiPolygon> = self.held.iter().map(whole).collect();
        // What was given to a neighbour may stay apart from it by a hair: then it is nobody's again, and another's.
        for _ in 0..ROUNDS {
            let mut any = false;
            for (seat, area) in &areas {
                let pieces: Vec<Polygon> = area.iter().cloned().collect();
                let Some(customers) = self.customers.get(seat).filter(|_| pieces.len() > 1) else {
                    self.held.insert(*seat, pieces);
                    continue;
                };
                let (held, empty): (Vec<Polygon>, Vec<Polygon>) =
                    pieces.into_iter().partition(|piece| has_any(piece, customers));
                self.held.insert(*seat, held);
                any |= !empty.is_empty();
                self.loose.extend(empty.into_iter().map(|piece| Loose {
                    piece,
                    had_by: Some(*seat),
                }));
            }
            if !any {
                break;
            }
            for loose in std::mem::take(&mut self.loose) {
                let to = self.neighbour(&loose, loose.had_by).or(loose.had_by);
                if let Some(seat) = to {
                    self.held.entry(seat).or_default().push(loose.piece);
                }
            }
            areas = self.held.iter().map(whole).collect();
        }
        areas
    }

    /// Gives every loose piece to somebody.
    fn settle(&mut self) {
        while !self.loose.is_empty() {
            let pieces = std::mem::take(&mut self.loose);
            let before = pieces.len();
            let mut found: Vec<(u32, Polygon)> = Vec::new();
            for loose in pieces {
                match self.neighbour(&loose, None) {
                    Some(seat) => found.push((seat, loose.piece)),
                    None => self.loose.push(loose),
                }
            }
            for (seat, piece) in found {
                self.held.entry(seat).or_default().push(piece);
            }
            if self.loose.len() == before {
                for loose in std::mem::take(&mut self.loose) {
                    if let Some(seat) = loose.had_by {
                        self.held.entry(seat).or_default().push(loose.piece);
                    }
                }
            }
        }
    }

    /// Who has the most of a piece's border on the other side; `but` one.
    fn neighbour(&self, loose: &Loose, but: Option<u32>) -> Option<u32> {
        let around = loose.piece.bounding_rect()?;
        let beside: Vec<(u32, &Polygon)> = self
            .held
            .iter()
            .filter(|(seat, _)| Some(**seat) != but)
            .flat_map(|(seat, pieces)| pieces.iter().map(|p| (*seat, p)))
            .filter(|(_, p)| p.bounding_rect().is_some_and(|b| touch(&b, &around)))
            .collect();
        let mut shares: BTreeMap<u32, f64> = BTreeMap::new();
        for (at, length) in samples(&loose.piece) {
            let mut seats: Vec<u32> = beside
                .iter()
                .filter(|(_, p)| border_has(p, at))
                .map(|(seat, _)| *seat)
                .collect();
            seats.dedup();
            for seat in seats {
                *shares.entry(seat).or_default() += length;
            }
        }
        // Of equal borders that of whoever has the piece counts more, then the first seat's.
        let best = shares.into_iter().max_by(|a, b| {
            let had = |seat: u32| loose.had_by == Some(seat);
            let nearly = (a.1 - b.1).abs() <= 1e-9 * (a.1 + b.1);
            let longer = if nearly {
                std::cmp::Ordering::Equal
            } else {
                a.1.total_cmp(&b.1)
            };
            longer.then(had(a.0).cmp(&had(b.0))).then(b.0.cmp(&a.0))
        });
        best.map(|(seat, _)| seat)
    }
}

fn rings(piece: &Polygon) -> impl Iterator<Item = &LineString> {
    std::iter::once(piece.exterior()).chain(piece.interiors())
}

/// Middles of short parts of the border, each with the length that it stands for.
fn samples(piece: &Polygon) -> Vec<(Coord, f64)> {
    let length = |l: &geo_types::Line| l.dx().hypot(l.dy());
    let whole: f64 = rings(piece).flat_map(LineString::lines).map(|l| length(&l)).sum();
    let mut found = Vec::new();
    for line in rings(piece).flat_map(LineString::lines) {
        let parts = (length(&line) / whole * ASKED as f64)
            .ceil()
            .clamp(1.0, ASKED as f64);
        for part in 0..parts as usize {
            let along = (part as f64 + 0.5) / parts;
            let at = Coord {
                x: line.start.x + along * line.dx(),
                y: line.start.y + along * line.dy(),
            };
            found.push((at, length(&line) / parts));
        }
    }
    found
}

/// Some of the customers lie in the piece or on its border.
fn has_any(piece: &Polygon, customers: &[Coord]) -> bool {
    let within = piece.bounding_rect();
    let near = |c: &Coord| within.is_some_and(|b| reaches(&b, *c));
    let mut points = customers.iter();
    points.any(|c| near(c) && (piece.contains(&Point(*c)) || border_has(piece, *c)))
}

fn border_has(piece: &Polygon, at: Coord) -> bool {
    let near = |line: geo_types::Line| {
        let (low, high) = (line.start.x.min(line.end.x), line.start.x.max(line.end.x));
        let (south, north) = (line.start.y.min(line.end.y), line.start.y.max(line.end.y));
        if at.x < low - SAME || at.x > high + SAME || at.y < south - SAME || at.y > north + SAME {
            return false;
        }
        let square = line.dx() * line.dx() + line.dy() * line.dy();
        let along = if square > 0.0 {
            (((at.x - line.start.x) * line.dx() + (at.y - line.start.y) * line.dy()) / square).clamp(0.0, 1.0)
        } else {
            0.0
        };
        let (x, y) = (line.start.x + along * line.dx(), line.start.y + along * line.dy());
        (at.x - x).hypot(at.y - y) <= SAME
    };
    rings(piece).flat_map(LineString::lines).any(near)
}

fn reaches(rect: &Rect, at: Coord) -> bool {
    at.x >= rect.min().x - SAME
        && at.x <= rect.max().x + SAME
        && at.y >= rect.min().y - SAME
        && at.y <= rect.max().y + SAME
}

fn touch(a: &Rect, b: &Rect) -> bool {
    a.min().x <= b.max().x + SAME
        && b.min().x <= a.max().x + SAME
        && a.min().y <= b.max().y + SAME
        && b.min().y <= a.max().y + SAME
}

#[cfg(test)]
mod tests {
    use geo::Area as _;
    use geo_types::polygon;

    use super::*;

    fn square(west: f64, south: f64, east: f64, north: f64) -> MultiPolygon {
        MultiPolygon::new(vec![
            polygon![(x: west, y: south), (x: east, y: south), (x: east, y: north), (x: west, y: north)],
        ])
    }

    fn at(lng: f64, lat: f64) -> LngLat {
        LngLat::new(lng, lat).unwrap()
    }

    #[test]
    fn an_island_without_customers_goes_to_whoever_lies_around_it() {
        let mut sharing = Sharing::default();
        let island = square(0.4, 0.4, 0.6, 0.6);
        let around = ground::without(&square(0.0, 0.0, 1.0, 1.0), &island);
        let mut far = square(2.0, 0.0, 3.0, 1.0);
        far.0.extend(island);
        sharing.give(0, &around, &[at(0.1, 0.1)]);
        sharing.give(1, &far, &[at(2.5, 0.5)]);
        let done = sharing.done();
        assert_eq!((done[&0].0.len(), done[&0].0[0].interiors().len()), (1, 0));
        assert!((done[&0].unsigned_area() - 1.0).abs() < 1e-9);
        assert!((done[&1].unsigned_area() - 1.0).abs() < 1e-9);
    }

    #[test]
    fn an_island_with_a_customer_stays() {
        let mut sharing = Sharing::default();
        let island = square(0.4, 0.4, 0.6, 0.6);
        sharing.give(
            0,
            &ground::without(&square(0.0, 0.0, 1.0, 1.0), &island),
            &[at(0.1, 0.1)],
        );
        let mut far = square(2.0, 0.0, 3.0, 1.0);
        far.0.extend(island);
        sharing.give(1, &far, &[at(2.5, 0.5), at(0.5, 0.5)]);
        let done = sharing.done();
        assert_eq!((done[&0].0[0].interiors().len(), done[&1].0.len()), (1, 2));
    }

    #[test]
    fn pieces_go_with_the_longest_border_also_by_way_of_each_other() {
        // A row: seat 0 | a | b | nothing; b touches only a, so it goes along with a.
        let mut sharing = Sharing::default();
        sharing.give(0, &square(0.0, 0.0, 1.0, 1.0), &[at(0.5, 0.5)]);
        sharing.give(1, &square(0.0, 1.0, 1.2, 2.0), &[at(0.5, 1.5)]);
        sharing.open(Some(1), square(1.0, 0.0, 2.0, 1.0));
        sharing.open(None, square(2.0, 0.0, 3.0, 1.0));
        // Far from all, it stays with whoever had it; where nobody had it, it is nobody's.
        sharing.open(Some(1), square(8.0, 8.0, 9.0, 9.0));
        sharing.open(None, square(6.0, 8.0, 7.0, 9.0));
        let done = sharing.done();
        // Seat 0 has 1 of a's border, seat 1 only 0.2.
        assert!((done[&0].unsigned_area() - 3.0).abs() < 1e-9);
        assert!((done[&1].unsigned_area() - 2.2).abs() < 1e-9);
        assert_eq!(done[&0].0.len(), 1);
    }

    #[test]
    fn who_has_no_customer_there_is_given_nothing() {
        let mut sharing = Sharing::default();
        assert!(!sharing.give(0, &square(0.0, 0.0, 1.0, 1.0), &[at(1.5, 0.5)]));
        assert!(sharing.give(1, &square(1.0, 0.0, 2.0, 1.0), &[at(1.5, 0.5)]));
        assert_eq!(sharing.done().keys().collect::<Vec<_>>(), [&1]);
    }
}
