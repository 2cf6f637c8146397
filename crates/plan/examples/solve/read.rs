//! Instance files as problems. Distances that a format does not round are scaled so far that rounding them up costs nothing that counts.

use std::path::Path;

use plan::{
    DenseTimes, Loads, Lunch, PlaceId, Problem, Recurrence, Slot, Span, TimeOfDay, Visit, Window, Windows,
};

use crate::Result;
use crate::arguments::Arguments;

pub struct Instance {
    pub problem: Problem,
    /// The row of each visit's customer.
    pub rows: Vec<usize>,
    /// Units of the file's distances in one second of ours.
    pub scale: f64,
    /// What is to be left of the budget for ending the search.
    pub ending_seconds: f64,
    /// Routes of one day, where the day is asked for and not the slot.
    routes_a_day: usize,
}

impl Instance {
    pub fn read(arguments: &Arguments) -> Result<Self> {
        let text = std::fs::read_to_string(&arguments.instance)?;
        match arguments.format.as_str() {
            "solomon" | "homberger" => windows(&text, arguments.fleet),
            "cvrplib" => capacitated(&text),
            "toptw" => orienteering(&arguments.instance, &text, arguments.routes),
            "pvrp" => periodic(&text),
            "cycle" => cycle(&text),
            other => Err(format!("format {other:?} is not known").into()),
        }
    }

    /// The number that a slot's routes are written with.
    pub fn number_of(&self, slot: usize) -> usize {
        slot / self.routes_a_day
    }

    fn new(
        slots: Vec<Slot>,
        visits: Vec<Visit>,
        rows: Vec<usize>,
        times: &DenseTimes,
        scale: f64,
    ) -> Result<Self> {
        let size = visits.len() as f64 * slots.len() as f64;
        Ok(Self {
            problem: Problem::new(slots, visits, times)?,
            rows,
            scale,
            ending_seconds: (size * 2e-7).min(0.1),
            routes_a_day: 1,
        })
    }
}

fn numbers(line: &str) -> Vec<f64> {
    let words: Vec<Option<f64>> = line.split_whitespace().map(|word| word.parse().ok()).collect();
    words
        .into_iter()
        .collect::<Option<Vec<f64>>>()
        .unwrap_or_default()
}

/// The largest power of ten, up to ten thousand, at which no time is too large for the planner.
fn scale_for(longest: f64) -> f64 {
    [1e4, 1e3, 1e2, 10.0, 1.0]
        .into_iter()
        .find(|scale| longest * scale <= 2e7)
        .unwrap_or(1.0)
}

fn table(places: &[(f64, f64)], length: impl Fn(f64) -> f64) -> Result<DenseTimes> {
    let one = |a: &(f64, f64), b: &(f64, f64)| length((a.0 - b.0).hypot(a.1 - b.1)) as u32;
    let seconds: Vec<u32> = places
        .iter()
        .flat_map(|a| places.iter().map(move |b| one(a, b)))
        .collect();
    Ok(DenseTimes::new(places.len(), seconds.clone(), seconds)?)
}

fn always() -> Window {
    Window::new(TimeOfDay(0), TimeOfDay(20_000_000))
}

fn windows(text: &str, fleet: Option<usize>) -> Result<Instance> {
    let lines: Vec<Vec<f64>> = text.lines().map(numbers).collect();
    let head = lines
        .iter()
        .find(|l| l.len() == 2)
        .ok_or("no line with fleet and capacity")?;
    let rows: Vec<&Vec<f64>> = lines.iter().filter(|l| l.len() == 7).collect();
    let depot = rows.first().ok_or("no customers")?;
    let scale = scale_for(depot[5] + depot[6]);
    let scaled = |x: f64| (x * scale).round() as i32;
    let window = |row: &[f64]| Window::new(TimeOfDay(scaled(row[4])), TimeOfDay(scaled(row[5])));
    let places: Vec<(f64, f64)> = rows.iter().map(|r| (r[1], r[2])).collect();
    let times = table(&places, |d| (d * scale - 1e-7).ceil().max(0.0))?;
    let slot = Slot {
        capacity: vec![head[1] as u32],
        ..Slot::new(0, 0, PlaceId(0), window(depot))
    };
    let slots = (0..fleet.unwrap_or(head[0] as usize))
        .map(|k| Slot {
            rep: k as u32,
            ..slot.clone()
        })
        .collect();
    let visits = rows[1..].iter().enumerate().map(|(index, row)| Visit {
        windows: Windows::Daily(vec![window(row)]),
        tier: 0,
        loads: Loads {
            delivered: vec![row[3] as u32],
            ..Loads::default()
        },
        ..Visit::new(PlaceId(index as u32 + 1), Span(scaled(row[6])))
    });
    Instance::new(slots, visits.collect(), (1..rows.len()).collect(), &times, scale)
}

