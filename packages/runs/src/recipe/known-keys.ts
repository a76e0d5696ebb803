import { z } from 'zod';

/** The part of a JSON schema that says which keys and which kinds of value are allowed. */
export interface JsonSchema {
  readonly type?: string;
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
}

/** What a schema accepts before defaults are filled in, as a JSON schema. */
export function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { io: 'input' }) as JsonSchema;
}

/**
 * The schema of the value at `path`; undefined if there is none. In a union, the literal keys of `value` choose the
 * option.
 */
export function schemaAt(
  schema: JsonSchema,
  path: readonly PropertyKey[],
  value: unknown,
): JsonSchema | undefined {
  const [key, ...rest] = path;
  if (key === undefined) return schema;
  if (typeof key === 'number' && schema.items) return schemaAt(schema.items, rest, property(value, key));
  for (const { properties } of objectOptions(schema, value)) {
    const next = property(properties, key); // not the prototype's
    if (next) return schemaAt(next, rest, property(value, key));
  }
  return undefined;
}

/** The keys allowed at `path`; empty if the schema has no object there. */
export function knownKeys(schema: JsonSchema, path: readonly PropertyKey[], value: unknown): string[] {
  const at = schemaAt(schema, path, value);
  if (!at) return [];
  const there = path.reduce<unknown>((within, key) => property(within, key), value);
  return [...new Set(objectOptions(at, there).flatMap(({ properties }) => Object.keys(properties)))];
}

/** Whether the schema accepts a string. */
export function takesString(schema: JsonSchema): boolean {
  return schema.type === 'string' || optionsOf(schema).some(takesString);
}

/** Whether the schema accepts a number. */
export function takesNumber(schema: JsonSchema): boolean {
  return schema.type === 'number' || schema.type === 'integer' || optionsOf(schema).some(takesNumber);
}

function optionsOf({ anyOf = [], oneOf = [] }: JsonSchema): readonly JsonSchema[] {
  return [...anyOf, ...oneOf];
}

type ObjectSchema = JsonSchema & { readonly properties: Readonly<Record<string, JsonSchema>> };

function objectOptions(schema: JsonSchema, value: unknown): ObjectSchema[] {
  if (isObjectSchema(schema)) return [schema];
  const options = optionsOf(schema).flatMap((option) => objectOptions(option, value));
  const chosen = options.filter(({ properties }) =>
    Object.entries(properties).every(
      ([key, field]) => field.const === undefined || field.const === property(value, key),
    ),
  );
  return chosen.length > 0 ? chosen : options;
}

function isObjectSchema(schema: JsonSchema): schema is ObjectSchema {
  return schema.properties !== undefined;
}

function property<Value>(holder: Readonly<Record<string, Value>>, key: PropertyKey): Value | undefined;
function property(holder: unknown, key: PropertyKey): unknown;
function property(holder: unknown, key: PropertyKey): unknown {
  return typeof holder === 'object' && holder !== null && Object.hasOwn(holder, key)
    ? (holder as Record<PropertyKey, unknown>)[key]
    : undefined;
}
