//! Which record types are there, and what do they consist of? Declarations in TOML become [`Catalog`].

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

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
    /// SI unit, for display.
    #[serde(default)]
    pub unit: Option<String>,
    /// What a person reads.
    #[serde(default)]
    pub label: Label,
    /// Personal data: replaced by an erasure.
    #[serde(default)]
    pub personal: bool,
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
    /// Who sees what.
    pub rights: Rights,
    /// What makes a duplicate.
    pub duplicates: Duplicates,
}

impl RecordType {
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
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Declaration {
    name: String,
    table: String,
    #[serde(default)]
    label: Label,
    #[serde(default)]
    plural: Label,
    title: Option<String>,
    #[serde(default)]
    fields: toml::Table,
    place: Option<Empty>,
    validity: Option<Empty>,
    #[serde(default)]
    rights: Rights,
    #[serde(default)]
    duplicates: Duplicates,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Empty {}

/// Names the engine gives out itself.
const TAKEN: &[&str] = &[
    "id",
    "version",
    "recorded_at",
    "changed_by",
    "change_set",
    "salt",
    "custom",
    "cell",
    "lng",
    "lat",
    "valid_from",
    "valid_to",
    "superseded_at",
    "superseded_by",
    "removed",
    "type_name",
    "geometry",
    "place",
];

impl Catalog {
    /// Reads declarations, one TOML text each, and checks them against each other.
    ///
    /// # Errors
    /// [`DeclarationError`] with the position or the type's name, the field and the reason.
    pub fn parse(declarations: &[&str]) -> Result<Self, DeclarationError> {
        let mut types = Vec::with_capacity(declarations.len());
        for (index, text) in declarations.iter().enumerate() {
            let unreadable = |reason: String| DeclarationError::Unreadable {
                position: index + 1,
                reason,
            };
            let declaration: Declaration = toml::from_str(text).map_err(|e| unreadable(e.to_string()))?;
            types.push(build(declaration)?);
        }
        let catalog = Self { types };
        catalog.check()?;
        Ok(catalog)
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

    fn check(&self) -> Result<(), DeclarationError> {
        let mut names = BTreeSet::new();
        let mut tables = BTreeMap::new();
        for t in &self.types {
            let wrong = |reason: String| DeclarationError::Wrong {
                type_name: t.name.clone(),
                reason,
            };
            if !names.insert(&t.name) {
                return Err(wrong("is declared twice".into()));
            }
            if let Some(other) = tables.insert(&t.table, &t.name) {
                return Err(wrong(format!("table {} already belongs to {other}", t.table)));
            }
        }
        Ok(())
    }
}

fn build(declaration: Declaration) -> Result<RecordType, DeclarationError> {
    let Declaration {
        name,
        table,
        label,
        plural,
        title,
        fields,
        place,
        validity,
        rights,
        duplicates,
    } = declaration;
    let wrong = |reason: String| DeclarationError::Wrong {
        type_name: name.clone(),
        reason,
    };
    for word in [&name, &table] {
        if !is_name(word) {
            return Err(wrong(format!(
                "{word:?} is not a lower-case name of letters, digits and _"
            )));
        }
    }
    let mut all = Vec::new();
    for (field_name, value) in fields {
        let mut field: Field = value
            .try_into()
            .map_err(|e: toml::de::Error| wrong(format!("field {field_name}: {}", e.message())))?;
        field.name = field_name;
        check_field(&field).map_err(|reason| wrong(format!("field {}: {reason}", field.name)))?;
        all.push(field);
    }
    if place.is_some() {
        all.push(implicit(
            "lng",
            Kind::Number,
            "Longitude",
            "Längengrad",
            Some((-180, 180)),
        ));
        all.push(implicit(
            "lat",
            Kind::Number,
            "Latitude",
            "Breitengrad",
            Some((-90, 90)),
        ));
    }
    if validity.is_some() {
        all.push(implicit(
            "valid_from",
            Kind::Instant,
            "Valid from",
            "Gültig ab",
            None,
        ));
        all.push(implicit(
            "valid_to",
            Kind::Instant,
            "Valid to",
            "Gültig bis",
            None,
        ));
    }
    let known = |field: &String| all.iter().any(|f| &f.name == field);
    for field in title.iter().chain(&duplicates.fields) {
        if !known(field) {
            return Err(wrong(format!(
                "title or duplicates name the field {field}, which is not declared"
            )));
        }
    }
    for predicate in [&rights.own, &rights.team, &rights.territory]
        .into_iter()
        .flatten()
    {
        if predicate.contains(';') || predicate.contains("--") || predicate.contains('?') {
            return Err(wrong(format!(
                "rights: {predicate:?} must be one predicate without ; -- or ?"
            )));
        }
        let other_parameter = predicate.replace("$viewer", "").contains('$');
        if other_parameter {
            return Err(wrong(format!(
                "rights: {predicate:?} may use no parameter but $viewer"
            )));
        }
    }
    Ok(RecordType {
        name,
        table,
        label,
        plural,
        title,
        fields: all,
        place: place.is_some(),
        validity: validity.is_some(),
        rights,
        duplicates,
    })
}

fn implicit(name: &str, kind: Kind, en: &str, de: &str, range: Option<(i64, i64)>) -> Field {
    Field {
        name: name.into(),
        kind,
        required: false,
        unique: false,
        max: range.map(|r| r.1),
        min: range.map(|r| r.0),
        choices: Vec::new(),
        to: None,
        unit: None,
        label: Label {
            en: en.into(),
            de: de.into(),
        },
        personal: false,
        search: false,
        sort: kind == Kind::Instant,
        import: Vec::new(),
        read_only: false,
    }
}

fn check_field(field: &Field) -> Result<(), String> {
    if !is_name(&field.name) {
        return Err("is not a lower-case name of letters, digits and _".into());
    }
    if TAKEN.contains(&field.name.as_str()) || field.name.ends_with("_folded") {
        return Err("the record engine uses this name itself".into());
    }
    match (field.kind, field.choices.is_empty()) {
        (Kind::Choice, true) => return Err("a choice needs choices".into()),
        (Kind::Choice, false) | (_, true) => {}
        (_, false) => return Err("only a choice has choices".into()),
    }
    if (field.kind == Kind::Link) != field.to.is_some() {
        return Err("a link, and only a link, needs `to`".into());
    }
    if field.sort && !field.kind.is_sortable() {
        return Err(format!(
            "a field of kind {:?} has no order to sort by",
            field.kind
        ));
    }
    if field.search && !field.kind.is_foldable() {
        return Err(format!(
            "a field of kind {:?} is not text to search in",
            field.kind
        ));
    }
    Ok(())
}

/// A name that may stand in SQL as it is. Declarations are part of the program or were checked when an
/// administrator saved them, and this keeps both honest.
fn is_name(word: &str) -> bool {
    word.len() <= 50
        && word.starts_with(|c: char| c.is_ascii_lowercase())
        && word
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}
