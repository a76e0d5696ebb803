import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { locateEngine, parseQuantisation } from '@dmnn/engine';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { painted } from '../../fixtures/painted.js';
import { run } from '../../fixtures/run-captured.js';
import { saveSmallModel } from '../../fixtures/small-model.js';

const { path, reason } = locateEngine();
const folder = mkdtempSync(join(tmpdir(), 'dmnn-quantize-'));
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  await saveSmallModel(at('model'));
  mkdirSync(at('photos'));
  mkdirSync(at('empty'));
  for (const name of ['a', 'b', 'c'])
    await painted(40, 37)
      .png()
      .toFile(at(`photos/${name}.png`));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const predict = (...argv: string[]) => run(['predict', at('photos/a.png'), '--model', at('model'), ...argv]);

describe.skipIf(path === undefined)(
  `dmnn quantize${path === undefined ? ` (not run: ${reason})` : ''}`,
  () => {
    it('is asked for where int8 has no quantisation', async () => {
      const { code, err } = await predict('--precision', 'int8');
      expect(code).toBe(2);
      expect(err).toMatch(/--precision: expected a quantised network with int8, got .*model without quantisation\.json\. Run: dmnn quantize .*model --data …/); // prettier-ignore
    });

    it('writes the ranges next to the model, says what they cost, and predict computes in int8', async () => {
      const data = ['--data', 'built-in=64', '--images', '16', '--held-out', '12'];
      const { code, out, err } = await run(['quantize', at('model'), ...data]);
      expect([code, err.includes('dmnn:')]).toEqual([0, false]);
      expect(out).toMatch(
        /ranges of 99\.99 % of the numbers of 16 training images\nerror on 12 held-out images: f32 .*int8 /,
      );
      expect(out).toMatch(/int8 +keeps the likeliest class of .* of them; .* of the gates change/);
      const written = parseQuantisation(readFileSync(at('model/quantisation.json')));
      expect([written.images, written.heldOut?.images]).toEqual([16, 12]);
      const predicted = await predict('--precision', 'int8');
      expect(predicted.code).toBe(0);
      expect(predicted.err).toContain('engine compiled: int8 (as asked)');
    });

    it('quantises on the images of a folder, and refuses one without', async () => {
      const found = await predict('--precision', 'int8', '--quantize-images', at('photos'));
      expect(found.err).toContain('quantised on 3 of 3 images');
      expect(found.err).toContain('engine compiled: int8 (as asked)');
      writeFileSync(at('empty/text.txt'), 'no image');
      const { code, err } = await predict('--precision', 'int8', '--quantize-images', at('empty'));
      expect(code).not.toBe(0);
      expect(err).toMatch(/empty/);
      const alone = await predict('--quantize-images', at('photos'));
      expect(alone.err).toContain('--quantize-images: expected --precision int8 or auto with it, got none.');
    });
  },
);
