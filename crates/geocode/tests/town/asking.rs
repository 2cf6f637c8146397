//! From an address to a point: spellings, rivals, refusals, reasons.

use geocode::{Level, Match, Request, Status};

use crate::common::{Town, metres, open};
use crate::{check, found, refused, towns};

#[test]
fn one_house_in_many_spellings() {
    let (map, town) = (open(&towns().finish()), towns());
    // Number 4 stands at 4 / 2 × 20 = 40 m, on the south side.
    let house = [40.0, -15.0];
    check(
        &map,
        &town,
        &[
            found("Lange Straße 4, 12345 Altdorf", Level::House, house),
            found("lange strasse 4 altdorf", Level::House, house),
            found("LANGE STR. 4, ALTDORF", Level::House, house),
            found("12345 Altdorf, Langestr. 4", Level::House, house),
            found("4 Lange Straße, Altdorf", Level::House, house),
            found("Altdorf Lange Straße 4", Level::House, house),
            found("Lnage Straße 4, Altdorf", Level::House, house),
            // Letters swapped around the ß bring an a and an e together that are no ä.
            found("Lnage Strßae 4, Altdorf", Level::House, house),
            found("Lange Straße 4, 12345", Level::House, house),
            found("Lange Straße 4, 12345 Altdrof", Level::House, house),
            found(
                "Acme GmbH, Lange Straße 4, 2. OG, 12345 Altdorf",
                Level::House,
                house,
            ),
            found("c/o Meier, Lange Straße 4, 12345 Altdorf", Level::House, house),
        ],
    );
    let mill = [40.0, 285.0];
    check(
        &map,
        &town,
        &[
            found("Grosse Muehlengasse 4, Altdorf", Level::House, mill),
            found("Gr. Mühlengasse 4, Altdorf", Level::House, mill),
            found("Mühlengasse 4, Altdorf", Level::House, mill),
            found("St. Georg Ring 4, Altdorf", Level::House, [40.0, 585.0]),
        ],
    );
}

#[test]
fn equal_places_are_flagged_and_not_guessed() {
    let map = open(&towns().finish());
    let answer = map.search(&Request::text("Lange Straße 2"));
    assert!(answer.ambiguous, "{answer:#?}");
    assert_eq!(answer.status, Status::Review);
    assert_eq!(answer.hits.len(), 2);
    // The view's middle orders them, but does not decide.
    let biased = map.search(&Request {
        text: "Lange Straße 2",
        bias: Some(towns().at(12_000.0, 0.0)),
        ..Request::default()
    });
    assert_eq!(biased.hits[0].city, "Neudorf");
    assert!(biased.ambiguous);
    // Town and postcode that point to different ones decide nothing either.
    let torn = map.search(&Request::text("Lange Straße 2, 12399 Altdorf"));
    assert!(torn.ambiguous && torn.status == Status::Review, "{torn:#?}");
    // With the town it is one place.
    let named = map.search(&Request::text("Lange Straße 2, Neudorf"));
    assert!(!named.ambiguous);
    assert_eq!(named.status, Status::Auto, "{named:#?}");
    assert_eq!(named.hits[0].city, "Neudorf");
}

#[test]
fn what_is_not_there_is_refused() {
    let (map, town) = (open(&towns().finish()), towns());
    check(
        &map,
        &town,
        &[
            refused("asdf qwertz"),
            refused("see notes"),
            refused("+49 395 1234567"),
            refused("Rue de Rivoli 12, 75004 Paris"),
            refused(""),
            refused(" ,;- "),
        ],
    );
    // An unknown street in a known town is the town at best.
    let unknown = map.search(&Request::text("Quastelpfad 3, 12345 Altdorf"));
    assert!(unknown.hits.iter().all(|h| !h.level.is_fine()), "{unknown:#?}");
    assert_eq!(unknown.hits[0].level, Level::Area);
    assert_ne!(unknown.status, Status::Auto);
    // Another country is outside.
    let mut abroad = towns();
    abroad.node(
        0.0,
        50.0,
        &[
            ("addr:housenumber", "1"),
            ("addr:street", "Grenzweg"),
            ("addr:country", "DE"),
        ],
    );
    let abroad = open(&abroad.finish());
    let answer = abroad.search(&Request::text("Quastelpfad 3, Wien, Österreich"));
    assert_eq!(answer.status, Status::Outside, "{answer:#?}");
}

