//! A table of customers, blocks and an area as files; the answer as files.

use std::path::PathBuf;

use clap::Parser;
use geo::{Area as _, BooleanOps as _};
use serde_json::{Value, json};

use super::*;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    arguments: DesignArguments,
}

fn rectangle(west: f64, south: f64, east: f64, north: f64) -> Value {
    json!({ "type": "Polygon", "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]] })
}

fn collection(geometries: &[Value]) -> String {
    let feature = |g: &Value| json!({ "type": "Feature", "properties": {}, "geometry": g });
    let features: Vec<Value> = geometries.iter().map(feature).collect();
    json!({ "type": "FeatureCollection", "features": features }).to_string()
}

/// A folder of its own with 400 customers, 20 to a tenth of a degree, and blocks of a tenth by a tenth.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Self {
            folder: tempfile::tempdir().expect("a folder"),
        };
        let mut table = String::from("id,lon,lat,weight\n");
        for i in 0..400 {
            let (x, y) = (f64::from(i % 20), f64::from(i / 20));
            // Not on the borders of blocks.
            let (lon, lat) = (9.013 + 0.025 * x, 50.013 + 0.02 * y);
            table.push_str(&format!("c{i},{lon},{lat},{}\n", 1 + i % 3));
        }
        place.put("points.csv", &table);
        let blocks: Vec<Value> = (0..20)
            .map(|b| {
                let (west, south) = (9.0 + 0.1 * f64::from(b % 5), 50.0 + 0.1 * f64::from(b / 5));
                rectangle(west, south, west + 0.1, south + 0.1)
            })
            .collect();
        place.put("blocks.geojson", &collection(&blocks));
        // Without the south-western corner.
        place.put(
            "area.geojson",
            &collection(&[rectangle(9.07, 50.0, 9.5, 50.4), rectangle(9.0, 50.08, 9.2, 50.4)]),
        );
        place
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn put(&self, name: &str, text: &str) {
        std::fs::write(self.at(name), text).expect("written");
    }

    /// Runs `design points.csv …`; names of files stand in the folder.
    fn design(&self, more: &[&str]) -> anyhow::Result<()> {
        let path = |name: &str| self.at(name).display().to_string();
        let mut line = vec![
            "design".to_owned(),
            path("points.csv"),
            "--out".into(),
            path("out.csv"),
        ];
        line.extend(["--k", "4", "--tolerance", "0.2", "--polygons"].map(str::to_owned));
        line.push(path("t.geojson"));
        line.extend(
            more.iter()
                .map(|m| if m.contains('.') { path(m) } else { (*m).to_owned() }),
        );
        run(&Line::try_parse_from(line)?.arguments)
    }

    /// Territory of each customer, in the order of the table.
    fn answer(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.at("out.csv")).expect("an answer");
        let rows = text.lines().skip(1);
        rows.map(|row| row.split(',').nth(1).expect("two columns").to_owned())
            .collect()
    }

    fn shapes(&self) -> Vec<MultiPolygon> {
        let text = std::fs::read_to_string(self.at("t.geojson")).expect("shapes");
        let parsed: geojson::FeatureCollection = text.parse().expect("GeoJSON");
        let shape = |f: geojson::Feature| {
            MultiPolygon::try_from(f.geometry.expect("a shape").value).expect("polygons")
        };
        parsed.features.into_iter().map(shape).collect()
    }
}

#[test]
fn blocks_stay_whole_and_shapes_run_along_them() {
    let place = Place::new();
    place.design(&["--blocks", "blocks.geojson"]).expect("a design");
    let answer = place.answer();
    let block = |i: usize| (i % 20) / 4 + 5 * ((i / 20) / 5);
    for i in 0..400 {
        for j in 0..i {
            if block(i) == block(j) {
                assert_eq!(
                    answer[i],
                    answer[j],
                    "customers {i} and {j} of block {}",
                    block(i)
                );
            }
        }
    }
    let shapes = place.shapes();
    assert_eq!(shapes.len(), 4);
    // All blocks together, no matter how borders were straightened: 0.5 by 0.4 degrees.
    let sum: f64 = shapes.iter().map(|s| s.unsigned_area()).sum();
    assert!((sum - 0.2).abs() < 1e-6, "{sum}");
}

#[test]
fn shapes_are_cut_to_the_area_served() {
    let place = Place::new();
    for blocks in [&[][..], &["--blocks", "blocks.geojson"]] {
        place
            .design(&[&["--within", "area.geojson"], blocks].concat())
            .expect("a design");
        let area = ground::service_area(&place.at("area.geojson")).expect("an area");
        let shapes = place.shapes();
        assert_eq!(shapes.len(), 4);
        for shape in &shapes {
            assert!(shape.difference(&area).unsigned_area() < 1e-7);
        }
        let sum: f64 = shapes.iter().map(|s| s.unsigned_area()).sum();
        if !blocks.is_empty() {
            assert!((sum - area.unsigned_area()).abs() < 1e-6, "{sum}");
        }
    }
}

#[test]
fn files_that_cannot_be_used_are_refused_with_the_feature() {
    let place = Place::new();
    let bow = json!({ "type": "Polygon", "coordinates": [[[9.0, 50.0], [9.1, 50.1], [9.1, 50.0], [9.0, 50.1], [9.0, 50.0]]] });
    place.put(
        "bow.geojson",
        &collection(&[rectangle(9.2, 50.0, 9.3, 50.1), bow]),
    );
    place.put(
        "over.geojson",
        &collection(&[rectangle(9.0, 50.0, 9.3, 50.4), rectangle(9.2, 50.0, 9.5, 50.4)]),
    );
    place.put(
        "point.geojson",
        &json!({ "type": "Point", "coordinates": [9.0, 50.0] }).to_string(),
    );
    place.put("empty.geojson", &collection(&[]));
    for (arguments, says) in [
        (
            ["--blocks", "bow.geojson"],
            "feature 2: the border crosses itself near 9.05",
        ),
        (["--within", "bow.geojson"], "feature 2"),
        (["--blocks", "over.geojson"], "features 1 and 2 overlap"),
        (
            ["--within", "point.geojson"],
            "feature 1 is a Point, not a polygon",
        ),
        (["--blocks", "empty.geojson"], "holds no polygons"),
        (["--within", "missing.geojson"], "reading"),
    ] {
        let error = place.design(&arguments).expect_err("refused");
        assert!(format!("{error:#}").contains(says), "{arguments:?}: {error:#}");
    }
}
