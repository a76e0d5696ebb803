import type { Architecture } from '@dmnn/architecture';
import type { Classifier } from '../../classify/classifier.js';
import type { MeanCost } from '../../explain/explanation.js';
import type { CommandIo } from '../terminal/command-io.js';
import { openTrainedModel } from './model-argument.js';
import { UsageError } from '../terminal/usage-error.js';
import { type BackendChoice, startBackend } from '../terminal/start-backend.js';

/** A model that is ready to look at images, on TensorFlow.js. */
export interface OpenedNetwork {
  readonly classifier: Classifier;
  readonly architecture: Architecture;
  readonly mean?: MeanCost;
}

/** Whether a model that a command line names is a file for ONNX Runtime. */
export function isOnnxFile(model: string): boolean {
  return model.toLowerCase().endsWith('.onnx');
}

/**
 * Opens a network on TensorFlow.js for images.
 *
 * @throws what opening a model and a backend throw
 */
export async function openNetwork(
  model: string,
  backend: BackendChoice | undefined,
  io: CommandIo,
): Promise<OpenedNetwork> {
  const { architecture, weights, preparation, classNames, mean } = await openTrainedModel(model, io);
  await startBackend(backend, io);
  const { createNetwork } = await import('@dmnn/network');
  const { networkClassifier } = await import('../../classify/network-classifier.js');
  const network = createNetwork(architecture, { seed: 0, weights });
  const classifier = await networkClassifier(network, { preparation, ...(classNames && { classNames }) });
  return { classifier, architecture, ...(mean && { mean }) };
}

/** Opens a model for images, on whatever runs it: a file of `dmnn export` on ONNX Runtime. */
export async function openClassifier(
  model: string,
  backend: BackendChoice | undefined,
  io: CommandIo,
): Promise<Classifier> {
  if (!isOnnxFile(model)) return (await openNetwork(model, backend, io)).classifier;
  if (backend !== undefined) {
    throw new UsageError(
      `--backend: expected none with an .onnx file, which ONNX Runtime runs, got ${backend}.`,
    );
  }
  const { sessionClassifier } = await import('../../classify/session-classifier.js');
  return sessionClassifier(model);
}
