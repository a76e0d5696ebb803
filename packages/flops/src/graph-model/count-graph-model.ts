import { type Work, costOf, paperConventions } from '../conventions.js';
import type { CountLayersModelOptions } from '../layers-model/count-layer-calls.js';
import type { LayersModelCount, ModelLayerCount, UnknownLayer } from '../layers-model/count-layers-model.js';
import { assertOptions } from '../layers-model/assert-options.js';
import { checkedWork } from '../layers-model/checked-work.js';
import { type GraphResult, type GraphTensor, sizeOf } from './graph-call.js';
import { type GraphLike, type GraphModelLike, type GraphNodeLike, graphOf } from './graph-model-like.js';
import { movingOperations } from './moving-operations.js';
import { productOperations } from './product-operations.js';
import { valueOperations } from './value-operations.js';

const operations = { ...movingOperations, ...valueOperations, ...productOperations };

/** Operations whose constant inputs are parameters, by the number of them that are: not the statistics of a batch norm. */
const withParameters = new Map([
  ...Object.keys(productOperations).map((op) => [op, Infinity] as const),
  ...['BiasAdd', 'BiasAddV1', 'Add', 'AddV2', 'Sub', 'Mul', 'Prelu'].map((op) => [op, Infinity] as const),
  ...['FusedBatchNorm', 'FusedBatchNormV2', 'FusedBatchNormV3'].map((op) => [op, 3] as const),
]);

const LARGEST_LIST = 64; // numbers: shapes and axes are shorter

/**
 * Counts the cost of one image and the parameters of a `tf.GraphModel`, as `tf.loadGraphModel` returns it: the form in
 * which most models for TensorFlow.js are published.
 *
 * A row is a node of the graph that leads to an output: convolutions, depth-wise and transposed ones, matrix products,
 * fused with bias and activation or not. Shapes follow from the input's through the graph. Nodes of other operations, and
 * those whose shapes depend on them or on the image, are listed in `unknown`. Batch norms that the converter folded into
 * convolutions are not parameters any more.
 *
 * @param options - `counters` are by operation: `{ MatMul: … }`; a call's `weightShapes` are those of constant inputs
 * @throws TypeError if `model` is not a loaded `tf.GraphModel`
 * @throws RangeError if the size of an input is unknown (pass `inputShapes`), a map has no pixels, or a counter returns an
 *   invalid number
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import { countGraphModel } from '@dmnn/flops/layers-model';
 *
 * async function printCost(url: string): Promise<void> {
 *   const { macs, unknown } = countGraphModel(await tf.loadGraphModel(url), { inputShapes: [[224, 224, 3]] });
 *   console.log(macs, unknown.map(({ className }) => className));
 * }
 * ```
 */
export function countGraphModel(
  model: GraphModelLike,
  options: CountLayersModelOptions = {},
): LayersModelCount {
  const graph = graphOf(model);
  if (!graph) {
    throw new TypeError(
      'model: expected a loaded tf.GraphModel, got something else. Load it with tf.loadGraphModel.',
    );
  }
  assertOptions(options);
  const { conventions = paperConventions, counters = {} } = options;
  const tensors = new Map<string, readonly GraphTensor[]>();
  for (const [name, shape] of inputShapesOf(model, options.inputShapes)) tensors.set(name, [{ shape }]);
  const layers: ModelLayerCount[] = [];
  const unknown: UnknownLayer[] = [];
  const counted = new Set<string>();
  const withoutPixels: WithoutPixels[] = [];
  let [macs, parameters] = [0, 0];
  for (const node of nodesInOrder(graph, tensors)) {
    if (tensors.has(node.name)) continue; // an input
    const weights = model.weights[node.name];
    if (weights) {
      tensors.set(
        node.name,
        weights.map((each) => constant(node.name, each)),
      );
      continue;
    }
    const inputs = node.inputNames.map((name) => tensorOf(name, tensors));
    const result = computed(node, inputs);
    tensors.set(node.name, result?.outputs ?? []);
    const lost = lostPixels(node, inputs, result);
    if (lost) withoutPixels.push(lost);
    if (withoutPixels.length > 0) continue; // only for the names of the others
    const own = parametersOf(node, inputs, counted);
    const row: UnknownLayer = {
      path: node.name,
      className: node.op,
      outShape: result?.outputs[0]?.shape.slice(1) ?? [],
      parameters: own,
    };
    parameters += own;
    const work = workOf(node, inputs, result, counters);
    if (work === undefined) {
      unknown.push(row);
      continue;
    }
    const cost = costOf(work, conventions);
    macs += cost;
    layers.push({ ...row, macs: cost });
  }
  assertPixels(withoutPixels);
  return { name: 'graph model', conventions, layers, unknown, macs, parameters };
}

