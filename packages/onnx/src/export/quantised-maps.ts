import { type Activation, activations, isClip } from '@dmnn/architecture';
import type { FoldedUnit } from '@dmnn/weights/internal';
import type { GraphBuilder } from '../graph/graph-builder.js';
import { emitActivation, isNonNegative } from './emit-activation.js';
import { IMAGE_SITE } from './export-quantisation.js';
import type { BlockEnd, MapEmitter } from './map-emitter.js';
import { portableMaps, window } from './portable-maps.js';
import { type QuantisedForm, quantisedFilter, scaleOf } from './quantised-filter.js';

/** Whole numbers of maps: with a sign they lie around 128, so that engines get one type. */
const [LEVELS, SIGNED_LEVELS, SIGNED_ZERO] = [255, 127, 128];

/**
 * Emits maps in 8 bits: `QuantizeLinear` after each map, `DequantizeLinear` before whatever reads it, in the branch where
 * that runs. Engines compute what lies between two such pairs in whole numbers. Maps cross the borders of branches as
 * bytes, in multiples of one scale a stage, whatever its gates. Means, controllers and the last layer stay in float32;
 * so do sums to which several paths add one after the other, whose parts may be larger than the sum.
 *
 * @param ranges - largest magnitudes by site: see `ExportQuantisation`
 */
export function quantisedMaps(ranges: Readonly<Record<string, number>>): MapEmitter {
  const floats = portableMaps(1);
  /** The form of each map that is kept in bytes, by its name. */
  const forms = new Map<string, QuantisedForm>();

  const plain = (graph: GraphBuilder, x: string, path: string): string => {
    const form = forms.get(x);
    return form ? dequantised(graph, x, form, `${path}.real`) : x;
  };
  const kept = (graph: GraphBuilder, x: string, form: QuantisedForm, path: string): string => {
    const own = forms.get(x);
    if (own?.scale === form.scale && own.zeroPoint === form.zeroPoint) return x;
    const bytes = quantised(graph, plain(graph, x, path), form, `${path}.bytes`);
    forms.set(bytes, form);
    return bytes;
  };
  /** The form of a map of these sites, side by side; undefined where one was not observed. */
  const formOf = (sites: readonly string[], nonNegative: boolean): QuantisedForm | undefined => {
    const own = sites.map((site) => ranges[site]);
    if (own.includes(undefined)) return undefined;
    const range = Math.max(...(own as number[]));
    return nonNegative
      ? { scale: scaleOf(range, LEVELS), zeroPoint: 0 }
      : { scale: scaleOf(range, SIGNED_LEVELS), zeroPoint: SIGNED_ZERO };
  };
  /** A block that adds to its input in place has no range of its own. */
  const formAfter = ({ path, activation, x }: BlockEnd): QuantisedForm | undefined =>
    formOf([path], isNonNegative(activation)) ?? forms.get(x);

  return {
    merging: { lanes: 1, dense: false }, // whole numbers need one sum, and have no layout of lanes
    sharesWeights: false,
    joinsBiases: true,
    mapType: 'uint8',
    laidOut: (channels) => channels,
    image: (graph, image) => kept(graph, image, formOf([IMAGE_SITE], false) as QuantisedForm, 'image'),
    prepared: (unit) => unit,
    unit: (graph, x, unit, { sum, bias, activation = unit.activation, block, site } = {}) => {
      const whole = bias ? withBias(unit, bias) : unit;
      const form = block ? formAfter(block) : formOf(site ?? unit.mergedFrom ?? [unit.path], isNonNegative(activation)); // prettier-ignore
      const from = forms.get(x);
      let y = from ? wholeConvolution(graph, x, from, whole) : floats.unit(graph, x, { ...whole, activation: 'none' }); // prettier-ignore
      if (sum !== undefined) {
        const part = block && form && summandForm(block, form, forms.get(sum));
        if (part) y = plain(graph, kept(graph, y, part, `${unit.path}.part`), `${unit.path}.part`);
        y = graph.node('Add', `${unit.path}.add`, [y, plain(graph, sum, `${unit.path}.sum`)]);
      }
      const to = sum === undefined || block ? form : undefined;
      if (!to) return emitActivation(graph, y, activation, unit.path);
      return kept(graph, cutsAlike(activation, to) ? y : emitActivation(graph, y, activation, unit.path), to, unit.path); // prettier-ignore
    },
    maxPool: (graph, x, pool, path) => {
      const form = forms.get(x);
      const y = floats.maxPool(graph, plain(graph, x, path), pool, path);
      return form ? kept(graph, y, form, path) : y;
    },
    pooled: (graph, x, path) => floats.pooled(graph, plain(graph, x, `${path}.pooled`), path),
    summand: (_graph, x) => x,
    widened: (graph, x, widening) => {
      const form = forms.get(x);
      const y = floats.widened(graph, plain(graph, x, widening.path), widening);
      return form ? kept(graph, y, form, widening.path) : y;
    },
    plain,
    stored: (graph, value, block) => {
      const form = formAfter(block);
      return form ? kept(graph, value, form, block.path) : value;
    },
    flowsOn: (value, as) => {
      const form = forms.get(as);
      if (form) forms.set(value, form);
    },
  };
}

