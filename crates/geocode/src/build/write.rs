//! Pass 4: documents, texts, name and word maps, columns sorted by cell.

use std::collections::{BTreeMap, HashMap};

use geom::{BBox, Fixed, LngLat, LocalMeters, Meters};
use osm::Extract;
use pack::Section;

use super::beginnings::beginnings;
use super::codes::{Code, Codes, postcodes, shapes};
use super::collect::{Found, region};
use super::countries::Countries;
use super::ground;
use super::places::Places;
use super::streets::Street;
use super::tables::{Endings, Lists, Texts, push_once, word_map};
use crate::ExtraPoints;
use crate::fold::latin;
use crate::index::{Doc, Ending, HouseFlags, Kind, LAYOUT, Meta, StoredHouse, Tens, section, shift_for};
use crate::line::length;
use crate::near::Packed;
use crate::words::Words;

/// Pieces of street lines are at most this long, so that the nearest is found by its middle.
pub(crate) const LONGEST_PIECE: Meters = Meters(200.0);

/// What the passes before have found.
pub(crate) struct Input<'i, 'a> {
    pub extract: &'a Extract,
    pub extra: &'i [ExtraPoints],
    /// Without addresses, which are in the streets.
    pub found: &'i Found<'a>,
    /// Buildings that hold no address.
    pub free: &'i Packed,
    pub hyphens_join: bool,
    pub places: &'i Places,
    pub codes: &'i Codes<'a>,
    pub countries: &'i Countries,
    pub words: &'i Words,
}

/// Flat arrays under construction.
#[derive(Default)]
pub(super) struct Columns {
    pub(super) texts: Texts,
    pub(super) lists: Lists,
    pub(super) docs: Vec<Doc>,
    endings: Endings,
    names: BTreeMap<Vec<u8>, Vec<u32>>,
    words: BTreeMap<String, Vec<u32>>,
    houses: Vec<StoredHouse>,
    /// Where they are.
    house_points: Vec<LngLat>,
    flags: Vec<HouseFlags>,
    /// Houses of other sources than the map: house, source.
    extra_houses: Vec<[u32; 2]>,
    lines: Vec<u32>,
    line_points: Vec<Fixed>,
}

/// Writes all sections. Each street is let go of when it is written.
pub(crate) fn write(input: &Input<'_, '_>, streets: Vec<Street<'_>>) -> Vec<Section> {
    let mut columns = Columns::default();
    columns.texts.id("");
    columns.lists.id(&[]);
    let street_count = streets.len() as u32;
    let place_count = input.places.list.len() as u32;
    let codes = postcodes(&streets, input.found, input.codes, input.places);
    let code_ids: HashMap<&str, u32> = (street_count + place_count..)
        .zip(&codes)
        .map(|(id, code)| (code.text.as_str(), id))
        .collect();
    for street in streets {
        columns.street(&street, input, street_count, &code_ids);
    }
    columns.lines.push(columns.line_points.len() as u32);
    columns.places(input, street_count);
    for code in &codes {
        columns.postcode(code, input);
    }
    columns.pois(input, street_count, &code_ids);
    columns.finish(input, &codes)
}

