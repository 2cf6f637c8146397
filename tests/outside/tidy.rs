//! The rules of the house, as far as a test can check them: who may use whom, what may be depended on, what
//! must not stand in a file.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

use crate::harness::{list, repository, text};

/// The arrows of ARCHITECTURE.md: a crate, and whom it is used by.
const ARROWS: [(&str, &[&str]); 14] = [
    ("geom", &["osm", "pack", "points", "territory", "plan", "records"]),
    ("osm", &["roads", "geocode", "tiles"]),
    ("pack", &["roads", "geocode", "tiles"]),
    ("roads", &["atlas"]),
    ("geocode", &["atlas"]),
    ("tiles", &["atlas"]),
    ("atlas", &["crm"]),
    ("points", &["crm"]),
    ("territory", &["crm"]),
    ("plan", &["crm"]),
    ("records", &["crm"]),
    ("mail", &["crm"]),
    ("crm", &["server"]),
    ("server", &[]),
];

/// Libraries that only some crates may know, and these crates.
const ONLY: [(&str, &[&str]); 4] = [
    ("sqlx", &["records", "crm"]),
    ("axum", &["crm", "server"]),
    ("clap", &["server"]),
    ("tokio", &["records", "mail", "crm", "server"]),
];

/// Licences that fit a program under MIT or Apache-2.0. Of a choice (`OR`) one has to be here, of a sum (`AND`)
/// all.
const LICENCES: [&str; 13] = [
    "MIT",
    "MIT-0",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "0BSD",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "ISC",
    "Zlib",
    "Unicode-3.0",
    "Unlicense",
    "CC0-1.0",
];

/// Packages that name no licence in their manifest but carry its text, which has been read: name, first words.
const READ_BY_A_PERSON: [(&str, &str); 1] = [("unaccent", "MIT")];

/// What cargo knows of all packages for this machine.
fn packages() -> &'static [Value] {
    static METADATA: OnceLock<Value> = OnceLock::new();
    let metadata = METADATA.get_or_init(|| {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let version = Command::new("rustc").arg("-vV").output().expect("rustc runs");
        let version = String::from_utf8_lossy(&version.stdout).into_owned();
        let host = version
            .lines()
            .find_map(|l| l.strip_prefix("host: "))
            .expect("rustc names its host");
        // Packages for other systems need not have been fetched.
        let arguments = [
            "metadata",
            "--offline",
            "--locked",
            "--format-version",
            "1",
            "--filter-platform",
            host,
        ];
        let ran = Command::new(cargo)
            .args(arguments)
            .current_dir(repository())
            .output()
            .expect("cargo runs");
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        serde_json::from_slice(&ran.stdout).expect("cargo speaks JSON")
    });
    list(&metadata["packages"])
}

/// The crates of this workspace with what they depend on: (name, of which kind).
fn own_crates() -> BTreeMap<String, Vec<(String, bool)>> {
    let own = packages().iter().filter(|p| p["source"].is_null());
    own.map(|package| {
        let of = |d: &Value| (text(&d["name"]), d["kind"] == "dev");
        (
            text(&package["name"]),
            list(&package["dependencies"]).iter().map(of).collect(),
        )
    })
    .collect()
}

/// Whom a crate may use: everybody upstream of it in the drawing.
fn upstream(name: &str) -> BTreeSet<&'static str> {
    let mut found = BTreeSet::new();
    let mut waiting = vec![name];
    while let Some(user) = waiting.pop() {
        for (used, users) in ARROWS {
            if users.contains(&user) && found.insert(used) {
                waiting.push(used);
            }
        }
    }
    found
}

