//! Time: the clock, watermarks of several channels, windows.

pub mod clock;
pub mod heap;
pub mod valve;
pub mod window;
