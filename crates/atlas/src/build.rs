//! From extracts to a pack, pass by pass.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use osm::{Extract, ReadError};
use pack::{Section, WriteError, Writer};

use crate::about::About;
use crate::boundaries;

/// Why a pack could not be built. What was at the output's path is untouched then.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// No file was given.
    #[error("no extract given; name at least one .osm.pbf file")]
    NoInput,
    /// No profile was given.
    #[error("no profile given; name at least one kind of vehicle for the roads")]
    NoProfile,
    /// A file cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The files hold no node, so there is no region to build for.
    #[error("{}: holds no places, only references to them; it cannot be made a map", .0.display())]
    NoPlaces(PathBuf),
    /// The pack cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// The passes, in the order they run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Pass {
    /// Reading the files.
    Read,
    /// The road graph.
    Roads,
    /// Addresses, streets, places of interest.
    Addresses,
    /// Municipalities, districts and postcodes.
    Boundaries,
    /// Basemap tiles.
    Tiles,
    /// Checksums, and the pack's final name.
    Write,
}

impl Pass {
    /// All of them, in order.
    pub const ALL: [Self; 6] = [
        Self::Read,
        Self::Roads,
        Self::Addresses,
        Self::Boundaries,
        Self::Tiles,
        Self::Write,
    ];

    /// A word for a progress bar.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Roads => "roads",
            Self::Addresses => "addresses",
            Self::Boundaries => "boundaries",
            Self::Tiles => "tiles",
            Self::Write => "write",
        }
    }
}

impl std::fmt::Display for Pass {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// How far building is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// The pass that runs.
    pub pass: Pass,
    /// How much of it is done: 0 when it begins, 1 when it ends, never less than before.
    pub fraction: f64,
}

/// What was built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// How long each pass took. The only thing in a build that depends on a clock.
    pub passes: Vec<(Pass, Duration)>,
    /// Nodes, ways and relations read.
    pub elements: [usize; 3],
    /// Bytes of all sections.
    pub bytes: u64,
    /// For each source of address points how many of them lie outside of the map and were left out.
    pub outside: Vec<usize>,
}

/// Reads the extracts (elements that several hold are kept once) and writes a pack to `output`: under a
/// temporary name first, renamed when whole. Same extracts, same bytes, at any number of threads.
/// `progress` hears of the beginning, the end and some moments between of every pass, in order.
pub fn build(inputs: &[&Path], output: &Path, progress: &mut dyn FnMut(Step)) -> Result<Report, BuildError> {
    build_with(inputs, &[], output, progress)
}

/// The same with address points from beside the map.
pub fn build_with(
    inputs: &[&Path],
    addresses: &[geocode::ExtraPoints],
    output: &Path,
    progress: &mut dyn FnMut(Step),
) -> Result<Report, BuildError> {
    build_for(inputs, addresses, &[roads::Profile::car()], output, progress)
}

/// The same with roads for several vehicles, at least one. The first is the one that [`crate::Atlas::roads`] answers for.
pub fn build_for(
    inputs: &[&Path],
    addresses: &[geocode::ExtraPoints],
    profiles: &[roads::Profile],
    output: &Path,
    progress: &mut dyn FnMut(Step),
) -> Result<Report, BuildError> {
    if profiles.is_empty() {
        return Err(BuildError::NoProfile);
    }
    let first = inputs.first().ok_or(BuildError::NoInput)?;
    // Begun before the long work, so that a missing folder is told at once.
    let mut writer = Writer::create(output)?;
    let mut passes = Passes {
        progress,
        times: Vec::new(),
    };
    let extract = passes.run(Pass::Read, |done| {
        osm::read(inputs, &mut |p| done(p.bytes as f64 / p.total.max(1) as f64))
    })?;
    let bounds = extract
        .bounds()
        .ok_or_else(|| BuildError::NoPlaces((*first).to_owned()))?;

    let mut bytes = 0;
    let mut put = |sections: Vec<Section>| {
        bytes += sections.iter().map(|s| s.bytes.len() as u64).sum::<u64>();
        sections.iter().try_for_each(|section| writer.section(section))
    };
    put(About::sections(&extract, bounds))?;
    put(passes.run(Pass::Roads, |done| build_roads(&extract, profiles, done)))?;
    put(passes.run(Pass::Addresses, |done| {
        geocode::build_with(&extract, addresses, &mut |p| {
            done((f64::from(p.number) - 1.0) / f64::from(p.of.max(1)))
        })
    }))?;
    put(passes.run(Pass::Boundaries, |_| boundaries::build(&extract)))?;
    put(passes.run(Pass::Tiles, |done| {
        tiles::build(&extract, &mut |p| done(p.done as f64 / p.total.max(1) as f64))
    }))?;
    passes.run(Pass::Write, |_| writer.finish())?;
    Ok(Report {
        passes: passes.times,
        elements: extract.counts(),
        bytes,
        outside: addresses.iter().map(|points| points.outside(&extract)).collect(),
    })
}

fn build_roads(extract: &Extract, profiles: &[roads::Profile], done: &mut dyn FnMut(f64)) -> Vec<Section> {
    roads::build_all(extract, profiles, &mut |step| {
        done(step.number as f64 / step.of.max(1) as f64)
    })
}

struct Passes<'a> {
    progress: &'a mut dyn FnMut(Step),
    times: Vec<(Pass, Duration)>,
}

impl Passes<'_> {
    fn run<T>(&mut self, pass: Pass, work: impl FnOnce(&mut dyn FnMut(f64)) -> T) -> T {
        let begun = Instant::now();
        let mut furthest = 0.0;
        (self.progress)(Step { pass, fraction: 0.0 });
        let result = work(&mut |fraction: f64| {
            // Engines report in their own measure; a bar must not go back, nor end before its pass.
            if fraction > furthest && fraction < 1.0 {
                furthest = fraction;
                (self.progress)(Step { pass, fraction });
            }
        });
        (self.progress)(Step { pass, fraction: 1.0 });
        self.times.push((pass, begun.elapsed()));
        result
    }
}
