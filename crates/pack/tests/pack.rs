//! Writing, opening and verifying packs, whole and damaged.

use std::path::{Path, PathBuf};

use pack::{OpenError, Pack, Section, WriteError, Writer};
use proptest::prelude::*;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("test.pack")
    }

    fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.0.path()).unwrap();
        entries
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect()
    }
}

fn sections() -> Vec<Section> {
    vec![
        Section::new("roads/heads", &[7u32, 8, 9]),
        Section::new("geocode/weights", &[0.5f64]),
        Section::new::<u8>("tiles/none", &[]),
        Section::new("a/text", "Neubrandenburg".as_bytes()),
    ]
}

fn write(path: &Path, sections: &[Section]) -> Result<(), WriteError> {
    let mut writer = Writer::create(path)?;
    for section in sections {
        writer.section(section)?;
    }
    writer.finish()
}

/// Opens and verifies these bytes as a file of their own.
fn check(bytes: &[u8]) -> Result<(), OpenError> {
    let folder = Folder::new();
    std::fs::write(folder.path(), bytes).unwrap();
    Pack::open(&folder.path())?.verify()
}

fn whole() -> Vec<u8> {
    let folder = Folder::new();
    write(&folder.path(), &sections()).unwrap();
    std::fs::read(folder.path()).unwrap()
}

#[test]
fn what_was_written_is_read() {
    let folder = Folder::new();
    write(&folder.path(), &sections()).unwrap();
    let pack = Pack::open(&folder.path()).unwrap();
    pack.verify().unwrap();
    assert_eq!(pack.slice::<u32>("roads/heads").unwrap(), [7, 8, 9]);
    assert_eq!(pack.slice::<f64>("geocode/weights").unwrap(), [0.5]);
    assert_eq!(pack.section("tiles/none").unwrap(), b"");
    assert_eq!(pack.section("a/text").unwrap(), b"Neubrandenburg");
    let names: Vec<_> = pack.sections().collect();
    assert_eq!(
        names,
        [
            ("a/text", 14),
            ("geocode/weights", 8),
            ("roads/heads", 12),
            ("tiles/none", 0)
        ]
    );
    for (name, _) in names {
        assert_eq!(pack.section(name).unwrap().as_ptr() as usize % 64, 0, "{name}");
    }
    assert_eq!(folder.files(), ["test.pack"]);
}

#[test]
fn a_section_that_is_not_there_or_of_another_width_is_named() {
    let folder = Folder::new();
    write(&folder.path(), &sections()).unwrap();
    let pack = Pack::open(&folder.path()).unwrap();
    let missing = pack.section("roads/tails").unwrap_err().to_string();
    assert!(
        missing.contains("`roads/tails`") && missing.contains("missing"),
        "{missing}"
    );
    let ragged = pack.slice::<u64>("roads/heads").unwrap_err().to_string();
    assert!(
        ragged.contains("`roads/heads`") && ragged.contains("12 bytes"),
        "{ragged}"
    );
}

#[test]
fn same_sections_same_bytes_and_the_order_of_writing_does_not_change_the_hash() {
    assert_eq!(whole(), whole());
    let folder = Folder::new();
    let hash = |sections: &[Section]| {
        write(&folder.path(), sections).unwrap();
        Pack::open(&folder.path()).unwrap().hash_hex()
    };
    let first = hash(&sections());
    assert_eq!(first.len(), 64);
    assert_eq!(first, hash(&sections().into_iter().rev().collect::<Vec<_>>()));
    let mut other = sections();
    other[0].bytes[0] = 6;
    assert_ne!(first, hash(&other));
}

#[test]
fn a_pack_replaces_the_one_before_at_once() {
    let folder = Folder::new();
    write(&folder.path(), &sections()).unwrap();
    let before = Pack::open(&folder.path()).unwrap();
    write(&folder.path(), &sections()[..1]).unwrap();
    // The old map stays whole for those who have it open.
    before.verify().unwrap();
    assert_eq!(before.sections().count(), 4);
    assert_eq!(Pack::open(&folder.path()).unwrap().sections().count(), 1);
}

