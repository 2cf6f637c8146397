//! Rows of the repair queue with the same trouble: forty-one places in *Hauptstraße* without a town are one
//! question, asked once.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use geocode::{Hit, Request};
use points::{Filter as Points, Shape};
use records::{At, Op, fold};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::lookup::request_fields;
use super::repair::TO_REPAIR;
use crate::Shared;
use crate::live::{id_text, index_problem, sight, visible_location};
use crate::problem::Problem;
use crate::sessions::Signed;

/// Fewer places are quicker done one by one.
const LEAST_PLACES: usize = 2;
/// Groups that are told, the largest first.
const MOST_GROUPS: usize = 20;
/// Places written in one transaction.
const CHUNK: usize = 250;
/// Places answered for at once.
const MOST_PLACES: usize = 10_000;

/// What the places of a group have in common, folded.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    street: String,
    postal_code: String,
    city: String,
}

impl Key {
    fn text(&self) -> String {
        [&self.street, &self.postal_code, &self.city]
            .map(String::as_str)
            .join("|")
    }
}

/// A street as given and the places in it.
struct Group {
    street: String,
    postal_code: String,
    city: String,
    ids: Vec<String>,
}

/// Places with one trouble in common.
#[derive(Serialize, ToSchema)]
pub(crate) struct AlikeGroup {
    /// To be sent back with the choice.
    key: String,
    /// The street they share, without house numbers.
    street: String,
    /// The postcode they share; may be empty.
    postal_code: String,
    /// The town they share; may be empty.
    city: String,
    /// How many they are.
    count: u64,
    /// Other towns that have such a street; none where the street is unknown elsewhere.
    choices: Vec<AlikeChoice>,
}

/// A town that all places of a group may mean.
#[derive(Serialize, ToSchema)]
pub(crate) struct AlikeChoice {
    city: String,
    postal_code: String,
    /// The street there, in one line.
    label: String,
    lng: f64,
    lat: f64,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct AlikeGroups {
    /// The largest first.
    groups: Vec<AlikeGroup>,
}

/// Groups of two and more, the largest first, then by street.
async fn groups(app: &Shared, signed: &Signed) -> Result<Vec<(Key, Group)>, Problem> {
    let state = app.live.present();
    let sight = sight(app, &signed.viewer).await?;
    let filter = sight
        .filter
        .and(Points::category("geocode_status", TO_REPAIR.to_vec()));
    let view = state.index.view(&filter).map_err(index_problem)?;
    let mut found: BTreeMap<Key, Group> = BTreeMap::new();
    for row in view.rows_in(&Shape::everywhere()) {
        let street = without_number(row.text("street").unwrap_or_default());
        if street.is_empty() {
            continue;
        }
        let (postal_code, city) = (
            row.category("postal_code").unwrap_or_default(),
            row.category("city").unwrap_or_default(),
        );
        let key = Key {
            street: fold(street),
            postal_code: fold(postal_code),
            city: fold(city),
        };
        let group = found.entry(key).or_insert_with(|| Group {
            street: street.to_owned(),
            postal_code: postal_code.to_owned(),
            city: city.to_owned(),
            ids: Vec::new(),
        });
        group.ids.push(id_text(row.id()));
    }
    let mut found: Vec<(Key, Group)> = found
        .into_iter()
        .filter(|(_, g)| g.ids.len() >= LEAST_PLACES)
        .collect();
    // The order of the map breaks ties: by street, postcode, town.
    found.sort_by_key(|(_, group)| std::cmp::Reverse(group.ids.len()));
    Ok(found)
}

/// A street's name without the house number behind it.
fn without_number(street: &str) -> &str {
    let street = street.trim();
    let mut words = street
        .char_indices()
        .filter(|(at, _)| *at > 0 && street[..*at].ends_with(' '));
    let number = words.rfind(|(_, c)| c.is_ascii_digit()).map(|(at, _)| at);
    number.map_or(street, |at| street[..at].trim_end())
}

/// Groups of places with the same street, postcode and town that could not be found, and the towns they may mean
#[utoipa::path(get, path = "/api/v1/repair/alike", tag = "places", responses((status = 200, body = AlikeGroups)))]
async fn alike(State(app): State<Shared>, signed: Signed) -> Result<Json<AlikeGroups>, Problem> {
    let atlas = app.map()?;
    let mut found = groups(&app, &signed).await?;
    found.truncate(MOST_GROUPS);
    let groups = found
        .into_iter()
        .map(|(key, group)| AlikeGroup {
            key: key.text(),
            choices: choices(&atlas, &key, &group.street),
            count: group.ids.len() as u64,
            street: group.street,
            postal_code: group.postal_code,
            city: group.city,
        })
        .collect();
    Ok(Json(AlikeGroups { groups }))
}

/// Other towns with a street of this name than the one the places name already.
fn choices(atlas: &atlas::Atlas, key: &Key, street: &str) -> Vec<AlikeChoice> {
    let answer = atlas.geocoder().search(&Request {
        street,
        ..Request::default()
    });
    let mut choices: Vec<AlikeChoice> = Vec::new();
    let known = |hit: &Hit| {
        fold(&hit.city) == key.city && [String::new(), fold(&hit.postcode)].contains(&key.postal_code)
    };
    let fine = |hit: &&Hit| hit.level.is_fine() && !hit.city.is_empty() && !known(hit);
    for hit in answer.hits.iter().filter(fine) {
        if choices
            .iter()
            .all(|c| (&c.city, &c.postal_code) != (&hit.city, &hit.postcode))
        {
            choices.push(AlikeChoice {
                city: hit.city.clone(),
                postal_code: hit.postcode.clone(),
                label: hit.label.clone(),
                lng: hit.point.lng(),
                lat: hit.point.lat(),
            });
        }
    }
    choices
}

/// The town that all places of a group are in.
#[derive(Deserialize, ToSchema)]
pub(crate) struct AlikeAnswer {
    /// The group's.
    key: String,
    city: String,
    #[serde(default)]
    postal_code: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct AlikeDone {
    /// Places that were given the town and looked up again.
    changed: u64,
    /// Those of them that were found and need nobody any more.
    found: u64,
    /// Places that this person may not change.
    skipped: u64,
    /// To take it back; null where nothing was changed.
    change_set: Option<String>,
}

/// Say once which town a whole group of places is in; they are looked up again at once
#[utoipa::path(post, path = "/api/v1/repair/alike", tag = "places", request_body = AlikeAnswer,
    responses((status = 200, body = AlikeDone), (status = 400, body = Problem), (status = 404, body = Problem)))]
