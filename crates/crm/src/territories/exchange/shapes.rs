//! Shapes of a shapefile: records of polygons (ESRI, July 1998, polygon, page 8).

use geo_types::{Coord, LineString, MultiPolygon, Polygon};

const POLYGON: i32 = 5;

/// West, south, east, north.
pub(super) type Bounds = [f64; 4];

/// What both files of shapes begin with.
pub(super) fn header(body: usize, bounds: Option<Bounds>) -> Vec<u8> {
    let mut out = Vec::from(9994i32.to_be_bytes());
    out.extend([0; 20]);
    out.extend(((100 + body) as i32 / 2).to_be_bytes());
    out.extend(1000i32.to_le_bytes());
    out.extend(POLYGON.to_le_bytes());
    out.extend(bounds.unwrap_or_default().iter().flat_map(|b| b.to_le_bytes()));
    out.extend([0; 32]);
    out
}

/// One polygon record: outer rings clockwise, each before its holes.
pub(super) fn shape(area: &MultiPolygon<f64>, bounds: &mut Option<Bounds>) -> Vec<u8> {
    let rings = || {
        area.iter()
            .flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors()))
    };
    let mut own: Option<Bounds> = None;
    for c in rings().flat_map(|ring| ring.coords()) {
        for bounds in [&mut own, &mut *bounds] {
            let b = bounds.get_or_insert([c.x, c.y, c.x, c.y]);
            *b = [b[0].min(c.x), b[1].min(c.y), b[2].max(c.x), b[3].max(c.y)];
        }
    }
    let mut out = Vec::from(POLYGON.to_le_bytes());
    out.extend(own.unwrap_or_default().iter().flat_map(|b| b.to_le_bytes()));
    out.extend((rings().count() as i32).to_le_bytes());
    out.extend((rings().map(|r| r.0.len()).sum::<usize>() as i32).to_le_bytes());
    let mut first = 0i32;
    for ring in rings() {
        out.extend(first.to_le_bytes());
        first += ring.0.len() as i32;
    }
    // Territories are wound the other way round.
    for corner in rings().flat_map(|ring| ring.0.iter().rev()) {
        out.extend(corner.x.to_le_bytes());
        out.extend(corner.y.to_le_bytes());
    }
    out
}

/// The shapes of a .shp file; `None` for empty ones.
pub(super) fn records(bytes: &[u8]) -> Result<Vec<Option<MultiPolygon<f64>>>, String> {
    const SHORT: &str = "the shapes end too early";
    let four = |at: usize| -> Result<[u8; 4], String> {
        let four = bytes.get(at..at.saturating_add(4)).ok_or(SHORT)?;
        four.try_into().map_err(|_| SHORT.to_owned())
    };
    if i32::from_be_bytes(four(0)?) != 9994 {
        return Err("it does not begin as shapes do".into());
    }
    let mut shapes = Vec::new();
    let mut at = 100;
    while at < bytes.len() {
        if shapes.len() > super::MOST {
            return Err(format!("it holds more than {} shapes", super::MOST));
        }
        let length = 2 * usize::try_from(i32::from_be_bytes(four(at + 4)?)).map_err(|_| SHORT)?;
        let record = bytes.get(at + 8..(at + 8).saturating_add(length)).ok_or(SHORT)?;
        shapes.push(polygons(record).map_err(|why| format!("shape {}: {why}", shapes.len() + 1))?);
        at += 8 + length;
    }
    Ok(shapes)
}

