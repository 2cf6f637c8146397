//! From a file to customers: every encoding, every slip, the dry run's promise, the undo.

use serde_json::{Value, json};

use crate::harness::{Client, World, email, list, number, run, scenario, text, wait};
use crate::records::feed;

scenario!(
    files_in_every_encoding_say_the_same,
    files_that_are_no_lists_are_refused,
    faults_are_told_by_line_and_column,
    the_dry_run_promises_what_the_import_does,
    an_import_undone_leaves_nothing_but_the_log,
    the_demo_customers_from_the_command_line,
);

/// Uploads with a mapping as proposed, and runs it; gives the finished import.
async fn import(client: &Client, name: &str, bytes: Vec<u8>) -> Value {
    let import = client.upload(name, bytes).await.ok();
    step(client, &import, "run").await
}

/// One step of an import to its end.
async fn step(client: &Client, import: &Value, step: &str) -> Value {
    let address = format!("/api/v1/imports/{}", text(&import["id"]));
    let job = client.post(&format!("{address}/{step}"), json!({})).await.ok();
    wait::job_done(client, &job).await;
    client.get(&address).await.ok()
}

/// rows, created, updated, skipped, failed; they have to add up.
fn sums(import: &Value) -> [i64; 5] {
    let summary = &import["summary"];
    let counts = ["rows", "created", "updated", "skipped", "failed"].map(|name| number(&summary[name]));
    assert_eq!(counts[0], counts[1..].iter().sum::<i64>(), "{summary:#}");
    counts
}

/// The names on record, in order.
async fn names(client: &Client) -> Vec<String> {
    let listed = client.get("/api/v1/accounts?sort=name&limit=1000").await.ok();
    list(&listed["records"])
        .iter()
        .map(|r| text(&r["fields"]["name"]))
        .collect()
}

async fn files_in_every_encoding_say_the_same(world: World) {
    let manager = world.sign_in("manager").await;
    // Semicolons, decimal commas, quotes that hold quotes, semicolons and a line break, Windows line ends.
    let table = "Kundennummer;Firma;Straße;PLZ;Ort;Umsatz;Beschreibung\r\n\
                 {}-1;\"Größe; \"\"die\"\" Bäckerei\";Ring 1;17033;Neubrandenburg;1.200,50;\"erste Zeile\r\nzweite Zeile\"\r\n\
                 {}-2;Müller & Söhne;Ring 2;17033;Neubrandenburg;7;\r\n";
    let utf16 = |text: &str, little: bool| -> Vec<u8> {
        let marked = format!("\u{feff}{text}");
        marked
            .encode_utf16()
            .flat_map(|u| if little { u.to_le_bytes() } else { u.to_be_bytes() })
            .collect()
    };
    let windows_1252 = |text: &str| -> Vec<u8> {
        text.chars()
            .map(|c| u8::try_from(u32::from(c)).expect("Latin letters"))
            .collect()
    };
    let of = |system: &str| table.replace("{}", system);
    let files = [
        ("utf-8", of("A").into_bytes()),
        ("utf-8", [b"\xEF\xBB\xBF".as_slice(), of("B").as_bytes()].concat()),
        ("windows-1252", windows_1252(&of("C"))),
        ("utf-16le", utf16(&of("D"), true)),
        ("utf-16be", utf16(&of("E"), false)),
    ];
    for (position, (encoding, bytes)) in files.into_iter().enumerate() {
        let import = import(&manager, "list.csv", bytes).await;
        assert_eq!(import["parts"][0]["encoding"], encoding);
        assert_eq!(import["parts"][0]["delimiter"], ";");
        assert_eq!(import["parts"][0]["decimal"], ",");
        assert_eq!(import["state"], "done");
        // A number of its own is a customer of its own.
        assert_eq!(sums(&import), [2, 2, 0, 0, 0], "{encoding}");
        let number = ["A-1", "B-1", "C-1", "D-1", "E-1"][position];
        let found = manager
            .ask("/api/v1/accounts", &[("filter", &format!("number = '{number}'"))])
            .await
            .ok();
        let fields = &found["records"][0]["fields"];
        assert_eq!(fields["name"], "Größe; \"die\" Bäckerei", "{encoding}");
        assert_eq!(fields["annual_revenue"], 120_050, "{encoding}");
        assert_eq!(
            text(&fields["description"]).replace('\r', ""),
            "erste Zeile\nzweite Zeile",
            "{encoding}"
        );
    }
    assert_eq!(manager.count("accounts", "").await, 10);
    assert_eq!(
        manager.count("locations", "street = 'Ring 2'").await
            + manager
                .count("locations", "street = 'Ring' and house_number = '2'")
                .await,
        5
    );
}

