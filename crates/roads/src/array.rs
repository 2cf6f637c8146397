//! A flat array that may be held as long as one likes: inside a mapped pack, kept alive by the pack itself, or owned.

use std::ops::Deref;
use std::sync::Arc;

use pack::{OpenError, Pack};

use crate::format;

/// A section of a pack, or values made in memory, as a slice. Cloning shares the values.
pub(crate) struct Array<T: 'static> {
    values: &'static [T],
    /// Keeps the values alive that `values` points at.
    _keeper: Keeper<T>,
}

enum Keeper<T> {
    Pack(#[allow(dead_code, reason = "held, not read")] Arc<Pack>),
    Own(#[allow(dead_code, reason = "held, not read")] Arc<Vec<T>>),
}

/// The road sections of one profile.
pub(crate) struct Sections {
    pub pack: Arc<Pack>,
    /// What stands before their names in place of [`crate::format::PREFIX`].
    pub prefix: String,
}

impl<T: bytemuck::AnyBitPattern> Array<T> {
    pub(crate) fn open(sections: &Sections, section: &str) -> Result<Self, OpenError> {
        let pack = &sections.pack;
        let values: &[T] = pack.slice(&format::renamed(section, &sections.prefix))?;
        // SAFETY: the slice lies in the pack's memory map, which neither moves nor changes while the pack
        // lives, and the `Arc` held beside it keeps the pack alive. `deref` shortens the lifetime again.
        let values: &'static [T] = unsafe { std::mem::transmute::<&[T], &'static [T]>(values) };
        Ok(Self {
            values,
            _keeper: Keeper::Pack(Arc::clone(pack)),
        })
    }
}

impl<T> From<Vec<T>> for Array<T> {
    fn from(values: Vec<T>) -> Self {
        let keeper = Arc::new(values);
        // SAFETY: nobody can change the vector inside the `Arc`, and the `Arc` held beside the slice keeps its
        // memory where it is. `deref` shortens the lifetime again.
        let values: &'static [T] = unsafe { std::mem::transmute::<&[T], &'static [T]>(keeper.as_slice()) };
        Self {
            values,
            _keeper: Keeper::Own(keeper),
        }
    }
}

impl<T> Clone for Array<T> {
    fn clone(&self) -> Self {
        Self {
            values: self.values,
            _keeper: match &self._keeper {
                Keeper::Pack(pack) => Keeper::Pack(Arc::clone(pack)),
                Keeper::Own(values) => Keeper::Own(Arc::clone(values)),
            },
        }
    }
}

impl<T> Deref for Array<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        self.values
    }
}
