//! The sections: what is where, how it is opened, and how it is read.
//!
//! Documents are streets (a name in a locality), places, postcodes and places of interest; houses are a
//! sorted column of each street. All references are indexes; a damaged one reads as nothing, never as a
//! panic.

use bytemuck::{Pod, Zeroable};
use geom::{Fixed, LngLat};
use pack::{OpenError, Pack};

/// The layout's number; raised by any change of it.
pub(crate) const LAYOUT: u32 = 3;

pub(crate) mod section {
    pub const META: &str = "geocode/meta";
    pub const TEXT: &str = "geocode/text";
    pub const TEXT_AT: &str = "geocode/text_at";
    pub const NAMES: &str = "geocode/names";
    pub const NAME_DOCS: &str = "geocode/name_docs";
    pub const BEGINNINGS: &str = "geocode/beginnings";
    pub const BEGINNING_DOCS: &str = "geocode/beginning_docs";
    pub const WORDS: &str = "geocode/words";
    pub const WORD_DOCS: &str = "geocode/word_docs";
    pub const DOCS: &str = "geocode/docs";
    pub const LISTS: &str = "geocode/lists";
    pub const HOUSES: &str = "geocode/houses";
    pub const HOUSE_FLAGS: &str = "geocode/house_flags";
    pub const EXTRA_HOUSES: &str = "geocode/extra_houses";
    pub const SOURCES: &str = "geocode/sources";
    pub const HOUSES_BY_CELL: &str = "geocode/houses_by_cell";
    pub const LINES: &str = "geocode/lines";
    pub const LINE_POINTS: &str = "geocode/line_points";
    pub const FREE: &str = "geocode/free_buildings";
    pub const PIECES_BY_CELL: &str = "geocode/pieces_by_cell";
}

/// An index into the documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Pod, Zeroable)]
#[repr(transparent)]
pub(crate) struct DocId(pub u32);

/// What a document is; also the first byte of its keys in the names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Kind {
    Street,
    Place,
    Poi,
    Postcode,
}

impl Kind {
    pub const ALL: [Self; 4] = [Self::Street, Self::Place, Self::Poi, Self::Postcode];

    pub fn byte(self) -> u8 {
        match self {
            Self::Street => b's',
            Self::Place => b'p',
            Self::Poi => b'i',
            Self::Postcode => b'z',
        }
    }

    /// A key of the names for this kind.
    pub fn key(self, name: &str) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(name.len() + 1);
        bytes.push(self.byte());
        bytes.extend(name.as_bytes());
        bytes
    }

    fn of(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.byte() == byte)
    }
}

/// A document as stored: 56 bytes.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct Doc {
    /// Its name, a text.
    pub name: u32,
    /// A list of texts: other names.
    pub other_names: u32,
    /// A list of documents: the town first, then other places around it, small to large.
    pub around: u32,
    /// A list of documents: its postcodes, the most frequent first.
    pub postcodes: u32,
    /// Where it is shown.
    pub point: Fixed,
    /// Streets: first house. Places of interest: text of the street.
    pub first: u32,
    /// Streets: houses. Places of interest: text of the house number.
    pub count: u32,
    /// Streets: first line.
    pub line: u32,
    /// Streets: lines.
    pub lines: u32,
    /// How far it reaches from its point, metres.
    pub reach: u32,
    /// Sorts equals, higher first.
    pub importance: u32,
    /// [`Kind::byte`].
    pub kind: u8,
    /// Places: [`crate::build::places::Rank`] as a number, 0 the largest.
    pub rank: u8,
    /// Its country, two capitals; zeros where unknown.
    pub country: [u8; 2],
}

/// A house as stored: 16 bytes.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct House {
    /// Its number.
    pub number: u32,
    /// Text of the suffix; 0 is empty.
    pub suffix: u32,
    /// Where it is.
    pub point: Fixed,
}

/// How a house is known, beside the number, in the same order as the houses: postcode and source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(transparent)]
pub(crate) struct HouseFlags(pub u8);

impl HouseFlags {
    /// The number lies in a range that is written, or on an interpolation line.
    pub const IMPLIED: u8 = 0x80;
    /// The number was placed along an interpolation line.
    pub const LINE: u8 = 0x40;
    /// Which of the street's postcodes, counted from 1; 0 is unknown.
    pub fn postcode(self) -> usize {
        usize::from(self.0 & 0x3f)
    }
}

