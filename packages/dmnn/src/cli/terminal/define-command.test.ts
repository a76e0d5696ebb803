import { Command, Option } from 'commander';
import { describe, expect, it, vi } from 'vitest';
import { type CommandDefinition, defineCommand, typedArguments } from './define-command.js';
import { usageError } from './usage-error.js';
import type { CommandIo } from './command-io.js';
import type { BackendChoice } from './start-backend.js';
import { budgetsOption } from '../options/budgets-option.js';
import { integerOption } from '../options/common-options.js';

interface Options {
  readonly backend?: BackendChoice | undefined;
  readonly count: string;
}

type Asked = Options & { readonly file: string };

const io = { env: { DMNN_RESPAWNED: '1' } } as Partial<CommandIo> as CommandIo;

/** Runs the command on these words; answers its exit code. */
async function typed(
  words: readonly string[],
  definition: Partial<CommandDefinition<[file: string, options: Options], Asked>>,
): Promise<unknown> {
  const command = new Command('copy').exitOverride();
  const codes: unknown[] = [];
  const setUp = defineCommand<[file: string, options: Options], Asked>({
    usage: (its) => {
      its.argument('<file>').option('--count <n>', '', '1').option('--backend <name>');
    },
    request: (file, options) => ({ file, ...options }),
    run: () => 0,
    ...definition,
  });
  setUp(command, { io, finish: async (code) => void codes.push(await code) });
  await command.parseAsync(words, { from: 'user' });
  return codes;
}

describe('defineCommand', () => {
  it('runs on what was typed, read once, and finishes with its exit code', async () => {
    const run = vi.fn((): 2 => 2);
    expect(await typed(['a.txt', '--count', '3'], { run })).toEqual([2]);
    expect(run.mock.calls).toEqual([[{ file: 'a.txt', count: '3' }, io]]);
  });

  it('checks the request before it asks what the process must suit, and runs nothing if it is wrong', async () => {
    const run = vi.fn((): 0 => 0);
    const needs = vi.fn(() => undefined);
    const request = (): never => {
      throw usageError('--count: expected one, got two.');
    };
    await expect(typed(['a.txt'], { request, needs, run })).rejects.toThrow(
      expect.objectContaining({ code: 'DMNN_USAGE' }),
    );
    expect([needs, run].map((each) => each.mock.calls.length)).toEqual([0, 0]);
  });

  it.each([
    [['', '--count', '2'], 'file: expected a value, got an empty one.'],
    [['a.txt', '--count', ''], '--count: expected a value, got an empty one.'],
    [['a.txt', '--count='], '--count: expected a value, got an empty one.'],
  ])('refuses empty values, which variables of a shell that are not set give: %j', async (words, message) => {
    const request = vi.fn();
    await expect(typed(words, { request })).rejects.toMatchObject({
      code: 'DMNN_USAGE',
      message: expect.stringContaining(message),
    });
    expect(request).not.toHaveBeenCalled();
  });

  it('takes an empty text where any text will do', async () => {
    const usage = (its: Command) => void its.argument('<file>').option('--prefix <text>', '');
    const run = vi.fn((): 0 => 0);
    await typed(['a.txt', '--prefix', ''], { usage, run });
    expect(run).toHaveBeenCalledWith({ file: 'a.txt', prefix: '' }, io);
  });

  it.each([
    ['a native backend', 'native' as const],
    ['none', undefined],
  ])('runs in this process where it needs %s and suits it already', async (_, backend) => {
    const run = vi.fn((): 0 => 0);
    expect(await typed(['a.txt'], { needs: () => backend, run })).toEqual([0]);
    expect(run).toHaveBeenCalledOnce();
  });
});

const command = new Command('eval')
  .argument('<run>')
  .option('--out <folder>')
  .option('-t, --title <text>')
  .option('--json')
  .addOption(new Option('--noise [seed]').preset('1').argParser(integerOption('--noise', { min: 0 })))
  .addOption(new Option('--budgets [budgets]').preset('0.3..1').argParser(budgetsOption));

describe('typedArguments', () => {
  it.each([
    ['--noise runs/a', '--noise=1 runs/a'],
    ['--noise 3 runs/a', '--noise 3 runs/a'],
    ['runs/a --noise', 'runs/a --noise'],
    ['--noise --json runs/a', '--noise=1 --json runs/a'],
    ['--noise=7 runs/a', '--noise=7 runs/a'],
    ['--noise -3 runs/a', '--noise -3 runs/a'], // a seed that is refused
    ['--noise 0x runs/a', '--noise 0x runs/a'], // a mistyped seed
    ['--budgets runs/a runs/b --out x', '--budgets=0.3..1 runs/a runs/b --out x'],
    ['--budgets 0.3..1:0.05 runs/a', '--budgets 0.3..1:0.05 runs/a'],
    ['--budgets 2..x runs/a', '--budgets 2..x runs/a'],
    ['--noise -- --budgets runs/a', '--noise=1 -- --budgets runs/a'],
    ['--title --noise', undefined],
    ['--out --json', undefined],
    ['--out --title=x', undefined],
    ['--title - --json', '--title - --json'],
    ['--title -5 --json', '--title -5 --json'],
  ])('reads %s as %s', (typed, read) => {
    const words = typed.split(' ');
    if (read !== undefined) expect(typedArguments(command, words)).toEqual(read.split(' '));
    else {
      expect(() => typedArguments(command, words)).toThrow(
        expect.objectContaining({
          code: 'DMNN_USAGE',
          message: expect.stringMatching(/^--\w+: expected a value, .* got the option --/) as string,
        }),
      );
    }
  });
});
