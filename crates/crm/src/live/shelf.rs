//! Where derived data is kept between two runs. Whoever starts the application says where; this crate opens
//! no files.

use std::io::{self, Write};
use std::sync::Arc;

/// Bytes as they were put there.
pub type Stored = Arc<dyn AsRef<[u8]> + Send + Sync>;

/// A place for a few large things that can be made anew when they are lost.
pub trait Shelf: Send + Sync {
    /// What was put there under a name; `None` if there is nothing. The bytes begin at a multiple of 8.
    ///
    /// # Errors
    /// As reading fails.
    fn read(&self, name: &str) -> io::Result<Option<Stored>>;

    /// Puts something there in the place of what was there, all of it or none.
    ///
    /// # Errors
    /// As writing fails; what was there before stays.
    fn write(&self, name: &str, fill: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>) -> io::Result<()>;
}
