//! The command over files: streamed, resumed, taken over, and never silent.

use std::cell::Cell;
use std::path::Path;

use geocode::Status;

use super::*;

/// Answers without a map: each says what it was asked, and how many were asked is counted.
struct Asked(Cell<usize>);

impl Asked {
    fn run(&self, arguments: &GeocodeArguments) -> anyhow::Result<String> {
        run(arguments, &|requests| {
            self.0.set(self.0.get() + requests.len());
            let answer = |r: &Request<'_>| Answer {
                status: if r.text.len().is_multiple_of(3) {
                    Status::Review
                } else {
                    Status::Failed
                },
                hits: Vec::new(),
                ambiguous: false,
                why: format!("Asked for {}.", r.text),
            };
            requests.iter().map(answer).collect()
        })
    }
}

fn arguments(folder: &Path, input: &[u8]) -> GeocodeArguments {
    let path = folder.join("in.csv");
    std::fs::write(&path, input).expect("a writable folder");
    GeocodeArguments {
        map: PathBuf::new(),
        input: path,
        output: folder.join("out.csv"),
        previous: None,
        resume: false,
        quiet: true,
    }
}

fn asked() -> Asked {
    Asked(Cell::new(0))
}

fn output(arguments: &GeocodeArguments) -> Vec<csv::StringRecord> {
    let mut reader = csv::Reader::from_path(&arguments.output).expect("there is an output");
    reader.records().map(|r| r.expect("a whole row")).collect()
}

#[test]
fn a_million_rows_are_streamed_in_order_and_counted() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let rows: String = (0..1_000_000).map(|n| format!("{n}\n")).collect();
    let arguments = arguments(folder.path(), format!("address\n{rows}").as_bytes());
    let asked = asked();
    let line = asked.run(&arguments).expect("a good file");
    assert_eq!(asked.0.get(), 1_000_000);
    // Numbers of three and of six digits: 900 and 900,000.
    assert_eq!(line, "1000000 rows: 99100 failed, 900900 review");
    let written = std::fs::read_to_string(&arguments.output).expect("there is an output");
    for (at, line) in written.lines().skip(1).enumerate().step_by(9_973) {
        assert!(line.starts_with(&format!("{at},")) && line.ends_with(&format!("Asked for {at}.")));
    }
    assert_eq!(written.lines().count(), 1_000_001);
}

#[test]
fn an_interrupted_run_goes_on_where_it_stopped() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let rows: String = (0..300)
        .map(|n| format!("{n},\"Am Wall {n}\nHaus Süd\"\n"))
        .collect();
    let mut arguments = arguments(folder.path(), format!("id,address\n{rows}").as_bytes());
    asked().run(&arguments).expect("a good file");
    let whole = std::fs::read(&arguments.output).expect("there is an output");
    let part = folder.path().join("out.csv.part");
    assert!(!part.exists());
    arguments.resume = true;
    // Cut anywhere: between rows, in a quoted line break, in a letter of two bytes.
    for cut in (0..whole.len()).step_by(whole.len() / 97) {
        std::fs::write(&part, &whole[..cut]).expect("a writable folder");
        let asked = asked();
        let line = asked
            .run(&arguments)
            .unwrap_or_else(|e| panic!("cut at {cut}: {e:#}"));
        assert!(line.starts_with("300 rows: "), "{line}");
        assert_eq!(
            std::fs::read(&arguments.output).expect("there is an output"),
            whole,
            "{cut}"
        );
        let written = whole[..cut].iter().filter(|b| **b == b'\n').count() / 3;
        assert!(
            asked.0.get() <= 302 - written,
            "cut at {cut}: {} asked",
            asked.0.get()
        );
    }
    // Another input is told from this one.
    std::fs::write(&part, &whole).expect("a writable folder");
    let other = std::fs::read_to_string(&arguments.input).expect("written above");
    std::fs::write(&arguments.input, other.replace("Am Wall 7\n", "Am Wall 9\n")).expect("a writable folder");
    let refused = asked().run(&arguments).expect_err("row 8 differs").to_string();
    assert!(
        refused.contains("row 8") && refused.contains("without --resume"),
        "{refused}"
    );
}

#[test]
fn only_what_changed_is_looked_up_and_pins_stay() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut first = arguments(folder.path(), b"id,address\n1,Alpha\n2,Beta\n3,Gamma\n");
    asked().run(&first).expect("a good file");
    let earlier = folder.path().join("earlier.csv");
    // A person has moved the second to its place.
    let pinned = std::fs::read_to_string(&first.output)
        .expect("there is an output")
        .replace(
            "2,Beta,,,,failed,,,Asked for Beta.",
            "2,Beta,13.5,53.5,house,pinned,,,By hand.",
        );
    assert!(pinned.contains("pinned"));
    std::fs::write(&earlier, &pinned).expect("a writable folder");
    std::fs::write(&first.input, b"id,address\n1,Alpha\n2,Beta\n3,Gamma 5\n4,Delta\n")
        .expect("a writable folder");
    first.previous = Some(earlier.clone());
    let second = asked();
    let line = second.run(&first).expect("good files");
    assert_eq!(second.0.get(), 2);
    assert_eq!(line, "4 rows: 3 failed, 1 pinned; 2 of them kept as they were");
    let rows = output(&first);
    assert_eq!(
        rows[1].iter().collect::<Vec<_>>(),
        "2,Beta,13.5,53.5,house,pinned,,,By hand."
            .split(',')
            .collect::<Vec<_>>()
    );
    assert_eq!(&rows[2][8], "Asked for Gamma 5.");
    // An output fed in again has no column twice, and its pin is not looked up even alone.
    let again = GeocodeArguments {
        input: earlier,
        previous: None,
        ..first
    };
    let third = asked();
    third.run(&again).expect("a good file");
    assert_eq!(third.0.get(), 2);
    assert_eq!(output(&again)[1][5], *"pinned");
    assert_eq!(output(&again)[0].len(), 9);
}

#[test]
fn strange_rows_end_with_a_status_and_a_reason() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut file = b"\xef\xbb\xbfAddress,note\n".to_vec();
    file.extend("x,".repeat(499).as_bytes());
    file.extend(b"x\n\n,\n\"<b>'; DROP TABLE accounts\",\n\xff\xfe\x00,1\n");
    file.extend([b"long ".repeat(2_000).as_slice(), b"\n"].concat());
    let arguments = arguments(folder.path(), &file);
    let line = asked().run(&arguments).expect("it is read all the same");
    let rows = output(&arguments);
    // An empty line is no row.
    assert_eq!(rows.len(), 5);
    assert!(line.starts_with("5 rows: "), "{line}");
    for row in &rows {
        assert!(!row[5].is_empty() && !row[8].is_empty(), "{row:?}");
    }
    assert!(
        rows[0][8].ends_with("498 cells beyond the columns were left out."),
        "{}",
        &rows[0][8]
    );
    let empty = self::arguments(folder.path(), b"");
    assert!(
        asked()
            .run(&empty)
            .expect_err("no columns")
            .to_string()
            .contains("no column `address`")
    );
}
