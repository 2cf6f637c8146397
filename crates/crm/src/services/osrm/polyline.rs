//! Lines as texts: the Encoded Polyline Algorithm Format, latitude first, five or six decimals.

use geom::LngLat;

/// Writes a line with so many decimals, 5 or 6.
pub(super) fn encode(line: impl Iterator<Item = LngLat>, decimals: i32) -> String {
    let factor = 10f64.powi(decimals);
    let mut text = String::new();
    let mut before = [0i64; 2];
    for point in line {
        let now = [point.lat(), point.lng()].map(|degrees| (degrees * factor).round() as i64);
        for (now, before) in now.iter().zip(&before) {
            let difference = now - before;
            let mut rest = (difference << 1 ^ difference >> 63) as u64;
            while rest >= 0x20 {
                text.push(char::from((rest as u8 & 0x1f | 0x20) + 63));
                rest >>= 5;
            }
            text.push(char::from(rest as u8 + 63));
        }
        before = now;
    }
    text
}

/// Reads a line; `None` where the text is none, or leaves the earth.
pub(super) fn decode(text: &str, decimals: i32) -> Option<Vec<LngLat>> {
    let factor = 10f64.powi(decimals);
    let mut bytes = text.bytes();
    let mut now = [0i64; 2];
    let mut points = Vec::new();
    'points: loop {
        for (at, value) in now.iter_mut().enumerate() {
            let (mut rest, mut shift) = (0u64, 0);
            loop {
                let Some(byte) = bytes.next() else {
                    // The text may end between points only.
                    return (at == 0 && shift == 0).then_some(points);
                };
                let five = u64::from(byte.checked_sub(63).filter(|b| *b < 64)?);
                rest |= (five & 0x1f) << shift;
                if five & 0x20 == 0 {
                    break;
                }
                shift += 5;
                if shift > 40 {
                    return None;
                }
            }
            *value += (rest >> 1) as i64 ^ -((rest & 1) as i64);
        }
        points.push(LngLat::new(now[1] as f64 / factor, now[0] as f64 / factor).ok()?);
        if points.len() > 100_000 {
            break 'points;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(points: &[(f64, f64)]) -> Vec<LngLat> {
        points
            .iter()
            .map(|(lng, lat)| LngLat::new(*lng, *lat).unwrap())
            .collect()
    }

    #[test]
    fn the_example_of_the_format() {
        let points = line(&[(-120.2, 38.5), (-120.95, 40.7), (-126.453, 43.252)]);
        assert_eq!(encode(points.iter().copied(), 5), "_p~iF~ps|U_ulLnnqC_mqNvxq`@");
        assert_eq!(decode("_p~iF~ps|U_ulLnnqC_mqNvxq`@", 5), Some(points));
    }

    #[test]
    fn what_is_cut_or_no_line_is_refused() {
        assert_eq!(decode("", 5), Some(Vec::new()));
        for text in ["_p~iF", "_p~iF~ps|", "ä", "____________________", "\u{1}\u{2}"] {
            assert_eq!(decode(text, 5), None, "{text:?}");
        }
    }

    #[test]
    fn six_decimals_come_back() {
        let points = line(&[
            (13.260_612, 53.556_112),
            (13.260_613, 53.556_11),
            (-179.999_999, -89.0),
        ]);
        let text = encode(points.iter().copied(), 6);
        assert_eq!(decode(&text, 6), Some(points));
    }
}
