import { createArchitecture, slimmable } from '@dmnn/backbones';
import { builtInDataset, evaluationBatches } from '@dmnn/data';
import { locateEngine, openEngineCascade } from '@dmnn/engine';
import { createNetwork } from '@dmnn/network';
import { DynamicSession, exportCascade } from '@dmnn/onnx';
import { type Cascade, type Model, cascade, withGates } from '@dmnn/runs';
import { runStages, stageOutputs } from '@dmnn/trainer';
import { type Weights, initialWeights, narrowWeights } from '@dmnn/weights';
import { type Architecture, gatedBlocks } from '@dmnn/architecture';
import { expect, it } from 'vitest';

const COUNT = 12;
const normalisation = { channelMeans: [0.5, 0.5, 0.5], channelDeviations: [0.25, 0.25, 0.25] };
/** With batch norms as if they had seen images of little contrast, and gates that images decide about. */
const weightsOf = (architecture: Architecture, seed: number): Weights => {
  const scaled = (data: ArrayLike<number>): Float32Array =>
    Float32Array.from(data, (value, i) => value * (0.2 + 0.05 * ((i + seed) % 7)));
  return new Map(
    [...initialWeights(architecture, { seed, openingRate: 0.5 })].map(([name, tensor]) => [
      name,
      name.endsWith('movingVariance') ? { ...tensor, data: scaled(tensor.data) } : tensor,
    ]),
  );
};

function gated(name: string): Model {
  const architecture = createArchitecture(name, { classes: 10 });
  return { architecture, weights: weightsOf(architecture, 3), ...normalisation };
}

/** The widths of a slimmable network, narrow first, each with batch norms of its own. */
function widths(name: string): Model[] {
  const { networks } = slimmable(name, { widths: [0.5, 1], classes: 10 });
  const [narrow, whole] = networks as [Architecture, Architecture];
  const weights = weightsOf(whole, 4);
  return [
    { architecture: narrow, weights: narrowWeights(weights, narrow, weightsOf(narrow, 5)), ...normalisation },
    { architecture: whole, weights, ...normalisation },
  ];
}

/** A fixed pattern in which every second sub-block is closed. */
const everySecond = ({ architecture }: Model): boolean[][] =>
  gatedBlocks(architecture).map(({ block }) => block.subBlocks.map((_, n) => n % 2 === 0));

const [resnet, mobile] = ['dmnn-cifar-resnet8-0.5-n2', 'dmnn-cifar-mobilenetv2-0.5-n2'].map(gated) as [
  Model,
  Model,
];
const systems: [string, readonly Model[]][] = [
  ['a slimmable ResNet at two widths', widths('cifar-resnet8')],
  ['a slimmable MobileNetV2 at two widths', widths('cifar-mobilenetv2-0.5')],
  [
    'DMNN-ResNet at another threshold, then all open',
    [withGates(resnet, { threshold: 0.8 }), withGates(resnet, { pattern: 'all' })],
  ],
  [
    'DMNN-ResNet at a fixed pattern, then its own gates',
    [withGates(resnet, { pattern: everySecond(resnet) }), resnet],
  ],
  [
    'DMNN-MobileNetV2 at a fixed pattern, its gates, then all open',
    [withGates(mobile, { pattern: everySecond(mobile) }), mobile, withGates(mobile, { pattern: 'all' })],
  ],
];

const dataset = {
  ...builtInDataset({ split: 'test', size: COUNT }),
  classes: 10,
  label: (i: number) => i % 10,
};

it.each(systems)('is the same masked, leaving, exported and compiled: %s', async (_, parts) => {
  const images: Float32Array[] = [];
  for await (const batch of evaluationBatches(dataset, { batchSize: 1 })) images.push(batch.images.slice());
  const networks = parts.map(({ architecture, weights }) =>
    createNetwork(architecture, { seed: 0, weights }),
  );
  const staged = networks.map((network) => ({ network, dataset }));
  // untrained networks are far too sure, or not at all
  const temperatures: number[] = [];
  for (const part of staged) {
    const { values } = (await stageOutputs(part)).logits;
    const all = Array.from(values);
    temperatures.push((Math.max(...all) - Math.min(...all)) / 6);
  }
  const everything = { by: 'probability', combine: 'mean', temperatures } as const;
  const thresholds: number[] = [];
  for (const at of parts.slice(1).keys()) {
    const { confidence } = await runStages({
      parts: staged,
      settings: { ...everything, thresholds: parts.slice(1).map((_each, stage) => (stage < at ? 1 : 0)) },
    });
    const sorted = [...confidence].sort((x, y) => x - y);
    thresholds.push(((sorted[COUNT / 2 - 1] as number) + (sorted[COUNT / 2] as number)) / 2); // half go on
  }
  const settings = { ...everything, thresholds };
  const masked = await runStages({ parts: staged, settings, execution: 'masked' });
  const leaving = await runStages({ parts: staged, settings, execution: 'leaving' });
  expect([leaving.stage, leaving.predicted, leaving.macs]).toEqual([
    masked.stage,
    masked.predicted,
    masked.macs,
  ]);
  expect(new Set(masked.stage).size).toBeGreaterThan(1);

  const whole: Cascade = cascade(parts, { thresholds, temperatures });
  const session = await DynamicSession.create(exportCascade(whole.parts, whole.settings));
  const found = locateEngine();
  const engine = found.path === undefined ? undefined : await openEngineCascade(whole, { precision: 'f32' });
  for (const [row, image] of images.entries()) {
    const runs = [session.run(image), ...(engine ? [engine.run(image)] : [])];
    for (const own of await Promise.all(runs)) {
      expect([own.stage, own.macs]).toEqual([masked.stage[row], masked.macs[row]]);
      expect(own.confidence).toBeCloseTo(masked.confidence[row] as number, 4);
      expect(own.logits.indexOf(Math.max(...own.logits))).toBe(masked.predicted[row]);
    }
  }
  await session.close();
  await engine?.close();
  for (const network of networks) network.dispose();
});
