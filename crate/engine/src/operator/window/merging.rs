//! The windows of a key that may grow into each other, and where each keeps its contents.
//!
//! Contract: windows that overlap or touch become one. A window that has grown keeps its contents where one of
//! those that it was made of kept them, so that they need not be moved. Which one that is follows from the order
//! of Java's hash sets, as in Flink. Flink: `MergingWindowSet`, `TimeWindow#mergeWindows`.

use std::rc::Rc;

use super::assigner::Assigner;
use crate::base::sort::sort_few_by_key;
use crate::operator::context::OperatorContext;
use crate::operator::function::{Method, UserError};
use crate::record::Value;
use crate::record::hash_order::in_order_of_hash_codes;
use crate::state::StateId;
use crate::state::namespace::{TimeWindow, Window};

/// A window, and those that it is made of.
type MergeResult = (TimeWindow, Vec<TimeWindow>);

/// What became of windows that merged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Merge {
    pub result: Window,
    /// Those that were there before, without the new one.
    pub merged: Vec<Window>,
    /// Where the contents are kept from now on.
    pub state_window: Window,
    /// Where those were kept that must be moved there.
    pub merged_state_windows: Vec<Window>,
}

/// See the module. The windows of the current key; changes go to the state by [`Self::persist`].
pub(super) struct MergingWindowSet {
    /// Window and state window.
    mapping: Vec<(TimeWindow, TimeWindow)>,
    has_changed: bool,
}

impl MergingWindowSet {
    /// The windows of the current key.
    pub fn load(state: StateId, context: &mut OperatorContext) -> Result<Self, UserError> {
        let list: Rc<Vec<Value>> = context.state.list(state)?;
        Ok(Self { mapping: list.iter().map(pair_of).collect(), has_changed: false })
    }

    /// Writes the windows to the state if they have changed.
    pub fn persist(&self, state: StateId, context: &mut OperatorContext) -> Result<(), UserError> {
        if self.has_changed {
            let values = self
                .mapping
                .iter()
                .map(|&(window, state_window)| Value::tuple([value_of(window), value_of(state_window)]));
            context.state.list_update(state, values.collect())?;
        }
        Ok(())
    }

    /// Where a window keeps its contents; `None` if it is not there any more.
    pub fn state_window(&self, window: Window) -> Option<Window> {
        let found = self.mapping.iter().find(|&&(key, _)| Window::Time(key) == window);
        found.map(|&(_, state_window)| Window::Time(state_window))
    }

    /// A window is over.
    pub fn retire(&mut self, window: Window) {
        self.mapping.retain(|&(key, _)| Window::Time(key) != window);
        self.has_changed = true;
    }

    /// Adds a window. Answers the one that it is a part of now, and what merged: of sessions one at most, of the job's
    /// own assigner what it says.
    pub fn add(
        &mut self,
        new: Window,
        assigner: &Assigner,
        context: &mut OperatorContext,
    ) -> Result<(Window, Vec<Merge>), UserError> {
        let Window::Time(new_window) = new else { unreachable!("what merges is a span of time") };
        let Some(function) = assigner.own_merging() else {
            let result = self.merged_with(new_window);
            return Ok(self.merge(new_window, result.into_iter().collect()));
        };
        let known: Vec<TimeWindow> = self.mapping.iter().map(|&(window, _)| window).collect();
        let mut all = in_order_of_hash_set(&known);
        all.push(new_window);
        let all = Value::Tuple(all.into_iter().map(value_of).collect());
        let answer = function.call(Method::Merge, &[all], context)?;
        match results_of(&answer, &known) {
            Some(results) => Ok(self.merge(new_window, results)),
            None => Err(function.error(
                "mergeWindows must merge windows that it was given, and one that was there at least.",
            )),
        }
    }

    fn merge(&mut self, new_window: TimeWindow, results: Vec<MergeResult>) -> (Window, Vec<Merge>) {
        let (mut actual, mut merges) = (None, Vec::new());
        for (result, mut merged) in results {
            if let Some(at) = merged.iter().position(|&window| window == new_window) {
                merged.remove(at);
                actual = Some(result);
            }
            let state_window = self.state_of(merged[0]);
            let mut merged_state_windows = Vec::new();
            for &window in &merged {
                if let Some(at) = self.mapping.iter().position(|&(key, _)| key == window) {
                    merged_state_windows.push(self.mapping.remove(at).1);
                }
            }
            self.put(result, state_window);
            self.has_changed = true;
            merged_state_windows.retain(|&other| other != state_window);
            if merged != [result] {
                merges.push(Merge {
                    result: Window::Time(result),
                    merged: merged.into_iter().map(Window::Time).collect(),
                    state_window: Window::Time(state_window),
                    merged_state_windows: merged_state_windows.into_iter().map(Window::Time).collect(),
                });
            }
        }
        if actual.is_none() {
            self.has_changed |= !self.mapping.contains(&(new_window, new_window));
            self.put(new_window, new_window);
        }
        (Window::Time(actual.unwrap_or(new_window)), merges)
    }

