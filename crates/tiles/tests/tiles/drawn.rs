//! Drawn maps, one idea each.

use geom::{LngLat, Meters, TileId};
use testkit::Sketch;

use crate::map::{Map, Seen};
use crate::valid::check_map;

fn map(sketch: &Sketch) -> Map {
    let map = Map::of(&sketch.extract());
    assert!(check_map(&map) > 0);
    map
}

/// `kind_detail name` of each, sorted.
fn words(seen: &[Seen], keys: &[&str]) -> Vec<String> {
    let line = |s: &Seen| keys.iter().map(|k| s.text(k)).collect::<Vec<_>>().join(" ");
    let mut words: Vec<String> = seen.iter().map(line).collect();
    words.sort();
    words
}

#[test]
fn a_lake_keeps_its_island_and_the_island_its_wood() {
    let sketch = Sketch::new(
        Meters(100.0),
        "
        a               b

            c       d
              g   h
                x         y
              j   i
            f       e

        l               k             z
        ",
    )
    .multipolygon(
        "abkl",
        "cdef",
        &[("natural", "water"), ("water", "lake"), ("name", "See")],
    )
    .area("ghij", &[("natural", "wood")]);
    let map = map(&sketch);
    for z in 12..=14 {
        let over = |letter| map.areas_over(sketch.place(letter), z);
        assert_eq!(over('x'), ["earth/earth", "landuse/wood"], "zoom {z}");
        assert_eq!(over('y'), ["earth/earth"], "zoom {z}");
    }
    // Between island and shore: halfway from the corner of the lake to that of the island.
    let water = LngLat::new(
        (sketch.place('a').lng() + sketch.place('c').lng()) / 2.0,
        (sketch.place('a').lat() + sketch.place('c').lat()) / 2.0,
    );
    assert_eq!(map.areas_over(water.unwrap(), 14), ["earth/earth", "water/lake"]);
    let names: Vec<Seen> = map.layer(sketch.place('x'), 14, "water");
    let labels: Vec<&Seen> = names.iter().filter(|s| s.point().is_some()).collect();
    assert_eq!(labels.len(), 1);
    assert_eq!((labels[0].text("name"), labels[0].text("kind")), ("See", "lake"));
}

#[test]
fn the_ways_of_a_street_become_one_line() {
    let sketch = Sketch::new(Meters(50.0), "a b c d e")
        .way("ab", &[("highway", "residential"), ("name", "Lange Straße")])
        .way("cb", &[("highway", "residential"), ("name", "Lange Straße")])
        .way("cd", &[("highway", "residential"), ("name", "Lange Straße")])
        .way("de", &[("highway", "residential"), ("name", "Kurze Straße")]);
    let map = map(&sketch);
    let roads = map.layer(sketch.place('c'), 14, "roads");
    assert_eq!(
        words(&roads, &["kind_detail", "name"]),
        ["residential Kurze Straße", "residential Lange Straße"]
    );
    assert!(roads.iter().all(|r| r.lines().len() == 1), "{roads:?}");
    // Before names are shown both streets are one line, and before zoom 12 there are none.
    let early = map.layer(sketch.place('c'), 12, "roads");
    assert_eq!(
        (early.len(), early[0].lines().len(), early[0].text("name")),
        (1, 1, "")
    );
    assert!(map.layer(sketch.place('c'), 11, "roads").is_empty());
}

#[test]
fn one_way_streets_run_their_way() {
    let sketch = Sketch::new(Meters(50.0), "a b c").roads("a>b b<c");
    let map = map(&sketch);
    let roads = map.layer(sketch.place('b'), 14, "roads");
    assert_eq!(words(&roads, &["oneway"]), ["yes"]);
    // Towards b from both ends: two lines, as they meet head on.
    let lines = roads[0].lines();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0].0.last(), lines[1].0.last());
}

