import { isDmnnError } from '@dmnn/foundation';
import type { Classifier } from '../../classify/classifier.js';
import { type ClassifiedImages, inferringClassifier } from '../../classify/inferring-classifier.js';
import type { NetworkData } from '@dmnn/weights';
import { openCompiled } from '../terminal/compiled-engine.js';
import type { CommandIo } from '../terminal/command-io.js';
import type { EngineChoice } from './engine-option.js';

type TensorlessEngine = Exclude<EngineChoice, 'tfjs'>;

/** How each opens a network. In the order in which they are tried: the fastest first. */
const openers: {
  readonly [engine in TensorlessEngine]: (
    network: NetworkData & ClassifiedImages,
    io: CommandIo,
  ) => Promise<{ classifier: Classifier; what: string }>;
} = {
  compiled: async (network, io) => {
    const engine = await openCompiled(network, io);
    const classifier = await inferringClassifier(engine, network.architecture.name, network);
    return { classifier, what: `${engine.precision} (${engine.precisionReason})` };
  },
  onnx: async (network) => {
    const { DynamicSession, exportOnnx } = await import('@dmnn/onnx');
    const { loadOnnxRuntime } = await import('../terminal/onnx-runtime.js');
    const runtime = await loadOnnxRuntime();
    const session = await DynamicSession.create(exportOnnx(network), { runtime });
    const classifier = await inferringClassifier(session, network.architecture.name, network);
    return { classifier, what: runtime.version };
  },
};

/** What an engine throws that is not there or does not work here. */
const unavailable = ['DMNN_ENGINE', 'DMNN_SESSION', 'DMNN_EXPORT'];

/**
 * Opens a trained network as a classifier on the fastest engine that works and is none of TensorFlow.js, and says which
 * and why.
 *
 * @param engine - the requested one, without fallback
 * @returns undefined if none works: why has been said
 * @throws what the requested engine throws, and what is wrong with the network
 */
export async function openWithoutTensors(
  network: NetworkData & ClassifiedImages,
  engine: TensorlessEngine | undefined,
  io: CommandIo,
): Promise<Classifier | undefined> {
  const names = engine === undefined ? (Object.keys(openers) as TensorlessEngine[]) : [engine];
  for (const name of names) {
    try {
      const { classifier, what } = await openers[name](network, io);
      io.err(`engine ${name}: ${what}`);
      return classifier;
    } catch (error) {
      if (engine !== undefined || !unavailable.some((code) => isDmnnError(error, code))) throw error;
      io.err(`engine ${name}: not used: ${(error as Error).message}`);
    }
  }
  return undefined;
}