function inputShapesOf(
  { inputs }: GraphModelLike,
  given: CountLayersModelOptions['inputShapes'],
): (readonly [name: string, shape: readonly number[]])[] {
  if (given && given.length !== inputs.length)
    throw new RangeError(`inputShapes: expected ${inputs.length}, one for each input, got ${given.length}`);
  return inputs.map(({ name, shape }, i) => {
    const own = shape?.slice(1);
    const sizes = given?.[i] ?? own ?? [];
    const isFree = (size: number | null | undefined) => size === null || size === undefined || size < 0;
    const fits =
      (own === undefined || sizes.length === own.length) &&
      sizes.every(
        (size, axis) =>
          Number.isSafeInteger(size) &&
          (size as number) >= 1 &&
          (isFree(own?.[axis]) || size === own?.[axis]),
      );
    if (!fits || (own === undefined && given === undefined)) {
      const wanted = own?.map((size) => (isFree(size) ? 'any' : String(size))).join(', ') ?? 'its sizes';
      throw new RangeError(
        `inputShapes[${i}] (input ${name}): expected whole numbers that fit [${wanted}], got [${sizes.map(String).join(', ')}]. Pass inputShapes without the batch.`,
      );
    }
    return [name.replace(/:\d+$/, ''), [1, ...(sizes as readonly number[])]];
  });
}

/** The nodes that lead to the outputs, each after its inputs. Without recursion: a graph may have thousands in a row. */
function nodesInOrder({ nodes, outputs }: GraphLike, given: ReadonlyMap<string, unknown>): GraphNodeLike[] {
  const order: GraphNodeLike[] = [];
  const state = new Map<GraphNodeLike, 'open' | 'done'>();
  const stack = [...outputs].reverse();
  for (let node = stack.at(-1); node; node = stack.at(-1)) {
    const seen = state.get(node);
    if (seen === undefined && !given.has(node.name)) {
      state.set(node, 'open');
      const inputs = node.inputNames
        .map((name) => nodes[nodeName(name)])
        .filter((each) => each !== undefined);
      // a loop of the graph closes at a node that is open
      stack.push(...inputs.filter((each) => !state.has(each)).reverse());
      continue;
    }
    stack.pop();
    if (seen === 'done') continue;
    state.set(node, 'done');
    order.push(node);
  }
  return order;
}

function nodeName(input: string): string {
  return input.replace(/:.*$/, '');
}

function tensorOf(
  input: string,
  tensors: ReadonlyMap<string, readonly GraphTensor[]>,
): GraphTensor | undefined {
  return tensors.get(nodeName(input))?.[Number(/:(\d+)$/.exec(input)?.[1] ?? 0)];
}

function constant(name: string, weights: GraphModelLike['weights'][string][number]): GraphTensor {
  const { shape, dtype } = weights;
  const isFloat = dtype === 'float32';
  const values =
    sizeOf(shape) <= LARGEST_LIST && /^(?:float32|int32)$/.test(dtype) ? numbersIn(weights) : undefined;
  return { shape, values, weights: isFloat ? name : undefined };
}

