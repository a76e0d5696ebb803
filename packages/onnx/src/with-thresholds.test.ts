import { withExits } from '@dmnn/architecture';
import { arbitraryImage, tinyDynamic } from '@dmnn/test-networks';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exportCascade } from './export-cascade.js';
import { exportOnnx } from './export-onnx.js';
import { arbitraryWeights } from './fixtures/arbitrary-weights.js';
import { encodeModel } from './graph/encode-model.js';
import { DynamicSession } from './session/node-session.js';
import { readDescription } from './session/read-description.js';
import { withThresholds } from './with-thresholds.js';

const parts = [withExits(tinyDynamic(), { exits: [0] }), tinyDynamic()].map((architecture, seed) => ({
  architecture,
  weights: arbitraryWeights(architecture, seed),
}));
const written = (thresholds: readonly number[]) =>
  exportCascade(parts, { by: 'entropy', combine: 'mean', temperatures: [1, 2, 3], thresholds });
const file = written([0.5, 1]);

describe('withThresholds', () => {
  it('gives the bytes that exportCascade writes, and leaves the file as it is', () => {
    const threshold = fc.double({ min: 0, max: 1, noNaN: true });
    const before = file.slice();
    fc.assert(
      fc.property(threshold, threshold, (...thresholds) => {
        expect(Buffer.compare(withThresholds(file, thresholds), written(thresholds))).toBe(0);
      }),
      { numRuns: 30 },
    );
    expect(Buffer.compare(file, before)).toBe(0);
    // a file may lie within other bytes
    const around = new Uint8Array(file.length + 11);
    around.set(file, 3);
    const inside = around.subarray(3, 3 + file.length);
    expect(Buffer.compare(withThresholds(inside, [0.25, 0]), written([0.25, 0]))).toBe(0);
  });

  it('moves where images stop', async () => {
    const image = arbitraryImage(8 * 8 * 3, 1);
    const stages: (number | undefined)[] = [];
    for (const thresholds of [
      [0, 0],
      [1, 0],
      [1, 1],
    ]) {
      const session = await DynamicSession.create(withThresholds(file, thresholds));
      stages.push((await session.run(image)).stage);
      await session.close();
    }
    expect(stages).toEqual([0, 1, 2]);
  });

  it.each([
    [[0.5], /thresholds: expected 2 numbers from 0 to 1, one for each stage except the last, got \[0\.5\]/],
    [[0.5, 1.5], /thresholds: expected 2 numbers from 0 to 1, .*got \[0\.5,1\.5\]/],
    [[0.5, NaN], /thresholds: expected 2 numbers from 0 to 1/],
  ])('refuses %j', (thresholds, message) => {
    expect(() => withThresholds(file, thresholds)).toThrow(message);
    expect(() => withThresholds(file, thresholds)).toThrow(expect.objectContaining({ code: 'DMNN_EXPORT' }));
  });

  it('refuses files without stages, and those whose thresholds are not where they should be', () => {
    expect(() => withThresholds(exportOnnx(parts[1]!), [])).toThrow('file: expected stages, got none');
    const graph = { name: 'g', nodes: [], initialisers: [], inputs: [], outputs: [] };
    const metadata = new Map([['dmnn', JSON.stringify(readDescription(file))]]);
    expect(() => withThresholds(encodeModel({ graph, opset: 17, metadata }), [0, 0])).toThrow(
      'expected the constant stage0.threshold of 8 bytes, got none',
    );
    expect(() => withThresholds(new Uint8Array(3), [0])).toThrow(
      expect.objectContaining({ code: 'DMNN_SESSION' }),
    );
  });
});
