//! `bailiwick map`: building a pack, saying what is in it, checking it, unpacking its tiles.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use atlas::{Pass, Profile, Step};
use clap::Subcommand;
use geocode::ExtraPoints;
use geom::TileId;

use crate::{open, progress};

/// What to do with maps.
#[derive(Subcommand)]
pub enum MapCommand {
    /// Build a map pack from one or more OpenStreetMap extracts (.osm.pbf)
    Build {
        /// The extracts; a region may be several that share a border
        #[arg(required = true)]
        extracts: Vec<PathBuf>,
        /// Where to write the pack
        #[arg(long, short)]
        out: PathBuf,
        /// Address points beside the map: CSV with OpenAddresses' columns (LON,LAT,NUMBER,STREET,CITY,POSTCODE,…) or
        /// GeoJSON points; may be given several times
        #[arg(long, value_name = "FILE")]
        addresses: Vec<PathBuf>,
        /// The date these address points are of, as answers tell it
        #[arg(long, value_name = "DATE", default_value = "date unknown")]
        addresses_date: String,
        /// Roads for this vehicle: car, van, bicycle or foot; may be given several times, the first is the one that
        /// days are planned with
        #[arg(long = "profile", value_name = "NAME", default_value = "car")]
        profiles: Vec<String>,
        /// No progress bar
        #[arg(long)]
        quiet: bool,
    },
    /// Say what is in a pack
    Info {
        /// The pack
        pack: PathBuf,
    },
    /// Compare every byte of a pack with its checksums
    Verify {
        /// The pack
        pack: PathBuf,
    },
    /// Write the basemap tiles of a pack as plain .mvt files, named z-x-y.mvt
    Tiles {
        /// The pack
        pack: PathBuf,
        /// A folder, made if missing
        #[arg(long, short)]
        out: PathBuf,
    },
}

/// Does it.
pub fn run(command: MapCommand) -> anyhow::Result<()> {
    match command {
        MapCommand::Build {
            extracts,
            out,
            addresses,
            addresses_date,
            profiles,
            quiet,
        } => {
            let profiles: Vec<Profile> = profiles
                .iter()
                .map(|name| {
                    Profile::shipped(name).with_context(|| {
                        format!(
                            "There is no profile {name:?}; there are {}.",
                            Profile::SHIPPED.join(", ")
                        )
                    })
                })
                .collect::<anyhow::Result<_>>()?;
            let inputs: Vec<&Path> = extracts.iter().map(PathBuf::as_path).collect();
            let points: Vec<ExtraPoints> = addresses
                .iter()
                .map(|path| address_points(path, &addresses_date))
                .collect::<anyhow::Result<_>>()?;
            build(&inputs, &points, &profiles, &out, quiet)
        }
        MapCommand::Info { pack } => info(&pack),
        MapCommand::Verify { pack } => {
            open::pack(&pack)?
                .verify()
                .with_context(|| pack.display().to_string())?;
            println!("{}: every section is as it was written", pack.display());
            Ok(())
        }
        MapCommand::Tiles { pack, out } => tiles(&pack, &out),
    }
}

/// Reads address points; rows that cannot be used are told by line and stop nothing.
fn address_points(path: &Path, date: &str) -> anyhow::Result<ExtraPoints> {
    let bytes = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    let source = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    let is_csv = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv"));
    let read = if is_csv {
        ExtraPoints::from_csv
    } else {
        ExtraPoints::from_geojson
    };
    let points = read(&source, date, &bytes).with_context(|| path.display().to_string())?;
    for bad in points.bad_rows() {
        eprintln!("{}:{}: {}", path.display(), bad.row, bad.reason);
    }
    let untold = points.bad_count().saturating_sub(points.bad_rows().len() as u64);
    if untold > 0 {
        eprintln!("{}: and {untold} rows more", path.display());
    }
    ensure!(
        !points.is_empty(),
        "{}: none of its rows is an address point",
        path.display()
    );
    Ok(points)
}

/// Builds a pack with a bar over all passes.
pub fn build(
    inputs: &[&Path],
    addresses: &[ExtraPoints],
    profiles: &[Profile],
    out: &Path,
    quiet: bool,
) -> anyhow::Result<()> {
    let bar = progress::bar(100 * Pass::ALL.len() as u64, "%", quiet);
    let mut show = |step: Step| {
        let before = Pass::ALL.iter().position(|p| *p == step.pass).unwrap_or(0) as f64;
        bar.set_message(step.pass.name());
        bar.set_position(((before + step.fraction) * 100.0) as u64);
    };
    let report = atlas::build_for(inputs, addresses, profiles, out, &mut show)?;
    bar.finish_and_clear();
    if !quiet {
        let [nodes, ways, relations] = report.elements;
        println!("{nodes} nodes, {ways} ways, {relations} relations");
        for (pass, took) in &report.passes {
            println!("  {:<11} {:>6.2} s", pass.name(), took.as_secs_f64());
        }
        for (points, outside) in addresses.iter().zip(&report.outside) {
            println!(
                "{} address points more, {outside} of them outside of the map",
                points.len()
            );
        }
        println!("{}: {:.1} MB", out.display(), report.bytes as f64 / 1e6);
    }
    Ok(())
}

fn info(path: &Path) -> anyhow::Result<()> {
    let atlas = open::pack(path)?;
    let b = atlas.bounds();
    println!("hash         {}", atlas.hash_hex());
    println!(
        "bounds       {:.5},{:.5},{:.5},{:.5}",
        b.west, b.south, b.east, b.north
    );
    println!("attribution  {}", atlas.attribution());
    println!("tiles        {}", atlas.tiles().len());
    println!("boundaries   {}", atlas.boundaries().len());
    for (name, bytes) in atlas.sections() {
        println!("  {name:<28} {bytes:>12} bytes");
    }
    Ok(())
}

fn tiles(path: &Path, out: &Path) -> anyhow::Result<()> {
    let atlas = open::pack(path)?;
    std::fs::create_dir_all(out).with_context(|| format!("making {}", out.display()))?;
    let mut written = 0u64;
    let tiles = atlas.tiles();
    let all = (tiles.min_zoom()..=tiles.max_zoom()).flat_map(|z| TileId::covering(atlas.bounds(), z));
    for (id, bytes) in all.filter_map(|id| tiles.tile(id).map(|bytes| (id, bytes))) {
        let file = out.join(format!("{}-{}-{}.mvt", id.z, id.x, id.y));
        let plain = crm::gunzip(bytes).with_context(|| format!("tile {}/{}/{}", id.z, id.x, id.y))?;
        std::fs::write(&file, plain).with_context(|| format!("writing {}", file.display()))?;
        written += 1;
    }
    ensure!(written > 0, "{} holds no tiles", path.display());
    println!("{written} tiles in {}", out.display());
    Ok(())
}
