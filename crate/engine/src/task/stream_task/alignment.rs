//! What a source does each period: it sends a latency marker, and reports its watermark to the sources that wait for it
//! as it waits for them.

use super::StreamTask;
use crate::operator::source::alignment::AlignedReader;
use crate::task::message::TaskReport;
use crate::time::clock::processing_time;
use crate::time::processing_time::Callback;

impl StreamTask {
    /// The source starts: asks the clock for its periods.
    pub(super) fn start_periods(&mut self, now: u64) {
        let Some(chain) = self.chain.as_mut().filter(|_| self.source.is_some()) else { return };
        let (time, now) = (self.descriptor.time, processing_time(now));
        let clock = &mut chain.context_mut(0).clock;
        if time.latency_tracking_interval_ms > 0 {
            clock.schedule_after(0, Callback::LatencyMarker, now);
        }
        if let Some(alignment) = self.descriptor.chain[0].operator.alignment() {
            let aligned = AlignedReader::new(alignment, time.alignment_buffer_size);
            clock.schedule_after(aligned.interval_ms(), Callback::Alignment, now);
            self.aligned = Some(aligned);
        }
    }

    /// A period is over: says how far the source is.
    pub(super) fn report_watermark(&mut self, now: u64) {
        let (Some(aligned), Some(output), Some(chain)) =
            (&mut self.aligned, &self.source_output, &mut self.chain)
        else {
            return;
        };
        if let Some(watermark) = aligned.on_period(output.watermark(), output.is_idle()) {
            self.reports.push(TaskReport::ReportedWatermark(watermark));
        }
        let clock = &mut chain.context_mut(0).clock;
        clock.schedule_after(aligned.interval_ms(), Callback::Alignment, processing_time(now));
    }

    /// The source has ended, and holds nobody back any more.
    pub(super) fn report_end_of_source(&mut self) {
        if self.aligned.is_some() {
            self.reports.push(TaskReport::ReportedWatermark(i64::MAX));
        }
    }

    /// How far the source may go.
    pub(super) fn on_announcement(&mut self, max_watermark: i64) {
        if let Some(aligned) = &mut self.aligned {
            aligned.on_announcement(max_watermark);
        }
    }

    /// Whether the source waits for others of its group. Flink: `WAITING_FOR_ALIGNMENT`.
    #[inline(always)]
    pub fn waits_for_alignment(&self) -> bool {
        match (&self.aligned, &self.source_output) {
            (Some(aligned), Some(output)) => aligned.waits(output.watermark()),
            _ => false,
        }
    }

    /// How far the source is ahead of the slowest of its group, where that is known.
    pub fn alignment_drift(&self) -> Option<i64> {
        self.aligned.as_ref()?.drift(self.source_output.as_ref()?.watermark())
    }
}
