//! Marks which stream a record comes from, before both streams become one for a window that joins them.
//!
//! Flink: `CoGroupedStreams.Input1Tagger`, `Input2Tagger`, `TaggedUnion`.

use std::rc::Rc;

use super::Operator;
use super::context::OperatorContext;
use super::function::UserError;
use crate::record::Value;

/// How a record of the first and one of the second stream is tagged: by what a job's function gets it with. No field of a
/// job's own has such a name.
const SIDES: [&str; 2] = ["getOne()", "getTwo()"];

/// Of which stream a tagged record is, and the record.
pub(super) fn untag(tagged: &Value) -> (usize, &Value) {
    let Value::Row(fields) = tagged else { unreachable!("a record that was tagged") };
    let (side, value) = &fields[0];
    (usize::from(**side == *SIDES[1]), value)
}

/// See the module.
#[derive(Clone)]
pub(super) struct TagInput(Rc<str>);

impl TagInput {
    pub fn new(input: u8) -> Self {
        Self(SIDES[usize::from(input)].into())
    }
}

impl Operator for TagInput {
    fn open(&mut self, _context: &mut OperatorContext) -> Result<(), UserError> {
        Ok(())
    }

    fn on_record(
        &mut self,
        _input: u8,
        value: Value,
        context: &mut OperatorContext,
    ) -> Result<(), UserError> {
        context.collect(Value::Row(Rc::new([(Rc::clone(&self.0), value)])));
        Ok(())
    }

    fn clone_box(&self) -> Box<dyn Operator> {
        Box::new(self.clone())
    }
}
