//! The 8-puzzle: eight tiles and a hole on a board of three by three. Its positions are the nodes
//! of a graph, and a move is an edge.

use std::fmt;

/// The squares, row by row: a tile from 1 to 8, or 0 for the hole.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Position([u8; 9]);

impl Position {
    /// All tiles in order, with the hole behind them.
    pub(crate) const SOLVED: Position = Position([1, 2, 3, 4, 5, 6, 7, 8, 0]);

    /// The positions that are one move away: two, three or four.
    pub(crate) fn neighbours(self) -> impl Iterator<Item = Position> {
        let hole = self.0.iter().position(|tile| *tile == 0).unwrap_or_default();
        let (row, column) = (hole / 3, hole % 3);
        let squares = [
            (row > 0).then(|| hole - 3),
            (row < 2).then(|| hole + 3),
            (column > 0).then(|| hole - 1),
            (column < 2).then(|| hole + 1),
        ];
        squares.into_iter().flatten().map(move |square| {
            let mut tiles = self.0;
            tiles.swap(hole, square);
            Position(tiles)
        })
    }

    /// The searcher that owns the position. It is always the same searcher, and each owns about as
    /// many positions.
    pub(crate) fn owner(self, searchers: usize) -> usize {
        let number = self.0.iter().fold(0_u64, |number, tile| number * 9 + u64::from(*tile));
        (number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33) as usize % searchers
    }
}

impl fmt::Debug for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let square = |tile: &u8| if *tile == 0 { '.' } else { char::from(b'0' + tile) };
        let rows = self.0.chunks(3).map(|row| row.iter().map(square).collect::<String>());
        f.write_str(&rows.collect::<Vec<_>>().join("/"))
    }
}
