import { parse } from 'node:path';
import { expect, it } from 'vitest';
import { homeFolder } from './home-folder.js';

const known = (folder: string) => (): string => folder;
const unknown = (): string => {
  throw new Error('ENOENT: no such user');
};

it.each([
  [known('/home/a'), known('/home/b'), '/home/a'],
  [known(''), known('/home/b'), '/home/b'],
  [known('.'), known('/home/b'), '/home/b'],
  [known('home/a'), unknown, parse(process.cwd()).root],
  [unknown, known(''), parse(process.cwd()).root],
])('is absolute, whatever is configured: case %#', (configured, system, expected) => {
  expect(homeFolder({ configured, system })).toBe(expected);
});
