//! The program knows no street or town of a test map: none of their names stands in its source.

mod common;

use std::collections::BTreeSet;
use std::path::Path;

/// Source text without its tests and comments.
fn program(folder: &Path, out: &mut String) {
    for entry in std::fs::read_dir(folder).expect("the source folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            program(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            let text = std::fs::read_to_string(&path).expect("a source file");
            let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or("");
            for line in code.lines().filter(|l| !l.trim_start().starts_with("//")) {
                out.push_str(line);
                out.push('\n');
            }
        }
    }
}

#[test]
fn no_name_of_the_demo_map_is_in_the_source() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut text = String::new();
    program(&source.join("src"), &mut text);
    assert!(text.len() > 50_000, "the source was read");
    let text = text.to_lowercase();
    let tables = std::fs::read_to_string(source.join("data/words.txt"))
        .expect("the word table")
        .to_lowercase();
    let extract = common::demo_extract();
    let mut names = BTreeSet::new();
    let mut add = |tags: osm::Tags<'_>| {
        for key in ["addr:street", "addr:city", "addr:place"] {
            names.extend(tags.get(key).map(str::to_lowercase));
        }
        if tags.get("highway").is_some() || tags.get("place").is_some() {
            names.extend(tags.get("name").map(str::to_lowercase));
        }
    };
    extract.tagged_nodes().for_each(|n| add(n.tags));
    extract.ways().for_each(|w| add(w.tags));
    assert!(names.len() > 300, "{}", names.len());
    let long = |name: &&String| name.split_whitespace().count() >= 2 || name.chars().count() >= 10;
    let found: Vec<&String> = names
        .iter()
        .filter(long)
        .filter(|n| text.contains(n.as_str()) && !tables.contains(n.as_str()))
        .collect();
    assert!(found.is_empty(), "{found:?}");
}
