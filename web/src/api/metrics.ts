/** Metrics that a function keeps: `this.getRuntimeContext().getMetricGroup().counter("seen")`. The inspector shows them. */
import * as native from "../engine/native";
import { integerArgument, nameArgument, numberArgument } from "./arguments";
import { reject } from "./errors";
import { guardMembers } from "./guard";

/** By the engine's numbers. */
const KINDS = ["counter", "gauge", "meter", "histogram"] as const;

/** A number that the engine keeps, so that a run can be stepped back. */
abstract class Metric {
  #id: number | undefined;

  /** @internal */
  register(name: string, kind: (typeof KINDS)[number], seconds = 0): this {
    this.#id = native.metricRegister(name, KINDS.indexOf(kind), seconds);
    return this;
  }

  /** @internal */
  protected give(value: number): void {
    native.metricUpdate(this.#registered(), value);
  }

  getCount(): number {
    return native.metricValue(this.#registered());
  }

  #registered(): number {
    return (
      this.#id ?? reject("This metric has no name yet: give it to a method of getMetricGroup() in open().")
    );
  }
}

/** Counts. Flink: `Counter`, `SimpleCounter`. */
export class SimpleCounter extends Metric {
  inc(n = 1): void {
    this.give(numberArgument("inc(n)", "a count", n));
  }

  dec(n = 1): void {
    this.inc(-n);
  }
}

/** How many events a second there were in a time span, looked at every five seconds. Flink: `Meter`, `MeterView`. */
export class MeterView extends Metric {
  /** @internal */
  readonly seconds: number;

  constructor(timeSpanInSeconds = 60) {
    super();
    this.seconds = integerArgument("new MeterView(timeSpanInSeconds)", "seconds", timeSpanInSeconds, {
      min: 0,
    });
  }

  markEvent(n = 1): void {
    this.give(numberArgument("markEvent(n)", "a count", n));
  }
}

/** How the newest 128 values are spread. Flink: `Histogram`, `DescriptiveStatisticsHistogram`. */
export class DescriptiveStatisticsHistogram extends Metric {
  update(value: number): void {
    this.give(numberArgument("update(value)", "a value", value));
  }
}

class GaugeView extends Metric {
  show(value: number): void {
    this.give(value);
  }
}

/** What shows a number. Flink: `Gauge`. */
export type Gauge = (() => number) | { getValue(): number };

/** Where a function's metrics get their names. Flink: `MetricGroup`. */
export class MetricGroup {
  readonly #scope: string;
  readonly #gauges: (() => void)[];

  /** @internal `gauges` are looked at after each call of the function. */
  constructor(scope: string, gauges: (() => void)[]) {
    this.#scope = scope;
    this.#gauges = gauges;
  }

  counter<C extends SimpleCounter = SimpleCounter>(name: string, counter: C = new SimpleCounter() as C): C {
    return counter.register(this.#name("counter(name)", name), "counter");
  }

  /** Shows what it answers after each call of the function: a number. */
  gauge<G extends Gauge>(name: string, gauge: G): G {
    const view = new GaugeView().register(this.#name("gauge(name, gauge)", name), "gauge");
    this.#gauges.push(() => {
      const value = typeof gauge === "function" ? gauge() : gauge.getValue();
      view.show(numberArgument("gauge(name, gauge)", "a gauge that answers a number", value));
    });
    return gauge;
  }

  meter(name: string, meter: MeterView = new MeterView()): MeterView {
    return meter.register(this.#name("meter(name, meter)", name), "meter", meter.seconds);
  }

  histogram(name: string, histogram = new DescriptiveStatisticsHistogram()): DescriptiveStatisticsHistogram {
    return histogram.register(this.#name("histogram(name, histogram)", name), "histogram");
  }

  /** A group whose metrics have this name, or key and value, before theirs. */
  addGroup(name: string, value?: string): MetricGroup {
    const scope = `${this.#name("addGroup(name)", name)}.${value === undefined ? "" : `${value}.`}`;
    return new MetricGroup(scope, this.#gauges);
  }

  #name(call: string, name: string): string {
    return this.#scope + nameArgument(call, "a name", name);
  }
}

guardMembers({ Metric, SimpleCounter, MeterView, DescriptiveStatisticsHistogram, MetricGroup });
