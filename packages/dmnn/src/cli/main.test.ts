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

  it.each([
    [['help', 'nonsense'], "unknown command 'nonsense' (dmnn --help lists them)"],
    [['help', 'modles'], "unknown command 'modles' (Did you mean models?)"],
    [['modles', '--help'], "unknown command 'modles' (Did you mean models?)"],
    [['help', 'backend', 'instal'], "unknown command 'instal' (Did you mean install?)"],
    [['backend', 'help', 'instal'], "unknown command 'instal' (Did you mean install?)"],
    [['backend', 'instal', '--force'], "unknown command 'instal' (Did you mean install?)"],
    [['help', 'train', 'now'], 'help: expected a command, got now after train, which has no commands.'],
    [['backend'], 'backend: expected install or remove after it, got nothing. Help: dmnn backend --help'],
  ])('refuses %j', async (argv, message) => {
    expect(await run(argv)).toEqual({ code: 2, out: '', err: `dmnn: ${message}` });
  });

  it('explains the commands of a command by either form', async () => {
    const own = await run(['backend', 'remove', '--help']);
    expect(own.out).toMatch(/^Usage: dmnn backend remove /);
    expect(await run(['backend', 'help', 'remove'])).toEqual(own);
    expect((await run(['backend', '--help'])).code).toBe(0);
    expect((await run(['help'])).out).toMatch(/^Usage: dmnn /);
  });

  it('names all that is missing, and all that is unknown, at once', async () => {
    const text = await run(['reproduce', '--epochs', '3', '--lr=0.1']);
    expect(text).toEqual({
      code: 2,
      out: '',
      err:
        "dmnn: reproduce: unknown option '--epochs' (Did you mean --set epochs=3?); unknown option '--lr' " +
        '(Did you mean --set learningRate.from=0.1?); expected <row>, --data <data> and --out <folder>, got none of them. Help: dmnn reproduce --help',
    });
    expect(JSON.parse((await run(['export', '--json'])).err)).toEqual({
      error: {
        code: 'DMNN_USAGE',
        message: 'export: expected <model> and --out <file>, got neither. Help: dmnn export --help',
        suggestions: [],
        missing: ['<model>', '--out <file>'],
        unknown: [],
      },
    });
  });

  it.each([
    [['reproduce', 'table1/10'], 'expected --data <data> and --out <folder>, got neither'],
    [['reproduce', '--dry-run', 'table1/10'], 'expected --data <data>, got none'],
    [['import', 'x', '--model', 'resnet18'], 'expected --out <folder>, got none'],
    [['reproduce', 'table1/10', '--lr=0.1', '--out', 'x'], '; expected --data <data>, got none'],
  ])('does not call missing what %j gives', async (argv, message) => {
    const { code, err } = await run(argv);
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
  });

  it.each([
    [['train', '--epochs', '3'], '--set epochs=3'],
    [['train', '--recipe', 'demo', '--out', 'x', '--epochs', '3'], '--set epochs=3'],
    [['reproduce', 'table1/10', '--data', 'built-in', '--batch-size', '8'], '--set batchSize=8'],
    [['eval', 'x', '--batchsize', '8'], '--batch-size'],
  ])('says what %j may mean', async (argv, hint) => {
    const { code, err } = await run(argv);
    expect([code, err]).toEqual([2, expect.stringContaining(`(Did you mean ${hint}?)`)]);
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
      error: {
        code: 'DMNN_USAGE',
        message: "unknown command 'modles' (Did you mean models?)",
        suggestions: ['models'],
      },
    });
  });
});