#[test]
fn larger_roads_are_seen_from_farther_away() {
    let roads = [
        "motorway",
        "trunk",
        "primary",
        "secondary",
        "tertiary",
        "residential",
        "service",
        "footway",
    ];
    let drawing = "
        a                             b
        c                             d
        e                             f
        g                             h
        i                             j
        k                             l
        m                             n
        o                             p
    ";
    let ends = ["ab", "cd", "ef", "gh", "ij", "kl", "mn", "op"];
    let sketch = ends
        .iter()
        .zip(roads)
        .fold(Sketch::new(Meters(4000.0), drawing), |sketch, (ends, kind)| {
            sketch.way(ends, &[("highway", kind), ("ref", "B 96;E 251"), ("name", "Weg")])
        });
    let map = map(&sketch);
    let first_zoom = |ends: &str| {
        let (a, b) = (
            sketch.place(ends.as_bytes()[0] as char),
            sketch.place(ends.as_bytes()[1] as char),
        );
        let middle = LngLat::new((a.lng() + b.lng()) / 2.0, a.lat()).unwrap();
        (0..=14).find(|z| !map.lines_at(middle, *z, "roads").is_empty())
    };
    let zooms: Vec<Option<u8>> = ends.iter().map(|ends| first_zoom(ends)).collect();
    assert_eq!(zooms, [4, 6, 7, 9, 10, 12, 13, 14].map(Some));
    let a = sketch.place('a');
    let motorway = |z: u8| map.lines_at(a, z, "roads").swap_remove(0);
    assert_eq!(
        (motorway(7).text("kind"), motorway(7).text("ref")),
        ("highway", "")
    );
    assert_eq!(
        (motorway(8).text("ref"), motorway(8).text("shield_text")),
        ("B 96;E 251", "B96")
    );
    assert_eq!(
        (motorway(10).text("name"), motorway(11).text("name")),
        ("", "Weg")
    );
}

#[test]
fn bridges_tunnels_and_links_are_marked_and_bridges_drawn_last() {
    let sketch = Sketch::new(
        Meters(100.0),
        "
            c
        a   m   b
            d   e
        ",
    )
    .way("amb", &[("highway", "primary")])
    .way(
        "cmd",
        &[("highway", "secondary"), ("bridge", "yes"), ("layer", "1")],
    )
    .way("be", &[("highway", "primary_link")])
    .way("de", &[("highway", "service"), ("tunnel", "yes")]);
    let map = map(&sketch);
    let order: Vec<String> = map
        .layer(sketch.place('m'), 14, "roads")
        .iter()
        .map(|s| s.text("kind_detail").to_owned())
        .collect();
    assert_eq!(order, ["service", "primary_link", "primary", "secondary"]);
    let flags = |s: &Seen| ["is_tunnel", "is_link", "is_bridge"].map(|f| s.attributes.contains_key(f));
    let flags: Vec<_> = map
        .layer(sketch.place('m'), 14, "roads")
        .iter()
        .map(flags)
        .collect();
    let (t, f) = (true, false);
    assert_eq!(flags, [[t, f, f], [f, t, f], [f, f, f], [f, f, t]]);
}

#[test]
fn house_numbers_and_buildings() {
    let sketch = Sketch::new(
        Meters(10.0),
        "
        a     b
                   n
        d     c
        ",
    )
    .area(
        "abcd",
        &[
            ("building", "yes"),
            ("addr:housenumber", "12a"),
            ("building:levels", "3"),
        ],
    )
    .address("n", "Lange Straße", "14")
    .node("n", &[("building", "no")]);
    let map = map(&sketch);
    let seen = map.layer(sketch.place('a'), 14, "buildings");
    assert_eq!(
        words(&seen, &["kind", "addr_housenumber"]),
        ["address 12a", "address 14", "building "]
    );
    let house = seen.iter().find(|s| s.text("kind") == "building").unwrap();
    // Three floors of 3 m.
    assert_eq!(house.number("height"), Some(9.0));
    assert!(map.layer(sketch.place('a'), 12, "buildings").is_empty());
}

