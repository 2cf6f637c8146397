//! ZIP archives of a few files.

use std::io::{Cursor, Read as _, Write as _};

use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

/// An entry: its name with folders, and what it holds.
pub(super) type Entry = (String, Vec<u8>);

/// Most entries that are looked at.
const MOST_ENTRIES: usize = 10_000;

/// An archive of these entries.
///
/// # Errors
/// Two of one name.
pub(super) fn pack(entries: &[Entry]) -> zip::result::ZipResult<Vec<u8>> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        archive.start_file(name.as_str(), SimpleFileOptions::default())?;
        archive.write_all(content)?;
    }
    Ok(archive.finish()?.into_inner())
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
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|e| e.to_string())?;
    if archive.len() > MOST_ENTRIES {
        return Err(format!(
            "it has {} entries; at most {MOST_ENTRIES} are looked at",
            archive.len()
        ));
    }
    let mut left = largest;
    let mut entries = Vec::new();
    for index in 0..archive.len() {
        let name = match archive.name_for_index(index) {
            Some(Ok(name)) if wanted(&name) => name.into_owned(),
            Some(Err(error)) => return Err(error.to_string()),
            _ => continue,
        };
        let part = archive.by_index(index).map_err(|e| format!("{name}: {e}"))?;
        let mut content = Vec::new();
        // What an entry says of its size is not believed.
        part.take(left as u64 + 1)
            .read_to_end(&mut content)
            .map_err(|e| format!("{name}: {e}"))?;
        left = left
            .checked_sub(content.len())
            .ok_or_else(|| format!("unpacked it is larger than {} MB", largest >> 20))?;
        entries.push((name, content));
    }
    Ok(entries)
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
        let half = &packed[..packed.len() / 2];
        assert!(unpack(half, &|_| true, 1 << 20).is_err());
        // One letter of the content: the checksum tells.
        let mut other = packed.clone();
        let at = 30 + "a/b.txt".len() + 3;
        other[at] ^= 0x41;
        assert!(unpack(&other, &|_| true, 1 << 20).is_err());
    }
}
