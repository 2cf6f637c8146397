//! A quote or an order on paper: its pages as PDF.

use krilla::color::rgb;
use krilla::geom::{PathBuilder, Point};
use krilla::metadata::Metadata;
use krilla::page::PageSettings;
use krilla::paint::{Fill, Stroke};
use krilla::surface::Surface;
use krilla::text::{Font, TextDirection};
use rustybuzz::ttf_parser::Face;

use super::document::Document;

const REGULAR: &[u8] = include_bytes!("../../assets/NotoSans-Regular.ttf");
const BOLD: &[u8] = include_bytes!("../../assets/NotoSans-Bold.ttf");

/// A4 in points, and its margins.
pub(crate) const WIDTH: f32 = 595.28;
pub(crate) const HEIGHT: f32 = 841.89;
const MARGIN: f32 = 56.0;
const BOTTOM: f32 = HEIGHT - 70.0;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    Regular,
    Bold,
}

struct Faces {
    regular: (Font, Face<'static>),
    bold: (Font, Face<'static>),
}

impl Faces {
    fn load() -> Result<Self, String> {
        let load = |bytes: &'static [u8]| {
            let font = Font::new(bytes.to_vec().into(), 0).ok_or("the font of documents cannot be read")?;
            let face = Face::parse(bytes, 0).map_err(|e| e.to_string())?;
            Ok::<_, String>((font, face))
        };
        Ok(Self {
            regular: load(REGULAR)?,
            bold: load(BOLD)?,
        })
    }

    fn of(&self, weight: Weight) -> &(Font, Face<'static>) {
        if weight == Weight::Bold {
            &self.bold
        } else {
            &self.regular
        }
    }

    /// Width of a text in points.
    fn width(&self, weight: Weight, size: f32, text: &str) -> f32 {
        let face = &self.of(weight).1;
        let units: u32 = text
            .chars()
            .map(|c| {
                face.glyph_index(c)
                    .and_then(|g| face.glyph_hor_advance(g))
                    .map_or(0, u32::from)
            })
            .sum();
        units as f32 * size / f32::from(face.units_per_em())
    }

    /// A text in lines no wider than `width`; words that are wider are cut.
    fn wrapped(&self, weight: Weight, size: f32, text: &str, width: f32) -> Vec<String> {
        let mut lines = Vec::new();
        for paragraph in text.split('\n') {
            let mut line = String::new();
            for word in paragraph.split_whitespace() {
                let mut word = word.to_owned();
                let with = if line.is_empty() {
                    word.clone()
                } else {
                    format!("{line} {word}")
                };
                if self.width(weight, size, &with) <= width {
                    line = with;
                    continue;
                }
                if !line.is_empty() {
                    lines.push(std::mem::take(&mut line));
                }
                while self.width(weight, size, &word) > width && word.chars().count() > 1 {
                    let mut cut = word.chars().count() - 1;
                    let head = |n: usize| word.chars().take(n).collect::<String>();
                    while cut > 1 && self.width(weight, size, &head(cut)) > width {
                        cut -= 1;
                    }
                    lines.push(head(cut));
                    word = word.chars().skip(cut).collect();
                }
                line = word;
            }
            lines.push(line);
        }
        lines
    }
}

fn fill(grey: u8) -> Fill {
    Fill {
        paint: rgb::Color::new(grey, grey, grey).into(),
        ..Fill::default()
    }
}

/// Writes on one page after the other.
pub(crate) struct Pen<'a, 'b> {
    faces: &'a Faces,
    surface: Surface<'b>,
    y: f32,
}

impl Pen<'_, '_> {
    /// A line at a place, cut where it is wider than `width`.
    pub fn fitted(&mut self, x: f32, y: f32, width: f32, weight: Weight, size: f32, text: &str) {
        let lines = self.faces.wrapped(weight, size, text, width);
        self.y = y;
        if let Some(line) = lines.first() {
            self.text(x, weight, size, line);
        }
    }

    fn text(&mut self, x: f32, weight: Weight, size: f32, text: &str) {
        let font = self.faces.of(weight).0.clone();
        self.surface.draw_text(
            Point::from_xy(x, self.y),
            font,
            size,
            text,
            false,
            TextDirection::Auto,
        );
    }

    fn right(&mut self, x: f32, weight: Weight, size: f32, text: &str) {
        let width = self.faces.width(weight, size, text);
        self.text(x - width, weight, size, text);
    }

