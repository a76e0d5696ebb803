import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { run } from '../fixtures/run-captured.js';

const folder = mkdtempSync(join(tmpdir(), 'dmnn-hostile-'));
const at = (name: string): string => join(folder, name);
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const onPosix = process.platform !== 'win32';
if (onPosix) {
  execFileSync('mkfifo', [at('pipe')]);
  symlinkSync('pipe', at('pipe.json'));
  symlinkSync('/dev/zero', at('device.json'));
}

/** A model of the zoo, small enough to be written in a moment. */
const exported = (out: string): ReturnType<typeof run> =>
  run(['export', 'cifar-resnet8-0.25', '--no-verify', '--out', out]);

describe.runIf(onPosix)('reading', () => {
  it.each([
    [
      ['train', '--recipe', at('pipe.json'), '--out', at('run')],
      2,
      /--recipe .*pipe\.json: expected a file that can be read, got a pipe\. Copy/,
    ],
    [['train', '--recipe', at('device.json'), '--out', at('run')], 2, /--recipe .*got a device/],
    [['recipes', at('pipe.json')], 2, /pipe\.json: expected a file that can be read, got a pipe/],
    [['summary', at('pipe.json')], 2, /got a pipe/],
    [
      ['import', at('pipe'), '--model', 'resnet18', '--out', at('model')],
      2,
      /FILE .*pipe: expected a file that can be read, got a pipe/,
    ],
    [
      ['export', 'dmnn-cifar-resnet8-n2', '--frozen-gates', at('pipe.json'), '--out', at('x')],
      2,
      /got .*pipe\.json: expected a file that can be read, got a pipe/,
    ],
  ])('%j ends at once', async (args, code, message) => {
    const result = await run(args);
    expect(result.code).toBe(code);
    expect(result.err).toMatch(message);
  });
});

describe('what is printed', () => {
  const name = 'a\u001b[31m\u202egpj\u009b2J';

  it.each([
    ['recipes', at(`${name}.json`)],
    ['summary', at(`${name}.json`)],
    ['export', 'cifar-resnet8-0.25', '--no-verify', '--out', at(join(name, 'x.onnx'))],
    ['eval', at(name)],
    ['predict', at(name), '--model', at(name)],
  ])('shows a hostile name as text: %s', async (...args) => {
    for (const json of [[], ['--json']]) {
      const { code, out, err } = await run([...args, ...json]);
      expect(code).not.toBe(0);
      const text = out + err;
      for (const character of ['\u001b', '\u009b', '\u202e']) expect(text).not.toContain(character);
      expect(text).toContain(json.length > 0 ? 'a\\\\u001b[31m' : 'a\\u001b[31m\\u202egpj\\u009b2J');
    }
  });
});

describe('--out', () => {
  it.runIf(onPosix)('replaces the target of a link whole, and makes that of one to nothing', async () => {
    writeFileSync(at('real.onnx'), 'before');
    symlinkSync('real.onnx', at('link.onnx'));
    symlinkSync('new.onnx', at('dangling.onnx'));
    for (const [link, target] of [
      ['link.onnx', 'real.onnx'],
      ['dangling.onnx', 'new.onnx'],
    ] as const) {
      expect((await exported(at(link))).code).toBe(0);
      expect(readlinkSync(at(link))).toBe(target);
      expect(statSync(at(target)).size).toBeGreaterThan(1000);
    }
    expect(readdirSync(folder).filter((each) => each.endsWith('.partial'))).toEqual([]);
  });

  it.runIf(onPosix)('is written into, if it is a pipe', async () => {
    execFileSync('mkfifo', [at('out')]);
    const [bytes, { code }] = await Promise.all([readFile(at('out')), exported(at('out'))]);
    expect(code).toBe(0);
    expect(bytes.equals(readFileSync(at('new.onnx')))).toBe(true);
    expect(statSync(at('out')).isFIFO()).toBe(true);
  });

  it.runIf(process.platform === 'linux')('leaves devices devices; a full one is a full disk', async () => {
    expect((await exported('/dev/null')).code).toBe(0);
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
    const { code, err } = await exported('/dev/full');
    expect(code).toBe(1);
    expect(err).toMatch(
      /dmnn: --out \/dev\/full: expected a place that can be written to, got no space left on the disk \(ENOSPC\)\. Free/,
    );
    expect(statSync('/dev/full').isCharacterDevice()).toBe(true);
  });

  // root may write everywhere
  it.skipIf(!onPosix || process.getuid?.() === 0)(
    'says that a folder is closed, with what to do',
    async () => {
      mkdirSync(at('closed'));
      chmodSync(at('closed'), 0o500);
      const { code, err } = await exported(at('closed/x.onnx'));
      expect(code).toBe(1);
      expect(err).toMatch(
        /--out .*closed\/x\.onnx: expected a folder that can be written to, got no permission \(EACCES\)\. /,
      );
    },
  );

  it('says that a folder is none', async () => {
    const { code, err } = await exported(at('none/x.onnx'));
    expect(code).toBe(1);
    expect(err).toMatch(
      /--out .*none\/x\.onnx: expected a folder that can be written to, got no such file or folder \(ENOENT\)\. /,
    );
  });
});
