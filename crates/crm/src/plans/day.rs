//! The facts of a rep's day: calendar, absence, who could be visited.

use std::collections::{BTreeMap, BTreeSet};

use ::plan::Window;
use jiff::civil::Date;
use records::{At, Viewer};

use super::words::{self, Language};
use crate::App;
use crate::calendars::{self, Calendar, Home};
use crate::problem::Problem;
use crate::sessions::Signed;
use crate::users::Role;
use crate::visits::{self, Gathered};

/// Whose day is looked at.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub id: String,
    pub name: String,
    /// It is the viewer's own day.
    pub is_self: bool,
}

/// Everything that a day is planned from.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub day: Date,
    pub person: Person,
    pub calendar: Option<Calendar>,
    pub shift: Option<Window>,
    /// Why the person is away.
    pub absent: Option<String>,
    pub gathered: Gathered,
    pub language: Language,
}

/// What planning needs of the facts.
pub(crate) struct Workday<'a> {
    pub calendar: &'a Calendar,
    pub shift: Window,
    pub home: &'a Home,
}

/// The person whose day is asked for: oneself, or for managers and admins anybody.
pub(crate) async fn person(app: &App, signed: &Signed, user: Option<&str>) -> Result<Person, Problem> {
    let Some(id) = user.filter(|u| !u.is_empty() && *u != signed.user_id) else {
        return Ok(Person {
            id: signed.user_id.clone(),
            name: signed.name.clone(),
            is_self: true,
        });
    };
    signed.needs(&[Role::Manager, Role::Admin], "Looking at another person's day")?;
    let found = app.store.get(&signed.viewer, "user", id, At::PRESENT).await?;
    let found = found.ok_or_else(|| Problem::not_found(format!("User {id}")))?;
    Ok(Person {
        id: found.id.clone(),
        name: found.text("name").unwrap_or_default().to_owned(),
        is_self: false,
    })
}

/// The language in which a person reads.
pub(crate) async fn language_of(app: &App, user: &str) -> Result<Language, Problem> {
    let user = app
        .store
        .get(&Viewer::system(), "user", user, At::PRESENT)
        .await?;
    Ok(Language::of(user.as_ref().and_then(|u| u.text("language"))))
}

impl Facts {
    /// Reads them. `wanted` visits are among the candidates whether due or not.
    pub async fn load(
        app: &App,
        person: Person,
        day: Date,
        wanted: &BTreeSet<String>,
        language: Language,
    ) -> Result<Self, Problem> {
        let calendar = calendars::calendar_of(&app.store, &person.id).await?;
        let away = calendars::absences(&app.store, &person.id, day, day).await?;
        let shift = calendar
            .as_ref()
            .and_then(|c| c.window_on(&app.settings.zone, day));
        let gathered = visits::gather(app, &person.id, day, wanted).await?;
        Ok(Self {
            day,
            absent: away
                .first()
                .map(|(_, last, reason)| words::absent(language, reason, *last)),
            calendar,
            shift,
            gathered,
            person,
            language,
        })
    }

    /// What keeps the day from being planned, in words.
    pub fn hindrance(&self) -> Option<(&'static str, String)> {
        let lang = self.language;
        let Some(calendar) = self.calendar.as_ref().filter(|c| c.has_shifts()) else {
            return Some((
                "no-working-hours",
                words::hours_missing(lang, self.person.is_self),
            ));
        };
        if let Some(absent) = &self.absent {
            return Some(("absent", absent.clone()));
        }
        if calendar.is_holiday(self.day) {
            return Some(("public-holiday", words::public_holiday(lang, self.day)));
        }
        if self.shift.is_none() {
            return Some(("no-working-hours", words::day_off(lang, self.day)));
        }
        calendar
            .home
            .is_none()
            .then(|| ("no-home", words::home_missing(lang)))
    }

    /// The working day, or why there is none.
    pub fn workday(&self) -> Result<Workday<'_>, Problem> {
        if let Some((code, text)) = self.hindrance() {
            return Err(Problem::conflict(code, text));
        }
        match (&self.calendar, self.shift) {
            (Some(calendar), Some(shift)) => match &calendar.home {
                Some(home) => Ok(Workday {
                    calendar,
                    shift,
                    home,
                }),
                None => Err(Problem::conflict("no-home", words::home_missing(self.language))),
            },
            _ => Err(Problem::conflict(
                "no-working-hours",
                words::hours_missing(self.language, self.person.is_self),
            )),
        }
    }

    /// What a plan depends on, by place; `standing` leaves out how urgent the visits are.
    pub fn fingerprint(&self, standing: bool) -> BTreeMap<String, String> {
        let started = self.gathered.started.iter().map(|(c, _)| c).filter(|_| standing);
        self.gathered
            .candidates
            .iter()
            .chain(started)
            .map(|c| {
                let facts = if standing { c.standing_facts() } else { c.facts() };
                (c.location_id.clone(), facts)
            })
            .collect()
    }

    /// The calendar's version, with the absence.
    pub fn calendar_version(&self) -> String {
        let version = self
            .calendar
            .as_ref()
            .map(|c| c.version.clone())
            .unwrap_or_default();
        format!("{version} {}", self.absent.is_some())
    }
}
