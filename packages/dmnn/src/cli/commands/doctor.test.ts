import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DoctorReport } from '@dmnn/runtime';
import { afterAll, describe, expect, it } from 'vitest';
import { run } from '../../fixtures/run-captured.js';
import { doctorText } from './doctor.js';

const cache = mkdtempSync(join(tmpdir(), 'dmnn-doctor-'));
afterAll(() => {
  rmSync(cache, { recursive: true });
});
const env = { XDG_CACHE_HOME: cache };

const report: DoctorReport = {
  node: 'v20.20.2',
  platform: 'linux x64',
  processor: 'a processor',
  cores: 2,
  memoryBytes: 8 * 2 ** 30,
  tensorLibrary: { version: '4.22.0', copies: ['/a', '/b'], gradients: true },
  backends: [
    { name: 'native', works: false, reason: 'no build', remedy: 'dmnn backend install' },
    { name: 'wasm', works: true },
    { name: 'cpu', works: true },
  ],
  cacheDirectory: '/cache',
  builds: [],
  tools: [],
};

describe('dmnn doctor', () => {
  it('says of each backend whether it works, and if not why and what helps', async () => {
    const { code, out } = await run(['doctor', '--json'], { env });
    expect(code).toBe(0);
    const found = JSON.parse(out) as DoctorReport;
    expect(found.backends.map(({ name }) => name)).toEqual(['native-gpu', 'native', 'wasm', 'cpu']);
    expect(found.backends.filter(({ works }) => works).map(({ name }) => name)).toEqual(
      expect.arrayContaining(['wasm', 'cpu']),
    );
    for (const { works, reason, remedy } of found.backends)
      if (!works) expect([reason, remedy]).not.toContain(undefined);
    expect(found.cacheDirectory).toBe(join(cache, 'dmnn', 'native'));
  });

  it('marks the backend that is chosen and names the remedy of the others', () => {
    const text = doctorText(report);
    expect(text).toMatch(/^native +no +no build → dmnn backend install$/m);
    expect(text).toMatch(/^wasm \(chosen\) +yes$/m);
    expect(text).toMatch(/^cpu +yes$/m);
  });

  it('lists what was built and what building needs', () => {
    const text = doctorText({
      ...report,
      builds: [
        {
          format: 1,
          packageName: '@tensorflow/tfjs-node',
          packageVersion: '4.22.0',
          tensorflowVersion: '2.21.0',
          source: 'a wheel',
          platform: 'linux',
          arch: 'x64',
          napiVersion: 8,
          files: [],
        },
      ],
      tools: [
        { name: 'make', works: false, remedy: 'Install make.' },
        { name: 'npm', works: true, remedy: 'Install npm.' },
      ],
    });
    expect(text).toContain('built: @tensorflow/tfjs-node 4.22.0 on TensorFlow 2.21.0 (a wheel)');
    expect(text).toMatch(/^make +no +Install make\.$/m);
    expect(text).toMatch(/^npm +yes$/m);
  });

  it('names duplicate copies of the tensor library', () => {
    expect(doctorText(report)).toContain('2 copies of tfjs-core, expected one (npm dedupe):\n  /a\n  /b');
  });
});

describe('dmnn backend', () => {
  it('removes nothing where there is nothing', async () => {
    expect(await run(['backend', 'remove'], { env })).toMatchObject({ code: 0, out: 'nothing to remove' });
    expect(JSON.parse((await run(['backend', 'remove', '--json'], { env })).out)).toEqual({ removed: [] });
  });

  it('fails before it downloads where the libtensorflow named is none', async () => {
    const { code, err } = await run(['backend', 'install', '--libtensorflow', cache, '--json'], { env });
    expect(code).toBe(1);
    const { error } = JSON.parse(err.split('\n').at(-1) ?? '') as { error: Record<string, unknown> };
    expect(error).toMatchObject({ code: 'DMNN_BUILD', step: 'prepare' });
  });

  it('explains itself without a command', async () => {
    const { code, err } = await run(['backend']);
    expect(code).toBe(2);
    expect(err).toContain('dmnn backend');
  });
});
