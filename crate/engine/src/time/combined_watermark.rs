//! One watermark and one status out of those of the two inputs of an operator.
//!
//! Contract: the watermark is the least of the inputs that are not idle, the greatest of all when all are; it
//! never falls. Flink: `IndexedCombinedWatermarkStatus`, `CombinedWatermarkStatus`.

use crate::record::WatermarkStatus;

#[derive(Clone, Copy, Debug)]
struct PartialWatermark {
    watermark: i64,
    is_idle: bool,
}

/// See the module.
#[derive(Clone, Copy, Debug)]
pub struct CombinedWatermark {
    inputs: [PartialWatermark; 2],
    watermark: i64,
    is_idle: bool,
}

impl Default for CombinedWatermark {
    fn default() -> Self {
        let input = PartialWatermark { watermark: i64::MIN, is_idle: false };
        Self { inputs: [input; 2], watermark: i64::MIN, is_idle: false }
    }
}

impl CombinedWatermark {
    /// The watermark of each input.
    pub fn inputs(&self) -> [i64; 2] {
        self.inputs.map(|input| input.watermark)
    }

    /// Whether all inputs are idle.
    pub const fn is_idle(&self) -> bool {
        self.is_idle
    }

    /// A watermark of an input, which is active from then on. Answers the combined watermark if it rose.
    pub fn update_watermark(&mut self, input: u8, watermark: i64) -> Option<i64> {
        let partial = &mut self.inputs[usize::from(input)];
        partial.is_idle = false;
        if watermark <= partial.watermark {
            return None;
        }
        partial.watermark = watermark;
        self.update()
    }

    /// A status of an input. Answers the combined watermark if it rose.
    pub fn update_status(&mut self, input: u8, status: WatermarkStatus) -> Option<i64> {
        self.inputs[usize::from(input)].is_idle = status == WatermarkStatus::Idle;
        self.update()
    }

    fn update(&mut self) -> Option<i64> {
        let active = self.inputs.iter().filter(|input| !input.is_idle).map(|input| input.watermark).min();
        self.is_idle = active.is_none();
        let combined = active.or_else(|| self.inputs.iter().map(|input| input.watermark).max());
        let combined = combined.filter(|&combined| combined > self.watermark)?;
        self.watermark = combined;
        Some(combined)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_of_both() {
        let mut combined = CombinedWatermark::default();
        assert_eq!(combined.update_watermark(0, 5), None);
        assert_eq!(combined.update_watermark(1, 3), Some(3));
        assert_eq!(combined.update_watermark(1, 3), None);
        assert_eq!(combined.update_watermark(1, 9), Some(5));
    }

    #[test]
    fn idle_inputs_do_not_hold_back() {
        let mut combined = CombinedWatermark::default();
        combined.update_watermark(0, 5);
        assert_eq!(combined.update_status(1, WatermarkStatus::Idle), Some(5));
        assert!(!combined.is_idle());
        assert_eq!(combined.update_watermark(0, 8), Some(8));
        assert_eq!(combined.update_status(1, WatermarkStatus::Active), None);
        assert_eq!(combined.update_watermark(0, 10), None);
        assert_eq!(combined.update_status(0, WatermarkStatus::Idle), None);
        assert_eq!(combined.update_status(1, WatermarkStatus::Idle), Some(10));
        assert!(combined.is_idle());
    }
}
