//! `bailiwick geocode`: addresses of a CSV file to places, without a database.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use atlas::Atlas;
use clap::Args;
use geocode::Request;

use crate::progress;

/// What to look up.
#[derive(Args)]
pub struct GeocodeArguments {
    /// The map pack
    #[arg(long, env = "BAILIWICK_MAP")]
    map: PathBuf,
    /// A CSV file in UTF-8 with a line of column names: `address`, or any of street, house_number, postcode, city, country
    #[arg(long = "in")]
    input: PathBuf,
    /// Where to write the same rows with lng, lat, level, status, confidence, matched and why
    #[arg(long = "out")]
    output: PathBuf,
    /// No progress bar
    #[arg(long)]
    quiet: bool,
}

/// Names a column may have, folded, and the field it is.
const COLUMNS: [(&str, &[&str]); 6] = [
    ("text", &["address", "adresse", "anschrift", "q", "query"]),
    ("street", &["street", "straße", "strasse", "addr:street"]),
    (
        "house_number",
        &[
            "house_number",
            "housenumber",
            "hausnummer",
            "number",
            "addr:housenumber",
        ],
    ),
    (
        "postcode",
        &[
            "postcode",
            "postal_code",
            "zip",
            "plz",
            "postleitzahl",
            "addr:postcode",
        ],
    ),
    ("city", &["city", "town", "ort", "stadt", "addr:city"]),
    ("country", &["country", "land"]),
];

/// Rows looked up at once.
const CHUNK: usize = 2_000;

/// Looks every row up.
pub fn geocode(arguments: &GeocodeArguments) -> anyhow::Result<()> {
    let atlas = Atlas::open(&arguments.map)?;
    let shown = arguments.input.display();
    let size = std::fs::metadata(&arguments.input)
        .with_context(|| format!("reading {shown}"))?
        .len();
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .from_path(&arguments.input)
        .with_context(|| format!("reading {shown}"))?;
    let headers = reader
        .headers()
        .with_context(|| format!("reading {shown}"))?
        .clone();
    let at = |field: usize| {
        let known = COLUMNS[field].1;
        headers
            .iter()
            .position(|h| known.contains(&h.trim_start_matches('\u{feff}').trim().to_lowercase().as_str()))
    };
    let columns: Vec<Option<usize>> = (0..COLUMNS.len()).map(at).collect();
    if columns.iter().all(Option::is_none) {
        bail!(
            "{shown} has no column `address`, `street`, `postcode` or `city`; its columns are {}",
            headers.iter().collect::<Vec<_>>().join(", ")
        );
    }
    // Written beside the target and renamed when whole.
    let mut temporary = arguments.output.clone().into_os_string();
    temporary.push(".tmp");
    let mut writer = csv::Writer::from_path(&temporary)
        .with_context(|| format!("writing {}", arguments.output.display()))?;
    let added = ["lng", "lat", "level", "status", "confidence", "matched", "why"];
    writer.write_record(headers.iter().chain(added))?;

    let bar = progress::bar(size, "bytes", arguments.quiet);
    let mut counts = std::collections::BTreeMap::<&'static str, u64>::new();
    let mut rows: Vec<csv::StringRecord> = Vec::with_capacity(CHUNK);
    loop {
        let mut record = csv::StringRecord::new();
        let more = reader
            .read_record(&mut record)
            .with_context(|| format!("reading {shown}"))?;
        if more {
            rows.push(record);
        }
        if rows.len() == CHUNK || (!more && !rows.is_empty()) {
            let cell =
                |row: usize, field: usize| columns[field].and_then(|c| rows[row].get(c)).unwrap_or_default();
            let requests: Vec<Request<'_>> = (0..rows.len())
                .map(|row| Request {
                    text: cell(row, 0),
                    street: cell(row, 1),
                    house_number: cell(row, 2),
                    postcode: cell(row, 3),
                    city: cell(row, 4),
                    country: cell(row, 5),
                    ..Request::default()
                })
                .collect();
            let answers = atlas.geocoder().batch(&requests);
            for (row, answer) in rows.iter().zip(&answers) {
                *counts.entry(answer.status.as_str()).or_insert(0) += 1;
                let mut out: Vec<String> = (0..headers.len())
                    .map(|i| row.get(i).unwrap_or_default().to_owned())
                    .collect();
                match answer.hits.first() {
                    Some(hit) => out.extend([
                        format!("{:.7}", hit.point.lng()),
                        format!("{:.7}", hit.point.lat()),
                        hit.level.as_str().to_owned(),
                        answer.status.as_str().to_owned(),
                        format!("{:.2}", hit.confidence),
                        hit.label.clone(),
                    ]),
                    None => out.extend(["", "", "", answer.status.as_str(), "", ""].map(str::to_owned)),
                }
                out.push(answer.why.clone());
                writer.write_record(&out)?;
            }
            bar.set_position(reader.position().byte());
            rows.clear();
        }
        if !more {
            break;
        }
    }
    writer.flush()?;
    drop(writer);
    std::fs::rename(&temporary, &arguments.output)
        .with_context(|| format!("writing {}", arguments.output.display()))?;
    bar.finish_and_clear();
    let total: u64 = counts.values().sum();
    let parts: Vec<String> = counts
        .iter()
        .map(|(status, count)| format!("{count} {status}"))
        .collect();
    println!("{total} rows: {}", parts.join(", "));
    Ok(())
}
