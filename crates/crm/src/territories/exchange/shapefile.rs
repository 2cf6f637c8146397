//! Territories as a shapefile (ESRI, July 1998) in a ZIP archive: shapes, their index, a table, and what a table has no room for as JSON beside it.

use serde_json::{Value, json};

use super::archive::{Entry, pack, unpack};
use super::geojson::{NAMES, portable, properties};
use super::shapes::{header, records, shape};
use super::{Portable, dbase, unreadable};
use crate::problem::Problem;

/// Name of the files in the archive, without ending.
const STEM: &str = "territories";

/// Ending of what the table has no room for: one element of a JSON array for each shape.
const DETAILS: &str = ".details.json";

/// Unpacked, at most.
const LARGEST: usize = 512 << 20;

/// WGS 84 as ESRI writes it.
const WGS_84: &str = "GEOGCS[\"GCS_WGS_1984\",DATUM[\"D_WGS_1984\",SPHEROID[\"WGS_1984\",6378137.0,298.257223563]],\
                      PRIMEM[\"Greenwich\",0.0],UNIT[\"Degree\",0.0174532925199433]]";

/// Systems that differ from WGS 84 by less than a metre or two.
const AS_GOOD: [&str; 6] = ["WGS", "ETRS", "NAD_1983", "NAD83", "RGF93", "GDA"];

pub(super) fn write(territories: &[Portable]) -> Result<Vec<u8>, Problem> {
    let fields: [dbase::Field; 7] = [
        ("name", b'C', 254, 0),
        ("parent", b'C', 254, 0),
        ("line", b'C', 254, 0),
        ("colour", b'N', 4, 0),
        ("priority", b'N', 18, 0),
        ("capacity", b'N', 18, 4),
        ("owner", b'C', 254, 0),
    ];
    let whole = |number: Option<i64>| number.map_or(String::new(), |n| n.to_string());
    let mut rows = Vec::new();
    let mut details = Vec::new();
    let mut shapes = Vec::new();
    let mut index = Vec::new();
    let mut bounds = None;
    for (territory, number) in territories.iter().zip(1i32..) {
        let owner = territory
            .members
            .iter()
            .find(|m| m.role == super::super::edit::MemberRole::Owner);
        rows.push(vec![
            territory.name.clone(),
            territory.parent.clone().unwrap_or_default(),
            territory.line.clone().unwrap_or_default(),
            whole(territory.colour),
            whole(territory.priority),
            territory
                .capacity_hours
                .map_or(String::new(), |hours| format!("{hours:.4}")),
            owner.map_or(String::new(), |m| m.name.clone()),
        ]);
        details.push(properties(territory)?);
        let content = territory
            .geometry()
            .map_or_else(|| 0i32.to_le_bytes().to_vec(), |area| shape(area, &mut bounds));
        // Lengths and offsets are in words of two bytes, large end first.
        let words = (content.len() / 2) as i32;
        index.extend(((100 + shapes.len()) as i32 / 2).to_be_bytes());
        index.extend(words.to_be_bytes());
        shapes.extend(number.to_be_bytes());
        shapes.extend(words.to_be_bytes());
        shapes.extend(content);
    }
    let file = |ending: &str, content: Vec<u8>| -> Entry { (format!("{STEM}{ending}"), content) };
    let headed = |body: Vec<u8>| [header(body.len(), bounds), body].concat();
    let details = serde_json::to_vec(&details).map_err(Problem::unexpected)?;
    pack(&[
        file(".shp", headed(shapes)),
        file(".shx", headed(index)),
        file(".dbf", dbase::write(&fields, &rows)),
        file(".prj", WGS_84.into()),
        file(".cpg", b"UTF-8".to_vec()),
        file(DETAILS, details),
    ])
    .map_err(Problem::unexpected)
}

