import { describe, expect, it } from 'vitest';
import { run } from '../fixtures/run-captured.js';

describe('dmnn', () => {
  it('explains itself, and each command', async () => {
    const help = await run(['--help']);
    expect(help.code).toBe(0);
    const commands = [...help.out.matchAll(/^ {2}(\w+) .*\S$/gm)].map(([, name]) => name);
    expect(commands).toEqual(expect.arrayContaining(['models', 'summary', 'tables']));
    for (const command of ['models', 'summary', 'tables']) {
      const own = await run([command, '--help']);
      expect([own.code, own.err]).toEqual([0, '']);
      expect(own.out).toMatch(new RegExp(`^Usage: dmnn ${command} `));
    }
  });

  it('explains a command by either form', async () => {
    expect(await run(['help', 'summary'])).toEqual(await run(['summary', '--help']));
    expect((await run(['help', 'backend', 'remove'])).out).toMatch(/^Usage: dmnn backend remove /);
  });

  it('prints its version', async () => {
    expect(await run(['--version'])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^\d+\.\d+\.\d+$/) as string,
    });
  });

  it('prints the help and fails without a command', async () => {
    const { code, out, err } = await run([]);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(/^Usage: dmnn /);
  });

  it('names the command that was meant', async () => {
    const { code, err } = await run(['modles']);
    expect([code, err]).toEqual([2, "dmnn: unknown command 'modles' (Did you mean models?)"]);
    const json = await run(['modles', '--json']);
    expect(JSON.parse(json.err)).toEqual({
      error: { code: 'DMNN_USAGE', message: "unknown command 'modles' (Did you mean models?)" },
    });
  });
});
