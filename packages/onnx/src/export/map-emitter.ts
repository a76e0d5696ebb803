import type { Activation, MaxPool } from '@dmnn/architecture';
import type { FoldedUnit } from '@dmnn/weights/internal';
import type { GraphBuilder } from '../graph/graph-builder.js';
import type { ElementType } from '../graph/onnx-graph.js';
import type { Merging } from './merged-paths.js';

/** A block whose output is emitted. */
export interface BlockEnd {
  readonly path: string;
  readonly activation: Activation;
  /** Name of the map that it reads. */
  readonly x: string;
}

/** Operations applied to a convolution's output. */
export interface UnitEnd {
  /** Name of a map of the same shape that is added before the activation. */
  readonly sum?: string | undefined;
  /** A unit whose bias is added to the unit's own, if {@link MapEmitter.joinsBiases}: see `foldedBias`. */
  readonly bias?: FoldedUnit | undefined;
  /** @defaultValue the unit's own */
  readonly activation?: Activation | undefined;
  /** The block whose output this is, if nothing else is added to it. */
  readonly block?: BlockEnd | undefined;
  /** Sites at which the range of the result was observed. @defaultValue the unit's own, or of those merged into it */
  readonly site?: readonly string[] | undefined;
}

/**
 * A shortcut without weights: every `stride`-th pixel, with zeros for new channels, half on each side, the odd one
 * last.
 */
export interface Widening {
  readonly path: string;
  readonly stride: number;
  readonly inChannels: number;
  readonly outChannels: number;
}

/** Memory layout of maps, and the operations on them. */
export interface MapEmitter {
  /** How paths that are open together are merged. */
  readonly merging: Merging;
  /**
   * Whether all branches share one copy of a unit's weights. Otherwise each branch stores its own copy, which runs
   * faster.
   */
  readonly sharesWeights: boolean;
  /** Whether a unit can add a block's bias with its own. */
  readonly joinsBiases: boolean;
  /** Number of channels in memory of a map with `channels` channels; the padding is 0. */
  laidOut(channels: number): number;
  /** Brings the image, `[B, C, H, W]`, into the layout that the first convolution reads. */
  image(graph: GraphBuilder, image: string, channels: number): string;
  /** Adapts a unit to read and write maps in this layout. */
  prepared(unit: FoldedUnit): FoldedUnit;
  /** Emits activation(convolution + bias + sum). */
  unit(graph: GraphBuilder, x: string, unit: FoldedUnit, end?: UnitEnd): string;
  maxPool(graph: GraphBuilder, x: string, pool: MaxPool, path: string): string;
  /** Emits the mean over height and width: `[B, C, 1, 1]`. */
  pooled(graph: GraphBuilder, x: string, path: string): string;
  /** Prepares a value from outside a branch so that a sum in the branch fuses with a convolution. */
  summand(graph: GraphBuilder, x: string, path: string): string;
  widened(graph: GraphBuilder, x: string, widening: Widening): string;
  /** Element type of maps between blocks. */
  readonly mapType: ElementType;
  /** A map as `float`. @param path - for names */
  plain(graph: GraphBuilder, x: string, path: string): string;
  /** A block's output in the form in which blocks pass maps on. */
  stored(graph: GraphBuilder, value: string, block: BlockEnd): string;
  /** Says that a branch's output has another name outside of it. @param as - its name inside */
  flowsOn(value: string, as: string): void;
}

/** Maps that are `float` throughout. */
export const floatMaps: Pick<MapEmitter, 'mapType' | 'plain' | 'stored' | 'flowsOn'> = {
  mapType: 'float',
  plain: (_graph, x) => x,
  stored: (_graph, value) => value,
  flowsOn: () => undefined,
};

/** The graph under construction and the layout of its maps. */
export interface Emitter {
  readonly graph: GraphBuilder;
  readonly maps: MapEmitter;
}

/** Emits units in sequence; `end` applies to the last one. */
export function emitUnits(
  { graph, maps }: Emitter,
  x: string,
  units: readonly FoldedUnit[],
  end?: UnitEnd,
): string {
  return units.reduce(
    (value, unit, k) => maps.unit(graph, value, unit, k === units.length - 1 ? end : undefined),
    x,
  );
}
