//! A million seeded customers of a country the size of Germany: 1,800 towns whose sizes follow Zipf's law,
//! 8 % of the customers in the country between them, 6 % at somebody else's address, rows in random order.

use geo_types::{Coord, Polygon, coord};
use geom::{LngLat, Timestamp};
use points::{Category, Row, RowId, Schema, Text};

pub const ROWS: usize = 1_000_000;

const TOWNS: usize = 1_800;

/// SplitMix64.
pub struct Random(u64);

impl Random {
    pub fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// 0 ≤ fraction < 1.
    pub fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.fraction()
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.fraction() * n as f64) as usize
    }

    /// Small positions are frequent, large ones rare.
    fn early(&mut self, n: usize) -> usize {
        let f = self.fraction();
        ((f * f * n as f64) as usize).min(n - 1)
    }

    /// About normal, with variance 1.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.fraction()).sum::<f64>() - 6.0
    }
}

pub fn schema() -> Schema {
    Schema {
        categories: vec![
            Category::named("class"),
            Category::named("industry"),
            Category::named("territory"),
            Category::named("owner"),
            Category::ordered("due", ["overdue", "due", "soon", "later"]),
        ],
        amounts: vec!["revenue".into(), "pipeline".into()],
        times: vec!["last visit".into()],
        texts: vec![Text::words("name"), Text::words("street"), Text::digits("phone")],
    }
}

pub fn rows() -> Vec<Row> {
    let mut random = Random::seeded(1);
    let weights: Vec<f64> = (1..=TOWNS).map(|rank| (rank as f64).powf(-1.05)).collect();
    let all: f64 = weights.iter().sum();
    let in_towns = ROWS as f64 * 0.92;
    let mut places: Vec<(LngLat, usize)> = Vec::with_capacity(ROWS);
    for (town, weight) in weights.iter().enumerate() {
        let middle = (random.between(6.2, 14.7), random.between(47.6, 54.7));
        let size = (in_towns * weight / all) as usize;
        // 1,000 customers have a radius of about 4.8 km, 100,000 of about 28 km.
        let radius = 0.35 * (size.max(1) as f64).powf(0.38);
        let streets: Vec<(f64, f64, f64)> = (0..size.div_ceil(40))
            .map(|_| {
                (
                    random.normal() / 2.5,
                    random.normal() / 2.5,
                    random.between(0.0, 3.1),
                )
            })
            .collect();
        for _ in 0..size {
            let (x, y, turn) = streets[random.below(streets.len())];
            let along = random.between(-0.04, 0.04);
            let (x, y) = (
                x + along * turn.cos() + random.normal() * 0.002,
                y + along * turn.sin() + random.normal() * 0.002,
            );
            let lng = middle.0 + x * radius / (111.32 * f64::to_radians(middle.1).cos());
            places.push((place(lng, middle.1 + y * radius / 111.32), town));
        }
    }
    while places.len() < ROWS {
        places.push((
            place(random.between(5.9, 15.0), random.between(47.3, 55.0)),
            random.below(TOWNS),
        ));
    }
    for _ in 0..ROWS * 6 / 100 {
        let (to, from) = (random.below(ROWS), random.below(ROWS));
        places[to] = places[from];
    }
    for i in (1..ROWS).rev() {
        places.swap(i, random.below(i + 1));
    }
    let words = Words::new(&mut random);
    (0..ROWS)
        .map(|i| row(i, places[i], &words, &mut random))
        .collect()
}

/// Seven decimals, as a database has it.
fn place(lng: f64, lat: f64) -> LngLat {
    let round = |v: f64| (v * 1e7).round() / 1e7;
    LngLat::new(round(lng.clamp(5.9, 15.0)), round(lat.clamp(47.3, 55.0))).expect("inside of Europe")
}

struct Words {
    surnames: Vec<String>,
    streets: Vec<String>,
}

impl Words {
    fn new(random: &mut Random) -> Self {
        const FIRST: [&str; 20] = [
            "B", "D", "F", "G", "H", "K", "L", "M", "N", "R", "S", "T", "W", "Br", "Kr", "St", "Sch", "Tr",
            "Gr", "Fl",
        ];
        const INNER: [&str; 11] = ["a", "e", "i", "o", "u", "au", "ei", "ie", "ä", "ö", "ü"];
        const JOINT: [&str; 10] = ["b", "d", "ff", "g", "ll", "mm", "n", "r", "ss", "t"];
        const END: [&str; 8] = ["r", "mann", "er", "ner", "l", "ke", "rt", "s"];
        let mut word = |ends: &[&str]| {
            let mut word = format!("{}{}", FIRST[random.below(20)], INNER[random.below(11)]);
            for _ in 0..random.below(3) {
                word += JOINT[random.below(10)];
                word += INNER[random.below(11)];
            }
            word + ends[random.below(ends.len())]
        };
        Self {
            surnames: (0..6_000).map(|_| word(&END)).collect(),
            streets: (0..16_000)
                .map(|_| word(&["straße", "weg", "gasse", "platz", "allee"]))
                .collect(),
        }
    }
}

