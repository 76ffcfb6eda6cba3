//! Memory that one thread writes all the time, kept apart from the memory that other threads write.

/// An empty vector with capacity for `values` values, and for about a pair of cache lines behind
/// them. The next allocation, perhaps for another thread, then shares no cache line with these
/// values. So a write here takes no line from that thread's cache.
pub(crate) fn spaced<T>(values: usize) -> Vec<T> {
    const APART: usize = 128;
    Vec::with_capacity(values + APART.div_ceil(size_of::<T>().max(1)))
}
