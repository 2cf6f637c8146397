//! Find a slot: on which of the next days, at what time, does a new appointment fit best?

use std::collections::{BTreeSet, HashMap};

use ::plan::{Span, TimeOfDay};
use geom::Timestamp;
use jiff::ToSpan as _;
use jiff::civil::Date;
use records::{Op, Query, Record, Viewer, fields};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Question;
use super::change::rounded;
use super::facts::{Rep, Workday, rep_on};
use super::small::{Small, Standing, Standings};
use crate::App;
use crate::calendars::{instant_of, time_of_day};
use crate::live::accounts_of;
use crate::plans::Language;
use crate::plans::day::{language_of, person};
use crate::plans::why::Told;
use crate::problem::Problem;
use crate::sessions::Signed;
use crate::users::Role;
use crate::visits::{self, Candidate};

/// Most reps whose days are looked through.
const MOST_REPS: usize = 12;
/// The days of the calendar that are looked through for working days.
const LOOK_AHEAD_DAYS: i64 = 45;

/// Where an appointment could be.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct FoundSlot {
    pub user_id: String,
    pub user_name: String,
    /// Local day.
    pub day: String,
    /// Milliseconds since 1970.
    pub start: i64,
    pub end: i64,
    /// Of driving; negative when it saves some.
    pub extra_drive_minutes: i64,
    /// ok (below 15 minutes), warn (below 45), danger
    pub level: String,
    /// The customer visited before; null for the first visit of the day.
    pub after: Option<String>,
    /// The customer visited next; null for the last one.
    pub before: Option<String>,
}

/// A day on which it does not fit.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct NoSlot {
    pub user_id: String,
    pub day: String,
    pub text: String,
}

/// Slots, the one with the least driving first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct FoundSlots {
    pub slots: Vec<FoundSlot>,
    pub reasons: Vec<NoSlot>,
    pub minutes: i64,
}

/// What is looked for.
#[derive(Clone, Debug)]
pub(super) struct Wish {
    pub location: String,
    /// Null for as long as visits there usually take.
    pub minutes: Option<i64>,
    pub days: usize,
    pub count: usize,
    pub user: Option<String>,
}

/// The level of a detour, as the screens colour it.
fn level(minutes: i64) -> &'static str {
    match minutes {
        ..15 => "ok",
        15..45 => "warn",
        _ => "danger",
    }
}

/// The best slots for an appointment at a place.
pub(super) async fn find(app: &App, signed: &Signed, wish: &Wish) -> Result<FoundSlots, Problem> {
    let seen = app
        .store
        .get(&signed.viewer, "location", &wish.location, records::At::PRESENT)
        .await?;
    if seen.is_none() {
        return Err(Problem::not_found(format!("Place {}", wish.location)));
    }
    let language = language_of(app, &signed.user_id).await?;
    let zone = &app.settings.zone;
    let today = zone.date(app.store.now());
    let days: Vec<Date> = (1..=LOOK_AHEAD_DAYS)
        .map(|n| today.saturating_add(n.days()))
        .collect();
    let users = match &wish.user {
        Some(user) => vec![person(app, signed, Some(user)).await?.id],
        None => reps_for(app, signed, &wish.location).await?,
    };
    let known = visits::described(app, std::slice::from_ref(&wish.location), today).await?;
    let usual = known
        .get(&wish.location)
        .map_or(visits::USUAL_MINUTES, |c| c.service_minutes);
    let minutes = wish.minutes.unwrap_or(usual);
    let asked = Standing {
        location_id: wish.location.clone(),
        service: Span::minutes(i32::try_from(minutes).unwrap_or(30)),
        at: None,
    };
    let question = Question::default();
    let mut answer = FoundSlots {
        slots: Vec::new(),
        reasons: Vec::new(),
        minutes,
    };
    for user in users {
        let rep = rep_on(app, &question, &user, &days, language).await?;
        let working: Vec<Date> = days
            .iter()
            .copied()
            .filter(|day| matches!(rep.on(*day), Workday::Work { .. }))
            .take(wish.days)
            .collect();
        if let Some(message) = &rep.message {
            answer.reasons.push(NoSlot {
                user_id: user.clone(),
                day: String::new(),
                text: format!("{}: {message}", rep.name),
            });
            continue;
        }
        let Some(last) = working.last() else { continue };
        let standing = standing(app, &user, today, *last, &wish.location).await?;
        let places: Vec<String> = standing
            .values()
            .flatten()
            .map(|s| s.location_id.clone())
            .chain([wish.location.clone()])
            .collect();
        let candidates = visits::described(app, &places, today).await?;
        of_rep(
            app,
            &rep,
            &working,
            standing,
            (&asked, &candidates),
            language,
            &mut answer,
        )?;
    }
    answer.slots.sort_by(|a, b| {
        (a.extra_drive_minutes, a.start, &a.user_id).cmp(&(b.extra_drive_minutes, b.start, &b.user_id))
    });
    answer.slots.truncate(wish.count);
    Ok(answer)
}

