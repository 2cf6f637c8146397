//! A crowd of customers around the addresses of an extract: as many as a test of size needs, with two years
//! of visits and opportunities, the same each time for a seed. Plain values: whoever writes them down knows
//! what a record is.

#[cfg(test)]
mod tests;
mod values;

pub use values::{CrowdSize, Customer, DAYS, Deal, INDUSTRIES, Later, Patch, Visit};

use geom::{BBox, LngLat};
use osm::{Extract, Tags};

use values::{FAMILIES, TRADES};

/// An address of the map.
#[derive(Clone, Debug)]
struct Address {
    street: String,
    house_number: String,
    postal_code: Option<String>,
    city: Option<String>,
    place: LngLat,
}

/// The customers, made one by one when asked for.
#[derive(Clone, Debug)]
pub struct Crowd {
    size: CrowdSize,
    seed: u64,
    bounds: BBox,
    addresses: Vec<Address>,
    patches: Vec<Patch>,
}

impl Crowd {
    /// A crowd around the addresses of an extract.
    ///
    /// # Panics
    /// When the extract has no address with street and house number.
    #[must_use]
    pub fn around(extract: &Extract, size: CrowdSize, seed: u64) -> Self {
        let bounds = extract.bounds().expect("an extract with addresses has bounds");
        let nodes = extract.tagged_nodes().filter_map(|n| address(&n.tags, n.place));
        let ways = extract.ways().filter_map(|way| {
            let place = way.nodes().find_map(|id| extract.place(id))?;
            address(&way.tags, place)
        });
        let addresses: Vec<Address> = nodes.chain(ways).filter(|a| bounds.contains(a.place)).collect();
        assert!(
            !addresses.is_empty(),
            "the extract has no address to put customers at"
        );
        let patches = patches(bounds, &addresses);
        Self {
            size,
            seed,
            bounds,
            addresses,
            patches,
        }
    }

    /// How much there is.
    #[must_use]
    pub fn size(&self) -> CrowdSize {
        self.size
    }

    /// The areas of the reps: 40, of about as many customers each.
    #[must_use]
    pub fn patches(&self) -> &[Patch] {
        &self.patches
    }

    /// The customer with this number, below [`CrowdSize::customers`].
    #[must_use]
    pub fn customer(&self, number: u32) -> Customer {
        let mut random = self.random(1, number);
        let address = &self.addresses[random.below(self.addresses.len() as u64) as usize];
        let place = match random.below(16) {
            0 => address.place,
            _ => self.near(address.place, &mut random),
        };
        let trade = random.below(TRADES.len() as u64) as usize;
        let family = FAMILIES[random.below(FAMILIES.len() as u64) as usize];
        let kind = match random.below(20) {
            0..=13 => "customer",
            14..=18 => "prospect",
            _ => "partner",
        };
        Customer {
            name: format!("{} {family} {number}", TRADES[trade]),
            phone: format!("+49 395 {:07}", random.below(10_000_000)),
            kind,
            class: class(&mut random),
            industry: (random.below(12) != 0).then(|| INDUSTRIES[trade % INDUSTRIES.len()]),
            revenue: (random.below(5) != 0).then(|| revenue(&mut random)),
            owner: self.patch_of(place),
            street: address.street.clone(),
            house_number: address.house_number.clone(),
            postal_code: address.postal_code.clone(),
            city: address.city.clone(),
            place,
            joined: self.joined(number),
        }
    }

    /// What became of the customer, and on which day, later than the one it came on and at most [`DAYS`];
    /// of about one in five.
    #[must_use]
    pub fn later(&self, number: u32) -> Option<(u16, Later)> {
        let mut random = self.random(2, number);
        let what = match random.below(200) {
            0..=25 => Later::Revalued {
                revenue: revenue(&mut random),
                class: class(&mut random),
            },
            26..=33 => Later::HandedOver {
                owner: random.below(self.patches.len() as u64) as u32,
            },
            34..=36 => Later::Renamed {
                name: format!("{} & Töchter {number}", FAMILIES[number as usize % 24]),
            },
            37..=38 => Later::Moved {
                to: random.below(u64::from(self.size.customers)) as u32,
            },
            39 if random.below(4) == 0 => Later::Gone,
            _ => return None,
        };
        let joined = self.joined(number);
        if joined + 1 > DAYS {
            return None;
        }
        let day = joined + 1 + random.below(u64::from(DAYS - joined)) as u16;
        Some((day, what))
    }

    /// The visit with this number, below [`CrowdSize::visits`]. One in fifty is still to come.
    #[must_use]
    pub fn visit(&self, number: u32) -> Visit {
        let mut random = self.random(3, number);
        let past = (u64::from(self.size.visits) * 49 / 50).max(1);
        let day = match u64::from(number) {
            n if n < past => n * u64::from(DAYS) / past,
            n => u64::from(DAYS) + 1 + (n - past) * 30 / (u64::from(self.size.visits) - past),
        } as u16;
        Visit {
            customer: self.somebody(day, &mut random),
            day,
            minute: 8 * 60 + random.below(9 * 60) as u16,
            planned_before: (day > DAYS || random.below(8) == 0)
                .then(|| 1 + random.below(20) as u16 + day.saturating_sub(DAYS)),
            is_promised: random.below(3) == 0,
            next_after: (random.below(10) == 0).then(|| 7 + random.below(80) as u16),
        }
    }

