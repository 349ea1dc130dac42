//! The inputs of a keyed operator in batch: read to their ends and sorted, then given out key after key.
//!
//! Contract: inputs that pass through come first, to their ends. Then those to be sorted are read, and when all
//! are there, their records come in the order of `SortRecord`, whichever input they are of; where the next ones of
//! both are equal, the inputs take turns. The greatest watermark of an input comes after its last record, then its end.
//! Flink: `SortingDataInput`, `MultiInputSortingDataInput`.

use std::rc::Rc;

use super::record::SortRecord;
use super::sorter::{ExternalSorter, SorterOptions, SorterState};
use crate::base::limits::SORT_PAGES_MIN;
use crate::network::disk::{Disk, FileId};
use crate::network::shuffle::ShuffleEnvironment;
use crate::operator::context::OperatorContext;
use crate::operator::function::{UserError, UserFunctions};
use crate::operator::key::KeyExtractor;
use crate::record::element::NO_TIMESTAMP;
use crate::record::{StreamElement, Value, deserialize, serialize_record, serialize_value};
use crate::task::descriptor::{InputRequirement, TaskDescriptor};
use crate::task::environment::TaskEnvironment;
use crate::task::input::{InputItem, TaskInputs};
use crate::task::message::TaskFailure;
use crate::time::valve::ValveOutput;

/// Managed memory that a task has for sorting all its inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SortMemory {
    pub pages: u32,
    pub page_bytes: u32,
}

/// How far an input is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Progress {
    /// Its records come in.
    Reading,
    /// They are all there, and go out.
    Sorted,
    /// They have gone out, and its watermark is next.
    Emitted,
    /// Its end was told.
    Ended,
}

#[derive(Clone)]
struct SortedInput {
    number: u8,
    key: KeyExtractor,
    sorter: ExternalSorter,
    progress: Progress,
    watermark: Option<i64>,
}

/// What the next record or event is.
#[derive(Debug)]
pub enum SortingItem {
    /// For the operator.
    Item(InputItem),
    /// A record was put to the others that are to be sorted.
    Stored,
}

/// See the module.
#[derive(Clone)]
pub struct SortingInputs {
    /// Name of the operator whose inputs they are.
    head: Rc<str>,
    /// Inputs that pass through and have not ended, by number.
    passing: Vec<u8>,
    sorted: Vec<SortedInput>,
    /// Whose record went out last, by its place.
    last: Option<usize>,
    /// What key selectors see: no state, no output.
    context: OperatorContext,
    key_bytes: Vec<u8>,
    element_bytes: Vec<u8>,
}

impl SortingInputs {
    /// The inputs of a task that needs them sorted; `None` if it takes them as they come.
    pub fn new(
        descriptor: &TaskDescriptor,
        functions: &Rc<dyn UserFunctions>,
        memory: SortMemory,
    ) -> Result<Option<Self>, UserError> {
        let requirements = || (0..).zip(descriptor.input_requirements.iter());
        let of_kind = |kind: InputRequirement| {
            requirements().filter(move |&(_, &requirement)| requirement == kind).map(|(number, _)| number)
        };
        if descriptor.input_requirements.is_empty() {
            return Ok(None);
        }
        let count = of_kind(InputRequirement::Sorted).count() as u32;
        let pages = memory.pages / count.max(1);
        if count > 0 && pages < SORT_PAGES_MIN {
            return Err(too_little_memory(memory));
        }
        let sorted = of_kind(InputRequirement::Sorted).map(|number: u8| {
            let key =
                descriptor.chain[0].keys[usize::from(number)].as_ref().expect("a sorted input has a key");
            let options = SorterOptions {
                memory_bytes: u64::from(pages) * u64::from(memory.page_bytes),
                block_bytes: memory.page_bytes,
                name: format!("sort-{}-{number}", descriptor.task).into(),
            };
            Ok(SortedInput {
                number,
                key: KeyExtractor::new(key, functions.as_ref())?,
                sorter: ExternalSorter::new(options),
                progress: Progress::Reading,
                watermark: None,
            })
        });
        Ok(Some(Self {
            head: Rc::clone(&descriptor.chain[0].name),
            passing: of_kind(InputRequirement::PassThrough).collect(),
            sorted: sorted.collect::<Result<_, UserError>>()?,
            last: None,
            context: OperatorContext { functions: Some(Rc::clone(functions)), ..OperatorContext::default() },
            key_bytes: Vec::new(),
            element_bytes: Vec::new(),
        }))
    }

