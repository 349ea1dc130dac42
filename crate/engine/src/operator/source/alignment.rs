//! Watermark alignment: sources of a group wait for those that are behind, so that none runs far ahead.
//!
//! Contract: each period a source reports its watermark, and the coordinator of each source tells its subtasks how far
//! they may go: the least reported watermark of the group, and the greatest drift on top. A subtask waits while the
//! watermark that it had some periods ago is greater than that: those periods are how long an answer may be on its way
//! without stopping a source that is behind. Idle or ended, a source holds nobody back. Single splits are not paused: no
//! source here has several of them open at once, and with one Flink pauses the reader too. Flink: `SourceOperator`,
//! `SourceCoordinator#announceCombinedWatermark`, `WatermarkAggregator`.

use std::collections::VecDeque;
use std::rc::Rc;

use crate::base::ordered::SortedMap;
use crate::base::own::own_seldom;
use crate::graph::watermark_strategy::WatermarkAlignment;

/// A subtask's part. Flink: `SourceOperator`, with `WAITING_FOR_ALIGNMENT` as one of its modes.
#[derive(Clone, Debug)]
pub struct AlignedReader {
    interval_ms: i64,
    max_drift_ms: i64,
    /// The watermarks of the last periods, oldest first.
    samples: VecDeque<i64>,
    /// The watermark that it may come to, once it was told.
    max_desired: Option<i64>,
}

impl AlignedReader {
    /// A reader that was told nothing yet; `buffer_size`: the periods that it may go on.
    pub fn new(alignment: &WatermarkAlignment, buffer_size: u32) -> Self {
        Self {
            interval_ms: alignment.update_interval_ms,
            max_drift_ms: alignment.max_drift_ms,
            samples: vec![i64::MIN; buffer_size as usize].into(),
            max_desired: None,
        }
    }

    /// The period at which it reports.
    pub const fn interval_ms(&self) -> i64 {
        self.interval_ms
    }

    /// A period is over. Answers what is reported: nothing before the first watermark.
    pub fn on_period(&mut self, watermark: i64, is_idle: bool) -> Option<i64> {
        if !self.samples.is_empty() {
            self.samples.pop_front();
            self.samples.push_back(watermark);
        }
        let reported = if is_idle { i64::MAX } else { watermark };
        (watermark > i64::MIN).then_some(reported)
    }

    /// How far it may go. Flink: `updateMaxDesiredWatermark`.
    pub const fn on_announcement(&mut self, max_watermark: i64) {
        self.max_desired = Some(max_watermark);
    }

    /// Whether it waits for others, with this watermark. Flink: `shouldWaitForAlignment`.
    pub fn waits(&self, watermark: i64) -> bool {
        let counted = self.samples.front().copied().unwrap_or(watermark);
        self.max_desired.is_some_and(|max| max < counted)
    }

    /// How far it is ahead of the slowest of its group. Flink: `watermarkAlignmentDrift`.
    pub fn drift(&self, watermark: i64) -> Option<i64> {
        let max = self.max_desired.filter(|&max| max < i64::MAX && watermark > i64::MIN)?;
        Some(watermark.saturating_sub(max.saturating_sub(self.max_drift_ms)))
    }
}

/// A source of a group, as the JobMaster knows it.
#[derive(Clone, Debug)]
struct AlignedSource {
    vertex: u32,
    name: Rc<str>,
    alignment: WatermarkAlignment,
    /// By subtask, once it has reported.
    reported: SortedMap<u32, i64>,
    /// The least reported watermark, as the group has it by the source's name.
    combined: Option<i64>,
    /// When it tells its subtasks next.
    announces_at: u64,
}

/// How far a subtask may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Announcement {
    pub vertex: u32,
    pub subtask_idx: u32,
    pub max_watermark: i64,
}

/// The coordinators' part, of all groups of a job. Flink: `SourceCoordinator`, `CoordinatorStore`.
#[derive(Clone, Debug, Default)]
pub struct AlignmentCoordinator {
    sources: Rc<Vec<AlignedSource>>,
}

impl AlignmentCoordinator {
    /// For these sources, by the numbers of their vertices and with their names; the first period begins at `now`.
    pub fn start(aligned: impl IntoIterator<Item = (u32, Rc<str>, WatermarkAlignment)>, now: u64) -> Self {
        let sources = aligned.into_iter().map(|(vertex, name, alignment)| AlignedSource {
            announces_at: now + alignment.update_interval_ms as u64,
            combined: None,
            vertex,
            name,
            alignment,
            reported: SortedMap::new(),
        });
        Self { sources: Rc::new(sources.collect()) }
    }

    /// A subtask reports its watermark. A group knows its sources by name: of two that share one, that counts whose least
    /// watermark changed last.
    pub fn report(&mut self, vertex: u32, subtask_idx: u32, watermark: i64) {
        let sources = own_seldom(&mut self.sources);
        let Some(place) = sources.iter().position(|source| source.vertex == vertex) else { return };
        let source = &mut sources[place];
        let least = |source: &AlignedSource| source.reported.values().copied().min();
        let before = least(source);
        source.reported.insert(subtask_idx, watermark);
        let combined = least(source);
        if combined != before {
            let (name, group) = (Rc::clone(&source.name), source.alignment.group.clone());
            let same = sources.iter_mut().filter(|it| it.name == name && it.alignment.group == group);
            same.for_each(|source| source.combined = combined);
        }
    }

