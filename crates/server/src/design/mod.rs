//! `bailiwick design`: fair territories for the customers of a CSV file, without a database.

mod ground;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use geo_types::MultiPolygon;
use geom::LngLat;
use rustix::time::{ClockId, clock_gettime};
use territory::design::{Borders, Measure, Plan, Price, Problem, Seat, Settings, design};

use self::ground::Ground;

/// What to divide, and how.
#[derive(Args)]
pub struct DesignArguments {
    /// A CSV file (also .csv.gz) with columns id, lon, lat and, where they differ, weight (the workload)
    input: PathBuf,
    /// How many territories; with --current, as many as there are reps
    #[arg(long)]
    k: Option<usize>,
    /// By how much workloads may differ from the mean, 0.03 for 3 %; as little as costs no distance if not given
    #[arg(long)]
    tolerance: Option<f64>,
    /// A column with today's rep of each customer, a whole number; territories keep these numbers
    #[arg(long)]
    current: Option<String>,
    /// What it costs that a customer changes reps, in km²
    #[arg(long, default_value_t = 0.0, requires = "current")]
    price: f64,
    /// Move at most this share of the workload (0.2 for 20 %), whatever price that takes
    #[arg(long, requires = "current", conflicts_with = "price")]
    move_at_most: Option<f64>,
    /// This rep leaves: only the neighbours take over
    #[arg(long, requires = "current", conflicts_with_all = ["price", "move_at_most"])]
    leaves: Option<i64>,
    /// Another column to balance, with its tolerance: revenue=0.1
    #[arg(long = "also", value_name = "COLUMN=TOLERANCE")]
    also: Vec<String>,
    /// Chooses the random starts; the same seed gives the same territories
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where to write id,territory
    #[arg(long = "out")]
    output: PathBuf,
    /// Where to write the territories' shapes as GeoJSON
    #[arg(long)]
    polygons: Option<PathBuf>,
    /// A GeoJSON file with the area served: shapes are cut to it
    #[arg(long, requires = "polygons")]
    within: Option<PathBuf>,
    /// A GeoJSON file with blocks (municipalities, postcodes, hexagons) that do not overlap: they stay whole, and shapes run along their outlines
    #[arg(long)]
    blocks: Option<PathBuf>,
}

/// The customers of the file.
struct Table {
    /// All ids, one behind the other, and where each ends.
    ids: String,
    ends: Vec<usize>,
    places: Vec<Option<LngLat>>,
    measures: Vec<Measure>,
    current: Vec<i64>,
}

impl Table {
    fn id(&self, row: usize) -> &str {
        let from = if row == 0 { 0 } else { self.ends[row - 1] };
        &self.ids[from..self.ends[row]]
    }
}

