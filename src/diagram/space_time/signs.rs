//! The signs: events, messages, markers, recordings and cuts. The legend draws the same signs.

use svg::node::element::Group;

use super::geometry::{Curve, Point};
use super::message::{Crossing, Message, Route};
use super::order::When;
use super::palette::{BACKWARD, DOT, HIGHLIGHT, IN_FLIGHT, INK, PAPER};
use super::pen::{self, Stroke};

/// The place of an event in relation to the first cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Side {
    /// There is no cut.
    Uncut,
    Before,
    After,
}

impl Side {
    pub(super) fn class(self) -> &'static str {
        match self {
            Side::Uncut => "event",
            Side::Before => "event before",
            Side::After => "event after",
        }
    }
}

/// The end of an arrow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tip {
    Head,
    /// The message does not arrive.
    Open,
    /// The message goes on beyond the window.
    None,
}

/// The look of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Look {
    pub(super) crossing: Crossing,
    pub(super) is_beyond: bool,
    pub(super) tip: Tip,
}

impl Look {
    pub(super) const PLAIN: Look =
        Look { crossing: Crossing::None, is_beyond: false, tip: Tip::Head };

    pub(super) fn of(message: &Message) -> Self {
        let tip = match message.route {
            Route::Unreceived(..) => Tip::Open,
            Route::Between(_, When::AfterWindow) => Tip::None,
            Route::Between(..) | Route::FromOutside(_) => Tip::Head,
        };
        Look { crossing: message.crossing, is_beyond: message.is_beyond_window(), tip }
    }

    fn stroke(self) -> Stroke {
        let stroke = match self.crossing {
            Crossing::None => Stroke::solid(INK, 1.6),
            Crossing::InFlight => Stroke::solid(IN_FLIGHT, 3.0),
            Crossing::Backward => Stroke::solid(BACKWARD, 4.5),
        };
        if self.is_beyond { stroke.dashed("2 5").faint(0.65) } else { stroke }
    }
}

pub(super) fn classes(message: &Message) -> String {
    let look = Look::of(message);
    let signs = [
        (look.crossing == Crossing::InFlight, " in-flight"),
        (look.crossing == Crossing::Backward, " backward"),
        (look.tip == Tip::Open, " unreceived"),
        (look.is_beyond, " beyond"),
        (message.is_from_outside(), " outside"),
        (message.parallel > 0, " parallel"),
    ];
    let of = signs.iter().filter(|(is_so, _)| *is_so).map(|(_, class)| *class);
    std::iter::once("message").chain(of).collect()
}

pub(super) fn event(group: Group, at: Point, side: Side) -> Group {
    let fill = if side == Side::After { PAPER } else { INK };
    group.add(pen::circle(at, DOT - 1.0, fill, Stroke::solid(INK, 2.0)))
}

pub(super) fn recording(group: Group, at: Point, colour: &'static str) -> Group {
    group.add(pen::square(at, DOT, colour, Stroke::solid(PAPER, 1.5)))
}

pub(super) fn message(group: Group, curve: &Curve, look: Look) -> Group {
    let is_lit = look.crossing == Crossing::InFlight;
    let group = if is_lit {
        group.add(pen::curve(curve, Stroke::solid(HIGHLIGHT, 12.0).faint(0.35)))
    } else {
        group
    };
    arrow(group, curve, look.stroke(), look.tip)
}

pub(super) fn marker(group: Group, curve: &Curve, colour: &'static str) -> Group {
    arrow(group, curve, Stroke::solid(colour, 2.2).dashed("7 4"), Tip::Head)
}

fn arrow(group: Group, curve: &Curve, stroke: Stroke, tip: Tip) -> Group {
    let (length, half_width) = (9.0 + 1.6 * stroke.width, 3.2 + 0.9 * stroke.width);
    let group = match tip {
        // The line ends within the head, or else its flat end would show at the point.
        Tip::Head => group.add(pen::curve(&curve.shortened(0.0, length * 0.7), stroke)),
        Tip::Open | Tip::None => group.add(pen::curve(curve, stroke)),
    };
    match tip {
        Tip::Head => {
            group.add(pen::filled(&curve.head(length, half_width), stroke.colour, stroke.opacity))
        }
        Tip::Open => {
            let [tip, one, other] = curve.head(length, half_width);
            group.add(pen::lines(&[one, tip, other], Stroke { dashes: None, ..stroke }))
        }
        Tip::None => group,
    }
}

/// A cut from above the first lifeline to below the last.
pub(super) fn cut(group: Group, points: &[Point], colour: &'static str) -> Group {
    group.add(pen::lines(points, Stroke::solid(colour, 3.2)))
}
