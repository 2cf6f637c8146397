//! What an address asks for: which type, which records in which order, as of when.

use geom::Timestamp;
use records::{At, Filter, Query as RecordQuery, RecordType};
use serde::Deserialize;
use utoipa::IntoParams;

use super::When;
use crate::app::App;
use crate::problem::Problem;

/// Which records, in which order.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListParams {
    /// CQL2 text.
    filter: Option<String>,
    /// Fields by comma, `-` before one for descending.
    sort: Option<String>,
    /// At most so many, 1..=1000; 100 unless said.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// The type a plural in the address stands for: its table's name, with `-` for `_`.
pub(crate) fn type_of<'a>(app: &'a App, plural: &str) -> Result<&'a RecordType, Problem> {
    let table = plural.replace('-', "_");
    let found = app.store.catalog().iter().find(|t| t.table == table);
    found.ok_or_else(|| Problem::not_found(format!("Record type {plural}")))
}

/// A moment from a query parameter.
pub(crate) fn as_of_of(app: &App, name: &str, text: &str) -> Result<Timestamp, Problem> {
    let text = text.trim();
    if let Ok(millis) = text.parse::<i64>() {
        return Ok(Timestamp(millis));
    }
    if let Ok(instant) = text.parse::<jiff::Timestamp>() {
        return Ok(Timestamp(instant.as_millisecond()));
    }
    if let Ok(day) = text.parse::<jiff::civil::Date>() {
        // "As of 28 February" is the state in which that day ended.
        let next = day.tomorrow().unwrap_or(day);
        return Ok(Timestamp(app.settings.zone.start_of(next).0 - 1));
    }
    Err(Problem::bad(
        &format!("?{name}"),
        "not-a-moment",
        format!(
            "{name}: {text:?} is no day (2026-02-28), time (2026-02-28T12:00:00Z) or number of milliseconds."
        ),
    ))
}

/// The reading moment from the query.
pub(crate) fn read_at(app: &App, when: &When) -> Result<At, Problem> {
    let moment = |name: &str, text: &Option<String>| {
        text.as_deref()
            .filter(|t| !t.is_empty())
            .map(|t| as_of_of(app, name, t))
            .transpose()
    };
    Ok(At {
        as_of: moment("as_of", &when.as_of)?,
        known_at: moment("known_at", &when.known_at)?,
    })
}

pub(crate) fn query_of(
    app: &App,
    record_type: &RecordType,
    params: &ListParams,
    when: &When,
) -> Result<RecordQuery, Problem> {
    let mut query = RecordQuery::of(record_type.name.clone())
        .at(read_at(app, when)?)
        .cursor(params.cursor.clone().filter(|c| !c.is_empty()));
    if let Some(cql2) = params.filter.as_deref().filter(|f| !f.trim().is_empty()) {
        query = query.filter(Filter::parse_cql2(cql2, record_type).map_err(records::Error::from)?);
    }
    for field in params
        .sort
        .as_deref()
        .unwrap_or_default()
        .split(',')
        .map(str::trim)
        .filter(|f| !f.is_empty())
    {
        query = match field.strip_prefix('-') {
            Some(field) => query.sort(field, true),
            None => query.sort(field, false),
        };
    }
    if let Some(limit) = params.limit {
        if !(1..=RecordQuery::MAX_LIMIT).contains(&limit) {
            return Err(Problem::bad(
                "?limit",
                "out-of-range",
                "limit is between 1 and 1000.",
            ));
        }
        query = query.limit(limit);
    }
    Ok(query)
}
