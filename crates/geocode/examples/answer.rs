//! Answers query files over one extract and writes what scoring programs read.
//!
//! `answer --pbf X.osm.pbf --queries q.csv [--reverse r.csv] [--autocomplete a.csv] --out ours.json
//! [--structured] [--pack keep.pack]`

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use geocode::{Geocoder, Request};
use geom::LngLat;
use serde_json::{Value, json};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let options = Options::read()?;
    let index = Index::open(&options)?;
    let geocoder = &index.geocoder;

    let rows = rows(&options.path("queries")?)?;
    let mut results = Vec::new();
    let mut times = Vec::new();
    for row in &rows {
        let request = request(row, options.structured);
        let began = Instant::now();
        let answer = geocoder.search(&request);
        let ms = began.elapsed().as_secs_f64() * 1e3;
        times.push(ms);
        let hits: Vec<Value> = answer
            .hits
            .iter()
            .map(|h| {
                json!({
                    "lat": h.point.lat(), "lon": h.point.lng(), "level": h.level, "confidence": h.confidence,
                    "label": h.label, "fields": h.fields, "why": h.why,
                })
            })
            .collect();
        results.push(json!({
            "id": row["id"], "ms": ms, "status": answer.status, "ambiguous": answer.ambiguous,
            "hits": hits, "why": answer.why,
        }));
    }
    // What is asked twice is answered once: every round asks each row once, so that no row is counted that is not
    // looked up.
    let distinct: Vec<Request<'_>> = rows
        .iter()
        .map(|r| (&r["query"], request(r, options.structured)))
        .collect::<BTreeMap<_, _>>()
        .into_values()
        .collect();
    let rounds = 20_000usize.div_ceil(distinct.len().max(1));
    let (began, cpu_began) = (Instant::now(), processor_seconds());
    let answered: usize = (0..rounds).map(|_| geocoder.batch(&distinct).len()).sum();
    let rows_per_s = answered as f64 / began.elapsed().as_secs_f64();
    let cpu_ms_per_row = processor_seconds()
        .zip(cpu_began)
        .map(|(now, began)| (now - began) * 1e3 / answered.max(1) as f64);

    let reverse = match options.paths.get("reverse") {
        Some(path) => reverse(geocoder, path)?,
        None => Vec::new(),
    };
    let (autocomplete, keystroke_p95) = match options.paths.get("autocomplete") {
        Some(path) => autocomplete(geocoder, path)?,
        None => (Vec::new(), 0.0),
    };
    let out = json!({
        "results": results,
        "reverse": reverse,
        "autocomplete": autocomplete,
        "speed": {
            "read_s": index.read_s, "build_s": index.build_s, "passes_begin_s_peak_mb": index.passes,
            "index_bytes": index.section_bytes.values().sum::<usize>(), "section_bytes": index.section_bytes,
            "p50_ms": quantile(&mut times, 0.5), "p95_ms": quantile(&mut times, 0.95),
            "p99_ms": quantile(&mut times, 0.99), "rows_per_s": rows_per_s,
            "cpu_ms_per_row": cpu_ms_per_row, "peak_mb_reading": index.peaks.read,
            "peak_mb_building": index.peaks.build, "peak_mb": peak_megabytes(), "keystroke_p95_ms": keystroke_p95,
        },
    });
    let target = options.path("out")?;
    std::fs::write(&target, serde_json::to_string(&out)?)?;
    println!("{} answers in {}: {}", rows.len(), target.display(), out["speed"]);
    Ok(())
}

/// The most memory this process has held so far, MB; `None` where the system does not say.
#[derive(Default)]
struct Peaks {
    read: Option<f64>,
    build: Option<f64>,
}

