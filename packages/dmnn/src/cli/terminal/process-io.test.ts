import process from 'node:process';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { CommandIo } from './command-io.js';
import { jsonIo, processIo, safeIo } from './process-io.js';

const before = process.stdout.listeners('error');
const beforeErr = process.stderr.listeners('error');
const beforeWarning = process.listeners('warning');
const { log, info, debug, warn, error } = console;
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  Object.assign(console, { log, info, debug, warn, error });
  for (const [stream, kept] of [
    [process.stdout, before],
    [process.stderr, beforeErr],
  ] as const) {
    stream.removeAllListeners('error');
    for (const listener of kept) stream.on('error', listener as () => void);
  }
  process.removeAllListeners('warning');
  for (const listener of beforeWarning) process.on('warning', listener);
});

function captured() {
  const written: string[] = [];
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => written.push(String(text)) > 0);
  const exit = vi.spyOn(process, 'exit').mockImplementation(() => undefined as never);
  return { written, exit };
}

describe('processIo', () => {
  it.each([
    ['ENOSPC', 1, /^dmnn: standard output: expected room to write, got .*ENOSPC/],
    ['EPIPE', 0, /^$/],
  ])('ends a command whose results cannot be written (%s) with %i', async (code, status, message) => {
    const { written, exit } = captured();
    processIo();
    process.stdout.emit('error', Object.assign(new Error(`${code}: write`), { code }));
    await vi.waitUntil(() => exit.mock.calls.length > 0, { timeout: 60_000 });
    expect(exit).toHaveBeenNthCalledWith(1, status);
    expect(written[0] ?? '').toMatch(message);
  });

  it('keeps the code of a command that was at its end when nobody read it any more', async () => {
    const { exit } = captured();
    onTestFinished(() => {
      process.exitCode = undefined;
    });
    processIo();
    process.stdout.emit('error', Object.assign(new Error('EPIPE: write'), { code: 'EPIPE' }));
    process.exitCode = 130;
    await vi.waitUntil(() => exit.mock.calls.length > 0, { timeout: 60_000 });
    expect(exit).toHaveBeenNthCalledWith(1, 130);
  });

  it('says so in JSON with --json, as it does with what libraries and Node warn of', () => {
    const { written } = captured();
    processIo(true);
    // eslint-disable-next-line no-console -- a library's warning is what is tried
    console.warn('a %s warns', 'library');
    process.emit('warning', Object.assign(new Error('old'), { name: 'DeprecationWarning' }));
    process.stdout.emit('error', Object.assign(new Error('ENOSPC: write'), { code: 'ENOSPC' }));
    expect(written.map((line) => JSON.parse(line) as unknown)).toEqual([
      { message: 'a library warns' },
      { message: 'DeprecationWarning: old' },
      { error: expect.objectContaining({ code: 'DMNN_OUTPUT' }) as object },
    ]);
  });

  it('is silent where standard error cannot be written either', () => {
    captured();
    processIo();
    expect(() => process.stderr.emit('error', new Error('EPIPE'))).not.toThrow();
  });
});

function world(): { io: CommandIo; lines: string[] } {
  const lines: string[] = [];
  const put = (text: string): void => void lines.push(text);
  const io = { out: put, err: put, redraw: put, columns: 20, isTerminal: true };
  return { io: io as Partial<CommandIo> as CommandIo, lines };
}

describe('safeIo', () => {
  it('writes no character that a terminal would obey, in any place', () => {
    const { io, lines } = world();
    const text = 'a\u001b[31m\r\u009b2J';
    safeIo(io).out(text);
    safeIo(io).err(text);
    safeIo({ ...io, columns: 80 }).redraw(text);
    expect(lines).toEqual(Array<string>(3).fill('a\\u001b[31m\\u000d\\u009b2J'));
  });

  it('keeps lines, tabs and JSON', () => {
    const { io, lines } = world();
    const json = JSON.stringify({ file: 'a\u001b[31m\u009b', n: 'ü' }, null, 2);
    safeIo(io).out(`one\n\ttwo`);
    safeIo(io).out(json);
    expect(lines[0]).toBe('one\n\ttwo');
    expect(JSON.parse(lines[1] as string)).toEqual({ file: 'a\u001b[31m\u009b', n: 'ü' });
  });

  it('draws the end of a line that is too long, as the terminal is wide now', () => {
    const { io, lines } = world();
    safeIo(io).redraw('runs/a/very/long/name: 200 of 1000');
    expect(lines[0]).toBe('…/name: 200 of 1000');
  });
});

describe('jsonIo', () => {
  it('writes an object a line for remarks, nothing for progress, and results as they are', () => {
    const { io, lines } = world();
    const json = jsonIo(io);
    json.err('backend wasm\nsecond');
    json.redraw('50 of 100');
    json.out('{"top1ErrorPercent": 5}');
    expect(lines).toEqual(['{"message":"backend wasm\\nsecond"}', '{"top1ErrorPercent": 5}']);
    expect(json.isTerminal).toBe(false);
  });
});
