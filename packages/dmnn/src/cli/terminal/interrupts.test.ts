import process from 'node:process';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { CommandIo } from './command-io.js';
import type { ExitCode } from './exit-code.js';
import { endWithParent, interruptible, onInterrupt } from './interrupts.js';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

describe('onInterrupt', () => {
  const exit = () => vi.spyOn(process, 'exit').mockImplementation(() => undefined as never);

  it('calls the listener once and ends the process at the second', () => {
    const exited = exit();
    const listener = vi.fn();
    const stop = onInterrupt(listener);
    process.emit('SIGINT', 'SIGINT');
    expect([listener.mock.calls.length, exited.mock.calls.length]).toEqual([1, 0]);
    process.emit('SIGTERM', 'SIGTERM');
    expect(listener).toHaveBeenCalledTimes(1);
    expect(exited).toHaveBeenCalledWith(130);
    stop();
  });

  it('takes the terminal’s Ctrl-C and the parent’s message about it for one', () => {
    vi.stubEnv('DMNN_RESPAWNED', '1');
    const exited = exit();
    const listener = vi.fn();
    const stop = onInterrupt(listener);
    process.emit('SIGINT', 'SIGINT');
    process.emit('message', 'interrupt', undefined);
    expect([listener.mock.calls.length, exited.mock.calls.length]).toEqual([1, 0]);
    process.emit('message', 'interrupt', undefined);
    expect(exited).toHaveBeenCalledWith(130);
    stop();
  });

  it('takes hanging up as a first interrupt, and never as a second', () => {
    for (const order of [
      ['SIGHUP', 'SIGHUP'],
      ['SIGTERM', 'SIGHUP'],
    ] as const) {
      const exited = exit();
      const listener = vi.fn();
      const stop = onInterrupt(listener);
      for (const signal of order) process.emit(signal, signal);
      expect([listener.mock.calls.length, exited.mock.calls.length]).toEqual([1, 0]);
      process.emit('SIGINT', 'SIGINT');
      expect(exited).toHaveBeenCalledWith(130);
      stop();
      vi.restoreAllMocks();
    }
  });

  it('takes the terminal’s hanging up and the parent’s message about it for one', () => {
    vi.stubEnv('DMNN_RESPAWNED', '1');
    const exited = exit();
    const listener = vi.fn();
    const stop = onInterrupt(listener);
    process.emit('SIGHUP', 'SIGHUP');
    process.emit('message', 'hang-up', undefined);
    expect([listener.mock.calls.length, exited.mock.calls.length]).toEqual([1, 0]);
    stop();
  });

  it('stops listening', () => {
    const before = process.listenerCount('SIGINT');
    const stop = onInterrupt(() => undefined);
    expect(process.listenerCount('SIGINT')).toBe(before + 1);
    stop();
    expect(process.listenerCount('SIGINT')).toBe(before);
  });
});

describe('endWithParent', () => {
  it('does nothing in a process that nobody respawned', () => {
    const before = process.listenerCount('disconnect');
    endWithParent();
    expect(process.listenerCount('disconnect')).toBe(before);
  });

  it('reports why the work failed, not why the line cannot be cleared', async () => {
    let stopped = 0;
    const io = {
      onInterrupt: () => () => (stopped += 1),
      redraw: () => {
        throw new Error('the terminal is gone');
      },
    } as Partial<CommandIo> as CommandIo;
    const work = (): Promise<ExitCode> => Promise.reject(new Error('the disk is full'));
    await expect(interruptible(io, work)).rejects.toThrow('the disk is full');
    expect(stopped).toBe(1);
  });
});