impl Columns {
    fn street(
        &mut self,
        street: &Street<'_>,
        input: &Input<'_, '_>,
        places_from: u32,
        code_ids: &HashMap<&str, u32>,
    ) {
        let id = self.docs.len() as u32;
        let mut around: Vec<u32> = Vec::new();
        around.extend(street.town.map(|t| t + places_from));
        around.extend(street.around.iter().map(|p| p + places_from));
        let mut holders: Vec<u32> = street.around.clone();
        holders.extend(street.town);
        let country = input.countries.at(street.point, &holders, input.places);
        let codes: Vec<u32> = street
            .postcodes
            .iter()
            .filter_map(|c| code_ids.get(c.as_str()).copied())
            .collect();
        let (first, line) = (self.houses.len() as u32, self.lines.len() as u32);
        let from = Fixed::from(street.point);
        let off = |to: Fixed| {
            let off = |to: i32, from: i32| i64::from(to) - i64::from(from);
            [off(to.lng, from.lng), off(to.lat, from.lat)]
        };
        let offs = street.houses.iter().flat_map(|h| off(h.point.into()));
        let shift = shift_for(offs.map(i64::unsigned_abs).max().unwrap_or(0));
        for house in &street.houses {
            let code = street
                .postcodes
                .iter()
                .position(|c| c == house.postcode)
                .map_or(0, |at| at as u8 + 1);
            let mut flags = code.min(0x3f);
            if house.is_implied() {
                flags |= HouseFlags::IMPLIED;
            }
            if house.source == super::collect::Source::Line {
                flags |= HouseFlags::LINE;
            }
            if let super::collect::Source::Extra(at) = house.source {
                self.extra_houses.push([self.houses.len() as u32, u32::from(at)]);
            }
            self.flags.push(HouseFlags(flags));
            let by_village = if house.by_village { Ending::BY_VILLAGE } else { 0 };
            let ending = Ending {
                suffix: self.texts.id(&house.written),
                high: house.number.number >> 16 | by_village,
            };
            self.houses.push(StoredHouse {
                number: house.number.number as u16,
                ending: self.endings.id(self.houses.len() as u32, ending),
                // Half a step is added, so that the nearest step is taken.
                off: off(house.point.into()).map(|off| ((off + (1 << shift >> 1)) >> shift) as i16),
            });
            self.house_points.push(house.point);
        }
        let mut metres = 0.0;
        for points in &street.lines {
            self.lines.push(self.line_points.len() as u32);
            metres += self.line(points);
        }
        self.index(
            Kind::Street,
            id,
            street.names.iter().map(String::as_str),
            input.words,
            true,
        );
        let doc = Doc {
            name: self.texts.id(&street.names[0]),
            other_names: self.texts.list(&street.names[1..], &mut self.lists),
            around: self.lists.id(&around),
            postcodes: self.lists.id(&codes),
            point: street.point.into(),
            first,
            count: self.houses.len() as u32 - first,
            line,
            lines: (self.lines.len() as u32 - line).min(u16::MAX.into()) as u16,
            reach: Tens::of(street.reach.0),
            importance: street.houses.len() as u32 * 10 + (metres / 50.0) as u32,
            kind: Kind::Street.byte(),
            rank: shift,
            country,
        };
        self.docs.push(doc);
    }

    /// Adds a line's points, long pieces cut; its length in metres.
    fn line(&mut self, points: &[LngLat]) -> f64 {
        let mut metres = 0.0;
        for w in points.windows(2) {
            let plane = LocalMeters::at(w[0]);
            let to = plane.project(w[1]);
            let step = length([0.0, 0.0], to);
            metres += step;
            let cuts = (step / LONGEST_PIECE.0).ceil().clamp(1.0, 10_000.0) as u32;
            for k in 0..cuts {
                let share = f64::from(k) / f64::from(cuts);
                self.line_points
                    .push(plane.unproject([to[0] * share, to[1] * share]).into());
            }
        }
        self.line_points.extend(points.last().map(|p| Fixed::from(*p)));
        metres
    }

    fn places(&mut self, input: &Input<'_, '_>, places_from: u32) {
        for place in &input.places.list {
            let id = self.docs.len() as u32;
            let holders = input.places.around(place.point);
            let country = input.countries.at(place.point, &holders, input.places);
            let around: Vec<u32> = holders
                .into_iter()
                .map(|p| p + places_from)
                .filter(|p| *p != id)
                .take(30)
                .collect();
            self.index(
                Kind::Place,
                id,
                place.names.iter().map(String::as_str),
                input.words,
                false,
            );
            let doc = Doc {
                name: self.texts.id(&place.names[0]),
                other_names: self.texts.list(&place.names[1..], &mut self.lists),
                around: self.lists.id(&around),
                postcodes: 0,
                point: place.point.into(),
                first: 0,
                count: 0,
                line: 0,
                lines: 0,
                reach: Tens::of(place.reach.0),
                importance: (12 - place.rank as u32) * 1000 + place.population / 100 + place.addresses as u32,
                kind: Kind::Place.byte(),
                rank: place.rank as u8,
                country,
            };
            self.docs.push(doc);
        }
    }

