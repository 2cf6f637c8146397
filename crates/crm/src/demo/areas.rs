//! Four territories over the town, with one small gap and one small overlap between them, and the border that
//! was moved a year later.

use geom::LngLat;
use serde_json::{Value, json};

use super::people::People;
use super::store::Customer;
use super::{Stage, author};
use crate::problem::Problem;
use crate::territories::{self, NewTerritory};

/// How far the territories reach beyond the customers, in degrees.
const MARGIN: f64 = 0.02;
/// Half the width of gap and overlap: some 40 metres.
const NOTCH: [f64; 2] = [0.0006, 0.0004];

/// Where the borders run: one line from north to south, and one line across on each side of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Borders {
    west: f64,
    south: f64,
    east: f64,
    north: f64,
    /// Longitude of the line at its northern end, in the middle and at its southern end.
    line: [f64; 3],
    /// Latitude of the line across in the west, and in the east.
    across: [f64; 2],
}

/// The drawn territories.
pub(super) struct Areas {
    borders: Borders,
    /// North-West, South-West, North-East, South-East.
    ids: Vec<String>,
    /// In this customer's place nobody works.
    gap: Option<LngLat>,
    /// In this one's two do.
    overlap: Option<LngLat>,
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

/// Borders that give each quarter as many customers.
pub(super) fn borders(customers: &[Customer]) -> Option<Borders> {
    let places: Vec<LngLat> = customers.iter().filter_map(|c| c.place).collect();
    let bounds = geom::BBox::around(places.iter().copied())?;
    let middle = median(places.iter().map(|p| p.lng()).collect());
    let side = |east: bool| {
        median(
            places
                .iter()
                .filter(|p| (p.lng() >= middle) == east)
                .map(|p| p.lat())
                .collect(),
        )
    };
    Some(Borders {
        west: bounds.west - MARGIN,
        south: bounds.south - MARGIN,
        east: bounds.east + MARGIN,
        north: bounds.north + MARGIN,
        line: [middle - 0.004, middle, middle + 0.004],
        across: [side(false), side(true)],
    })
}

impl Borders {
    /// The line's longitude at a latitude.
    fn line_at(&self, lat: f64) -> f64 {
        let middle = (self.across[0] + self.across[1]) / 2.0;
        let (from, to, share) = if lat >= middle {
            (self.line[1], self.line[0], (lat - middle) / (self.north - middle))
        } else {
            (self.line[1], self.line[2], (middle - lat) / (middle - self.south))
        };
        from + (to - from) * share.clamp(0.0, 1.0)
    }

    /// The number of the quarter a place is in: North-West, South-West, North-East, South-East.
    pub fn quarter(&self, place: LngLat) -> usize {
        let east = place.lng() >= self.line_at(place.lat());
        let south = place.lat() < self.across[usize::from(east)];
        usize::from(east) * 2 + usize::from(south)
    }

    /// How far the line has to go west to take an eighth of North-West's customers.
    fn move_west(&self, customers: &[Customer]) -> f64 {
        let places = customers
            .iter()
            .filter_map(|c| c.place)
            .filter(|p| self.quarter(*p) == 0);
        let mut near: Vec<f64> = places.map(|p| self.line_at(p.lat()) - p.lng()).collect();
        near.sort_by(f64::total_cmp);
        near.get(near.len() / 8).copied().unwrap_or(0.0)
    }

