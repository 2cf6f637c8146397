//! A flat map of the neighbourhood in kilometres on which areas are true (Lambert's azimuthal equal-area projection).

use geom::LngLat;

/// Mean radius of the earth in km.
const RADIUS: f64 = 6371.0088;

/// Lambert azimuthal equal-area about a centre; x points east, y north, both in km. Lengths are true near the centre and off by less than
/// 1 % within 1 000 km of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EqualArea {
    lng: f64,
    sin: f64,
    cos: f64,
}

impl EqualArea {
    /// About the middle of the box around the places, on the shorter way round the earth. No places: about 0, 0.
    #[must_use]
    pub fn around(places: impl Iterator<Item = LngLat> + Clone) -> Self {
        let range = |shift: f64| {
            places.clone().fold(
                (f64::INFINITY, f64::NEG_INFINITY, f64::INFINITY, f64::NEG_INFINITY),
                |b, p| {
                    let lng = if p.lng() < shift { p.lng() + 360.0 } else { p.lng() };
                    (b.0.min(lng), b.1.max(lng), b.2.min(p.lat()), b.3.max(p.lat()))
                },
            )
        };
        let plain = range(-180.0);
        if plain.0 > plain.1 {
            return Self::at(0.0, 0.0);
        }
        let (west, east, south, north) = if plain.1 - plain.0 > 180.0 {
            // Customers on both sides of the date line.
            let shifted = range(0.0);
            if shifted.1 - shifted.0 < plain.1 - plain.0 {
                shifted
            } else {
                plain
            }
        } else {
            plain
        };
        Self::at((west + east) / 2.0, (south + north) / 2.0)
    }

    fn at(lng: f64, lat: f64) -> Self {
        let (sin, cos) = lat.to_radians().sin_cos();
        Self {
            lng: lng.to_radians(),
            sin,
            cos,
        }
    }

    /// Kilometres east and north of the centre.
    #[must_use]
    pub fn project(&self, place: LngLat) -> [f64; 2] {
        let (sin_lng, cos_lng) = (place.lng().to_radians() - self.lng).sin_cos();
        let (sin, cos) = place.lat().to_radians().sin_cos();
        // The point opposite the centre has no place on the map; it is put at the rim.
        let scale = (2.0 / (1.0 + self.sin * sin + self.cos * cos * cos_lng).max(1e-12)).sqrt() * RADIUS;
        [
            scale * cos * sin_lng,
            scale * (self.cos * sin - self.sin * cos * cos_lng),
        ]
    }

    /// The place at these kilometres; beyond the rim of the map, the rim.
    #[must_use]
    pub fn unproject(&self, [x, y]: [f64; 2]) -> LngLat {
        let (x, y) = (x / RADIUS, y / RADIUS);
        let distance = x.hypot(y);
        if distance < 1e-15 {
            return place(self.lng, self.sin.asin());
        }
        let (sin, cos) = (2.0 * (distance / 2.0).min(1.0).asin()).sin_cos();
        let lat = (cos * self.sin + y * sin * self.cos / distance)
            .clamp(-1.0, 1.0)
            .asin();
        let lng = self.lng + (x * sin).atan2(distance * self.cos * cos - y * self.sin * sin);
        place(lng, lat)
    }
}

/// From radians, the longitude brought into range.
fn place(lng: f64, lat: f64) -> LngLat {
    let lng = lng.to_degrees();
    let lng = if (-180.0..=180.0).contains(&lng) {
        lng
    } else {
        (lng + 180.0).rem_euclid(360.0) - 180.0
    };
    LngLat::new(lng, lat.to_degrees().clamp(-90.0, 90.0)).expect("in range by construction")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let places: Vec<LngLat> = (0..200)
            .map(|i| {
                let lng = 170.0 + f64::from(i % 20);
                LngLat::new(if lng > 180.0 { lng - 360.0 } else { lng }, f64::from(i) / 4.0).unwrap()
            })
            .collect();
        let map = EqualArea::around(places.iter().copied());
        for p in places {
            let back = map.unproject(map.project(p));
            assert!(back.distance(p).0 < 1e-3, "{p:?} came back as {back:?}");
        }
    }

    #[test]
    fn areas_are_true() {
        // A cell of one degree at 60° north has the area R² · Δλ · (sin 61° − sin 60°).
        let corner = |x: f64, y: f64| LngLat::new(10.0 + x, 60.0 + y).unwrap();
        let map = EqualArea::around([corner(-8.0, -8.0), corner(5.0, 5.0)].into_iter());
        let ring: Vec<[f64; 2]> = (0..400)
            .map(|i| {
                let t = f64::from(i % 100) / 100.0;
                map.project(match i / 100 {
                    0 => corner(t, 0.0),
                    1 => corner(1.0, t),
                    2 => corner(1.0 - t, 1.0),
                    _ => corner(0.0, 1.0 - t),
                })
            })
            .collect();
        let twice: f64 = (0..400)
            .map(|i| {
                let (a, b) = (ring[i], ring[(i + 1) % 400]);
                a[0] * b[1] - a[1] * b[0]
            })
            .sum();
        let expected =
            RADIUS * RADIUS * 1f64.to_radians() * (61f64.to_radians().sin() - 60f64.to_radians().sin());
        assert!(
            (twice / 2.0 / expected - 1.0).abs() < 1e-4,
            "{} against {expected}",
            twice / 2.0
        );
    }
}
