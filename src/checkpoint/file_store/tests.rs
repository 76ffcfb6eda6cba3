//! Faults of the file.
