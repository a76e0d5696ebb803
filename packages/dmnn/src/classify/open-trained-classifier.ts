import { createNetwork } from '@dmnn/network';
import { type OpenedNetworkData, openNetworkData } from '@dmnn/runs';
import { type BackendName, chooseBackend } from '@dmnn/runtime';
import '@tensorflow/tfjs'; // registers the gradients, which chooseBackend asks for
import type { Classifier } from './classifier.js';
import { networkClassifier } from './network-classifier.js';
import { preparationOf } from './image-preparation.js';

/** A trained network and its classifier. */
export interface TrainedClassifier {
  readonly classifier: Classifier;
  readonly opened: OpenedNetworkData;
}

/**
 * Opens a trained network as a classifier on the preferred backend, or the best that works.
 *
 * @param model - a run folder or an imported model folder
 * @throws errors of `openNetworkData` and `chooseBackend`
 */
export async function openTrainedClassifier(
  model: string,
  backend: BackendName | undefined,
): Promise<TrainedClassifier> {
  const opened = await openNetworkData(model);
  await chooseBackend({ prefer: backend });
  const network = createNetwork(opened.architecture, { seed: 0, weights: opened.weights });
  const { classNames } = opened;
  const classifier = await networkClassifier(network, { preparation: preparationOf(opened), classNames });
  return { classifier, opened };
}
