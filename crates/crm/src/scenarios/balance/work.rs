//! The search itself: several designs from different beginnings, the best of them shown as soon as it is found.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use atlas::Atlas;
use roads::{Snap, SnapOptions};
use serde_json::{Value, json};
use territory::design::{DesignError, Plan, Problem as Design, Settings, by_cost, design};
use tokio::sync::mpsc;

use super::super::branch;
use super::super::draft::Draft;
use super::super::prepare::Bench;
use super::super::ring::within;
use super::super::staff::refused;
use super::{Asked, Body, Found, Ground, Missed, Row, relaxed, store};
use crate::App;
use crate::jobs::Progress;
use crate::problem::Problem;
use crate::sessions;
use crate::territories::Standing;

/// Beginnings that are tried.
const ROUNDS: u64 = 6;
/// An imbalance that differs by less is the same.
const EVEN: f64 = 1e-4;

/// The job: `{"balance": id}`.
pub(crate) async fn job(app: &Arc<App>, payload: Value, progress: &mut Progress) -> Result<Value, Problem> {
    let id = payload.get("balance").and_then(Value::as_str).unwrap_or_default();
    let stored = store::find(app.store.db(), id).await?;
    if stored.state != "running" {
        return Ok(json!({ "balance": id }));
    }
    match search(app, &stored, progress).await {
        Ok((body, stopped)) => {
            let state = if body.result.is_some() { "ready" } else { "failed" };
            store::set_body(app.store.db(), id, state, &body).await?;
            match stopped {
                Some(problem) => Err(problem),
                None => Ok(json!({ "balance": id, "imbalance": body.result.map(|r| r.imbalance) })),
            }
        }
        Err(failed) => {
            let (problem, body) = *failed;
            let body = Body {
                message: Some(problem.detail.clone()),
                ..body
            };
            store::set_body(app.store.db(), id, "failed", &body).await?;
            Err(problem)
        }
    }
}

/// Why there is nothing, and what there was until then.
type Failed = Box<(Problem, Body)>;

async fn search(
    app: &Arc<App>,
    stored: &store::Stored,
    progress: &mut Progress,
) -> Result<(Body, Option<Problem>), Failed> {
    let plain = |problem: Problem| Box::new((problem, Body::default()));
    let (asked, draft) = prepared(app, stored).await.map_err(plain)?;
    let atlas = if asked.by_drive {
        Some(app.map().map_err(plain)?)
    } else {
        None
    };
    let stop = Arc::new(AtomicBool::new(false));
    let (sender, mut receiver) = mpsc::unbounded_channel::<(u64, Body)>();
    let stopping = stop.clone();
    let work = tokio::task::spawn_blocking(move || {
        let search = Search { asked, draft, atlas };
        search.run(&sender, &stopping)
    });
    let mut stopped = None;
    while let Some((round, body)) = receiver.recv().await {
        let words = body.result.as_ref().map_or_else(
            || "searching".to_owned(),
            |r| {
                let (off, moved) = (r.imbalance * 100.0, r.moved_share * 100.0);
                format!("at most {off:.1} % off, {moved:.1} % moves")
            },
        );
        store::set_body(app.store.db(), &stored.id, "running", &body)
            .await
            .map_err(plain)?;
        let (done, rounds) = (i64::try_from(round).unwrap_or(0), ROUNDS as i64);
        if let Err(problem) = progress.report(done, rounds, &words).await {
            stop.store(true, Ordering::Relaxed);
            stopped = Some(problem);
        }
    }
    let body = work.await.map_err(Problem::unexpected).map_err(plain)??;
    Ok((body, stopped))
}

async fn prepared(app: &Arc<App>, stored: &store::Stored) -> Result<(Asked, Draft), Problem> {
    let signed = sessions::load(app, &stored.user_id)
        .await?
        .ok_or_else(|| Problem::not_found(format!("User {}", stored.user_id)))?;
    let branch = branch::load(app, &signed.viewer, &stored.scenario_id).await?;
    let bench = Bench::load(app, &signed, &branch).await?;
    let asked = stored.question()?.checked(&bench).await?;
    Ok((asked, branch.draft().clone()))
}

struct Search {
    asked: Asked,
    draft: Draft,
    atlas: Option<Arc<Atlas>>,
}

