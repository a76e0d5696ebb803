import process from 'node:process';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { endWithParent, onInterrupt } from './interrupts.js';

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
    process.emit('SIGINT');
    expect([listener.mock.calls.length, exited.mock.calls.length]).toEqual([1, 0]);
    process.emit('SIGTERM');
    expect(listener).toHaveBeenCalledTimes(1);
    expect(exited).toHaveBeenCalledWith(130);
    stop();
  });

  it('takes the terminal’s Ctrl-C and the parent’s message about it for one', () => {
    vi.stubEnv('DMNN_RESPAWNED', '1');
    const exited = exit();
    const listener = vi.fn();
    const stop = onInterrupt(listener);
    process.emit('SIGINT');
    process.emit('message', 'interrupt', undefined);
    expect([listener.mock.calls.length, exited.mock.calls.length]).toEqual([1, 0]);
    process.emit('message', 'interrupt', undefined);
    expect(exited).toHaveBeenCalledWith(130);
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
  it('ends a respawned process when its parent is gone, and no other', () => {
    const exited = vi.spyOn(process, 'exit').mockImplementation(() => undefined as never);
    const before = process.listenerCount('disconnect');
    endWithParent();
    expect(process.listenerCount('disconnect')).toBe(before);
    vi.stubEnv('DMNN_RESPAWNED', '1');
    endWithParent();
    const [listener] = process.listeners('disconnect').slice(before);
    listener?.();
    expect(exited).toHaveBeenCalledWith(1);
    if (listener) process.off('disconnect', listener);
  });
});
