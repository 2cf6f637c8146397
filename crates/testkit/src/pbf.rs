//! Writing small PBF files, uncompressed, in any order of elements.

use std::collections::HashMap;

use geom::{BBox, Fixed, Timestamp};
use osm::{Builder, MemberKind, NodeId, RelationId, WayId};

/// One OpenStreetMap element with everything in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Element {
    /// A point.
    Node {
        /// Its id.
        id: NodeId,
        /// Where it lies.
        place: Fixed,
        /// Key and value.
        tags: Vec<(String, String)>,
    },
    /// A line or ring.
    Way {
        /// Its id.
        id: WayId,
        /// The nodes it runs through.
        nodes: Vec<NodeId>,
        /// Key and value.
        tags: Vec<(String, String)>,
    },
    /// A group of elements.
    Relation {
        /// Its id.
        id: RelationId,
        /// Kind, id and role of each member.
        members: Vec<(MemberKind, i64, String)>,
        /// Key and value.
        tags: Vec<(String, String)>,
    },
}

/// What a PBF file shall hold.
#[derive(Clone, Debug, Default)]
pub struct PbfFile {
    /// The header's box, where it shall have one.
    pub bounds: Option<BBox>,
    /// The header's replication time, cut to whole seconds.
    pub date: Option<Timestamp>,
    /// The elements, written in this order.
    pub elements: Vec<Element>,
}

impl Element {
    /// Adds the element to an extract in the making.
    pub fn add_to(&self, builder: &mut Builder) {
        fn pairs(tags: &[(String, String)]) -> impl Iterator<Item = (&str, &str)> {
            tags.iter().map(|(k, v)| (k.as_str(), v.as_str()))
        }
        match self {
            Self::Node { id, place, tags } => builder.node(*id, *place, pairs(tags)),
            Self::Way { id, nodes, tags } => builder.way(*id, nodes.iter().copied(), pairs(tags)),
            Self::Relation { id, members, tags } => {
                let members = members.iter().map(|(kind, id, role)| (*kind, *id, role.as_str()));
                builder.relation(*id, members, pairs(tags));
            }
        }
    }

    fn kind(&self) -> MemberKind {
        match self {
            Self::Node { .. } => MemberKind::Node,
            Self::Way { .. } => MemberKind::Way,
            Self::Relation { .. } => MemberKind::Relation,
        }
    }
}

impl PbfFile {
    /// The file, nodes packed densely as every current tool writes them, 8,000 elements a block.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.bytes(8_000, true)
    }

    /// The file in blocks of so many elements, each node a message of its own where `dense` is
    /// false.
    #[must_use]
    pub fn bytes(&self, elements_a_block: usize, dense: bool) -> Vec<u8> {
        let mut file = Vec::new();
        put_blob(&mut file, "OSMHeader", &self.header());
        for elements in self.elements.chunks(elements_a_block.max(1)) {
            put_blob(&mut file, "OSMData", &block(elements, dense));
        }
        file
    }

    fn header(&self) -> Message {
        let mut header = Message::default();
        if let Some(b) = self.bounds {
            let mut bbox = Message::default();
            for (field, degrees) in [(1, b.west), (2, b.east), (3, b.north), (4, b.south)] {
                bbox.signed(field, (degrees * 1e9).round() as i64);
            }
            header.bytes(1, &bbox.0);
        }
        header.bytes(4, b"OsmSchema-V0.6");
        header.bytes(4, b"DenseNodes");
        header.bytes(16, b"bailiwick testkit");
        if let Some(date) = self.date {
            header.unsigned(32, (date.0 / 1000) as u64);
        }
        header
    }
}

fn block(elements: &[Element], dense: bool) -> Message {
    // Index 0 ends the tags of a dense node, so no string may have it.
    let mut strings = Strings {
        known: HashMap::new(),
        table: vec![String::new()],
    };
    let mut groups = Vec::new();
    for run in elements.chunk_by(|a, b| a.kind() == b.kind()) {
        let mut group = Message::default();
        if dense && run[0].kind() == MemberKind::Node {
            group.bytes(2, &dense_nodes(run, &mut strings).0);
        } else {
            for element in run {
                put_element(&mut group, element, &mut strings);
            }
        }
        groups.push(group);
    }
    let mut table = Message::default();
    for string in &strings.table {
        table.bytes(1, string.as_bytes());
    }
    let mut block = Message::default();
    block.bytes(1, &table.0);
    for group in groups {
        block.bytes(2, &group.0);
    }
    block
}