pub(super) fn read(bytes: &[u8]) -> Result<Vec<Portable>, Problem> {
    let bad = |why: String| unreadable(&format!("As a shapefile: {why}."));
    let small = |name: &str| name.to_lowercase();
    let wanted = |name: &str| {
        let name = small(name);
        let ours = [".shp", ".dbf", ".prj", ".cpg", DETAILS];
        // Archives made on a Mac carry a twin of each file.
        !name.starts_with("__macosx/") && ours.iter().any(|ending| name.ends_with(ending))
    };
    let entries = unpack(bytes, &wanted, LARGEST).map_err(bad)?;
    let shapes: Vec<&Entry> = entries.iter().filter(|e| small(&e.0).ends_with(".shp")).collect();
    let (name, shp) = match shapes.as_slice() {
        [] => return Err(bad("there is none in the archive".into())),
        [only] => *only,
        [a, b, ..] => {
            return Err(bad(format!(
                "the archive holds more than one, {} and {}",
                a.0, b.0
            )));
        }
    };
    let stem = &name[..name.len() - 4];
    let beside = |ending: &str| {
        let name = small(stem) + ending;
        entries
            .iter()
            .find(|e| small(&e.0) == name)
            .map(|e| e.1.as_slice())
    };
    if let Some(system) = beside(".prj") {
        placed(&String::from_utf8_lossy(system)).map_err(bad)?;
    }
    let shapes = records(shp).map_err(bad)?;
    let details: Vec<Value> = match beside(DETAILS) {
        Some(json) => serde_json::from_slice(json).map_err(|e| bad(format!("{stem}{DETAILS}: {e}")))?,
        None => Vec::new(),
    };
    // Details of other shapes than these say nothing.
    let details = (details.len() == shapes.len()).then_some(details);
    let label = beside(".cpg").map(String::from_utf8_lossy);
    let table = match beside(".dbf") {
        Some(dbf) => Some(dbase::read(dbf, label.as_deref()).map_err(bad)?),
        None => None,
    };
    let mut territories = Vec::new();
    for (i, area) in shapes.into_iter().enumerate() {
        let row = match &table {
            Some((_, rows)) => match rows.get(i) {
                Some(None) => continue,
                Some(Some(row)) => row.as_slice(),
                None => return Err(bad(format!("the table has no row for shape {}", i + 1))),
            },
            None => &[],
        };
        let named = |cells: &[String]| {
            let (names, _) = table.as_ref()?;
            let column = NAMES
                .iter()
                .find_map(|n| names.iter().position(|c| small(c) == small(n)))?;
            Some(cells.get(column)?.clone())
        };
        let data = match &details {
            Some(details) => details[i].clone(),
            None => json!({ "name": named(row) }),
        };
        territories.push(portable(&data, area, i + 1)?);
    }
    Ok(territories)
}

/// Refuses coordinates that are no longitude and latitude.
fn placed(system: &str) -> Result<(), String> {
    let name = system.split('"').nth(1).unwrap_or(system.trim());
    let upper = system.trim_start().to_uppercase();
    let degrees = upper.starts_with("GEOG");
    if degrees && AS_GOOD.iter().any(|known| upper.contains(known)) {
        return Ok(());
    }
    Err(format!(
        "its coordinates are in {name}; save it in WGS 84 (EPSG:4326), longitude and latitude"
    ))
}

#[cfg(test)]
mod tests {
    use geo_types::{Coord, LineString, MultiPolygon, Polygon};

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

    /// As another program writes it: shapes and a table, no index, no details.
    fn foreign(area: &MultiPolygon<f64>, system: &str, name: &[u8]) -> Vec<u8> {
        let content = shape(area, &mut None);
        let words = (content.len() / 2) as i32;
        let body = [
            Vec::from(1i32.to_be_bytes()),
            words.to_be_bytes().to_vec(),
            content,
        ]
        .concat();
        let mut table = dbase::write(&[("GEN", b'C', 20, 0)], &[vec![" ".repeat(20)]]);
        let at = table.len() - 21;
        table[at..at + name.len()].copy_from_slice(name);
        pack(&[
            (
                "folder/Kreise.SHP".into(),
                [header(body.len(), None), body].concat(),
            ),
            ("folder/Kreise.dbf".into(), table),
            ("folder/Kreise.prj".into(), system.into()),
            ("__MACOSX/folder/._Kreise.SHP".into(), b"resource fork".to_vec()),
        ])
        .unwrap()
    }

    #[test]
    fn another_programs_file_is_read_by_its_own_names() {
        let area = MultiPolygon(vec![Polygon::new(
            square(13.0, 53.0, 0.3),
            vec![clockwise(square(13.1, 53.1, 0.1))],
        )]);
        for system in [WGS_84, "GEOGCS[\"GCS_ETRS_1989\",DATUM[\"D_ETRS_1989\"]]"] {
            let read = read(&foreign(&area, system, b"L\xfcneburg")).unwrap();
            assert_eq!(read[0].name, "L\u{fc}neburg");
            assert_eq!(read[0].area.as_ref(), Some(&area));
        }
        let utm = "PROJCS[\"ETRS_1989_UTM_Zone_32N\",GEOGCS[\"GCS_ETRS_1989\"]]";
        let refused = read(&foreign(&area, utm, b"A")).unwrap_err();
        assert!(
            refused.detail.contains("ETRS_1989_UTM_Zone_32N"),
            "{}",
            refused.detail
        );
    }
}
