import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withExits } from '@dmnn/architecture';
import { createArchitecture } from '@dmnn/backbones';
import { readDescription } from '@dmnn/onnx';
import { type CascadeOptions, cascade, openNetworkData, saveCascade, saveModel } from '@dmnn/runs';
import { initialWeights } from '@dmnn/weights';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { exportModel } from 'dmnn';
import type * as ExportModel from '../../../export-model.js';
import { run } from '../../../fixtures/run-captured.js';

/** A weight that is another in the file, in tests of what happens then. */
const replaced = vi.hoisted((): { part?: number; weights?: string } => ({}));
vi.mock('../../../export-model.js', async (original) => {
  const real = await original<typeof ExportModel>();
  const exportOpenedCascade: typeof real.exportOpenedCascade = ({ parts, settings }, options, other) => {
    const changed = parts.map((part, p) => {
      const weights = new Map(part.weights);
      const one = p === replaced.part ? weights.get(replaced.weights ?? '') : undefined;
      if (one?.dtype === 'F32')
        weights.set(replaced.weights ?? '', { ...one, data: one.data.map((value) => 1 - value) });
      return { ...part, weights };
    });
    return real.exportOpenedCascade({ parts: changed, settings }, options, other);
  };
  return { ...real, exportOpenedCascade };
});
afterEach(() => {
  delete replaced.part;
  delete replaced.weights;
});

const folder = mkdtempSync(join(tmpdir(), 'dmnn-export-cascade-'));
const at = (name: string) => join(folder, name);
const networks = {
  small: createArchitecture('cifar-resnet8-0.25', { classes: 3 }),
  gated: createArchitecture('dmnn-cifar-resnet8-0.25-n2', { classes: 3 }),
  exits: withExits(createArchitecture('cifar-resnet8-0.5', { classes: 3 }), { exits: 1 }),
  large: createArchitecture('cifar-resnet8-0.25', { classes: 3, imageSizePx: 40 }),
};

