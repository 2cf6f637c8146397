//! The stage that a deal of a file is in: by its name, by its pipeline, by how it ended.

use records::{Record, fold};
use serde_json::Value;

use super::draft::{Draft, LinkText};
use super::links::{Nobody, Resolver};
use super::lookup::Memory;
use super::rows::custom_name;
use super::words;
use super::wrong::Wrong;

impl Resolver<'_> {
    /// The stage of a deal: by its name, by how it ended, else the first one, which is said.
    pub fn stage(&self, draft: &mut Draft, link: &LinkText, memory: &Memory, nobody: &mut Nobody) {
        let named = self
            .named
            .iter()
            .find(|n| n.to == "stage" && fold(&n.read) == fold(&link.text));
        let found = named
            .map(|n| n.id.clone())
            .or_else(|| stage_called(draft, &link.text, memory));
        if let Some(id) = found {
            draft.of_mut("opportunity").insert("stage_id".into(), id.into());
            return;
        }
        nobody.add("stage", &link.text, false);
        let wrong = Wrong::new(
            "no-stage",
            "there is no stage of this name; the deal goes to the first one, and the name is kept",
        );
        draft
            .remarks
            .push(draft.fault(Some(&link.column), &link.text, wrong));
        draft.keep(
            "opportunity",
            custom_name(&link.column),
            link.text.as_str().into(),
        );
    }

    pub fn complete_stage(&self, draft: &mut Draft, memory: &Memory) {
        let current = draft.text("opportunity", "stage_id").to_owned();
        let is_closed = |s: &&Record| s.boolean("is_closed") == Some(true);
        let stage = memory.stages.iter().find(|s| s.id == current);
        let wanted = match (draft.won, stage) {
            (Some(won), stage) if stage.as_ref().is_none_or(|s| !is_closed(s)) => ended(memory, won),
            (_, None) => {
                let open = memory.stages.iter().filter(|s| !is_closed(s));
                open.min_by_key(|s| s.integer("position"))
            }
            _ => None,
        };
        if let Some(stage) = wanted {
            draft
                .of_mut("opportunity")
                .insert("stage_id".into(), stage.id.clone().into());
        }
    }
}

fn ended(memory: &Memory, won: bool) -> Option<&Record> {
    memory
        .stages
        .iter()
        .find(|s| s.boolean("is_closed") == Some(true) && s.boolean("is_won").unwrap_or(false) == won)
}

fn stage_called(draft: &Draft, text: &str, memory: &Memory) -> Option<String> {
    // `Closed Won (Sales Pipeline)`
    let (bare, inside) = match text.trim().strip_suffix(')').and_then(|t| t.rsplit_once('(')) {
        Some((bare, inside)) => (bare.trim(), inside.trim()),
        None => (text.trim(), ""),
    };
    let custom = |name: &str| {
        let custom = draft.of("opportunity")?.get("custom")?.as_object()?;
        custom.get(name).and_then(Value::as_str)
    };
    let pipeline = custom("pipeline")
        .or_else(|| custom("deal_pipeline"))
        .unwrap_or(inside);
    let pipeline = memory
        .pipelines
        .iter()
        .find(|p| p.text("name").is_some_and(|n| fold(n) == fold(pipeline)));
    let called = |name: &str| {
        let all = memory
            .stages
            .iter()
            .filter(|s| s.text("name").is_some_and(|n| fold(n) == fold(name)));
        let mut all: Vec<&Record> = all.collect();
        all.sort_by_key(|s| {
            (
                s.text("pipeline_id") != pipeline.map(|p| p.id.as_str()),
                s.integer("position"),
            )
        });
        all.first().map(|s| s.id.clone())
    };
    called(text).or_else(|| called(bare)).or_else(|| {
        words::outcome(bare)
            .and_then(|won| ended(memory, won))
            .map(|s| s.id.clone())
    })
}