fn dense_nodes(nodes: &[Element], strings: &mut Strings) -> Message {
    let (mut ids, mut lats, mut lngs) = (Deltas::default(), Deltas::default(), Deltas::default());
    let mut keys_values = Message::default();
    for element in nodes {
        let Element::Node { id, place, tags } = element else {
            unreachable!("the run holds nodes only");
        };
        ids.put(id.0);
        lats.put(place.lat.into());
        lngs.put(place.lng.into());
        for (key, value) in tags {
            keys_values.varint(strings.index(key));
            keys_values.varint(strings.index(value));
        }
        keys_values.varint(0);
    }
    let mut dense = Message::default();
    dense.bytes(1, &ids.message.0);
    dense.bytes(8, &lats.message.0);
    dense.bytes(9, &lngs.message.0);
    dense.bytes(10, &keys_values.0);
    dense
}

fn put_element(group: &mut Message, element: &Element, strings: &mut Strings) {
    let mut message = Message::default();
    let (field, id, tags) = match element {
        Element::Node { id, place, tags } => {
            message.signed(1, id.0);
            message.signed(8, place.lat.into());
            message.signed(9, place.lng.into());
            (1, None, tags)
        }
        Element::Way { id, nodes, tags } => {
            let mut refs = Deltas::default();
            nodes.iter().for_each(|n| refs.put(n.0));
            message.bytes(8, &refs.message.0);
            (3, Some(id.0), tags)
        }
        Element::Relation { id, members, tags } => {
            let (mut roles, mut ids, mut kinds) = (Message::default(), Deltas::default(), Message::default());
            for (kind, member, role) in members {
                roles.varint(strings.index(role));
                ids.put(*member);
                kinds.varint(match kind {
                    MemberKind::Node => 0,
                    MemberKind::Way => 1,
                    MemberKind::Relation => 2,
                });
            }
            message.bytes(8, &roles.0);
            message.bytes(9, &ids.message.0);
            message.bytes(10, &kinds.0);
            (4, Some(id.0), tags)
        }
    };
    if let Some(id) = id {
        message.unsigned(1, id as u64);
    }
    let (mut keys, mut values) = (Message::default(), Message::default());
    for (key, value) in tags {
        keys.varint(strings.index(key));
        values.varint(strings.index(value));
    }
    message.bytes(2, &keys.0);
    message.bytes(3, &values.0);
    group.bytes(field, &message.0);
}

fn put_blob(file: &mut Vec<u8>, kind: &str, content: &Message) {
    let mut blob = Message::default();
    blob.bytes(1, &content.0);
    let mut header = Message::default();
    header.bytes(1, kind.as_bytes());
    header.unsigned(3, blob.0.len() as u64);
    file.extend((header.0.len() as u32).to_be_bytes());
    file.extend(&header.0);
    file.extend(&blob.0);
}

struct Strings {
    known: HashMap<String, u64>,
    table: Vec<String>,
}

impl Strings {
    fn index(&mut self, text: &str) -> u64 {
        if let Some(index) = self.known.get(text) {
            return *index;
        }
        let index = self.table.len() as u64;
        self.table.push(text.to_owned());
        self.known.insert(text.to_owned(), index);
        index
    }
}

/// Numbers as zigzag differences from the one before.
#[derive(Default)]
struct Deltas {
    before: i64,
    message: Message,
}

impl Deltas {
    fn put(&mut self, value: i64) {
        self.message.varint(zigzag(value - self.before));
        self.before = value;
    }
}

/// A protocol-buffers message in the making.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    fn unsigned(&mut self, field: u64, value: u64) {
        self.varint(field << 3);
        self.varint(value);
    }

    fn signed(&mut self, field: u64, value: i64) {
        self.unsigned(field, zigzag(value));
    }

    fn bytes(&mut self, field: u64, bytes: &[u8]) {
        self.varint(field << 3 | 2);
        self.varint(bytes.len() as u64);
        self.0.extend(bytes);
    }
}

fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}
