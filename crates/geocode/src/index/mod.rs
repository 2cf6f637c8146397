//! The sections: what is where, how it is opened, and how it is read.
//!
//! Documents are streets (a name in a locality), places, postcodes and places of interest; houses are a
//! sorted column of each street. All references are indexes; a damaged one reads as nothing, never as a
//! panic.

mod check;
mod houses;
mod layout;
mod outlines;

use geom::{Fixed, LngLat};
use pack::{OpenError, Pack};

use crate::build::{half_way, run_length};
use crate::near::near_packed;

pub(crate) use houses::{House, Houses, shift_for};
pub(crate) use layout::{
    Doc, DocId, Ending, GROUP_REACH, GROUP_SIZE, HouseFlags, HouseGroup, Kind, LAYOUT, Meta, OUTLINE_REACH,
    Outline, RARE, RareEnding, StoredHouse, Tens, section,
};
pub(crate) use outlines::owns;

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
    houses: &'a [StoredHouse],
    endings: &'a [Ending],
    rare_endings: &'a [RareEnding],
    house_flags: &'a [HouseFlags],
    extra_houses: &'a [[u32; 2]],
    sources: &'a [u32],
    house_groups: &'a [HouseGroup],
    lines: &'a [u32],
    line_points: &'a [Fixed],
    pieces_by_cell: &'a [u32],
    free: &'a [u32],
    free_squares: &'a [[u32; 2]],
    outlines: &'a [Outline],
    corners: &'a [[i16; 2]],
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
            endings: pack.slice(section::ENDINGS)?,
            rare_endings: pack.slice(section::RARE_ENDINGS)?,
            house_flags: pack.slice(section::HOUSE_FLAGS)?,
            extra_houses: pack.slice(section::EXTRA_HOUSES)?,
            sources: pack.slice(section::SOURCES)?,
            house_groups: pack.slice(section::HOUSE_GROUPS)?,
            lines: pack.slice(section::LINES)?,
            line_points: pack.slice(section::LINE_POINTS)?,
            pieces_by_cell: pack.slice(section::PIECES_BY_CELL)?,
            free: pack.slice(section::FREE)?,
            free_squares: pack.slice(section::FREE_SQUARES)?,
            outlines: pack.slice(section::OUTLINES)?,
            corners: pack.slice(section::CORNERS)?,
        })
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
        self.street_by(|d| d.line + u32::from(d.lines), at)
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
            doc.line..doc.line.saturating_add(doc.lines.into())
        } else {
            0..0
        };
        range.map(move |at| this.line(at))
    }

    /// The middle of the first piece of the run that begins at this point.
    pub fn run_middle(&self, at: u32) -> Option<LngLat> {
        let from = *self.line_points.get(at as usize)?;
        let to = *self.line_points.get(at as usize + 1)?;
        Some(half_way(from, to))
    }

    /// The line of the run that begins at this point, and its points.
    pub fn run(&self, at: u32) -> Option<(u32, &'a [Fixed])> {
        let line = self.lines.partition_point(|start| *start <= at).checked_sub(1)?;
        let end = *self.lines.get(line + 1)? as usize;
        let rest = self.line_points.get(at as usize..end)?;
        let points = run_length(rest) as usize + 1;
        Some((line as u32, rest.get(..points)?))
    }

    /// Runs of houses that lie together, by cell.
    pub fn house_groups(&self) -> &'a [HouseGroup] {
        self.house_groups
    }

    pub fn pieces_by_cell(&self) -> &'a [u32] {
        self.pieces_by_cell
    }

    /// Middles of buildings without an address within `reach` metres, and some more.
    pub fn free_buildings(&self, point: LngLat, reach: f64) -> Vec<LngLat> {
        near_packed(self.free_squares, self.free, point, reach)
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
