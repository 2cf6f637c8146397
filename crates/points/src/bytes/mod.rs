//! An index as bytes that a later run maps into memory instead of building it again.
//!
//! ```text
//! 0    8 bytes   "points\r\n"
//! 8    u32       version of this format: 1
//! 12   u32       number of sections, n
//! 16   u64       length of everything
//! 24   u64       checksum of the table of sections
//! 32   n × 24    for each section its offset, its length in bytes, and its checksum (u64 each)
//! ...            the sections, each at a multiple of 64
//! ```
//!
//! All numbers are little-endian. The first section holds the caller's note, the number of rows and of
//! placed rows, the schema and the words of the categories; the others are the columns, in the order of
//! [`arrays`]. Opening checks every length and every checksum (some tens of milliseconds for a million
//! rows), so that no question meets damaged data later.

mod head;

use std::io::{self, Write};
use std::sync::Arc;

use bytemuck::Pod;

use self::head::{Head, write_head};
use crate::Error;
use crate::boxes::Boxes;
use crate::buffer::{Buffer, Bytes};
use crate::column::{Codes, Numbers, Texts};
use crate::compaction::Lineage;
use crate::index::{Index, Part};
use crate::segment::{Frame, IdTable, PassingCache, Segment, table_size};
use crate::text_index::TextIndex;

const MAGIC: &[u8; 8] = b"points\r\n";
const VERSION: u32 = 1;
const HEADER: usize = 32;
const ENTRY: usize = 24;
const ALIGNMENT: usize = 64;

/// Name of the first section in errors.
const HEAD: &str = "head";

impl Index {
    /// Writes the index, merged if it has several parts, so that [`Index::from_bytes`] has it back. The
    /// note comes back too: what the rows were read from and up to where, say. Fails as the writer does.
    pub fn write_to(&self, note: &[u8], to: &mut dyn Write) -> io::Result<()> {
        if let [part] = &self.parts[..]
            && part.count == part.segment.rows()
        {
            return self.write_segment(&part.segment, note, to);
        }
        let merged = self.compact().map_err(io::Error::other)?;
        self.write_segment(merged.segment(), note, to)
    }

    fn write_segment(&self, segment: &Segment, note: &[u8], to: &mut dyn Write) -> io::Result<()> {
        if cfg!(target_endian = "big") {
            return Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "columns are written on little-endian machines only",
            ));
        }
        let head = write_head(self, segment, note);
        let sections: Vec<&[u8]> = std::iter::once(&head[..]).chain(arrays(segment)).collect();
        let mut table = Vec::new();
        let mut offset = aligned(HEADER + sections.len() * ENTRY);
        for section in &sections {
            for number in [offset as u64, section.len() as u64, checksum(section)] {
                table.extend(number.to_le_bytes());
            }
            offset = aligned(offset + section.len());
        }
        let mut written = HEADER + table.len();
        to.write_all(MAGIC)?;
        to.write_all(&VERSION.to_le_bytes())?;
        to.write_all(&(sections.len() as u32).to_le_bytes())?;
        to.write_all(&(offset as u64).to_le_bytes())?;
        to.write_all(&checksum(&table).to_le_bytes())?;
        to.write_all(&table)?;
        for section in sections {
            pad(&mut written, to)?;
            to.write_all(section)?;
            written += section.len();
        }
        pad(&mut written, to)
    }

    /// An index in bytes that [`Index::write_to`] wrote, a memory map as a rule, and the note that was
    /// written with it. Columns are used where they are, so the bytes must stay as they are and begin at a
    /// multiple of 8. Bytes of another kind or version, cut short or damaged are refused.
    pub fn from_bytes(bytes: Arc<dyn AsRef<[u8]> + Send + Sync>) -> Result<(Self, Vec<u8>), Error> {
        let sections = open(&bytes)?;
        let mut sections = Sections {
            bytes: &bytes,
            left: sections.into_iter(),
        };
        let (start, length) = sections.next_span(HEAD)?;
        let head = Head::read(&(*bytes).as_ref()[start..start + length]).ok_or(Error::Damaged(HEAD))?;
        head.schema.check()?;
        let segment = sections.segment(&head)?;
        let index = Self {
            schema: Arc::new(head.schema),
            dictionaries: Arc::new(head.dictionaries),
            parts: vec![Part::new(segment)],
            version: 0,
            lineage: Lineage::default(),
        };
        Ok((index, head.note))
    }
}

