//! Colours and measures.
//!
//! The colours are those of Okabe and Ito (*Color Universal Design*, 2008), which people with any
//! kind of colour vision tell apart. Nothing is told by colour alone.

pub(super) const INK: &str = "#1a1a1a";
pub(super) const GREY: &str = "#767676";
pub(super) const FAINT: &str = "#9a9a9a";
pub(super) const PAPER: &str = "#ffffff";
/// The colours of messages in flight at the cut, and of the ground under them.
pub(super) const IN_FLIGHT: &str = "#0072b2";
pub(super) const HIGHLIGHT: &str = "#56b4e9";
/// The colour of a message that crosses a cut backwards.
pub(super) const BACKWARD: &str = "#d55e00";

/// The colours of the cuts, each with its markers and recordings. Behind the last colour comes the
/// first again.
const CUTS: [&str; 4] = ["#009e73", "#cc79a7", "#e69f00", "#56b4e9"];

/// The colour of a cut, by its index.
pub(super) fn of_cut(index: usize) -> &'static str {
    CUTS[index % CUTS.len()]
}

pub(super) const FONT: &str = "'DejaVu Sans', 'Helvetica Neue', Arial, sans-serif";

/// The sizes of texts, by kind.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sizes {
    pub(super) title: f64,
    pub(super) name: f64,
    pub(super) label: f64,
    pub(super) legend: f64,
}

impl Sizes {
    /// The size of labels if no size is asked for.
    pub(super) const LABEL: f64 = 15.0;

    pub(super) fn of_labels(label: f64) -> Self {
        Sizes { title: 1.4 * label, name: 1.2 * label, label, legend: 0.8 * label }
    }
}

/// Half the size of an event's dot and of a recording's square.
pub(super) const DOT: f64 = 6.5;
/// How far arrows stay away from the middle of the sign at which they end.
pub(super) const CLEARANCE: f64 = 9.0;
/// How far above its lifeline a message from outside begins.
pub(super) const OUTSIDE: f64 = 36.0;
/// How far cuts reach beyond the outermost lifelines.
pub(super) const OVERHANG: f64 = 48.0;

/// The width of a text in the first of the fonts, roughly. The other fonts are narrower.
pub(super) fn text_width(text: &str, size: f64) -> f64 {
    let of_char = |letter: char| match letter {
        'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | ' ' => 0.32,
        'f' | 'r' | 't' | '(' | ')' | '[' | ']' => 0.41,
        'm' | 'w' | 'M' | 'W' | '@' => 0.95,
        letter if letter.is_ascii_uppercase() => 0.71,
        letter if (letter as u32) < 0x1100 => 0.63,
        // Letters of other scripts are taken for squares.
        _ => 1.0,
    };
    text.chars().map(of_char).sum::<f64>() * size
}
