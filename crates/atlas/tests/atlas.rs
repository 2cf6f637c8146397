//! Building packs from files and opening them: the demo map, drawn maps, damaged packs.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use atlas::{Atlas, BoundaryKind, BuildError, Pass, Step, build};
use geom::{LngLat, Meters, TileId, Timestamp};
use pack::OpenError;
use roads::SnapOptions;
use testkit::{PbfFile, Sketch};

fn demo_extract() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/neubrandenburg.osm.pbf")
}

fn build_quietly(inputs: &[&Path], output: &Path) -> Result<atlas::Report, BuildError> {
    build(inputs, output, &mut |_| {})
}

/// The demo pack, built once for all tests.
fn demo_pack() -> &'static Path {
    static DEMO: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = DEMO.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("demo.pack");
        build_quietly(&[&demo_extract()], &path).unwrap();
        (folder, path)
    });
    path
}

#[test]
fn the_demo_map_answers_from_every_part() {
    let atlas = Arc::new(Atlas::open(demo_pack()).unwrap());
    atlas.verify().unwrap();
    let market_place = LngLat::new(13.2606, 53.5561).unwrap();
    assert!(atlas.bounds().contains(market_place));
    assert_eq!(atlas.attribution(), "© OpenStreetMap contributors");
    assert_eq!(atlas.hash_hex().len(), 64);
    assert_eq!(atlas.inputs().len(), 1);
    assert_eq!(
        atlas.inputs()[0].bytes,
        std::fs::metadata(demo_extract()).unwrap().len()
    );
    assert_eq!(atlas.extract_date(), None); // its header has no date

    let station = LngLat::new(13.2610, 53.5615).unwrap();
    let options = SnapOptions::default();
    let [from, to] = [market_place, station].map(|p| atlas.roads().snap(p, &options).unwrap());
    let route = atlas.roads().query().route(&from, &to).unwrap();
    assert!(route.trip.distance.0 > 500.0, "{:?}", route.trip.distance);

    assert!(atlas.tiles().tile(TileId::at(market_place, 14)).is_some());
    let around = atlas.boundaries().at(market_place);
    assert_eq!(around[0].name(), "Neubrandenburg");
    assert_eq!(around[0].kind(), BoundaryKind::Administrative { level: 8 });
    let here = atlas.geocoder().reverse(market_place);
    assert!(here.is_some(), "the market place has an address nearby");
}

#[test]
fn a_map_holds_the_roads_of_several_vehicles() {
    let folder = tempfile::tempdir().unwrap();
    let [extract, output] = ["streets.osm.pbf", "streets.pack"].map(|name| folder.path().join(name));
    Sketch::new(Meters(100.0), "a   b   c")
        .roads("a>b>c")
        .write_pbf(&extract);
    let build =
        |profiles: &[roads::Profile]| atlas::build_for(&[&extract], &[], profiles, &output, &mut |_| {});
    assert!(matches!(build(&[]), Err(BuildError::NoProfile)));
    build(&[roads::Profile::van(), roads::Profile::foot()]).unwrap();
    let atlas = Atlas::open(&output).unwrap();
    assert_eq!(atlas.profiles().collect::<Vec<_>>(), ["van", "foot"]);
    assert_eq!(atlas.roads().profile(), "van");
    assert!(atlas.roads_for("car").is_none());
    let places = [LngLat::new(13.26, 53.55), LngLat::new(13.262, 53.55)].map(Result::unwrap);
    for (profile, goes_back) in [("van", false), ("foot", true)] {
        let roads = atlas.roads_for(profile).unwrap();
        let options = SnapOptions {
            component: roads::ComponentRule::Any,
            ..SnapOptions::default()
        };
        let [from, to] = places.map(|place| roads.snap(place, &options).unwrap());
        assert!(roads.query().trip(&from, &to).is_some());
        assert_eq!(roads.query().trip(&to, &from).is_some(), goes_back, "{profile}");
    }
}

#[test]
fn the_same_extract_gives_the_same_bytes_under_any_name_and_on_one_thread() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("another name.osm.pbf");
    std::fs::copy(demo_extract(), &copy).unwrap();
    let output = folder.path().join("again.pack");
    let one_thread = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    one_thread.install(|| build_quietly(&[&copy], &output)).unwrap();
    let [again, first] = [&output, demo_pack()].map(|path| pack::Pack::open(path).unwrap());
    let bytes = |pack: &pack::Pack, name: &str| pack.section(name).unwrap().to_vec();
    for (name, _) in first.sections() {
        assert!(
            bytes(&again, name) == bytes(&first, name),
            "section {name} differs"
        );
    }
    // assert! and not assert_eq!, which would print both.
    assert!(std::fs::read(&output).unwrap() == std::fs::read(demo_pack()).unwrap());
    let mut files: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    assert_eq!(files, ["again.pack", "another name.osm.pbf"]);
}

