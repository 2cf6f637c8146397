//! Ways between the places, for each kind of vehicle: from the matrices of the request, or along the roads of the map.

use atlas::Atlas;
use roads::{RoadIndex, Snap, SnapOptions};

use super::Refusal;
use super::input::{Costs, Input, Matrices};
use super::tasks::{Asking, Place, Vehicle};
use crate::plans::prepare::table;
use crate::services::osrm::profile_known;

/// There is no way.
pub(super) const NO_WAY: u32 = u32::MAX;

/// Vehicles that take the same time for everything, and to which ways cost the same.
#[derive(Debug, PartialEq)]
pub(super) struct Group {
    pub profile: String,
    pub kind: String,
    speed: f64,
    per_hour: u32,
    per_km: u32,
}

/// Row-major over the places.
#[derive(Debug, Default)]
pub(super) struct Tables {
    places: usize,
    seconds: Vec<u32>,
    meters: Vec<u32>,
    /// Instead of what time and distance cost.
    costs: Option<Vec<u32>>,
}

impl Tables {
    /// Seconds from place to place; none to a place itself, and [`NO_WAY`] where there is none.
    pub fn seconds(&self, from: usize, to: usize) -> u32 {
        self.seconds[from * self.places + to]
    }

    pub fn meters(&self, from: usize, to: usize) -> u32 {
        self.meters[from * self.places + to]
    }

    /// What a way costs, in [`UNIT`]s.
    pub fn cost(&self, costs: &Costs, from: usize, to: usize) -> i64 {
        let at = from * self.places + to;
        match &self.costs {
            Some(table) => i64::from(table[at]) * UNIT,
            None => {
                let hours = i64::from(costs.per_hour) * i64::from(self.seconds[at]) * 1_000;
                hours + i64::from(costs.per_km) * i64::from(self.meters[at]) * 3_600
            }
        }
    }

    /// Whether the way costs something else than its time.
    pub fn has_costs(&self) -> bool {
        self.costs.is_some()
    }
}

/// Parts of a unit of cost: an hour's seconds times a kilometre's metres, so that nothing is rounded on the way.
pub(super) const UNIT: i64 = 3_600_000;

/// Ways of all groups.
#[derive(Debug)]
pub(super) struct Travel {
    pub groups: Vec<Group>,
    /// By group.
    pub tables: Vec<Tables>,
    /// By vehicle.
    pub group_of: Vec<usize>,
    pub with_distances: bool,
    /// By group and place, for drawing.
    pub snaps: Vec<Vec<Option<Snap>>>,
}

impl Travel {
    pub fn of(input: &Input, asking: &Asking, atlas: Option<&Atlas>) -> Result<Self, Refusal> {
        let mut groups: Vec<Group> = Vec::new();
        let mut group_of = Vec::with_capacity(asking.vehicles.len());
        for vehicle in &asking.vehicles {
            let group = Group::of(vehicle);
            let at = groups.iter().position(|g| *g == group).unwrap_or_else(|| {
                groups.push(group);
                groups.len() - 1
            });
            group_of.push(at);
        }
        let mut this = Self {
            tables: Vec::with_capacity(groups.len()),
            groups,
            group_of,
            with_distances: true,
            snaps: Vec::new(),
        };
        for group in 0..this.groups.len() {
            let of_group = |v: &&Vehicle| Group::of(v) == this.groups[group];
            let needs: Vec<&Vehicle> = asking.vehicles.iter().filter(of_group).collect();
            this.add(input, asking, atlas, &needs)?;
        }
        Ok(this)
    }

