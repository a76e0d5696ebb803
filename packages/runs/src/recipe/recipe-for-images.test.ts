import { createArchitecture } from '@dmnn/backbones';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recipeForImages } from './recipe-for-images.js';

describe('recipeForImages', () => {
  it('gives a network that exists batches that the images fill', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 8, max: 224 }),
        fc.integer({ min: 4, max: 2_000_000 }),
        (imageSizePx, trainingImages) => {
          const { name, model, batchSize, epochs, augmentation } = recipeForImages({
            imageSizePx,
            trainingImages,
          });
          expect(createArchitecture(model.name, { classes: 3, imageSizePx }).head.classes).toBe(3);
          expect(name).toBe(imageSizePx <= 64 ? 'images-small' : 'images-large');
          expect(augmentation).toBe(imageSizePx <= 64 ? 'pad-crop-flip' : 'random-resized-crop');
          expect(batchSize).toBeLessThanOrEqual(trainingImages);
          expect(epochs).toBeGreaterThanOrEqual(10);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('continues the network that is given for fewer epochs, at a lower rate', () => {
    const fresh = recipeForImages({ imageSizePx: 32, trainingImages: 1000 });
    const from = { name: 'cifar-resnet20', subBlocks: 2 };
    const continued = recipeForImages({ imageSizePx: 32, trainingImages: 1000, from });
    expect(continued.model).toMatchObject(from);
    expect(continued.epochs).toBeLessThan(fresh.epochs);
    expect(continued.learningRate.from).toBeLessThan(fresh.learningRate.from);
    expect(continued.fineTuning?.trainable).toBe('all');
    expect([continued.model.blockBias, continued.fineTuning?.channelOrder]).toEqual([true, 'importance']);

    const gated = { name: 'dmnn-cifar-resnet20-n2', subBlocks: null };
    for (const blockBias of [undefined, true]) {
      const own = recipeForImages({ imageSizePx: 32, trainingImages: 1000, from: { ...gated, blockBias } });
      expect([own.model.blockBias, own.fineTuning?.channelOrder]).toEqual([blockBias, undefined]);
    }
  });

  it('has no gates for a network that has no blocks', () => {
    const from = { name: 'keras-plain', subBlocks: null, gated: false };
    const { gating, model, description } = recipeForImages({ imageSizePx: 32, trainingImages: 1000, from });
    expect([gating, model.name, model.subBlocks]).toEqual([null, 'keras-plain', null]);
    expect(description).toContain('without gates');
  });

  it('refuses too few images for a batch', () => {
    expect(() => recipeForImages({ imageSizePx: 32, trainingImages: 3 })).toThrow(RangeError);
  });
});