#[test]
fn a_flipped_byte_in_any_section_is_refused_by_its_name() {
    let whole = std::fs::read(demo_pack()).unwrap();
    let pack = pack::Pack::open(demo_pack()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("damaged.pack");
    // The file is mapped as it lies, and its first section begins after the header of 64 bytes.
    let address = |name: &str| pack.section(name).unwrap().as_ptr() as usize;
    let filled: Vec<&str> = (pack.sections())
        .filter(|(_, length)| *length > 0)
        .map(|(name, _)| name)
        .collect();
    let first = filled.iter().map(|name| address(name)).min().unwrap();
    let mut damaged = whole.clone();
    for name in &filled {
        let bytes = pack.section(name).unwrap();
        let middle = address(name) - first + 64 + bytes.len() / 2;
        assert_eq!(whole[middle], bytes[bytes.len() / 2]);
        damaged[middle] ^= 0x20;
        std::fs::write(&path, &damaged).unwrap();
        damaged[middle] ^= 0x20;
        // Opening may refuse it already; verifying must.
        let refused = pack::Pack::open(&path).unwrap().verify().unwrap_err();
        let OpenError::Section { section, .. } = &refused else {
            panic!("{refused}");
        };
        assert_eq!(section, name);
        if let Ok(atlas) = Atlas::open(&path) {
            assert!(atlas.verify().is_err());
        }
    }
    assert!(filled.len() >= 15, "only {} sections", filled.len());
}

#[test]
fn a_pack_without_a_part_is_refused_by_the_part_s_name() {
    let pack = pack::Pack::open(demo_pack()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for missing in ["atlas/about", "boundaries/records", "tiles/index"] {
        let path = folder.path().join("part.pack");
        let mut writer = pack::Writer::create(&path).unwrap();
        for (name, _) in pack.sections().filter(|(name, _)| *name != missing) {
            let bytes = pack.section(name).unwrap().to_vec();
            writer
                .section(&pack::Section {
                    name: name.into(),
                    bytes,
                })
                .unwrap();
        }
        writer.finish().unwrap();
        let error = Atlas::open(&path).unwrap_err().to_string();
        assert!(
            error.contains(&format!("`{missing}`")) && error.contains("map build"),
            "{error}"
        );
    }
}

#[test]
fn passes_are_told_in_order_and_timed() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("in.pbf"), folder.path().join("out.pack"));
    Sketch::new(Meters(100.0), "a b").roads("ab").write_pbf(&input);
    let mut steps: Vec<Step> = Vec::new();
    let report = build(&[&input], &output, &mut |step| steps.push(step)).unwrap();
    let timed: Vec<Pass> = report.passes.iter().map(|(pass, _)| *pass).collect();
    assert_eq!(timed, Pass::ALL);
    assert_eq!(report.elements, [2, 1, 0]);
    assert!(steps.is_sorted_by_key(|s| s.pass));
    for pass in Pass::ALL {
        let of_pass: Vec<f64> = steps
            .iter()
            .filter(|s| s.pass == pass)
            .map(|s| s.fraction)
            .collect();
        assert!(of_pass.is_sorted(), "{pass}: {of_pass:?}");
        assert_eq!(
            (of_pass.first(), of_pass.last()),
            (Some(&0.0), Some(&1.0)),
            "{pass}"
        );
    }
}

/// Five letters in a row, cut between them into two files that share the roads around c.
#[test]
fn extracts_that_share_a_border_become_one_map() {
    let map = Sketch::new(Meters(100.0), "a b c d e").roads("ab bc cd de");
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, letters: &str, date: i64| {
        let path = folder.path().join(name);
        let file = PbfFile {
            date: Some(Timestamp(date)),
            elements: map.part(letters),
            ..PbfFile::default()
        };
        std::fs::write(&path, file.to_bytes()).unwrap();
        path
    };
    let west = write("west.pbf", "abc", 1_700_000_000_000);
    let east = write("east.pbf", "cde", 1_600_000_000_000);
    let both = folder.path().join("both.pack");
    let report = build_quietly(&[&west, &east], &both).unwrap();
    assert_eq!(report.elements, [5, 4, 0]);
    let atlas = Atlas::open(&both).unwrap();
    assert_eq!(atlas.inputs().len(), 2);
    assert_eq!(atlas.extract_date(), Some(Timestamp(1_600_000_000_000)));
    assert!(atlas.bounds().contains(map.place('a')) && atlas.bounds().contains(map.place('e')));
    let options = SnapOptions::default();
    let [from, to] = ['a', 'e'].map(|letter| atlas.roads().snap(map.place(letter), &options).unwrap());
    let route = atlas.roads().query().route(&from, &to).unwrap();
    assert_eq!(route.trip.distance.0.round(), 400.0); // 4 steps of 100 m
    // The western half alone ends at d.
    let half = folder.path().join("half.pack");
    build_quietly(&[&west], &half).unwrap();
    let half = Atlas::open(&half).unwrap();
    assert!(!half.bounds().contains(map.place('e')));
}

#[test]
fn what_cannot_be_built_is_told_and_leaves_the_old_pack_alone() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("region.pack");
    std::fs::write(&output, "the old pack").unwrap();
    let empty = folder.path().join("empty.pbf");
    std::fs::write(&empty, "").unwrap();
    let error = build_quietly(&[&empty], &output).unwrap_err().to_string();
    assert!(error.contains("empty.pbf") && error.contains("empty"), "{error}");
    assert!(matches!(build_quietly(&[], &output), Err(BuildError::NoInput)));
    assert_eq!(std::fs::read_to_string(&output).unwrap(), "the old pack");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);

    let nowhere = folder.path().join("no/such/folder/region.pack");
    let error = build_quietly(&[&demo_extract()], &nowhere).unwrap_err();
    assert!(matches!(error, BuildError::Write(_)), "{error}");
    let error = Atlas::open(&output).unwrap_err().to_string();
    assert!(
        error.contains("region.pack") && error.contains("not a map pack"),
        "{error}"
    );
}