#[test]
fn wrong_town_or_postcode_costs_but_does_not_kill() {
    let map = open(&towns().finish());
    let right = map.search(&Request::text("Große Mühlengasse 4, 12345 Altdorf"));
    let wrong_code = map.search(&Request::text("Große Mühlengasse 4, 12399 Altdorf"));
    let wrong_town = map.search(&Request::text("Große Mühlengasse 4, 12345 Neudorf"));
    for answer in [&wrong_code, &wrong_town] {
        assert_eq!(answer.hits[0].label, right.hits[0].label);
        assert!(answer.hits[0].confidence < right.hits[0].confidence);
    }
    assert_eq!(wrong_code.hits[0].fields.postcode, Match::Contradicts);
    assert_eq!(wrong_town.hits[0].fields.city, Match::Contradicts);
    assert_eq!(right.hits[0].fields.city, Match::Exact);
    assert_eq!(right.hits[0].fields.postcode, Match::Exact);
}

#[test]
fn fields_and_free_text_agree() {
    let map = open(&towns().finish());
    let free = map.search(&Request::text("Lange Straße 4, 12345 Altdorf"));
    let fields = map.search(&Request {
        street: "Lange Straße",
        house_number: "4",
        postcode: "12345",
        city: "Altdorf",
        country: "Germany",
        ..Request::default()
    });
    assert_eq!(free.hits[0].label, fields.hits[0].label);
    assert_eq!(fields.hits[0].level, Level::House);
    assert_eq!(fields.status, Status::Auto);
    let in_street = map.search(&Request {
        street: "Lange Str. 4",
        city: "Altdorf",
        ..Request::default()
    });
    assert_eq!(in_street.hits[0].label, free.hits[0].label);
}

#[test]
fn towns_postcodes_and_places_of_interest() {
    let (map, town) = (open(&towns().finish()), towns());
    check(
        &map,
        &town,
        &[
            found("Altdorf", Level::Area, [0.0, 0.0]),
            found("Zur alten Mühle, Altdorf", Level::Poi, [200.0, 100.0]),
            found("Zur alten Mühel, Altdorf", Level::Poi, [200.0, 100.0]),
        ],
    );
    let code = map.search(&Request::text("12399"));
    assert_eq!(code.hits[0].level, Level::Postcode);
    assert_eq!(code.hits[0].postcode, "12399");
}

#[test]
fn other_scripts_are_found_in_their_own_and_in_latin_letters() {
    let mut town = Town::new();
    town.place(0.0, 0.0, "city", "Калининск");
    town.street([0.0, 0.0], "улица Садовая", &[1, 2, 3, 4], "238000", "Калининск");
    let map = open(&town.finish());
    check(
        &map,
        &Town::new(),
        &[
            found("238000, Калининск, улица Садовая, 4", Level::House, [40.0, -15.0]),
            found("ул. Садовая 4, Калининск", Level::House, [40.0, -15.0]),
            found("Садовая 4, Калининск", Level::House, [40.0, -15.0]),
            found("ulitsa Sadovaya 4, Kalininsk", Level::House, [40.0, -15.0]),
        ],
    );
}

#[test]
fn a_name_written_exactly_so_comes_before_its_like() {
    let mut town = Town::new();
    town.place(0.0, 0.0, "town", "Altdorf");
    town.street([0.0, 0.0], "Polna", &[1, 2, 3, 4], "12345", "Altdorf");
    town.street([0.0, 900.0], "ulica Polna", &[1, 2, 3, 4], "12345", "Altdorf");
    town.street([5_000.0, 0.0], "Haus am Teich", &[1, 2, 3], "12345", "Altdorf");
    let map = open(&town.finish());
    for (query, street) in [
        ("Polna 3, Altdorf", "Polna"),
        ("ulica Polna 3, Altdorf", "ulica Polna"),
        // A word for a part of a building begins a name, with a letter wrong behind it.
        ("Haus am Teihc 3, Altdorf", "Haus am Teich"),
    ] {
        let answer = map.search(&Request::text(query));
        assert_eq!(answer.hits[0].street, street, "{query}: {}", answer.why);
        assert!(!answer.ambiguous, "{query}: {}", answer.why);
    }
    // Without the town either may be meant.
    assert!(map.search(&Request::text("ulica Polna 3")).hits.len() > 1);
}

