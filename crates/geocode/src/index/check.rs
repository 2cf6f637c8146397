//! Do the sections fit together?

use pack::OpenError;

use super::{Ending, Index, Kind, RARE, refuse, section};

impl Index<'_> {
    /// Checks that the sections fit together. Reads the tables and maps once.
    pub fn check(&self) -> Result<(), OpenError> {
        for (name, map) in [
            (section::NAMES, &self.names),
            (section::BEGINNINGS, &self.beginnings),
            (section::WORDS, &self.words),
        ] {
            map.verify()
                .map_err(|e| refuse(name, format!("is damaged ({e})")))?;
        }
        if std::str::from_utf8(self.text).is_err() {
            return Err(refuse(section::TEXT, "is not UTF-8".into()));
        }
        let rising = |at: &[u32], end: usize| {
            at.windows(2).all(|w| w[0] <= w[1]) && at.last().is_none_or(|last| *last as usize == end)
        };
        if !rising(self.text_at, self.text.len()) {
            return Err(refuse(section::TEXT_AT, "does not fit the text".into()));
        }
        if !rising(self.lines, self.line_points.len()) {
            return Err(refuse(section::LINES, "does not fit the points".into()));
        }
        if self.docs.len() != self.meta.docs as usize {
            return Err(refuse(
                section::DOCS,
                format!("holds {} entries, not {}", self.docs.len(), self.meta.docs),
            ));
        }
        let houses = self.meta.houses as usize;
        for (name, found) in [
            (section::HOUSES, self.houses.len()),
            (section::HOUSE_FLAGS, self.house_flags.len()),
        ] {
            if found != houses {
                return Err(refuse(name, format!("holds {found} entries, not {houses}")));
            }
        }
        // What a damaged group names beside its houses is not found.
        if self.endings.len() > usize::from(RARE) || self.endings.first() != Some(&Ending::default()) {
            return Err(refuse(
                section::ENDINGS,
                "does not begin with the empty one".into(),
            ));
        }
        if !self.rare_endings.windows(2).all(|w| w[0].house < w[1].house) {
            return Err(refuse(section::RARE_ENDINGS, "is not in order".into()));
        }
        let corners = self.corners.len();
        if !self.outlines.windows(2).all(|w| w[0].first <= w[1].first)
            || self.outlines.last().is_some_and(|o| o.first as usize > corners)
        {
            return Err(refuse(section::OUTLINES, "does not fit the corners".into()));
        }
        let in_order = self.extra_houses.windows(2).all(|w| w[0][0] < w[1][0]);
        let known = |e: &[u32; 2]| (e[0] as usize) < houses && (e[1] as usize) < self.sources.len();
        if !in_order || !self.extra_houses.iter().all(known) {
            return Err(refuse(
                section::EXTRA_HOUSES,
                "does not fit houses and sources".into(),
            ));
        }
        self.check_documents()
    }

    fn check_documents(&self) -> Result<(), OpenError> {
        let texts = self.text_at.len().saturating_sub(1);
        let list_ends = |at: u32| {
            self.lists
                .get(at as usize)
                .is_some_and(|len| at as usize + 1 + *len as usize <= self.lists.len())
        };
        let mut first_house = 0;
        for (id, doc) in self.docs.iter().enumerate() {
            let fits =
                |total: usize, first: u32, count: u32| u64::from(first) + u64::from(count) <= total as u64;
            let kind = Kind::of(doc.kind);
            let good = kind.is_some()
                && (doc.name as usize) < texts
                && [doc.other_names, doc.around, doc.postcodes]
                    .into_iter()
                    .all(list_ends)
                && match kind {
                    Some(Kind::Street) => {
                        let in_order = doc.first == first_house;
                        first_house = doc.first.saturating_add(doc.count);
                        in_order
                            && fits(self.houses.len(), doc.first, doc.count)
                            && fits(self.lines.len().saturating_sub(1), doc.line, doc.lines.into())
                    }
                    _ => (doc.first as usize) < texts && (doc.count as usize) < texts,
                };
            if !good {
                return Err(refuse(
                    section::DOCS,
                    format!("entry {id} points outside of its tables"),
                ));
            }
        }
        Ok(())
    }
}
