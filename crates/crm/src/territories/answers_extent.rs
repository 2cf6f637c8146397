//! What a territory is made of, as it goes out.

use serde::Serialize;
use utoipa::ToSchema;

use super::claims::{Block, BlockSystem, CustomerRule, Reach};
use super::layout::Standing;

/// A block of a territory.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct BlockJson {
    pub system: BlockSystem,
    pub code: String,
    pub name: String,
    /// Its area is known; otherwise the postcodes of addresses decide.
    pub has_area: bool,
}

/// A territory's reach by drive time.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ReachJson {
    pub lng: f64,
    pub lat: f64,
    pub minutes: f64,
    pub profile: String,
    pub label: Option<String>,
    /// The map that it was worked out on.
    pub map_hash: String,
    /// Another map is in use by now: `GET …/reach` says what would change.
    pub is_outdated: bool,
}

/// What a territory's ground is made of, and its rules.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ExtentJson {
    /// There is a drawn area.
    pub is_drawn: bool,
    pub blocks: Vec<BlockJson>,
    pub reach: Option<ReachJson>,
    pub rules: Vec<CustomerRule>,
}

pub(super) fn block_json(block: &Block) -> BlockJson {
    BlockJson {
        system: block.system,
        code: block.code.clone(),
        name: block.name.clone(),
        has_area: block.area.is_some(),
    }
}

pub(super) fn extent_json(standing: &Standing, map_hash: Option<&str>) -> ExtentJson {
    let reach = |reach: &Reach| ReachJson {
        lng: reach.lng,
        lat: reach.lat,
        minutes: reach.minutes,
        profile: reach.profile.clone(),
        label: reach.label.clone(),
        is_outdated: map_hash.is_some_and(|hash| hash != reach.map_hash),
        map_hash: reach.map_hash.clone(),
    };
    ExtentJson {
        is_drawn: standing.shape.is_some(),
        blocks: standing.claims.blocks.iter().map(block_json).collect(),
        reach: standing.claims.reach.as_ref().map(reach),
        rules: standing.claims.rules.clone(),
    }
}
