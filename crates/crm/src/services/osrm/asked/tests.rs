//! Requests in every form, and what is refused.

use super::*;

#[test]
fn coordinates_are_read_in_every_form() {
    let read = coordinates("13.388860,52.517037;13.397634,52.529407.json", 2).unwrap();
    assert_eq!(read.len(), 2);
    assert_eq!(read[1].lat(), 52.529_407);
    assert_eq!(coordinates("polyline(_p~iF~ps|U_ulLnnqC)", 2).unwrap().len(), 2);
    for (text, code) in [
        ("13,52", "InvalidOptions"),
        ("13,52;13", "InvalidUrl"),
        ("13,700;13,52", "InvalidValue"),
        ("NaN,52;13,52", "InvalidValue"),
        ("polyline(x)", "InvalidUrl"),
    ] {
        assert_eq!(coordinates(text, 2).unwrap_err().code, code, "{text}");
    }
}

#[test]
fn profiles_are_known_by_the_names_clients_use() {
    let built = ["van", "foot"];
    assert_eq!(profile_called("driving", &built).unwrap(), "van");
    assert_eq!(profile_called("walking", &built).unwrap(), "foot");
    assert_eq!(profile_called("foot", &built).unwrap(), "foot");
    let refused = profile_called("car", &built).unwrap_err();
    assert_eq!(refused.code, "InvalidOptions");
    assert!(
        refused.message.contains("there are van, foot"),
        "{}",
        refused.message
    );
}

#[test]
fn other_ways_and_times_are_read() {
    let asked = |alternatives: &str, time: &str| Options {
        alternatives: Some(alternatives.to_owned()),
        week_time: Some(time.to_owned()),
        ..Options::default()
    };
    for (text, count) in [("", 0), ("false", 0), ("true", 2), ("0", 0), ("5", 5)] {
        assert_eq!(asked(text, "").other_ways().unwrap(), count, "{text}");
    }
    for wrong in ["6", "-1", "many"] {
        assert_eq!(
            asked(wrong, "").other_ways().map_err(|r| r.code),
            Err("InvalidOptions"),
            "{wrong}"
        );
    }
    let time = asked("", "Tu 07:30").wishes().unwrap().time.unwrap();
    assert_eq!(time.to_string(), "Tu 07:30");
    assert!(asked("", "").wishes().unwrap().are_none());
    assert_eq!(
        asked("", "tomorrow").wishes().map_err(|r| r.code),
        Err("InvalidOptions")
    );
}

#[test]
fn directions_and_sides_are_read() {
    let read = |text| each("bearings", Some(text), 2, bearing);
    assert_eq!(
        read("90,20;").unwrap()[0].map(|b| (b.degrees, b.tolerance)),
        Some((90.0, 20.0))
    );
    assert!(read(";").unwrap().iter().all(Option::is_none));
    for wrong in ["90;", "400,2;", "90,200;", "x,1;", "1,2;3,4;5,6"] {
        assert_eq!(read(wrong).map_err(|r| r.code), Err("InvalidOptions"), "{wrong}");
    }
    assert_eq!(approach("curb"), Some(Approach::Curb));
    assert_eq!(approach("left"), None);
}
