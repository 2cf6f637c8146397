//! Preview and start.

use std::collections::BTreeMap;

use records::{At, Op, Record, fields, new_id};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::draw;
use super::link::new_code;
use super::setup::Setup;
use super::whom::{Chosen, whom};
use crate::App;
use crate::consent::{Channel, PersonKind};
use crate::problem::Problem;
use crate::sessions::Signed;

/// Operations written at once.
pub(super) const CHUNK: usize = 500;
/// People shown beside the counts.
const SHOWN: usize = 20;

/// How many cannot be addressed for a reason.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Excluded {
    /// in-other-campaign, do-not-contact, withdrawn, bounced, no-consent, way-is-full, visited-already, no-address.
    code: &'static str,
    count: usize,
}

/// How many get a way.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = CampaignWayCount)]
pub(super) struct WayCount {
    channel: Channel,
    treated: usize,
    /// Would have got it, and are left out.
    control: usize,
    /// Minor units, of those addressed.
    cost: i64,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = CampaignVariantCount)]
pub(super) struct VariantCount {
    variant: String,
    treated: usize,
}

/// Somebody as they would be drawn.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = CampaignDrawn)]
pub(super) struct DrawnPerson {
    name: String,
    channel: Channel,
    /// treated or control.
    arm: &'static str,
    variant: Option<String>,
}

/// What a start would do. The counts add up: in the segment = excluded + addressed + left out.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = CampaignPreview)]
pub(super) struct Preview {
    in_segment: usize,
    excluded: Vec<Excluded>,
    treated: usize,
    control: usize,
    by_channel: Vec<WayCount>,
    by_variant: Vec<VariantCount>,
    /// Fixed and of each, minor units.
    cost: i64,
    over_budget: bool,
    rights_note: Option<String>,
    people: Vec<DrawnPerson>,
}

/// Somebody with their lot.
struct Lot {
    chosen: Chosen,
    /// `None`: left out for comparison.
    variant: Option<usize>,
}

/// Draws a campaign: nothing is written.
async fn drawn(app: &App, signed: &Signed, setup: &Setup) -> Result<(Preview, Vec<Lot>), Problem> {
    let segment = app
        .store
        .get(&signed.viewer, "segment", &setup.segment_id, At::PRESENT)
        .await?;
    let segment = segment.ok_or_else(|| Problem::not_found(format!("Segment {}", setup.segment_id)))?;
    let whom = whom(app, signed, setup, &segment).await?;
    let units: Vec<_> = whom.chosen.iter().map(Chosen::unit).collect();
    let out = draw::left_out(&units, setup.control_share, setup.seed);
    let treated: Vec<_> = units
        .iter()
        .zip(&out)
        .filter(|(_, out)| !**out)
        .map(|(u, _)| u.clone())
        .collect();
    let weights: Vec<u32> = setup.variants.iter().map(|v| v.weight).collect();
    let mut variants = draw::variants(&treated, &weights, setup.seed).into_iter();
    let lots: Vec<Lot> = whom
        .chosen
        .into_iter()
        .zip(&out)
        .map(|(chosen, out)| Lot {
            chosen,
            variant: if *out { None } else { variants.next() },
        })
        .collect();
    let by_channel: Vec<WayCount> = setup
        .ways
        .iter()
        .map(|way| {
            let of = |treated: bool| {
                let here = lots.iter().filter(|l| l.chosen.channel == way.channel);
                here.filter(|l| l.variant.is_some() == treated).count()
            };
            WayCount {
                channel: way.channel,
                treated: of(true),
                control: of(false),
                cost: way.cost_each.saturating_mul(i64::try_from(of(true)).unwrap_or(0)),
            }
        })
        .collect();
    let by_variant = setup
        .variants
        .iter()
        .enumerate()
        .map(|(at, variant)| VariantCount {
            variant: variant.name.clone(),
            treated: lots.iter().filter(|l| l.variant == Some(at)).count(),
        });
    let cost = by_channel
        .iter()
        .fold(setup.fixed_cost, |sum, way| sum.saturating_add(way.cost));
    let control = lots.iter().filter(|l| l.variant.is_none()).count();
    let people = lots.iter().take(SHOWN).map(|lot| DrawnPerson {
        name: lot.chosen.name(),
        channel: lot.chosen.channel,
        arm: if lot.variant.is_some() {
            "treated"
        } else {
            "control"
        },
        variant: lot.variant.map(|v| setup.variants[v].name.clone()),
    });
    let preview = Preview {
        in_segment: whom.in_segment,
        excluded: whom
            .excluded
            .into_iter()
            .map(|(code, count)| Excluded { code, count })
            .collect(),
        treated: lots.len() - control,
        control,
        by_variant: by_variant.collect(),
        cost,
        over_budget: setup.budget.is_some_and(|budget| cost > budget),
        rights_note: whom.rights_note,
        people: people.collect(),
        by_channel,
    };
    Ok((preview, lots))
}

