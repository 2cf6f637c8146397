//! ZIP archives as far as files of territories need them (APPNOTE 6.3): stored and deflated entries, no encryption, no ZIP64.

use std::io::Read as _;
use std::io::Write as _;

use flate2::{Compression, Crc};

/// An entry: its name with folders, and what it holds.
pub(super) type Entry = (String, Vec<u8>);

/// Most entries that are looked at.
const MOST_ENTRIES: usize = 10_000;

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;

/// Names are UTF-8.
const UTF_8: u16 = 1 << 11;

/// 1 January 1980, the earliest there is: the same territories make the same file.
const DATE: u16 = 1 << 5 | 1;

/// What both headers of an entry have in common, from the version on.
fn common(entry: &Entry, packed: usize) -> Vec<u8> {
    let mut crc = Crc::new();
    crc.update(&entry.1);
    let mut out = Vec::new();
    // Version 2.0, deflated.
    for short in [20, UTF_8, 8, 0, DATE] {
        out.extend(short.to_le_bytes());
    }
    for long in [crc.sum(), packed as u32, entry.1.len() as u32] {
        out.extend(long.to_le_bytes());
    }
    out.extend((entry.0.len() as u16).to_le_bytes());
    out.extend(0u16.to_le_bytes());
    out
}

/// An archive of these entries, all below 4 GB together.
///
/// # Errors
/// Memory cannot be written to; never in practice.
pub(super) fn pack(entries: &[Entry]) -> std::io::Result<Vec<u8>> {
    let mut out = Vec::new();
    let mut directory = Vec::new();
    for entry in entries {
        let mut deflated = flate2::write::DeflateEncoder::new(Vec::new(), Compression::default());
        deflated.write_all(&entry.1)?;
        let deflated = deflated.finish()?;
        let common = common(entry, deflated.len());
        directory.extend(CENTRAL.to_le_bytes());
        directory.extend(20u16.to_le_bytes());
        directory.extend(&common);
        // No comment, first disk, nothing about the entry for the system; then where it begins.
        directory.extend([0; 10]);
        directory.extend((out.len() as u32).to_le_bytes());
        directory.extend(entry.0.as_bytes());
        out.extend(LOCAL.to_le_bytes());
        out.extend(&common);
        out.extend(entry.0.as_bytes());
        out.extend(deflated);
    }
    let (begins, count) = (out.len() as u32, entries.len() as u16);
    out.extend(&directory);
    out.extend(END.to_le_bytes());
    for short in [0, 0, count, count] {
        out.extend(short.to_le_bytes());
    }
    out.extend((directory.len() as u32).to_le_bytes());
    out.extend(begins.to_le_bytes());
    out.extend(0u16.to_le_bytes());
    Ok(out)
}

/// The entries of an archive whose name `wanted` takes, at most `largest` bytes in sum.
///
/// # Errors
/// What is wrong with it.
pub(super) fn unpack(
    bytes: &[u8],
    wanted: &dyn Fn(&str) -> bool,
    largest: usize,
) -> Result<Vec<Entry>, String> {
    // The end stands last, before a comment of at most 64 kB.
    let earliest = bytes.len().saturating_sub(22 + 0xffff);
    let end = (earliest..(bytes.len() + 1).saturating_sub(22))
        .rev()
        .find(|at| long(bytes, *at) == Ok(END))
        .ok_or("its directory is missing: it is cut off or no ZIP file")?;
    let count = usize::from(short(bytes, end + 10)?);
    if count > MOST_ENTRIES {
        return Err(format!(
            "it has {count} entries; at most {MOST_ENTRIES} are looked at"
        ));
    }
    let mut at = long(bytes, end + 16)? as usize;
    let mut left = largest;
    let mut entries = Vec::new();
    for _ in 0..count {
        if long(bytes, at)? != CENTRAL {
            return Err(SHORT.into());
        }
        let (method, packed, size) = (
            short(bytes, at + 10)?,
            long(bytes, at + 20)? as usize,
            long(bytes, at + 24)? as usize,
        );
        let [name_len, extra, comment] = [28, 30, 32].map(|field| short(bytes, at + field).map(usize::from));
        let name_len = name_len?;
        let name = String::from_utf8_lossy(part(bytes, at + 46, name_len)?).into_owned();
        let encrypted = short(bytes, at + 8)? & 1 == 1;
        let expected = long(bytes, at + 16)?;
        let local = long(bytes, at + 42)? as usize;
        at += 46 + name_len + extra? + comment?;
        if !wanted(&name) {
            continue;
        }
        if encrypted {
            return Err(format!("{name} is encrypted"));
        }
        left = left
            .checked_sub(size)
            .ok_or_else(|| format!("unpacked it is larger than {} MB", largest >> 20))?;
        // The entry's own header may have another extra field than the directory.
        let begins =
            local + 30 + usize::from(short(bytes, local + 26)?) + usize::from(short(bytes, local + 28)?);
        let body = part(bytes, begins, packed)?;
        let content = match method {
            0 => body.to_vec(),
            8 => {
                let mut content = Vec::new();
                // One byte more than it says, to notice if it holds more.
                flate2::read::DeflateDecoder::new(body)
                    .take(size as u64 + 1)
                    .read_to_end(&mut content)
                    .map_err(|e| format!("{name} cannot be unpacked: {e}"))?;
                content
            }
            other => {
                return Err(format!(
                    "{name} is packed by method {other}; only deflate is read"
                ));
            }
        };
        let mut crc = Crc::new();
        crc.update(&content);
        if content.len() != size || crc.sum() != expected {
            return Err(format!("{name} is damaged"));
        }
        entries.push((name, content));
    }
    Ok(entries)
}

const SHORT: &str = "it ends too early";

fn part(bytes: &[u8], at: usize, len: usize) -> Result<&[u8], String> {
    at.checked_add(len)
        .and_then(|end| bytes.get(at..end))
        .ok_or_else(|| SHORT.to_owned())
}

fn short(bytes: &[u8], at: usize) -> Result<u16, String> {
    let two = part(bytes, at, 2)?;
    Ok(u16::from_le_bytes([two[0], two[1]]))
}

fn long(bytes: &[u8], at: usize) -> Result<u32, String> {
    let four = part(bytes, at, 4)?;
    Ok(u32::from_le_bytes([four[0], four[1], four[2], four[3]]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_out_and_damage_is_named() {
        let entries = vec![
            ("a/b.txt".to_owned(), b"twelve times ".repeat(12)),
            ("\u{f6}.bin".to_owned(), Vec::new()),
        ];
        let packed = pack(&entries).unwrap();
        assert_eq!(unpack(&packed, &|_| true, 1 << 20).unwrap(), entries);
        assert_eq!(
            unpack(&packed, &|name| name.ends_with(".bin"), 10).unwrap(),
            entries[1..]
        );
        assert!(
            unpack(&packed, &|_| true, 10)
                .unwrap_err()
                .contains("larger than")
        );
        for cut in 0..packed.len() {
            assert!(
                unpack(&packed[..cut], &|_| true, 1 << 20).is_err(),
                "cut at {cut}"
            );
        }
        for at in 0..packed.len() {
            let mut other = packed.clone();
            other[at] ^= 0x41;
            // Whatever is damaged: no panic, and never other content under the same name.
            if let Ok(found) = unpack(&other, &|_| true, 1 << 20) {
                for (name, content) in found {
                    let same = entries.iter().find(|e| e.0 == name);
                    assert!(same.is_none_or(|e| e.1 == content), "damaged at {at}");
                }
            }
        }
    }
}
