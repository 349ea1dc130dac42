//! The reader of texts: a record a line, without its end (`\n` or `\r\n`).
//!
//! A line belongs to the split after whose start it begins; one that begins just at a split's end is that
//! split's last. Flink: `TextInputFormat` on `DelimitedInputFormat`.

use std::collections::VecDeque;
use std::rc::Rc;

use super::{ReaderPoll, SourceReader, Split};
use crate::operator::context::OperatorContext;
use crate::operator::function::UserError;
use crate::record::Value;
use crate::record::element::NO_TIMESTAMP;

/// See the module.
#[derive(Clone)]
pub(super) struct LineReader {
    text: Rc<str>,
    /// Where the next line begins, and the last byte at which a line of the split at hand may begin.
    current: Option<(usize, usize)>,
    /// Number and first byte of the split at hand.
    current_split: (u32, u64),
    waiting: VecDeque<Split>,
    has_all_splits: bool,
}

impl LineReader {
    pub fn new(text: Rc<str>) -> Self {
        Self { text, current: None, current_split: (0, 0), waiting: VecDeque::new(), has_all_splits: false }
    }

    /// Where the line that holds this byte ends: its `\n`, or the end of the text.
    fn line_end(&self, at: usize) -> usize {
        let rest = &self.text.as_bytes()[at..];
        at + rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len())
    }

    fn begin_split(&mut self, split: Split) {
        let Split::Bytes { id, start, end, resume_at } = split else {
            unreachable!("a line reader has splits of bytes")
        };
        self.current_split = (id, start);
        let (start, end) = (start as usize, end as usize);
        let begin = match resume_at {
            Some(at) => at as usize,
            None if start == 0 => 0,
            // Also where a line begins just here: the split before reads it.
            None => self.line_end(start) + 1,
        };
        self.current = Some((begin, end));
    }

    /// The next line of the split at hand.
    fn next_line(&mut self) -> Option<Rc<str>> {
        let (begin, last) = self.current?;
        if begin > last || begin >= self.text.len() {
            self.current = None;
            return None;
        }
        let end = self.line_end(begin);
        self.current = Some((end + 1, last));
        let line = &self.text[begin..end];
        Some(line.strip_suffix('\r').unwrap_or(line).into())
    }
}

impl SourceReader for LineReader {
    fn poll_next(&mut self, _context: &mut OperatorContext) -> Result<ReaderPoll, UserError> {
        loop {
            if let Some(line) = self.next_line() {
                return Ok(ReaderPoll::Record { value: Value::String(line), timestamp: Some(NO_TIMESTAMP) });
            }
            match self.waiting.pop_front() {
                Some(split) => self.begin_split(split),
                None if self.has_all_splits => return Ok(ReaderPoll::EndOfInput),
                None => return Ok(ReaderPoll::NeedsSplit),
            }
        }
    }

    fn add_split(&mut self, split: Split) {
        self.waiting.push_back(split);
    }

    fn no_more_splits(&mut self) {
        self.has_all_splits = true;
    }

    fn snapshot_state(&self) -> Vec<Split> {
        let (id, start) = self.current_split;
        let current = self.current.map(|(next, end)| Split::Bytes {
            id,
            start,
            end: end as u64,
            resume_at: Some(next as u64),
        });
        current.into_iter().chain(self.waiting.iter().copied()).collect()
    }

    fn clone_box(&self) -> Box<dyn SourceReader> {
        Box::new(self.clone())
    }
}
