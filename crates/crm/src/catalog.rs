//! The declared record types of the program: one small file beside each feature that owns them.

use records::{Catalog, DeclarationError};

/// All standard record types.
pub fn catalog() -> Result<Catalog, DeclarationError> {
    Catalog::parse(DECLARATIONS)
}

/// The declarations of all standard record types.
pub(crate) const DECLARATIONS: &[&str] = &[
    include_str!("accounts/record.toml"),
    include_str!("contacts/record.toml"),
    include_str!("locations/record.toml"),
    include_str!("users/record.toml"),
    include_str!("users/role.toml"),
    include_str!("teams/record.toml"),
    include_str!("sharing/record.toml"),
    include_str!("territories/record.toml"),
    include_str!("territories/version.toml"),
    include_str!("territories/member.toml"),
    include_str!("territories/assignment.toml"),
    include_str!("scenarios/record.toml"),
    include_str!("scenarios/operation.toml"),
    include_str!("scenarios/comment.toml"),
    include_str!("scenarios/objection.toml"),
    include_str!("visits/record.toml"),
    include_str!("visits/frequency.toml"),
    include_str!("calendars/record.toml"),
    include_str!("calendars/absence.toml"),
    include_str!("plans/record.toml"),
    include_str!("plans/stop.toml"),
    include_str!("plans/left_out.toml"),
    include_str!("activities/record.toml"),
    include_str!("opportunities/record.toml"),
    include_str!("opportunities/stage.toml"),
    include_str!("contacts/role.toml"),
    include_str!("leads/record.toml"),
    include_str!("sales/pipeline.toml"),
    include_str!("sales/opportunity_role.toml"),
    include_str!("sales/product.toml"),
    include_str!("sales/price_book.toml"),
    include_str!("sales/price.toml"),
    include_str!("sales/quote.toml"),
    include_str!("sales/order.toml"),
    include_str!("sales/target.toml"),
    include_str!("service/queue.toml"),
    include_str!("service/policy.toml"),
    include_str!("service/asset.toml"),
    include_str!("service/case.toml"),
    include_str!("files/record.toml"),
    include_str!("webhooks/record.toml"),
    include_str!("forms/record.toml"),
    include_str!("forms/submission.toml"),
    include_str!("imports/record.toml"),
    include_str!("imports/external_id.toml"),
    include_str!("regions/record.toml"),
    include_str!("additions/type.toml"),
    include_str!("additions/field.toml"),
    include_str!("segments/record.toml"),
    include_str!("segments/member.toml"),
    include_str!("consent/record.toml"),
    include_str!("campaigns/record.toml"),
    include_str!("campaigns/member.toml"),
    include_str!("campaigns/response.toml"),
    include_str!("privacy/erasure.toml"),
    include_str!("privacy/retention_rule.toml"),
    include_str!("collaboration/comment.toml"),
];

/// What the features know about their records, run inside every write.
#[must_use]
pub fn rules() -> records::Rules {
    let rules = records::Rules::new();
    let rules = crate::locations::rules(rules);
    let rules = crate::calendars::rules(rules);
    let rules = crate::visits::rules(rules);
    let rules = crate::territories::rules(rules);
    let rules = crate::accounts::rules(rules);
    let rules = crate::sales::rules(rules);
    let rules = crate::service::rules(rules);
    let rules = crate::additions::rules(rules);
    let rules = crate::mails::rules(rules);
    let rules = crate::files::rules(rules);
    let rules = crate::webhooks::rules(rules);
    let rules = crate::forms::rules(rules);
    let rules = crate::segments::rules(rules);
    let rules = crate::consent::rules(rules);
    let rules = crate::campaigns::rules(rules);
    let rules = crate::sharing::rules(rules);
    crate::opportunities::rules(rules)
}
