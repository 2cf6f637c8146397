//! The houses of a street: one of each number and place, and its postcode.

use geom::{LngLat, Meters};

use super::codes::code_near;
use super::collect::{Address, Source};
use super::streets::{BuiltHouse, Cluster};
use crate::number::{HouseNumber, Known, Member, members};

/// Points of one number nearer than this are one house.
const ONE_HOUSE: Meters = Meters(30.0);
/// The same where the second one is a shop or the like.
const ONE_DOOR: Meters = Meters(10.0);

impl<'a> Cluster<'_, '_, 'a> {
    /// Houses by number: one of each place, the best known first; implied numbers only where no real one is.
    pub(super) fn houses(&self, addresses: &[&Address<'a>]) -> Vec<BuiltHouse<'a>> {
        let mut houses: Vec<BuiltHouse<'a>> = Vec::new();
        for address in addresses {
            let mut add = |list: &str, member: Member, by_village| {
                houses.push(BuiltHouse {
                    written: written(list, &member.number, member.known),
                    number: member.number,
                    point: address.point,
                    postcode: address.postcode,
                    source: address.source,
                    known: member.known,
                    by_village,
                });
            };
            for member in members(&address.numbers, self.habits.hyphens_join) {
                let street_number = member.number.behind_slash();
                match street_number.filter(|_| self.habits.slashes_join_village_and_street) {
                    Some(number) => {
                        for part in [member.number.before_slash(), member.number] {
                            let known = Known::Written;
                            add(&address.numbers, Member { number: part, known }, true);
                        }
                        let known = member.known;
                        add(&address.numbers, Member { number, known }, false);
                    }
                    None => add(&address.numbers, member, false),
                }
            }
            for member in members(&address.by_village, self.habits.hyphens_join) {
                add(&address.by_village, member, true);
            }
        }
        houses.sort_by(|a, b| {
            let order = |h: &BuiltHouse<'_>| {
                let at = geom::Fixed::from(h.point);
                let known = match h.known {
                    Known::Written if h.source == Source::Line => Known::Part,
                    known => known,
                };
                (h.by_village, known, h.source, at.lng, at.lat)
            };
            a.number.cmp(&b.number).then_with(|| order(a).cmp(&order(b)))
        });
        let real: Vec<(u32, LngLat)> = houses
            .iter()
            .filter(|h| h.known == Known::Written && h.source != Source::Line && !h.by_village)
            .map(|h| (h.number.number, h.point))
            .collect();
        let mut kept: Vec<BuiltHouse<'a>> = Vec::new();
        for house in houses {
            if let Known::Within(first, last) = house.known {
                // Another house between the ends, and elsewhere: the range names a block, and not one house.
                let from = real.partition_point(|r| r.0 <= first);
                let inside = real[from..].iter().take_while(|r| r.0 < last);
                let mut apart = inside.filter(|r| r.0 % 2 == house.number.number % 2);
                if apart.any(|r| r.1.distance(house.point) > Meters(30.0)) {
                    continue;
                }
            }
            let same = kept
                .iter_mut()
                .rev()
                .take_while(|k| k.number == house.number && k.by_village == house.by_village);
            // A shop says where its door is: in a long house that is nearer to who asks for the point.
            let near = match house.source {
                Source::Poi => ONE_DOOR,
                _ => ONE_HOUSE,
            };
            let mut seen = false;
            for known in same {
                if house.is_implied() || known.point.distance(house.point) < near {
                    seen = true;
                    if known.postcode.is_empty() {
                        known.postcode = house.postcode;
                    }
                }
            }
            if !seen {
                kept.push(house);
            }
        }
        self.fill_postcodes(&mut kept);
        // All houses of a country are held at once.
        kept.shrink_to_fit();
        kept
    }

    fn fill_postcodes(&self, houses: &mut [BuiltHouse<'a>]) {
        let known: Vec<(LngLat, &'a str)> = houses
            .iter()
            .filter(|h| !h.postcode.is_empty())
            .map(|h| (h.point, h.postcode))
            .collect();
        for house in houses.iter_mut().filter(|h| h.postcode.is_empty()) {
            let nearest = known
                .iter()
                .map(|(p, code)| (p.distance(house.point).0 as u64, *code))
                .filter(|(distance, _)| *distance < 300)
                .min();
            house.postcode = match nearest {
                Some((_, code)) => code,
                None => code_near(self.codes, self.places, house.point, Meters(300.0)),
            };
        }
    }
}

/// How the map writes this number, behind its digits.
fn written(numbers: &str, number: &HouseNumber, known: Known) -> String {
    if number.suffix.is_empty() {
        return String::new();
    }
    let original = numbers
        .split([';', ',', '+', '&'])
        .map(str::trim)
        .find(|part| known == Known::Written && HouseNumber::read(part).as_ref() == Some(number));
    let digits = number.number.to_string();
    match original {
        Some(text) if text.len() <= 20 => match text.strip_prefix(digits.as_str()) {
            Some(rest) => rest.to_owned(),
            None => format!("={text}"),
        },
        _ => match number.suffix.contains('#') {
            true => format!("={}", number.display()),
            false => number.suffix.clone(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shown_as_the_map_writes_them() {
        let number = |text| HouseNumber::read(text).unwrap();
        assert_eq!(written("12 A", &number("12a"), Known::Written), " A");
        assert_eq!(written("2;4 B", &number("4b"), Known::Written), " B");
        assert_eq!(written("B-7", &number("b7"), Known::Written), "=B-7");
        assert_eq!(written("7", &number("7"), Known::Written), "");
    }
}
