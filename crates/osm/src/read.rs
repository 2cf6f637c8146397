//! Reading PBF files: frames one after the other, their contents on all threads, into one extract.

use std::fs::File;
use std::io::{BufReader, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use geom::{BBox, LngLat, Timestamp};
use osmpbf::{Blob, BlobReader, BlobType, HeaderBlock};
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use crate::decode::{Block, decode};
use crate::{Builder, Extract, Source};

/// Why a file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file cannot be opened.
    #[error("{}: {source}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is empty, cut short, or not a PBF.
    #[error("{}: not a readable OpenStreetMap PBF: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong, with the position where known.
        reason: String,
    },
    /// More tags or way nodes than an extract can count (four thousand million).
    #[error("{}: too large to be read at once; cut it into regions and build a pack for each", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
}

/// How far reading is.
#[derive(Clone, Copy, Debug)]
pub struct ReadProgress {
    /// Bytes of PBF read so far, over all files.
    pub bytes: u64,
    /// Bytes of PBF in all files.
    pub total: u64,
}

/// Reads the files, in order, into one extract. Elements may come in any order; one that is in
/// several files is kept once, as the last file has it.
///
/// A header's box is believed when it is on the earth, smaller than a quarter of it, and holds at
/// least one of the file's nodes; otherwise the box of the file's nodes counts.
pub fn read(paths: &[&Path], progress: &mut dyn FnMut(ReadProgress)) -> Result<Extract, ReadError> {
    let mut files = Vec::with_capacity(paths.len());
    for path in paths {
        let file = File::open(path).and_then(|file| Ok((file.metadata()?, file)));
        let (metadata, file) = file.map_err(|source| ReadError::Open {
            path: (*path).to_owned(),
            source,
        })?;
        files.push((*path, metadata.len(), file));
    }
    let total = files.iter().map(|f| f.1).sum();
    let mut builder = Builder::default();
    let mut before = 0;
    for (path, length, file) in files {
        let mut report = |bytes| progress(ReadProgress { bytes, total });
        read_file(BufReader::new(file), before, &mut builder, &mut report).map_err(|why| match why {
            Why::System(source) => ReadError::Open {
                path: path.to_owned(),
                source,
            },
            Why::Damaged(reason) => ReadError::Damaged {
                path: path.to_owned(),
                reason,
            },
            Why::TooLarge => ReadError::TooLarge {
                path: path.to_owned(),
            },
        })?;
        before += length;
    }
    Ok(builder.finish())
}

/// What went wrong in a file whose name the caller knows.
enum Why {
    System(std::io::Error),
    Damaged(String),
    TooLarge,
}

/// A frame of the file: its position and its bytes, length prefix included.
struct Frame {
    at: u64,
    bytes: Vec<u8>,
}

/// Larger contents than this are not allowed by the format.
const LARGEST_BLOB: u64 = 32 * 1024 * 1024;
const LARGEST_HEADER: u32 = 64 * 1024;

fn read_file(
    mut file: impl Read,
    before: u64,
    builder: &mut Builder,
    report: &mut dyn FnMut(u64),
) -> Result<(), Why> {
    let mut at = 0;
    let mut hash = Sha256::new();
    let first = next_frame(&mut file, &mut at)?;
    let first = first.ok_or_else(|| Why::Damaged("the file is empty".into()))?;
    hash.update(&first.bytes);
    let header = read_header(&first)?;
    let box_said = header
        .bbox()
        .and_then(|b| believable(b.left, b.bottom, b.right, b.top));
    let seconds = header.osmosis_replication_timestamp().filter(|s| *s > 0);
    if let Some(millis) = seconds.and_then(|s| s.checked_mul(1000)) {
        builder.date(Timestamp(millis));
    }

    let mut nodes_box = BBox::EMPTY;
    let (mut in_box, mut elements) = (false, 0);
    let at_once = 4 * rayon::current_num_threads();
    loop {
        let mut frames = Vec::with_capacity(at_once);
        while frames.len() < at_once
            && let Some(frame) = next_frame(&mut file, &mut at)?
        {
            hash.update(&frame.bytes);
            frames.push(frame);
        }
        if frames.is_empty() {
            break;
        }
        let blocks: Vec<Result<Option<Block>, Why>> = frames.par_iter().map(read_data).collect();
        for block in blocks {
            let Some(block) = block? else { continue };
            if block.largest_part() > builder.room() {
                return Err(Why::TooLarge);
            }
            for (_, place, _) in &block.nodes {
                let place = LngLat::from(*place);
                nodes_box.include(place);
                in_box |= box_said.is_some_and(|b| b.contains(place));
            }
            elements += block.nodes.len() + block.ways.len() + block.relations.len();
            builder.append(block);
        }
        report(before + at);
    }
    builder.source(Source {
        bytes: at,
        sha256: hash.finalize().into(),
    });
    if elements == 0 {
        return Err(Why::Damaged("it has a header but holds no elements".into()));
    }
    match box_said.filter(|_| in_box) {
        Some(said) => builder.bounds(said),
        None if !nodes_box.is_empty() => builder.bounds(nodes_box),
        None => {}
    }
    Ok(())
}

