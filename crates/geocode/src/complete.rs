//! Completing what is being typed: names that begin so, and house numbers as soon as a street is clear.

use std::collections::HashSet;

use fst::raw::CompiledAddr;
use geom::LngLat;

use crate::completed::{hit, houses};
use crate::face::{Hit, Request};
use crate::fold::pieces;
use crate::index::{Doc, DocId, Index, Kind};
use crate::number::HouseNumber;
use crate::search::house::{Found, locate};
use crate::search::lex::{Token, tokens};
use crate::words::Words;

/// Nodes of the name map looked at for one keystroke.
const NODES: usize = 4_000;
/// The same where a town before it chooses among them.
const NODES_IN_TOWN: usize = 16_000;
/// Documents ranked for one keystroke.
const DOCUMENTS: usize = 2_000;

/// A document that what is typed may become.
pub(crate) struct Completion<'a> {
    pub id: DocId,
    pub doc: &'a Doc,
    /// The whole name is typed.
    pub whole: bool,
    pub number: Option<HouseNumber>,
    /// The number is what is being typed: it may become a longer one.
    pub open_number: bool,
}

/// Completes `text`.
pub(crate) fn complete(
    index: &Index<'_>,
    words: &Words,
    text: &str,
    bias: Option<LngLat>,
    limit: usize,
) -> Vec<Hit> {
    let tokens = tokens(&Request::text(text), words);
    let unfinished = text
        .chars()
        .last()
        .is_some_and(|c| !c.is_whitespace() && c != ',');
    let mut options = read(index, &tokens, unfinished, None);
    // `12 Oak St`, `12 B Oak St`: the number first.
    for (number, used) in numbers_at(&tokens) {
        options.extend(read(index, &tokens[used..], unfinished, Some(&number)));
    }
    if options.is_empty() {
        options = read_in_town(index, &tokens, unfinished);
    }
    rank(index, options, bias, limit)
}

/// Reads words as a town or postcode, then a name or its beginning there: `12345 Town, Lange Str`.
fn read_in_town<'a>(index: &Index<'a>, tokens: &[Token], unfinished: bool) -> Vec<Completion<'a>> {
    let mut out: Vec<Completion<'a>> = Vec::new();
    for from in 0..tokens.len().min(2) {
        // Before the town its postcode may stand.
        if from == 1 && index.named(Kind::Postcode, tokens[0].text()).is_empty() {
            break;
        }
        let mut towns: Vec<(usize, &[DocId])> = Vec::new();
        crate::search::walk::spans(
            tokens,
            from,
            &[Kind::Place, Kind::Postcode],
            index,
            &mut |to, _, run| {
                if to < tokens.len() {
                    towns.push((to, index.name_docs(run)));
                }
            },
        );
        for (to, towns) in towns {
            let rest = &tokens[to..];
            let number = HouseNumber::read(rest[0].text()).filter(|_| rest.len() > 1 && rest[0].has_digit());
            let rest = if number.is_some() { &rest[1..] } else { rest };
            let options = read_within(index, rest, unfinished, number.as_ref(), &|doc| {
                let holds = |around: &[DocId]| around.iter().any(|d| towns.contains(d));
                holds(index.around(doc)) || holds(index.postcodes(doc))
            });
            out.extend(options);
        }
    }
    out
}

/// Reads words as a name or its beginning, then a number, then a town or its beginning.
fn read<'a>(
    index: &Index<'a>,
    tokens: &[Token],
    unfinished: bool,
    leading: Option<&HouseNumber>,
) -> Vec<Completion<'a>> {
    let mut out: Vec<Completion<'a>> = Vec::new();
    if tokens.is_empty() {
        return out;
    }
    begun(index, tokens, unfinished, leading, None, &mut out);
    numbered(index, tokens, unfinished, leading, &mut out);
    out
}

/// The same among documents that `wanted` accepts.
fn read_within<'a>(
    index: &Index<'a>,
    tokens: &[Token],
    unfinished: bool,
    leading: Option<&HouseNumber>,
    wanted: &dyn Fn(&Doc) -> bool,
) -> Vec<Completion<'a>> {
    let mut out: Vec<Completion<'a>> = Vec::new();
    begun(index, tokens, unfinished, leading, Some(wanted), &mut out);
    numbered(index, tokens, unfinished, leading, &mut out);
    out.retain(|c| wanted(c.doc));
    out
}

