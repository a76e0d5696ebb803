import { createArchitecture } from '@dmnn/backbones';
import { createNetwork } from '@dmnn/network';
import { type SavedModel, saveModel } from '@dmnn/trainer';

/** Two-path ResNet-8 for 32 px and four classes, untrained, with gates that images decide about: quick to run. */
export async function saveSmallModel(folder: string, facts: Partial<SavedModel> = {}): Promise<SavedModel> {
  const architecture = createArchitecture('dmnn-cifar-resnet8-0.25-n2', { classes: 4 });
  const network = createNetwork(architecture, { seed: 5, openingRate: 0.5 });
  const model: SavedModel = {
    architecture,
    weights: await network.weights(),
    channelMeans: [0.5, 0.4, 0.3],
    channelDeviations: [0.2, 0.25, 0.3],
    classNames: ['ant', 'bee', 'crane', 'crane'],
    importedFrom: { file: 'small.safetensors', sha256: '0'.repeat(64), names: 'torchvision' },
    ...facts,
  };
  network.dispose();
  await saveModel(folder, model);
  return model;
}
