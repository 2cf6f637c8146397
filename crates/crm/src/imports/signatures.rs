//! Headers by which the exports of other programs are known.

/// A kind of export.
pub(super) struct Signature {
    pub system: &'static str,
    /// What its rows are.
    pub object: &'static str,
    /// So many of the headers, from the first, stand in no other export: one of them outweighs the others.
    pub keys: usize,
    pub headers: &'static [&'static str],
}

const fn of(
    system: &'static str,
    object: &'static str,
    keys: usize,
    headers: &'static [&'static str],
) -> Signature {
    Signature {
        system,
        object,
        keys,
        headers,
    }
}

const SF: &str = "Salesforce";
const HS: &str = "HubSpot";
const PD: &str = "Pipedrive";
const MS: &str = "Dynamics 365";
const CHECKSUM: &str = "(Do Not Modify) Row Checksum";
const MODIFIED: &str = "(Do Not Modify) Modified On";

#[rustfmt::skip]
pub(super) const SIGNATURES: &[Signature] = &[
    of(SF, "account", 0, &[
        "Account Name", "Billing Street", "Billing City", "BillingStreet", "BillingCity", "Account Owner",
        "Billing Zip/Postal Code", "BillingPostalCode", "Billing State/Province", "BillingCountry", "Account ID",
        "Account Type", "Parent Account ID", "AccountNumber", "AccountSource", "NumberOfEmployees", "AnnualRevenue",
    ]),
    of(SF, "contact", 0, &[
        "Contact ID", "First Name", "Last Name", "Mailing Street", "Mailing City", "Mailing State/Province",
        "Mailing Zip/Postal Code", "Mailing Country", "MailingStreet", "MailingCity", "MailingPostalCode",
        "MailingCountry", "Account Name", "AccountId", "Contact Owner", "Contact Record Type", "ReportsToId",
        "FirstName", "LastName",
    ]),
    of(SF, "lead", 5, &[
        "Lead ID", "Lead Owner", "Company / Account", "Email Opt Out", "ConvertedAccountId", "Lead Status",
        "Lead Source", "Company", "Rating", "First Name", "Last Name", "FirstName", "LastName", "Street",
    ]),
    of(SF, "opportunity", 5, &[
        "Opportunity Name", "Opportunity Owner", "Opportunity ID", "StageName", "Forecast Category", "Stage",
        "Close Date", "CloseDate", "Amount", "Probability (%)", "Probability", "Account Name", "AccountId",
        "IsPrivate", "NextStep",
    ]),
    of(SF, "case", 4, &[
        "Case Number", "CaseNumber", "Case ID", "Case Owner", "Subject", "Status", "Priority", "Origin",
        "Case Origin", "Account Name", "Account", "Contact Name", "Contact", "AccountId", "ContactId",
    ]),
    of(SF, "activity", 5, &[
        "ActivityDate", "WhoId", "WhatId", "Activity ID", "Task Subtype", "Subject", "Due Date", "Date", "Assigned",
        "Assigned To", "Company / Account", "Comments", "Full Comments", "Priority", "Status",
    ]),
    of(SF, "product", 3, &[
        "ProductCode", "QuantityUnitOfMeasure", "Product Family", "Product Name", "Product Code", "Family",
        "IsActive", "Active", "Product Description",
    ]),
    of(HS, "account", 2, &[
        "Company Domain Name", "Company owner", "Record ID", "Company name", "Lifecycle Stage", "Create Date",
    ]),
    of(HS, "contact", 1, &[
        "Contact owner", "Record ID", "Contact ID", "First Name", "Last Name", "Phone Number", "Mobile Phone Number",
        "Lifecycle Stage", "Lead Status", "Associated Company", "Associated Company IDs", "Create Date",
    ]),
    of(HS, "opportunity", 3, &[
        "Deal Name", "Deal Stage", "Deal owner", "Record ID", "Deal ID", "Pipeline", "Amount", "Close Date",
        "Associated Company", "Associated Company (Primary)", "Associated Company IDs",
        "Associated Company IDs (Primary)", "Associated Contact IDs",
    ]),
    of(HS, "case", 3, &[
        "Ticket name", "Ticket status", "Ticket ID", "Ticket owner", "Ticket description", "Pipeline", "Priority",
        "Create date", "Owner", "Associated Company", "Associated Contact",
    ]),
    of(HS, "activity", 3, &[
        "Task Title", "Task Status", "Task Type", "Due Date", "Assigned to", "Associated Company",
        "Associated Contact", "Notes",
    ]),
    of(HS, "product", 1, &[
        "SKU", "Record ID", "Name", "Unit price", "Product description", "Product type",
    ]),
    of(PD, "account", 0, &[
        "Organization - Name", "Organization - Address", "Organization - ID", "Organization - Owner",
        "Organization - Label", "Person - Name",
    ]),
    of(PD, "contact", 2, &[
        "Person - Organization", "Person - ID", "Person - Name", "Person - Owner", "Person - First name",
        "Person - Last name", "Person - Phone", "Person - Email", "Person - Email - Work", "Person - Phone - Work",
        "Person - Email (Work)",
    ]),
    of(PD, "lead", 2, &[
        "Lead - Title", "Lead - ID", "Lead - Owner", "Lead - Contact person", "Lead - Organization", "Lead - Source",
    ]),
    of(PD, "opportunity", 1, &[
        "Deal - Title", "Deal - Value", "Deal - Currency", "Deal - Stage", "Deal - Owner", "Deal - Organization",
        "Deal - Contact person", "Deal - Status", "Deal - Pipeline", "Deal - Expected close date", "Deal - ID",
        "Person - Name", "Organization - Name",
    ]),
    of(PD, "activity", 3, &[
        "Activity - Due date", "Activity - ID", "Activity - Type", "Activity - Subject", "Activity - Done",
        "Activity - Organization", "Activity - Contact person", "Activity - Note", "Note - Content",
    ]),
    of(PD, "product", 2, &[
        "Product - Product code", "Product - ID", "Product - Name", "Product - Product Code", "Product - Unit",
        "Product - Category", "Product - Price",
    ]),
    of(MS, "account", 1, &[
        "(Do Not Modify) Account", CHECKSUM, MODIFIED, "Account Name", "Main Phone",
    ]),
    of(MS, "contact", 1, &[
        "(Do Not Modify) Contact", CHECKSUM, MODIFIED, "Full Name", "Company Name",
    ]),
    of(MS, "lead", 1, &[
        "(Do Not Modify) Lead", CHECKSUM, MODIFIED, "Topic", "Subject",
    ]),
    of(MS, "opportunity", 1, &[
        "(Do Not Modify) Opportunity", CHECKSUM, MODIFIED, "Topic", "Potential Customer",
    ]),
    of(MS, "case", 1, &[
        "(Do Not Modify) Case", CHECKSUM, MODIFIED, "Case Title", "Customer",
    ]),
    of(MS, "activity", 1, &[
        "(Do Not Modify) Task", CHECKSUM, MODIFIED, "Subject", "Regarding",
    ]),
    of(MS, "product", 1, &[
        "(Do Not Modify) Product", CHECKSUM, MODIFIED, "Product ID", "Name",
    ]),
    of("Google Contacts", "contact", 5, &[
        "E-mail 1 - Value", "Phone 1 - Value", "Organization 1 - Name", "E-mail 1 - Label", "Address 1 - Street",
        "Given Name", "Family Name", "First Name", "Last Name", "Organization Name", "Organization Title", "File As",
        "Nickname", "Labels",
    ]),
    of("Bailiwick", "account", 0, &[
        "Kundennummer", "Firma", "Art", "Klasse", "Branche", "PLZ", "Ort",
    ]),
];
