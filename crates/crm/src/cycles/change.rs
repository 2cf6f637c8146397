//! Moving a visit of a cycle to another day by hand: what it costs, and doing it.

use std::collections::HashMap;

use ::plan::{Route, Span, VisitId};
use geom::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::facts::rep_on;
use super::present::{self, Marks, sums_of};
use super::small::{Small, Standing, Standings};
use super::store::{self, Stored};
use super::{Body, Cell, CycleStop, Fixed};
use crate::App;
use crate::calendars::{instant_of, time_of_day};
use crate::plans::{Language, words};
use crate::problem::Problem;
use crate::time::parse_day;
use crate::visits::{self, Candidate};

/// A visit of a cycle and the day it is to go to.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub(crate) struct MoveVisit {
    pub user_id: String,
    pub location_id: String,
    /// The day on which it stands.
    pub day: String,
    pub to_day: String,
    /// Another rep; the same unless said.
    pub to_user_id: Option<String>,
}

/// A rep's day after a change.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct DayAfter {
    pub user_id: String,
    pub day: String,
    pub drive_s: i64,
    /// Being back, milliseconds since 1970.
    pub end: i64,
    pub overtime_s: i64,
}

/// Somebody who would be visited too late.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct LateBy {
    pub name: String,
    pub minutes: i64,
}

/// What moving a visit costs. Nothing is changed by asking.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Price {
    /// Of driving, both days together; negative when it saves some.
    pub minutes: i64,
    pub from: DayAfter,
    pub to: DayAfter,
    pub late: Vec<LateBy>,
    /// Nobody is late and the day is not too long.
    pub possible: bool,
    pub sentence: String,
}

/// Both days before and after a move.
pub(super) struct Moved {
    pub price: Price,
    from: Cell,
    to: Cell,
    rows: (usize, usize),
    cells: (usize, usize),
}

/// A day of the cycle by rep and date.
fn place_in(body: &Body, user: &str, day: &str) -> Result<(usize, usize), Problem> {
    let found = body
        .people
        .iter()
        .position(|row| row.user_id == user)
        .and_then(|row| {
            let cell = body.people[row].cells.iter().position(|c| c.day == day)?;
            Some((row, cell))
        });
    found.ok_or_else(|| Problem::not_found(format!("The day {day} of that person in this cycle")))
}

/// A stop as it stands; what was promised keeps its time.
pub(super) fn standing(app: &App, day: Date, stop: &CycleStop) -> Standing {
    Standing {
        location_id: stop.location_id.clone(),
        service: Span(i32::try_from((stop.depart - stop.start) / 1000).unwrap_or(0)),
        at: stop
            .promised
            .then(|| time_of_day(&app.settings.zone, day, Timestamp(stop.start))),
    }
}

/// Works a move out.
pub(super) async fn work_out(app: &App, stored: &Stored, wish: &MoveVisit) -> Result<Moved, Problem> {
    let body = stored.body()?;
    let question = stored.question()?;
    let language = Language::of(Some(&question.language));
    let (day, to_day) = (parse_day(&wish.day, "/day")?, parse_day(&wish.to_day, "/to_day")?);
    let to_user = wish.to_user_id.as_deref().unwrap_or(&wish.user_id);
    let (from_row, from_cell) = place_in(&body, &wish.user_id, &wish.day)?;
    let (to_row, to_cell) = place_in(&body, to_user, &wish.to_day)?;
    let from = &body.people[from_row].cells[from_cell];
    let to = &body.people[to_row].cells[to_cell];
    let Some(at) = from.stops.iter().position(|s| s.location_id == wish.location_id) else {
        return Err(Problem::bad(
            "/location_id",
            "not-on-that-day",
            "This customer is not visited on that day.",
        ));
    };
    if to.state != "work" {
        return Err(Problem::conflict(
            "no-working-day",
            format!("{} does not work on {to_day}.", body.people[to_row].name),
        ));
    }
    if to.stops.iter().any(|s| s.location_id == wish.location_id) {
        return Err(Problem::conflict(
            "visited-that-day",
            "This customer is visited on that day already.",
        ));
    }
    let moving = &from.stops[at];
    let reps = [
        rep_on(app, &question, &wish.user_id, &[day], language).await?,
        rep_on(app, &question, to_user, &[to_day], language).await?,
    ];
    let stops = |cell: &Cell, day: Date| -> Vec<Standing> {
        let others = cell.stops.iter().filter(|s| s.location_id != wish.location_id);
        others.map(|s| standing(app, day, s)).collect()
    };
    let ids: Vec<String> = from
        .stops
        .iter()
        .chain(&to.stops)
        .map(|s| s.location_id.clone())
        .collect();
    let candidates = visits::described(app, &ids, to_day).await?;
    let days = [
        Standings {
            rep: &reps[0],
            day,
            stops: stops(from, day),
        },
        Standings {
            rep: &reps[1],
            day: to_day,
            stops: stops(to, to_day),
        },
    ];
    let asked = Standing {
        at: None,
        ..standing(app, day, moving)
    };
    let atlas = app.map()?;
    let small = Small::lay_out(&atlas, &app.settings.zone, &days, &asked, &candidates)?;
    let mut with = small.orders[0].clone();
    with.insert(at.min(with.len()), small.asked);
    let before = [small.route(0, &with)?, small.route(1, &small.orders[1])?];
    let way = small.ways()?.into_iter().find(|way| way.slot.0 == 1);
    let possible = way.is_some();
    let order = match way {
        Some(way) => {
            let mut order = small.orders[1].clone();
            order.insert((way.position as usize).min(order.len()), small.asked);
            order
        }
        None => small.forced(1).ok_or_else(|| {
            Problem::conflict(
                "no-road-there",
                format!("No road leads to {} on that day's route.", moving.name),
            )
        })?,
    };
    let after = [small.route(0, &small.orders[0])?, small.route(1, &order)?];
    let drive = |routes: &[Route; 2]| routes.iter().map(|r| i64::from(r.drive.time.0)).sum::<i64>();
    let seconds = drive(&after) - drive(&before);
    let late: Vec<LateBy> = after[1]
        .stops
        .iter()
        .filter(|s| s.late > Span::ZERO)
        .map(|s| LateBy {
            name: name_of(&small, &candidates, s.visit),
            minutes: (i64::from(s.late.0) + 59) / 60,
        })
        .collect();
    let zone = &app.settings.zone;
    let day_after = |rep: usize, day: Date, route: &Route| DayAfter {
        user_id: reps[rep].user_id.clone(),
        day: day.to_string(),
        drive_s: i64::from(route.drive.time.0),
        end: instant_of(zone, day, route.back).0,
        overtime_s: i64::from(route.overtime.0),
    };
    let price = Price {
        minutes: rounded(seconds),
        from: day_after(0, day, &after[0]),
        to: day_after(1, to_day, &after[1]),
        possible,
        sentence: String::new(),
        late,
    };
    let home = words::clock(zone.time(Timestamp(price.to.end)));
    let late_by: Vec<(String, i64)> = price.late.iter().map(|l| (l.name.clone(), l.minutes)).collect();
    let sentence = words::price_of_move(language, price.minutes, &reps[1].name, &home, &late_by);
    let shift = i64::from(day.until(to_day).map_or(0, |span| span.get_days()));
    let tell = |cell: &Cell| -> HashMap<String, Marks> {
        let told = cell.stops.iter().map(|s| {
            let marks = Marks {
                due_days: s.due_days,
                promised: s.promised,
                fixed: s.fixed,
                stood: s.stood,
                why: Vec::new(),
            };
            (s.location_id.clone(), marks)
        });
        told.collect()
    };
    let (stay, mut come) = (tell(from), tell(to));
    come.insert(
        wish.location_id.clone(),
        Marks {
            due_days: moving.due_days.map(|d| d - shift),
            promised: moving.promised,
            fixed: true,
            stood: false,
            why: Vec::new(),
        },
    );
    let told = |marks: &HashMap<String, Marks>, visit: VisitId| {
        let location = &small.locations[visit.0 as usize];
        Some((
            candidates.get(location)?,
            marks.get(location).cloned().unwrap_or_default(),
        ))
    };
    Ok(Moved {
        from: present::cell(&reps[0], zone, day, language, &after[0], |s| told(&stay, s.visit)),
        to: present::cell(&reps[1], zone, to_day, language, &after[1], |s| {
            told(&come, s.visit)
        }),
        price: Price { sentence, ..price },
        rows: (from_row, to_row),
        cells: (from_cell, to_cell),
    })
}

