//! What goes out of a source, record by record and period by period.

use super::*;
use crate::base::ids::OperatorId;
use crate::graph::time_settings::TimeSettings;
use crate::graph::watermark_strategy::WatermarkGeneration;
use crate::operator::context::{Emission, SubtaskInfo};
use crate::operator::native::NativeFunctions;
use crate::record::WatermarkStatus;

struct Source {
    output: SourceOutput,
    context: OperatorContext,
}

impl Source {
    /// Records are their own times; `by_split`: those of a file.
    fn open(by_split: bool, idleness_ms: Option<i64>) -> Self {
        let mut functions = NativeFunctions::default();
        let assigner = functions.reduce(|value, _| value.clone());
        let functions: Rc<dyn UserFunctions> = Rc::new(functions);
        let mut strategy =
            WatermarkStrategy::of(WatermarkGeneration::Monotonous).with_timestamp_assigner(assigner);
        strategy.idleness_ms = idleness_ms;
        let source = if by_split {
            SourceSpec::TextFile { path: "a".into() }
        } else {
            SourceSpec::Sequence { from: 0, to: 9 }
        };
        let spec = OperatorSpec::SourceWithWatermarks { source, strategy };
        let subtask = SubtaskInfo {
            operator_name: "Source".into(),
            task_name: "Source (1/1)".into(),
            operator_id: OperatorId([0; 16]),
            subtask_idx: 0,
            parallelism: 1,
            max_parallelism: 128,
            attempt: 0,
            time: TimeSettings::default(),
        };
        let mut context = OperatorContext {
            subtask: Some(Rc::new(subtask)),
            functions: Some(Rc::clone(&functions)),
            ..OperatorContext::default()
        };
        let output = SourceOutput::new(&spec, &functions).unwrap().expect("it has a strategy");
        output.open(&mut context);
        Self { output, context }
    }

    fn send(&mut self, time: i64) {
        self.output.collect(Value::Long(time), Some(i64::MIN), &mut self.context).unwrap();
    }

    fn period(&mut self, now: i64) {
        self.context.now = now;
        while self.context.clock.take_due(now).is_some() {}
        self.output.on_periodic_emit(&mut self.context).unwrap();
    }

    fn emitted(&mut self) -> Vec<String> {
        let emitted = self.context.emitted.drain(..);
        let text = emitted.map(|emission| match emission {
            Emission::Record { value, timestamp } => format!("{value}@{}", timestamp.unwrap()),
            Emission::Side(side) => panic!("a source has no side output: {side:?}"),
            Emission::Watermark(watermark) => format!("W{watermark}"),
            Emission::Status(WatermarkStatus::Idle) => "Idle".into(),
            Emission::Status(WatermarkStatus::Active) => "Active".into(),
        });
        text.collect()
    }
}

#[test]
fn records_get_times_and_a_period_brings_the_watermark() {
    let mut source = Source::open(false, None);
    source.output.add_split().unwrap();
    source.period(200);
    assert_eq!(source.emitted(), [""; 0]);
    assert_eq!((source.output.watermark(), source.output.last_record()), (i64::MIN, None));
    source.send(5);
    source.send(3);
    assert_eq!(source.emitted(), ["5@5", "3@3"]);
    assert_eq!(source.output.last_record(), Some((200, 3)));
    source.period(400);
    assert_eq!(source.emitted(), ["W4"]);
    assert_eq!(source.output.watermark(), 4);
    assert_eq!(source.context.clock.next(), Some(600), "and asks for the next period");
}

#[test]
fn each_split_begins_anew_and_what_goes_out_never_falls() {
    let mut source = Source::open(true, None);
    source.output.add_split().unwrap();
    source.send(100);
    source.period(200);
    assert_eq!(source.emitted(), ["100@100", "W99"]);
    source.output.release_split();
    source.period(400);
    source.output.add_split().unwrap();
    source.send(50);
    source.period(600);
    assert_eq!(source.emitted(), ["50@50"], "the new split's own watermark is 49");
    source.send(150);
    source.period(800);
    assert_eq!(source.emitted(), ["150@150", "W149"]);
}

#[test]
fn a_source_is_idle_when_its_main_output_and_its_splits_are() {
    for by_split in [false, true] {
        let mut source = Source::open(by_split, Some(300));
        source.output.add_split().unwrap();
        source.send(10);
        for now in (1..=3).map(|period| period * 200) {
            source.period(now);
        }
        assert_eq!(source.emitted(), ["10@10", "W9"], "{by_split}: for 300 ms it is not idle");
        source.period(800);
        source.period(1000);
        assert_eq!(source.emitted(), ["Idle"], "{by_split}");
        assert!(source.output.is_idle());
        source.send(20);
        source.period(1200);
        assert_eq!(source.emitted(), ["20@20", "Active", "W19"], "{by_split}");
        assert!(!source.output.is_idle());
    }
}

#[test]
fn a_copy_goes_on_by_itself() {
    let mut source = Source::open(true, None);
    source.output.add_split().unwrap();
    source.send(7);
    let mut copy = Source { output: source.output.clone(), context: source.context.clone() };
    source.send(9);
    source.period(200);
    copy.period(200);
    assert_eq!(source.emitted(), ["7@7", "9@9", "W8"]);
    assert_eq!(copy.emitted(), ["7@7", "W6"]);
}

#[test]
fn a_source_without_a_strategy_has_no_such_output() {
    let functions: Rc<dyn UserFunctions> = Rc::new(NativeFunctions::default());
    let plain = OperatorSpec::Source(SourceSpec::Sequence { from: 0, to: 9 });
    assert!(SourceOutput::new(&plain, &functions).unwrap().is_none());
}
