//! Runs of like operations, which are read and written together.

use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::catalog::RecordType;
use crate::store::Store;
use crate::{Error, Op};

/// Operations of one type and sort that are read and written together.
const RUN: usize = 1_024;

/// A run of operations of one type and one sort, about different records.
pub(crate) struct Run<'a> {
    pub record_type: &'a RecordType,
    pub what: What,
    seen: HashSet<String>,
    count: usize,
}

pub(crate) enum What {
    Create(Vec<(Option<String>, Map<String, Value>)>),
    Update(Vec<(String, Option<i64>, Map<String, Value>)>),
    Delete(Vec<(String, Option<i64>)>),
}

impl<'a> Run<'a> {
    pub fn new(store: &'a Store, op: &Op) -> Result<Self, Error> {
        Ok(Self {
            record_type: store.record_type(op.type_name())?,
            what: match op {
                Op::Create { .. } => What::Create(Vec::new()),
                Op::Update { .. } => What::Update(Vec::new()),
                Op::Delete { .. } => What::Delete(Vec::new()),
            },
            seen: HashSet::new(),
            count: 0,
        })
    }

    pub fn takes(&self, op: &Op) -> bool {
        let id = match (op, &self.what) {
            (Op::Create { id: None, .. }, What::Create(_)) => None,
            (Op::Create { id: Some(id), .. }, What::Create(_))
            | (Op::Update { id, .. }, What::Update(_))
            | (Op::Delete { id, .. }, What::Delete(_)) => Some(id),
            _ => return false,
        };
        self.count < RUN
            && op.type_name() == self.record_type.name
            && id.is_none_or(|id| !self.seen.contains(id))
    }

    pub fn add(&mut self, op: Op) {
        self.count += 1;
        match (op, &mut self.what) {
            (Op::Create { id, fields, .. }, What::Create(items)) => {
                self.seen.extend(id.clone());
                items.push((id, fields));
            }
            (
                Op::Update {
                    id, version, patch, ..
                },
                What::Update(items),
            ) => {
                self.seen.insert(id.clone());
                items.push((id, version, patch));
            }
            (Op::Delete { id, version, .. }, What::Delete(items)) => {
                self.seen.insert(id.clone());
                items.push((id, version));
            }
            _ => debug_assert!(false, "only operations that `takes` let through are added"),
        }
    }
}
