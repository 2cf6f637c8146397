//! Declarations in TOML, read and checked: by themselves, and against each other.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::additions::ADDED;
use crate::catalog::{
    DeclarationError, Duplicates, Field, Kind, Label, OnDelete, OnErase, RecordType, Rights,
};

/// Declarations read, each checked by itself only.
pub(crate) fn built_types(declarations: &[&str]) -> Result<Vec<RecordType>, DeclarationError> {
    let mut types = Vec::with_capacity(declarations.len());
    for (index, text) in declarations.iter().enumerate() {
        let declaration: Declaration = toml::from_str(text).map_err(|e| DeclarationError::Unreadable {
            position: index + 1,
            reason: e.to_string(),
        })?;
        types.push(build(declaration)?);
    }
    Ok(types)
}

/// Checks declarations against each other.
pub(crate) fn check(types: &[RecordType]) -> Result<(), DeclarationError> {
    let mut names = BTreeSet::new();
    let mut tables = BTreeMap::new();
    for t in types {
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
        for (field, link, there) in t.copies() {
            let to = t.field(link).and_then(|l| l.to.as_deref());
            let source = to.and_then(|to| types.iter().find(|other| other.name == to)?.field(there));
            if source.is_none_or(|s| s.kind.column_type() != field.kind.column_type()) {
                return Err(wrong(format!(
                    "field {}: nothing of its kind is declared as {there} where {link} points to",
                    field.name
                )));
            }
        }
    }
    Ok(())
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
    place: Option<Place>,
    validity: Option<Empty>,
    #[serde(default)]
    derived: bool,
    #[serde(default)]
    retired: bool,
    area: Option<String>,
    #[serde(default)]
    list: Vec<String>,
    board: Option<String>,
    #[serde(default)]
    rights: Rights,
    #[serde(default)]
    duplicates: Duplicates,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Empty {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    /// It is where a person is, not where a firm is: it goes with an erasure.
    #[serde(default)]
    personal: bool,
}

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
];

