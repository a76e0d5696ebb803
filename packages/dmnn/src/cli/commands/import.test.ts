import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createArchitecture } from '@dmnn/backbones';
import { type WeightTensor, variableSpecs, writeSafetensors } from '@dmnn/weights';
import { openNetworkData } from '@dmnn/runs';
import { afterAll, describe, expect, it } from 'vitest';
import { run } from '../../fixtures/run-captured.js';

const folder = mkdtempSync(join(tmpdir(), 'dmnn-import-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A CIFAR ResNet of `classes` as PyTorch would keep it, all its numbers 0.5, under torchvision's names. */
function torchFile(name: string, classes = 100): string {
  const torch = [
    [/^stem\.unit0/, () => ['conv1', 'bn1']],
    [/^stage(\d)\.block(\d)\.subblock0\.unit(\d)/, (s, b, u) => [`layer${s + 1}.${b}.conv${u + 1}`, `layer${s + 1}.${b}.bn${u + 1}`]],
    [/^stage(\d)\.block(\d)\.shortcut/, (s, b) => [`layer${s + 1}.${b}.downsample.0`, `layer${s + 1}.${b}.downsample.1`]],
    [/^head\.linear/, () => ['fc']],
  ] as readonly (readonly [RegExp, (...numbers: number[]) => string[]])[]; // prettier-ignore
  const leaf = { gamma: 'weight', beta: 'bias', movingMean: 'running_mean', movingVariance: 'running_var' };
  const tensors = new Map<string, WeightTensor>();
  for (const { name: ours, shape } of variableSpecs(createArchitecture('cifar-resnet8-0.25', { classes }))) {
    const end = ours.slice(ours.lastIndexOf('.') + 1);
    for (const [pattern, places] of torch) {
      const found = pattern.exec(ours);
      if (!found) continue;
      const [layer = '', norm = ''] = places(...found.slice(1).map(Number));
      const theirs = end in leaf ? `${norm}.${leaf[end as keyof typeof leaf]}` : `${layer}.${end}`;
      const size = shape.reduce((product, length) => product * length, 1);
      const [k = 0, , inputs = 0, outputs = 0] = shape;
      const theirShape = shape.length === 4 ? [outputs, inputs, k, k] : [...shape].reverse();
      tensors.set(theirs, { dtype: 'F32', shape: theirShape, data: new Float32Array(size).fill(0.5) });
    }
  }
  const path = join(folder, `${name}.safetensors`);
  writeFileSync(path, writeSafetensors(tensors));
  return path;
}

describe('dmnn import', () => {
  it('writes a model folder that opens, and can be evaluated', async () => {
    const out = join(folder, 'model');
    const {
      code,
      out: text,
      err,
    } = await run(['import', torchFile('a'), '--model', 'cifar-resnet8-0.25', '--out', out]);
    expect([code, err]).toEqual([0, '']);
    expect(text).toMatch(/^cifar-resnet8-0\.25: 47 tensors with the names of torchvision; 0 ignored$/m);
    const model = await openNetworkData(out);
    expect(model.architecture).toEqual(createArchitecture('cifar-resnet8-0.25'));
    expect(model.channelMeans).toEqual([0.485, 0.456, 0.406]);
    expect(model).not.toHaveProperty('classNames');

    const evaluation = await run(['eval', out, '--backend', 'wasm', '--data', 'built-in=16', '--json']);
    expect(evaluation.code).toBe(0);
    expect(JSON.parse(evaluation.out)).toMatchObject({ macsRatio: 1, executionRates: [] });
    const shown = await run(['eval', out, '--backend', 'wasm', '--data', 'built-in=16']);
    expect(shown.out).toContain('cifar-resnet8-0.25, imported from a.safetensors: 4 test images of built-in');
    const without = await run(['eval', out, '--backend', 'wasm']);
    expect(without.code).toBe(2);
    expect(without.err).toContain('--data: expected the location of the data');
  });

  it('takes classes, their names, and the normalisation', async () => {
    const out = join(folder, 'three');
    writeFileSync(join(folder, 'classes.txt'), 'cat\ndog\nowl\n');
    const { code, out: text } = await run([
      ...['import', torchFile('three', 3), '--model', 'cifar-resnet8-0.25', '--out', out, '--classes', '3'],
      ...['--class-names', join(folder, 'classes.txt'), '--means', '0.1,0.2,0.3', '--deviations', '0.4,0.5,0.6', '--json'],
    ]); // prettier-ignore
    expect(code).toBe(0);
    expect(JSON.parse(text)).toMatchObject({
      model: 'cifar-resnet8-0.25',
      tensors: 47,
      converted: {},
      importedFrom: { names: 'torchvision' },
    });
    expect(await openNetworkData(out)).toMatchObject({
      classNames: ['cat', 'dog', 'owl'],
      channelMeans: [0.1, 0.2, 0.3],
      channelDeviations: [0.4, 0.5, 0.6],
    });
  });

  it('takes a map of names', async () => {
    const map = join(folder, 'map.json');
    const names = {
      'stem.unit0': ['conv1', 'bn1'],
      'stage{s}.block{b}.subblock0.unit{u}': ['layer{s+1}.{b}.conv{u+1}', 'layer{s+1}.{b}.bn{u+1}'],
      'stage{s}.block{b}.shortcut': ['layer{s+1}.{b}.downsample.0', 'layer{s+1}.{b}.downsample.1'],
      'head.linear': 'fc',
    };
    writeFileSync(map, JSON.stringify({ names }));
    const file = torchFile('mapped');
    const importing = (out: string) =>
      run(['import', file, '--model', 'cifar-resnet8-0.25', '--names', map, '--out', join(folder, out)]);
    expect((await importing('mapped')).out).toContain('with the names of map.json');
    writeFileSync(map, '{"names": {"head.linear": "fc"}}');
    expect((await importing('not-mapped')).code).toBe(2);
  });

  it('lists every difference, and what it means', async () => {
    const { code, err } = await run(['import', torchFile('ten', 10), '--model', 'cifar-resnet8-0.25', '--out', join(folder, 'x'), '--json']); // prettier-ignore
    expect(code).toBe(1);
    const { error } = JSON.parse(err) as { error: { code: string; problems: string[]; hints: string[] } };
    expect(error.code).toBe('DMNN_IMPORT');
    expect(error.problems).toHaveLength(2);
    expect(error.hints).toEqual([expect.stringContaining('--classes 10')]);
  });

  it('refuses what cannot be meant', async () => {
    const file = torchFile('good');
    const failing = async (...options: string[]) =>
      run(['import', file, '--out', join(folder, 'y'), ...options]);
    const model = ['--model', 'cifar-resnet8-0.25'];
    expect((await failing()).err).toContain('--model');
    expect((await failing(...model, '--means', '1,2')).err).toContain('--means: expected three numbers');
    expect((await failing(...model, '--deviations', '1,0,2')).err).toContain('three numbers > 0');
    expect((await failing(...model, '--names', join(folder, 'absent.json'))).err).toContain(
      '--names: expected a file',
    );
    expect((await failing(...model, '--class-names', join(folder, 'classes.txt'))).code).toBe(1);
    const json = join(folder, 'architecture.json');
    writeFileSync(json, JSON.stringify(createArchitecture('cifar-resnet8-0.25')));
    expect((await failing('--model', json, '--classes', '5')).err).toContain('--classes: expected none');
    const absent = await run(['import', join(folder, 'absent'), ...model, '--out', join(folder, 'y')]);
    expect([absent.code, absent.err]).toEqual([
      2,
      expect.stringContaining('FILE: expected a file that can be read'),
    ]);
  });

  it('writes over nothing', async () => {
    const file = torchFile('again');
    const importing = () =>
      run(['import', file, '--model', 'cifar-resnet8-0.25', '--out', join(folder, 'once')]);
    expect((await importing()).code).toBe(0);
    const before = readFileSync(join(folder, 'once', 'manifest.json'), 'utf8');
    const { code, err } = await importing();
    expect([code, err]).toEqual([1, expect.stringContaining('expected a new or empty folder')]);
    expect(readFileSync(join(folder, 'once', 'manifest.json'), 'utf8')).toBe(before);
  });
});
