import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { heartbeat } from './heartbeat.mjs';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** @param {boolean} isTTY */
function stream(isTTY) {
  /** @type {string[]} */
  const written = [];
  return { written, isTTY, write: (/** @type {string} */ text) => written.push(text) };
}

describe('heartbeat', () => {
  it('writes to a log after two seconds, then twice a minute', () => {
    const out = stream(false);
    const end = heartbeat('Building …', { out });
    vi.advanceTimersByTime(1999);
    expect(out.written).toEqual([]);
    vi.advanceTimersByTime(61_000);
    end();
    vi.advanceTimersByTime(100_000);
    expect(out.written).toEqual(['Building …: 2 s\n', 'Building …: 30 s\n', 'Building …: 60 s\n']);
  });

  it('draws one line in a terminal and clears it', () => {
    const out = stream(true);
    const end = heartbeat('Building …', { out });
    vi.advanceTimersByTime(3000);
    end();
    expect(out.written.at(-1)).toBe('\r\x1b[K');
    expect(out.written).toContain('\r\x1b[KBuilding …: 3 s');
    expect(out.written.join('')).not.toContain('\n');
  });

  it('leaves no trace of what ends at once', () => {
    const out = stream(true);
    heartbeat('tsc', { out })();
    expect(out.written).toEqual([]);
  });
});
