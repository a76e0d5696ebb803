import type { Classifier } from '../../classify/classifier.js';
import type { CommandIo } from '../terminal/command-io.js';
import { type TrainedNetwork, openNamedNetwork } from './network-argument.js';
import { usageError } from '../terminal/usage-error.js';
import { type BackendChoice, startBackend } from '../terminal/start-backend.js';

/** A trained network that is ready to classify images on TensorFlow.js. */
export interface NetworkClassifier {
  readonly classifier: Classifier;
  readonly network: TrainedNetwork;
}

/** Whether a model argument is a file for ONNX Runtime. */
export function isOnnxFile(model: string): boolean {
  return model.toLowerCase().endsWith('.onnx');
}

/**
 * Opens a trained network as a classifier on TensorFlow.js.
 *
 * @throws what opening a network and a backend throw
 */
export async function openNetworkClassifier(
  model: string,
  backend: BackendChoice | undefined,
  io: CommandIo,
): Promise<NetworkClassifier> {
  const network = await openNamedNetwork(model, io);
  await startBackend(backend, io);
  const { createNetwork } = await import('@dmnn/network');
  const { networkClassifier } = await import('../../classify/network-classifier.js');
  const { architecture, weights } = network;
  const classifier = await networkClassifier(createNetwork(architecture, { seed: 0, weights }), network);
  return { classifier, network };
}

/** Opens a model as a classifier: an `.onnx` file of `dmnn export` on ONNX Runtime, others on TensorFlow.js. */
export async function openClassifier(
  model: string,
  backend: BackendChoice | undefined,
  io: CommandIo,
): Promise<Classifier> {
  if (!isOnnxFile(model)) return (await openNetworkClassifier(model, backend, io)).classifier;
  if (backend !== undefined) {
    throw usageError(`--backend: expected none with an .onnx file, which ONNX Runtime runs, got ${backend}.`);
  }
  const { sessionClassifier } = await import('../../classify/session-classifier.js');
  return sessionClassifier(model);
}
