//! Whom could a rep visit on a day? Promises first, then who is due by rhythm and past visits.

use std::collections::{BTreeSet, HashMap, HashSet};

use geom::Timestamp;
use jiff::ToSpan as _;
use jiff::civil::Date;
use points::{Filter, Shape};
use records::Record;

use super::details::{self, Details};
use super::{
    CampaignWish, Candidate, DUE_WITHIN_DAYS, DueState, MOST_CANDIDATES, USUAL_MINUTES, store, urgency,
    visit_id,
};
use crate::App;
use crate::live::{id_text, index_problem};
use crate::problem::Problem;

/// A visit further away than that is no suggestion, whatever its rhythm.
const SUGGESTED_WITHIN_DAYS: i64 = 14;
/// Most visits that are listed as beyond [`MOST_CANDIDATES`].
const MOST_BEYOND: usize = 500;

/// What a day can be planned from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gathered {
    /// The most urgent first; places visited on the day are not among them.
    pub candidates: Vec<Candidate>,
    /// Due, but less urgent than [`MOST_CANDIDATES`] others.
    pub beyond: Vec<Candidate>,
    /// Visits that were begun on the day, by the time of checking in.
    pub started: Vec<(Candidate, Record)>,
    /// How many are overdue, due and promised, whether or not among the candidates.
    pub counts: Counts,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub overdue: usize,
    pub due: usize,
    pub appointments: usize,
}

/// A place of the rep's with what the live index knows.
pub(super) struct Known {
    pub location: String,
    pub class: Option<String>,
    pub last: Option<Timestamp>,
    pub due_at: Option<Timestamp>,
}

/// Collects who could be visited by `user` on `day`. `wanted` are ids of visits or places that are to be
/// among the candidates whether due or not.
pub(crate) async fn gather(
    app: &App,
    user: &str,
    day: Date,
    wanted: &BTreeSet<String>,
) -> Result<Gathered, Problem> {
    let zone = &app.settings.zone;
    let now = app.store.now();
    let (from, to) = (zone.start_of(day), zone.start_of(day.saturating_add(1.day())));
    let of_day = store::planned_between(&app.store, user, from, to).await?;
    let location_of = |visit: &Record| visit.text("location_id").unwrap_or_default().to_owned();

    let mine = of_rep(app, user, now).await?;
    let horizon = zone.start_of(day.saturating_add((SUGGESTED_WITHIN_DAYS + 1).days()));
    let near: Vec<&Known> = mine
        .iter()
        .filter(|k| k.due_at.is_some_and(|due| due < horizon))
        .collect();
    // Whoever was seen before or after the day they were planned for is over for this one.
    let begun_on = |visit: &Record| visit.integer("check_in_at");
    let (of_day, met): (Vec<Record>, Vec<Record>) = of_day
        .into_iter()
        .partition(|visit| begun_on(visit).is_none_or(|at| (from.0..to.0).contains(&at)));
    let met: HashSet<String> = met.iter().map(location_of).collect();
    let mut planned: HashMap<String, &Record> = HashMap::new();
    for visit in &of_day {
        // Of several visits at a place, the one that was begun is the one that counts.
        if begun_on(visit).is_some() || !planned.contains_key(&location_of(visit)) {
            planned.insert(location_of(visit), visit);
        }
    }
    let asked = wanted_places(app, wanted, &mine, day).await?;
    let own: Vec<String> = mine.iter().map(|k| k.location.clone()).collect();
    let campaigns = by_place_of(store::asked_for(&app.store, &own, user, day, day).await?);
    let mut places: BTreeSet<String> = near.iter().map(|k| k.location.clone()).collect();
    places.extend(campaigns.keys().cloned());
    places.extend(planned.keys().cloned());
    places.extend(asked.iter().cloned());
    let places: Vec<String> = places.into_iter().collect();

    let rhythms = Rhythms::load(app, &places).await?;
    let open = OpenVisits::load(app, &places, zone.day_start(now.min(from)), user, (from, to)).await?;
    let by_place: HashMap<&str, &Known> = mine.iter().map(|k| (k.location.as_str(), k)).collect();
    let mut candidates = Vec::new();
    for place in &places {
        let appointment = planned.get(place).copied();
        let is_elsewhere = open.elsewhere.contains(place) && !asked.contains(place);
        if appointment.is_none() && (is_elsewhere || met.contains(place)) {
            continue;
        }
        let known = by_place.get(place.as_str()).copied();
        let class = known.and_then(|k| k.class.clone());
        let rhythm = rhythms.of(place, class.as_deref());
        let due = known.and_then(|k| due_on(k, zone, day));
        // A day agreed on with the customer may come sooner than the rhythm's least gap.
        let too_soon = due.is_some_and(|days| days > 0)
            && known.and_then(|k| k.last).is_some_and(|last| {
                let gap = days_between(zone.date(last), day);
                rhythm.is_some_and(|r| gap < r.least_gap)
            });
        let campaign = campaigns.get(place);
        let mut state = if appointment.is_some_and(|v| v.integer("promised_at").is_some()) {
            DueState::Appointment
        } else {
            due.map_or(DueState::None, |days| state_of(days, rhythm.map(|r| r.days)))
        };
        let mut due = due;
        // A campaign makes a visit due until its last day; who is due by rhythm anyway is visited once for both.
        if campaign.is_some() && matches!(state, DueState::Later | DueState::None) {
            state = DueState::Due;
            due = Some(
                campaign
                    .and_then(latest)
                    .map_or(0, |last| days_between(day, last)),
            );
        }
        let must = appointment.is_some() || asked.contains(place);
        if !must && campaign.is_none() && (too_soon || state == DueState::None) {
            continue;
        }
        let record = appointment.or(campaign).or_else(|| open.due.get(place));
        let candidate = Candidate {
            visit_id: record.map_or_else(|| visit_id(place, day), |v| v.id.clone()),
            on_record: record.is_some(),
            class,
            due_state: state,
            due_days: due,
            service_minutes: appointment
                .and_then(|v| v.integer("duration_minutes"))
                .or(rhythm.and_then(|r| r.minutes))
                .unwrap_or(USUAL_MINUTES),
            promised_at: appointment.and_then(|v| v.integer("promised_at")).map(Timestamp),
            // Planned already, it is still the campaign's.
            campaign: record.and_then(wish),
            ..Candidate::at(place.clone())
        };
        candidates.push((candidate, rhythm.map(|r| r.days)));
    }
    let kept: HashSet<String> = planned.keys().chain(&asked).cloned().collect();
    let begun: Vec<Record> = of_day.into_iter().filter(|v| begun_on(v).is_some()).collect();
    complete(app, day, candidates, begun, &kept).await
}

