import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { BuildStep } from './build-error.js';
import type { BuildManifest } from './build-manifest.js';
import type { FoundBuild } from './find-build.js';
import { installation, type ReportStep, usableBuild } from './installation.js';

const cacheDirectory = mkdtempSync(join(tmpdir(), 'dmnn-installation-'));
afterAll(() => {
  rmSync(cacheDirectory, { recursive: true });
});

function begun(signal?: AbortSignal) {
  const steps: BuildStep[] = [];
  const options = {
    cacheDirectory,
    lock: 'one',
    begins: 'looking',
    onProgress: ({ step }: { readonly step: BuildStep }) => steps.push(step),
    signal,
  };
  return {
    steps,
    run: (install: (report: ReportStep) => Promise<unknown>) => installation(options, install),
  };
}

describe('installation', () => {
  it('runs alone, and says its steps', async () => {
    const { steps, run } = begun();
    const second = await run(async (report) => {
      report('compile', 'compiling');
      return begun()
        .run(() => Promise.resolve('both at once'))
        .catch((error: unknown) => error);
    });
    expect(second).toMatchObject({ code: 'DMNN_BUILD', step: 'lock' });
    expect(steps).toEqual(['prepare', 'compile']);
    expect(await begun().run(() => Promise.resolve('later'))).toBe('later');
    expect(readdirSync(cacheDirectory)).toEqual([]);
  });

  it('names the step in which the system refused something', async () => {
    const { run } = begun();
    const full = Object.assign(new Error('write'), { code: 'ENOSPC', path: '/a' });
    const failing = run((report) => {
      report('unpack', 'unpacking');
      return Promise.reject(full);
    });
    await expect(failing).rejects.toMatchObject({ code: 'DMNN_BUILD', step: 'unpack', cause: full });
  });

  it('ends with the reason of its signal, whatever the program that it ran says', async () => {
    const controller = new AbortController();
    const { run } = begun(controller.signal);
    const stopped = run(() => {
      controller.abort(new Error('enough'));
      return Promise.reject(new Error('killed'));
    });
    await expect(stopped).rejects.toThrow('enough');
    let entered = false;
    const never = run(() => {
      entered = true;
      return Promise.resolve();
    });
    await expect(never).rejects.toThrow('enough');
    expect([entered, existsSync(join(cacheDirectory, 'one.lock'))]).toEqual([false, false]);
  });
});

describe('usableBuild', () => {
  it('takes an intact build, makes a damaged one again, and leaves others alone', () => {
    const said: string[] = [];
    const usable = (found: FoundBuild<BuildManifest>) =>
      usableBuild(found, (step, message) => said.push(`${step}: ${message}`));
    const build = { folder: '/a', manifest: {} as BuildManifest };
    expect(usable({ state: 'intact', build })).toBe(build);
    expect(usable({ state: 'none' })).toBeUndefined();
    expect(said).toEqual([]);
    expect(usable({ state: 'damaged', reason: '/a is damaged' })).toBeUndefined();
    expect(said).toEqual(['prepare: building again: /a is damaged']);
    expect(() => usable({ state: 'newer', reason: '/a is newer' })).toThrow(/\/a is newer\. .*--force/);
    expect(() => usable({ state: 'unreadable', reason: '/a cannot be read' })).toThrow(
      /Give this user access/,
    );
  });
});
