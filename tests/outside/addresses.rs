//! The geocoder on the command line: a map with address points from beside it.

use crate::harness::{repository, run};

#[test]
fn address_points_from_beside_the_map_are_found_with_their_source() {
    let folder = tempfile::TempDir::with_prefix("bailiwick-addresses-").expect("a temporary folder");
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let points = "LON,LAT,NUMBER,STREET,UNIT,CITY,DISTRICT,REGION,POSTCODE,ID,HASH\n\
                  13.2500,53.5500,7,Neue Feldmark,,Neubrandenburg,,,17033,,\n\
                  13.2501,700,9,Neue Feldmark,,Neubrandenburg,,,17033,,\n\
                  2.35,48.86,1,Rue de Rivoli,,Paris,,,75001,,\n";
    std::fs::write(path("town.csv"), points).expect("a file can be written");
    std::fs::write(path("none.csv"), "A,B\n1,2\n").expect("a file can be written");
    std::fs::write(
        path("rows.csv"),
        "address\n\"Neue Feldmark 7, 17033 Neubrandenburg\"\n",
    )
    .expect("a file can be written");
    let extract = repository()
        .join("data/neubrandenburg.osm.pbf")
        .to_string_lossy()
        .into_owned();
    let pack = path("map.pack");
    let build = |addresses: &str| {
        run(
            &[
                "map",
                "build",
                &extract,
                "--out",
                &pack,
                "--addresses",
                addresses,
                "--addresses-date",
                "2026-05-01",
            ],
            "",
        )
    };
    assert!(
        build(&path("none.csv")).refused().contains("none.csv"),
        "the file is named"
    );
    let built = build(&path("town.csv"));
    let told = built.ok();
    assert!(
        told.contains("2 address points more, 1 of them outside of the map"),
        "{told}"
    );
    assert!(
        built.errors.contains("town.csv:3:"),
        "the bad row is named: {}",
        built.errors
    );
    run(
        &[
            "geocode",
            "--map",
            &pack,
            "--in",
            &path("rows.csv"),
            "--out",
            &path("found.csv"),
            "--quiet",
        ],
        "",
    )
    .ok();
    let found = std::fs::read_to_string(path("found.csv")).expect("an answer was written");
    let row = found.lines().nth(1).expect("one row");
    assert!(row.contains(",house,auto,"), "{row}");
    assert!(
        row.contains("town.csv") && row.contains("2026-05-01"),
        "source and date are told: {row}"
    );
}
