//! Puts the questions of a customer list to an index and prints how long each takes.
//!
//!     cargo run --release -p points --example customers -- DIRECTORY
//!
//! The directory holds `customers.csv` (without a header: id, name, street, city, postcode, class, industry,
//! revenue, pipeline, last visit, territory, longitude, latitude), `regions.geojson`, `territories.geojson` and
//! `workload.json` (tiles, viewports, places and texts). Each line of the output is the smallest and the median
//! time of its repetitions, in milliseconds, with a sum over the answers that other programs can be asked for.

use std::time::Instant;

use geo_types::{LineString, MultiPolygon, Polygon};
use geom::{BBox, LngLat, TileId};
use points::{
    Category, Change, Filter, Index, Row, RowId, Schema, Shape, SnapshotSpec, Text, TileStyle, View,
};
use serde_json::Value;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let directory = std::env::args()
        .nth(1)
        .ok_or("say which directory holds customers.csv")?;
    let read = |file: &str| -> Result<Value, Box<dyn std::error::Error>> {
        Ok(serde_json::from_str(&std::fs::read_to_string(format!(
            "{directory}/{file}"
        ))?)?)
    };
    let (regions, territories, workload) = (
        read("regions.geojson")?,
        read("territories.geojson")?,
        read("workload.json")?,
    );

    let start = Instant::now();
    let mut index = load(&format!("{directory}/customers.csv"))?;
    println!(
        "{:40} {:9.1} ms  {:.0} MB",
        "csv to index",
        start.elapsed().as_secs_f64() * 1e3,
        index.owned_bytes() as f64 / 1e6
    );

    let all = index.view(&Filter::All)?;
    let class_a = index.view(&Filter::category("class", ["A"]))?;
    tiles("raw", &all, &workload, 1_000_000, 1 << 30);
    tiles("raw, class A", &class_a, &workload, 1_000_000, 1 << 30);
    tiles("cells", &all, &workload, 0, 500_000);
    tiles("cells, class A", &class_a, &workload, 0, 500_000);
    tiles("as served", &all, &workload, 2_000, 500_000);

    let spec = SnapshotSpec {
        sums: vec!["revenue".into(), "pipeline".into()],
        group_by: vec!["class".into(), "industry".into()],
    };
    for region in features(&regions) {
        let shape = shape(&region["geometry"])?;
        let name = format!("snapshot {}", region["properties"]["share"]);
        time(&name, 15, || {
            all.snapshot(&shape, &spec).map_or(0, |s| s.count as usize)
        });
    }
    let shapes: Vec<Shape> = features(&territories)
        .map(|t| shape(&t["geometry"]))
        .collect::<Result<_, _>>()?;
    time("assign 200 territories (rows in each)", 5, || {
        shapes.iter().map(|shape| all.rows_in(shape).len()).sum()
    });
    time("rows of one territory", 15, || all.rows_in(&shapes[7]).len());

    let places: Vec<LngLat> = list(&workload["knn"]).map(place).collect::<Result<_, _>>()?;
    each("nearest 20", &places, |&p| all.nearest(p, 20).len());
    each("nearest 20, class A", &places, |&p| class_a.nearest(p, 20).len());
    for zoom in ["8", "10", "12", "14"] {
        let boxes: Vec<Shape> = list(&workload["bbox"][zoom]).map(bbox).collect();
        each(&format!("viewport rows z{zoom}"), &boxes, |b| {
            all.rows_in(b).len()
        });
    }
    for kind in [
        "prefix3",
        "prefix5",
        "name_part",
        "street_part",
        "two_words",
        "absent",
    ] {
        let texts: Vec<&str> = list(&workload["text"][kind]).filter_map(Value::as_str).collect();
        each(&format!("search 20, {kind}"), &texts, |t| all.search(t, 20).len());
        each(&format!("search all, {kind}"), &texts, |t| {
            all.search(t, usize::MAX).len()
        });
    }

    time("count by class, new filter", 15, {
        let mut bound = 0;
        let index = &index;
        move || {
            bound += 1;
            let filter = Filter::Range {
                column: "revenue".into(),
                from: Some(bound),
                to: None,
            };
            index
                .view(&filter.and(Filter::category("class", ["A", "B"])))
                .map_or(0, |v| v.count() as usize)
        }
    });

    let some: Vec<Row> = index
        .view(&Filter::All)?
        .nearest(places[0], 300)
        .iter()
        .map(|n| n.found.to_row())
        .collect();
    let mut turn = 0;
    time("one edit, published", some.len(), || {
        let mut next = index.clone();
        let mut row = some[turn].clone();
        row.amounts[0] = Some(turn as i64);
        turn += 1;
        let applied = next.apply([Change::Upsert(row)]);
        index = next;
        usize::from(applied.is_ok())
    });
    let edited = index.view(&Filter::All)?;
    tiles("as served, after 300 edits", &edited, &workload, 2_000, 500_000);
    time("merge of everything", 1, || usize::from(index.compact().is_ok()));
    restart(&index, &format!("{directory}/customers.points"))
}

