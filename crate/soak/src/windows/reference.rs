//! What windows are: their results, from the finished input alone.
//!
//! Contract: reads as the definition does. There are records, watermarks and a list of open windows: no timers, no
//! state, nothing that the runtime has. A watermark `w` says that no more records of a time up to `w` come; a
//! window that ends is computed when the watermark reaches its last ms, and is forgotten when it has reached that
//! and the allowed lateness.

/// A record, in the order of arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    pub key: i64,
    pub timestamp: i64,
    /// Its place in the input.
    pub number: i64,
}

/// What an operator gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    Record(Record),
    Watermark(i64),
}

/// Into which windows a record comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assigner {
    /// One window begins every `slide` ms, `offset` after the multiples of it. Where size and slide are one,
    /// each record has one window.
    Sliding { size: i64, slide: i64, offset: i64 },
    /// A window goes on until no record has come for `gap` ms, or, where records have gaps of their own, for up to
    /// `spread` times 2 ms more.
    Session { gap: i64, spread: i64 },
    /// One window of all records, which does not end.
    Global,
}

/// When a window is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// When it has ended, and for each record that comes later.
    End,
    /// At every so many records.
    Count(usize),
    /// The same as `End`, and before at each multiple of so many ms after its first record.
    Every(i64),
    /// When a record is more than so many ms later than the one that fired last, or else the first.
    Delta(i64),
}

/// Which records a window forgets when it is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evictor {
    /// All but the last so many.
    Count(usize),
    /// Those that are so many ms or more earlier than its latest.
    Time(i64),
    /// Those that are so many ms or more earlier than its last.
    Delta(i64),
}

/// All that there is to know of a window operator.
#[derive(Clone, Copy, Debug)]
pub struct Definition {
    pub assigner: Assigner,
    pub trigger: Trigger,
    /// Whether a window that was computed is empty then.
    pub purges: bool,
    /// And whether only after it was computed.
    pub evictor: Option<(Evictor, bool)>,
    pub allowed_lateness: i64,
}

/// From the first ms to the one after the last; `None` is the window of all records.
pub type Span = Option<(i64, i64)>;

/// A window was computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Firing {
    pub key: i64,
    pub span: Span,
    /// Numbers of its records, in the order of arrival.
    pub members: Vec<i64>,
    /// The watermark that those who get the result have had before it.
    pub watermark: i64,
    /// Whether a record that came after the end brought it about.
    pub is_late: bool,
}

/// What comes out.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    pub firings: Vec<Firing>,
    /// Records that came too late for all of their windows.
    pub too_late: Vec<Record>,
    /// How many windows there were that did not become a part of others, and how many did.
    pub windows: u64,
    pub merges: u64,
}

impl Outcome {
    /// What comes out of another part of the input too.
    pub fn add(&mut self, other: Self) {
        self.firings.extend(other.firings);
        self.too_late.extend(other.too_late);
        self.windows += other.windows;
        self.merges += other.merges;
    }
}

#[derive(Debug)]
struct OpenWindow {
    key: i64,
    span: Span,
    members: Vec<Record>,
    /// Records since it was computed last, where that counts.
    count: usize,
    /// When it is computed next, at the latest at its end, and whether it still is.
    next: Option<i64>,
    waits: bool,
    /// Time of the record that fired last, where that counts.
    last_fired: Option<i64>,
    /// Whether it is longer than the window of its first record.
    has_grown: bool,
}

impl OpenWindow {
    fn last_ms(&self) -> i128 {
        last_ms(self.span)
    }

    /// This time, or the last ms if that is earlier.
    fn capped(&self, time: i64) -> i64 {
        self.span.map_or(time, |(_, end)| time.min(end - 1))
    }
}

fn last_ms(span: Span) -> i128 {
    span.map_or(i128::MAX, |(_, end)| i128::from(end) - 1)
}

/// What an operator makes of all that it gets.
pub fn outcome(definition: &Definition, arrivals: impl IntoIterator<Item = Arrival>) -> Outcome {
    let mut run = Run { definition, watermark: i64::MIN, open: Vec::new(), outcome: Outcome::default() };
    for arrival in arrivals {
        match arrival {
            Arrival::Record(record) => run.on_record(record),
            Arrival::Watermark(watermark) => run.on_watermark(watermark),
        }
    }
    run.outcome.windows += run.open.len() as u64;
    run.outcome
}

