//! Boundary relations of an extract, laid out as sections.

use geo_types::{LineString, MultiPolygon};
use geom::{Fixed, LngLat};
use osm::{AreaSource, Extract, Tags};
use pack::Section;

use super::format::{POINTS, POLYGONS, RECORDS, RINGS, Record, TEXT, Text};

/// Keys under which countries keep the official key of an administrative unit, in order of trust.
const OFFICIAL_KEYS: [&str; 7] = [
    "de:amtlicher_gemeindeschluessel",
    "de:regionalschluessel",
    "ref:INSEE",
    "ref:at:gkz",
    "ref:bfs",
    "nuts",
    "ref",
];

/// Builds the sections from every relation that says `boundary=administrative` with a level, or
/// `boundary=postal_code`, and has a name. One that the extract cuts open is left out.
pub(crate) fn build(extract: &Extract) -> Vec<Section> {
    let mut sections = Sections::default();
    for area in extract.areas(|tags| described(tags).is_some()) {
        let AreaSource::Relation(id) = area.source else {
            continue;
        };
        if let Some(described) = described(&area.tags) {
            sections.add(id.0, &described, &area.shape, !area.complete);
        }
    }
    sections.finish()
}

struct Described<'a> {
    level: u8,
    name: &'a str,
    reference: &'a str,
    postcode: &'a str,
}

fn described<'a>(tags: &Tags<'a>) -> Option<Described<'a>> {
    let postcode = tags
        .get("postal_code")
        .or_else(|| tags.get("addr:postcode"))
        .unwrap_or("");
    let level = match tags.get("boundary")? {
        "administrative" => {
            let level: u8 = tags.get("admin_level")?.trim().parse().ok()?;
            (1..=12).contains(&level).then_some(level)?
        }
        "postal_code" => 0,
        _ => return None,
    };
    let reference = OFFICIAL_KEYS.iter().find_map(|key| tags.get(key)).unwrap_or("");
    let postcode = match (level, postcode) {
        (0, "") => reference,
        _ => postcode,
    };
    let name = tags.get("name").unwrap_or(if level == 0 { postcode } else { "" });
    (!name.is_empty()).then_some(Described {
        level,
        name,
        reference,
        postcode,
    })
}

#[derive(Default)]
struct Sections {
    records: Vec<Record>,
    polygons: Vec<u32>,
    rings: Vec<u32>,
    points: Vec<Fixed>,
    text: String,
}

impl Sections {
    fn add(&mut self, id: i64, described: &Described<'_>, shape: &MultiPolygon, clipped: bool) {
        let first_polygon = self.polygons.len() as u32;
        let first_point = self.points.len();
        for polygon in shape {
            self.polygons.push(self.rings.len() as u32);
            self.add_ring(polygon.exterior());
            polygon.interiors().iter().for_each(|ring| self.add_ring(ring));
        }
        let own = &self.points[first_point..];
        let corner = |pick: fn(i32, i32) -> i32| {
            own.iter().copied().reduce(|a, b| Fixed {
                lng: pick(a.lng, b.lng),
                lat: pick(a.lat, b.lat),
            })
        };
        let (Some(low), Some(high)) = (corner(i32::min), corner(i32::max)) else {
            return; // A shape without points bounds nothing.
        };
        let record = Record {
            id,
            name: self.add_text(described.name),
            reference: self.add_text(described.reference),
            postcode: self.add_text(described.postcode),
            polygons: [first_polygon, self.polygons.len() as u32],
            corners: [low, high],
            level: described.level,
            clipped: u8::from(clipped),
            unused: [0; 6],
        };
        self.records.push(record);
    }

    fn add_ring(&mut self, ring: &LineString) {
        self.rings.push(self.points.len() as u32);
        let places = ring.coords().filter_map(|c| LngLat::new(c.x, c.y).ok());
        self.points.extend(places.map(Fixed::from));
    }

    fn add_text(&mut self, text: &str) -> Text {
        let start = self.text.len() as u32;
        self.text.push_str(text);
        Text {
            start,
            end: self.text.len() as u32,
        }
    }

    fn finish(mut self) -> Vec<Section> {
        self.polygons.push(self.rings.len() as u32);
        self.rings.push(self.points.len() as u32);
        self.records.sort_by_key(|record| record.id);
        vec![
            Section::new(RECORDS, &self.records),
            Section::new(POLYGONS, &self.polygons),
            Section::new(RINGS, &self.rings),
            Section::new(POINTS, &self.points),
            Section {
                name: TEXT.into(),
                bytes: self.text.into_bytes(),
            },
        ]
    }
}
