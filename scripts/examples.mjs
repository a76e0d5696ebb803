// Examples of the documentation: `@example` blocks of the sources, ```ts blocks of Markdown.
const FENCE = /```ts\n([\s\S]*?)```/g;
const PRINTED = /console\.log\(((?:(?!console\.log)[\s\S])*?)\);[ \t]*\/\/ => (.*)$/gm;

const lineOf = (/** @type {string} */ text, /** @type {number} */ index) =>
  text.slice(0, index).split('\n').length;

/**
 * @param {string} path what it is called in messages @param {string} text its content
 * @returns {{ where: string, code: string }[]}
 */
export function examplesOf(path, text) {
  const where = (/** @type {number} */ index) => `${path}:${lineOf(text, index)}`;
  if (path.endsWith('.md'))
    return [...text.matchAll(FENCE)].map((match) => ({ where: where(match.index), code: match[1] ?? '' }));
  return [...text.matchAll(/\/\*\*[\s\S]*?\*\//g)].flatMap((comment) => {
    const plain = comment[0].replace(/^[ \t]*\* ?/gm, '');
    return [...plain.matchAll(FENCE)].map((match) => ({
      where: where(comment.index + match.index),
      code: match[1] ?? '',
    }));
  });
}

/** An example as a module in which `console.log(…); // => text` fails if something else is printed. */
export function checked(/** @type {string} */ code) {
  const held = code.replace(
    PRINTED,
    (_, values, expected) => `expectPrinted(${JSON.stringify(expected.trim())}, ${values});`,
  );
  return `${held}\nexport {};\n`;
}

/** Declares what {@link checked} calls. */
export const expectPrintedTypes =
  'declare function expectPrinted(expected: string, ...values: unknown[]): void;\n';

/** A module that defines it, for `node --import`. */
export const expectPrintedModule = `import { format } from 'node:util';
globalThis.expectPrinted = (expected, ...values) => {
  const printed = format(...values).replace(/\\s+/g, ' ').trim();
  if (printed !== expected) throw new Error('expected to print: ' + expected + '\\n            printed: ' + printed);
};
`;
