//! Addresses on labels: three by eight on A4, 70 by 37 millimetres each, the commonest sheet.

use crate::sales::paper::{HEIGHT, Sheet, WIDTH, Weight};

const ACROSS: usize = 3;
const DOWN: usize = 8;
/// Points of a millimetre.
const MM: f32 = 72.0 / 25.4;
const LABEL: f32 = 37.0 * MM;
const INSET: f32 = 6.0 * MM;
const LINE: f32 = 12.0;
const SIZE: f32 = 10.0;

/// Labels with these lines, at most six of each.
///
/// # Errors
/// What the writer of PDF says.
pub(super) fn labels(addresses: &[Vec<String>]) -> Result<Vec<u8>, String> {
    let column = WIDTH / ACROSS as f32;
    // What eight labels leave of the page is half above, half below.
    let top = (HEIGHT - LABEL * DOWN as f32) / 2.0;
    let mut sheet = Sheet::new("Labels")?;
    // An empty list is an empty page, not no file.
    let pages = addresses.len().div_ceil(ACROSS * DOWN).max(1);
    for page in 0..pages {
        let here = addresses
            .iter()
            .skip(page * ACROSS * DOWN)
            .take(ACROSS * DOWN)
            .enumerate();
        sheet.page(|pen| {
            for (at, lines) in here {
                let x = column * (at % ACROSS) as f32 + INSET;
                let y = top + LABEL * (at / ACROSS) as f32 + INSET + SIZE;
                for (n, line) in lines.iter().take(6).enumerate() {
                    let weight = if n == 0 { Weight::Bold } else { Weight::Regular };
                    pen.fitted(x, y + LINE * n as f32, column - 2.0 * INSET, weight, SIZE, line);
                }
            }
        })?;
    }
    sheet.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twenty_five_addresses_are_two_pages() {
        let address = |n: usize| {
            vec![
                format!("Bäckerei {n}"),
                "Ring 1".into(),
                "17033 Neubrandenburg".into(),
            ]
        };
        // The tree of pages is named like one more page.
        let named = |count: usize| {
            let pdf = labels(&(0..count).map(address).collect::<Vec<_>>()).unwrap();
            assert!(pdf.starts_with(b"%PDF-"));
            String::from_utf8_lossy(&pdf).matches("/Type/Page").count()
        };
        assert_eq!((named(0), named(24), named(25)), (2, 2, 3));
        let long = vec![vec!["W".repeat(500)]];
        assert!(labels(&long).is_ok());
    }
}
