//! Who is in a segment now, or was on a date, as far as the asker may see.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use geom::Timestamp;
use points::{Filter as Points, Found, RowId, Shape};
use records::{At, Filter, Links, Query, Record, Viewer};

use super::definition::{Definition, Subject, cql2};
use super::related::{Part, part, places_of};
use crate::App;
use crate::live::{State, accounts_of, filter_of, id_text, index_problem, row_id, sight};
use crate::problem::Problem;
use crate::regions::Ground;
use crate::sessions::Signed;

/// The members of a segment at a moment.
pub(crate) struct Members {
    pub subject: Subject,
    pub as_of: Option<Timestamp>,
    /// One place for each customer, the first of those that are inside; of a segment of customers.
    pub(super) places: Vec<RowId>,
    pub(super) state: Arc<State>,
    /// Contacts or leads.
    pub(super) ids: Vec<String>,
    /// Names and outlines of the shapes.
    pub shapes: Vec<geojson::Feature>,
    /// Within what was counted, where that is not everything.
    pub rights_note: Option<String>,
}

/// Asks a segment's conditions.
///
/// # Errors
/// What cannot be understood; shapes that cannot be made.
pub(crate) async fn ask(
    app: &App,
    signed: &Signed,
    subject: Subject,
    definition: &Definition,
    as_of: Option<Timestamp>,
) -> Result<Members, Problem> {
    let mut grounds = Vec::with_capacity(definition.within.len());
    for body in &definition.within {
        grounds.push(Ground::resolve(app, signed, body).await?);
    }
    let state = app.live.at(as_of).await?;
    let mut members = Members {
        subject,
        as_of,
        places: Vec::new(),
        ids: Vec::new(),
        shapes: grounds.iter().filter_map(Ground::feature).collect(),
        rights_note: None,
        state,
    };
    let own = cql2(definition.filter.as_ref());
    match subject {
        Subject::Account => {
            let (places, note) =
                places(app, signed, &members.state, &own, definition, &grounds, as_of).await?;
            members.places = one_each(app, &members.state, places).await?;
            members.rights_note = note;
        }
        Subject::Contact => {
            let customers = cql2(definition.customers.as_ref());
            let any = !(customers.is_empty() && grounds.is_empty() && definition.related.is_empty());
            let at = if any {
                let (places, note) = places(
                    app,
                    signed,
                    &members.state,
                    &customers,
                    definition,
                    &grounds,
                    as_of,
                )
                .await?;
                members.rights_note = note;
                Some(places)
            } else {
                None
            };
            members.ids = contacts(app, signed, &own, at.as_deref(), as_of).await?;
        }
        Subject::Lead => members.ids = leads(app, signed, &own, &grounds, as_of).await?,
    }
    Ok(members)
}

/// Who is in a segment on record: by its conditions, or by the list they gave once.
pub(crate) async fn of_record(
    app: &App,
    signed: &Signed,
    segment: &Record,
    as_of: Option<Timestamp>,
) -> Result<Members, Problem> {
    let subject = segment.text("subject").and_then(Subject::parse);
    let subject = subject.ok_or_else(|| Problem::unexpected("a segment of nothing"))?;
    let definition = segment.fields.get("definition").cloned().unwrap_or_default();
    let definition = Definition::read(&definition, subject, "/definition")?;
    if segment.text("kind") != Some("static") {
        return ask(app, signed, subject, &definition, as_of).await;
    }
    let at = as_of.map_or(At::PRESENT, At::as_of);
    let list = Query::of("segment_member")
        .filter(Filter::eq("segment_id", segment.id.as_str()))
        .at(at);
    let field = format!("{}_id", subject.as_str());
    let mut ids = app.store.texts(&signed.viewer, &list, &field).await?;
    ids.sort_unstable();
    let state = app.live.at(as_of).await?;
    let mut members = Members {
        subject,
        as_of,
        places: Vec::new(),
        ids: Vec::new(),
        shapes: Vec::new(),
        rights_note: None,
        state,
    };
    if subject == Subject::Account {
        let sight = sight(app, &signed.viewer).await?;
        members.rights_note = sight.note.map(|note| format!("Counted within {note} only"));
        let listed: HashSet<RowId> = places_of(app, &ids).await?.into_iter().collect();
        let seen = rows(&members.state, sight.filter, vec![(true, listed)]).await?;
        members.places = one_each(app, &members.state, seen).await?;
    } else {
        // Whoever is gone since is no member any more, and whom the asker may not see is none to them.
        for some in ids.chunks(Filter::MAX_LIST) {
            let query = Query::of(subject.as_str())
                .filter(Filter::in_ids(some.to_vec()))
                .at(at);
            members
                .ids
                .extend(app.store.texts(&signed.viewer, &query, "id").await?);
        }
        members.ids.sort_unstable();
    }
    Ok(members)
}