/// Reads, designs, writes; the last line of standard error is `{"solve_cpu_s": …, "peak_rss_mb": …}`.
pub fn run(arguments: &DesignArguments) -> anyhow::Result<()> {
    let mut table = read(arguments)?;
    // Seats are numbered by rep, so that an answer reads as in the file.
    let mut reps: Vec<i64> = table.current.clone();
    reps.sort_unstable();
    reps.dedup();
    let mut seats = reps.len();
    if let Some(k) = arguments.k {
        if arguments.leaves.is_none() && k < seats {
            bail!("{k} territories for {seats} reps: name who leaves with --leaves, or leave --current out");
        }
        let mut next = reps.last().map_or(0, |r| r + 1);
        while reps.len() < k {
            reps.push(next);
            next += 1;
        }
        if arguments.leaves.is_none() {
            seats = k;
        }
    }
    if seats == 0 {
        bail!("how many territories? Say --k NUMBER, or --current COLUMN for as many as there are reps");
    }
    let seat_of: BTreeMap<i64, u32> = reps
        .iter()
        .enumerate()
        .map(|(seat, rep)| (*rep, seat as u32))
        .collect();
    let customers = Problem {
        places: std::mem::take(&mut table.places),
        measures: std::mem::take(&mut table.measures),
        seats: vec![Seat::default(); seats],
        current: table
            .current
            .iter()
            .map(|rep| seat_of.get(rep).copied())
            .collect(),
        ..Problem::default()
    };
    let settings = Settings {
        seed: arguments.seed,
        tolerance: arguments.tolerance,
        price: arguments
            .move_at_most
            .map_or(Price::Of(arguments.price), Price::AtMost),
        ..Settings::default()
    };
    // Files that cannot be used are better found before the search than after it.
    let within = arguments
        .within
        .as_deref()
        .map(ground::service_area)
        .transpose()?;
    let ground = match &arguments.blocks {
        Some(path) => Some(Ground::read(path, &customers)?),
        None => None,
    };
    let by_block = ground.as_ref().map(|ground| ground.by_block(&customers));
    let problem = by_block.as_ref().unwrap_or(&customers);
    let started = cpu_seconds();
    let plan = match arguments.leaves {
        None => design(problem, &settings)?,
        Some(rep) => {
            let leaver = seat_of
                .get(&rep)
                .with_context(|| format!("no customer has rep {rep} today"))?;
            territory::design::leave(problem, *leaver, &settings)?
        }
    };
    let solved = cpu_seconds() - started;
    match &ground {
        Some(ground) => write_assignment(&arguments.output, &table, &ground.customers(&plan), &reps)?,
        None => write_assignment(&arguments.output, &table, &plan.assignment, &reps)?,
    }
    if let Some(path) = &arguments.polygons {
        let borders = match &ground {
            Some(ground) => ground.borders(&customers, &plan),
            None => Borders::around(problem, &plan),
        };
        let borders = borders.simplified();
        let shapes = match &within {
            Some(area) => borders.shapes_within(area),
            None => borders.shapes(),
        };
        write_polygons(path, shapes, &plan, &reps)?;
    }
    report(&customers, &plan, &reps);
    if let Some(ground) = ground.filter(|g| g.outside > 0) {
        eprintln!(
            "{} customers lie in no block and count to the nearest",
            ground.outside
        );
    }
    eprintln!(
        "{}",
        serde_json::json!({ "solve_cpu_s": (solved * 1e4).round() / 1e4, "peak_rss_mb": peak_memory() })
    );
    Ok(())
}

fn open(path: &Path) -> anyhow::Result<Box<dyn Read>> {
    let file = File::open(path).with_context(|| format!("reading {}", path.display()))?;
    let packed = path.extension().is_some_and(|e| e == "gz");
    Ok(if packed {
        Box::new(BufReader::new(flate2::read::MultiGzDecoder::new(file)))
    } else {
        Box::new(BufReader::new(file))
    })
}

fn read(arguments: &DesignArguments) -> anyhow::Result<Table> {
    let shown = arguments.input.display();
    let mut reader = csv::Reader::from_reader(open(&arguments.input)?);
    let headers = reader
        .headers()
        .with_context(|| format!("reading {shown}"))?
        .clone();
    let column = |name: &str| {
        headers
            .iter()
            .position(|h| h.trim_start_matches('\u{feff}').trim() == name)
    };
    let needed = |name: &str| {
        column(name).with_context(|| {
            format!(
                "{shown} has no column {name}; it has {}",
                headers.iter().collect::<Vec<_>>().join(", ")
            )
        })
    };
    let (id, lon, lat) = (needed("id")?, needed("lon")?, needed("lat")?);
    let current = arguments.current.as_deref().map(needed).transpose()?;
    let mut wanted = vec![("weight".to_owned(), column("weight"), None)];
    for also in &arguments.also {
        let (name, tolerance) = also
            .split_once('=')
            .with_context(|| format!("--also {also}: write COLUMN=TOLERANCE"))?;
        let tolerance: f64 = tolerance
            .parse()
            .with_context(|| format!("--also {also}: {tolerance} is no number"))?;
        wanted.push((name.to_owned(), Some(needed(name)?), Some(tolerance)));
    }
    let mut table = Table {
        ids: String::new(),
        ends: Vec::new(),
        places: Vec::new(),
        measures: wanted
            .iter()
            .map(|(name, _, tolerance)| Measure {
                name: name.clone(),
                values: Vec::new(),
                tolerance: *tolerance,
            })
            .collect(),
        current: Vec::new(),
    };
    let mut record = csv::StringRecord::new();
    while reader
        .read_record(&mut record)
        .with_context(|| format!("reading {shown}"))?
    {
        let line = record.position().map_or(0, csv::Position::line);
        let number = |at: usize| -> anyhow::Result<f64> {
            let text = record.get(at).unwrap_or("").trim();
            let name = &headers[at];
            text.parse()
                .with_context(|| format!("{shown}, line {line}: {name} is {text:?}, not a number"))
        };
        table.ids.push_str(record.get(id).unwrap_or(""));
        table.ends.push(table.ids.len());
        let empty = |at: usize| record.get(at).unwrap_or("").trim().is_empty();
        table.places.push(if empty(lon) && empty(lat) {
            None
        } else {
            let place = LngLat::new(number(lon)?, number(lat)?);
            Some(place.with_context(|| format!("{shown}, line {line}"))?)
        });
        for (measure, (_, at, _)) in table.measures.iter_mut().zip(&wanted) {
            measure.values.push(at.map_or(Ok(1.0), number)?);
        }
        if let Some(at) = current {
            let text = record.get(at).unwrap_or("").trim();
            let rep = text.parse::<i64>();
            table
                .current
                .push(rep.with_context(|| format!("{shown}, line {line}: rep {text:?} is no whole number"))?);
        }
    }
    Ok(table)
}

