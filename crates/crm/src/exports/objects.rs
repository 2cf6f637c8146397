//! Records of a type in the columns of other CRMs. Each column is one that the import knows for the same field, or keeps
//! under its header, so that a file goes out and comes in again with the same cells.

/// What stands in a column of a row: of the record, and of what it links to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cell {
    /// A field.
    Own(&'static str),
    /// A choice in the other system's word.
    Word(&'static str),
    /// The day of a moment.
    Day(&'static str),
    /// What a linked record is called.
    Title(&'static str),
    /// The other system's id of the record.
    Number,
    /// The other system's id of a linked record.
    LinkNumber(&'static str),
    /// A field of a linked record.
    Of(&'static str, &'static str),
    /// What the record is called that a linked record links to.
    TitleOf(&'static str, &'static str),
    /// A field of the first place of the record's customer.
    Place(&'static str),
    /// Street and house number of it.
    StreetAndNumber,
    /// Won, lost or open.
    Outcome,
    /// What a file had in a column that we have no field for.
    Kept,
}

/// A CRM's columns of one kind of record.
pub(super) struct ObjectPreset {
    pub system: &'static str,
    pub type_name: &'static str,
    pub columns: &'static [(&'static str, Cell)],
}

use Cell::{Day, Kept, LinkNumber, Number, Of, Outcome, Own, Place, StreetAndNumber, Title, TitleOf, Word};

const fn of(
    system: &'static str,
    type_name: &'static str,
    columns: &'static [(&'static str, Cell)],
) -> ObjectPreset {
    ObjectPreset {
        system,
        type_name,
        columns,
    }
}

const SF: &str = "salesforce";
const HS: &str = "hubspot";
const PD: &str = "pipedrive";
const MS: &str = "dynamics";
const CHECKSUM: (&str, Cell) = ("(Do Not Modify) Row Checksum", Kept);
const MODIFIED: (&str, Cell) = ("(Do Not Modify) Modified On", Kept);

#[rustfmt::skip]
pub(super) const OBJECT_PRESETS: &[ObjectPreset] = &[
    of(SF, "contact", &[
        ("Contact ID", Number), ("Salutation", Kept), ("First Name", Own("given_name")), ("Last Name", Own("family_name")),
        ("Title", Own("title")), ("Account ID", LinkNumber("account_id")), ("Account Name", Title("account_id")),
        ("Account Owner", TitleOf("account_id", "owner_id")), ("Mailing Street", StreetAndNumber),
        ("Mailing City", Place("city")), ("Mailing State/Province", Kept), ("Mailing Zip/Postal Code", Place("postal_code")),
        ("Mailing Country", Place("country")), ("Phone", Own("phone")), ("Email", Own("email")), ("Description", Own("note")),
    ]),
    of(SF, "lead", &[
        ("Lead ID", Number), ("Lead Owner", Title("owner_id")), ("First Name", Own("given_name")), ("Last Name", Own("family_name")),
        ("Title", Own("title")), ("Company / Account", Own("company")), ("Lead Source", Own("source")),
        ("Lead Status", Word("status")), ("Rating", Kept), ("Street", StreetAndNumber), ("City", Own("city")),
        ("Postal Code", Own("postal_code")), ("Country", Own("country")), ("Phone", Own("phone")), ("Email", Own("email")),
        ("Website", Own("website")), ("Industry", Own("industry")), ("No. of Employees", Own("employees")),
        ("Description", Own("message")),
    ]),
    of(SF, "opportunity", &[
        ("Opportunity ID", Number), ("Opportunity Owner", Title("owner_id")), ("Account ID", LinkNumber("account_id")),
        ("Account Name", Title("account_id")), ("Opportunity Name", Own("name")), ("Stage", Title("stage_id")),
        ("Forecast Category", Kept), ("Amount", Own("amount")), ("Probability (%)", Own("probability")),
        ("Close Date", Own("close_date")), ("Type", Word("kind")), ("Lead Source", Own("source")), ("Next Step", Own("next_step")),
    ]),
    of(SF, "case", &[
        ("Case ID", Number), ("Case Number", Kept), ("Case Owner", Title("owner_id")), ("Account Name", Title("account_id")),
        ("Contact Name", Title("contact_id")), ("Subject", Own("subject")), ("Description", Own("description")),
        ("Status", Word("status")), ("Priority", Word("priority")), ("Case Origin", Word("channel")), ("Type", Word("kind")),
    ]),
    of(SF, "activity", &[
        ("Activity ID", Number), ("Subject", Own("subject")), ("Task Subtype", Word("kind")), ("Due Date", Day("due_at")),
        ("Status", Word("status")), ("Priority", Kept), ("Assigned", Title("owner_id")),
        ("Company / Account", Title("account_id")), ("Contact Name", Title("contact_id")),
        ("Opportunity", Title("opportunity_id")), ("Comments", Own("body")),
    ]),
    of(SF, "product", &[
        ("Product ID", Number), ("Product Name", Own("name")), ("Product Code", Own("code")), ("Product Family", Own("family")),
        ("QuantityUnitOfMeasure", Own("unit")), ("Active", Word("life_cycle")), ("Product Description", Own("description")),
    ]),
    of(HS, "contact", &[
        ("Record ID", Number), ("First Name", Own("given_name")), ("Last Name", Own("family_name")), ("Email", Own("email")),
        ("Phone Number", Own("phone")), ("Job Title", Own("title")), ("Contact owner", TitleOf("account_id", "owner_id")),
        ("Lead Status", Kept), ("Associated Company", Title("account_id")),
        ("Associated Company ID", LinkNumber("account_id")), ("Website URL", Of("account_id", "website")),
        ("Street Address", StreetAndNumber), ("City", Place("city")), ("Postal Code", Place("postal_code")),
        ("Country/Region", Place("country")), ("Create Date", Kept),
    ]),
    of(HS, "opportunity", &[
        ("Record ID", Number), ("Deal Name", Own("name")), ("Deal Stage", Title("stage_id")),
        ("Pipeline", TitleOf("stage_id", "pipeline_id")), ("Amount", Own("amount")), ("Deal owner", Title("owner_id")),
        ("Close Date", Own("close_date")), ("Deal Type", Word("kind")), ("Associated Company", Title("account_id")),
        ("Associated Company IDs", LinkNumber("account_id")), ("Create Date", Kept),
    ]),
    of(HS, "case", &[
        ("Ticket ID", Number), ("Ticket name", Own("subject")), ("Ticket description", Own("description")), ("Pipeline", Kept),
        ("Ticket status", Word("status")), ("Priority", Word("priority")), ("Source", Word("channel")),
        ("Ticket owner", Title("owner_id")), ("Associated Company", Title("account_id")), ("Create date", Kept),
    ]),
    of(HS, "activity", &[
        ("Task ID", Number), ("Task Title", Own("subject")), ("Task Status", Word("status")), ("Task Type", Word("kind")),
        ("Due Date", Day("due_at")), ("Assigned to", Title("owner_id")), ("Associated Company", Title("account_id")),
        ("Associated Contact", Title("contact_id")), ("Notes", Own("body")),
    ]),
    of(HS, "product", &[
        ("Record ID", Number), ("Name", Own("name")), ("SKU", Own("code")), ("Product description", Own("description")),
        ("Unit price", Kept),
    ]),
    of(PD, "contact", &[
        ("Person - ID", Number), ("Person - Name", Own("name")), ("Person - First name", Own("given_name")),
        ("Person - Last name", Own("family_name")), ("Person - Organization", Title("account_id")),
        ("Person - Email - Work", Own("email")), ("Person - Phone - Work", Own("phone")), ("Person - Label", Kept),
    ]),
    of(PD, "opportunity", &[
        ("Deal - ID", Number), ("Deal - Title", Own("name")), ("Deal - Value", Own("amount")), ("Deal - Currency", Own("currency")),
        ("Deal - Pipeline", TitleOf("stage_id", "pipeline_id")), ("Deal - Stage", Title("stage_id")), ("Deal - Status", Outcome),
        ("Deal - Owner", Title("owner_id")), ("Deal - Organization", Title("account_id")),
        ("Deal - Probability", Own("probability")), ("Deal - Expected close date", Own("close_date")),
        ("Deal - Lost reason", Own("loss_reason")), ("Deal - Contact person", Kept),
    ]),
    of(PD, "lead", &[
        ("Lead - ID", Number), ("Lead - Title", Own("message")), ("Lead - Contact person", Own("name")),
        ("Lead - Organization", Own("company")), ("Lead - Owner", Title("owner_id")), ("Lead - Source", Own("source")),
    ]),
    of(PD, "activity", &[
        ("Activity - ID", Number), ("Activity - Subject", Own("subject")), ("Activity - Type", Word("kind")),
        ("Activity - Due date", Day("due_at")), ("Activity - Done", Word("status")),
        ("Activity - Assigned to user", Title("owner_id")), ("Activity - Organization", Title("account_id")),
        ("Activity - Contact person", Title("contact_id")), ("Activity - Deal", Title("opportunity_id")),
        ("Activity - Note", Own("body")),
    ]),
    of(PD, "product", &[
        ("Product - ID", Number), ("Product - Name", Own("name")), ("Product - Product code", Own("code")),
        ("Product - Category", Own("family")), ("Product - Unit", Own("unit")), ("Product - Price", Kept),
    ]),
    of(MS, "contact", &[
        ("(Do Not Modify) Contact", Number), CHECKSUM, MODIFIED, ("Full Name", Own("name")), ("First Name", Own("given_name")),
        ("Last Name", Own("family_name")), ("Job Title", Own("title")), ("Company Name", Title("account_id")),
        ("Email", Own("email")), ("Business Phone", Own("phone")), ("Address 1: Street 1", StreetAndNumber),
        ("Address 1: City", Place("city")), ("Address 1: ZIP/Postal Code", Place("postal_code")),
        ("Address 1: Country/Region", Place("country")), ("Description", Own("note")),
    ]),
    of(MS, "lead", &[
        ("(Do Not Modify) Lead", Number), CHECKSUM, MODIFIED, ("Topic", Kept), ("First Name", Own("given_name")),
        ("Last Name", Own("family_name")), ("Job Title", Own("title")), ("Company Name", Own("company")),
        ("Email", Own("email")), ("Business Phone", Own("phone")), ("Country", Own("country")), ("Description", Own("message")),
        ("Lead Source", Own("source")), ("Status Reason", Word("status")), ("Owner", Title("owner_id")),
    ]),
    of(MS, "opportunity", &[
        ("(Do Not Modify) Opportunity", Number), CHECKSUM, MODIFIED, ("Topic", Own("name")),
        ("Potential Customer", Title("account_id")), ("Est. Close Date", Own("close_date")), ("Est. Revenue", Own("amount")),
        ("Probability", Own("probability")), ("Pipeline Phase", Title("stage_id")), ("Owner", Title("owner_id")),
    ]),
    of(MS, "case", &[
        ("(Do Not Modify) Case", Number), CHECKSUM, MODIFIED, ("Case Title", Own("subject")), ("Case Number", Kept),
        ("Customer", Title("account_id")), ("Priority", Word("priority")), ("Origin", Word("channel")),
        ("Case Type", Word("kind")), ("Status Reason", Word("status")), ("Owner", Title("owner_id")),
        ("Description", Own("description")),
    ]),
    of(MS, "activity", &[
        ("(Do Not Modify) Task", Number), CHECKSUM, MODIFIED, ("Subject", Own("subject")), ("Activity Type", Word("kind")),
        ("Due Date", Day("due_at")), ("Status", Word("status")), ("Regarding", Title("account_id")),
        ("Owner", Title("owner_id")), ("Description", Own("body")),
    ]),
    of(MS, "product", &[
        ("(Do Not Modify) Product", Number), CHECKSUM, MODIFIED, ("Name", Own("name")), ("Product ID", Own("code")),
        ("Default Unit", Own("unit")), ("Status", Word("life_cycle")), ("Description", Own("description")),
    ]),
    of("google", "contact", &[
        ("Name", Own("name")), ("Given Name", Own("given_name")), ("Family Name", Own("family_name")), ("Nickname", Kept),
        ("Notes", Own("note")), ("Labels", Kept), ("E-mail 1 - Label", Kept), ("E-mail 1 - Value", Own("email")),
        ("Phone 1 - Label", Kept), ("Phone 1 - Value", Own("phone")), ("Address 1 - Street", StreetAndNumber),
        ("Address 1 - City", Place("city")), ("Address 1 - Postal Code", Place("postal_code")),
        ("Address 1 - Country", Place("country")), ("Organization 1 - Name", Title("account_id")),
        ("Organization 1 - Title", Own("title")), ("Website 1 - Value", Kept),
    ]),
];
