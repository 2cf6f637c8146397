//! Finding tiles in a folder, decoding them, and knowing whether a layer has something to show.

use std::fmt;
use std::path::{Path, PathBuf};

use geozero::mvt::tile::{Feature, GeomType};
use geozero::mvt::Message;

/// Units along the side of a tile.
const EXTENT: f64 = 4096.0;

/// An area or a line of at least this many units inside the tile must be seen: 4 pixels of 16 units.
const VISIBLE: f64 = 64.0;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TileId {
    pub z: u8,
    pub x: u32,
    pub y: u32,
}

impl fmt::Display for TileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.z, self.x, self.y)
    }
}

/// A decoded tile.
pub struct Tile {
    pub bytes: Vec<u8>,
    pub layers: Vec<Layer>,
    /// How many point features there are.
    pub points: usize,
}

pub struct Layer {
    pub name: String,
    /// There are lines or areas.
    pub has_shapes: bool,
    /// They are large enough to be seen in a picture of the tile.
    pub is_visible: bool,
}

/// All tiles of a folder, by zoom, column and row.
pub fn find(folder: &Path) -> Result<Vec<(TileId, PathBuf)>, String> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(path) = open.pop() {
        let entries = std::fs::read_dir(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        for entry in entries {
            let path = entry.map_err(|e| format!("{}: {e}", path.display()))?.path();
            if path.is_dir() {
                open.push(path);
            } else if let Some(id) = id_of(folder, &path) {
                found.push((id, path));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The numbers in `z-x-y.mvt` or `z/x/y.mvt` below the folder.
fn id_of(folder: &Path, path: &Path) -> Option<TileId> {
    let name = path
        .strip_prefix(folder)
        .ok()?
        .to_str()?
        .strip_suffix(".mvt")?
        .to_owned();
    let mut numbers = name.split(['-', '/', '\\']).map(str::parse::<u32>);
    let mut next = || numbers.next()?.ok();
    let id = TileId {
        z: u8::try_from(next()?).ok()?,
        x: next()?,
        y: next()?,
    };
    numbers.next().is_none().then_some(id)
}

impl Tile {
    pub fn read(path: &Path) -> Result<Self, String> {
        let bytes = std::fs::read(path).map_err(|e| e.to_string())?;
        let tile = geozero::mvt::Tile::decode(&bytes[..]).map_err(|e| format!("cannot be decoded: {e}"))?;
        let mut points = 0;
        let mut layers = Vec::new();
        for layer in &tile.layers {
            if layer.features.is_empty() {
                return Err(format!("layer `{}` is there without features", layer.name));
            }
            let (mut has_shapes, mut is_visible) = (false, false);
            for feature in &layer.features {
                let parts = parts(&feature.geometry)
                    .ok_or_else(|| format!("layer `{}` has a geometry that breaks off", layer.name))?;
                match feature.r#type() {
                    GeomType::Point => points += 1,
                    _ => {
                        has_shapes = true;
                        is_visible |= shows(feature, &parts);
                    }
                }
            }
            layers.push(Layer {
                name: layer.name.clone(),
                has_shapes,
                is_visible,
            });
        }
        Ok(Self {
            bytes,
            layers,
            points,
        })
    }
}

/// Enough of the feature lies on the tile itself to be seen.
fn shows(feature: &Feature, parts: &[Vec<[f64; 2]>]) -> bool {
    if feature.r#type() == GeomType::Linestring {
        let inside = |p: &[f64; 2]| p.iter().all(|v| (0.0..=EXTENT).contains(v));
        let lengths = parts
            .iter()
            .flat_map(|line| line.windows(2))
            .filter(|s| inside(&s[0]) && inside(&s[1]));
        return lengths
            .map(|s| (s[1][0] - s[0][0]).hypot(s[1][1] - s[0][1]))
            .sum::<f64>()
            >= VISIBLE;
    }
    // Holes count against the areas, as they turn the other way.
    let area: f64 = parts.iter().map(|ring| signed_area(&on_tile(ring))).sum();
    area >= VISIBLE * VISIBLE
}

/// The part of a ring on the tile, side by side after Sutherland and Hodgman.
fn on_tile(ring: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let mut ring = ring.to_vec();
    for (axis, edge, sign) in [(0, 0.0, 1.0), (0, EXTENT, -1.0), (1, 0.0, 1.0), (1, EXTENT, -1.0)] {
        let depth = |p: [f64; 2]| (p[axis] - edge) * sign;
        let mut kept = Vec::new();
        for i in 0..ring.len() {
            let (a, b) = (ring[(i + ring.len() - 1) % ring.len()], ring[i]);
            if (depth(a) < 0.0) != (depth(b) < 0.0) {
                let t = depth(a) / (depth(a) - depth(b));
                kept.push([a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])]);
            }
            if depth(b) >= 0.0 {
                kept.push(b);
            }
        }
        ring = kept;
    }
    ring
}

