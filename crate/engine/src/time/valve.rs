//! One watermark out of those of all channels of an input.
//!
//! Contract: the watermark that comes out never falls and is the least of the aligned channels: active ones
//! whose own watermark has reached the last one that came out. A channel that was idle takes part again only
//! when it has caught up, so it cannot hold the others back. Nothing comes out while all channels are idle.
//! Flink: `StatusWatermarkValve`.

use super::heap::{HeapElements, HeapPriorityQueue};
use crate::record::WatermarkStatus;

/// What the valve knows of a channel. Flink: `SubpartitionStatus`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChannelStatus {
    /// Its last watermark; the least Long before the first one.
    pub watermark: i64,
    pub status: WatermarkStatus,
    /// Its place among the aligned ones, if it is one.
    place: Option<u32>,
}

impl ChannelStatus {
    /// Whether its watermark counts for the valve's.
    pub const fn is_aligned(&self) -> bool {
        self.place.is_some()
    }
}

/// What comes out for one element: the watermark before the status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ValveOutput {
    pub watermark: Option<i64>,
    pub status: Option<WatermarkStatus>,
}

#[derive(Clone, Debug)]
struct Channels(Vec<ChannelStatus>);

impl HeapElements for Channels {
    fn set_place(&mut self, element: u32, place: u32) {
        self.0[element as usize].place = Some(place);
    }
}

/// See the module.
///
/// ```
/// use weir_engine::time::valve::StatusWatermarkValve;
///
/// let mut valve = StatusWatermarkValve::new(2);
/// assert_eq!(valve.input_watermark(0, 5).watermark, None);
/// assert_eq!(valve.input_watermark(1, 3).watermark, Some(3));
/// ```
#[derive(Clone, Debug)]
pub struct StatusWatermarkValve {
    channels: Channels,
    aligned: HeapPriorityQueue,
    last_watermark: i64,
    last_status: WatermarkStatus,
}

impl StatusWatermarkValve {
    /// A valve for so many channels, all of them active.
    pub fn new(channels: u32) -> Self {
        let status = ChannelStatus { watermark: i64::MIN, status: WatermarkStatus::Active, place: None };
        let mut valve = Self {
            channels: Channels(vec![status; channels as usize]),
            aligned: HeapPriorityQueue::default(),
            last_watermark: i64::MIN,
            last_status: WatermarkStatus::Active,
        };
        (0..channels).for_each(|channel| valve.align(channel));
        valve
    }

    /// The channels.
    pub fn channels(&self) -> &[ChannelStatus] {
        &self.channels.0
    }

    /// The watermark that came out last; the least Long before the first one.
    pub const fn watermark(&self) -> i64 {
        self.last_watermark
    }

    /// The status that came out last.
    pub const fn status(&self) -> WatermarkStatus {
        self.last_status
    }

    /// A watermark of a channel.
    pub fn input_watermark(&mut self, channel: u32, watermark: i64) -> ValveOutput {
        let status = &mut self.channels.0[channel as usize];
        let counts = self.last_status == WatermarkStatus::Active && status.status == WatermarkStatus::Active;
        if !counts || watermark <= status.watermark {
            return ValveOutput::default();
        }
        status.watermark = watermark;
        if let Some(place) = status.place {
            self.aligned.change(place, watermark, &mut self.channels);
        } else if watermark >= self.last_watermark {
            self.align(channel);
        }
        ValveOutput { watermark: self.next_minimum(), status: None }
    }

    /// A status of a channel.
    pub fn input_status(&mut self, channel: u32, status: WatermarkStatus) -> ValveOutput {
        let before = self.channels.0[channel as usize];
        if before.status == status {
            return ValveOutput::default();
        }
        self.channels.0[channel as usize].status = status;
        match status {
            WatermarkStatus::Idle => self.on_idle(channel, before),
            WatermarkStatus::Active => self.on_active(channel, before),
        }
    }

