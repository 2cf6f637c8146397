//! The drawing and what is said about its letters.

use std::path::Path;

use geom::{BBox, LngLat, LocalMeters, Meters, Timestamp};
use osm::{Extract, MemberKind, NodeId, RelationId, WayId};

use crate::pbf::{Element, PbfFile};

type Pairs = Vec<(String, String)>;

/// A map drawn with letters. Two columns or one row are one step, as characters are about twice as
/// high as they are wide:
///
/// ```
/// use geom::Meters;
/// use testkit::Sketch;
/// let map = Sketch::new(Meters(100.0), "
///     a   b   c
///     d       e
/// ").roads("a>b>c ad de ec");
/// assert!((map.place('a').distance(map.place('b')).0 - 200.0).abs() < 0.1);
/// assert!((map.place('a').distance(map.place('d')).0 - 100.0).abs() < 0.1);
/// ```
///
/// The first row and the leftmost letter touch the origin, 13.26 °E 53.55 °N unless [`Sketch::at`]
/// says otherwise. Nodes are numbered from 1 in the order of reading, ways and relations from 1 in
/// the order they are drawn.
#[derive(Clone, Debug)]
pub struct Sketch {
    step: Meters,
    origin: LngLat,
    bounds: Option<BBox>,
    date: Option<Timestamp>,
    nodes: Vec<Node>,
    ways: Vec<Way>,
    relations: Vec<Relation>,
}

#[derive(Clone, Debug)]
struct Node {
    letter: char,
    /// Steps east and south of the origin.
    steps: [f64; 2],
    tags: Pairs,
}

#[derive(Clone, Debug)]
struct Way {
    letters: String,
    tags: Pairs,
}

#[derive(Clone, Debug)]
struct Relation {
    members: Vec<(MemberKind, i64, String)>,
    tags: Pairs,
}

impl Sketch {
    /// Reads the drawing: every letter or digit is a node, everything else must be blank.
    ///
    /// # Panics
    /// On a letter drawn twice, another character, or no letter at all.
    #[must_use]
    pub fn new(step: Meters, drawing: &str) -> Self {
        let drawn: Vec<(usize, usize, char)> = drawing
            .lines()
            .enumerate()
            .flat_map(|(row, line)| line.chars().enumerate().map(move |(column, c)| (row, column, c)))
            .filter(|(_, _, c)| !c.is_whitespace())
            .collect();
        let top = drawn
            .iter()
            .map(|d| d.0)
            .min()
            .expect("the drawing has no letters");
        let left = drawn
            .iter()
            .map(|d| d.1)
            .min()
            .expect("the drawing has no letters");
        let mut nodes: Vec<Node> = Vec::new();
        for (row, column, letter) in drawn {
            assert!(
                letter.is_ascii_alphanumeric(),
                "`{letter}` in the drawing is no letter or digit"
            );
            assert!(
                nodes.iter().all(|n| n.letter != letter),
                "`{letter}` is drawn twice"
            );
            nodes.push(Node {
                letter,
                steps: [(column - left) as f64 / 2.0, (row - top) as f64],
                tags: Vec::new(),
            });
        }
        Self {
            step,
            origin: LngLat::new(13.26, 53.55).expect("a place in Neubrandenburg"),
            bounds: None,
            date: None,
            nodes,
            ways: Vec::new(),
            relations: Vec::new(),
        }
    }

    /// Moves the drawing's upper left corner.
    #[must_use]
    pub fn at(mut self, origin: LngLat) -> Self {
        self.origin = origin;
        self
    }

    /// The box the extract promises to hold. Without, it is the box of the nodes.
    #[must_use]
    pub fn bounds(mut self, bounds: BBox) -> Self {
        self.bounds = Some(bounds);
        self
    }

    /// The date the extract carries. Without, it carries none.
    #[must_use]
    pub fn date(mut self, date: Timestamp) -> Self {
        self.date = Some(date);
        self
    }

    /// Draws roads (`highway=residential`), one a word: `abc` both ways, `a>b` one-way from a to b,
    /// `a<b` one-way against the drawing (`oneway=-1`). A word with several kinds of step becomes
    /// several ways: `ab>c` is `ab` and `b>c`. Change their tags by [`Sketch::way`].
    #[must_use]
    pub fn roads(mut self, words: &str) -> Self {
        for word in words.split_whitespace() {
            for (letters, oneway) in runs(word) {
                let mut tags = pairs(&[("highway", "residential")]);
                tags.extend(oneway.map(|value| ("oneway".to_owned(), value.to_owned())));
                self.draw(letters, tags);
            }
        }
        self
    }