    /// The tables of the next group.
    fn add(
        &mut self,
        input: &Input,
        asking: &Asking,
        atlas: Option<&Atlas>,
        vehicles: &[&Vehicle],
    ) -> Result<(), Refusal> {
        let group = &self.groups[self.tables.len()];
        let profile = group.profile.as_str();
        let places = &asking.places;
        let n = places.len();
        let given = input.matrices.get(profile).filter(|m| !m.durations.is_empty());
        // Distances and lines come from the roads, also where the times are given.
        let wants_meters = |v: &&&Vehicle| {
            v.max_distance.is_some() || (v.costs.per_km > 0 && given.is_none_or(|m| m.costs.is_none()))
        };
        let wants_meters = vehicles.iter().find(wants_meters);
        let without_meters = given.is_some_and(|m| m.distances.is_none());
        let on_roads = given.is_none() || input.options.g || without_meters && wants_meters.is_some();
        let located = places.iter().all(|p| p.at.is_some());
        let mut tables = Tables {
            places: n,
            ..Tables::default()
        };
        let mut snaps = vec![None; n];
        let mut from_roads = None;
        if on_roads
            && located
            && let Some(atlas) = atlas
        {
            let roads = roads_of(atlas, profile, given.is_some())?;
            for (place, snap) in places.iter().zip(&mut snaps) {
                let Some(at) = place.at else { continue };
                let found = roads.snap(at, &SnapOptions::default());
                *snap =
                    Some(found.map_err(|e| Refusal::routing(format!("[{}, {}]: {e}.", at.lng(), at.lat())))?);
            }
            if given.is_none() || without_meters {
                from_roads = Some(table(roads, &snaps));
            }
        }
        let scaled = |s: u32| match s {
            NO_WAY => NO_WAY,
            s => (f64::from(s) / group.speed).round() as u32,
        };
        match given {
            Some(given) => {
                check_sizes(profile, given, places)?;
                let cell = |table: &[Vec<u32>], from: &Place, to: &Place| match (from.index, to.index) {
                    (Some(a), Some(b)) => table[a][b],
                    _ => 0,
                };
                let all = || places.iter().flat_map(|a| places.iter().map(move |b| (a, b)));
                tables.seconds = all().map(|(a, b)| scaled(cell(&given.durations, a, b))).collect();
                let costs = given.costs.as_ref();
                tables.costs = costs.map(|t| all().map(|(a, b)| cell(t, a, b)).collect());
                tables.meters = match (&given.distances, from_roads) {
                    (Some(t), _) => all().map(|(a, b)| cell(t, a, b)).collect(),
                    (None, Some(roads)) => roads.iter().map(|(_, meters)| *meters).collect(),
                    (None, None) => {
                        if let Some(vehicle) = wants_meters {
                            return Err(Refusal::input(format!(
                                "Missing distances matrix for {profile} profile, which max_distance or per_km of vehicle {} needs; or give every place its location.",
                                vehicle.id
                            )));
                        }
                        self.with_distances = false;
                        vec![0; n * n]
                    }
                };
            }
            None => {
                let Some(roads) = from_roads else {
                    return Err(match (located, atlas) {
                        (true, None) => Refusal::routing("There is no map to drive on; give matrices."),
                        _ => Refusal::input(format!(
                            "Missing coordinates for routing engine: the profile {profile} has no matrices, so every place needs a location."
                        )),
                    });
                };
                tables.seconds = roads.iter().map(|(s, _)| scaled(*s)).collect();
                tables.meters = roads.iter().map(|(_, meters)| *meters).collect();
            }
        }
        self.tables.push(tables);
        self.snaps.push(snaps);
        Ok(())
    }
}

impl Group {
    fn of(vehicle: &Vehicle) -> Self {
        Self {
            profile: vehicle.profile.clone(),
            kind: vehicle.kind.clone(),
            speed: vehicle.speed,
            per_hour: vehicle.costs.per_hour,
            per_km: vehicle.costs.per_km,
        }
    }
}

/// The roads of a profile of the map; a name of its own for given times means the first.
pub(super) fn roads_of<'a>(
    atlas: &'a Atlas,
    profile: &str,
    with_times: bool,
) -> Result<&'a RoadIndex, Refusal> {
    let built: Vec<&str> = atlas.profiles().collect();
    match profile_known(profile, &built).and_then(|name| atlas.roads_for(name)) {
        Some(roads) => Ok(roads),
        None if with_times => Ok(atlas.roads()),
        None => Err(Refusal::input(format!(
            "Invalid profile: {profile}; this map was built with {}. Or give matrices for it.",
            built.join(", ")
        ))),
    }
}

fn check_sizes(profile: &str, given: &Matrices, places: &[Place]) -> Result<(), Refusal> {
    let rows = given.durations.len();
    let tables = [
        ("durations", Some(&given.durations)),
        ("distances", given.distances.as_ref()),
        ("costs", given.costs.as_ref()),
    ];
    for (name, table) in tables {
        let Some(table) = table else { continue };
        if table.len() != rows || table.iter().any(|row| row.len() != rows) {
            return Err(Refusal::input(format!(
                "Unexpected matrix line length: the {name} of the profile {profile} are not {rows} rows of {rows}, as its durations have."
            )));
        }
    }
    for place in places {
        match place.index {
            None => {
                return Err(Refusal::input(
                    "Missing location index: with matrices every place needs one.",
                ));
            }
            Some(index) if index >= rows => {
                return Err(Refusal::input(format!(
                    "location_index exceeding durations matrix size for {profile} profile: {index}, but it has {rows} rows."
                )));
            }
            Some(_) => {}
        }
    }
    Ok(())
}
