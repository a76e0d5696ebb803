import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { run } from '../../fixtures/run-captured.js';

vi.mock('onnxruntime-node', () => {
  throw new Error("Cannot find package 'onnxruntime-node'");
});

const bench = [
  'bench',
  'dmnn-cifar-resnet8-0.25-n2',
  '--seconds',
  '0',
  '--open-shares',
  '1',
  '--batch-sizes',
  '1',
];

it('is asked for where it is needed and not installed', async () => {
  const { code, out, err } = await run([...bench, '--engine', 'onnx', '--json']);
  expect([code, out]).toEqual([1, '']);
  expect(JSON.parse(err.split('\n').at(-1) ?? '')).toMatchObject({
    error: {
      code: 'DMNN_SESSION',
      message: 'onnxruntime-node is not installed. Run: npm install onnxruntime-node',
    },
  });

  const folder = mkdtempSync(join(tmpdir(), 'dmnn-onnx-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  const lanes = await run(['export', 'cifar-resnet8', '--out', join(folder, 'a.onnx'), '--cpu-lanes']);
  expect([lanes.code, lanes.err.split('\n').at(-1)]).toEqual([
    1,
    'dmnn: onnxruntime-node is not installed. Run: npm install onnxruntime-node',
  ]);
});

it('is left out, and that is said, where others are measured too', async () => {
  const both = ['--engine', 'both', '--backend', 'cpu'];
  const { code, out, err } = await run([...bench, ...both, '--json']);
  expect(code).toBe(0);
  expect(err).toContain('Left out: onnxruntime-node is not installed. Run: npm install onnxruntime-node');
  expect((JSON.parse(out) as { engine: string }[]).map(({ engine }) => engine)).toEqual([
    'tfjs-cpu-masked',
    'tfjs-cpu-skipping',
  ]);
});
