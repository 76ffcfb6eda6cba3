//! The choice of places for texts, where they hide little.

use super::geometry::{Area, Curve, Point};
use super::pen::Lettering;

/// The part of a text that lies at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A place where a text may stand: the point on its baseline that the anchor names.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spot {
    pub(super) at: Point,
    pub(super) anchor: Anchor,
}

/// The areas and lines that texts keep clear of.
#[derive(Debug)]
pub(super) struct Labels {
    bounds: Area,
    signs: Vec<Area>,
    texts: Vec<Area>,
    /// How many texts lie on others.
    pub(super) overlaps: usize,
    /// Lines, in straight pieces.
    lines: Vec<(Point, Point)>,
}

/// The cost of hiding something. A spot that stands one place later in the list costs 1.
const TEXT: usize = 200;
const SIGN: usize = 40;
const LINE: usize = 8;
/// The least distance of texts that stand side by side.
const BESIDE: f64 = 4.0;
const OUTSIDE: usize = 400;

impl Labels {
    pub(super) fn new(bounds: Area) -> Self {
        Labels { bounds, signs: Vec::new(), texts: Vec::new(), overlaps: 0, lines: Vec::new() }
    }

    pub(super) fn keep_clear_of(&mut self, area: Area) {
        self.signs.push(area);
    }

    pub(super) fn keep_clear_of_line(&mut self, from: Point, to: Point) {
        self.lines.push((from, to));
    }

    pub(super) fn keep_clear_of_curve(&mut self, curve: &Curve) {
        self.lines.extend(curve.pieces());
    }

    /// The spot where a text hides the least; of equal spots the first.
    pub(super) fn place(
        &mut self,
        text: &str,
        lettering: Lettering,
        spots: &[Spot],
    ) -> Option<Spot> {
        let areas = spots.iter().map(|spot| spot.area(text, lettering));
        let costs = areas.enumerate().map(|(nth, area)| (nth + self.cost(&area), nth));
        let spot = spots[costs.min()?.1];
        let area = spot.area(text, lettering);
        self.overlaps += self.texts.iter().filter(|other| other.meets(&area)).count();
        self.texts.push(area.widened(BESIDE));
        Some(spot)
    }

    fn cost(&self, area: &Area) -> usize {
        let meets = |taken: &&Area| taken.meets(area);
        let signs = self.signs.iter().filter(meets).count();
        let texts = self.texts.iter().filter(meets).count();
        let lines = self.lines.iter().filter(|&&(from, to)| area.is_crossed_by(from, to)).count();
        let Area { left, top, right, bottom } = self.bounds;
        let is_within =
            left <= area.left && area.right <= right && top <= area.top && area.bottom <= bottom;
        texts * TEXT + signs * SIGN + lines * LINE + usize::from(!is_within) * OUTSIDE
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

    /// Spots below a sign, first in the middle, and then above it.
    pub(super) fn around(sign: Point, size: f64) -> Vec<Spot> {
        let above = Spot::beside(sign, sign.y - 12.0);
        Spot::below(sign, size).into_iter().chain(above).collect()
    }

    /// Spots below a sign, first in the middle.
    pub(super) fn below(sign: Point, size: f64) -> [Spot; 3] {
        Spot::beside(sign, sign.y + 12.0 + 0.75 * size)
    }

    fn beside(sign: Point, line: f64) -> [Spot; 3] {
        [(0.0, Anchor::Middle), (5.0, Anchor::Start), (-5.0, Anchor::End)]
            .map(|(aside, anchor)| Spot::new(sign.x + aside, line, anchor))
    }

    /// Spots beside a line, on both sides, first near its middle.
    pub(super) fn along(curve: &Curve, size: f64) -> Vec<Spot> {
        let falls = curve.to.y >= curve.from.y;
        let (above, below) = (-4.0, 0.75 * size + 3.0);
        // The right side of a falling line is above it.
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
