import type { Work } from '../conventions.js';
import type { GraphNodeLike } from './graph-model-like.js';

/** What is known of a tensor in a graph. The batch, which is 1, is the first axis. */
export interface GraphTensor {
  readonly shape: readonly number[];
  /** Its numbers, in order, if they are few and known without running the model: shapes, axes. */
  readonly values?: readonly number[] | undefined;
  /** The node of the weights that it is, unchanged. */
  readonly weights?: string | undefined;
}

/** One node of a graph with its inputs. */
export interface GraphCall {
  readonly node: GraphNodeLike;
  readonly inputs: readonly GraphTensor[];
}

/** What one node computes and does. */
export interface GraphResult {
  readonly outputs: readonly GraphTensor[];
  readonly work?: Work | undefined;
}

/** Shape and work of a node; undefined if they do not follow from its inputs. */
export type GraphOperation = (call: GraphCall) => GraphResult | undefined;

/** Number of values in a tensor of this shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** A list of numbers from an attribute; a number alone is a list of one. */
export function numbersOf({ node }: GraphCall, attribute: string): readonly number[] | undefined {
  const value = node.attrParams[attribute]?.value;
  if (typeof value === 'number') return [value];
  return Array.isArray(value) && value.every((each) => typeof each === 'number') ? value : undefined;
}

/** A number from an attribute. */
export function numberOf(call: GraphCall, attribute: string): number | undefined {
  return numbersOf(call, attribute)?.[0];
}

/** Whether an attribute is set. */
export function isSet({ node }: GraphCall, attribute: string): boolean {
  return node.attrParams[attribute]?.value === true;
}

/** Text from an attribute. */
export function textOf({ node }: GraphCall, attribute: string): string {
  const value = node.attrParams[attribute]?.value;
  return typeof value === 'string' ? value : '';
}

/** An axis from the end as one from the start. */
export function axisOf(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

/** The shape of two tensors of which each axis of size 1 is repeated; undefined if they do not fit. */
export function broadcast(a: readonly number[], b: readonly number[]): number[] | undefined {
  const rank = Math.max(a.length, b.length);
  const shape: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const [x, y] = [a[a.length - rank + axis] ?? 1, b[b.length - rank + axis] ?? 1];
    if (x !== y && x !== 1 && y !== 1) return undefined;
    shape.push(x === 1 ? y : x);
  }
  return shape;
}
