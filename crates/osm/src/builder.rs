//! Making an extract: elements in any order, sorted at the end.

use std::collections::HashMap;
use std::ops::Range;

use geom::{BBox, Fixed, LngLat, Timestamp};

use crate::decode::Block;
use crate::{Extract, MemberKind, NodeId, RelationId, Source, WayId};

/// Collects elements in any order and makes an [`Extract`] of them.
#[derive(Debug, Default)]
pub struct Builder {
    strings: Vec<Box<str>>,
    by_text: HashMap<Box<str>, u32>,
    nodes: Vec<(i64, Fixed, Range<u32>)>,
    ways: Vec<(i64, Range<u32>, Range<u32>)>,
    relations: Vec<(i64, Range<u32>, Range<u32>)>,
    tags: Vec<(u32, u32)>,
    refs: Vec<i64>,
    members: Vec<(i64, MemberKind, u32)>,
    bounds: Option<BBox>,
    date: Option<Timestamp>,
    sources: Vec<Source>,
}

impl Builder {
    /// Adds a node.
    pub fn node<'t>(&mut self, id: NodeId, place: Fixed, tags: impl IntoIterator<Item = (&'t str, &'t str)>) {
        let tags = self.add_tags(tags);
        self.nodes.push((id.0, place, tags));
    }

    /// Adds a way.
    pub fn way<'t>(
        &mut self,
        id: WayId,
        nodes: impl IntoIterator<Item = NodeId>,
        tags: impl IntoIterator<Item = (&'t str, &'t str)>,
    ) {
        let start = self.refs.len() as u32;
        self.refs.extend(nodes.into_iter().map(|n| n.0));
        let nodes = start..self.refs.len() as u32;
        let tags = self.add_tags(tags);
        self.ways.push((id.0, nodes, tags));
    }

    /// Adds a relation; members are (kind, id, role).
    pub fn relation<'t>(
        &mut self,
        id: RelationId,
        members: impl IntoIterator<Item = (MemberKind, i64, &'t str)>,
        tags: impl IntoIterator<Item = (&'t str, &'t str)>,
    ) {
        let start = self.members.len() as u32;
        for (kind, member, role) in members {
            let role = self.intern(role);
            self.members.push((member, kind, role));
        }
        let members = start..self.members.len() as u32;
        let tags = self.add_tags(tags);
        self.relations.push((id.0, members, tags));
    }

    /// Adds a decoded block. Its strings are interned once for the block, not once for each use.
    pub(crate) fn append(&mut self, block: Block) {
        let strings: Vec<u32> = block.strings.iter().map(|s| self.intern(s)).collect();
        let string = |local: u32| strings[local as usize];
        let tags_from = self.tags.len() as u32;
        let refs_from = self.refs.len() as u32;
        let members_from = self.members.len() as u32;
        let moved = |range: Range<u32>, from: u32| range.start + from..range.end + from;
        let nodes = block.nodes.into_iter();
        self.nodes
            .extend(nodes.map(|(id, place, tags)| (id, place, moved(tags, tags_from))));
        let ways = block.ways.into_iter();
        self.ways
            .extend(ways.map(|(id, refs, tags)| (id, moved(refs, refs_from), moved(tags, tags_from))));
        let relations = block.relations.into_iter();
        self.relations.extend(
            relations.map(|(id, members, tags)| (id, moved(members, members_from), moved(tags, tags_from))),
        );
        self.tags
            .extend(block.tags.iter().map(|(k, v)| (string(*k), string(*v))));
        self.refs.extend(block.refs);
        let members = block.members.into_iter();
        self.members
            .extend(members.map(|(id, kind, role)| (id, kind, string(role))));
    }

    /// Notes a file that was read.
    pub(crate) fn source(&mut self, source: Source) {
        self.sources.push(source);
    }

    /// How many more tags, node references and members fit, at least: their indices have 32 bits.
    pub(crate) fn room(&self) -> usize {
        let longest = self.tags.len().max(self.refs.len()).max(self.members.len());
        u32::MAX as usize - longest
    }

    /// A header's box. Several headers' boxes are joined.
    pub fn bounds(&mut self, bounds: BBox) {
        match &mut self.bounds {
            Some(known) => known.union(bounds),
            None => self.bounds = Some(bounds),
        }
    }

    /// A header's date. Of several the oldest counts: no part is newer than said.
    pub fn date(&mut self, date: Timestamp) {
        self.date = Some(self.date.map_or(date, |known| known.min(date)));
    }

    /// Sorts everything by id, keeping the last of equal ids.
    #[must_use]
    pub fn finish(mut self) -> Extract {
        keep_last_by_id(&mut self.nodes, |n| n.0);
        keep_last_by_id(&mut self.ways, |w| w.0);
        keep_last_by_id(&mut self.relations, |r| r.0);
        let bounds = self
            .bounds
            .or_else(|| BBox::around(self.nodes.iter().map(|n| LngLat::from(n.1))));
        Extract {
            bounds,
            date: self.date,
            sources: self.sources,
            strings: self.strings,
            tagged_nodes: (0u32..)
                .zip(&self.nodes)
                .filter(|(_, n)| !n.2.is_empty())
                .map(|(i, n)| (i, n.2.clone()))
                .collect(),
            node_ids: self.nodes.iter().map(|n| n.0).collect(),
            node_places: self.nodes.iter().map(|n| n.1).collect(),
            way_ids: self.ways.iter().map(|w| w.0).collect(),
            way_nodes: self.ways.iter().map(|w| w.1.clone()).collect(),
            way_tags: self.ways.iter().map(|w| w.2.clone()).collect(),
            relation_ids: self.relations.iter().map(|r| r.0).collect(),
            relation_members: self.relations.iter().map(|r| r.1.clone()).collect(),
            relation_tags: self.relations.iter().map(|r| r.2.clone()).collect(),
            tags: self.tags,
            refs: self.refs,
            members: self.members,
        }
    }

    fn add_tags<'t>(&mut self, tags: impl IntoIterator<Item = (&'t str, &'t str)>) -> Range<u32> {
        let start = self.tags.len() as u32;
        for (key, value) in tags {
            let pair = (self.intern(key), self.intern(value));
            self.tags.push(pair);
        }
        start..self.tags.len() as u32
    }

    fn intern(&mut self, text: &str) -> u32 {
        if let Some(index) = self.by_text.get(text) {
            return *index;
        }
        let index = self.strings.len() as u32;
        self.strings.push(text.into());
        self.by_text.insert(text.into(), index);
        index
    }
}

fn keep_last_by_id<T>(elements: &mut Vec<T>, id: impl Fn(&T) -> i64) {
    // A stable sort keeps the order of reading, so after reversing, the last read of equals comes first.
    elements.reverse();
    elements.sort_by_key(&id);
    elements.dedup_by(|later, kept| id(later) == id(kept));
}
