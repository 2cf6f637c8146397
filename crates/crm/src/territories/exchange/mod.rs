//! Territories in and out: GeoJSON, KML, CSV, GeoPackage and shapefile. What goes out comes in again the same: geometry, codes,
//! rules, names and people.

mod archive;
mod csv;
mod dbase;
mod geojson;
mod geopackage;
mod kml;
mod shapefile;
mod shapes;
mod take_in;
mod wkb;
mod wkt;
mod write_in;

use std::collections::HashMap;

use geo_types::MultiPolygon;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::claims::{Block, CustomerRule, Reach};
use super::layout::{Layout, Standing};
use crate::problem::Problem;

pub(super) use take_in::{Action, IntakeRow, Known, take_in};

/// The form of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Format {
    /// A feature collection.
    GeoJson,
    /// Placemarks.
    Kml,
    /// One line for each area, code, customer and person.
    Csv,
    /// A GeoPackage with one layer.
    Gpkg,
    /// A shapefile in a ZIP archive.
    Shp,
}

impl Format {
    /// What a browser is told.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::GeoJson => "application/geo+json",
            Self::Kml => "application/vnd.google-earth.kml+xml",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Gpkg => "application/geopackage+sqlite3",
            Self::Shp => "application/zip",
        }
    }

    /// The file's ending.
    pub fn ending(self) -> &'static str {
        match self {
            Self::GeoJson => "geojson",
            Self::Kml => "kml",
            Self::Csv => "csv",
            Self::Gpkg => "gpkg",
            Self::Shp => "shp.zip",
        }
    }

    /// By what a file begins with.
    pub fn sniff(bytes: &[u8]) -> Self {
        let begin = bytes
            .strip_prefix(b"\xef\xbb\xbf")
            .unwrap_or(bytes)
            .trim_ascii_start();
        match begin.first() {
            _ if begin.starts_with(b"SQLite format 3") => Self::Gpkg,
            _ if begin.starts_with(b"PK") => Self::Shp,
            Some(b'{') => Self::GeoJson,
            Some(b'<') => Self::Kml,
            _ => Self::Csv,
        }
    }
}

/// Somebody who works a territory, named so that another database knows whom.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct PortableMember {
    pub email: String,
    #[serde(default)]
    pub name: String,
    pub role: super::edit::MemberRole,
    #[serde(default)]
    pub share: Option<f64>,
}

/// A place held by name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct PortablePlace {
    pub location_id: String,
    #[serde(default)]
    pub name: String,
}

/// A territory on its way in or out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Portable {
    pub name: String,
    /// Name of the territory above.
    pub parent: Option<String>,
    pub line: Option<String>,
    pub colour: Option<i64>,
    pub priority: Option<i64>,
    pub capacity_hours: Option<f64>,
    pub members: Vec<PortableMember>,
    /// The drawn area.
    #[serde(skip)]
    pub area: Option<MultiPolygon<f64>>,
    /// All the ground, for programs that only look at geometry; derived where it is not the drawn area.
    #[serde(skip)]
    pub ground: Option<MultiPolygon<f64>>,
    pub blocks: Vec<Block>,
    pub reach: Option<Reach>,
    /// `within` is the name of the territory.
    pub rules: Vec<CustomerRule>,
    pub named: Vec<PortablePlace>,
}

impl Portable {
    /// The geometry of the file is the drawn area, not made of blocks or a reach.
    fn is_drawn(&self) -> bool {
        self.blocks.is_empty() && self.reach.is_none()
    }

    /// Puts a geometry from a file where it belongs.
    fn set_geometry(&mut self, geometry: Option<MultiPolygon<f64>>) {
        if self.is_drawn() {
            self.area = geometry;
        } else {
            self.ground = geometry;
        }
    }

    /// The geometry for a file.
    fn geometry(&self) -> Option<&MultiPolygon<f64>> {
        match self.is_drawn() {
            true => self.area.as_ref(),
            false => self.ground.as_ref().or(self.area.as_ref()),
        }
    }
}

/// Who is who, to write people and places with names.
pub(super) struct Names {
    /// (e-mail, name) by user.
    pub users: HashMap<String, (String, String)>,
    /// Customer's name by location.
    pub places: HashMap<String, String>,
}

/// Territories as they go out.
pub(super) fn portables(layout: &Layout, territories: &[&Standing], names: &Names) -> Vec<Portable> {
    let name_of = |id: &str| layout.get(id).map(|t| t.name().to_owned());
    let one = |standing: &&Standing| {
        let members = standing.members.iter().filter_map(|m| {
            let (email, name) = names.users.get(m.text("user_id")?)?.clone();
            Some(PortableMember {
                email,
                name,
                role: serde_json::from_value(m.text("role")?.into()).ok()?,
                share: m.number("share"),
            })
        });
        let rules = standing.claims.rules.iter().map(|rule| CustomerRule {
            conditions: rule.conditions.clone(),
            within: rule.within.as_deref().and_then(name_of),
        });
        let named = standing.named.iter().map(|id| PortablePlace {
            location_id: id.clone(),
            name: names.places.get(id).cloned().unwrap_or_default(),
        });
        Portable {
            name: standing.name().to_owned(),
            parent: standing.record.text("parent_id").and_then(name_of),
            line: standing.line().map(str::to_owned),
            colour: standing.record.integer("colour"),
            priority: standing.record.integer("priority"),
            capacity_hours: standing.record.number("capacity_hours"),
            members: members.collect(),
            area: standing.shape.as_ref().map(|s| s.polygons().clone()),
            ground: standing.ground().cloned(),
            blocks: standing.claims.blocks.clone(),
            reach: standing.claims.reach.clone(),
            rules: rules.collect(),
            named: named.collect(),
        }
    };
    territories.iter().map(one).collect()
}

/// Writes a file.
pub(super) async fn write(format: Format, territories: &[Portable]) -> Result<Vec<u8>, Problem> {
    match format {
        Format::GeoJson => geojson::write(territories),
        Format::Kml => kml::write(territories),
        Format::Csv => csv::write(territories),
        Format::Gpkg => geopackage::write(territories).await,
        Format::Shp => shapefile::write(territories),
    }
}

/// Reads a file.
///
/// # Errors
/// What about it is wrong, with the place where that can be said.
pub(super) async fn read(format: Format, bytes: &[u8]) -> Result<Vec<Portable>, Problem> {
    let territories = match format {
        Format::GeoJson => geojson::read(bytes)?,
        Format::Kml => kml::read(bytes)?,
        Format::Csv => csv::read(bytes)?,
        Format::Gpkg => geopackage::read(bytes).await?,
        Format::Shp => shapefile::read(bytes)?,
    };
    match territories.len() {
        0 => Err(unreadable("It holds no territories.")),
        n if n > MOST => Err(unreadable(&format!(
            "It holds {n} territories; at most {MOST} are taken."
        ))),
        _ => Ok(territories),
    }
}

/// Most territories of one file.
const MOST: usize = 10_000;

fn unreadable(why: &str) -> Problem {
    Problem::bad(
        "",
        "unreadable-file",
        format!("The file cannot be taken in. {why}"),
    )
}

fn text(bytes: &[u8]) -> Result<&str, Problem> {
    let text = std::str::from_utf8(bytes).map_err(|_| unreadable("It is not text in UTF-8."))?;
    Ok(text.trim_start_matches('\u{feff}'))
}

#[cfg(test)]
mod tests;
