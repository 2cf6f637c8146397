//! What profiles refuse.

use super::*;

#[test]
fn the_shipped_profiles_are_whole() {
    for name in Profile::SHIPPED {
        assert_eq!(
            Profile::shipped(name).map(|p| p.name().to_owned()).as_deref(),
            Some(name)
        );
    }
    assert!(Profile::shipped("tram").is_none());
}

#[test]
fn a_profile_names_what_is_wrong_with_it() {
    let car = include_str!("../../profiles/car.toml");
    let slow = car.replace("motorway = 90", "motorway = -90");
    let Err(refused) = Profile::from_toml(&slow) else {
        panic!("a negative speed was taken")
    };
    assert!(
        refused.to_string().contains("highway.motorway is -90"),
        "{refused}"
    );
    let unknown = car.replace("u_turn = 20", "u_turn = 20\nu_trun = 3");
    let Err(refused) = Profile::from_toml(&unknown) else {
        panic!("an unknown field was taken")
    };
    assert!(refused.to_string().contains("u_trun"), "{refused}");
    assert!(matches!(Profile::from_toml(""), Err(ProfileError::Malformed(_))));
}
