import { type JsonSchema, jsonSchemaOf } from './known-keys.js';
import { recipeSchema } from './parse-recipe.js';

/** The paths of all settings of a recipe, as `--set` takes them: `epochs`, `optimiser.momentum`, …; each once. */
export function settingPaths(): string[] {
  return [...new Set(pathsIn(jsonSchemaOf(recipeSchema()), []))];
}

function pathsIn({ properties, anyOf = [], oneOf = [] }: JsonSchema, path: readonly string[]): string[] {
  return [
    ...Object.entries(properties ?? {}).flatMap(([key, schema]) => {
      const own = [...path, key];
      return [own.join('.'), ...pathsIn(schema, own)];
    }),
    ...[...anyOf, ...oneOf].flatMap((option) => pathsIn(option, path)),
  ];
}