    /// Gives the way through these letters these tags, replacing values it has; draws the way, with
    /// these tags only, if no way runs through exactly these letters yet. `>` and `<` add `oneway`.
    #[must_use]
    pub fn way(mut self, letters: &str, tags: &[(&str, &str)]) -> Self {
        let [(letters, oneway)] = &runs(letters)[..] else {
            panic!("`{letters}` is more than one way");
        };
        let index = match self.ways.iter().position(|w| w.letters == *letters) {
            Some(index) => index,
            None => self.draw(letters.clone(), Vec::new()),
        };
        if let Some(value) = oneway {
            put(&mut self.ways[index].tags, &[("oneway", value)]);
        }
        put(&mut self.ways[index].tags, tags);
        self
    }

    /// Draws a closed way around these letters; the first need not be repeated.
    #[must_use]
    pub fn area(self, letters: &str, tags: &[(&str, &str)]) -> Self {
        self.way(&closed(letters), tags)
    }

    /// Gives a node these tags, replacing values it has.
    #[must_use]
    pub fn node(mut self, letter: &str, tags: &[(&str, &str)]) -> Self {
        let index = self.index(only_letter(letter));
        put(&mut self.nodes[index].tags, tags);
        self
    }

    /// Makes a node an address: `addr:street` and `addr:housenumber`.
    #[must_use]
    pub fn address(self, letter: &str, street: &str, number: &str) -> Self {
        self.node(letter, &[("addr:street", street), ("addr:housenumber", number)])
    }

    /// A turn restriction: `no_left_turn`, `only_straight_on`, … From and to are ways, via is a node
    /// (one letter) or one or more ways (words).
    #[must_use]
    pub fn restriction(self, kind: &str, from: &str, via: &str, to: &str) -> Self {
        self.restriction_with(kind, from, via, to, &[])
    }

    /// A turn restriction with more tags, as `except=bicycle`.
    #[must_use]
    pub fn restriction_with(
        self,
        kind: &str,
        from: &str,
        via: &str,
        to: &str,
        tags: &[(&str, &str)],
    ) -> Self {
        let mut members = vec![("from", from)];
        members.extend(via.split_whitespace().map(|word| ("via", word)));
        members.push(("to", to));
        let mut all = vec![("type", "restriction"), ("restriction", kind)];
        all.extend(tags);
        self.relation(&members, &all)
    }

    /// An area with parts and holes: the words are closed rings, `outer` and `inner`, drawn as ways
    /// without tags of their own where no such way was drawn before.
    #[must_use]
    pub fn multipolygon(mut self, outer: &str, inner: &str, tags: &[(&str, &str)]) -> Self {
        let mut members = Vec::new();
        for (role, words) in [("outer", outer), ("inner", inner)] {
            members.extend(words.split_whitespace().map(|word| (role, closed(word))));
        }
        for (_, ring) in &members {
            self = self.way(ring, &[]);
        }
        let members: Vec<_> = members
            .iter()
            .map(|(role, ring)| (*role, ring.as_str()))
            .collect();
        let mut all = vec![("type", "multipolygon")];
        all.extend(tags);
        self.relation(&members, &all)
    }

    /// A relation of (role, member): one letter is a node, more are a way drawn before, either
    /// way round.
    #[must_use]
    pub fn relation(mut self, members: &[(&str, &str)], tags: &[(&str, &str)]) -> Self {
        let members = members
            .iter()
            .map(|(role, word)| {
                let (kind, id) = match word.chars().count() {
                    1 => (MemberKind::Node, self.node_id(only_letter(word)).0),
                    _ => (MemberKind::Way, self.way_id(word).0),
                };
                (kind, id, (*role).to_owned())
            })
            .collect();
        self.relations.push(Relation {
            members,
            tags: pairs(tags),
        });
        self
    }

    /// Where a letter lies, to the centimetre that files keep.
    #[must_use]
    pub fn place(&self, letter: char) -> LngLat {
        let [east, south] = self.nodes[self.index(letter)].steps;
        let meters = [east * self.step.0, -south * self.step.0];
        let drawn = LocalMeters::at(self.origin).unproject(meters);
        geom::Fixed::from(drawn).into()
    }

    /// The letter nearest to a place, to name what an answer passes.
    #[must_use]
    pub fn letter_near(&self, place: LngLat) -> char {
        let away = |n: &Node| self.place(n.letter).distance(place).0;
        let nearest = self.nodes.iter().min_by(|a, b| away(a).total_cmp(&away(b)));
        nearest.expect("a sketch has at least one letter").letter
    }

