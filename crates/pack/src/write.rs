//! Writing a pack: to a temporary name, synced, then renamed.

use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::{ALIGN, MAGIC, VERSION};

/// A named block of bytes that an engine built and wants kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// `engine/part`, unique in the pack.
    pub name: String,
    /// Flat little-endian data.
    pub bytes: Vec<u8>,
}

impl Section {
    /// A section from a flat array.
    pub fn new<T: bytemuck::NoUninit>(name: impl Into<String>, values: &[T]) -> Self {
        Self {
            name: name.into(),
            bytes: crate::bytes_of(values).to_vec(),
        }
    }
}

/// Why a pack could not be written. The target is untouched then.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The disk is full, the folder is missing, …
    #[error("writing map pack {}: {source}", path.display())]
    Io {
        /// The pack's final path.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Two sections of one name.
    #[error("map pack section `{0}` was written twice")]
    Twice(String),
}

/// Writes sections one after the other. Dropped before [`Writer::finish`], it removes what it wrote.
#[derive(Debug)]
pub struct Writer {
    path: PathBuf,
    temporary: PathBuf,
    file: Option<BufWriter<std::fs::File>>,
    at: u64,
    contents: Vec<(String, u64, u64, [u8; 32])>,
}

impl Writer {
    /// Begins a pack that will appear at `path`.
    pub fn create(path: &Path) -> Result<Self, WriteError> {
        let mut temporary = path.as_os_str().to_owned();
        temporary.push(format!(".{}.tmp", std::process::id()));
        let temporary = PathBuf::from(temporary);
        let io = |source| WriteError::Io {
            path: path.to_owned(),
            source,
        };
        let mut file = BufWriter::new(std::fs::File::create(&temporary).map_err(io)?);
        file.write_all(&[0; ALIGN]).map_err(io)?;
        Ok(Self {
            path: path.to_owned(),
            temporary,
            file: Some(file),
            at: ALIGN as u64,
            contents: Vec::new(),
        })
    }

    /// Adds a section.
    pub fn section(&mut self, section: &Section) -> Result<(), WriteError> {
        if self.contents.iter().any(|c| c.0 == section.name) {
            return Err(WriteError::Twice(section.name.clone()));
        }
        let offset = self.at;
        self.put(&section.bytes)?;
        self.pad()?;
        let sha256 = Sha256::digest(&section.bytes).into();
        self.contents
            .push((section.name.clone(), offset, section.bytes.len() as u64, sha256));
        Ok(())
    }

    /// Writes table of contents and header, syncs, and renames into place.
    pub fn finish(mut self) -> Result<(), WriteError> {
        // In order of name, as the reader hashes them.
        self.contents.sort();
        let mut toc = Vec::new();
        for (name, offset, length, sha256) in &self.contents {
            toc.extend((name.len() as u16).to_le_bytes());
            toc.extend(name.as_bytes());
            toc.extend(offset.to_le_bytes());
            toc.extend(length.to_le_bytes());
            toc.extend(sha256);
        }
        let toc_at = self.at;
        self.put(&toc)?;
        let mut header = Vec::with_capacity(ALIGN);
        header.extend(MAGIC);
        header.extend(VERSION.to_le_bytes());
        header.extend([0; 4]);
        header.extend(toc_at.to_le_bytes());
        header.extend((toc.len() as u64).to_le_bytes());
        header.extend(Sha256::digest(&toc));
        let placed = self.place(&header);
        placed.map_err(|source| WriteError::Io {
            path: self.path.clone(),
            source,
        })
    }

    fn place(&mut self, header: &[u8]) -> std::io::Result<()> {
        let mut file = self.file.take().expect("a writer is finished once");
        file.seek(SeekFrom::Start(0))?;
        file.write_all(header)?;
        let file = file.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        file.sync_all()?;
        std::fs::rename(&self.temporary, &self.path)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), WriteError> {
        let file = self.file.as_mut().expect("a writer is finished once");
        file.write_all(bytes).map_err(|source| WriteError::Io {
            path: self.path.clone(),
            source,
        })?;
        self.at += bytes.len() as u64;
        Ok(())
    }

    fn pad(&mut self) -> Result<(), WriteError> {
        let missing = (ALIGN - (self.at as usize % ALIGN)) % ALIGN;
        self.put(&[0; ALIGN][..missing])
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // After a successful rename there is nothing left under this name.
        let _ = std::fs::remove_file(&self.temporary);
    }
}
