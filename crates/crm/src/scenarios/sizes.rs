//! How many reps, and where? The same customers shared out among fewer or more, each time evenly and as short of way as
//! it goes, as a curve with suggested homes.

use geom::LngLat;
use serde::{Deserialize, Serialize};
use territory::design::{Home, Lock, Problem as Design, Seat, Settings, design};
use utoipa::ToSchema;

use super::driven::ESTIMATE;
use super::figures::tenths;
use super::homes::{Resident, given_up, residents};
use super::prepare::Bench;
use super::ring::Ring;
use super::staff::{refused, workload};
use crate::problem::Problem;
use crate::territories::{Standing, Sums};

/// Numbers of reps in one question.
const MOST_POINTS: u32 = 20;
const MOST_REPS: u32 = 2_000;
/// Hours a week that a rep has for visits and driving, unless said.
const REP_HOURS: f64 = 35.0;
/// Average speed that hours on the road are estimated with, km/h.
const SPEED: f64 = 40.0;
/// With more customers than this, the search takes few passes: a curve is looked at, not published.
const MANY: usize = 20_000;

/// What numbers of reps are to be compared.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = SizesQuestion)]
pub(crate) struct Question {
    /// 1 to 2,000.
    pub from: u32,
    /// Not less than `from`; at most 20 numbers at once.
    pub to: u32,
    /// Whose customers; all unlocked territories of the common line that have ground, unless said.
    pub territory_ids: Vec<String>,
    /// Hours a week that a rep has for visits and driving; 35 unless said.
    pub rep_hours: Option<f64>,
    /// What a rep costs a week and what a kilometre costs, minor units.
    pub rep_cost: Option<i64>,
    pub km_cost: Option<i64>,
    /// What today's reps' homes count for; nothing unless said.
    pub homes: HomesCount,
}

/// What the homes of the territories' owners count for. With more reps than homes the others are new and live anywhere; with fewer, those homes are
/// given up first that the work misses least.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum HomesCount {
    /// Everybody lives where the work is.
    #[default]
    Free,
    /// Territories are drawn towards them: a home counts as much as the middle of the work.
    Pulled,
    /// Nobody moves house: distances are from there.
    Pinned,
}

/// A suggested home: the middle of a territory's work.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct SizeHome {
    pub lng: f64,
    pub lat: f64,
    /// The rep whose home it is or who lives near; null for somebody new.
    pub user_id: Option<String>,
    pub user_name: Option<String>,
    pub places: u64,
    /// Hours of an average week, driving estimated.
    pub hours: f64,
}

/// What so many reps would mean. Hours are those of an average week; driving is estimated.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct SizePoint {
    pub reps: u32,
    pub visit_hours: f64,
    pub drive_hours: f64,
    /// Of one rep, on average and at most.
    pub mean_hours: f64,
    pub most_hours: f64,
    /// Share of the work that fits into the reps' hours, 0..=1.
    pub coverage: f64,
    /// Largest difference of a rep's workload from the mean, as a share of it.
    pub imbalance: f64,
    /// Mean distance of customers to the middle (root mean square, by workload), km.
    pub distance_km: f64,
    /// Minor units a week; null where no costs were said.
    pub cost: Option<i64>,
    pub homes: Vec<SizeHome>,
}

/// Works the curve out.
pub(super) async fn curve(bench: &Bench<'_>, asked: &Question) -> Result<Vec<SizePoint>, Problem> {
    let range = |pointer: &str, words: String| Problem::bad(pointer, "out-of-range", words);
    if !(1..=MOST_REPS).contains(&asked.from) || asked.to > MOST_REPS {
        return Err(range(
            "/from",
            format!(
                "Compare 1 to {MOST_REPS} reps; this asks for {} to {}.",
                asked.from, asked.to
            ),
        ));
    }
    if asked.to < asked.from || asked.to - asked.from >= MOST_POINTS {
        return Err(range(
            "/to",
            format!("`to` is `from` or more, and at most {MOST_POINTS} numbers are compared at once."),
        ));
    }
    let rep_hours = asked.rep_hours.unwrap_or(REP_HOURS);
    if !(rep_hours > 0.0 && rep_hours <= 168.0) {
        return Err(range(
            "/rep_hours",
            "A week has more than 0 and up to 168 hours.".to_owned(),
        ));
    }
    let mut seats: Vec<Standing> = Vec::new();
    for (i, id) in asked.territory_ids.iter().enumerate() {
        let standing = bench.territory(id, &format!("/territory_ids/{i}")).await?;
        seats.push(standing.clone());
    }
    if seats.is_empty() {
        seats = bench.unlocked_with_ground(None);
    }
    if seats.is_empty() {
        return Err(Problem::conflict(
            "no-territories",
            "There is no territory with ground whose customers could be shared out.",
        ));
    }
    let residents = match asked.homes {
        HomesCount::Free => Vec::new(),
        HomesCount::Pulled | HomesCount::Pinned => residents(bench, &seats).await?,
    };
    let ring = bench.ring(seats).await?;
    let asked = asked.clone();
    let work = move || {
        let load = workload(&ring);
        let work = ring.units.iter().zip(&load.values);
        let work: Vec<(LngLat, f64)> = work.filter_map(|(u, w)| Some((u.place?, *w))).collect();
        let order = given_up(&residents, &work);
        let counts = asked.from..=asked.to;
        counts
            .map(|reps| {
                let mut kept = order[order.len().saturating_sub(reps as usize)..].to_vec();
                kept.sort_unstable();
                let kept: Vec<&Resident> = kept.into_iter().map(|i| &residents[i]).collect();
                point(&ring, &asked, rep_hours, reps, &kept)
            })
            .collect::<Result<Vec<SizePoint>, Problem>>()
    };
    tokio::task::spawn_blocking(work)
        .await
        .map_err(Problem::unexpected)?
}

