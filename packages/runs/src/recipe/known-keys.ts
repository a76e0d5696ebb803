import type { z } from 'zod';

type Schema = z.core.$ZodType;

/**
 * The schema of the value at `path`, as far as the schema can be followed; where a union is met, the option that the
 * value chooses by its literal keys.
 */
export function schemaAt(schema: Schema, path: readonly PropertyKey[], value: unknown): Schema | undefined {
  const options = objectOptions(schema, value);
  const [key, ...rest] = path;
  if (key === undefined) return unwrap(schema);
  for (const option of options) {
    const { shape } = option._zod.def;
    const next = Object.hasOwn(shape, key) ? shape[key as string] : undefined; // not the prototype's
    if (next) return schemaAt(next, rest, property(value, key));
  }
  return undefined;
}

/** Keys that may stand at `path`; empty if there is no object there. */
export function knownKeys(schema: Schema, path: readonly PropertyKey[], value: unknown): string[] {
  const at = schemaAt(schema, path, value);
  if (!at) return [];
  const there = path.reduce<unknown>((within, key) => property(within, key), value);
  return [...new Set(objectOptions(at, there).flatMap((option) => Object.keys(option._zod.def.shape)))];
}

/** Whether a string, as it is, may stand for this schema. */
export function takesString(schema: Schema): boolean {
  const { def } = (unwrap(schema) as z.core.$ZodTypes)._zod;
  if (def.type === 'union') return def.options.some(takesString);
  if (def.type === 'literal') return def.values.some((value) => typeof value === 'string');
  return def.type === 'string' || def.type === 'enum';
}

/** Whether a number may stand for this schema. */
export function takesNumber(schema: Schema): boolean {
  const { def } = (unwrap(schema) as z.core.$ZodTypes)._zod;
  return def.type === 'union' ? def.options.some(takesNumber) : def.type === 'number';
}

function unwrap(schema: Schema): Schema {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  return 'innerType' in def ? unwrap(def.innerType) : schema;
}

function objectOptions(schema: Schema, value: unknown): z.core.$ZodObject[] {
  const inner = unwrap(schema) as z.core.$ZodTypes;
  const { def } = inner._zod;
  if (def.type === 'object') return [inner as z.core.$ZodObject];
  if (def.type !== 'union') return [];
  const options = def.options.flatMap((option) => objectOptions(option, value));
  const chosen = options.filter((option) =>
    Object.entries(option._zod.def.shape).every(([key, field]) => {
      const literal = (unwrap(field) as z.core.$ZodTypes)._zod.def;
      return literal.type !== 'literal' || literal.values.includes(property(value, key) as never);
    }),
  );
  return chosen.length > 0 ? chosen : options;
}

function property(value: unknown, key: PropertyKey): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Record<PropertyKey, unknown>)[key]
    : undefined;
}
