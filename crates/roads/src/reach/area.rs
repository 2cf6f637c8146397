//! The area around reached roads, drawn on a metric grid.

use geo_types::MultiPolygon;
use geom::{Fixed, LngLat, Meters};

use super::contour::{Fine, Grid};
use super::field::Distances;
use super::frame::{Frame, Near, meters_by_unit};
use super::line::{Line, clip};
use super::nest::nest;
use super::rows::{Rows, corners};
use super::{Part, Reach, pieces, refine};
use crate::index::RoadIndex;

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

/// Where distances to reached roads and to others differ by less, in squares, the coarse grid may be wrong about which is
/// nearer.
pub(super) const DOUBT: f32 = 0.5;

/// Nobody lives farther from roads than so many squares, or few do: there the coarse grid is good enough.
const NEAR: f32 = 2.4;

/// How far inside a corner beside a reached road is at least, in squares: more than simplifying takes away.
pub(super) const INSIDE: f32 = 0.12;

/// Roads that are not reached, and those that are.
const MISSED: usize = 0;
const REACHED: usize = 1;

/// The grid's plane and the distances to roads at its crossings.
pub(super) struct Sheet {
    frame: Frame,
    /// The side of a square in metres.
    pub square: f64,
    pub width: usize,
    pub height: usize,
    /// By kind.
    distances: [Distances; 2],
    /// By the crossing in a square's south-west: not 0 where a reached road crosses it.
    crossed: Vec<u8>,
    pub doubt: Vec<Doubt>,
    /// By kind: all that was entered.
    pub lines: [Vec<Line>; 2],
}

/// A crossing where reached roads and others are about as far away, so that the coarse grid cannot tell.
pub(super) struct Doubt {
    pub crossing: u32,
    /// How many squares the farther of them is away.
    pub far: f32,
    /// It is a corner of a square that a reached road crosses.
    pub is_beside: bool,
}

pub(super) fn draw(reach: &Reach<'_>, options: &AreaOptions) -> MultiPolygon<f64> {
    let beyond = options.beyond_road.0.clamp(10.0, 1000.0);
    let roads = reach.roads;
    let strokes = Strokes::of(reach);
    let Some(mut sheet) = Sheet::around(reach, &strokes, beyond, options.grid.0.clamp(5.0, 500.0)) else {
        return MultiPolygon(Vec::new());
    };
    for segment in &strokes.whole {
        sheet.enter_all(REACHED, roads.line(*segment as usize));
    }
    for (kind, line) in &strokes.cuts {
        let line = line.map(|end| sheet.frame.squares(end));
        sheet.enter(*kind, line);
        sheet.end(*kind, line[1]);
    }
    sheet.enter_missed(reach, beyond);
    let mut grid = sheet.field(beyond);
    grid.fine = refine::fine(&sheet, &grid, beyond);
    nest(grid.rings(), &sheet.frame)
}

/// Reached roads, and what is not reached of roads that are reached in part.
struct Strokes {
    /// Segments that are reached from end to end.
    whole: Vec<u32>,
    /// Lines of others by kind, in the units of [`Fixed`].
    cuts: Vec<(usize, [[f64; 2]; 2])>,
    /// The box around all that is reached, in these units.
    low: [f64; 2],
    high: [f64; 2],
}