fn capacitated(text: &str) -> Result<Instance> {
    let mut section = "";
    let (mut capacity, mut places, mut loads) = (0.0, Vec::new(), Vec::new());
    for line in text.lines() {
        let v = numbers(line);
        match (line.split(':').next().unwrap_or("").trim(), section) {
            ("CAPACITY", _) => {
                let value = line.split(':').nth(1).ok_or("CAPACITY has no value")?;
                capacity = value.trim().parse()?;
            }
            ("NODE_COORD_SECTION", _) => section = "places",
            ("DEMAND_SECTION", _) => section = "loads",
            ("DEPOT_SECTION", _) => section = "",
            (_, "places") if v.len() == 3 => places.push((v[1], v[2])),
            (_, "loads") if v.len() == 2 => loads.push(v[1]),
            _ => {}
        }
    }
    let times = table(&places, |d| (d + 0.5).floor())?;
    let least = (loads.iter().sum::<f64>() / capacity).ceil();
    let slots = (0..(least * 1.1) as usize + 4).map(|k| Slot {
        capacity: vec![capacity as u32],
        ..Slot::new(k as u32, 0, PlaceId(0), always())
    });
    let visits = loads[1..].iter().enumerate().map(|(index, load)| Visit {
        tier: 0,
        loads: Loads {
            delivered: vec![*load as u32],
            ..Loads::default()
        },
        ..Visit::new(PlaceId(index as u32 + 1), Span::ZERO)
    });
    Instance::new(
        slots.collect(),
        visits.collect(),
        (1..places.len()).collect(),
        &times,
        1.0,
    )
}

fn orienteering(path: &Path, text: &str, routes: usize) -> Result<Instance> {
    let name = path
        .file_name()
        .and_then(|n| n.to_str())
        .ok_or("the instance has no name")?;
    let unit = if name.starts_with("pr") { 100.0 } else { 10.0 };
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
    let places: Vec<(f64, f64)> = rows.iter().map(|r| (r[1], r[2])).collect();
    let times = table(&places, |d| (d * unit + 1e-9).floor())?;
    let slots = (0..routes).map(|rep| Slot::new(rep as u32, 0, PlaceId(0), window(depot)));
    // What is worth nothing need not be visited.
    let worth: Vec<usize> = (1..rows.len()).filter(|&index| rows[index][4] >= 1.0).collect();
    let visits = worth.iter().map(|&index| Visit {
        windows: Windows::Daily(vec![window(&rows[index])]),
        prize: rows[index][4] as u32,
        ..Visit::new(PlaceId(index as u32), Span(scaled(rows[index][3])))
    });
    let visits = visits.collect();
    Instance::new(slots.collect(), visits, worth, &times, unit)
}

