import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it, vi } from 'vitest';
import { errorLines, runProgram } from './run-program.js';

describe('errorLines', () => {
  it.each([
    [
      'deno',
      '\u001b[0m\u001b[1m\u001b[31merror\u001b[0m: Uncaught (in promise) TypeError: no such function\n' +
        '    at \u001b[36mfile:///a.js\u001b[39m:1:7\n    at eventLoopTick (ext:core/01_core.js:214:9)\n',
      'error: Uncaught (in promise) TypeError: no such function',
    ],
    [
      'node',
      "[eval]:22\n  if (!(error < 1e-4)) throw new Error('a convolution is off by ' + error);\n                       ^\n\n" +
        'Error: a convolution is off by 3\n    at [eval]:22:30\n    at run (node:internal/x:1:1)\n\nNode.js v20.19.0\n',
      'Error: a convolution is off by 3',
    ],
    ['a compiler', "make: Entering\na.cc:3:10: fatal error: no such header\ncompilation terminated.\nmake: *** [all] Error 1\n", 'a.cc:3:10: fatal error: no such header'], // prettier-ignore
    ['npm', 'npm warn old\nnpm error code E404\nnpm error 404 Not Found\n', 'npm error code E404\nnpm error 404 Not Found'], // prettier-ignore
    ['python', 'Traceback (most recent call last):\n  File "a.py", line 1\nValueError: no wheel\n', 'ValueError: no wheel'], // prettier-ignore
    ['libtensorflow', '2026-11-29 10:00:00.123456: I tensorflow/a.cc:1] hello\n2026-11-29 10:00:00.2: F tensorflow/b.cc:2] compiled to use AVX512F\n', '2026-11-29 10:00:00.2: F tensorflow/b.cc:2] compiled to use AVX512F'], // prettier-ignore
    ['what names no error', 'one\ntwo\n', 'one\ntwo'],
    ['what says nothing', '', ''],
  ])('of %s', (_, output, lines) => {
    expect(errorLines(output)).toBe(lines);
  });

  it('are of a real process, whatever colours it writes', async () => {
    const script = "console.error('\\x1b[31mfirst\\x1b[0m'); (() => { throw new RangeError('too deep') })()";
    const result = await runProgram(process.execPath, ['-e', script]);
    expect(errorLines(result?.output ?? '')).toBe('RangeError: too deep');
  });

  it('are limited', () => {
    expect(errorLines('error: 1\nerror: 2\nerror: 3', 2)).toBe('error: 1\nerror: 2');
  });
});

describe('runProgram ends what it started', () => {
  /** Starts a program whose own child lives on unless the group is ended; prints the child's number. */
  const family = `
const child = require('node:child_process').spawn('sleep', ['60'], { stdio: 'ignore' });
require('node:fs').writeFileSync(process.argv[1], String(child.pid));
setInterval(() => undefined, 1000);`;
  const isAlive = (pid: number): boolean => {
    try {
      process.kill(pid, 0);
      // a process that has ended is listed until its parent asks for it
      return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
    } catch {
      return false;
    }
  };
  /** The machine may be. */
  const BUSY = { timeout: 60_000 };
  const grandchild = (path: string): Promise<number> =>
    vi.waitFor(() => {
      const pid = Number(readFileSync(path, 'utf8'));
      expect(pid).toBeGreaterThan(0);
      return pid;
    }, BUSY);
  const pidFile = (): string => join(mkdtempSync(join(tmpdir(), 'dmnn-program-')), 'pid');

  it.runIf(process.platform === 'linux')('as a group, when it is aborted', async () => {
    const path = pidFile();
    const controller = new AbortController();
    const run = runProgram(process.execPath, ['-e', family, path], { signal: controller.signal });
    const ended = expect(run).rejects.toThrow('enough');
    const pid = await grandchild(path);
    expect(isAlive(pid)).toBe(true);
    controller.abort(new Error('enough'));
    await ended;
    await vi.waitFor(() => {
      expect(isAlive(pid)).toBe(false);
    }, BUSY);
    await expect(runProgram('true', [], { signal: controller.signal })).rejects.toThrow('enough');
  });

  it.runIf(process.platform === 'linux').each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'when %s ends this process, as it would without them',
    async (signal) => {
      const path = pidFile();
      const source = readFileSync(new URL('./run-program.ts', import.meta.url), 'utf8');
      const { outputText } = ts.transpileModule(source, {
        compilerOptions: { module: ts.ModuleKind.ESNext },
      });
      const module = `${path}.mjs`;
      writeFileSync(
        module,
        `${outputText}\nawait runProgram(process.execPath, ['-e', ${JSON.stringify(family)}, ${JSON.stringify(path)}]);`,
      );
      const child = spawn(process.execPath, [module]);
      const end = new Promise((resolve) =>
        child.on('close', (code, by) => {
          resolve(by ?? code);
        }),
      );
      const pid = await grandchild(path);
      child.kill(signal);
      expect(await end).toBe(signal);
      await vi.waitFor(() => {
        expect(isAlive(pid)).toBe(false);
      }, BUSY);
    },
  );
});
