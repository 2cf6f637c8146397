//! An index written to bytes and read back, whole, cut and flipped.

use std::sync::Arc;

use geom::{LngLat, TileId, Timestamp};
use points::{
    Category, Change, Error, Filter, Index, Row, RowId, Schema, Shape, SnapshotSpec, Text, TileStyle,
};

/// Bytes at a multiple of 8, as a memory map has them.
struct Aligned(Vec<u64>, usize);

impl AsRef<[u8]> for Aligned {
    fn as_ref(&self) -> &[u8] {
        &bytemuck::cast_slice(&self.0)[..self.1]
    }
}

fn aligned(bytes: &[u8]) -> Arc<Aligned> {
    let words = bytes.chunks(8).map(|chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        u64::from_ne_bytes(word)
    });
    Arc::new(Aligned(words.collect(), bytes.len()))
}

fn schema() -> Schema {
    Schema {
        categories: vec![
            Category::ordered("due", ["overdue", "soon"]),
            Category::named("owner"),
        ],
        amounts: vec!["revenue".into()],
        times: vec!["last visit".into()],
        texts: vec![Text::words("name"), Text::digits("phone")],
    }
}

fn row(i: u32) -> Row {
    Row {
        id: RowId([i.to_be_bytes(); 4].as_flattened().try_into().unwrap()),
        place: (!i.is_multiple_of(5))
            .then(|| LngLat::new(f64::from(i % 31) * 0.7, f64::from(i % 17) * 0.9).unwrap()),
        categories: vec![
            Some(if i.is_multiple_of(3) { "overdue" } else { "soon" }.into()),
            Some(format!("owner {}", i % 300)),
        ],
        amounts: vec![(!i.is_multiple_of(4)).then_some(i64::from(i))],
        times: vec![Some(Timestamp(i64::from(i)))],
        texts: vec![format!("Kunde Nr. {i}"), format!("0395 {i}")],
    }
}

fn stored(index: &Index) -> Vec<u8> {
    let mut bytes = Vec::new();
    index.write_to(b"sequence 17", &mut bytes).unwrap();
    bytes
}

/// Answers to a bit of everything.
fn answers(index: &Index) -> String {
    let filter = Filter::category("due", ["overdue"]).and(Filter::Range {
        column: "revenue".into(),
        from: Some(9),
        to: None,
    });
    let spec = SnapshotSpec {
        sums: vec!["revenue".into()],
        group_by: vec!["due".into(), "owner".into()],
    };
    let style = TileStyle {
        shown: vec!["name".into()],
        commonest: vec!["owner".into()],
        ..TileStyle::layer("l")
    };
    let mut all = format!("{} rows\n", index.len());
    for filter in [Filter::All, filter] {
        let view = index.view(&filter).unwrap();
        let from = LngLat::new(3.0, 4.0).unwrap();
        all += &format!(
            "{:?}\n{:?}\n{:?}\n{:?}\n",
            view.snapshot(&Shape::everywhere(), &spec).unwrap(),
            view.tile(TileId { z: 0, x: 0, y: 0 }, &style).unwrap(),
            view.nearest(from, 10),
            view.search("nr. 1", 20),
        );
    }
    all
}

#[test]
fn what_is_read_back_answers_the_same_and_takes_changes() {
    for (rows, changes) in [(0, 0), (1, 0), (700, 0), (700, 50), (0, 3)] {
        let mut index = Index::build(schema(), (0..rows).map(row)).unwrap();
        if changes > 0 {
            let deletions = (0..changes / 2).map(|i| Change::Delete(row(i).id));
            index
                .apply((600..600 + changes).map(row).map(Change::Upsert).chain(deletions))
                .unwrap();
        }
        let bytes = stored(&index);
        let (mut read, note) = Index::from_bytes(aligned(&bytes)).unwrap();
        assert_eq!(note, b"sequence 17");
        assert_eq!(read.schema(), index.schema());
        assert_eq!(answers(&read), answers(&index));
        assert_eq!(read.faults(), Vec::<String>::new());
        for index in [&mut read, &mut index] {
            index.apply((690..720).map(row).map(Change::Upsert)).unwrap();
        }
        assert_eq!(answers(&read), answers(&index));
    }
}

#[test]
fn equal_rows_make_equal_bytes() {
    let index = Index::build(schema(), (0..300).map(row)).unwrap();
    let turned = Index::build(schema(), (0..300).rev().map(row)).unwrap();
    assert!(stored(&index) == stored(&turned));
}

#[test]
fn an_index_without_columns_comes_back() {
    let bare = |i: u32| Row {
        categories: vec![],
        amounts: vec![],
        times: vec![],
        texts: vec![],
        ..row(i)
    };
    let index = Index::build(Schema::default(), (0..100).map(bare)).unwrap();
    let (read, _) = Index::from_bytes(aligned(&stored(&index))).unwrap();
    assert_eq!(read.view(&Filter::All).unwrap().placed(), 80);
}

#[test]
fn damaged_bytes_are_refused() {
    let bytes = stored(&Index::build(schema(), (0..200).map(row)).unwrap());
    let refused = |bytes: &[u8]| Index::from_bytes(aligned(bytes)).err();
    assert_eq!(refused(b""), Some(Error::NotAnIndex));
    assert_eq!(
        refused(b"PK\x03\x04 and so on and so on"),
        Some(Error::NotAnIndex)
    );
    let mut other = bytes.clone();
    other[8] = 9;
    assert_eq!(refused(&other), Some(Error::OtherVersion { given: 9, wanted: 1 }));
    for length in (0..1_000).chain((1_000..bytes.len()).step_by(11)) {
        assert!(refused(&bytes[..length]).is_some(), "cut after {length} bytes");
    }
    // Sections are padded with zeros, which nothing reads.
    let sound = answers(&Index::from_bytes(aligned(&bytes)).unwrap().0);
    for at in (0..1_500).chain((1_500..bytes.len()).step_by(13)) {
        let mut flipped = bytes.clone();
        flipped[at] ^= 0x10;
        match Index::from_bytes(aligned(&flipped)) {
            Err(_) => {}
            Ok((index, _)) => assert!(
                bytes[at] == 0 && answers(&index) == sound,
                "byte {at} flipped unseen"
            ),
        }
    }
    // Not at a multiple of 8.
    let mut shifted = vec![0u8; 1];
    shifted.extend(&bytes);
    struct Tail(Arc<Aligned>);
    impl AsRef<[u8]> for Tail {
        fn as_ref(&self) -> &[u8] {
            &(*self.0).as_ref()[1..]
        }
    }
    assert!(matches!(
        Index::from_bytes(Arc::new(Tail(aligned(&shifted)))),
        Err(Error::Damaged(_))
    ));
}