/// One record: kind, box, counts, where rings begin, corners.
fn polygons(record: &[u8]) -> Result<Option<MultiPolygon<f64>>, String> {
    const SHORT: &str = "it ends too early";
    let whole = |at: usize| -> Result<usize, String> {
        let four = record.get(at..at + 4).ok_or(SHORT)?;
        let number = i32::from_le_bytes(four.try_into().map_err(|_| SHORT)?);
        usize::try_from(number).map_err(|_| format!("it counts {number}"))
    };
    match whole(0)? {
        0 => return Ok(None),
        // Plain, with heights, with measures: the corners stand in the same place.
        5 | 15 | 25 => {}
        other => return Err(format!("it is of kind {other}, not a polygon")),
    }
    let (rings, corners) = (whole(36)?, whole(40)?);
    let begins = 44 + 4 * rings;
    if record.len() < begins.saturating_add(16 * corners) {
        return Err(SHORT.into());
    }
    let corner = |i: usize| {
        let number = |at: usize| f64::from_le_bytes(std::array::from_fn(|b| record[at + b]));
        let x = begins + 16 * i;
        Coord {
            x: number(x),
            y: number(x + 8),
        }
    };
    let mut outer: Vec<Polygon<f64>> = Vec::new();
    let mut holes: Vec<(usize, LineString<f64>)> = Vec::new();
    for ring in 0..rings {
        let from = whole(44 + 4 * ring)?;
        let to = if ring + 1 < rings {
            whole(48 + 4 * ring)?
        } else {
            corners
        };
        if from > to || to > corners {
            return Err("its rings are out of order".into());
        }
        let line = LineString((from..to).rev().map(corner).collect());
        if line.coords().any(|c| !c.x.is_finite() || !c.y.is_finite()) {
            return Err("a corner is no number".into());
        }
        // Turned round, outer rings go counter-clockwise.
        if twice_area(&line) < 0.0 && !outer.is_empty() {
            holes.push((outer.len() - 1, line));
        } else {
            outer.push(Polygon::new(line, Vec::new()));
        }
    }
    for (before, hole) in holes {
        // Nearly always the ring before it; else the smallest that it lies in.
        let inside = |polygon: &Polygon<f64>| {
            let within = hole
                .coords()
                .filter(|c| surrounds(polygon.exterior(), **c))
                .count();
            2 * within >= hole.0.len()
        };
        let home = if inside(&outer[before]) {
            before
        } else {
            let around = (0..outer.len()).filter(|i| inside(&outer[*i]));
            let size = |i: &usize| twice_area(outer[*i].exterior()).abs();
            around
                .min_by(|a, b| size(a).total_cmp(&size(b)))
                .unwrap_or(before)
        };
        outer[home].interiors_push(hole);
    }
    Ok((!outer.is_empty()).then_some(MultiPolygon(outer)))
}

/// More than 0 counter-clockwise.
fn twice_area(ring: &LineString<f64>) -> f64 {
    let Some(origin) = ring.0.first() else { return 0.0 };
    ring.lines()
        .map(|l| {
            (l.start.x - origin.x) * (l.end.y - origin.y) - (l.end.x - origin.x) * (l.start.y - origin.y)
        })
        .sum()
}

fn surrounds(ring: &LineString<f64>, p: Coord<f64>) -> bool {
    let crossings = ring.lines().filter(|l| {
        (l.start.y > p.y) != (l.end.y > p.y)
            && p.x < l.start.x + (p.y - l.start.y) / (l.end.y - l.start.y) * (l.end.x - l.start.x)
    });
    crossings.count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(corners: &[[f64; 2]]) -> LineString<f64> {
        corners.iter().map(|c| Coord { x: c[0], y: c[1] }).collect()
    }

    fn square(west: f64, south: f64, size: f64) -> LineString<f64> {
        let (east, north) = (west + size, south + size);
        ring(&[
            [west, south],
            [east, south],
            [east, north],
            [west, north],
            [west, south],
        ])
    }

    fn clockwise(mut line: LineString<f64>) -> LineString<f64> {
        line.0.reverse();
        line
    }

    #[test]
    fn holes_find_the_ring_around_them_in_any_order() {
        let (big, small, island) = (
            square(0.0, 0.0, 10.0),
            square(20.0, 0.0, 4.0),
            square(4.0, 4.0, 2.0),
        );
        let (lake, pond) = (
            clockwise(square(3.0, 3.0, 4.0)),
            clockwise(square(21.0, 1.0, 1.0)),
        );
        // Both outer rings and the island in the lake first, holes after them in the wrong order.
        let jumbled = MultiPolygon(vec![
            Polygon::new(big.clone(), Vec::new()),
            Polygon::new(island.clone(), Vec::new()),
            Polygon::new(small.clone(), vec![pond.clone(), lake.clone()]),
        ]);
        let found = polygons(&shape(&jumbled, &mut None)).unwrap().unwrap();
        let sorted = MultiPolygon(vec![
            Polygon::new(big, vec![lake]),
            Polygon::new(island, Vec::new()),
            Polygon::new(small, vec![pond]),
        ]);
        assert_eq!(found, sorted);
    }

    #[test]
    fn damaged_records_are_refused() {
        let area = MultiPolygon(vec![Polygon::new(square(1.0, 1.0, 1.0), Vec::new())]);
        let good = shape(&area, &mut None);
        assert_eq!(polygons(&good), Ok(Some(area)));
        for cut in 0..good.len() {
            assert!(polygons(&good[..cut]).is_err(), "cut at {cut}");
        }
        let mut line = good.clone();
        line[0] = 3;
        assert!(polygons(&line).unwrap_err().contains("kind 3"));
        let mut counts = good.clone();
        counts[36..40].copy_from_slice(&(-1i32).to_le_bytes());
        assert!(polygons(&counts).is_err());
        counts[36..40].copy_from_slice(&i32::MAX.to_le_bytes());
        assert!(polygons(&counts).is_err());
        assert_eq!(polygons(&0i32.to_le_bytes()), Ok(None));
    }
}