function numbersIn(weights: GraphModelLike['weights'][string][number]): number[] | undefined {
  try {
    return Array.from(weights.dataSync(), Number);
  } catch {
    return undefined; // on a device that cannot be read at once: shapes that follow from them are unknown
  }
}

function computed(
  node: GraphNodeLike,
  inputs: readonly (GraphTensor | undefined)[],
): GraphResult | undefined {
  const op = node.op.replace(/^_/, '');
  if (!Object.hasOwn(operations, op)) return undefined;
  const known = inputs.filter((each) => each !== undefined);
  return known.length === inputs.length ? operations[op]?.({ node, inputs: known }) : undefined;
}

/** A node whose map has no pixels. */
interface WithoutPixels {
  readonly path: string;
  readonly op: string;
  readonly from: string;
  readonly shape: string;
}

function lostPixels(
  node: GraphNodeLike,
  inputs: readonly (GraphTensor | undefined)[],
  result: GraphResult | undefined,
): WithoutPixels | undefined {
  const [shape] = result?.outputs.map((each) => each.shape) ?? [];
  const isMap = Object.hasOwn(productOperations, node.op.replace(/^_/, '')) || node.op.includes('Pool');
  const from = inputs[0]?.shape ?? [];
  // lists of shapes may be empty; what an image became may not
  if (!shape || (!isMap && (inputs.length === 0 || from.some((size) => size < 1)))) return undefined;
  const least = isMap ? 1 : 0;
  if (shape.every((size) => Number.isSafeInteger(size) && size >= least)) return undefined;
  const text = (sizes: readonly number[]) => `[${sizes.slice(1).join(', ')}]`;
  return { path: node.name, op: node.op, from: text(from), shape: text(shape) };
}

function assertPixels([first, ...others]: readonly WithoutPixels[]): void {
  if (!first) return;
  const after = others.slice(0, 5).map(({ path, shape }) => `layer ${path} ${shape}`);
  const more = others.length > 5 ? ` and ${others.length - 5} more` : '';
  throw new RangeError(
    `layer ${first.path} (${first.op}): expected a map of at least 1 pixel, got ${first.shape} from ${first.from}` +
      `${after.length > 0 ? `, and after it ${after.join(', ')}${more}` : ''}. Pass larger inputShapes.`,
  );
}

function workOf(
  node: GraphNodeLike,
  inputs: readonly (GraphTensor | undefined)[],
  result: GraphResult | undefined,
  counters: NonNullable<CountLayersModelOptions['counters']>,
): Work | undefined {
  const own = Object.hasOwn(counters, node.op) ? counters[node.op] : undefined;
  if (!own) return result && (result.work ?? {});
  const ofOneImage = (each: GraphTensor | undefined) => each?.shape.slice(1) ?? [];
  const call = {
    className: node.op,
    name: node.name,
    config: Object.fromEntries(Object.entries(node.attrParams).map(([name, { value }]) => [name, value])),
    inputShapes: inputs.filter((each) => each?.weights === undefined).map(ofOneImage),
    outputShapes: result?.outputs.map(ofOneImage) ?? [],
    weightShapes: inputs.flatMap((each) => (each?.weights === undefined ? [] : [each.shape])),
  };
  const work = own(call);
  return work && checkedWork(work, call);
}

/** Values of the constants that a node computes with, each counted where it is used first. */
function parametersOf(
  node: GraphNodeLike,
  inputs: readonly (GraphTensor | undefined)[],
  counted: Set<string>,
): number {
  const limit = withParameters.get(node.op.replace(/^_/, '')) ?? 0;
  let sum = 0;
  for (const each of inputs.slice(0, limit)) {
    if (each?.weights === undefined || each.shape.length === 0 || counted.has(each.weights)) continue;
    counted.add(each.weights);
    sum += sizeOf(each.shape);
  }
  return sum;
}