/// Visits by their place; of several at one place the one that has to be made first.
pub(super) fn by_place_of(visits: Vec<Record>) -> HashMap<String, Record> {
    let mut found: HashMap<String, Record> = HashMap::new();
    for visit in visits {
        let Some(place) = visit.text("location_id").map(str::to_owned) else {
            continue;
        };
        let key = |v: &Record| (latest(v).is_none(), latest(v), v.id.clone());
        if found.get(&place).is_none_or(|known| key(&visit) < key(known)) {
            found.insert(place, visit);
        }
    }
    found
}

pub(super) fn latest(visit: &Record) -> Option<Date> {
    visit.text("latest_on").and_then(|day| day.parse().ok())
}

/// What a campaign asks for with this visit, if one does.
pub(super) fn wish(visit: &Record) -> Option<CampaignWish> {
    (visit.text("cause") == Some("campaign")).then(|| CampaignWish {
        name: visit.text("purpose").unwrap_or_default().to_owned(),
        until: latest(visit),
    })
}

/// Leaves out what is closed, cuts at the limit, and fills in names, places, notes and deals of the rest: of many who
/// are due most are only counted. Candidates come with the days of their rhythm.
async fn complete(
    app: &App,
    day: Date,
    mut candidates: Vec<(Candidate, Option<i64>)>,
    begun: Vec<Record>,
    kept: &HashSet<String>,
) -> Result<Gathered, Problem> {
    let ids: Vec<String> = candidates.iter().map(|c| c.0.location_id.clone()).collect();
    let outlines = store::outlines(app.store.db(), &ids).await?;
    let closing = store::closing_at(app.store.db(), day, details::closing_until(day)).await?;
    candidates.retain_mut(|(candidate, rhythm)| {
        let Some(outline) = outlines.get(&candidate.location_id) else {
            return false;
        };
        (candidate.tier, candidate.prize) = urgency(
            candidate.due_state,
            outline.class.as_deref(),
            candidate.due_days,
            *rhythm,
            closing.contains(&outline.account_id),
        );
        !outline.is_out() || kept.contains(&candidate.location_id)
    });
    let mut started = Vec::new();
    for visit in begun {
        if let Some(at) = candidates.iter().position(|c| c.0.visit_id == visit.id) {
            started.push((candidates.remove(at), visit));
        }
    }
    started.sort_by_key(|(_, visit)| (visit.integer("check_in_at"), visit.id.clone()));
    let count = |state| candidates.iter().filter(|c| c.0.due_state == state).count();
    let counts = Counts {
        overdue: count(DueState::Overdue),
        due: count(DueState::Due),
        appointments: count(DueState::Appointment),
    };
    let rank = |c: &Candidate| (!kept.contains(&c.location_id), c.tier, std::cmp::Reverse(c.prize));
    candidates.sort_by(|(a, _), (b, _)| {
        rank(a)
            .cmp(&rank(b))
            .then_with(|| a.location_id.cmp(&b.location_id))
    });
    let mut beyond = candidates.split_off(candidates.len().min(MOST_CANDIDATES.max(kept.len())));
    // A suggestion that does not make the list is nothing that is missing from the day.
    beyond.retain(|c| c.0.tier < 4);
    beyond.truncate(MOST_BEYOND);

    let listed = candidates
        .iter()
        .chain(&beyond)
        .chain(started.iter().map(|s| &s.0));
    let ids: Vec<String> = listed.map(|c| c.0.location_id.clone()).collect();
    let details = Details::load(app, &ids, day).await?;
    let filled = |(mut candidate, rhythm): (Candidate, Option<i64>)| {
        let kept = kept.contains(&candidate.location_id);
        details.fill(&mut candidate, rhythm, kept).then_some(candidate)
    };
    let mut candidates: Vec<Candidate> = candidates.into_iter().filter_map(filled).collect();
    let beyond = beyond.into_iter().filter_map(filled).collect();
    let started = started
        .into_iter()
        .filter_map(|(candidate, visit)| Some((filled(candidate)?, visit)))
        .collect();
    let ids: Vec<String> = candidates.iter().map(|c| c.location_id.clone()).collect();
    let mut notes = store::last_notes(app.store.db(), &ids).await?;
    for candidate in &mut candidates {
        candidate.last_note = notes.remove(&candidate.location_id);
    }
    Ok(Gathered {
        candidates,
        beyond,
        started,
        counts,
    })
}