/// The slots of one rep's days.
fn of_rep(
    app: &App,
    rep: &Rep,
    working: &[Date],
    mut standing: HashMap<Date, Vec<Standing>>,
    (asked, candidates): (&Standing, &HashMap<String, Candidate>),
    language: Language,
    answer: &mut FoundSlots,
) -> Result<(), Problem> {
    let zone = &app.settings.zone;
    let days: Vec<Standings<'_>> = working
        .iter()
        .map(|day| Standings {
            rep,
            day: *day,
            stops: standing.remove(day).unwrap_or_default(),
        })
        .collect();
    let atlas = app.map()?;
    let small = Small::lay_out(&atlas, zone, &days, asked, candidates)?;
    let mut fits = BTreeSet::new();
    for way in small.ways()? {
        let number = way.slot.0 as usize;
        fits.insert(number);
        let mut order = small.orders[number].clone();
        let at = (way.position as usize).min(order.len());
        order.insert(at, small.asked);
        let route = small.route(number, &order)?;
        let Some(stop) = route.stops.get(at) else { continue };
        let minutes = rounded(i64::from(way.extra_drive.0));
        let name = |at: Option<usize>| {
            let visit = at.and_then(|at| order.get(at))?;
            candidates
                .get(&small.locations[visit.0 as usize])
                .map(|c| c.name.clone())
        };
        answer.slots.push(FoundSlot {
            user_id: rep.user_id.clone(),
            user_name: rep.name.clone(),
            day: working[number].to_string(),
            start: instant_of(zone, working[number], stop.start).0,
            end: instant_of(zone, working[number], stop.depart).0,
            extra_drive_minutes: minutes,
            level: level(minutes).into(),
            after: name(at.checked_sub(1)),
            before: name(Some(at + 1)),
        });
    }
    for slot in small.why_not()?.reasons {
        let number = slot.slot.0 as usize;
        let Some(day) = working.get(number).filter(|_| !fits.contains(&number)) else {
            continue;
        };
        let name = |visit: ::plan::VisitId| {
            let location = &small.locations[visit.0 as usize];
            candidates
                .get(location)
                .map(|c| c.name.clone())
                .unwrap_or_default()
        };
        let clock = |at: TimeOfDay| zone.time(instant_of(zone, *day, at));
        let told = Told {
            language,
            day: *day,
            visit: small.asked,
            name: &name,
            clock: &clock,
            date: &|number| working.get(usize::from(number)).copied(),
        };
        let told = slot.reasons.iter().find_map(|why| told.why_not(why));
        answer.reasons.push(NoSlot {
            user_id: rep.user_id.clone(),
            day: day.to_string(),
            text: told.map(|r| r.text).unwrap_or_default(),
        });
    }
    Ok(())
}

