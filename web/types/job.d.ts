/**
 * The names in scope of a job, for writing jobs with types: reference this file from a script.
 *
 *     /// <reference path="../web/types/job.d.ts" />
 *
 * A job has no imports: `env` and these names are there.
 */

/** The environment in which the job is built. */
declare const env: import("../src/api/index").StreamExecutionEnvironment;

declare const StreamExecutionEnvironment: typeof import("../src/api/index").StreamExecutionEnvironment;
declare const DataStream: typeof import("../src/api/index").DataStream;
declare const DataStreamSource: typeof import("../src/api/index").DataStreamSource;
declare const SingleOutputStreamOperator: typeof import("../src/api/index").SingleOutputStreamOperator;
declare const KeyedStream: typeof import("../src/api/index").KeyedStream;
declare const AsyncDataStream: typeof import("../src/api/index").AsyncDataStream;
declare const AsyncRetryStrategies: typeof import("../src/api/index").AsyncRetryStrategies;
declare const RetryPredicates: typeof import("../src/api/index").RetryPredicates;
declare const SimulatedService: typeof import("../src/api/index").SimulatedService;
declare const DataStreamUtils: typeof import("../src/api/index").DataStreamUtils;
declare const Duration: typeof import("../src/api/index").Duration;
declare const RuntimeExecutionMode: typeof import("../src/api/index").RuntimeExecutionMode;
declare const Configuration: typeof import("../src/api/index").Configuration;
declare const RestartStrategyOptions: typeof import("../src/api/index").RestartStrategyOptions;
declare const CheckpointingMode: typeof import("../src/api/index").CheckpointingMode;
declare const ExternalizedCheckpointRetention: typeof import("../src/api/index").ExternalizedCheckpointRetention;
declare const OutputTag: typeof import("../src/api/index").OutputTag;
declare const AbstractRichFunction: typeof import("../src/api/index").AbstractRichFunction;
declare const RichMapFunction: typeof import("../src/api/index").RichMapFunction;
declare const RichFlatMapFunction: typeof import("../src/api/index").RichFlatMapFunction;
declare const RichFilterFunction: typeof import("../src/api/index").RichFilterFunction;
declare const RichReduceFunction: typeof import("../src/api/index").RichReduceFunction;
declare const RichCoMapFunction: typeof import("../src/api/index").RichCoMapFunction;
declare const RichCoFlatMapFunction: typeof import("../src/api/index").RichCoFlatMapFunction;
declare const RichAsyncFunction: typeof import("../src/api/index").RichAsyncFunction;
declare const ProcessFunction: typeof import("../src/api/index").ProcessFunction;
declare const KeyedProcessFunction: typeof import("../src/api/index").KeyedProcessFunction;
declare const CoProcessFunction: typeof import("../src/api/index").CoProcessFunction;
declare const KeyedCoProcessFunction: typeof import("../src/api/index").KeyedCoProcessFunction;
declare const BroadcastProcessFunction: typeof import("../src/api/index").BroadcastProcessFunction;
declare const KeyedBroadcastProcessFunction: typeof import("../src/api/index").KeyedBroadcastProcessFunction;
declare const ProcessWindowFunction: typeof import("../src/api/index").ProcessWindowFunction;
declare const ProcessAllWindowFunction: typeof import("../src/api/index").ProcessAllWindowFunction;
declare const ProcessJoinFunction: typeof import("../src/api/index").ProcessJoinFunction;
declare const DataGeneratorSource: typeof import("../src/api/index").DataGeneratorSource;
declare const NumberSequenceSource: typeof import("../src/api/index").NumberSequenceSource;
declare const RateLimiterStrategy: typeof import("../src/api/index").RateLimiterStrategy;
declare const TextLineSource: typeof import("../src/api/index").TextLineSource;
declare const DiscardingSink: typeof import("../src/api/index").DiscardingSink;
declare const CollectSink: typeof import("../src/api/index").CollectSink;
declare const ExternalTable: typeof import("../src/api/index").ExternalTable;
declare const TableSink: typeof import("../src/api/index").TableSink;
declare const DeliveryGuarantee: typeof import("../src/api/index").DeliveryGuarantee;
declare const ValueStateDescriptor: typeof import("../src/api/index").ValueStateDescriptor;
declare const ListStateDescriptor: typeof import("../src/api/index").ListStateDescriptor;
declare const MapStateDescriptor: typeof import("../src/api/index").MapStateDescriptor;
declare const ReducingStateDescriptor: typeof import("../src/api/index").ReducingStateDescriptor;
declare const AggregatingStateDescriptor: typeof import("../src/api/index").AggregatingStateDescriptor;
declare const StateTtlConfig: typeof import("../src/api/index").StateTtlConfig;
declare const SimpleCounter: typeof import("../src/api/index").SimpleCounter;
declare const MeterView: typeof import("../src/api/index").MeterView;
declare const DescriptiveStatisticsHistogram: typeof import("../src/api/index").DescriptiveStatisticsHistogram;
declare const Types: typeof import("../src/api/index").Types;
declare const StateBackendOptions: typeof import("../src/api/index").StateBackendOptions;
declare const CheckpointingOptions: typeof import("../src/api/index").CheckpointingOptions;
declare const WatermarkStrategy: typeof import("../src/api/index").WatermarkStrategy;
declare const TumblingEventTimeWindows: typeof import("../src/api/index").TumblingEventTimeWindows;
declare const TumblingProcessingTimeWindows: typeof import("../src/api/index").TumblingProcessingTimeWindows;
declare const SlidingEventTimeWindows: typeof import("../src/api/index").SlidingEventTimeWindows;
declare const SlidingProcessingTimeWindows: typeof import("../src/api/index").SlidingProcessingTimeWindows;
declare const EventTimeSessionWindows: typeof import("../src/api/index").EventTimeSessionWindows;
declare const DynamicEventTimeSessionWindows: typeof import("../src/api/index").EventTimeSessionWindows;
declare const DynamicProcessingTimeSessionWindows: typeof import("../src/api/index").ProcessingTimeSessionWindows;
declare const ProcessingTimeSessionWindows: typeof import("../src/api/index").ProcessingTimeSessionWindows;
declare const GlobalWindows: typeof import("../src/api/index").GlobalWindows;
declare const TimeWindow: typeof import("../src/api/index").TimeWindow;
declare const MergingWindowAssigner: typeof import("../src/api/index").MergingWindowAssigner;
declare const WindowAssigner: typeof import("../src/api/index").WindowAssigner;
declare const WindowStagger: typeof import("../src/api/index").WindowStagger;
declare const Order: typeof import("../src/api/index").Order;
declare const Trigger: typeof import("../src/api/index").Trigger;
declare const TriggerResult: typeof import("../src/api/index").TriggerResult;
declare const EventTimeTrigger: typeof import("../src/api/index").EventTimeTrigger;
declare const ProcessingTimeTrigger: typeof import("../src/api/index").ProcessingTimeTrigger;
declare const CountTrigger: typeof import("../src/api/index").CountTrigger;
declare const ContinuousEventTimeTrigger: typeof import("../src/api/index").ContinuousEventTimeTrigger;
declare const ContinuousProcessingTimeTrigger: typeof import("../src/api/index").ContinuousProcessingTimeTrigger;
declare const DeltaTrigger: typeof import("../src/api/index").DeltaTrigger;
declare const PurgingTrigger: typeof import("../src/api/index").PurgingTrigger;
declare const ProcessingTimeoutTrigger: typeof import("../src/api/index").ProcessingTimeoutTrigger;
declare const Evictor: typeof import("../src/api/index").Evictor;
declare const CountEvictor: typeof import("../src/api/index").CountEvictor;
declare const TimeEvictor: typeof import("../src/api/index").TimeEvictor;
declare const DeltaEvictor: typeof import("../src/api/index").DeltaEvictor;

type Collector<T> = import("../src/api/index").Collector<T>;
type ProcessContext = import("../src/api/index").ProcessContext;
type KeyedContext<K> = import("../src/api/index").KeyedContext<K>;
type ValueState<T> = import("../src/api/index").ValueState<T>;
type ListState<T> = import("../src/api/index").ListState<T>;
type MapState<K, V> = import("../src/api/index").MapState<K, V>;