/// The places of customers that meet conditions, and within what was counted.
async fn places(
    app: &App,
    signed: &Signed,
    state: &Arc<State>,
    filter: &str,
    definition: &Definition,
    grounds: &[Ground],
    as_of: Option<Timestamp>,
) -> Result<(Vec<RowId>, Option<String>), Problem> {
    let sight = sight(app, &signed.viewer).await?;
    let mut asked = sight.filter.and(filter_of(app, filter, as_of).await?);
    for ground in grounds {
        asked = asked.and(ground.filter(app, as_of).await?);
    }
    let mut known = Vec::new();
    for related in &definition.related {
        match part(app, signed, related, as_of).await? {
            Part::Index(condition) => asked = asked.and(condition),
            Part::Known(set) => known.push((set.inside, set.places)),
        }
    }
    let note = sight.note.map(|note| format!("Counted within {note} only"));
    Ok((rows(state, asked, known).await?, note))
}

/// Rows that pass a filter and are inside, or outside, of each set.
async fn rows(
    state: &Arc<State>,
    filter: Points,
    known: Vec<(bool, HashSet<RowId>)>,
) -> Result<Vec<RowId>, Problem> {
    let state = Arc::clone(state);
    tokio::task::spawn_blocking(move || {
        let view = state.index.view(&filter)?;
        let all = view.rows_in(&Shape::everywhere());
        let ids = all.iter().map(Found::id);
        Ok(ids
            .filter(|id| known.iter().all(|(inside, set)| set.contains(id) == *inside))
            .collect())
    })
    .await
    .map_err(Problem::unexpected)?
    .map_err(index_problem)
}

/// Of several places of one customer one: its first, if that is among them.
async fn one_each(app: &App, state: &State, places: Vec<RowId>) -> Result<Vec<RowId>, Problem> {
    let is_first = |id: &RowId| state.index.get(*id).and_then(|row| row.amount("accounts")) == Some(1);
    let others: Vec<String> = places
        .iter()
        .filter(|id| !is_first(id))
        .map(|id| id_text(*id))
        .collect();
    if others.is_empty() {
        return Ok(places);
    }
    let account_of = accounts_of(app, &others).await?;
    let mut accounts: Vec<String> = account_of.values().cloned().collect();
    accounts.sort_unstable();
    accounts.dedup();
    let inside: HashSet<RowId> = places.iter().copied().collect();
    let siblings: Vec<String> = places_of(app, &accounts)
        .await?
        .into_iter()
        .filter(|id| inside.contains(id))
        .map(id_text)
        .collect();
    let mut best: HashMap<String, (bool, RowId)> = HashMap::new();
    for (place, account) in accounts_of(app, &siblings).await? {
        let Some(id) = row_id(&place) else { continue };
        let here = (!is_first(&id), id);
        let known = best.entry(account).or_insert(here);
        *known = here.min(*known);
    }
    let chosen: HashSet<RowId> = best.values().map(|(_, id)| *id).collect();
    Ok(places
        .into_iter()
        .filter(|id| is_first(id) || chosen.contains(id))
        .collect())
}

