//! Bytes under their own digest in a folder.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::App;
use crate::channels::hexadecimal;
use crate::problem::Problem;

/// The folder.
#[derive(Clone, Debug)]
pub(crate) struct Vault {
    folder: PathBuf,
}

impl Vault {
    /// The one of the settings.
    pub fn of(app: &App) -> Result<Self, Problem> {
        let folder = app.settings.channels.files.clone().ok_or_else(|| {
            Problem::new(
                axum::http::StatusCode::SERVICE_UNAVAILABLE,
                "no-file-folder",
                "There is no folder for files. Name one with BAILIWICK_FILES and start again.",
            )
        })?;
        Ok(Self { folder })
    }

    #[cfg(test)]
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
        }
    }

    fn path(&self, digest: &str) -> Option<PathBuf> {
        let whole = digest.len() == 64
            && digest
                .bytes()
                .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        whole.then(|| self.folder.join(&digest[..2]).join(&digest[2..]))
    }

    /// Puts bytes away for good; gives their SHA-256.
    pub fn put(&self, bytes: &[u8]) -> io::Result<String> {
        let digest = hexadecimal(&Sha256::digest(bytes));
        let path = self
            .path(&digest)
            .ok_or_else(|| io::Error::other("a digest has 64 digits"))?;
        if fs::metadata(&path).is_ok_and(|m| m.len() == bytes.len() as u64) {
            return Ok(digest);
        }
        let folder = path.parent().unwrap_or(&self.folder);
        fs::create_dir_all(folder)?;
        // Under another name first: whoever finds the digest's name finds all its bytes.
        let begun = folder.join(format!(".{}", records::new_id()));
        let written = write_whole(&begun, bytes).and_then(|()| fs::rename(&begun, &path));
        if written.is_err() {
            // The half that was written is of no use; that it cannot be removed is said by the first error.
            let _ = fs::remove_file(&begun);
        }
        written.map(|()| digest)
    }

    /// Takes the bytes of a digest away; whether there were any.
    pub fn remove(&self, digest: &str) -> io::Result<bool> {
        let Some(path) = self.path(digest) else {
            return Ok(false);
        };
        match fs::remove_file(&path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The bytes of a digest; `None` where there are none.
    pub fn get(&self, digest: &str) -> io::Result<Option<Vec<u8>>> {
        let Some(path) = self.path(digest) else {
            return Ok(None);
        };
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        if hexadecimal(&Sha256::digest(&bytes)) != digest {
            return Err(io::Error::other(format!(
                "{} is not what was written there",
                path.display()
            )));
        }
        Ok(Some(bytes))
    }
}

fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = fs::File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
