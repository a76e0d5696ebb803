import { type Architecture, gatedBlocks } from '@dmnn/architecture';
import type { GateCosts } from '@dmnn/flops';
import { z } from 'zod';
import type { ComputeEnvironment } from '@dmnn/runs';
import { describeIssue } from '@dmnn/runs/internal';
import { latencyTableError } from './latency-table-error.js';

/** How well the fit predicts the shortest times of patterns that it was not made of: (predicted − measured) / measured. */
export interface PredictionError {
  /** How many patterns. */
  readonly patterns: number;
  /** Mean of the absolute relative errors, a fraction. */
  readonly mean: number;
  /** The largest of them. */
  readonly largest: number;
}

/** What times are of: they hold for nothing else. */
export interface LatencyOrigin {
  /** What ran the images: `tfjs`, `compiled`. */
  readonly engine: string;
  /** Of the numbers that it computed with: `f32`, `bf16`. */
  readonly precision: string;
}

/** Where times were measured. Of an engine, `backend` is its name and `tfjs` null. */
export interface LatencyEnvironment extends Omit<ComputeEnvironment, 'tfjs'> {
  /** Version of TensorFlow.js; null if an engine ran the images. */
  readonly tfjs: string | null;
}

/** What an image costs a network in time on one machine, by its gates. Plain data: `JSON.stringify` saves it. */
export interface LatencyTable {
  readonly format: 1;
  /** Name of the network's architecture. */
  readonly model: string;
  /** What ran the images. @defaultValue `tfjs`, as in tables from before there were others */
  readonly engine?: string | undefined;
  /** @defaultValue `f32` */
  readonly precision?: string | undefined;
  readonly imageSizePx: number;
  /** Images computed together; the times below are an image's share. */
  readonly batchSize: number;
  /** Time of what runs for every image: stem, shortcuts, controllers, gates, head, reading the result. Milliseconds. */
  readonly fixedMs: number;
  /** `[l][n]`: of sub-block n of gated block l, for an image that opens it. Milliseconds. */
  readonly subBlockMs: readonly (readonly number[])[];
  /**
   * How much longer forward passes took on average than at their shortest, at least 1. The times above are means: fitted
   * to shortest times, and multiplied by this.
   */
  readonly meanOverShortest: number;
  readonly predictionError: PredictionError;
  /** How often every pattern was timed. */
  readonly rounds: number;
  readonly environment: LatencyEnvironment;
  /** The processor by its own name. */
  readonly processor: string;
  readonly logicalCores: number;
  /** When it was measured: ISO 8601, UTC. */
  readonly measuredAt: string;
}

/**
 * Costs in milliseconds, for `findThresholds` and `meanCost`.
 *
 * @example
 * ```ts
 * import { meanCost } from '@dmnn/flops';
 * import { latencyCosts } from '@dmnn/trainer';
 *
 * const costs = latencyCosts({ fixedMs: 5.3, subBlockMs: [[0.7, 0.8]] });
 * console.log(meanCost(costs, [[1, 0]])); // => 6
 * ```
 */
export function latencyCosts(table: Pick<LatencyTable, 'fixedMs' | 'subBlockMs'>): GateCosts {
  return { alwaysCost: table.fixedMs, subBlockCosts: table.subBlockMs };
}

/**
 * What the times of a table are of. Tables from before there were engines are of TensorFlow.js in float32.
 *
 * @example
 * ```ts
 * import { latencyOrigin } from '@dmnn/trainer';
 *
 * console.log(latencyOrigin({})); // => { engine: 'tfjs', precision: 'f32' }
 * ```
 */
export function latencyOrigin({
  engine = 'tfjs',
  precision = 'f32',
}: Pick<LatencyTable, 'engine' | 'precision'>): LatencyOrigin {
  return { engine, precision };
}

/**
 * Checks a table that was read from JSON, and that it has one time for each sub-block of a network.
 *
 * The network may have another name, the machine may be another one: times of a telephone choose thresholds on a desk.
 *
 * @param value - plain data
 * @param architecture - whose table it must be
 * @param used - what it will be used for: times of another engine or precision are refused
 * @throws DmnnError `DMNN_LATENCIES` listing every problem
 * @example
 * ```ts
 * import { createArchitecture } from '@dmnn/backbones';
 * import { parseLatencyTable } from '@dmnn/trainer';
 *
 * try {
 *   parseLatencyTable({ format: 2 }, createArchitecture('dmnn50-n2'));
 * } catch (error) {
 *   console.log(String(error).includes('format: expected 1, got 2')); // => true
 * }
 * ```
 */
export function parseLatencyTable(
  value: unknown,
  architecture: Architecture,
  used?: LatencyOrigin,
): LatencyTable {
  const schema = latencyTableSchema();
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    throw latencyTableError(
      parsed.error.issues.flatMap((issue) =>
        describeIssue(issue, schema, value).map((problem) =>
          issue.path.length === 0 ? `table: ${problem}` : problem,
        ),
      ),
    );
  }
  const expected = gatedBlocks(architecture).map(({ block }) => block.subBlocks.length);
  const got = parsed.data.subBlockMs.map((block) => block.length);
  if (expected.join() !== got.join()) {
    throw latencyTableError([
      `subBlockMs: expected [${expected.join(', ')}] times, one for each sub-block of ${architecture.name}, got [${got.join(', ')}] of ${parsed.data.model}`,
    ]);
  }
  const origin = latencyOrigin(parsed.data);
  if (used && (used.engine !== origin.engine || used.precision !== origin.precision)) {
    throw latencyTableError(
      [
        `engine: expected times of ${used.engine} in ${used.precision}, got times of ${origin.engine} in ${origin.precision}`,
      ],
      'Use that engine and precision, or measure the times of this one into another file.',
    );
  }
  return parsed.data;
}

function latencyTableSchema(): z.ZodType<LatencyTable> {
  const milliseconds = z.number().min(0);
  const count = z.int().min(1);
  return z.strictObject({
    format: z.literal(1),
    model: z.string().min(1),
    engine: z.string().min(1).optional(),
    precision: z.string().min(1).optional(),
    imageSizePx: count,
    batchSize: count,
    fixedMs: milliseconds,
    subBlockMs: z.array(z.array(milliseconds)),
    meanOverShortest: z.number().min(1),
    predictionError: z.strictObject({ patterns: count, mean: z.number().min(0), largest: z.number().min(0) }),
    rounds: count,
    environment: z.strictObject({
      backend: z.string(),
      backendVersion: z.string().nullable(),
      threads: count.nullable(),
      tfjs: z.string().nullable(),
      node: z.string(),
      platform: z.string(),
    }),
    processor: z.string(),
    logicalCores: count,
    measuredAt: z.iso.datetime(),
  });
}
