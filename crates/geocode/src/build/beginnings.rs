//! Lists of the most important documents for the beginnings of many names: what type-ahead shows after a letter or two.

use std::collections::BTreeMap;

use crate::index::Doc;

/// Beginnings of up to this many letters may be listed.
const LONGEST_BEGINNING: usize = 5;
/// Beginnings of more names than this are listed: fewer are looked at one by one.
const MANY_NAMES: usize = 300;
/// Documents of one list.
const MOST_LISTED: usize = 60;

/// For beginnings of many names the most important documents, best first.
pub(crate) fn beginnings(names: &BTreeMap<Vec<u8>, Vec<u32>>, docs: &[Doc]) -> BTreeMap<Vec<u8>, Vec<u32>> {
    let mut out = BTreeMap::new();
    for letters in 1..=LONGEST_BEGINNING {
        let mut open: Option<(&[u8], Vec<u32>, usize)> = None;
        let mut close = |open: Option<(&[u8], Vec<u32>, usize)>| {
            if let Some((key, ids, _)) = open.filter(|open| open.2 > MANY_NAMES) {
                out.insert(key.to_vec(), most_important(ids, docs));
            }
        };
        for (key, ids) in names {
            // The first byte is the kind.
            let text = std::str::from_utf8(&key[1..]).unwrap_or("");
            let Some((at, last)) = text.char_indices().nth(letters - 1) else {
                continue;
            };
            let beginning = &key[..1 + at + last.len_utf8()];
            match &mut open {
                Some((known, listed, n)) if *known == beginning => {
                    listed.extend(ids);
                    *n += 1;
                    if listed.len() > 100 * MOST_LISTED {
                        *listed = most_important(std::mem::take(listed), docs);
                    }
                }
                _ => close(open.replace((beginning, ids.clone(), 1))),
            }
        }
        close(open);
    }
    out
}

fn most_important(mut ids: Vec<u32>, docs: &[Doc]) -> Vec<u32> {
    ids.sort_unstable_by_key(|id| (std::cmp::Reverse(docs[*id as usize].importance), *id));
    ids.dedup();
    ids.truncate(MOST_LISTED);
    ids
}
