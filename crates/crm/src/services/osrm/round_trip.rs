//! The order of a trip through all places: the visit planner with nothing but drive times.

use std::ops::ControlFlow;

use plan::{DenseTimes, PlaceId, Problem, Slot, Span, TimeOfDay, UNREACHABLE, Visit, VisitId, Window};
use roads::Matrix;

use super::asked::{Options, invalid, switch};
use super::request::Refusal;

/// Steps of the search: quick for a few places, and still well under a second for a hundred.
const STEPS: u64 = 20_000;

/// Where a trip begins and ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ends {
    /// Anywhere, coming back to where it began; told from the first coordinate on.
    Round,
    /// From the first coordinate to the last.
    Open,
}

impl Ends {
    pub fn of(options: &Options) -> Result<Self, Refusal> {
        let word = |name: &str, text: Option<&str>, other: &str| match text {
            None | Some("" | "any") => Ok(false),
            Some(text) if text == other => Ok(true),
            Some(text) => Err(invalid(format!("{name}={text}: it is any or {other}."))),
        };
        let first = word("source", options.source.as_deref(), "first")?;
        let last = word("destination", options.destination.as_deref(), "last")?;
        match (
            switch("roundtrip", options.roundtrip.as_deref(), true)?,
            first,
            last,
        ) {
            (true, _, false) => Ok(Self::Round),
            (false, true, true) => Ok(Self::Open),
            _ => Err(Refusal::new(
                "NotImplemented",
                "A round trip begins anywhere, and a trip that does not come back needs source=first and destination=last.",
            )),
        }
    }
}

/// Numbers of the places in driving order, each once. `matrix` is square.
pub(super) fn order(matrix: &Matrix, ends: Ends) -> Result<Vec<usize>, Refusal> {
    let places = matrix.sources();
    let failed = |error: &dyn std::fmt::Display| Refusal::new("NoTrips", format!("{error}."));
    let mut seconds = Vec::with_capacity(places * places);
    for from in 0..places {
        for to in 0..places {
            let cell = matrix.duration(from, to).map(|d| d.to_seconds().0.round() as u32);
            seconds.push(cell.unwrap_or(UNREACHABLE));
        }
    }
    let last = match ends {
        Ends::Round => 0,
        Ends::Open => places - 1,
    };
    let between: Vec<usize> = (1..places).filter(|n| *n != last).collect();
    let times = DenseTimes::new(places, seconds, vec![0; places * places]).map_err(|e| failed(&e))?;
    // All of the time the planner knows: a trip has no working hours.
    let shift = Window::new(TimeOfDay(-86_400), TimeOfDay(259_200));
    let slot = Slot {
        end: PlaceId(last as u32),
        ..Slot::new(0, 0, PlaceId(0), shift)
    };
    let visits = between
        .iter()
        .map(|n| Visit {
            tier: 0,
            ..Visit::new(PlaceId(*n as u32), Span::ZERO)
        })
        .collect();
    let problem = Problem::new(vec![slot], visits, &times).map_err(|e| failed(&e))?;
    let options = plan::Options {
        seed: 1,
        steps: STEPS,
        ..plan::Options::default()
    };
    let plan = plan::solve(&problem, &options, &mut |_| ControlFlow::Continue(()));
    if let Some(out) = plan.left_out.first() {
        return Err(Refusal::new(
            "NoTrips",
            format!(
                "No trip visiting all destinations possible: coordinate {} is not connected to the others, or the trip takes more than four days.",
                between[out.visit.0 as usize]
            ),
        ));
    }
    let stops = plan.routes[0].stops.iter().map(|stop| {
        let VisitId(number) = stop.visit;
        between[number as usize]
    });
    let end = (ends == Ends::Open).then_some(last);
    Ok(std::iter::once(0).chain(stops).chain(end).collect())
}
