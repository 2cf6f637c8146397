//! What a feature knows about its records: pure functions that run inside every write.

use std::collections::BTreeMap;
use std::sync::Arc;

use geom::Timestamp;
use serde_json::{Map, Value};

use crate::{Fault, Record};

/// Looks at the record before (`None` when it is new) and at the values after, which it may change
/// (derived fields, defaults, read-only fields), or refuses them.
pub type Rule =
    dyn Fn(Option<&Record>, &mut Map<String, Value>, Timestamp) -> Result<(), Vec<Fault>> + Send + Sync;

/// The rules of all features, by record type, run in the order they were given. They do not run in an
/// undo, which brings back what was there.
#[derive(Clone, Default)]
pub struct Rules {
    by_type: BTreeMap<String, Vec<(Of, Arc<Rule>)>>,
}

/// Whose writes a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    Everybody,
    People,
}

impl Rules {
    /// None.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// One more rule for a type.
    #[must_use]
    pub fn on<F>(self, type_name: &str, rule: F) -> Self
    where
        F: Fn(Option<&Record>, &mut Map<String, Value>, Timestamp) -> Result<(), Vec<Fault>>
            + Send
            + Sync
            + 'static,
    {
        self.add(type_name, Of::Everybody, Arc::new(rule))
    }

    /// One more rule for what people write of a type; what the program does with it, as when it merges two records, is
    /// free of it.
    #[must_use]
    pub fn on_people<F>(self, type_name: &str, rule: F) -> Self
    where
        F: Fn(Option<&Record>, &mut Map<String, Value>, Timestamp) -> Result<(), Vec<Fault>>
            + Send
            + Sync
            + 'static,
    {
        self.add(type_name, Of::People, Arc::new(rule))
    }

    fn add(mut self, type_name: &str, of: Of, rule: Arc<Rule>) -> Self {
        self.by_type
            .entry(type_name.to_string())
            .or_default()
            .push((of, rule));
        self
    }

    /// Some rule looks at the type.
    pub(crate) fn look_at(&self, type_name: &str) -> bool {
        self.by_type.contains_key(type_name)
    }

    /// Runs a type's rules; the first that refuses ends it.
    pub(crate) fn apply(
        &self,
        type_name: &str,
        before: Option<&Record>,
        after: &mut Map<String, Value>,
        is_system: bool,
        now: Timestamp,
    ) -> Result<(), Vec<Fault>> {
        for (of, rule) in self.by_type.get(type_name).into_iter().flatten() {
            if *of == Of::Everybody || !is_system {
                rule(before, after, now)?;
            }
        }
        Ok(())
    }
}