fn name_of(small: &Small, candidates: &HashMap<String, Candidate>, visit: VisitId) -> String {
    let location = &small.locations[visit.0 as usize];
    candidates
        .get(location)
        .map(|c| c.name.clone())
        .unwrap_or_default()
}

/// Whole minutes, to the nearest.
pub(super) fn rounded(seconds: i64) -> i64 {
    (seconds + 30 * seconds.signum()) / 60
}

/// Moves the visit; it stays where it was put when the cycle is planned on.
pub(super) async fn apply(app: &App, stored: &Stored, wish: &MoveVisit) -> Result<(), Problem> {
    let moved = work_out(app, stored, wish).await?;
    let mut body = stored.body()?;
    body.people[moved.rows.0].cells[moved.cells.0] = moved.from;
    body.people[moved.rows.1].cells[moved.cells.1] = moved.to;
    if moved.rows.0 != moved.rows.1 {
        body.people[moved.rows.0].met -= 1;
        body.people[moved.rows.1].met += 1;
    }
    tally(&mut body);
    let mut question = stored.question()?;
    forget(&mut question.fixed, &wish.user_id, &wish.location_id, &wish.day);
    question.fixed.push(Fixed {
        location_id: wish.location_id.clone(),
        user_id: wish.to_user_id.clone().unwrap_or_else(|| wish.user_id.clone()),
        day: parse_day(&wish.to_day, "/to_day")?,
    });
    store::set_question(app.store.db(), &stored.id, "ready", &question).await?;
    store::set_body(app.store.db(), &stored.id, "ready", &body).await
}

/// A visit fixed by hand may move again.
pub(super) async fn free(
    app: &App,
    stored: &Stored,
    user: &str,
    location: &str,
    day: &str,
) -> Result<(), Problem> {
    let mut body = stored.body()?;
    let (row, cell) = place_in(&body, user, day)?;
    for stop in &mut body.people[row].cells[cell].stops {
        if stop.location_id == location {
            stop.fixed = false;
        }
    }
    let mut question = stored.question()?;
    forget(&mut question.fixed, user, location, day);
    store::set_question(app.store.db(), &stored.id, "ready", &question).await?;
    store::set_body(app.store.db(), &stored.id, "ready", &body).await
}

fn forget(fixed: &mut Vec<Fixed>, user: &str, location: &str, day: &str) {
    fixed.retain(|f| f.location_id != location || f.user_id != user || f.day.to_string() != day);
}

/// Sums from the cells.
pub(super) fn tally(body: &mut Body) {
    for row in &mut body.people {
        let mut sums = super::Sums::default();
        for cell in &row.cells {
            present::add(&mut sums, cell);
        }
        (row.drive_s, row.visit_s, row.meters) = (sums.drive_s, sums.visit_s, sums.meters);
    }
    body.totals = sums_of(&body.people);
}
