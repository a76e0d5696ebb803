import { type KerasInput, type KerasObject, isObject } from './keras-json.js';

/** One call of a layer as Keras 3 writes it, taken apart. */
export interface KerasCall {
  /** Its tensors, in the order of its arguments. */
  readonly inputs: readonly KerasInput[];
  /** Arguments by position that are no tensors, with the position: `x + 3` has `[[1, 3]]`. */
  readonly constants: readonly (readonly [number, unknown])[];
}

/**
 * The inputs of one call: `{ args, kwargs }` with tensors as `__keras_tensor__`. Tensors may stand in lists, and under a
 * name. Arguments that say how to run (`training`, `mask`) and are null or false are left out, as Keras 2 does.
 *
 * @returns undefined if it isn't such a call
 */
export function keras3Call(node: unknown): KerasCall | undefined {
  if (!isObject(node) || !Array.isArray(node['args'])) return undefined;
  const named = isObject(node['kwargs']) ? node['kwargs'] : {};
  const found: [string, number, number][] = [];
  const constants: [number, unknown][] = [];
  (node['args'] as unknown[]).forEach((value, at) => {
    const tensors = tensorsIn(value);
    if (tensors) found.push(...tensors);
    else constants.push([at, value]);
  });
  const others: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(named)) {
    const tensors = tensorsIn(value);
    if (tensors) found.push(...tensors);
    else if (value !== null && value !== false) others[key] = value;
  }
  return {
    inputs: found.map(([layer, call, output]): KerasInput => [layer, call, output, others]),
    constants,
  };
}

/** A tensor, or a list of tensors, nested or not; undefined for anything else, an empty list too. */
function tensorsIn(value: unknown): [string, number, number][] | undefined {
  if (Array.isArray(value)) {
    const parts = value.map(tensorsIn);
    return parts.length > 0 && parts.every((part) => part !== undefined) ? parts.flat() : undefined;
  }
  if (!isObject(value) || value['class_name'] !== '__keras_tensor__') return undefined;
  const { config } = value as { config?: unknown };
  const place = isObject(config) ? placeOf(config['keras_history']) : undefined;
  return place && [place];
}

/**
 * The inputs or outputs of a model: one place, a list of places, or places by name; as a list.
 *
 * @returns undefined if it's none of them
 */
export function placesIn(value: unknown): readonly (readonly [string, number, number])[] | undefined {
  const one = placeOf(value);
  if (one) return [one];
  const list: readonly unknown[] | undefined = Array.isArray(value)
    ? value
    : isObject(value)
      ? Object.values(value)
      : undefined;
  const parts = list?.map(placesIn);
  return parts?.every((part) => part !== undefined) ? parts.flat() : undefined;
}

function placeOf(value: unknown): [string, number, number] | undefined {
  if (!Array.isArray(value) || value.length < 3) return undefined;
  const [layer, call, output] = value as unknown[];
  const fits = typeof layer === 'string' && Number.isInteger(call) && Number.isInteger(output);
  return fits ? [layer, call as number, output as number] : undefined;
}

/** What a function of `keras.ops` on one tensor and a number does: `scale · x + offset`; undefined if it isn't that. */
export function scaleAndOffset(
  operation: string,
  { inputs, constants }: KerasCall,
): { readonly scale: number; readonly offset: number } | undefined {
  const [only] = constants;
  const value = only?.[1];
  if (inputs.length !== 1 || constants.length !== 1 || typeof value !== 'number') return undefined;
  const first = only?.[0] === 0; // the number stands before the tensor
  switch (operation) {
    case 'Add':
      return { scale: 1, offset: value };
    case 'Subtract':
      return first ? { scale: -1, offset: value } : { scale: 1, offset: -value };
    case 'Multiply':
      return { scale: value, offset: 0 };
    case 'Divide':
    case 'TrueDivide':
      return first || value === 0 ? undefined : { scale: 1 / value, offset: 0 };
    default:
      return undefined;
  }
}

/** Whether a layer of a Keras 3 file is a function of `keras.ops` that somebody called on tensors. */
export function isOperation(layer: KerasObject): boolean {
  const { module } = layer;
  return typeof module === 'string' && /(^|\.)ops(\.|$)/.test(module);
}
