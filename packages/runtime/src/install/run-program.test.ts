import { describe, expect, it } from 'vitest';
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
