//! Answers and timings on a real extract, in the form that comparisons with other engines read:
//! `cargo run --release -p roads --example answers -- --pbf X.osm.pbf --coords coords.csv --out ours.json`.
//!
//! The coordinates are lines `id,lng,lat` under a heading. Answered are the matrix of the first 100, 1,000 pairs (number k
//! with number (k + n/2) mod n) and where the first 1,000 were put on roads. The last line on standard error
//! is one JSON object of timings: processor time of this thread, the median of single questions, the minimum of matrices.
//! `--weight duration` makes time alone decide, as OSRM's weight of that name does.

use std::error::Error;
use std::hint::black_box;
use std::path::PathBuf;
use std::sync::Arc;

use geom::{LngLat, Meters, Seconds};
use roads::{
    AlternativeOptions, AreaOptions, Change, ComponentRule, Profile, Query, RoadIndex, Snap, SnapOptions,
    Trip, Wishes,
};
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};

type Failure = Box<dyn Error + Send + Sync>;
type Anything = Result<(), Failure>;

struct Arguments {
    pbf: PathBuf,
    coords: PathBuf,
    out: PathBuf,
    by_duration: bool,
}

fn main() -> Anything {
    let arguments = arguments()?;
    let places = read_places(&arguments.coords)?;
    // One thread, so that processor time can be compared.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    pool.install(|| run(&arguments, &places))
}

fn run(arguments: &Arguments, places: &[LngLat]) -> Anything {
    let clock = CpuClock::start();
    let extract = osm::read(&[&arguments.pbf], &mut |_| ())?;
    let mut profile = Profile::car();
    if arguments.by_duration {
        profile = profile.by_duration();
    }
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("roads.pack");
    let mut writer = pack::Writer::create(&file)?;
    for section in roads::build(&extract, &profile, &mut |_| ()) {
        writer.section(&section)?;
    }
    writer.finish()?;
    let prepare = clock.micros() / 1e6;
    let pack = Arc::new(pack::Pack::open(&file)?);
    for (name, bytes) in pack.sections() {
        eprintln!("{bytes:>12} bytes {name}");
    }
    let clock = CpuClock::start();
    let roads = RoadIndex::open(pack)?;
    eprintln!(
        "{:?}, opened in {:.1} ms",
        roads.statistics(),
        clock.micros() / 1000.0
    );
    let answers = answer(&roads, places);
    std::fs::write(&arguments.out, serde_json::to_string(&answers)?)?;
    let mut timings = time(&roads, places)?;
    timings["prepare_cpu_s"] = json!(prepare);
    timings["peak_rss_mb"] = json!(peak_memory()?);
    timings["bytes"] = json!(roads.statistics().bytes);
    eprintln!("{timings}");
    Ok(())
}

/// As OSRM does: however far, a road that connects to much.
fn snap(roads: &RoadIndex, place: LngLat) -> Option<Snap> {
    let far = Meters(100_000.0);
    let options = SnapOptions {
        radius: far,
        component: ComponentRule::PreferLarge { detour: far },
        ..SnapOptions::default()
    };
    roads.snap(place, &options).ok()
}

/// The nearest road of all.
fn nearest(roads: &RoadIndex, place: LngLat) -> LngLat {
    let options = SnapOptions {
        component: ComponentRule::Any,
        ..SnapOptions::default()
    };
    roads.snap(place, &options).map_or(place, |snap| snap.point)
}

fn pairs(places: &[LngLat]) -> impl Iterator<Item = (LngLat, LngLat)> + '_ {
    let other = places.iter().cycle().skip(places.len() / 2);
    places.iter().copied().zip(other.copied()).take(1000)
}

fn trip(roads: &RoadIndex, query: &mut Query<'_>, (from, to): (LngLat, LngLat)) -> Option<Trip> {
    query.trip(&snap(roads, from)?, &snap(roads, to)?)
}

