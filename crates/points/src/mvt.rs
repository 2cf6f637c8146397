//! Writes points with properties as a Mapbox Vector Tile (version 2.1, one layer).
//!
//! A general writer looks every value up to store it once. Here most values are different anyway (ids,
//! names, amounts), so only the last few are remembered: equal values usually share an entry, and no table
//! grows with the tile. Features go straight into the bytes.

use geom::EXTENT;

use crate::dictionary::Code;
use crate::schema::RowId;

/// Position of a property's name in the list given to [`Layer::new`].
pub(crate) type Key = u32;

/// A layer under construction.
pub(crate) struct Layer<'a> {
    features: Vec<u8>,
    values: Vec<u8>,
    value_count: u32,
    /// Tags of the point that is being written.
    tags: Vec<u8>,
    points: usize,
    recent_texts: Vec<(&'a str, u32)>,
    recent_words: Vec<((usize, Code), u32)>,
    recent_numbers: Vec<(i64, u32)>,
    stack_flag: Option<u32>,
}

/// Remembered values of each kind: powers of two.
const RECENT: usize = 256;

/// No value yet.
const NONE: u32 = u32::MAX;

impl<'a> Layer<'a> {
    pub fn new() -> Self {
        Self {
            features: Vec::new(),
            values: Vec::new(),
            value_count: 0,
            tags: Vec::new(),
            points: 0,
            recent_texts: vec![("", NONE); RECENT],
            recent_words: vec![((0, 0), NONE); RECENT],
            recent_numbers: vec![(0, NONE); RECENT],
            stack_flag: None,
        }
    }

    /// How many points were written.
    pub fn points(&self) -> usize {
        self.points
    }

    /// A text, stored again unless it is among those remembered.
    pub fn text(&mut self, key: Key, text: &'a str) {
        let bytes = text.as_bytes();
        let slot = bytes
            .iter()
            .take(12)
            .fold(bytes.len(), |h, &b| h.wrapping_mul(31).wrapping_add(b.into()))
            % RECENT;
        let (recent, value) = self.recent_texts[slot];
        let value = if value != NONE && recent == text {
            value
        } else {
            self.push_text(bytes)
        };
        self.recent_texts[slot] = (text, value);
        self.tag(key, value);
    }

    /// The word of a category's code.
    pub fn word(&mut self, key: Key, column: usize, code: Code, word: &str) {
        let slot = (code as usize)
            .wrapping_mul(7)
            .wrapping_add(column.wrapping_mul(61))
            % RECENT;
        let (recent, value) = self.recent_words[slot];
        let known = value != NONE && recent == (column, code);
        let value = if known {
            value
        } else {
            self.push_text(word.as_bytes())
        };
        self.recent_words[slot] = ((column, code), value);
        self.tag(key, value);
    }

    pub fn whole(&mut self, key: Key, whole: i64) {
        let slot = whole as usize % RECENT;
        let (recent, value) = self.recent_numbers[slot];
        let value = if value != NONE && recent == whole {
            value
        } else {
            self.push_whole(whole)
        };
        self.recent_numbers[slot] = (whole, value);
        self.tag(key, value);
    }

    /// An id, which is never equal to another one.
    pub fn id(&mut self, key: Key, id: RowId) {
        let value = self.push_text(&id.text());
        self.tag(key, value);
    }

    /// A flag that is set.
    pub fn flag(&mut self, key: Key) {
        let value = self.stack_flag.unwrap_or_else(|| self.push_value(&[7 << 3, 1]));
        self.stack_flag = Some(value);
        self.tag(key, value);
    }

    /// Ends a point, which has the properties added since the last one.
    pub fn end_point(&mut self, number: u64, x: i32, y: i32) {
        let mut geometry = Bytes::<24>::default();
        // Move to one position, relative to the tile's corner.
        geometry.varint(1 << 3 | 1);
        geometry.varint(zigzag(x.into()));
        geometry.varint(zigzag(y.into()));
        let mut head = Bytes::<24>::default();
        head.byte(1 << 3);
        head.varint(number);
        head.byte(2 << 3 | 2);
        head.varint(self.tags.len() as u64);
        // The kind (a point) and the geometry: three bytes and its length.
        let length = head.as_slice().len() + self.tags.len() + 4 + geometry.as_slice().len();
        self.features.push(2 << 3 | 2);
        put_varint(length as u64, &mut self.features);
        self.features.extend_from_slice(head.as_slice());
        self.features.append(&mut self.tags);
        self.features
            .extend([3 << 3, 1, 4 << 3 | 2, geometry.as_slice().len() as u8]);
        self.features.extend_from_slice(geometry.as_slice());
        self.points += 1;
    }

    /// The tile with this one layer; `keys` are the names of the properties.
    pub fn finish(self, name: &str, keys: &[&str]) -> Vec<u8> {
        let mut ends = Vec::new();
        for key in keys {
            put_bytes(3, key.as_bytes(), &mut ends);
        }
        let mut last = vec![5 << 3];
        put_varint(EXTENT as u64, &mut last);
        let mut first = vec![15 << 3, 2];
        put_bytes(1, name.as_bytes(), &mut first);
        let parts = [&first, &self.features, &ends, &self.values, &last];
        let length = parts.iter().map(|part| part.len()).sum::<usize>();
        let mut tile = Vec::with_capacity(length + 8);
        tile.push(3 << 3 | 2);
        put_varint(length as u64, &mut tile);
        for part in parts {
            tile.extend_from_slice(part);
        }
        tile
    }

