//! The area around reached roads, drawn on a metric grid.

use geo_types::{Coord, LineString, MultiPolygon, Polygon};
use geom::{BBox, Fixed, LngLat, LocalMeters, Meters};

use super::contour::{Fine, Grid, GridPoint, is_inside, signed_area, simplify};
use super::field::Distances;
use super::{Part, Reach, pieces, refine};

/// How an area is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AreaOptions {
    /// Places farther from any road are outside; 10 to 1,000 m, by default 150 m.
    pub beyond_road: Meters,
    /// The side of a grid square: smaller is truer and slower; 5 to 500 m, by default 25 m. Made larger where
    /// the grid would have more than a million squares.
    pub grid: Meters,
}

impl Default for AreaOptions {
    fn default() -> Self {
        Self {
            beyond_road: Meters(150.0),
            grid: Meters(25.0),
        }
    }
}

const MOST_SQUARES: f64 = 1e6;

/// Rings are simplified by this much of a square's side.
const SIMPLIFY: f64 = 0.05;

/// Where distances to reached roads and to others differ by less, in squares, the coarse grid may be wrong about which is
/// nearer.
const DOUBT: f32 = 0.5;

/// Nobody lives farther from roads than so many squares, or few do: there the coarse grid is good enough.
const NEAR: f32 = 2.4;

/// A straight piece of road in squares of the sheet.
#[derive(Clone, Copy)]
pub(super) struct Line {
    pub from: [f32; 2],
    pub along: [f32; 2],
    /// One by the square of its length.
    pub inverse: f32,
    pub reached: bool,
}

/// How far inside a corner beside a reached road is at least, in squares: more than simplifying takes away.
pub(super) const INSIDE: f32 = 0.12;

/// The grid's plane: its south-west corner, its squares, and the distances to roads at its crossings.
pub(super) struct Sheet {
    plane: LocalMeters,
    corner: [f64; 2],
    pub square: f64,
    pub width: usize,
    pub height: usize,
    reached: Distances,
    missed: Distances,
    /// By crossing: a corner of a square that a reached road crosses.
    pub beside: Vec<bool>,
    /// The crossings where reached roads and others are about as far away, so that the coarse grid cannot tell, and how many
    /// squares the farther of them is away.
    pub doubt: Vec<(u32, f32)>,
    /// All that was entered.
    pub lines: Vec<Line>,
}

pub(super) fn draw(reach: &Reach<'_>, options: &AreaOptions) -> MultiPolygon<f64> {
    let beyond = options.beyond_road.0.clamp(10.0, 1000.0);
    let Some(mut sheet) = Sheet::around(reach, beyond, options.grid.0.clamp(5.0, 500.0)) else {
        return MultiPolygon(Vec::new());
    };
    let mut parts = reach.parts.as_slice();
    for segment in reach.roads.segments_in(sheet.bbox()) {
        if reach.roads.may_snap(segment as usize) {
            // Both are in order of segments, so each part is passed once.
            let passed = parts.iter().take_while(|p| p.segment < segment).count();
            let count = parts[passed..]
                .iter()
                .take_while(|p| p.segment == segment)
                .count();
            let (own, rest) = parts[passed..].split_at(count);
            parts = rest;
            // Nobody starts from or is put on an island road where others are near, so it bounds nothing.
            if own.is_empty() && !reach.roads.is_on_large_component(segment as usize) {
                continue;
            }
            sheet.ink(reach, segment, own);
        }
    }
    let mut grid = sheet.field(beyond);
    grid.fine = refine::fine(&sheet, &grid, beyond);
    nest(grid.rings(), &sheet)
}

