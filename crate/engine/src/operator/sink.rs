//! The sinks: print, discard, collect.
//!
//! Flink: `PrintSink` with `PrintSinkOutputWriter`, `DiscardingSink`; a collecting sink is ours.

use std::rc::Rc;

use super::Operator;
use super::context::{Effect, OperatorContext};
use super::function::UserError;
use crate::graph::operator_spec::SinkSpec;
use crate::record::Value;

/// See the module.
#[derive(Clone)]
pub(super) struct Sink {
    spec: SinkSpec,
    /// What stands before each printed record; made in `open`.
    prefix: Rc<str>,
}

impl Sink {
    pub fn new(spec: SinkSpec) -> Self {
        Self { spec, prefix: Rc::from("") }
    }
}

impl Operator for Sink {
    fn open(&mut self, context: &mut OperatorContext) -> Result<(), UserError> {
        if let SinkSpec::Print { identifier, .. } = &self.spec {
            let subtask = context.subtask.as_ref().expect("an operator runs in a subtask");
            self.prefix = prefix(identifier.as_deref(), subtask.subtask_idx, subtask.parallelism).into();
        }
        Ok(())
    }

    #[inline]
    fn on_record(
        &mut self,
        _input: u8,
        value: Value,
        context: &mut OperatorContext,
    ) -> Result<(), UserError> {
        match &self.spec {
            SinkSpec::Discard => {}
            SinkSpec::Print { to_stderr, .. } => {
                let line = format!("{}{value}", self.prefix);
                context.effects.push(Effect::Print { to_stderr: *to_stderr, line });
            }
            SinkSpec::Collect { name } => {
                context.effects.push(Effect::Collect { table: Rc::clone(name), value });
            }
            SinkSpec::Table { .. } | SinkSpec::User { .. } => unreachable!("it has a writer of its own"),
        }
        Ok(())
    }

    fn clone_box(&self) -> Box<dyn Operator> {
        Box::new(self.clone())
    }
}

/// The subtask, counted from 1, is named only where there are several.
fn prefix(identifier: Option<&str>, subtask_idx: u32, parallelism: u32) -> String {
    let identifier = identifier.unwrap_or_default();
    match (identifier.is_empty(), parallelism > 1) {
        (true, false) => String::new(),
        (true, true) => format!("{}> ", subtask_idx + 1),
        (false, false) => format!("{identifier}> "),
        (false, true) => format!("{identifier}:{}> ", subtask_idx + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::operator_spec::OperatorSpec;
    use crate::operator::harness::Harness;

    fn check(identifier: Option<&str>, parallelism: u32, line: &str) {
        let spec = SinkSpec::Print { identifier: identifier.map(Rc::from), to_stderr: true };
        let mut harness = Harness::subtask(&OperatorSpec::Sink(spec), parallelism - 1, parallelism);
        harness.send(("a", 1));
        assert_eq!(harness.effects(), [Effect::Print { to_stderr: true, line: line.into() }]);
    }

    #[test]
    fn printed_lines_begin_with_identifier_and_subtask() {
        check(None, 1, "(a,1)");
        check(None, 2, "2> (a,1)");
        check(Some("late"), 1, "late> (a,1)");
        check(Some("late"), 2, "late:2> (a,1)");
        check(Some(""), 2, "2> (a,1)");
    }

    #[test]
    fn others() {
        let mut discard = Harness::new(&OperatorSpec::Sink(SinkSpec::Discard));
        discard.send(1);
        assert_eq!(discard.effects(), []);
        let mut collect = Harness::new(&OperatorSpec::Sink(SinkSpec::Collect { name: "t".into() }));
        collect.send(1);
        assert_eq!(collect.effects(), [Effect::Collect { table: "t".into(), value: 1.into() }]);
    }
}
