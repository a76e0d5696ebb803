import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Activation, activations } from '@dmnn/architecture';
import { createArchitecture } from '@dmnn/backbones';
import { tinyDynamic } from '@dmnn/test-networks';
import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { arbitraryWeights } from '../fixtures/arbitrary-weights.js';
import { installedCore } from '../fixtures/installed-core.js';
import { interpretPlan } from '../fixtures/interpret-plan.js';
import { encodePlan } from '../plan/encode-plan.js';
import type { CellStep, EnginePlan, PlanStep } from '../plan/engine-plan.js';
import { makePlan } from '../plan/make-plan.js';
import { type NativeCore, type NativeEngine, loadCore } from './native-core.js';
import { openEngine } from './open-engine.js';

const installed = installedCore();
const reason = 'reason' in installed ? installed.reason : undefined;
const title = reason === undefined ? 'the installed core' : `the installed core (not run: ${reason})`;

const architecture = tinyDynamic();
const network = { architecture, weights: arbitraryWeights(architecture, 1) };
const plan = makePlan(network);
const words = encodePlan(plan);
const image = new Float32Array(architecture.imageSizePx ** 2 * architecture.inChannels).fill(0.25);

const folder = mkdtempSync(join(tmpdir(), 'dmnn-core-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('loadCore', () => {
  it.each([
    ['garbage.node', 'not machine code', /got: .*garbage\.node: /],
    ['another.js', 'exports.run = () => 1;', /got: .*another\.js has no function open\. Run: dmnn backend/],
  ])('refuses %s', (name, contents, message) => {
    writeFileSync(join(folder, name), contents);
    expect(() => loadCore(join(folder, name))).toThrow(
      expect.objectContaining({ code: 'DMNN_ENGINE', message: expect.stringMatching(message) as string }),
    );
  });
});

