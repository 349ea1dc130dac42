//! Where event time stands in a task: the watermark of each input channel, the least of them, and who holds it
//! back.
//!
//! Contract: the channel that is named is one whose watermark is the least of those that count, so that the
//! task's watermark rises when that channel's does. Flink: `StatusWatermarkValve`, `currentInputWatermark`,
//! `currentOutputWatermark`.

use std::rc::Rc;

use super::sentence::{Sentence, Subject};
use crate::base::ids::{ChannelId, TaskId};
use crate::base::sort;
use crate::graph::windowing::TimeDomain;
use crate::record::WatermarkStatus;
use crate::sim::world::World;
use crate::task::chain::ChainedOperator;
use crate::task::state::ExecutionState;
use crate::task::stream_task::StreamTask;
use crate::time::clock::processing_time;

/// What ms since 1970 are at least, if they are meant to be that: 1973. Less is taken for a plain number.
const DATES_FROM: i64 = 100_000_000_000;
const DAY_MS: i64 = 86_400_000;
/// A watermark that has stood still for so long is worth a word, in ms.
const STANDS_STILL_MS: i64 = 500;

/// The watermarks of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskWatermarks {
    /// The least of its inputs, as its head sees it; of a source, what it has sent. The least Long before the
    /// first one.
    pub current: i64,
    /// What its last operator has sent.
    pub output: i64,
    pub inputs: Vec<InputWatermarks>,
    /// The watermark in words, and what holds it back.
    pub sentence: Sentence,
}

/// The watermarks of one input: of all its gates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputWatermarks {
    pub input: u8,
    pub watermark: i64,
    /// Whether all its channels are idle.
    pub is_idle: bool,
    pub channels: Vec<ChannelWatermark>,
}

/// The watermark of one channel, as its receiver knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelWatermark {
    pub channel: ChannelId,
    /// The task that sends.
    pub from: Rc<str>,
    pub watermark: i64,
    pub is_idle: bool,
    /// Active, but not counted: it was idle and has not caught up yet.
    pub catches_up: bool,
    /// The input's watermark rises only when this one's does.
    pub holds_back: bool,
}

/// A timer that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimerEntry {
    pub operator: Rc<str>,
    pub is_event_time: bool,
    pub timestamp: i64,
    pub key: String,
    pub namespace: String,
}

/// What a timer or a state belongs to beside its key, in words; nothing for nothing.
pub fn namespace_text(namespace: crate::state::namespace::Namespace) -> String {
    use crate::state::namespace::{Namespace, Window};
    match namespace {
        Namespace::Void => String::new(),
        Namespace::Window(Window::Global) => "global window".to_owned(),
        Namespace::Window(Window::Time(window)) => {
            format!("{} – {}", time_text(window.start), time_text(window.end))
        }
        Namespace::Side(side) => format!("input {side}"),
    }
}

/// An event time as a reader wants it: a time of day where it is one, with the day if it is another one than
/// the simulation's first; else the number.
pub fn time_text(time: i64) -> String {
    match time {
        i64::MIN => return "no watermark yet".to_owned(),
        i64::MAX => return "the end of time".to_owned(),
        time if time.abs() < DATES_FROM => return grouped(time),
        _ => {}
    }
    let (day, ms) = (time.div_euclid(DAY_MS), time.rem_euclid(DAY_MS));
    let (hours, minutes) = (ms / 3_600_000, ms / 60_000 % 60);
    let (seconds, ms) = (ms / 1000 % 60, ms % 1000);
    let fraction = if ms == 0 { String::new() } else { format!(".{ms:03}") };
    let clock = format!("{hours:02}:{minutes:02}:{seconds:02}{fraction}");
    if day == processing_time(0).div_euclid(DAY_MS) {
        return clock;
    }
    let (year, month, day) = civil(day);
    format!("{year}-{month:02}-{day:02} {clock}")
}

/// Digits in groups of three.
fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::from(if number < 0 { "−" } else { "" });
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Year, month and day of a day since 1970, by the calendar in use.
const fn civil(day: i64) -> (i64, i64, i64) {
    // Years that begin in March: the day that leap years have more is their last one.
    let day = day + 719_468;
    let era = day.div_euclid(146_097);
    let of_era = day.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let civil_month = if month < 10 { month + 3 } else { month - 9 };
    let civil_year = year + era * 400 + if civil_month <= 2 { 1 } else { 0 };
    (civil_year, civil_month, of_year - (153 * month + 2) / 5 + 1)
}

/// The watermarks of a deployed task; `None` where time is not told by watermarks: nothing in the job sends one.
pub fn of_task(world: &World, id: TaskId) -> Option<TaskWatermarks> {
    let (task, _) = world.task(id)?;
    let (current, output) = current(task)?;
    let inputs = inputs(world, id, task);
    let mut told = TaskWatermarks { current, output, inputs, sentence: Sentence::default() };
    tell(world, id, task, &mut told);
    Some(told)
}

