//! Opening the boundaries' sections, and asking them.

use std::ops::Range;
use std::sync::Arc;

use geo_types::{Coord, LineString, MultiPolygon, Polygon};
use geom::{BBox, Fixed, LngLat};
use pack::{OpenError, Pack};

use super::format::{POINTS, POLYGONS, RECORDS, RINGS, Record, TEXT, Text};
use super::search::{self, Folded};

/// OpenStreetMap's id of the relation: the same in every extract. `boundary 62705`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BoundaryId(pub i64);

impl std::fmt::Display for BoundaryId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "boundary {}", self.0)
    }
}

/// What a boundary is around.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BoundaryKind {
    /// Country (2), state (4), county (6), municipality (8), suburb (9, 10) as OpenStreetMap's
    /// `admin_level` numbers them; the meaning of a level differs between countries.
    Administrative {
        /// 1..=12, the largest units first.
        level: u8,
    },
    /// The addresses of a postcode.
    Postcode,
}

/// All boundaries of a map pack. Each is closed; [`Boundary::clipped`] tells which reach beyond the
/// extract.
#[derive(Debug)]
pub struct Boundaries {
    pack: Arc<Pack>,
    folded: Vec<Folded>,
}

/// One boundary of the pack.
#[derive(Clone, Copy, Debug)]
pub struct Boundary<'a> {
    record: &'a Record,
    all: &'a Boundaries,
}

const CHECKED: &str = "checked when the boundaries were opened, and a pack does not change";

impl Boundaries {
    /// Checks the sections so far that no question can go astray.
    pub(crate) fn open(pack: Arc<Pack>) -> Result<Self, OpenError> {
        let records = pack.slice::<Record>(RECORDS)?;
        let points = pack.slice::<Fixed>(POINTS)?;
        let rings = pack.slice::<u32>(RINGS)?;
        let polygons = pack.slice::<u32>(POLYGONS)?;
        let text = std::str::from_utf8(pack.section(TEXT)?).map_err(|e| refuse(TEXT, e.to_string()))?;
        check_ranges(RINGS, rings, points.len())?;
        check_ranges(POLYGONS, polygons, rings.len() - 1)?;
        let fits = |t: Text| text.get(t.start as usize..t.end as usize).is_some();
        for record in records {
            let [first, end] = record.polygons;
            let whole = first <= end && (end as usize) < polygons.len();
            if !whole
                || ![record.name, record.reference, record.postcode]
                    .into_iter()
                    .all(fits)
            {
                return Err(refuse(
                    RECORDS,
                    format!("{} points outside", BoundaryId(record.id)),
                ));
            }
        }
        if let Some(pair) = records.windows(2).find(|pair| pair[0].id >= pair[1].id) {
            return Err(refuse(
                RECORDS,
                format!("{} is out of order", BoundaryId(pair[1].id)),
            ));
        }
        let folded = records
            .iter()
            .map(|r| Folded::new(&text[r.name.start as usize..r.name.end as usize]))
            .collect();
        Ok(Self { pack, folded })
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.folded.len()
    }

    /// There are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.folded.is_empty()
    }

    /// All of them, by id.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Boundary<'_>> {
        self.records().iter().map(|record| Boundary { record, all: self })
    }

    /// One of them.
    #[must_use]
    pub fn get(&self, id: BoundaryId) -> Option<Boundary<'_>> {
        let records = self.records();
        let at = records.binary_search_by_key(&id.0, |r| r.id).ok()?;
        Some(Boundary {
            record: &records[at],
            all: self,
        })
    }

    /// Those that hold a point, the smallest unit first and the postcode last. A point on the border
    /// of two neighbours belongs to one of them.
    #[must_use]
    pub fn at(&self, point: LngLat) -> Vec<Boundary<'_>> {
        let mut found: Vec<Boundary<'_>> = self.iter().filter(|b| b.contains(point)).collect();
        found.sort_by_key(|b| (std::cmp::Reverse(b.record.level), b.record.id));
        found
    }

    /// Those whose name or postcode holds the text, at most `limit`: the same name first, then names
    /// that begin so, then names with a word that begins so; the largest unit first among equals.
    /// Case, accents and the spelling of umlauts do not matter.
    #[must_use]
    pub fn search(&self, text: &str, limit: usize) -> Vec<Boundary<'_>> {
        let wanted = Folded::new(text);
        let mut found: Vec<_> = (self.iter().zip(&self.folded))
            .filter_map(|(boundary, name)| {
                let by_postcode = search::rank_code(text.trim(), boundary.postcode().unwrap_or(""));
                let rank = name.rank(&wanted).into_iter().chain(by_postcode).min()?;
                Some((
                    rank,
                    boundary.record.level,
                    boundary.name(),
                    boundary.record.id,
                    boundary,
                ))
            })
            .collect();
        found.sort_by(|a, b| (a.0, a.1, a.2, a.3).cmp(&(b.0, b.1, b.2, b.3)));
        found.into_iter().take(limit).map(|f| f.4).collect()
    }

    fn records(&self) -> &[Record] {
        self.pack.slice(RECORDS).expect(CHECKED)
    }

    fn text(&self, text: Text) -> &str {
        let all = self.pack.section(TEXT).expect(CHECKED);
        std::str::from_utf8(&all[text.start as usize..text.end as usize]).expect(CHECKED)
    }

    /// The points of each ring of a polygon, outer ring first.
    fn rings(&self, polygon: usize) -> impl Iterator<Item = &[Fixed]> {
        let polygons: &[u32] = self.pack.slice(POLYGONS).expect(CHECKED);
        let rings: &[u32] = self.pack.slice(RINGS).expect(CHECKED);
        let points: &[Fixed] = self.pack.slice(POINTS).expect(CHECKED);
        (polygons[polygon] as usize..polygons[polygon + 1] as usize)
            .map(move |ring| &points[rings[ring] as usize..rings[ring + 1] as usize])
    }
}

