import type { Architecture, Inference } from '@dmnn/architecture';
import type { ExitSettings } from '@dmnn/confidence';

/** What is decided for an image: in place of the likeliest gates a threshold or a pattern, and whether exits run. */
export interface EngineDecision {
  /** Probability from which a gate opens, in [0, 1], as `thresholded` of `@dmnn/gating` decides. */
  readonly threshold?: number | undefined;
  /** `[l][n]`: the gates to take. */
  readonly pattern?: readonly (readonly boolean[])[] | undefined;
  /** Of a network with exits: all of them run and none stops an image, or images stop by settings. @defaultValue they do not run */
  readonly exits?: 'all' | ExitSettings | undefined;
}

/** What an engine gives for an image. */
export interface EngineOutputs extends Inference {
  /** `[l][n]`: on − off of each gate's logits. Absent if the engine does not give them. */
  readonly gateLogOdds?: readonly (readonly number[])[] | undefined;
  /** Logits of all exits and of the head, if exits were asked for. */
  readonly stageLogits?: readonly Float32Array[] | undefined;
}

/**
 * A network that an engine runs image by image, without TensorFlow.js: one that `@dmnn/engine` compiled, or a session of
 * `@dmnn/onnx`. Only open sub-blocks are computed, in whatever precision the engine has.
 *
 * @example
 * ```ts
 * import type { Engine } from '@dmnn/engine';
 * import type { EngineNetwork } from '@dmnn/trainer';
 * import type { NetworkData } from '@dmnn/weights';
 *
 * const compiled = ({ architecture }: NetworkData, engine: Engine): EngineNetwork => ({
 *   architecture,
 *   engine: { name: 'compiled', precision: engine.precision, version: engine.version },
 *   imagesAtOnce: 2, // as many as it has workers
 *   run: (image, decision) => engine.run(image, decision),
 * });
 * ```
 */
export interface EngineNetwork {
  readonly architecture: Architecture;
  /** For latency tables. */
  readonly engine: EngineFacts;
  /** Images that run side by side. @defaultValue 1 */
  readonly imagesAtOnce?: number | undefined;
  /**
   * Runs one image.
   *
   * @param image - `[H, W, C]`, normalised; not modified
   */
  run(image: Float32Array, decision: EngineDecision): Promise<EngineOutputs>;
}

/** What computes. */
export interface EngineFacts {
  /** As `--engine` of the command line names it: `compiled`, `onnx`. */
  readonly name: string;
  /** Of what it computes with: `f32`, `bf16`. */
  readonly precision: string;
  /** `oneDNN 3.2.0` */
  readonly version?: string | undefined;
  /** Threads that share the work of one image. */
  readonly threads?: number | undefined;
}

/** Whether an engine runs the network. */
export function isEngineNetwork(network: { readonly architecture: Architecture }): network is EngineNetwork {
  return 'run' in network;
}
