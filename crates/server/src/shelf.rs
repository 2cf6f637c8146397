//! Derived data kept in a folder beside the database, so that the next start need not make it again.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crm::{Shelf, Stored};

/// A folder with a file for each thing.
pub struct Folder(PathBuf);

impl Folder {
    /// Beside a database in a file: `bailiwick.sqlite.kept` beside `bailiwick.sqlite`. None for a database on
    /// a server, which has nothing beside it here.
    pub fn beside(database: &str) -> Option<Arc<dyn Shelf>> {
        if database.starts_with("postgres:") || database.starts_with("postgresql:") {
            return None;
        }
        let path = database.strip_prefix("sqlite:").unwrap_or(database);
        let path = path.strip_prefix("//").unwrap_or(path);
        Some(Arc::new(Self(PathBuf::from(format!("{path}.kept")))))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(Path::new(name))
    }
}

impl Shelf for Folder {
    fn read(&self, name: &str) -> io::Result<Option<Stored>> {
        match fs::read(self.path(name)) {
            Ok(bytes) => Ok(Some(Arc::new(bytes))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn write(&self, name: &str, fill: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        fs::create_dir_all(&self.0)?;
        let unfinished = self.path(&format!("{name}.new"));
        let mut file = BufWriter::with_capacity(1 << 20, File::create(&unfinished)?);
        let written = fill(&mut file).and_then(|()| file.into_inner()?.sync_all());
        if let Err(error) = written {
            // What is left of it is of no use; the error that counts is the first.
            let _ = fs::remove_file(&unfinished);
            return Err(error);
        }
        fs::rename(unfinished, self.path(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thing_is_there_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("a.sqlite").display().to_string();
        let shelf = Folder::beside(&database).expect("a database in a file");
        assert!(shelf.read("thing").unwrap().is_none());
        shelf.write("thing", &mut |to| to.write_all(b"first")).unwrap();
        let cut_short = shelf.write("thing", &mut |to| {
            to.write_all(b"sec")?;
            Err(io::Error::other("the disk is full"))
        });
        assert!(cut_short.is_err());
        let read = shelf.read("thing").unwrap().expect("it was put there");
        assert_eq!((*read).as_ref(), b"first");
        assert!(Folder::beside("postgres://localhost/crm").is_none());
    }
}