    fn postcode(&mut self, code: &Code, input: &Input<'_, '_>) {
        let id = self.docs.len() as u32;
        let country = input
            .countries
            .at(code.point, &input.places.around(code.point), input.places);
        self.index(Kind::Postcode, id, [code.text.as_str()], input.words, false);
        let doc = Doc {
            name: self.texts.id(&code.text),
            other_names: 0,
            around: 0,
            postcodes: 0,
            point: code.point.into(),
            first: 0,
            count: 0,
            line: 0,
            lines: 0,
            reach: Tens::of(code.reach.0),
            importance: code.addresses as u32,
            kind: Kind::Postcode.byte(),
            rank: 0,
            country,
        };
        self.docs.push(doc);
    }

    /// Enters a document under all keys of its names, and under their words.
    pub(super) fn index<'n>(
        &mut self,
        kind: Kind,
        id: u32,
        names: impl IntoIterator<Item = &'n str>,
        words: &Words,
        by_word: bool,
    ) {
        for name in names {
            for key in words.keys(name) {
                push_once(self.names.entry(kind.key(&key)).or_default(), id);
            }
            if !by_word {
                continue;
            }
            for piece in words.pieces(name) {
                let word = words.long_word(&piece);
                // Weak words would name half of the map.
                if word.is_empty() || words.weight(&word) < 1.0 {
                    continue;
                }
                if let Some(latin) = latin(&word) {
                    push_once(self.words.entry(latin).or_default(), id);
                }
                push_once(self.words.entry(word).or_default(), id);
            }
        }
    }

    fn finish(mut self, input: &Input<'_, '_>, codes: &[Code]) -> Vec<Section> {
        let (names, name_docs) = word_map(&self.names);
        let (beginnings, beginning_docs) = word_map(&beginnings(&self.names, &self.docs));
        let (words, word_docs) = word_map(&self.words);
        let sources: Vec<u32> = input.extra.iter().map(|e| self.texts.id(&e.told())).collect();
        let meta = Meta {
            layout: LAYOUT,
            docs: self.docs.len() as u32,
            houses: self.houses.len() as u32,
            country: input.countries.only,
            hyphens_join: u8::from(input.hyphens_join),
            unused: 0,
            bounds: region(input.extract).map_or([0; 4], fixed_bounds),
            shapes: shapes(codes, &mut self.texts),
        };
        let streets = self.docs.iter().filter(|d| d.kind == Kind::Street.byte());
        let groups = ground::house_groups(&self.house_points, streets.map(|d| (d.first, d.count)));
        let pieces = ground::pieces(&self.lines, &self.line_points);
        let (outlines, corners) =
            ground::outlines(input.extract, input.found, &self.house_points, &self.flags);
        let bytes = |name: &str, bytes: Vec<u8>| Section {
            name: name.to_owned(),
            bytes,
        };
        vec![
            Section::new(section::META, &[meta]),
            bytes(section::TEXT, self.texts.bytes),
            Section::new(section::TEXT_AT, &self.texts.at),
            bytes(section::NAMES, names),
            Section::new(section::NAME_DOCS, &name_docs),
            bytes(section::BEGINNINGS, beginnings),
            Section::new(section::BEGINNING_DOCS, &beginning_docs),
            bytes(section::WORDS, words),
            Section::new(section::WORD_DOCS, &word_docs),
            Section::new(section::DOCS, &self.docs),
            Section::new(section::LISTS, &self.lists.values),
            Section::new(section::HOUSES, &self.houses),
            Section::new(section::HOUSE_FLAGS, &self.flags),
            Section::new(section::EXTRA_HOUSES, &self.extra_houses),
            Section::new(section::SOURCES, &sources),
            Section::new(section::ENDINGS, &self.endings.common),
            Section::new(section::RARE_ENDINGS, &self.endings.rare),
            Section::new(section::HOUSE_GROUPS, &groups),
            Section::new(section::LINES, &self.lines),
            Section::new(section::LINE_POINTS, &self.line_points),
            Section::new(section::PIECES_BY_CELL, &pieces),
            Section::new(section::FREE, &input.free.low),
            Section::new(section::FREE_SQUARES, &input.free.squares),
            Section::new(section::OUTLINES, &outlines),
            Section::new(section::CORNERS, &corners),
        ]
    }
}

fn fixed_bounds(bbox: BBox) -> [i32; 4] {
    [bbox.west, bbox.south, bbox.east, bbox.north].map(|v| (v * 1e7) as i32)
}