/// Facts about the whole.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct Meta {
    pub layout: u32,
    pub docs: u32,
    pub houses: u32,
    /// The country everything lies in, two capitals; zeros where unknown or several.
    pub country: [u8; 2],
    /// Hyphens join house numbers (`34-10`).
    pub hyphens_join: u8,
    /// Zero.
    pub unused: u8,
    /// Bounds: west, south, east, north.
    pub bounds: [i32; 4],
    /// Postcode shapes, texts, `9` for a digit and `a` for a letter; 0 ends.
    pub shapes: [u32; 8],
}

/// All sections, borrowed from a pack.
#[derive(Clone)]
pub(crate) struct Index<'a> {
    pub meta: &'a Meta,
    text: &'a [u8],
    text_at: &'a [u32],
    names: fst::raw::Fst<&'a [u8]>,
    name_docs: &'a [u32],
    beginnings: fst::raw::Fst<&'a [u8]>,
    beginning_docs: &'a [u32],
    words: fst::raw::Fst<&'a [u8]>,
    word_docs: &'a [u32],
    docs: &'a [Doc],
    lists: &'a [u32],
    houses: &'a [House],
    house_flags: &'a [HouseFlags],
    extra_houses: &'a [[u32; 2]],
    sources: &'a [u32],
    houses_by_cell: &'a [u32],
    lines: &'a [u32],
    line_points: &'a [Fixed],
    pieces_by_cell: &'a [u32],
    free: &'a [Fixed],
}

/// Documents of a name or word in one number: where they start and how many there are.
pub(crate) fn pack_run(start: usize, count: usize) -> u64 {
    (start as u64) << 24 | (count as u64).min(0xff_ffff)
}

impl<'a> Index<'a> {
    /// Borrows all sections. Cheap: reads nothing but headers.
    pub fn of(pack: &'a Pack) -> Result<Self, OpenError> {
        let metas: &[Meta] = pack.slice(section::META)?;
        let meta = metas
            .first()
            .ok_or_else(|| refuse(section::META, "is empty".into()))?;
        if meta.layout != LAYOUT {
            return Err(refuse(
                section::META,
                format!("has layout {}, this program reads layout {LAYOUT}", meta.layout),
            ));
        }
        Ok(Self {
            meta,
            text: pack.section(section::TEXT)?,
            text_at: pack.slice(section::TEXT_AT)?,
            names: map_of(pack, section::NAMES)?,
            name_docs: pack.slice(section::NAME_DOCS)?,
            beginnings: map_of(pack, section::BEGINNINGS)?,
            beginning_docs: pack.slice(section::BEGINNING_DOCS)?,
            words: map_of(pack, section::WORDS)?,
            word_docs: pack.slice(section::WORD_DOCS)?,
            docs: pack.slice(section::DOCS)?,
            lists: pack.slice(section::LISTS)?,
            houses: pack.slice(section::HOUSES)?,
            house_flags: pack.slice(section::HOUSE_FLAGS)?,
            extra_houses: pack.slice(section::EXTRA_HOUSES)?,
            sources: pack.slice(section::SOURCES)?,
            houses_by_cell: pack.slice(section::HOUSES_BY_CELL)?,
            lines: pack.slice(section::LINES)?,
            line_points: pack.slice(section::LINE_POINTS)?,
            pieces_by_cell: pack.slice(section::PIECES_BY_CELL)?,
            free: pack.slice(section::FREE)?,
        })
    }

    /// Checks that the sections fit together. Reads the tables and maps once.
    pub fn check(&self) -> Result<(), OpenError> {
        for (name, map) in [
            (section::NAMES, &self.names),
            (section::BEGINNINGS, &self.beginnings),
            (section::WORDS, &self.words),
        ] {
            map.verify()
                .map_err(|e| refuse(name, format!("is damaged ({e})")))?;
        }
        if std::str::from_utf8(self.text).is_err() {
            return Err(refuse(section::TEXT, "is not UTF-8".into()));
        }
        let rising = |at: &[u32], end: usize| {
            at.windows(2).all(|w| w[0] <= w[1]) && at.last().is_none_or(|last| *last as usize == end)
        };
        if !rising(self.text_at, self.text.len()) {
            return Err(refuse(section::TEXT_AT, "does not fit the text".into()));
        }
        if !rising(self.lines, self.line_points.len()) {
            return Err(refuse(section::LINES, "does not fit the points".into()));
        }
        if self.docs.len() != self.meta.docs as usize {
            return Err(refuse(
                section::DOCS,
                format!("holds {} entries, not {}", self.docs.len(), self.meta.docs),
            ));
        }
        let houses = self.meta.houses as usize;
        for (name, found) in [
            (section::HOUSES, self.houses.len()),
            (section::HOUSE_FLAGS, self.house_flags.len()),
            (section::HOUSES_BY_CELL, self.houses_by_cell.len()),
        ] {
            if found != houses {
                return Err(refuse(name, format!("holds {found} entries, not {houses}")));
            }
        }
        let in_order = self.extra_houses.windows(2).all(|w| w[0][0] < w[1][0]);
        let known = |e: &[u32; 2]| (e[0] as usize) < houses && (e[1] as usize) < self.sources.len();
        if !in_order || !self.extra_houses.iter().all(known) {
            return Err(refuse(
                section::EXTRA_HOUSES,
                "does not fit houses and sources".into(),
            ));
        }
        self.check_documents()
    }

