//! Tables under construction: texts, lists and endings that many entries share, and word maps.

use std::collections::{BTreeMap, HashMap};

use crate::index::{Ending, RARE, RareEnding, pack_run};

pub(super) fn push_once(ids: &mut Vec<u32>, id: u32) {
    if ids.last() != Some(&id) {
        ids.push(id);
    }
}

/// A word map and its runs of documents.
pub(super) fn word_map<K: AsRef<[u8]> + Ord>(entries: &BTreeMap<K, Vec<u32>>) -> (Vec<u8>, Vec<u32>) {
    let mut docs: Vec<u32> = Vec::new();
    let mut map = fst::MapBuilder::memory();
    for (key, ids) in entries {
        let run = pack_run(docs.len(), ids.len());
        docs.extend(ids);
        map.insert(key, run)
            .expect("keys of a BTreeMap are sorted and memory does not fail");
    }
    (map.into_inner().expect("memory does not fail"), docs)
}

/// Texts, each once.
#[derive(Default)]
pub(super) struct Texts {
    pub bytes: Vec<u8>,
    /// Where each begins, and the end of the last.
    pub at: Vec<u32>,
    known: HashMap<String, u32>,
}

impl Texts {
    pub fn id(&mut self, text: &str) -> u32 {
        if let Some(id) = self.known.get(text) {
            return *id;
        }
        if self.at.is_empty() {
            self.at.push(0);
        }
        let id = self.at.len() as u32 - 1;
        self.bytes.extend(text.as_bytes());
        self.at.push(self.bytes.len() as u32);
        self.known.insert(text.to_owned(), id);
        id
    }

    pub fn list(&mut self, texts: &[String], lists: &mut Lists) -> u32 {
        let ids: Vec<u32> = texts.iter().map(|t| self.id(t)).collect();
        lists.id(&ids)
    }
}

/// Lists of numbers, each once: length, then values.
#[derive(Default)]
pub(super) struct Lists {
    pub values: Vec<u32>,
    known: HashMap<Vec<u32>, u32>,
}

impl Lists {
    pub fn id(&mut self, list: &[u32]) -> u32 {
        if let Some(id) = self.known.get(list) {
            return *id;
        }
        let id = self.values.len() as u32;
        self.values.push(list.len() as u32);
        self.values.extend(list);
        self.known.insert(list.to_vec(), id);
        id
    }
}

/// Endings of house numbers, each once.
pub(super) struct Endings {
    pub common: Vec<Ending>,
    pub rare: Vec<RareEnding>,
    known: HashMap<Ending, u16>,
}

impl Default for Endings {
    /// The empty one comes first.
    fn default() -> Self {
        let empty = Ending::default();
        Self {
            common: vec![empty],
            rare: Vec::new(),
            known: HashMap::from([(empty, 0)]),
        }
    }
}

impl Endings {
    /// The number of an ending; houses come in order.
    pub fn id(&mut self, house: u32, ending: Ending) -> u16 {
        if let Some(id) = self.known.get(&ending) {
            return *id;
        }
        let id = self.common.len() as u16;
        if id == RARE {
            self.rare.push(RareEnding { house, ending });
            return RARE;
        }
        self.common.push(ending);
        self.known.insert(ending, id);
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_beyond_what_two_bytes_name_are_kept_by_house() {
        let mut endings = Endings::default();
        let of = |house: u32| Ending {
            suffix: house,
            high: 0,
        };
        let ids: Vec<u16> = (0..70_000).map(|house| endings.id(house, of(house))).collect();
        for (house, id) in (0u32..).zip(ids) {
            let found = match id {
                RARE => endings.rare.iter().find(|r| r.house == house).map(|r| r.ending),
                id => Some(endings.common[usize::from(id)]),
            };
            if house % 997 == 0 || house > 69_990 {
                assert_eq!(found, Some(of(house)));
            }
        }
        assert_eq!(endings.rare.len(), 70_000 - usize::from(RARE));
    }
}
