//! Colours and measures.
//!
//! The colours are those of Okabe and Ito (*Color Universal Design*, 2008), which people with any kind of colour vision tell
//! apart; and nothing is told by colour alone.

pub(super) const INK: &str = "#1a1a1a";
pub(super) const GREY: &str = "#767676";
pub(super) const FAINT: &str = "#9a9a9a";
pub(super) const PAPER: &str = "#ffffff";
/// Messages in flight at the cut, and what lies under them as a highlighter's stroke does.
pub(super) const IN_FLIGHT: &str = "#0072b2";
pub(super) const HIGHLIGHT: &str = "#56b4e9";
/// A message that crosses a cut backwards.
pub(super) const BACKWARD: &str = "#d55e00";

/// Of each cut with its markers and recordings; the first again after the last.
const CUTS: [&str; 4] = ["#009e73", "#cc79a7", "#e69f00", "#56b4e9"];

/// The colour of the cut that was asked for as this one.
pub(super) fn of_cut(index: usize) -> &'static str {
    CUTS[index % CUTS.len()]
}

pub(super) const FONT: &str = "'DejaVu Sans', 'Helvetica Neue', Arial, sans-serif";

/// How large texts are, by what they say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sizes {
    pub(super) title: f64,
    pub(super) name: f64,
    pub(super) label: f64,
    pub(super) legend: f64,
}

impl Sizes {
    /// The size of labels if none is asked for.
    pub(super) const LABEL: f64 = 15.0;

    pub(super) fn of_labels(label: f64) -> Self {
        Sizes { title: 1.4 * label, name: 1.2 * label, label, legend: 0.8 * label }
    }
}

/// Half the size of an event's dot and of a recording's square.
pub(super) const DOT: f64 = 6.5;
/// How far arrows stay away from the middle of what they end at.
pub(super) const CLEARANCE: f64 = 9.0;
/// How far above its lifeline a message from outside begins.
pub(super) const OUTSIDE: f64 = 36.0;
/// How far cuts reach beyond the outermost lifelines.
pub(super) const OVERHANG: f64 = 48.0;

/// How wide a text is in the first of the fonts, roughly; the others are narrower.
pub(super) fn text_width(text: &str, size: f64) -> f64 {
    let of_char = |letter: char| match letter {
        'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | ' ' => 0.32,
        'f' | 'r' | 't' | '(' | ')' | '[' | ']' => 0.41,
        'm' | 'w' | 'M' | 'W' | '@' => 0.95,
        letter if letter.is_ascii_uppercase() => 0.71,
        letter if (letter as u32) < 0x1100 => 0.63,
        // Scripts whose letters are squares.
        _ => 1.0,
    };
    text.chars().map(of_char).sum::<f64>() * size
}