fn row(number: usize, (place, town): (LngLat, usize), words: &Words, random: &mut Random) -> Row {
    const BRANCH: [&str; 16] = [
        "Maschinenbau",
        "Apotheke",
        "Bäckerei",
        "Logistik",
        "Elektro",
        "Holzbau",
        "Druckerei",
        "Praxis",
        "Hotel",
        "Autohaus",
        "Sanitär",
        "Heizung",
        "Optik",
        "Versicherung",
        "Großhandel",
        "Brauerei",
    ];
    const LEGAL: [&str; 5] = ["GmbH", "GmbH & Co. KG", "AG", "e.K.", "OHG"];
    const INDUSTRY: [&str; 20] = [
        "Automotive",
        "Agriculture",
        "Banking",
        "Chemicals",
        "Construction",
        "Education",
        "Energy",
        "Food",
        "Government",
        "Healthcare",
        "Hospitality",
        "Insurance",
        "Logistics",
        "Machinery",
        "Media",
        "Pharma",
        "Property",
        "Retail",
        "Software",
        "Telecom",
    ];
    let class = match random.below(10) {
        0 => "A",
        1..=3 => "B",
        _ => "C",
    };
    // Twenty by ten squares of the country, each with five people.
    let column = ((place.lng() - 5.9) / 9.1 * 20.0) as usize;
    let line = ((place.lat() - 47.3) / 7.7 * 10.0) as usize;
    let territory = line.min(9) * 20 + column.min(19);
    let owner = territory * 5 + random.below(5);
    let due = ["overdue", "due", "soon", "later"][3 - random.early(4)];
    let revenue = (random.between(2.0, 6.0).exp() * 100.0) as i64 * if class == "A" { 6 } else { 1 };
    let pipeline = if random.below(10) < 6 {
        0
    } else {
        (random.between(2.0, 5.0).exp() * 100.0) as i64
    };
    let visit = (random.below(10) > 0)
        .then(|| Timestamp(1_700_000_000_000 + random.below(40_000_000) as i64 * 1_000));
    let house = 1 + random.below(149);
    Row {
        id: RowId((u128::from(random.next()) << 64 | number as u128).to_be_bytes()),
        place: Some(place),
        categories: [
            class.to_owned(),
            INDUSTRY[random.early(20)].to_owned(),
            format!("Territory {territory}"),
            format!("Owner {owner}"),
            due.to_owned(),
        ]
        .map(Some)
        .into(),
        amounts: vec![Some(revenue), Some(pipeline)],
        times: vec![visit],
        texts: vec![
            format!(
                "{} {} {}",
                words.surnames[random.early(6_000)],
                BRANCH[random.below(16)],
                LEGAL[random.below(5)]
            ),
            format!(
                "{} {house}",
                words.streets[(town * 977 + random.early(60)) % 16_000]
            ),
            format!("+49 {} {}", 200 + town, 10_000 + random.below(90_000)),
        ],
    }
}

/// A wiggly ring of 200 corners around a point, `radius` kilometres in the mean.
pub fn region(middle: (f64, f64), radius: f64, seed: u64) -> Polygon {
    let mut random = Random::seeded(seed);
    let waves: Vec<(f64, f64)> = [2.0, 3.0, 5.0, 9.0, 17.0, 31.0]
        .map(|f| (f, random.between(0.0, std::f64::consts::TAU)))
        .into();
    let corner = |i: usize| -> Coord {
        let angle = i as f64 / 200.0 * std::f64::consts::TAU;
        let wave = 1.0
            + waves
                .iter()
                .map(|(f, phase)| 0.22 / f * (f * angle + phase).sin())
                .sum::<f64>();
        let r = radius * wave;
        coord! {
            x: middle.0 + r * angle.cos() / (111.32 * f64::to_radians(middle.1).cos()),
            y: middle.1 + r * angle.sin() / 111.32,
        }
    };
    Polygon::new((0..200).map(corner).collect::<Vec<_>>().into(), vec![])
}

/// 200 territories of 400 corners that tile the country: squares whose sides are bent alike.
pub fn territories() -> Vec<Polygon> {
    let bend = |x: f64, y: f64| {
        let (lng, lat) = (5.9 + x / 20.0 * 9.1, 47.3 + y / 10.0 * 7.7);
        coord! { x: lng + 0.05 * (lat * 9.0).sin(), y: lat + 0.05 * (lng * 7.0).sin() }
    };
    (0..200)
        .map(|i| {
            let (x, y) = (f64::from(i % 20), f64::from(i / 20));
            // The sides of the country lie far outside.
            let stretch = |v: f64, last: f64| {
                if v == 0.0 {
                    -2.0
                } else if v == last {
                    last + 2.0
                } else {
                    v
                }
            };
            let (x0, x1) = (stretch(x, 20.0), stretch(x + 1.0, 20.0));
            let (y0, y1) = (stretch(y, 10.0), stretch(y + 1.0, 10.0));
            // Each side is cut at the same points from either side of it.
            let side = |a: (f64, f64), b: (f64, f64)| {
                let forward = a <= b;
                let (from, to) = if forward { (a, b) } else { (b, a) };
                let cut = move |step: u32| {
                    let t = f64::from(if forward { step } else { 100 - step }) / 100.0;
                    bend(from.0 + (to.0 - from.0) * t, from.1 + (to.1 - from.1) * t)
                };
                (0..100).map(cut)
            };
            let ring = side((x0, y0), (x1, y0))
                .chain(side((x1, y0), (x1, y1)))
                .chain(side((x1, y1), (x0, y1)))
                .chain(side((x0, y1), (x0, y0)));
            Polygon::new(ring.collect::<Vec<_>>().into(), vec![])
        })
        .collect()
}
