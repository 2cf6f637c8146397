//! Solves published instances, so that the planner can be measured beside others.
//!
//! ```text
//! cargo run --release -p plan --example solve -- --format toptw|cycle --instance FILE [--routes M]
//!     (--cpu-seconds T | --steps N) [--seed S] [--out FILE]
//! ```
//!
//! Writes one line a route, `R <slot> <c1> <c2> …`, customers by row, the first after the depot being 1, and to stderr one line of JSON with the
//! score and the CPU seconds. `toptw`: team orienteering with windows (Solomon's and Cordeau's files with prizes); distances are cut to one
//! decimal, to two in files named `pr…`. `cycle`: our own synthetic JSON of one day; more days need visit patterns, which the planner does
//! not have yet, and are refused.

use std::error::Error;
use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use plan::{
    DenseTimes, Lunch, Options, PlaceId, Plan, Problem, Slot, Span, TimeOfDay, Visit, Window, Windows, solve,
};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

struct Arguments {
    format: String,
    instance: PathBuf,
    routes: u32,
    cpu_seconds: Option<f64>,
    steps: u64,
    seed: u64,
    out: Option<PathBuf>,
}

fn arguments() -> Result<Arguments> {
    let mut found = Arguments {
        format: String::new(),
        instance: PathBuf::new(),
        routes: 1,
        cpu_seconds: None,
        steps: Options::default().steps,
        seed: 1,
        out: None,
    };
    let mut words = std::env::args().skip(1);
    while let Some(name) = words.next() {
        let value = words.next().ok_or(format!("{name} needs a value"))?;
        match name.as_str() {
            "--format" => found.format = value,
            "--instance" => found.instance = value.into(),
            "--routes" => found.routes = value.parse()?,
            "--cpu-seconds" => found.cpu_seconds = Some(value.parse()?),
            "--steps" => found.steps = value.parse()?,
            "--seed" => found.seed = value.parse()?,
            "--out" => found.out = Some(value.into()),
            _ => return Err(format!("{name} is not known; see the head of this program").into()),
        }
    }
    Ok(found)
}

fn main() -> Result<()> {
    let arguments = arguments()?;
    let problem = match arguments.format.as_str() {
        "toptw" => orienteering(&arguments.instance, arguments.routes)?,
        "cycle" => cycle(&arguments.instance)?,
        other => return Err(format!("format {other:?} is not known; toptw and cycle are").into()),
    };
    let plan = match arguments.cpu_seconds {
        None => solve(
            &problem,
            &Options {
                seed: arguments.seed,
                steps: arguments.steps,
            },
            &mut |_| ControlFlow::Continue(()),
        ),
        Some(seconds) => within(&problem, arguments.seed, seconds)?,
    };
    let mut text = String::new();
    for (slot, order) in plan.orders().iter().enumerate() {
        if !order.is_empty() {
            write!(text, "R {slot}")?;
            order
                .iter()
                .try_for_each(|visit| write!(text, " {}", visit.0 + 1))?;
            writeln!(text)?;
        }
    }
    match arguments.out {
        Some(path) => std::fs::write(path, text)?,
        None => print!("{text}"),
    }
    let all: i64 = problem.visits().iter().map(|v| i64::from(v.prize)).sum();
    eprintln!(
        "{{\"score\": {}, \"travel\": {}, \"left_out\": {}, \"cpu_s\": {:.3}}}",
        all - plan.cost.prize_lost,
        plan.cost.travel,
        plan.left_out.len(),
        cpu_seconds()?
    );
    Ok(())
}

/// As many steps as fit the time. What a run costs, and what a step, two short runs tell; then one long run cools over all that is left. The
/// best of the three counts.
fn within(problem: &Problem, seed: u64, seconds: f64) -> Result<Plan> {
    let run = |steps: u64| -> Result<(Plan, f64)> {
        let begun = cpu_seconds()?;
        let mut failed = None;
        let plan = solve(problem, &Options { seed, steps }, &mut |_| match cpu_seconds() {
            Ok(now) if now < seconds * 0.98 => ControlFlow::Continue(()),
            Ok(_) => ControlFlow::Break(()),
            Err(error) => {
                failed = Some(error);
                ControlFlow::Break(())
            }
        });
        failed.map_or(Ok((plan, cpu_seconds()? - begun)), Err)
    };
    let (mut best, short) = run(100)?;
    let mut tried = 100;
    let (mut per_step, mut fixed) = (short / 100.0, 0.0);
    while tried == 100 || cpu_seconds()? < seconds * 0.06 {
        tried *= 4;
        let (plan, long) = run(tried)?;
        per_step = ((long - short) / (tried - 100) as f64).max(long / tried as f64 / 10.0);
        fixed = (short - per_step * 100.0).max(0.0);
        if plan.cost < best.cost {
            best = plan;
        }
    }
    let left = seconds - cpu_seconds()?;
    let steps = ((left * 0.97 - fixed) / per_step).max(1.0) as u64;
    let (plan, _) = run(steps)?;
    Ok(if plan.cost < best.cost { plan } else { best })
}