    fn on_idle(&mut self, channel: u32, before: ChannelStatus) -> ValveOutput {
        if let Some(place) = before.place {
            self.aligned.remove(place, &mut self.channels);
            self.channels.0[channel as usize].place = None;
        }
        let held_back = before.watermark == self.last_watermark;
        if self.channels.0.iter().any(|other| other.status == WatermarkStatus::Active) {
            // Without the channel that held the others back, the least of them counts.
            let watermark = if held_back { self.next_minimum() } else { None };
            return ValveOutput { watermark, status: None };
        }
        // No channel goes on: what the furthest one had reached comes out at the end.
        let maximum = self.channels.0.iter().map(|other| other.watermark).max().unwrap_or(i64::MIN);
        let watermark = if held_back { self.advance_to(maximum) } else { None };
        self.last_status = WatermarkStatus::Idle;
        ValveOutput { watermark, status: Some(WatermarkStatus::Idle) }
    }

    fn on_active(&mut self, channel: u32, before: ChannelStatus) -> ValveOutput {
        if before.watermark >= self.last_watermark {
            self.align(channel);
        }
        let was_idle = self.last_status == WatermarkStatus::Idle;
        self.last_status = WatermarkStatus::Active;
        ValveOutput { watermark: None, status: was_idle.then_some(WatermarkStatus::Active) }
    }

    fn align(&mut self, channel: u32) {
        self.aligned.add(channel, self.channels.0[channel as usize].watermark, &mut self.channels);
    }

    fn next_minimum(&mut self) -> Option<i64> {
        let least = self.aligned.peek()?;
        self.advance_to(self.channels.0[least as usize].watermark)
    }

    fn advance_to(&mut self, watermark: i64) -> Option<i64> {
        let is_new = watermark > self.last_watermark;
        self.last_watermark = self.last_watermark.max(watermark);
        is_new.then_some(watermark)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds `channel:watermark`, `channel idle`, `channel active`; what comes out stands after the arrow.
    fn check(channels: u32, steps: &[(&str, &str)]) {
        let mut valve = StatusWatermarkValve::new(channels);
        for (step, expected) in steps {
            let output = if let Some((channel, watermark)) = step.split_once(':') {
                valve.input_watermark(channel.parse().unwrap(), watermark.parse().unwrap())
            } else {
                let (channel, status) = step.split_once(' ').unwrap();
                let status = if status == "idle" { WatermarkStatus::Idle } else { WatermarkStatus::Active };
                valve.input_status(channel.parse().unwrap(), status)
            };
            let status = output.status.map(|status| format!("{status:?}").to_lowercase());
            let told: Vec<String> =
                output.watermark.map(|watermark| watermark.to_string()).into_iter().chain(status).collect();
            assert_eq!(told.join(" "), *expected, "{step}");
        }
    }

    #[test]
    fn the_least_of_the_channels_comes_out() {
        check(2, &[("0:5", ""), ("1:3", "3"), ("1:2", ""), ("1:7", "5"), ("0:9", "7")]);
        check(1, &[("0:5", "5"), ("0:5", ""), ("0:6", "6")]);
    }

    #[test]
    fn one_that_was_idle_must_catch_up() {
        let steps = [
            ("0:5", ""),
            ("1:3", "3"),
            ("1 idle", "5"),
            ("0:9", "9"),
            ("1 active", ""),
            ("1:7", ""),
            ("1:12", ""),
            ("0:15", "12"),
        ];
        check(2, &steps);
    }

    #[test]
    fn all_idle_lets_the_furthest_out() {
        check(2, &[("0:5", ""), ("1:3", "3"), ("0 idle", ""), ("1 idle", "5 idle"), ("1:8", "")]);
        check(2, &[("0:5", ""), ("1:3", "3"), ("0 idle", ""), ("1:9", "9"), ("1 idle", "idle")]);
        check(1, &[("0 idle", "idle"), ("0 idle", ""), ("0 active", "active"), ("0:1", "1")]);
    }
}
