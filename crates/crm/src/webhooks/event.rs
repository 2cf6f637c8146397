//! What is told of a change: a CloudEvents 1.0 message in JSON.

use records::{At, Change, Record, Viewer};
use serde_json::{Value, json};

use crate::App;
use crate::plans::Language;
use crate::problem::Problem;
use crate::sales;

/// Whether a pattern can be read: `*`, `order.*`, `order.update`.
pub(super) fn is_pattern(pattern: &str) -> bool {
    let word = |w: &str| {
        !w.is_empty()
            && w.len() <= 60
            && w.chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    match pattern.split_once('.') {
        None => pattern == "*",
        Some((type_name, operation)) => word(type_name) && (operation == "*" || word(operation)),
    }
}

/// Whether one of the patterns means a kind of event.
pub(super) fn is_meant(patterns: &[String], kind: &str) -> bool {
    let type_name = kind.split_once('.').map_or(kind, |(t, _)| t);
    patterns
        .iter()
        .any(|p| p == "*" || p == kind || p.strip_suffix(".*") == Some(type_name))
}

/// What an event is about, read through the subscriber's rights; `None`: not theirs to know.
pub(super) async fn subject_of(
    app: &App,
    viewer: &Viewer,
    change: &Change,
) -> Result<Option<Record>, Problem> {
    let at = if change.operation == "delete" {
        // As it last was.
        At::as_of(geom::Timestamp(change.at.0 - 1))
    } else {
        At::PRESENT
    };
    Ok(app
        .store
        .get(viewer, &change.type_name, &change.record_id, at)
        .await?)
}

/// The kinds a change can be told as, the most telling first: an order that was handed over is also one that changed.
pub(super) fn kinds(change: &Change, record: &Record) -> Vec<String> {
    let mut kinds = vec![format!("{}.{}", change.type_name, change.operation)];
    let handed_over = change.type_name == "order" && record.integer("handed_over_at") == Some(change.at.0);
    if handed_over {
        kinds.insert(0, "order.handed_over".into());
    }
    kinds
}

/// The id of a change's event.
pub(super) fn id_of(change: &Change) -> String {
    format!("change-{}", change.seq)
}

/// The whole message.
pub(super) async fn message(
    app: &App,
    viewer: &Viewer,
    kind: &str,
    change: &Change,
    record: &Record,
) -> Result<Value, Problem> {
    let plural = app.store.record_type(&change.type_name)?.table.replace('_', "-");
    let mut data = json!({
        "type": change.type_name, "id": change.record_id, "operation": change.operation, "cause": change.cause,
        "author": change.author, "change_set": change.change_set, "at": change.at.0,
    });
    if change.operation != "delete" {
        // The record as it is when the message is written; a later change has a message of its own.
        data["version"] = record.version.into();
        data["fields"] = Value::Object(record.fields.clone());
    }
    if kind == "order.handed_over" {
        data["message_id"] = crate::erp::message_id(&record.id).into();
        let document = sales::Document::load(app, viewer, record, Language::English).await?;
        data["ubl"] = sales::order_ubl(&document).into();
    }
    Ok(envelope(
        app,
        &id_of(change),
        kind,
        change.at.0,
        &format!("/api/v1/{plural}/{}", change.record_id),
        change.seq,
        data,
    ))
}

/// CloudEvents' own attributes around the data.
pub(super) fn envelope(
    app: &App,
    id: &str,
    kind: &str,
    at: i64,
    subject: &str,
    seq: i64,
    data: Value,
) -> Value {
    let time = jiff::Timestamp::from_millisecond(at)
        .unwrap_or_default()
        .to_string();
    json!({
        "specversion": "1.0",
        "id": id,
        "source": app.settings.public_url.as_deref().unwrap_or("bailiwick"),
        "type": format!("bailiwick.{kind}"),
        "subject": subject,
        "time": time,
        "datacontenttype": "application/json",
        "sequence": format!("{seq:020}"),
        "data": data,
    })
}

#[cfg(test)]
mod tests {
    use super::{is_meant, is_pattern};

    #[test]
    fn patterns_mean_kinds() {
        for right in ["*", "order.*", "order.handed_over", "sla_policy.update"] {
            assert!(is_pattern(right), "{right}");
        }
        for wrong in [
            "",
            "order",
            "*.create",
            "order.",
            ".update",
            "Order.update",
            "order.*.x",
            "a b.c",
        ] {
            assert!(!is_pattern(wrong), "{wrong}");
        }
        let patterns = |p: &str| vec![p.to_owned()];
        for (pattern, kind, meant) in [
            ("*", "order.update", true),
            ("order.*", "order.update", true),
            ("order.*", "orders.update", false),
            ("order.update", "order.update", true),
            ("order.update", "order.create", false),
        ] {
            assert_eq!(is_meant(&patterns(pattern), kind), meant, "{pattern} {kind}");
        }
    }
}