/// The whole text is the beginning of a name.
fn begun<'a>(
    index: &Index<'a>,
    tokens: &[Token],
    unfinished: bool,
    leading: Option<&HouseNumber>,
    wanted: Option<&dyn Fn(&Doc) -> bool>,
    out: &mut Vec<Completion<'a>>,
) {
    let mut budget = if wanted.is_some() { NODES_IN_TOWN } else { NODES };
    for kind in [Kind::Street, Kind::Place, Kind::Poi, Kind::Postcode] {
        let number = leading.filter(|_| kind == Kind::Street);
        let mut add = |id: DocId, whole: bool| {
            let doc = index
                .doc(id)
                .filter(|doc| wanted.is_none_or(|wanted| wanted(doc)));
            if let Some(doc) = doc.filter(|_| out.len() < DOCUMENTS) {
                out.push(Completion {
                    id,
                    doc,
                    whole,
                    number: number.cloned(),
                    open_number: false,
                });
            }
        };
        for (node, output, text) in states(index, kind, tokens, unfinished) {
            // So many names begin so that the most important of them are listed.
            let listed = index.begun(kind, &text);
            if wanted.is_none() && !listed.is_empty() {
                index.named(kind, &text).iter().for_each(|id| add(*id, true));
                listed.iter().for_each(|id| add(*id, false));
                continue;
            }
            let mut runs = Vec::new();
            collect(index, node, output, &mut budget, &mut runs);
            for (depth, run) in runs {
                for id in index.name_docs(run).iter().take(DOCUMENTS) {
                    add(*id, depth == 0);
                }
            }
        }
    }
}

/// A whole name, then number and town.
fn numbered<'a>(
    index: &Index<'a>,
    tokens: &[Token],
    unfinished: bool,
    leading: Option<&HouseNumber>,
    out: &mut Vec<Completion<'a>>,
) {
    for end in (1..tokens.len()).rev() {
        let mut found: Vec<(Kind, u64)> = Vec::new();
        crate::search::walk::spans(
            &tokens[..end],
            0,
            &[Kind::Street, Kind::Poi, Kind::Place],
            index,
            &mut |to, kind, run| {
                if to == end {
                    found.push((kind, run));
                }
            },
        );
        for (kind, run) in found {
            let rest = &tokens[end..];
            let (number, rest) = match (leading, numbers_at(rest).next()) {
                (None, Some((number, used))) if kind == Kind::Street => (Some(number), &rest[used..]),
                (leading, _) => (leading.cloned(), rest),
            };
            // More digits may follow.
            let open_number = leading.is_none() && number.is_some() && rest.is_empty() && unfinished;
            for id in index.name_docs(run).iter().take(DOCUMENTS) {
                let Some(doc) = index.doc(*id) else { continue };
                if agrees(index, doc, rest, unfinished) && out.len() < 2 * DOCUMENTS {
                    out.push(Completion {
                        id: *id,
                        doc,
                        whole: true,
                        number: number.clone(),
                        open_number,
                    });
                }
            }
        }
    }
}

/// House numbers at the beginning of the words, the longest first, and how many words they are.
fn numbers_at(tokens: &[Token]) -> impl Iterator<Item = (HouseNumber, usize)> {
    let spans = crate::search::tags::numbers(tokens).into_iter();
    spans
        .filter(|span| span.start == 0)
        .map(|span| (span.number, span.end))
}

/// What follows the name begins one of the document's towns or its postcode.
fn agrees(index: &Index<'_>, doc: &Doc, rest: &[Token], unfinished: bool) -> bool {
    if rest.is_empty() {
        return true;
    }
    let (codes, names): (Vec<&Token>, Vec<&Token>) = rest.iter().partition(|t| t.has_digit());
    let begins = |name: &str, typed: &str| {
        let name: String = pieces(name).into_iter().map(|p| p.text).collect();
        if unfinished {
            name.starts_with(typed)
        } else {
            name == typed || name.starts_with(typed)
        }
    };
    let town: String = names.iter().map(|t| t.text()).collect();
    let code: String = codes.iter().map(|t| t.text()).collect();
    (town.is_empty() || index.around(doc).iter().any(|d| begins(index.name(*d), &town)))
        && (code.is_empty() || index.postcodes(doc).iter().any(|d| begins(index.name(*d), &code)))
}