async fn answer(
    State(app): State<Shared>,
    signed: Signed,
    Json(given): Json<AlikeAnswer>,
) -> Result<Json<AlikeDone>, Problem> {
    let city = given.city.trim();
    if city.is_empty() {
        return Err(Problem::bad(
            "/city",
            "required",
            "Name the town that these places are in.",
        ));
    }
    let atlas = app.map()?;
    let group = groups(&app, &signed)
        .await?
        .into_iter()
        .find(|(key, _)| key.text() == given.key);
    let (_, group) =
        group.ok_or_else(|| Problem::not_found(format!("A group {:?} of the repair queue", given.key)))?;
    let mut places = Vec::new();
    let mut author = None;
    let mut skipped = 0;
    for id in group.ids.iter().take(MOST_PLACES) {
        let label = format!("Put {} places into {city}", group.ids.len());
        match signed.program_on(&app, "location", id, "geocode", &label).await {
            Ok(may) => {
                author.get_or_insert(may);
                places.push(visible_location(&app, &signed, id, At::PRESENT).await?);
            }
            Err(problem) if problem.status == 403 => skipped += 1,
            Err(problem) => return Err(problem),
        }
    }
    let Some(author) = author else {
        return Ok(Json(AlikeDone {
            changed: 0,
            found: 0,
            skipped,
            change_set: None,
        }));
    };
    let town = |fields: &Map<String, Value>| {
        let mut fields = fields.clone();
        fields.insert("city".into(), city.into());
        if !given.postal_code.trim().is_empty() {
            fields.insert("postal_code".into(), given.postal_code.trim().into());
        }
        // A line without fields gets the town at its end.
        if let Some(text) = fields.get("source_text").and_then(Value::as_str)
            && fields.get("street").is_none_or(Value::is_null)
        {
            let text = format!("{text}, {city}");
            fields.insert("source_text".into(), text.into());
        }
        fields
    };
    let now = app.store.now();
    let asked: Vec<Map<String, Value>> = places.iter().map(|p| town(&p.fields)).collect();
    let (asked, answers) = tokio::task::spawn_blocking(move || {
        let answers = request_fields(&atlas, &asked.iter().collect::<Vec<_>>(), now);
        (asked, answers)
    })
    .await
    .map_err(Problem::unexpected)?;
    let mut found = 0;
    let set = app.store.change_set(&author).await?;
    let id = set.id().to_owned();
    let mut ops = Vec::new();
    let mut changed = 0;
    for ((place, mut patch), answer) in places.iter().zip(asked).zip(answers) {
        patch.retain(|name, value| {
            ["city", "postal_code", "source_text"].contains(&name.as_str())
                && place.fields.get(name) != Some(value)
        });
        found += u64::from(answer.get("geocode_status").is_some_and(|s| s == "auto"));
        patch.extend(answer);
        changed += 1;
        ops.push(Op::Update {
            type_name: "location".into(),
            id: place.id.clone(),
            version: Some(place.version),
            patch,
        });
        if ops.len() == CHUNK {
            set.write(std::mem::take(&mut ops)).await?;
        }
    }
    set.write(ops).await?;
    set.close().await?;
    app.live.wait_for(app.store.last_seq().await?).await;
    Ok(Json(AlikeDone {
        changed,
        found,
        skipped,
        change_set: Some(id),
    }))
}

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(alike))
        .routes(routes!(answer))
}

#[cfg(test)]
mod tests {
    use super::without_number;

    #[test]
    fn house_numbers_are_left_out_and_streets_with_numbers_are_not() {
        for (given, street) in [
            ("Hauptstraße 5", "Hauptstraße"),
            ("Hauptstraße 5 a", "Hauptstraße"),
            ("3. Ringstraße 23", "3. Ringstraße"),
            ("Straße des 17. Juni 135", "Straße des 17. Juni"),
            ("Lange Gasse", "Lange Gasse"),
            ("", ""),
        ] {
            assert_eq!(without_number(given), street);
        }
    }
}