    /// The opportunity with this number, below [`CrowdSize::opportunities`].
    #[must_use]
    pub fn deal(&self, number: u32) -> Deal {
        let mut random = self.random(4, number);
        let day = (u64::from(number) * u64::from(DAYS) / u64::from(self.size.opportunities.max(1))) as u16;
        let stage = random.below(3) as u8;
        let moved = (random.below(3) != 0).then(|| {
            let days = 1 + random.below(200) as u16;
            (days, stage + 1 + random.below(u64::from(5 - stage)) as u8)
        });
        Deal {
            customer: self.somebody(day, &mut random),
            day,
            name: format!("Order {number}"),
            stage,
            amount: 100 * (50 + random.below(50_000) as i64),
            moved,
        }
    }

    /// Four in five came on the first day, the others one after the other.
    fn joined(&self, number: u32) -> u16 {
        let first = u64::from(self.size.customers) * 4 / 5;
        let later = u64::from(self.size.customers) - first;
        match u64::from(number).checked_sub(first) {
            None => 0,
            Some(n) => (1 + n * u64::from(DAYS - 1) / later.max(1)) as u16,
        }
    }

    /// A customer who has come before this day; some are seen much more often than others.
    fn somebody(&self, day: u16, random: &mut Random) -> u32 {
        let first = u64::from(self.size.customers) * 4 / 5;
        let later = u64::from(self.size.customers) - first;
        let came = first + later * u64::from(day.min(DAYS).saturating_sub(2)) / u64::from(DAYS);
        let all = random.below(came.max(1));
        let few = random.below(3) == 0;
        (if few { all / 8 } else { all }) as u32
    }

    /// Some tens of metres away, and in bounds.
    fn near(&self, place: LngLat, random: &mut Random) -> LngLat {
        let mut step = || (random.unit() + random.unit() - 1.0) * 0.0008;
        let lng = (place.lng() + step() * 1.6).clamp(self.bounds.west, self.bounds.east);
        let lat = (place.lat() + step()).clamp(self.bounds.south, self.bounds.north);
        LngLat::new(lng, lat).expect("a place between the bounds of an extract")
    }

    fn patch_of(&self, place: LngLat) -> u32 {
        let inside = |p: &Patch| {
            let [west, south, east, north] = p.bounds;
            (west..=east).contains(&place.lng()) && (south..=north).contains(&place.lat())
        };
        self.patches.iter().position(inside).unwrap_or(0) as u32
    }

    fn random(&self, what: u64, number: u32) -> Random {
        let mut random = Random(self.seed ^ (what << 56) ^ (u64::from(number) << 8));
        random.next();
        random
    }
}

fn address(tags: &Tags<'_>, place: LngLat) -> Option<Address> {
    let text = |key: &str| tags.get(key).map(str::to_owned);
    Some(Address {
        street: text("addr:street")?,
        house_number: text("addr:housenumber")?,
        postal_code: text("addr:postcode"),
        city: text("addr:city"),
        place,
    })
}

fn class(random: &mut Random) -> Option<&'static str> {
    match random.below(20) {
        0..=1 => Some("A"),
        2..=6 => Some("B"),
        7..=16 => Some("C"),
        _ => None,
    }
}

/// Few buy much: from 100 to some hundred thousand, with cents.
fn revenue(random: &mut Random) -> i64 {
    (10_000.0 * (random.unit() * 8.0).exp()) as i64
}

/// Eight columns of five, cut where a column and a cell have their share of the addresses.
fn patches(bounds: BBox, addresses: &[Address]) -> Vec<Patch> {
    const COLUMNS: usize = 8;
    const ROWS: usize = 5;
    let cuts = |mut values: Vec<f64>, low: f64, high: f64, parts: usize| -> Vec<f64> {
        values.sort_by(f64::total_cmp);
        let middle = (1..parts).map(|i| values.get(values.len() * i / parts).copied().unwrap_or(high));
        let mut cuts: Vec<f64> = std::iter::once(low).chain(middle).chain([high]).collect();
        cuts.dedup();
        cuts
    };
    let lngs = addresses.iter().map(|a| a.place.lng()).collect();
    let columns = cuts(lngs, bounds.west, bounds.east, COLUMNS);
    let mut patches = Vec::new();
    for column in columns.windows(2) {
        let lats = addresses
            .iter()
            .filter(|a| (column[0]..column[1]).contains(&a.place.lng()))
            .map(|a| a.place.lat())
            .collect();
        for row in cuts(lats, bounds.south, bounds.north, ROWS).windows(2) {
            patches.push(Patch {
                name: format!("Patch {}", patches.len() + 1),
                bounds: [column[0], row[0], column[1], row[1]],
            });
        }
    }
    patches
}

/// SplitMix64 (Steele, Lea, Flood 2014).
#[derive(Clone, Debug)]
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }
}
