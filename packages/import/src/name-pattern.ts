/** A key of a map of names, ready to be held against names of ours. */
export interface NamePattern {
  /** Whether it has no marks, and so fits one name only. */
  readonly exact: boolean;
  readonly marks: readonly string[];
  /** @returns the numbers that its marks stand for; undefined if the name does not fit */
  match(name: string): ReadonlyMap<string, number> | undefined;
}

const MARK = /\{([a-z]+)\}/;

/**
 * Reads a key: `stage{s}.block{b}.shortcut`.
 *
 * @throws RangeError if braces stand for nothing, or a mark comes twice
 */
export function namePattern(key: string): NamePattern {
  const parts = key.split(MARK); // text, mark, text, mark, … text
  const marks = parts.filter((_, i) => i % 2 === 1);
  const texts = parts.filter((_, i) => i % 2 === 0);
  if (texts.some((text) => /[{}]/.test(text)))
    throw new RangeError(`expected marks such as {s}, of small letters, got ${key}`);
  if (new Set(marks).size < marks.length) throw new RangeError(`expected each mark once, got ${key}`);
  const expression = new RegExp(`^${texts.map(escaped).join(String.raw`(0|[1-9]\d*)`)}$`);
  return {
    exact: marks.length === 0,
    marks,
    match: (name) => {
      const found = expression.exec(name);
      return found ? new Map(marks.map((mark, i) => [mark, Number(found[i + 1])])) : undefined;
    },
  };
}

/**
 * Fills the marks of a value: `layer{s+1}.{b}` with s = 2 and b = 0 is `layer3.0`.
 *
 * @throws RangeError if a mark is not in `numbers`, or a number falls below 0
 */
export function filledIn(value: string, numbers: ReadonlyMap<string, number>): string {
  const filled = value.replace(/\{([a-z]+)([+-]\d{1,4})?\}/g, (all, mark: string, offset?: string) => {
    const number = numbers.get(mark);
    if (number === undefined) throw new RangeError(`expected marks of the key, got ${all}`);
    const sum = number + Number(offset ?? 0);
    if (sum < 0) throw new RangeError(`expected a number from 0, got ${all} with ${mark} = ${number}`);
    return String(sum);
  });
  if (/[{}]/.test(filled)) throw new RangeError(`expected marks such as {s} or {s+1}, got ${value}`);
  return filled;
}

/** A name of theirs in which `*` stands for any characters. */
export function wildcard(text: string): RegExp {
  return new RegExp(`^${text.split('*').map(escaped).join('.*')}$`, 's');
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);
}
