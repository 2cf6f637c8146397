//! Territories as a table: one line for the territory itself, and one for each area, code, rule, customer and person.

use std::collections::HashMap;

use serde_json::Value;

use super::super::claims::{Block, BlockSystem};
use super::{Portable, PortableMember, PortablePlace, text, unreadable, wkt};
use crate::problem::Problem;

const HEADER: [&str; 10] = [
    "territory",
    "parent",
    "line",
    "colour",
    "priority",
    "capacity_hours",
    "kind",
    "value",
    "name",
    "detail",
];

pub(super) fn write(territories: &[Portable]) -> Result<Vec<u8>, Problem> {
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(HEADER).map_err(Problem::unexpected)?;
    for t in territories {
        let own = [
            t.name.clone(),
            t.parent.clone().unwrap_or_default(),
            t.line.clone().unwrap_or_default(),
            t.colour.map(|c| c.to_string()).unwrap_or_default(),
            t.priority.map(|p| p.to_string()).unwrap_or_default(),
            t.capacity_hours.map(|h| h.to_string()).unwrap_or_default(),
        ];
        let mut lines: Vec<[String; 4]> =
            vec![["territory".into(), String::new(), String::new(), String::new()]];
        let mut line = |kind: &str, value: String, name: &str, detail: String| {
            lines.push([kind.to_owned(), value, name.to_owned(), detail]);
        };
        if let Some(area) = &t.area {
            line("area", wkt::write(area), "", String::new());
        }
        for block in &t.blocks {
            line(
                system_word(block.system),
                block.code.clone(),
                &block.name,
                block.area.as_ref().map(Value::to_string).unwrap_or_default(),
            );
        }
        if let Some(reach) = &t.reach {
            let detail = serde_json::to_string(reach).map_err(Problem::unexpected)?;
            line(
                "reach",
                reach.minutes.to_string(),
                reach.label.as_deref().unwrap_or_default(),
                detail,
            );
        }
        for rule in &t.rules {
            let detail = serde_json::to_string(rule).map_err(Problem::unexpected)?;
            line(
                "rule",
                rule.words(),
                rule.within.as_deref().unwrap_or_default(),
                detail,
            );
        }
        for place in &t.named {
            line("customer", place.location_id.clone(), &place.name, String::new());
        }
        for member in &t.members {
            let share = member.share.map(|s| s.to_string()).unwrap_or_default();
            line(member.role.word(), member.email.clone(), &member.name, share);
        }
        for rest in &lines {
            out.write_record(own.iter().chain(rest))
                .map_err(Problem::unexpected)?;
        }
    }
    out.into_inner().map_err(Problem::unexpected)
}

fn system_word(system: BlockSystem) -> &'static str {
    match system {
        BlockSystem::Postcode => "postcode",
        BlockSystem::Municipality => "municipality",
    }
}

pub(super) fn read(bytes: &[u8]) -> Result<Vec<Portable>, Problem> {
    let text = text(bytes)?;
    // German spreadsheets write semicolons.
    let first = text.lines().next().unwrap_or_default();
    let semicolons = first.matches(';').count() > first.matches(',').count();
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(if semicolons { b';' } else { b',' })
        .flexible(true)
        .from_reader(text.as_bytes());
    let headers = reader
        .headers()
        .map_err(|e| unreadable(&format!("{e}.")))?
        .clone();
    let columns: HashMap<String, usize> = headers
        .iter()
        .enumerate()
        .map(|(i, h)| (h.trim().to_lowercase(), i))
        .collect();
    if !columns.contains_key("territory") {
        return Err(unreadable(
            "A table of territories has a column `territory`, and `kind` and `value` for what belongs to it.",
        ));
    }
    let mut territories: Vec<Portable> = Vec::new();
    for row in reader.records() {
        let row = row.map_err(|e| unreadable(&format!("{e}.")))?;
        let line = row.position().map_or(0, |p| p.line());
        let wrong = |what: String| unreadable(&format!("Line {line}: {what}"));
        let cell = |name: &str| {
            columns
                .get(name)
                .and_then(|i| row.get(*i))
                .map(str::trim)
                .unwrap_or_default()
        };
        let name = cell("territory");
        if name.is_empty() {
            continue;
        }
        let position = territories.iter().position(|t| t.name == name);
        let t = match position {
            Some(i) => &mut territories[i],
            None => {
                territories.push(Portable {
                    name: name.to_owned(),
                    ..Portable::default()
                });
                territories.last_mut().ok_or_else(|| wrong("no room".into()))?
            }
        };
        let some = |name: &str| Some(cell(name)).filter(|c| !c.is_empty()).map(str::to_owned);
        let number = |name: &str| match some(name) {
            None => Ok(None),
            Some(text) => text
                .parse::<f64>()
                .ok()
                .filter(|n| n.is_finite())
                .map(Some)
                .ok_or_else(|| wrong(format!("column {name}, read {text}, expected a number."))),
        };
        let kind = cell("kind").to_lowercase();
        if position.is_none() || kind == "territory" {
            t.parent = some("parent").or(t.parent.take());
            t.line = some("line").or(t.line.take());
            t.colour = number("colour")?.map(|n| n as i64).or(t.colour);
            t.priority = number("priority")?.map(|n| n as i64).or(t.priority);
            t.capacity_hours = number("capacity_hours")?.or(t.capacity_hours);
        }
        let value = cell("value");
        let detail = || cell("detail");
        let json = |text: &str| -> Result<Option<Value>, Problem> {
            match text {
                "" => Ok(None),
                text => serde_json::from_str(text)
                    .map(Some)
                    .map_err(|e| wrong(format!("detail: {e}."))),
            }
        };
        match kind.as_str() {
            "" | "territory" => {}
            "area" => {
                t.area = Some(wkt::read(value).ok_or_else(|| wrong("the area is no WKT polygon.".into()))?)
            }
            "postcode" | "municipality" => t.blocks.push(Block {
                system: if kind == "postcode" {
                    BlockSystem::Postcode
                } else {
                    BlockSystem::Municipality
                },
                code: value.to_owned(),
                name: some("name").unwrap_or_else(|| value.to_owned()),
                area: json(detail())?,
            }),
            "reach" => {
                let reach = serde_json::from_str(detail()).map_err(|e| wrong(format!("detail: {e}.")))?;
                t.reach = Some(reach);
            }
            "rule" => {
                let rule = serde_json::from_str(detail()).map_err(|e| wrong(format!("detail: {e}.")))?;
                t.rules.push(rule);
            }
            "customer" => t.named.push(PortablePlace {
                location_id: value.to_owned(),
                name: cell("name").to_owned(),
            }),
            role => {
                let role = serde_json::from_value(Value::from(role))
                    .map_err(|_| wrong(format!("{role} is no kind of line.")))?;
                t.members.push(PortableMember {
                    email: value.to_owned(),
                    name: cell("name").to_owned(),
                    role,
                    share: number("detail")?,
                });
            }
        }
    }
    Ok(territories)
}
