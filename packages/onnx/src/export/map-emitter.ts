import type { Activation, MaxPool } from '@dmnn/architecture';
import type { GraphBuilder } from '../graph/graph-builder.js';
import type { FoldedUnit } from './folded-unit.js';
import type { Merging } from './merged-paths.js';

/** What is put onto a convolution's output. */
export interface UnitEnd {
  /** A map of the same shape that is added before the activation. */
  readonly sum?: string | undefined;
  /** @defaultValue the unit's own */
  readonly activation?: Activation | undefined;
}

/** A shortcut without weights: every `stride`-th pixel, zeros for new channels, half on each side, the odd one after. */
export interface Widening {
  readonly path: string;
  readonly stride: number;
  readonly inChannels: number;
  readonly outChannels: number;
}

/** How maps are laid out in memory, and the operations that work on them. */
export interface MapEmitter {
  /** How paths that are open together become one. */
  readonly merging: Merging;
  /** Whether all branches share one copy of a unit's weights. Otherwise each branch holds its own, which runs faster. */
  readonly sharesWeights: boolean;
  /** Channels that a map of `channels` has in memory; those added are 0. */
  laidOut(channels: number): number;
  /** A unit that reads and writes maps so laid out. */
  prepared(unit: FoldedUnit): FoldedUnit;
  /** activation(convolution + bias + sum) */
  unit(graph: GraphBuilder, x: string, unit: FoldedUnit, end?: UnitEnd): string;
  maxPool(graph: GraphBuilder, x: string, pool: MaxPool, path: string): string;
  /** Mean over height and width: `[B, C, 1, 1]`. */
  pooled(graph: GraphBuilder, x: string, path: string): string;
  /** A value from outside a branch, such that a sum in the branch fuses with a convolution. */
  summand(graph: GraphBuilder, x: string, path: string): string;
  widened(graph: GraphBuilder, x: string, widening: Widening): string;
}

/** Where operations are put, and how the maps that they work on are laid out. */
export interface Emitter {
  readonly graph: GraphBuilder;
  readonly maps: MapEmitter;
}

/** Units one after the other; the last with that end. */
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
