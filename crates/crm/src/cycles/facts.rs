//! What weeks are planned from: working hours, absences, and whom each rep has to visit how often.

use std::collections::HashMap;

use ::plan::{Lunch, Span, TimeOfDay, Window};
use geom::LngLat;
use jiff::ToSpan as _;
use jiff::civil::Date;
use records::{At, Viewer};

use super::{Away, HELPER, Question};
use crate::App;
use crate::calendars::{self, Calendar, Home};
use crate::plans::{Language, words};
use crate::problem::Problem;
use crate::visits::{self, Wanted};

/// A rep with their weeks.
pub(super) struct Rep {
    pub user_id: String,
    pub name: String,
    pub home: Option<Home>,
    days: HashMap<Date, Workday>,
    pub max_drive: Option<Span>,
    /// Whom they have to visit.
    pub wanted: Vec<Wanted>,
    /// Why they cannot be planned.
    pub message: Option<String>,
    /// As a plan of a day keeps it.
    pub calendar_version: String,
}

/// A day of a rep's.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Workday {
    Work {
        shift: Window,
        lunch: Option<Lunch>,
    },
    Off,
    Absent {
        shift: Window,
    },
    Past,
    /// What is left of it is planned in *My day*.
    Today,
}

impl Rep {
    /// What a day is to them; days that were not asked for are off.
    pub fn on(&self, day: Date) -> Workday {
        self.days.get(&day).cloned().unwrap_or(Workday::Off)
    }
}

/// Everything a cycle is planned from.
pub(super) struct Facts {
    pub first: Date,
    pub days: Vec<Date>,
    pub reps: Vec<Rep>,
    pub language: Language,
}

/// All days from the first to the last, both included.
pub(super) fn days_of(first: Date, last: Date) -> Vec<Date> {
    first.series(1.day()).take_while(|day| *day <= last).collect()
}

impl Facts {
    /// Reads them as they are now.
    pub async fn load(app: &App, question: &Question, first: Date, last: Date) -> Result<Self, Problem> {
        let language = Language::of(Some(&question.language));
        let days = days_of(first, last);
        let mut reps = Vec::with_capacity(question.people.len() + 1);
        for user in &question.people {
            reps.push(Rep {
                wanted: visits::horizon(app, user, first, last).await?,
                ..rep_on(app, question, user, &days, language).await?
            });
        }
        for promise in &question.promises {
            let known = |rep: &Rep| {
                let mut wanted = rep.wanted.iter();
                wanted.any(|w| w.candidate.location_id == promise.location_id)
            };
            if reps.iter().any(known) {
                continue;
            }
            let wanted = visits::wanted_at(app, &promise.location_id, first).await?;
            let owners = visits::owners_of(app, &promise.location_id).await?;
            let rep = reps.iter().position(|r| owners.contains(&r.user_id)).unwrap_or(0);
            if let (Some(wanted), Some(rep)) = (wanted, reps.get_mut(rep)) {
                rep.wanted.push(wanted);
            }
        }
        if question.helper.is_some() {
            reps.push(rep_on(app, question, HELPER, &days, language).await?);
        }
        Ok(Self {
            first,
            days,
            reps,
            language,
        })
    }

    /// The number of a day, 0 the first.
    pub fn number_of(&self, day: Date) -> Option<u16> {
        let at = self.days.iter().position(|d| *d == day)?;
        u16::try_from(at).ok()
    }
}

/// A rep with these days and nobody to visit; the one there might be, too.
pub(super) async fn rep_on(
    app: &App,
    question: &Question,
    user: &str,
    days: &[Date],
    language: Language,
) -> Result<Rep, Problem> {
    let Some(helper) = question.helper.as_ref().filter(|_| user == HELPER) else {
        return real_rep(app, user, days, &question.ill, language).await;
    };
    let place = LngLat::new(helper.lng, helper.lat)
        .map_err(|e| Problem::bad("/lng", "off-the-earth", format!("{e}.")))?;
    let home = Home {
        place,
        label: helper.name.clone(),
    };
    Ok(Rep {
        user_id: HELPER.into(),
        name: helper.name.clone(),
        home: Some(home),
        message: None,
        ..real_rep(app, &helper.like_user_id, days, &[], language).await?
    })
}

async fn real_rep(
    app: &App,
    user: &str,
    days: &[Date],
    ill: &[Away],
    language: Language,
) -> Result<Rep, Problem> {
    let (Some(first), Some(last)) = (days.iter().min().copied(), days.iter().max().copied()) else {
        return Err(Problem::unexpected("a rep without days"));
    };
    let person = app
        .store
        .get(&Viewer::system(), "user", user, At::PRESENT)
        .await?
        .ok_or_else(|| Problem::not_found(format!("User {user}")))?;
    let calendar = calendars::calendar_of(&app.store, user).await?;
    let mut away = calendars::absences(&app.store, user, first, last).await?;
    let ill = ill.iter().filter(|a| a.user_id == user);
    away.extend(ill.map(|a| (a.from_day, a.to_day, "ill".to_owned())));
    let zone = &app.settings.zone;
    let today = zone.date(app.store.now());
    let workday = |calendar: &Calendar, day: Date| {
        let Some(shift) = calendar.window_on(zone, day) else {
            return Workday::Off;
        };
        if day < today {
            Workday::Past
        } else if day == today {
            Workday::Today
        } else if away.iter().any(|(from, to, _)| *from <= day && day <= *to) {
            Workday::Absent { shift }
        } else {
            let lunch = calendar.lunch_on(zone, day, shift.from, shift.to);
            Workday::Work { shift, lunch }
        }
    };
    let message = match &calendar {
        Some(c) if c.has_shifts() && c.home.is_some() => None,
        Some(c) if c.has_shifts() => Some(words::home_missing(language)),
        _ => Some(words::hours_missing(language, false)),
    };
    let on = |day: &Date| {
        let workday = calendar.as_ref().map_or(Workday::Off, |c| workday(c, *day));
        (*day, workday)
    };
    Ok(Rep {
        user_id: user.to_owned(),
        name: person.text("name").unwrap_or_default().to_owned(),
        days: days.iter().map(on).collect(),
        calendar_version: calendar
            .as_ref()
            .map_or_else(String::new, |c| format!("{} false", c.version)),
        max_drive: calendar
            .as_ref()
            .and_then(|c| c.max_drive_minutes)
            .map(Span::minutes),
        home: calendar.and_then(|c| c.home),
        wanted: Vec::new(),
        message,
    })
}

/// Seconds of a day's clock.
pub(super) fn time_of(text: &str) -> Option<TimeOfDay> {
    let (hours, minutes) = text.split_once(':')?;
    let (hours, minutes) = (hours.parse::<i32>().ok()?, minutes.parse::<i32>().ok()?);
    ((0..24).contains(&hours) && (0..60).contains(&minutes)).then_some(TimeOfDay(hours * 3600 + minutes * 60))
}
