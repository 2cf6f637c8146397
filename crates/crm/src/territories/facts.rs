//! What rules about customers look at: each place with the facts of its address and its account.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use geom::LngLat;
use records::{Db, Error, Record, on_db};
use sqlx::AssertSqlSafe;
use territory::Value;

use super::layout::Layout;
use super::store::{self, json_list, listed};
use crate::App;

/// Facts that are words or codes.
pub(super) const TEXTS: [&str; 6] = ["industry", "type", "class", "city", "postal_code", "country"];
/// Facts that are numbers.
pub(super) const NUMBERS: [&str; 2] = ["employees", "annual_revenue"];

/// A place and what is known of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Facts {
    /// `None`: on no map.
    pub place: Option<LngLat>,
    /// By the names in [`TEXTS`] and [`NUMBERS`]; texts as [`key`] makes them.
    pub attributes: BTreeMap<String, Value>,
}

/// A code without its blanks, small letters.
pub(super) fn code(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_whitespace())
        .flat_map(char::to_lowercase)
        .collect()
}

/// A text as it is compared.
pub(super) fn key(field: &str, text: &str) -> String {
    match field {
        "postal_code" => code(text),
        _ => text.trim().to_lowercase(),
    }
}

impl Facts {
    /// A place of which nothing else matters.
    pub fn at(place: Option<LngLat>) -> Self {
        Self {
            place,
            attributes: BTreeMap::new(),
        }
    }

    /// From the records, as of the moment they were read.
    pub fn of(location: &Record, account: Option<&Record>) -> Self {
        let mut facts = Self::at(location.place());
        for field in TEXTS {
            let text = location
                .text(field)
                .or_else(|| account.and_then(|a| a.text(field)));
            facts.text(field, text);
        }
        for field in NUMBERS {
            let record = account;
            facts.number(field, record.and_then(|a| a.integer(field)));
        }
        facts
    }

    /// From the fields of somebody who is no customer yet.
    pub fn of_fields(place: Option<LngLat>, fields: &serde_json::Map<String, serde_json::Value>) -> Self {
        let mut facts = Self::at(place);
        for field in TEXTS {
            facts.text(field, fields.get(field).and_then(serde_json::Value::as_str));
        }
        for field in NUMBERS {
            facts.number(field, fields.get(field).and_then(serde_json::Value::as_i64));
        }
        facts
    }

    fn text(&mut self, field: &str, value: Option<&str>) {
        if let Some(value) = value.filter(|v| !v.trim().is_empty()) {
            self.attributes
                .insert(field.to_owned(), Value::Text(key(field, value)));
        }
    }

    fn number(&mut self, field: &str, value: Option<i64>) {
        if let Some(value) = value {
            self.attributes
                .insert(field.to_owned(), Value::Number(value as f64));
        }
    }
}

/// The facts of every location on record, by its id.
type ByLocation = Arc<HashMap<String, Facts>>;

/// What a question about many places needs beside the places: their facts as they are on record, the same that decide
/// when a place is assigned. Nothing where no territory asks for more than the place.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known(Option<ByLocation>);

impl Known {
    /// Reads them if some territory `asks`.
    pub async fn load(app: &App, asks: bool) -> Result<Self, Error> {
        if !asks {
            return Ok(Self::default());
        }
        let seq = app.store.last_seq().await?;
        let kept = &app.territories.facts.0;
        let found = {
            let kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.as_ref().filter(|k| k.0 == seq).map(|k| k.1.clone())
        };
        if found.is_some() {
            return Ok(Self(found));
        }
        let all = Arc::new(of_all(app.store.db()).await?);
        *kept.lock().unwrap_or_else(PoisonError::into_inner) = Some((seq, all.clone()));
        Ok(Self(Some(all)))
    }

    /// Of a location that lies there.
    pub fn of(&self, location: &str, place: Option<LngLat>) -> Cow<'_, Facts> {
        let known = self.0.as_ref().and_then(|all| all.get(location));
        known.map_or_else(|| Cow::Owned(Facts::at(place)), Cow::Borrowed)
    }
}

/// Facts kept for the next question, with the last change that they know of.
#[derive(Default)]
pub(crate) struct KeptFacts(Mutex<Option<(i64, ByLocation)>>);

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    lng: Option<f64>,
    lat: Option<f64>,
    postal_code: Option<String>,
    city: Option<String>,
    country: Option<String>,
    industry: Option<String>,
    r#type: Option<String>,
    class: Option<String>,
    employees: Option<i64>,
    annual_revenue: Option<i64>,
}

impl From<Row> for (String, Facts) {
    fn from(row: Row) -> Self {
        let place = row.lng.zip(row.lat);
        let mut facts = Facts::at(place.and_then(|(lng, lat)| LngLat::new(lng, lat).ok()));
        for (field, text) in [
            ("postal_code", &row.postal_code),
            ("city", &row.city),
            ("country", &row.country),
            ("industry", &row.industry),
            ("type", &row.r#type),
            ("class", &row.class),
        ] {
            facts.text(field, text.as_deref());
        }
        facts.number("employees", row.employees);
        facts.number("annual_revenue", row.annual_revenue);
        (row.id, facts)
    }
}

const COLUMNS: &str = "select l.id, l.lng, l.lat, l.postal_code, l.city, l.country, a.industry, a.type, a.class, \
                       a.employees, a.annual_revenue from locations l left join accounts a on a.id = l.account_id";

/// Of locations that exist.
pub(crate) async fn of_locations(db: &Db, ids: &BTreeSet<String>) -> Result<HashMap<String, Facts>, Error> {
    let sql = AssertSqlSafe(format!("{COLUMNS} where l.id in ({})", listed(db, "$1")));
    let ids = json_list(ids.iter().map(String::as_str));
    let rows: Vec<Row> = on_db!(read db, pool => sqlx::query_as(sql).bind(ids).fetch_all(pool).await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// What a layout's claims look at: of its rules all that is known of a location, else its place alone. Those that exist.
/// `placed`: where some of them are known to be.
pub(crate) async fn asked_by(
    db: &Db,
    layout: &Layout,
    ids: &BTreeSet<String>,
    placed: HashMap<String, LngLat>,
) -> Result<HashMap<String, Facts>, Error> {
    if layout.reads_facts() {
        return of_locations(db, ids).await;
    }
    let unknown: BTreeSet<&str> = ids
        .iter()
        .map(String::as_str)
        .filter(|id| !placed.contains_key(*id))
        .collect();
    let mut places = store::places(db, unknown).await?;
    places.extend(placed.into_iter().map(|(id, place)| (id, Some(place))));
    let places = places.into_iter();
    Ok(places.map(|(id, place)| (id, Facts::at(place))).collect())
}

/// Of all locations.
pub(super) async fn of_all(db: &Db) -> Result<HashMap<String, Facts>, Error> {
    let rows: Vec<Row> = on_db!(read db, pool => sqlx::query_as(COLUMNS).fetch_all(pool).await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// How many locations carry each postcode, as [`code`] makes it.
pub(super) async fn postcodes(db: &Db) -> Result<HashMap<String, u64>, Error> {
    const SQL: &str =
        "select postal_code, count(*) from locations where postal_code is not null group by postal_code";
    let rows: Vec<(String, i64)> = on_db!(read db, pool => sqlx::query_as(SQL).fetch_all(pool).await)?;
    let mut counts: HashMap<String, u64> = HashMap::new();
    for (text, count) in rows {
        *counts.entry(code(&text)).or_default() += count.unsigned_abs();
    }
    Ok(counts)
}
