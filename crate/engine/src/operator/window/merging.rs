//! The windows of a key that may grow into each other, and where each keeps its contents.
//!
//! Contract: windows that overlap or touch become one. A window that has grown keeps its contents where one of
//! those that it was made of kept them, so that they need not be moved. Which one that is follows from the order
//! of Java's hash sets, as in Flink. Flink: `MergingWindowSet`, `TimeWindow#mergeWindows`.

use std::rc::Rc;

use crate::base::sort::sort_few_by_key;
use crate::operator::context::OperatorContext;
use crate::operator::function::UserError;
use crate::operator::hash_order::in_order_of_hash_codes;
use crate::record::Value;
use crate::state::StateId;
use crate::state::namespace::{TimeWindow, Window};

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
            let values = self.mapping.iter().map(|&(window, state_window)| {
                let long = Value::Long;
                Value::tuple([
                    Value::tuple([long(window.start), long(window.end)]),
                    Value::tuple([long(state_window.start), long(state_window.end)]),
                ])
            });
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

    /// Adds a window. Answers the one that it is a part of now, and what merged for that.
    pub fn add(&mut self, new: Window) -> (Window, Option<Merge>) {
        let Window::Time(new_window) = new else { unreachable!("sessions are spans of time") };
        let Some((result, together)) = self.merged_with(new_window) else {
            self.has_changed |= !self.mapping.contains(&(new_window, new_window));
            self.put(new_window, new_window);
            return (new, None);
        };
        let merged: Vec<TimeWindow> =
            in_order_of_hash_set(&together).into_iter().filter(|&window| window != new_window).collect();
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
        let has_grown = merged != [result];
        let merge = has_grown.then(|| Merge {
            result: Window::Time(result),
            merged: merged.into_iter().map(Window::Time).collect(),
            state_window: Window::Time(state_window),
            merged_state_windows: merged_state_windows.into_iter().map(Window::Time).collect(),
        });
        (Window::Time(result), merge)
    }

    /// The window that the new one and those that it meets become, and all of these in the order of their starts;
    /// `None` if it meets none.
    fn merged_with(&self, new: TimeWindow) -> Option<(TimeWindow, Vec<TimeWindow>)> {
        let mut sorted: Vec<TimeWindow> = self.mapping.iter().map(|&(window, _)| window).collect();
        sorted.push(new);
        sort_few_by_key(&mut sorted, |window| window.start);
        let mut current: Option<(TimeWindow, Vec<TimeWindow>)> = None;
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
        current.filter(|(_, together)| together.len() > 1 && together.contains(&new))
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
            set.add(window(start, end));
        }
        set
    }

    #[test]
    fn windows_apart_stay_apart() {
        let mut set = set(&[(0, 10)]);
        assert_eq!(set.add(window(11, 21)), (window(11, 21), None));
        assert_eq!(set.state_window(window(0, 10)), Some(window(0, 10)));
        set.retire(window(0, 10));
        assert_eq!(set.state_window(window(0, 10)), None);
    }

    #[test]
    fn what_touches_merges_and_keeps_its_contents_in_place() {
        let mut set = set(&[(0, 10)]);
        let (result, merge) = set.add(window(10, 20));
        assert_eq!(result, window(0, 20));
        let merge = merge.unwrap();
        assert_eq!(merge.merged, [window(0, 10)]);
        assert_eq!((merge.state_window, merge.merged_state_windows), (window(0, 10), vec![]));
        assert_eq!(set.state_window(window(0, 20)), Some(window(0, 10)));
        // Within what is there, nothing changes.
        assert_eq!(set.add(window(5, 15)), (window(0, 20), None));
        assert_eq!(set.add(window(0, 20)), (window(0, 20), None));
    }

    #[test]
    fn a_bridge_joins_both_sides() {
        let mut set = set(&[(0, 10), (20, 30), (50, 60)]);
        let (result, merge) = set.add(window(8, 22));
        assert_eq!(result, window(0, 30));
        let Merge { merged, state_window, merged_state_windows, .. } = merge.unwrap();
        assert_eq!(merged.len(), 2);
        assert_eq!(state_window, merged[0]);
        assert_eq!(merged_state_windows, [merged[1]]);
        assert_eq!(set.state_window(window(0, 30)), Some(state_window));
        assert_eq!(set.state_window(window(50, 60)), Some(window(50, 60)));
    }
}
