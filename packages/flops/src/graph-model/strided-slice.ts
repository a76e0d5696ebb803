import { type GraphCall, type GraphResult, numberOf } from './graph-call.js';

/** The shape of a slice with steps, and its numbers if the sliced list is known; an ellipsis is not followed. */
export function stridedSlice(call: GraphCall): GraphResult | undefined {
  const [x, begins, ends, steps] = call.inputs;
  if (!x || !begins?.values || !ends?.values || !steps?.values) return undefined;
  const mask = (name: string, bit: number) => (((numberOf(call, name) ?? 0) >> bit) & 1) === 1;
  if ((numberOf(call, 'ellipsisMask') ?? 0) !== 0) return undefined;
  const shape: number[] = [];
  let values = x.shape.length === 1 ? x.values : undefined;
  let axis = 0;
  for (let i = 0; i < begins.values.length; i++) {
    if (mask('newAxisMask', i)) {
      shape.push(1);
      continue;
    }
    const size = x.shape[axis];
    if (size === undefined) return undefined;
    axis++;
    const step = steps.values[i] ?? 1;
    const clip = (at: number) =>
      Math.min(Math.max(at < 0 ? at + size : at, step > 0 ? 0 : -1), step > 0 ? size : size - 1);
    const own = begins.values[i] ?? 0;
    if (mask('shrinkAxisMask', i)) {
      const at = own < 0 ? own + size : own;
      values = values?.slice(at, at + 1);
      continue;
    }
    const from = mask('beginMask', i) ? (step > 0 ? 0 : size - 1) : clip(own);
    const to = mask('endMask', i) ? (step > 0 ? size : -1) : clip(ends.values[i] ?? 0);
    const length = Math.max(0, Math.ceil((to - from) / step));
    const all = values;
    values = all && Array.from({ length }, (_, k) => all[from + k * step] ?? NaN);
    shape.push(length);
  }
  return { outputs: [{ shape: [...shape, ...x.shape.slice(axis)], values }] };
}
