//! What the records say about places to be visited: names, addresses, opening hours, deals about to close.

use std::collections::HashMap;

use jiff::ToSpan as _;
use jiff::civil::Date;
use records::Record;

use super::{Candidate, store, urgency};
use crate::App;
use crate::live::accounts_of;
use crate::problem::Problem;

/// An opportunity that closes within so many days makes a visit more urgent.
const CLOSING_WITHIN_DAYS: i64 = 14;

/// The last day on which an opportunity may close to make a visit on `day` more urgent.
pub(super) fn closing_until(day: Date) -> Date {
    day.saturating_add(CLOSING_WITHIN_DAYS.days())
}

/// What is known of places, by id; those that are gone are missing.
pub(crate) async fn described(
    app: &App,
    places: &[String],
    day: Date,
) -> Result<HashMap<String, Candidate>, Problem> {
    let details = Details::load(app, places, day).await?;
    let mut found = HashMap::with_capacity(places.len());
    for place in places {
        let mut candidate = Candidate::at(place.clone());
        if details.fill(&mut candidate, None, true) {
            found.insert(place.clone(), candidate);
        }
    }
    Ok(found)
}

/// The records behind a set of places.
pub(super) struct Details {
    accounts_by_place: HashMap<String, String>,
    accounts: HashMap<String, Record>,
    locations: HashMap<String, Record>,
    closing: HashMap<String, Date>,
}

impl Details {
    /// Reads them; deals that close soon after `day` count.
    pub async fn load(app: &App, places: &[String], day: Date) -> Result<Self, Problem> {
        let accounts_by_place = accounts_of(app, places).await?;
        let mut ids: Vec<String> = accounts_by_place.values().cloned().collect();
        ids.sort_unstable();
        ids.dedup();
        let until = closing_until(day);
        Ok(Self {
            accounts: store::by_ids(&app.store, "account", &ids).await?,
            locations: store::by_ids(&app.store, "location", places).await?,
            closing: store::closing(&app.store, &ids, day, until).await?,
            accounts_by_place,
        })
    }

    /// Fills in a candidate; false if nobody is to be visited there: the place or its customer is gone or, unless
    /// the visit is `kept`, closed.
    pub fn fill(&self, candidate: &mut Candidate, rhythm: Option<i64>, kept: bool) -> bool {
        let place = &candidate.location_id;
        let account = self
            .accounts_by_place
            .get(place)
            .and_then(|a| self.accounts.get(a));
        let (Some(location), Some(account)) = (self.locations.get(place), account) else {
            return false;
        };
        let out = account.text("status") == Some("closed") || location.boolean("active") == Some(false);
        if out && !kept {
            return false;
        }
        describe(candidate, account, location);
        candidate.closing = self.closing.get(&account.id).copied();
        (candidate.tier, candidate.prize) = urgency(
            candidate.due_state,
            candidate.class.as_deref(),
            candidate.due_days,
            rhythm,
            candidate.closing.is_some(),
        );
        true
    }
}

/// What the records say about a candidate.
fn describe(candidate: &mut Candidate, account: &Record, location: &Record) {
    let text = |name: &str| location.text(name).unwrap_or_default();
    let street = [text("street"), text("house_number")].join(" ");
    let town = [text("postal_code"), text("city")].join(" ");
    let parts: Vec<&str> = [street.trim(), town.trim()]
        .into_iter()
        .filter(|p| !p.is_empty())
        .collect();
    candidate.address = if parts.is_empty() {
        text("source_text").to_owned()
    } else {
        parts.join(", ")
    };
    // What the geocoder matched is spelt as the map spells it.
    let matched = location.text("geocode_label").and_then(|l| l.split(',').next());
    candidate.street = matched
        .unwrap_or(&street)
        .trim_end_matches(|c: char| !c.is_alphabetic() && c != '.')
        .trim()
        .to_owned();
    if let Some((name, last)) = candidate.street.rsplit_once(' ')
        && last.starts_with(|c: char| c.is_ascii_digit())
    {
        candidate.street = name.to_owned();
    }
    candidate.account_id = account.id.clone();
    candidate.name = account.text("name").unwrap_or_default().to_owned();
    if let Some(place) = location
        .text("name")
        .filter(|p| !p.is_empty() && *p != candidate.name)
    {
        candidate.name = format!("{}, {place}", candidate.name);
    }
    candidate.phone = account.text("phone").map(str::to_owned);
    candidate.class = account.text("class").map(str::to_owned);
    candidate.place = location.place();
    candidate.opening_hours = location.text("opening_hours").map(str::to_owned);
    candidate.country = location.text("country").map(str::to_owned);
    if let Some(minutes) = location
        .integer("visit_minutes")
        .filter(|m| (1..=600).contains(m))
    {
        candidate.service_minutes = minutes;
    }
}
