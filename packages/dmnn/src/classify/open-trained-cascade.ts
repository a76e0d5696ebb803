import { gatedBlocks } from '@dmnn/architecture';
import { closeIfFails } from '@dmnn/foundation';
import { createNetwork } from '@dmnn/network';
import { type Cascade, type OpenedNetworkData, openCascade } from '@dmnn/runs';
import { type BackendName, chooseBackend } from '@dmnn/runtime';
import '@tensorflow/tfjs'; // registers the gradients, which chooseBackend asks for
import { cascadeClassifier, tensorCascade } from './cascade-classifier.js';
import type { FileClassifier, StagedClassifier } from './classifier.js';
import { preparationOf } from './image-preparation.js';
import { networkClassifier } from './network-classifier.js';

/**
 * Opens the folder of a cascade as a classifier of files on the preferred backend, or the best that works.
 *
 * @throws errors of `openCascade` and `chooseBackend`
 */
export async function openTrainedCascade(
  folder: string,
  backend: BackendName | undefined,
): Promise<FileClassifier> {
  const cascade = await openCascade(folder);
  await chooseBackend({ prefer: backend });
  return tensorCascadeClassifier(cascade);
}

/** A cascade on the current backend of TensorFlow.js. */
export async function tensorCascadeClassifier(cascade: Cascade<OpenedNetworkData>): Promise<FileClassifier> {
  const classifiers: StagedClassifier[] = [];
  const subBlocks = cascade.parts.map(({ architecture }) =>
    gatedBlocks(architecture).map(({ block }) => block.subBlocks.length),
  );
  return closeIfFails(
    async () => {
      for (const part of cascade.parts) {
        const { architecture, weights } = part;
        const network = createNetwork(architecture, { seed: 0, weights });
        classifiers.push(await networkClassifier(network, { preparation: preparationOf(part) }));
      }
      return cascadeClassifier(cascade, tensorCascade(classifiers, cascade.settings, subBlocks));
    },
    async () => {
      for (const classifier of classifiers) await classifier.close();
    },
  );
}
