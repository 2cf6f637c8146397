//! Draws every layer of finished map tiles with maplibre-rs, a reader and renderer that shares no code with
//! the program that made them, and puts the pictures on contact sheets.
//!
//! `tile-check TILES SHEETS`: TILES is a folder of uncompressed vector tiles, `z-x-y.mvt` or `z/x/y.mvt`;
//! SHEETS is where the sheets go. It fails, naming tile and layer, on a tile that cannot be decoded or
//! tessellated, and on an empty picture of a layer that has something to show. It needs a Vulkan or GL
//! driver; Mesa's lavapipe, which draws on the processor, is enough.

mod draw;
mod sheet;
mod tiles;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use draw::Drawer;
use sheet::Sheet;
use tiles::{Tile, TileId};

/// Pixels along the side of a tile's picture.
const PICTURE: u32 = 256;

/// Tiles along the side of a sheet at most; of a larger zoom the middle is drawn.
const SHEET: u32 = 8;

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [folder, sheets] = &args[..] else {
        eprintln!("usage: tile-check TILES SHEETS");
        return ExitCode::from(2);
    };
    match check(Path::new(folder), Path::new(sheets)) {
        Ok(faults) if faults.is_empty() => ExitCode::SUCCESS,
        Ok(faults) => {
            faults.iter().for_each(|fault| eprintln!("tile-check: {fault}"));
            eprintln!("tile-check: {} faults", faults.len());
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("tile-check: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Checks and draws everything; returns what is wrong with the tiles.
fn check(folder: &Path, sheets: &Path) -> Result<Vec<String>, Failure> {
    let files = tiles::find(folder)?;
    if files.is_empty() {
        return Err(format!("no tiles (z-x-y.mvt or z/x/y.mvt) in {}", folder.display()).into());
    }
    std::fs::create_dir_all(sheets)?;
    let mut faults = Vec::new();
    let mut zooms: BTreeMap<u8, BTreeMap<TileId, Tile>> = BTreeMap::new();
    for (id, path) in files {
        match Tile::read(&path) {
            Ok(tile) => {
                zooms.entry(id.z).or_default().insert(id, tile);
            }
            Err(error) => faults.push(format!("tile {id}: {error}")),
        }
    }
    let mut drawer = Drawer::new(PICTURE)?;
    let (mut drawn, mut pictures, mut written) = (0, 0, 0);
    for (z, tiles) in &zooms {
        let shown = middle(tiles.keys());
        let mut all = Sheet::new(&shown, PICTURE);
        let mut of_layer: BTreeMap<&str, Sheet> = BTreeMap::new();
        for (id, tile) in tiles {
            let on_sheet = shown.contains(id);
            drawn += 1;
            for layer in &tile.layers {
                // Layers of nothing but points cannot be drawn here: they were decoded, and that is all.
                if !layer.has_shapes {
                    continue;
                }
                match drawer.draw(&tile.bytes, &[layer.name.as_str()]) {
                    Ok(picture) => {
                        pictures += 1;
                        if layer.is_visible && drawer.is_blank(&picture) {
                            faults.push(format!(
                                "tile {id}: the picture of layer `{}` is empty",
                                layer.name
                            ));
                        }
                        if on_sheet {
                            let sheet = of_layer
                                .entry(&layer.name)
                                .or_insert_with(|| Sheet::new(&shown, PICTURE));
                            sheet.put(*id, &picture);
                        }
                    }
                    Err(error) => faults.push(format!("tile {id}: layer `{}`: {error}", layer.name)),
                }
            }
            if on_sheet {
                let names: Vec<&str> = tile
                    .layers
                    .iter()
                    .filter(|l| l.has_shapes)
                    .map(|l| l.name.as_str())
                    .collect();
                match drawer.draw(&tile.bytes, &names) {
                    Ok(picture) => all.put(*id, &picture),
                    Err(error) => faults.push(format!("tile {id}: all layers: {error}")),
                }
            }
        }
        all.write(&sheets.join(format!("z{z:02}-all.png")))?;
        for (layer, sheet) in &of_layer {
            sheet.write(&sheets.join(format!("z{z:02}-{layer}.png")))?;
        }
        written += 1 + of_layer.len();
    }
    let points: usize = zooms.values().flat_map(BTreeMap::values).map(|t| t.points).sum();
    println!(
        "tile-check: {drawn} tiles decoded, {pictures} layers drawn, {points} points read; {written} sheets in {}",
        sheets.display()
    );
    if pictures == 0 {
        faults.push("nothing to draw on any tile".into());
    }
    Ok(faults)
}

/// The tiles in the middle of a zoom, as many as fit on a sheet.
fn middle<'t>(tiles: impl Iterator<Item = &'t TileId>) -> Vec<TileId> {
    let tiles: Vec<TileId> = tiles.copied().collect();
    let span = |of: fn(&TileId) -> u32| {
        let values = || tiles.iter().map(of);
        let (first, last) = (values().min().unwrap_or(0), values().max().unwrap_or(0));
        let from = first + (last - first + 1).saturating_sub(SHEET) / 2;
        from..from + SHEET
    };
    let (columns, rows) = (span(|t| t.x), span(|t| t.y));
    tiles
        .into_iter()
        .filter(|t| columns.contains(&t.x) && rows.contains(&t.y))
        .collect()
}
