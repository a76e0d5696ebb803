import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withExits } from '@dmnn/architecture';
import { createArchitecture } from '@dmnn/backbones';
import { nextAnswer } from '@dmnn/confidence';
import { locateEngine, quantisationText, quantiseNetwork } from '@dmnn/engine';
import { countNetwork, countUndivided, flopsTable, tableUntilExit } from '@dmnn/flops';
import { createNetwork } from '@dmnn/network';
import { type Cascade, type OpenedNetworkData, cascade, openNetworkData, saveCascade } from '@dmnn/runs';
import { initialWeights } from '@dmnn/weights';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { preparationOf, readImage } from '../../classify/image-preparation.js';
import { painted } from '../../fixtures/painted.js';
import { run } from '../../fixtures/run-captured.js';
import { saveSmallModel } from '../../fixtures/small-model.js';
import { predict } from '../../classify/predict.js';

const root = mkdtempSync(join(tmpdir(), 'dmnn-cascade-folders-'));
const at = (name: string) => join(root, name);
const image = at('plain.png');
const engines = ['onnx', 'tfjs', ...(locateEngine().path === undefined ? [] : ['compiled'])];

interface Stage {
  readonly name: string;
  readonly answer: { readonly index: number } | null;
  readonly confidence: number | null;
  readonly threshold: number | null;
  readonly macs: number | null;
}

let parts: OpenedNetworkData[];
/** Temperatures at which untrained networks are neither certain nor without an opinion. */
const temperatures = [0.2, 0.2, 0.2];

async function saved(name: string, thresholds: readonly number[]): Promise<Cascade<OpenedNetworkData>> {
  const opened = cascade(parts, { thresholds, temperatures, combine: 'mean' });
  await saveCascade(at(name), opened);
  return opened;
}

/** What the stages say, masked, one after the other. */
async function answers(): Promise<{ index: number; confidence: number }[]> {
  const found: { index: number; confidence: number }[] = [];
  let answer: ReturnType<typeof nextAnswer> | undefined;
  for (const part of parts) {
    const { architecture, weights } = part;
    const pixels = await readImage(image, { imageSizePx: 32, preparation: preparationOf(part) });
    const network = createNetwork(architecture, { seed: 0, weights });
    const pass = network.forward(tf.tensor4d(pixels, [1, 32, 32, 3]), {
      statistics: 'moving',
      execution: 'masked',
    });
    for (const logits of [...pass.exitLogits, pass.logits]) {
      const own = { values: await logits.data<'float32'>(), classes: 4 };
      answer = nextAnswer(answer, own, temperatures[found.length] as number, { combine: 'mean' });
      found.push({ index: answer.predicted[0] as number, confidence: answer.confidence[0] as number });
    }
    tf.dispose(pass);
    network.dispose();
  }
  return found;
}

beforeAll(async () => {
  await painted(32, 32).png().toFile(image);
  const first = withExits(createArchitecture('cifar-resnet8-0.25', { classes: 4 }), { exits: [1] });
  const network = createNetwork(first, { seed: 2 });
  await saveSmallModel(at('first'), {
    ...{ architecture: first, weights: await network.weights() },
    ...{ channelMeans: [0.2, 0.3, 0.4], channelDeviations: [0.25, 0.2, 0.5] },
  });
  network.dispose();
  await saveSmallModel(at('second'));
  parts = [await openNetworkData(at('first')), await openNetworkData(at('second'))];
  await saved('stops-at-exit', [0, 0]);
  await saved('stops-at-first', [1, 0]);
  await saved('goes-to-end', [1, 1]);
});
afterAll(() => {
  rmSync(root, { recursive: true });
});

const folders = ['stops-at-exit', 'stops-at-first', 'goes-to-end'];

