import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createArchitecture } from '@dmnn/backbones';
import type { NetworkCount } from '@dmnn/flops';
import { describe, expect, it, onTestFinished } from 'vitest';
import { run } from '../../fixtures/run-captured.js';

describe('dmnn summary', () => {
  it('prints every layer, sub-block and sum', async () => {
    const { code, out } = await run(['summary', 'dmnn50-n2']);
    expect(code).toBe(0);
    // 7·7·3·64 weights and 2·64 of batch norm; 112² · 9,408 multiply–accumulates
    expect(out).toMatch(/^ {2}unit0 +convolution 7×7.* 112 × 112 × 64 +9\.536 k +118\.0 M/m);
    // 64·38 + 9·38·38 + 38·256 weights and 2·(38 + 38 + 256) of batch norm
    expect(out).toMatch(/^ {2}subblock1 +25\.820 k/m);
    expect(out).toMatch(/^stage3\.block2 +gated, block 15/m);
    expect(out).toMatch(/^ {2}linear .* 1000 +2\.049 M +2\.048 M/m);
    expect(out).toContain('24.653 M parameters');
  });

  it('counts for the image size, classes and conventions asked for', async () => {
    const { out } = await run([
      'summary',
      'resnet50',
      '--image-size',
      '64',
      '--classes',
      '10',
      '--conventions',
      'flops,batch-norm',
      '--json',
    ]);
    const count = JSON.parse(out) as NetworkCount;
    expect(count.imageSizePx).toBe(64);
    expect(count.conventions).toEqual({
      unit: 'flops',
      batchNorm: true,
      bias: false,
      activations: false,
      controllers: true,
    });
    // 2048 · 10 + 10
    expect(count.layers.find(({ path }) => path === 'head.linear')).toMatchObject({
      macs: 2 * 20_480,
      parameters: 20_490,
    });
  });

  it('reads an architecture of one’s own from a file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'dmnn-'));
    onTestFinished(() => {
      rmSync(folder, { recursive: true });
    });
    const file = join(folder, 'mine.json');
    writeFileSync(file, JSON.stringify({ ...createArchitecture('cifar-resnet8'), name: 'mine' }));
    expect((await run(['summary', file])).out).toMatch(/^mine: 32 × 32 px, 100 classes/);

    writeFileSync(file, '{"name": "mine"');
    const broken = await run(['summary', file, '--json']);
    expect(broken.code).toBe(1);
    expect(JSON.parse(broken.err)).toMatchObject({ error: { code: 'DMNN_ARCHITECTURE' } });

    const absent = await run(['summary', join(folder, 'absent.json')]);
    expect(absent.code).toBe(2);
    expect(absent.err).toContain('absent.json');
  });

  it.each([
    [['summary', 'resnt50'], 'DMNN_UNKNOWN_MODEL', /got 'resnt50'.*resnet50/],
    [
      ['summary', 'resnet50', '--image-size', '8.5'],
      'DMNN_USAGE',
      /--image-size: expected an integer >= 1 \(pixels\), got 8\.5/,
    ],
    [['summary', 'resnet50', '--classes', '0'], 'DMNN_USAGE', /--classes: expected an integer >= 1, got 0/],
    [
      ['summary', 'resnet50', '--conventions', 'batchnorm'],
      'DMNN_USAGE',
      /got 'batchnorm'.*Did you mean batch-norm/,
    ],
    [['summary', 'dmnn-cifar-resnet20-n4000'], 'DMNN_SUBDIVIDE', /4000/],
    [['summary'], 'DMNN_USAGE', /summary: expected <model>, got none/],
    [['summary', 'resnet50', '--jsn', '--json'], 'DMNN_USAGE', /unknown option '--jsn'.*--json/],
  ])('refuses %j', async (argv, code, message) => {
    const text = await run(argv);
    expect(text.code).toBe(2);
    expect(text.out).toBe('');
    expect(text.err.replace(/\s+/g, ' ')).toMatch(message);

    const json = await run([...argv, '--json']);
    expect(json.code).toBe(2);
    const { error } = JSON.parse(json.err) as { error: { code: string; message: string } };
    expect(error.code).toBe(code);
    expect(error.message.replace(/\s+/g, ' ')).toMatch(message);
  });
});
