//! Territories as they go out: JSON with names beside ids and totals beside names.

use std::collections::HashMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::answers_extent::{ExtentJson, extent_json};
use super::area;
use super::fairness::shares;
use super::holdings::Holdings;
use super::layout::{Layout, Standing};
use super::totals::{Sums, Totals};

/// Somebody who works a territory.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct MemberJson {
    pub user_id: String,
    pub name: String,
    /// owner, overlay, backup, manager
    pub role: String,
    /// Per cent of the territory's work; null: all of it.
    pub share: Option<f64>,
}

/// The version of a territory that holds.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct VersionJson {
    pub id: String,
    pub number: i64,
    pub author_name: Option<String>,
    /// From when it holds, milliseconds since 1970.
    pub at: i64,
    pub message: Option<String>,
    /// How many places it holds by name.
    pub named: usize,
}

/// A territory.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct TerritoryJson {
    pub id: String,
    pub name: String,
    /// Slot of the palette, 1..=12.
    pub colour: i64,
    pub parent_id: Option<String>,
    /// Product line; null for the line everything without one is in.
    pub line: Option<String>,
    pub owner_id: Option<String>,
    pub owner_name: Option<String>,
    pub members: Vec<MemberJson>,
    /// GeoJSON MultiPolygon, longitude first: all the ground it claims, drawn, by blocks or by reach; null where
    /// it claims none.
    #[schema(value_type = Option<Object>)]
    pub geometry: Option<geojson::Geometry>,
    /// What the ground is made of.
    pub extent: ExtentJson,
    pub version: Option<VersionJson>,
    /// How it is told from others of its line that claim the same ground: the larger wins.
    pub priority: i64,
    /// Hours a week that its people have; null where nobody said.
    pub capacity_hours: Option<f64>,
    /// For `If-Match` on the territory's record.
    pub record_version: i64,
    /// What it holds itself.
    pub totals: Totals,
    /// The same with everything below it in the tree.
    pub rolled_up: Totals,
}

/// Ids and names of users.
pub(super) type Users = HashMap<String, String>;

pub(super) fn territory_json(
    standing: &Standing,
    position: usize,
    layout: &Layout,
    holdings: &Holdings,
    users: &Users,
    map_hash: Option<&str>,
) -> TerritoryJson {
    let text = |field: &str| standing.record.text(field).map(str::to_owned);
    let name_of = |id: &str| users.get(id).cloned();
    let mut rolled_up = Sums::default();
    for below in layout.branch(standing.id()) {
        rolled_up += holdings.of(below.id());
    }
    TerritoryJson {
        id: standing.id().to_owned(),
        name: standing.name().to_owned(),
        colour: standing
            .record
            .integer("colour")
            .filter(|c| (1..=12).contains(c))
            .unwrap_or(position as i64 % 12 + 1),
        parent_id: text("parent_id"),
        line: standing.line().map(str::to_owned),
        owner_id: standing.owner().map(str::to_owned),
        owner_name: standing.owner().and_then(name_of),
        members: standing
            .members
            .iter()
            .map(|m| MemberJson {
                user_id: m.text("user_id").unwrap_or_default().to_owned(),
                name: m.text("user_id").and_then(name_of).unwrap_or_default(),
                role: m.text("role").unwrap_or_default().to_owned(),
                share: m.number("share"),
            })
            .collect(),
        geometry: standing.ground().map(area::to_geojson),
        extent: extent_json(standing, map_hash),
        priority: standing.record.integer("priority").unwrap_or(0),
        capacity_hours: standing.record.number("capacity_hours"),
        version: standing.version.as_ref().map(|v| VersionJson {
            id: v.id.clone(),
            number: v.integer("number").unwrap_or(0),
            author_name: v.text("author_id").and_then(name_of),
            at: v.integer("valid_from").unwrap_or(v.recorded_at.0),
            message: v.text("message").map(str::to_owned),
            named: standing.named.len(),
        }),
        record_version: standing.record.version,
        totals: holdings.of(standing.id()).totals(),
        rolled_up: rolled_up.totals(),
    }
}

/// Places and totals of no territory.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct WithoutJson {
    pub locations: u64,
    pub totals: Totals,
}

/// What one person works, over all territories, by their shares.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub(crate) struct PersonJson {
    pub user_id: String,
    pub name: String,
    pub territories: u64,
    /// Hours of visits in an average week.
    pub visit_hours: f64,
    /// Hours on the road in an average week, an estimate.
    pub drive_hours_estimate: f64,
}

/// All territories at a moment.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct OverviewJson {
    /// Milliseconds since 1970: the moment that the figures are of.
    pub as_of: i64,
    pub territories: Vec<TerritoryJson>,
    pub without: WithoutJson,
    /// Owners and their workload; a territory worked by two counts by their shares.
    pub people: Vec<PersonJson>,
    /// How many overlaps, gaps and places on no map there are.
    pub issues: u64,
}

