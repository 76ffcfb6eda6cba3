//! The calls that read edge lists.

use std::path::Path;
use std::str::FromStr;

use super::doubts;
use super::line::{Entry, Rest};
use super::other_formats::format_of;
use super::text_file;
use crate::topology::error::{LineProblem, TopologyError};
use crate::topology::names::Mentions;
use crate::topology::topology::Topology;
use crate::topology::words::beginning;

impl FromStr for Topology {
    type Err = TopologyError;

    /// Reads an edge list. Nodes are numbered in the order of their first mention.
    /// [`EdgeListReader`] reads lists with other separators, comments, or more columns.
    ///
    /// # Errors
    ///
    /// `OtherFormat` for a text that is recognised as GML, DOT, JSON or another known format;
    /// `UnreadableLine` for the first line that is neither a link nor a node; `NoNodes` if there is
    /// no link and no node; `TooLarge`.
    fn from_str(text: &str) -> Result<Topology, TopologyError> {
        EdgeListReader::new().read(text)
    }
}

impl Topology {
    /// Reads an edge list from a file.
    ///
    /// A list of an undirected graph has each link once, and is read as links in one direction. See
    /// [`with_reverse_links`](Self::with_reverse_links).
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
    /// path and the problem of the text.
    pub fn from_edge_list_file(path: impl AsRef<Path>) -> Result<Topology, TopologyError> {
        EdgeListReader::new().read_file(path)
    }
}

/// Reads edge lists that other tools have written, with weights, separators or comments of those
/// tools.
///
/// Without an option, the reader reads the format of [`Topology::from_edge_list_file`]. Each call
/// adds one option:
///
/// ```
/// use consistent_cut::EdgeListReader;
///
/// let csv = "source;target;kilometres\nNew York;Oslo;5920\nOslo;Rome;2010\n";
/// let reader = EdgeListReader::new().separator(';').header().extra_columns();
/// let topology = reader.read(csv)?;
/// assert_eq!(topology.to_edge_list(), "\"New York\" -> Oslo\nOslo -> Rome\n");
/// # Ok::<(), consistent_cut::TopologyError>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct EdgeListReader {
    separator: Option<char>,
    comment: Option<char>,
    rest: Rest,
    has_header: bool,
}

impl EdgeListReader {
    /// A reader without options.
    pub fn new() -> Self {
        EdgeListReader::default()
    }

    /// Sets the character that separates columns, in place of white space. Names may then hold
    /// blanks. Arrows are not read, and `#` begins a comment only at the start of a line.
    pub fn separator(mut self, separator: char) -> Self {
        self.separator = Some(separator);
        self
    }

    /// Treats a line that begins with this character as a comment. A line that begins with `#`
    /// still is a comment too.
    pub fn comment(mut self, comment: char) -> Self {
        self.comment = Some(comment);
        self
    }

    /// Skips the columns after the second: weights, times, attributes. An adjacency list would lose
    /// links by this option.
    pub fn extra_columns(mut self) -> Self {
        self.rest = Rest::Skipped;
        self
    }

    /// Skips the first line that is not a comment: it names the columns, or has the numbers of
    /// nodes and links.
    pub fn header(mut self) -> Self {
        self.has_header = true;
        self
    }

    /// Reads a text. Nodes are numbered in the order of their first mention.
    ///
    /// # Errors
    ///
    /// The errors of `text.parse::<Topology>()`.
    pub fn read(&self, text: &str) -> Result<Topology, TopologyError> {
        // Some editors put a byte order mark at the start. It would become part of the first name.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if let Some(format) = format_of(text) {
            return Err(format.into_error());
        }
        let mentions = self.mentions(text);
        if self.reads_words_as_they_come() {
            match &mentions {
                Ok(_) => doubts::check(text)?,
                Err(_) => doubts::explain(text)?,
            }
        }
        mentions?.into_topology()
    }

    /// Reads a file.
    ///
    /// # Errors
    ///
    /// The errors of [`Topology::from_edge_list_file`].
    pub fn read_file(&self, path: impl AsRef<Path>) -> Result<Topology, TopologyError> {
        text_file::read(path.as_ref(), |text| self.read(text))
    }

    /// Whether no option tells the format of the text.
    fn reads_words_as_they_come(&self) -> bool {
        self.separator.is_none() && !self.has_header && self.rest == Rest::Refused
    }

    fn mentions(&self, text: &str) -> Result<Mentions, TopologyError> {
        let mut mentions = Mentions::default();
        let lines = (1..).zip(text.lines()).filter(|(_, line)| !self.is_comment(line));
        let header = usize::from(self.has_header);
        for (number, line) in lines.skip(header) {
            let line = line.trim();
            let entry = match self.separator {
                _ if line.contains('\r') => Err(LineProblem::Invisible('\r')),
                Some(separator) => Entry::of_columns(line, separator, self.rest),
                None => Entry::of_words(line, self.rest),
            };
            let entry = entry.map_err(|problem| {
                let text = beginning(line);
                TopologyError::UnreadableLine { line: number, text, problem }
            })?;
            entry.add_to(&mut mentions)?;
        }
        Ok(mentions)
    }

    /// Whether a line has no meaning: it is blank, or it begins as a comment.
    fn is_comment(&self, line: &str) -> bool {
        let line = line.trim_start();
        let begins = line.starts_with('#') || self.comment.is_some_and(|c| line.starts_with(c));
        // A lone carriage return would hide the lines after it in the comment.
        line.is_empty() || (begins && !line.contains('\r'))
    }
}
