import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { countNetwork, countUndivided, flopsTable, alwaysMacs } from '@dmnn/flops';
import { DynamicSession, readDescription } from '@dmnn/onnx';
import type { SavedModel } from '@dmnn/runs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../fixtures/run-captured.js';
import { saveSmallModel } from '../../fixtures/small-model.js';

const folder = mkdtempSync(join(tmpdir(), 'dmnn-export-'));
const at = (name: string) => join(folder, name);
let model: SavedModel;

beforeAll(async () => {
  model = await saveSmallModel(at('model'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Exports the small model and reads the file's description. */
async function described(file: string, ...options: string[]) {
  const { code, out, err } = await run(['export', at('model'), '--out', at(file), ...options]);
  expect([code, err]).toEqual([0, '']);
  return { out, description: readDescription(readFileSync(at(file))) };
}

describe('dmnn export', () => {
  it('says what it wrote, and what that costs', async () => {
    const { code, out } = await run(['export', at('model'), '--out', at('a.onnx'), '--json']);
    expect(code).toBe(0);
    const count = countNetwork(model.architecture);
    expect(JSON.parse(out)).toEqual({
      file: at('a.onnx'),
      bytes: statSync(at('a.onnx')).size,
      model: 'dmnn-cifar-resnet8-0.25-n2',
      trained: true,
      imageSizePx: 32,
      classes: 4,
      subBlocks: [2, 2, 2],
      cpuLanes: null,
      frozenGates: null,
      leastMacs: alwaysMacs(flopsTable(count)),
      mostMacs: count.macs,
      undividedMacs: countUndivided(model.architecture).macs,
    });
  });

  it('puts what is known of images and classes into the file', async () => {
    const { out, description } = await described('b.onnx');
    const { channelMeans, channelDeviations, classNames } = model;
    expect(description).toMatchObject({
      classNames,
      preparation: { shorterSidePx: 37, channelMeans, channelDeviations },
    });
    expect(out).toContain(`run it: dmnn predict IMAGE --model ${at('b.onnx')}`);
    expect(out).toMatch(/^MACs {4}[\d.]+ k with all 6 sub-blocks closed to [\d.]+ k with all open/m);
  });

  it('shows as much of an image at another size', async () => {
    const { description } = await described('c.onnx', '--image-size', '64');
    expect(description).toMatchObject({ imageSizePx: 64, preparation: { shorterSidePx: 74 } });
  });

  it('writes the layout that is asked for', async () => {
    await described('pairs.onnx');
    await described('once.onnx', '--layout', 'sub-blocks');
    expect(statSync(at('pairs.onnx')).size).toBeGreaterThan(1.3 * statSync(at('once.onnx')).size);
    expect((await described('lanes.onnx', '--lanes', '8')).description.cpuLanes).toBe(8);
    await described('padded.onnx', '--pad-channels-to', '16');
    expect(statSync(at('padded.onnx')).size).toBeGreaterThan(statSync(at('pairs.onnx')).size);
  });

  it('freezes gates from words or a file', async () => {
    const { description, out } = await described('words.onnx', '--pattern', '10,00,11');
    const frozenGates = [
      [true, false],
      [false, false],
      [true, true],
    ];
    expect(description).toMatchObject({ frozenGates, subBlocks: [] });
    expect(out).toMatch(/^MACs {4}[\d.]+ [kM] for every image/m);
    writeFileSync(at('gates.json'), JSON.stringify(frozenGates));
    await described('json.onnx', '--frozen-gates', at('gates.json'));
    expect(readFileSync(at('json.onnx')).equals(readFileSync(at('words.onnx')))).toBe(true);
  });

  it('exports the zoo with random weights, says so, and what an image must become', async () => {
    const { code, out, err } = await run(['export', 'cifar-resnet8', '--out', at('zoo.onnx')]);
    expect(code).toBe(0);
    expect(err).toBe('cifar-resnet8: random weights, since it is a model of the zoo and not a folder.');
    expect(out).toMatch(/^model {3}cifar-resnet8, random weights: /m);
    expect(out).toMatch(/^run it: DynamicSession\.create/m); // nobody knows how its images are prepared
    const session = await DynamicSession.create(at('zoo.onnx'));
    expect((await session.run(new Float32Array(32 * 32 * 3))).logits).toHaveLength(100);
    await session.close();

    const big = await run(['export', 'dmnn-mobilenetv2-n2', '--out', at('big.onnx'), '--image-size', '64']);
    expect(big.code).toBe(0);
    const { classNames, preparation } = readDescription(readFileSync(at('big.onnx')));
    expect(classNames?.[0]).toBe('tench');
    expect(preparation?.shorterSidePx).toBe(73); // 64 · 256 / 224
  });

  it.each([
    [['dmnn50-n', '--out', at('x')], 2, 'DMNN_UNKNOWN_MODEL', /dmnn50-n2/],
    [[at('model')], 2, 'DMNN_USAGE', /--out/],
    [[at('model'), '--out', at('x'), '--layout', 'pair'], 2, 'DMNN_USAGE', /Did you mean pairs/],
    [[at('model'), '--out', at('x'), '--lanes', '4'], 2, 'DMNN_USAGE', /--lanes: expected 8, 16, got '4'/],
    [[at('model'), '--out', at('x'), '--lanes', '8', '--cpu-lanes'], 2, 'DMNN_USAGE', /got both/],
    [[at('model'), '--out', at('x'), '--pattern', '10,11'], 2, 'DMNN_USAGE', /such as 11,11,11, got 10,11/],
    [[at('model'), '--out', at('x'), '--pattern', '10,12,11'], 2, 'DMNN_USAGE', /got 10,12,11/],
    [['cifar-resnet8', '--out', at('x'), '--pattern', '1'], 2, 'DMNN_USAGE', /decides nothing/],
    [
      [at('model'), '--out', at('x'), '--frozen-gates', at('none')],
      2,
      'DMNN_USAGE',
      /such as \[\[true,true\].*ENOENT/,
    ],
    [
      [at('model'), '--out', at('x'), '--frozen-gates', at('wrong.json')],
      2,
      'DMNN_USAGE',
      /got \[\[true\],\[1,0\]\]/,
    ],
    [[at('model'), '--out', at('no/x')], 1, 'ENOENT', /no\/x/],
  ])('refuses %j', async (argv, exitCode, code, message) => {
    writeFileSync(at('wrong.json'), '[[true],[1,0]]');
    const { code: ended, err } = await run(['export', ...argv, '--json']);
    expect(JSON.parse(err.split('\n').at(-1) ?? '')).toMatchObject({
      error: { code, message: expect.stringMatching(message) as string },
    });
    expect(ended).toBe(exitCode);
    expect(existsSync(at('x'))).toBe(false);
    expect(existsSync(`${at('x')}.partial`)).toBe(false);
  });
});
