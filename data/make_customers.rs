//! Makes `data/customers.csv` and `data/customers.truth.csv` from the named shops, offices and amenities
//! of `data/neubrandenburg.osm.pbf`: `cargo run --release -p tests --example make_customers`.
//!
//! The addresses are written as people type them: abbreviated, without a postcode, with a slip of the
//! finger, a few that exist nowhere. The same seed gives the same bytes. Names, places, opening hours and
//! telephone numbers come from the map; classes, amounts and missing contact data are invented.

use std::fmt::Write as _;
use std::path::Path;

use geom::{LngLat, Meters};
use osm::{Extract, NodeId, Tags};

/// A place with the address that is written on its door or next to it.
struct Business {
    name: String,
    point: LngLat,
    industry: &'static str,
    street: String,
    house_number: String,
    postcode: String,
    city: String,
    phone: Option<String>,
    website: Option<String>,
    opening_hours: Option<String>,
}

struct Address {
    point: LngLat,
    street: String,
    house_number: String,
    postcode: String,
    city: String,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data");
    let extract = osm::read(&[&data.join("neubrandenburg.osm.pbf")], &mut |_| {})?;
    let bounds = extract.bounds().ok_or("the extract is empty")?;

    let mut addresses = Vec::new();
    let mut businesses = Vec::new();
    let mut visit = |point: LngLat, tags: Tags<'_>| {
        if !bounds.contains(point) {
            return;
        }
        let address = address_of(point, &tags);
        if let (Some(name), Some(industry)) = (tags.get("name"), industry_of(&tags)) {
            businesses.push(Business {
                name: name.to_owned(),
                point,
                industry,
                street: address.as_ref().map(|a| a.street.clone()).unwrap_or_default(),
                house_number: address
                    .as_ref()
                    .map(|a| a.house_number.clone())
                    .unwrap_or_default(),
                postcode: address.as_ref().map(|a| a.postcode.clone()).unwrap_or_default(),
                city: address.as_ref().map(|a| a.city.clone()).unwrap_or_default(),
                phone: first(&tags, &["phone", "contact:phone"]),
                website: first(&tags, &["website", "contact:website", "url"]),
                opening_hours: first(&tags, &["opening_hours"]),
            });
        }
        addresses.extend(address);
    };
    for node in extract.tagged_nodes() {
        visit(node.place, node.tags);
    }
    for way in extract.ways().filter(osm::Way::is_closed) {
        if let Some(middle) = middle_of(&extract, way.nodes()) {
            visit(middle, way.tags);
        }
    }

    // A place without an address of its own has the one of the door within 40 m.
    for business in &mut businesses {
        if business.house_number.is_empty() {
            let near = addresses
                .iter()
                .map(|a| (a.point.distance(business.point), a))
                .min_by(|a, b| a.0.0.total_cmp(&b.0.0))
                .filter(|(distance, _)| *distance <= Meters(40.0));
            if let Some((_, address)) = near {
                business.street.clone_from(&address.street);
                business.house_number.clone_from(&address.house_number);
                business.postcode.clone_from(&address.postcode);
                business.city.clone_from(&address.city);
            }
        }
    }
    businesses.retain(|b| !b.house_number.is_empty());
    businesses
        .sort_by(|a, b| (&a.name, &a.street, &a.house_number).cmp(&(&b.name, &b.street, &b.house_number)));
    businesses.dedup_by(|a, b| a.name == b.name && a.street == b.street && a.house_number == b.house_number);

    let mut random = Random(20_161_121);
    let mut rows = String::from(
        "Kundennummer,Firma,Art,Klasse,Branche,Straße,PLZ,Ort,Telefon,E-Mail,Webseite,Öffnungszeiten,Umsatz\r\n",
    );
    let mut truth = String::from("Kundennummer,lng,lat\r\n");
    for (index, business) in businesses.iter().take(600).enumerate() {
        let number = format!("NB-{:04}", index + 1);
        write_row(&mut rows, &number, business, &mut random)?;
        writeln!(
            truth,
            "{number},{:.7},{:.7}\r",
            business.point.lng(),
            business.point.lat()
        )?;
    }
    std::fs::write(data.join("customers.csv"), rows)?;
    std::fs::write(data.join("customers.truth.csv"), truth)?;
    println!("{} customers", businesses.len().min(600));
    Ok(())
}

fn write_row(
    rows: &mut String,
    number: &str,
    business: &Business,
    random: &mut Random,
) -> Result<(), std::fmt::Error> {
    let kind = if random.chance(72) { "customer" } else { "prospect" };
    let class = match random.below(100) {
        0..=14 => "A",
        15..=49 => "B",
        _ => "C",
    };
    // Revenue falls by class; a prospect has none yet.
    let revenue = match (kind, class) {
        ("prospect", _) => String::new(),
        (_, "A") => (30_000 + random.below(90_000)).to_string(),
        (_, "B") => (8_000 + random.below(22_000)).to_string(),
        _ => (500 + random.below(7_500)).to_string(),
    };
    let street = typed_street(business, random);
    let postcode = if random.chance(12) {
        ""
    } else {
        business.postcode.as_str()
    };
    let typed = match random.below(20) {
        0 if business.city == "Neubrandenburg" => "NB".to_owned(),
        1 => format!("{} ", business.city),
        2 => business.city.to_lowercase(),
        _ => business.city.clone(),
    };
    let town = typed.as_str();
    let phone = business
        .phone
        .clone()
        .unwrap_or_else(|| format!("0395 {:03} {:04}", 100 + random.below(900), random.below(10_000)));
    let email = format!("info@{}.example", web_word(&business.name));
    let cells = [
        number,
        &business.name,
        kind,
        class,
        business.industry,
        &street,
        postcode,
        town,
        &phone,
        &email,
        business.website.as_deref().unwrap_or(""),
        business
            .opening_hours
            .as_deref()
            .unwrap_or(default_hours(business.industry)),
        &revenue,
    ];
    let quoted: Vec<String> = cells.iter().map(|c| quoted(c)).collect();
    write!(rows, "{}\r\n", quoted.join(","))
}

