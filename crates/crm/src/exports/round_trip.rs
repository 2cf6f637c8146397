//! What comes in from another CRM goes out in its columns with the same cells: one import of all files of a system, one
//! export of each kind of record, and one undo.

use serde_json::Value;

use crate::imports::tests::{stages, step, sums, upload};
use crate::test_world::{World, worlds};

/// Records of one kind as a system writes them, `|` between cells.
struct Sample {
    /// Plural in the address; `customers` for the list on the map.
    plural: &'static str,
    file: &'static str,
}

const fn of(plural: &'static str, file: &'static str) -> Sample {
    Sample { plural, file }
}

const SALESFORCE: &[Sample] = &[
    of(
        "customers",
        "Account ID|Account Name|AccountNumber|Type|Industry|BillingStreet|BillingCity|BillingPostalCode|BillingCountry|BillingLatitude|BillingLongitude|Phone|Website|NumberOfEmployees|AnnualRevenue|AccountSource|Account Owner|Description|First Name|Last Name|Title
0015D00000XyZabQAF|Acme GmbH|A-1|Customer - Direct|Machines|Ring 1|Neubrandenburg|17033|Germany|53.55|13.26|+49 395 1|https://acme.example|12|50000|Web|Rita|First customer|Erika|Muster|Owner
0015D00000XyZacQAF|Beta AG||Channel Partner / Reseller||Ring 2|Neubrandenburg|17033||53.56|13.27||||1234.50||Rolf||||",
    ),
    of(
        "contacts",
        "Contact ID|Salutation|First Name|Last Name|Title|Account ID|Account Name|Account Owner|Mailing Street|Mailing City|Mailing State/Province|Mailing Zip/Postal Code|Mailing Country|Phone|Email|Description
0035D00000XyZabQAF|Ms.|Ada|Byron|CTO|0015D00000XyZadQAF|Engines Ltd|Rolf|Ring 3|Neubrandenburg|MV|17033|Germany|+49 395 2|ada@engines.example|Likes sums",
    ),
    of(
        "leads",
        "Lead ID|Lead Owner|First Name|Last Name|Title|Company / Account|Lead Source|Lead Status|Rating|Street|City|Postal Code|Country|Phone|Email|Website|Industry|No. of Employees|Description
00Q5D00000XyZabQAF|Rita|Grace|Hopper|Admiral|Navy|Fair|Working - Contacted|Hot|Ring 4|Neubrandenburg|17033|Germany|+49 395 3|grace@navy.example|https://navy.example|Ships|300|Call her",
    ),
    of(
        "opportunities",
        "Opportunity ID|Opportunity Owner|Account ID|Account Name|Opportunity Name|Stage|Forecast Category|Amount|Probability (%)|Close Date|Type|Lead Source|Next Step
0065D00000XyZabQAF|Rita|0015D00000XyZabQAF|Acme GmbH|Big deal|Proposal|Pipeline|1234.50|60|2026-09-30|New Customer|Web|Call back",
    ),
    of(
        "cases",
        "Case ID|Case Number|Case Owner|Account Name|Contact Name|Subject|Description|Status|Priority|Case Origin|Type
5005D00000XyZabQAF|00001026|Rolf|Acme GmbH|Erika Muster|Machine stands|It is broken|Working|High|Phone|Problem",
    ),
    of(
        "activities",
        "Activity ID|Subject|Task Subtype|Due Date|Status|Priority|Assigned|Company / Account|Contact Name|Opportunity|Comments
00T5D00000XyZabQAF|Call Erika|Call|2026-04-01|Not Started|Normal|Rita|Acme GmbH|Erika Muster|Big deal|About the price
00T5D00000XyZacQAF|Letter sent|Task|2026-03-01|Completed|Low|Rolf|Beta AG|||",
    ),
    of(
        "products",
        "Product ID|Product Name|Product Code|Product Family|QuantityUnitOfMeasure|Active|Product Description
01t5D00000XyZabQAF|Widget|W-1|Parts|Each|true|A small one
01t5D00000XyZacQAF|Old widget|W-0|Parts|Each|false|",
    ),
];

