//! Many records in one transaction: what is written is what the same operations write one after another.

use records::{Author, Error, Op, Scope, Viewer, Written, new_id};
use serde_json::{Map, Value, json};

use crate::toy::{HOUR, World, assert_whole, firm, map, on_both, postgres, sqlite, state, system, user};

/// A table's name, its columns, and its rows.
type Table = (String, Vec<String>, Vec<Map<String, Value>>);

/// Every row of every table, by table and column. What is by chance is left out: salts, and hashes over them; change sets
/// become numbers by the order in which they come.
async fn tables(world: &World) -> Vec<(String, Vec<Map<String, Value>>)> {
    const BY_CHANCE: [&str; 3] = ["salt", "digest", "hash"];
    const SETS: [&str; 2] = ["change_set", "superseded_by"];
    let mut bytes = Vec::new();
    world.store.backup(&mut bytes).await.unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let mut found: Vec<Table> = Vec::new();
    for line in text.lines().skip(1) {
        match serde_json::from_str(line).unwrap() {
            Value::Array(row) => {
                let (_, columns, rows) = found.last_mut().unwrap();
                let all = columns.iter().cloned().zip(row);
                rows.push(
                    all.filter(|(name, _)| !BY_CHANCE.contains(&name.as_str()))
                        .collect(),
                );
            }
            line if line["table"].is_string() => {
                let columns = line["columns"].as_array().unwrap().iter();
                let columns = columns.map(|c| c.as_str().unwrap().to_owned()).collect();
                found.push((line["table"].as_str().unwrap().to_owned(), columns, Vec::new()));
            }
            _ => {}
        }
    }
    let mut numbers: Vec<String> = Vec::new();
    let feed = found.iter().find(|t| t.0 == "changes").unwrap();
    for row in &feed.2 {
        let set = row["change_set"].as_str().unwrap().to_owned();
        if !numbers.contains(&set) {
            numbers.push(set);
        }
    }
    let mut tables: Vec<(String, Vec<Map<String, Value>>)> = Vec::new();
    for (table, _, mut rows) in found {
        for row in &mut rows {
            for (name, value) in row.iter_mut() {
                let is_set = SETS.contains(&name.as_str()) || (table == "change_sets" && name == "id");
                if let Some(at) = numbers.iter().position(|n| is_set && *value == n.as_str()) {
                    *value = at.into();
                }
            }
        }
        rows.sort_by_cached_key(|row| Value::Object(row.clone()).to_string());
        tables.push((table, rows));
    }
    tables
}

/// Numbers by chance, the same for the same seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// Operations of all sorts, on what `setting` made and on what they make themselves; long runs, and some of one.
fn by_chance(seed: u64, now: i64) -> Vec<Op> {
    let mut chance = Chance(seed);
    let mut ops: Vec<Op> = Vec::new();
    let mut posts: Vec<String> = (0..600).map(|i| format!("post-{i}")).collect();
    while ops.len() < 4_000 {
        let longest = if chance.below(3) == 0 { 700 } else { 5 };
        let run = 1 + chance.below(longest);
        let sort = chance.below(8);
        for _ in 0..run {
            let post = posts[chance.below(posts.len() as u64) as usize].clone();
            let op = match sort {
                // What goes by rows: the end of a validity, with and without an end, sometimes what it is already.
                0..=2 => {
                    let end = match chance.below(3) {
                        0 => Value::Null,
                        hours => (now + hours as i64 * HOUR).into(),
                    };
                    Op::update("post", post, map(json!({ "valid_to": end })))
                }
                3 => {
                    let id = format!("post-{}", posts.len());
                    posts.push(id.clone());
                    Op::Create {
                        type_name: "post".into(),
                        id: Some(id),
                        fields: map(json!({ "firm_id": "firm-1", "valid_from": now })),
                    }
                }
                // A link, so not by rows.
                4 => {
                    let user = if chance.below(2) == 0 { "anna" } else { "ben" };
                    Op::update("post", post, map(json!({ "user_id": user })))
                }
                // A folded text, white space around it, and values of their own.
                5 => {
                    let name = format!(" Übel {} ", chance.below(5));
                    Op::update("user", "anna", map(json!({ "name": name, "team": null })))
                }
                6 => Op::update(
                    "person",
                    "person-1",
                    map(json!({ "phone": chance.below(9).to_string(), "note": "" })),
                ),
                // Rules look at firms.
                _ => Op::update(
                    "firm",
                    "firm-1",
                    map(json!({ "class": "A", "score": chance.below(3) as f64 - 0.0 })),
                ),
            };
            ops.push(op);
        }
    }
    ops
}

