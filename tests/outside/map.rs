//! The map: tiles as bytes, and what becomes of extracts and packs that are not what they should be.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::harness::{World, customer, list, map_pack, repository, run, scenario, text};

scenario!(
    base_tiles_are_served_as_stored,
    customers_are_drawn_under_the_lists_filter,
    an_edit_shows_in_map_list_and_search
);

/// The tile of the town's middle at the highest level.
const TOWN: &str = "14/8795/5294";

async fn base_tiles_are_served_as_stored(world: World) {
    let anybody = crate::harness::Client::new(&world.server.address);
    let about = anybody.get("/tiles/base.json").await.ok();
    assert_eq!(about["tilejson"], "3.0.0");
    assert!(text(&about["attribution"]).contains("OpenStreetMap"));
    let layers: Vec<String> = list(&about["vector_layers"])
        .iter()
        .map(|l| text(&l["id"]))
        .collect();
    for layer in ["earth", "water", "roads", "places", "buildings"] {
        assert!(layers.iter().any(|l| l == layer), "{layers:?}");
    }
    let tile = anybody.get(&format!("/tiles/base/{TOWN}.mvt")).await;
    assert_eq!(tile.status, 200);
    assert_eq!(tile.header("content-type"), "application/vnd.mapbox-vector-tile");
    // A vector tile begins with a layer: field 3, length-delimited.
    assert_eq!(tile.body.first(), Some(&0x1a), "an unpacked vector tile");
    assert!(tile.body.windows(5).any(|w| w == b"roads"), "the town has roads");

    // Asked without unpacking, it comes gzipped, as the header says; asked by who takes no gzip, plain.
    let raw = reqwest::Client::builder()
        .no_gzip()
        .no_proxy()
        .build()
        .expect("a client");
    let address = format!("{}/tiles/base/{TOWN}.mvt", world.server.address);
    let packed = raw
        .get(&address)
        .header("accept-encoding", "gzip")
        .send()
        .await
        .expect("an answer");
    assert_eq!(packed.headers()["content-encoding"], "gzip");
    assert_eq!(
        packed.bytes().await.expect("a body").get(..2),
        Some([0x1f, 0x8b].as_slice())
    );
    let plain = raw.get(&address).send().await.expect("an answer");
    assert!(plain.headers().get("content-encoding").is_none());
    assert_eq!(plain.bytes().await.expect("a body"), tile.body);

    let tag = tile.header("etag").to_owned();
    let again = anybody
        .request(reqwest::Method::GET, &format!("/tiles/base/{TOWN}.mvt"))
        .header("if-none-match", tag);
    assert_eq!(anybody.send(again).await.status, 304);
    // In the sea nothing is drawn; at an address that cannot be, nothing is.
    assert_eq!(anybody.get("/tiles/base/14/0/0.mvt").await.status, 204);
    let manager = world.sign_in("manager").await;
    for bad in [
        "2/9/1.mvt",
        "2/1/9.mvt",
        "99/1/1.mvt",
        "-1/1/1.mvt",
        "14/x/1.mvt",
        "14/1/y.mvt",
        "14/1/1.mvt.exe",
        "300/1/1.mvt",
    ] {
        anybody
            .get(&format!("/tiles/base/{bad}"))
            .await
            .refused(404, "not-found");
        manager
            .get(&format!("/tiles/customers/{bad}"))
            .await
            .refused(404, "not-found");
    }
}

async fn customers_are_drawn_under_the_lists_filter(world: World) {
    let manager = world.sign_in("manager").await;
    for (name, class, lng) in [("Anker", "A", 13.2600), ("Birke", "B", 13.2650)] {
        let place = json!({"street": "Ring", "lng": lng, "lat": 53.5570});
        customer(
            &manager,
            json!({"name": name, "type": "customer", "class": class}),
            place,
        )
        .await;
    }
    let tile = async |address: &str| String::from_utf8_lossy(&manager.get(address).await.body).into_owned();
    let all = tile(&format!("/tiles/customers/{TOWN}.mvt")).await;
    assert!(
        all.contains("Anker") && all.contains("Birke"),
        "both lie in the tile of the town"
    );
    let only = tile(&format!("/tiles/customers/{TOWN}.mvt?filter=class%3D%27A%27")).await;
    assert!(only.contains("Anker") && !only.contains("Birke"));
    assert_eq!(manager.get("/tiles/customers/14/0/0.mvt").await.status, 204);
    manager
        .get(&format!("/tiles/customers/{TOWN}.mvt?filter=colour%3D1"))
        .await
        .refused(400, "bad-filter");
    let legend = manager.get("/api/v1/legend?by=class").await.ok();
    let counts: Vec<String> = list(&legend["entries"])
        .iter()
        .map(|e| format!("{}:{}", e["value"], e["count"]))
        .collect();
    assert_eq!(counts.len(), 2, "{legend:#}");
    manager
        .get("/api/v1/legend?by=colour")
        .await
        .refused(400, "bad-question");
}

