//! Workbooks as they come, and as somebody who means harm sends them.

use std::io::Write as _;

use serde_json::{Value, json};

use super::{one, stages, step, sums, upload};
use crate::test_world::World;

/// A workbook of parts; `sheets` are the XML of the sheets' rows.
fn workbook(shared: &[&str], sheets: &[(&str, String)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let mut part = |name: &str, text: String| {
        zip.start_file(name, zip::write::SimpleFileOptions::default())
            .unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    };
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006/relationships";
    part(
        "_rels/.rels",
        format!(
            "<Relationships xmlns=\"{package}\"><Relationship Id=\"rId1\" Type=\"{rel}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
        ),
    );
    let names: String = (1..)
        .zip(sheets)
        .map(|(n, (name, _))| format!("<sheet name=\"{name}\" sheetId=\"{n}\" r:id=\"rId{n}\"/>"))
        .collect();
    part(
        "xl/workbook.xml",
        format!("<workbook xmlns=\"{main}\" xmlns:r=\"{rel}\"><sheets>{names}</sheets></workbook>"),
    );
    let links: String = (1..=sheets.len())
        .map(|n| {
            format!(
                "<Relationship Id=\"rId{n}\" Type=\"{rel}/worksheet\" Target=\"worksheets/sheet{n}.xml\"/>"
            )
        })
        .collect();
    part(
        "xl/_rels/workbook.xml.rels",
        format!(
            "<Relationships xmlns=\"{package}\">{links}<Relationship Id=\"rIdS\" Type=\"{rel}/styles\" Target=\"styles.xml\"/><Relationship Id=\"rIdT\" Type=\"{rel}/sharedStrings\" Target=\"sharedStrings.xml\"/></Relationships>"
        ),
    );
    // Style 1 is a day.
    part(
        "xl/styles.xml",
        format!(
            "<styleSheet xmlns=\"{main}\"><cellXfs count=\"2\"><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/></cellXfs></styleSheet>"
        ),
    );
    let texts: String = shared.iter().map(|t| format!("<si><t>{t}</t></si>")).collect();
    part(
        "xl/sharedStrings.xml",
        format!("<sst xmlns=\"{main}\">{texts}</sst>"),
    );
    for (n, (_, rows)) in (1..).zip(sheets) {
        part(
            &format!("xl/worksheets/sheet{n}.xml"),
            format!("<worksheet xmlns=\"{main}\"><sheetData>{rows}</sheetData></worksheet>"),
        );
    }
    zip.finish().unwrap().into_inner()
}

#[tokio::test]
async fn workbooks_come_in_sheet_by_sheet_and_those_too_large_do_not() {
    let world = World::new().await;
    stages(&world).await;
    let text = |at: &str, n: usize| format!("<c r=\"{at}\" t=\"s\"><v>{n}</v></c>");
    let accounts = format!(
        "<row r=\"1\">{}{}{}</row><row r=\"3\">{}<c r=\"B3\"><v>1234.5</v></c><c r=\"C3\"><v>17033</v></c></row>",
        text("A1", 0),
        text("B1", 1),
        text("C1", 2),
        text("A3", 3)
    );
    let deals = format!(
        "<row r=\"1\">{}{}{}{}</row><row r=\"2\"><c r=\"A2\" t=\"inlineStr\"><is><t>A deal</t></is></c>{}<c r=\"C2\" s=\"1\"><v>45631</v></c>{}</row>",
        text("A1", 4),
        text("B1", 5),
        text("C1", 6),
        text("D1", 8),
        text("B2", 3),
        text("D2", 9)
    );
    let remark = format!(
        "<row r=\"1\">{}</row><row r=\"2\">{}</row>",
        text("A1", 7),
        text("A2", 7)
    );
    let shared = [
        "Account Name",
        "Annual Revenue",
        "Postal Code",
        "Müller &amp; Söhne",
        "Opportunity Name",
        "Account Name",
        "Close Date",
        "only a remark",
        "Stage",
        "Proposal",
    ];
    let bytes = workbook(
        &shared,
        &[
            ("Accounts", accounts),
            ("Deals", deals),
            ("Notes to self", remark),
        ],
    );
    let import = upload(&world, &[("book.xlsx", &bytes)]).await;
    let told: Vec<(Value, Value)> = import["parts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| (p["sheet"].clone(), p["object"].clone()))
        .collect();
    assert_eq!(
        told,
        [
            (json!("Accounts"), json!("account")),
            (json!("Deals"), json!("opportunity")),
            (json!("Notes to self"), Value::Null)
        ]
    );
    let done = step(&world, &import, "run").await;
    assert_eq!(sums(&done["summary"]), [2, 2, 0, 0, 0], "{done:#}");
    let account = one(&world, "accounts", "annual_revenue = 123450").await;
    assert_eq!(account["fields"]["name"], "Müller & Söhne");
    let deal = one(&world, "opportunities", "name = 'A deal'").await;
    assert_eq!(
        (&deal["fields"]["close_date"], &deal["fields"]["account_id"]),
        (&json!("2024-12-05"), &account["id"])
    );

    // A fault is told by the row of the sheet.
    let wrong = format!(
        "<row r=\"1\">{}{}</row><row r=\"7\"><c r=\"B7\"><v>1</v></c></row>",
        text("A1", 0),
        text("B1", 1)
    );
    let import = upload(&world, &[("book.xlsx", &workbook(&shared, &[("One", wrong)]))]).await;
    let checked = step(&world, &import, "check").await;
    assert_eq!(
        (&checked["errors"][0]["row"], &checked["errors"][0]["line"]),
        (&json!(1), &json!(7))
    );

    let refused = async |bytes: &[u8]| {
        let (status, problem) = world
            .upload_files("max", "/api/v1/imports", &[("x.xlsx", bytes)])
            .await;
        assert_eq!(status.as_u16(), 400, "{problem}");
        problem["code"].as_str().unwrap().to_owned()
    };
    // A cell in the last column costs nothing but an answer.
    let far = format!("<row r=\"1\">{}<c r=\"XFD1\"><v>1</v></c></row>", text("A1", 0));
    assert_eq!(
        refused(&workbook(&shared, &[("One", far)])).await,
        "too-many-columns"
    );
    assert_eq!(
        refused(&workbook(&shared, &[("One", String::new())])).await,
        "no-rows"
    );
    assert_eq!(refused(b"PK\x03\x04 and no more").await, "a-workbook");
    let mut bomb = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for name in ["xl/workbook.xml", "xl/sharedStrings.xml"] {
        bomb.start_file(name, zip::write::SimpleFileOptions::default())
            .unwrap();
        let zeros = vec![b' '; 1024 * 1024];
        for _ in 0..if name.ends_with("Strings.xml") { 257 } else { 1 } {
            bomb.write_all(&zeros).unwrap();
        }
    }
    let bomb = bomb.finish().unwrap().into_inner();
    assert!(bomb.len() < 2_000_000, "{}", bomb.len());
    assert_eq!(refused(&bomb).await, "too-large");
    // A second file that cannot be read is named, and nothing of the first stays.
    let (status, problem) = world
        .upload_files(
            "max",
            "/api/v1/imports",
            &[("good.csv", b"Name\nA\n"), ("bad.csv", b"")],
        )
        .await;
    assert_eq!(status.as_u16(), 400);
    assert!(
        problem["detail"].as_str().unwrap().contains("bad.csv"),
        "{problem}"
    );
}