async fn setting(world: &World) {
    let made = |type_name: &str, id: String, fields: Value| Op::Create {
        type_name: type_name.into(),
        id: Some(id),
        fields: map(fields),
    };
    let mut ops = vec![
        made("firm", "firm-1".into(), firm("F")),
        made(
            "person",
            "person-1".into(),
            json!({ "family_name": "P", "firm_id": "firm-1" }),
        ),
    ];
    let from = world.store.now().0;
    ops.extend((0..600).map(|i| {
        let fields = json!({ "firm_id": "firm-1", "valid_from": from, "custom": { "n": i } });
        made("post", format!("post-{i}"), fields)
    }));
    world.store.write(&system(), ops).await.unwrap();
    world.pass(HOUR);
}

async fn whole(world: &World, author: &Author, ops: &[Op]) -> Result<Written, Error> {
    let batches: Vec<Vec<Op>> = ops.chunks(999).map(<[Op]>::to_vec).collect();
    world
        .store
        .write_whole(author, new_id(), batches.into_iter())
        .await
}

#[tokio::test]
async fn many_at_once_are_written_as_one_after_another() {
    let seed = std::env::var("SEED").ok().and_then(|s| s.parse().ok());
    let seed: u64 = seed.unwrap_or_else(|| u64::from(std::process::id()));
    eprintln!("SEED={seed}");
    for engine in ["SQLite", "PostgreSQL"] {
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let mut worlds = Vec::new();
        for folder in &folders {
            worlds.extend(match engine {
                "SQLite" => Some(sqlite(folder).await),
                _ => postgres().await,
            });
        }
        let [quick, slow] = &worlds[..] else { continue };
        eprintln!("on {engine}");
        setting(quick).await;
        setting(slow).await;
        let ops = by_chance(seed, quick.store.now().0);
        whole(quick, &system(), &ops).await.unwrap();
        slow.store.write(&system(), ops).await.unwrap();
        assert_whole(&quick.store).await;
        for ((table, quick), (_, slow)) in tables(quick).await.into_iter().zip(tables(slow).await) {
            let first = quick.iter().zip(&slow).find(|(a, b)| a != b);
            assert_eq!((&first, quick.len()), (&None, slow.len()), "seed {seed}, {table}");
        }
    }
}

#[tokio::test]
async fn many_at_once_keep_rights_versions_and_what_a_field_may_say() {
    on_both(|world| async move {
        setting(&world).await;
        let before = state(&world.store).await;
        let end = |id: &str, version: Option<i64>, at: Value| Op::Update {
            type_name: "post".into(),
            id: id.into(),
            version,
            patch: map(json!({ "valid_to": at })),
        };
        let now = world.store.now().0;
        // Each comes after five hundred that would do.
        let fine: Vec<Op> = (0..500)
            .map(|i| end(&format!("post-{i}"), Some(1), now.into()))
            .collect();
        let refused = async |author: &Author, last: Op| {
            let ops: Vec<Op> = fine.iter().cloned().chain([last]).collect();
            let whole = whole(&world, author, &ops).await.unwrap_err();
            let at_once = world.store.write(author, ops).await.unwrap_err();
            assert_eq!(whole.to_string(), at_once.to_string());
            whole
        };
        let error = refused(&system(), end("post-500", Some(7), now.into())).await;
        assert!(
            matches!(
                error,
                Error::VersionConflict {
                    given: 7,
                    current: 1,
                    ..
                }
            ),
            "{error}"
        );
        let error = refused(&system(), end("nobody", None, now.into())).await;
        assert!(matches!(error, Error::NotFound { .. }), "{error}");
        let error = refused(&system(), end("post-500", None, (now - 9 * HOUR).into())).await;
        assert!(
            error.to_string().contains("end") || matches!(error, Error::Invalid { .. }),
            "{error}"
        );
        let error = refused(&system(), end("post-500", None, json!("soon"))).await;
        assert!(matches!(error, Error::Invalid { .. }), "{error}");
        let mut of_one = fine.clone();
        of_one.truncate(1);
        let ben = user("ben", Scope::All, Scope::Own);
        let error = whole(&world, &ben, &of_one).await.unwrap_err();
        assert!(matches!(error, Error::Forbidden { .. }), "{error}");
        let blind = Author::new(
            Viewer::user("ben", std::collections::BTreeMap::new()),
            "api",
            "Blind",
        );
        let error = whole(&world, &blind, &of_one).await.unwrap_err();
        assert!(matches!(error, Error::NotFound { .. }), "{error}");
        // Nothing of all that is there, not even the five hundred.
        assert_eq!(state(&world.store).await, before);
        // Said twice: the second says nothing new, and makes no version.
        whole(&world, &system(), &fine).await.unwrap();
        let seq = world.store.last_seq().await.unwrap();
        let again: Vec<Op> = (0..500)
            .map(|i| end(&format!("post-{i}"), None, now.into()))
            .collect();
        let written = whole(&world, &system(), &again).await.unwrap();
        assert_eq!((written.change_set.as_str(), written.last_seq), ("", seq));
        assert_whole(&world.store).await;
    })
    .await;
}