fn answer(roads: &RoadIndex, places: &[LngLat]) -> Value {
    let seconds = |trip: Option<Trip>| trip.map(|t| t.duration.to_seconds().0);
    let meters = |trip: Option<Trip>| trip.map(|t| t.distance.0);
    let first: Vec<Option<Snap>> = places.iter().take(100).map(|p| snap(roads, *p)).collect();
    let known: Vec<Snap> = first.iter().flatten().copied().collect();
    let matrix = roads.matrix(&known, &known);
    // Places without a road have rows and columns of null.
    let numbers: Vec<Option<usize>> = first
        .iter()
        .scan(0, |next, snap| {
            *next += usize::from(snap.is_some());
            Some(snap.map(|_| *next - 1))
        })
        .collect();
    let cells = |value: &dyn Fn(Option<Trip>) -> Option<f64>| -> Vec<Vec<Option<f64>>> {
        let cell = |i: &Option<usize>, j: &Option<usize>| value(matrix.trip((*i)?, (*j)?));
        numbers
            .iter()
            .map(|i| numbers.iter().map(|j| cell(i, j)).collect())
            .collect()
    };
    let mut query = roads.query();
    let trips: Vec<Option<Trip>> = pairs(places).map(|pair| trip(roads, &mut query, pair)).collect();
    let snapped = places
        .iter()
        .take(1000)
        .map(|p| <[f64; 2]>::from(nearest(roads, *p)));
    json!({"ours": {
        "durations": cells(&seconds),
        "distances": cells(&meters),
        "pair_duration": trips.iter().map(|t| seconds(*t)).collect::<Vec<_>>(),
        "pair_distance": trips.iter().map(|t| meters(*t)).collect::<Vec<_>>(),
        "snapped": snapped.collect::<Vec<_>>(),
    }})
}

fn time(roads: &RoadIndex, places: &[LngLat]) -> Result<Value, Failure> {
    let mut query = roads.query();
    let snap_us = median(places.iter().take(1000), |place| {
        black_box(snap(roads, *place));
    })?;
    let route_us = median(pairs(places), |pair| {
        black_box(trip(roads, &mut query, pair));
    })?;
    let route_full_us = median(pairs(places), |(from, to)| {
        if let (Some(from), Some(to)) = (snap(roads, from), snap(roads, to)) {
            black_box(query.route(&from, &to));
        }
    })?;
    let isochrone = median(places.iter().take(50), |place| {
        if let Some(from) = snap(roads, *place) {
            black_box(query.reach(&from, Seconds(600.0)).area(&AreaOptions::default()));
        }
    })?;
    let matrix = |sources: usize, targets: usize, times: usize| {
        let mut best = f64::INFINITY;
        for _ in 0..times {
            let clock = CpuClock::start();
            let snaps: Vec<Snap> = places
                .iter()
                .take(sources.max(targets))
                .filter_map(|p| snap(roads, *p))
                .collect();
            let first = |count: usize| &snaps[..count.min(snaps.len())];
            black_box(roads.matrix(first(sources), first(targets)));
            best = best.min(clock.micros() / 1e6);
        }
        best
    };
    // Every road a little slower or quicker, until questions can be asked.
    let mut new_speeds = f64::INFINITY;
    for round in 0..5 {
        let clock = CpuClock::start();
        let metric =
            roads.customize(|drive| Change::Times(0.8 + f64::from((drive.number() + round) % 5) / 10.0));
        new_speeds = new_speeds.min(clock.micros() / 1e6);
        black_box(metric);
    }
    // Ten roads somewhere on the map jam, and are free again.
    let mut live = roads.live(&Wishes::default());
    let edges = roads.statistics().edges as u32;
    let changes: Vec<(u32, Change)> = (1..=10).map(|k| (edges / 11 * k, Change::Times(3.0))).collect();
    let free: Vec<(u32, Change)> = changes.iter().map(|(edge, _)| (*edge, Change::Keep)).collect();
    let mut some_speeds = f64::INFINITY;
    for changes in [&changes, &free, &changes, &free] {
        let clock = CpuClock::start();
        roads.update(&mut live, changes);
        black_box(roads.metric_now(&live));
        some_speeds = some_speeds.min(clock.micros() / 1e6);
    }
    let others = AlternativeOptions::default();
    let mut told = (0, 0);
    let alternatives_us = median(pairs(places), |(from, to)| {
        if let (Some(from), Some(to)) = (snap(roads, from), snap(roads, to)) {
            let found = query.alternatives(&from, &to, &others);
            told = (
                told.0 + usize::from(!found.is_empty()),
                told.1 + usize::from(found.len() > 1),
            );
        }
    })?;
    eprintln!("{} of {} routes have alternatives", told.1, told.0);
    Ok(json!({
        "new_speeds_s": new_speeds,
        "ten_new_speeds_s": some_speeds,
        "alternatives_us": alternatives_us,
        "snap_us": snap_us,
        "route_us": route_us,
        "route_full_us": route_full_us,
        "matrix_100_s": matrix(100, 100, 5),
        "matrix_1000_s": matrix(1000, 1000, 2),
        "one_to_1000_s": matrix(1, 1000, 5),
        "isochrone_10min_us": isochrone,
    }))
}