    fn check_documents(&self) -> Result<(), OpenError> {
        let texts = self.text_at.len().saturating_sub(1);
        let list_ends = |at: u32| {
            self.lists
                .get(at as usize)
                .is_some_and(|len| at as usize + 1 + *len as usize <= self.lists.len())
        };
        let mut first_house = 0;
        for (id, doc) in self.docs.iter().enumerate() {
            let fits =
                |total: usize, first: u32, count: u32| u64::from(first) + u64::from(count) <= total as u64;
            let kind = Kind::of(doc.kind);
            let good = kind.is_some()
                && (doc.name as usize) < texts
                && [doc.other_names, doc.around, doc.postcodes]
                    .into_iter()
                    .all(list_ends)
                && match kind {
                    Some(Kind::Street) => {
                        let in_order = doc.first == first_house;
                        first_house = doc.first.saturating_add(doc.count);
                        in_order
                            && fits(self.houses.len(), doc.first, doc.count)
                            && fits(self.lines.len().saturating_sub(1), doc.line, doc.lines)
                    }
                    _ => (doc.first as usize) < texts && (doc.count as usize) < texts,
                };
            if !good {
                return Err(refuse(
                    section::DOCS,
                    format!("entry {id} points outside of its tables"),
                ));
            }
        }
        Ok(())
    }

