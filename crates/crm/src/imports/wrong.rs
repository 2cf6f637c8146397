//! What is wrong with a cell: a code and its parameters for screens in any language, and the sentence in English.

use std::collections::BTreeMap;

/// What is wrong, and what would be right.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Wrong {
    /// Stable, for programs: `whole-number`, `one-of`.
    pub code: &'static str,
    /// What stands in the gaps of the sentence.
    pub params: BTreeMap<String, String>,
    /// In English.
    pub message: String,
}

impl Wrong {
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            params: BTreeMap::new(),
            message: message.into(),
        }
    }

    /// With what stands in a gap.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.params.insert(name.to_owned(), value.into());
        self
    }
}
