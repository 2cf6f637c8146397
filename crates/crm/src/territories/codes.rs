//! A pasted list becomes blocks: postcodes and municipalities by code or name, as the map knows them, or else as
//! the addresses of customers carry them. What nobody knows is said back.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use atlas::{Atlas, Boundary, BoundaryKind};
use serde_json::Value;

use super::area;
use super::claims::{Block, BlockSystem};
use super::facts;
use crate::problem::Problem;

/// Most entries of one list, ranges counted by what they hold.
const MOST: usize = 5_000;
/// In OpenStreetMap's levels a municipality is mostly the eighth.
const MUNICIPALITY: u8 = 8;

/// What a list came to.
#[derive(Debug, Default)]
pub(super) struct Resolved {
    /// By system and code, each once.
    pub blocks: Vec<Block>,
    /// As they were written.
    pub unknown: Vec<String>,
    /// Names that more than one municipality has, with their keys.
    pub ambiguous: Vec<(String, Vec<(String, String)>)>,
}

/// Splits what was pasted: by line, comma, semicolon or tab. A blank within an entry is part of it.
pub(super) fn entries(text: &str) -> Vec<String> {
    let parts = text.split(['\n', '\r', ',', ';', '\t']);
    let parts = parts.map(|part| part.trim().trim_matches(['"', '\'']).trim());
    parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// Looks entries up. An entry is a postcode, a range of postcodes (`17033-17036`), the key of a municipality or its
/// name.
///
/// # Errors
/// More than 5,000 entries.
pub(super) fn resolve(
    atlas: Option<&Atlas>,
    postcodes: &HashMap<String, u64>,
    list: &[String],
) -> Result<Resolved, Problem> {
    let too_many = || Problem::bad("/codes", "too-many", format!("A list has at most {MOST} codes."));
    if list.len() > MOST {
        return Err(too_many());
    }
    let known = Known::of(atlas, postcodes);
    let mut blocks: BTreeMap<(BlockSystem, String), Block> = BTreeMap::new();
    let mut resolved = Resolved::default();
    let mut said: BTreeSet<&str> = BTreeSet::new();
    for entry in list {
        match known.look_up(entry) {
            Answer::Blocks(found) => {
                blocks.extend(found.into_iter().map(|b| ((b.system, b.code.clone()), b)));
                if blocks.len() > MOST {
                    return Err(too_many());
                }
            }
            Answer::Several(choices) => {
                if said.insert(entry) {
                    resolved.ambiguous.push((entry.clone(), choices));
                }
            }
            Answer::Nothing => {
                if said.insert(entry) {
                    resolved.unknown.push(entry.clone());
                }
            }
        }
    }
    resolved.blocks = blocks.into_values().collect();
    Ok(resolved)
}

enum Answer {
    Blocks(Vec<Block>),
    /// Key and name of each.
    Several(Vec<(String, String)>),
    Nothing,
}

/// Everything that has a code or a name.
struct Known<'a> {
    /// By code without blanks; the boundary where the map has one.
    postcodes: BTreeMap<String, Option<Boundary<'a>>>,
    by_key: HashMap<String, Boundary<'a>>,
    by_name: HashMap<String, Vec<Boundary<'a>>>,
}

impl<'a> Known<'a> {
    fn of(atlas: Option<&'a Atlas>, postcodes: &HashMap<String, u64>) -> Self {
        let mut known = Self {
            postcodes: postcodes.keys().map(|code| (code.clone(), None)).collect(),
            by_key: HashMap::new(),
            by_name: HashMap::new(),
        };
        let Some(atlas) = atlas else { return known };
        for boundary in atlas.boundaries().iter() {
            match boundary.kind() {
                BoundaryKind::Postcode => {
                    let code = facts::code(boundary.postcode().unwrap_or(boundary.name()));
                    known.postcodes.insert(code, Some(boundary));
                }
                BoundaryKind::Administrative { .. } => {
                    if let Some(key) = boundary.reference() {
                        known.by_key.insert(facts::code(key), boundary);
                    }
                    let name = boundary.name().to_lowercase();
                    known.by_name.entry(name).or_default().push(boundary);
                }
            }
        }
        known
    }