    fn rule(&mut self, grey: u8) {
        let mut path = PathBuilder::new();
        path.move_to(MARGIN, self.y);
        path.line_to(WIDTH - MARGIN, self.y);
        if let Some(path) = path.finish() {
            self.surface.set_fill(None);
            self.surface.set_stroke(Some(Stroke {
                paint: rgb::Color::new(grey, grey, grey).into(),
                width: 0.6,
                ..Stroke::default()
            }));
            self.surface.draw_path(&path);
            self.surface.set_stroke(None);
            self.surface.set_fill(Some(fill(20)));
        }
    }
}

/// Right edges of the columns of numbers, and the width of a line's text.
const QUANTITY: f32 = 340.0;
const PRICE: f32 = 420.0;
const DISCOUNT: f32 = 468.0;
const NET: f32 = WIDTH - MARGIN;
const TEXT: f32 = 225.0;

/// What is written where, before it is known on which page.
enum Piece {
    Head,
    Line(usize),
    Sums,
    Terms(String),
}

impl Piece {
    fn height(&self, document: &Document, faces: &Faces) -> f32 {
        match self {
            Self::Head => 0.0,
            Self::Line(n) => {
                let text = faces.wrapped(Weight::Regular, 9.5, &document.lines[*n].text, TEXT);
                6.0 + 13.0 * text.len().max(1) as f32
            }
            Self::Sums => 62.0 + 14.0 * document.totals.by_rate.len() as f32,
            Self::Terms(_) => 13.0,
        }
    }
}

/// Where the lines begin on the first page.
fn first_line(document: &Document) -> f32 {
    214.0 + 13.0 * document.buyer.len().max(document.seller.len()) as f32
}

/// What stands on each page: pages come first, so that each can say how many there are.
fn paged(document: &Document, faces: &Faces, first: f32) -> Vec<Vec<Piece>> {
    let mut pieces = vec![Piece::Head];
    pieces.extend((0..document.lines.len()).map(Piece::Line));
    pieces.push(Piece::Sums);
    let terms = faces.wrapped(Weight::Regular, 9.5, &document.terms, WIDTH - 2.0 * MARGIN);
    pieces.extend(
        terms
            .into_iter()
            .filter(|_| !document.terms.trim().is_empty())
            .map(Piece::Terms),
    );
    let mut pages: Vec<Vec<Piece>> = vec![Vec::new()];
    let mut y = first;
    for piece in pieces {
        let height = piece.height(document, faces);
        if y + height > BOTTOM && y > 110.0 {
            pages.push(Vec::new());
            y = 110.0;
        }
        y += height;
        if let Some(page) = pages.last_mut() {
            page.push(piece);
        }
    }
    pages
}

/// Pages of A4 that others write on.
pub(crate) struct Sheet {
    faces: Faces,
    out: krilla::Document,
}

impl Sheet {
    /// A document without pages.
    ///
    /// # Errors
    /// The font, which is part of the program, cannot be read.
    pub fn new(title: &str) -> Result<Self, String> {
        let mut out = krilla::Document::new();
        let metadata = Metadata::new().title(title.to_owned());
        out.set_metadata(metadata.creator("Bailiwick".to_owned()));
        Ok(Self {
            faces: Faces::load()?,
            out,
        })
    }

    /// One page, written by `write`.
    pub fn page(&mut self, write: impl FnOnce(&mut Pen<'_, '_>)) -> Result<(), String> {
        let settings = PageSettings::from_wh(WIDTH, HEIGHT).ok_or("A4 is no size of a page")?;
        let mut page = self.out.start_page_with(settings);
        {
            let mut pen = Pen {
                faces: &self.faces,
                surface: page.surface(),
                y: MARGIN,
            };
            pen.surface.set_fill(Some(fill(20)));
            write(&mut pen);
            pen.surface.finish();
        }
        page.finish();
        Ok(())
    }