/// The watermark that a task's head has come to (of a source: what it sent), and what its last operator sent.
pub fn current(task: &StreamTask) -> Option<(i64, i64)> {
    let operators = task.chain()?.operators();
    let (received, _) = operators.first()?.watermarks();
    // A sink at the end of the chain sends none.
    let sent = operators.iter().rev().map(|operator| operator.watermarks().1).find(|&sent| sent > i64::MIN);
    let sent = sent.unwrap_or(i64::MIN);
    Some((if task.inputs().is_empty() { sent } else { received }, sent))
}

/// All timers of a task that wait, those of event time before those of processing time, first to come first.
pub fn timers(task: &StreamTask, limit: usize) -> Vec<TimerEntry> {
    let operators = task.chain().map_or(&[][..], |chain| chain.operators());
    let mut all = Vec::new();
    for domain in [TimeDomain::EventTime, TimeDomain::ProcessingTime] {
        let first = all.len();
        for operator in operators {
            all.extend(operator.timers().timers(domain).map(|timer| TimerEntry {
                operator: Rc::clone(operator.name()),
                is_event_time: domain == TimeDomain::EventTime,
                timestamp: timer.timestamp,
                key: timer.key.to_string(),
                namespace: namespace_text(timer.namespace),
            }));
        }
        sort::sort_by_key(&mut all[first..], |timer| timer.timestamp);
    }
    all.truncate(limit);
    all
}

fn inputs(world: &World, id: TaskId, task: &StreamTask) -> Vec<InputWatermarks> {
    let plan = world.plan();
    let gates = &plan.executions[id.index()].gates;
    let read = |(input, valve): (u8, &crate::time::valve::StatusWatermarkValve)| {
        let channels: Vec<ChannelId> = gates
            .iter()
            .filter(|gate| gate.input == input)
            .flat_map(|gate| gate.channels.iter().copied())
            .collect();
        let least = valve.channels().iter().filter(|channel| channel.is_aligned()).map(|c| c.watermark).min();
        let channels = channels.iter().zip(valve.channels()).map(|(&channel, status)| {
            let is_idle = status.status == WatermarkStatus::Idle;
            let from = plan.channels[channel.index()].from;
            ChannelWatermark {
                channel,
                from: Rc::clone(&plan.executions[from.index()].name),
                watermark: status.watermark,
                is_idle,
                catches_up: !is_idle && !status.is_aligned(),
                holds_back: status.is_aligned()
                    && Some(status.watermark) == least
                    && status.watermark < i64::MAX,
            }
        });
        InputWatermarks {
            input,
            watermark: valve.watermark(),
            is_idle: valve.status() == WatermarkStatus::Idle,
            channels: channels.collect(),
        }
    };
    task.inputs().valves().map(read).collect()
}

/// The input that the others of its task wait for, and those of its channels that hold it back.
fn held_back(inputs: &[InputWatermarks]) -> Option<(&InputWatermarks, Vec<&ChannelWatermark>)> {
    let input = inputs.iter().filter(|input| !input.is_idle).min_by_key(|input| input.watermark)?;
    let holding: Vec<_> = input.channels.iter().filter(|channel| channel.holds_back).collect();
    (!holding.is_empty()).then_some((input, holding))
}

fn tell(world: &World, id: TaskId, task: &StreamTask, told: &mut TaskWatermarks) {
    let sentence = &mut told.sentence;
    sentence.say("The watermark of ").task(world, id);
    match told.current {
        i64::MIN => sentence.say(" is not there yet"),
        i64::MAX => sentence.say(" has come to the end of time: no record will follow."),
        time => sentence.say(format!(" stands at {}", time_text(time))),
    };
    if told.current == i64::MAX {
        return;
    }
    if task.inputs().is_empty() {
        sentence.say(": it");
        say_source(world, id, sentence);
        sentence.say(".");
        return;
    }
    if told.inputs.iter().all(|input| input.is_idle) {
        sentence.say(": all its channels are idle, and nothing moves it.");
        return;
    }
    let Some((input, holding)) = held_back(&told.inputs) else {
        sentence.say(".");
        return;
    };
    sentence.say(": it waits for ");
    if holding.len() > 1 && holding.len() == input.channels.iter().filter(|one| !one.is_idle).count() {
        sentence.say(format!("all its {} active channels alike.", holding.len()));
        return;
    }
    say_cause(world, holding[0], sentence);
    if holding.len() > 1 {
        sentence.say(format!(" {} more channels stand where it does.", holding.len() - 1));
    }
    let idle = input.channels.iter().filter(|channel| channel.is_idle).count();
    if idle > 0 {
        let (channels, are) = if idle == 1 { ("channel is", "it does") } else { ("channels are", "they do") };
        sentence.say(format!(" {idle} {channels} idle: {are} not count."));
    }
}

