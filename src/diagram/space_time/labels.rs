//! Texts find a place where they hide little.

use super::geometry::{Area, Curve, Point};
use super::pen::Lettering;

/// On which side of its place a text lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// Where a text may stand: the point on its baseline that the anchor names.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spot {
    pub(super) at: Point,
    pub(super) anchor: Anchor,
}

/// What texts keep clear of.
#[derive(Debug)]
pub(super) struct Labels {
    bounds: Area,
    /// Texts and signs.
    taken: Vec<Area>,
    /// Lines, in straight pieces.
    lines: Vec<(Point, Point)>,
}

/// What it costs to hide something, against one place further down the list of spots.
const TEXT_OR_SIGN: usize = 40;
const LINE: usize = 8;
const OUTSIDE: usize = 400;

impl Labels {
    pub(super) fn new(bounds: Area) -> Self {
        Labels { bounds, taken: Vec::new(), lines: Vec::new() }
    }

    pub(super) fn keep_clear_of(&mut self, area: Area) {
        self.taken.push(area);
    }

    pub(super) fn keep_clear_of_line(&mut self, from: Point, to: Point) {
        self.lines.push((from, to));
    }

    pub(super) fn keep_clear_of_curve(&mut self, curve: &Curve) {
        self.lines.extend(curve.pieces());
    }

    /// The spot where a text hides the least; of equal ones the first.
    pub(super) fn place(
        &mut self,
        text: &str,
        lettering: Lettering,
        spots: &[Spot],
    ) -> Option<Spot> {
        let areas = spots.iter().map(|spot| spot.area(text, lettering));
        let costs = areas.enumerate().map(|(nth, area)| (nth + self.cost(&area), nth));
        let spot = spots[costs.min()?.1];
        self.taken.push(spot.area(text, lettering));
        Some(spot)
    }

    fn cost(&self, area: &Area) -> usize {
        let taken = self.taken.iter().filter(|taken| taken.meets(area)).count();
        let lines = self.lines.iter().filter(|&&(from, to)| area.is_crossed_by(from, to)).count();
        let Area { left, top, right, bottom } = self.bounds;
        let is_within =
            left <= area.left && area.right <= right && top <= area.top && area.bottom <= bottom;
        taken * TEXT_OR_SIGN + lines * LINE + usize::from(!is_within) * OUTSIDE
    }
}

impl Spot {
    pub(super) fn new(x: f64, y: f64, anchor: Anchor) -> Self {
        Spot { at: Point::new(x, y), anchor }
    }

    fn area(&self, text: &str, lettering: Lettering) -> Area {
        let (size, width) = (lettering.size, lettering.width(text));
        let left = match self.anchor {
            Anchor::Start => self.at.x,
            Anchor::Middle => self.at.x - width / 2.0,
            Anchor::End => self.at.x - width,
        };
        let (top, bottom) = (self.at.y - 0.8 * size, self.at.y + 0.22 * size);
        Area { left, top, right: left + width, bottom }
    }

    /// Above, below, and at the corners of a sign.
    pub(super) fn around(sign: Point, size: f64) -> Vec<Spot> {
        let Point { x, y } = sign;
        let (above, below) = (y - 12.0, y + 12.0 + 0.75 * size);
        [above, below]
            .into_iter()
            .flat_map(|line| {
                [(x, Anchor::Middle), (x + 5.0, Anchor::Start), (x - 5.0, Anchor::End)]
                    .map(|(x, anchor)| Spot::new(x, line, anchor))
            })
            .collect()
    }

    /// Beside a line, on both sides, first near its middle.
    pub(super) fn along(curve: &Curve, size: f64) -> Vec<Spot> {
        let falls = curve.to.y >= curve.from.y;
        let (above, below) = (-4.0, 0.75 * size + 3.0);
        // To the right of a line that falls is above it.
        let (right, left) = if falls { (above, below) } else { (below, above) };
        [0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82]
            .into_iter()
            .flat_map(|part| {
                let Point { x, y } = curve.at(part);
                [
                    Spot::new(x + 5.0, y + right, Anchor::Start),
                    Spot::new(x - 5.0, y + left, Anchor::End),
                ]
            })
            .collect()
    }
}
