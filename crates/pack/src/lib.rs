//! Where are the bytes of section X?
//!
//! A pack is one immutable file: a header, a table of contents and 64-byte aligned sections of flat
//! little-endian arrays. It is written to a temporary name and renamed when whole, opened by a memory
//! map and a check of header and contents, and verified section by section on request. It does not
//! know what the bytes mean. The layout is described in `FORMAT.md`.

#[cfg(target_endian = "big")]
compile_error!("packs are little-endian and mapped as they are");

mod open;
mod write;

pub use open::{OpenError, Pack};
pub use write::{Section, WriteError, Writer};

/// The version this program reads and writes. Any change of any section's layout raises it.
pub const VERSION: u32 = 1;

pub(crate) const MAGIC: [u8; 8] = *b"BAILIWIK";
pub(crate) const ALIGN: usize = 64;

/// A flat array as bytes, for a section.
pub fn bytes_of<T: bytemuck::NoUninit>(values: &[T]) -> &[u8] {
    bytemuck::cast_slice(values)
}

/// A section's bytes as a flat array. `Err` names what is wrong with length or alignment.
pub fn slice_of<'a, T: bytemuck::AnyBitPattern>(
    section: &str,
    bytes: &'a [u8],
) -> Result<&'a [T], OpenError> {
    bytemuck::try_cast_slice(bytes).map_err(|e| OpenError::Section {
        section: section.to_owned(),
        reason: format!(
            "{} bytes do not make whole entries of {} bytes ({e})",
            bytes.len(),
            size_of::<T>()
        ),
    })
}
