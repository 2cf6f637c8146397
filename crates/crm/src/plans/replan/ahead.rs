//! The next working days, on which what is left out might do better.

use geom::Timestamp;
use jiff::ToSpan as _;

use crate::App;
use crate::calendars::{self, time_of_day};
use crate::plans::day::Facts;
use crate::plans::prepare::Ahead;
use crate::problem::Problem;
use crate::visits;

/// So many working days after the planned one are looked at for a better day.
const DAYS_AHEAD: usize = 5;
/// … among so many days of the calendar.
const LOOK_AHEAD_DAYS: i64 = 14;

/// The next working days with what stands on them.
pub(super) async fn days_ahead(app: &App, facts: &Facts) -> Result<Vec<Ahead>, Problem> {
    let Some(calendar) = &facts.calendar else {
        return Ok(Vec::new());
    };
    let zone = &app.settings.zone;
    let last = facts.day.saturating_add(LOOK_AHEAD_DAYS.days());
    let away = calendars::absences(&app.store, &facts.person.id, facts.day, last).await?;
    let (from, to) = (facts.day.saturating_add(1.day()), last.saturating_add(1.day()));
    let mut planned = visits::planned_between(
        &app.store,
        &facts.person.id,
        zone.start_of(from),
        zone.start_of(to),
    )
    .await?;
    planned.sort_by_key(|v| (v.integer("planned_start"), v.id.clone()));
    let ids: Vec<String> = planned
        .iter()
        .filter_map(|v| v.text("location_id").map(str::to_owned))
        .collect();
    let locations = visits::by_ids(&app.store, "location", &ids).await?;
    let mut ahead = Vec::new();
    let mut day = facts.day;
    while ahead.len() < DAYS_AHEAD && day < last {
        day = day.saturating_add(1.day());
        let is_away = away.iter().any(|(first, last, _)| *first <= day && day <= *last);
        let Some(shift) = calendar.window_on(zone, day).filter(|_| !is_away) else {
            continue;
        };
        let mut stops = Vec::new();
        for visit in &planned {
            let start = visit
                .integer("planned_start")
                .map(Timestamp)
                .filter(|at| zone.date(*at) == day);
            let place = visit
                .text("location_id")
                .and_then(|l| locations.get(l))
                .and_then(|l| l.place());
            let (Some(start), Some(place)) = (start, place) else {
                continue;
            };
            let minutes = visit
                .integer("duration_minutes")
                .unwrap_or(visits::USUAL_MINUTES)
                .clamp(1, 600);
            let promised = visit
                .integer("promised_at")
                .map(|_| time_of_day(zone, day, start));
            stops.push((place, i32::try_from(minutes * 60).unwrap_or(1800), promised));
        }
        let lunch = calendar.lunch_on(zone, day, shift.from, shift.to);
        ahead.push(Ahead {
            day,
            shift,
            lunch,
            stops,
        });
    }
    Ok(ahead)
}
