import { createArchitecture } from '@dmnn/backbones';
import { expect, it } from 'vitest';
import { listModels } from './list-models.js';

it('lists every model with the image size and the costs of its architecture', () => {
  const listings = listModels();
  expect(listings.length).toBeGreaterThanOrEqual(27);
  for (const { name, imageSizePx, macs, fixedMacs, gatedMacs, controllerMacs } of listings) {
    const architecture = createArchitecture(name);
    expect(imageSizePx).toBe(architecture.imageSizePx);
    expect(macs).toBe(fixedMacs + gatedMacs + controllerMacs);
    expect(gatedMacs > 0).toBe(architecture.undivided !== undefined);
  }
});
