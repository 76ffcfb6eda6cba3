//! Memory that one thread writes all the time, apart from what others write.

/// An empty vector with room for so many values, and for a pair of cache lines behind them. What is
/// allocated next, perhaps for another thread, then shares no line with these values, and a write
/// here takes nothing from that thread's cache.
pub(crate) fn spaced<T>(values: usize) -> Vec<T> {
    const APART: usize = 128;
    Vec::with_capacity(values + APART.div_ceil(size_of::<T>().max(1)))
}
