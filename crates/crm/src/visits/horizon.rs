//! Whom does a rep have to visit within some weeks, how often, and what stands already?

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::ToSpan as _;
use jiff::civil::Date;
use records::Record;

use super::details::Details;
use super::due::{
    Known, Rhythm, Rhythms, by_place_of, days_between, known_at, latest, of_rep, state_of, wish,
};
use super::{Candidate, DueState, USUAL_MINUTES, store, visit_id};
use crate::App;
use crate::problem::Problem;

/// A place that is to be visited within the span, or where visits stand in it already.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// As of the first day of the span. Its visit is the first one on record, else the one that a plan of the
    /// first day would make.
    pub candidate: Candidate,
    /// Days between visits; `None` where no rhythm asks for any.
    pub rhythm: Option<i64>,
    /// Not sooner than so many days after the last visit.
    pub least_gap: i64,
    /// Day of the last visit that was made.
    pub last: Option<Date>,
    /// Visits that stand within the span and have not begun, by their times.
    pub booked: Vec<Record>,
    /// A campaign asks for one visit between these days, where no rhythm asks for any in the span.
    pub asked: Option<(Option<Date>, Option<Date>)>,
}

/// Collects what `user` has to visit from `first` to `last`, both included, in the order of place ids.
pub(crate) async fn horizon(app: &App, user: &str, first: Date, last: Date) -> Result<Vec<Wanted>, Problem> {
    let mine = of_rep(app, user, app.store.now()).await?;
    horizon_of(app, user, mine, first, last).await
}

/// The same as if these places were the user's, and no others.
pub(crate) async fn horizon_at(
    app: &App,
    user: &str,
    places: &BTreeSet<String>,
    first: Date,
    last: Date,
) -> Result<Vec<Wanted>, Problem> {
    horizon_of(app, user, known_at(app, places), first, last).await
}

async fn horizon_of(
    app: &App,
    user: &str,
    mine: Vec<Known>,
    first: Date,
    last: Date,
) -> Result<Vec<Wanted>, Problem> {
    let zone = &app.settings.zone;
    let (from, to) = (zone.start_of(first), zone.start_of(last.saturating_add(1.day())));
    let mut booked: BTreeMap<String, Vec<Record>> = BTreeMap::new();
    for visit in store::planned_between(&app.store, user, from, to).await? {
        let open = matches!(visit.text("status"), Some("planned" | "confirmed" | "en_route"));
        let place = visit.text("location_id").map(str::to_owned);
        if let Some(place) = place.filter(|_| open && visit.integer("check_in_at").is_none()) {
            booked.entry(place).or_default().push(visit);
        }
    }
    let own: Vec<String> = mine.iter().map(|k| k.location.clone()).collect();
    let mut campaigns = by_place_of(store::asked_for(&app.store, &own, user, first, last).await?);
    let known: HashMap<&str, &Known> = mine.iter().map(|k| (k.location.as_str(), k)).collect();
    let mut places: BTreeSet<String> = mine
        .iter()
        .filter(|k| k.due_at.is_some_and(|due| due < to))
        .map(|k| k.location.clone())
        .collect();
    places.extend(booked.keys().cloned());
    places.extend(campaigns.keys().cloned());
    let places: Vec<String> = places.into_iter().collect();
    let rhythms = Rhythms::load(app, &places).await?;
    let waiting = waiting(app, &places, user).await?;
    let details = Details::load(app, &places, first).await?;
    let mut found = Vec::with_capacity(places.len());
    for place in places {
        let mut visits = booked.remove(&place).unwrap_or_default();
        visits.sort_by_key(|v| (v.integer("planned_start"), v.id.clone()));
        let known = known.get(place.as_str()).copied();
        let class = known.and_then(|k| k.class.clone());
        let mut rhythm = rhythms.of(&place, class.as_deref());
        let seen = known.and_then(|k| k.last).map(|at| zone.date(at));
        let due = match known.and_then(|k| k.due_at) {
            None => None,
            // Somebody never visited is due now.
            Some(_) if seen.is_none() => Some(0),
            Some(at) => Some(days_between(first, zone.date(at))),
        };
        let campaign = campaigns.remove(&place);
        let mut asked = None;
        let by_rhythm = known.and_then(|k| k.due_at).is_some_and(|due| due < to);
        let mut state = due.map_or(DueState::None, |days| state_of(days, rhythm.map(|r| r.days)));
        let mut due = due;
        if let Some(visit) = campaign.as_ref().filter(|_| !by_rhythm && visits.is_empty()) {
            let day = |name: &str| visit.text(name).and_then(|d| d.parse().ok());
            asked = Some((day("earliest_on"), day("latest_on")));
            rhythm = None;
            state = DueState::Due;
            due = Some(latest(visit).map_or(0, |last| days_between(first, last)));
        }
        let record = visits
            .first()
            .or(campaign.as_ref())
            .or_else(|| waiting.get(&place));
        let mut candidate = Candidate {
            visit_id: record.map_or_else(|| visit_id(&place, first), |v| v.id.clone()),
            on_record: record.is_some(),
            due_state: state,
            due_days: due,
            campaign: record.and_then(wish),
            class,
            service_minutes: minutes(record, rhythm),
            ..Candidate::at(place)
        };
        if details.fill(&mut candidate, rhythm.map(|r| r.days), !visits.is_empty()) {
            found.push(Wanted {
                candidate,
                rhythm: rhythm.map(|r| r.days),
                least_gap: rhythm.map_or(0, |r| r.least_gap),
                last: seen,
                booked: visits,
                asked,
            });
        }
    }
    Ok(found)
}

fn minutes(record: Option<&Record>, rhythm: Option<Rhythm>) -> i64 {
    record
        .and_then(|v| v.integer("duration_minutes"))
        .or(rhythm.and_then(|r| r.minutes))
        .unwrap_or(USUAL_MINUTES)
}

/// Visits on record that wait for a day, by place: the rep's own, and those that are nobody's.
async fn waiting(app: &App, places: &[String], user: &str) -> Result<HashMap<String, Record>, Problem> {
    let mut found = HashMap::new();
    for visit in store::waiting_at(&app.store, places).await? {
        let owner = visit.text("owner_id");
        if let Some(place) = visit.text("location_id").map(str::to_owned)
            && (owner.is_none() || owner == Some(user))
        {
            found.entry(place).or_insert(visit);
        }
    }
    Ok(found)
}

/// A place as something to be visited, whether due or not; `None` if it is gone.
pub(crate) async fn wanted_at(app: &App, location: &str, first: Date) -> Result<Option<Wanted>, Problem> {
    let known = super::described(app, &[location.to_owned()], first)
        .await?
        .remove(location);
    Ok(known.map(|candidate| Wanted {
        candidate: Candidate {
            visit_id: visit_id(location, first),
            ..candidate
        },
        rhythm: None,
        least_gap: 0,
        last: None,
        booked: Vec::new(),
        asked: None,
    }))
}

/// Who is responsible for a place: the owner of its customer, and those of its territories.
pub(crate) async fn owners_of(app: &App, location: &str) -> Result<BTreeSet<String>, Problem> {
    let mut users = BTreeSet::new();
    let ids = [location.to_owned()];
    if let Some(account) = crate::live::accounts_of(app, &ids).await?.get(location) {
        let account = store::by_ids(&app.store, "account", std::slice::from_ref(account)).await?;
        users.extend(
            account
                .values()
                .filter_map(|a| a.text("owner_id").map(str::to_owned)),
        );
    }
    users.extend(store::territory_owners(app.store.db(), location, app.store.now()).await?);
    Ok(users)
}
