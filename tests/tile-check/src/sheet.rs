//! Contact sheets: the pictures of many tiles side by side, as they lie on the map.

use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::Path;

use crate::tiles::TileId;

/// Light grey between the pictures and where there is no tile.
const PAPER: u8 = 0xdd;

/// Pixels between two pictures.
const GAP: usize = 2;

pub struct Sheet {
    west: u32,
    north: u32,
    columns: usize,
    rows: usize,
    side: usize,
    pixels: Vec<u8>,
}

impl Sheet {
    /// A sheet with room for these tiles.
    pub fn new(tiles: &[TileId], side: u32) -> Self {
        let least = |of: fn(&TileId) -> u32| tiles.iter().map(of).min().unwrap_or(0);
        let most = |of: fn(&TileId) -> u32| tiles.iter().map(of).max().unwrap_or(0);
        let (west, north) = (least(|t| t.x), least(|t| t.y));
        let columns = (most(|t| t.x) - west + 1) as usize;
        let rows = (most(|t| t.y) - north + 1) as usize;
        let side = side as usize;
        let pixels = vec![PAPER; columns * (side + GAP) * rows * (side + GAP) * 3];
        Self {
            west,
            north,
            columns,
            rows,
            side,
            pixels,
        }
    }

    /// Puts a tile's picture (RGB, row by row) in its place.
    pub fn put(&mut self, id: TileId, picture: &[u8]) {
        let step = self.side + GAP;
        let (left, top) = (
            (id.x - self.west) as usize * step,
            (id.y - self.north) as usize * step,
        );
        for (i, row) in picture.chunks_exact(self.side * 3).enumerate() {
            let start = ((top + i) * self.columns * step + left) * 3;
            self.pixels[start..start + row.len()].copy_from_slice(row);
        }
    }

    pub fn write(&self, path: &Path) -> Result<(), String> {
        let fault = |e: &dyn std::fmt::Display| format!("{}: {e}", path.display());
        let file = BufWriter::new(File::create(path).map_err(|e| fault(&e))?);
        let step = self.side + GAP;
        let mut encoder = png::Encoder::new(file, (self.columns * step) as u32, (self.rows * step) as u32);
        encoder.set_color(png::ColorType::Rgb);
        let mut writer = encoder.write_header().map_err(|e| fault(&e))?;
        writer.write_image_data(&self.pixels).map_err(|e| fault(&e))?;
        writer.finish().map_err(|e| fault(&e))
    }
}

/// A picture as RGB, on white where it is transparent.
pub fn read(path: &Path) -> Result<Vec<u8>, String> {
    let fault = |e: &dyn std::fmt::Display| format!("{}: {e}", path.display());
    let file = BufReader::new(File::open(path).map_err(|e| fault(&e))?);
    let mut reader = png::Decoder::new(file).read_info().map_err(|e| fault(&e))?;
    let mut pixels = vec![0; reader.output_buffer_size()];
    let info = reader.next_frame(&mut pixels).map_err(|e| fault(&e))?;
    if info.color_type != png::ColorType::Rgba || info.bit_depth != png::BitDepth::Eight {
        return Err(fault(&"not a picture of 8-bit RGBA"));
    }
    let on_white = |p: &[u8]| {
        let mix = |v: u8| ((u16::from(v) * u16::from(p[3]) + 255 * (255 - u16::from(p[3]))) / 255) as u8;
        [mix(p[0]), mix(p[1]), mix(p[2])]
    };
    Ok(pixels[..info.buffer_size()]
        .chunks_exact(4)
        .flat_map(on_white)
        .collect())
}
