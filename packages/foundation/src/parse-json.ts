import { DmnnError } from './dmnn-error.js';
import { fileFormatOf } from './file-format.js';
import { printable } from './printable.js';

/** A JSON value of {@link parseJsonMaps}: objects are maps, so that no key is special. */
export type JsonValue =
  string | number | boolean | null | readonly JsonValue[] | ReadonlyMap<string, JsonValue>;

/** Thrown for a text that is not JSON, or an object with a duplicate or forbidden key. */
export class JsonError extends DmnnError<'DMNN_JSON'> {
  override readonly name = 'JsonError';
  /** The duplicate key; `undefined` for other errors. */
  readonly duplicateKey: string | undefined;

  constructor(message: string, duplicateKey?: string) {
    super('DMNN_JSON', printable(message, Infinity)); // parts of it come from the file, cut where they are long
    this.duplicateKey = duplicateKey;
  }
}

/** Options of {@link parseJson}. */
export interface ParseJsonOptions {
  /** Name of the text, for messages: `config.json`. */
  readonly what?: string | undefined;
}

/**
 * Parses JSON from an untrusted file. Unlike `JSON.parse`, which silently takes the last of two
 * equal keys, it rejects text that two readers could interpret differently or that could break a careless one. A byte
 * order mark at the start is passed over, as RFC 8259 allows.
 *
 * @param text - or the bytes of a file, which must be UTF-8: reading them as text first would replace invalid ones
 * @returns plain data, unchecked: validate it before use
 * @throws JsonError, with the position or the key, if the text is not JSON, an object has a duplicate key or a key
 *   `__proto__`, values are nested deeper than 64 levels, or a number is not one that JavaScript has: `1e999`, or an
 *   integer that would be rounded, such as 9007199254740993
 * @example
 * ```ts
 * import { parseJson } from '@dmnn/foundation';
 *
 * console.log(parseJson('{"epochs": 5}')); // => { epochs: 5 }
 * try {
 *   parseJson('{"epochs": 5, "epochs": 50}', { what: 'recipe.json' });
 * } catch (error) {
 *   console.log((error as Error).message); // => recipe.json: key "epochs" appears twice
 * }
 * ```
 */
export function parseJson(text: string | Uint8Array, { what }: ParseJsonOptions = {}): unknown {
  try {
    return parsed(text, plainObject);
  } catch (error) {
    if (what === undefined || !(error instanceof JsonError)) throw error;
    throw new JsonError(`${what}: ${error.message}`, error.duplicateKey);
  }
}

/**
 * Like {@link parseJson}, with objects as maps, which keep the order of their keys even if the keys are numbers.
 *
 * @throws JsonError as {@link parseJson}, except for `__proto__`, which is an ordinary key in a map
 * @example
 * ```ts
 * import { JsonError, parseJsonMaps } from '@dmnn/foundation';
 *
 * try {
 *   parseJsonMaps('{"a": 1, "a": 2}');
 * } catch (error) {
 *   console.log(error instanceof JsonError && error.duplicateKey); // => a
 * }
 * ```
 */
export function parseJsonMaps(text: string | Uint8Array): JsonValue {
  return parsed<JsonValue>(text, (entries) => entries);
}

function parsed<Value>(
  text: string | Uint8Array,
  object: (entries: ReadonlyMap<string, Value>) => Value,
): Value {
  try {
    const parser = new Parser<Value>(withoutMark(typeof text === 'string' ? text : fromUtf8(text)), object);
    const value = parser.value(0);
    parser.end();
    return value;
  } catch (error) {
    const other = error instanceof JsonError ? otherFormat(text) : undefined;
    if (other === undefined) throw error;
    throw new JsonError(`expected JSON, got ${other}`);
  }
}

/** What the text is, if it is that of a file that was taken for JSON: a page that was downloaded instead. */
function otherFormat(text: string | Uint8Array): string | undefined {
  const start = typeof text === 'string' ? new TextEncoder().encode(text.slice(0, 1024)) : text;
  const format = fileFormatOf(start);
  return format?.kind === 'json' || format?.kind === 'text' ? undefined : format?.name;
}

function fromUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    const [first, second] = bytes;
    const utf16 = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
    throw new JsonError(`expected UTF-8, got ${utf16 ? 'UTF-16' : 'other bytes'}. Save the file as UTF-8`);
  }
}