/// What a start would do now.
pub(super) async fn preview(app: &App, signed: &Signed, campaign: &Record) -> Result<Preview, Problem> {
    Ok(drawn(app, signed, &Setup::read(campaign)?).await?.0)
}

pub(super) fn must_be(campaign: &Record, status: &str) -> Result<(), Problem> {
    let is = campaign.text("status").unwrap_or("draft");
    if is == status {
        return Ok(());
    }
    let text = match is {
        "draft" => "The campaign has not been started.",
        "running" => "The campaign runs already.",
        _ => "The campaign was stopped.",
    };
    Err(Problem::conflict("wrong-status", text))
}

/// Starts a campaign: members, visits and calls, in one change set. Gives its id and the number of its last change.
///
/// # Errors
/// What is missing; nobody to address; somebody else changed the campaign meanwhile.
pub(crate) async fn start(app: &App, signed: &Signed, campaign: &Record) -> Result<(String, i64), Problem> {
    must_be(campaign, "draft")?;
    let setup = Setup::read(campaign)?;
    if !signed.viewer.grant("campaign_member").create {
        return Err(Problem::forbidden("You may not start campaigns."));
    }
    let author = signed
        .program_on(
            app,
            "campaign",
            &campaign.id,
            "campaign",
            &format!("Started {}", setup.name),
        )
        .await?;
    let (preview, lots) = drawn(app, signed, &setup).await?;
    if preview.treated == 0 {
        return Err(Problem::conflict(
            "nobody",
            "Nobody of the segment can be addressed by these ways.",
        ));
    }
    let set = app.store.change_set(&author).await?;
    let now = app.store.now();
    let counts = serde_json::json!({
        "in_segment": preview.in_segment, "excluded": preview.excluded, "treated": preview.treated,
        "control": preview.control, "by_channel": preview.by_channel, "cost": preview.cost,
    });
    let mut ops = vec![Op::Update {
        type_name: "campaign".into(),
        id: campaign.id.clone(),
        version: Some(campaign.version),
        patch: fields([
            ("status", "running".into()),
            ("started_at", now.0.into()),
            ("started_by", set.id().into()),
            ("drawn", counts),
        ]),
    }];
    let owners = owners(app, &lots).await?;
    let mut last = 0;
    for lot in &lots {
        member(app, &setup, lot, &owners, &mut ops)?;
        if ops.len() >= CHUNK {
            last = set.write(std::mem::take(&mut ops)).await?.last_seq;
        }
    }
    if !ops.is_empty() {
        last = set.write(ops).await?.last_seq;
    }
    let change_set = set.id().to_owned();
    set.close().await?;
    Ok((change_set, last))
}

