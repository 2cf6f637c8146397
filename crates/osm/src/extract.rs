//! The elements of an extract in flat arrays, looked up by id through binary search.

use std::ops::Range;

use geom::{BBox, Fixed, LngLat, Timestamp};

macro_rules! element_id {
    ($(#[$doc:meta])* $name:ident, $word:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub i64);
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!($word, " {}"), self.0)
            }
        }
    };
}
element_id!(
    /// OpenStreetMap's id of a node.
    NodeId, "node"
);
element_id!(
    /// OpenStreetMap's id of a way.
    WayId, "way"
);
element_id!(
    /// OpenStreetMap's id of a relation.
    RelationId, "relation"
);

/// What a relation's member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MemberKind {
    /// A node.
    Node,
    /// A way.
    Way,
    /// Another relation.
    Relation,
}

/// A file that an extract was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its size in bytes.
    pub bytes: u64,
    /// SHA-256 of its content.
    pub sha256: [u8; 32],
}

/// One or more extracts as one set of elements, each sorted by id. Elements that appear in several
/// input files are kept once (the last read wins).
#[derive(Debug, Default)]
pub struct Extract {
    pub(crate) bounds: Option<BBox>,
    pub(crate) date: Option<Timestamp>,
    pub(crate) sources: Vec<Source>,
    pub(crate) strings: Vec<Box<str>>,
    pub(crate) node_ids: Vec<i64>,
    pub(crate) node_places: Vec<Fixed>,
    /// Only nodes with tags: (index into `node_ids`, tags).
    pub(crate) tagged_nodes: Vec<(u32, Range<u32>)>,
    pub(crate) way_ids: Vec<i64>,
    pub(crate) way_nodes: Vec<Range<u32>>,
    pub(crate) way_tags: Vec<Range<u32>>,
    pub(crate) relation_ids: Vec<i64>,
    pub(crate) relation_members: Vec<Range<u32>>,
    pub(crate) relation_tags: Vec<Range<u32>>,
    pub(crate) tags: Vec<(u32, u32)>,
    pub(crate) refs: Vec<i64>,
    pub(crate) members: Vec<(i64, MemberKind, u32)>,
}

/// The tags of one element.
#[derive(Clone, Copy)]
pub struct Tags<'a> {
    extract: &'a Extract,
    pairs: &'a [(u32, u32)],
    /// Values in place of the element's own.
    instead: &'a [(&'a str, &'a str)],
}

/// A node that carries tags.
#[derive(Clone, Copy, Debug)]
pub struct Node<'a> {
    /// Its id.
    pub id: NodeId,
    /// Where it lies.
    pub place: LngLat,
    /// Its tags; never empty.
    pub tags: Tags<'a>,
}

/// A way. Its nodes may be missing from a clipped extract: ask [`Extract::place`].
#[derive(Clone, Copy, Debug)]
pub struct Way<'a> {
    /// Its id.
    pub id: WayId,
    pub(crate) nodes: &'a [i64],
    /// Its tags.
    pub tags: Tags<'a>,
}

/// A relation. Its members may be missing from a clipped extract.
#[derive(Clone, Copy, Debug)]
pub struct Relation<'a> {
    /// Its id.
    pub id: RelationId,
    members: &'a [(i64, MemberKind, u32)],
    /// Its tags.
    pub tags: Tags<'a>,
    extract: &'a Extract,
}

/// A relation's member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member<'a> {
    /// Node, way or relation.
    pub kind: MemberKind,
    /// Its id within that kind.
    pub id: i64,
    /// `outer`, `inner`, `from`, `via`, `to`, …; often empty.
    pub role: &'a str,
}

impl Extract {
    /// The region the extract promises to hold: the header's box where there is one and it is
    /// not the whole world, else the box of the nodes. `None` without nodes. Clipped relations
    /// reach far outside, so index by this.
    #[must_use]
    pub fn bounds(&self) -> Option<BBox> {
        self.bounds
    }

    /// The extract's date (the header's replication timestamp), where it says one.
    #[must_use]
    pub fn date(&self) -> Option<Timestamp> {
        self.date
    }

    /// The files it was read from, in order. Empty for one that was built in memory.
    #[must_use]
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// How many nodes, ways and relations there are.
    #[must_use]
    pub fn counts(&self) -> [usize; 3] {
        [self.node_ids.len(), self.way_ids.len(), self.relation_ids.len()]
    }

    /// Where a node lies; `None` when the extract was cut and does not hold it.
    #[must_use]
    pub fn place(&self, id: NodeId) -> Option<LngLat> {
        self.fixed(id).map(LngLat::from)
    }

    /// [`Extract::place`] as it is stored.
    pub(crate) fn fixed(&self, id: NodeId) -> Option<Fixed> {
        let index = self.node_ids.binary_search(&id.0).ok()?;
        Some(self.node_places[index])
    }

