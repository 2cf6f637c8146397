//! Looking addresses up and writing what was found.

use std::sync::Arc;

use atlas::Atlas;
use geocode::{Answer, Request, Status};
use geom::Timestamp;
use records::{Author, Filter, Op, Query, Record, Viewer};
use serde_json::{Map, Value, json};

use crate::App;
use crate::jobs::Progress;
use crate::problem::Problem;

/// Places looked up and written at once: a write of some tens of milliseconds.
const CHUNK: u32 = 500;

/// The address of a place, as the geocoder takes it.
pub(crate) struct AddressText {
    text: String,
    street: String,
    house_number: String,
    postcode: String,
    city: String,
    country: String,
}

impl AddressText {
    pub(crate) fn of(record: &Record) -> Self {
        Self::of_fields(&record.fields)
    }

    fn of_fields(fields: &Map<String, Value>) -> Self {
        let text = |name: &str| {
            fields
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .trim()
                .to_owned()
        };
        Self {
            text: text("source_text"),
            street: text("street"),
            house_number: text("house_number"),
            postcode: text("postal_code"),
            city: text("city"),
            country: text("country"),
        }
    }

    pub(crate) fn request(&self) -> Request<'_> {
        // The separate fields say more than the line they came from; the line is for addresses without them.
        let text = if self.street.is_empty() {
            self.text.as_str()
        } else {
            ""
        };
        Request {
            text,
            street: &self.street,
            house_number: &self.house_number,
            postcode: &self.postcode,
            city: &self.city,
            country: &self.country,
            ..Request::default()
        }
    }

    /// The address in one line, as given.
    pub(crate) fn line(&self) -> String {
        let street = [self.street.as_str(), self.house_number.as_str()].join(" ");
        let town = [self.postcode.as_str(), self.city.as_str()].join(" ");
        let parts: Vec<&str> = [street.trim(), town.trim(), self.country.as_str()]
            .into_iter()
            .filter(|p| !p.is_empty())
            .collect();
        if parts.is_empty() || self.street.is_empty() && !self.text.is_empty() {
            self.text.clone()
        } else {
            parts.join(", ")
        }
    }

    /// There is nothing to look up.
    pub(crate) fn is_empty(&self) -> bool {
        [&self.text, &self.street, &self.postcode, &self.city]
            .iter()
            .all(|t| t.is_empty())
    }
}

/// Looks many up, on all cores; to be called where blocking is allowed.
pub(crate) fn request_fields(
    atlas: &Atlas,
    fields: &[&Map<String, Value>],
    now: Timestamp,
) -> Vec<Map<String, Value>> {
    let texts: Vec<AddressText> = fields.iter().map(|f| AddressText::of_fields(f)).collect();
    let requests: Vec<Request<'_>> = texts.iter().map(AddressText::request).collect();
    let answers = atlas.geocoder().batch(&requests);
    let hash = atlas.hash_hex();
    texts
        .iter()
        .zip(answers)
        .map(|(text, answer)| found_fields(text.is_empty(), &answer, &hash, now))
        .collect()
}

/// What an answer writes into the place.
pub(crate) fn found_fields(
    is_empty: bool,
    answer: &Answer,
    map_hash: &str,
    now: Timestamp,
) -> Map<String, Value> {
    let mut fields = Map::new();
    let mut set = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    set("geocode_map", map_hash.into());
    set("geocoded_at", now.0.into());
    set("geocode_locked", false.into());
    if is_empty {
        set("geocode_status", "failed".into());
        set("geocode_why", "There is no address to look up.".into());
        return fields;
    }
    set("geocode_status", answer.status.as_str().into());
    set("geocode_why", answer.why.as_str().into());
    let usable = matches!(answer.status, Status::Auto | Status::Review);
    match answer.hits.first().filter(|_| usable) {
        Some(hit) => {
            set("geocode_level", hit.level.as_str().into());
            set("geocode_confidence", f64::from(hit.confidence).into());
            set("geocode_label", hit.label.as_str().into());
            // A place that needs a look is shown where it probably is, unless that is no more than a town.
            let fine = hit.level.is_fine() && !answer.ambiguous;
            let (lng, lat) = if fine || answer.status == Status::Auto {
                (json!(hit.point.lng()), json!(hit.point.lat()))
            } else {
                (Value::Null, Value::Null)
            };
            set("lng", lng);
            set("lat", lat);
        }
        None => {
            for name in [
                "geocode_level",
                "geocode_confidence",
                "geocode_label",
                "lng",
                "lat",
            ] {
                set(name, Value::Null);
            }
        }
    }
    fields
}