#[test]
fn no_arrow_goes_back() {
    let own = own_crates();
    let mut wrong = Vec::new();
    for (name, dependencies) in &own {
        let is_drawn = ARROWS.iter().any(|(drawn, _)| drawn == name);
        assert!(
            is_drawn || name == "testkit" || name == "tests",
            "{name} is in no drawing: add it to ARCHITECTURE.md and here"
        );
        for (used, only_in_tests) in dependencies.iter().filter(|(used, _)| own.contains_key(used)) {
            let allowed = match name.as_str() {
                "testkit" => ["geom", "osm"].contains(&used.as_str()),
                "tests" => *only_in_tests,
                _ => upstream(name).contains(used.as_str()) || (*only_in_tests && used == "testkit"),
            };
            if !allowed {
                wrong.push(format!("{name} uses {used}"));
            }
        }
        for (library, users) in ONLY {
            let uses = dependencies
                .iter()
                .any(|(used, only_in_tests)| used == library && !only_in_tests);
            if uses && !users.contains(&name.as_str()) {
                wrong.push(format!(
                    "{name} uses {library}, which is for {}",
                    users.join(" and ")
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_dependency_may_be_shipped() {
    let mut wrong = Vec::new();
    for package in packages().iter().filter(|p| !p["source"].is_null()) {
        let name = text(&package["name"]);
        let fits = match package["license"].as_str() {
            Some(licence) => fits(licence),
            None => is_read(&name, package),
        };
        if !fits {
            wrong.push(format!(
                "{name} {}: {}",
                text(&package["version"]),
                package["license"]
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "these licences are not on the list:\n{}",
        wrong.join("\n")
    );
}

/// Does an SPDX expression leave a way that fits? `/` is the old way of writing `OR`.
fn fits(expression: &str) -> bool {
    let mut depth = 0;
    let mut parts = vec![String::new()];
    let mut joined_by_and = false;
    for word in expression
        .replace('/', " OR ")
        .replace('(', " ( ")
        .replace(')', " ) ")
        .split_whitespace()
    {
        depth += i32::from(word == "(");
        if depth == 0 && (word == "OR" || word == "AND") {
            joined_by_and |= word == "AND";
            parts.push(String::new());
        } else {
            let part = parts.last_mut().expect("never empty");
            part.push_str(word);
            part.push(' ');
        }
        depth -= i32::from(word == ")");
    }
    let one_fits = |part: &String| {
        let part = part.trim();
        match part.strip_prefix("( ").and_then(|p| p.strip_suffix(" )")) {
            Some(inner) => fits(inner),
            None => LICENCES.contains(&part),
        }
    };
    if joined_by_and {
        parts.iter().all(one_fits)
    } else {
        parts.iter().any(one_fits)
    }
}

#[test]
fn licence_expressions_are_read_right() {
    for (expression, expected) in [
        ("MIT", true),
        ("GPL-3.0-only", false),
        ("GPL-3.0-only OR MIT", true),
        ("MIT/Apache-2.0", true),
        ("MIT AND GPL-3.0-only", false),
        ("(MIT OR GPL-3.0-only) AND Unicode-3.0", true),
        ("(GPL-2.0 OR GPL-3.0-only) AND MIT", false),
        ("Apache-2.0 WITH LLVM-exception", true),
    ] {
        assert_eq!(fits(expression), expected, "{expression}");
    }
}

/// No licence in the manifest: the text beside it has to be one that was read.
fn is_read(name: &str, package: &Value) -> bool {
    let Some((_, begin)) = READ_BY_A_PERSON.iter().find(|(known, _)| *known == name) else {
        return false;
    };
    let folder = PathBuf::from(text(&package["manifest_path"]));
    let folder = folder.parent().expect("a manifest lies in a folder");
    let texts = ["LICENSE", "LICENSE.md", "LICENSE.txt", "LICENSE-MIT"]
        .map(|file| fs::read_to_string(folder.join(file)));
    texts.into_iter().flatten().any(|text| text.contains(begin))
}

#[test]
fn everything_comes_from_the_registries() {
    let registry = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";
    for file in ["Cargo.lock", "tests/tile-check/Cargo.lock"] {
        let lock = fs::read_to_string(repository().join(file)).expect("a lock file");
        let elsewhere: Vec<&str> = lock
            .lines()
            .filter(|l| l.starts_with("source = ") && *l != registry)
            .collect();
        assert!(elsewhere.is_empty(), "{file}: {elsewhere:#?}");
    }
    let lock = fs::read_to_string(repository().join("web/package-lock.json")).expect("a lock file");
    let lock: Value = serde_json::from_str(&lock).expect("JSON");
    for (name, package) in lock["packages"].as_object().expect("packages") {
        assert!(
            package["resolved"].is_null(),
            "{name}: a lock file names no address to fetch from; see CONTRIBUTING.md"
        );
        assert!(
            name.is_empty() || package["integrity"].is_string(),
            "{name}: without its hash anything could come"
        );
    }
}

/// Every file under version control that is text: its path and its text.
fn tracked() -> Vec<(String, String)> {
    let ran = Command::new("git")
        .args(["ls-files", "-z"])
        .current_dir(repository())
        .output()
        .expect("git runs");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let names = String::from_utf8(ran.stdout).expect("file names are text");
    names
        .split('\0')
        .filter(|name| !name.is_empty())
        .filter_map(|name| Some((name.to_owned(), fs::read_to_string(repository().join(name)).ok()?)))
        .collect()
}

#[test]
fn every_file_says_what_it_is_for() {
    let mut silent: Vec<String> = Vec::new();
    for (name, text) in tracked() {
        if name.ends_with(".rs") && !text.starts_with("//! ") {
            silent.push(name);
        }
    }
    assert!(
        silent.is_empty(),
        "these begin without //!:\n{}",
        silent.join("\n")
    );
}

#[test]
fn nothing_is_left_lying_about() {
    // Put together here, so that this file does not find itself.
    let leftovers = ["dbg", "todo", "unimplemented"].map(|word| format!("{word}!("));
    let machine = ["work", "root", "home"].map(|word| format!("/{word}/"));
    let fetched_from = [
        "static.crates",
        "registry.npmjs",
        "raw.githubusercontent",
        "download.geofabrik",
    ];
    let mut found = Vec::new();
    for (name, text) in tracked() {
        let is_lock = name.ends_with("Cargo.lock") || name.ends_with("package-lock.json");
        for (number, line) in text.lines().enumerate() {
            let mut say = |what: &str| found.push(format!("{name}:{}: {what}", number + 1));
            if name.ends_with(".rs") && !line.trim_start().starts_with("//") {
                leftovers
                    .iter()
                    .filter(|l| line.contains(l.as_str()))
                    .for_each(|l| say(l));
            }
            machine.iter().filter(|m| is_path(line, m)).for_each(|m| say(m));
            if !is_lock {
                fetched_from
                    .iter()
                    .filter(|a| line.contains(*a) && name != "tests/outside/tidy.rs")
                    .for_each(|a| say(a));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Does a line hold an absolute path that begins so? A part of a longer path or address does not count.
fn is_path(line: &str, begin: &str) -> bool {
    let starts = line
        .match_indices(begin)
        .map(|(at, _)| line[..at].chars().next_back());
    starts
        .into_iter()
        .any(|before| before.is_none_or(|c| matches!(c, ' ' | '"' | '\'' | '=' | '(' | '`' | ':' | '<')))
}
