//! Areas as well-known binary, with the header of a GeoPackage (OGC 12-128r19, clause 2.1.3).

use geo_types::{Coord, LineString, MultiPolygon, Polygon};

/// WGS 84, longitude and latitude.
pub(super) const SRS: i32 = 4326;

/// A geometry of a GeoPackage: header without envelope, little-endian MULTIPOLYGON.
pub(super) fn write(area: &MultiPolygon<f64>) -> Vec<u8> {
    let mut out = vec![b'G', b'P', 0, 1];
    out.extend(SRS.to_le_bytes());
    let head = |out: &mut Vec<u8>, kind: u32, count: usize| {
        out.push(1);
        out.extend(kind.to_le_bytes());
        out.extend((count as u32).to_le_bytes());
    };
    head(&mut out, 6, area.0.len());
    for polygon in area {
        head(&mut out, 3, 1 + polygon.interiors().len());
        for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
            out.extend((ring.0.len() as u32).to_le_bytes());
            for corner in ring.coords() {
                out.extend(corner.x.to_le_bytes());
                out.extend(corner.y.to_le_bytes());
            }
        }
    }
    out
}

/// Reads a geometry of a GeoPackage. `Ok(None)`: empty.
///
/// # Errors
/// What is wrong with it.
pub(super) fn read(blob: &[u8]) -> Result<Option<MultiPolygon<f64>>, String> {
    let [b'G', b'P', _, flags, rest @ ..] = blob else {
        return Err("it does not begin as geometries of a GeoPackage do".into());
    };
    let envelope = match flags >> 1 & 7 {
        0 => 0,
        1 => 32,
        2 | 3 => 48,
        4 => 64,
        _ => return Err("its envelope is of no known kind".into()),
    };
    let srs: [u8; 4] = rest.get(..4).and_then(|b| b.try_into().ok()).ok_or(SHORT)?;
    let srs = if flags & 1 == 1 {
        i32::from_le_bytes(srs)
    } else {
        i32::from_be_bytes(srs)
    };
    if srs != SRS {
        return Err(format!(
            "it is in the system {srs}; only {SRS} (longitude, latitude) is taken"
        ));
    }
    if flags & 16 != 0 {
        return Ok(None);
    }
    let mut bytes = Bytes {
        rest: rest.get(4 + envelope..).ok_or(SHORT)?,
        little: true,
        extra: 0,
    };
    match bytes.head()? {
        3 => Ok(Some(MultiPolygon(vec![bytes.polygon()?]))),
        6 => {
            let count = bytes.count(9)?;
            let mut parts = Vec::with_capacity(count);
            for _ in 0..count {
                match bytes.head()? {
                    3 => parts.push(bytes.polygon()?),
                    other => return Err(format!("a part is of kind {other}, not a polygon")),
                }
            }
            Ok((!parts.is_empty()).then_some(MultiPolygon(parts)))
        }
        other => Err(format!("it is of kind {other}, not a polygon")),
    }
}

const SHORT: &str = "it ends too early";

struct Bytes<'a> {
    rest: &'a [u8],
    little: bool,
    /// Numbers of a corner beyond the two: height, measure.
    extra: usize,
}

impl Bytes<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let (taken, rest) = self.rest.split_at_checked(N).ok_or(SHORT)?;
        self.rest = rest;
        taken.try_into().map_err(|_| SHORT.to_owned())
    }

    fn whole(&mut self) -> Result<u32, String> {
        let bytes = self.take()?;
        Ok(if self.little {
            u32::from_le_bytes(bytes)
        } else {
            u32::from_be_bytes(bytes)
        })
    }

    fn number(&mut self) -> Result<f64, String> {
        let bytes = self.take()?;
        Ok(if self.little {
            f64::from_le_bytes(bytes)
        } else {
            f64::from_be_bytes(bytes)
        })
    }

    /// The kind without height and measure.
    fn head(&mut self) -> Result<u32, String> {
        self.little = self.take::<1>()? == [1];
        let kind = self.whole()?;
        self.extra = match kind / 1000 {
            0 => 0,
            1 | 2 => 1,
            3 => 2,
            _ => return Err(format!("it is of the unknown kind {kind}")),
        };
        Ok(kind % 1000)
    }

    /// A count that the rest can hold, each of at least so many bytes.
    fn count(&mut self, least: usize) -> Result<usize, String> {
        let count = self.whole()? as usize;
        match count <= self.rest.len() / least {
            true => Ok(count),
            false => Err(SHORT.into()),
        }
    }

    fn polygon(&mut self) -> Result<Polygon<f64>, String> {
        let rings = self.count(4)?;
        let mut lines = Vec::with_capacity(rings);
        for _ in 0..rings {
            let corners = self.count(16)?;
            let mut line = Vec::with_capacity(corners);
            for _ in 0..corners {
                line.push(Coord {
                    x: self.number()?,
                    y: self.number()?,
                });
                for _ in 0..self.extra {
                    self.number()?;
                }
            }
            lines.push(LineString(line));
        }
        let mut lines = lines.into_iter();
        let outer = lines.next().ok_or("a polygon has no ring")?;
        Ok(Polygon::new(outer, lines.collect()))
    }
}

#[cfg(test)]
mod tests {
    use geo_types::polygon;

    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let area = MultiPolygon(vec![
            polygon![exterior: [(x: 0.1, y: 0.2), (x: 4.0, y: 0.0), (x: 4.0, y: 4.0)], interiors: [[(x: 2.0, y: 1.0), (x: 3.0, y: 1.0), (x: 3.0, y: 2.0)]]],
            polygon![(x: 9.0, y: 9.0), (x: 10.0, y: 9.0), (x: 10.0, y: 10.0)],
        ]);
        assert_eq!(read(&write(&area)).unwrap(), Some(area));
    }

    #[test]
    fn nothing_that_is_cut_off_or_foreign_is_taken_or_panics() {
        let area = MultiPolygon(vec![
            polygon![(x: 0.0, y: 0.0), (x: 4.0, y: 0.0), (x: 4.0, y: 4.0)],
        ]);
        let whole = write(&area);
        for end in 0..whole.len() {
            assert!(read(&whole[..end]).is_err(), "{end} bytes");
        }
        let mut endless = whole.clone();
        endless[13..17].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(read(&endless).is_err());
        let mut elsewhere = whole;
        elsewhere[4..8].copy_from_slice(&25832_i32.to_le_bytes());
        assert!(read(&elsewhere).unwrap_err().contains("25832"));
    }
}
