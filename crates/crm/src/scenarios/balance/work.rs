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
use crate::live::sight;
use crate::problem::Problem;
use crate::sessions;

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
    let sight = sight(app.store.db(), &signed.viewer)
        .await
        .map_err(records::Error::from)?;
    let state = app.live.present();
    let bench = Bench {
        app,
        signed: &signed,
        branch: &branch,
        state: &state,
        filter: &sight.filter,
    };
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
        let mut best: Option<Plan> = None;
        for round in 1..=ROUNDS {
            let settings = Settings {
                seed: self.asked.settings.seed + round - 1,
                // The first answer comes soon.
                passes: if round == 1 { 4 } else { 0 },
                ..self.asked.settings
            };
            let plan = match self.plan(&settings) {
                Ok(plan) => plan,
                Err(error) => {
                    body.relax = relaxed(&self.asked.problem, &error);
                    return Err(Box::new((refused(&error), body)));
                }
            };
            if best.as_ref().is_none_or(|best| self.is_better(&plan, best)) {
                let found = self
                    .found(&plan)
                    .map_err(|problem| Box::new((problem, body.clone())))?;
                let ms = began.elapsed().as_secs_f64() * 1000.0;
                body.curve.push([ms.round(), found.imbalance, found.moved_share]);
                body.result = Some(found);
                best = Some(plan);
            }
            // Nobody listens any more when the program ends; then the job is taken up again.
            drop(sender.send((round, body.clone())));
            if stop.load(Ordering::Relaxed) {
                break;
            }
        }
        Ok(body)
    }

    fn plan(&self, settings: &Settings) -> Result<Plan, DesignError> {
        let problem = &self.asked.problem;
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

    /// Fewer limits missed, then more even, then less that moves beyond what may, then shorter.
    fn is_better(&self, plan: &Plan, best: &Plan) -> bool {
        let off = |p: &Plan| {
            let free = self.asked.settings.tolerance.unwrap_or(0.0);
            (p.imbalance.max(free) / EVEN).round()
        };
        let key = |p: &Plan| (p.unmet.len(), off(p));
        let (a, b) = (key(plan), key(best));
        match a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)) {
            std::cmp::Ordering::Equal => plan.distance < best.distance,
            order => order.is_lt(),
        }
    }

    fn found(&self, plan: &Plan) -> Result<Found, Problem> {
        let (ring, problem) = (&self.asked.ring, &self.asked.problem);
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
        let before = self.loads_before();
        let tenths = |value: f64| (value * 100.0).round() / 100.0;
        let named = |loads: &[Vec<f64>], seat: usize| -> BTreeMap<String, f64> {
            let measures = problem.measures.iter().zip(loads);
            measures.map(|(m, l)| (m.name.clone(), tenths(l[seat]))).collect()
        };
        let rows = ring
            .seats
            .iter()
            .enumerate()
            .map(|(i, standing)| Row {
                territory_id: standing.id().to_owned(),
                name: standing.name().to_owned(),
                before: named(&before, i),
                after: named(&plan.loads, i),
                target: tenths(plan.targets[0][i]),
            })
            .collect();
        let off = |load: &f64, target: &f64| {
            if *target > 0.0 {
                (load - target).abs() / target
            } else {
                0.0
            }
        };
        let worst = before[0].iter().zip(&plan.targets[0]).map(|(l, t)| off(l, t));
        Ok(Found {
            imbalance_before: worst.fold(0.0, f64::max),
            imbalance: plan.imbalance,
            moved_share: plan.moved,
            moved_places: places.len(),
            distance_km: tenths(plan.distance),
            rows,
            unmet: plan
                .unmet
                .iter()
                .map(|u| Missed {
                    measure: u.measure.clone(),
                    territory_id: seat_id(u.seat),
                    load: u.load,
                    low: u.low,
                    high: if u.high.is_finite() { u.high } else { f64::MAX },
                })
                .collect(),
            geometry,
            places,
            effects,
        })
    }

    fn loads_before(&self) -> Vec<Vec<f64>> {
        let problem: &Design = &self.asked.problem;
        let load = |values: &Vec<f64>| {
            let mut loads = vec![0.0; problem.seats.len()];
            for (unit, value) in self.asked.ring.units.iter().zip(values) {
                loads[unit.seat as usize] += value;
            }
            loads
        };
        problem.measures.iter().map(|m| load(&m.values)).collect()
    }
}