fn median<T>(questions: impl Iterator<Item = T>, mut ask: impl FnMut(T)) -> Result<f64, Failure> {
    let mut times = Vec::new();
    for question in questions {
        let clock = CpuClock::start();
        ask(question);
        times.push(clock.micros());
    }
    times.sort_by(f64::total_cmp);
    Ok(times.get(times.len() / 2).copied().ok_or("no coordinates")?)
}

/// This thread's processor time in microseconds since a moment.
struct CpuClock(f64);

impl CpuClock {
    fn start() -> Self {
        Self(Self::now())
    }

    fn now() -> f64 {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        time.tv_sec as f64 * 1e6 + time.tv_nsec as f64 / 1000.0
    }

    fn micros(&self) -> f64 {
        Self::now() - self.0
    }
}

fn peak_memory() -> Result<f64, Failure> {
    let text = std::fs::read_to_string("/proc/self/status")?;
    let line = text
        .lines()
        .find_map(|l| l.strip_prefix("VmHWM:"))
        .ok_or("no VmHWM")?;
    let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kilobytes / 1024.0)
}

fn read_places(path: &PathBuf) -> Result<Vec<LngLat>, Failure> {
    let text = std::fs::read_to_string(path)?;
    let place = |line: &str| -> Result<LngLat, Failure> {
        let mut fields = line.split(',').skip(1);
        let mut number = || -> Result<f64, Failure> {
            let field = fields
                .next()
                .ok_or_else(|| format!("`{line}` is not `id,lng,lat`"))?;
            Ok(field.trim().parse()?)
        };
        Ok(LngLat::new(number()?, number()?)?)
    };
    text.lines().skip(1).map(place).collect()
}

fn arguments() -> Result<Arguments, Failure> {
    let usage = "answers --pbf X.osm.pbf --coords coords.csv --out ours.json [--weight duration]";
    let mut words = std::env::args().skip(1);
    let (mut pbf, mut coords, mut out) = (None, None, None);
    let mut by_duration = false;
    while let Some(word) = words.next() {
        let value = words.next().ok_or(usage)?;
        match (word.as_str(), value.as_str()) {
            ("--pbf", path) => pbf = Some(path.into()),
            ("--coords", path) => coords = Some(path.into()),
            ("--out", path) => out = Some(path.into()),
            ("--weight", "duration") => by_duration = true,
            ("--weight", "routability") => by_duration = false,
            _ => return Err(usage.into()),
        }
    }
    Ok(Arguments {
        pbf: pbf.ok_or(usage)?,
        coords: coords.ok_or(usage)?,
        out: out.ok_or(usage)?,
        by_duration,
    })
}