    /// The id of a letter's node.
    #[must_use]
    pub fn node_id(&self, letter: char) -> NodeId {
        NodeId(self.index(letter) as i64 + 1)
    }

    /// The letter of a node's id; `None` for a node that is not drawn.
    #[must_use]
    pub fn letter(&self, id: NodeId) -> Option<char> {
        let index = usize::try_from(id.0).ok()?.checked_sub(1)?;
        self.nodes.get(index).map(|n| n.letter)
    }

    /// The id of the way through exactly these letters, in this order or the other.
    ///
    /// # Panics
    /// If none was drawn.
    #[must_use]
    pub fn way_id(&self, letters: &str) -> WayId {
        let letters: String = letters.chars().filter(|c| !matches!(c, '<' | '>')).collect();
        let reversed: String = letters.chars().rev().collect();
        let same = |wanted: &str| self.ways.iter().position(|w| w.letters == wanted);
        let index = same(&letters).or_else(|| same(&reversed));
        WayId(index.unwrap_or_else(|| panic!("no way `{letters}` was drawn")) as i64 + 1)
    }

    /// The map as an extract in memory.
    #[must_use]
    pub fn extract(&self) -> Extract {
        let mut builder = osm::Builder::default();
        if let Some(bounds) = self.bounds {
            builder.bounds(bounds);
        }
        if let Some(date) = self.date {
            builder.date(date);
        }
        for element in self.elements() {
            element.add_to(&mut builder);
        }
        builder.finish()
    }

    /// The same elements as a file. Equal sketches write equal bytes.
    ///
    /// # Panics
    /// If the file cannot be written.
    pub fn write_pbf(&self, path: &Path) {
        let file = PbfFile {
            bounds: self.bounds,
            date: self.date,
            elements: self.elements(),
        };
        std::fs::write(path, file.to_bytes()).expect("a test's folder can be written to");
    }

    /// The part of the map around some letters, as an extract that was cut would hold it: ways that
    /// touch one of the letters, whole, with all their nodes, and every relation, whose other members
    /// are then missing.
    #[must_use]
    pub fn part(&self, letters: &str) -> Vec<Element> {
        let touches = |w: &Way| w.letters.chars().any(|l| letters.contains(l));
        let kept: Vec<bool> = self.ways.iter().map(touches).collect();
        let of_kept_ways: String = (self.ways.iter().zip(&kept))
            .filter(|(_, kept)| **kept)
            .map(|(way, _)| way.letters.as_str())
            .collect();
        let holds = |letter: char| letters.contains(letter) || of_kept_ways.contains(letter);
        self.elements()
            .into_iter()
            .filter(|element| match element {
                Element::Node { id, .. } => self.letter(*id).is_some_and(holds),
                Element::Way { id, .. } => kept[id.0 as usize - 1],
                Element::Relation { .. } => true,
            })
            .collect()
    }

    /// Everything drawn: nodes, ways, relations, each by id.
    #[must_use]
    pub fn elements(&self) -> Vec<Element> {
        let nodes = self.nodes.iter().map(|node| Element::Node {
            id: self.node_id(node.letter),
            place: self.place(node.letter).into(),
            tags: node.tags.clone(),
        });
        let ways = (1..).zip(&self.ways).map(|(id, way)| Element::Way {
            id: WayId(id),
            nodes: way.letters.chars().map(|l| self.node_id(l)).collect(),
            tags: way.tags.clone(),
        });
        let relations = (1..)
            .zip(&self.relations)
            .map(|(id, relation)| Element::Relation {
                id: RelationId(id),
                members: relation.members.clone(),
                tags: relation.tags.clone(),
            });
        nodes.chain(ways).chain(relations).collect()
    }

    fn draw(&mut self, letters: String, tags: Pairs) -> usize {
        assert!(letters.len() >= 2, "`{letters}` is no way: it needs two letters");
        for letter in letters.chars() {
            self.index(letter);
        }
        self.ways.push(Way { letters, tags });
        self.ways.len() - 1
    }

    fn index(&self, letter: char) -> usize {
        let index = self.nodes.iter().position(|n| n.letter == letter);
        index.unwrap_or_else(|| panic!("`{letter}` is not in the drawing"))
    }
}

