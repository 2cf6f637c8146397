//! Address points from beside the map: CSV in OpenAddresses' columns, or GeoJSON points.
//!
//! A row that cannot be read is counted and told by its line; it never stops the others.

use geom::LngLat;
use serde::Serialize;
use serde_json::Value;

/// Bad rows that are told one by one; all are counted.
const MOST_TOLD: usize = 100;

/// Address points of one source.
#[derive(Clone, Debug, PartialEq)]
pub struct ExtraPoints {
    source: String,
    date: String,
    points: Vec<ExtraPoint>,
    bad: Vec<BadRow>,
    bad_count: u64,
}

/// One address with its place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ExtraPoint {
    pub point: LngLat,
    pub number: String,
    pub street: String,
    pub city: String,
    pub district: String,
    pub postcode: String,
}

/// A row that could not be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BadRow {
    /// Line of the file, from 1; in a GeoJSON feature collection the number of the feature, from 1.
    pub row: u64,
    /// What is wrong with it.
    pub reason: String,
}

/// A file that holds no address points at all.
#[derive(Debug, thiserror::Error)]
pub enum ExtraError {
    /// A column that every row needs is missing.
    #[error("the column `{0}` is missing; the columns are LON, LAT, NUMBER, STREET, CITY, POSTCODE …")]
    NoColumn(&'static str),
    /// The header cannot be read.
    #[error("the first line is no CSV header: {0}")]
    Header(String),
    /// Neither a feature collection nor one feature on each line.
    #[error("this is no GeoJSON of points: {0}")]
    GeoJson(String),
}

impl ExtraPoints {
    /// Reads CSV with OpenAddresses' columns (LON, LAT, NUMBER, STREET, UNIT, CITY, DISTRICT, REGION, POSTCODE, ID,
    /// HASH) in any order and case. LON, LAT and NUMBER must be there. `source` and `date` (any form) are told in
    /// answers.
    pub fn from_csv(source: &str, date: &str, bytes: &[u8]) -> Result<Self, ExtraError> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
        let header = reader
            .byte_headers()
            .map_err(|e| ExtraError::Header(e.to_string()))?
            .clone();
        let column = |name: &str| {
            header
                .iter()
                .position(|h| h.trim_ascii().eq_ignore_ascii_case(name.as_bytes()))
        };
        let needed = |name: &'static str| column(name).ok_or(ExtraError::NoColumn(name));
        let (lon, lat, number) = (needed("LON")?, needed("LAT")?, needed("NUMBER")?);
        let others = ["STREET", "CITY", "DISTRICT", "POSTCODE"].map(column);
        let mut out = Self::empty(source, date);
        let mut record = csv::ByteRecord::new();
        loop {
            let line = reader.position().line();
            match reader.read_byte_record(&mut record) {
                Ok(false) => return Ok(out),
                Ok(true) => {
                    let line = record.position().map_or(line, csv::Position::line);
                    let row = || -> Result<ExtraPoint, String> {
                        let text = |at: usize| {
                            let bytes = record.get(at).unwrap_or_default();
                            let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned());
                            text.map(|t| t.trim().to_owned())
                        };
                        let other = |at: Option<usize>| at.map_or(Ok(String::new()), text);
                        let degrees = |name: &str, text: String| {
                            let bad = || format!("{name} is `{text}`, not a number");
                            text.parse::<f64>().map_err(|_| bad())
                        };
                        let point = place(degrees("LON", text(lon)?)?, degrees("LAT", text(lat)?)?)?;
                        let [street, city, district, postcode] = others;
                        usable(ExtraPoint {
                            point,
                            number: text(number)?,
                            street: other(street)?,
                            city: other(city)?,
                            district: other(district)?,
                            postcode: other(postcode)?,
                        })
                    };
                    out.add(line, row());
                }
                Err(e) => out.add(line, Err(e.to_string())),
            }
        }
    }

    /// Reads GeoJSON points: a feature collection, or one feature on each line. Properties are OpenAddresses' in
    /// small letters (`number`, `street`, `city`, `district`, `postcode`) or OpenStreetMap's (`addr:housenumber` …).
    pub fn from_geojson(source: &str, date: &str, bytes: &[u8]) -> Result<Self, ExtraError> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let mut out = Self::empty(source, date);
        if let Ok(whole) = serde_json::from_slice::<Value>(bytes) {
            match whole["features"].as_array() {
                Some(features) => {
                    for (row, value) in (1..).zip(features) {
                        out.add(row, feature(value));
                    }
                }
                None if whole["type"] == "Feature" => out.add(1, feature(&whole)),
                None => return Err(ExtraError::GeoJson("it has no `features`".into())),
            }
            return Ok(out);
        }
        for (line, bytes) in (1..).zip(bytes.split(|b| *b == b'\n')) {
            if bytes.trim_ascii().is_empty() {
                continue;
            }
            let value = serde_json::from_slice::<Value>(bytes);
            out.add(
                line,
                value
                    .map_err(|e| format!("it is not JSON: {e}"))
                    .and_then(|v| feature(&v)),
            );
        }
        match out.bad.first() {
            Some(first) if out.points.is_empty() => Err(ExtraError::GeoJson(format!(
                "line {}: {}",
                first.row, first.reason
            ))),
            _ => Ok(out),
        }
    }

    fn empty(source: &str, date: &str) -> Self {
        Self {
            source: source.trim().to_owned(),
            date: date.trim().to_owned(),
            points: Vec::new(),
            bad: Vec::new(),
            bad_count: 0,
        }
    }

    fn add(&mut self, row: u64, read: Result<ExtraPoint, String>) {
        match read {
            Ok(point) => self.points.push(point),
            Err(reason) => {
                self.bad_count += 1;
                if self.bad.len() < MOST_TOLD {
                    self.bad.push(BadRow { row, reason });
                }
            }
        }
    }

    /// How many points were read.
    #[must_use]
    pub fn len(&self) -> usize {
        self.points.len()
    }

    /// No point was read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.points.is_empty()
    }

    /// The first hundred rows that could not be used.
    #[must_use]
    pub fn bad_rows(&self) -> &[BadRow] {
        &self.bad
    }

    /// How many rows could not be used.
    #[must_use]
    pub fn bad_count(&self) -> u64 {
        self.bad_count
    }

    /// How many points lie outside of a map and are left out when it is built.
    #[must_use]
    pub fn outside(&self, extract: &osm::Extract) -> usize {
        let region = crate::build::region(extract);
        let inside = |p: &&ExtraPoint| region.is_some_and(|r| r.contains(p.point));
        self.points.len() - self.points.iter().filter(inside).count()
    }

    /// How answers tell it: `name, date`.
    pub(crate) fn told(&self) -> String {
        let parts = [self.source.as_str(), self.date.as_str()];
        parts
            .into_iter()
            .filter(|p| !p.is_empty())
            .collect::<Vec<_>>()
            .join(", ")
    }

    pub(crate) fn points(&self) -> &[ExtraPoint] {
        &self.points
    }
}