    /// All nodes that carry tags, by id.
    pub fn tagged_nodes(&self) -> impl Iterator<Item = Node<'_>> {
        self.tagged_nodes.iter().map(|(index, tags)| Node {
            id: NodeId(self.node_ids[*index as usize]),
            place: self.node_places[*index as usize].into(),
            tags: self.tags_in(tags),
        })
    }

    /// A node's tags; `None` where it has none or is missing.
    #[must_use]
    pub fn node_tags(&self, id: NodeId) -> Option<Tags<'_>> {
        let index = self.node_ids.binary_search(&id.0).ok()? as u32;
        let at = self.tagged_nodes.binary_search_by_key(&index, |t| t.0).ok()?;
        Some(self.tags_in(&self.tagged_nodes[at].1))
    }

    /// All ways, by id.
    pub fn ways(&self) -> impl Iterator<Item = Way<'_>> {
        (0..self.way_ids.len()).map(|i| self.way_at(i))
    }

    /// One way.
    #[must_use]
    pub fn way(&self, id: WayId) -> Option<Way<'_>> {
        self.way_ids.binary_search(&id.0).ok().map(|i| self.way_at(i))
    }

    /// All relations, by id.
    pub fn relations(&self) -> impl Iterator<Item = Relation<'_>> {
        (0..self.relation_ids.len()).map(|i| self.relation_at(i))
    }

    /// One relation.
    #[must_use]
    pub fn relation(&self, id: RelationId) -> Option<Relation<'_>> {
        self.relation_ids
            .binary_search(&id.0)
            .ok()
            .map(|i| self.relation_at(i))
    }

    /// The places of a way's nodes that the extract holds, in order.
    #[must_use]
    pub fn line(&self, way: &Way<'_>) -> Vec<LngLat> {
        way.nodes().filter_map(|id| self.place(id)).collect()
    }

    pub(crate) fn way_at(&self, i: usize) -> Way<'_> {
        let nodes = &self.way_nodes[i];
        Way {
            id: WayId(self.way_ids[i]),
            nodes: &self.refs[nodes.start as usize..nodes.end as usize],
            tags: self.tags_in(&self.way_tags[i]),
        }
    }

    fn relation_at(&self, i: usize) -> Relation<'_> {
        let members = &self.relation_members[i];
        Relation {
            id: RelationId(self.relation_ids[i]),
            members: &self.members[members.start as usize..members.end as usize],
            tags: self.tags_in(&self.relation_tags[i]),
            extract: self,
        }
    }

    fn tags_in(&self, range: &Range<u32>) -> Tags<'_> {
        Tags {
            extract: self,
            pairs: &self.tags[range.start as usize..range.end as usize],
            instead: &[],
        }
    }
}

impl<'a> Tags<'a> {
    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&'a str> {
        if let Some((_, value)) = self.instead.iter().find(|(k, _)| *k == key) {
            return Some(value);
        }
        let strings = &self.extract.strings;
        self.pairs
            .iter()
            .find(|(k, _)| &*strings[*k as usize] == key)
            .map(|(_, v)| &*strings[*v as usize])
    }

    /// The key has exactly this value.
    #[must_use]
    pub fn is(&self, key: &str, value: &str) -> bool {
        self.get(key) == Some(value)
    }

    /// The same tags with some values in place of their own, as [`Tags::get`] tells them; of several values for a key the
    /// first counts. [`Tags::iter`] gives the element's own.
    #[must_use]
    pub fn with<'b>(&self, instead: &'b [(&'b str, &'b str)]) -> Tags<'b>
    where
        'a: 'b,
    {
        Tags { instead, ..*self }
    }

    /// All pairs of key and value.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        let strings = &self.extract.strings;
        self.pairs
            .iter()
            .map(move |(k, v)| (&*strings[*k as usize], &*strings[*v as usize]))
    }

    /// The same pairs, in whatever order. Both must be of one extract, which stores strings once.
    pub(crate) fn same(&self, other: &Self) -> bool {
        self.pairs.len() == other.pairs.len() && self.pairs.iter().all(|pair| other.pairs.contains(pair))
    }

    /// No tags at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }
}

impl std::fmt::Debug for Tags<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl Way<'_> {
    /// The ids of its nodes, in order.
    pub fn nodes(&self) -> impl DoubleEndedIterator<Item = NodeId> + ExactSizeIterator + '_ {
        self.nodes.iter().map(|id| NodeId(*id))
    }

    /// It ends where it begins and has at least four nodes.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.nodes.len() >= 4 && self.nodes.first() == self.nodes.last()
    }
}

impl<'a> Relation<'a> {
    /// Its members, in order.
    pub fn members(&self) -> impl Iterator<Item = Member<'a>> + use<'a> {
        let strings = &self.extract.strings;
        self.members.iter().map(move |(id, kind, role)| Member {
            kind: *kind,
            id: *id,
            role: &strings[*role as usize],
        })
    }
}
