//! A region's rows as a file that says what it holds: CSV with a few lines of `# name: value` above its header,
//! or GeoJSON with the same as a member of the collection. Written piece by piece, so that a million rows
//! need no memory.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use futures::{Stream, StreamExt as _};
use geom::Timestamp;
use points::RowId;
use serde_json::{Value, json};

use super::question::{Asked, RowKind};
use crate::app::App;
use crate::live::{CustomerRow, State, customer_rows};
use crate::problem::Problem;
use crate::spreadsheet::line;

/// What the file says about itself.
#[derive(Clone, Debug)]
pub(super) struct Readme {
    lines: Vec<(&'static str, String)>,
    currency: String,
    /// The name without its ending.
    pub file_name: String,
}

impl Readme {
    pub fn new(app: &App, asked: &Asked, kind: RowKind, rows: usize) -> Self {
        let day = |millis: i64| app.settings.zone.date(Timestamp(millis)).to_string();
        let time = |millis: i64| {
            let at = Timestamp(millis);
            format!(
                "{} {} {}",
                app.settings.zone.date(at),
                app.settings.zone.time(at).strftime("%H:%M"),
                app.settings.zone.name()
            )
        };
        let side = if kind.is_of_then() {
            asked.b.as_ref().unwrap_or(&asked.a)
        } else {
            &asked.a
        };
        let mut lines = vec![
            ("shape", asked.name.clone()),
            ("as of", time(side.as_of)),
            (
                "filter",
                if asked.filter_text.is_empty() {
                    "none".to_owned()
                } else {
                    asked.filter_text.clone()
                },
            ),
            (
                "rights",
                asked
                    .rights_note
                    .clone()
                    .unwrap_or_else(|| "all customers".to_owned()),
            ),
            ("rows", rows.to_string()),
            ("made", time(app.store.now().0)),
        ];
        if let (Some(b), true) = (&asked.b, kind != RowKind::All) {
            let word = match kind {
                RowKind::New => "new since",
                RowKind::Lost => "lost by",
                RowKind::Came => "came since",
                RowKind::Went => "went by",
                RowKind::Grown => "grown since",
                _ => "shrunk since",
            };
            let other = if kind.is_of_then() { asked.a.as_of } else { b.as_of };
            lines.insert(2, ("only", format!("{word} {}", time(other))));
        }
        let slug: String = asked
            .name
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() {
                    c.to_ascii_lowercase()
                } else {
                    '-'
                }
            })
            .collect();
        let slug = slug
            .split('-')
            .filter(|word| !word.is_empty())
            .collect::<Vec<_>>()
            .join("-");
        let slug = if slug.is_empty() {
            "region".to_owned()
        } else {
            slug
        };
        Self {
            lines,
            currency: app.settings.currency.clone(),
            file_name: format!("customers-{slug}-{}", day(side.as_of)),
        }
    }
}

/// The file's form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Csv,
    GeoJson,
}

/// Rows read and written at once.
const PIECE: usize = 1_000;

/// The file, piece by piece. `ids` are rows of `state`.
pub(super) fn body(app: Arc<App>, state: Arc<State>, ids: Vec<RowId>, readme: Readme, form: Form) -> Body {
    let pieces = ids.len().div_ceil(PIECE);
    let stream = futures::stream::unfold(
        (0, ids, app, state, readme),
        move |(step, ids, app, state, readme)| async move {
            // Step 0 is the head, the last one the foot.
            if step > pieces + 1 {
                return None;
            }
            let piece = if step == 0 {
                Ok(head(&readme, form))
            } else if step <= pieces {
                let from = (step - 1) * PIECE;
                let ids = &ids[from..ids.len().min(from + PIECE)];
                rows(&app, &state, ids, form, step == 1).await
            } else {
                Ok(foot(form))
            };
            let piece = piece
                .map(Bytes::from)
                .map_err(|problem| std::io::Error::other(problem.to_string()));
            Some((piece, (step + 1, ids, app, state, readme)))
        },
    );
    // Compression asks once more after the end, which a plain `unfold` forbids.
    Body::from_stream(checked(stream.fuse()))
}

/// Names the type of the stream's items for the compiler.
fn checked<S: Stream<Item = Result<Bytes, std::io::Error>>>(stream: S) -> S {
    stream
}

