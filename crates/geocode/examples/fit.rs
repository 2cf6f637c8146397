//! Fits the coefficients of confidence on generated requests for some maps and checks them on others.
//!
//! `fit --learn a --learn b … --check c --check d …`, where each stands for `a.osm.pbf` and `a.queries.csv` as the
//! geocoding bench's generator writes them. Prints the coefficients for `src/search/confidence.rs`, and for the old
//! and the new ones on both groups: calibration error, the share that may be taken unseen, the wrong ones of it.

use std::collections::HashMap;
use std::sync::Arc;

use geocode::{Doubts, Geocoder, Hit, Level, Request};
use geom::LngLat;

type Failure = Box<dyn std::error::Error>;

/// Nearer than this to the truth is right, metres.
const RIGHT: f64 = 250.0;
/// What the coefficients are where no sample decides: set by hand. Generated requests hardly ever contradict their
/// town or postcode and mean another place, people's do; without this such doubts would count for nothing.
const CAREFUL: Model = Model {
    base: 5.5,
    weights: [8.0, 6.0, 7.0, 7.0, 9.0, 2.5, 0.7, 0.3],
};
/// How strongly coefficients are pulled there.
const PULL: f64 = 2e-4;
const STEPS: usize = 20_000;

/// One answered request.
struct Sample {
    doubts: Doubts,
    right: bool,
    ambiguous: bool,
}

/// A base and the weight of each doubt, none below zero.
#[derive(Clone, Copy)]
struct Model {
    base: f64,
    weights: [f64; Doubts::COUNT],
}

fn main() -> Result<(), Failure> {
    let mut sets: Vec<(String, Set)> = Vec::new();
    let mut args = std::env::args().skip(1);
    while let Some(option) = args.next() {
        let name = args
            .next()
            .ok_or_else(|| format!("`{option}` needs the name of a set"))?;
        if !["--learn", "--check"].contains(&option.as_str()) {
            return Err(format!("`{option}` is not an option").into());
        }
        sets.push((option, Set::read(&name)?));
    }
    let (mut learn, mut check) = (Vec::new(), Vec::new());
    for (at, (option, set)) in sets.iter().enumerate() {
        let (_, other) = &sets[(at + 1) % sets.len()];
        let found = set.samples(other)?;
        let wrong = found.0.iter().filter(|s| !s.right).count();
        println!("{}: {} answered, {wrong} wrong", set.name, found.0.len());
        if option == "--learn" {
            &mut learn
        } else {
            &mut check
        }
        .push(found);
    }
    let all: Vec<&Sample> = learn.iter().flat_map(|(found, _)| found).collect();
    let fitted = fit(&all);
    println!("base {:.2}, weights {:.2?}", fitted.base, fitted.weights);
    let old = |d: &Doubts| f64::from(d.confidence());
    let new = |d: &Doubts| fitted.confidence(d);
    for (group, sets) in [("learnt", &learn), ("checked", &check)] {
        report(&format!("{group}, as compiled"), sets, &old);
        report(&format!("{group}, as fitted"), sets, &new);
    }
    Ok(())
}

type Row = HashMap<String, String>;

/// Requests and the map they are for.
struct Set {
    name: String,
    rows: Vec<Row>,
}

impl Set {
    fn read(name: &str) -> Result<Self, Failure> {
        let mut reader = csv::Reader::from_path(format!("{name}.queries.csv"))?;
        Ok(Self {
            name: name.to_owned(),
            rows: reader.deserialize().collect::<Result<_, _>>()?,
        })
    }

    fn exact(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row["class"] == "exact")
    }

    /// The answered requests and how many have an answer. Beside the set's own there are as many strangers as it has
    /// exact ones: streets of another map in towns of this one, which a list of customers is never without.
    fn samples(&self, other: &Self) -> Result<(Vec<Sample>, usize), Failure> {
        let extract = osm::read(
            &[std::path::Path::new(&format!("{}.osm.pbf", self.name))],
            &mut |_| {},
        )?;
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("fit.pack");
        let mut writer = pack::Writer::create(&path)?;
        for section in geocode::build(&extract, &mut |_| {}) {
            writer.section(&section)?;
        }
        writer.finish()?;
        let geocoder = Geocoder::open(Arc::new(pack::Pack::open(&path)?))?;
        let mut out = Vec::new();
        let mut answerable = 0;
        // What fits several places has no right answer.
        for row in self.rows.iter().filter(|row| row["class"] != "ambig") {
            answerable += usize::from(!matches!(row["expect"].as_str(), "none" | "area"));
            let mut places: Vec<LngLat> = Vec::new();
            let own = format!("{},{}", row["lat"], row["lon"]);
            for pair in row["alts"].split(';').chain([own.as_str()]) {
                if let Some((lat, lng)) = pair.split_once(',').filter(|(lat, _)| !lat.is_empty()) {
                    places.push(LngLat::new(lng.parse()?, lat.parse()?)?);
                }
            }
            out.extend(sample(&geocoder, &row["query"], &|hit: &Hit| {
                let near = places.iter().any(|p| p.distance(hit.point).0 <= RIGHT);
                match row["expect"].as_str() {
                    "none" | "area" => false,
                    "street" => near && hit.level != Level::House,
                    _ => near,
                }
            }));
        }
        for (here, stranger) in self.exact().zip(other.exact()) {
            let known = self.rows.iter().any(|row| row["street"] == stranger["street"]);
            let text = format!(
                "{} {}, {} {}",
                stranger["street"], stranger["housenumber"], here["postcode"], here["city"]
            );
            if !known {
                out.extend(sample(&geocoder, &text, &|_: &Hit| false));
            }
        }
        Ok((out, answerable))
    }
}