impl<'a> Boundary<'a> {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> BoundaryId {
        BoundaryId(self.record.id)
    }

    /// What it is around.
    #[must_use]
    pub fn kind(&self) -> BoundaryKind {
        match self.record.level {
            0 => BoundaryKind::Postcode,
            level => BoundaryKind::Administrative { level },
        }
    }

    /// Its name; of a postcode without a name the postcode. Never empty.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.all.text(self.record.name)
    }

    /// The official key, such as `13071107`.
    #[must_use]
    pub fn reference(&self) -> Option<&'a str> {
        Some(self.all.text(self.record.reference)).filter(|text| !text.is_empty())
    }

    /// The postcode, where it has exactly one.
    #[must_use]
    pub fn postcode(&self) -> Option<&'a str> {
        Some(self.all.text(self.record.postcode)).filter(|text| !text.is_empty())
    }

    /// A part of it was cut away: inside the extract's bounds it is right, outside it is not.
    #[must_use]
    pub fn clipped(&self) -> bool {
        self.record.clipped != 0
    }

    /// The box around it.
    #[must_use]
    pub fn bbox(&self) -> BBox {
        let [low, high] = self.record.corners.map(LngLat::from);
        BBox {
            west: low.lng(),
            south: low.lat(),
            east: high.lng(),
            north: high.lat(),
        }
    }

    /// The point lies inside. Of neighbours that share a border, a point on it is inside one.
    #[must_use]
    pub fn contains(&self, point: LngLat) -> bool {
        let p = Fixed::from(point);
        let [low, high] = self.record.corners;
        let in_box = (low.lng..=high.lng).contains(&p.lng) && (low.lat..=high.lat).contains(&p.lat);
        // Rings of one shape do not overlap, so crossings may be counted over all of them.
        let edges = || {
            self.polygons()
                .flat_map(|p| self.all.rings(p))
                .flat_map(|ring| ring.windows(2))
        };
        in_box && edges().filter(|edge| crosses(edge[0], edge[1], p)).count() % 2 == 1
    }

    /// Its area with holes, in degrees: outer rings counter-clockwise, holes clockwise, all closed.
    #[must_use]
    pub fn shape(&self) -> MultiPolygon<f64> {
        let line = |ring: &[Fixed]| LineString(ring.iter().map(|p| Coord::from(LngLat::from(*p))).collect());
        let polygons = self.polygons().map(|polygon| {
            let mut rings = self.all.rings(polygon).map(line);
            let outer = rings.next().unwrap_or(LineString(Vec::new()));
            Polygon::new(outer, rings.collect())
        });
        MultiPolygon(polygons.collect())
    }

    fn polygons(&self) -> Range<usize> {
        let [first, end] = self.record.polygons;
        first as usize..end as usize
    }
}

/// The ray from the point to the east crosses the edge. An edge holds its lower end and not its upper
/// one, and a point on an edge is east of it: so neighbours never share a point, nor leave one out.
fn crosses(a: Fixed, b: Fixed, p: Fixed) -> bool {
    if (a.lat > p.lat) == (b.lat > p.lat) {
        return false;
    }
    let (low, high) = if a.lat < b.lat { (a, b) } else { (b, a) };
    let [dx, dy] = [
        i128::from(high.lng) - i128::from(low.lng),
        i128::from(high.lat) - i128::from(low.lat),
    ];
    let [px, py] = [
        i128::from(p.lng) - i128::from(low.lng),
        i128::from(p.lat) - i128::from(low.lat),
    ];
    dx * py > px * dy
}

/// Ascending from 0, the last one the end of what they point into.
fn check_ranges(section: &str, starts: &[u32], end: usize) -> Result<(), OpenError> {
    if starts.first() != Some(&0) && starts.len() != 1 {
        return Err(refuse(section, "does not begin at 0".into()));
    }
    if !starts.is_sorted() || starts.last().map(|last| *last as usize) != Some(end) {
        return Err(refuse(
            section,
            format!("does not end at {end} in ascending order"),
        ));
    }
    Ok(())
}

fn refuse(section: &str, reason: String) -> OpenError {
    OpenError::Section {
        section: section.to_owned(),
        reason,
    }
}
