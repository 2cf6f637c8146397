//! One row on its way to records: what its cells say, what it links to, what is wrong with it.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::RowError;
use super::wrong::Wrong;

/// What a cell says of the record that a link points to.
#[derive(Clone, Debug)]
pub(super) struct LinkText {
    pub type_name: String,
    pub field: String,
    /// Header of the column.
    pub column: String,
    pub text: String,
    /// It is the other system's id, else a name or an e-mail address.
    pub by_number: bool,
}

/// One row as records: what its cells say, not yet who it is.
#[derive(Clone, Debug, Default)]
pub(super) struct Draft {
    /// Table, from 0.
    pub part: usize,
    /// Row of data, from 1.
    pub row: u64,
    /// Line in the file.
    pub line: u64,
    /// By record type.
    pub fields: BTreeMap<String, Map<String, Value>>,
    pub links: Vec<LinkText>,
    /// The other system's ids, by record type.
    pub external: BTreeMap<String, String>,
    /// A deal that was won or lost.
    pub won: Option<bool>,
    /// The cells as they were read, for the file of failed rows.
    pub cells: Vec<String>,
    pub errors: Vec<RowError>,
    /// What could not be taken, of a row that is imported.
    pub remarks: Vec<RowError>,
}

impl Draft {
    pub fn of(&self, type_name: &str) -> Option<&Map<String, Value>> {
        self.fields.get(type_name).filter(|f| !f.is_empty())
    }

    pub fn of_mut(&mut self, type_name: &str) -> &mut Map<String, Value> {
        self.fields.entry(type_name.to_owned()).or_default()
    }

    pub fn text(&self, type_name: &str, field: &str) -> &str {
        self.of(type_name)
            .and_then(|f| f.get(field))
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// Keeps a value that has no field of its own.
    pub fn keep(&mut self, type_name: &str, name: String, value: Value) {
        let custom = self
            .of_mut(type_name)
            .entry("custom")
            .or_insert_with(|| Map::new().into());
        if let Some(custom) = custom.as_object_mut() {
            custom.entry(name).or_insert(value);
        }
    }

    pub fn fault(&self, column: Option<&str>, read: &str, wrong: Wrong) -> RowError {
        RowError {
            part: self.part,
            row: self.row,
            line: self.line,
            column: column.map(str::to_owned),
            read: read.chars().take(200).collect(),
            message: wrong.message,
            code: wrong.code.to_owned(),
            params: wrong.params,
        }
    }

    /// A fault of the row as a whole.
    pub fn whole(&self, code: &'static str, message: &str) -> RowError {
        self.fault(None, &self.cells.join(" | "), Wrong::new(code, message))
    }
}
