//! A column's memory: owned, or a stretch of bytes that the caller opened (a memory map).

use std::ops::Deref;
use std::sync::Arc;

use bytemuck::Pod;

/// Bytes that live as long as someone looks at them: a vector, a memory map.
pub(crate) type Bytes = Arc<dyn AsRef<[u8]> + Send + Sync>;

/// A column of plain values.
#[derive(Clone)]
pub(crate) enum Buffer<T> {
    Owned(Box<[T]>),
    /// Byte offset and number of values; checked when made.
    Shared {
        bytes: Bytes,
        start: usize,
        len: usize,
    },
}

impl<T: Pod> Buffer<T> {
    /// A stretch of shared bytes; `None` if it is not inside them or not aligned.
    pub fn shared(bytes: &Bytes, start: usize, len: usize) -> Option<Self> {
        let end = start.checked_add(len.checked_mul(size_of::<T>())?)?;
        let stretch = (**bytes).as_ref().get(start..end)?;
        bytemuck::try_cast_slice::<u8, T>(stretch).ok()?;
        Some(Self::Shared {
            bytes: Arc::clone(bytes),
            start,
            len,
        })
    }

    /// Bytes of memory that this column owns.
    pub fn owned_bytes(&self) -> usize {
        match self {
            Self::Owned(values) => size_of_val(&**values),
            Self::Shared { .. } => 0,
        }
    }
}

impl<T: Pod> Deref for Buffer<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        match self {
            Self::Owned(values) => values,
            Self::Shared { bytes, start, len } => {
                let stretch = &(**bytes).as_ref()[*start..*start + *len * size_of::<T>()];
                bytemuck::cast_slice(stretch)
            }
        }
    }
}

impl<T> From<Vec<T>> for Buffer<T> {
    fn from(values: Vec<T>) -> Self {
        Self::Owned(values.into_boxed_slice())
    }
}

impl<T> Default for Buffer<T> {
    fn default() -> Self {
        Self::Owned(Box::default())
    }
}

impl<T> std::fmt::Debug for Buffer<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Owned(values) => write!(f, "{} values", values.len()),
            Self::Shared { len, .. } => write!(f, "{len} shared values"),
        }
    }
}