impl Search {
    fn run(&self, sender: &mpsc::UnboundedSender<(u64, Body)>, stop: &AtomicBool) -> Result<Body, Failed> {
        let began = Instant::now();
        let mut body = Body::default();
        let mut best: Option<Scored> = None;
        for round in 1..=ROUNDS {
            let asked = &self.asked.settings;
            let settings = Settings {
                seed: asked.seed + round - 1,
                // The first answer comes soon.
                passes: if round == 1 { 4 } else { 0 },
                tolerance: asked.tolerance.map(|t| self.sharpened(t, best.as_ref())),
                ..*asked
            };
            let problem = self.problem(best.as_ref());
            let plan = match self.plan(&problem, &settings) {
                Ok(plan) => plan,
                // With driving as the best plan makes it, or a smaller tolerance, there may be none; the best one stands.
                Err(_) if best.is_some() => continue,
                Err(error) => {
                    body.relax = relaxed(&problem, &error);
                    return Err(Box::new((refused(&error), body)));
                }
            };
            let scored = self.scored(plan);
            if best.as_ref().is_none_or(|best| self.is_better(&scored, best)) {
                let found = self
                    .found(&problem, &scored)
                    .map_err(|problem| Box::new((problem, body.clone())))?;
                let ms = began.elapsed().as_secs_f64() * 1000.0;
                body.curve.push([ms.round(), found.imbalance, found.moved_share]);
                body.result = Some(found);
                best = Some(scored);
            }
            // Nobody listens any more when the program ends; then the job is taken up again.
            drop(sender.send((round, body.clone())));
            if stop.load(Ordering::Relaxed) {
                break;
            }
        }
        Ok(body)
    }

    /// The problem with driving shared out as the best plan so far would have it: how far a rep drives depends on where
    /// the customers are that the plan gives them, which no sum over customers can say beforehand.
    fn problem(&self, best: Option<&Scored>) -> Design {
        let mut problem = self.asked.problem.clone();
        if let Some(best) = best {
            for measure in problem.measures.iter_mut().filter(|m| m.name == "hours") {
                measure.values = self.asked.ring.values("hours", &best.plan.assignment);
            }
        }
        problem
    }

    /// A tolerance so much smaller as the best plan so far misses it.
    fn sharpened(&self, tolerance: f64, best: Option<&Scored>) -> f64 {
        match best {
            Some(best) if best.imbalance > tolerance => {
                tolerance * (tolerance / best.imbalance).clamp(0.4, 1.0)
            }
            _ => tolerance,
        }
    }

    /// A plan by what its territories would be shown to hold.
    fn scored(&self, plan: Plan) -> Scored {
        let (problem, ring) = (&self.asked.problem, &self.asked.ring);
        let names: Vec<&str> = problem.measures.iter().map(|m| m.name.as_str()).collect();
        let loads: Vec<Vec<f64>> = names.iter().map(|m| ring.loads(m, &plan.assignment)).collect();
        let targets = targets_of(problem, &loads[0]);
        let imbalance = imbalance(&loads[0], &targets);
        let mut unmet: Vec<Missed> = Vec::new();
        let mut missed = |measure: usize, seat: usize, low: f64, high: f64| {
            let load = loads[measure][seat];
            // Hours are shown in tenths.
            if load < low - SHOWN || load > high + SHOWN {
                unmet.push(Missed {
                    measure: names[measure].to_owned(),
                    territory_id: ring.seats[seat].id().to_owned(),
                    load,
                    low,
                    high,
                });
            }
        };
        for range in &problem.demands.ranges {
            let seats = match range.seat {
                Some(seat) => seat as usize..seat as usize + 1,
                None => 0..problem.seats.len(),
            };
            seats.for_each(|seat| missed(range.measure, seat, range.low, range.high));
        }
        for (m, measure) in problem.measures.iter().enumerate() {
            let tolerance = if m == 0 {
                self.asked.settings.tolerance
            } else {
                measure.tolerance
            };
            for (seat, target) in targets_of(problem, &loads[m]).into_iter().enumerate() {
                if let Some(tolerance) = tolerance {
                    missed(m, seat, target * (1.0 - tolerance), target * (1.0 + tolerance));
                }
            }
        }
        Scored {
            plan,
            targets,
            imbalance,
            unmet,
        }
    }

