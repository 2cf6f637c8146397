//! Drive times, as the caller hands them over: square tables, or many small ones for territories that hardly meet.

use serde::{Deserialize, Serialize};

use crate::{PlaceId, ProblemError};

/// There is no way from one place to the other.
pub const UNREACHABLE: u32 = u32::MAX;

/// Drive times and lengths between places, in both directions. The caller has them from a road map.
pub trait DriveTimes {
    /// How many places there are; [`PlaceId`]s are below this.
    fn places(&self) -> usize;
    /// Whole seconds of driving, or [`UNREACHABLE`].
    fn seconds(&self, from: PlaceId, to: PlaceId) -> u32;
    /// Whole metres of that drive; any value where the seconds say unreachable.
    fn meters(&self, from: PlaceId, to: PlaceId) -> u32;
    /// The places that can be near this one, or `None` if that may be any: only these are looked through when neighbours are sought.
    fn around(&self, _place: PlaceId) -> Option<Vec<PlaceId>> {
        None
    }
}

/// Drive times as two square tables, row by row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DenseTimes {
    places: usize,
    seconds: Vec<u32>,
    meters: Vec<u32>,
}

impl DenseTimes {
    /// Both tables are row-major: from `row` to `column`. Refuses tables that are not `places` × `places`.
    pub fn new(places: usize, seconds: Vec<u32>, meters: Vec<u32>) -> Result<Self, ProblemError> {
        for (what, found) in [("seconds", seconds.len()), ("meters", meters.len())] {
            if found != places * places {
                return Err(ProblemError::TableSize { what, found, places });
            }
        }
        Ok(Self {
            places,
            seconds,
            meters,
        })
    }
}

impl DriveTimes for DenseTimes {
    fn places(&self) -> usize {
        self.places
    }
    fn seconds(&self, from: PlaceId, to: PlaceId) -> u32 {
        self.seconds[from.0 as usize * self.places + to.0 as usize]
    }
    fn meters(&self, from: PlaceId, to: PlaceId) -> u32 {
        self.meters[from.0 as usize * self.places + to.0 as usize]
    }
}

/// Drive times in blocks: places that have a block in common have drive times between them, all others are unreachable from each other.
/// A block is what one rep may drive to, so that twenty thousand customers need fifty small tables and not one huge one.
#[derive(Clone, Debug, Default)]
pub struct BlockTimes {
    /// By place: block and row within it, ascending.
    rows: Vec<Vec<(u32, u32)>>,
    /// By place: the least mean drive to all of a block, and that block: the one that it lies in the middle of.
    middle: Vec<Option<(u64, u32)>>,
    blocks: Vec<Block>,
}

#[derive(Clone, Debug)]
struct Block {
    places: Vec<PlaceId>,
    /// Seconds and metres, row by row.
    table: Vec<(u32, u32)>,
}

impl BlockTimes {
    /// No block yet, and so many places.
    #[must_use]
    pub fn new(places: usize) -> Self {
        Self {
            rows: vec![Vec::new(); places],
            middle: vec![None; places],
            blocks: Vec::new(),
        }
    }

    /// Adds a block. `table` has seconds and metres, row-major over `members`. Refuses a table of another size, and places that do not
    /// exist. Where places meet in several blocks, the first block with both counts.
    pub fn add(&mut self, members: Vec<PlaceId>, table: Vec<(u32, u32)>) -> Result<(), ProblemError> {
        if table.len() != members.len() * members.len() {
            return Err(ProblemError::TableSize {
                what: "a block",
                found: table.len(),
                places: members.len(),
            });
        }
        if let Some(place) = members.iter().find(|p| p.0 as usize >= self.rows.len()) {
            return Err(ProblemError::NoSuchPlace {
                what: format!("block {}", self.blocks.len()),
                place: place.0,
                places: self.rows.len(),
            });
        }
        for (row, place) in members.iter().enumerate() {
            self.rows[place.0 as usize].push((self.blocks.len() as u32, row as u32));
            let drives = &table[row * members.len()..(row + 1) * members.len()];
            let known = drives.iter().filter(|d| d.0 != UNREACHABLE);
            let (sum, count) = known.fold((0, 0), |(sum, count), d| (sum + u64::from(d.0), count + 1));
            let mean = sum / u64::max(count, 1);
            let middle = &mut self.middle[place.0 as usize];
            if middle.is_none_or(|(least, _)| mean < least) {
                *middle = Some((mean, self.blocks.len() as u32));
            }
        }
        self.blocks.push(Block {
            places: members,
            table,
        });
        Ok(())
    }

    fn find(&self, from: PlaceId, to: PlaceId) -> (u32, u32) {
        // Both lists ascend by block.
        let (mut one, mut other) = (&self.rows[from.0 as usize][..], &self.rows[to.0 as usize][..]);
        while let (Some(&(left, row)), Some(&(right, column))) = (one.first(), other.first()) {
            match left.cmp(&right) {
                std::cmp::Ordering::Less => one = &one[1..],
                std::cmp::Ordering::Greater => other = &other[1..],
                std::cmp::Ordering::Equal => {
                    let block = &self.blocks[left as usize];
                    return block.table[row as usize * block.places.len() + column as usize];
                }
            }
        }
        (UNREACHABLE, UNREACHABLE)
    }
}

impl DriveTimes for BlockTimes {
    fn places(&self) -> usize {
        self.rows.len()
    }
    fn seconds(&self, from: PlaceId, to: PlaceId) -> u32 {
        self.find(from, to).0
    }
    fn meters(&self, from: PlaceId, to: PlaceId) -> u32 {
        self.find(from, to).1
    }
    fn around(&self, place: PlaceId) -> Option<Vec<PlaceId>> {
        let all = self.middle[place.0 as usize].map(|(_, block)| self.blocks[block as usize].places.clone());
        Some(all.unwrap_or_default())
    }
}
