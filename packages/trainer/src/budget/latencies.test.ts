import { createArchitecture } from '@dmnn/backbones';
import { meanCost } from '@dmnn/flops';
import type { ForwardOptions, Network } from '@dmnn/network';
import { createNetwork } from '@dmnn/network';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, it } from 'vitest';
import type { EngineNetwork } from '../evaluate/engine-network.js';
import { fitLatencies } from './fit-latencies.js';
import { randomPattern, timedPolicy } from './gate-patterns.js';
import { type LatencyTable, latencyCosts, latencyOrigin, parseLatencyTable } from './latency-table.js';
import { measureLatencies } from './measure-latencies.js';

const architecture = createArchitecture('dmnn-cifar-resnet8-0.25-n2', { classes: 4, imageSizePx: 8 });
const network = createNetwork(architecture, { seed: 5 });

afterAll(() => {
  network.dispose();
});

const truth = { alwaysCost: 5, subBlockCosts: [[1, 2], [0, 4], [0.5, 3]] }; // prettier-ignore

/** The network, and a clock that its forward passes move: by what an image costs, and now and then by a disturbance. */
function slowNetwork(disturbances: readonly number[] = [0]): { slow: Network; now: () => number } {
  let [time, passes] = [0, 0];
  const forward = (images: tf.Tensor4D, options: ForwardOptions) => {
    const pass = network.forward(images, options);
    const rates = pass.gates.map((gate) => {
      const rows = gate.arraySync();
      return rows[0]!.map((_, n) => rows.reduce((sum, row) => sum + row[n]!, 0) / rows.length);
    });
    time += images.shape[0] * meanCost(truth, rates) + disturbances[passes++ % disturbances.length]!;
    return pass;
  };
  return { slow: { architecture, forward } as unknown as Network, now: () => time };
}

describe('measureLatencies', () => {
  it.each([1, 6])('finds what each sub-block takes, for an image of %i', async (batchSize) => {
    const { slow, now } = slowNetwork();
    const before = tf.memory().numTensors;
    const shares: number[] = [];
    const table = await measureLatencies(slow, {
      ...{ imageSizePx: 8, batchSize, rounds: 1, now },
      backend: { version: '1.2', threads: 2 },
      onProgress: (share) => shares.push(share),
    });
    expect(tf.memory().numTensors).toBe(before);
    expect(shares.at(-1)).toBe(1);
    expect(table.fixedMs).toBeCloseTo(5, 6);
    expect(table.meanOverShortest).toBe(1);
    table.subBlockMs.flat().forEach((ms, g) => {
      expect(ms).toBeCloseTo(truth.subBlockCosts.flat()[g]!, 6);
    });
    expect(table.predictionError.patterns).toBe(20);
    expect(table.predictionError.largest).toBeLessThan(1e-6);
    expect(table).toMatchObject({
      ...{ format: 1, model: architecture.name, imageSizePx: 8, batchSize, rounds: 1 },
      ...{ engine: 'tfjs', precision: 'f32' },
      environment: { backend: 'cpu', backendVersion: '1.2', threads: 2 },
    });
    expect(parseLatencyTable(JSON.parse(JSON.stringify(table)), architecture)).toEqual(table);
  });

  it('compares shortest times, which disturbances do not change, and gives means, which they do', async () => {
    const { slow, now } = slowNetwork([0, 40, 7]); // 5 + 40 patterns: each meets all three
    const table = await measureLatencies(slow, {
      imageSizePx: 8,
      rounds: 3,
      patterns: 18,
      unseenPatterns: 20,
      now,
    });
    expect(table.predictionError.largest).toBeLessThan(1e-6);
    const subBlocks = [2, 2, 2];
    const patterns = Array.from({ length: 38 }, (_, i) => randomPattern(subBlocks, 1, 0, i).rates);
    const ends = [0, 1].map((rate) => subBlocks.map((count) => new Array<number>(count).fill(rate)));
    const undisturbed = [...ends, ...patterns].map((rates) => meanCost(truth, rates));
    const mean = undisturbed.reduce((sum, ms) => sum + ms, 0) / 40;
    const longer = (mean + (0 + 40 + 7) / 3) / mean;
    expect(table.meanOverShortest).toBeCloseTo(longer, 9);
    expect(table.fixedMs).toBeCloseTo(longer * 5, 6);
    expect(table.subBlockMs[1]?.[1]).toBeCloseTo(longer * 4, 6);
  });

  it('says how far off it is where times are not proportional', async () => {
    const { slow, now } = slowNetwork([0, 9, 1, 4, 7]);
    const table = await measureLatencies(slow, { imageSizePx: 8, rounds: 1, now });
    expect(table.predictionError.mean).toBeGreaterThan(0.05);
    expect(table.predictionError.largest).toBeGreaterThan(table.predictionError.mean);
  });

  it('refuses a network without gates, too few patterns and a clock that stands', async () => {
    const still = { architecture: createArchitecture('cifar-resnet8', { classes: 4 }) } as Network;
    const { slow } = slowNetwork();
    await expect(measureLatencies(still, { imageSizePx: 8 })).rejects.toThrow(
      'network: expected one with gates',
    );
    await expect(measureLatencies(slow, { imageSizePx: 8, patterns: 5 })).rejects.toThrow(
      'patterns: expected an integer >= 6, the number of sub-blocks, got 5',
    );
    await expect(measureLatencies(slow, { imageSizePx: 8, rounds: 0 })).rejects.toThrow('rounds: expected');
    await expect(measureLatencies(slow, { imageSizePx: 8, now: () => 3 })).rejects.toThrow(
      'now: expected a clock',
    );
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(measureLatencies(slow, { imageSizePx: 8, signal })).rejects.toThrow('enough');
  });
});