impl Sheet {
    /// Large enough for all reached roads and what lies around them; `None` where nothing is reached.
    fn around(reach: &Reach<'_>, beyond: f64, square: f64) -> Option<Self> {
        let plane = LocalMeters::at(reach.from.point);
        let (mut low, mut high) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
        let mut include = |p: LngLat| {
            let p = plane.project(p);
            for axis in 0..2 {
                low[axis] = low[axis].min(p[axis]);
                high[axis] = high[axis].max(p[axis]);
            }
        };
        for part in reach
            .parts
            .iter()
            .filter(|p| reach.roads.may_snap(p.segment as usize))
        {
            let segment = part.segment as usize;
            match (part.from, part.to) == (0, reach.roads.segments[segment].length) {
                true => reach.roads.places(segment).for_each(&mut include),
                false => reach.line(part).into_iter().for_each(&mut include),
            }
        }
        if low[0] > high[0] {
            return None;
        }
        let size = [high[0] - low[0] + 2.0 * beyond, high[1] - low[1] + 2.0 * beyond];
        let square = square
            .max((size[0] * size[1] / MOST_SQUARES).sqrt())
            .max(size[0].max(size[1]) / MOST_SQUARES);
        // Three squares around it all, so that the rim is outside whatever is added.
        let rim = beyond + 3.0 * square;
        let count = |axis: usize| ((high[axis] - low[axis] + 2.0 * rim) / square).ceil() as usize + 1;
        let (width, height) = (count(0), count(1));
        let window = (beyond / square).ceil() as usize + 1;
        Some(Self {
            plane,
            corner: [low[0] - rim, low[1] - rim],
            square,
            width,
            height,
            reached: Distances::new(width, height, window),
            missed: Distances::new(width, height, window),
            beside: vec![false; width * height],
            doubt: Vec::new(),
            lines: Vec::new(),
        })
    }

    fn bbox(&self) -> BBox {
        let [x, y] = self.corner;
        let (w, h) = (self.width as f64 * self.square, self.height as f64 * self.square);
        let (a, b) = (self.plane.unproject([x, y]), self.plane.unproject([x + w, y + h]));
        BBox {
            west: a.lng(),
            south: a.lat(),
            east: b.lng(),
            north: b.lat(),
        }
    }

    /// Enters a segment: its reached parts, and those between them.
    fn ink(&mut self, reach: &Reach<'_>, segment: u32, parts: &[Part]) {
        let length = reach.roads.segments[segment as usize].length;
        let whole = parts.len() == 1 && (parts[0].from, parts[0].to) == (0, length);
        if parts.is_empty() || whole {
            self.ink_segment(whole, reach.roads.line(segment as usize));
            return;
        }
        for piece in pieces(reach.roads, segment as usize) {
            let mut start = 0;
            for part in parts {
                if part.from > start {
                    self.ink_line(false, piece.cut(start, part.from));
                }
                self.ink_line(true, piece.cut(part.from, part.to));
                start = part.to;
            }
            if start < length {
                self.ink_line(false, piece.cut(start, length));
            }
        }
    }

    /// Enters all of a segment. Of points in one square only the first and the last count.
    fn ink_segment(&mut self, reached: bool, line: &[Fixed]) {
        let Some((first, rest)) = line.split_first() else {
            return;
        };
        // Rounded down on this side of the sheet's corner, too.
        let square = |p: [f64; 2]| p.map(|at| (at + MOST_SQUARES) as i64);
        let mut before = self.on_sheet((*first).into());
        let mut ends = before;
        let mut inked = false;
        for (i, point) in rest.iter().enumerate() {
            let point = self.on_sheet((*point).into());
            self.keep(reached, [ends, point]);
            ends = point;
            let is_last = i + 1 == rest.len();
            if square(before) != square(point) || is_last && !inked {
                self.ink_points(reached, [before, point]);
                inked = true;
            }
            before = point;
        }
    }

    fn on_sheet(&self, place: LngLat) -> [f64; 2] {
        let [x, y] = self.plane.project(place);
        [x - self.corner[0], y - self.corner[1]].map(|metres| metres / self.square)
    }

    fn ink_line(&mut self, reached: bool, line: Option<[LngLat; 2]>) {
        if let Some(line) = line {
            let line = line.map(|p| self.on_sheet(p));
            self.keep(reached, line);
            self.ink_points(reached, line);
        }
    }

    fn keep(&mut self, reached: bool, line: [[f64; 2]; 2]) {
        let [from, to] = line.map(|p| p.map(|squares| squares as f32));
        let along = [to[0] - from[0], to[1] - from[1]];
        self.lines.push(Line {
            from,
            along,
            inverse: 1.0 / (along[0] * along[0] + along[1] * along[1]).max(1e-12),
            reached,
        });
    }

    /// Enters what lies on the sheet of a line between two points in squares.
    fn ink_points(&mut self, reached: bool, line: [[f64; 2]; 2]) {
        let high = [(self.width - 1) as f64, (self.height - 1) as f64];
        let on_grid = |p: &[f64; 2]| [0, 1].iter().all(|axis| (0.0..high[*axis]).contains(&p[*axis]));
        let line = match line.iter().all(on_grid) {
            true => line,
            false => match clip(line, high) {
                Some(part) => part,
                None => return,
            },
        };
        let line = line.map(|p| p.map(|squares| squares as f32));
        match reached {
            true => self.reached.ink(line, |at| self.beside[at] = true),
            false => self.missed.ink(line, |_| ()),
        }
    }