/// A channel that holds a watermark back, and why, up to the task where it begins.
fn say_cause(world: &World, channel: &ChannelWatermark, sentence: &mut Sentence) {
    let from = world.plan().channels[channel.channel.index()].from;
    sentence.name("the channel", Subject::Channel(channel.channel)).say(" from ").task(world, from);
    let Some((sender, _)) = world.task(from) else {
        sentence.say(", which is not deployed.");
        return;
    };
    let sent = current(sender).map_or(i64::MIN, |(_, output)| output);
    if sent > channel.watermark {
        sentence.say(format!(", which is ahead: its watermark {} is on its way.", time_text(sent)));
        return;
    }
    if sender.state() == ExecutionState::Finished {
        sentence.say(", which is finished.");
        return;
    }
    if sender.inputs().is_empty() {
        sentence.say(", which");
        say_source(world, from, sentence);
        sentence.say(".");
        return;
    }
    match held_back(&inputs(world, from, sender)) {
        Some((_, holding)) => {
            sentence.say(", which waits itself for ");
            let next = world.plan().channels[holding[0].channel.index()].from;
            sentence.name("a channel", Subject::Channel(holding[0].channel)).say(" from ").task(world, next);
            match world.task(next) {
                Some((task, _)) if task.inputs().is_empty() => {
                    sentence.say(", which");
                    say_source(world, next, sentence);
                    sentence.say(".");
                }
                _ => {
                    sentence.say(".");
                }
            }
        }
        None => {
            sentence.say(".");
        }
    }
}

/// What a source does about its watermark: goes on after "Source (1/2)" or after "which".
fn say_source(world: &World, id: TaskId, sentence: &mut Sentence) {
    let Some((task, _)) = world.task(id) else { return };
    let sent = current(task).map_or(i64::MIN, |(_, output)| output);
    match (task.records_in(), sent) {
        (0, i64::MIN) => sentence.say(" has read no record, and so knows no time"),
        (records, i64::MIN) => sentence.say(format!(" has read {} and sent none yet", records_text(records))),
        (records, time) => {
            sentence.say(format!(" has read {} and sent {} last", records_text(records), time_text(time)))
        }
    };
    if task.state() == ExecutionState::Running && sent < i64::MAX {
        sentence.say("; it does not count as idle");
    }
}

fn records_text(records: u64) -> String {
    if records == 1 { "1 record".to_owned() } else { format!("{} records", grouped(records as i64)) }
}

/// A task whose windows wait for one channel while others are past them, and what there is to say about it.
/// `None` while all watermarks move.
pub fn windows_held_back(world: &World) -> Option<Sentence> {
    let now = processing_time(world.tick());
    let held = (0..world.plan().executions.len() as u32).map(TaskId).find_map(|id| {
        let (task, _) = world.task(id)?;
        let (current, _) = current(task)?;
        let operators = task.chain()?.operators();
        let inputs = inputs(world, id, task);
        let furthest = inputs.iter().flat_map(|input| &input.channels).map(|one| one.watermark).max()?;
        let rose_at = operators.iter().filter_map(|one| one.time_log().watermark_at()).max();
        let since = rose_at.unwrap_or_else(|| processing_time(0));
        let held = timers_up_to(operators, furthest);
        (held > 0 && current < furthest && now - since >= STANDS_STILL_MS)
            .then_some((id, furthest, held, since))
    });
    let (id, furthest, held, since) = held?;
    let mut told = of_task(world, id)?;
    let timers = if held == 1 { "1 timer".to_owned() } else { format!("{held} timers") };
    let stood = now - since;
    told.sentence.say(format!(
        " So for {stood} ms {timers} did not fire, though another channel has come to {}.",
        time_text(furthest)
    ));
    Some(told.sentence)
}

fn timers_up_to(operators: &[ChainedOperator], until: i64) -> usize {
    let timers = operators.iter().flat_map(|operator| operator.timers().timers(TimeDomain::EventTime));
    timers.filter(|timer| timer.timestamp <= until).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_as_they_are_meant() {
        assert_eq!(time_text(4890), "4,890");
        assert_eq!(time_text(-1_234_567), "−1,234,567");
        assert_eq!(time_text(processing_time(43_203_000)), "12:00:03");
        assert_eq!(time_text(processing_time(250)), "00:00:00.250");
        assert_eq!(time_text(951_782_400_000), "2000-02-29 00:00:00");
        assert_eq!(time_text(1_517_443_199_999), "2018-01-31 23:59:59.999");
        assert_eq!(time_text(i64::MIN), "no watermark yet");
    }
}
