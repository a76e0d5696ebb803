import { readdirSync } from 'node:fs';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { run } from '../fixtures/run-captured.js';
import { commandList } from './command-list.js';

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

  it('is what the help lists', async () => {
    const { out } = await run(['--help']);
    const words = out.replace(/\s+/g, ' ');
    for (const { name, description } of commandList) expect(words).toContain(` ${name} ${description}`);
  });
});
