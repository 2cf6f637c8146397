//! Who looks, who changes, and how far their rights reach.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::sharing::Share;

/// How far a right reaches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Nothing.
    #[default]
    None,
    /// One's own records.
    Own,
    /// The records of one's team.
    Team,
    /// The records in one's territories.
    Territory,
    /// Every record.
    All,
}

/// What a viewer may do with one record type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Which records they see.
    pub read: Scope,
    /// Which they may change.
    pub write: Scope,
    /// Whether they may make new ones.
    pub create: bool,
    /// Which they may delete.
    pub delete: Scope,
}

impl Grant {
    /// Everything.
    pub const ALL: Self = Self {
        read: Scope::All,
        write: Scope::All,
        create: true,
        delete: Scope::All,
    };
}

/// Who looks, and what may they see?
#[derive(Clone, Debug, Default)]
pub struct Viewer {
    /// The user's id; `None` for the program itself.
    pub user_id: Option<String>,
    /// By record type; a type that is not here is hidden.
    pub grants: BTreeMap<String, Grant>,
    /// What is shared with them beside that, by record type.
    pub shared: BTreeMap<String, Vec<Share>>,
    /// The program acting by its own rules: sees and may do everything, may set read-only fields.
    pub is_system: bool,
}

impl Viewer {
    /// The program itself.
    #[must_use]
    pub fn system() -> Self {
        Self {
            is_system: true,
            ..Self::default()
        }
    }

    /// The program, acting in a user's name: every right, and the user's id in the history.
    #[must_use]
    pub fn system_for(user_id: impl Into<String>) -> Self {
        Self {
            user_id: Some(user_id.into()),
            ..Self::system()
        }
    }

    /// A user with grants.
    #[must_use]
    pub fn user(user_id: impl Into<String>, grants: impl IntoIterator<Item = (String, Grant)>) -> Self {
        Self {
            user_id: Some(user_id.into()),
            grants: grants.into_iter().collect(),
            shared: BTreeMap::new(),
            is_system: false,
        }
    }

    /// What is shared with them of a type.
    #[must_use]
    pub fn shares(&self, type_name: &str) -> &[Share] {
        self.shared.get(type_name).map_or(&[], Vec::as_slice)
    }

    /// What they may do with a type.
    #[must_use]
    pub fn grant(&self, type_name: &str) -> Grant {
        if self.is_system {
            return Grant::ALL;
        }
        self.grants.get(type_name).copied().unwrap_or_default()
    }
}

/// Who changes something, and why.
#[derive(Clone, Debug)]
pub struct Author {
    /// The rights, and the name in the history.
    pub viewer: Viewer,
    /// One word for the feed: api, import, geocode, plan, demo, …
    pub cause: String,
    /// What a person reads in the list of changes: "Import customers.csv".
    pub label: String,
    /// The change set this is a consequence of; it is undone with it and never blocks its undo.
    pub caused_by: Option<String>,
}

impl Author {
    /// An author with a cause and a label.
    #[must_use]
    pub fn new(viewer: Viewer, cause: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            viewer,
            cause: cause.into(),
            label: label.into(),
            caused_by: None,
        }
    }

    /// The program itself.
    #[must_use]
    pub fn system(cause: impl Into<String>, label: impl Into<String>) -> Self {
        Self::new(Viewer::system(), cause, label)
    }

    /// As a consequence of another change set.
    #[must_use]
    pub fn caused_by(mut self, change_set: impl Into<String>) -> Self {
        self.caused_by = Some(change_set.into());
        self
    }
}