fn aligned(offset: usize) -> usize {
    offset.next_multiple_of(ALIGNMENT)
}

fn pad(written: &mut usize, to: &mut dyn Write) -> io::Result<()> {
    let gap = aligned(*written) - *written;
    *written += gap;
    to.write_all(&[0; ALIGNMENT][..gap])
}

/// Sum over eight-byte words in which no change of a single word can go unseen, four at a time.
pub fn checksum(bytes: &[u8]) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |lane: u64, word: u64| (lane ^ word).wrapping_mul(FACTOR).rotate_left(29);
    let word = |bytes: &[u8]| {
        let mut word = [0; 8];
        word[..bytes.len()].copy_from_slice(bytes);
        u64::from_le_bytes(word)
    };
    let mut lanes = [1u64, 2, 3, 4];
    let mut chunks = bytes.chunks_exact(32);
    for chunk in &mut chunks {
        for (lane, bytes) in lanes.iter_mut().zip(chunk.chunks_exact(8)) {
            *lane = mix(*lane, word(bytes));
        }
    }
    let rest = chunks
        .remainder()
        .chunks(8)
        .fold(bytes.len() as u64, |sum, bytes| mix(sum, word(bytes)));
    lanes.into_iter().fold(rest, mix)
}

/// All columns, in the order of the sections behind the first one.
fn arrays(segment: &Segment) -> Vec<&[u8]> {
    fn bytes<T: Pod>(buffer: &Buffer<T>) -> &[u8] {
        bytemuck::cast_slice(buffer)
    }
    let mut all = vec![
        bytes(&segment.ids),
        bytes(&segment.lngs),
        bytes(&segment.lats),
        bytes(&segment.xs),
        bytes(&segment.ys),
        bytes(&segment.boxes.rects),
        bytes(&segment.by_id.slots),
    ];
    for codes in &segment.categories {
        all.push(match codes {
            Codes::Narrow(codes) => bytes(codes),
            Codes::Wide(codes) => bytes(codes),
            Codes::Full(codes) => bytes(codes),
        });
    }
    for numbers in segment.amounts.iter().chain(&segment.times) {
        all.extend([bytes(&numbers.values), bytes(&numbers.missing)]);
    }
    let texts = &segment.text_index;
    for column in segment.texts.iter().chain([&texts.documents]) {
        all.extend([bytes(&column.starts), bytes(&column.ends), bytes(&column.blob)]);
    }
    all.extend([
        bytes(&texts.rows),
        bytes(&texts.grams),
        bytes(&texts.starts),
        bytes(&texts.lengths),
        bytes(&texts.lists),
    ]);
    all
}

/// Checks the header, the table and all checksums; gives the offset and length of each section.
fn open(bytes: &Bytes) -> Result<Vec<(usize, usize)>, Error> {
    let all: &[u8] = (**bytes).as_ref();
    let number =
        |at: usize| -> Option<u64> { Some(u64::from_le_bytes(all.get(at..at + 8)?.try_into().ok()?)) };
    if all.get(..8) != Some(MAGIC) {
        return Err(Error::NotAnIndex);
    }
    let versions = number(8).ok_or(Error::Damaged("header"))?;
    let (version, count) = (versions as u32, (versions >> 32) as usize);
    if version != VERSION {
        return Err(Error::OtherVersion {
            given: version,
            wanted: VERSION,
        });
    }
    let table = all
        .get(HEADER..HEADER + count * ENTRY)
        .ok_or(Error::Damaged("header"))?;
    if number(16) != Some(all.len() as u64)
        || number(24) != Some(checksum(table))
        || !all.as_ptr().cast::<u64>().is_aligned()
    {
        return Err(Error::Damaged("header"));
    }
    let mut sections = Vec::with_capacity(count);
    for entry in 0..count {
        let field = |i: usize| number(HEADER + entry * ENTRY + i * 8).unwrap_or(u64::MAX) as usize;
        let (start, length) = (field(0), field(1));
        let section = start.checked_add(length).and_then(|end| all.get(start..end));
        let whole = section.is_some_and(|section| checksum(section) == field(2) as u64);
        if !whole {
            return Err(Error::Damaged(if entry == 0 { HEAD } else { "columns" }));
        }
        sections.push((start, length));
    }
    Ok(sections)
}

