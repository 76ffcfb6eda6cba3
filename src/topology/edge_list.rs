//! The text form of a topology; the format is described in the [module](super) documentation.

use std::fs;
use std::path::Path;
use std::str::FromStr;

use super::error::TopologyError;
use super::limits::node;
use super::link::Link;
use super::named::Mentions;
use super::names::is_name;
use super::table::Topology;

/// How much of a line an error repeats, in characters.
const QUOTED: usize = 80;

impl FromStr for Topology {
    type Err = TopologyError;

    /// Reads an edge list. Nodes are numbered in the order of their first mention.
    ///
    /// # Errors
    ///
    /// `UnreadableLine` for the first line that is neither a link nor a node, `NoNodes` if no line
    /// is either, `TooLarge`.
    fn from_str(text: &str) -> Result<Topology, TopologyError> {
        // Some editors put a byte order mark at the start; it would become part of the first name.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut mentions = Mentions::default();
        for (number, line) in (1..).zip(text.lines()) {
            let content = line.split('#').next().unwrap_or_default().trim();
            let Some(entry) = Entry::parse(content) else {
                let text = content.chars().take(QUOTED).collect();
                return Err(TopologyError::UnreadableLine { line: number, text });
            };
            entry.add_to(&mut mentions)?;
        }
        mentions.into_topology()
    }
}

impl Topology {
    /// Reads an edge list from a file.
    ///
    /// ```
    /// use consistent_cut::Topology;
    ///
    /// let abilene = Topology::from_edge_list_file("examples/topologies/abilene.txt")?;
    /// assert_eq!(abilene.to_string(), "11 nodes, 28 links");
    /// # Ok::<(), consistent_cut::TopologyError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `UnreadableFile` with the path and the error of the operating system; `InvalidFile` with the
    /// path and what is wrong with the text.
    pub fn from_edge_list_file(path: impl AsRef<Path>) -> Result<Topology, TopologyError> {
        let path = path.as_ref();
        let text = fs::read_to_string(path)
            .map_err(|source| TopologyError::UnreadableFile { path: path.into(), source })?;
        text.parse().map_err(|error| TopologyError::InvalidFile {
            path: path.into(),
            error: Box::new(error),
        })
    }

    /// Writes an edge list that reads back as this topology, with the same numbers and the same
    /// order of links. Nodes without a name are named by their number, so a topology without names
    /// comes back with those.
    ///
    /// ```
    /// use consistent_cut::Topology;
    ///
    /// let topology = Topology::from_named_links([("A", "B"), ("B", "A"), ("B", "C")])?;
    /// assert_eq!(topology.to_edge_list(), "A <-> B\nB -> C\n");
    /// # Ok::<(), consistent_cut::TopologyError>(())
    /// ```
    #[must_use]
    pub fn to_edge_list(&self) -> String {
        let mut writer = Writer { topology: self, text: String::new(), mentioned: 0 };
        let mut links = self.links();
        while let [link, rest @ ..] = links {
            links = writer.write_link(link, rest);
        }
        writer.declare_below(self.node_count());
        writer.text
    }
}

/// What one line says.
enum Entry<'a> {
    Nothing,
    Node(&'a str),
    OneWay(&'a str, &'a str),
    TwoWays(&'a str, &'a str),
}

impl<'a> Entry<'a> {
    /// Reads a line without its comment; `None` if it is none of the four.
    fn parse(content: &'a str) -> Option<Entry<'a>> {
        if let Some((left, right)) = content.split_once("<->") {
            return Some(Entry::TwoWays(only_name(left)?, only_name(right)?));
        }
        if let Some((left, right)) = content.split_once("->") {
            return Some(Entry::OneWay(only_name(left)?, only_name(right)?));
        }
        let mut words = content.split_whitespace();
        match (words.next(), words.next(), words.next()) {
            (None, ..) => Some(Entry::Nothing),
            (Some(word), None, _) => only_name(word).map(Entry::Node),
            (Some(left), Some(right), None) => {
                Some(Entry::OneWay(only_name(left)?, only_name(right)?))
            }
            _ => None,
        }
    }

    fn add_to(self, mentions: &mut Mentions) -> Result<(), TopologyError> {
        match self {
            Entry::Nothing => {}
            Entry::Node(name) => {
                mentions.node(name)?;
            }
            Entry::OneWay(left, right) => mentions.link(left, right)?,
            Entry::TwoWays(left, right) => {
                mentions.link(left, right)?;
                if left != right {
                    mentions.link(right, left)?;
                }
            }
        }
        Ok(())
    }
}

/// The name that a piece of a line consists of, white space around it aside.
fn only_name(piece: &str) -> Option<&str> {
    Some(piece.trim()).filter(|name| is_name(name))
}

/// Writes links so that nodes are first mentioned in the order of their numbers.
struct Writer<'a> {
    topology: &'a Topology,
    text: String,
    /// Nodes below this number stand in the text.
    mentioned: usize,
}

impl Writer<'_> {
    /// Writes `link`, together with the first of `rest` if that is its reverse. Returns the links
    /// that are still to be written.
    fn write_link<'l>(&mut self, link: &Link, rest: &'l [Link]) -> &'l [Link] {
        self.declare_for(link);
        let (arrow, rest) = match rest {
            [next, rest @ ..] if is_reverse(link, next) => ("<->", rest),
            _ => ("->", rest),
        };
        let (source, target) = (self.topology.label(link.source), self.topology.label(link.target));
        self.text.extend([&source, " ", arrow, " ", &target, "\n"]);
        rest
    }

    /// Declares nodes on lines of their own if `link` would mention its ends too early.
    fn declare_for(&mut self, link: &Link) {
        let in_order = [link.source, link.target].into_iter().try_fold(self.mentioned, |n, end| {
            (end.index() <= n).then_some(n.max(end.index() + 1))
        });
        match in_order {
            Some(mentioned) => self.mentioned = mentioned,
            None => self.declare_below(link.source.max(link.target).index() + 1),
        }
    }

    /// Declares the nodes up to `end` that the text does not mention yet.
    fn declare_below(&mut self, end: usize) {
        for index in self.mentioned..end {
            self.text.push_str(&self.topology.label(node(index)));
            self.text.push('\n');
        }
        self.mentioned = self.mentioned.max(end);
    }
}

/// Whether `<->` stands for these two links. A self-link has no reverse.
fn is_reverse(link: &Link, next: &Link) -> bool {
    !link.is_self_link() && (link.source, link.target) == (next.target, next.source)
}