    fn look_up(&self, entry: &str) -> Answer {
        let code = facts::code(entry);
        if let Some(boundary) = self.postcodes.get(&code) {
            return Answer::Blocks(vec![postcode(entry.trim(), *boundary)]);
        }
        if let Some(boundary) = self.by_key.get(&code) {
            return Answer::Blocks(vec![municipality(boundary)]);
        }
        if let Some((from, to)) = range(&code) {
            let codes = self.postcodes.range(from.clone()..=to);
            let codes = codes.filter(|(code, _)| code.len() == from.len());
            let found: Vec<Block> = codes.map(|(code, b)| postcode(code, *b)).collect();
            if !found.is_empty() {
                return Answer::Blocks(found);
            }
        }
        let named = self.by_name.get(&entry.trim().to_lowercase());
        // A town that is a district by itself stands at several levels: the municipality is meant.
        let distance = |b: &Boundary<'_>| match b.kind() {
            BoundaryKind::Administrative { level } => level.abs_diff(MUNICIPALITY),
            BoundaryKind::Postcode => u8::MAX,
        };
        let named = named.map(Vec::as_slice).unwrap_or_default();
        let nearest = named.iter().map(distance).min();
        let best: Vec<&Boundary<'_>> = named.iter().filter(|b| Some(distance(b)) == nearest).collect();
        match best.as_slice() {
            [] => Answer::Nothing,
            [one] => Answer::Blocks(vec![municipality(one)]),
            several => Answer::Several(several.iter().map(|b| (key_of(b), b.name().to_owned())).collect()),
        }
    }
}

/// `17033-17036`, also with the long dash.
fn range(code: &str) -> Option<(String, String)> {
    let (from, to) = code.split_once(['-', '\u{2013}'])?;
    let is_number =
        |text: &str| !text.is_empty() && text.len() <= 10 && text.bytes().all(|b| b.is_ascii_digit());
    let fits = is_number(from) && is_number(to) && from.len() == to.len() && from <= to;
    fits.then(|| (from.to_owned(), to.to_owned()))
}

fn postcode(code: &str, boundary: Option<Boundary<'_>>) -> Block {
    Block {
        system: BlockSystem::Postcode,
        code: facts::code(code),
        name: boundary.map_or(code, |b| b.name()).to_owned(),
        area: boundary.and_then(|b| ground(&b)),
    }
}

fn key_of(boundary: &Boundary<'_>) -> String {
    boundary
        .reference()
        .map_or_else(|| boundary.name().to_owned(), str::to_owned)
}

fn municipality(boundary: &Boundary<'_>) -> Block {
    Block {
        system: BlockSystem::Municipality,
        code: key_of(boundary),
        name: boundary.name().to_owned(),
        area: ground(boundary),
    }
}

/// The boundary's area as GeoJSON, mended where the map's lines cross.
fn ground(boundary: &Boundary<'_>) -> Option<Value> {
    let polygons = boundary.shape();
    let shape = territory::Shape::parse(polygons.clone())
        .or_else(|_| territory::Shape::mended(polygons))
        .ok()?;
    serde_json::to_value(area::to_geojson(shape.polygons())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::demo_atlas;

    fn codes(resolved: &Resolved) -> Vec<(&str, bool)> {
        let blocks = resolved.blocks.iter();
        blocks.map(|b| (b.code.as_str(), b.area.is_some())).collect()
    }

    fn list(entries: &[&str]) -> Vec<String> {
        entries.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_paste_is_split_by_lines_commas_semicolons_and_tabs() {
        assert_eq!(
            entries(" 17033,\"17034\";\t17036\r\nBurg Stargard\n\n"),
            ["17033", "17034", "17036", "Burg Stargard"]
        );
    }

    #[test]
    fn codes_of_addresses_serve_where_the_map_has_no_area() {
        let carried: HashMap<String, u64> = ["17033", "17034", "17039", "ab12cd"]
            .map(|c| (c.to_owned(), 3))
            .into();
        let found = resolve(
            None,
            &carried,
            &list(&["17033 ", "AB1 2CD", "17033-17036", "99999", "99999"]),
        )
        .unwrap();
        assert_eq!(
            codes(&found),
            [("17033", false), ("17034", false), ("ab12cd", false)]
        );
        assert_eq!(found.unknown, ["99999"]);
    }

    #[test]
    fn municipalities_are_found_by_key_and_by_name_in_any_capitals() {
        let atlas = demo_atlas();
        let town = atlas
            .boundaries()
            .iter()
            .find(|b| b.kind() == BoundaryKind::Administrative { level: 8 } && b.reference().is_some())
            .expect("the demo map has a municipality with a key");
        let key = town.reference().unwrap();
        let by_key = resolve(Some(&atlas), &HashMap::new(), &list(&[key])).unwrap();
        assert_eq!(codes(&by_key), [(key, true)]);
        assert_eq!(by_key.blocks[0].name, town.name());
        let by_name = resolve(
            Some(&atlas),
            &HashMap::new(),
            &list(&[&town.name().to_uppercase(), "Nowhere"]),
        )
        .unwrap();
        assert_eq!(by_name.blocks, by_key.blocks);
        assert_eq!(by_name.unknown, ["Nowhere"]);
    }

    #[test]
    fn a_list_without_end_is_refused() {
        let many: Vec<String> = (0..=MOST).map(|i| i.to_string()).collect();
        assert!(resolve(None, &HashMap::new(), &many).is_err());
    }
}