/// CPU seconds of this process so far.
fn cpu_seconds() -> Result<f64> {
    let line = std::fs::read_to_string("/proc/self/schedstat")?;
    let nanoseconds: u64 = line.split_whitespace().next().ok_or("empty schedstat")?.parse()?;
    Ok(nanoseconds as f64 / 1e9)
}

fn numbers(line: &str) -> Vec<f64> {
    line.split_whitespace()
        .map_while(|word| word.parse().ok())
        .collect()
}

fn orienteering(path: &Path, routes: u32) -> Result<Problem> {
    let name = path
        .file_name()
        .and_then(|n| n.to_str())
        .ok_or("the instance has no name")?;
    let unit = if name.starts_with("pr") { 100.0 } else { 10.0 };
    let text = std::fs::read_to_string(path)?;
    let rows: Vec<Vec<f64>> = text
        .lines()
        .skip(2)
        .map(numbers)
        .filter(|row| row.len() >= 8)
        .collect();
    let depot = rows.first().ok_or("no rows")?;
    let scaled = |x: f64| (x * unit).round() as i32;
    let window = |row: &[f64]| {
        Window::new(
            TimeOfDay(scaled(row[row.len() - 2])),
            TimeOfDay(scaled(row[row.len() - 1])),
        )
    };
    let distance = |a: &[f64], b: &[f64]| (((a[1] - b[1]).hypot(a[2] - b[2])) * unit + 1e-9).floor() as u32;
    let table: Vec<u32> = rows
        .iter()
        .flat_map(|a| rows.iter().map(|b| distance(a, b)))
        .collect();
    let times = DenseTimes::new(rows.len(), table.clone(), table)?;
    let slots = (0..routes)
        .map(|rep| Slot::new(rep, 0, PlaceId(0), window(depot)))
        .collect();
    let visits = rows[1..].iter().enumerate().map(|(index, row)| Visit {
        windows: Windows::Daily(vec![window(row)]),
        prize: row[4] as u32,
        ..Visit::new(PlaceId(index as u32 + 1), Span(scaled(row[3])))
    });
    Ok(Problem::new(slots, visits.collect(), &times)?)
}

fn cycle(path: &Path) -> Result<Problem> {
    let json: serde_json::Value = serde_json::from_slice(&std::fs::read(path)?)?;
    let number = |value: &serde_json::Value| value.as_f64().ok_or(format!("{value} is not a number"));
    let whole = |value: &serde_json::Value| number(value).map(|n| n as i32);
    let list = |value: &serde_json::Value| value.as_array().cloned().ok_or(format!("{value} is not a list"));
    if number(&json["days"])? != 1.0 {
        return Err("only cycles of one day can be planned so far".into());
    }
    let (reps, customers) = (list(&json["reps"])?, list(&json["customers"])?);
    let mut places = Vec::new();
    for rep in &reps {
        places.push((number(&rep["home"][0])?, number(&rep["home"][1])?));
    }
    for customer in &customers {
        places.push((number(&customer["x"])?, number(&customer["y"])?));
    }
    let (detour, speed) = (number(&json["detour"])?, number(&json["speed_kmh"])?);
    let seconds = |a: &(f64, f64), b: &(f64, f64)| {
        ((a.0 - b.0).hypot(a.1 - b.1) * detour / speed * 3600.0 - 1e-9)
            .ceil()
            .max(0.0) as u32
    };
    let table: Vec<u32> = places
        .iter()
        .flat_map(|a| places.iter().map(|b| seconds(a, b)))
        .collect();
    let times = DenseTimes::new(places.len(), table.clone(), table)?;
    let span = |from, to| Window::new(TimeOfDay(from), TimeOfDay(to));
    let mut slots = Vec::new();
    for (index, rep) in reps.iter().enumerate() {
        let lunch = &rep["lunch"];
        slots.push(Slot {
            lunch: Some(Lunch {
                length: Span(whole(&lunch["duration_s"])?),
                within: span(whole(&lunch["earliest"])?, whole(&lunch["latest"])?),
            }),
            max_drive: Some(Span(whole(&rep["max_drive_s"])?)),
            ..Slot::new(
                index as u32,
                0,
                PlaceId(index as u32),
                span(whole(&rep["shift"][0])?, whole(&rep["shift"][1])?),
            )
        });
    }
    let mut visits = Vec::new();
    for (index, customer) in customers.iter().enumerate() {
        let mut windows = Vec::new();
        for window in list(&customer["windows"])? {
            windows.push(span(whole(&window[0])?, whole(&window[1])?));
        }
        let closed = list(&customer["closed_weekdays"])?.contains(&0.into());
        visits.push(Visit {
            windows: Windows::Daily(if closed { Vec::new() } else { windows }),
            prize: whole(&customer["prize"])? as u32,
            ..Visit::new(
                PlaceId((reps.len() + index) as u32),
                Span(whole(&customer["service_s"])?),
            )
        });
    }
    Ok(Problem::new(slots, visits, &times)?)
}
