//! A ZIP archive (PKWARE APPNOTE 6.3.10), as much of it as files in memory need: deflated, names in UTF-8, no encryption,
//! under 4 GB and 65,535 files.

use std::io::{self, Write as _};

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

/// Version needed to read: 2.0, deflate.
const VERSION: u16 = 20;
/// Names are UTF-8.
const FLAGS: u16 = 1 << 11;
const DEFLATED: u16 = 8;
/// 1980-01-01: an archive of the same files is the same bytes.
const DAY: u16 = (1 << 5) | 1;

struct Entry {
    name: String,
    crc: u32,
    packed: u32,
    size: u32,
    at: u32,
}

/// An archive that grows.
#[derive(Default)]
pub(super) struct Zip {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
}

fn small(length: usize) -> io::Result<u32> {
    u32::try_from(length).map_err(|_| io::Error::other("more than 4 GB do not go into one archive"))
}

impl Zip {
    /// Adds a file. Names have `/` between folders; one that is there already gets a number.
    pub fn add(&mut self, name: &str, content: &[u8]) -> io::Result<()> {
        let mut own = name.to_owned();
        let mut number = 2;
        while self.entries.iter().any(|e| e.name == own) {
            let (stem, end) = name
                .rsplit_once('.')
                .map_or((name, String::new()), |(s, e)| (s, format!(".{e}")));
            own = format!("{stem} ({number}){end}");
            number += 1;
        }
        let mut crc = Crc::new();
        crc.update(content);
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(content)?;
        let packed = encoder.finish()?;
        let entry = Entry {
            name: own,
            crc: crc.sum(),
            packed: small(packed.len())?,
            size: small(content.len())?,
            at: small(self.bytes.len())?,
        };
        self.bytes.extend(0x0403_4b50_u32.to_le_bytes());
        self.bytes.extend(head(&entry)?);
        self.bytes.extend(0_u16.to_le_bytes());
        self.bytes.extend(entry.name.as_bytes());
        self.bytes.extend(packed);
        self.entries.push(entry);
        Ok(())
    }

    /// The whole archive.
    pub fn finish(mut self) -> io::Result<Vec<u8>> {
        let begin = self.bytes.len();
        for entry in &self.entries {
            self.bytes.extend(0x0201_4b50_u32.to_le_bytes());
            self.bytes.extend(VERSION.to_le_bytes());
            self.bytes.extend(head(entry)?);
            // No extra field, no comment, first disk, no attributes.
            self.bytes.extend([0; 2 + 2 + 2 + 2 + 4]);
            self.bytes.extend(entry.at.to_le_bytes());
            self.bytes.extend(entry.name.as_bytes());
        }
        let count = u16::try_from(self.entries.len())
            .map_err(|_| io::Error::other("more than 65,535 files do not go into one archive"))?;
        let (begin, size) = (small(begin)?, small(self.bytes.len() - begin)?);
        self.bytes.extend(0x0605_4b50_u32.to_le_bytes());
        self.bytes.extend([0; 4]);
        self.bytes.extend(count.to_le_bytes());
        self.bytes.extend(count.to_le_bytes());
        self.bytes.extend(size.to_le_bytes());
        self.bytes.extend(begin.to_le_bytes());
        self.bytes.extend([0; 2]);
        Ok(self.bytes)
    }
}

/// What the head of a file and its line in the directory have in common, up to the length of the name.
fn head(entry: &Entry) -> io::Result<Vec<u8>> {
    let length = u16::try_from(entry.name.len()).map_err(|_| io::Error::other("a name is too long"))?;
    let mut bytes = Vec::with_capacity(24);
    for word in [VERSION, FLAGS, DEFLATED, 0, DAY] {
        bytes.extend(word.to_le_bytes());
    }
    for word in [entry.crc, entry.packed, entry.size] {
        bytes.extend(word.to_le_bytes());
    }
    bytes.extend(length.to_le_bytes());
    Ok(bytes)
}

/// Reads an archive of this module again: name and content.
#[cfg(test)]
pub(super) fn unpack(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    use std::io::Read as _;
    let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes")) as usize;
    let half = |at: usize| {
        usize::from(u16::from_le_bytes(
            bytes[at..at + 2].try_into().expect("two bytes"),
        ))
    };
    let end = bytes.len() - 22;
    assert_eq!(word(end), 0x0605_4b50);
    let mut at = word(end + 16);
    let mut files = Vec::new();
    for _ in 0..half(end + 10) {
        assert_eq!(word(at), 0x0201_4b50);
        let (packed, size, length, local) = (word(at + 20), word(at + 24), half(at + 28), word(at + 42));
        let name = String::from_utf8(bytes[at + 46..at + 46 + length].to_vec()).expect("a name");
        assert_eq!(word(local), 0x0403_4b50);
        let from = local + 30 + half(local + 26) + half(local + 28);
        let mut content = Vec::new();
        flate2::read::DeflateDecoder::new(&bytes[from..from + packed])
            .read_to_end(&mut content)
            .expect("deflated bytes");
        let mut crc = Crc::new();
        crc.update(&content);
        assert_eq!(
            (content.len(), crc.sum() as usize),
            (size, word(at + 16)),
            "{name}"
        );
        files.push((name, content));
        at += 46 + length + half(at + 30) + half(at + 32);
    }
    files
}

#[cfg(test)]
mod tests {
    use super::{Zip, unpack};

    #[test]
    fn what_goes_in_comes_out() {
        let mut zip = Zip::default();
        zip.add("Müller/a.txt", b"one").unwrap();
        zip.add("Müller/a.txt", &[7; 100_000]).unwrap();
        zip.add("empty", b"").unwrap();
        let files = unpack(&zip.finish().unwrap());
        let names: Vec<&str> = files.iter().map(|f| f.0.as_str()).collect();
        assert_eq!(names, ["Müller/a.txt", "Müller/a (2).txt", "empty"]);
        assert_eq!(
            (files[0].1.as_slice(), files[1].1.len(), files[2].1.len()),
            (&b"one"[..], 100_000, 0)
        );
    }
}