#[test]
fn a_writer_that_gives_up_leaves_nothing() {
    let folder = Folder::new();
    let mut writer = Writer::create(&folder.path()).unwrap();
    writer.section(&sections()[0]).unwrap();
    let twice = writer.section(&sections()[0]).unwrap_err();
    assert!(matches!(&twice, WriteError::Twice(name) if name == "roads/heads"));
    drop(writer);
    assert_eq!(folder.files(), [""; 0]);
}

#[test]
fn a_missing_folder_is_named() {
    let path = Folder::new().path().join("no/such/region.pack");
    let error = write(&path, &sections()).unwrap_err();
    assert!(matches!(&error, WriteError::Io { path: named, .. } if *named == path));
    assert!(error.to_string().contains("no/such/region.pack"), "{error}");
    let error = Pack::open(&path).unwrap_err();
    assert!(matches!(error, OpenError::Io { .. }));
}

#[test]
fn what_is_no_pack_is_refused() {
    for bytes in [
        &b""[..],
        b"BAILIWIK",
        b"PK\x03\x04 something else that is longer than a header of 64 bytes",
    ] {
        let error = check(bytes).unwrap_err();
        assert!(matches!(error, OpenError::NotAPack { .. }), "{error}");
        assert!(error.to_string().contains("map build"), "{error}");
    }
}

#[test]
fn a_pack_of_another_version_says_rebuild() {
    let mut bytes = whole();
    bytes[8] = 200;
    let error = check(&bytes).unwrap_err();
    assert!(matches!(error, OpenError::Version { found: 200, .. }));
    assert!(
        error
            .to_string()
            .contains("rebuild it with `bailiwick map build`"),
        "{error}"
    );
}

#[test]
fn a_pack_cut_anywhere_or_continued_is_refused() {
    let whole = whole();
    for length in 0..whole.len() {
        let error = check(&whole[..length]).expect_err("a cut pack is refused");
        assert!(
            matches!(error, OpenError::NotAPack { .. }),
            "cut to {length}: {error}"
        );
    }
    let mut longer = whole;
    longer.push(0);
    assert!(check(&longer).is_err());
}

#[test]
fn every_flipped_byte_is_found_and_its_section_named() {
    let whole = whole();
    let mut named = std::collections::BTreeSet::new();
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        match check(&bytes).expect_err("a flipped byte is found") {
            OpenError::Section { section, .. } => named.insert(section),
            OpenError::NotAPack { .. } | OpenError::Version { .. } => continue,
            other => panic!("byte {at}: {other}"),
        };
    }
    // The empty section has no byte that could be flipped.
    assert_eq!(
        named.into_iter().collect::<Vec<_>>(),
        ["a/text", "geocode/weights", "roads/heads"]
    );
    // The first section begins right after the header.
    let mut bytes = whole;
    bytes[64] ^= 1;
    let error = check(&bytes).unwrap_err().to_string();
    assert!(
        error.contains("`roads/heads`") && error.contains("checksum"),
        "{error}"
    );
}

proptest! {
    #[test]
    fn any_sections_come_back(
        contents in prop::collection::btree_map("[a-zäß/]{0,12}", prop::collection::vec(any::<u8>(), 0..300), 0..8),
    ) {
        let sections: Vec<Section> = contents
            .iter()
            .map(|(name, bytes)| Section { name: name.clone(), bytes: bytes.clone() })
            .collect();
        let folder = Folder::new();
        write(&folder.path(), &sections).unwrap();
        let pack = Pack::open(&folder.path()).unwrap();
        pack.verify().unwrap();
        prop_assert_eq!(pack.sections().count(), sections.len());
        for section in &sections {
            prop_assert_eq!(pack.section(&section.name).unwrap(), &section.bytes[..]);
        }
    }

    /// A pack made of noise behind a right header, as a forger would: refused or read, no panic.
    #[test]
    fn a_forged_table_of_contents_is_survived(toc in prop::collection::vec(any::<u8>(), 0..120)) {
        use sha2::Digest;
        let mut bytes = b"BAILIWIK".to_vec();
        bytes.extend(pack::VERSION.to_le_bytes());
        bytes.extend([0; 4]);
        bytes.extend(64u64.to_le_bytes());
        bytes.extend((toc.len() as u64).to_le_bytes());
        bytes.extend(sha2::Sha256::digest(&toc));
        bytes.extend(&toc);
        prop_assert_eq!(check(&bytes).is_ok(), toc.is_empty());
    }
}
