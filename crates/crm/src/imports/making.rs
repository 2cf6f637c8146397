//! The records that a row makes, and the changes of those that are there.

use records::{Op, Viewer};
use serde_json::Value;
use uuid::Uuid;

use super::Duplicates;
use super::chunk::Importer;
use super::draft::Draft;
use super::fate::{Change, faults};
use super::known::known;
use super::lookup::{Candidate, Memory, street_of};
use super::numbers::comparable;

/// Records that a row makes, one after the other.
pub(super) struct Making {
    pub draft: Draft,
    pub creates: Vec<Op>,
    pub changes: Vec<Change>,
    /// For the memory, once the whole row is right.
    pub made: Vec<Candidate>,
    pub numbers: Vec<(String, String)>,
}

impl Importer<'_> {
    /// Writes the customer beside a person or a deal.
    pub fn make_beside(&self, making: &mut Making, beside: Option<(String, bool)>, rule: Duplicates) {
        match beside {
            Some((_, true)) => {
                self.make(making, "account");
                self.make(making, "location");
            }
            Some((id, false)) if matches!(rule, Duplicates::Update | Duplicates::Fill) => {
                if let Some(fields) = making.draft.of("account").cloned() {
                    making.changes.push(Change {
                        type_name: "account".to_owned(),
                        id,
                        // What kind of customer it is, a list of people does not say.
                        fields: fields.into_iter().filter(|(name, _)| name != "type").collect(),
                        rule,
                    });
                }
            }
            _ => {}
        }
    }

    /// The person beside a deal.
    pub fn contact_beside(&self, making: &mut Making, memory: &Memory) {
        let account = making.draft.text("opportunity", "account_id").to_owned();
        self.contact_of(making, &account, memory);
    }

    /// A person who is not on record yet, at a customer who is; false if there is none.
    pub fn new_contact(&self, making: &mut Making, account: &Candidate, memory: &Memory) -> bool {
        self.contact_of(making, &account.id, memory)
    }

    fn contact_of(&self, making: &mut Making, account: &str, memory: &Memory) -> bool {
        let Some(contacts) = self.app.store.catalog().get("contact") else {
            return false;
        };
        if making.draft.text("contact", "name").is_empty() || account.is_empty() {
            return false;
        }
        making
            .draft
            .of_mut("contact")
            .insert("account_id".into(), account.into());
        let own = self.record_id(making.draft.row, "contact");
        if known(contacts, &making.draft, memory, &own).is_some_and(|k| k.sure) {
            return false;
        }
        self.make(making, "contact");
        true
    }

    /// Writes a row over the record that is there.
    pub fn change(&self, making: &mut Making, there: &Candidate, rule: Duplicates, memory: &Memory) {
        let mut push = |type_name: &str, id: &str| {
            if let Some(fields) = making.draft.of(type_name).cloned() {
                making.changes.push(Change {
                    type_name: type_name.to_owned(),
                    id: id.to_owned(),
                    fields,
                    rule,
                });
            }
        };
        push(self.object, &there.id);
        if self.object == "account" {
            match &there.first_place {
                Some(place) => push("location", place),
                None => {
                    making
                        .draft
                        .of_mut("location")
                        .retain(|_, value| !value.is_null());
                    let (id, has_place) = (there.id.clone(), making.draft.of("location").is_some());
                    if has_place {
                        making
                            .draft
                            .of_mut("location")
                            .insert("account_id".into(), id.into());
                        self.make(making, "location");
                    }
                }
            }
            self.contact_of(making, &there.id, memory);
        }
        making.numbers.push((self.object.to_owned(), there.id.clone()));
    }

    /// Makes a row's record of a type, if the row says anything of it.
    pub fn make(&self, making: &mut Making, type_name: &str) {
        let row = making.draft.row;
        let Some(fields) = making.draft.of(type_name) else {
            return;
        };
        let mut fields = fields.clone();
        let Some(record_type) = self.app.store.catalog().get(type_name) else {
            return;
        };
        if type_name == "contact" && fields.get("name").is_none_or(Value::is_null) {
            return;
        }
        if matches!(type_name, "location" | "contact") && !fields.contains_key("account_id") {
            fields.insert("account_id".into(), self.record_id(row, "account").into());
        }
        if type_name == "location" {
            fields.entry("active").or_insert(true.into());
        }
        // Leads and cases are given to whoever's they are by rules of their own.
        if !matches!(type_name, "lead" | "case")
            && record_type.field("owner_id").is_some_and(|f| !f.read_only)
            && let Some(owner) = self.owner
        {
            fields.entry("owner_id").or_insert_with(|| owner.into());
        }
        let id = self.record_id(row, type_name);
        if let Err(error) = self
            .app
            .store
            .validate(&Viewer::system(), type_name, None, fields.clone())
        {
            let faults = faults(&making.draft, &error);
            making.draft.errors.extend(faults);
            return;
        }
        let title = record_type
            .title
            .as_deref()
            .and_then(|t| fields.get(t))
            .and_then(Value::as_str);
        let mut candidate = Candidate {
            type_name: type_name.to_owned(),
            id: id.clone(),
            title: title.unwrap_or_default().to_owned(),
            parent: fields
                .get("account_id")
                .and_then(Value::as_str)
                .map(str::to_owned),
            fields: fields.clone(),
            row: Some((making.draft.part, row)),
            ..Candidate::default()
        };
        if type_name == "account"
            && let Some(place) = making.draft.of("location")
        {
            candidate.streets = vec![street_of(place)];
            candidate.first_place = Some(self.record_id(row, "location"));
        }
        making.made.push(candidate);
        making.numbers.push((type_name.to_owned(), id.clone()));
        making.creates.push(Op::Create {
            type_name: type_name.to_owned(),
            id: Some(id),
            fields,
        });
    }

    /// Remembers on record what the other system calls a record.
    pub fn number(&self, draft: &Draft, type_name: &str, external: &str, id: &str, memory: &Memory) -> Op {
        let fields = records::fields([
            ("system", memory.system.as_str().into()),
            ("external", comparable(&memory.system, external).into()),
            ("record_type", type_name.into()),
            ("record_id", id.into()),
        ]);
        Op::Create {
            type_name: "external_id".to_owned(),
            id: Some(self.record_id(draft.row, &format!("external/{type_name}"))),
            fields,
        }
    }

    /// The id of a row's record: the same however often the import is run. It begins with the import's time, the table
    /// and the row, so that rows written together stand together in every index of the database.
    pub fn record_id(&self, row: u64, kind: &str) -> String {
        let place = self.first_place + row;
        let digest = <sha2::Sha256 as sha2::Digest>::digest(format!("{}/{place}/{kind}", self.id));
        let began = Uuid::parse_str(self.id).ok().and_then(|id| id.get_timestamp());
        let (seconds, nanoseconds) = began.map_or((0, 0), |at| at.to_unix());
        // 4 bits of the first byte and 2 of the third make way for version and variant.
        let [_, _, _, _, r4, r5, r6, r7] = place.to_be_bytes();
        let mut rest = [0u8; 10];
        rest[0] = r4 >> 4;
        rest[1] = r4 << 4 | r5 >> 4;
        rest[2] = (r5 << 2 | r6 >> 6) & 0x3f;
        rest[3] = r6 << 2 | r7 >> 6;
        rest[4] = r7 << 2;
        rest[5..].copy_from_slice(&digest[..5]);
        let milliseconds = seconds * 1_000 + u64::from(nanoseconds / 1_000_000);
        uuid::Builder::from_unix_timestamp_millis(milliseconds, &rest)
            .into_uuid()
            .to_string()
    }
}
