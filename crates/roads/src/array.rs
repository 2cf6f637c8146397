//! A flat array inside a mapped pack, kept alive by the pack itself.

use std::ops::Deref;
use std::sync::Arc;

use pack::{OpenError, Pack};

/// A section of a pack as a slice that may be held as long as one likes.
pub(crate) struct Array<T: 'static> {
    values: &'static [T],
    /// Keeps the memory map alive; `values` points into it.
    _pack: Arc<Pack>,
}

impl<T: bytemuck::AnyBitPattern> Array<T> {
    pub(crate) fn open(pack: &Arc<Pack>, section: &str) -> Result<Self, OpenError> {
        let values: &[T] = pack.slice(section)?;
        // SAFETY: the slice lies in the pack's memory map, which neither moves nor changes while the pack
        // lives, and the `Arc` held beside it keeps the pack alive. `deref` shortens the lifetime again.
        let values: &'static [T] = unsafe { std::mem::transmute::<&[T], &'static [T]>(values) };
        Ok(Self {
            values,
            _pack: Arc::clone(pack),
        })
    }
}

impl<T> Deref for Array<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        self.values
    }
}
