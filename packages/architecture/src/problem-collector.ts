import { closestName } from '@dmnn/foundation';

/** An object whose keys have been checked and whose values have not. */
export type Fields = Readonly<Record<string, unknown>>;

/**
 * Collects the problems of a value, and reads its valid parts.
 *
 * A reader returns `undefined` for a part with a reported problem, so that reading can continue without it.
 */
export class ProblemCollector {
  /** One line per problem: path, expected, got. */
  readonly lines: string[] = [];

  report(path: string, expected: string, got: unknown): void {
    this.lines.push(`${path}: expected ${expected}, got ${describeValue(got)}`);
  }

  /** An object with these keys and no others. */
  record(
    value: unknown,
    path: string,
    required: readonly string[],
    optional: readonly string[] = [],
  ): Fields | undefined {
    if (!isRecord(value)) {
      this.report(path, `an object with ${required.join(', ')}`, value);
      return undefined;
    }
    const allowed = [...required, ...optional];
    for (const key of Object.keys(value)) {
      if (allowed.includes(key)) continue;
      const meant = closestName(key, allowed);
      const hint = meant ? `; did you mean ${meant}?` : `; known are ${allowed.join(', ')}`;
      this.lines.push(`${path}: unknown key ${JSON.stringify(key)}${hint}`);
    }
    return value;
  }

  /** The `kind` of an object, which determines its other keys. */
  kind<T extends string>(value: unknown, path: string, allowed: readonly T[]): T | undefined {
    if (isRecord(value)) return this.oneOf(value['kind'], `${path}.kind`, allowed);
    this.report(path, 'an object with kind', value);
    return undefined;
  }

  /** A list; `each` reads its items. */
  list<T>(
    value: unknown,
    path: string,
    least: number,
    each: (item: unknown, path: string, index: number) => T,
  ): T[] {
    if (!Array.isArray(value)) {
      this.report(path, 'a list', value);
      return [];
    }
    if (value.length < least) this.report(path, `at least ${least} of them`, value);
    // Array.from visits holes, which map skips
    return Array.from(value as readonly unknown[], (item, i) => each(item, `${path}[${i}]`, i));
  }

  /** An integer ≥ `least`. */
  whole(value: unknown, path: string, least: number): number | undefined {
    if (Number.isSafeInteger(value) && (value as number) >= least) return value as number;
    this.report(path, `a whole number, at least ${least}`, value);
    return undefined;
  }

  boolean(value: unknown, path: string): boolean | undefined {
    if (typeof value === 'boolean') return value;
    this.report(path, 'true or false', value);
    return undefined;
  }

  /** A string that is not empty. */
  text(value: unknown, path: string): string | undefined {
    if (typeof value === 'string' && value !== '') return value;
    this.report(path, 'a name', value);
    return undefined;
  }

  oneOf<T extends string>(value: unknown, path: string, allowed: readonly T[]): T | undefined {
    if (typeof value === 'string' && (allowed as readonly string[]).includes(value)) return value as T;
    const meant = typeof value === 'string' ? closestName(value, allowed) : undefined;
    const names = allowed.map((name) => JSON.stringify(name)).join(' or ');
    this.lines.push(
      `${path}: expected ${names}, got ${describeValue(value)}${meant ? `; did you mean ${JSON.stringify(meant)}?` : ''}`,
    );
    return undefined;
  }
}

function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const LONGEST_QUOTE = 60;

/** Describes a value briefly: the value itself if it is short, otherwise its type and size. */
function describeValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  if (typeof value === 'string') {
    return JSON.stringify(value.length > LONGEST_QUOTE ? `${value.slice(0, LONGEST_QUOTE)}…` : value);
  }
  if (value === null) return 'null';
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint')
    return String(value);
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
