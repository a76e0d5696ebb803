import {
  type GraphCall,
  type GraphOperation,
  type GraphTensor,
  axisOf,
  broadcast,
  isSet,
  numbersOf,
  sizeOf,
} from './graph-call.js';
import { activationOperations } from './graph-activations.js';
import { channelAxis, mapShape } from './map-shape.js';

const activations = [
  'Relu', 'Relu6', 'LeakyRelu', 'Elu', 'Selu', 'Sigmoid', 'Tanh', 'Softmax', 'LogSoftmax', 'Softplus', 'Softsign',
]; // prettier-ignore
const unary = [
  'Abs', 'Ceil', 'Cos', 'Erf', 'Exp', 'Expm1', 'Floor', 'Log', 'Log1p', 'LogicalNot', 'Neg', 'Reciprocal', 'Round',
  'Rsqrt', 'Sign', 'Sin', 'Sqrt', 'Square', 'IsNan', 'Atan',
]; // prettier-ignore
const binary = [
  'Add', 'AddV2', 'Sub', 'Mul', 'Div', 'RealDiv', 'DivNoNan', 'FloorDiv', 'FloorMod', 'Mod', 'Maximum', 'Minimum', 'Pow',
  'SquaredDifference', 'Equal', 'NotEqual', 'Greater', 'GreaterEqual', 'Less', 'LessEqual', 'LogicalAnd', 'LogicalOr',
]; // prettier-ignore
const reductions = ['Mean', 'Sum', 'Max', 'Min', 'Prod', 'All', 'Any', 'ArgMax', 'ArgMin', 'EuclideanNorm'];

/** How binary operations change numbers that are known: shapes. */
const arithmetic: { readonly [op: string]: (a: number, b: number) => number } = {
  Add: (a, b) => a + b,
  AddV2: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  RealDiv: (a, b) => a / b,
  FloorDiv: (a, b) => Math.floor(a / b),
  Maximum: Math.max,
  Minimum: Math.min,
};

/** Operations value by value: activations, arithmetic, norms, pooling, reductions. */
export const valueOperations: { readonly [op: string]: GraphOperation } = {
  ...Object.fromEntries(activations.map((op) => [op, perValue(activationOperations(op.toLowerCase()) ?? 0)])),
  ...Object.fromEntries(unary.map((op) => [op, perValue(1)])),
  ...Object.fromEntries(binary.map((op) => [op, pairwise])),
  ...Object.fromEntries(reductions.map((op) => [op, reduced])),
  ClipByValue: perValue(2),
  Prelu: perValue(2),
  AddN: (call) => sameShape(call, { activationOperations: (call.inputs.length - 1) * firstSize(call) }),
  BiasAdd: (call) => sameShape(call, { biasOperations: firstSize(call) }),
  BiasAddV1: (call) => sameShape(call, { biasOperations: firstSize(call) }),
  // at inference a scale and a shift
  FusedBatchNorm: batchNorm,
  FusedBatchNormV2: batchNorm,
  FusedBatchNormV3: batchNorm,
  Select: selected,
  SelectV2: selected,
  MaxPool: pooled(-1),
  AvgPool: pooled(0),
  MaxPool3D: pooled(-1),
  AvgPool3D: pooled(0),
};

function firstSize({ inputs }: GraphCall): number {
  return sizeOf(inputs[0]?.shape ?? []);
}

function sameShape({ inputs: [first] }: GraphCall, work: object) {
  return first && { outputs: [{ shape: first.shape }], work };
}

function perValue(operations: number): GraphOperation {
  return (call) => sameShape(call, { activationOperations: operations * firstSize(call) });
}

function batchNorm({ inputs: [x, scale, offset, mean, variance] }: GraphCall) {
  if (!x || !scale || !offset || !mean || !variance) return undefined;
  const rest = [scale, offset, mean, variance, mean].map(({ shape }) => ({ shape }));
  return { outputs: [{ shape: x.shape }, ...rest], work: { batchNormOperations: 2 * sizeOf(x.shape) } };
}

function pairwise({ node, inputs: [a, b] }: GraphCall) {
  const shape = a && b && broadcast(a.shape, b.shape);
  if (!shape) return undefined;
  const values = arithmeticValues(node.op, a, b, sizeOf(shape));
  // what is known beforehand is not computed for an image
  return { outputs: [{ shape, values }], work: values ? {} : { activationOperations: sizeOf(shape) } };
}

function arithmeticValues(op: string, a: GraphTensor, b: GraphTensor, size: number): number[] | undefined {
  const [calculate, left, right] = [arithmetic[op], a.values, b.values];
  if (!calculate || !left || !right || ![1, size].includes(left.length) || ![1, size].includes(right.length))
    return undefined;
  const at = (values: readonly number[], i: number) => values[values.length === 1 ? 0 : i] ?? NaN;
  return Array.from({ length: size }, (_, i) => calculate(at(left, i), at(right, i)));
}

function selected({ inputs: [condition, a, b] }: GraphCall) {
  const values = a && b && broadcast(a.shape, b.shape);
  const shape = condition && values && broadcast(condition.shape, values);
  return shape && { outputs: [{ shape }], work: { activationOperations: sizeOf(shape) } };
}

/** Combining k values takes k − 1 operations, and the mean a division. */
function reduced(call: GraphCall) {
  const { node, inputs } = call;
  const [x, axis] = inputs;
  const rank = x?.shape.length ?? 0;
  const of = axis?.values ?? (axis ? undefined : x?.shape.map((_, i) => i));
  if (!x || !of) return undefined;
  const axes = new Set(of.map((each) => axisOf(each, rank)));
  const kept = isSet(call, 'keepDims')
    ? x.shape.map((size, i) => (axes.has(i) ? 1 : size))
    : x.shape.filter((_, i) => !axes.has(i));
  const values = node.op === 'Prod' && x.values && kept.length === 0 ? [sizeOf(x.values)] : undefined;
  const operations = sizeOf(x.shape) - (node.op === 'Mean' ? 0 : sizeOf(kept));
  return { outputs: [{ shape: kept, values }], work: values ? {} : { activationOperations: operations } };
}

/** The largest of k values takes k − 1 comparisons, the mean k − 1 additions and a division. */
function pooled(less: number): GraphOperation {
  return (call) => {
    const [x] = call.inputs;
    const window = numbersOf(call, 'kernelSize');
    if (!x || window?.[0] !== 1) return undefined;
    const channelsAt = channelAxis(call, x.shape.length);
    const sizes = channelsAt === 1 ? window.slice(2) : window.slice(1, -1);
    const shape = mapShape(call, x.shape, sizes, x.shape[channelsAt] ?? 1);
    return (
      shape && {
        outputs: [{ shape }],
        work: { activationOperations: (sizeOf(window) + less) * sizeOf(shape) },
      }
    );
  };
}