/// The rep's places: those of accounts they own, and those in territories they own.
pub(super) async fn of_rep(app: &App, user: &str, now: Timestamp) -> Result<Vec<Known>, Problem> {
    let territories = store::owned_territories(app.store.db(), user, now).await?;
    let filter = Filter::Or(vec![
        Filter::category("owner_id", [user]),
        Filter::category("territory_id", territories),
    ]);
    let state = app.live.present();
    let view = state.index.view(&filter).map_err(index_problem)?;
    let rows = view.rows_in(&Shape::everywhere());
    Ok(rows.iter().map(known).collect())
}

/// What is known of places, whoever has them.
pub(super) fn known_at(app: &App, places: &BTreeSet<String>) -> Vec<Known> {
    let state = app.live.present();
    let rows = places
        .iter()
        .filter_map(|id| state.index.get(crate::live::row_id(id)?));
    rows.map(|row| known(&row)).collect()
}

fn known(row: &points::Found<'_>) -> Known {
    Known {
        location: id_text(row.id()),
        class: row.category("class").map(str::to_owned),
        last: row.time("last_visit"),
        due_at: row.time("due_at"),
    }
}

/// The places that a wish names by visit or by place.
async fn wanted_places(
    app: &App,
    wanted: &BTreeSet<String>,
    mine: &[Known],
    day: Date,
) -> Result<HashSet<String>, Problem> {
    if wanted.is_empty() {
        return Ok(HashSet::new());
    }
    let ids: Vec<String> = wanted.iter().cloned().collect();
    let visits = store::by_ids(&app.store, "visit", &ids).await?;
    let mut places: HashSet<String> = visits
        .values()
        .filter_map(|v| v.text("location_id").map(str::to_owned))
        .collect();
    places.extend(
        mine.iter()
            .filter(|k| wanted.contains(&k.location))
            .map(|k| k.location.clone()),
    );
    places.extend(
        mine.iter()
            .filter(|k| wanted.contains(&visit_id(&k.location, day)))
            .map(|k| k.location.clone()),
    );
    Ok(places)
}

