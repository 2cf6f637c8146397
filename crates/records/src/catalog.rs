//! Which record types are there, and what do they consist of? Declarations in TOML become [`Catalog`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::additions::Additions;

/// A declaration that cannot be used. Names the type and the field.
#[derive(Debug, thiserror::Error)]
pub enum DeclarationError {
    /// The text is not TOML or has an unknown key.
    #[error("declaration {position} cannot be read: {reason}")]
    Unreadable {
        /// Number of the declaration in the list, from 1.
        position: usize,
        /// What the parser said.
        reason: String,
    },
    /// A declaration contradicts itself or another one.
    #[error("record type {type_name}: {reason}")]
    Wrong {
        /// The record type.
        type_name: String,
        /// What is wrong and what would be right.
        reason: String,
    },
}

/// What a field holds. `README.md` lists the column and the JSON form of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// One line of text, at most `max` characters (500 when not given).
    Text,
    /// Many lines, at most `max` characters (100,000 when not given).
    LongText,
    /// One of `choices`.
    Choice,
    /// True or false.
    Boolean,
    /// A whole number, −2⁵³..2⁵³ so that every JSON reader keeps it.
    Integer,
    /// A finite decimal number.
    Number,
    /// An amount in minor units (cents) of the record's currency.
    Money,
    /// A moment: integer milliseconds since 1970 UTC.
    Instant,
    /// A day without a time zone, `2026-07-01`.
    Date,
    /// The id of a record of type `to`.
    Link,
    /// Any JSON of at most 1 MB.
    Json,
    /// An e-mail address.
    Email,
    /// A telephone number, as typed or E.164.
    Phone,
    /// A web address.
    Url,
    /// OpenStreetMap's opening_hours syntax; parsed by the feature, not here.
    OpeningHours,
}

impl Kind {
    /// Stored in a `text` column.
    #[must_use]
    pub fn is_text(self) -> bool {
        self.column_type() == ColumnType::Text
    }

    /// Free text that a person types, so that folding case and accents helps to find it.
    #[must_use]
    pub fn is_foldable(self) -> bool {
        matches!(
            self,
            Self::Text | Self::LongText | Self::Email | Self::Phone | Self::Url
        )
    }

    /// Text of which a part can go and the rest still means something.
    pub(crate) fn is_prose(self) -> bool {
        matches!(self, Self::Text | Self::LongText | Self::Json)
    }

    /// Has an order a person understands.
    #[must_use]
    pub fn is_sortable(self) -> bool {
        !matches!(self, Self::Json | Self::LongText | Self::OpeningHours)
    }

    /// The type of its column.
    #[must_use]
    pub fn column_type(self) -> ColumnType {
        match self {
            Self::Boolean => ColumnType::Boolean,
            Self::Integer | Self::Money | Self::Instant => ColumnType::Bigint,
            Self::Number => ColumnType::Double,
            _ => ColumnType::Text,
        }
    }
}

/// What a deletion does to the records that link to the deleted one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnDelete {
    /// It is refused while one does.
    #[default]
    Refuse,
    /// They are deleted with it, in the same change set.
    Cascade,
    /// Their link is emptied.
    Clear,
    /// They stay and go on pointing to it: they are its past, and say of themselves when they ended.
    Keep,
}

/// What an erasure leaves of a personal text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnErase {
    /// Nothing, or a word that says so where something has to stand.
    #[default]
    Replace,
    /// A salted digest: whoever still has the text can show that it is the one that was on record.
    Digest,
}

/// The four column types that mean the same on SQLite and PostgreSQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    /// `text`
    Text,
    /// `bigint`
    Bigint,
    /// `double precision`
    Double,
    /// `boolean`
    Boolean,
}

/// A text in the languages of the user interface.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Label {
    /// English.
    pub en: String,
    /// German.
    pub de: String,
}

/// One declared field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// The name in SQL, Rust, JSON and on the wire; set from the table's key.
    #[serde(default)]
    pub name: String,
    /// What it holds.
    pub kind: Kind,
    /// Must not be missing, null or empty.
    #[serde(default)]
    pub required: bool,
    /// No two present records have the same value; the database holds the rule.
    #[serde(default)]
    pub unique: bool,
    /// Largest number of characters, or largest value of a number.
    #[serde(default)]
    pub max: Option<i64>,
    /// Smallest value of a number.
    #[serde(default)]
    pub min: Option<i64>,
    /// The allowed values of a choice.
    #[serde(default)]
    pub choices: Vec<String>,
    /// The record type a link points to; a link to a type nobody declared is a plain id.
    #[serde(default)]
    pub to: Option<String>,
    /// Of a link: what happens when the record it points to is deleted.
    #[serde(default)]
    pub on_delete: OnDelete,
    /// SI unit, for display.
    #[serde(default)]
    pub unit: Option<String>,
    /// What a person reads.
    #[serde(default)]
    pub label: Label,
    /// Personal data: replaced by an erasure.
    #[serde(default)]
    pub personal: bool,
    /// What the erasure leaves.
    #[serde(default)]
    pub on_erase: OnErase,
    /// Found by text search.
    #[serde(default)]
    pub search: bool,
    /// Lists may be sorted by it.
    #[serde(default)]
    pub sort: bool,
    /// Column names of other programs' exports that mean this field.
    #[serde(default)]
    pub import: Vec<String>,
    /// Only the program sets it; a change by a user's request is a fault.
    #[serde(default)]
    pub read_only: bool,
    /// `link.field`: follows a link of this record. Whenever the link is set, the value is taken from the record it
    /// points to, in the same write, by whatever door it came. Read-only.
    #[serde(default)]
    pub copy: Option<String>,
    /// Of a read-only text: the beginning of a running number, `Q-`. A new record without a value gets the next one of
    /// the year, `Q-2026-00017`; a number that was given once is never given again.
    #[serde(default)]
    pub sequence: Option<String>,
    /// What a person reads for each of `choices`; a choice without words is shown as it is.
    #[serde(default)]
    pub words: BTreeMap<String, Label>,
    /// An administrator added it; set by [`Catalog::with`].
    #[serde(default)]
    pub custom: bool,
    /// Of an added field: no longer shown or written; its values stay on record.
    #[serde(default)]
    pub retired: bool,
}

