//! Time: so far the clock. Watermarks, the status valve and timers belong here.

pub mod clock;