impl Strokes {
    fn of(reach: &Reach<'_>) -> Self {
        let roads = reach.roads;
        let (mut low, mut high) = ([i32::MAX; 2], [i32::MIN; 2]);
        let (mut whole, mut cuts) = (Vec::with_capacity(reach.parts.len()), Vec::new());
        let parts = reach.parts.chunk_by(|a, b| a.segment == b.segment);
        for parts in parts.filter(|parts| roads.may_snap(parts[0].segment as usize)) {
            let segment = parts[0].segment;
            let length = roads.segments[segment as usize].length;
            if let [Part { from: 0, to, .. }] = parts
                && *to == length
            {
                whole.push(segment);
                for point in roads.line(segment as usize) {
                    low = [low[0].min(point.lng), low[1].min(point.lat)];
                    high = [high[0].max(point.lng), high[1].max(point.lat)];
                }
                continue;
            }
            for piece in pieces(roads, segment as usize) {
                let mut add = |kind, line: Option<[LngLat; 2]>| {
                    let units = |p: LngLat| [p.lng() * 1e7, p.lat() * 1e7];
                    cuts.extend(line.map(|line| (kind, line.map(units))));
                };
                let mut start = 0;
                for part in parts {
                    if part.from > start {
                        add(MISSED, piece.cut(start, part.from));
                    }
                    add(REACHED, piece.cut(part.from, part.to));
                    start = part.to;
                }
                if start < length {
                    add(MISSED, piece.cut(start, length));
                }
            }
        }
        let mut strokes = Self {
            whole,
            cuts,
            low: low.map(f64::from),
            high: high.map(f64::from),
        };
        let reached = strokes.cuts.iter().filter(|(kind, _)| *kind == REACHED);
        for [lng, lat] in reached.flat_map(|(_, line)| line) {
            strokes.low = [strokes.low[0].min(*lng), strokes.low[1].min(*lat)];
            strokes.high = [strokes.high[0].max(*lng), strokes.high[1].max(*lat)];
        }
        strokes
    }
}

impl Sheet {
    /// Large enough for all reached roads and what lies around them; `None` where nothing is reached.
    fn around(reach: &Reach<'_>, strokes: &Strokes, beyond: f64, square: f64) -> Option<Self> {
        let Strokes { low, high, .. } = strokes;
        if low[0] > high[0] {
            return None;
        }
        let unit = meters_by_unit(reach.from.point);
        let size = [0, 1].map(|axis| (high[axis] - low[axis]) * unit[axis] + 2.0 * beyond);
        let square = square
            .max((size[0] * size[1] / MOST_SQUARES).sqrt())
            .max(size[0].max(size[1]) / MOST_SQUARES);
        // Three squares around it all, so that the rim is outside whatever is added.
        let rim = beyond + 3.0 * square;
        let [width, height] = size.map(|size| ((size + 6.0 * square) / square).ceil() as usize + 1);
        let window = (beyond / square).ceil() as usize + 1;
        let corner = [0, 1].map(|axis| low[axis] - rim / unit[axis]);
        Some(Self {
            frame: Frame::new(corner, unit, square),
            square,
            width,
            height,
            distances: [(); 2].map(|()| Distances::new(width, height, window)),
            crossed: vec![0; width * height],
            doubt: Vec::new(),
            lines: [Vec::new(), Vec::new()],
        })
    }

    fn enter_all(&mut self, kind: usize, line: &[Fixed]) {
        let frame = self.frame;
        let mut points = line.iter().map(|point| frame.of_point(*point));
        let Some(mut before) = points.next() else { return };
        for point in points {
            self.enter(kind, [before, point]);
            before = point;
        }
        self.end(kind, before);
    }

    /// The corner in the north-east.
    fn high(&self) -> [f32; 2] {
        [self.width, self.height].map(|crossings| (crossings - 1) as f32)
    }

    #[inline(always)]
    fn holds(&self, [x, y]: [f32; 2]) -> bool {
        let [right, top] = self.high();
        x >= 0.0 && x <= right && y >= 0.0 && y <= top
    }

    /// Enters the end of a road; what its lines enter is where they begin.
    fn end(&mut self, kind: usize, point: [f32; 2]) {
        if self.holds(point) {
            self.distances[kind].dot(point);
        }
    }

