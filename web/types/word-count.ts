/** A job written against `job.d.ts`: it must type-check, and is not part of the page. */
class Total extends KeyedProcessFunction<string, [string, number], string> {
  private total!: ValueState<number>;

  override open(): void {
    this.total = this.getRuntimeContext().getState(new ValueStateDescriptor<number>("total"));
  }

  override processElement(
    pair: [string, number],
    context: KeyedContext<string>,
    out: Collector<string>,
  ): void {
    this.total.update((this.total.value() ?? 0) + pair[1]);
    out.collect(`${context.getCurrentKey()} ${String(this.total.value())}`);
  }
}

env.setParallelism(2);
env
  .fromData("to be or not to be", "that is the question")
  .flatMap((line: string, out: Collector<[string, number]>) => {
    for (const word of line.split(" ")) out.collect([word, 1]);
  })
  .keyBy((pair) => pair[0])
  .process(new Total())
  .print();
