//! "Why here, and what if it went to South?": for each territory beside a place, what the move would change on both
//! sides, and what speaks against it.

use std::collections::HashMap;

use geom::LngLat;
use points::{Filter, Found, Shape as Points};
use territory::design::{Demands, Measure, Objection, Plan, Problem, Seat, Settings, why};

use super::layout::{Layout, Standing};
use crate::live::{State, id_text};

/// Territories that are shown.
const SHOWN: usize = 6;
/// Customers whose neighbourhood is looked at; beyond that only middles are compared.
const MOST: usize = 50_000;

/// A territory that could have the place.
#[derive(Clone, Debug)]
pub(super) struct Alternative {
    pub territory: String,
    /// Kilometres from the place to the middle of its customers.
    pub distance: Option<f64>,
    /// Its customers are beside the place.
    pub is_beside: bool,
    /// Its middle is farther than that of the territory that has the place.
    pub is_farther: bool,
}

/// What is known of where the place is.
#[derive(Clone, Debug, Default)]
pub(super) struct Around {
    /// Kilometres to the middle of the territory that has it.
    pub distance: Option<f64>,
    /// Nearest first.
    pub alternatives: Vec<Alternative>,
}

/// Works it out. `location` is the place's id; `has` the territory that has it.
pub(super) fn around(
    layout: &Layout,
    state: &State,
    filter: &Filter,
    location: &str,
    place: Option<LngLat>,
    has: Option<&str>,
) -> Result<Around, points::Error> {
    let line = has.and_then(|id| layout.get(id)).and_then(Standing::line);
    let others: Vec<&Standing> = layout
        .territories
        .iter()
        .filter(|t| t.line() == line && Some(t.id()) != has)
        .collect();
    let Some(place) = place else {
        let alternatives = others.iter().take(SHOWN).map(|t| Alternative {
            territory: t.id().to_owned(),
            distance: None,
            is_beside: false,
            is_farther: false,
        });
        return Ok(Around {
            distance: None,
            alternatives: alternatives.collect(),
        });
    };
    let view = state.index.view(&filter.clone().and(Filter::Placed))?;
    let rows = view.rows_in(&Points::everywhere());
    let held: Vec<(&Found<'_>, &str)> = rows
        .iter()
        .filter_map(|row| Some((row, row.category("territory_id")?)))
        .filter(|(_, id)| layout.get(id).is_some_and(|t| t.line() == line))
        .collect();
    let seat_of: HashMap<&str, u32> = layout
        .territories
        .iter()
        .enumerate()
        .map(|(i, t)| (t.id(), i as u32))
        .collect();
    let middles = middles(&held, &seat_of);
    let away = |id: &str| {
        let middle = middles.get(seat_of.get(id)?)?;
        Some(place.distance(*middle).0 / 1000.0)
    };
    let own = has.and_then(away);
    let beside = match (has, held.len() <= MOST) {
        (Some(_), true) => seats_beside(layout, &held, &seat_of, &middles, location),
        _ => Vec::new(),
    };
    let mut alternatives: Vec<Alternative> = others
        .iter()
        .map(|t| {
            let distance = away(t.id());
            Alternative {
                territory: t.id().to_owned(),
                is_farther: distance.zip(own).is_some_and(|(theirs, mine)| theirs > mine),
                is_beside: beside.contains(&seat_of[t.id()]),
                distance,
            }
        })
        .collect();
    let key = |a: &Alternative| (!a.is_beside, a.distance.unwrap_or(f64::INFINITY));
    alternatives.sort_by(|a, b| {
        let ((beside_a, near_a), (beside_b, near_b)) = (key(a), key(b));
        beside_a
            .cmp(&beside_b)
            .then(near_a.total_cmp(&near_b))
            .then_with(|| a.territory.cmp(&b.territory))
    });
    alternatives.truncate(SHOWN);
    Ok(Around {
        distance: own,
        alternatives,
    })
}

/// The middle of each territory's customers, those with more visits counting more.
fn middles(held: &[(&Found<'_>, &str)], seat_of: &HashMap<&str, u32>) -> HashMap<u32, LngLat> {
    let mut sums: HashMap<u32, (f64, f64, f64)> = HashMap::new();
    for (row, territory) in held {
        let (Some(place), Some(seat)) = (row.place(), seat_of.get(territory)) else {
            continue;
        };
        let weight = visits(row);
        let sum = sums.entry(*seat).or_default();
        *sum = (
            sum.0 + weight,
            sum.1 + weight * place.lng(),
            sum.2 + weight * place.lat(),
        );
    }
    sums.into_iter()
        .filter_map(|(seat, (weight, lng, lat))| Some((seat, LngLat::new(lng / weight, lat / weight).ok()?)))
        .collect()
}

/// Who is never visited counts a little: a place has to be somewhere.
fn visits(row: &Found<'_>) -> f64 {
    row.amount("visits_10_years").unwrap_or(0).max(1) as f64
}

/// The seats whose customers are neighbours of the place, as the designer sees them.
fn seats_beside(
    layout: &Layout,
    held: &[(&Found<'_>, &str)],
    seat_of: &HashMap<&str, u32>,
    middles: &HashMap<u32, LngLat>,
    location: &str,
) -> Vec<u32> {
    let Some(unit) = held.iter().position(|(row, _)| id_text(row.id()) == location) else {
        return Vec::new();
    };
    let assignment: Vec<Option<u32>> = held.iter().map(|(_, id)| seat_of.get(id).copied()).collect();
    let values: Vec<f64> = held.iter().map(|(row, _)| visits(row)).collect();
    let seats = layout.territories.len();
    let mut loads = vec![0.0; seats];
    for (seat, value) in assignment.iter().zip(&values) {
        if let Some(seat) = seat {
            loads[*seat as usize] += value;
        }
    }
    let somewhere = held.iter().find_map(|(row, _)| row.place());
    let Some(somewhere) = somewhere else {
        return Vec::new();
    };
    let centres = (0..seats as u32).map(|s| middles.get(&s).copied().unwrap_or(somewhere));
    let problem = Problem {
        places: held.iter().map(|(row, _)| row.place()).collect(),
        measures: vec![Measure {
            name: "visits".into(),
            values,
            tolerance: None,
        }],
        seats: vec![Seat::default(); seats],
        current: assignment.clone(),
        demands: Demands::default(),
        neighbours: None,
    };
    let plan = Plan {
        assignment,
        centres: centres.collect(),
        targets: vec![loads.clone()],
        loads: vec![loads],
        imbalance: 0.0,
        distance: 0.0,
        exceptions: Vec::new(),
        unmet: Vec::new(),
        price: 0.0,
        moved: 0.0,
        passes: 0,
    };
    match why(&problem, &plan, &Settings::default(), unit as u32) {
        Ok(Some(found)) => found
            .into_iter()
            .filter(|a| !a.against.contains(&Objection::Locked))
            .map(|a| a.seat)
            .collect(),
        Ok(None) => Vec::new(),
        Err(error) => {
            tracing::warn!(%error, "the neighbours of a place could not be worked out");
            Vec::new()
        }
    }
}