/// Who owns the customers: they call.
async fn owners(app: &App, lots: &[Lot]) -> Result<BTreeMap<String, String>, Problem> {
    let calls = lots.iter().filter(|l| l.chosen.channel == Channel::Phone);
    let ids: Vec<String> = calls.filter_map(|l| l.chosen.person.account_id.clone()).collect();
    let mut owners = BTreeMap::new();
    for (id, account) in crate::visits::by_ids(&app.store, "account", &ids).await? {
        owners.extend(account.text("owner_id").map(|owner| (id, owner.to_owned())));
    }
    Ok(owners)
}

/// A member, with the visit or the call that it asks for.
fn member(
    app: &App,
    setup: &Setup,
    lot: &Lot,
    owners: &BTreeMap<String, String>,
    ops: &mut Vec<Op>,
) -> Result<(), Problem> {
    let (chosen, person) = (&lot.chosen, &lot.chosen.person);
    let option = |id: &Option<String>| id.clone().map_or(Value::Null, Value::from);
    let mut member = fields([
        ("campaign_id", setup.id.as_str().into()),
        ("account_id", option(&person.account_id)),
        ("location_id", option(&chosen.location_id)),
        ("channel", chosen.channel.as_str().into()),
        ("territory_id", option(&chosen.territory_id)),
        ("city", option(&chosen.city)),
    ]);
    match person.kind {
        PersonKind::Contact => drop(member.insert("contact_id".into(), person.id.as_str().into())),
        PersonKind::Lead => drop(member.insert("lead_id".into(), person.id.as_str().into())),
        PersonKind::Account => {}
    }
    let Some(variant) = lot.variant.map(|v| &setup.variants[v]) else {
        member.extend(fields([("arm", "control".into()), ("status", "left_out".into())]));
        ops.push(Op::create("campaign_member", member));
        return Ok(());
    };
    member.extend(fields([
        ("arm", "treated".into()),
        ("status", "planned".into()),
        ("variant", variant.name.as_str().into()),
        ("code", new_code().map_err(Problem::unexpected)?.into()),
    ]));
    let title: String = format!("{}: {}", setup.name, variant.offer)
        .chars()
        .take(200)
        .collect();
    let title = title.trim_end_matches([':', ' ']).to_owned();
    match (chosen.channel, &person.account_id, &chosen.location_id) {
        (Channel::Visit, Some(account), Some(location)) => {
            let id = new_id();
            member.insert("visit_id".into(), id.as_str().into());
            let day = |day: Option<jiff::civil::Date>| day.map_or(Value::Null, |d| d.to_string().into());
            ops.push(Op::Create {
                type_name: "visit".into(),
                id: Some(id),
                // Nobody's yet: whoever drives there anyway takes it up.
                fields: fields([
                    ("account_id", account.as_str().into()),
                    ("location_id", location.as_str().into()),
                    ("status", "due".into()),
                    ("cause", "campaign".into()),
                    ("purpose", title.into()),
                    ("campaign_id", setup.id.as_str().into()),
                    ("earliest_on", day(setup.from)),
                    ("latest_on", day(setup.to)),
                ]),
            });
        }
        (Channel::Phone, ..) => {
            let id = new_id();
            member.insert("activity_id".into(), id.as_str().into());
            let owner = person.account_id.as_ref().and_then(|a| owners.get(a)).cloned();
            let due = setup.to.map(|day| app.settings.zone.start_of(day).0);
            ops.push(Op::Create {
                type_name: "activity".into(),
                id: Some(id),
                fields: fields([
                    ("kind", "call".into()),
                    ("subject", title.into()),
                    ("body", variant.text.as_str().into()),
                    ("account_id", option(&person.account_id)),
                    (
                        "contact_id",
                        member.get("contact_id").cloned().unwrap_or(Value::Null),
                    ),
                    ("owner_id", option(&owner)),
                    ("due_at", due.map_or(Value::Null, Value::from)),
                    ("status", "open".into()),
                ]),
            });
        }
        _ => {}
    }
    ops.push(Op::create("campaign_member", member));
    Ok(())
}
