//! Who can be there first? Reps by the time at which the roads bring them to a case's place.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, Query, State};
use geom::{LngLat, Timestamp};
use records::{At, Filter, Query as RecordQuery, Record, Viewer};
use roads::{ComponentRule, Matrix, Snap, SnapOptions};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::calendars::{absences, calendar_of, instant_of};
use crate::problem::Problem;
use crate::sessions::Signed;
use crate::users::Role;
use crate::visits::{USUAL_MINUTES, by_ids, planned_between};
use crate::{App, Shared};

const MINUTE: i64 = 60_000;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct NearestParams {
    /// At most so many, 1..=50; 5 unless said.
    limit: Option<usize>,
}

/// Where somebody sets out from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = NearestFrom)]
enum From {
    /// Is with a customer.
    Visit,
    /// Was with a customer last.
    LastVisit,
    /// Has checked in nowhere today.
    Home,
}

/// A rep and the way to the place.
#[derive(Serialize, ToSchema)]
struct NearestRep {
    user_id: String,
    name: String,
    from: From,
    /// Longitude, latitude of where the way begins.
    lng: f64,
    lat: f64,
    /// When they can set out, in milliseconds since 1970: now, after the visit they are at, or when their day begins.
    sets_out: i64,
    /// When they would be there.
    arrives: i64,
    drive_seconds: i64,
    drive_meters: i64,
    /// The next visit planned for today; null when there is none.
    next_visit_at: Option<i64>,
    /// That customer was promised the time, and going there first comes too late for it.
    breaks_promise: bool,
}

/// A rep who cannot be sent, and why.
#[derive(Serialize, ToSchema)]
struct NotSent {
    user_id: String,
    name: String,
    /// absent, day-off, day-over, unknown-place, no-road
    reason: &'static str,
}

#[derive(Serialize, ToSchema)]
#[schema(as = NearestReps)]
struct Nearest {
    /// Who is there first comes first.
    reps: Vec<NearestRep>,
    not_sent: Vec<NotSent>,
}

/// Which reps can be at a case's place first, by road from where they are
#[utoipa::path(get, path = "/api/v1/cases/{id}/nearest", tag = "service", params(("id" = String, Path), NearestParams),
    responses((status = 200, body = Nearest), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn nearest(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Query(params): Query<NearestParams>,
) -> Result<Json<Nearest>, Problem> {
    signed.needs(&[Role::Manager, Role::Admin], "Looking for the nearest rep")?;
    let limit = params.limit.unwrap_or(5);
    if !(1..=50).contains(&limit) {
        return Err(Problem::bad(
            "?limit",
            "out-of-range",
            "limit is between 1 and 50.",
        ));
    }
    let case = app.store.get(&signed.viewer, "case", &id, At::PRESENT).await?;
    let case = case.ok_or_else(|| Problem::not_found(format!("Case {id}")))?;
    let place = place_of(&app, &case).await?.ok_or_else(|| {
        Problem::conflict(
            "no-place",
            "The case has no place on the map. Give its customer an address, or set the location of the case.",
        )
    })?;
    let now = app.store.now();
    let active = RecordQuery::of("user")
        .filter(Filter::eq("role", "rep").and(Filter::eq("active", true)))
        .limit(RecordQuery::MAX_LIMIT);
    let mut found = Nearest {
        reps: Vec::new(),
        not_sent: Vec::new(),
    };
    for user in app.store.list(&Viewer::system(), &active).await?.records {
        match whereabouts(&app, &user, now).await? {
            Ok(rep) => found.reps.push(rep),
            Err(reason) => found.not_sent.push(NotSent {
                name: user.text("name").unwrap_or_default().to_owned(),
                user_id: user.id,
                reason,
            }),
        }
    }
    drive(&app, place, &mut found)?;
    found
        .reps
        .sort_by(|a, b| (a.arrives, &a.name, &a.user_id).cmp(&(b.arrives, &b.name, &b.user_id)));
    found.reps.truncate(limit);
    found
        .not_sent
        .sort_by(|a, b| (&a.name, &a.user_id).cmp(&(&b.name, &b.user_id)));
    Ok(Json(found))
}

/// The place of a case: its own, else its customer's first.
async fn place_of(app: &App, case: &Record) -> Result<Option<LngLat>, Problem> {
    let places = match (case.text("location_id"), case.text("account_id")) {
        (Some(location), _) => Filter::eq("id", location),
        (None, Some(account)) => Filter::eq("account_id", account),
        (None, None) => return Ok(None),
    };
    // Ids grow with time: the first is the oldest place.
    let places = RecordQuery::of("location")
        .filter(places)
        .sort("id", false)
        .limit(20);
    let places = app.store.list(&Viewer::system(), &places).await?.records;
    Ok(places.iter().find_map(Record::place))
}

/// Where a rep is and when they can set out; the way itself is not known yet. Else why they cannot be sent today.
async fn whereabouts(
    app: &App,
    user: &Record,
    now: Timestamp,
) -> Result<Result<NearestRep, &'static str>, Problem> {
    let (zone, day) = (&app.settings.zone, app.settings.zone.date(now));
    let Some(calendar) = calendar_of(&app.store, &user.id).await? else {
        return Ok(Err("unknown-place"));
    };
    if !absences(&app.store, &user.id, day, day).await?.is_empty() {
        return Ok(Err("absent"));
    }
    let Some(shift) = calendar.window_on(zone, day) else {
        return Ok(Err("day-off"));
    };
    let [begins, ends] = [shift.from, shift.to].map(|at| instant_of(zone, day, at).0);
    if now.0 >= ends {
        return Ok(Err("day-over"));
    }
    let next_day = zone.start_of(day.saturating_add(jiff::Span::new().days(1)));
    let visits = planned_between(&app.store, &user.id, zone.start_of(day), next_day).await?;
    let begun = |v: &Record| v.integer("check_in_at").filter(|at| *at <= now.0);
    let last = visits
        .iter()
        .filter(|v| begun(v).is_some())
        .max_by_key(|v| begun(v));
    let next = visits
        .iter()
        .filter(|v| v.integer("check_in_at").is_none() && v.text("status") != Some("done"))
        .filter(|v| v.integer("planned_start") >= Some(now.0))
        .min_by_key(|v| v.integer("planned_start"));
    let mut sets_out = now.0.max(begins);
    let mut start = calendar.home.as_ref().map(|home| (From::Home, home.place));
    if let Some(visit) = last {
        let places: Vec<String> = visit.text("location_id").map(str::to_owned).into_iter().collect();
        let places: BTreeMap<_, _> = by_ids(&app.store, "location", &places)
            .await?
            .into_iter()
            .collect();
        if let Some(place) = places.values().find_map(Record::place) {
            let is_there = visit.integer("check_out_at").is_none() && visit.text("status") != Some("done");
            if is_there {
                let takes = visit.integer("duration_minutes").unwrap_or(USUAL_MINUTES) * MINUTE;
                let leaves = begun(visit).unwrap_or(now.0) + takes;
                sets_out = sets_out.max(leaves);
            }
            start = Some((if is_there { From::Visit } else { From::LastVisit }, place));
        }
    }
    let Some((from, place)) = start else {
        return Ok(Err("unknown-place"));
    };
    Ok(Ok(NearestRep {
        user_id: user.id.clone(),
        name: user.text("name").unwrap_or_default().to_owned(),
        from,
        lng: place.lng(),
        lat: place.lat(),
        sets_out,
        arrives: sets_out,
        drive_seconds: 0,
        drive_meters: 0,
        next_visit_at: next.and_then(|v| v.integer("planned_start")),
        breaks_promise: next.is_some_and(|v| v.integer("promised_at").is_some()),
    }))
}

