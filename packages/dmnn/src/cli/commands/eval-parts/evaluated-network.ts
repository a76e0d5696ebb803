import { availableParallelism } from 'node:os';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { closeIfFails } from '@dmnn/foundation';
import type { Network } from '@dmnn/network';
import type { OpenedNetworkData } from '@dmnn/runs';
import type { BackendReport } from '@dmnn/runtime';
import type { EngineNetwork } from '@dmnn/trainer';
import { assertEngineGives, isCompiledOnly } from '../../options/engine-option.js';
import type { EngineRequest } from '../../options/open-engine.js';
import type { CommandIo } from '../../terminal/command-io.js';
import { startBackend } from '../../terminal/start-backend.js';
import { usageError } from '../../terminal/usage-error.js';

/** A network that is ready to be evaluated. */
export interface EvaluatedNetwork {
  readonly network: Network | EngineNetwork;
  /** Of TensorFlow.js; undefined in an engine. */
  readonly backend?: BackendReport | undefined;
  close(): Promise<void>;
}

/** What decides about where a network is evaluated. */
export interface EvaluatedNetworkRequest extends EngineRequest {
  readonly imageSizePx: number;
  /** Whether only one image may run at a time, so that its time is its own. */
  readonly oneByOne: boolean;
  /** Why only TensorFlow.js can evaluate this; undefined if engines can too. */
  readonly onlyTensors: TensorsNeeded | undefined;
}

/** What only TensorFlow.js does. */
export interface TensorsNeeded {
  /** What asks for it: `--execution masked`. */
  readonly by: string;
  /** Sentence part: `which only TensorFlow.js runs`. */
  readonly because: string;
}

/**
 * Opens a network in the fastest engine that works and gives what is asked, or on TensorFlow.js. Says which and why.
 *
 * @throws DmnnError `DMNN_USAGE` if an engine is asked for something that only TensorFlow.js does; what opening the engine or
 *   starting a backend throws
 */
export async function openEvaluatedNetwork(
  model: OpenedNetworkData,
  request: EvaluatedNetworkRequest,
  io: CommandIo,
): Promise<EvaluatedNetwork> {
  const { backend, engine, onlyTensors, oneByOne } = request;
  assertTensorsMayRun(request);
  const hasExits = model.architecture.exits !== undefined;
  if (hasExits) assertEngineGives(engine, 'logits of exits', `the network's exits`);
  const needs = hasExits ? 'logits of exits' : request.needs;
  if (backend === undefined && engine !== 'tfjs') {
    if (onlyTensors) io.err(`engine tfjs: for ${onlyTensors.by}, ${onlyTensors.because}`);
    else {
      const { inFastestEngine, warmedUp } = await import('../../options/open-engine.js');
      const workers = oneByOne ? 1 : availableParallelism();
      const network = await inFastestEngine(model, { ...request, needs, workers }, io, warmedUp);
      if (network) return { network, close: () => network.close() };
    }
  }
  const report = await startBackend(backend, io);
  const { createNetwork } = await import('@dmnn/network');
  const network = createNetwork(model.architecture, { seed: 0, weights: model.weights });
  // as in engines: a first run prepares what later ones use, and its time is not theirs
  await closeIfFails(
    () => runZeros(network, request.imageSizePx),
    () => {
      network.dispose();
    },
  );
  return {
    network,
    backend: report,
    close: () => {
      network.dispose();
      return Promise.resolve();
    },
  };
}

async function runZeros(network: Network, imageSizePx: number): Promise<void> {
  const tf = await import('@tensorflow/tfjs-core');
  const logits = tf.tidy(() => {
    const image: Tensor4D = tf.zeros([1, imageSizePx, imageSizePx, network.architecture.inChannels]);
    return network.forward(image, { statistics: 'moving', execution: 'masked' }).logits;
  });
  await logits.data();
  logits.dispose();
}

/**
 * Refuses an engine, or a precision that only one has, for what only TensorFlow.js does.
 *
 * @throws DmnnError `DMNN_USAGE`
 */
export function assertTensorsMayRun({
  engine,
  precision,
  onlyTensors,
}: Pick<EvaluatedNetworkRequest, 'engine' | 'precision' | 'onlyTensors'>): void {
  if (!onlyTensors) return;
  const { by, because } = onlyTensors;
  if (engine !== undefined && engine !== 'tfjs')
    throw usageError(`--engine: expected tfjs with ${by}, ${because}, got ${engine}.`);
  if (isCompiledOnly(precision))
    throw usageError(`--precision: expected f32 or auto with ${by}, ${because}, got ${String(precision)}.`);
}

/** What of an evaluation's options and gates only TensorFlow.js does. */
export function tensorsNeeded(
  {
    execution,
    noisyGates,
    control,
  }: {
    readonly execution: string;
    readonly noisyGates?: number | undefined;
    /** Of gates. */
    readonly control?: boolean | undefined;
  },
  policy?: { readonly kind: string; readonly isLikeliest: boolean },
): TensorsNeeded | undefined {
  if (execution !== 'skipping')
    return { by: `--execution ${execution}`, because: 'since engines only compute what is open' };
  if (control) return { by: '--control', because: 'since batch norms are estimated again for fixed gates' };
  if (noisyGates !== undefined) return { by: '--noisy-gates', because: 'since engines draw no noise' };
  if (policy && !policy.isLikeliest)
    return {
      by: `the policy ${policy.kind} of the run's recipe`,
      because: 'since engines open the likeliest gates',
    };
  return undefined;
}
