import { type Architecture, type Inference, paperController } from '@dmnn/architecture';
import { createArchitecture } from '@dmnn/backbones';
import { anyPaddedTiny, tinyArchitecture } from '@dmnn/test-networks';
import * as fc from 'fast-check';
import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { onnxModel } from '../export-onnx.js';
import { gateDifferences, references } from '../fixtures/agreement.js';
import { arbitraryImage, relativeDifference } from '@dmnn/test-networks';
import { arbitraryWeights } from '../fixtures/arbitrary-weights.js';
import { interpretBlocked } from '../fixtures/interpret-blocked.js';
import { encodeModel } from '../graph/encode-model.js';
import { cpuLanes } from '../session/cpu-lanes.js';
import { inferenceOf, preparedImage } from '../session/inference.js';
import { readDescription } from '../session/read-description.js';
import type { IfLayout } from './export-options.js';

const layouts: readonly IfLayout[] = ['sub-blocks', 'pairs', 'patterns'];

/** Exports for `lanes`, and interprets the file; also returns its bytes and the image. */
function interpreted(architecture: Architecture, seed: number, lanes: 8 | 16, layout: IfLayout) {
  const weights = arbitraryWeights(architecture, seed);
  const { imageSizePx, inChannels } = architecture;
  const image = arbitraryImage(imageSizePx ** 2 * inChannels, seed);
  const model = onnxModel({ architecture, weights }, { cpuLanes: lanes, layout });
  const file = encodeModel(model);
  const description = readDescription(file);
  const planes = preparedImage(image, {}, description);
  const outputs = interpretBlocked(model.graph, lanes, planes);
  const data = (name: string) => outputs.get(name)?.data ?? [];
  const ours = inferenceOf(
    {
      logits: Float32Array.from(data('logits')),
      gates: Uint8Array.from(data('gates')),
      macs: data('macs')[0]!,
    },
    description,
  );
  return { ours, weights, image, file, planes, shape: [1, inChannels, imageSizePx, imageSizePx] };
}

function expectAgreement(
  architecture: Architecture,
  seed: number,
  lanes: 8 | 16,
  layout: IfLayout,
): Inference {
  const { ours, weights, image } = interpreted(architecture, seed, lanes, layout);
  const [reference] = references(architecture, weights, [image]);
  const { clear, close } = gateDifferences(ours, reference!);
  expect(clear).toBe(0);
  if (close === 0) expect(relativeDifference(ours.logits, reference!.logits)).toBeLessThan(1e-4);
  return ours;
}

const suitsAllLanes = ({ stages }: Architecture): boolean =>
  stages.every(({ blocks }) =>
    blocks.every(({ subBlocks }) =>
      subBlocks.every(({ units }) =>
        units.every(({ groups, inChannels }) => groups === 1 || groups === inChannels),
      ),
    ),
  );

describe.each([8, 16] as const)('blocked maps of %i lanes, interpreted', (lanes) => {
  it('agree with @dmnn/network, for all kinds of blocks, shortcuts and controllers', () => {
    fc.assert(
      fc.property(
        anyPaddedTiny.filter(suitsAllLanes),
        fc.nat(1e6),
        fc.constantFrom(...layouts),
        (architecture, seed, layout) => {
          expectAgreement(architecture, seed, lanes, layout);
        },
      ),
      { numRuns: 60 },
    );
  });

  it.each([
    'mobilenetv2-0.75',
    'dmnn-cifar-mobilenetv2-0.4-n2',
    'dmnn-mobilenetv2-0.25-n4',
    'dmnn-cifar-resnet8-n2',
    'dmnn50-0.25-n4',
    'convnet-aig-cifar-resnet20',
    'cifar-resnext29-8x64d-0.25',
  ])('%s agrees', (name) => {
    const architecture = createArchitecture(name, { classes: 10, imageSizePx: 2 });
    expectAgreement(architecture, 3, lanes, 'pairs');
  });

  it.each([1, lanes - 1, lanes, lanes + 1, 2 * lanes])('agree for images of %i channels', (inChannels) => {
    const blocks = [
      { kind: 'separable', shortcut: 'pad', subBlocks: 2, controller: paperController },
    ] as const;
    expectAgreement(tinyArchitecture(blocks, { inChannels }), 4, lanes, 'pairs');
  });
});

const own = await cpuLanes(ort);
if (!own) process.stderr.write('not run: the interpreter against ONNX Runtime (no blocked layout here)\n');

describe.runIf(own)('interpretBlocked', () => {
  it('gives what ONNX Runtime gives on this processor', async () => {
    const any = fc.asyncProperty(
      anyPaddedTiny.filter(suitsAllLanes),
      fc.nat(1e6),
      async (architecture, seed) => {
        const { ours, file, planes, shape } = interpreted(architecture, seed, own!, 'pairs');
        const session = await ort.InferenceSession.create(file);
        const theirs = await session.run({ image: new ort.Tensor('float32', planes, shape) });
        await session.release();
        const gates = [...((theirs['gates']?.data ?? []) as Uint8Array)];
        const most = Math.max(0, ...ours.gates.map(({ length }) => length));
        expect(gates).toEqual(
          ours.gates.flatMap((row) => Array.from({ length: most }, (_, n) => (row[n] === true ? 1 : 0))),
        );
        expect(relativeDifference(ours.logits, theirs['logits']!.data as Float32Array)).toBeLessThan(1e-5);
        expect(theirs['macs']!.data[0]).toBe(ours.macs);
      },
    );
    await fc.assert(any, { numRuns: 40 });
  });
});