    /// Not negative inside: near a reached road and not nearer to one that is not. Squares that a reached road
    /// crosses are inside with all their corners, so reached roads are inside although the grid is coarse.
    fn field(&mut self, beyond: f64) -> Grid {
        self.reached.spread();
        self.missed.spread();
        let beyond = (beyond / self.square) as f32;
        let mut values = vec![-1.0; self.width * self.height];
        Distances::both(&self.reached, &self.missed, &mut values, |reached, missed| {
            (beyond - reached).min(missed - reached)
        });
        for at in self.reached.both_near(&self.missed, beyond.min(NEAR)) {
            let [reached, missed] = [&self.reached, &self.missed].map(|distances| distances.at(at));
            let in_doubt = (missed - reached).abs() < DOUBT || self.beside[at] && missed < reached;
            if in_doubt {
                self.doubt.push((at as u32, reached.max(missed)));
            }
        }
        for (value, _) in values.iter_mut().zip(&self.beside).filter(|(_, beside)| **beside) {
            *value = value.max(INSIDE);
        }
        Grid {
            width: self.width,
            height: self.height,
            values,
            fine: Fine::default(),
        }
    }

    fn unproject(&self, [column, row]: GridPoint) -> Coord<f64> {
        let [x, y] = self.corner;
        self.plane
            .unproject([x + column * self.square, y + row * self.square])
            .into()
    }

    fn ring(&self, ring: &[GridPoint]) -> LineString<f64> {
        LineString(
            simplify(ring, SIMPLIFY)
                .into_iter()
                .map(|p| self.unproject(p))
                .collect(),
        )
    }
}

/// The part of a line within 0 and `high` on both axes; `None` where it stays outside.
fn clip([a, b]: [[f64; 2]; 2], high: [f64; 2]) -> Option<[[f64; 2]; 2]> {
    let (mut start, mut end) = (0.0f64, 1.0f64);
    for axis in 0..2 {
        let change = b[axis] - a[axis];
        let ends = [0.0, high[axis] - 1e-3].map(|limit| (limit - a[axis]) / change);
        if change == 0.0 {
            if !(0.0..high[axis]).contains(&a[axis]) {
                return None;
            }
        } else {
            start = start.max(ends[0].min(ends[1]));
            end = end.min(ends[0].max(ends[1]));
        }
    }
    let at = |share: f64| [0, 1].map(|axis| a[axis] + (b[axis] - a[axis]) * share);
    (start < end).then(|| [at(start), at(end)])
}

/// A ring with the box around it.
struct Boxed {
    ring: Vec<GridPoint>,
    area: f64,
    low: GridPoint,
    high: GridPoint,
}

impl Boxed {
    fn new(ring: Vec<GridPoint>) -> Self {
        let (mut low, mut high) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
        for p in &ring {
            for axis in 0..2 {
                low[axis] = low[axis].min(p[axis]);
                high[axis] = high[axis].max(p[axis]);
            }
        }
        let area = signed_area(&ring);
        Self {
            ring,
            area,
            low,
            high,
        }
    }

    fn holds(&self, p: GridPoint) -> bool {
        (0..2).all(|axis| (self.low[axis]..=self.high[axis]).contains(&p[axis])) && is_inside(&self.ring, p)
    }
}

/// Puts holes into the smallest outer ring around them.
fn nest(rings: Vec<Vec<GridPoint>>, sheet: &Sheet) -> MultiPolygon<f64> {
    let rings = rings.into_iter().map(Boxed::new);
    let (mut outer, holes): (Vec<_>, Vec<_>) = rings.partition(|ring| ring.area > 0.0);
    outer.sort_by(|a, b| a.area.total_cmp(&b.area));
    let mut holes_of: Vec<Vec<LineString<f64>>> = vec![Vec::new(); outer.len()];
    for hole in holes {
        if let Some(around) = outer.iter().position(|ring| ring.holds(hole.ring[0])) {
            let ring = sheet.ring(&hole.ring);
            if ring.0.len() >= 4 {
                holes_of[around].push(ring);
            }
        }
    }
    // A speck that simplifies to nothing holds no reached road: those fill whole squares.
    let rings = outer.iter().map(|outer| sheet.ring(&outer.ring));
    let polygons = rings.zip(holes_of).filter(|(ring, _)| ring.0.len() >= 4);
    MultiPolygon(polygons.map(|(ring, holes)| Polygon::new(ring, holes)).collect())
}