async fn files_that_are_no_lists_are_refused(world: World) {
    let manager = world.sign_in("manager").await;
    let cases: [(&str, &[u8]); 6] = [
        ("empty-file", b""),
        ("empty-file", b" \r\n \r\n"),
        ("no-rows", b"Firma;Ort\r\n"),
        ("no-header", b"1;2;3\r\n4;5;6\r\n"),
        ("a-workbook", b"PK\x03\x04 and the rest of a workbook"),
        (
            "not-text",
            b"\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x01\x02\x03",
        ),
    ];
    for (code, bytes) in cases {
        let problem = manager
            .upload("list.csv", bytes.to_vec())
            .await
            .refused(400, code);
        assert_eq!(problem["faults"][0]["pointer"], "/file");
    }
    let nothing = reqwest::multipart::Form::new().text("note", "no file here");
    let request = manager
        .request(reqwest::Method::POST, "/api/v1/imports")
        .multipart(nothing);
    manager.send(request).await.refused(400, "required");
    assert_eq!(
        list(&manager.get("/api/v1/imports").await.ok()["imports"]).len(),
        0,
        "nothing is half there"
    );

    // No column that could be the name: it is asked for, not guessed.
    let import = manager
        .upload("list.csv", b"Ort,PLZ\nNeubrandenburg,17033\n".to_vec())
        .await
        .ok();
    let address = format!("/api/v1/imports/{}", text(&import["id"]));
    let map =
        |columns: Value| json!({"parts": [{"object": "account", "columns": columns}], "duplicates": "skip"});
    let put = async |columns: Value| manager.put(&format!("{address}/mapping"), map(columns)).await;
    put(json!([{"index": 0, "field": "location.city"}]))
        .await
        .refused(400, "name-missing");
    put(json!([{"index": 0, "field": "account.colour"}]))
        .await
        .refused(400, "unknown-field");
    put(json!([{"index": 0, "field": "account.name"}, {"index": 1, "field": "account.name"}]))
        .await
        .refused(400, "twice");
    // Run as it is, its only row fails and says why.
    let done = step(&manager, &import, "run").await;
    assert_eq!(sums(&done), [1, 0, 0, 0, 1]);
    assert_eq!(manager.count("accounts", "").await, 0);
}

async fn faults_are_told_by_line_and_column(world: World) {
    let manager = world.sign_in("manager").await;
    let table = "Name,Type,Revenue,lng,lat,Note\n\
                 Fine,customer,100.50,13.26,53.55,\"a note\nof two lines\"\n\
                 Too far north,customer,,13.26,700,\n\
                 Swapped,customer,,53.55,113.26,\n\
                 Not a number,customer,,13.26,NaN,\n\
                 ,customer,1,,,\n\
                 Letter,customer,1O0,,,\n\
                 Fish,fish,,,,\n\
                 Half,customer,,13.26,,\n\
                 Also fine,prospect,,,,\n";
    let import = manager.upload("bad.csv", table.as_bytes().to_vec()).await.ok();
    let done = step(&manager, &import, "run").await;
    assert_eq!(sums(&done), [9, 2, 0, 0, 7]);
    let told: Vec<(i64, String, String)> = list(&done["errors"])
        .iter()
        .map(|e| {
            (
                number(&e["line"]),
                e["column"].as_str().unwrap_or("(row)").to_owned(),
                text(&e["read"]),
            )
        })
        .collect();
    let expected = [
        (4, "lat", "700"),
        (5, "lat", "113.26"),
        (6, "lat", "NaN"),
        (7, "(row)", " | customer | 1 |  |  | "),
        (8, "Revenue", "1O0"),
        (9, "Type", "fish"),
        (10, "(row)", "Half | customer |  | 13.26 |  | "),
    ];
    let expected: Vec<(i64, String, String)> = expected
        .iter()
        .map(|(line, column, read)| (*line, (*column).to_owned(), (*read).to_owned()))
        .collect();
    assert_eq!(told, expected);
    let message = |line: i64| {
        let error = list(&done["errors"])
            .iter()
            .find(|e| e["line"] == line)
            .expect("an error of that line");
        text(&error["message"])
    };
    assert!(message(5).contains("swapped"), "{}", message(5));
    assert!(message(8).contains("letter O"), "{}", message(8));
    assert!(
        message(9).contains("prospect"),
        "the choices are named: {}",
        message(9)
    );
    assert_eq!(names(&manager).await, ["Also fine", "Fine"]);

    // The failed rows come back as a file in the columns they came in, ready to be mended and sent again.
    let failed = manager
        .get(&format!("/api/v1/imports/{}/failed", text(&import["id"])))
        .await;
    assert!(failed.header("content-type").starts_with("text/csv"));
    assert!(failed.header("content-disposition").contains("attachment"));
    let failed = failed.text();
    assert_eq!(failed.lines().count(), 8, "{failed}");
    assert_eq!(failed.lines().next(), Some("Name,Type,Revenue,lng,lat,Note"));
    let mended = failed
        .replace("700", "53.56")
        .replace("53.55,113.26", "13.26,53.55")
        .replace("NaN", "53.57");
    let again = import_mended(&manager, mended).await;
    assert_eq!(sums(&again), [7, 3, 0, 0, 4]);
}

