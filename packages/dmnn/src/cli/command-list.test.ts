import { readdirSync } from 'node:fs';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { run } from '../fixtures/run-captured.js';
import { commandList } from './command-list.js';
import { optionText } from './terminal/option-text.js';

describe('commandList', () => {
  it('has every module of commands/, once', () => {
    const modules = readdirSync(new URL('commands', import.meta.url)).flatMap(
      (file) => /^([\w-]+)\.ts$/.exec(file)?.[1] ?? [],
    );
    expect(commandList.map(({ name }) => name).sort()).toEqual(modules.sort());
  });

  it.each(commandList)('loads $name, which takes options and explains each', async ({ name, load }) => {
    const command = new Command(name);
    (await load())(command, { io: {} as never, finish: () => Promise.resolve() });
    const asked = command.commands.length > 0 ? command.commands : [command];
    for (const { options, registeredArguments } of asked) {
      expect(options.map(({ long }) => long)).toContain('--json');
      for (const { description } of [...options, ...registeredArguments]) expect(description).not.toBe('');
    }
  });

  it.each(commandList)(
    'prints each default of $name once, and marks what is required',
    async ({ name, load }) => {
      const command = new Command(name).configureHelp({ optionDescription: optionText, helpWidth: 10_000 });
      (await load())(command, { io: {} as never, finish: () => Promise.resolve() });
      for (const each of command.commands.length > 0 ? command.commands : [command]) {
        const help = each.createHelp();
        for (const option of help.visibleOptions(each)) {
          const text = help.optionDescription(option);
          expect(text.match(/default: |without a value: |preset/g) ?? []).toHaveLength(
            Math.min(1, text.match(/default|preset|without a value/g)?.length ?? 0),
          );
          expect(text).not.toMatch(/(default|value): ["[]/);
          if (option.mandatory) expect(text).toMatch(/\(required\)$/);
        }
      }
    },
  );

  it('is what the help lists', async () => {
    const { out } = await run(['--help']);
    const words = out.replace(/\s+/g, ' ');
    for (const { name, description } of commandList) expect(words).toContain(` ${name} ${description}`);
  });
});