    fn tag(&mut self, key: Key, value: u32) {
        put_varint(key.into(), &mut self.tags);
        put_varint(value.into(), &mut self.tags);
    }

    fn push_text(&mut self, text: &[u8]) -> u32 {
        let mut head = Bytes::<24>::default();
        head.byte(1 << 3 | 2);
        head.varint(text.len() as u64);
        self.values.push(4 << 3 | 2);
        put_varint((head.as_slice().len() + text.len()) as u64, &mut self.values);
        self.values.extend_from_slice(head.as_slice());
        self.values.extend_from_slice(text);
        self.count_value()
    }

    fn push_whole(&mut self, whole: i64) -> u32 {
        let mut value = Bytes::<24>::default();
        if whole >= 0 {
            value.byte(5 << 3);
            value.varint(whole as u64);
        } else {
            value.byte(6 << 3);
            value.varint(zigzag(whole));
        }
        self.push_value(value.as_slice())
    }

    fn push_value(&mut self, value: &[u8]) -> u32 {
        put_bytes(4, value, &mut self.values);
        self.count_value()
    }

    fn count_value(&mut self) -> u32 {
        self.value_count += 1;
        self.value_count - 1
    }
}

/// A few bytes on the stack.
struct Bytes<const N: usize> {
    bytes: [u8; N],
    length: usize,
}

impl<const N: usize> Default for Bytes<N> {
    fn default() -> Self {
        Self {
            bytes: [0; N],
            length: 0,
        }
    }
}

impl<const N: usize> Bytes<N> {
    fn byte(&mut self, byte: u8) {
        self.bytes[self.length] = byte;
        self.length += 1;
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.byte(value as u8 | 0x80);
            value >>= 7;
        }
        self.byte(value as u8);
    }

    fn as_slice(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

fn put_varint(mut value: u64, to: &mut Vec<u8>) {
    while value >= 0x80 {
        to.push(value as u8 | 0x80);
        value >>= 7;
    }
    to.push(value as u8);
}

fn put_bytes(field: u8, bytes: &[u8], to: &mut Vec<u8>) {
    to.push(field << 3 | 2);
    put_varint(bytes.len() as u64, to);
    to.extend_from_slice(bytes);
}

fn zigzag(value: i64) -> u64 {
    (value << 1 ^ value >> 63) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use fast_mvt::{MvtReaderRef, MvtValue};

    #[test]
    fn another_reader_reads_the_same() {
        let id = RowId([0xab; 16]);
        let mut layer = Layer::new();
        for i in 0..300i64 {
            layer.whole(0, i % 7 - 3);
            layer.text(1, if i % 2 == 0 { "even" } else { "odd" });
            layer.word(2, 0, (i % 3) as u32 + 1, ["x", "y", "z"][i as usize % 3]);
            layer.id(3, id);
            layer.whole(0, i64::MIN + i);
            layer.whole(0, i64::MAX - i);
            layer.flag(4);
            layer.end_point(i as u64, i as i32, 4095 - i as i32);
        }
        let bytes = layer.finish("dots", &["n", "t", "w", "id", "f"]);
        let reader = MvtReaderRef::new(&bytes).unwrap();
        let layer = reader.layers().next().unwrap();
        assert_eq!(
            (
                layer.name(),
                layer.version(),
                layer.extent(),
                layer.feature_count()
            ),
            ("dots", 2, 4096, 300)
        );
        // 7 small numbers, 2 texts, 3 words, one flag; 300 ids and 600 large numbers. Only a few of the
        // 2,100 are stored twice.
        assert!((7 + 2 + 3 + 1 + 300 + 600..1_000).contains(&layer.values().len()));
        for (i, feature) in layer.features().enumerate() {
            let point = geo_types::Point::new(i as i32, 4095 - i as i32);
            assert_eq!(feature.geometry().unwrap(), fast_mvt::MvtGeometry::Point(point));
            assert_eq!(feature.id(), Some(i as u64));
            let small = i as i64 % 7 - 3;
            let whole = |v: i64| {
                if v < 0 {
                    MvtValue::SInt(v)
                } else {
                    MvtValue::UInt(v as u64)
                }
            };
            let expected = [
                ("n", whole(small)),
                ("t", MvtValue::from(if i % 2 == 0 { "even" } else { "odd" })),
                ("w", MvtValue::from(["x", "y", "z"][i % 3])),
                ("id", MvtValue::from(id.to_string())),
                ("n", whole(i64::MIN + i as i64)),
                ("n", whole(i64::MAX - i as i64)),
                ("f", MvtValue::Bool(true)),
            ];
            let given: Vec<_> = feature
                .properties()
                .map(|p| p.unwrap())
                .map(|(k, v)| (k, v.into_owned()))
                .collect();
            assert_eq!(given, expected);
        }
    }
}