async fn import_mended(manager: &Client, table: String) -> Value {
    import(manager, "mended.csv", table.into_bytes()).await
}

async fn the_dry_run_promises_what_the_import_does(world: World) {
    let (manager, admin) = (world.sign_in("manager").await, world.sign_in("admin").await);
    manager
        .create(
            "accounts",
            json!({"name": "On record", "type": "customer", "number": "K-1"}),
        )
        .await;
    let table = "Kundennummer,Firma,Straße,PLZ,Ort,Farbe\n\
                 K-1,On record,Ring 1,17033,Neubrandenburg,rot\n\
                 K-2,New,Demminer Str. 10,17034,Neubrandenburg,blau\n\
                 K-3,Nowhere,Gibtesnichtallee 4711,99999,Niemandsdorf,\n\
                 ,,Ring 3,,,\n";
    let import = manager.upload("list.csv", table.as_bytes().to_vec()).await.ok();
    let proposed: Vec<(String, Value)> = list(&import["parts"][0]["columns"])
        .iter()
        .map(|c| (text(&c["header"]), c["field"].clone()))
        .collect();
    let field_of = |header: &str| proposed.iter().find(|p| p.0 == header).map(|p| p.1.clone());
    assert_eq!(field_of("Firma"), Some(json!("account.name")));
    assert_eq!(field_of("PLZ"), Some(json!("location.postal_code")));
    assert_eq!(
        field_of("Farbe"),
        Some(json!(null)),
        "what nobody knows becomes a custom field"
    );

    let before = feed(&admin).await.len();
    let checked = step(&manager, &import, "check").await;
    assert_eq!(checked["state"], "checked");
    assert_eq!(sums(&checked), [4, 2, 0, 1, 1]);
    let looked_up: i64 = checked["summary"]["geocode"]
        .as_object()
        .expect("counts by status")
        .values()
        .map(number)
        .sum();
    assert_eq!(
        looked_up, 2,
        "every place that would be made was looked up: {:#}",
        checked["summary"]
    );
    let written: Vec<Value> = feed(&admin)
        .await
        .split_off(before)
        .into_iter()
        .filter(|e| e["type"] != "import_job")
        .collect();
    assert!(written.is_empty(), "a dry run writes nothing: {written:#?}");
    assert_eq!(manager.count("accounts", "").await, 1);

    let done = step(&manager, &import, "run").await;
    assert_eq!(sums(&done), sums(&checked));
    assert_eq!(done["summary"]["geocode"], checked["summary"]["geocode"]);
    assert_eq!(names(&manager).await, ["New", "Nowhere", "On record"]);
    let found = manager
        .ask("/api/v1/accounts", &[("filter", "number = 'K-2'")])
        .await
        .ok();
    assert_eq!(found["records"][0]["fields"]["custom"]["farbe"], "blau");
    manager
        .post(&format!("/api/v1/imports/{}/run", text(&import["id"])), json!({}))
        .await
        .refused(409, "import-begun");

    // The same file again: everybody is known by now. To update says what it would change.
    let again = self::import(&manager, "list.csv", table.as_bytes().to_vec()).await;
    assert_eq!(sums(&again), [4, 0, 0, 3, 1]);
    assert_eq!(manager.count("accounts", "").await, 3);
    let changed = table.replace("K-2,New", "K-2,Renamed");
    let import = manager.upload("list.csv", changed.into_bytes()).await.ok();
    let mapping = json!({"parts": import["mapping"]["parts"], "duplicates": "update"});
    manager
        .put(
            &format!("/api/v1/imports/{}/mapping", text(&import["id"])),
            mapping,
        )
        .await
        .ok();
    let updated = step(&manager, &import, "run").await;
    assert_eq!(sums(&updated), [4, 0, 3, 0, 1]);
    assert_eq!(names(&manager).await, ["Nowhere", "On record", "Renamed"]);
}