    /// The window that the new one and those that it meets become, and all of these in the order of a hash set;
    /// `None` if it meets none.
    fn merged_with(&self, new: TimeWindow) -> Option<MergeResult> {
        let mut sorted: Vec<TimeWindow> = self.mapping.iter().map(|&(window, _)| window).collect();
        sorted.push(new);
        sort_few_by_key(&mut sorted, |window| window.start);
        let mut current: Option<MergeResult> = None;
        for candidate in sorted {
            match &mut current {
                Some((cover, together)) if cover.intersects(candidate) => {
                    *cover = cover.cover(candidate);
                    if !together.contains(&candidate) {
                        together.push(candidate);
                    }
                }
                Some((_, together)) if together.contains(&new) => break,
                _ => current = Some((candidate, vec![candidate])),
            }
        }
        let (result, together) = current?;
        let merges = together.len() > 1 && together.contains(&new);
        merges.then(|| (result, in_order_of_hash_set(&together)))
    }

    fn state_of(&self, window: TimeWindow) -> TimeWindow {
        let found = self.mapping.iter().find(|&&(key, _)| key == window);
        found.map_or(window, |&(_, state_window)| state_window)
    }

    fn put(&mut self, window: TimeWindow, state_window: TimeWindow) {
        match self.mapping.iter_mut().find(|(key, _)| *key == window) {
            Some(entry) => entry.1 = state_window,
            None => self.mapping.push((window, state_window)),
        }
    }
}

fn in_order_of_hash_set(windows: &[TimeWindow]) -> Vec<TimeWindow> {
    in_order_of_hash_codes(windows, TimeWindow::hash_code)
}

/// What an assigner answers, for each result in one list: 1 if the windows that it is made of are a set, start and end of
/// the result, and those of these windows. `None` if they are not, or none of them is one of `known`.
fn results_of(answer: &Value, known: &[TimeWindow]) -> Option<Vec<MergeResult>> {
    let Value::Tuple(answered) = answer else { return None };
    let mut results = Vec::new();
    for result in answered.iter() {
        let Value::Tuple(numbers) = result else { return None };
        let mut windows = Vec::new();
        for bounds in numbers.get(1..)?.chunks_exact(2) {
            let [Value::Long(start), Value::Long(end)] = *bounds else { return None };
            windows.push(TimeWindow { start, end });
        }
        let merged = windows.get(1..)?;
        if !merged.iter().any(|window| known.contains(window)) {
            return None;
        }
        let is_set = numbers[0] == Value::Long(1);
        results.push((windows[0], if is_set { in_order_of_hash_set(merged) } else { merged.to_vec() }));
    }
    Some(results)
}

fn value_of(window: TimeWindow) -> Value {
    Value::tuple([Value::Long(window.start), Value::Long(window.end)])
}

fn pair_of(value: &Value) -> (TimeWindow, TimeWindow) {
    if let Value::Tuple(pair) = value
        && let [first, second] = &**pair
        && let (Some(window), Some(state_window)) = (window_of(first), window_of(second))
    {
        return (window, state_window);
    }
    unreachable!("the state holds what was put there");
}

fn window_of(value: &Value) -> Option<TimeWindow> {
    match value {
        Value::Tuple(bounds) if let [Value::Long(start), Value::Long(end)] = **bounds => {
            Some(TimeWindow { start, end })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(start: i64, end: i64) -> Window {
        Window::Time(TimeWindow { start, end })
    }

    fn set(windows: &[(i64, i64)]) -> MergingWindowSet {
        let mut set = MergingWindowSet { mapping: vec![], has_changed: false };
        for &(start, end) in windows {
            add(&mut set, window(start, end));
        }
        set
    }

    /// Adds a window of sessions.
    fn add(set: &mut MergingWindowSet, new: Window) -> (Window, Option<Merge>) {
        let Window::Time(new) = new else { unreachable!("a session") };
        let results = set.merged_with(new).into_iter().collect();
        let (window, merges) = set.merge(new, results);
        (window, merges.into_iter().next())
    }

    #[test]
    fn windows_apart_stay_apart() {
        let mut set = set(&[(0, 10)]);
        assert_eq!(add(&mut set, window(11, 21)), (window(11, 21), None));
        assert_eq!(set.state_window(window(0, 10)), Some(window(0, 10)));
        set.retire(window(0, 10));
        assert_eq!(set.state_window(window(0, 10)), None);
    }

    #[test]
    fn what_touches_merges_and_keeps_its_contents_in_place() {
        let mut set = set(&[(0, 10)]);
        let (result, merge) = add(&mut set, window(10, 20));
        assert_eq!(result, window(0, 20));
        let merge = merge.unwrap();
        assert_eq!(merge.merged, [window(0, 10)]);
        assert_eq!((merge.state_window, merge.merged_state_windows), (window(0, 10), vec![]));
        assert_eq!(set.state_window(window(0, 20)), Some(window(0, 10)));
        // Within what is there, nothing changes.
        assert_eq!(add(&mut set, window(5, 15)), (window(0, 20), None));
        assert_eq!(add(&mut set, window(0, 20)), (window(0, 20), None));
    }

    #[test]
    fn a_bridge_joins_both_sides() {
        let mut set = set(&[(0, 10), (20, 30), (50, 60)]);
        let (result, merge) = add(&mut set, window(8, 22));
        assert_eq!(result, window(0, 30));
        let Merge { merged, state_window, merged_state_windows, .. } = merge.unwrap();
        assert_eq!(merged.len(), 2);
        assert_eq!(state_window, merged[0]);
        assert_eq!(merged_state_windows, [merged[1]]);
        assert_eq!(set.state_window(window(0, 30)), Some(state_window));
        assert_eq!(set.state_window(window(50, 60)), Some(window(50, 60)));
    }
}