#[test]
fn places_by_importance() {
    let sketch = Sketch::new(Meters(3000.0), "a b c d")
        .node(
            "a",
            &[
                ("place", "city"),
                ("name", "Großstadt"),
                ("population", "1 200 000"),
                ("capital", "yes"),
            ],
        )
        .node(
            "b",
            &[
                ("place", "town"),
                ("name", "Stadt"),
                ("population", "64000"),
                ("name:en", "Town"),
            ],
        )
        .node("c", &[("place", "village"), ("name", "Dorf")])
        .node("d", &[("place", "locality"), ("name", "Flur")]);
    let map = map(&sketch);
    let at = sketch.place('a');
    let names = |z| words(&map.tile(TileId::at(at, z)), &["name"]);
    let named = |z| names(z).into_iter().filter(|n| !n.is_empty()).collect::<Vec<_>>();
    assert_eq!(named(2), [""; 0]);
    assert_eq!(named(3), ["Großstadt"]);
    assert_eq!(named(7), ["Großstadt", "Stadt"]);
    let all = map.layer(at, 10, "places");
    assert_eq!(
        all.iter().map(|s| s.text("name")).collect::<Vec<_>>(),
        ["Großstadt", "Stadt", "Dorf"]
    );
    let number = |key| all.iter().map(|s| s.number(key)).collect::<Vec<_>>();
    // After Tilezen: 1 to 5 million 12, 50,000 to 100,000 8; a village without a number counts 500, which is 2.
    assert_eq!(number("population_rank"), [Some(12.0), Some(8.0), Some(2.0)]);
    assert_eq!(number("population"), [Some(1_200_000.0), Some(64_000.0), None]);
    assert!(number("sort_key").is_sorted_by(|a, b| a < b));
    assert_eq!((all[0].text("capital"), all[1].text("name:en")), ("yes", "Town"));
}

#[test]
fn points_of_interest_wait_for_their_zoom() {
    let sketch = Sketch::new(Meters(50.0), "a b c d e f")
        .node("a", &[("railway", "station"), ("name", "Bahnhof")])
        .node("b", &[("amenity", "bank"), ("name", "Sparkasse")])
        .node("c", &[("shop", "yacht_supplies"), ("name", "Segel")])
        .node("d", &[("highway", "bus_stop")])
        .node("e", &[("amenity", "restaurant")])
        .node("f", &[("amenity", "bench"), ("name", "Bank")]);
    let map = map(&sketch);
    let at = sketch.place('a');
    let seen = map.layer(at, 14, "pois");
    let found = words(&seen, &["kind", "kind_detail", "name"]);
    // A restaurant without a name says nothing, and a bench is no destination.
    assert_eq!(
        found,
        [
            "bank  Sparkasse",
            "bus_stop  ",
            "shop yacht_supplies Segel",
            "station  Bahnhof"
        ]
    );
    let zooms: Vec<_> = seen.iter().map(|s| s.number("min_zoom").unwrap()).collect();
    assert_eq!(zooms, [12.0, 16.0, 17.0, 17.0]);
    assert_eq!(words(&map.layer(at, 12, "pois"), &["kind"]), ["station"]);
}

#[test]
fn a_boundary_shared_by_levels_is_one_line_of_the_highest() {
    let sketch = Sketch::new(
        Meters(1000.0),
        "
        a   b   c
        f   e   d
        ",
    )
    .way("be", &[])
    .way("efab", &[])
    .way("bcde", &[])
    .relation(
        &[("outer", "be"), ("outer", "efab")],
        &[
            ("type", "boundary"),
            ("boundary", "administrative"),
            ("admin_level", "8"),
        ],
    )
    .relation(
        &[("outer", "be"), ("outer", "bcde")],
        &[
            ("type", "boundary"),
            ("boundary", "administrative"),
            ("admin_level", "6"),
        ],
    );
    let map = map(&sketch);
    let between = {
        let (b, e) = (sketch.place('b'), sketch.place('e'));
        LngLat::new(b.lng(), (b.lat() + e.lat()) / 2.0).unwrap()
    };
    let lines = map.lines_at(between, 12, "boundaries");
    assert_eq!(words(&lines, &["kind"]), ["county"]);
    assert_eq!(lines[0].number("kind_detail"), Some(6.0));
    assert_eq!(words(&map.layer(between, 9, "boundaries"), &["kind"]), ["county"]);
    let both = words(&map.layer(between, 12, "boundaries"), &["kind"]);
    assert_eq!(both, ["county", "locality"]);
}