#[test]
fn of_a_streets_two_parts_the_one_with_houses_stands_for_it() {
    let mut town = Town::new();
    town.place(0.0, 0.0, "town", "Altdorf");
    town.street([0.0, 0.0], "Lange Gasse", &[1, 2, 3, 4], "12345", "Altdorf");
    // 1.6 km long, without a house.
    town.way(
        &[[2_000.0, 0.0], [3_600.0, 0.0]],
        &[("highway", "residential"), ("name", "Lange Gasse")],
    );
    let drawn = town.at(200.0, 0.0);
    let map = open(&town.finish());
    let hit = &map.search(&Request::text("Lange Gasse 900, 12345 Altdorf")).hits[0];
    assert_eq!(hit.level, Level::Street);
    assert!(metres(hit.point, drawn) < 300.0, "{}", hit.why);
}

#[test]
fn every_answer_says_why_and_batches_say_the_same() {
    let map = open(&towns().finish());
    let queries = [
        "Lange Straße 4, 12345 Altdorf",
        "Lange Straße 6",
        "nichts davon",
        "",
        "Altdorf",
        "99999 Nirgendwo",
        "'; drop table accounts; --",
        "<script>alert(1)</script>",
        "🦀🦀🦀",
        "\u{0}\u{1}\u{2}",
        "١٢ Lange Straße Altdorf",
    ];
    let requests: Vec<Request<'_>> = queries.iter().map(|q| Request::text(q)).collect();
    let batch = map.batch(&requests);
    for (request, answer) in requests.iter().zip(&batch) {
        assert_eq!(&map.search(request), answer, "{}", request.text);
        assert!(!answer.why.is_empty(), "{}", request.text);
        assert!(answer.hits.len() <= 5);
        assert!(
            answer
                .hits
                .iter()
                .all(|h| (0.0..=1.0).contains(&h.confidence) && !h.why.is_empty())
        );
        assert_eq!(
            answer.hits.is_empty(),
            matches!(answer.status, Status::Failed | Status::Outside)
        );
    }
}

#[test]
fn of_equals_the_name_that_takes_more_words_or_is_written_so_comes_first() {
    let mut town = towns();
    for (at, name) in ["Burg", "Altdorf Burg", "ALTDORF WARTE", "Altdorf Warte"]
        .into_iter()
        .enumerate()
    {
        let east = -600.0 - 300.0 * at as f64;
        let tags = [
            ("tourism", "attraction"),
            ("name", name),
            ("addr:city", "Altdorf"),
        ];
        town.node(east, 0.0, &tags);
    }
    let map = open(&town.finish());
    for name in ["Altdorf Burg", "ALTDORF WARTE", "Altdorf Warte", "Burg"] {
        let answer = map.search(&Request::text(&format!("{name}, Altdorf")));
        assert_eq!(answer.hits[0].name, name, "{answer:#?}");
    }
}

#[test]
fn a_town_whose_whole_name_is_given_is_not_its_shorter_namesake() {
    let mut town = towns();
    town.place(0.0, 9_000.0, "town", "Altdorf IX");
    town.street(
        [0.0, 9_000.0],
        "Lange Straße",
        &[1, 2, 3, 4],
        "12345",
        "Altdorf IX",
    );
    let map = open(&town.finish());
    for city in ["Altdorf", "Altdorf IX"] {
        let answer = map.search(&Request::text(&format!("Lange Straße 4, 12345 {city}")));
        assert_eq!(answer.hits[0].city, city, "{}", answer.why);
        assert_eq!(answer.status, Status::Auto, "{}", answer.why);
    }
}
