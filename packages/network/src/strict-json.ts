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
 * @throws StrictJsonError with the position, or with the key
 */
export function parseStrictJson(text: string): JsonValue {
  const parser = new Parser(text);
  const value = parser.value(0);
  parser.end();
  return value;
}

const DEEPEST = 64; // far below what would exhaust the stack
const STRING = /"(?:[^"\\\p{Control}]|[\u007f-\u009f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy;
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
    const token = this.#take(STRING) ?? this.#take(NUMBER) ?? this.#take(LITERAL);
    if (token === undefined) throw this.#unexpected('a value');
    return JSON.parse(token) as string | number | boolean | null;
  }

  end(): void {
    this.#take(SPACE);
    if (this.#at < this.#text.length) throw this.#unexpected('the end');
  }

  #object(depth: number): ReadonlyMap<string, JsonValue> {
    const entries = new Map<string, JsonValue>();
    this.#list('{', '}', () => {
      const token = this.#take(STRING);
      if (token === undefined) throw this.#unexpected('a key');
      const key = JSON.parse(token) as string;
      if (entries.has(key)) throw new StrictJsonError(`key ${token} came twice`, key);
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