    /// Where the sorter of each sorted input stands, by the input's number.
    pub fn states(&self) -> impl Iterator<Item = (u8, SorterState)> {
        self.sorted.iter().map(|input| (input.number, input.sorter.state()))
    }

    /// The files of its sorters, each with the input's number.
    pub fn files(&self) -> impl Iterator<Item = (u8, FileId)> {
        self.sorted.iter().flat_map(|input| input.sorter.files().iter().map(|&file| (input.number, file)))
    }

    /// Whether a call of [`Self::next`] can give something.
    pub fn has_data(&self, inputs: &TaskInputs, shuffle: &ShuffleEnvironment) -> bool {
        if !self.passing.is_empty() {
            return inputs.has_data_of(shuffle, |number| self.passing.contains(&number));
        }
        if !self.is_sorted() {
            return inputs.has_data_of(shuffle, |number| self.takes_of(number, shuffle.disk()));
        }
        match self.first_with(|progress| progress < Progress::Ended) {
            Some(_) => self.sorted.iter().all(|input| input.is_ready(shuffle.disk())),
            None => inputs.has_data(shuffle),
        }
    }

    /// The next record or event, if there is one.
    pub fn next(
        &mut self,
        inputs: &mut TaskInputs,
        env: &mut TaskEnvironment<'_>,
    ) -> Result<Option<SortingItem>, TaskFailure> {
        if !self.passing.is_empty() {
            let item = inputs.next_of(env, |number| self.passing.contains(&number))?;
            if let Some(InputItem::EndOfInput { input, .. }) = item {
                self.passing.retain(|&passing| passing != input);
            }
            return Ok(item.map(SortingItem::Item));
        }
        if !self.is_sorted() {
            let disk = env.shuffle.disk();
            let takes: Vec<u8> = (0..)
                .zip(&self.sorted)
                .filter(|(_, input)| input.takes(disk))
                .map(|(_, input)| input.number)
                .collect();
            let Some(item) = inputs.next_of(env, |number| takes.contains(&number))? else { return Ok(None) };
            let stored = self.store(item, env.shuffle.disk_mut());
            return stored.map(Some).map_err(|error| TaskFailure::of_operator(&self.head, error));
        }
        if self.first_with(|progress| progress < Progress::Ended).is_none() {
            return Ok(inputs.next(env)?.map(SortingItem::Item));
        }
        Ok(self.emit(env.shuffle.disk_mut()).map(SortingItem::Item))
    }

    /// Deletes the files of its sorters.
    pub fn release(&mut self, disk: &mut Disk) {
        for input in &mut self.sorted {
            input.sorter.release(disk);
        }
    }

    fn is_sorted(&self) -> bool {
        self.sorted.iter().all(|input| input.progress > Progress::Reading)
    }

    /// Whether an input can be read now: it has not ended, and its sorter takes a record.
    fn takes_of(&self, number: u8, disk: &Disk) -> bool {
        self.sorted.iter().any(|input| input.number == number && input.takes(disk))
    }

    fn first_with(&self, is_wanted: impl Fn(Progress) -> bool) -> Option<usize> {
        self.sorted.iter().position(|input| is_wanted(input.progress))
    }

    fn input_mut(&mut self, number: u8) -> &mut SortedInput {
        self.sorted.iter_mut().find(|input| input.number == number).expect("only sorted inputs are read now")
    }