/**
 * The form of what is added to a sum: numbers outside its range would be cut off in the block's output anyway.
 *
 * @returns undefined if that is unknown
 */
function summandForm(
  { activation }: BlockEnd,
  output: QuantisedForm,
  sum: QuantisedForm | undefined,
): QuantisedForm | undefined {
  if (!sum || !isClip(activation)) return undefined;
  const [least, most] = interval(output);
  const [leastOfSum, mostOfSum] = interval(sum);
  const [low, high] = [least - mostOfSum, most - leastOfSum];
  const scale = scaleOf(high - low, LEVELS);
  return { scale, zeroPoint: Math.min(Math.max(Math.round(-low / scale), 0), LEVELS) };
}

/** Whether bytes cut off what an activation does, which is then left out: engines fuse what is next to a convolution. */
function cutsAlike(activation: Activation, form: QuantisedForm): boolean {
  if (!isClip(activation)) return false;
  const [least, most] = activations[activation].range;
  const [low, high] = interval(form);
  return low >= least && high <= most;
}

/** The numbers that a form can hold. */
function interval({ scale, zeroPoint }: QuantisedForm): [least: number, most: number] {
  return [-zeroPoint * scale, (LEVELS - zeroPoint) * scale];
}

function withBias(unit: FoldedUnit, added: FoldedUnit): FoldedUnit {
  return { ...unit, bias: unit.bias.map((value, c) => value + (added.bias[c] as number)) };
}

function wholeConvolution(graph: GraphBuilder, x: string, from: QuantisedForm, unit: FoldedUnit): string {
  const { path, kernelSize, groups, inChannels, outChannels } = unit;
  const { weight, scales, bias, biasScales } = quantisedFilter(unit, from.scale);
  const channels = [outChannels];
  const constant = (name: string, whole: string, scale: Float32Array, zero: string) => {
    const inputs = [whole, graph.initialiser(`${path}.${name}.scale`, channels, scale), zero];
    return graph.node('DequantizeLinear', `${path}.${name}.real`, inputs, { axis: { int: 0 } });
  };
  const shape = [outChannels, inChannels / groups, kernelSize, kernelSize];
  const filter = constant(
    'weight',
    graph.initialiser(`${path}.weight`, shape, weight),
    scales,
    graph.initialiser(`${path}.weight.zero`, channels, new Int8Array(outChannels)),
  );
  const shift = constant(
    'bias',
    graph.initialiser(`${path}.bias`, channels, bias),
    biasScales,
    graph.initialiser(`${path}.bias.zero`, channels, new Int32Array(outChannels)),
  );
  const real = dequantised(graph, x, from, `${path}.from`);
  return graph.node('Conv', path, [real, filter, shift], {
    ...window(unit, path),
    group: { int: groups },
  });
}

function quantised(graph: GraphBuilder, x: string, form: QuantisedForm, name: string): string {
  return graph.node('QuantizeLinear', name, [x, ...formConstants(graph, form, name)]);
}

function dequantised(graph: GraphBuilder, x: string, form: QuantisedForm, name: string): string {
  return graph.node('DequantizeLinear', name, [x, ...formConstants(graph, form, name)]);
}

function formConstants(graph: GraphBuilder, { scale, zeroPoint }: QuantisedForm, name: string): string[] {
  return [
    graph.initialiser(`${name}.scale`, [], Float32Array.of(scale)),
    graph.initialiser(`${name}.zero`, [], Uint8Array.of(zeroPoint), 'uint8'),
  ];
}