fn place(lng: f64, lat: f64) -> Result<LngLat, String> {
    LngLat::new(lng, lat).map_err(|e| e.to_string())
}

/// A point that can be found: it has a house number and a name to find it by.
fn usable(point: ExtraPoint) -> Result<ExtraPoint, String> {
    if crate::number::HouseNumber::read(&point.number).is_none() {
        return Err(match point.number.as_str() {
            "" => "it has no house number".to_owned(),
            number => format!("`{number}` is no house number"),
        });
    }
    let longest = [
        &point.number,
        &point.street,
        &point.city,
        &point.district,
        &point.postcode,
    ]
    .into_iter()
    .map(String::len)
    .max();
    match longest {
        Some(bytes) if bytes > 200 => Err(format!("a field is {bytes} bytes long")),
        _ => Ok(point),
    }
}

fn feature(value: &Value) -> Result<ExtraPoint, String> {
    let geometry = &value["geometry"];
    if geometry["type"] != "Point" {
        return Err("it is not a point".into());
    }
    let degrees = |at: usize| geometry["coordinates"][at].as_f64();
    let (Some(lng), Some(lat)) = (degrees(0), degrees(1)) else {
        return Err("its coordinates are not numbers".into());
    };
    let text = |names: [&str; 2]| {
        let known = names
            .into_iter()
            .map(|n| &value["properties"][n])
            .find(|v| !v.is_null());
        match known {
            Some(Value::String(text)) => text.trim().to_owned(),
            Some(Value::Number(number)) => number.to_string(),
            _ => String::new(),
        }
    };
    usable(ExtraPoint {
        point: place(lng, lat)?,
        number: text(["number", "addr:housenumber"]),
        street: text(["street", "addr:street"]),
        city: text(["city", "addr:city"]),
        district: text(["district", "addr:suburb"]),
        postcode: text(["postcode", "addr:postcode"]),
    })
}
