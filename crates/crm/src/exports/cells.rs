//! Values as the cells of a file that people and the import read alike.

use std::collections::HashMap;

use geom::Timestamp;
use records::{At, Field, Filter, Kind, Query, Record, Viewer};
use serde_json::Value;

use crate::App;
use crate::problem::Problem;

/// A value as a cell: amounts with decimals, dates as `2026-07-01`, moments in the organisation's time, words as stored.
pub(crate) fn cell(app: &App, field: &Field, value: &Value) -> String {
    match (field.kind, value) {
        (_, Value::Null) => String::new(),
        (Kind::Money, value) => value.as_i64().map(amount).unwrap_or_default(),
        (Kind::Instant, value) => value.as_i64().map(|at| moment(app, at)).unwrap_or_default(),
        (_, Value::String(text)) => text.clone(),
        (_, other) => other.to_string(),
    }
}

/// Minor units as `12.50`.
fn amount(minor: i64) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    let minor = minor.unsigned_abs();
    if minor.is_multiple_of(100) {
        format!("{sign}{}", minor / 100)
    } else {
        format!("{sign}{}.{:02}", minor / 100, minor % 100)
    }
}

/// The organisation's day of a moment.
pub(super) fn day(app: &App, at: i64) -> String {
    app.settings.zone.date(Timestamp(at)).to_string()
}

fn moment(app: &App, at: i64) -> String {
    let zone = &app.settings.zone;
    let at = Timestamp(at);
    format!("{} {}", zone.date(at), zone.time(at).strftime("%H:%M:%S"))
}

/// What the records that some links point to are called, as far as the viewer may see them.
#[derive(Default)]
pub(crate) struct Titles(HashMap<String, String>);

impl Titles {
    /// Of everything that these records link to by these fields.
    pub async fn of(
        app: &App,
        viewer: &Viewer,
        at: At,
        fields: &[&Field],
        records: &[Record],
    ) -> Result<Self, Problem> {
        let mut ids: HashMap<&str, Vec<String>> = HashMap::new();
        for field in fields {
            let Some(to) = field
                .to
                .as_deref()
                .filter(|to| app.store.catalog().get(to).is_some())
            else {
                continue;
            };
            let linked = records
                .iter()
                .filter_map(|r| r.text(&field.name))
                .map(str::to_owned);
            ids.entry(to).or_default().extend(linked);
        }
        let mut titles = HashMap::new();
        for (to, mut ids) in ids {
            ids.sort_unstable();
            ids.dedup();
            let Some(title) = app.store.record_type(to)?.title.clone() else {
                continue;
            };
            for some in ids.chunks(Query::MAX_LIMIT as usize) {
                let query = Query::of(to)
                    .filter(Filter::Ids(some.to_vec()))
                    .limit(Query::MAX_LIMIT)
                    .at(at);
                let found = app.store.list(viewer, &query).await?.records;
                titles.extend(found.into_iter().filter_map(|r| {
                    let called = r.text(&title)?.to_owned();
                    Some((r.id, called))
                }));
            }
        }
        Ok(Self(titles))
    }

    pub fn get(&self, id: &str) -> &str {
        self.0.get(id).map_or("", String::as_str)
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn amounts_are_written_as_the_import_reads_them() {
        assert_eq!(super::amount(120_000), "1200");
        assert_eq!(super::amount(-5), "-0.05");
        assert_eq!(super::amount(1_234_567), "12345.67");
    }
}
