//! Topologies from GML, GraphML and DOT.

mod broken;
mod dot;
mod files;
mod gml;
mod graphml;
mod size;
mod support;
