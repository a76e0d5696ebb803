import { JsonError, closestName, parseJson, printable } from '@dmnn/foundation';
import { categoriesError } from './categories-error.js';
import { type ClassCategories, numberedCategories } from './class-categories.js';

/**
 * Reads the categories of classes from a text: a line `class<TAB>category` for each class, where empty lines and lines that
 * begin with `#` are passed over, or a JSON object `{"class": "category"}`. {@link classCategoriesText} writes the former.
 *
 * @param text - without a byte order mark
 * @param classNames - `[class]`: each must have one category, and no other may be in the text
 * @param file - for messages
 * @throws DmnnError `DMNN_CATEGORIES` naming file, line and class: for a line without a tab, a class twice, unknown or without
 * a category, or fewer than two categories
 * @example
 * ```ts
 * import { readClassCategories } from '@dmnn/categories';
 *
 * const text = 'rose\tflower\noak\ttree\ntulip\tflower\n';
 * const { categoryNames, categoryOfClass } = readClassCategories(text, ['oak', 'rose', 'tulip'], 'mine.tsv');
 * console.log(categoryNames.join(), categoryOfClass.join()); // => tree,flower 0,1,1
 * ```
 */
export function readClassCategories(
  text: string,
  classNames: readonly string[],
  file: string,
): ClassCategories {
  const problem = (at: string, expected: string, got: string): never => {
    throw categoriesError(`${printable(file)}${at}: expected ${expected}, got ${got}.`);
  };
  const given = new Map<string, string>();
  for (const { name, category, at } of text.trimStart().startsWith('{')
    ? jsonEntries(text, problem)
    : textEntries(text, problem)) {
    if (!classNames.includes(name)) {
      const near = closestName(name, classNames);
      problem(
        at,
        'a class of the data',
        `${quoted(name)}${near === undefined ? '' : ` (did you mean ${quoted(near)}?)`}`,
      );
    }
    if (given.has(name)) problem(at, 'each class once', `${quoted(name)} twice`);
    if (category.trim() === '') problem(at, `the category of ${quoted(name)}`, 'none');
    given.set(name, category);
  }
  const missing = classNames.filter((name) => !given.has(name));
  if (missing.length > 0) {
    const first = missing.slice(0, 5).map(quoted).join(', ');
    problem(
      '',
      'a category for every class',
      `none for ${first}${missing.length > 5 ? `, … (${missing.length} in all)` : ''}`,
    );
  }
  const categories = numberedCategories(classNames.map((name) => given.get(name) ?? ''));
  if (categories.categoryNames.length < 2) {
    problem('', 'at least two categories, since one says nothing', quoted(categories.categoryNames[0] ?? ''));
  }
  return categories;
}

/**
 * Writes categories as lines `class<TAB>category`, which {@link readClassCategories} reads, sorted by category; as a JSON
 * object if a name has a tab or a line end in it, or begins with `#`.
 *
 * @example
 * ```ts
 * import { classCategoriesText } from '@dmnn/categories';
 *
 * const categories = { categoryNames: ['tree', 'flower'], categoryOfClass: [1, 0] };
 * console.log(JSON.stringify(classCategoriesText(['rose', 'oak'], categories))); // => "oak\ttree\nrose\tflower\n"
 * ```
 */
export function classCategoriesText(
  classNames: readonly string[],
  { categoryNames, categoryOfClass }: ClassCategories,
): string {
  const lines = classNames
    .map((name, label) => ({ name, category: categoryOfClass[label] as number, label }))
    .sort((a, b) => a.category - b.category || a.label - b.label)
    .map(({ name, category }) => [name, categoryNames[category] ?? ''] as const);
  const isPlain = (name: string): boolean => /^[^\t\n\r#{][^\t\n\r]*$/.test(name) && name.trim() === name;
  if (lines.flat().every(isPlain)) return lines.map(([name, category]) => `${name}\t${category}\n`).join('');
  return `${JSON.stringify(Object.fromEntries(lines), null, 2)}\n`;
}

interface Entry {
  readonly name: string;
  readonly category: string;
  readonly at: string;
}

type Refuse = (at: string, expected: string, got: string) => never;

function textEntries(text: string, problem: Refuse): Entry[] {
  return text.split(/\r\n|\n|\r/).flatMap((line, i) => {
    if (line.trim() === '' || line.startsWith('#')) return [];
    const parts = line.split('\t');
    const [name = '', category = ''] = parts;
    const at = `, line ${i + 1}`;
    if (parts.length !== 2) problem(at, 'a class, a tab and its category', quoted(line));
    return [{ name, category: category.trim(), at }];
  });
}

function jsonEntries(text: string, problem: Refuse): Entry[] {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    problem('', 'a JSON object of classes and their categories', error.message.replace(/\.$/, ''));
  }
  return Object.entries(value as Record<string, unknown>).map(([name, category]) => {
    const at = `, ${quoted(name)}`;
    if (typeof category !== 'string')
      problem(at, 'the name of a category', JSON.stringify(category).slice(0, 80));
    return { name, category, at };
  });
}

function quoted(name: string): string {
  return printable(JSON.stringify(name), 100);
}