describe('dmnn predict of a cascade', () => {
  it.each(engines.flatMap((engine) => folders.map((folder, stage) => [engine, folder, stage] as const)))(
    'says on %s at which stage an image stopped, how sure it was and what it cost: %s',
    async (engine, folder, stage) => {
      const precision = engine === 'compiled' ? ['--precision', 'f32'] : [];
      const common = ['predict', image, '--model', at(folder), '--engine', engine, ...precision];
      const { code, out } = await run([...common, '--json']);
      expect(code).toBe(0);
      const [found] = JSON.parse(out) as {
        stage: number;
        confidence: number;
        macs: number;
        macsRatio: number;
        gates: boolean[][];
        classes: { index: number; name: string; probability: number }[];
      }[];
      const expected = (await answers())[stage]!;
      expect(found).toMatchObject({ stage, classes: [{ index: expected.index }, {}, {}, {}] });
      expect(found!.confidence).toBeCloseTo(expected.confidence, 4);
      expect(found!.classes[0]!.probability).toBeCloseTo(expected.confidence, 4);
      expect(found!.gates.length).toBe(3); // of both networks, the first of which has none
      const table = flopsTable(countNetwork(parts[0]!.architecture));
      if (stage === 0) expect(found!.macs).toBe(tableUntilExit(table, 0).fixedMacs);
      if (stage === 1) expect(found!.macs).toBe(table.fixedMacs);
      if (stage === 2) expect(found!.macs).toBeGreaterThan(table.fixedMacs);
      if (engine !== 'tfjs') return;
      const text = (await run(common)).out;
      const name = ['exit 0 of cifar-resnet8-0.25-e1', 'cifar-resnet8-0.25-e1', 'dmnn-cifar-resnet8-0.25-n2'][
        stage
      ];
      expect(text).toContain(`answered by ${name ?? ''}, stage ${stage + 1} of 3, `);
      expect(text).toMatch(/MACs, \d.* of the last network's/);
    },
  );

  it('opens it in the library, too', async () => {
    const found = [];
    for await (const each of predict([image], { model: at('stops-at-first'), backend: 'cpu' }))
      found.push(each);
    expect(found).toMatchObject([{ stage: 1 }]);
  });

  it.runIf(engines.includes('compiled'))(
    'passes over a quantisation of other weights where the fastest is taken, and refuses it for int8',
    async () => {
      const { architecture } = parts[1]!;
      const other = { architecture, weights: initialWeights(architecture, { seed: 77 }) };
      const file = join(at('second'), 'quantisation.json');
      const images = [new Float32Array(32 * 32 * 3).fill(0.5)];
      writeFileSync(file, quantisationText(await quantiseNetwork(other, images)));
      const timed = await run(['bench', at('goes-to-end'), '--engine', 'compiled', '--json']);
      const found = await run([
        'predict',
        image,
        '--model',
        at('goes-to-end'),
        '--precision',
        'auto',
        '--json',
      ]);
      for (const { code, err } of [timed, found])
        expect([code, err]).toEqual([
          0,
          expect.stringMatching(
            /second.*quantisation\.json is passed over: quantisation: expected one of these weights/,
          ),
        ]);
      expect(found.err).toMatch(/engine compiled/);
      const strict = await run(['bench', at('goes-to-end'), '--engine', 'compiled', '--precision', 'int8']);
      expect(strict.code).not.toBe(0);
      rmSync(file);
    },
  );

  it.runIf(engines.includes('compiled'))('quantises each network on images', async () => {
    mkdirSync(at('images'));
    await painted(40, 32).png().toFile(at('images/one.png'));
    const common = ['predict', image, '--model', at('goes-to-end'), '--json'];
    const quantised = ['--precision', 'int8', '--quantize-images', at('images')];
    const found = await run([...common, ...quantised]);
    expect(found.code).toBe(0);
    expect(found.err).toMatch(/images: quantised on 1 of 1 images.*\n.*images: quantised on 1 of 1 images/);
    expect(found.err).toMatch(
      /engine compiled: cifar-resnet8-0\.25-e1 int8 .*, dmnn-cifar-resnet8-0\.25-n2 int8 /,
    );
    const whole = await run([...common, '--engine', 'compiled', '--precision', 'f32']);
    const [ours, exact] = [found, whole].map(({ out }) => (JSON.parse(out) as { stage: number }[])[0]);
    expect(ours?.stage).toBe(exact?.stage);
  });

  it('refuses networks that are not quantised, with int8', async () => {
    const refused = await run(['predict', image, '--model', at('goes-to-end'), '--precision', 'int8']);
    expect([refused.code, refused.err]).toEqual([
      2,
      expect.stringContaining(
        '--precision: expected quantised networks with int8, got cifar-resnet8-0.25-e1 without',
      ),
    ]);
  });
});

describe('dmnn explain of a cascade', () => {
  it.each(folders.map((folder, stage) => [folder, stage] as const))(
    'shows every stage: answer, confidence, threshold, cost, where it stopped: %s',
    async (folder, stage) => {
      const argv = ['explain', image, '--model', at(folder), '--engine', 'tfjs'];
      const { code, out } = await run([...argv, '--json']);
      expect(code).toBe(0);
      const found = JSON.parse(out) as { stage: number; stages: Stage[]; macs: number };
      const expected = await answers();
      expect(found.stage).toBe(stage);
      expect(found.stages).toHaveLength(3);
      for (const [place, each] of found.stages.entries()) {
        expect(each.threshold).toBe(
          place === 2
            ? null
            : [
                [0, 0],
                [1, 0],
                [1, 1],
              ][stage]![place],
        );
        if (place > stage) expect(each).toMatchObject({ answer: null, confidence: null, macs: null });
        else {
          expect(each.answer?.index).toBe(expected[place]!.index);
          expect(each.confidence).toBeCloseTo(expected[place]!.confidence, 4);
        }
      }
      expect(found.stages[stage]!.macs).toBe(found.macs);
      const text = (await run(argv)).out;
      expect(text).toContain(`It stopped at stage ${stage + 1} of 3, `);
      expect(text.match(/did not run/g) ?? []).toHaveLength(2 - stage);
      expect(text).toMatch(/stopped here/);
    },
  );

  it('draws it: all stages, what ran and what did not, in title and description, too', async () => {
    const file = at('explained.svg');
    const argv = ['explain', image, '--model', at('stops-at-first'), '--engine', 'tfjs', '--svg', file];
    const { code, err } = await run(argv);
    expect([code, err]).toEqual([0, expect.stringContaining('wrote')]);
    const svg = readFileSync(file, 'utf8');
    expect(svg).toContain('data:image/png;base64,');
    expect(svg).toContain('It stopped at stage 2 of 3, cifar-resnet8-0.25-e1: ');
    expect(svg).toMatch(/<desc[^>]*>[^<]*dmnn-cifar-resnet8-0\.25-n2: did not run, all stop here\./);
    expect(svg.match(/>did not run</g)).toHaveLength(1);
    expect(svg.match(/>stopped here</g)).toHaveLength(1);
    expect(svg.match(/url\(#dmnn-hatching\)/g)).toHaveLength(1);
  });
});

describe('dmnn bench of a cascade', () => {
  it.each(engines)(
    'times on %s an image that stops at each stage, and each network alone',
    async (engine) => {
      const backend = engine === 'tfjs' ? ['--backend', 'cpu'] : [];
      const common = ['bench', at('stops-at-first'), '--engine', engine, '--seconds', '0', ...backend];
      const { code, out } = await run([...common, '--json']);
      expect(code).toBe(0);
      const [found, ...others] = JSON.parse(out) as {
        engine: string;
        stages: { name: string; macs: number; milliseconds: number }[];
        parts: { name: string; macs: number; milliseconds: number }[];
      }[];
      expect(others).toEqual([]);
      expect(found?.engine).toMatch(engine);
      const { stages, parts: alone } = found!;
      const table = flopsTable(countNetwork(parts[0]!.architecture));
      expect(stages.map(({ macs }) => macs).slice(0, 2)).toEqual([
        tableUntilExit(table, 0).fixedMacs,
        table.fixedMacs,
      ]);
      expect(stages[2]!.macs).toBeGreaterThan(table.fixedMacs);
      // exits do not run in a network alone
      expect(alone[0]!.macs).toBe(countUndivided(parts[0]!.architecture).macs);
      for (const { milliseconds } of [...stages, ...alone]) expect(milliseconds).toBeGreaterThan(0);
      const text = (await run(common)).out;
      expect(text).toMatch(/stops at stage 1, exit 0 of .*\n.*stops at stage 2, .*\n.*stops at stage 3, /);
      expect(text).toContain('--data measures it');
    },
  );

  it.each([[['--blocks']], [['--open-shares', '0.5']], [['--batch-sizes', '2']], [['--portable']]])(
    'refuses what is about one network: %j',
    async (option) => {
      const { code, err } = await run(['bench', at('stops-at-first'), ...option]);
      expect([code, err]).toEqual([2, expect.stringContaining(`${option[0] ?? ''}: expected one network`)]);
    },
  );

  it('refuses data for one network', async () => {
    const { code, err } = await run(['bench', at('second'), '--data', 'built-in']);
    expect([code, err]).toEqual([2, expect.stringContaining('--data: expected none with one network')]);
  });
});

it.each([
  [['report', at('goes-to-end'), at('goes-to-end'), '--out', at('report')]],
  [['quantize', at('goes-to-end'), '--data', 'built-in=16']],
  [['train', '--recipe', 'demo', '--from', at('goes-to-end'), '--out', at('run'), '--backend', 'cpu']],
])('is refused by name where one network is needed: %j', async (argv) => {
  const { code, err } = await run(argv);
  expect(code).toBe(2);
  expect(err).toContain('expected one network, got a cascade of several (cascade.json)');
});