/// The index asked in, and what building it took.
struct Index {
    geocoder: Geocoder,
    read_s: f64,
    build_s: f64,
    /// Name, seconds at its beginning, and the most memory held until then, MB.
    passes: Vec<(&'static str, f64, Option<f64>)>,
    section_bytes: HashMap<String, usize>,
    peaks: Peaks,
    _folder: tempfile::TempDir,
}

impl Index {
    /// Builds the index, or opens the one that `--pack` names and an earlier run has left there.
    fn open(options: &Options) -> Result<Self, Failure> {
        let folder = tempfile::tempdir()?;
        let path = match options.paths.get("pack") {
            Some(path) => path.clone(),
            None => folder.path().join("answer.pack"),
        };
        let (mut read_s, mut build_s) = (0.0, 0.0);
        let mut passes: Vec<(&str, f64, Option<f64>)> = Vec::new();
        let mut section_bytes = HashMap::new();
        let mut peaks = Peaks::default();
        if !path.exists() {
            let began = Instant::now();
            let extract = osm::read(&[options.path("pbf")?.as_path()], &mut |_| {})?;
            read_s = began.elapsed().as_secs_f64();
            peaks.read = peak_megabytes();
            let began = Instant::now();
            let sections = geocode::build(&extract, &mut |p| {
                passes.push((p.pass, began.elapsed().as_secs_f64(), peak_megabytes()));
            });
            build_s = began.elapsed().as_secs_f64();
            section_bytes = sections.iter().map(|s| (s.name.clone(), s.bytes.len())).collect();
            let mut writer = pack::Writer::create(&path)?;
            for section in &sections {
                writer.section(section)?;
            }
            writer.finish()?;
            peaks.build = peak_megabytes();
        }
        Ok(Self {
            geocoder: Geocoder::open(Arc::new(pack::Pack::open(&path)?))?,
            read_s,
            build_s,
            passes,
            section_bytes,
            peaks,
            _folder: folder,
        })
    }
}

struct Options {
    paths: HashMap<String, PathBuf>,
    structured: bool,
}

impl Options {
    fn read() -> Result<Self, Failure> {
        let mut options = Self {
            paths: HashMap::new(),
            structured: false,
        };
        let mut args = std::env::args().skip(1);
        while let Some(arg) = args.next() {
            let name = arg
                .strip_prefix("--")
                .ok_or_else(|| format!("`{arg}` is not an option"))?;
            if name == "structured" {
                options.structured = true;
                continue;
            }
            if !["pbf", "queries", "reverse", "autocomplete", "out", "pack"].contains(&name) {
                return Err(format!("`--{name}` is not an option").into());
            }
            let value = args.next().ok_or_else(|| format!("`--{name}` needs a file"))?;
            options.paths.insert(name.to_owned(), value.into());
        }
        Ok(options)
    }

    fn path(&self, name: &str) -> Result<PathBuf, Failure> {
        Ok(self
            .paths
            .get(name)
            .ok_or_else(|| format!("`--{name} FILE` is missing"))?
            .clone())
    }
}

type Row = HashMap<String, String>;

fn rows(path: &Path) -> Result<Vec<Row>, Failure> {
    Ok(csv::Reader::from_path(path)?
        .deserialize()
        .collect::<Result<_, _>>()?)
}

fn request(row: &Row, structured: bool) -> Request<'_> {
    let get = |name: &str| row.get(name).map_or("", String::as_str);
    if structured && !get("street").is_empty() {
        return Request {
            street: get("street"),
            house_number: get("housenumber"),
            postcode: get("postcode"),
            city: get("city"),
            ..Request::default()
        };
    }
    Request::text(get("query"))
}

fn point(row: &Row) -> Result<LngLat, Failure> {
    let number = |name: &str| -> Result<f64, Failure> {
        Ok(row
            .get(name)
            .ok_or_else(|| format!("no column `{name}`"))?
            .parse()?)
    };
    Ok(LngLat::new(number("lon")?, number("lat")?)?)
}

fn reverse(geocoder: &Geocoder, path: &Path) -> Result<Vec<Value>, Failure> {
    rows(path)?
        .iter()
        .map(|row| {
            let point = point(row)?;
            let began = Instant::now();
            let found = geocoder.reverse(point);
            let ms = began.elapsed().as_secs_f64() * 1e3;
            Ok(match found {
                Some(r) => json!({
                    "id": row["id"], "ms": ms, "street": r.street, "housenumber": r.house_number,
                    "lat": r.point.lat(), "lon": r.point.lng(), "level": r.level, "label": r.label,
                }),
                None => json!({"id": row["id"], "ms": ms, "street": "", "housenumber": "", "lat": null, "lon": null}),
            })
        })
        .collect()
}

/// Types each text key by key: after how many keys the truth is within 50 m of one of the first five.
fn autocomplete(geocoder: &Geocoder, path: &Path) -> Result<(Vec<Value>, f64), Failure> {
    let mut out = Vec::new();
    let mut all = Vec::new();
    for row in rows(path)? {
        let truth = point(&row)?;
        let typed: Vec<char> = row["typed"].chars().collect();
        let mut keys = Value::Null;
        let mut times = Vec::new();
        for n in 1..=typed.len() {
            let text: String = typed[..n].iter().collect();
            let began = Instant::now();
            let hits = geocoder.autocomplete(&text, None, 5);
            times.push(began.elapsed().as_secs_f64() * 1e3);
            if keys.is_null() && hits.iter().any(|h| h.point.distance(truth).0 <= 50.0) {
                keys = json!(n);
            }
        }
        all.extend(&times);
        out.push(json!({"id": row["id"], "keys_to_top5": keys, "ms_p95": quantile(&mut times, 0.95)}));
    }
    let p95 = quantile(&mut all, 0.95);
    Ok((out, p95))
}

/// Processor time of this process so far, of all threads; `None` where the system does not say.
fn processor_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The second field is the program's name in brackets, and may hold anything.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at)?.parse::<f64>().ok();
    // Linux counts in hundredths of a second.
    Some((ticks(11)? + ticks(12)?) / 100.0)
}

/// The most memory this process has held.
fn peak_megabytes() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: f64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kilobytes / 1024.0)
}

fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let at = ((values.len() as f64 - 1.0) * share).round();
    values.get(at as usize).copied().unwrap_or(0.0)
}