    /// Enters what lies on the sheet of a line between two points in squares.
    #[inline(always)]
    fn enter(&mut self, kind: usize, line: [[f32; 2]; 2]) {
        let line = match line.iter().all(|end| self.holds(*end)) {
            true => line,
            false => match clip(line, self.high()) {
                Some(part) => part,
                None => return,
            },
        };
        let line = Line::new(line);
        self.lines[kind].push(line);
        match kind {
            REACHED => self.distances[kind].ink(&line, |at| self.crossed[at] = 1),
            _ => self.distances[kind].ink(&line, |_| ()),
        }
    }

    /// Enters roads that are not reached, where they lie so near to reached ones that they may bound the area.
    fn enter_missed(&mut self, reach: &Reach<'_>, beyond: f64) {
        let roads = reach.roads;
        let frame = self.frame;
        // A square more for each distance that the grid may have wrong.
        let near = Near::new(
            &self.crossed,
            self.width,
            (2.0 * beyond / self.square) as f32 + 2.0,
        );
        let mut known = vec![0u64; roads.segments.len().div_ceil(64)];
        for part in &reach.parts {
            known[part.segment as usize / 64] |= 1 << (part.segment % 64);
        }
        let mut last = (u32::MAX, false);
        roads.pieces_in(
            |around| near.touches(&frame, *around),
            |piece| {
                if piece.segment != last.0 {
                    // Nobody starts from or is put on an island road where others are near, so it bounds nothing.
                    let bounds = known[piece.segment as usize / 64] >> (piece.segment % 64) & 1 == 0
                        && is_missed(roads, piece.segment as usize);
                    last = (piece.segment, bounds);
                }
                if last.1 {
                    let first = (roads.first_point[piece.segment as usize] + piece.from) as usize;
                    let line = [first, first + 1].map(|at| frame.of_point(roads.points[at]));
                    self.enter(MISSED, line);
                    if first + 2 == roads.first_point[piece.segment as usize + 1] as usize {
                        self.end(MISSED, line[1]);
                    }
                }
            },
        );
    }

    /// Not negative inside: near a reached road and not nearer to one that is not. Squares that a reached road
    /// crosses are inside with all their corners, so reached roads are inside although the grid is coarse.
    fn field(&mut self, beyond: f64) -> Grid {
        self.distances.iter_mut().for_each(Distances::widen);
        let width = self.width;
        let rows = Rows {
            unit: self.distances[REACHED].unit(),
            beyond: (beyond / self.square) as f32,
            near: self.distances[REACHED].squared(((beyond / self.square) as f32).min(NEAR)),
        };
        let mut values = vec![-1.0; width * self.height];
        let [mut missed, mut reached] = [vec![0; width], vec![0; width]];
        let [mut beside, mut doubt] = [vec![0; width], vec![0; width]];
        for (at, values) in values.chunks_exact_mut(width).enumerate() {
            if !self.distances[REACHED].row(at, &mut reached) {
                continue;
            }
            self.distances[MISSED].row(at, &mut missed);
            let crossed = &self.crossed[at.saturating_sub(1) * width..(at + 1) * width];
            corners(crossed, &mut beside);
            rows.fill([&missed, &reached], &beside, values, &mut doubt);
            for (run, doubts) in doubt.chunks(8).enumerate() {
                if doubts.iter().fold(0, |any, doubt| any | doubt) == 0 {
                    continue;
                }
                for column in (run * 8..)
                    .zip(doubts)
                    .filter(|(_, doubt)| **doubt != 0)
                    .map(|(column, _)| column)
                {
                    self.doubt.push(Doubt {
                        crossing: (at * width + column) as u32,
                        far: f32::from(missed[column].max(reached[column])).sqrt() * rows.unit,
                        is_beside: beside[column] != 0,
                    });
                }
            }
        }
        Grid {
            width,
            height: self.height,
            values,
            fine: Fine::default(),
        }
    }
}

/// Nobody starts from or is put on an island road where others are near, so it bounds nothing.
fn is_missed(roads: &RoadIndex, segment: usize) -> bool {
    roads.may_snap(segment) && roads.is_on_large_component(segment)
}