/// From a file to the first tile, as a program that starts again does it.
fn restart(index: &Index, path: &str) -> Result<(), Box<dyn std::error::Error>> {
    let mut file = std::io::BufWriter::new(std::fs::File::create(path)?);
    index.write_to(b"", &mut file)?;
    drop(file);
    time("file to first tile", 5, || {
        let open = || -> Result<usize, Box<dyn std::error::Error>> {
            // SAFETY: the file was written above, and nobody else knows of it.
            let map = unsafe { memmap2::Mmap::map(&std::fs::File::open(path)?)? };
            let (index, _) = Index::from_bytes(std::sync::Arc::new(map))?;
            let tile = TileId { z: 5, x: 17, y: 10 };
            Ok(index
                .view(&Filter::All)?
                .tile(tile, &TileStyle::layer("customers"))?
                .rows as usize)
        };
        open().unwrap_or(0)
    });
    std::fs::remove_file(path)?;
    Ok(())
}

fn load(path: &str) -> Result<Index, Box<dyn std::error::Error>> {
    let schema = Schema {
        categories: ["class", "industry", "territory", "city"]
            .map(Category::named)
            .into(),
        amounts: vec!["revenue".into(), "pipeline".into()],
        times: vec![],
        texts: vec![Text::words("name"), Text::words("street")],
    };
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_path(path)?;
    let rows = reader.records().filter_map(Result::ok).filter_map(|record| {
        let number = |column: usize| record.get(column)?.parse::<f64>().ok();
        let cents = |column: usize| Some((number(column)? * 100.0).round() as i64);
        let text = |column: usize| record.get(column).map(String::from);
        Some(Row {
            id: RowId((number(0)? as u128).to_be_bytes()),
            place: LngLat::new(number(11)?, number(12)?).ok(),
            categories: vec![text(5), text(6), text(10), text(3)],
            amounts: vec![cents(7), cents(8)],
            times: vec![],
            texts: vec![text(1)?, text(2)?],
        })
    });
    Ok(Index::build(schema, rows)?)
}

fn tiles(name: &str, view: &View<'_>, workload: &Value, single_rows: usize, max_bytes: usize) {
    let style = TileStyle {
        single_rows,
        max_bytes,
        shown: vec!["name".into(), "class".into(), "revenue".into()],
        sums: vec!["revenue".into()],
        ..TileStyle::layer("customers")
    };
    for zoom in [5u8, 8, 10, 12, 14] {
        let ids: Vec<TileId> = list(&workload["tiles"][zoom.to_string()])
            .filter_map(|t| TileId::new(zoom, t[0].as_u64()? as u32, t[1].as_u64()? as u32))
            .collect();
        let draw = |tile: TileId| view.tile(tile, &style).map_or(0, |tile| tile.bytes.len());
        time(&format!("tile z{zoom} {name}, densest"), 9, || draw(ids[0]));
        each(
            &format!("tile z{zoom} {name}, all {}", ids.len()),
            &ids,
            |&tile| draw(tile),
        );
    }
}

/// Smallest and median time of one question, and the last answer.
fn time(name: &str, repetitions: usize, mut question: impl FnMut() -> usize) {
    let mut times = Vec::new();
    let mut answer = 0;
    for _ in 0..repetitions {
        let start = Instant::now();
        answer = question();
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    println!(
        "{name:40} min {:9.4} median {:9.4} max {:9.4}  answer {answer}",
        times[0],
        times[times.len() / 2],
        times[times.len() - 1]
    );
}

/// The same over several questions, the best of five for each: median, 95th percentile, sum of the answers.
fn each<Q>(name: &str, questions: &[Q], mut ask: impl FnMut(&Q) -> usize) {
    let mut answer = 0;
    let mut times: Vec<f64> = Vec::new();
    for question in questions {
        let mut best = f64::INFINITY;
        for repetition in 0..5 {
            let start = Instant::now();
            let given = ask(question);
            best = best.min(start.elapsed().as_secs_f64() * 1e3);
            answer += if repetition == 0 { given } else { 0 };
        }
        times.push(best);
    }
    times.sort_by(f64::total_cmp);
    let Some(last) = times.last() else { return };
    println!(
        "{name:40} median {:9.4} p95 {:9.4} max {last:9.4}  answers {answer}",
        times[times.len() / 2],
        times[times.len() * 95 / 100]
    );
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn features(collection: &Value) -> impl Iterator<Item = &Value> {
    list(&collection["features"])
}

fn place(pair: &Value) -> Result<LngLat, Box<dyn std::error::Error>> {
    let number = |i: usize| pair[i].as_f64().ok_or("a place is two numbers");
    Ok(LngLat::new(number(0)?, number(1)?)?)
}

fn bbox(sides: &Value) -> Shape {
    let side = |i: usize| sides[i].as_f64().unwrap_or(f64::NAN);
    Shape::bbox(BBox {
        west: side(0),
        south: side(1),
        east: side(2),
        north: side(3),
    })
}

fn shape(geometry: &Value) -> Result<Shape, Box<dyn std::error::Error>> {
    let ring = |ring: &Value| -> Result<LineString, Box<dyn std::error::Error>> {
        Ok(LineString(
            list(ring)
                .map(|p| place(p).map(geo_types::Coord::from))
                .collect::<Result<_, _>>()?,
        ))
    };
    let rings = list(&geometry["coordinates"])
        .map(ring)
        .collect::<Result<Vec<_>, _>>()?;
    let mut rings = rings.into_iter();
    let outer = rings.next().ok_or("a polygon has an outer ring")?;
    Ok(Shape::polygons(MultiPolygon(vec![Polygon::new(
        outer,
        rings.collect(),
    )]))?)
}