impl Field {
    /// Has a column `NAME_folded` beside it.
    #[must_use]
    pub fn is_folded(&self) -> bool {
        self.kind.is_foldable() && (self.search || self.sort)
    }

    /// Name of that column.
    #[must_use]
    pub fn folded_column(&self) -> String {
        format!("{}_folded", self.name)
    }
}

/// Who sees what: SQL predicates over the alias `r`, with `$viewer` for the user's id. A scope without a
/// predicate gives nothing; `all` is always everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rights {
    /// The record is the viewer's own.
    pub own: Option<String>,
    /// The record is of the viewer's team.
    pub team: Option<String>,
    /// The record lies in a territory of the viewer.
    pub territory: Option<String>,
}

/// Which fields make two records look like the same thing. Kept as data for the features.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Duplicates {
    /// Names of fields.
    #[serde(default)]
    pub fields: Vec<String>,
}

/// One declared record type.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RecordType {
    /// Name in the singular, `account`.
    pub name: String,
    /// Its table, `accounts`; the twin is `accounts_history`.
    pub table: String,
    /// What a person calls one.
    pub label: Label,
    /// What a person calls many.
    pub plural: Label,
    /// The field shown as a record's name.
    pub title: Option<String>,
    /// The declared fields and, with `[place]`, `lng` and `lat`; with `[validity]`, `valid_from` and
    /// `valid_to`. In the order of the declaration.
    pub fields: Vec<Field>,
    /// Has a place: the columns `lng`, `lat`, `cell`.
    pub place: bool,
    /// Has a validity: the columns `valid_from`, `valid_to`.
    pub validity: bool,
    /// An administrator added it, see [`Catalog::with`].
    pub custom: bool,
    /// Of an added type: no longer shown or written; its records stay.
    pub retired: bool,
    /// Follows from other records and is put right by its feature after every change: it never blocks an undo.
    pub derived: bool,
    /// The part of the program that its records belong to on screen, `sales`; none for what has a screen of its own.
    pub area: Option<String>,
    /// The fields that a list shows, in their order; none: the title and what it can be sorted by.
    pub list: Vec<String>,
    /// The field by which records stand in columns of a board.
    pub board: Option<String>,
    /// Who sees what.
    pub rights: Rights,
    /// What makes a duplicate.
    pub duplicates: Duplicates,
}

impl RecordType {
    /// The fields that follow a link: (field, the link here, the field there).
    pub(crate) fn copies(&self) -> impl Iterator<Item = (&Field, &str, &str)> {
        self.fields.iter().filter_map(|f| {
            let (link, there) = f.copy.as_deref()?.split_once('.')?;
            Some((f, link, there))
        })
    }

    /// The field of a name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|f| f.name == name)
    }

    /// The twin's table.
    #[must_use]
    pub fn history_table(&self) -> String {
        format!("{}_history", self.table)
    }

    /// Every column of the table: the common ones, then the fields and their folded columns. The same
    /// order everywhere in this crate.
    #[must_use]
    pub fn columns(&self) -> Vec<(String, ColumnType)> {
        use ColumnType::{Bigint, Text};
        let mut columns: Vec<(String, ColumnType)> = [
            ("id", Text),
            ("version", Bigint),
            ("recorded_at", Bigint),
            ("changed_by", Text),
            ("change_set", Text),
            ("salt", Text),
            ("custom", Text),
        ]
        .map(|(name, kind)| (name.to_string(), kind))
        .to_vec();
        columns.extend(self.fields.iter().map(|f| (f.name.clone(), f.kind.column_type())));
        if self.place {
            columns.push(("cell".to_string(), Bigint));
        }
        columns.extend(
            self.fields
                .iter()
                .filter(|f| f.is_folded())
                .map(|f| (f.folded_column(), Text)),
        );
        columns
    }
}

/// All record types of a program.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    types: Vec<RecordType>,
    additions: Additions,
}

impl Catalog {
    /// Reads declarations, one TOML text each, and checks them against each other.
    ///
    /// # Errors
    /// [`DeclarationError`] with the position or the type's name, the field and the reason.
    pub fn parse(declarations: &[&str]) -> Result<Self, DeclarationError> {
        let types = crate::declare::built_types(declarations)?;
        crate::declare::check(&types)?;
        Ok(Self::of(types, Additions::default()))
    }

    pub(crate) fn of(types: Vec<RecordType>, additions: Additions) -> Self {
        Self { types, additions }
    }

    /// What was added to the program's own types.
    #[must_use]
    pub fn additions(&self) -> &Additions {
        &self.additions
    }

    /// The type of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&RecordType> {
        self.types.iter().find(|t| t.name == name)
    }

    /// All types, in the order of their declarations.
    pub fn iter(&self) -> impl Iterator<Item = &RecordType> {
        self.types.iter()
    }

    /// Every link field that points to a type: (owner of the field, field).
    pub fn links_to<'a>(&'a self, name: &'a str) -> impl Iterator<Item = (&'a RecordType, &'a Field)> {
        self.types.iter().flat_map(move |t| {
            t.fields
                .iter()
                .filter(move |f| f.kind == Kind::Link && f.to.as_deref() == Some(name))
                .map(move |f| (t, f))
        })
    }
}