/// The sections that were not read yet.
struct Sections<'b> {
    bytes: &'b Bytes,
    left: std::vec::IntoIter<(usize, usize)>,
}

impl Sections<'_> {
    fn next_span(&mut self, name: &'static str) -> Result<(usize, usize), Error> {
        self.left.next().ok_or(Error::Damaged(name))
    }

    /// A column of any length.
    fn any<T: Pod>(&mut self, name: &'static str) -> Result<Buffer<T>, Error> {
        let (start, length) = self.next_span(name)?;
        let whole = length.is_multiple_of(size_of::<T>());
        let buffer = Buffer::shared(self.bytes, start, length / size_of::<T>());
        buffer.filter(|_| whole).ok_or(Error::Damaged(name))
    }

    fn column<T: Pod>(&mut self, name: &'static str, length: usize) -> Result<Buffer<T>, Error> {
        self.any(name).and_then(|column| {
            if column.len() == length {
                Ok(column)
            } else {
                Err(Error::Damaged(name))
            }
        })
    }

    fn codes(&mut self, rows: usize) -> Result<Codes, Error> {
        const NAME: &str = "categories";
        let width = self
            .left
            .as_slice()
            .first()
            .map_or(0, |span| span.1.checked_div(rows).unwrap_or(1));
        Ok(match width {
            1 => Codes::Narrow(self.column(NAME, rows)?),
            2 => Codes::Wide(self.column(NAME, rows)?),
            _ => Codes::Full(self.column(NAME, rows)?),
        })
    }

    fn numbers(&mut self, rows: usize) -> Result<Numbers, Error> {
        let values = self.column("numbers", rows)?;
        let missing: Buffer<u64> = self.any("numbers")?;
        if missing.is_empty() || missing.len() == rows.div_ceil(64) {
            Ok(Numbers { values, missing })
        } else {
            Err(Error::Damaged("numbers"))
        }
    }

    fn texts(&mut self, texts: usize) -> Result<Texts, Error> {
        Ok(Texts {
            starts: self.column("texts", texts.div_ceil(64))?,
            ends: self.column("texts", texts)?,
            blob: self.any("texts")?,
        })
    }

    fn segment(&mut self, head: &Head) -> Result<Segment, Error> {
        let (rows, placed, schema) = (head.rows, head.placed, &head.schema);
        let ids = self.column("ids", rows)?;
        let lngs = self.column("places", placed)?;
        let lats = self.column("places", placed)?;
        let xs = self.column("places", placed)?;
        let ys = self.column("places", placed)?;
        let boxes = Boxes::from_rects(self.any("boxes")?, placed).ok_or(Error::Damaged("boxes"))?;
        let slots = self.column("id table", table_size(rows))?;
        let each = |count: usize| 0..count;
        let categories = each(schema.categories.len())
            .map(|_| self.codes(rows))
            .collect::<Result<_, _>>()?;
        let amounts = each(schema.amounts.len())
            .map(|_| self.numbers(rows))
            .collect::<Result<_, _>>()?;
        let times = each(schema.times.len())
            .map(|_| self.numbers(rows))
            .collect::<Result<_, _>>()?;
        let texts = each(schema.texts.len())
            .map(|_| self.texts(rows))
            .collect::<Result<_, _>>()?;
        let documents = if schema.texts.is_empty() { 0 } else { rows };
        let text_index = self.text_index(documents)?;
        let frame = Frame {
            ids,
            lngs,
            lats,
            xs,
            ys,
            boxes,
            texts,
            by_id: IdTable { slots },
            text_index,
        };
        Ok(Segment {
            frame: Arc::new(frame),
            categories,
            amounts,
            times,
            passing: PassingCache::default(),
        })
    }

    fn text_index(&mut self, documents: usize) -> Result<TextIndex, Error> {
        const NAME: &str = "text index";
        let texts = self.texts(documents)?;
        let rows = self.column(NAME, documents)?;
        let grams: Buffer<u32> = self.any(NAME)?;
        let count = grams.len();
        // Without a column of texts there are no lists at all, not even their ends.
        let starts: Buffer<u64> = self.any(NAME)?;
        if starts.len() != count + 1 && !(count == 0 && starts.is_empty()) {
            return Err(Error::Damaged(NAME));
        }
        Ok(TextIndex {
            rows,
            documents: texts,
            grams,
            starts,
            lengths: self.column(NAME, count)?,
            lists: self.any(NAME)?,
        })
    }
}
