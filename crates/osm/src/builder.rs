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
    node_ids: Vec<i64>,
    node_places: Vec<Fixed>,
    /// Only nodes with tags: (index into `node_ids`, tags), ascending.
    tagged_nodes: Vec<(u32, Range<u32>)>,
    way_ids: Vec<i64>,
    way_nodes: Vec<Range<u32>>,
    way_tags: Vec<Range<u32>>,
    relation_ids: Vec<i64>,
    relation_members: Vec<Range<u32>>,
    relation_tags: Vec<Range<u32>>,
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
        self.push_node(id.0, place, tags);
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
        self.way_ids.push(id.0);
        self.way_nodes.push(nodes);
        self.way_tags.push(tags);
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
        self.relation_ids.push(id.0);
        self.relation_members.push(members);
        self.relation_tags.push(tags);
    }

    /// Adds a decoded block. Its strings are interned once for the block, not once for each use.
    pub(crate) fn append(&mut self, block: Block) {
        let strings: Vec<u32> = block.strings.iter().map(|s| self.intern(s)).collect();
        let string = |local: u32| strings[local as usize];
        let tags_from = self.tags.len() as u32;
        let refs_from = self.refs.len() as u32;
        let members_from = self.members.len() as u32;
        let moved = |range: Range<u32>, from: u32| range.start + from..range.end + from;
        for (id, place, tags) in block.nodes {
            self.push_node(id, place, moved(tags, tags_from));
        }
        for (id, refs, tags) in block.ways {
            self.way_ids.push(id);
            self.way_nodes.push(moved(refs, refs_from));
            self.way_tags.push(moved(tags, tags_from));
        }
        for (id, members, tags) in block.relations {
            self.relation_ids.push(id);
            self.relation_members.push(moved(members, members_from));
            self.relation_tags.push(moved(tags, tags_from));
        }
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

    /// How many more nodes, tags, node references or members fit, at least: their indices have 32
    /// bits.
    pub(crate) fn room(&self) -> usize {
        let lengths = [
            self.node_ids.len(),
            self.tags.len(),
            self.refs.len(),
            self.members.len(),
        ];
        u32::MAX as usize - lengths.into_iter().max().unwrap_or(0)
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
        // Most files are sorted already; then nothing is moved or copied.
        if let Some(order) = order_by_id(&self.node_ids) {
            let tags: HashMap<u32, Range<u32>> = self.tagged_nodes.into_iter().collect();
            let tagged = (0u32..).zip(&order);
            self.tagged_nodes = tagged
                .filter_map(|(new, old)| Some((new, tags.get(old)?.clone())))
                .collect();
            gather(&mut self.node_ids, &order);
            gather(&mut self.node_places, &order);
        }
        if let Some(order) = order_by_id(&self.way_ids) {
            gather(&mut self.way_ids, &order);
            gather(&mut self.way_nodes, &order);
            gather(&mut self.way_tags, &order);
        }
        if let Some(order) = order_by_id(&self.relation_ids) {
            gather(&mut self.relation_ids, &order);
            gather(&mut self.relation_members, &order);
            gather(&mut self.relation_tags, &order);
        }
        let bounds = self
            .bounds
            .or_else(|| BBox::around(self.node_places.iter().map(|place| LngLat::from(*place))));
        Extract {
            bounds,
            date: self.date,
            sources: self.sources,
            strings: self.strings,
            node_ids: self.node_ids,
            node_places: self.node_places,
            tagged_nodes: self.tagged_nodes,
            way_ids: self.way_ids,
            way_nodes: self.way_nodes,
            way_tags: self.way_tags,
            relation_ids: self.relation_ids,
            relation_members: self.relation_members,
            relation_tags: self.relation_tags,
            tags: self.tags,
            refs: self.refs,
            members: self.members,
        }
    }

    fn push_node(&mut self, id: i64, place: Fixed, tags: Range<u32>) {
        if !tags.is_empty() {
            self.tagged_nodes.push((self.node_ids.len() as u32, tags));
        }
        self.node_ids.push(id);
        self.node_places.push(place);
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

/// Indices in ascending order of id, of equal ids the last one only. `None` where that changes nothing.
fn order_by_id(ids: &[i64]) -> Option<Vec<u32>> {
    if ids.is_sorted_by(|a, b| a < b) {
        return None;
    }
    let mut order: Vec<u32> = (0..ids.len() as u32).collect();
    order.sort_unstable_by_key(|i| (ids[*i as usize], std::cmp::Reverse(*i)));
    order.dedup_by_key(|i| ids[*i as usize]);
    Some(order)
}

fn gather<T: Clone>(column: &mut Vec<T>, order: &[u32]) {
    *column = order.iter().map(|i| column[*i as usize].clone()).collect();
}
