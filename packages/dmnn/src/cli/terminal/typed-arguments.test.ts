import { Command, Option } from 'commander';
import { describe, expect, it } from 'vitest';
import { budgetsOption } from '../options/budgets-option.js';
import { integerOption } from '../options/common-options.js';
import { typedArguments } from './typed-arguments.js';

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