/// What stands on a rep's days, in driving order.
async fn standing(
    app: &App,
    user: &str,
    today: Date,
    last: Date,
    without: &str,
) -> Result<HashMap<Date, Vec<Standing>>, Problem> {
    let zone = &app.settings.zone;
    let (from, to) = (
        zone.start_of(today.saturating_add(1.day())),
        zone.start_of(last.saturating_add(1.day())),
    );
    let mut planned = visits::planned_between(&app.store, user, from, to).await?;
    planned.sort_by_key(|v| (v.integer("planned_start"), v.id.clone()));
    let mut found: HashMap<Date, Vec<Standing>> = HashMap::new();
    for visit in &planned {
        let start = visit.integer("planned_start").map(Timestamp);
        let (Some(start), Some(place)) = (start, visit.text("location_id")) else {
            continue;
        };
        let day = zone.date(start);
        if place == without {
            continue;
        }
        let minutes = visit.integer("duration_minutes").unwrap_or(visits::USUAL_MINUTES);
        found.entry(day).or_default().push(Standing {
            location_id: place.to_owned(),
            service: Span::minutes(i32::try_from(minutes.clamp(1, 600)).unwrap_or(30)),
            at: visit
                .integer("promised_at")
                .map(|_| time_of_day(zone, day, start)),
        });
    }
    Ok(found)
}

/// Whose days are looked through when nobody is named: a rep's own; for others the owners of the customer and of
/// its territory, or, where there are none, all reps with working hours.
async fn reps_for(app: &App, signed: &Signed, location: &str) -> Result<Vec<String>, Problem> {
    if signed.role == Role::Rep {
        return Ok(vec![signed.user_id.clone()]);
    }
    let mut users = visits::owners_of(app, location).await?;
    let query = Query::of("rep_calendar").limit(Query::MAX_LIMIT);
    let calendars = app.store.list(&Viewer::system(), &query).await?.records;
    let working: BTreeSet<String> = calendars
        .iter()
        .filter_map(|c: &Record| c.text("user_id").map(str::to_owned))
        .collect();
    users.retain(|u| working.contains(u));
    if users.is_empty() {
        users = working;
    }
    Ok(users.into_iter().take(MOST_REPS).collect())
}

/// An appointment to book.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub(crate) struct Appointment {
    pub user_id: String,
    /// Milliseconds since 1970.
    pub start: i64,
    /// 1 to 600.
    pub minutes: i64,
    pub purpose: Option<String>,
}

/// The visit that was booked.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Booked {
    pub visit_id: String,
    /// Goes to `/api/v1/change-sets/{id}/undo`.
    pub change_set: String,
}

/// Books an appointment: a visit that is promised for that time.
pub(super) async fn book(
    app: &App,
    signed: &Signed,
    location: &str,
    wish: Appointment,
) -> Result<Booked, Problem> {
    if !(1..=600).contains(&wish.minutes) {
        return Err(Problem::bad("/minutes", "out-of-range", "minutes is 1 to 600."));
    }
    if wish.start <= app.store.now().0 {
        return Err(Problem::bad("/start", "past", "An appointment is in the future."));
    }
    let user = person(app, signed, Some(&wish.user_id)).await?;
    let ids = [location.to_owned()];
    let account = accounts_of(app, &ids).await?.remove(location);
    let account = account.ok_or_else(|| Problem::not_found(format!("Place {location}")))?;
    let id = records::new_id();
    let visit = fields([
        ("account_id", account.into()),
        ("location_id", location.into()),
        ("owner_id", user.id.clone().into()),
        ("status", "planned".into()),
        ("cause", "appointment".into()),
        ("purpose", wish.purpose.into()),
        ("promised_at", wish.start.into()),
        ("planned_start", wish.start.into()),
        ("planned_end", (wish.start + wish.minutes * 60_000).into()),
        ("duration_minutes", wish.minutes.into()),
    ]);
    let op = Op::Create {
        type_name: "visit".into(),
        id: Some(id.clone()),
        fields: visit,
    };
    let author = signed.author("appointment", "Book an appointment");
    let written = app.store.write(&author, vec![op]).await?;
    app.live.wait_for(written.last_seq).await;
    Ok(Booked {
        visit_id: id,
        change_set: written.change_set,
    })
}