async fn an_edit_shows_in_map_list_and_search(world: World) {
    let manager = world.sign_in("manager").await;
    let place = json!({"street": "Ring", "lng": 13.26, "lat": 53.557});
    let (account, _) = customer(&manager, json!({"name": "Quittenhof", "type": "customer"}), place).await;
    let address = format!("/api/v1/accounts/{account}");
    // The answer to a write comes when everything shows it.
    for name in ["Walnusshof", "Zwetschgenhof"] {
        manager
            .patch(&address, json!({"fields": {"name": name}}))
            .await
            .ok();
        assert!(manager.get("/api/v1/customers").await.text().contains(name));
        assert!(
            manager
                .get(&format!("/api/v1/search?q={name}"))
                .await
                .text()
                .contains(&account)
        );
        let tile = manager.get(&format!("/tiles/customers/{TOWN}.mvt")).await;
        assert!(String::from_utf8_lossy(&tile.body).contains(name));
    }
    assert!(list(&manager.get("/api/v1/search?q=quittenhof").await.ok()["records"]).is_empty());
    // A customer goes with its places, from everywhere, and comes back to everywhere.
    let deleted = manager.delete(&address).await.ok();
    assert_eq!(manager.count("locations", "").await, 0);
    assert_eq!(manager.get("/api/v1/customers").await.ok()["count"], 0);
    assert_eq!(
        manager.get(&format!("/tiles/customers/{TOWN}.mvt")).await.status,
        204
    );
    manager
        .post(
            &format!("/api/v1/change-sets/{}/undo", text(&deleted["change_set"])),
            json!({}),
        )
        .await
        .ok();
    assert_eq!(manager.get("/api/v1/customers").await.ok()["count"], 1);
    assert!(
        String::from_utf8_lossy(&manager.get(&format!("/tiles/customers/{TOWN}.mvt")).await.body)
            .contains("Zwetschgenhof")
    );
}

/// A file made of another one's bytes.
fn file(folder: &Path, name: &str, bytes: &[u8]) -> String {
    let path = folder.join(name);
    fs::write(&path, bytes).expect("a temporary file can be written");
    path.to_string_lossy().into_owned()
}

#[test]
fn extracts_that_are_none_are_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let extract = fs::read(repository().join("data/neubrandenburg.osm.pbf")).expect("the demo's extract");
    let mut flipped = extract.clone();
    flipped[extract.len() / 2] ^= 0x55;
    let cases = [
        file(folder.path(), "truncated.osm.pbf", &extract[..30_000]),
        file(folder.path(), "empty.osm.pbf", b""),
        file(folder.path(), "text.osm.pbf", b"<osm version=\"0.6\"></osm>"),
        file(folder.path(), "flipped.osm.pbf", &flipped),
        folder
            .path()
            .join("missing.osm.pbf")
            .to_string_lossy()
            .into_owned(),
    ];
    let out = folder.path().join("out.pack");
    for extract in &cases {
        let ran = run(
            &[
                "map",
                "build",
                extract,
                "--quiet",
                "--out",
                &out.to_string_lossy(),
            ],
            "",
        );
        let line = ran.refused();
        assert!(line.contains(extract.as_str()), "it names the file: {line}");
        assert!(!out.exists(), "nothing half made stays behind {extract}");
    }
    let left: Vec<_> = fs::read_dir(folder.path())
        .expect("the folder")
        .map(|e| e.expect("an entry").file_name())
        .collect();
    assert_eq!(left.len(), cases.len() - 1, "no other file either: {left:?}");
}

#[test]
fn packs_that_are_damaged_or_of_another_version_are_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let pack = fs::read(map_pack()).expect("the demo's pack");
    let database = folder
        .path()
        .join("records.sqlite")
        .to_string_lossy()
        .into_owned();
    let serve = |pack: &str| {
        run(
            &[
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--database",
                &database,
                "--map",
                pack,
            ],
            "",
        )
    };

    let whole = map_pack().to_string_lossy();
    assert!(run(&["map", "info", &whole], "").ok().contains("roads"));
    run(&["map", "verify", &whole], "").ok();

    // A byte flipped anywhere is found by verifying, which names the section.
    let mut flipped = pack.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    let damaged = file(folder.path(), "flipped.pack", &flipped);
    let line = run(&["map", "verify", &damaged], "").refused().to_owned();
    assert!(
        line.contains("flipped.pack") && line.contains("section"),
        "{line}"
    );

    let line = serve(&damaged).refused().to_owned();
    assert!(line.contains("flipped.pack"), "nothing is served from it: {line}");

    // The version stands behind the magic word.
    let mut newer = pack.clone();
    newer[8] = newer[8].wrapping_add(1);
    let newer = file(folder.path(), "newer.pack", &newer);
    let line = serve(&newer).refused().to_owned();
    assert!(line.contains("newer.pack") && line.contains("version"), "{line}");

    for (name, bytes) in [
        ("short.pack", &pack[..pack.len() / 2]),
        ("empty.pack", &[][..]),
        (
            "text.pack",
            b"no pack at all, but long enough to have a header".as_slice(),
        ),
    ] {
        let path = file(folder.path(), name, bytes);
        for ran in [
            serve(&path),
            run(&["map", "info", &path], ""),
            run(&["map", "verify", &path], ""),
        ] {
            let line = ran.refused();
            assert!(line.contains(name), "{line}");
        }
    }
    assert!(
        serve("/no/such/place.pack")
            .refused()
            .contains("/no/such/place.pack")
    );
}

#[test]
fn the_same_extract_makes_the_same_bytes() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("again.pack");
    let extract = repository().join("data/neubrandenburg.osm.pbf");
    run(
        &[
            "map",
            "build",
            &extract.to_string_lossy(),
            "--quiet",
            "--out",
            &out.to_string_lossy(),
        ],
        "",
    )
    .ok();
    assert!(
        fs::read(out).expect("a pack") == fs::read(map_pack()).expect("a pack"),
        "two builds differ"
    );
}

#[test]
fn the_command_line_explains_itself() {
    for command in [
        "demo", "map", "serve", "work", "import", "export", "geocode", "plan", "user", "backup", "restore",
        "verify",
    ] {
        let help = run(&[command, "--help"], "");
        assert!(help.ok().contains("Usage: bailiwick"), "{command}");
    }
    assert_ne!(run(&["fly"], "").code, Some(0));
    let refused = run(
        &[
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--database",
            "postgres://nobody@127.0.0.1:1/none",
        ],
        "",
    );
    assert!(refused.refused().contains("127.0.0.1:1"));
}
