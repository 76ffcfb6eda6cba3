//! DOT, the language of Graphviz: <https://graphviz.org/doc/info/lang.html>.

use std::collections::BTreeSet;
use std::ops::Range;

use super::dot_words::{Dot, Word, label_text};
use super::lexer::Lexer;
use super::sketch::{Direction, Sketch};
use crate::id::NodeId;
use crate::topology::error::TopologyError;
use crate::topology::topology::Topology;

/// The most links that edges between groups may produce. Without a limit, a short text could ask
/// for any number of links.
const MOST_BETWEEN_GROUPS: usize = 1 << 24;

struct Reader<'a> {
    words: Lexer<'a, Dot>,
    /// The word after the words that were read.
    next: Option<Word<'a>>,
    direction: Direction,
    /// The edges so far, if the graph is strict.
    strict: Option<BTreeSet<(NodeId, NodeId)>>,
    sketch: Sketch,
    /// Each node at each of its mentions. A group in braces is a range of this list.
    mentions: Vec<NodeId>,
    between_groups: usize,
    /// The braces that are open, from the outermost.
    open: Vec<Braces>,
}

/// A pair of braces, and the statement in it that is being read.
#[derive(Debug, Default)]
struct Braces {
    /// How many mentions came before these braces.
    start: usize,
    /// The last end of the statement, as a range of the mentions.
    last: Option<Range<usize>>,
    /// Whether an arrow or a line waits for its second end.
    joins: bool,
    /// The node that attributes in square brackets belong to.
    node: Option<(NodeId, String)>,
    /// The edges that attributes in square brackets belong to, as ranges of the sketch's links.
    edges: Vec<Range<usize>>,
}

impl Braces {
    /// Forgets the statement, which is over.
    fn forget(&mut self) {
        (self.last, self.node) = (None, None);
        self.edges.clear();
    }
}

pub(super) fn read(text: &str) -> Result<Topology, TopologyError> {
    let mut reader = Reader {
        words: Lexer::new(text),
        next: None,
        direction: Direction::BothWays,
        strict: None,
        sketch: Sketch::default(),
        mentions: Vec::new(),
        between_groups: 0,
        open: vec![Braces::default()],
    };
    reader.next = reader.words.next()?;
    reader.read_head()?;
    while !reader.open.is_empty() {
        reader.read_piece()?;
    }
    match reader.next {
        None => reader.sketch.into_topology(),
        Some(_) => Err(reader.words.at().unsupported("text after the graph")),
    }
}

