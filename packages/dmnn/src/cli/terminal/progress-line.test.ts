import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CommandIo } from './command-io.js';
import { ProgressLine, phase } from './progress-line.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function world(isTerminal: boolean): { io: CommandIo; lines: string[]; drawn: string[] } {
  const [lines, drawn]: [string[], string[]] = [[], []];
  const io: Partial<CommandIo> = {
    err: (text) => void lines.push(text),
    redraw: (text) => void drawn.push(text),
    isTerminal,
    columns: 80,
    now: () => Date.now(),
  };
  return { io: io as CommandIo, lines, drawn };
}

describe('phase', () => {
  it('says in a log after two seconds what takes so long, then twice a minute, and answers the result', async () => {
    const { io, lines, drawn } = world(false);
    const result = phase(io, 'opening the data', () => new Promise((done) => setTimeout(done, 65_000, 7)));
    await vi.advanceTimersByTimeAsync(1999);
    expect(lines).toEqual([]);
    await vi.advanceTimersByTimeAsync(70_000);
    expect(await result).toBe(7);
    expect(lines).toEqual(['opening the data: 2 s', 'opening the data: 30 s', 'opening the data: 1 min 0 s']);
    expect(drawn).toEqual(['']);
  });

  it('says it at once in a terminal, counts the seconds and clears the line, also after a failure', async () => {
    const { io, lines, drawn } = world(true);
    const result = phase(
      io,
      'opening',
      () => new Promise((_, fail) => setTimeout(fail, 2500, new Error('none'))),
    );
    const failed = expect(result).rejects.toThrow('none');
    await vi.advanceTimersByTimeAsync(5000);
    await failed;
    expect(lines).toEqual([]);
    expect(drawn.at(0)).toBe('opening');
    expect(drawn).toContain('opening: 2 s');
    expect(drawn.at(-1)).toBe('');
  });

  it('says nothing in a log of what is quick', async () => {
    const { io, lines } = world(false);
    expect(await phase(io, 'opening', () => 3)).toBe(3);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(lines).toEqual([]);
  });
});

describe('ProgressLine', () => {
  it('shows a new topic at once, and how far it is every ten seconds in a log', () => {
    const { io, lines } = world(false);
    const progress = new ProgressLine(io);
    for (let second = 0; second < 15; second++) {
      progress.show('masked', `: ${second} of 15`);
      vi.advanceTimersByTime(1000);
    }
    progress.show('skipping', ': 0 of 15');
    expect(lines).toEqual(['masked: 0 of 15', 'masked: 10 of 15', 'skipping: 0 of 15']);
  });

  it('reports why the work failed, not why the line cannot be cleared', async () => {
    const { io } = world(false);
    const broken: CommandIo = {
      ...io,
      redraw: () => {
        throw new Error('the terminal is gone');
      },
    };
    const work = (): Promise<never> => Promise.reject(new Error('the disk is full'));
    await expect(phase(broken, 'opening', work)).rejects.toThrow('the disk is full');
    expect(vi.getTimerCount()).toBe(0);
  });
});