/// `None` where the answer is no finer than a postcode.
fn sample(geocoder: &Geocoder, text: &str, is_right: &dyn Fn(&Hit) -> bool) -> Option<Sample> {
    let request = Request::text(text);
    let answer = geocoder.search(&request);
    let hit = answer.hits.first().filter(|hit| hit.level.is_fine())?;
    Some(Sample {
        doubts: geocoder.doubts(&request)?,
        right: is_right(hit),
        ambiguous: answer.ambiguous,
    })
}

impl Model {
    fn confidence(&self, doubts: &Doubts) -> f64 {
        let score = doubts
            .values()
            .iter()
            .zip(self.weights)
            .fold(self.base, |score, (value, weight)| {
                score - f64::from(*value) * weight
            });
        1.0 / (1.0 + (-score).exp())
    }
}

/// Maximum likelihood by gradient steps of adaptive length (Adam, Kingma and Ba 2015), weights kept at zero or above.
fn fit(samples: &[&Sample]) -> Model {
    let mut model = CAREFUL;
    const ALL: usize = Doubts::COUNT + 1;
    let (mut mean, mut square) = ([0.0; ALL], [0.0; ALL]);
    let count = samples.len().max(1) as f64;
    for step in 1..=STEPS {
        let mut gradient = [0.0; ALL];
        for sample in samples {
            let error = model.confidence(&sample.doubts) - f64::from(u8::from(sample.right));
            for (slot, value) in gradient.iter_mut().zip(sample.doubts.values()) {
                *slot -= error * f64::from(value) / count;
            }
            gradient[ALL - 1] += error / count;
        }
        for ((slot, weight), careful) in gradient.iter_mut().zip(model.weights).zip(CAREFUL.weights) {
            *slot += PULL * (weight - careful);
        }
        for at in 0..ALL {
            mean[at] = 0.9 * mean[at] + 0.1 * gradient[at];
            square[at] = 0.999 * square[at] + 0.001 * gradient[at] * gradient[at];
            let power = i32::try_from(step).unwrap_or(i32::MAX);
            let (m, s) = (
                mean[at] / (1.0 - 0.9f64.powi(power)),
                square[at] / (1.0 - 0.999f64.powi(power)),
            );
            let change = 0.01 * m / (s.sqrt() + 1e-9);
            match model.weights.get_mut(at) {
                Some(weight) => *weight = (*weight - change).max(0.0),
                None => model.base -= change,
            }
        }
    }
    model
}

fn report(group: &str, sets: &[(Vec<Sample>, usize)], confidence: &dyn Fn(&Doubts) -> f64) {
    let answerable: usize = sets.iter().map(|(_, n)| n).sum();
    let samples: Vec<(f64, &Sample)> = sets
        .iter()
        .flat_map(|(found, _)| found)
        .map(|s| (confidence(&s.doubts), s))
        .collect();
    let mut bins = [(0.0, 0.0); 10];
    for (c, sample) in &samples {
        let bin = &mut bins[((c * 10.0) as usize).min(9)];
        bin.0 += c;
        bin.1 += f64::from(u8::from(sample.right));
    }
    let error: f64 =
        bins.iter().map(|(sure, right)| (sure - right).abs()).sum::<f64>() / samples.len().max(1) as f64;
    for cut in [0.9, 0.95] {
        let taken: Vec<_> = samples
            .iter()
            .filter(|(c, s)| *c >= cut && !s.ambiguous)
            .collect();
        let wrong = taken.iter().filter(|(_, s)| !s.right).count();
        println!(
            "{group}: calibration error {error:.4}; from {cut} on {:.1} % taken, {:.2} % of them wrong",
            100.0 * (taken.len() - wrong) as f64 / answerable.max(1) as f64,
            100.0 * wrong as f64 / taken.len().max(1) as f64,
        );
    }
}