    fn plan(&self, problem: &Design, settings: &Settings) -> Result<Plan, DesignError> {
        let Some(atlas) = &self.atlas else {
            return design(problem, settings);
        };
        let roads = atlas.roads();
        let snap = |place: &Option<geom::LngLat>| -> Option<Snap> {
            place.and_then(|p| roads.snap(p, &SnapOptions::default()).ok())
        };
        let snaps: Vec<Option<Snap>> = problem.places.iter().map(snap).collect();
        let known: Vec<usize> = (0..snaps.len()).filter(|i| snaps[*i].is_some()).collect();
        let targets: Vec<Snap> = known.iter().filter_map(|i| snaps[*i]).collect();
        let costs = |from: u32| -> Vec<f32> {
            let mut row = vec![f32::INFINITY; snaps.len()];
            if let Some(from) = snaps.get(from as usize).and_then(Option::as_ref) {
                let trips = roads.query().trips(from, &targets);
                for (i, trip) in known.iter().zip(trips) {
                    if let Some(trip) = trip {
                        row[*i] = trip.duration.0 as f32 / 1000.0;
                    }
                }
            }
            row
        };
        by_cost(problem, settings, &costs)
    }

    /// Fewer limits missed, then more even, then shorter.
    fn is_better(&self, scored: &Scored, best: &Scored) -> bool {
        let off = |s: &Scored| {
            let free = self.asked.settings.tolerance.unwrap_or(0.0);
            (s.imbalance.max(free) / EVEN).round()
        };
        let key = |s: &Scored| (s.unmet.len(), off(s));
        let (a, b) = (key(scored), key(best));
        match a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)) {
            std::cmp::Ordering::Equal => scored.plan.distance < best.plan.distance,
            order => order.is_lt(),
        }
    }

    fn found(&self, problem: &Design, scored: &Scored) -> Result<Found, Problem> {
        let (ring, plan) = (&self.asked.ring, &scored.plan);
        let seat_id = |seat: u32| ring.seats[seat as usize].id().to_owned();
        let wanted: Vec<Option<String>> = plan.assignment.iter().map(|s| s.map(seat_id)).collect();
        let patches = ring.areas(problem, plan)?;
        let geometry = patches
            .iter()
            .map(|p| Ground {
                territory_id: p.territory_id.clone(),
                geometry: p.geometry.clone().unwrap_or_default(),
            })
            .collect();
        let mut effects = vec![within(patches)];
        effects.extend(ring.corrections(&self.draft, &effects, &wanted)?);
        let moves = ring.units.iter().zip(&plan.assignment);
        let places: Vec<(String, String)> = moves
            .filter_map(|(u, s)| {
                s.filter(|s| *s != u.seat)
                    .map(|s| (u.location.clone(), seat_id(s)))
            })
            .collect();
        let today = ring.today();
        let names = || problem.measures.iter().map(|m| m.name.as_str());
        let before: Vec<Vec<f64>> = names().map(|m| ring.shown(m, &today)).collect();
        let after: Vec<Vec<f64>> = names().map(|m| ring.shown(m, &plan.assignment)).collect();
        let first = ring.loads(&problem.measures[0].name, &today);
        let hundredths = |value: f64| (value * 100.0).round() / 100.0;
        let named = |loads: &[Vec<f64>], seat: usize| -> BTreeMap<String, f64> {
            let measures = problem.measures.iter().zip(loads);
            measures
                .map(|(m, l)| (m.name.clone(), hundredths(l[seat])))
                .collect()
        };
        let row = |(i, standing): (usize, &Standing)| Row {
            territory_id: standing.id().to_owned(),
            name: standing.name().to_owned(),
            before: named(&before, i),
            after: named(&after, i),
            target: hundredths(scored.targets[i]),
        };
        Ok(Found {
            imbalance_before: imbalance(&first, &targets_of(problem, &first)),
            imbalance: scored.imbalance,
            moved_share: plan.moved,
            moved_places: places.len(),
            distance_km: hundredths(plan.distance),
            rows: ring.seats.iter().enumerate().map(row).collect(),
            unmet: scored.unmet.clone(),
            geometry,
            places,
            effects,
        })
    }
}

/// A plan with what its territories would be shown to hold.
struct Scored {
    plan: Plan,
    /// Of the first measure, by seat.
    targets: Vec<f64>,
    imbalance: f64,
    unmet: Vec<Missed>,
}

/// Half of the last digit that is shown.
const SHOWN: f64 = 0.05;

/// What each seat is to hold of all of a measure.
fn targets_of(problem: &Design, loads: &[f64]) -> Vec<f64> {
    let all: f64 = loads.iter().sum();
    let whole: f64 = problem.seats.iter().map(|s| s.capacity).sum();
    problem.seats.iter().map(|s| all * s.capacity / whole).collect()
}

/// The largest difference from a target, as a share of it.
fn imbalance(loads: &[f64], targets: &[f64]) -> f64 {
    let off = |(load, target): (&f64, &f64)| {
        if *target > 0.0 {
            (load - target).abs() / target
        } else {
            0.0
        }
    };
    loads.iter().zip(targets).map(off).fold(0.0, f64::max)
}
