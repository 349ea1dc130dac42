/**
 * The names that a job finds in scope, as globals: what an editor checks and completes a job's file with.
 *
 * A job names this file in its first line, `/// <reference path=".../job.d.ts" />`; `npm run types` emits it and
 * the types that it stands on to `dist/types/`.
 */
import type { JOB_SCOPE } from "../src/api/job-scope";
import type { StreamExecutionEnvironment as Environment } from "../src/api";

export type * from "../src/api";

type Scope = typeof JOB_SCOPE;

declare global {
  /** The environment in which the job is built. */
  const env: Environment;
  const StreamExecutionEnvironment: Scope["StreamExecutionEnvironment"];
  const DataStream: Scope["DataStream"];
  const DataStreamSource: Scope["DataStreamSource"];
  const SingleOutputStreamOperator: Scope["SingleOutputStreamOperator"];
  const KeyedStream: Scope["KeyedStream"];
  const AsyncDataStream: Scope["AsyncDataStream"];
  const DataStreamUtils: Scope["DataStreamUtils"];
  const Duration: Scope["Duration"];
  const RuntimeExecutionMode: Scope["RuntimeExecutionMode"];
  const OutputTag: Scope["OutputTag"];
  const AbstractRichFunction: Scope["AbstractRichFunction"];
  const RichMapFunction: Scope["RichMapFunction"];
  const RichFlatMapFunction: Scope["RichFlatMapFunction"];
  const RichFilterFunction: Scope["RichFilterFunction"];
  const RichReduceFunction: Scope["RichReduceFunction"];
  const RichCoMapFunction: Scope["RichCoMapFunction"];
  const RichCoFlatMapFunction: Scope["RichCoFlatMapFunction"];
  const RichAsyncFunction: Scope["RichAsyncFunction"];
  const ProcessFunction: Scope["ProcessFunction"];
  const KeyedProcessFunction: Scope["KeyedProcessFunction"];
  const CoProcessFunction: Scope["CoProcessFunction"];
  const KeyedCoProcessFunction: Scope["KeyedCoProcessFunction"];
  const BroadcastProcessFunction: Scope["BroadcastProcessFunction"];
  const KeyedBroadcastProcessFunction: Scope["KeyedBroadcastProcessFunction"];
  const ProcessWindowFunction: Scope["ProcessWindowFunction"];
  const ProcessAllWindowFunction: Scope["ProcessAllWindowFunction"];
  const ProcessJoinFunction: Scope["ProcessJoinFunction"];
  const DataGeneratorSource: Scope["DataGeneratorSource"];
  const NumberSequenceSource: Scope["NumberSequenceSource"];
  const RateLimiterStrategy: Scope["RateLimiterStrategy"];
  const TextLineSource: Scope["TextLineSource"];
  const DiscardingSink: Scope["DiscardingSink"];
  const CollectSink: Scope["CollectSink"];
  const ValueStateDescriptor: Scope["ValueStateDescriptor"];
  const ListStateDescriptor: Scope["ListStateDescriptor"];
  const MapStateDescriptor: Scope["MapStateDescriptor"];
  const ReducingStateDescriptor: Scope["ReducingStateDescriptor"];
  const AggregatingStateDescriptor: Scope["AggregatingStateDescriptor"];
  const WatermarkStrategy: Scope["WatermarkStrategy"];
  const TumblingEventTimeWindows: Scope["TumblingEventTimeWindows"];
  const TumblingProcessingTimeWindows: Scope["TumblingProcessingTimeWindows"];
  const SlidingEventTimeWindows: Scope["SlidingEventTimeWindows"];
  const SlidingProcessingTimeWindows: Scope["SlidingProcessingTimeWindows"];
  const EventTimeSessionWindows: Scope["EventTimeSessionWindows"];
  const ProcessingTimeSessionWindows: Scope["ProcessingTimeSessionWindows"];
  const GlobalWindows: Scope["GlobalWindows"];
  const Trigger: Scope["Trigger"];
  const TriggerResult: Scope["TriggerResult"];
  const EventTimeTrigger: Scope["EventTimeTrigger"];
  const ProcessingTimeTrigger: Scope["ProcessingTimeTrigger"];
  const CountTrigger: Scope["CountTrigger"];
  const ContinuousEventTimeTrigger: Scope["ContinuousEventTimeTrigger"];
  const ContinuousProcessingTimeTrigger: Scope["ContinuousProcessingTimeTrigger"];
  const DeltaTrigger: Scope["DeltaTrigger"];
  const PurgingTrigger: Scope["PurgingTrigger"];
  const ProcessingTimeoutTrigger: Scope["ProcessingTimeoutTrigger"];
  const Evictor: Scope["Evictor"];
  const CountEvictor: Scope["CountEvictor"];
  const TimeEvictor: Scope["TimeEvictor"];
  const DeltaEvictor: Scope["DeltaEvictor"];
}