const HUBSPOT: &[Sample] = &[
    of(
        "customers",
        "Record ID|Company name|Company Domain Name|Company owner|Lifecycle Stage|Phone Number|Industry|Street Address|City|Postal Code|Country/Region|Number of Employees|Annual Revenue|Original Source|Description|First Name|Last Name|Job Title|Mobile Phone Number
101|Acme GmbH|acme.example|Rita|Customer|+49 395 1|Machines|Ring 1|Neubrandenburg|17033|Germany|12|50000|Web|First customer|Erika|Muster|Owner|+49 171 1
102|Beta AG|beta.example|Rolf|Lead|||Ring 2|Neubrandenburg|17033|||||||||",
    ),
    of(
        "contacts",
        "Record ID|First Name|Last Name|Email|Phone Number|Job Title|Contact owner|Lead Status|Associated Company|Associated Company ID|Website URL|Street Address|City|Postal Code|Country/Region|Create Date
201|Ada|Byron|ada@engines.example|+49 395 2|CTO|Rolf|Open|Engines Ltd|103|https://engines.example|Ring 3|Neubrandenburg|17033|Germany|2026-01-02 10:00",
    ),
    of(
        "opportunities",
        "Record ID|Deal Name|Deal Stage|Pipeline|Amount|Deal owner|Close Date|Deal Type|Associated Company|Associated Company IDs|Create Date
301|Big deal|Proposal|Sales Pipeline|1234.50|Rita|2026-09-30|New Business|Acme GmbH|101|2026-01-02 10:00
302|Old deal|Closed Lost|Sales Pipeline|10|Rolf|2026-01-31|Existing Business|Beta AG|102|2026-01-02 10:00",
    ),
    of(
        "cases",
        "Ticket ID|Ticket name|Ticket description|Pipeline|Ticket status|Priority|Source|Ticket owner|Associated Company|Create date
401|Machine stands|It is broken|Support Pipeline|Waiting on us|Medium|Email|Rolf|Acme GmbH|2026-01-02 10:00",
    ),
    of(
        "activities",
        "Task ID|Task Title|Task Status|Task Type|Due Date|Assigned to|Associated Company|Associated Contact|Notes
501|Call Erika|Not started|Call|2026-04-01|Rita|Acme GmbH|Erika Muster|About the price",
    ),
    of(
        "products",
        "Record ID|Name|SKU|Product description|Unit price
601|Widget|W-1|A small one|9.99",
    ),
];

const PIPEDRIVE: &[Sample] = &[
    of(
        "customers",
        "Organization - ID|Organization - Name|Organization - Owner|Organization - Label|Organization - Address|Person - First name|Last name|Person - Email (Work)|Person - Phone
1|Acme GmbH|Rita|Gold|Ring 1, 17033 Neubrandenburg|Erika|Muster|erika@acme.example|+49 395 1",
    ),
    of(
        "contacts",
        "Person - ID|Person - Name|Person - First name|Person - Last name|Person - Organization|Person - Email - Work|Person - Phone - Work|Person - Label
2|Ada Byron|Ada|Byron|Engines Ltd|ada@engines.example|+49 395 2|Warm",
    ),
    of(
        "opportunities",
        "Deal - ID|Deal - Title|Deal - Value|Deal - Currency|Deal - Pipeline|Deal - Stage|Deal - Status|Deal - Owner|Deal - Organization|Deal - Probability|Deal - Expected close date|Deal - Lost reason|Deal - Contact person
3|Big deal|1234.50|EUR|Sales Pipeline|Proposal|open|Rita|Acme GmbH|60|2026-09-30||Erika Muster
4|Lost deal|10|EUR|Sales Pipeline|Closed Lost|lost|Rolf|Acme GmbH|0|2026-01-31|Too dear|",
    ),
    of(
        "leads",
        "Lead - ID|Lead - Title|Lead - Contact person|Lead - Organization|Lead - Owner|Lead - Source
5|Wants ships|Grace Hopper|Navy|Rita|Fair",
    ),
    of(
        "activities",
        "Activity - ID|Activity - Subject|Activity - Type|Activity - Due date|Activity - Done|Activity - Assigned to user|Activity - Organization|Activity - Contact person|Activity - Deal|Activity - Note
6|Call Erika|Call|2026-04-01|To do|Rita|Acme GmbH|Erika Muster|Big deal|About the price
7|Met Ada|Meeting|2026-03-01|Done|Rolf|Engines Ltd|Ada Byron||",
    ),
    of(
        "products",
        "Product - ID|Product - Name|Product - Product code|Product - Category|Product - Unit|Product - Price
8|Widget|W-1|Parts|piece|9.99",
    ),
];