/// Workload by owner: shares that are not given are what the given ones leave, in equal parts.
pub(super) fn people(territories: &[TerritoryJson]) -> Vec<PersonJson> {
    let mut people: HashMap<&str, PersonJson> = HashMap::new();
    for territory in territories {
        for (owner, share) in shares(&territory.members) {
            let person = people.entry(&owner.user_id).or_insert_with(|| PersonJson {
                user_id: owner.user_id.clone(),
                name: owner.name.clone(),
                ..PersonJson::default()
            });
            person.territories += 1;
            person.visit_hours += share * territory.totals.visit_hours;
            person.drive_hours_estimate += share * territory.totals.drive_hours_estimate;
        }
    }
    let mut people: Vec<PersonJson> = people.into_values().collect();
    for person in &mut people {
        let tenths = |hours: f64| (hours * 10.0).round() / 10.0;
        person.visit_hours = tenths(person.visit_hours);
        person.drive_hours_estimate = tenths(person.drive_hours_estimate);
    }
    people.sort_by(|a, b| (&a.name, &a.user_id).cmp(&(&b.name, &b.user_id)));
    people
}

/// A territory after a write, and the change set by which to undo it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct WrittenTerritory {
    pub territory: TerritoryJson,
    /// Null where nothing had to change.
    pub change_set: Option<String>,
    /// Places that changed hands.
    pub moved: u64,
    /// Accounts that passed on with their places, or with the people of their territory.
    pub accounts_passed: u64,
}

/// Places that were taken.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Taken {
    /// Null where nothing had to change.
    pub change_set: Option<String>,
    /// Places that changed hands.
    pub moved: u64,
    /// Accounts that passed on with their places, or with the people of their territory.
    pub accounts_passed: u64,
}

/// A territory, or nobody, before and after.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct SideJson {
    /// Null: the territory that would be made. `none`: places of no territory.
    pub territory_id: Option<String>,
    pub name: String,
    pub before: Totals,
    pub after: Totals,
}

/// A place that would change hands.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct MovedJson {
    pub location_id: String,
    pub name: String,
    /// Name of the territory; null: none.
    pub from: Option<String>,
    /// Name of the territory; null: none, or the one that would be made.
    pub to: Option<String>,
}

/// Another territory whose drawn area shares ground.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct SharedJson {
    pub territory_id: String,
    pub name: String,
    /// Places on the shared ground.
    pub locations: u64,
}

/// Why an area cannot be used.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct AreaProblem {
    pub message: String,
    /// Where, if that is one place.
    pub lng: Option<f64>,
    pub lat: Option<f64>,
}

/// What a change would do. Nothing is written.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub(crate) struct PreviewJson {
    /// The changed territory first, then the others by how many places move.
    pub sides: Vec<SideJson>,
    /// At most 200, by name.
    pub moved: Vec<MovedJson>,
    pub moved_count: u64,
    /// Accounts whose owners had their first place, and would own it no more: they pass to who would have the place.
    pub accounts_passing: u64,
    /// Places on the ground asked about that stay with others, whose claims go first: names, rules, drawn borders, priorities.
    pub stay_count: u64,
    pub overlaps: Vec<SharedJson>,
    pub problem: Option<AreaProblem>,
}

/// A place in a lasso.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct CaughtJson {
    pub location_id: String,
    pub account_id: String,
    pub name: String,
    pub territory_id: Option<String>,
}

/// What a lasso holds of one territory.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct CaughtOf {
    /// Null: of none.
    pub territory_id: Option<String>,
    pub name: String,
    pub totals: Totals,
}

/// What a lasso holds.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct LassoJson {
    /// At most 5,000, by name.
    pub locations: Vec<CaughtJson>,
    /// All of them.
    pub count: u64,
    pub by_territory: Vec<CaughtOf>,
    pub totals: Totals,
}

/// An id with its name.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Named {
    pub id: String,
    pub name: String,
}

/// A place that an issue is about.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct PlaceJson {
    pub location_id: String,
    pub account_id: String,
    pub name: String,
}

/// Ground that two territories of one line claim.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct OverlapJson {
    /// The one that has it by the order of rules.
    pub a: Named,
    pub b: Named,
    /// GeoJSON MultiPolygon.
    #[schema(value_type = Object)]
    pub geometry: geojson::Geometry,
    pub locations: Vec<PlaceJson>,
}

/// A place on the map that no territory has.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct GapJson {
    pub location_id: String,
    pub account_id: String,
    pub name: String,
    pub lng: f64,
    pub lat: f64,
    /// The territory whose border is nearest.
    pub nearest: Option<Named>,
}

/// A territory by drive time whose map is no longer in use.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct OutdatedJson {
    pub territory: Named,
    pub minutes: f64,
    pub label: Option<String>,
}

/// What is not right. Lists hold at most 1,000 each, counts all.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct IssuesJson {
    pub overlaps: Vec<OverlapJson>,
    pub gaps: Vec<GapJson>,
    pub gap_count: u64,
    pub not_placed: Vec<PlaceJson>,
    pub not_placed_count: u64,
    /// Reaches that were worked out on another map than the one in use: a difference is proposed, never applied.
    pub outdated: Vec<OutdatedJson>,
}

/// A territory by the engine's number.
pub(super) fn named(layout: &Layout, number: territory::TerritoryId) -> Named {
    let standing = layout.by_number(number);
    Named {
        id: standing.map(|t| t.id().to_owned()).unwrap_or_default(),
        name: standing.map(|t| t.name().to_owned()).unwrap_or_default(),
    }
}
