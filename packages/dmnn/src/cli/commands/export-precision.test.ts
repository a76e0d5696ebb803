import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { builtInDataset, evaluationBatches } from '@dmnn/data';
import { locateEngine, openEngine, quantiseNetwork } from '@dmnn/engine';
import { DynamicSession, exportOnnx, readDescription } from '@dmnn/onnx';
import { openNetworkData } from '@dmnn/runs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { painted } from '../../fixtures/painted.js';
import { run } from '../../fixtures/run-captured.js';
import { saveSmallModel } from '../../fixtures/small-model.js';

const { path, reason } = locateEngine();
const folder = mkdtempSync(join(tmpdir(), 'dmnn-export-precision-'));
const at = (name: string) => join(folder, name);
const results = fileURLToPath(new URL('../../../../../docs/results', import.meta.url));

beforeAll(async () => {
  await saveSmallModel(at('model'));
  mkdirSync(at('photos'));
  for (const name of ['a', 'b', 'c'])
    await painted(40, 37)
      .png()
      .toFile(at(`photos/${name}.png`));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const exported = (file: string, ...argv: string[]) =>
  run(['export', at('model'), '--out', at(file), '--precision', 'int8', ...argv]);

describe('dmnn export --precision int8', () => {
  it.each([
    [[], /--precision: expected a quantised network with int8, got .*model without quantisation\.json\. Run: dmnn quantize .*model --data …/], // prettier-ignore
    [['--cpu-lanes'], /--cpu-lanes: expected --precision f32 with it, got int8/],
    [['--lanes', '8'], /--lanes: expected --precision f32 with it, got int8/],
    [['--for', 'web'], /--precision: expected f32 with --for web, got int8/],
    [['--precision', 'f32', '--quantize-images', '.'], /--quantize-images: expected --precision int8 with it, got f32/], // prettier-ignore
    [['--precision', 'bf16'], /--precision: expected f32, int8, got 'bf16'/],
  ])('refuses %j', async (argv, message) => {
    const { code, err } = await exported('refused.onnx', ...argv);
    expect(code).toBe(2);
    expect(err).toMatch(message);
  });

  it('refuses a quantisation of other weights, and images for a model that does not say how to prepare them', async () => {
    const ranges = { image: 1 };
    const quantisation = { format: 'dmnn quantisation', version: 1, network: 'dmnn-cifar-resnet8-0.25-n2', weights: 'a'.repeat(64), images: 1, percentile: 1, ranges }; // prettier-ignore
    writeFileSync(at('model/quantisation.json'), JSON.stringify(quantisation));
    const { code, err } = await exported('refused.onnx');
    rmSync(at('model/quantisation.json'));
    expect(code).not.toBe(0);
    expect(err).toMatch(
      /quantisation: expected one of these weights .*, got one of others \(aaaaaaaaaaaa…\)/,
    );
    const random = ['export', 'dmnn-cifar-resnet8-n2', '--out', at('refused.onnx'), '--precision', 'int8'];
    const unprepared = await run([...random, '--quantize-images', at('photos')]);
    expect(unprepared.err).toMatch(
      /--quantize-images: expected a model that says how its images are prepared/,
    );
  });
});

describe.skipIf(path === undefined)(
  `dmnn export --precision int8, quantised${path === undefined ? ` (not run: ${reason})` : ''}`,
  () => {
    it('takes what dmnn quantize wrote, or the images of a folder, and predict runs the file', async () => {
      const fromImages = await exported('photos.onnx', '--quantize-images', at('photos'));
      expect([fromImages.code, fromImages.err]).toEqual([0, expect.stringContaining('quantised on 3 of 3 images')]); // prettier-ignore
      const data = ['--data', 'built-in=64', '--images', '16', '--held-out', '8'];
      expect((await run(['quantize', at('model'), ...data])).code).toBe(0);
      const { code, out } = await exported('int8.onnx');
      expect(code).toBe(0);
      expect(out).toMatch(/8 bits {2}QuantizeLinear and DequantizeLinear/);
      expect(out).toMatch(/check {3}run on [123] seeded images: logits within .* of the network's largest in float32/); // prettier-ignore
      expect(readDescription(readFileSync(at('int8.onnx'))).precision).toBe('int8');
      expect(readFileSync(at('int8.onnx')).equals(readFileSync(at('photos.onnx')))).toBe(false);
      const json = await exported('int8.onnx', '--json', '--pattern', '10,11,01');
      expect(JSON.parse(json.out)).toMatchObject({ precision: 'int8', frozenGates: [[true, false], [true, true], [false, true]] }); // prettier-ignore
      const predicted = await run(['predict', at('photos/a.png'), '--model', at('int8.onnx')]);
      expect(predicted.code).toBe(0);
    });

    it.each([
      ['cifar100/resnet20/n2-t0.6-s1', 0.02],
      ['cifar100/resnet14/n2-t0.6-s1', 0.02],
      ['base/resnet20', 0.03],
    ])('%s, trained: the file and the engine in 8 bits are alike, and near float32', async (name, most) => {
      const network = await openNetworkData(join(results, name));
      const { channelMeans, channelDeviations } = network;
      const first = async (split: 'train' | 'test', count: number) => {
        const dataset = {
          ...builtInDataset({ split, seed: 1, size: count }),
          channelMeans,
          channelDeviations,
        };
        const images: Float32Array[] = [];
        for await (const batch of evaluationBatches(dataset, { batchSize: count })) {
          const length = batch.images.length / count;
          images.push(
            ...Array.from({ length: count }, (_, b) => batch.images.slice(b * length, (b + 1) * length)),
          );
        }
        return images;
      };
      const quantisation = await quantiseNetwork(network, await first('train', 64));
      const session = await DynamicSession.create(exportOnnx(network, { precision: 'int8', quantisation }));
      const [engine, exact] = await Promise.all([
        openEngine(network, { precision: 'int8', quantisation }),
        openEngine(network, { precision: 'f32' }),
      ]);
      const distances = { file: 0, engine: 0, apart: 0 };
      let [largest, flipped, gates] = [0, 0, 0];
      const squares = (a: Float32Array, b: Float32Array) =>
        a.reduce((sum, value, c) => sum + (value - b[c]!) ** 2, 0) / a.length;
      const images = await first('test', 64);
      for (const image of images) {
        const [ours, own, expected] = [
          await session.run(image),
          await engine.run(image),
          await exact.run(image),
        ];
        expected.gates.forEach((row, l) => {
          row.forEach((gate, n) => {
            gates += 1;
            if (ours.gates[l]?.[n] === gate) return;
            flipped += 1;
            expect(Math.abs(expected.gateLogOdds[l]![n]!)).toBeLessThan(0.5); // near the threshold
          });
        });
        distances.file += squares(ours.logits, expected.logits) / images.length;
        distances.engine += squares(own.logits, expected.logits) / images.length;
        distances.apart += squares(ours.logits, own.logits) / images.length;
        largest += Math.max(...expected.logits.map(Math.abs)) / images.length;
      }
      await Promise.all([session.close(), engine.close(), exact.close()]);
      const [file, own, apart] = Object.values(distances).map((each) => Math.sqrt(each) / largest);
      if (engine.precision !== 'int8') return; // without VNNI the products of both are others
      expect(file).toBeLessThan(most);
      expect(file).toBeLessThan(1.5 * own! + 1e-3);
      expect(apart).toBeLessThan(1.5 * Math.max(file!, own!) + 1e-3); // two roundings of one size
      expect(flipped).toBeLessThanOrEqual(0.02 * gates);
    });
  },
);