#[test]
fn small_ground_lies_on_large_ground() {
    let sketch = Sketch::new(
        Meters(100.0),
        "
        a                   b
            e   f
              x
            h   g
        d                   c
        ",
    )
    .area("efgh", &[("leisure", "park"), ("name", "Stadtpark")])
    .area("abcd", &[("landuse", "residential")]);
    let map = map(&sketch);
    let over = map.areas_over(sketch.place('x'), 14);
    assert_eq!(over, ["earth/earth", "landuse/residential", "landuse/park"]);
    assert_eq!(
        words(&map.layer(sketch.place('x'), 14, "pois"), &["kind", "name"]),
        ["park Stadtpark"]
    );
}

#[test]
fn nothing_is_drawn_outside_the_bounds() {
    let sketch = Sketch::new(Meters(1000.0), "a       x       b").roads("axb");
    let (a, x) = (sketch.place('a'), sketch.place('x'));
    let bounds = geom::BBox {
        west: x.lng() - 0.001,
        south: x.lat() - 0.001,
        east: x.lng() + 0.001,
        north: x.lat() + 0.001,
    };
    let map = map(&sketch.clone().bounds(bounds));
    assert!(map.index.tile(TileId::at(x, 14)).is_some());
    assert!(map.index.tile(TileId::at(a, 14)).is_none());
    // Zoom 8 has both ends in its tile, and still only the part within the bounds is drawn.
    let end = map.lines_at(a, 14, "roads");
    assert!(end.is_empty(), "{end:?}");
    assert!(map.areas_over(a, 10).is_empty());
    assert_eq!(map.areas_over(x, 10), ["earth/earth"]);
}

#[test]
fn a_way_with_a_missing_node_is_not_bridged() {
    let mut builder = osm::Builder::default();
    let place = |east: f64| geom::Fixed::from(LngLat::new(13.26 + east, 53.55).unwrap());
    for (id, east) in [(1, 0.0), (2, 0.001), (4, 0.003), (5, 0.004)] {
        builder.node(osm::NodeId(id), place(east), []);
    }
    builder.way(osm::WayId(1), (1..=5).map(osm::NodeId), [("highway", "primary")]);
    let map = Map::of(&builder.finish());
    let roads = map.layer(LngLat::new(13.26, 53.55).unwrap(), 14, "roads");
    assert_eq!(roads.iter().map(|r| r.lines().len()).sum::<usize>(), 2);
}

#[test]
fn an_empty_extract_has_no_tiles() {
    let map = Map::of(&osm::Builder::default().finish());
    assert!(map.index.is_empty() && map.index.bounds().is_none());
    assert!(map.index.tile(TileId { z: 0, x: 0, y: 0 }).is_none());
}

#[test]
fn a_tile_within_a_hole_holds_nothing_of_the_area() {
    // A wood of 24 km around a clearing of 20 km; a tile of zoom 14 is 1.5 km wide here.
    let sketch = Sketch::new(
        Meters(2000.0),
        "
        a                       b
          e                   f

                    x

          h                   g
        d                       c
        ",
    )
    .multipolygon("abcd", "efgh", &[("landuse", "forest")]);
    let map = map(&sketch);
    let x = sketch.place('x');
    assert_eq!(map.areas_over(x, 14), ["earth/earth"]);
    assert!(map.layer(x, 14, "landuse").is_empty());
}

#[test]
fn what_lies_just_beside_a_tile_is_in_its_buffer() {
    // Half a buffer east of a tile's edge: 32 units of zoom 14 are 0.00017 degrees.
    let tile = TileId::at(LngLat::new(13.26, 53.55).unwrap(), 14);
    let (edge, units) = (tile.bbox().east, 0.000_171_66);
    let mut builder = osm::Builder::default();
    for (id, lat) in [(1, 53.545), (2, 53.555)] {
        let place = LngLat::new(edge + units, lat).unwrap();
        builder.node(osm::NodeId(id), geom::Fixed::from(place), []);
    }
    builder.bounds(tile.bbox().grown(Meters(500.0)));
    builder.way(
        osm::WayId(1),
        [osm::NodeId(1), osm::NodeId(2)],
        [("highway", "primary")],
    );
    let map = Map::of(&builder.finish());
    let beside = map.tile(tile);
    let road = beside
        .iter()
        .find(|s| s.layer == "roads")
        .expect("the road beside the tile");
    assert!(road.lines()[0].0.iter().all(|c| c.x == 4096 + 32), "{road:?}");
}