/// Cuts a word into ways of one direction: letters and the value of `oneway`.
fn runs(word: &str) -> Vec<(String, Option<&'static str>)> {
    let mut runs: Vec<(String, Option<&'static str>)> = Vec::new();
    let mut before: Option<char> = None;
    let mut step = None;
    for c in word.chars() {
        match c {
            '>' => step = Some("yes"),
            '<' => step = Some("-1"),
            letter => {
                match (runs.last_mut(), before) {
                    (Some((letters, oneway)), Some(_)) if *oneway == step => letters.push(letter),
                    (_, Some(before)) => runs.push((format!("{before}{letter}"), step)),
                    (_, None) => {}
                }
                before = Some(letter);
                step = None;
            }
        }
    }
    assert!(!runs.is_empty(), "`{word}` is no way: it needs two letters");
    runs
}

fn closed(letters: &str) -> String {
    let first = letters.chars().next().expect("a ring has letters");
    if letters.ends_with(first) && letters.len() > 1 {
        return letters.to_owned();
    }
    format!("{letters}{first}")
}

fn only_letter(word: &str) -> char {
    let mut letters = word.chars();
    match (letters.next(), letters.next()) {
        (Some(letter), None) => letter,
        _ => panic!("`{word}` should be one letter"),
    }
}

fn pairs(tags: &[(&str, &str)]) -> Pairs {
    tags.iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect()
}

fn put(known: &mut Pairs, tags: &[(&str, &str)]) {
    for (key, value) in tags {
        match known.iter_mut().find(|(k, _)| k == key) {
            Some((_, old)) => *old = (*value).to_owned(),
            None => known.push(((*key).to_owned(), (*value).to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square() -> Sketch {
        Sketch::new(
            Meters(100.0),
            "
            a   b   c
            d       e
            ",
        )
    }

    #[test]
    fn two_columns_and_one_row_are_one_step() {
        let map = square();
        let meters = |from, to| map.place(from).distance(map.place(to)).0.round();
        assert_eq!(meters('a', 'c'), 400.0); // 8 columns
        assert_eq!(meters('c', 'e'), 100.0); // 1 row
        assert_eq!(meters('a', 'e'), 412.0); // √(400² + 100²) = 412.3
        assert!(map.place('e').lat() < map.place('c').lat(), "rows go south");
        assert!(map.place('a').lng() < map.place('b').lng(), "columns go east");
        assert_eq!(map.letter_near(map.place('e')), 'e');
    }

    #[test]
    fn arrows_become_oneway_and_cut_the_word() {
        let map = square()
            .roads("a>b>c ad d<ec")
            .way("ad", &[("highway", "primary")]);
        let extract = map.extract();
        let tags = |way: &str| {
            let way = extract.way(map.way_id(way)).unwrap();
            (way.tags.get("highway"), way.tags.get("oneway"), way.nodes().len())
        };
        assert_eq!(tags("abc"), (Some("residential"), Some("yes"), 3));
        assert_eq!(tags("da"), (Some("primary"), None, 2));
        assert_eq!(tags("de"), (Some("residential"), Some("-1"), 2));
        assert_eq!(tags("ec"), (Some("residential"), None, 2));
    }

    #[test]
    fn restrictions_areas_and_addresses_are_elements() {
        let map = square()
            .roads("ab bc ad de")
            .restriction("no_left_turn", "ab", "b", "bc")
            .restriction("no_u_turn", "ab", "ad", "de")
            .multipolygon("aced", "", &[("natural", "water")])
            .area("abd", &[("building", "yes")])
            .address("e", "Hauptstraße", "12a");
        let extract = map.extract();
        let relations: Vec<_> = extract.relations().collect();
        let members = |i: usize| -> Vec<_> {
            let members = relations[i].members();
            members.map(|m| (m.role, m.kind, m.id)).collect()
        };
        let way = |letters: &str| map.way_id(letters).0;
        use MemberKind::{Node, Way};
        assert_eq!(relations[0].tags.get("restriction"), Some("no_left_turn"));
        assert_eq!(
            members(0),
            [
                ("from", Way, way("ab")),
                ("via", Node, map.node_id('b').0),
                ("to", Way, way("bc"))
            ]
        );
        assert_eq!(members(1)[1], ("via", Way, way("ad")));
        assert_eq!(members(2), [("outer", Way, way("aceda"))]);
        assert!(extract.way(map.way_id("abda")).unwrap().is_closed());
        let tags = extract.node_tags(map.node_id('e')).unwrap();
        assert_eq!(tags.get("addr:housenumber"), Some("12a"));
    }

    #[test]
    #[should_panic(expected = "`x` is not in the drawing")]
    fn a_letter_that_is_not_drawn_is_named() {
        let _ = square().roads("ax");
    }
}
