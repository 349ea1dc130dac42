/** A job's three graphs, as the protocol carries them. */
import type { SourcePosition } from "./protocol";

/** The three graphs, in the form in which the real Flink's are recorded, and why operators chain. */
export interface Graphs {
  readonly jobName: string;
  readonly stream_graph: {
    readonly plan: unknown;
    readonly nodes: readonly {
      readonly id: number;
      readonly name: string;
      readonly parallelism: number;
      readonly max_parallelism: number;
      readonly slot_sharing_group: string;
      readonly chaining_strategy: string;
      readonly buffer_timeout: number;
      readonly uid?: string;
      readonly out_edges: readonly {
        readonly target: number;
        readonly type_number: number;
        readonly partitioner: string;
        readonly exchange_mode: string;
        readonly output_tag?: string;
      }[];
    }[];
  };
  readonly job_graph: {
    readonly vertices: readonly {
      readonly id: string;
      readonly name: string;
      readonly parallelism: number;
      readonly max_parallelism: number;
      readonly invokable: string;
      readonly slot_sharing_group: string;
      readonly operator_ids: readonly string[];
      readonly inputs: readonly {
        readonly source: string;
        readonly distribution: "POINTWISE" | "ALL_TO_ALL";
        readonly ship_strategy: string;
        readonly result_type: string;
        readonly broadcast: boolean;
        readonly upstream_state_mapper: string;
        readonly downstream_state_mapper: string;
      }[];
    }[];
  };
  readonly execution_graph: {
    readonly edges: readonly {
      readonly source: string;
      readonly target: string;
      readonly consumers: readonly {
        readonly subtask: number;
        readonly reads: readonly {
          readonly first_producer: number;
          readonly last_producer: number;
          readonly first_subpartition: number;
          readonly last_subpartition: number;
        }[];
      }[];
    }[];
    readonly pipelined_regions: readonly (readonly string[])[];
  };
  /** For the lab, not in Flink's recordings. */
  readonly lab: {
    /** Stream node → operator id, job vertex, line of the job that made it. */
    readonly nodes: readonly {
      readonly id: number;
      readonly operator_id: string;
      readonly vertex: string;
      readonly at?: SourcePosition;
    }[];
    /** Each edge of the StreamGraph: chained, or the rules that forbid it, in words. */
    readonly chaining: readonly {
      readonly source: number;
      readonly target: number;
      readonly chained: boolean;
      readonly reasons: readonly string[];
    }[];
  };
}
