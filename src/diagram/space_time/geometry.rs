//! Points, curves and boxes, in pixels from the upper left corner.

/// A place in the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    pub(super) x: f64,
    pub(super) y: f64,
}

impl Point {
    pub(super) fn new(x: f64, y: f64) -> Self {
        Point { x, y }
    }

    pub(super) fn towards(self, other: Point, part: f64) -> Point {
        Point::new(self.x + (other.x - self.x) * part, self.y + (other.y - self.y) * part)
    }

    /// The distance by the square root, which is the same on every machine, as `hypot` need not be.
    fn distance(self, other: Point) -> f64 {
        let (x, y) = (other.x - self.x, other.y - self.y);
        (x * x + y * y).sqrt()
    }

    /// The place at this distance from here in the direction of another place; this other place
    /// itself if it is nearer.
    fn step_towards(self, other: Point, distance: f64) -> Point {
        let length = self.distance(other);
        if length <= distance { other } else { self.towards(other, distance / length) }
    }
}

/// A line from one place to another, bent towards a third place (a quadratic Bézier curve).
#[derive(Clone, Copy, Debug)]
pub(super) struct Curve {
    pub(super) from: Point,
    pub(super) bend: Point,
    pub(super) to: Point,
}

/// How many straight pieces stand for a curve from which texts keep clear.
const PIECES: usize = 8;

impl Curve {
    pub(super) fn straight(from: Point, to: Point) -> Self {
        Curve { from, bend: from.towards(to, 0.5), to }
    }

    /// A curve whose middle lies this far off the straight line, to the left as seen along it.
    pub(super) fn bowed(from: Point, to: Point, by: f64) -> Self {
        let length = from.distance(to).max(1.0);
        let middle = from.towards(to, 0.5);
        let (across, down) = ((to.y - from.y) / length, -(to.x - from.x) / length);
        let bend = Point::new(middle.x + 2.0 * by * across, middle.y + 2.0 * by * down);
        Curve { from, bend, to }
    }

    /// The same curve, shortened by these lengths at its start and at its end, along the tangents.
    pub(super) fn shortened(self, start: f64, end: f64) -> Self {
        let from = self.from.step_towards(self.bend, start);
        Curve { from, to: self.to.step_towards(self.bend, end), ..self }
    }

    /// The place at a part of the curve, from 0 to 1.
    pub(super) fn at(&self, part: f64) -> Point {
        self.from.towards(self.bend, part).towards(self.bend.towards(self.to, part), part)
    }

    pub(super) fn pieces(&self) -> impl Iterator<Item = (Point, Point)> + '_ {
        let at = |piece: usize| self.at(piece as f64 / PIECES as f64);
        (0..PIECES).map(move |piece| (at(piece), at(piece + 1)))
    }

    /// The three corners of an arrow's head at the curve's end.
    pub(super) fn head(&self, length: f64, half_width: f64) -> [Point; 3] {
        let back = self.to.step_towards(self.bend, length);
        let (across, down) = (
            (self.to.y - back.y) / length * half_width,
            (back.x - self.to.x) / length * half_width,
        );
        let corner = |side: f64| Point::new(back.x + side * across, back.y + side * down);
        [self.to, corner(1.0), corner(-1.0)]
    }
}

/// A box whose sides are parallel to those of the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Area {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) right: f64,
    pub(super) bottom: f64,
}

impl Area {
    pub(super) fn around(centre: Point, radius: f64) -> Self {
        let Point { x, y } = centre;
        Area { left: x - radius, top: y - radius, right: x + radius, bottom: y + radius }
    }

    /// The same box, wider by this length on the left and on the right.
    pub(super) fn widened(self, by: f64) -> Self {
        Area { left: self.left - by, right: self.right + by, ..self }
    }

    pub(super) fn meets(&self, other: &Area) -> bool {
        let beside = self.right <= other.left || other.right <= self.left;
        let above = self.bottom <= other.top || other.bottom <= self.top;
        !beside && !above
    }

    /// Whether a straight line passes through the box. The line is cut down to the part within each
    /// pair of sides: it passes through the box if something is left.
    pub(super) fn is_crossed_by(&self, from: Point, to: Point) -> bool {
        let within = |start: f64, end: f64, low: f64, high: f64| {
            if start == end {
                return if low < start && start < high { (0.0, 1.0) } else { (1.0, 0.0) };
            }
            let (one, other) = ((low - start) / (end - start), (high - start) / (end - start));
            (one.min(other), one.max(other))
        };
        let (across, down) = (
            within(from.x, to.x, self.left, self.right),
            within(from.y, to.y, self.top, self.bottom),
        );
        across.0.max(down.0).max(0.0) < across.1.min(down.1).min(1.0)
    }
}
