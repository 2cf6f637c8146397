//! Columns: codes, numbers and texts, one value for each row.

use crate::buffer::Buffer;
use crate::dictionary::Code;

/// Codes of a category in the narrowest form that holds them.
#[derive(Debug)]
pub(crate) enum Codes {
    Narrow(Buffer<u8>),
    Wide(Buffer<u16>),
    Full(Buffer<u32>),
}

/// Runs the same code over whichever width a column has: `each_width!(codes, values => expression)`.
macro_rules! each_width {
    ($codes:expr, $values:ident => $run:expr) => {
        match $codes {
            $crate::column::Codes::Narrow($values) => {
                let $values: &[u8] = $values;
                $run
            }
            $crate::column::Codes::Wide($values) => {
                let $values: &[u16] = $values;
                $run
            }
            $crate::column::Codes::Full($values) => {
                let $values: &[u32] = $values;
                $run
            }
        }
    };
}
pub(crate) use each_width;

impl Codes {
    pub fn new(codes: Vec<Code>) -> Self {
        match codes.iter().max().copied().unwrap_or(0) {
            0..=0xff => Self::Narrow(codes.iter().map(|&c| c as u8).collect::<Vec<_>>().into()),
            0x100..=0xffff => Self::Wide(codes.iter().map(|&c| c as u16).collect::<Vec<_>>().into()),
            _ => Self::Full(codes.into()),
        }
    }

    pub fn get(&self, row: usize) -> Code {
        each_width!(self, values => Code::from(values[row]))
    }
}

/// Amounts or times. A missing one is stored as 0, so that sums need not look.
#[derive(Debug)]
pub(crate) struct Numbers {
    pub values: Buffer<i64>,
    /// One bit for each row, set where the value is missing; empty if none is.
    pub missing: Buffer<u64>,
}

impl Numbers {
    pub fn new(numbers: impl ExactSizeIterator<Item = Option<i64>>) -> Self {
        let mut missing = vec![0u64; numbers.len().div_ceil(64)];
        let mut values = Vec::with_capacity(numbers.len());
        for (row, value) in numbers.enumerate() {
            if value.is_none() {
                missing[row / 64] |= 1 << (row % 64);
            }
            values.push(value.unwrap_or(0));
        }
        if missing.iter().all(|&word| word == 0) {
            missing = Vec::new();
        }
        Self {
            values: values.into(),
            missing: missing.into(),
        }
    }

    pub fn get(&self, row: usize) -> Option<i64> {
        (self.missing_in(row / 64) >> (row % 64) & 1 == 0).then(|| self.values[row])
    }

    /// The missing rows of a block of 64.
    pub fn missing_in(&self, block: usize) -> u64 {
        self.missing.get(block).copied().unwrap_or(0)
    }
}

/// Texts one behind the other. Each block of 64 has its start, each text its end behind that start.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    pub starts: Buffer<u64>,
    pub ends: Buffer<u32>,
    pub blob: Buffer<u8>,
}

/// Makes [`Texts`] one by one.
#[derive(Debug, Default)]
pub(crate) struct TextsBuilder {
    starts: Vec<u64>,
    ends: Vec<u32>,
    blob: Vec<u8>,
}

impl TextsBuilder {
    pub fn with_capacity(texts: usize, bytes: usize) -> Self {
        Self {
            starts: Vec::with_capacity(texts.div_ceil(64)),
            ends: Vec::with_capacity(texts),
            blob: Vec::with_capacity(bytes),
        }
    }

    /// Appends a text. 64 of them stay below 4 GB, since a row's texts are limited to
    /// [`LONGEST_TEXT`](crate::schema::LONGEST_TEXT).
    pub fn push(&mut self, text: &[u8]) {
        if self.ends.len().is_multiple_of(64) {
            self.starts.push(self.blob.len() as u64);
        }
        self.blob.extend_from_slice(text);
        let start = self.starts.last().copied().unwrap_or(0);
        self.ends.push((self.blob.len() as u64 - start) as u32);
    }

    pub fn get(&self, index: usize) -> &[u8] {
        &self.blob[span(&self.starts, &self.ends, index)]
    }

    pub fn bytes(&self) -> usize {
        self.blob.len()
    }

    pub fn finish(self) -> Texts {
        Texts {
            starts: self.starts.into(),
            ends: self.ends.into(),
            blob: self.blob.into(),
        }
    }
}

fn span(starts: &[u64], ends: &[u32], index: usize) -> std::ops::Range<usize> {
    let start = starts[index / 64] as usize;
    let before = if index.is_multiple_of(64) {
        0
    } else {
        ends[index - 1] as usize
    };
    start + before..start + ends[index] as usize
}

impl Texts {
    /// The bytes of a text.
    pub fn bytes(&self, index: usize) -> &[u8] {
        &self.blob[span(&self.starts, &self.ends, index)]
    }

    /// A text that went in as one.
    pub fn get(&self, index: usize) -> &str {
        // Bytes from a file are not checked one by one when it is opened; a damaged text shows as empty.
        str::from_utf8(self.bytes(index)).unwrap_or_default()
    }

    pub fn owned_bytes(&self) -> usize {
        self.starts.owned_bytes() + self.ends.owned_bytes() + self.blob.owned_bytes()
    }
}