fn periodic(text: &str) -> Result<Instance> {
    let lines: Vec<Vec<f64>> = text.lines().map(numbers).collect();
    let head = lines.first().filter(|l| l.len() >= 4).ok_or("no head line")?;
    let (routes, days) = (head[1] as usize, head[3] as usize);
    let limits = lines.get(1..=days).ok_or("fewer limits than days")?;
    let rows: Vec<&Vec<f64>> = lines[1 + days..].iter().filter(|l| l.len() >= 7).collect();
    let places: Vec<(f64, f64)> = rows.iter().map(|r| (r[1], r[2])).collect();
    // Where a day has no limit, an order of all customers still has to fit our longest day.
    let home = places.first().ok_or("no depot")?;
    let out: f64 = places.iter().map(|p| (p.0 - home.0).hypot(p.1 - home.1)).sum();
    let endless = limits.iter().any(|l| l[0] <= 0.0);
    let longest = limits.iter().map(|l| l[0]).fold(0.0, f64::max);
    let scale = scale_for(if endless { 2.0 * out } else { longest });
    let scaled = |x: f64| (x * scale).round() as i32;
    // Rounded up where a limit has to hold, else to the nearest.
    let times = table(&places, |d| {
        if endless {
            (d * scale).round()
        } else {
            (d * scale - 1e-7).ceil().max(0.0)
        }
    })?;
    let mut slots = Vec::new();
    for (day, limit) in limits.iter().enumerate() {
        let shift = if limit[0] > 0.0 {
            Window::new(TimeOfDay(0), TimeOfDay(scaled(limit[0])))
        } else {
            always()
        };
        for rep in 0..routes {
            slots.push(Slot {
                capacity: vec![limit[1] as u32],
                ..Slot::new(rep as u32, day as u16, PlaceId(0), shift)
            });
        }
    }
    let (mut visits, mut numbers) = (Vec::new(), Vec::new());
    for (index, row) in rows.iter().enumerate().skip(1) {
        let sets = row[6] as usize;
        if row[5] < 1.0 || sets == 0 {
            continue;
        }
        let days_of = |mask: f64| {
            let mask = mask as u64;
            (0..days)
                .filter(|d| mask >> (days - 1 - d) & 1 == 1)
                .map(|d| d as u16)
                .collect()
        };
        let masks = row.get(7..7 + sets).ok_or("fewer patterns than said")?;
        numbers.push(index);
        visits.push(Visit {
            tier: 0,
            recurrence: Recurrence::Patterns(masks.iter().map(|&m| days_of(m)).collect()),
            loads: Loads {
                delivered: vec![row[4] as u32],
                ..Loads::default()
            },
            ..Visit::new(PlaceId(index as u32), Span(scaled(row[3])))
        });
    }
    let mut instance = Instance::new(slots, visits, numbers, &times, scale)?;
    instance.routes_a_day = routes;
    Ok(instance)
}

fn cycle(text: &str) -> Result<Instance> {
    let json: serde_json::Value = serde_json::from_str(text)?;
    let number = |value: &serde_json::Value| value.as_f64().ok_or(format!("{value} is not a number"));
    let whole = |value: &serde_json::Value| number(value).map(|n| n as i32);
    let list = |value: &serde_json::Value| value.as_array().cloned().ok_or(format!("{value} is not a list"));
    let days = number(&json["days"])? as u16;
    let (reps, customers) = (list(&json["reps"])?, list(&json["customers"])?);
    let mut places = Vec::new();
    for rep in &reps {
        places.push((number(&rep["home"][0])?, number(&rep["home"][1])?));
    }
    for customer in &customers {
        places.push((number(&customer["x"])?, number(&customer["y"])?));
    }
    let (detour, speed) = (number(&json["detour"])?, number(&json["speed_kmh"])?);
    let times = table(&places, |d| (d * detour / speed * 3600.0 - 1e-9).ceil().max(0.0))?;
    let span = |from, to| Window::new(TimeOfDay(from), TimeOfDay(to));
    let mut slots = Vec::new();
    for day in 0..days {
        for (index, rep) in reps.iter().enumerate() {
            let lunch = &rep["lunch"];
            let shift = span(whole(&rep["shift"][0])?, whole(&rep["shift"][1])?);
            slots.push(Slot {
                lunch: Some(Lunch {
                    length: Span(whole(&lunch["duration_s"])?),
                    within: span(whole(&lunch["earliest"])?, whole(&lunch["latest"])?),
                }),
                max_drive: Some(Span(whole(&rep["max_drive_s"])?)),
                ..Slot::new(index as u32, day, PlaceId(index as u32), shift)
            });
        }
    }
    let mut visits = Vec::new();
    for (index, customer) in customers.iter().enumerate() {
        let mut windows = Vec::new();
        for window in list(&customer["windows"])? {
            windows.push(span(whole(&window[0])?, whole(&window[1])?));
        }
        let closed = list(&customer["closed_weekdays"])?;
        let open = (0..days).filter(|day| !closed.contains(&(day % 5).into()));
        let mut patterns = Vec::new();
        for pattern in list(&customer["patterns"])? {
            let days: std::result::Result<Vec<u16>, String> = list(&pattern)?
                .iter()
                .map(|d| whole(d).map(|d| d as u16))
                .collect();
            patterns.push(days?);
        }
        visits.push(Visit {
            windows: Windows::ByDay(open.map(|day| (day, windows.clone())).collect()),
            prize: whole(&customer["prize"])? as u32,
            recurrence: Recurrence::Patterns(patterns),
            ..Visit::new(
                PlaceId((reps.len() + index) as u32),
                Span(whole(&customer["service_s"])?),
            )
        });
    }
    let rows = (1..=customers.len()).collect();
    Instance::new(slots, visits, rows, &times, 1.0)
}
