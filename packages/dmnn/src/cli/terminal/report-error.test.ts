import { DmnnError } from '@dmnn/foundation';
import { CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import type { CommandIo } from './command-io.js';
import { reportError } from './report-error.js';

function reported(error: unknown, json: boolean): { code: number; err: string } {
  const lines: string[] = [];
  const io = { err: (text: string) => void lines.push(text) } as Partial<CommandIo> as CommandIo;
  return { code: reportError(error, json, io), err: lines.join('\n') };
}

describe('reportError', () => {
  it('prints code, message and the fields of an error, not its stack', () => {
    const { code, err } = reported(
      new DmnnError('DMNN_UNKNOWN_MODEL', "model: expected a name of the zoo, got 'resnt50'.", {
        details: { model: 'resnt50', suggestions: ['resnet50'] },
      }),
      true,
    );
    expect(code).toBe(2);
    const { error } = JSON.parse(err) as { error: Record<string, unknown> };
    expect(error).toEqual({
      code: 'DMNN_UNKNOWN_MODEL',
      message: expect.stringContaining("got 'resnt50'") as string,
      model: 'resnt50',
      suggestions: ['resnet50'],
    });
  });

  it('takes argument errors of the packages for wrong use, JavaScript’s own for faults of ours', () => {
    const wrong = new RangeError('targetRate: expected a number in (0, 1], got 2');
    expect(reported(wrong, false)).toEqual({ code: 2, err: `dmnn: ${wrong.message}` });
    const fault = reported(new RangeError('Invalid array length'), false);
    expect(fault.code).toBe(1);
    expect(fault.err).toMatch(/^dmnn: unexpected: RangeError: Invalid array length\n {4}at /);
  });

  it.each([
    [
      'ENOENT',
      'open',
      'DMNN_FILE',
      'a file that can be read, got no such file or folder (ENOENT). Check the path.',
    ],
    [
      'ENOSPC',
      'write',
      'DMNN_DISK_FULL',
      'a place that can be written to, got no space left on the disk (ENOSPC). Free some space, or choose a path on another disk.',
    ],
  ])('says what to do about a failed system call: %s', (system, syscall, code, text) => {
    const error = Object.assign(new Error(`${system}: ${syscall} 'x'`), { code: system, path: 'x', syscall });
    expect(reported(error, false)).toEqual({ code: 1, err: `dmnn: x: expected ${text}` });
    expect(JSON.parse(reported(error, true).err)).toMatchObject({
      error: { code, path: 'x', systemCode: system },
    });
  });

  it('says that the current folder was removed', () => {
    const error = Object.assign(new Error('ENOENT: no such file or directory, uv_cwd'), {
      code: 'ENOENT',
      syscall: 'uv_cwd',
    });
    expect(reported(error, false)).toEqual({
      code: 1,
      err: 'dmnn: current folder .: expected one that is there, got no such file or folder (ENOENT). It was removed: change to another one.',
    });
  });

  it('keeps the code of a call that is not of a file', () => {
    const error = Object.assign(new Error('spawn npm ENOENT'), {
      code: 'ENOENT',
      path: 'npm',
      syscall: 'spawn npm',
    });
    expect(JSON.parse(reported(error, true).err)).toMatchObject({ error: { code: 'ENOENT', path: 'npm' } });
  });

  it('makes something of what is no error', () => {
    expect(reported('no', false)).toEqual({ code: 1, err: 'dmnn: unexpected: no' });
  });

  it('says nothing about help that was printed', () => {
    expect(reported(new CommanderError(0, 'commander.helpDisplayed', ''), true)).toEqual({
      code: 0,
      err: '',
    });
  });
});
