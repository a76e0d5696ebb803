import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { run } from '../../fixtures/run-captured.js';
import { doctorText, type MachineReport } from './doctor.js';

const cache = mkdtempSync(join(tmpdir(), 'dmnn-doctor-'));
afterAll(() => {
  rmSync(cache, { recursive: true });
});
const env = { XDG_CACHE_HOME: cache };

const report: MachineReport = {
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
  engine: { works: false, reason: 'no core', remedy: 'dmnn backend install --engine' },
};

describe('dmnn doctor', () => {
  it('says of each backend whether it works, and if not why and what helps', async () => {
    const { code, out } = await run(['doctor', '--json'], { env });
    expect(code).toBe(0);
    const found = JSON.parse(out) as MachineReport;
    expect(found.backends.map(({ name }) => name)).toEqual(['native-gpu', 'native', 'wasm', 'cpu']);
    expect(found.backends.filter(({ works }) => works).map(({ name }) => name)).toEqual(
      expect.arrayContaining(['wasm', 'cpu']),
    );
    for (const { works, reason, remedy } of found.backends)
      if (!works) expect([reason, remedy]).not.toContain(undefined);
    expect(found.cacheDirectory).toBe(join(cache, 'dmnn', 'native'));
    expect(found.engine).toEqual({
      works: false,
      reason: `no core of the engine for this version in ${found.cacheDirectory}`,
      remedy: 'dmnn backend install --engine',
    });
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

  it('says whether there is an engine', () => {
    expect(doctorText(report)).toMatch(/^engine: no: no core → dmnn backend install --engine$/m);
    const manifest = {
      ...{ format: 1, sources: '0', libc: 'gnu', oneDnn: '3.2.0', source: 'a wheel', compiler: 'c++' },
      ...{ platform: 'linux', arch: 'x64', napiVersion: 8, files: [] },
    };
    expect(doctorText({ ...report, engine: { works: true, path: '/core', manifest } })).toMatch(
      /^engine: works, on oneDNN 3\.2\.0 \(a wheel\)$/m,
    );
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

  it('fails before it downloads where the oneDNN named is none', async () => {
    const { code, err } = await run(['backend', 'install', '--engine', '--onednn', cache, '--json'], { env });
    expect(code).toBe(1);
    const { error } = JSON.parse(err.split('\n').at(-1) ?? '') as { error: Record<string, unknown> };
    expect(error).toMatchObject({
      code: 'DMNN_BUILD',
      step: 'prepare',
      message: expect.stringContaining(
        `onednn: expected a folder with oneDNN 3, got ${cache} without`,
      ) as string,
    });
  });

  it.each([
    [['install', '--engine', '--gpu'], /--engine: expected without --gpu, .*got both/],
    [['install', '--engine', '--libtensorflow', 'a'], /--engine: expected without --libtensorflow, /],
    [['install', '--onednn', 'a', '--gpu'], /--onednn: expected without --gpu, .*got both/],
    [['remove', '--engine', '--no-gpu'], /--engine: expected without --no-gpu, got both/],
  ])('refuses %j', async (words, message) => {
    const { code, err } = await run(['backend', ...words], { env });
    expect(code).toBe(2);
    expect(err).toMatch(message);
  });

  it('explains itself without a command', async () => {
    const { code, err } = await run(['backend']);
    expect(code).toBe(2);
    expect(err).toContain('dmnn backend');
  });
});
