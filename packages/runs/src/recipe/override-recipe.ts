import { JsonError, parseJson } from '@dmnn/foundation';
import { jsonSchemaOf, schemaAt, takesNumber, takesString } from './known-keys.js';
import { RecipeError } from './recipe-error.js';
import { recipeSchema } from './parse-recipe.js';

/**
 * Applies `a.b=c` assignments, as given to `--set` on the command line, to a recipe before it is parsed.
 *
 * A value is read as the type that the recipe has at that path: text where a name is expected, otherwise JSON
 * (`gating.bounds={"weight":1}`, `learningRate.atEpochs=[100,150]`, `gating=null`).
 *
 * @param recipe - plain data; not changed
 * @param assignments - applied in order
 * @returns a new value for {@link parseRecipe}, which then checks keys and values
 * @throws RecipeError if an assignment has no `=`, its path goes through a value that is not an object, or its value has
 *   a key twice
 * @example
 * ```ts
 * import { overrideRecipe, parseRecipe, recipeNamed } from '@dmnn/runs';
 *
 * const recipe = parseRecipe(overrideRecipe(recipeNamed('cifar-resnet20'), ['epochs=2', 'model.name=cifar-resnet8']));
 * console.log(recipe.epochs, recipe.model.name); // => 2 cifar-resnet8
 * ```
 */
export function overrideRecipe(recipe: unknown, assignments: readonly string[]): unknown {
  const schema = jsonSchemaOf(recipeSchema());
  const result: unknown = structuredClone(recipe);
  for (const assignment of assignments) {
    const equals = assignment.indexOf('=');
    if (equals < 1) throw new RecipeError(`--set ${assignment}`, ['expected a.b=value']);
    const path = assignment.slice(0, equals).split('.');
    const holder = holderOf(result, path, assignment);
    const text = assignment.slice(equals + 1);
    const target = schemaAt(schema, path, result);
    const parsed = json(text, assignment);
    const isNumber = typeof parsed === 'number' && target && takesNumber(target);
    const value = target && takesString(target) && !isNumber ? stringOrJson(text, parsed) : parsed;
    // a plain assignment would change the prototype for the key __proto__
    Object.defineProperty(holder, path[path.length - 1] as string, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return result;
}

function holderOf(root: unknown, path: readonly string[], assignment: string): object {
  let holder = root;
  for (const key of path.slice(0, -1)) {
    if (!isObject(holder)) break;
    if (!Object.hasOwn(holder, key) || holder[key] === null) {
      Object.defineProperty(holder, key, { value: {}, enumerable: true, configurable: true, writable: true });
    }
    holder = holder[key];
  }
  if (!isObject(holder))
    throw new RecipeError(`--set ${assignment}`, [`${path.slice(0, -1).join('.')} is not an object`]);
  return holder;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function json(text: string, assignment: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof JsonError && error.duplicateKey !== undefined)
      throw new RecipeError(`--set ${assignment}`, [error.message]);
    return text; // the schema's message then names the place and what it expects
  }
}

/** Where names are expected, `1` is a name; a list or `null` is still JSON. */
function stringOrJson(text: string, value: unknown): unknown {
  return typeof value === 'object' ? value : text;
}
