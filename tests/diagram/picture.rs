//! An SVG file, read back.

use std::collections::{BTreeMap, BTreeSet};

use roxmltree::{Document, Node};

/// A picture's elements, by their classes.
pub(crate) struct Picture<'a>(Document<'a>);

impl<'a> Picture<'a> {
    pub(crate) fn read(svg: &'a str) -> Self {
        Picture(Document::parse(svg).unwrap_or_else(|error| panic!("{error}: {svg}")))
    }

    pub(crate) fn root(&self) -> Node<'_, 'a> {
        self.0.root_element()
    }

    /// The elements that have this class among theirs.
    pub(crate) fn all(&self, class: &str) -> Vec<Node<'_, 'a>> {
        self.0.descendants().filter(|node| has_class(*node, class)).collect()
    }

    /// Two numbers of each element of a class, each pair once.
    pub(crate) fn pairs(&self, class: &str, first: &str, second: &str) -> BTreeSet<(usize, usize)> {
        let elements = self.all(class);
        let pairs: BTreeSet<_> = elements
            .iter()
            .map(|node| (number(*node, first) as usize, number(*node, second) as usize))
            .collect();
        assert_eq!(pairs.len(), elements.len(), "each {class} is drawn once");
        pairs
    }

    /// The messages of a class, by link and number.
    pub(crate) fn messages(&self, class: &str) -> BTreeSet<(usize, usize)> {
        let all = self.pairs("message", "data-link", "data-number");
        let some: BTreeSet<_> = self.pairs(class, "data-link", "data-number");
        assert!(some.is_subset(&all), "{class} is a class of messages");
        some
    }

    /// The texts of elements of a class.
    pub(crate) fn texts(&self, class: &str) -> Vec<&str> {
        self.all(class).iter().filter_map(Node::text).collect()
    }

    /// The whole text above the picture, in any number of lines.
    pub(crate) fn heading(&self) -> String {
        self.texts("heading").join(" ")
    }

    /// All texts of the legend.
    pub(crate) fn legend(&self) -> Vec<&str> {
        let [legend] = self.all("legend")[..] else { panic!("there is one legend") };
        legend
            .descendants()
            .filter(|node| node.has_tag_name("text"))
            .filter_map(|n| n.text())
            .collect()
    }

    /// The place of each event, by node and number.
    pub(crate) fn events(&self) -> BTreeMap<(usize, usize), (f64, f64)> {
        let event = |event| {
            let key = (number(event, "data-node") as usize, number(event, "data-nth") as usize);
            let dot = child(event, "circle");
            (key, (number(dot, "cx"), number(dot, "cy")))
        };
        self.all("event").into_iter().map(event).collect()
    }

    /// The places where a cut crosses the lifelines, from the first lifeline on.
    pub(crate) fn crossings(&self, cut: usize) -> Vec<f64> {
        let is_it = |line: &Node<'_, '_>| number(*line, "data-cut") == cut as f64;
        let line = self.all("cut").into_iter().find(is_it).expect("the cut is drawn");
        let points = points(child(line, "path"));
        // The line begins above the first lifeline and ends below the last.
        points[1..points.len() - 1].iter().map(|(x, _)| *x).collect()
    }
}

fn has_class(node: Node<'_, '_>, class: &str) -> bool {
    node.attribute("class").is_some_and(|all| all.split(' ').any(|one| one == class))
}

pub(crate) fn number(node: Node<'_, '_>, attribute: &str) -> f64 {
    let text = node.attribute(attribute).unwrap_or_else(|| panic!("no {attribute}: {node:?}"));
    text.parse().unwrap_or_else(|_| panic!("{attribute} is a number, not {text}"))
}

pub(crate) fn child<'a, 'input>(node: Node<'a, 'input>, tag: &str) -> Node<'a, 'input> {
    let found = node.children().find(|child| child.has_tag_name(tag));
    found.unwrap_or_else(|| panic!("no {tag} in {node:?}"))
}

/// The points of a path, control points too.
pub(crate) fn points(path: Node<'_, '_>) -> Vec<(f64, f64)> {
    let data = path.attribute("d").expect("a path has data");
    let point = |text: &str| {
        let (x, y) = text.trim_start_matches(['M', 'L', 'Q']).split_once(',').expect("a pair");
        (x.parse().expect("a number"), y.parse().expect("a number"))
    };
    data.split(' ').map(point).collect()
}
