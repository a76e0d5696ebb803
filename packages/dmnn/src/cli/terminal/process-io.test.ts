import { describe, expect, it } from 'vitest';
import type { CommandIo } from './command-io.js';
import { jsonIo, safeIo } from './process-io.js';

function world(): { io: CommandIo; lines: string[] } {
  const lines: string[] = [];
  const put = (text: string): void => void lines.push(text);
  const io = { out: put, err: put, redraw: put, columns: 20, isTerminal: true };
  return { io: io as Partial<CommandIo> as CommandIo, lines };
}

describe('safeIo', () => {
  it('writes no character that a terminal would obey, in any place', () => {
    const { io, lines } = world();
    for (const write of [safeIo(io).out, safeIo(io).err, safeIo(io).redraw]) write('a\u001b[31m\r\u009b2J');
    expect(lines).toEqual(Array(3).fill('a\\u001b[31m\\u000d\\u009b2J').map((text: string, i) => (i < 2 ? text : expect.stringMatching(/^….*2J$/)))); // prettier-ignore
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
