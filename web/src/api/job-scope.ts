/** The names that are in scope of a job, besides `env`. */
import { AsyncDataStream, DataStreamUtils } from "./stream-tools";
import { AsyncRetryStrategies, RetryPredicates } from "./async-retry";
import { CheckpointingMode, ExternalizedCheckpointRetention } from "./checkpoint-config";
import { registerClassNames } from "./class-names";
import {
  CheckpointingOptions,
  Configuration,
  RestartStrategyOptions,
  StateBackendOptions,
} from "./configuration";
import { DataStream, DataStreamSource, KeyedStream, SingleOutputStreamOperator } from "./data-stream";
import { Duration } from "./duration";
import { RuntimeExecutionMode, StreamExecutionEnvironment } from "./environment";
import { CountEvictor, DeltaEvictor, Evictor, TimeEvictor } from "./evictors";
import { registerBaseClasses } from "./function-check";
import {
  AbstractRichFunction,
  RichAsyncFunction,
  RichCoFlatMapFunction,
  RichCoMapFunction,
  RichFilterFunction,
  RichFlatMapFunction,
  RichMapFunction,
  RichReduceFunction,
} from "./functions";
import { DescriptiveStatisticsHistogram, MeterView, SimpleCounter } from "./metrics";
import { OutputTag } from "./output-tag";
import { Order } from "./partition-windowed-stream";
import {
  BroadcastProcessFunction,
  CoProcessFunction,
  KeyedBroadcastProcessFunction,
  KeyedCoProcessFunction,
  KeyedProcessFunction,
  ProcessAllWindowFunction,
  ProcessFunction,
  ProcessJoinFunction,
  ProcessWindowFunction,
} from "./process-functions";
import { SimulatedService } from "./simulated-service";
import { CollectSink, DeliveryGuarantee, DiscardingSink, TableSink } from "./sinks";
import { DataGeneratorSource, NumberSequenceSource, RateLimiterStrategy, TextLineSource } from "./sources";
import {
  AggregatingStateDescriptor,
  ListStateDescriptor,
  MapStateDescriptor,
  ReducingStateDescriptor,
  ValueStateDescriptor,
} from "./state-descriptors";
import { StateTtlConfig } from "./state-ttl";
import {
  ContinuousEventTimeTrigger,
  ContinuousProcessingTimeTrigger,
  CountTrigger,
  DeltaTrigger,
  EventTimeTrigger,
  ProcessingTimeoutTrigger,
  ProcessingTimeTrigger,
  PurgingTrigger,
  Trigger,
  TriggerResult,
} from "./triggers";
import { Types } from "./types";
import { ExternalTable } from "./user-sinks";
import { WatermarkStrategy } from "./watermarks";
import {
  EventTimeSessionWindows,
  GlobalWindows,
  ProcessingTimeSessionWindows,
  SlidingEventTimeWindows,
  SlidingProcessingTimeWindows,
  TimeWindow,
  TumblingEventTimeWindows,
  TumblingProcessingTimeWindows,
  MergingWindowAssigner,
  WindowAssigner,
  WindowStagger,
} from "./windows";

/** The classes that functions extend. */
const FUNCTION_CLASSES = {
  AbstractRichFunction,
  RichMapFunction,
  RichFlatMapFunction,
  RichFilterFunction,
  RichReduceFunction,
  RichCoMapFunction,
  RichCoFlatMapFunction,
  RichAsyncFunction,
  ProcessFunction,
  KeyedProcessFunction,
  CoProcessFunction,
  KeyedCoProcessFunction,
  BroadcastProcessFunction,
  KeyedBroadcastProcessFunction,
  ProcessWindowFunction,
  ProcessAllWindowFunction,
  ProcessJoinFunction,
} as const;
registerClassNames(FUNCTION_CLASSES);
registerBaseClasses(...Object.values(FUNCTION_CLASSES));

/** Every name and what it stands for. */
export const JOB_SCOPE = {
  StreamExecutionEnvironment,
  DataStream,
  DataStreamSource,
  SingleOutputStreamOperator,
  KeyedStream,
  AsyncDataStream,
  AsyncRetryStrategies,
  RetryPredicates,
  SimulatedService,
  DataStreamUtils,
  Duration,
  RuntimeExecutionMode,
  Configuration,
  RestartStrategyOptions,
  CheckpointingMode,
  ExternalizedCheckpointRetention,
  OutputTag,
  ...FUNCTION_CLASSES,
  DataGeneratorSource,
  NumberSequenceSource,
  RateLimiterStrategy,
  TextLineSource,
  DiscardingSink,
  CollectSink,
  TableSink,
  ExternalTable,
  DeliveryGuarantee,
  ValueStateDescriptor,
  ListStateDescriptor,
  MapStateDescriptor,
  ReducingStateDescriptor,
  AggregatingStateDescriptor,
  StateTtlConfig,
  SimpleCounter,
  MeterView,
  DescriptiveStatisticsHistogram,
  Types,
  StateBackendOptions,
  CheckpointingOptions,
  WatermarkStrategy,
  TumblingEventTimeWindows,
  TumblingProcessingTimeWindows,
  SlidingEventTimeWindows,
  SlidingProcessingTimeWindows,
  EventTimeSessionWindows,
  ProcessingTimeSessionWindows,
  DynamicEventTimeSessionWindows: EventTimeSessionWindows,
  DynamicProcessingTimeSessionWindows: ProcessingTimeSessionWindows,
  GlobalWindows,
  TimeWindow,
  MergingWindowAssigner,
  WindowAssigner,
  WindowStagger,
  Order,
  Trigger,
  TriggerResult,
  EventTimeTrigger,
  ProcessingTimeTrigger,
  CountTrigger,
  ContinuousEventTimeTrigger,
  ContinuousProcessingTimeTrigger,
  DeltaTrigger,
  PurgingTrigger,
  ProcessingTimeoutTrigger,
  Evictor,
  CountEvictor,
  TimeEvictor,
  DeltaEvictor,
} as const;