describe.skipIf(reason !== undefined)(title, () => {
  const core = 'path' in installed ? loadCore(installed.path) : (undefined as unknown as NativeCore);
  const open = (encoded: unknown, tensors: unknown = plan.tensors, ...rest: unknown[]): NativeEngine => {
    const [isBfloat16 = false, workers = 1, threads = 1] = rest;
    return core.open(
      encoded as Int32Array,
      tensors as Float32Array[],
      isBfloat16 as boolean,
      workers as number,
      threads as number,
    );
  };

  it.each<[string, () => unknown, string]>([
    ['other numbers', () => open(Int32Array.of(1, 2, 3)), 'plan: expected a plan of dmnn, got other numbers'],
    ['half a plan', () => open(words.slice(0, 40)), 'plan: expected'],
    [
      'a plan of another version',
      () => open(words.map((word, i) => (i === 1 ? 99 : word))),
      'plan: expected version',
    ],
    ['a longer plan', () => open(Int32Array.of(...words, 0)), 'plan: expected its end, got more numbers'],
    ['a list', () => open([...words]), 'plan: expected an Int32Array'],
    ['no tensors', () => open(words, []), 'plan: expected as many tensors as it names'],
    ['tensors that are none', () => open(words, [1]), 'tensors: expected a list of Float32Arrays'],
    ['tensors in no list', () => open(words, {}), 'tensors: expected a list of Float32Arrays'],
    [
      'a tensor of another length',
      () => open(words, [new Float32Array(3), ...plan.tensors.slice(1)]),
      'expected a tensor of the length that the step needs',
    ],
    ['no worker', () => open(words, plan.tensors, false, 0), 'workers, threads: expected whole numbers'],
    ['too many workers', () => open(words, plan.tensors, false, 1e9), 'workers, threads: expected'],
    [
      'a plan whose memory a tensor frees',
      () => {
        const freed = words.slice();
        const tensors = Object.defineProperty([...plan.tensors], 0, {
          get: () => {
            structuredClone(freed, { transfer: [freed.buffer] });
            return plan.tensors[0];
          },
        });
        return open(freed, tensors);
      },
      'plan: expected magic number, got its end',
    ],
    [
      'a tensor that throws',
      () =>
        open(
          words,
          Object.defineProperty([], 0, {
            get: () => {
              throw new Error('of its own');
            },
          }),
        ),
      'of its own',
    ],
  ])('refuses to open %s', (_, action, message) => {
    expect(action).toThrow(message);
  });

  it.each<[string, Partial<CellStep>, string]>([
    ['gates that are no four for each unit', { from: 3 }, 'LSTM: expected four gates for each unit'],
    ['states of two lengths', { hidden: 3 }, 'LSTM: expected states of one length'],
    ['one vector for both states', { hidden: 1 }, 'LSTM: expected three vectors'],
    ['a vector that is none', { cell: 9 }, 'plan: expected cell state in 0 ... 3, got 9'],
  ])('refuses an LSTM with %s', (_, wrong, message) => {
    const step: CellStep = { kind: 'cell', from: 0, cell: 1, hidden: 2, isFirst: false, ...wrong };
    const of: EnginePlan = {
      name: 'cell',
      maps: [{ channels: 1, sizePx: 1, slot: 0 }],
      vectors: [8, 2, 2, 3],
      tensors: [],
      gateCounts: [],
      sites: [],
      steps: [step],
      logits: 1,
    };
    expect(() => open(encodePlan(of), [])).toThrow(message);
  });

  /** A linear layer of one input, each output of which is that times a number. */
  const times = (factors: readonly number[], activation: Activation): EnginePlan => ({
    name: 'linear',
    maps: [{ channels: 1, sizePx: 1, slot: 0 }],
    vectors: [1, factors.length],
    tensors: [Float32Array.from(factors)],
    gateCounts: [],
    sites: [],
    steps: [
      { kind: 'mean', from: 0, to: 0 },
      {
        kind: 'linear',
        from: 0,
        to: 1,
        weight: 0,
        bias: undefined,
        activation,
        adds: false,
        bfloat16: false,
      },
    ],
    logits: 1,
  });

  it.each<[Activation, number[]]>([
    ['none', [-4, -1.5, 0, 1, 3, 7, NaN]],
    ['relu', [0, 0, 0, 1, 3, 7, NaN]],
    ['relu6', [0, 0, 0, 1, 3, 6, NaN]],
    ['hard-swish', [0, -0.375, 0, 2 / 3, 3, 7, NaN]],
  ])('has %s after a linear layer', async (activation, expected) => {
    const of = times([-4, -1.5, 0, 1, 3, 7, NaN], activation);
    const engine = open(encodePlan(of), of.tensors);
    const { logits } = await core.run(engine, Float32Array.of(1), false, undefined, undefined);
    core.close(engine);
    expect([...logits].map((logit) => logit + 0)).toEqual([...Float32Array.from(expected)]); // −0 as 0
  });

  it.each<[string, number, number, string]>([
    ['an activation that is none', 5, 3, 'plan: expected activation in 0 ... 2, got 3'],
    ['bounds in the wrong order', 6, 0x7f800000, 'activation: expected ordered bounds'],
  ])('refuses a linear layer with %s', (_, place, word, message) => {
    const of = times([1], 'relu6');
    const encoded = encodePlan(of);
    encoded[encoded.length - 10 + place] = word; // kind, from, to, weight, bias, activation, bounds, adds, bfloat16
    expect(() => open(encoded, of.tensors)).toThrow(message);
  });

  it('computes linear layers of any width, with weights in float32 or bfloat16', async () => {
    const run = async (of: EnginePlan, numbers: Float32Array) => {
      const engine = open(encodePlan(of), of.tensors);
      const outputs = await core.run(engine, numbers, false, undefined, undefined);
      core.close(engine); // named here, so that it is not collected while the image runs
      return outputs;
    };
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          inputs: fc.integer({ min: 1, max: 70 }),
          outputs: fc.oneof(
            fc.integer({ min: 1, max: 70 }),
            fc.constantFrom(32, 1023, 1024, 1025, 1056, 2100),
          ),
          activation: fc.constantFrom(...(Object.keys(activations) as Activation[])),
          adds: fc.boolean(),
          bfloat16: fc.boolean(),
          biased: fc.boolean(),
          seed: fc.integer({ min: 1, max: 1000 }),
        }),
        async ({ inputs, outputs, activation, adds, bfloat16, biased, seed }) => {
          let draw = seed;
          const random = () => (draw = (draw * 48_271) % 2_147_483_647) / 2_147_483_647;
          const tensor = (length: number) => Float32Array.from({ length }, () => 2 * random() - 1);
          const step = {
            kind: 'linear',
            from: 0,
            to: 1,
            weight: 0,
            adds: false,
            activation: 'none',
          } as const;
          const bias = biased ? 1 : undefined;
          const of: EnginePlan = {
            name: 'linear',
            maps: [{ channels: inputs, sizePx: 1, slot: 0 }],
            vectors: [inputs, outputs],
            tensors: [tensor(inputs * outputs), tensor(outputs), tensor(inputs * outputs)],
            gateCounts: [],
            sites: [],
            steps: [
              { kind: 'mean', from: 0, to: 0 },
              { ...step, bias: undefined, bfloat16: false },
              { ...step, weight: 2, bias, activation, adds, bfloat16 },
            ],
            logits: 1,
          };
          const numbers = tensor(inputs).map((number) => 4 * number); // some sums beyond 6
          const { logits } = await run(of, numbers);
          const expected = interpretPlan(of, numbers).logits;
          // at most 70 products of numbers below 4
          logits.forEach((logit, o) => {
            expect(Math.abs(logit - (expected[o] as number))).toBeLessThan(4e-4);
          });
        },
      ),
    );
  });

  it('lays filters out once for all patterns in which they lie alike', async () => {
    const wide = createArchitecture('dmnn50-n2', { imageSizePx: 32 });
    const of = makePlan({ architecture: wide, weights: arbitraryWeights(wide, 1) }, { padChannelsTo: 16 });
    const engine = open(encodePlan(of), of.tensors);
    const numbers = new Float32Array(32 * 32 * 3).fill(0.25);
    const bytes: number[] = [];
    for (const mask of [0, 1, 2, 3]) {
      const masks = new Uint32Array(of.gateCounts.length).fill(mask);
      await core.run(engine, numbers, false, masks, undefined);
      bytes.push(core.weightBytes(engine));
    }
    const [closed, , , all] = bytes as [number, number, number, number];
    const branches = of.steps.flatMap((step) => (step.kind === 'branch' ? step.cases : []));
    const numbersOf = (steps: readonly PlanStep[]): number =>
      steps.reduce(
        (sum, step) =>
          step.kind === 'convolution'
            ? step.filter.weights.reduce((own, place) => own + (of.tensors[place]?.length ?? 0), sum)
            : sum,
        0,
      );
    const copied = 4 * branches.reduce((sum, steps) => sum + numbersOf(steps), 0);
    // of a block's three filters the last has its inputs side by side, and is laid out for each pattern
    expect(all - closed).toBeLessThan(0.9 * copied);
    expect(all - closed).toBeGreaterThan(0.5 * copied);
    core.close(engine);
  });

  it('refuses what is no handle, and what does not fit a plan', () => {
    const engine = open(words);
    const run =
      (...given: unknown[]) =>
      () =>
        core.run(...(given as unknown as Parameters<NativeCore['run']>));
    const wrong: unknown[] = [undefined, null, 1, {}, words, Symbol('engine')];
    for (const handle of wrong) {
      expect(run(handle, image, false)).toThrow('engine: expected an open one');
      for (const action of ['drop', 'close', 'implementations'] as const)
        expect(() => core[action](handle as NativeEngine)).toThrow('engine: expected a handle');
    }
    expect(run(engine, image.slice(1), false)).toThrow("image: expected the numbers of the plan's image");
    expect(run(engine, [...image], false)).toThrow('image: expected a Float32Array');
    expect(run(engine, image, false, new Uint32Array(9))).toThrow(
      'pattern: expected a mask for each gated block',
    );
    expect(run(engine, image, false, new Uint32Array())).toThrow(
      'pattern: expected a mask for each gated block',
    );
    expect(run(engine, image, false, new Float32Array(2))).toThrow('pattern: expected a Uint32Array');
    expect(run(engine, image, false, undefined, new Float32Array(9))).toThrow(
      'thresholds: expected a number for',
    );
    core.close(engine);
    expect(run(engine, image, false)).toThrow('engine: expected an open one');
    expect(() => core.implementations(engine)).toThrow('engine: expected an open one');
    core.drop(engine);
    core.close(engine);
  });

  it('ends its threads and frees its images, however often it is opened', () => {
    // the system's list of threads, and what JavaScript holds of images: both are counted, none is measured
    const program = `
      const { readFileSync, readdirSync, existsSync } = require('node:fs');
      const { core: file, words, tensors, length } = JSON.parse(readFileSync(0, 'utf8'));
      const core = require(file);
      const numbers = tensors.map((each) => Float32Array.from(each));
      const plan = Int32Array.from(words);
      const threads = () => (existsSync('/proc/self/task') ? readdirSync('/proc/self/task').length : 0);
      const once = async (images) => {
        const engine = core.open(plan, numbers, false, 4, 1);
        const begun = Array.from({ length: images }, () => core.run(engine, new Float32Array(length), false));
        await Promise.all(begun);
        core.close(engine);
      };
      const counted = async () => {
        for (let i = 0; i < 3; i++) {
          await new Promise(setImmediate);
          gc();
        }
        return [threads(), process.memoryUsage().arrayBuffers];
      };
      (async () => {
        await once(50);
        const before = await counted();
        for (let i = 0; i < 40; i++) await once(50);
        console.log(JSON.stringify([before, await counted()]));
      })();`;
    const core = 'path' in installed ? installed.path : '';
    const tensors = plan.tensors.map((tensor) => [...tensor]);
    const input = JSON.stringify({ core, words: [...words], tensors, length: image.length });
    const { stdout, stderr } = spawnSync(process.execPath, ['--expose-gc', '-e', program], {
      input,
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    const [before, after] = JSON.parse(stdout) as [number[], number[]];
    expect(after[0]).toBe(before[0]);
    expect(after[1]).toBeLessThanOrEqual(before[1] as number);
  });

  it.each([
    [0, 'imageSizePx: expected a whole number of pixels, at least 1, got 0'],
    [1.5, 'imageSizePx: expected a whole number of pixels, at least 1, got 1.5'],
    [1e6, 'tiny: expected a network and images that fit, got '],
    [2 ** 32 + 8, 'tiny: expected a network and images that fit, got '],
  ])('refuses images of %s px', async (imageSizePx, message) => {
    await expect(openEngine(network, { imageSizePx })).rejects.toThrow(message);
  });
});