const DYNAMICS: &[Sample] = &[
    of(
        "customers",
        "(Do Not Modify) Account|(Do Not Modify) Row Checksum|(Do Not Modify) Modified On|Account Name|Account Number|Main Phone|Email|Website|Address 1: Street 1|Address 1: City|Address 1: ZIP/Postal Code|Address 1: Country/Region|Industry|Number of Employees|Annual Revenue|Owner|Description
g-1|abc==|2026-01-02 10:00|Acme GmbH|A-1|+49 395 1|info@acme.example|https://acme.example|Ring 1|Neubrandenburg|17033|Germany|Machines|12|50000|Rita|First customer",
    ),
    of(
        "contacts",
        "(Do Not Modify) Contact|(Do Not Modify) Row Checksum|(Do Not Modify) Modified On|Full Name|First Name|Last Name|Job Title|Company Name|Email|Business Phone|Address 1: Street 1|Address 1: City|Address 1: ZIP/Postal Code|Address 1: Country/Region|Description
g-2|abc==|2026-01-02 10:00|Ada Byron|Ada|Byron|CTO|Engines Ltd|ada@engines.example|+49 395 2|Ring 3|Neubrandenburg|17033|Germany|Likes sums",
    ),
    of(
        "leads",
        "(Do Not Modify) Lead|(Do Not Modify) Row Checksum|(Do Not Modify) Modified On|Topic|First Name|Last Name|Job Title|Company Name|Email|Business Phone|Country|Description|Lead Source|Status Reason|Owner
g-3|abc==|2026-01-02 10:00|Ships|Grace|Hopper|Admiral|Navy|grace@navy.example|+49 395 3|Germany|Call her|Fair|Contacted|Rita",
    ),
    of(
        "opportunities",
        "(Do Not Modify) Opportunity|(Do Not Modify) Row Checksum|(Do Not Modify) Modified On|Topic|Potential Customer|Est. Close Date|Est. Revenue|Probability|Pipeline Phase|Owner
g-4|abc==|2026-01-02 10:00|Big deal|Acme GmbH|2026-09-30|1234.50|60|Proposal|Rita",
    ),
    of(
        "cases",
        "(Do Not Modify) Case|(Do Not Modify) Row Checksum|(Do Not Modify) Modified On|Case Title|Case Number|Customer|Priority|Origin|Case Type|Status Reason|Owner|Description
g-5|abc==|2026-01-02 10:00|Machine stands|CAS-1|Acme GmbH|Normal|Phone|Problem|In Progress|Rolf|It is broken",
    ),
    of(
        "activities",
        "(Do Not Modify) Task|(Do Not Modify) Row Checksum|(Do Not Modify) Modified On|Subject|Activity Type|Due Date|Status|Regarding|Owner|Description
g-6|abc==|2026-01-02 10:00|Call Ada|Phone Call|2026-04-01|Open|Engines Ltd|Rita|About the price",
    ),
    of(
        "products",
        "(Do Not Modify) Product|(Do Not Modify) Row Checksum|(Do Not Modify) Modified On|Name|Product ID|Default Unit|Status|Description
g-7|abc==|2026-01-02 10:00|Widget|W-1|piece|Retired|A small one",
    ),
];

const GOOGLE: &[Sample] = &[of(
    "contacts",
    "Name|Given Name|Family Name|Nickname|Notes|Labels|E-mail 1 - Label|E-mail 1 - Value|Phone 1 - Label|Phone 1 - Value|Address 1 - Street|Address 1 - City|Address 1 - Postal Code|Address 1 - Country|Organization 1 - Name|Organization 1 - Title|Website 1 - Value
Ada Byron|Ada|Byron|Al|Likes sums|* myContacts|Work|ada@engines.example|Mobile|+49 171 2|Ring 3|Neubrandenburg|17033|Germany|Engines Ltd|CTO|https://engines.example
Grace Hopper|Grace|Hopper|||||grace@navy.example|||||||Navy||",
)];

fn rows(text: &str, delimiter: u8) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    reader
        .records()
        .map(|r| r.unwrap().iter().map(str::to_owned).collect())
        .collect()
}