fn write_assignment(
    path: &Path,
    table: &Table,
    assignment: &[Option<u32>],
    reps: &[i64],
) -> anyhow::Result<()> {
    let shown = path.display();
    let file = File::create(path).with_context(|| format!("writing {shown}"))?;
    let mut out = csv::Writer::from_writer(BufWriter::new(file));
    out.write_record(["id", "territory"])
        .with_context(|| format!("writing {shown}"))?;
    for (row, seat) in assignment.iter().enumerate() {
        let name = seat.map_or(String::new(), |s| name_of(reps, s).to_string());
        out.write_record([table.id(row), &name])
            .with_context(|| format!("writing {shown}"))?;
    }
    out.flush().with_context(|| format!("writing {shown}"))
}

/// The rep of a seat; without a present plan, the seat's own number.
fn name_of(reps: &[i64], seat: u32) -> i64 {
    reps.get(seat as usize).copied().unwrap_or(i64::from(seat))
}

fn write_polygons(
    path: &Path,
    shapes: Vec<(u32, MultiPolygon)>,
    plan: &Plan,
    reps: &[i64],
) -> anyhow::Result<()> {
    let shown = path.display();
    let features: Vec<serde_json::Value> = shapes
        .into_iter()
        .map(|(seat, shape)| {
            let rings: Vec<Vec<Vec<[f64; 2]>>> = shape
                .iter()
                .map(|polygon| {
                    std::iter::once(polygon.exterior())
                        .chain(polygon.interiors())
                        .map(|ring| ring.coords().map(|c| [c.x, c.y]).collect())
                        .collect()
                })
                .collect();
            serde_json::json!({
                "type": "Feature",
                "properties": {
                    "territory": name_of(reps, seat),
                    "workload": plan.loads[0][seat as usize],
                    "target": plan.targets[0][seat as usize],
                },
                "geometry": { "type": "MultiPolygon", "coordinates": rings },
            })
        })
        .collect();
    let file = File::create(path).with_context(|| format!("writing {shown}"))?;
    let mut out = BufWriter::new(file);
    let collection = serde_json::json!({ "type": "FeatureCollection", "features": features });
    serde_json::to_writer(&mut out, &collection).with_context(|| format!("writing {shown}"))?;
    out.flush().with_context(|| format!("writing {shown}"))
}

/// What the reader wants to know first.
fn report(problem: &Problem, plan: &Plan, reps: &[i64]) {
    eprintln!(
        "{} customers, {} territories: workloads within {:.2} % of their share, {:.1} km to the middle on average (root mean square)",
        problem.places.len(),
        plan.centres.len(),
        plan.imbalance * 100.0,
        plan.distance
    );
    if !problem.current.is_empty() {
        eprintln!(
            "{:.1} % of the workload changes reps (price {:.0} km²)",
            plan.moved * 100.0,
            plan.price
        );
    }
    if !plan.exceptions.is_empty() {
        eprintln!(
            "{} customers or blocks lie apart from the rest of their territory",
            plan.exceptions.len()
        );
    }
    for unmet in plan.unmet.iter().take(5) {
        eprintln!(
            "territory {}: {} is {:.1}, not from {:.1} to {:.1}; nothing better was found",
            name_of(reps, unmet.seat),
            unmet.measure,
            unmet.load,
            unmet.low,
            unmet.high
        );
    }
}

/// CPU time of the process in seconds.
fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

/// The most memory the process has had, in MB, where the system says so.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches("kB").trim().parse::<u64>().ok()? / 1024)
}

#[cfg(test)]
mod tests;
