//! Address points from beside the map: read, built in, found, told.

mod common;

use common::{Town, open_with};
use geocode::{ExtraError, ExtraPoints, Level, Request};

const HEADER: &str = "LON,LAT,NUMBER,STREET,UNIT,CITY,DISTRICT,REGION,POSTCODE,ID,HASH\n";

fn csv(rows: &str) -> ExtraPoints {
    ExtraPoints::from_csv("Land survey", "2026-05-01", format!("{HEADER}{rows}").as_bytes())
        .expect("a header")
}

/// A street with house 1 at its western end, in a village.
fn village() -> osm::Extract {
    let mut town = Town::new();
    let road = [("highway", "residential"), ("name", "Lange Gasse")];
    town.way(&[[0.0, 0.0], [600.0, 0.0]], &road);
    town.place(0.0, 100.0, "village", "Altdorf");
    town.house(5.0, 10.0, "Lange Gasse", "1", "", "Altdorf");
    town.node(600.0, 300.0, &[("amenity", "bench")]);
    town.finish()
}

#[test]
fn a_house_that_only_the_other_source_knows_is_found_and_told() {
    // 13.265° is about 331 m east of the road's beginning.
    let extra = csv("13.265,53.5501,21,LANGE GASSE,,ALTDORF,,,12345,x1,h1\n");
    assert_eq!((extra.len(), extra.bad_count()), (1, 0));
    let map = open_with(&village(), &[extra]);
    let answer = map.search(&Request::text("Lange Gasse 21, Altdorf"));
    let hit = &answer.hits[0];
    assert_eq!((hit.level, hit.house_number.as_str()), (Level::House, "21"));
    assert_eq!(hit.street, "Lange Gasse", "the sign's spelling, not the file's");
    assert_eq!(hit.source, "Land survey, 2026-05-01");
    assert_eq!(hit.postcode, "12345");
    assert!(hit.why.contains("Land survey, 2026-05-01"), "{}", hit.why);
    let reverse = map.reverse(hit.point).expect("a house");
    assert_eq!(
        (reverse.house_number.as_str(), reverse.source.as_str()),
        ("21", "Land survey, 2026-05-01")
    );
}

#[test]
fn the_maps_own_point_stays_where_both_know_the_house() {
    // Ten metres beside the map's house 1.
    let extra = csv("13.2602,53.5501,1,Lange Gasse,,Altdorf,,,12345,,\n");
    let map = open_with(&village(), &[extra]);
    let hit = &map.search(&Request::text("Lange Gasse 1, Altdorf")).hits[0];
    assert_eq!((hit.level, hit.source.as_str()), (Level::House, ""));
}

#[test]
fn bad_rows_are_counted_and_told_by_line() {
    let extra = csv("13.265,53.5501,21,Lange Gasse,,Altdorf,,,12345,,\n\
        x,53.5501,22,Lange Gasse,,Altdorf,,,12345,,\n\
        13.265,95,23,Lange Gasse,,Altdorf,,,12345,,\n\
        13.265,53.5501,,Lange Gasse,,Altdorf,,,12345,,\n\
        13.265,53.5501,none,Lange Gasse,,Altdorf,,,12345,,\n\
        13.265\n");
    assert_eq!((extra.len(), extra.bad_count()), (1, 5));
    let told: Vec<(u64, &str)> = extra
        .bad_rows()
        .iter()
        .map(|b| (b.row, b.reason.as_str()))
        .collect();
    assert_eq!(told[0], (3, "LON is `x`, not a number"));
    assert_eq!(told[1].0, 4);
    assert!(told[1].1.contains("95"), "{}", told[1].1);
    assert_eq!(told[2], (5, "it has no house number"));
    assert_eq!(told[3], (6, "`none` is no house number"));
    assert_eq!(told[4].0, 7);
}

#[test]
fn a_file_without_its_columns_is_refused() {
    let refused = ExtraPoints::from_csv("x", "", b"name,price\na,1\n");
    assert!(matches!(refused, Err(ExtraError::NoColumn("LON"))));
    assert!(matches!(
        ExtraPoints::from_csv("x", "", b""),
        Err(ExtraError::NoColumn("LON"))
    ));
    // Not UTF-8 in a field: that row only.
    let rows = [
        HEADER.as_bytes(),
        b"13.265,53.5501,2,\xff\xfe,,,,,,,\n13.265,53.5501,4,Gasse,,,,,,,\n",
    ]
    .concat();
    let extra = ExtraPoints::from_csv("x", "", &rows).expect("a header");
    assert_eq!((extra.len(), extra.bad_rows()[0].row), (1, 2));
}

#[test]
fn geojson_comes_as_a_collection_or_line_by_line() {
    let feature = |number: &str| {
        format!(
            r#"{{"type":"Feature","properties":{{"number":{number},"street":"Lange Gasse","city":"Altdorf"}},"geometry":{{"type":"Point","coordinates":[13.265,53.5501]}}}}"#
        )
    };
    let line =
        r#"{"type":"Feature","properties":{"number":"9"},"geometry":{"type":"LineString","coordinates":[]}}"#;
    let collection = format!(
        r#"{{"type":"FeatureCollection","features":[{},{line}]}}"#,
        feature("21")
    );
    let lines = format!("{}\n\n{line}\n{{broken\n", feature("\"21\""));
    let read = |text: &str| ExtraPoints::from_geojson("Survey", "2026", text.as_bytes());
    let whole = read(&collection).expect("a collection");
    assert_eq!((whole.len(), whole.bad_rows()[0].row), (1, 2));
    let by_line = read(&lines).expect("lines");
    let rows: Vec<u64> = by_line.bad_rows().iter().map(|b| b.row).collect();
    assert_eq!((by_line.len(), rows), (1, vec![3, 4]));
    for extra in [whole, by_line] {
        let map = open_with(&village(), &[extra]);
        let hit = &map.search(&Request::text("Lange Gasse 21, Altdorf")).hits[0];
        assert_eq!((hit.level, hit.source.as_str()), (Level::House, "Survey, 2026"));
    }
    assert!(matches!(read("[1, 2]"), Err(ExtraError::GeoJson(_))));
    assert!(matches!(read("no json"), Err(ExtraError::GeoJson(_))));
}

#[test]
fn points_outside_of_the_map_are_left_out_and_counted() {
    let extra = csv("2.35,48.85,21,Lange Gasse,,Altdorf,,,12345,,\n");
    let extract = village();
    assert_eq!(extra.outside(&extract), 1);
    let map = open_with(&extract, &[extra]);
    let hit = &map.search(&Request::text("Lange Gasse 21, Altdorf")).hits[0];
    assert_ne!(hit.level, Level::House);
}