    fn store(&mut self, item: InputItem, disk: &mut Disk) -> Result<SortingItem, UserError> {
        match item {
            InputItem::Record { input, value, timestamp } => {
                self.store_record(input, &value, timestamp, disk)?;
                Ok(SortingItem::Stored)
            }
            InputItem::Time { input, output } => {
                let known = &mut self.input_mut(input).watermark;
                *known = (*known).max(output.watermark);
                Ok(SortingItem::Item(InputItem::Nothing))
            }
            InputItem::EndOfInput { input, .. } => {
                let input = self.input_mut(input);
                input.sorter.end(disk);
                input.progress = Progress::Sorted;
                Ok(SortingItem::Item(InputItem::Nothing))
            }
            // No latency is tracked in batch.
            InputItem::LatencyMarker(_) => Ok(SortingItem::Item(InputItem::Nothing)),
            // Nothing is restored in batch.
            item @ (InputItem::Event { .. } | InputItem::Nothing | InputItem::Ambiguous { .. }) => {
                Ok(SortingItem::Item(item))
            }
        }
    }

    fn store_record(
        &mut self,
        number: u8,
        value: &Value,
        timestamp: Option<i64>,
        disk: &mut Disk,
    ) -> Result<(), UserError> {
        let Self { sorted, context, key_bytes, element_bytes, .. } = self;
        let input = sorted.iter_mut().find(|input| input.number == number).expect("it is read");
        let key = input.key.extract(value, context)?;
        key_bytes.clear();
        serialize_value(&key, key_bytes);
        element_bytes.clear();
        serialize_record(value, timestamp, element_bytes);
        let record = SortRecord::new(key_bytes, timestamp.unwrap_or(NO_TIMESTAMP), element_bytes);
        input.sorter.add(record, disk);
        Ok(())
    }

    /// The next record in order, or what comes after the last one of an input.
    fn emit(&mut self, disk: &mut Disk) -> Option<InputItem> {
        for input in &mut self.sorted {
            if input.progress == Progress::Sorted && !input.sorter.settle(disk) {
                return None;
            }
        }
        let is_over = |input: &SortedInput| input.progress < Progress::Ended && input.sorter.head().is_none();
        if let Some(place) = self.sorted.iter().position(is_over) {
            return Some(self.sorted[place].end());
        }
        let heads = self.sorted.iter().enumerate();
        let heads = heads.filter_map(|(place, input)| Some((place, input.sorter.head()?)));
        // As in Flink's queue of heads: the one that was put back last comes behind those that equal it.
        let is_last = |place: usize| self.last == Some(place);
        let (place, _) =
            heads.min_by(|&(i, a), &(j, b)| a.order(b).then_with(|| is_last(i).cmp(&is_last(j))))?;
        self.last = Some(place);
        let input = &mut self.sorted[place];
        let record = input.sorter.take_head()?;
        let element = deserialize(record.element()).expect("what was stored can be read");
        let StreamElement::Record { value, timestamp } = element else {
            panic!("only records are stored");
        };
        Some(InputItem::Record { input: input.number, value, timestamp })
    }
}

impl SortedInput {
    fn takes(&self, disk: &Disk) -> bool {
        self.progress == Progress::Reading && self.sorter.can_add(disk)
    }

    /// What comes after its last record: its watermark, then its end.
    fn end(&mut self) -> InputItem {
        let input = self.number;
        if self.progress == Progress::Sorted {
            self.progress = Progress::Emitted;
            if let Some(watermark) = self.watermark {
                let output = ValveOutput { watermark: Some(watermark), status: None };
                return InputItem::Time { input, output };
            }
        }
        self.progress = Progress::Ended;
        InputItem::EndOfInput { input, drain: true }
    }

    /// Whether it does not wait for the disk.
    fn is_ready(&self, disk: &Disk) -> bool {
        self.progress != Progress::Sorted || self.sorter.is_ready(disk)
    }
}

/// Flink: the check of `ExternalSorterBuilder`.
#[cold]
fn too_little_memory(memory: SortMemory) -> UserError {
    UserError::new(format!(
        "Too little memory provided to sorter to perform task. Required are at least {SORT_PAGES_MIN} pages. \
         Current page size is {} bytes. The task has {} pages of managed memory: raise \
         taskmanager.memory.managed.size.",
        memory.page_bytes, memory.pages
    ))
}