/// A header's box that can be meant: some write the whole world, or a quarter of it, for "unknown".
fn believable(west: f64, south: f64, east: f64, north: f64) -> Option<BBox> {
    let on_earth = LngLat::new(west, south).is_ok() && LngLat::new(east, north).is_ok();
    let too_large = east - west >= 179.999 && north - south >= 89.999;
    (on_earth && west < east && south < north && !too_large).then_some(BBox {
        west,
        south,
        east,
        north,
    })
}

fn read_header(frame: &Frame) -> Result<Box<HeaderBlock>, Why> {
    let blob = open_frame(frame)?;
    if blob.get_type() != BlobType::OsmHeader {
        return Err(Why::Damaged(format!(
            "it begins with a block of type {:?} instead of OSMHeader",
            blob.get_type().as_str()
        )));
    }
    let header = blob
        .to_headerblock()
        .map_err(|e| Why::Damaged(format!("its header cannot be decoded: {e}")))?;
    let unknown = (header.required_features().iter()).find(|f| {
        !matches!(
            f.as_str(),
            "OsmSchema-V0.6" | "DenseNodes" | "HistoricalInformation"
        )
    });
    match unknown {
        Some(feature) => Err(Why::Damaged(format!(
            "it needs the feature {feature:?}, which is not known here"
        ))),
        None => Ok(Box::new(header)),
    }
}

/// A frame's elements; `None` for a block of a type that readers shall pass over.
fn read_data(frame: &Frame) -> Result<Option<Block>, Why> {
    let blob = open_frame(frame)?;
    if blob.get_type() != BlobType::OsmData {
        return Ok(None);
    }
    let damaged =
        |reason: String| Why::Damaged(format!("the block at byte {} is damaged: {reason}", frame.at));
    // The decoder adds up differences unchecked, which panics on a damaged file where overflow
    // checks are on.
    let decoded = catch_unwind(AssertUnwindSafe(|| {
        let block = blob.to_primitiveblock().map_err(|e| e.to_string())?;
        decode(&block)
    }));
    match decoded {
        Ok(block) => block.map(Some).map_err(damaged),
        Err(_) => Err(damaged("its numbers do not fit".into())),
    }
}

fn open_frame(frame: &Frame) -> Result<Blob, Why> {
    match BlobReader::new(&frame.bytes[..]).next() {
        Some(Ok(blob)) => Ok(blob),
        Some(Err(e)) => Err(Why::Damaged(format!(
            "the block at byte {} is damaged: {e}",
            frame.at
        ))),
        None => Err(Why::Damaged(format!("the block at byte {} is empty", frame.at))),
    }
}

/// Reads the next frame whole: length of the header, header, content. `None` at the end of the
/// file; an end anywhere else is an error, which the reader of blobs would take for the end.
fn next_frame(file: &mut impl Read, at: &mut u64) -> Result<Option<Frame>, Why> {
    let start = *at;
    let mut bytes = Vec::new();
    take(file, &mut bytes, 4, at)?;
    if bytes.is_empty() {
        return Ok(None);
    }
    let no_block = |bytes: &[u8]| {
        Why::Damaged(match start {
            0 if bytes.starts_with(b"<") => "it is XML; convert it to PBF first".to_owned(),
            0 => "it does not begin as one".to_owned(),
            _ => format!("what follows byte {start} is no block"),
        })
    };
    let Ok(length) = <[u8; 4]>::try_from(&bytes[..]) else {
        return Err(if start == 0 {
            no_block(&bytes)
        } else {
            cut_short(*at)
        });
    };
    let length = u32::from_be_bytes(length);
    if length == 0 || length >= LARGEST_HEADER {
        return Err(no_block(&bytes));
    }
    if !take(file, &mut bytes, u64::from(length), at)? {
        return Err(cut_short(*at));
    }
    let size = content_size(&bytes[4..]).ok_or_else(|| no_block(&bytes))?;
    if size > LARGEST_BLOB {
        return Err(Why::Damaged(format!(
            "the block at byte {start} claims {size} bytes"
        )));
    }
    if !take(file, &mut bytes, size, at)? {
        return Err(cut_short(*at));
    }
    Ok(Some(Frame { at: start, bytes }))
}

fn cut_short(at: u64) -> Why {
    Why::Damaged(format!("it is cut short at byte {at}, in the middle of a block"))
}

/// Appends so many bytes; false when the file ends before.
fn take(file: &mut impl Read, bytes: &mut Vec<u8>, count: u64, at: &mut u64) -> Result<bool, Why> {
    let read = file.take(count).read_to_end(bytes).map_err(Why::System)? as u64;
    *at += read;
    Ok(read == count)
}

/// The field `datasize` (3, a varint) of a blob header; `None` if it is no such message.
fn content_size(mut header: &[u8]) -> Option<u64> {
    let mut size = None;
    while !header.is_empty() {
        let key = varint(&mut header)?;
        match key & 7 {
            0 => {
                let value = varint(&mut header)?;
                if key >> 3 == 3 {
                    size = Some(value);
                }
            }
            2 => {
                let length = usize::try_from(varint(&mut header)?).ok()?;
                header = header.get(length..)?;
            }
            _ => return None,
        }
    }
    size
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}