beforeAll(async () => {
  for (const [i, [name, architecture]] of Object.entries(networks).entries()) {
    await saveModel(at(name), {
      ...{ architecture, weights: initialWeights(architecture, { seed: i }) },
      ...{ channelMeans: [0.5, 0.4, 0.1 * i], channelDeviations: [0.25, 0.25, 0.2 + 0.02 * i] },
      classNames: ['ant', 'bee', 'crane'],
      importedFrom: { file: 'a.safetensors', sha256: '0'.repeat(64), names: 'torchvision' },
    });
  }
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

let count = 0;
async function saved(names: (keyof typeof networks)[], options: CascadeOptions): Promise<string> {
  const path = at(`cascade${count++}`);
  const parts = await Promise.all(names.map((name) => openNetworkData(at(name))));
  await saveCascade(path, cascade(parts, options));
  return path;
}

describe('dmnn export of a cascade', () => {
  it('writes one file of two networks, after it was compared with them, and says where images stop', async () => {
    const both = await saved(['small', 'gated'], { thresholds: [0.5], temperatures: [2, 1], by: 'margin' });
    const { code, out, err } = await run(['export', both, '--out', at('both.onnx')]);
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(
      /^model {3}cifar-resnet8-0\.25 then dmnn-cifar-resnet8-0\.25-n2: images of 32 × 32 px/m,
    );
    expect(out).toMatch(/^stages {2}2, numbered as in the output stage; the mean of all that ran answers$/m);
    expect(out).toMatch(
      /^ {2}0 {5}cifar-resnet8-0\.25: margin ≥ 0\.5000, at least [\d.]+ k MACs until here$/m,
    );
    expect(out).toMatch(/^ {2}1 {5}dmnn-cifar-resnet8-0\.25-n2: all others, /m);
    expect(out).toMatch(
      /^MACs {4}[\d.]+ k of an image that stops first, all sub-blocks closed, to [\d.]+ [kM]; .* of the last network alone$/m,
    );
    expect(out).toMatch(
      /^check {3}run on \d seeded images, also through all stages, as the networks: equal stages, equal gates, logits within/m,
    );
    expect(out).toContain('→ logits, gates, macs, stage, confidence');
    const description = readDescription(readFileSync(at('both.onnx')));
    expect(description).toMatchObject({
      classNames: ['ant', 'bee', 'crane'],
      preparation: { channelMeans: [0.5, 0.4, 0] },
      cascade: { by: 'margin', stages: [{ part: 0, threshold: 0.5, temperature: 2 }, { part: 1 }] },
    });
    const json = await run(['export', both, '--out', at('json.onnx'), '--json', '--pad-channels-to', '8']);
    expect(JSON.parse(json.out)).toMatchObject({
      verified: true,
      leastMacs: description.cascade?.stages[0]?.alwaysMacs,
      cascade: description.cascade,
      logitsDifference: expect.closeTo(0, 4) as number,
    });
  });

  it('takes exits with their thresholds, alone and in a cascade of three, and exportModel does too', async () => {
    const alone = await saved(['exits'], { thresholds: [0.4] });
    const { code, out } = await run(['export', alone, '--out', at('exits.onnx')]);
    expect(code).toBe(0);
    expect(out).toMatch(/^ {2}0 {5}cifar-resnet8-0\.5-e1, exit 0: probability ≥ 0\.4000/m);
    const remarks: string[] = [];
    const file = await exportModel(alone, { onRemark: (remark) => remarks.push(remark) });
    expect(remarks).toEqual([]);
    expect(Buffer.compare(file, readFileSync(at('exits.onnx')))).toBe(0);
    const three = await saved(['small', 'exits', 'gated'], { thresholds: [0.9, 0.9, 0.9], combine: 'last' });
    const found = await run(['export', three, '--out', at('three.onnx'), '--json']);
    expect(JSON.parse(found.out)).toMatchObject({ verified: true, cascade: { stages: { length: 4 } } });
  });

  it.each([
    [0, 'head.linear.bias'],
    [1, 'exit0.linear.bias'],
    [1, 'head.linear.bias'],
    [2, 'stage0.block0.controller.decide.bias'],
    [2, 'head.linear.weight'],
  ])('leaves no file that differs: part %i, %s', async (part, weights) => {
    const three = await saved(['small', 'exits', 'gated'], { thresholds: [0, 0, 0] });
    Object.assign(replaced, { part, weights });
    const { code, err } = await run(['export', three, '--out', at('wrong.onnx')]);
    expect(code).not.toBe(0);
    expect(err).toMatch(/expected a file that gives what the networks give, got another result for image/);
    expect(existsSync(at('wrong.onnx'))).toBe(false);
  });

  it('refuses exits without thresholds, and says how to choose them', async () => {
    const { code, err } = await run(['export', at('exits'), '--out', at('x.onnx')]);
    expect(code).toBe(2);
    expect(err).toMatch(
      /got cifar-resnet8-0\.5-e1, whose exits \(1\) need thresholds.*dmnn eval .*exits --exits --budgets 0\.7 --choose-on training/s,
    );
  });

  it.each([
    [['--budget', '0.5'], /--budget: expected none with a cascade/],
    [['--pattern', '10'], /--pattern: expected none with a cascade/],
    [['--frozen-gates', 'x.json'], /--frozen-gates: expected none with a cascade/],
    [['--for', 'openvino'], /--for: expected onnxruntime or web with a cascade, got openvino/],
  ])('refuses %j with a cascade', async (options, message) => {
    const both = await saved(['small', 'gated'], { thresholds: [0.5] });
    const { code, err } = await run(['export', both, '--out', at('x.onnx'), ...options]);
    expect(code).toBe(2);
    expect(err).toMatch(message);
  });

  it('refuses images of other sizes, unless one is given', async () => {
    const both = await saved(['small', 'large'], { thresholds: [0.5] });
    const { code, err } = await run(['export', both, '--out', at('x.onnx')]);
    expect(code).not.toBe(0);
    expect(err).toMatch(/images of the same side in pixels, 32, .* got 40 of cifar-resnet8-0\.25/);
    const given = await run(['export', both, '--out', at('sized.onnx'), '--image-size', '40', '--json']);
    expect(JSON.parse(given.out)).toMatchObject({ imageSizePx: 40, verified: true });
    expect(given.err).toContain('images are prepared as for');
  });
});
