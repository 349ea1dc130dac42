//! Time: the clock, watermarks of several channels and inputs, timers, windows.

pub mod assignment;
pub mod clock;
pub mod combined_watermark;
pub mod event_log;
pub mod heap;
pub mod latency;
pub mod processing_time;
mod timer_snapshot;
pub mod timers;
pub mod user_metrics;
pub mod valve;
pub mod window;
