//! Areas as well-known text, for a cell of a table.

use std::fmt::Write as _;

use geo_types::{Coord, LineString, MultiPolygon, Polygon};

/// `MULTIPOLYGON (((13 53, 14 53, …)))`; reading gives the same numbers again.
pub(super) fn write(area: &MultiPolygon<f64>) -> String {
    let mut out = String::from("MULTIPOLYGON (");
    for (i, polygon) in area.iter().enumerate() {
        out.push_str(if i > 0 { ", (" } else { "(" });
        for (r, ring) in std::iter::once(polygon.exterior())
            .chain(polygon.interiors())
            .enumerate()
        {
            out.push_str(if r > 0 { ", (" } else { "(" });
            for (c, corner) in ring.coords().enumerate() {
                let _ = write!(out, "{}{} {}", if c > 0 { ", " } else { "" }, corner.x, corner.y);
            }
            out.push(')');
        }
        out.push(')');
    }
    out.push(')');
    out
}

/// A POLYGON or MULTIPOLYGON; `None` for anything else.
pub(super) fn read(text: &str) -> Option<MultiPolygon<f64>> {
    let text = text.trim();
    let upper = text.to_ascii_uppercase();
    let (word, depth) = match upper.starts_with("MULTIPOLYGON") {
        true => ("MULTIPOLYGON", 3),
        false if upper.starts_with("POLYGON") => ("POLYGON", 2),
        false => return None,
    };
    let body = text.get(word.len()..)?.trim();
    let polygons = match depth {
        3 => parts(body)?
            .into_iter()
            .map(polygon)
            .collect::<Option<Vec<_>>>()?,
        _ => vec![polygon(body)?],
    };
    (!polygons.is_empty()).then_some(MultiPolygon(polygons))
}

/// What stands between the brackets of a list, split at its own commas.
fn parts(text: &str) -> Option<Vec<&str>> {
    let inner = text.trim().strip_prefix('(')?.strip_suffix(')')?;
    let (mut depth, mut begin, mut found) = (0_i32, 0, Vec::new());
    for (at, c) in inner.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                found.push(inner[begin..at].trim());
                begin = at + 1;
            }
            _ => {}
        }
        if depth < 0 {
            return None;
        }
    }
    found.push(inner[begin..].trim());
    (depth == 0).then_some(found)
}

fn polygon(text: &str) -> Option<Polygon<f64>> {
    let mut rings = parts(text)?
        .into_iter()
        .map(ring)
        .collect::<Option<Vec<_>>>()?
        .into_iter();
    Some(Polygon::new(rings.next()?, rings.collect()))
}

fn ring(text: &str) -> Option<LineString<f64>> {
    let corner = |text: &str| {
        let mut numbers = text
            .split_whitespace()
            .map(|n| n.parse::<f64>().ok().filter(|n| n.is_finite()));
        Some(Coord {
            x: numbers.next()??,
            y: numbers.next()??,
        })
    };
    parts(text)?
        .into_iter()
        .map(corner)
        .collect::<Option<Vec<_>>>()
        .map(LineString)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let text = "MULTIPOLYGON (((0 0, 4.25 0, 4.25 0.1, 0 0), (1 0.01, 2 0.01, 2 0.02, 1 0.01)), ((9 9, 10 9, 10 10, 9 9)))";
        let area = read(text).unwrap();
        assert_eq!((area.0.len(), area.0[0].interiors().len()), (2, 1));
        assert_eq!(write(&area), text);
        assert_eq!(read("polygon((0 0, 1 0, 1 1, 0 0))").unwrap().0.len(), 1);
    }

    #[test]
    fn what_is_no_polygon_is_nothing() {
        for text in [
            "",
            "POINT (1 2)",
            "POLYGON",
            "POLYGON ((0 0, 1",
            "POLYGON ((a b))",
            "MULTIPOLYGON (0 0)",
            "POLYGON )(",
        ] {
            assert!(read(text).is_none(), "{text}");
        }
    }
}
