import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readMetrics } from '@dmnn/runs';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Explanation } from '../../explain/explanation.js';
import { painted } from '../../fixtures/painted.js';
import { run } from '../../fixtures/run-captured.js';
import { saveSmallModel } from '../../fixtures/small-model.js';
import { trainSmallRun } from '../../fixtures/small-run.js';

const folder = mkdtempSync(join(tmpdir(), 'dmnn-explain-'));
const at = (name: string) => join(folder, name);
const onCpu = ['--backend', 'cpu'];

beforeAll(async () => {
  await painted(60, 45).png().toFile(at('photo.png'));
  await saveSmallModel(at('model'));
  await trainSmallRun(at('run'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

async function explanation(...argv: string[]): Promise<Explanation> {
  const { code, out } = await run(['explain', at('photo.png'), ...argv, ...onCpu, '--json']);
  expect(code).toBe(0);
  return JSON.parse(out) as Explanation;
}

describe('dmnn explain', () => {
  it('holds the cost against the mean that the run recorded of this checkpoint', async () => {
    const found = await explanation('--model', at('run'));
    const epoch = (await readMetrics(at('run'))).find((record) => record.kind === 'epoch');
    expect(found.mean).toEqual({ macs: epoch!.evaluation!.meanMacs, images: 4 });
    expect(found.blocks.map(({ subBlocks }) => subBlocks.length)).toEqual([2, 2, 2]);
    expect(found.classes.map(({ name }) => name)).not.toContain(expect.stringMatching(/^class \d/)); // built-in names
  });

  it('agrees with dmnn predict; what is likelier than not ran', async () => {
    const found = await explanation('--model', at('model'));
    const { out } = await run(['predict', at('photo.png'), '--model', at('model'), ...onCpu, '--json']);
    const [predicted] = JSON.parse(out) as [{ gates: boolean[][]; macs: number; classes: object[] }];
    expect(found.blocks.map(({ subBlocks }) => subBlocks.map(({ ran }) => ran))).toEqual(predicted.gates);
    expect(found).toMatchObject({ macs: predicted.macs, classes: predicted.classes, mean: null });
    for (const { ran, probability } of found.blocks.flatMap(({ subBlocks }) => subBlocks)) {
      expect(probability > 0.5).toBe(ran);
    }
  });

  it('explains alike in the compiled engine, and passes over ONNX Runtime, which has no probabilities', async () => {
    const expected = await explanation('--model', at('model'));
    const asked = ['explain', at('photo.png'), '--model', at('model'), '--json'];
    const { code, out, err } = await run(asked);
    expect(code).toBe(0);
    const found = JSON.parse(out) as Explanation;
    expect(Object.keys(found)).toEqual(Object.keys(expected));
    const close = (value: number) => expect.closeTo(value, 4) as number;
    expect(found).toEqual({
      ...expected,
      milliseconds: expect.any(Number) as number,
      blocks: expected.blocks.map((block) => ({
        ...block,
        subBlocks: block.subBlocks.map((each) => ({ ...each, probability: close(each.probability) })),
      })),
      classes: expected.classes.map((each) => ({ ...each, probability: close(each.probability) })),
    });
    expect(err).toMatch(
      /engine compiled: f32 \(the default|engine onnx: not used: ONNX files do not output gate/,
    );
    const without = await run(asked, { env: { XDG_CACHE_HOME: at('no-engine-here') } });
    expect(without.err).toMatch(/engine onnx: not used: ONNX files do not output gate probabilities/);
    expect(JSON.parse(without.out)).toMatchObject({ macs: expected.macs });
  });

  it('draws for the terminal that there is', async () => {
    const drawn = (env: Record<string, string>) =>
      run(['explain', at('photo.png'), '--model', at('model'), ...onCpu], { env });
    const { out: unicode } = await drawn({ LANG: 'en_GB.UTF-8' });
    const { out: ascii } = await drawn({ LANG: 'C' });
    expect(unicode).toMatch(/^stage1\.block0 {2}[●○] [█░]{10} +\d+ % /m);
    expect(ascii).toMatch(/^stage1\.block0 {2}[x-] [#.]{10} +\d+ % /m);
    expect(ascii).toMatch(/the mean cost of test images is not recorded/);
  });

  it('draws into a file, with the image as the network saw it', async () => {
    const { code, err } = await run(
      ['explain', at('photo.png'), '--model', at('model'), '--svg', at('photo.svg'), ...onCpu], // prettier-ignore
    );
    expect(code).toBe(0);
    expect(err).toContain(`wrote ${at('photo.svg')}`);
    const svg = readFileSync(at('photo.svg'), 'utf8');
    expect((await sharp(Buffer.from(svg)).metadata()).width).toBe(800);
    const png = Buffer.from(/data:image\/png;base64,([^"]+)/.exec(svg)![1]!, 'base64');
    const seen = await sharp(png).raw().toBuffer();
    // 60 × 45 px resized to 49 × 37, and from (8, 2) on 32 × 32 of them: red rises to the right, green downwards
    const red = (x: number) => (255 * (((8.5 + x) * 60) / 49 - 0.5)) / 60;
    const green = (y: number) => (255 * (((2.5 + y) * 45) / 37 - 0.5)) / 45;
    const pixel = (x: number, y: number) => seen.subarray(3 * (32 * y + x), 3 * (32 * y + x) + 2);
    expect(seen).toHaveLength(32 * 32 * 3);
    for (const at of [0, 31]) {
      const [seenRed, seenGreen] = pixel(at, at);
      expect(Math.abs(seenRed! - red(at))).toBeLessThan(2);
      expect(Math.abs(seenGreen! - green(at))).toBeLessThan(2);
    }
  });

  it.each([
    [['--model', at('model.onnx')], 2, 'DMNN_USAGE', /does not output gate probabilities. Use dmnn predict/],
    [
      ['--model', at('model'), '--engine', 'onnx'],
      2,
      'DMNN_USAGE',
      /--engine: expected compiled or tfjs with dmnn explain, got onnx: ONNX files do not output gate/,
    ],
    [['--model', at('nowhere')], 2, 'DMNN_USAGE', /nowhere, which does not exist/],
    [['--model', at('model'), '--svg', at('no/folder.svg'), ...onCpu], 1, 'DMNN_FILE', /no\/folder\.svg/],
  ])('refuses %j', async (argv, exitCode, code, message) => {
    const { code: ended, err } = await run(['explain', at('photo.png'), ...argv, '--json']);
    expect(JSON.parse(err.split('\n').at(-1) ?? '')).toMatchObject({
      error: { code, message: expect.stringMatching(message) as string },
    });
    expect(ended).toBe(exitCode);
  });

  it('refuses a file that is no image', async () => {
    writeFileSync(at('notes.txt'), 'not an image');
    const { code, err } = await run(['explain', at('notes.txt'), '--model', at('model'), ...onCpu]);
    expect(code).toBe(1);
    expect(err).toMatch(/notes\.txt: expected a JPEG, PNG, .*, got a text that begins with "not an image"/);
  });
});
