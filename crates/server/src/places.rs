//! `bailiwick geocode`: addresses of a CSV file to places, without a database.

mod input;
mod output;

use std::collections::BTreeMap;
use std::path::PathBuf;

use atlas::Atlas;
use clap::Args;
use geocode::{Answer, Request};

use crate::progress;
use input::{Input, Row};
use output::{Earlier, Found, Output};

/// What to look up.
#[derive(Args)]
pub struct GeocodeArguments {
    /// The map pack
    #[arg(long, env = "BAILIWICK_MAP")]
    map: PathBuf,
    /// A CSV file with a line of column names: `address`, or any of street, house_number, postcode, city, country
    #[arg(long = "in")]
    input: PathBuf,
    /// Where to write the same rows with lng, lat, level, status, confidence, matched and why
    #[arg(long = "out")]
    output: PathBuf,
    /// An earlier output: rows whose address stands there unchanged keep its answer and are not looked up again
    #[arg(long)]
    previous: Option<PathBuf>,
    /// Go on where an interrupted run with the same input and output stopped
    #[arg(long)]
    resume: bool,
    /// No progress bar
    #[arg(long)]
    quiet: bool,
}

/// Rows looked up at once: enough to sort by town and street, few enough to lose little when interrupted.
const CHUNK: usize = 20_000;

/// Looks every row up that has no answer yet. A row that says it is `pinned` or `imported` keeps its point.
pub fn geocode(arguments: &GeocodeArguments) -> anyhow::Result<()> {
    let atlas = Atlas::open(&arguments.map)?;
    println!(
        "{}",
        run(arguments, &|requests| atlas.geocoder().batch(requests))?
    );
    Ok(())
}

/// The same with any way to look addresses up; the line to print.
fn run(
    arguments: &GeocodeArguments,
    batch: &dyn Fn(&[Request<'_>]) -> Vec<Answer>,
) -> anyhow::Result<String> {
    let mut input = Input::open(&arguments.input)?;
    let earlier = match &arguments.previous {
        Some(path) => Earlier::read(path)?,
        None => Earlier::default(),
    };
    let mut counts = BTreeMap::<String, u64>::new();
    let mut output = Output::begin(&arguments.output, &mut input, arguments.resume, &mut counts)?;
    let resumed: u64 = counts.values().sum();
    let mut kept = 0u64;
    let bar = progress::bar(input.size, "bytes", arguments.quiet);
    loop {
        let rows: Vec<Row> = input.rows(CHUNK)?;
        let known: Vec<Option<Found>> = rows
            .iter()
            .map(|row| {
                row.own_answer(&input.columns)
                    .or_else(|| earlier.of(row, &input.columns))
            })
            .collect();
        let open: Vec<usize> = (0..rows.len()).filter(|at| known[*at].is_none()).collect();
        let requests: Vec<_> = open.iter().map(|at| rows[*at].request(&input.columns)).collect();
        let mut answers = batch(&requests).into_iter();
        for (row, known) in rows.iter().zip(known) {
            let found = match known {
                Some(found) => {
                    kept += 1;
                    found
                }
                None => answers.next().map_or_else(Found::default, |a| Found::of(&a)),
            };
            *counts.entry(found.status().to_owned()).or_insert(0) += 1;
            output.write(row, found)?;
        }
        output.flush()?;
        bar.set_position(input.position());
        if rows.len() < CHUNK {
            break;
        }
    }
    output.finish()?;
    bar.finish_and_clear();
    Ok(summary(&counts, kept, resumed))
}

/// One line whose parts add up to the rows.
fn summary(counts: &BTreeMap<String, u64>, kept: u64, resumed: u64) -> String {
    let total: u64 = counts.values().sum();
    let parts: Vec<String> = counts
        .iter()
        .map(|(status, count)| format!("{count} {status}"))
        .collect();
    let mut line = format!("{total} rows: {}", parts.join(", "));
    if kept > 0 {
        line.push_str(&format!("; {kept} of them kept as they were"));
    }
    if resumed > 0 {
        line.push_str(&format!("; {resumed} of them by the interrupted run"));
    }
    line
}

#[cfg(test)]
mod tests;