fn point(
    ring: &Ring,
    asked: &Question,
    rep_hours: f64,
    reps: u32,
    kept: &[&Resident],
) -> Result<SizePoint, Problem> {
    let placed = ring.units.iter().filter(|u| u.place.is_some()).count();
    if (placed as u64) < u64::from(reps) {
        let words = format!(
            "{reps} reps cannot share {placed} customers. Ask for at most as many reps as customers."
        );
        return Err(Problem::bad("/to", "out-of-range", words));
    }
    let mut problem = Design {
        seats: (0..reps as usize)
            .map(|seat| Seat {
                capacity: 1.0,
                home: match (kept.get(seat), asked.homes) {
                    (None, _) | (_, HomesCount::Free) => Home::Free,
                    (Some(resident), HomesCount::Pulled) => Home::Pulled(resident.place, 1.0),
                    (Some(resident), HomesCount::Pinned) => Home::Pinned(resident.place),
                },
            })
            .collect(),
        current: Vec::new(),
        ..ring.problem(vec![workload(ring)], None, 0)
    };
    // Today's names and locks say who has whom today. Who is on no map is nobody's here.
    let nowhere = |lock: &Lock| ring.units[lock.unit as usize].place.is_none();
    let excluded: Vec<u32> = problem
        .demands
        .locks
        .iter()
        .filter(|l| nowhere(l))
        .map(|l| l.unit)
        .collect();
    problem.demands.locks.clear();
    problem.demands.excluded = excluded;
    let settings = Settings {
        passes: if ring.units.len() > MANY { 4 } else { 0 },
        ..Settings::default()
    };
    let plan = design(&problem, &settings).map_err(|e| refused(&e))?;
    let mut sums = vec![Sums::default(); reps as usize];
    for (unit, seat) in ring.units.iter().zip(&plan.assignment) {
        if let Some(seat) = seat {
            sums[*seat as usize] += unit.sums;
        }
    }
    let visit: Vec<f64> = sums.iter().map(|s| s.totals_exact().visit_hours).collect();
    let drive: Vec<f64> = sums.iter().map(|s| ESTIMATE.hours(s)).collect();
    let hours: Vec<f64> = visit.iter().zip(&drive).map(|(v, d)| v + d).collect();
    let (visits, drives, all): (f64, f64, f64) = (visit.iter().sum(), drive.iter().sum(), hours.iter().sum());
    let fits: f64 = hours.iter().map(|h| h.min(rep_hours)).sum();
    let cost = match (asked.rep_cost, asked.km_cost) {
        (None, None) => None,
        (rep, km) => {
            let driven = drives * SPEED * km.unwrap_or(0) as f64;
            Some(i64::from(reps) * rep.unwrap_or(0) + driven.round() as i64)
        }
    };
    let homes =
        plan.centres
            .iter()
            .zip(&sums)
            .zip(&hours)
            .enumerate()
            .map(|(seat, ((centre, sums), hours))| SizeHome {
                lng: centre.lng(),
                lat: centre.lat(),
                user_id: kept.get(seat).map(|r| r.user_id.clone()),
                user_name: kept.get(seat).map(|r| r.name.clone()),
                places: sums.places(),
                hours: tenths(*hours),
            });
    let thousandths = |value: f64| (value * 1000.0).round() / 1000.0;
    Ok(SizePoint {
        reps,
        visit_hours: tenths(visits),
        drive_hours: tenths(drives),
        mean_hours: tenths(all / f64::from(reps)),
        most_hours: tenths(hours.iter().copied().fold(0.0, f64::max)),
        coverage: if all > 0.0 { thousandths(fits / all) } else { 1.0 },
        imbalance: thousandths(plan.imbalance),
        distance_km: tenths(plan.distance),
        cost,
        homes: homes.collect(),
    })
}
