//! Messages that lie in a folder as `.eml` files, for a house without a mail server in reach.
//!
//! Whoever lays one down writes it under another name and renames it, so that no half of a message is read. A message
//! is read once: it goes to `done/`, or to `refused/` with the reason in a file beside it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::{Error, MOST_BYTES};

/// The folder.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
}

fn at<T>(path: &Path, result: io::Result<T>) -> Result<T, Error> {
    result.map_err(|source| Error::File {
        path: path.display().to_string(),
        source,
    })
}

impl Folder {
    /// Opens it; makes `done/` and `refused/`.
    ///
    /// # Errors
    /// [`Error::File`] when it is not there or cannot be written.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, Error> {
        let path = path.into();
        at(&path, fs::read_dir(&path))?;
        for inner in ["done", "refused"] {
            let inner = path.join(inner);
            at(&inner, fs::create_dir_all(&inner))?;
        }
        Ok(Self { path })
    }

    /// The messages that wait, by name. Links are not followed.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn waiting(&self) -> Result<Vec<PathBuf>, Error> {
        let mut found = Vec::new();
        for entry in at(&self.path, fs::read_dir(&self.path))? {
            let entry = at(&self.path, entry)?;
            let path = entry.path();
            let is_message = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("eml"));
            if is_message && entry.file_type().is_ok_and(|t| t.is_file()) {
                found.push(path);
            }
        }
        found.sort();
        Ok(found)
    }

    /// A message's bytes; one that is too large is not read and comes as `None`.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn read(&self, message: &Path) -> Result<Option<Vec<u8>>, Error> {
        let size = at(message, fs::metadata(message))?.len();
        if size > MOST_BYTES as u64 {
            return Ok(None);
        }
        at(message, fs::read(message)).map(Some)
    }

    /// It was taken: into `done/`.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn done(&self, message: &Path) -> Result<(), Error> {
        self.put(message, "done").map(|_| ())
    }

    /// It was refused: into `refused/`, with the reason beside it.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn refuse(&self, message: &Path, reason: &str) -> Result<(), Error> {
        let put = self.put(message, "refused")?;
        let note = put.with_extension("reason.txt");
        at(&note, fs::write(&note, format!("{reason}\n")))
    }

    fn put(&self, message: &Path, inner: &str) -> Result<PathBuf, Error> {
        let name = message
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let mut target = self.path.join(inner).join(&name);
        let mut number = 2;
        while target.exists() {
            let stem = name.strip_suffix(".eml").unwrap_or(&name);
            target = self.path.join(inner).join(format!("{stem} ({number}).eml"));
            number += 1;
        }
        at(message, fs::rename(message, &target))?;
        Ok(target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_read_once_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        put("b.eml", "second");
        put("a.eml", "first");
        put("c.tmp", "half");
        std::os::unix::fs::symlink("/etc/passwd", folder.path().join("d.eml")).unwrap();
        let inbox = Folder::open(folder.path()).unwrap();
        let waiting = inbox.waiting().unwrap();
        let names: Vec<_> = waiting
            .iter()
            .map(|p| p.file_name().unwrap().to_str().unwrap())
            .collect();
        assert_eq!(names, ["a.eml", "b.eml"]);
        assert_eq!(
            inbox.read(&waiting[0]).unwrap().as_deref(),
            Some(b"first".as_slice())
        );
        inbox.done(&waiting[0]).unwrap();
        inbox.refuse(&waiting[1], "no sender").unwrap();
        assert_eq!(inbox.waiting().unwrap(), Vec::<PathBuf>::new());
        // Another message of the same name takes nobody's place.
        put("a.eml", "third");
        inbox.done(&inbox.waiting().unwrap()[0]).unwrap();
        let kept = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
        assert_eq!(
            (kept("done/a.eml"), kept("done/a (2).eml")),
            ("first".into(), "third".into())
        );
        assert_eq!(kept("refused/b.eml"), "second");
        assert_eq!(kept("refused/b.reason.txt"), "no sender\n");
        assert!(Folder::open(folder.path().join("nowhere")).is_err());
    }
}