    /// When the next announcement is due.
    pub fn next_at(&self) -> Option<u64> {
        self.sources.iter().map(|source| source.announces_at).min()
    }

    /// What the sources whose period is over tell those subtasks that have reported.
    pub fn announce(&mut self, now: u64) -> Vec<Announcement> {
        let mut announcements = Vec::new();
        for place in 0..self.sources.len() {
            let source = &self.sources[place];
            if source.announces_at > now {
                continue;
            }
            let group = &source.alignment.group;
            let of_group = self.sources.iter().filter(|other| other.alignment.group == *group);
            let least = of_group.filter_map(|other| other.combined).min();
            if let Some(least) = least {
                let max_watermark = least.saturating_add(source.alignment.max_drift_ms);
                let vertex = source.vertex;
                announcements.extend(source.reported.keys().map(|&subtask_idx| Announcement {
                    vertex,
                    subtask_idx,
                    max_watermark,
                }));
            }
            let source = &mut own_seldom(&mut self.sources)[place];
            source.announces_at = now + source.alignment.update_interval_ms as u64;
        }
        announcements
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alignment(group: &str, max_drift_ms: i64, update_interval_ms: i64) -> WatermarkAlignment {
        WatermarkAlignment { group: group.into(), max_drift_ms, update_interval_ms }
    }

    #[test]
    fn a_group_goes_no_further_than_its_last_member_allows() {
        let mut coordinator = coordinator([
            (0, "one", alignment("a", 20, 10)),
            (3, "two", alignment("a", 5, 20)),
            (4, "two", alignment("b", 7, 10)),
        ]);
        assert_eq!(coordinator.next_at(), Some(110));
        coordinator.report(0, 0, 50);
        coordinator.report(0, 1, 40);
        coordinator.report(3, 0, 30);
        coordinator.report(4, 0, 1000);
        let told = |coordinator: &mut AlignmentCoordinator, now| {
            let announcements = coordinator.announce(now);
            let told = announcements.iter().map(|it| (it.vertex, it.subtask_idx, it.max_watermark));
            told.collect::<Vec<_>>()
        };
        assert_eq!(told(&mut coordinator, 109), []);
        assert_eq!(told(&mut coordinator, 110), [(0, 0, 50), (0, 1, 50), (4, 0, 1007)]);
        assert_eq!(told(&mut coordinator, 120), [(0, 0, 50), (0, 1, 50), (3, 0, 35), (4, 0, 1007)]);
        // Idle or at its end, a source does not count; where none does, all may go on.
        coordinator.report(3, 0, i64::MAX);
        assert_eq!(told(&mut coordinator, 130)[0], (0, 0, 60));
        coordinator.report(4, 0, i64::MAX);
        assert_eq!(told(&mut coordinator, 140).last(), Some(&(4, 0, i64::MAX)));
    }

    #[test]
    fn of_two_sources_of_one_name_the_last_to_change_counts() {
        let mut coordinator = coordinator([
            (0, "one", alignment("a", 20, 10)),
            (1, "one", alignment("a", 20, 10)),
            (2, "two", alignment("a", 20, 10)),
        ]);
        let mut max = |now, reports: &[(u32, i64)]| {
            for &(vertex, watermark) in reports {
                coordinator.report(vertex, 0, watermark);
            }
            coordinator.announce(now)[0].max_watermark
        };
        assert_eq!(max(110, &[(0, 50), (1, 30)]), 50);
        assert_eq!(max(120, &[(0, 60)]), 80, "the other is forgotten, although it is behind");
        assert_eq!(max(130, &[(1, 30)]), 80, "it has not changed");
        assert_eq!(max(140, &[(1, 31)]), 51);
        assert_eq!(max(150, &[(2, 7)]), 27);
    }

    fn coordinator<const N: usize>(sources: [(u32, &str, WatermarkAlignment); N]) -> AlignmentCoordinator {
        let named = sources.map(|(vertex, name, alignment)| (vertex, Rc::from(name), alignment));
        AlignmentCoordinator::start(named, 100)
    }

    #[test]
    fn a_reader_without_a_buffer_waits_at_once() {
        let mut reader = AlignedReader::new(&alignment("a", 20, 10), 0);
        assert_eq!(reader.on_period(i64::MIN, false), None, "it has no watermark yet");
        assert_eq!(reader.on_period(40, false), Some(40));
        assert_eq!(reader.on_period(40, true), Some(i64::MAX));
        assert!(!reader.waits(i64::MAX), "it was told nothing yet");
        reader.on_announcement(50);
        assert!(!reader.waits(50) && reader.waits(51));
        assert_eq!(reader.drift(51), Some(21));
        reader.on_announcement(51);
        assert!(!reader.waits(51));
    }

    #[test]
    fn a_reader_with_a_buffer_waits_for_what_it_was_some_periods_ago() {
        let mut reader = AlignedReader::new(&alignment("a", 20, 10), 3);
        reader.on_announcement(50);
        for watermark in [60, 70, 80] {
            assert!(!reader.waits(watermark));
            reader.on_period(watermark, false);
        }
        assert!(reader.waits(80), "three periods ago it had 60");
        reader.on_announcement(65);
        assert!(!reader.waits(80));
        reader.on_period(80, false);
        assert!(reader.waits(80));
    }
}