/// The job: looks up every place that waits, or (with `again`) every one not set by hand or brought along.
/// It goes on where it was stopped: what has been looked up with this map since the job began is left alone.
pub(crate) async fn geocode_all(
    app: &Arc<App>,
    payload: Value,
    progress: &mut Progress,
) -> Result<Value, Problem> {
    let atlas = app.map()?;
    let again = payload.get("again").and_then(Value::as_bool) == Some(true);
    let began = progress.job().created_at;
    let statuses: &[&str] = if again {
        &["pending", "auto", "review", "failed", "outside"]
    } else {
        &["pending"]
    };
    let mut filter = Filter::In {
        field: "geocode_status".into(),
        values: statuses.iter().map(|s| (*s).into()).collect(),
    };
    if again {
        let untouched = Filter::IsNull {
            field: "geocoded_at".into(),
        }
        .or(Filter::compare("geocoded_at", records::Comparison::Less, began));
        filter = filter.and(untouched);
    }
    let query = Query::of("location").filter(filter).limit(CHUNK);
    let total = i64::try_from(app.store.count(&Viewer::system(), &query).await?).unwrap_or(i64::MAX);
    let author = Author::system("geocode", "Look up addresses");
    let mut counts: Map<String, Value> = Map::new();
    let mut done = 0i64;
    loop {
        let page = app.store.list(&Viewer::system(), &query).await?;
        if page.records.is_empty() {
            break;
        }
        done += i64::try_from(page.records.len()).unwrap_or(0);
        for status in look_up_and_write(app, &atlas, &author, page.records).await? {
            let count = counts.get(&status).and_then(Value::as_i64).unwrap_or(0) + 1;
            counts.insert(status, count.into());
        }
        progress
            .report(done, total.max(done), "Looking addresses up")
            .await?;
    }
    Ok(Value::Object(counts))
}

/// Looks a chunk of places up and writes what was found; gives the new statuses. A place that was changed
/// meanwhile is skipped: it is pending again and comes back.
pub(super) async fn look_up_and_write(
    app: &App,
    atlas: &Arc<Atlas>,
    author: &Author,
    places: Vec<Record>,
) -> Result<Vec<String>, Problem> {
    let now = app.store.now();
    let map = atlas.clone();
    let (places, found) = tokio::task::spawn_blocking(move || {
        let fields: Vec<&Map<String, Value>> = places.iter().map(|p| &p.fields).collect();
        let found = request_fields(&map, &fields, now);
        (places, found)
    })
    .await
    .map_err(Problem::unexpected)?;
    let statuses = found
        .iter()
        .filter_map(|f| f.get("geocode_status")?.as_str().map(str::to_owned))
        .collect();
    let update = |place: &Record, patch: Map<String, Value>| Op::Update {
        type_name: "location".into(),
        id: place.id.clone(),
        version: Some(place.version),
        patch,
    };
    let ops = places
        .iter()
        .zip(&found)
        .map(|(place, patch)| update(place, patch.clone()))
        .collect();
    match app.store.write(author, ops).await {
        Ok(_) => Ok(statuses),
        Err(records::Error::VersionConflict { .. } | records::Error::NotFound { .. }) => {
            // Somebody edited one of them: write the others one by one.
            for (place, patch) in places.iter().zip(found) {
                match app.store.write(author, vec![update(place, patch)]).await {
                    Ok(_) | Err(records::Error::VersionConflict { .. } | records::Error::NotFound { .. }) => {
                    }
                    Err(error) => return Err(error.into()),
                }
            }
            Ok(statuses)
        }
        Err(error) => Err(error.into()),
    }
}
