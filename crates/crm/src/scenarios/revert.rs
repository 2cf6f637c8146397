//! A publication is taken back: everything it changed is again as it was.

use geom::Timestamp;
use records::{At, Op, Record, fields};
use serde_json::{Value, json};

use super::commit::Commit;
use super::compare::{changed_fields, pairs, same, same_extent, same_people, value};
use super::life::author;
use super::publish::{CAUSE, Published, carry_out, superseded};
use super::review;
use crate::App;
use crate::problem::Problem;
use crate::territories::{Layout, Standing, present, settled, worked_off};

/// A part of a territory that was changed after the publication that is to be taken back.
#[derive(Clone, Debug)]
pub(super) struct Since {
    pub territory_id: String,
    pub name: String,
    /// What of it: border, people, name, …
    pub what: String,
}

/// Takes a publication back: everything it changed is again as it was before it, from now on. What was changed since
/// stands in the way, unless that is to be kept.
pub(super) async fn revert(
    app: &App,
    scenario: &Record,
    user_id: &str,
    keep_later: bool,
    message: Option<&str>,
) -> Result<Published, Problem> {
    let _one = app.scenarios.publishing.lock().await;
    settled(app).await;
    let seen = worked_off(&app.store).await?;
    let not_published = || Problem::conflict("not-published", "Only a published scenario can be reverted.");
    if scenario.text("state") != Some("published") {
        return Err(not_published());
    }
    let set = scenario.text("publication").ok_or_else(not_published)?;
    let written = app.store.find_change_set(set).await?.ok_or_else(not_published)?;
    let moment = |at: i64| At {
        as_of: Some(Timestamp(at)),
        known_at: Some(Timestamp(at)),
    };
    // Entries of one write share their time, and no other write has it.
    let recorded = written.opened_at.0;
    let before = Layout::load(&app.store, moment(recorded - 1)).await?;
    let after = Layout::load(&app.store, moment(recorded)).await?;
    let layout = app.territories.layout.get(&app.store).await?;
    let (target, since) = taken_back(&before, &after, &layout);
    if !since.is_empty() && !keep_later {
        return Err(changed_since(&since));
    }
    let name = scenario.text("name").unwrap_or_default();
    let author = author(user_id, CAUSE, format!("Revert {name}"));
    let at = present(&app.store).await?;
    let words = format!("Reverted: {name}").chars().take(400).collect::<String>();
    let commit = Commit {
        app,
        author: &author,
        present: &layout,
        target,
        at,
        message: &words,
        change_set: records::new_id(),
        seen,
    };
    let plan = commit.plan().await?;
    let mut more = vec![
        Op::Update {
            type_name: "territory_scenario".into(),
            id: scenario.id.clone(),
            version: Some(scenario.version),
            patch: fields([
                ("state", "reverted".into()),
                ("reverted_at", at.0.into()),
                ("reversal", commit.change_set.as_str().into()),
            ]),
        },
        review::event(app, &scenario.id, "revert", message, user_id),
    ];
    more.extend(super::deals::taken_back(app, set, at).await?);
    more.extend(super::heirs::taken_back(app, set).await?);
    carry_out(commit, plan, more)
        .await
        .map_err(|problem| match problem.code.as_str() {
            "version-conflict" => superseded("reverted"),
            _ => problem,
        })
}

/// The present with what a publication changed as it was before, and what was changed since and stays.
fn taken_back(before: &Layout, after: &Layout, now: &Layout) -> (Vec<Standing>, Vec<Since>) {
    let mut target: Vec<Standing> = now.territories.clone();
    let mut since: Vec<Since> = Vec::new();
    let mut note = |standing: &Standing, what: &str| {
        since.push(Since {
            territory_id: standing.id().to_owned(),
            name: standing.name().to_owned(),
            what: what.to_owned(),
        });
    };
    for (was, became) in pairs(before, after) {
        match (was, became) {
            (None, Some(added)) => match now.get(added.id()) {
                None => {}
                Some(is) if same(is, added) => target.retain(|t| t.id() != added.id()),
                Some(is) => note(is, "everything: it was new"),
            },
            (Some(removed), None) => {
                if now.get(removed.id()).is_none() {
                    let mut again = removed.clone();
                    again.left_over = Vec::new();
                    target.push(again);
                }
            }
            (Some(was), Some(became)) => {
                let Some(is) = now.get(was.id()) else {
                    if !same(was, became) {
                        note(became, "everything: it is gone");
                    }
                    continue;
                };
                let Some(standing) = target.iter_mut().find(|t| t.id() == was.id()) else {
                    continue;
                };
                if !same_extent(was, became) {
                    if same_extent(became, is) {
                        standing.version.clone_from(&was.version);
                    } else {
                        note(is, "border or names");
                    }
                }
                if !same_people(was, became) {
                    if same_people(became, is) {
                        standing.members.clone_from(&was.members);
                    } else {
                        note(is, "who works it");
                    }
                }
                for field in changed_fields(was, became) {
                    if value(&is.record, field) == value(&became.record, field) {
                        let before = value(&was.record, field).clone();
                        standing.record.fields.insert(field.to_owned(), before);
                    } else {
                        note(is, field);
                    }
                }
                let (record, version) = (standing.record.clone(), standing.version.clone());
                *standing = Standing {
                    left_over: standing.left_over.clone(),
                    ..Standing::of(record, version, standing.members.clone())
                };
            }
            (None, None) => {}
        }
    }
    (target, since)
}

fn changed_since(since: &[Since]) -> Problem {
    let list: Vec<String> = since
        .iter()
        .take(5)
        .map(|s| format!("{} ({})", s.name, s.what))
        .collect();
    let more = match since.len() {
        0..=5 => String::new(),
        n => format!(" and {} more", n - 5),
    };
    let mut problem = Problem::conflict(
        "changed-since",
        format!(
            "Changed since by others: {}{more}. Nothing was reverted. Revert the later change first, or revert the rest and keep it.",
            list.join(", ")
        ),
    );
    let conflicts: Vec<Value> = since
        .iter()
        .map(|s| json!({ "territory_id": s.territory_id, "name": s.name, "what": s.what }))
        .collect();
    problem.current = Some(Box::new(json!({ "conflicts": conflicts })));
    problem
}