    pub fn doc(&self, id: DocId) -> Option<&'a Doc> {
        self.docs.get(id.0 as usize)
    }

    pub fn kind(&self, doc: &Doc) -> Kind {
        Kind::of(doc.kind).unwrap_or(Kind::Place)
    }

    pub fn text(&self, id: u32) -> &'a str {
        let at = id as usize;
        let range = match (self.text_at.get(at), self.text_at.get(at + 1)) {
            (Some(start), Some(end)) => *start as usize..*end as usize,
            _ => return "",
        };
        // Checked as a whole on opening; a single text is sliced at boundaries that the builder wrote.
        self.text
            .get(range)
            .and_then(|b| std::str::from_utf8(b).ok())
            .unwrap_or("")
    }

    pub fn name(&self, id: DocId) -> &'a str {
        self.doc(id).map_or("", |d| self.text(d.name))
    }

    fn list(&self, at: u32) -> &'a [u32] {
        let at = at as usize;
        let Some(len) = self.lists.get(at) else {
            return &[];
        };
        self.lists.get(at + 1..at + 1 + *len as usize).unwrap_or(&[])
    }

    pub fn around(&self, doc: &Doc) -> &'a [DocId] {
        bytemuck::cast_slice(self.list(doc.around))
    }

    pub fn postcodes(&self, doc: &Doc) -> &'a [DocId] {
        bytemuck::cast_slice(self.list(doc.postcodes))
    }

    pub fn other_names(&self, doc: &Doc) -> impl Iterator<Item = &'a str> + use<'a> {
        let this = self.clone();
        self.list(doc.other_names).iter().map(move |id| this.text(*id))
    }

    /// A street's houses, by number and suffix.
    pub fn houses(&self, doc: &Doc) -> &'a [House] {
        if doc.kind != Kind::Street.byte() {
            return &[];
        }
        let first = doc.first as usize;
        self.houses.get(first..first + doc.count as usize).unwrap_or(&[])
    }

    pub fn house(&self, at: u32) -> Option<(&'a House, HouseFlags)> {
        Some((self.houses.get(at as usize)?, *self.house_flags.get(at as usize)?))
    }

    /// The source beside the map that a house is from; empty for the map itself.
    pub fn source_of_house(&self, at: u32) -> &'a str {
        let found = self.extra_houses.binary_search_by_key(&at, |e| e[0]);
        let source = found
            .ok()
            .and_then(|k| self.sources.get(self.extra_houses[k][1] as usize));
        source.map_or("", |text| self.text(*text))
    }

    /// The street that owns a house.
    pub fn street_of_house(&self, at: u32) -> Option<DocId> {
        self.street_by(|d| d.first + d.count, at)
    }

    /// The street that owns a line.
    pub fn street_of_line(&self, at: u32) -> Option<DocId> {
        self.street_by(|d| d.line + d.lines, at)
    }

    /// Streets come first and in order of their houses and lines: the first whose end lies behind `at`.
    fn street_by(&self, end: impl Fn(&Doc) -> u32, at: u32) -> Option<DocId> {
        let streets = self.docs.partition_point(|d| d.kind == Kind::Street.byte());
        let found = self.docs[..streets].partition_point(|d| end(d) <= at);
        (found < streets).then_some(DocId(found as u32))
    }

    pub fn line(&self, at: u32) -> &'a [Fixed] {
        let at = at as usize;
        match (self.lines.get(at), self.lines.get(at + 1)) {
            (Some(start), Some(end)) => self
                .line_points
                .get(*start as usize..*end as usize)
                .unwrap_or(&[]),
            _ => &[],
        }
    }

    /// The lines of a street.
    pub fn lines(&self, doc: &Doc) -> impl Iterator<Item = &'a [Fixed]> + use<'a> {
        let this = self.clone();
        let range = if doc.kind == Kind::Street.byte() {
            doc.line..doc.line.saturating_add(doc.lines)
        } else {
            0..0
        };
        range.map(move |at| this.line(at))
    }

    /// The line that holds the point of this number, and the number of the piece that begins there.
    pub fn piece(&self, at: u32) -> Option<(u32, [LngLat; 2])> {
        let line = self.lines.partition_point(|start| *start <= at).checked_sub(1)?;
        let from = *self.line_points.get(at as usize)?;
        let to = *self.line_points.get(at as usize + 1)?;
        Some((line as u32, [from.into(), to.into()]))
    }

    pub fn houses_by_cell(&self) -> &'a [u32] {
        self.houses_by_cell
    }

    pub fn pieces_by_cell(&self) -> &'a [u32] {
        self.pieces_by_cell
    }

    /// Middles of buildings without an address, by cell.
    pub fn free_buildings(&self) -> &'a [Fixed] {
        self.free
    }

    pub fn names(&self) -> &fst::raw::Fst<&'a [u8]> {
        &self.names
    }

    pub fn words(&self) -> &fst::raw::Fst<&'a [u8]> {
        &self.words
    }

    pub fn name_docs(&self, run: u64) -> &'a [DocId] {
        run_of(self.name_docs, run)
    }

    pub fn word_docs(&self, run: u64) -> &'a [DocId] {
        run_of(self.word_docs, run)
    }

    /// Documents of exactly this key.
    pub fn named(&self, kind: Kind, key: &str) -> &'a [DocId] {
        self.names
            .get(kind.key(key))
            .map_or(&[], |run| self.name_docs(run.value()))
    }

    /// The most important documents whose key begins so, best first; empty where few enough do to look at all.
    pub fn begun(&self, kind: Kind, beginning: &str) -> &'a [DocId] {
        self.beginnings
            .get(kind.key(beginning))
            .map_or(&[], |run| run_of(self.beginning_docs, run.value()))
    }

    /// Shapes of the map's postcodes.
    pub fn shapes(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let this = self.clone();
        let shapes = self.meta.shapes;
        shapes
            .into_iter()
            .take_while(|s| *s != 0)
            .map(move |s| this.text(s))
    }

    /// A document's country, empty where unknown.
    pub fn country(&self, doc: &'a Doc) -> &'a str {
        let known = |code: &'a [u8; 2]| std::str::from_utf8(code).ok().filter(|c| !c.starts_with('\0'));
        known(&doc.country)
            .or_else(|| known(&self.meta.country))
            .unwrap_or("")
    }
}

fn run_of(all: &[u32], run: u64) -> &[DocId] {
    let (start, count) = ((run >> 24) as usize, (run & 0xff_ffff) as usize);
    all.get(start..start.saturating_add(count))
        .map_or(&[], bytemuck::cast_slice)
}

fn map_of<'a>(pack: &'a Pack, name: &str) -> Result<fst::raw::Fst<&'a [u8]>, OpenError> {
    fst::raw::Fst::new(pack.section(name)?).map_err(|e| refuse(name, format!("is no word map ({e})")))
}

fn refuse(section: &str, reason: String) -> OpenError {
    OpenError::Section {
        section: section.to_owned(),
        reason,
    }
}