fn signed_area(ring: &[[f64; 2]]) -> f64 {
    let next = |i: usize| ring[(i + 1) % ring.len()];
    let cross = |(i, p): (usize, &[f64; 2])| p[0] * next(i)[1] - next(i)[0] * p[1];
    ring.iter().enumerate().map(cross).sum::<f64>() / 2.0
}

/// A geometry's commands as its lines or rings; `None` where they break off or are unknown.
fn parts(commands: &[u32]) -> Option<Vec<Vec<[f64; 2]>>> {
    let unfold = |v: u32| f64::from((v >> 1) as i32 ^ -((v & 1) as i32));
    let mut parts: Vec<Vec<[f64; 2]>> = Vec::new();
    let mut at = [0.0, 0.0];
    let mut rest = commands.iter();
    while let Some(command) = rest.next() {
        match command & 7 {
            7 => continue,
            kind @ (1 | 2) => {
                for _ in 0..command >> 3 {
                    at[0] += unfold(*rest.next()?);
                    at[1] += unfold(*rest.next()?);
                    if kind == 1 {
                        parts.push(vec![at]);
                    } else {
                        parts.last_mut()?.push(at);
                    }
                }
            }
            _ => return None,
        }
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_are_found_by_either_kind_of_name() {
        let id = |path: &str| id_of(Path::new("out"), Path::new(path));
        let expected = Some(TileId {
            z: 14,
            x: 8796,
            y: 5300,
        });
        assert_eq!(id("out/14-8796-5300.mvt"), expected);
        assert_eq!(id("out/14/8796/5300.mvt"), expected);
        for other in [
            "out/14-8796.mvt",
            "out/14-8796-5300.png",
            "out/1-2-3-4.mvt",
            "out/300-1-1.mvt",
        ] {
            assert_eq!(id(other), None, "{other}");
        }
    }

    #[test]
    fn the_format_s_own_examples_unfold() {
        // Vector Tile Specification 2.1, 4.3.5: a line and a polygon.
        assert_eq!(
            parts(&[9, 4, 4, 18, 0, 16, 16, 0]),
            Some(vec![vec![[2.0, 2.0], [2.0, 10.0], [10.0, 10.0]]])
        );
        assert_eq!(
            parts(&[9, 6, 12, 18, 10, 12, 24, 44, 15]),
            Some(vec![vec![[3.0, 6.0], [8.0, 12.0], [20.0, 34.0]]])
        );
        assert_eq!(parts(&[9, 6]), None);
        assert_eq!(parts(&[18, 6, 6, 2, 2]), None);
        assert_eq!(parts(&[12]), None);
    }

    #[test]
    fn only_what_lies_on_the_tile_counts() {
        let square = |from: f64, to: f64| vec![[from, from], [to, from], [to, to], [from, to]];
        assert_eq!(signed_area(&on_tile(&square(-64.0, 10.0))), 100.0);
        assert_eq!(signed_area(&on_tile(&square(-64.0, 4160.0))), EXTENT * EXTENT);
        assert_eq!(signed_area(&on_tile(&square(4100.0, 4160.0))), 0.0);
    }

    #[test]
    fn a_damaged_tile_is_named() {
        let path = std::env::temp_dir().join(format!("tile-check-test-{}.mvt", std::process::id()));
        // A layer that says it has 100 bytes and has 3.
        std::fs::write(&path, [0x1a, 100, 1, 2, 3]).unwrap();
        let error = Tile::read(&path).err().expect("this is no tile");
        std::fs::remove_file(&path).unwrap();
        assert!(error.contains("cannot be decoded"), "{error}");
    }
}
