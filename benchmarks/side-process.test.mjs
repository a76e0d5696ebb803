import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SideError, SideProcess, SkippedError } from './side-process.mjs';

let folder;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dmnn-side-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Starts a side that prepares as `body` says. */
function start(name, body, settings = { warmUp: 2 }) {
  const program = join(folder, `${name}.mjs`);
  const serve = new URL('sides/serve.mjs', import.meta.url).href;
  writeFileSync(program, `import { serve } from ${JSON.stringify(serve)};\n${body}`);
  return SideProcess.start({ name, command: process.execPath, args: [program], settings });
}

describe('a side', () => {
  it('warms up, then measures as often as it is asked', async () => {
    const side = await start(
      'counting',
      `await serve(async ({ first }) => {
        let calls = first;
        console.log('a greeting of some library');
        return { facts: { version: '1' }, measure: () => ++calls };
      });`,
      { warmUp: 2, first: 10 },
    );
    expect(side.facts).toEqual({ version: '1' });
    const { ms, peakBytes } = await side.measure(3);
    expect(ms).toEqual([13, 14, 15]); // 11 and 12 were to warm up
    expect(peakBytes).toBeGreaterThan(10e6); // Node alone takes more
    expect((await side.measure(1)).ms).toEqual([16]);
    await side.stop();
  });

  it('says why it could not start', async () => {
    const failing = start('failing', `await serve(() => { throw new Error('no such backend'); });`);
    await expect(failing).rejects.toThrow(SideError);
    await expect(failing).rejects.toThrow('no such backend');
  });

  it('says why the processor cannot run it', async () => {
    const skipped = start(
      'skipped',
      `await serve(async () => ({ skipped: 'bfloat16 needs AVX-512 BF16' }));`,
    );
    await expect(skipped).rejects.toThrow(SkippedError);
    await expect(skipped).rejects.toThrow('bfloat16 needs AVX-512 BF16');
  });

  it('says why it ended while measuring', async () => {
    const side = await start(
      'dying',
      `await serve(async () => {
        let calls = 0;
        return { facts: {}, measure() { if (++calls > 3) throw new Error('out of memory'); return 1; } };
      });`,
    );
    await expect(side.measure(5)).rejects.toThrow('out of memory');
    await side.stop();
  });

  it('that does not exist is an error as well', async () => {
    const missing = SideProcess.start({
      name: 'missing',
      command: join(folder, 'no-such-program'),
      args: [],
      settings: {},
    });
    await expect(missing).rejects.toThrow('ENOENT');
  });
});