struct Run<'a> {
    definition: &'a Definition,
    watermark: i64,
    open: Vec<OpenWindow>,
    outcome: Outcome,
}

impl Run<'_> {
    fn on_record(&mut self, record: Record) {
        let mut is_taken = false;
        for span in spans_of(&self.definition.assigner, &record) {
            let window = match self.definition.assigner {
                Assigner::Session { .. } => self.session_around(record.key, span),
                _ => self.window_of(record.key, span),
            };
            if !self.is_forgotten(window.last_ms()) {
                is_taken = true;
                self.add(window, record);
            }
        }
        let is_late = self.is_forgotten(record.timestamp.into());
        if !is_taken && is_late && self.definition.assigner != Assigner::Global {
            self.outcome.too_late.push(record);
        }
    }

    /// All windows that end up to the watermark are computed, in the order of their ends, before those who get the
    /// results hear of the watermark. Then those that nothing may come to any more are forgotten.
    fn on_watermark(&mut self, watermark: i64) {
        if watermark <= self.watermark {
            return;
        }
        self.open.sort_by_key(OpenWindow::last_ms);
        if matches!(self.definition.trigger, Trigger::End | Trigger::Every(_)) {
            self.compute_due(watermark);
        }
        self.watermark = watermark;
        let open = std::mem::take(&mut self.open);
        let (over, open) = open.into_iter().partition(|window| self.is_forgotten(window.last_ms()));
        self.open = open;
        self.outcome.windows += Vec::<OpenWindow>::len(&over) as u64;
    }

    /// Each time of a window up to the watermark is one at which it is computed.
    fn compute_due(&mut self, watermark: i64) {
        let (before, now) = (i128::from(self.watermark), i128::from(watermark));
        let mut due = Vec::new();
        for (place, window) in self.open.iter_mut().enumerate() {
            if let Trigger::Every(interval) = self.definition.trigger {
                while let Some(next) = window.next.filter(|&next| window.waits && i128::from(next) <= now) {
                    let is_last = i128::from(next) == window.last_ms();
                    window.waits = !is_last;
                    if !is_last || window.last_ms() <= before {
                        due.push((i128::from(next), place));
                    }
                    window.next = Some(window.capped(next + interval));
                }
            }
            if (before + 1..=now).contains(&window.last_ms()) {
                due.push((window.last_ms(), place));
            }
        }
        due.sort_by_key(|&(time, _)| time);
        for (_, place) in due {
            self.compute(place, false);
        }
    }

    /// Takes the window out, or makes it.
    fn window_of(&mut self, key: i64, span: Span) -> OpenWindow {
        match self.open.iter().position(|window| (window.key, window.span) == (key, span)) {
            Some(place) => self.open.remove(place),
            None => OpenWindow {
                key,
                span,
                members: Vec::new(),
                count: 0,
                next: None,
                waits: true,
                last_fired: None,
                has_grown: false,
            },
        }
    }

    /// Takes out all windows of the key that the span overlaps or touches: they are one with it.
    fn session_around(&mut self, key: i64, span: Span) -> OpenWindow {
        let (start, end) = span.expect("a session has a beginning");
        let (mut around, mut together) = ((start, end), Vec::new());
        let mut place = 0;
        while let Some(window) = self.open.get(place) {
            let (other_start, other_end) = window.span.expect("a session has a beginning");
            if window.key == key && other_start <= end && start <= other_end {
                around = (around.0.min(other_start), around.1.max(other_end));
                together.push(self.open.remove(place));
            } else {
                place += 1;
            }
        }
        let merged = together.iter().filter(|window| window.span != Some(around)).count();
        self.outcome.merges += merged as u64;
        let mut members: Vec<Record> = together.iter().flat_map(|window| &window.members).copied().collect();
        members.sort_unstable_by_key(|member| member.number);
        let count = together.iter().map(|window| window.count).sum();
        // A record whose own window is just one that has grown makes Flink 2.3.0 forget what that holds.
        let begins_anew =
            merged == 0 && around == (start, end) && together.iter().any(|window| window.has_grown);
        if begins_anew {
            members.clear();
        }
        let has_grown = merged > 0 || (!begins_anew && together.iter().any(|window| window.has_grown));
        // The next time of any of them is that of the whole, once more if it has been.
        let next = together.iter().filter_map(|window| window.next).min();
        let waits = merged > 0 || together.iter().all(|window| window.waits);
        OpenWindow { key, span: Some(around), members, count, next, waits, last_fired: None, has_grown }
    }

    fn add(&mut self, mut window: OpenWindow, record: Record) {
        window.members.push(record);
        window.count += 1;
        let (count, has_ended) = (window.count, window.last_ms() <= self.watermark.into());
        let last_fired = *window.last_fired.get_or_insert(record.timestamp);
        if let (Trigger::Every(interval), false) = (self.definition.trigger, has_ended) {
            // Multiples are counted from the epoch, towards it.
            let next = window.capped(record.timestamp / interval * interval + interval);
            window.next.get_or_insert(next);
        }
        self.open.push(window);
        let place = self.open.len() - 1;
        match self.definition.trigger {
            Trigger::End | Trigger::Every(_) if has_ended => self.compute(place, true),
            Trigger::Delta(more) if record.timestamp - last_fired > more => {
                self.open[place].last_fired = Some(record.timestamp);
                self.compute(place, false);
            }
            Trigger::Count(max) if count >= max => {
                self.open[place].count = 0;
                self.compute(place, false);
            }
            _ => {}
        }
    }

    fn compute(&mut self, place: usize, is_late: bool) {
        let OpenWindow { key, span, members, .. } = &mut self.open[place];
        if !members.is_empty() {
            let evictor = self.definition.evictor;
            let evict = |members: &mut Vec<Record>, now_after: bool| {
                if let Some((evictor, _)) = evictor.filter(|&(_, after)| after == now_after) {
                    keep(evictor, members);
                }
            };
            evict(members, false);
            let (key, span, watermark) = (*key, *span, self.watermark);
            let numbers = members.iter().map(|member| member.number).collect();
            self.outcome.firings.push(Firing { key, span, members: numbers, watermark, is_late });
            evict(members, true);
            if self.definition.purges {
                members.clear();
            }
        }
    }

    /// Whether nothing of this time is taken any more.
    fn is_forgotten(&self, last_ms: i128) -> bool {
        last_ms.saturating_add(self.definition.allowed_lateness.into()) <= self.watermark.into()
    }
}