/** Editors on Windows begin files with one. */
function withoutMark(text: string): string {
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

function plainObject(entries: ReadonlyMap<string, unknown>): unknown {
  // harmless as an own property, but copying the object by assignment would change the copy's prototype
  if (entries.has('__proto__')) throw new JsonError('expected keys other than __proto__, got __proto__');
  return Object.fromEntries(entries);
}

const DEEPEST = 64; // far below the depth that would exhaust the stack
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const LITERAL = /true|false|null/y;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20; // characters before it are written as escapes

class Parser<Value> {
  readonly #text: string;
  readonly #makeObject: (entries: ReadonlyMap<string, Value>) => Value;
  #at = 0;

  constructor(text: string, makeObject: (entries: ReadonlyMap<string, Value>) => Value) {
    this.#text = text;
    this.#makeObject = makeObject;
  }

  value(depth: number): Value {
    if (depth > DEEPEST) throw this.#unexpected(`at most ${DEEPEST} levels`);
    this.#space();
    const next = this.#text[this.#at];
    if (next === '{') return this.#object(depth);
    if (next === '[') return this.#array(depth);
    if (next === '"') return this.#string('a value') as Value;
    const number = this.#take(NUMBER);
    if (number !== undefined) return this.#number(number) as Value;
    const literal = this.#take(LITERAL);
    if (literal === undefined) throw this.#unexpected('a value');
    return JSON.parse(literal) as Value;
  }

  end(): void {
    this.#space();
    if (this.#at < this.#text.length) throw this.#unexpected('the end');
  }

  #number(token: string): number {
    const value = Number(token);
    // 2⁶⁴ as JavaScript writes it, 18446744073709552000, is not exact but comes back the same
    const same = Number.isSafeInteger(value) || !/^-?\d+$/.test(token) || String(value) === token;
    if (Number.isFinite(value) && (same || BigInt(token) === BigInt(value))) return value;
    const shown = token.length > 40 ? `${token.slice(0, 40)}…` : token;
    const at = this.#at - token.length;
    throw new JsonError(`expected a number that JavaScript can hold, got ${shown} at character ${at}`);
  }

  #object(depth: number): Value {
    const entries = new Map<string, Value>();
    this.#list('{', '}', () => {
      const key = this.#string('a key');
      if (entries.has(key))
        throw new JsonError(`key ${printable(JSON.stringify(key), 100)} appears twice`, key);
      this.#expect(':');
      entries.set(key, this.value(depth + 1));
    });
    return this.#makeObject(entries);
  }

  #array(depth: number): Value {
    const values: Value[] = [];
    this.#list('[', ']', () => {
      values.push(this.value(depth + 1));
    });
    return values as Value;
  }

  /** Does not use a regular expression: those run out of stack on strings of several megabytes. */
  #string(expected: string): string {
    const from = this.#at;
    if (this.#text[from] !== '"') throw this.#unexpected(expected);
    let to = from + 1;
    let isPlain = true;
    for (let code; to < this.#text.length && (code = this.#text.charCodeAt(to)) !== QUOTE; to++) {
      if (code === BACKSLASH) to++;
      if (code === BACKSLASH || code < SPACE) isPlain = false;
    }
    if (isPlain && to < this.#text.length) {
      this.#at = to + 1; // as nearly all strings are: three times as fast
      return this.#text.slice(from + 1, to);
    }
    try {
      const value = JSON.parse(this.#text.slice(from, to + 1)) as string;
      this.#at = to + 1;
      return value;
    } catch {
      throw this.#unexpected(expected); // unterminated, or an invalid escape or character
    }
  }

  #list(open: string, close: string, item: () => void): void {
    this.#expect(open);
    if (this.#skip(close)) return;
    do {
      this.#space();
      item();
    } while (this.#skip(','));
    this.#expect(close);
  }

  #skip(character: string): boolean {
    this.#space();
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #expect(character: string): void {
    if (!this.#skip(character)) throw this.#unexpected(`'${character}'`);
  }

  /** Does not use a regular expression either: it runs several times per value, most often for nothing. */
  #space(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#at++;
    }
  }

  #take(token: RegExp): string | undefined {
    token.lastIndex = this.#at;
    const match = token.exec(this.#text);
    if (!match) return undefined;
    this.#at = token.lastIndex;
    return match[0];
  }

  #unexpected(expected: string): JsonError {
    return new JsonError(`expected ${expected} at character ${this.#at}`);
  }
}