/// Fills in the ways; whom no road brings there is not sent.
fn drive(app: &App, place: LngLat, found: &mut Nearest) -> Result<(), Problem> {
    let map = app.map()?;
    let roads = map.roads();
    let target = roads.snap(place, &SnapOptions::default()).map_err(|e| {
        Problem::conflict(
            "no-road",
            format!("No road leads to the case's place: {e}. Move its pin."),
        )
    })?;
    let same = SnapOptions {
        component: ComponentRule::Only(target.component),
        ..SnapOptions::default()
    };
    let mut starts: Vec<Snap> = Vec::with_capacity(found.reps.len());
    let (reps, not_sent) = (std::mem::take(&mut found.reps), &mut found.not_sent);
    let mut left: Vec<NearestRep> = Vec::with_capacity(reps.len());
    let refuse = |rep: NearestRep| NotSent {
        user_id: rep.user_id,
        name: rep.name,
        reason: "no-road",
    };
    for rep in reps {
        match LngLat::new(rep.lng, rep.lat)
            .ok()
            .and_then(|at| roads.snap(at, &same).ok())
        {
            Some(snap) => {
                starts.push(snap);
                left.push(rep);
            }
            None => not_sent.push(refuse(rep)),
        }
    }
    let there = roads.matrix(&starts, &[target]);
    let back = roads.matrix(&[target], &starts);
    for (n, mut rep) in left.into_iter().enumerate() {
        let millis = there.durations()[n];
        if millis == Matrix::UNREACHABLE || back.durations()[n] == Matrix::UNREACHABLE {
            not_sent.push(refuse(rep));
            continue;
        }
        rep.drive_seconds = (i64::from(millis) + 500) / 1000;
        rep.drive_meters = (i64::from(there.distances()[n]) + 50) / 100;
        rep.arrives = rep.sets_out + i64::from(millis);
        // At the case as long as at any customer, and on from there no sooner than the promise allows.
        let free = rep.arrives + USUAL_MINUTES * MINUTE;
        rep.breaks_promise = rep.breaks_promise && rep.next_visit_at.is_some_and(|next| free > next);
        found.reps.push(rep);
    }
    Ok(())
}

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(nearest))
}
