//! Customers in the columns of other CRMs. Each column is one that the import knows for the same field, so that a file
//! goes out and comes in again with the same cells.

/// What stands in a column of a row: a customer, one of its places, and its first contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// A field of the account.
    Account(&'static str),
    /// A field of the place.
    Place(&'static str),
    /// Street and house number.
    StreetAndNumber,
    /// The whole address in a line.
    Address,
    /// The website without `https://`.
    Domain,
    /// A field of the first contact.
    Contact(&'static str),
    /// A choice of the account in the other system's word.
    Word(&'static str),
    /// The other system's id of the account.
    Number,
    /// What a file had in a column that we have no field for.
    Kept,
}

/// A CRM's columns: its name in the address, and header by header.
pub(super) struct Preset {
    pub name: &'static str,
    pub columns: &'static [(&'static str, Source)],
}

use Source::{Account, Address, Contact, Domain, Kept, Number, Place, StreetAndNumber, Word};

pub(super) const PRESETS: [Preset; 5] = [
    Preset {
        name: "bailiwick",
        columns: &[
            ("Kundennummer", Account("number")),
            ("Firma", Account("name")),
            ("Art", Account("type")),
            ("Klasse", Account("class")),
            ("Branche", Account("industry")),
            ("Straße", Place("street")),
            ("Hausnummer", Place("house_number")),
            ("PLZ", Place("postal_code")),
            ("Ort", Place("city")),
            ("Land", Place("country")),
            ("lng", Place("lng")),
            ("lat", Place("lat")),
            ("Öffnungszeiten", Place("opening_hours")),
            ("Telefon", Account("phone")),
            ("E-Mail", Account("email")),
            ("Webseite", Account("website")),
            ("Mitarbeiter", Account("employees")),
            ("Umsatz", Account("annual_revenue")),
            ("Betreuer", Account("owner_id")),
            ("Quelle", Account("source")),
            ("Beschreibung", Account("description")),
            ("Vorname", Contact("given_name")),
            ("Nachname", Contact("family_name")),
            ("Funktion", Contact("title")),
            ("Contact Email", Contact("email")),
            ("Contact Phone", Contact("phone")),
        ],
    },
    Preset {
        name: "salesforce",
        columns: &[
            ("Account ID", Number),
            ("Account Name", Account("name")),
            ("AccountNumber", Account("number")),
            ("Type", Word("type")),
            ("Industry", Account("industry")),
            ("BillingStreet", StreetAndNumber),
            ("BillingCity", Place("city")),
            ("BillingPostalCode", Place("postal_code")),
            ("BillingCountry", Place("country")),
            ("BillingLatitude", Place("lat")),
            ("BillingLongitude", Place("lng")),
            ("Phone", Account("phone")),
            ("Website", Account("website")),
            ("NumberOfEmployees", Account("employees")),
            ("AnnualRevenue", Account("annual_revenue")),
            ("AccountSource", Account("source")),
            ("Account Owner", Account("owner_id")),
            ("Description", Account("description")),
            ("First Name", Contact("given_name")),
            ("Last Name", Contact("family_name")),
            ("Title", Contact("title")),
        ],
    },
    Preset {
        name: "hubspot",
        columns: &[
            ("Record ID", Number),
            ("Company name", Account("name")),
            ("Company Domain Name", Domain),
            ("Company owner", Account("owner_id")),
            ("Lifecycle Stage", Word("type")),
            ("Phone Number", Account("phone")),
            ("Industry", Account("industry")),
            ("Street Address", StreetAndNumber),
            ("City", Place("city")),
            ("Postal Code", Place("postal_code")),
            ("Country/Region", Place("country")),
            ("Number of Employees", Account("employees")),
            ("Annual Revenue", Account("annual_revenue")),
            ("Original Source", Account("source")),
            ("Description", Account("description")),
            ("First Name", Contact("given_name")),
            ("Last Name", Contact("family_name")),
            ("Job Title", Contact("title")),
            ("Mobile Phone Number", Contact("phone")),
        ],
    },
    Preset {
        name: "pipedrive",
        columns: &[
            ("Organization - ID", Number),
            ("Organization - Name", Account("name")),
            ("Organization - Owner", Account("owner_id")),
            ("Organization - Label", Kept),
            ("Organization - Address", Address),
            ("Person - First name", Contact("given_name")),
            ("Last name", Contact("family_name")),
            ("Person - Email (Work)", Contact("email")),
            ("Person - Phone", Contact("phone")),
        ],
    },
    Preset {
        name: "dynamics",
        columns: &[
            ("(Do Not Modify) Account", Number),
            ("(Do Not Modify) Row Checksum", Kept),
            ("(Do Not Modify) Modified On", Kept),
            ("Account Name", Account("name")),
            ("Account Number", Account("number")),
            ("Main Phone", Account("phone")),
            ("Email", Account("email")),
            ("Website", Account("website")),
            ("Address 1: Street 1", StreetAndNumber),
            ("Address 1: City", Place("city")),
            ("Address 1: ZIP/Postal Code", Place("postal_code")),
            ("Address 1: Country/Region", Place("country")),
            ("Industry", Account("industry")),
            ("Number of Employees", Account("employees")),
            ("Annual Revenue", Account("annual_revenue")),
            ("Owner", Account("owner_id")),
            ("Description", Account("description")),
        ],
    },
];
