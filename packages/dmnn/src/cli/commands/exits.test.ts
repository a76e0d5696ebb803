import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { run } from '../../fixtures/run-captured.js';

const folder = mkdtempSync(join(tmpdir(), 'dmnn-exits-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const tiny = [
  ...['train', '--recipe', 'demo', '--backend', 'wasm', '--data', 'built-in=16'],
  ...['--set', 'model.name=cifar-resnet8-0.25', '--set', 'batchSize=8', '--set', 'epochs=1'],
];

describe('networks with exits', () => {
  it('are trained, from a run without them too, evaluated, refused by name where they are not taken', async () => {
    const [from, out] = [join(folder, 'static'), join(folder, 'exits')];
    expect(await run([...tiny, '--out', from])).toMatchObject({ code: 0 });
    const alone = ['--from', from, '--exits', '0,1', '--set', 'fineTuning.trainable=exits'];
    expect(await run([...tiny, ...alone, '--out', out])).toMatchObject({ code: 0 });

    const evaluated = await run(['eval', out]);
    expect(evaluated.code).toBe(0);
    expect(evaluated.err).toContain(
      "engine tfjs: for the network's exits, since engines run every image to the end",
    );
    expect(evaluated.out).toMatch(/^if all images left at .*top-1 error.*\nexit 0 .*%.*\nexit 1 .*%/m);
    const json = JSON.parse((await run(['eval', out, '--json'])).out) as Record<string, unknown>;
    const plain = JSON.parse((await run(['eval', from, '--engine', 'tfjs', '--json'])).out) as typeof json;
    expect(json['exits']).toHaveLength(2);
    expect(json['top1ErrorPercent']).toBe(plain['top1ErrorPercent']);
    expect(plain).not.toHaveProperty('exits');

    expect(await run(['eval', out, '--engine', 'onnx'])).toMatchObject({
      code: 2,
      err: expect.stringContaining("--engine: expected tfjs with the network's exits") as string,
    });
    const file = join(folder, 'exits.onnx');
    const exported = await run(['export', out, '--out', file]);
    expect(exported.code).not.toBe(0);
    expect(exported.err).toContain('exits: expected none, since every image runs to the end');
    expect(readdirSync(folder)).not.toContain('exits.onnx');
  }, 300_000);

  it.each([
    ['0', 'exits: expected 1 to 2, got 0'],
    ['3', 'exits: expected 1 to 2, got 3'],
    ['2,', 'exits[0].afterBlock: expected a block, from 0 to 1'],
    ['half', '--exits: expected a number of exits, such as 3, or the blocks'],
  ])(
    'refuses --exits "%s" in the dry run',
    async (exits, message) => {
      const { code, err } = await run([...tiny, '--exits', exits, '--dry-run']);
      expect(err).toContain(message);
      expect(code).not.toBe(0);
    },
    300_000,
  );
});