/// The street and number as somebody in a hurry types them.
fn typed_street(business: &Business, random: &mut Random) -> String {
    let mut street = business.street.clone();
    match random.below(100) {
        0..=24 => street = street.replace("straße", "str.").replace("Straße", "Str."),
        25..=34 => street = street.replace('ß', "ss"),
        35..=39 => {
            street = street
                .replace('ä', "ae")
                .replace('ö', "oe")
                .replace('ü', "ue")
                .to_lowercase()
        }
        40..=44 => street = slip(&street, random),
        45..=46 => return format!("Am Niemandsland {}", 1 + random.below(30)),
        _ => {}
    }
    match random.below(12) {
        0 => format!("{street} {} EG", business.house_number),
        1 => format!("{street}{}", business.house_number),
        _ => format!("{street} {}", business.house_number),
    }
}

/// One slip of the finger: two neighbouring letters change places, or one is left out.
fn slip(word: &str, random: &mut Random) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    if letters.len() < 6 {
        return word.to_owned();
    }
    let at = 1 + random.below(letters.len() as u64 - 3) as usize;
    if random.chance(50) {
        letters.swap(at, at + 1);
    } else {
        letters.remove(at);
    }
    letters.into_iter().collect()
}

fn address_of(point: LngLat, tags: &Tags<'_>) -> Option<Address> {
    let street = tags.get("addr:street").or_else(|| tags.get("addr:place"))?;
    Some(Address {
        point,
        street: street.to_owned(),
        house_number: tags.get("addr:housenumber")?.to_owned(),
        postcode: tags.get("addr:postcode").unwrap_or("").to_owned(),
        city: tags.get("addr:city").unwrap_or("Neubrandenburg").to_owned(),
    })
}

fn industry_of(tags: &Tags<'_>) -> Option<&'static str> {
    if let Some(shop) = tags.get("shop") {
        return Some(match shop {
            "bakery" | "butcher" | "supermarket" | "beverages" | "greengrocer" | "confectionery" => "Food",
            "chemist" | "optician" | "hearing_aids" | "medical_supply" => "Health",
            "car" | "car_repair" | "car_parts" | "tyres" | "bicycle" | "motorcycle" => "Vehicles",
            "hairdresser" | "beauty" | "tattoo" => "Personal care",
            _ => "Retail",
        });
    }
    if tags.get("office").is_some() {
        return Some("Offices");
    }
    if tags.get("craft").is_some() {
        return Some("Crafts");
    }
    if matches!(
        tags.get("tourism"),
        Some("hotel" | "guest_house" | "hostel" | "apartment" | "museum")
    ) {
        return Some("Tourism");
    }
    match tags.get("amenity")? {
        "restaurant" | "cafe" | "bar" | "pub" | "fast_food" | "biergarten" | "ice_cream" => {
            Some("Gastronomy")
        }
        "doctors" | "dentist" | "clinic" | "hospital" | "pharmacy" | "veterinary" => Some("Health"),
        "bank" => Some("Finance"),
        "kindergarten" | "school" | "driving_school" | "university" | "college" => Some("Education"),
        "fuel" | "car_wash" | "car_rental" => Some("Vehicles"),
        "cinema" | "theatre" | "nightclub" | "community_centre" | "library" => Some("Culture"),
        _ => None,
    }
}

/// Opening hours for those the map says nothing of, by what is usual in the trade.
fn default_hours(industry: &str) -> &'static str {
    match industry {
        "Food" => "Mo-Fr 06:30-18:00; Sa 07:00-12:00",
        "Gastronomy" => "Tu-Su 11:30-14:30,17:00-22:00",
        "Health" => "Mo,Tu,Th 08:00-12:00,14:00-18:00; We,Fr 08:00-12:00",
        "Offices" | "Finance" => "Mo-Fr 09:00-12:30,13:30-16:30",
        "Education" => "Mo-Fr 07:30-15:30",
        "Crafts" => "Mo-Th 07:00-16:00; Fr 07:00-13:00",
        _ => "Mo-Fr 09:00-18:00; Sa 09:00-13:00",
    }
}

fn first(tags: &Tags<'_>, keys: &[&str]) -> Option<String> {
    keys.iter().find_map(|key| tags.get(key)).map(str::to_owned)
}

fn middle_of(extract: &Extract, nodes: impl Iterator<Item = NodeId>) -> Option<LngLat> {
    let places: Vec<LngLat> = nodes.filter_map(|id| extract.place(id)).collect();
    geom::BBox::around(places).map(|bbox| bbox.center())
}

fn web_word(name: &str) -> String {
    let word: String = name
        .to_lowercase()
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(20)
        .collect();
    if word.is_empty() { "kunde".to_owned() } else { word }
}

fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n', ';']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}
