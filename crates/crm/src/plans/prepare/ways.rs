//! Places on roads that lead home, and the drive times between them.

use ::plan::{DenseTimes, UNREACHABLE};
use geom::LngLat;
use roads::{ComponentRule, Matrix, RoadIndex, Snap, SnapOptions};

use crate::problem::Problem;

/// Puts places on roads from which home can be reached.
pub(crate) struct Connected<'a> {
    roads: &'a RoadIndex,
    free: SnapOptions,
    options: SnapOptions,
}

impl<'a> Connected<'a> {
    /// With home's own place on its road.
    pub fn to_home(roads: &'a RoadIndex, home: LngLat) -> Result<(Snap, Self), Problem> {
        let free = SnapOptions::default();
        let home = roads.snap(home, &free).map_err(|e| {
            Problem::conflict(
                "home-without-road",
                format!("The day begins at home, but {e}. Set the home place on the map."),
            )
        })?;
        let options = SnapOptions {
            component: ComponentRule::Only(home.component),
            ..free.clone()
        };
        Ok((home, Self { roads, free, options }))
    }

    /// On a road to home, on the named street where it is near; `None` where no such road is near.
    pub fn snap(&self, place: LngLat, street: &str) -> Option<Snap> {
        let named = |options: &SnapOptions| {
            if street.is_empty() {
                options.clone()
            } else {
                options.on_street(street)
            }
        };
        let ComponentRule::Only(wanted) = self.options.component else {
            return None;
        };
        match self.roads.snap(place, &named(&self.free)) {
            Ok(snap) if snap.component == wanted => Some(snap),
            Ok(_) => self.roads.snap(place, &named(&self.options)).ok(),
            Err(_) => None,
        }
    }
}

/// Whole seconds and metres between all places, row by row; places without a road reach nothing.
pub(crate) fn table(roads: &RoadIndex, snaps: &[Option<Snap>]) -> Vec<(u32, u32)> {
    let placed: Vec<usize> = (0..snaps.len()).filter(|&i| snaps[i].is_some()).collect();
    let on_roads: Vec<Snap> = snaps.iter().flatten().copied().collect();
    let matrix = roads.matrix(&on_roads, &on_roads);
    let n = snaps.len();
    let mut table = vec![(UNREACHABLE, 0); n * n];
    for (row, &from) in placed.iter().enumerate() {
        for (column, &to) in placed.iter().enumerate() {
            let cell = row * placed.len() + column;
            let (millis, centimeters) = (matrix.durations()[cell], matrix.distances()[cell]);
            if millis != Matrix::UNREACHABLE {
                let rounded =
                    |thousandth: u32, by: u32| thousandth / by + u32::from(thousandth % by >= by / 2);
                table[from * n + to] = (rounded(millis, 1000), rounded(centimeters, 100));
            }
        }
    }
    table
}

pub(super) fn drive_times(roads: &RoadIndex, snaps: &[Option<Snap>]) -> Result<DenseTimes, Problem> {
    let (seconds, meters) = table(roads, snaps).into_iter().unzip();
    DenseTimes::new(snaps.len(), seconds, meters).map_err(Problem::unexpected)
}