/// What a filter calls the place of a record; taken in types that have one.
const TAKEN_WITH_PLACE: &[&str] = &["geometry", "geom", "place"];

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
        derived,
        retired,
        area,
        list,
        board,
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
    if let Some(Place { personal }) = place {
        if let Some(field) = all.iter().find(|f| TAKEN_WITH_PLACE.contains(&f.name.as_str())) {
            return Err(wrong(format!(
                "field {}: filters call the place of a record so",
                field.name
            )));
        }
        let lng = implicit("lng", Kind::Number, "Longitude", "Längengrad", Some((-180, 180)));
        let lat = implicit("lat", Kind::Number, "Latitude", "Breitengrad", Some((-90, 90)));
        all.extend([lng, lat].map(|field| Field { personal, ..field }));
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
    for field in title.iter().chain(&duplicates.fields).chain(&list).chain(&board) {
        if !known(field) {
            return Err(wrong(format!(
                "title, list, board or duplicates name the field {field}, which is not declared"
            )));
        }
    }
    for field in &all {
        if let Some(copy) = &field.copy {
            let link = copy
                .split_once('.')
                .and_then(|(link, _)| all.iter().find(|f| f.name == link));
            if !field.read_only || link.is_none_or(|l| l.kind != Kind::Link) {
                return Err(wrong(format!(
                    "field {}: `copy` is `link.field` with a link of this type, and such a field is read_only",
                    field.name
                )));
            }
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
        custom: false,
        retired,
        derived,
        area,
        list,
        board,
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
        on_delete: OnDelete::Refuse,
        unit: None,
        label: Label {
            en: en.into(),
            de: de.into(),
        },
        personal: false,
        on_erase: OnErase::Replace,
        search: false,
        sort: kind == Kind::Instant,
        import: Vec::new(),
        read_only: false,
        copy: None,
        sequence: None,
        words: BTreeMap::new(),
        custom: false,
        retired: false,
    }
}

pub(crate) fn check_field(field: &Field) -> Result<(), String> {
    if !field.custom && (field.retired || field.name.starts_with(ADDED)) {
        return Err(format!("only added fields begin with {ADDED} or are retired"));
    }
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
    if field.sequence.as_ref().is_some_and(|prefix| {
        field.kind != Kind::Text
            || !field.read_only
            || !prefix.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    }) {
        return Err("`sequence` is the beginning, of letters, digits and -, of a read-only text".into());
    }
    if let Some(word) = field.words.keys().find(|w| !field.choices.contains(w)) {
        return Err(format!("has words for {word:?}, which is none of its choices"));
    }
    if (field.kind == Kind::Link) != field.to.is_some() {
        return Err("a link, and only a link, needs `to`".into());
    }
    if field.on_erase != OnErase::Replace && !(field.personal && field.kind == Kind::LongText) {
        return Err(
            "only a personal long_text leaves a digest: the shorter ones could be too long by it".into(),
        );
    }
    if field.on_delete != OnDelete::Refuse && field.kind != Kind::Link {
        return Err("only a link has `on_delete`".into());
    }
    if field.on_delete == OnDelete::Clear && field.required {
        return Err("a required link cannot be emptied: `on_delete` is refuse or cascade".into());
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
pub(crate) fn is_name(word: &str) -> bool {
    word.len() <= 50
        && word.starts_with(|c: char| c.is_ascii_lowercase())
        && word
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

#[cfg(test)]
mod tests {
    use crate::Catalog;

    #[test]
    fn a_wrong_declaration_is_refused_with_the_type_and_the_field() {
        let with = |rest: &str| format!("name = \"thing\"\ntable = \"things\"\n{rest}");
        for (text, part) in [
            (with("nmae = 1"), "nmae"),
            (with("[fields.id]\nkind = \"text\""), "field id"),
            (with("[fields.Name]\nkind = \"text\""), "field Name"),
            (with("[fields.a]\nkind = \"colour\""), "field a"),
            (with("[fields.a]\nkind = \"choice\""), "needs choices"),
            (
                with("[fields.a]\nkind = \"text\"\nchoices = [\"x\"]"),
                "only a choice",
            ),
            (with("[fields.a]\nkind = \"link\""), "`to`"),
            (
                with("[fields.a]\nkind = \"text\"\non_delete = \"clear\""),
                "only a link",
            ),
            (
                with("[fields.a]\nkind = \"link\"\nto = \"b\"\nrequired = true\non_delete = \"clear\""),
                "required link",
            ),
            (with("[fields.a]\nkind = \"json\"\nsort = true"), "no order"),
            (with("[fields.a]\nkind = \"integer\"\nsearch = true"), "search"),
            (with("title = \"b\""), "field b"),
            (with("list = [\"b\"]"), "field b"),
            (with("board = \"b\""), "field b"),
            (
                with(
                    "[fields.a]\nkind = \"choice\"\nchoices = [\"x\"]\nwords = { y = { en = \"Y\", de = \"Y\" } }",
                ),
                "\"y\"",
            ),
            (
                with("[fields.a]\nkind = \"text\"\nread_only = true\ncopy = \"b.c\""),
                "`copy`",
            ),
            (
                with(
                    "[fields.b]\nkind = \"link\"\nto = \"thing\"\n[fields.a]\nkind = \"text\"\nread_only = true\ncopy = \"b.c\"",
                ),
                "declared as c",
            ),
            (with("[rights]\nown = \"true; drop table things\""), "predicate"),
            (with("[rights]\nown = \"r.a = $1\""), "$viewer"),
            ("name = \"a b\"\ntable = \"things\"".into(), "a b"),
        ] {
            let error = Catalog::parse(&[&text]).unwrap_err().to_string();
            assert!(error.contains(part), "{text}\n→ {error}");
        }
        let one = with("");
        let twice = Catalog::parse(&[&one, &one]).unwrap_err().to_string();
        assert!(twice.contains("thing") && twice.contains("twice"), "{twice}");
    }

    #[test]
    fn fields_keep_the_order_of_the_declaration() {
        let text = "name = \"thing\"\ntable = \"things\"\n[fields.z]\nkind = \"text\"\n[fields.a]\nkind = \"date\"\n[place]";
        let catalog = Catalog::parse(&[text]).unwrap();
        let names: Vec<&str> = catalog
            .get("thing")
            .unwrap()
            .fields
            .iter()
            .map(|f| f.name.as_str())
            .collect();
        assert_eq!(names, ["z", "a", "lng", "lat"]);
    }
}
