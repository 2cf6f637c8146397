//! Turn restrictions as mapped: from which ways, over what, into which ways.

use osm::{Extract, MemberKind, NodeId, Relation, WayId};

use crate::profile::Profile;
use crate::week::Week;

/// One relation of type `restriction`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Restriction {
    pub kind: Kind,
    /// When it holds; `None` for always.
    pub week: Option<Week>,
    pub from: Vec<WayId>,
    pub via_node: Option<NodeId>,
    /// Where it is not one node: the ways between `from` and `to`, in any order.
    pub via_ways: Vec<WayId>,
    pub to: Vec<WayId>,
}

/// What is forbidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// This way.
    No,
    /// This way, where it means turning back.
    NoUTurn,
    /// Every other way.
    Only,
}

/// All restrictions that concern the vehicle, by id. Those that lack a part (the extract was cut, or the mapper
/// erred) are left out.
pub(crate) fn read(extract: &Extract, profile: &Profile) -> Vec<Restriction> {
    extract
        .relations()
        .flat_map(|relation| restrictions(&relation, profile))
        .collect()
}

fn restrictions(relation: &Relation<'_>, profile: &Profile) -> Vec<Restriction> {
    let tags = &relation.tags;
    let keys = profile.restriction_keys();
    let lifted = |except: &str| except.split(';').any(|v| keys.iter().any(|key| key == v.trim()));
    if !tags.is("type", "restriction") || tags.get("except").is_some_and(lifted) {
        return Vec::new();
    }
    let value = |suffix: &str| {
        let special = keys
            .iter()
            .find_map(|key| tags.get(&format!("restriction:{key}{suffix}")));
        let general = || tags.get(&format!("restriction{suffix}"));
        special.or_else(|| general().filter(|_| profile.heeds_general_restrictions()))
    };
    let always = value("").map(|value| (value, None));
    let at_times = value(":conditional").map_or(Vec::new(), |text| profile.restrictions_by_time(text));
    let at_times = at_times.into_iter().map(|(value, week)| (value, Some(week)));
    always
        .into_iter()
        .chain(at_times)
        .filter_map(|(value, week)| restriction(relation, value, week))
        .collect()
}

fn restriction(relation: &Relation<'_>, value: &str, week: Option<Week>) -> Option<Restriction> {
    let kind = match value {
        "no_u_turn" => Kind::NoUTurn,
        _ if value.starts_with("no_") => Kind::No,
        _ if value.starts_with("only_") => Kind::Only,
        _ => return None,
    };
    let ways = |role: &str| -> Vec<WayId> {
        let members = relation
            .members()
            .filter(|m| m.role == role && m.kind == MemberKind::Way);
        members.map(|m| WayId(m.id)).collect()
    };
    let via_node = relation
        .members()
        .find(|m| m.role == "via" && m.kind == MemberKind::Node);
    let found = Restriction {
        kind,
        week,
        from: ways("from"),
        via_node: via_node.map(|m| NodeId(m.id)),
        via_ways: ways("via"),
        to: ways("to"),
    };
    // A node and ways at once, or neither, cannot be understood.
    let has_via = found.via_node.is_some() == found.via_ways.is_empty();
    let whole = !found.from.is_empty() && !found.to.is_empty() && has_via;
    whole.then_some(found)
}
