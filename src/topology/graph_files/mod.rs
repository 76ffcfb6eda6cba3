//! Topologies from GML, GraphML and DOT, with the feature `graph-files`.
//!
//! | file | holds |
//! |---|---|
//! | `reader` | the public calls |
//! | `sketch` | the target of all readers: nodes by id, with labels, and edges |
//! | `lexer` | splits a text into words, and counts lines |
//! | `gml`, `graphml`, `dot` | one format each; `dot_words` has the words of DOT |
//!
//! No reader recurses: open brackets are kept in a list, so that no text overflows the stack.

mod dot;
mod dot_words;
mod gml;
mod graphml;
mod lexer;
mod reader;
mod sketch;