async fn there_and_back(world: &World, system: &str, samples: &[Sample]) {
    stages(world).await;
    let names: Vec<String> = samples.iter().map(|s| format!("{}.csv", s.plural)).collect();
    let files: Vec<(&str, &[u8])> = names
        .iter()
        .zip(samples)
        .map(|(name, s)| (name.as_str(), s.file.as_bytes()))
        .collect();
    let import = upload(world, &files).await;
    for (part, sample) in import["parts"].as_array().unwrap().iter().zip(samples) {
        let object = part["object"].as_str().unwrap();
        let plural = if sample.plural == "customers" {
            "accounts"
        } else {
            sample.plural
        };
        assert_eq!(
            world.store().record_type(object).unwrap().table,
            plural,
            "{system} {}",
            sample.plural
        );
        assert!(
            part["preset"]
                .as_str()
                .unwrap()
                .to_lowercase()
                .starts_with(system),
            "{}",
            part["preset"]
        );
    }
    let done = step(world, &import, "run").await;
    let [rows_in, created, ..] = sums(&done["summary"]);
    assert_eq!(
        rows_in, created,
        "{system}: {:#}\n{:#}\n{:#}",
        done["errors"], done["duplicates"], done["unresolved"]
    );
    assert_eq!(done["unresolved"], Value::Array(Vec::new()), "{system}");
    for sample in samples {
        let path = format!("/api/v1/{}/export?preset={system}", sample.plural);
        let (status, _, bytes) = world.raw("max", "GET", &path, Value::Null).await;
        assert!(status.is_success(), "{path}: {}", String::from_utf8_lossy(&bytes));
        let out = rows(&String::from_utf8(bytes).unwrap(), b',');
        let wanted = rows(sample.file, b'|');
        assert_eq!(out[0], wanted[0], "{path}: the columns");
        for row in &wanted[1..] {
            // The nearest row tells which cell is another.
            let nearest = out[1..]
                .iter()
                .max_by_key(|o| o.iter().zip(row).filter(|(a, b)| a == b).count());
            let differing = nearest.map(|o| {
                wanted[0]
                    .iter()
                    .zip(row.iter().zip(o))
                    .filter(|(_, (a, b))| a != b)
                    .collect::<Vec<_>>()
            });
            assert!(
                out[1..].contains(row),
                "{path}: (column, (in, out)) {differing:#?}"
            );
        }
    }
    let path = format!("/api/v1/imports/{}/undo", import["id"].as_str().unwrap());
    let undone = world.post("max", &path, Value::Null).await;
    assert_eq!(undone["message"], Value::Null, "{undone:#}");
    for plural in [
        "accounts",
        "locations",
        "contacts",
        "leads",
        "opportunities",
        "cases",
        "activities",
        "products",
        "external-ids",
    ] {
        let count = world.get("max", &format!("/api/v1/{plural}/count")).await;
        assert_eq!(count["count"], 0, "{system}: {plural} after the undo");
    }
}

#[tokio::test]
async fn salesforce_comes_and_goes() {
    for world in worlds().await {
        there_and_back(&world, "salesforce", SALESFORCE).await;
    }
}

#[tokio::test]
async fn hubspot_comes_and_goes() {
    for world in worlds().await {
        there_and_back(&world, "hubspot", HUBSPOT).await;
    }
}

#[tokio::test]
async fn pipedrive_comes_and_goes() {
    for world in worlds().await {
        there_and_back(&world, "pipedrive", PIPEDRIVE).await;
    }
}

#[tokio::test]
async fn dynamics_comes_and_goes() {
    for world in worlds().await {
        there_and_back(&world, "dynamics", DYNAMICS).await;
    }
}

#[tokio::test]
async fn google_contacts_come_and_go() {
    for world in worlds().await {
        there_and_back(&world, "google", GOOGLE).await;
    }
}

#[tokio::test]
async fn a_formula_comes_in_as_it_is_and_goes_out_harmless() {
    let world = World::new().await;
    let table =
        "Account ID|Account Name|Billing Street|Billing City|Description\n7|=cmd()|@Ring|+Town|-2+3\n";
    let done = step(
        &world,
        &upload(&world, &[("a.csv", table.as_bytes())]).await,
        "run",
    )
    .await;
    assert_eq!(sums(&done["summary"]), [1, 1, 0, 0, 0]);
    let (_, _, bytes) = world
        .raw(
            "max",
            "GET",
            "/api/v1/customers/export?preset=salesforce",
            Value::Null,
        )
        .await;
    let out = String::from_utf8(bytes).unwrap();
    for cell in rows(&out, b',').concat() {
        assert!(!crate::spreadsheet::is_formula(&cell), "{cell}");
    }
    // Read again, it is the customer that it was.
    let again = step(&world, &upload(&world, &[("b.csv", out.as_bytes())]).await, "run").await;
    assert_eq!(sums(&again["summary"]), [1, 0, 0, 1, 0], "{again:#}");
    assert_eq!(again["duplicates"][0]["title"], "=cmd()");
}
