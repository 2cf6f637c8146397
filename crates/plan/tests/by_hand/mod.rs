//! Days by hand along one road, and what a plan says, as text.
#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::ops::ControlFlow;

use plan::{DenseTimes, Options, PlaceId, Plan, Problem, Slot, Span, TimeOfDay, Visit, Window, solve};

use super::checker::{World, faults};

/// Home is place 0; place `i` lies `i` times ten minutes and ten kilometres along one road.
pub fn road(places: usize) -> DenseTimes {
    let table = |unit: usize| {
        (0..places * places)
            .map(|i| ((i / places).abs_diff(i % places) * unit) as u32)
            .collect()
    };
    DenseTimes::new(places, table(600), table(10_000)).unwrap()
}

pub fn hours(from: i32, to: i32) -> Window {
    Window::new(TimeOfDay::hm(from, 0), TimeOfDay::hm(to, 0))
}

pub fn day() -> Slot {
    Slot::new(1, 0, PlaceId(0), hours(8, 16))
}

/// An hour's visit.
pub fn visit(place: u32) -> Visit {
    Visit::new(PlaceId(place), Span::minutes(60))
}

pub fn world(slots: Vec<Slot>, visits: Vec<Visit>) -> World {
    World {
        slots,
        visits,
        rules: plan::Rules::default(),
        times: road(8),
    }
}

/// The stops with their beginnings, the pause in brackets; then each visit left out with its reasons and price.
pub fn told(plan: &Plan) -> String {
    let mut lines = Vec::new();
    for route in &plan.routes {
        let mut line = Vec::new();
        for index in 0..=route.stops.len() {
            if let Some(lunch) = route.lunch.filter(|l| l.after_stops as usize == index) {
                line.push(format!("[{}]", lunch.from));
            }
            if let Some(stop) = route.stops.get(index) {
                line.push(format!("{}@{}", stop.visit.0, stop.start));
            }
        }
        lines.push(line.join(" "));
    }
    for left in &plan.left_out {
        let reasons: Vec<String> = left
            .reasons
            .iter()
            .map(|s| {
                s.reasons
                    .iter()
                    .map(|r| format!("{r:?}"))
                    .collect::<Vec<_>>()
                    .join(" + ")
            })
            .collect();
        let price = left.cheapest.as_ref().map_or("no way".to_owned(), |p| {
            let drops: Vec<u32> = p.drops.iter().map(|v| v.0).collect();
            format!(
                "slot {} at {}: {} of driving, drops {drops:?}",
                p.slot.0, p.position, p.extra_drive
            )
        });
        lines.push(format!("not {}: {} ({price})", left.visit.0, reasons.join("; ")));
    }
    lines.join("\n")
}

pub fn check(world: &World, expected: &str) {
    let problem = Problem::new(world.slots.clone(), world.visits.clone(), &world.times).unwrap();
    let plan = solve(
        &problem,
        &Options {
            seed: 7,
            steps: 300,
            ..Options::default()
        },
        &mut |_| ControlFlow::Continue(()),
    );
    assert_eq!(faults(world, &plan), Vec::<String>::new());
    assert_eq!(told(&plan), expected);
}

pub fn refused(slots: Vec<Slot>, visits: Vec<Visit>, expected: &str) {
    let error = Problem::new(slots, visits, &road(8)).unwrap_err();
    assert_eq!(error.to_string(), expected);
}