/// Leaves the records that an evictor does.
fn keep(evictor: Evictor, members: &mut Vec<Record>) {
    let Some(last) = members.last().map(|member| member.timestamp) else { return };
    let latest = members.iter().map(|member| member.timestamp).max().unwrap_or(last);
    match evictor {
        Evictor::Count(max) => drop(members.drain(..members.len().saturating_sub(max))),
        Evictor::Time(size) => members.retain(|member| member.timestamp > latest - size),
        Evictor::Delta(threshold) => members.retain(|member| last - member.timestamp < threshold),
    }
}

/// By how much a record's own gap is longer than the shortest.
pub const fn extra_gap(number: i64, spread: i64) -> i64 {
    2 * (number % (spread + 1))
}

/// The windows of a record; of those that overlap, the latest first.
fn spans_of(assigner: &Assigner, record: &Record) -> Vec<Span> {
    let time = record.timestamp;
    match *assigner {
        Assigner::Global => vec![None],
        Assigner::Session { gap, spread } => {
            vec![Some((time, time + gap + extra_gap(record.number, spread)))]
        }
        Assigner::Sliding { size, slide, offset } => {
            let last_start = (time - offset).div_euclid(slide) * slide + offset;
            let starts = (0..).map(|nth| last_start - nth * slide);
            starts.take_while(|start| time < start + size).map(|start| Some((start, start + size))).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds `12` (a record of that time) and `w12` (a watermark); answers the firings, and what was too late.
    fn check(definition: &Definition, arrivals: &str, expected: &str) {
        let arrivals = (0..).zip(arrivals.split_whitespace()).map(|(number, arrival)| {
            if let Some(watermark) = arrival.strip_prefix('w') {
                return Arrival::Watermark(watermark.parse().expect("a watermark"));
            }
            let timestamp = arrival.parse().expect("a time");
            Arrival::Record(Record { key: 1, timestamp, number })
        });
        let outcome = outcome(definition, arrivals);
        let firings = outcome.firings.iter().map(|firing| {
            let (start, end) = firing.span.unwrap_or_default();
            format!("{start}..{end}:{}{}", firing.members.len(), if firing.is_late { "!" } else { "" })
        });
        let too_late = outcome.too_late.iter().map(|record| format!("-{}", record.number));
        assert_eq!(firings.chain(too_late).collect::<Vec<_>>().join(" "), expected);
    }

    fn windows(assigner: Assigner, allowed_lateness: i64) -> Definition {
        Definition { assigner, trigger: Trigger::End, purges: false, evictor: None, allowed_lateness }
    }

    fn sliding(size: i64, slide: i64, offset: i64) -> Assigner {
        Assigner::Sliding { size, slide, offset }
    }

    #[test]
    fn windows_fire_at_their_last_ms_and_are_forgotten_after_their_lateness() {
        check(&windows(sliding(10, 10, 0), 0), "3 7 w8 9 w9 5 12 w30", "0..10:3 10..20:1 -5");
        check(&windows(sliding(10, 10, 0), 5), "3 w9 5 w13 6 w14 7", "0..10:1 0..10:2! 0..10:3! -6");
        check(&windows(sliding(10, 10, 3), 0), "-8 2 w2", "-17..-7:1 -7..3:1");
    }

    #[test]
    fn sliding_windows_overlap_or_leave_gaps() {
        check(&windows(sliding(10, 4, 0), 0), "9 w20", "0..10:1 4..14:1 8..18:1");
        check(&windows(sliding(10, 4, 0), 0), "w10 9 w20", "4..14:1 8..18:1");
        check(&windows(sliding(2, 5, 0), 0), "3 5 w20 8", "5..7:1 -3");
    }

    #[test]
    fn sessions_that_touch_are_one() {
        let session = Assigner::Session { gap: 10, spread: 0 };
        check(&windows(session, 0), "0 10 21 w50", "0..20:2 21..31:1");
        check(&windows(session, 0), "0 20 w9 10 w50", "0..10:1 10..30:2");
        check(&windows(session, 8), "0 20 w9 10 w50", "0..10:1 0..30:3");
        // Too late alone, and in time for a session that goes on.
        check(&windows(session, 0), "5 12 w14 4 w50", "4..22:3");
    }

    #[test]
    fn counts_do_not_wait_for_the_end() {
        let trigger = Trigger::Count(2);
        let counting = Definition { trigger, ..windows(Assigner::Global, 0) };
        check(&counting, "1 2 3 w50 4", "0..0:2 0..0:4");
        check(&Definition { purges: true, ..counting }, "1 2 3 w50 4", "0..0:2 0..0:2");
    }

    #[test]
    fn gaps_are_each_record_s_own() {
        let session = Assigner::Session { gap: 10, spread: 1 };
        check(&windows(session, 0), "0 11 50 w70", "0..10:1 11..23:1 50..60:1");
        check(&windows(session, 0), "50 0 12 w70", "0..22:2 50..60:1");
    }

    #[test]
    fn some_are_computed_before_their_end() {
        let every = Definition { trigger: Trigger::Every(4), ..windows(sliding(20, 20, 0), 5) };
        check(&every, "1 w3 w4 9 w12 w18 w19 3 w30", "0..20:1 0..20:2 0..20:2 0..20:2 0..20:2 0..20:3!");
        let delta = Definition { trigger: Trigger::Delta(5), ..windows(Assigner::Global, 0) };
        check(&delta, "0 5 6 7 11 12", "0..0:3 0..0:6");
    }

    #[test]
    fn evictors_leave_the_last_ones() {
        let counting = Definition { trigger: Trigger::Count(2), ..windows(Assigner::Global, 0) };
        let evicting = |evictor, after| Definition { evictor: Some((evictor, after)), ..counting };
        check(&evicting(Evictor::Count(1), false), "1 2 3 4", "0..0:1 0..0:1");
        check(&evicting(Evictor::Count(1), true), "1 2 3 4", "0..0:2 0..0:3");
        check(&evicting(Evictor::Time(3), false), "1 4 3 2 9 9", "0..0:1 0..0:3 0..0:2");
        check(&evicting(Evictor::Delta(3), false), "1 4 3 2", "0..0:1 0..0:3");
    }
}