impl<'a> Reader<'a> {
    /// Takes the next word.
    fn take(&mut self) -> Result<Option<Word<'a>>, TopologyError> {
        let next = self.words.next()?;
        Ok(std::mem::replace(&mut self.next, next))
    }

    fn expected<T>(&self, expected: &'static str) -> Result<T, TopologyError> {
        Err(self.words.expected(expected))
    }

    fn takes_keyword(&mut self, keyword: &str) -> Result<bool, TopologyError> {
        let is_next =
            matches!(self.next, Some(Word::Plain(word)) if word.eq_ignore_ascii_case(keyword));
        if is_next {
            self.take()?;
        }
        Ok(is_next)
    }

    fn takes_sign(&mut self, sign: char) -> Result<bool, TopologyError> {
        let is_next = self.next == Some(Word::Sign(sign));
        if is_next {
            self.take()?;
        }
        Ok(is_next)
    }

    /// Takes a name, number or text. Texts may be joined by `+`.
    fn takes_id(&mut self) -> Result<Option<String>, TopologyError> {
        match &self.next {
            Some(Word::Plain(word) | Word::Html(word)) => {
                let id = (*word).to_owned();
                self.take()?;
                Ok(Some(id))
            }
            Some(Word::Quoted(text)) => {
                let mut id = text.clone().into_owned();
                self.take()?;
                while self.takes_sign('+')? {
                    let Some(Word::Quoted(more)) = self.take()? else {
                        return self.expected("a text in quotes after `+`");
                    };
                    id.push_str(&more);
                }
                Ok(Some(id))
            }
            _ => Ok(None),
        }
    }

    /// Reads `strict digraph name {`.
    fn read_head(&mut self) -> Result<(), TopologyError> {
        self.strict = self.takes_keyword("strict")?.then(BTreeSet::new);
        if self.takes_keyword("digraph")? {
            self.direction = Direction::OneWay;
        } else if !self.takes_keyword("graph")? {
            return self.expected("`graph` or `digraph`");
        }
        self.takes_id()?;
        if self.takes_sign('{')? { Ok(()) } else { self.expected("`{`") }
    }

    /// The innermost open braces. Some braces are open while pieces are read.
    fn braces(&mut self) -> &mut Braces {
        if self.open.is_empty() {
            self.open.push(Braces::default());
        }
        let innermost = self.open.len() - 1;
        &mut self.open[innermost]
    }

    /// Whether a statement is being read whose attributes may follow.
    fn has_statement(&self) -> bool {
        self.open.last().is_some_and(|braces| braces.last.is_some() && !braces.joins)
    }

    /// Reads one piece of a statement.
    fn read_piece(&mut self) -> Result<(), TopologyError> {
        match &self.next {
            None => self.expected("`}`"),
            Some(Word::Sign('}')) => self.close(),
            Some(Word::Sign('{')) => self.open_group(),
            Some(Word::Sign(';')) => self.end_statement(),
            Some(Word::Sign('[')) if self.has_statement() => self.read_attributes(),
            Some(Word::Sign(_)) => self.expected("a node, an edge, `{` or `}`"),
            Some(Word::Arrow) => self.read_join(Direction::OneWay),
            Some(Word::Line) => self.read_join(Direction::BothWays),
            Some(Word::Plain(word)) => match word.to_ascii_lowercase().as_str() {
                "subgraph" => self.read_subgraph(),
                "node" | "edge" | "graph" => self.read_defaults(),
                "digraph" | "strict" => self.expected("a node, an edge or a subgraph"),
                _ => self.read_node(),
            },
            Some(Word::Quoted(_) | Word::Html(_)) => self.read_node(),
        }
    }

    fn end_statement(&mut self) -> Result<(), TopologyError> {
        if self.braces().joins {
            return self.expected("the second end of an edge");
        }
        self.take()?;
        self.braces().forget();
        Ok(())
    }

    fn read_subgraph(&mut self) -> Result<(), TopologyError> {
        self.take()?;
        self.takes_id()?;
        if self.next == Some(Word::Sign('{')) {
            return self.open_group();
        }
        Err(self.words.at().unsupported("a subgraph without braces, which stands for another"))
    }

    fn open_group(&mut self) -> Result<(), TopologyError> {
        self.take()?;
        let start = self.mentions.len();
        self.open.push(Braces { start, ..Braces::default() });
        Ok(())
    }

    fn close(&mut self) -> Result<(), TopologyError> {
        if self.braces().joins {
            return self.expected("the second end of an edge");
        }
        self.take()?;
        let start = self.open.pop().map_or(0, |braces| braces.start);
        if self.open.is_empty() { Ok(()) } else { self.add_end(start..self.mentions.len(), None) }
    }

    /// Reads `node [...]`, `edge [...]` or `graph [...]`, which says how parts are drawn.
    fn read_defaults(&mut self) -> Result<(), TopologyError> {
        self.take()?;
        if self.braces().joins {
            return self.expected("the second end of an edge");
        }
        self.braces().forget();
        match self.next {
            Some(Word::Sign('[')) => self.read_attributes(),
            // `graph = x` would be an attribute of that name, and is refused.
            _ => self.expected("`[`"),
        }
    }

    /// Reads `a`, `a:port:ne`, or `key = value`.
    fn read_node(&mut self) -> Result<(), TopologyError> {
        let Some(id) = self.takes_id()? else { return self.expected("a node") };
        if self.takes_sign('=')? {
            if self.braces().joins || self.takes_id()?.is_none() {
                return self.expected("a value of an attribute of the graph");
            }
            self.braces().forget();
            return Ok(());
        }
        while self.takes_sign(':')? {
            if self.takes_id()?.is_none() {
                return self.expected("a port");
            }
        }
        let node = self.sketch.mention(&id)?;
        self.mentions.push(node);
        let end = self.mentions.len();
        self.add_end(end - 1..end, Some((node, id)))
    }

    /// Adds a node or group as the second end of an edge, or as the beginning of a statement.
    fn add_end(
        &mut self,
        end: Range<usize>,
        node: Option<(NodeId, String)>,
    ) -> Result<(), TopologyError> {
        let braces = self.braces();
        let first = braces.last.replace(end.clone());
        let joins = std::mem::take(&mut braces.joins);
        braces.node = if joins { None } else { node };
        let Some(first) = first.filter(|_| joins) else {
            self.braces().edges.clear();
            return Ok(());
        };
        let links = self.sketch.link_count();
        self.join(first, end)?;
        let edges = links..self.sketch.link_count();
        self.braces().edges.push(edges);
        Ok(())
    }

    fn read_join(&mut self, direction: Direction) -> Result<(), TopologyError> {
        if direction != self.direction {
            return match self.direction {
                Direction::OneWay => self.expected("`->`, since this is a digraph"),
                Direction::BothWays => self.expected("`--`, since this is not a digraph"),
            };
        }
        let braces = self.braces();
        if braces.last.is_none() || braces.joins {
            return self.expected("the first end of the edge");
        }
        (braces.joins, braces.node) = (true, None);
        self.take()?;
        Ok(())
    }

    /// Adds an edge from each node of the first group to each node of the second.
    fn join(&mut self, from: Range<usize>, to: Range<usize>) -> Result<(), TopologyError> {
        if from.len() == 1 && to.len() == 1 {
            return self.add_edge(self.mentions[from.start], self.mentions[to.start]);
        }
        self.between_groups =
            self.between_groups.saturating_add(from.len().saturating_mul(to.len()));
        if self.between_groups > MOST_BETWEEN_GROUPS {
            let what = format!("more than {MOST_BETWEEN_GROUPS} edges between groups in braces");
            return Err(self.words.at().unsupported(what));
        }
        let [from, to] = [from, to].map(|group| distinct(&self.mentions[group]));
        for &source in &from {
            for &target in &to {
                self.add_edge(source, target)?;
            }
        }
        Ok(())
    }

    fn add_edge(&mut self, source: NodeId, target: NodeId) -> Result<(), TopologyError> {
        if let Some(edges) = &mut self.strict {
            let is_backwards = self.direction == Direction::BothWays && target < source;
            let ends = if is_backwards { (target, source) } else { (source, target) };
            if !edges.insert(ends) {
                return Ok(());
            }
        }
        self.sketch.edge(source, target, self.direction)
    }

    /// Adds the reverse of each edge of the statement.
    fn add_edges_back(&mut self) -> Result<(), TopologyError> {
        for edge in std::mem::take(&mut self.braces().edges).into_iter().flatten() {
            let (source, target) = self.sketch.link(edge);
            if source != target {
                self.add_edge(target, source)?;
            }
        }
        Ok(())
    }

    /// Reads `[key = value, ...]`, once or several times. Two attributes count: the label of a
    /// node, and `dir=both` of an edge of a digraph, which makes the edge lead both ways.
    fn read_attributes(&mut self) -> Result<(), TopologyError> {
        while self.takes_sign('[')? {
            while !self.takes_sign(']')? {
                self.read_attribute()?;
            }
        }
        self.braces().forget();
        Ok(())
    }

    fn read_attribute(&mut self) -> Result<(), TopologyError> {
        if self.takes_sign(';')? || self.takes_sign(',')? {
            return Ok(());
        }
        let Some(key) = self.takes_id()? else { return self.expected("a key or `]`") };
        if !self.takes_sign('=')? {
            return Ok(());
        }
        let is_html = matches!(self.next, Some(Word::Html(_)));
        let Some(value) = self.takes_id()? else { return self.expected("a value") };
        if let Some((node, id)) = &self.braces().node {
            let (node, text) = (*node, label_text(&value, id));
            if key == "label" && !is_html {
                self.sketch.label(node, text);
            }
        }
        if key == "dir" && value == "both" && self.direction == Direction::OneWay {
            return self.add_edges_back();
        }
        Ok(())
    }
}

/// The distinct nodes, in the order of their first mention.
fn distinct(mentions: &[NodeId]) -> Vec<NodeId> {
    let mut seen = BTreeSet::new();
    mentions.iter().copied().filter(|node| seen.insert(*node)).collect()
}