async fn an_import_undone_leaves_nothing_but_the_log(world: World) {
    let (manager, admin) = (world.sign_in("manager").await, world.sign_in("admin").await);
    manager
        .create("accounts", json!({"name": "Before", "type": "customer"}))
        .await;
    let rows: String = (1..=300)
        .map(|i| format!("U-{i},Firm {i},Demminer Straße {i},17034,Neubrandenburg,Person {i}\n"))
        .collect();
    let table = format!("Number,Name,Street,Zip,City,Contact Name\n{rows}");
    let table = table.replacen("Number", "Kundennummer", 1);
    let done = import(&manager, "many.csv", table.into_bytes()).await;
    assert_eq!(sums(&done), [300, 300, 0, 0, 0]);
    assert_eq!(manager.count("accounts", "").await, 301);
    assert_eq!(manager.count("contacts", "").await, 300);
    assert_eq!(
        manager.get("/api/v1/customers").await.ok()["count"],
        301 - 1,
        "one place each; the first has none"
    );
    let logged = feed(&admin).await.len();

    let undone = manager
        .post(&format!("/api/v1/imports/{}/undo", text(&done["id"])), json!({}))
        .await
        .ok();
    assert_eq!(undone["state"], "undone");
    assert_eq!(names(&manager).await, ["Before"]);
    for plural in ["locations", "contacts"] {
        assert_eq!(manager.count(plural, "").await, 0, "{plural}");
    }
    assert_eq!(manager.get("/api/v1/customers").await.ok()["count"], 0);
    assert_eq!(
        list(&manager.get("/api/v1/search?q=firm").await.ok()["records"]).len(),
        0
    );
    // The log holds the making and the taking back of 300 accounts, places and contacts.
    let after = feed(&admin).await;
    assert!(
        after.len() >= logged + 900,
        "{} entries after {logged}",
        after.len()
    );
    assert_eq!(admin.post("/api/v1/verify", json!({})).await.ok()["ok"], true);
    manager
        .post(&format!("/api/v1/imports/{}/run", text(&done["id"])), json!({}))
        .await
        .refused(409, "import-begun");
}

async fn the_demo_customers_from_the_command_line(mut world: World) {
    // The command line writes to the database while no server runs on it.
    world.server.kill();
    let file = crate::harness::repository().join("data/customers.csv");
    let file = file.to_string_lossy();
    let map = crate::harness::map_pack().to_string_lossy();
    let (database, user) = (world.database.clone(), email("manager"));
    let arguments = [
        "import",
        "--database",
        &database,
        "--map",
        &map,
        "--user",
        &user,
        "--quiet",
        &file,
    ];
    let dry: Vec<&str> = arguments.iter().copied().chain(["--dry-run"]).collect();
    run(&dry, "").ok();
    run(&arguments, "").ok();
    world.server = crate::harness::Server::start(&database).await;
    let manager = world.sign_in("manager").await;
    let rows = 423; // lines of the file without its header
    assert_eq!(manager.count("accounts", "").await, rows);
    let summary = manager.get("/api/v1/places/summary").await.ok();
    assert_eq!(summary["total"], rows);
    let by_status: i64 = summary["by_status"]
        .as_object()
        .expect("counts")
        .values()
        .map(number)
        .sum();
    assert_eq!(by_status, rows);
    assert!(number(&summary["by_status"]["auto"]) > rows / 2, "{summary:#}");
    run(&arguments, "").ok();
    assert_eq!(
        manager.count("accounts", "").await,
        rows,
        "the same file twice makes nobody twice"
    );

    let refused = run(
        &[
            "import",
            "--database",
            &database,
            "--map",
            &map,
            "--user",
            &user,
            "no-such-file.csv",
        ],
        "",
    );
    assert!(refused.refused().contains("no-such-file.csv"));
}