describe('measureLatencies of an engine', () => {
  /** An engine that runs the patterns that it is given, and moves a clock. Its first run of a pattern is slow. */
  function slowEngine(): { engine: EngineNetwork; now: () => number } {
    let time = 0;
    const prepared = new Set<string>();
    const engine: EngineNetwork = {
      architecture,
      engine: { name: 'compiled', precision: 'bf16', version: 'oneDNN 3.2.0', threads: 2 },
      run: (image, { pattern = architecture.stages.map(() => [false, false]) }) => {
        expect(image).toHaveLength(8 * 8 * 3);
        const rates = pattern.map((block) => block.map(Number));
        time += meanCost(truth, rates) + (prepared.has(pattern.join()) ? 0 : 500);
        prepared.add(pattern.join());
        return Promise.resolve({ logits: new Float32Array(4), gates: pattern, macs: 0 });
      },
    };
    return { engine, now: () => time };
  }

  it('finds what each sub-block takes, without what is prepared at first, and records what it is of', async () => {
    const { engine, now } = slowEngine();
    const table = await measureLatencies(engine, { imageSizePx: 8, rounds: 2, now });
    expect(table.meanOverShortest).toBe(1);
    expect(table.fixedMs).toBeCloseTo(5, 6);
    table.subBlockMs.flat().forEach((ms, g) => {
      expect(ms).toBeCloseTo(truth.subBlockCosts.flat()[g]!, 6);
    });
    expect(table).toMatchObject({
      ...{ engine: 'compiled', precision: 'bf16', batchSize: 1 },
      environment: { backend: 'compiled', backendVersion: 'oneDNN 3.2.0', threads: 2, tfjs: null },
      processor: expect.any(String) as string,
    });
    expect(latencyOrigin(table)).toEqual({ engine: 'compiled', precision: 'bf16' });
    const saved: unknown = JSON.parse(JSON.stringify(table));
    expect(parseLatencyTable(saved, architecture, { engine: 'compiled', precision: 'bf16' })).toEqual(table);
    expect(() => parseLatencyTable(saved, architecture, { engine: 'tfjs', precision: 'f32' })).toThrow(
      'engine: expected times of tfjs in f32, got times of compiled in bf16',
    );
    expect(() => parseLatencyTable(saved, architecture, { engine: 'compiled', precision: 'f32' })).toThrow(
      'engine: expected times of compiled in f32, got times of compiled in bf16',
    );
  });

  it('refuses batches, and an engine that runs another pattern', async () => {
    const { engine, now } = slowEngine();
    await expect(measureLatencies(engine, { imageSizePx: 8, batchSize: 2, now })).rejects.toThrow(
      'batchSize: expected 1 with an engine, which runs image by image, got 2',
    );
    const stubborn: EngineNetwork = { ...engine, run: (image) => engine.run(image, {}) };
    await expect(measureLatencies(stubborn, { imageSizePx: 8, now })).rejects.toThrow(
      'network: expected an engine that runs the pattern it is given, got compiled, which ran another',
    );
  });
});