pub(super) fn days_between(from: Date, to: Date) -> i64 {
    from.until(to).map_or(0, |span| i64::from(span.get_days()))
}

/// Days from the day to the due date; somebody never visited is due now.
fn due_on(known: &Known, zone: &crate::Zone, day: Date) -> Option<i64> {
    let due = known.due_at?;
    Some(if known.last.is_none() {
        0
    } else {
        days_between(day, zone.date(due))
    })
}

pub(super) fn state_of(due_days: i64, rhythm: Option<i64>) -> DueState {
    let early = rhythm.map_or(0, |days| days / 4).min(SUGGESTED_WITHIN_DAYS);
    match due_days {
        days if days < 0 => DueState::Overdue,
        days if days < DUE_WITHIN_DAYS => DueState::Due,
        days if days <= early => DueState::Later,
        _ => DueState::None,
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Rhythm {
    pub days: i64,
    /// Not sooner than so many days after the last visit.
    pub least_gap: i64,
    pub minutes: Option<i64>,
}

pub(super) struct Rhythms {
    by_class: HashMap<String, Rhythm>,
    by_place: HashMap<String, Rhythm>,
}

impl Rhythms {
    pub async fn load(app: &App, places: &[String]) -> Result<Self, Problem> {
        let mut rhythms = Self {
            by_class: HashMap::new(),
            by_place: HashMap::new(),
        };
        for record in store::frequencies(&app.store, places).await? {
            let days = record.integer("days").unwrap_or(1).max(1);
            let rhythm = Rhythm {
                days,
                least_gap: record.integer("min_gap_days").unwrap_or(days / 2),
                minutes: record
                    .integer("duration_minutes")
                    .filter(|m| (1..=600).contains(m)),
            };
            match (record.text("location_id"), record.text("class")) {
                (Some(place), _) => drop(rhythms.by_place.insert(place.to_owned(), rhythm)),
                (None, Some(class)) => drop(rhythms.by_class.insert(class.to_owned(), rhythm)),
                (None, None) => {}
            }
        }
        Ok(rhythms)
    }

    pub fn of(&self, place: &str, class: Option<&str>) -> Option<Rhythm> {
        self.by_place
            .get(place)
            .or_else(|| self.by_class.get(class?))
            .copied()
    }
}

/// Visits on record at the candidates' places.
struct OpenVisits {
    /// Planned for another day, or for this day by somebody else.
    elsewhere: HashSet<String>,
    /// Waiting for a day.
    due: HashMap<String, Record>,
}

impl OpenVisits {
    async fn load(
        app: &App,
        places: &[String],
        since: Timestamp,
        user: &str,
        day: (Timestamp, Timestamp),
    ) -> Result<Self, Problem> {
        let mut open = Self {
            elsewhere: HashSet::new(),
            due: HashMap::new(),
        };
        for visit in store::open_at(&app.store, places, since).await? {
            let Some(place) = visit.text("location_id").map(str::to_owned) else {
                continue;
            };
            let owner = visit.text("owner_id");
            if visit.text("status") == Some("due") {
                if owner.is_none() || owner == Some(user) {
                    open.due.insert(place, visit);
                }
                continue;
            }
            let start = visit.integer("planned_start").unwrap_or(0);
            let is_this_day = owner == Some(user) && start >= day.0.0 && start < day.1.0;
            if !is_this_day {
                open.elsewhere.insert(place);
            }
        }
        Ok(open)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn due_states_by_days_and_rhythm() {
        // (days until due, rhythm, expected); a quarter of the rhythm is early enough for a suggestion
        for (days, rhythm, expected) in [
            (-1, Some(14), DueState::Overdue),
            (0, Some(14), DueState::Due),
            (6, Some(56), DueState::Due),
            (7, Some(14), DueState::None),
            (7, Some(28), DueState::Later),
            (14, Some(56), DueState::Later),
            (15, Some(200), DueState::None),
            (7, None, DueState::None),
        ] {
            assert_eq!(state_of(days, rhythm), expected, "{days} of {rhythm:?}");
        }
    }
}