/// Places in the name map behind the words, the last one perhaps unfinished, and what led there.
fn states(
    index: &Index<'_>,
    kind: Kind,
    tokens: &[Token],
    unfinished: bool,
) -> Vec<(CompiledAddr, u64, String)> {
    let names = index.names();
    let walk = |from: (CompiledAddr, u64), bytes: &[u8]| {
        let (mut addr, mut output) = from;
        for byte in bytes {
            let node = names.node(addr);
            let transition = node.transition(node.find_input(*byte)?);
            output += transition.out.value();
            addr = transition.addr;
        }
        Some((addr, output))
    };
    let mut states: Vec<(CompiledAddr, u64, String)> = walk((names.root().addr(), 0), &[kind.byte()])
        .into_iter()
        .map(|(addr, output)| (addr, output, String::new()))
        .collect();
    for (at, token) in tokens.iter().enumerate() {
        // An unfinished word is itself only: `s` is not yet `south`.
        let open = unfinished && at + 1 == tokens.len();
        let readings = if open {
            &token.readings[..1]
        } else {
            &token.readings[..]
        };
        let mut next: Vec<(CompiledAddr, u64, String)> = Vec::new();
        for (addr, output, text) in &states {
            for reading in readings {
                if let Some((addr, output)) = walk((*addr, *output), reading.as_bytes())
                    && !next.iter().any(|n| (n.0, n.1) == (addr, output))
                {
                    next.push((addr, output, format!("{text}{reading}")));
                }
            }
        }
        states = next;
    }
    states
}

/// Names at and behind a node, breadth first so that short ones come first: (letters further, documents).
fn collect(
    index: &Index<'_>,
    node: CompiledAddr,
    output: u64,
    budget: &mut usize,
    runs: &mut Vec<(usize, u64)>,
) {
    let names = index.names();
    let mut level = vec![(node, output)];
    let mut depth = 0;
    while !level.is_empty() {
        let mut next = Vec::new();
        for (addr, output) in level {
            if *budget == 0 {
                return;
            }
            *budget -= 1;
            let node = names.node(addr);
            if node.is_final() {
                runs.push((depth, output + node.final_output().value()));
            }
            next.extend(node.transitions().map(|t| (t.addr, output + t.out.value())));
        }
        level = next;
        depth += 1;
    }
}

/// Orders options by importance and nearness, and makes hits of the best.
fn rank(index: &Index<'_>, options: Vec<Completion<'_>>, bias: Option<LngLat>, limit: usize) -> Vec<Hit> {
    let mut scored: Vec<(f64, Completion<'_>)> = options
        .into_iter()
        .map(|o| {
            let mut score = (1.0 + f64::from(o.doc.importance)).ln();
            if o.whole {
                score += 3.0;
            }
            if index.kind(o.doc) == Kind::Place {
                score += 1.0;
            }
            if let Some(bias) = bias {
                let km = bias.distance(o.doc.point.into()).0 / 1000.0;
                score -= 2.0 * (1.0 + km / 2.0).ln();
            }
            if let (Some(number), Kind::Street) = (&o.number, index.kind(o.doc)) {
                // A street that has the number is the one that is meant.
                score += match locate(index, o.doc, number).found {
                    Found::Exact | Found::InRange => 8.0,
                    Found::OtherSuffix => 6.0,
                    Found::Between { .. } => 5.0,
                    Found::Beyond { .. } => 1.0,
                    // It may be the beginning of a longer number.
                    Found::Nowhere => 0.0,
                };
            }
            (score, o)
        })
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.id.cmp(&b.1.id)));
    let mut seen: HashSet<DocId> = HashSet::new();
    let mut hits: Vec<Hit> = Vec::new();
    let is_new = |hits: &[Hit], hit: &Hit| {
        let same = |h: &Hit| h.label == hit.label && h.point.distance(hit.point).0 <= 250.0;
        !hits.iter().any(same)
    };
    for (_, option) in &scored {
        if hits.len() == limit {
            break;
        }
        if seen.insert(option.id) {
            let hit = hit(index, option);
            if is_new(&hits, &hit) {
                hits.push(hit);
            }
        }
    }
    // So few streets are left that houses of the best one have room.
    if let Some((_, best)) = scored.first() {
        for house in houses(index, best, bias, limit - hits.len()) {
            let hit = hit(index, &house);
            if is_new(&hits, &hit) {
                hits.push(hit);
            }
        }
    }
    hits
}
