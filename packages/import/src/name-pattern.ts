/** A parsed key of a name map, which can be matched against our names. */
export interface NamePattern {
  /** Whether it has no placeholders and so matches only one name. */
  readonly exact: boolean;
  readonly placeholders: readonly string[];
  /** @returns the numbers of its placeholders; undefined if the name does not match */
  match(name: string): ReadonlyMap<string, number> | undefined;
}

const PLACEHOLDER = /\{([a-z]+)\}/;

/**
 * Parses a key: `stage{s}.block{b}.shortcut`.
 *
 * @throws RangeError if braces are invalid, or a placeholder occurs twice
 */
export function namePattern(key: string): NamePattern {
  const parts = key.split(PLACEHOLDER); // text, placeholder, text, placeholder, … text
  const placeholders = parts.filter((_, i) => i % 2 === 1);
  const texts = parts.filter((_, i) => i % 2 === 0);
  if (texts.some((text) => /[{}]/.test(text)))
    throw new RangeError(`expected placeholders such as {s}, in lower-case letters, got ${key}`);
  if (new Set(placeholders).size < placeholders.length)
    throw new RangeError(`expected each placeholder once, got ${key}`);
  const expression = new RegExp(`^${texts.map(escaped).join(String.raw`(0|[1-9]\d*)`)}$`);
  return {
    exact: placeholders.length === 0,
    placeholders,
    match: (name) => {
      const found = expression.exec(name);
      return found
        ? new Map(placeholders.map((placeholder, i) => [placeholder, Number(found[i + 1])]))
        : undefined;
    },
  };
}

/**
 * Fills the placeholders of a value: `layer{s+1}.{b}` with s = 2 and b = 0 is `layer3.0`.
 *
 * @throws RangeError if a placeholder is not in `numbers`, or a number is below 0
 */
export function filledIn(value: string, numbers: ReadonlyMap<string, number>): string {
  const filled = value.replace(/\{([a-z]+)([+-]\d{1,4})?\}/g, (all, placeholder: string, offset?: string) => {
    const number = numbers.get(placeholder);
    if (number === undefined) throw new RangeError(`expected placeholders of the key, got ${all}`);
    const sum = number + Number(offset ?? 0);
    if (sum < 0) throw new RangeError(`expected a number ≥ 0, got ${all} with ${placeholder} = ${number}`);
    return String(sum);
  });
  if (/[{}]/.test(filled)) throw new RangeError(`expected placeholders such as {s} or {s+1}, got ${value}`);
  return filled;
}

/** A pattern of names in which `*` stands for any characters. */
export function wildcard(text: string): RegExp {
  return new RegExp(`^${text.split('*').map(escaped).join('.*')}$`, 's');
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);
}