describe('fitLatencies', () => {
  it('gives no sub-block a time below 0', () => {
    // open or not, 2 ms; the second makes it shorter: least squares would say −1
    const timed = [
      { rates: [[0, 0]], ms: 2 },
      { rates: [[1, 0]], ms: 3 },
      { rates: [[0, 1]], ms: 1 },
      { rates: [[1, 1]], ms: 2 },
    ];
    const { fixedMs, subBlockMs } = fitLatencies(timed);
    // without the second: the relative errors of f to 2 and 1, of f + s to 3 and 2, are least at
    // f = (1/2 + 1) / (1/4 + 1) = 1.2 and f + s = (1/3 + 1/2) / (1/9 + 1/4) = 2.3077
    expect(subBlockMs[0]?.[1]).toBe(0);
    expect(fixedMs).toBeCloseTo(1.2, 9);
    expect(subBlockMs[0]?.[0]).toBeCloseTo(30 / 13 - 1.2, 9);
  });
});

describe('gate patterns', () => {
  it('open what they say, and the shares that they say', () => {
    const pattern = randomPattern([2, 2, 2], 6, 0, 3);
    const pass = network.forward(tf.zeros([6, 8, 8, 3]), {
      policy: timedPolicy(pattern),
      statistics: 'moving',
      execution: 'masked',
    });
    pass.gates.forEach((gate, l) => {
      const rows = gate.arraySync();
      expect(rows.map((row) => row.map(Boolean))).toEqual(pattern.open.map((image) => image[l]));
      expect(pattern.rates[l]).toEqual([0, 1].map((n) => rows.filter((row) => row[n] === 1).length / 6));
    });
    tf.dispose(pass);
  });

  it('are of all densities', () => {
    const densities = Array.from({ length: 60 }, (_, i) => {
      const rates = randomPattern([2, 2, 2], 1, 0, i).rates.flat();
      return rates.reduce((sum, rate) => sum + rate, 0) / 6;
    });
    expect(densities.filter((density) => density < 0.34).length).toBeGreaterThan(8);
    expect(densities.filter((density) => density > 0.66).length).toBeGreaterThan(8);
  });
});

describe('parseLatencyTable', () => {
  const table: LatencyTable = {
    ...{ format: 1, model: architecture.name, imageSizePx: 8, batchSize: 1, rounds: 7 },
    fixedMs: 5.3,
    subBlockMs: [[1, 2], [3, 4], [5, 6]],
    meanOverShortest: 1.1,
    predictionError: { patterns: 20, mean: 0.01, largest: 0.03 },
    environment: {
      ...{ backend: 'wasm', backendVersion: null, threads: null },
      ...{ tfjs: '4.22.0', node: 'v20.20.2', platform: 'linux-x64' },
    },
    processor: 'a processor',
    logicalCores: 2,
    measuredAt: '2026-11-24T02:00:00.000Z',
  }; // prettier-ignore

  it('takes the table of a network, and gives its costs', () => {
    const read = parseLatencyTable(JSON.parse(JSON.stringify(table)), architecture);
    expect(read).toEqual(table);
    // from before there were engines: of TensorFlow.js
    expect(latencyOrigin(read)).toEqual({ engine: 'tfjs', precision: 'f32' });
    expect(parseLatencyTable(table, architecture, { engine: 'tfjs', precision: 'f32' })).toEqual(table);
    expect(() => parseLatencyTable(table, architecture, { engine: 'compiled', precision: 'f32' })).toThrow(
      'engine: expected times of compiled in f32, got times of tfjs in f32',
    );
    expect(latencyCosts(read)).toEqual({ alwaysCost: 5.3, subBlockCosts: table.subBlockMs });
  });

  it.each([
    [{ ...table, format: 2 }, /format: /],
    [{ ...table, fixedMs: -1 }, /fixedMs: /],
    [{ ...table, fixedMs: null }, /fixedMs: /], // as JSON writes NaN
    [{ ...table, meanOverShortest: 0.9 }, /meanOverShortest: /],
    [{ ...table, extra: 1 }, /extra/],
    [[], /table: /],
    [{ ...table, subBlockMs: [[1, 2]] }, /subBlockMs: expected \[2, 2, 2\] times.*got \[2\]/],
  ])('refuses %#', (value, message) => {
    expect(() => parseLatencyTable(value, architecture)).toThrow(
      expect.objectContaining({ code: 'DMNN_LATENCIES' }),
    );
    expect(() => parseLatencyTable(value, architecture)).toThrow(message);
  });
});