    /// The outline of a quarter. `notch` is a place just beyond (or within) its border across, around which the
    /// border makes a small detour.
    fn outline(&self, quarter: usize, notch: Option<LngLat>) -> Value {
        let east = quarter >= 2;
        let south = quarter % 2 == 1;
        let across = self.across[usize::from(east)];
        let middle = (self.across[0] + self.across[1]) / 2.0;
        let outer = if east { self.east } else { self.west };
        let end = if south { self.south } else { self.north };
        let mut points = vec![[outer, end], [self.line_at(end), end]];
        // Neighbours share every corner on the line: where it bends, and where borders across end on it.
        let mut corners = vec![middle, self.across[0], self.across[1]];
        corners.retain(|lat| if south { *lat < across } else { *lat > across });
        corners.sort_by(|a, b| if south { a.total_cmp(b) } else { b.total_cmp(a) });
        corners.dedup();
        points.extend(corners.into_iter().map(|lat| [self.line_at(lat), lat]));
        points.push([self.line_at(across), across]);
        if let Some(place) = notch {
            // On the way outwards: towards the east in the east, towards the west in the west.
            let toward = if east { 1.0 } else { -1.0 };
            let tip = place.lat()
                + if place.lat() >= across {
                    NOTCH[1]
                } else {
                    -NOTCH[1]
                };
            let (near, far) = (place.lng() - toward * NOTCH[0], place.lng() + toward * NOTCH[0]);
            points.extend([[near, across], [near, tip], [far, tip], [far, across]]);
        }
        points.push([outer, across]);
        points.push(points[0]);
        json!({ "type": "Polygon", "coordinates": [points] })
    }
}

/// Customers near a border that are looked at for a detour around one of them.
const NEAR_BORDER: usize = 20;

/// A customer of a quarter near the border across and with few others around, farther than `clear` from the line.
fn beside(borders: &Borders, customers: &[Customer], quarter: usize, clear: f64) -> Option<LngLat> {
    let across = borders.across[usize::from(quarter >= 2)];
    let inside = |p: &LngLat| {
        let is_clear = (p.lng() - borders.line_at(p.lat())).abs() > clear + 4.0 * NOTCH[0];
        is_clear && borders.quarter(*p) == quarter && (p.lat() - across).abs() > NOTCH[1] / 4.0
    };
    let all: Vec<LngLat> = customers.iter().filter_map(|c| c.place).collect();
    let mut places: Vec<LngLat> = all.iter().copied().filter(inside).collect();
    let from_border = |p: &LngLat| (p.lat() - across).abs();
    places.sort_by(|a, b| from_border(a).total_cmp(&from_border(b)));
    places.truncate(NEAR_BORDER);
    // A detour around a whole shopping street would be no small one.
    let caught = |place: &LngLat| {
        let depth = from_border(place) + NOTCH[1];
        let is_caught = |p: &&LngLat| (p.lng() - place.lng()).abs() <= NOTCH[0] && from_border(p) <= depth;
        all.iter().filter(is_caught).count()
    };
    places.into_iter().min_by_key(caught)
}

const NAMES: [&str; 4] = ["North-West", "South-West", "North-East", "South-East"];

/// Draws the four territories and gives them to the reps.
pub(super) async fn draw(
    stage: &Stage,
    people: &People,
    customers: &[Customer],
    borders: Borders,
) -> Result<Areas, Problem> {
    // South-West bulges into North-West, North-East draws back from South-East.
    let overlap = beside(&borders, customers, 0, borders.move_west(customers));
    let gap = beside(&borders, customers, 2, 0.0);
    let mut areas = Areas {
        borders,
        ids: Vec::new(),
        gap,
        overlap,
    };
    for (quarter, (name, rep)) in NAMES.iter().zip(&people.reps).enumerate() {
        let new = NewTerritory {
            name: (*name).to_owned(),
            geometry: Some(areas.outline(quarter)),
            owner_id: Some(rep.clone()),
            ..NewTerritory::default()
        };
        let author = author(&people.manager, &format!("Draw {name}"));
        areas
            .ids
            .push(territories::draw(stage.store(), &author, new).await?.0);
    }
    territories::settle(stage.store()).await?;
    Ok(areas)
}

impl Areas {
    /// A draft that nobody has published: a strip along the middle goes from the east to the west, the territory in
    /// the north-west gets another name, and somebody has said something about it.
    pub(super) async fn think_of_spring(&self, stage: &Stage, people: &People) -> Result<(), Problem> {
        let [north_west, _, north_east, _] = &self.ids[..] else {
            return Ok(());
        };
        let b = &self.borders;
        let (west, east) = (b.line[0].min(b.line[1]), b.line[1] + (b.east - b.line[1]) / 8.0);
        let (south, north) = (b.across[1], b.north);
        let strip = json!({ "type": "Polygon", "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]] });
        let changes = [
            json!({ "kind": "move", "to": north_west, "from": [north_east], "geometry": strip }),
            json!({ "kind": "set", "territory_id": north_west, "capacity_hours": 36.0 }),
        ];
        let said = "Is that fair to the east? It loses the road into town.";
        stage.app.live.catch_up().await?;
        crate::scenarios::think_of(&stage.app, &people.manager, "Spring realignment", &changes, said).await
    }

    fn outline(&self, quarter: usize) -> Value {
        let notch = match quarter {
            1 => self.overlap,
            2 => self.gap,
            _ => None,
        };
        self.borders.outline(quarter, notch)
    }

    /// Moves the northern part of the line to the west: North-East takes customers over from North-West.
    pub async fn realign(
        &mut self,
        stage: &Stage,
        people: &People,
        customers: &[Customer],
    ) -> Result<(), Problem> {
        let by = self.borders.move_west(customers);
        self.borders.line[0] -= by;
        self.borders.line[1] -= by;
        let author = author(
            &people.manager,
            "Move the border between North-West and North-East",
        );
        for quarter in [2, 0, 1, 3] {
            territories::reshape(stage.store(), &author, &self.ids[quarter], &self.outline(quarter)).await?;
        }
        territories::settle(stage.store()).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quarters_cover_everybody_and_their_outlines_agree() {
        let borders = Borders {
            west: 0.0,
            south: 0.0,
            east: 10.0,
            north: 10.0,
            line: [4.0, 5.0, 6.0],
            across: [4.0, 6.0],
        };
        let shapes: Vec<_> = (0..4)
            .map(|q| crate::territories::parse_area(&borders.outline(q, None)).unwrap())
            .collect();
        for x in 1..40 {
            for y in 1..40 {
                let place = LngLat::new(f64::from(x) * 0.25 + 0.013, f64::from(y) * 0.25 + 0.017).unwrap();
                let inside: Vec<usize> = (0..4).filter(|q| shapes[*q].contains(place)).collect();
                assert_eq!(inside, [borders.quarter(place)], "{place:?}");
            }
        }
    }
}