async fn rows(app: &App, state: &State, ids: &[RowId], form: Form, first: bool) -> Result<String, Problem> {
    let found: Vec<_> = ids.iter().filter_map(|id| state.index.get(*id)).collect();
    let rows = customer_rows(app, state, &found).await?;
    let mut text = String::new();
    for (i, row) in rows.iter().enumerate() {
        match form {
            Form::Csv => text += &line(&cells(app, row))?,
            Form::GeoJson => {
                if !(first && i == 0) {
                    text += ",";
                }
                // Writing to a string cannot fail.
                let _ = write!(text, "\n{}", feature(app, row));
            }
        }
    }
    Ok(text)
}

const COLUMNS: [&str; 21] = [
    "account_id",
    "location_id",
    "name",
    "type",
    "class",
    "industry",
    "owner",
    "territory",
    "street",
    "postal_code",
    "city",
    "phone",
    "revenue",
    "pipeline",
    "last_visit",
    "due",
    "due_in_days",
    "longitude",
    "latitude",
    "place_status",
    "currency",
];

fn head(readme: &Readme, form: Form) -> String {
    match form {
        Form::Csv => {
            let mut text = String::new();
            for (name, value) in &readme.lines {
                // A line break in a value would begin a row of its own.
                let value = value.replace(['\r', '\n'], " ");
                let _ = writeln!(text, "# {name}: {value}");
            }
            text + &COLUMNS.join(",") + "\r\n"
        }
        Form::GeoJson => {
            let about: serde_json::Map<String, Value> = readme
                .lines
                .iter()
                .map(|(name, value)| (name.replace(' ', "_"), value.as_str().into()))
                .collect();
            let about = Value::Object(about);
            let currency = Value::from(readme.currency.as_str());
            format!(
                "{{\"type\":\"FeatureCollection\",\"readme\":{about},\"currency\":{currency},\"features\":["
            )
        }
    }
}

fn foot(form: Form) -> String {
    match form {
        Form::Csv => String::new(),
        Form::GeoJson => "\n]}\n".to_owned(),
    }
}

fn cells(app: &App, row: &CustomerRow) -> [String; 21] {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let number = |value: Option<f64>| value.map(|v| v.to_string()).unwrap_or_default();
    let day = |millis: i64| app.settings.zone.date(Timestamp(millis)).to_string();
    [
        row.account_id.clone(),
        row.location_id.clone(),
        row.name.clone(),
        text(&row.kind),
        text(&row.class),
        text(&row.industry),
        text(&row.owner_name),
        text(&row.territory_name),
        row.street.clone(),
        text(&row.postal_code),
        text(&row.city),
        row.phone.clone(),
        row.revenue.map(major).unwrap_or_default(),
        row.pipeline.map(major).unwrap_or_default(),
        row.last_visit.map(day).unwrap_or_default(),
        row.due_state.clone(),
        row.due_days.map(|d| d.to_string()).unwrap_or_default(),
        number(row.lng),
        number(row.lat),
        text(&row.geocode_status),
        app.settings.currency.clone(),
    ]
}

/// Minor units as a decimal number of the currency.
fn major(minor: i64) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    format!(
        "{sign}{}.{:02}",
        minor.unsigned_abs() / 100,
        minor.unsigned_abs() % 100
    )
}

fn feature(app: &App, row: &CustomerRow) -> Value {
    let mut properties = serde_json::to_value(row).unwrap_or_default();
    if let Some(properties) = properties.as_object_mut() {
        properties.insert("currency".into(), app.settings.currency.as_str().into());
    }
    let geometry = row
        .lng
        .zip(row.lat)
        .map(|(lng, lat)| json!({ "type": "Point", "coordinates": [lng, lat] }));
    json!({ "type": "Feature", "id": row.location_id, "geometry": geometry, "properties": properties })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_that_would_be_run_is_disarmed_and_numbers_are_left_alone() {
        let cells = [
            "=1+1",
            "@x",
            "-2",
            "+49 395 / 12-0",
            "+SUM(A1)",
            "plain, \"quoted\"",
            "-12.50",
        ]
        .map(str::to_owned);
        let expected = "'=1+1,'@x,-2,+49 395 / 12-0,'+SUM(A1),\"plain, \"\"quoted\"\"\",-12.50\r\n";
        assert_eq!(line(&cells).unwrap(), expected);
        assert_eq!(major(-1205), "-12.05");
        assert_eq!(major(7), "0.07");
    }
}
