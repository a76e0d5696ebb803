import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classCategoriesText, readClassCategories } from './read-class-categories.js';

const classes = ['oak', 'rose', 'tulip'];

describe('readClassCategories', () => {
  it.each([
    ['lines', '# mine\n\noak\ttree\r\ntulip\tflower\nrose\tflower'],
    ['JSON', '{"rose": "flower", "tulip": "flower", "oak": "tree"}'],
  ])('reads %s', (_, text) => {
    expect(readClassCategories(text, classes, 'f')).toEqual({
      categoryNames: ['tree', 'flower'],
      categoryOfClass: [0, 1, 1],
    });
  });

  it('reads what classCategoriesText writes, whatever the names', () => {
    const name = fc
      .string({ unit: 'grapheme', minLength: 1 })
      .filter((text) => text.trim() === text && text !== '__proto__');
    fc.assert(
      fc.property(
        fc.uniqueArray(name, { minLength: 2, maxLength: 9 }),
        fc.array(fc.nat(2), { minLength: 9, maxLength: 9 }),
        (names, of) => {
          const categoryOfClass = names.map((_, label) => (label < 2 ? label : (of[label] as number) % 2));
          const categories = { categoryNames: ['first', 'second'], categoryOfClass };
          expect(readClassCategories(classCategoriesText(names, categories), names, 'f')).toEqual(categories);
        },
      ),
    );
  });

  it.each([
    ['oak tree', 'f, line 1: expected a class, a tab and its category, got "oak tree"'],
    ['oak\ttree\tx', 'f, line 1: expected a class, a tab and its category'],
    ['oak\ttree\nroze\tflower', 'f, line 2: expected a class of the data, got "roze" (did you mean "rose"?)'],
    ['oak\ttree\noak\tflower', 'f, line 2: expected each class once, got "oak" twice'],
    ['oak\t ', 'f, line 1: expected the category of "oak", got none'],
    ['oak\ttree', 'f: expected a category for every class, got none for "rose", "tulip"'],
    ['oak\ta\nrose\ta\ntulip\ta', 'f: expected at least two categories, since one says nothing, got "a"'],
    ['{"oak": 1}', 'f, "oak": expected the name of a category, got 1'],
    ['{"oak": "a", "oak": "b"}', 'f: expected a JSON object of classes and their categories'],
    ['{', 'f: expected a JSON object'],
    ['\u001b[2J\tx', '"\\u001b[2J"'],
  ])('refuses %j', (text, message) => {
    const read = () => readClassCategories(text, classes, 'f');
    expect(read).toThrow(expect.objectContaining({ code: 'DMNN_CATEGORIES' }));
    expect(read).toThrow(message);
  });
});