    /// The bytes of the file.
    pub fn finish(self) -> Result<Vec<u8>, String> {
        self.out.finish().map_err(|e| format!("{e:?}"))
    }
}

/// The document's pages.
///
/// # Errors
/// What the writer of PDF says; the font is part of the program.
pub(super) fn pdf(document: &Document) -> Result<Vec<u8>, String> {
    let faces = Faces::load()?;
    let first = first_line(document);
    let pages = paged(document, &faces, first);
    let mut out = krilla::Document::new();
    out.set_metadata(
        Metadata::new()
            .title(title(document))
            .creator("Bailiwick".to_owned()),
    );
    let count = pages.len();
    for (number, pieces) in pages.into_iter().enumerate() {
        let settings = PageSettings::from_wh(WIDTH, HEIGHT).ok_or("A4 is no size of a page")?;
        let mut page = out.start_page_with(settings);
        {
            let mut pen = Pen {
                faces: &faces,
                surface: page.surface(),
                y: MARGIN,
            };
            pen.surface.set_fill(Some(fill(20)));
            if number > 0 {
                pen.text(MARGIN, Weight::Bold, 10.0, &title(document));
                pen.y = 90.0;
                columns(&mut pen, document);
                pen.y = 110.0;
            }
            for piece in pieces {
                write(&mut pen, document, &piece, first);
            }
            pen.y = HEIGHT - 40.0;
            pen.surface.set_fill(Some(fill(110)));
            let of = document.word("of", "von");
            pen.right(
                WIDTH - MARGIN,
                Weight::Regular,
                8.0,
                &format!("{} {of} {count}", number + 1),
            );
            pen.surface.finish();
        }
        page.finish();
    }
    out.finish().map_err(|e| format!("{e:?}"))
}

fn title(document: &Document) -> String {
    let kind = if document.is_order {
        document.word("Order", "Auftrag")
    } else {
        document.word("Quote", "Angebot")
    };
    match document.revision {
        Some(revision) if revision > 1 => {
            format!(
                "{kind} {}, {} {revision}",
                document.number,
                document.word("revision", "Fassung")
            )
        }
        _ => format!("{kind} {}", document.number),
    }
}

fn columns(pen: &mut Pen<'_, '_>, document: &Document) {
    pen.surface.set_fill(Some(fill(90)));
    pen.text(
        MARGIN,
        Weight::Regular,
        8.5,
        document.word("Description", "Bezeichnung"),
    );
    pen.right(QUANTITY, Weight::Regular, 8.5, document.word("Quantity", "Menge"));
    pen.right(
        PRICE,
        Weight::Regular,
        8.5,
        document.word("Unit price", "Einzelpreis"),
    );
    pen.right(
        DISCOUNT,
        Weight::Regular,
        8.5,
        document.word("Discount", "Rabatt"),
    );
    pen.right(NET, Weight::Regular, 8.5, &document.currency);
    pen.surface.set_fill(Some(fill(20)));
    pen.y += 5.0;
    pen.rule(150);
    pen.y += 13.0;
}

fn write(pen: &mut Pen<'_, '_>, document: &Document, piece: &Piece, first: f32) {
    match piece {
        Piece::Head => {
            for (n, line) in document.seller.iter().enumerate() {
                pen.y = MARGIN + 13.0 * n as f32;
                let weight = if n == 0 { Weight::Bold } else { Weight::Regular };
                pen.right(WIDTH - MARGIN, weight, 9.5, line);
            }
            for (n, line) in document.buyer.iter().enumerate() {
                pen.y = MARGIN + 50.0 + 13.0 * n as f32;
                pen.text(MARGIN, Weight::Regular, 10.5, line);
            }
            pen.y = first - 70.0;
            pen.text(MARGIN, Weight::Bold, 16.0, &title(document));
            pen.y += 20.0;
            let date = format!(
                "{} {}",
                document.word("Date:", "Datum:"),
                document.day(&document.date)
            );
            pen.text(MARGIN, Weight::Regular, 9.5, &date);
            if let Some(until) = &document.valid_until {
                let until = format!(
                    "{} {}",
                    document.word("Valid until:", "Gültig bis:"),
                    document.day(until)
                );
                pen.right(WIDTH - MARGIN, Weight::Regular, 9.5, &until);
            }
            pen.y += 26.0;
            columns(pen, document);
        }
        Piece::Line(n) => {
            let line = &document.lines[*n];
            let text = pen.faces.wrapped(Weight::Regular, 9.5, &line.text, TEXT);
            let quantity = match &line.unit {
                Some(unit) => format!("{} {unit}", document.decimal(line.quantity, 3)),
                None => document.decimal(line.quantity, 3),
            };
            pen.right(QUANTITY, Weight::Regular, 9.5, &quantity);
            pen.right(PRICE, Weight::Regular, 9.5, &document.money(line.unit_price));
            if line.discount > 0 {
                pen.right(
                    DISCOUNT,
                    Weight::Regular,
                    9.5,
                    &format!("{} %", document.decimal(line.discount, 2)),
                );
            }
            pen.right(NET, Weight::Regular, 9.5, &document.money(line.net));
            for part in text {
                pen.text(MARGIN, Weight::Regular, 9.5, &part);
                pen.y += 13.0;
            }
            pen.y += 6.0;
        }
        Piece::Sums => {
            pen.rule(150);
            pen.y += 16.0;
            if document.discount > 0 {
                let text = document.word(
                    "Each line with a discount on all of",
                    "Jede Position mit Rabatt auf alles von",
                );
                pen.text(
                    MARGIN,
                    Weight::Regular,
                    9.5,
                    &format!("{text} {} %", document.decimal(document.discount, 2)),
                );
            }
            sum(
                pen,
                Weight::Regular,
                document.word("Net", "Netto"),
                &document.money(document.totals.net),
            );
            for (rate, net, tax) in &document.totals.by_rate {
                let text = format!(
                    "{} {} % {} {}",
                    document.word("Tax", "Umsatzsteuer"),
                    document.decimal(*rate, 2),
                    document.word("on", "auf"),
                    document.money(*net)
                );
                sum(pen, Weight::Regular, &text, &document.money(*tax));
            }
            let total = format!("{} {}", document.word("Total", "Gesamt"), document.currency);
            sum(pen, Weight::Bold, &total, &document.money(document.totals.total));
            pen.y += 16.0;
        }
        Piece::Terms(line) => {
            pen.text(MARGIN, Weight::Regular, 9.5, line);
            pen.y += 13.0;
        }
    }
}

fn sum(pen: &mut Pen<'_, '_>, weight: Weight, text: &str, amount: &str) {
    pen.right(DISCOUNT, weight, 9.5, text);
    pen.right(NET, weight, 9.5, amount);
    pen.y += 14.0;
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    use crate::plans::Language;
    use crate::sales::lines;

    fn document(count: usize, text: &str) -> Document {
        let lines: Vec<Value> = (0..count)
            .map(|_| json!({ "text": text, "quantity": 1, "unit_price": 100, "tax_rate": 1900 }))
            .collect();
        let lines = lines::read(Some(&lines.into()), 0).unwrap();
        Document {
            is_order: false,
            number: "Q-2026-00001".into(),
            revision: Some(2),
            seller: vec!["Seller".into(), "Street 1".into()],
            buyer: vec!["Buyer".into()],
            date: "2026-03-02".into(),
            valid_until: Some("2026-04-01".into()),
            terms: "Thirty days.\nNet.".into(),
            currency: "EUR".into(),
            discount: 0,
            totals: lines::totals(&lines).unwrap(),
            lines,
            language: Language::German,
        }
    }

    #[test]
    fn every_line_stands_once_on_a_page_that_holds_it() {
        let faces = Faces::load().unwrap();
        for (count, text) in [
            (0, "A"),
            (1, "A"),
            (80, "A"),
            (
                60,
                "A long line that goes on and on, twice around the column's width, at least",
            ),
        ] {
            let document = document(count, text);
            let first = first_line(&document);
            let pages = paged(&document, &faces, first);
            let mut lines = Vec::new();
            for (number, page) in pages.iter().enumerate() {
                let top = if number == 0 { first } else { 110.0 };
                let height: f32 = page.iter().map(|p| p.height(&document, &faces)).sum();
                assert!(top + height <= BOTTOM, "page {number} of {count}");
                lines.extend(page.iter().filter_map(|p| match p {
                    Piece::Line(n) => Some(*n),
                    _ => None,
                }));
            }
            assert_eq!(lines, (0..count).collect::<Vec<_>>());
            assert_eq!(pages.len() > 1, count > 50, "{count}");
            assert!(pdf(&document).unwrap().starts_with(b"%PDF-"));
        }
    }

    #[test]
    fn words_go_around_the_column_and_the_longest_is_cut() {
        let faces = Faces::load().unwrap();
        let text = format!("short {} end\nnext", "x".repeat(200));
        let lines = faces.wrapped(Weight::Regular, 10.0, &text, 100.0);
        assert!(
            lines
                .iter()
                .all(|l| faces.width(Weight::Regular, 10.0, l) <= 100.0),
            "{lines:?}"
        );
        let letters = |t: &str| t.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        assert_eq!(letters(&lines.concat()), letters(&text));
        assert_eq!(lines.last().map(String::as_str), Some("next"));
    }

    #[test]
    fn amounts_are_written_as_their_currency_has_them() {
        let mut document = document(1, "A");
        assert_eq!(document.money(123_456_789), "1.234.567,89");
        assert_eq!(document.money(-5), "−0,05");
        document.language = Language::English;
        assert_eq!(document.money(100_000), "1,000.00");
        document.currency = "JPY".into();
        assert_eq!(document.money(1_234), "1,234");
        assert_eq!(document.decimal(1_500, 3), "1.5");
    }
}
