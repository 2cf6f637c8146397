//! One block of a PBF as flat arrays, decoded on any thread.

use std::ops::Range;

use geom::Fixed;
use osmpbf::{PrimitiveBlock, RelMemberType};

use crate::MemberKind;

/// Elements of one block. Tags and roles are indices into `strings`, ranges into the block's arrays.
#[derive(Debug, Default)]
pub(crate) struct Block {
    pub strings: Vec<Box<str>>,
    pub nodes: Vec<(i64, Fixed, Range<u32>)>,
    pub ways: Vec<(i64, Range<u32>, Range<u32>)>,
    pub relations: Vec<(i64, Range<u32>, Range<u32>)>,
    pub tags: Vec<(u32, u32)>,
    pub refs: Vec<i64>,
    pub members: Vec<(i64, MemberKind, u32)>,
}

/// Flattens a block, or says what is wrong with it. Deleted elements, which only files with history
/// hold, are left out.
pub(crate) fn decode(primitives: &PrimitiveBlock) -> Result<Block, String> {
    let mut strings = Strings {
        table: primitives.raw_stringtable(),
        places: vec![u32::MAX; primitives.raw_stringtable().len()],
        used: Vec::new(),
    };
    let mut block = Block::default();
    for group in primitives.groups() {
        for node in group.nodes().filter(|n| n.info().visible()) {
            let place = fixed(node.id(), node.nano_lng_lat())?;
            let tags = block.add_tags(
                &mut strings,
                node.raw_tags().map(|(k, v)| (k as usize, v as usize)),
            )?;
            block.nodes.push((node.id(), place, tags));
        }
        let mut dense = group.dense_nodes();
        let promised = dense.len();
        let mut seen = 0;
        for node in dense.by_ref() {
            seen += 1;
            if node.info().is_some_and(|info| info.deleted()) {
                continue;
            }
            let place = fixed(node.id(), node.nano_lng_lat())?;
            let tags = block.add_tags(
                &mut strings,
                node.raw_tags().map(|(k, v)| (k as usize, v as usize)),
            )?;
            block.nodes.push((node.id(), place, tags));
        }
        if seen < promised {
            return Err(format!("{promised} nodes are promised, {seen} have coordinates"));
        }
        for way in group.ways().filter(|w| w.info().visible()) {
            let start = block.refs.len() as u32;
            block.refs.extend(way.refs());
            let refs = start..block.refs.len() as u32;
            let tags = block.add_tags(
                &mut strings,
                way.raw_tags().map(|(k, v)| (k as usize, v as usize)),
            )?;
            block.ways.push((way.id(), refs, tags));
        }
        for relation in group.relations().filter(|r| r.info().visible()) {
            let start = block.members.len() as u32;
            for member in relation.members() {
                let kind = match member.member_type {
                    RelMemberType::Node => MemberKind::Node,
                    RelMemberType::Way => MemberKind::Way,
                    RelMemberType::Relation => MemberKind::Relation,
                };
                let role = strings.index(member.role_sid as usize)?;
                block.members.push((member.member_id, kind, role));
            }
            let members = start..block.members.len() as u32;
            let pairs = relation.raw_tags().map(|(k, v)| (k as usize, v as usize));
            let tags = block.add_tags(&mut strings, pairs)?;
            block.relations.push((relation.id(), members, tags));
        }
    }
    block.strings = strings.used;
    Ok(block)
}

impl Block {
    /// How many entries its longest array has.
    pub fn largest_part(&self) -> usize {
        let lengths = [
            self.nodes.len(),
            self.tags.len(),
            self.refs.len(),
            self.members.len(),
        ];
        lengths.into_iter().max().unwrap_or(0)
    }

    fn add_tags(
        &mut self,
        strings: &mut Strings<'_>,
        pairs: impl Iterator<Item = (usize, usize)>,
    ) -> Result<Range<u32>, String> {
        let start = self.tags.len() as u32;
        for (key, value) in pairs {
            self.tags.push((strings.index(key)?, strings.index(value)?));
        }
        Ok(start..self.tags.len() as u32)
    }
}

/// The block's string table; only strings in use are kept, not the names of editors.
struct Strings<'a> {
    table: &'a [Vec<u8>],
    /// Index into `used` by index into `table`; `u32::MAX` while unused.
    places: Vec<u32>,
    used: Vec<Box<str>>,
}

impl Strings<'_> {
    fn index(&mut self, at: usize) -> Result<u32, String> {
        let place = (self.places.get_mut(at))
            .ok_or_else(|| format!("string {at} of {} is asked for", self.table.len()))?;
        if *place == u32::MAX {
            let text =
                std::str::from_utf8(&self.table[at]).map_err(|e| format!("string {at} is not UTF-8: {e}"))?;
            *place = self.used.len() as u32;
            self.used.push(text.into());
        }
        Ok(*place)
    }
}

/// Both kinds of node say where they are in the same way.
trait NanoDegrees {
    fn nano_lng_lat(&self) -> [i64; 2];
}

impl NanoDegrees for osmpbf::Node<'_> {
    fn nano_lng_lat(&self) -> [i64; 2] {
        [self.nano_lon(), self.nano_lat()]
    }
}

impl NanoDegrees for osmpbf::DenseNode<'_> {
    fn nano_lng_lat(&self) -> [i64; 2] {
        [self.nano_lon(), self.nano_lat()]
    }
}

fn fixed(id: i64, [lng, lat]: [i64; 2]) -> Result<Fixed, String> {
    let to_fixed = |nano: i64, most: i64| {
        let rounded = (nano.checked_add(if nano < 0 { -50 } else { 50 })?) / 100;
        i32::try_from(rounded)
            .ok()
            .filter(|v| i64::from(*v).abs() <= most * 10_000_000)
    };
    match (to_fixed(lng, 180), to_fixed(lat, 90)) {
        (Some(lng), Some(lat)) => Ok(Fixed { lng, lat }),
        _ => Err(format!(
            "node {id} lies at longitude {}, latitude {}, which is not on the earth",
            lng as f64 / 1e9,
            lat as f64 / 1e9
        )),
    }
}
