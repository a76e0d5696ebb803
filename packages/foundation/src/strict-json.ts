/** A JSON value of {@link parseStrictJson}: objects are maps, so that no key is special. */
export type JsonValue =
  string | number | boolean | null | readonly JsonValue[] | ReadonlyMap<string, JsonValue>;

/** A text that is not JSON, or an object that has a key twice. */
export class StrictJsonError extends Error {
  override readonly name = 'StrictJsonError';
  /** The key that came twice; absent if the text is not JSON. */
  readonly duplicateKey?: string;

  constructor(message: string, duplicateKey?: string) {
    super(message);
    if (duplicateKey !== undefined) this.duplicateKey = duplicateKey;
  }
}

/**
 * JSON in which no object may have a key twice: `JSON.parse` silently takes the last.
 *
 * @throws StrictJsonError with the position, or with the key; also beyond 64 levels
 * @example
 * ```ts
 * import { StrictJsonError, parseStrictJson } from '@dmnn/foundation';
 *
 * try {
 *   parseStrictJson('{"a": 1, "a": 2}');
 * } catch (error) {
 *   console.log(error instanceof StrictJsonError && error.duplicateKey); // => a
 * }
 * ```
 */
export function parseStrictJson(text: string): JsonValue {
  const parser = new Parser(text);
  const value = parser.value(0);
  parser.end();
  return value;
}

const DEEPEST = 64; // far below what would exhaust the stack
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const LITERAL = /true|false|null/y;
const SPACE = /[ \t\n\r]*/y;

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): JsonValue {
    if (depth > DEEPEST) throw this.#unexpected(`at most ${DEEPEST} levels`);
    this.#take(SPACE);
    const next = this.#text[this.#at];
    if (next === '{') return this.#object(depth);
    if (next === '[') return this.#array(depth);
    if (next === '"') return this.#string('a value');
    const token = this.#take(NUMBER) ?? this.#take(LITERAL);
    if (token === undefined) throw this.#unexpected('a value');
    return JSON.parse(token) as number | boolean | null;
  }

  end(): void {
    this.#take(SPACE);
    if (this.#at < this.#text.length) throw this.#unexpected('the end');
  }

  #object(depth: number): ReadonlyMap<string, JsonValue> {
    const entries = new Map<string, JsonValue>();
    this.#list('{', '}', () => {
      const key = this.#string('a key');
      if (entries.has(key)) throw new StrictJsonError(`key ${JSON.stringify(key)} came twice`, key);
      this.#expect(':');
      entries.set(key, this.value(depth + 1));
    });
    return entries;
  }

  #array(depth: number): readonly JsonValue[] {
    const values: JsonValue[] = [];
    this.#list('[', ']', () => {
      values.push(this.value(depth + 1));
    });
    return values;
  }

  /** Not by a regular expression: those run out of stack on a string of some megabytes. */
  #string(expected: string): string {
    const from = this.#at;
    if (this.#text[from] !== '"') throw this.#unexpected(expected);
    let to = from + 1;
    while (to < this.#text.length && this.#text[to] !== '"') to += this.#text[to] === '\\' ? 2 : 1;
    try {
      const value = JSON.parse(this.#text.slice(from, to + 1)) as string;
      this.#at = to + 1;
      return value;
    } catch {
      throw this.#unexpected(expected); // no end, or an escape or a character that a string cannot have
    }
  }

  #list(open: string, close: string, item: () => void): void {
    this.#expect(open);
    if (this.#skip(close)) return;
    do {
      this.#take(SPACE);
      item();
    } while (this.#skip(','));
    this.#expect(close);
  }

  #skip(character: string): boolean {
    this.#take(SPACE);
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #expect(character: string): void {
    if (!this.#skip(character)) throw this.#unexpected(`'${character}'`);
  }

  #take(token: RegExp): string | undefined {
    token.lastIndex = this.#at;
    const match = token.exec(this.#text);
    if (!match) return undefined;
    this.#at = token.lastIndex;
    return match[0];
  }

  #unexpected(expected: string): StrictJsonError {
    return new StrictJsonError(`expected ${expected} at character ${this.#at}`);
  }
}
