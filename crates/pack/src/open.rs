//! Opening and verifying.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::{ALIGN, MAGIC, VERSION};

/// Why a pack, or a section of one, is refused.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file cannot be opened or mapped.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is no pack at all, or cut short.
    #[error("{}: not a map pack ({reason}); build one with `bailiwick map build`", path.display())]
    NotAPack {
        /// The file.
        path: PathBuf,
        /// What was found instead.
        reason: String,
    },
    /// The pack was made by another version.
    #[error("{}: map pack of version {found}, this program reads version {VERSION}; rebuild it with `bailiwick map build`", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// The version it carries.
        found: u32,
    },
    /// A section is missing, damaged, or does not mean what it should.
    #[error("map pack section `{section}`: {reason}; rebuild the pack with `bailiwick map build`")]
    Section {
        /// Its name.
        section: String,
        /// What is wrong.
        reason: String,
    },
}

/// An open pack: a memory map and its table of contents.
#[derive(Debug)]
pub struct Pack {
    map: memmap2::Mmap,
    sections: BTreeMap<String, Entry>,
    contents_at: usize,
    hash: [u8; 32],
}

#[derive(Debug)]
struct Entry {
    bytes: Range<usize>,
    sha256: [u8; 32],
}

impl Pack {
    /// Maps the file and checks magic, version and table of contents. Does not read the sections.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let io = |source| OpenError::Io {
            path: path.to_owned(),
            source,
        };
        let file = std::fs::File::open(path).map_err(io)?;
        // SAFETY: a pack is immutable once renamed into place; nobody writes to it while it is mapped.
        let map = unsafe { memmap2::Mmap::map(&file) }.map_err(io)?;
        let refuse = |reason: String| OpenError::NotAPack {
            path: path.to_owned(),
            reason,
        };
        let header: &[u8] = map
            .get(..ALIGN)
            .ok_or_else(|| refuse(format!("only {} bytes long", map.len())))?;
        if header[..8] != MAGIC {
            return Err(refuse("it does not begin as one".into()));
        }
        let found = u32::from_le_bytes(header[8..12].try_into().expect("four bytes"));
        if found != VERSION {
            return Err(OpenError::Version {
                path: path.to_owned(),
                found,
            });
        }
        if header[12..16] != [0; 4] {
            return Err(refuse("its header is damaged".into()));
        }
        let number = |at: usize| u64::from_le_bytes(header[at..at + 8].try_into().expect("eight bytes"));
        let (toc_at, toc_len) = (number(16) as usize, number(24) as usize);
        let toc = toc_at
            .checked_add(toc_len)
            .and_then(|end| map.get(toc_at..end))
            .ok_or_else(|| refuse("it was cut short before its table of contents".into()))?;
        if toc_at + toc_len != map.len() {
            return Err(refuse("it goes on after its table of contents".into()));
        }
        if Sha256::digest(toc)[..] != header[32..64] {
            return Err(refuse("its table of contents is damaged".into()));
        }
        let sections =
            read_contents(toc, toc_at).ok_or_else(|| refuse("its table of contents is malformed".into()))?;
        let hash = hash_of(&sections);
        Ok(Self {
            map,
            sections,
            contents_at: toc_at,
            hash,
        })
    }

    /// The bytes of a section, 64-byte aligned.
    pub fn section(&self, name: &str) -> Result<&[u8], OpenError> {
        let entry = self.sections.get(name).ok_or_else(|| OpenError::Section {
            section: name.to_owned(),
            reason: "is missing".into(),
        })?;
        Ok(&self.map[entry.bytes.clone()])
    }

    /// A section as a flat array.
    pub fn slice<T: bytemuck::AnyBitPattern>(&self, name: &str) -> Result<&[T], OpenError> {
        crate::slice_of(name, self.section(name)?)
    }

    /// Names and sizes in bytes of all sections, by name.
    pub fn sections(&self) -> impl Iterator<Item = (&str, usize)> {
        self.sections
            .iter()
            .map(|(name, e)| (name.as_str(), e.bytes.len()))
    }

    /// A hash of the names and bytes of all sections, wherever they lie in the file. Same input and
    /// program version, same hash.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        self.hash
    }

    /// [`Pack::hash`] in hexadecimal.
    #[must_use]
    pub fn hash_hex(&self) -> String {
        self.hash.iter().map(|b| format!("{b:02x}")).collect()
    }

    /// Reads every byte and compares checksums. Names the first damaged section.
    pub fn verify(&self) -> Result<(), OpenError> {
        let mut in_file: Vec<(&String, &Entry)> = self.sections.iter().collect();
        in_file.sort_by_key(|(_, entry)| (entry.bytes.start, entry.bytes.end));
        let starts = in_file.iter().map(|(_, entry)| entry.bytes.start).skip(1);
        for ((name, entry), next) in in_file.iter().zip(starts.chain([self.contents_at])) {
            let found: [u8; 32] = Sha256::digest(&self.map[entry.bytes.clone()]).into();
            if found != entry.sha256 {
                return Err(OpenError::Section {
                    section: (*name).clone(),
                    reason: "its checksum does not match, the file is damaged".into(),
                });
            }
            let filling = self.map.get(entry.bytes.end..next);
            if filling.is_none_or(|bytes| bytes.iter().any(|b| *b != 0)) {
                return Err(OpenError::Section {
                    section: (*name).clone(),
                    reason: "what follows it is not empty, the file is damaged".into(),
                });
            }
        }
        Ok(())
    }
}

fn hash_of(sections: &BTreeMap<String, Entry>) -> [u8; 32] {
    let mut hash = Sha256::new();
    for (name, entry) in sections {
        hash.update((name.len() as u64).to_le_bytes());
        hash.update(name);
        hash.update((entry.bytes.len() as u64).to_le_bytes());
        hash.update(entry.sha256);
    }
    hash.finalize().into()
}

/// Entries are: name length u16, name, offset u64, length u64, sha-256.
fn read_contents(mut toc: &[u8], sections_end: usize) -> Option<BTreeMap<String, Entry>> {
    let mut sections = BTreeMap::new();
    while !toc.is_empty() {
        let (len, rest) = toc.split_first_chunk::<2>()?;
        let (name, rest) = rest.split_at_checked(usize::from(u16::from_le_bytes(*len)))?;
        let (offset, rest) = rest.split_first_chunk::<8>()?;
        let (length, rest) = rest.split_first_chunk::<8>()?;
        let (sha256, rest) = rest.split_first_chunk::<32>()?;
        let start = usize::try_from(u64::from_le_bytes(*offset)).ok()?;
        let end = start.checked_add(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
        if end > sections_end || !start.is_multiple_of(ALIGN) {
            return None;
        }
        let name = String::from_utf8(name.to_vec()).ok()?;
        let entry = Entry {
            bytes: start..end,
            sha256: *sha256,
        };
        if sections.insert(name, entry).is_some() {
            return None;
        }
        toc = rest;
    }
    Some(sections)
}