/// Contacts that pass a filter, of the customers at these places where some are given, by id.
async fn contacts(
    app: &App,
    signed: &Signed,
    filter: &str,
    at: Option<&[RowId]>,
    as_of: Option<Timestamp>,
) -> Result<Vec<String>, Problem> {
    let own = match filter {
        "" => Filter::all(),
        text => Filter::parse_cql2(text, app.store.record_type("contact")?).map_err(records::Error::from)?,
    };
    let query = Query::of("contact")
        .filter(own)
        .at(as_of.map_or(At::PRESENT, At::as_of));
    let mut ids = match at {
        None => app.store.texts(&signed.viewer, &query, "id").await?,
        Some(places) if places.len() > Filter::MAX_LIST => {
            of_many(app, &signed.viewer, places, &query).await?
        }
        Some(places) => of_few(app, &signed.viewer, places, query).await?,
    };
    // Those of one part of the table are in order already, which a stable sort makes use of.
    ids.sort();
    Ok(ids)
}

/// The contacts of so few customers that these are named to the database.
pub(super) async fn of_few(
    app: &App,
    viewer: &Viewer,
    places: &[RowId],
    query: Query,
) -> Result<Vec<String>, Problem> {
    let places: Vec<String> = places.iter().map(|id| id_text(*id)).collect();
    let mut accounts: Vec<String> = accounts_of(app, &places).await?.into_values().collect();
    accounts.sort_unstable();
    accounts.dedup();
    let query = query.filter(Filter::one_of("account_id", accounts));
    Ok(app.store.texts(viewer, &query, "id").await?)
}

/// The contacts of so many customers that everybody's are looked at.
pub(super) async fn of_many(
    app: &App,
    viewer: &Viewer,
    places: &[RowId],
    query: &Query,
) -> Result<Vec<String>, Problem> {
    // Which places are seen was asked before.
    let (all, system) = (Query::of("location"), Viewer::system());
    let of_places = app.store.links(&system, &all, "account_id");
    let of_contacts = app.store.links(viewer, query, "account_id");
    let (of_places, of_contacts) = tokio::try_join!(of_places, of_contacts)?;
    let places: HashSet<RowId> = places.iter().copied().collect();
    tokio::task::spawn_blocking(move || named_at(&places, &of_places, &of_contacts))
        .await
        .map_err(Problem::unexpected)
}

/// Those of `contacts` whose customer has one of the places.
fn named_at(places: &HashSet<RowId>, of_places: &Links, of_contacts: &Links) -> Vec<String> {
    let at = of_places
        .iter()
        .filter(|(place, _)| row_id(place).is_some_and(|id| places.contains(&id)));
    let accounts: HashSet<&str> = at.map(|(_, account)| account).collect();
    let contacts = of_contacts.iter();
    contacts
        .filter(|(_, account)| accounts.contains(account))
        .map(|(contact, _)| contact.to_owned())
        .collect()
}

async fn leads(
    app: &App,
    signed: &Signed,
    filter: &str,
    grounds: &[Ground],
    as_of: Option<Timestamp>,
) -> Result<Vec<String>, Problem> {
    let mut asked = match filter {
        "" => Filter::all(),
        text => Filter::parse_cql2(text, app.store.record_type("lead")?).map_err(records::Error::from)?,
    };
    for ground in grounds {
        if let Some(territories) = ground.territories() {
            asked = asked.and(Filter::one_of("territory_id", territories.to_vec()));
        } else if let Some(polygons) = ground.polygons() {
            asked = asked.and(Filter::Within(
                records::Shape::new(polygons.clone()).map_err(records::Error::from)?,
            ));
        }
    }
    let query = Query::of("lead")
        .filter(asked)
        .at(as_of.map_or(At::PRESENT, At::as_of));
    let mut ids = app.store.texts(&signed.viewer, &query, "id").await?;
    ids.sort_unstable();
    Ok(ids)
}
