//! Space-time diagrams as SVG. The settings (`builder`) determine the content of the picture
//! (`scene`, with `order`, `cut_line` and `message`), then its places (`columns`, `layout`), and
//! then the drawing (`draw`).

mod builder;
mod columns;
mod cut_line;
mod draw;
mod error;
mod geometry;
mod heading;
mod labels;
mod layout;
mod legend;
mod lines;
mod message;
mod order;
mod palette;
mod pen;
mod scene;
mod signs;
mod sketch;
mod time_scale;
mod writing;

pub use builder::SpaceTime;
pub use error::SpaceTimeError;
