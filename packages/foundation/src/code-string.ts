/**
 * A text as a literal of JavaScript and TypeScript, in single quotes: for code that a user is to copy.
 *
 * @example
 * ```ts
 * import { codeString } from '@dmnn/foundation';
 *
 * console.log(codeString("it's a.onnx")); // => 'it\'s a.onnx'
 * ```
 */
export function codeString(text: string): string {
  const inside = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'");
  return `'${inside}'`;
}
