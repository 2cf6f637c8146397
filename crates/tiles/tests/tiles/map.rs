//! The only caller of the crate: builds, writes and opens a pack, and reads its tiles.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::Arc;

use fast_mvt::{MvtGeometry, MvtReaderRef, MvtValue};
use geo::{Contains, Intersects};
use geo_types::{Coord, Geometry, LineString, MultiPolygon, Point, Polygon};
use geom::{LngLat, TileId};
use pack::{Pack, Section, Writer};
use tiles::TileIndex;

/// The tiles of an extract, in a pack of their own.
pub struct Map {
    pub index: TileIndex,
    _folder: tempfile::TempDir,
}

/// A feature as a reader of the tile sees it.
#[derive(Clone, Debug)]
pub struct Seen {
    pub layer: String,
    pub geometry: MvtGeometry,
    pub attributes: BTreeMap<String, MvtValue>,
}

impl Seen {
    /// An attribute's text; empty where it is missing or no text.
    pub fn text(&self, key: &str) -> &str {
        match self.attributes.get(key) {
            Some(MvtValue::String(text)) => text,
            _ => "",
        }
    }

    /// An attribute's number; `None` where it is missing or no number.
    pub fn number(&self, key: &str) -> Option<f64> {
        match self.attributes.get(key)? {
            MvtValue::Int(v) | MvtValue::SInt(v) => Some(*v as f64),
            MvtValue::UInt(v) => Some(*v as f64),
            MvtValue::Float(v) => Some(f64::from(*v)),
            MvtValue::Double(v) => Some(*v),
            _ => None,
        }
    }

    /// Its polygons, as the reader nested them.
    pub fn polygons(&self) -> Vec<Polygon<i32>> {
        match &self.geometry {
            Geometry::Polygon(polygon) => vec![polygon.clone()],
            Geometry::MultiPolygon(polygons) => polygons.0.clone(),
            _ => Vec::new(),
        }
    }

    /// Its lines.
    pub fn lines(&self) -> Vec<LineString<i32>> {
        match &self.geometry {
            Geometry::LineString(line) => vec![line.clone()],
            Geometry::MultiLineString(lines) => lines.0.clone(),
            _ => Vec::new(),
        }
    }

    /// Its point, if it is one.
    pub fn point(&self) -> Option<Coord<i32>> {
        match &self.geometry {
            Geometry::Point(point) => Some(point.0),
            _ => None,
        }
    }
}

impl Map {
    pub fn of(extract: &osm::Extract) -> Self {
        Self::open(&tiles::build(extract, &mut |_| {})).expect("tiles just built can be opened")
    }

    pub fn open(sections: &[Section]) -> Result<Self, pack::OpenError> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("map.pack");
        let mut writer = Writer::create(&path).expect("a pack can be begun");
        for section in sections {
            writer.section(section).expect("a section can be written");
        }
        writer.finish().expect("a pack can be finished");
        let index = TileIndex::open(Arc::new(Pack::open(&path)?))?;
        Ok(Self {
            index,
            _folder: folder,
        })
    }

    /// A tile's bytes, unpacked; `None` where there is no tile.
    pub fn raw(&self, id: TileId) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut unpack = flate2::read::GzDecoder::new(self.index.tile(id)?);
        unpack.read_to_end(&mut bytes).expect("tiles are gzipped");
        Some(bytes)
    }

    /// All features of a tile; none where there is no tile.
    pub fn tile(&self, id: TileId) -> Vec<Seen> {
        read(&self.raw(id).unwrap_or_default())
    }

    /// All features of a layer in the tile around a place.
    pub fn layer(&self, place: LngLat, z: u8, layer: &str) -> Vec<Seen> {
        let mut seen = self.tile(TileId::at(place, z));
        seen.retain(|s| s.layer == layer);
        seen
    }

    /// `layer/kind` of all areas over a place, in the order of drawing.
    pub fn areas_over(&self, place: LngLat, z: u8) -> Vec<String> {
        let id = TileId::at(place, z);
        let at = id.project(place);
        let point = Point::new(at.x, at.y);
        let over = |s: &Seen| doubles(&s.polygons()).contains(&point);
        let seen = self.tile(id).into_iter().filter(over);
        seen.map(|s| format!("{}/{}", s.layer, s.text("kind"))).collect()
    }

    /// All lines of a layer that pass within three units of a place.
    pub fn lines_at(&self, place: LngLat, z: u8, layer: &str) -> Vec<Seen> {
        let at = TileId::at(place, z).project(place);
        let corner = |d: f64| Coord {
            x: at.x + d,
            y: at.y + d,
        };
        let near = geo_types::Rect::new(corner(-3.0), corner(3.0));
        let mut seen = self.layer(place, z, layer);
        seen.retain(|s| {
            let double = |c: &Coord<i32>| Coord {
                x: f64::from(c.x),
                y: f64::from(c.y),
            };
            let passes = |line: &LineString<i32>| {
                let line: LineString<f64> = line.0.iter().map(double).collect();
                line.intersects(&near)
            };
            s.lines().iter().any(passes)
        });
        seen
    }

    /// All tiles there are.
    pub fn ids(&self) -> Vec<TileId> {
        let zooms = self.index.min_zoom()..=self.index.max_zoom();
        let bounds = self.index.bounds();
        bounds
            .into_iter()
            .flat_map(|b| zooms.clone().flat_map(move |z| TileId::covering(b, z)))
            .collect()
    }
}

/// All features in a tile's bytes.
pub fn read(bytes: &[u8]) -> Vec<Seen> {
    let reader = MvtReaderRef::new(bytes).expect("a tile can be read");
    let mut seen = Vec::new();
    for layer in reader.layers() {
        for feature in layer.features() {
            let pair = |p| {
                let (key, value): (&str, fast_mvt::MvtValueRef) = p;
                (key.to_owned(), value.into_owned())
            };
            let properties = feature.properties_vec().expect("properties can be read");
            seen.push(Seen {
                layer: layer.name().to_owned(),
                geometry: feature.geometry().expect("a geometry can be read"),
                attributes: properties.into_iter().map(pair).collect(),
            });
        }
    }
    seen
}

/// Polygons in decimal numbers, for geometry that wants them so.
pub fn doubles(polygons: &[Polygon<i32>]) -> MultiPolygon<f64> {
    let ring = |r: &LineString<i32>| -> LineString<f64> {
        r.0.iter()
            .map(|c| Coord {
                x: f64::from(c.x),
                y: f64::from(c.y),
            })
            .collect()
    };
    let polygon =
        |p: &Polygon<i32>| Polygon::new(ring(p.exterior()), p.interiors().iter().map(ring).collect());
    polygons.iter().map(polygon).collect()
}
