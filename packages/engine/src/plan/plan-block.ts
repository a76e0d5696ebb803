import {
  type Activation,
  type Shortcut,
  activations,
  paddingSides,
  windowOutSizePx,
} from '@dmnn/architecture';
import { type FoldedUnit, areMergeable } from '@dmnn/weights/internal';
import type { FilterJoin, PlanStep } from './engine-plan.js';
import type { MapContents, PlanBuilder } from './plan-builder.js';

/** Most gates whose patterns are all planned; more are planned in pairs. */
const MOST_IN_A_PATTERN = 4;

/** A map that blocks pass on. */
export interface FlowingMap {
  readonly map: number;
  /** The vector with its mean over height and width, if that is known. */
  readonly mean: number | undefined;
  readonly contents: MapContents;
}

/** A block with its batch norms folded. */
export interface FoldedBlock {
  readonly path: string;
  /** `[n]`: the units of sub-block n. */
  readonly paths: readonly (readonly FoldedUnit[])[];
  readonly shortcut: Shortcut;
  /** Of a projection. */
  readonly projection: FoldedUnit | undefined;
  /** `[outChannels]`, added once; undefined if there is none, or the projection has it. */
  readonly bias: Float32Array | undefined;
  readonly activation: Activation;
  readonly outChannels: number;
  readonly outSizePx: number;
  /** Index of its gates; undefined if all sub-blocks always run. */
  readonly gates: number | undefined;
  /** Whether the mean of the output is read afterwards. */
  readonly wantsMean: boolean;
}

/**
 * The steps of a block: its shortcut, and for each pattern of gates the sub-blocks that are open, as one path where
 * they can be merged. A closed sub-block has no steps. Where the shortcut is the identity, sub-blocks add to the map
 * in place.
 */
export function planBlock(
  builder: PlanBuilder,
  block: FoldedBlock,
  x: FlowingMap,
): { steps: PlanStep[]; y: FlowingMap } {
  const planner = new BlockPlanner(builder, block, x);
  const steps = [...planner.shortcut(), ...planner.subBlocks()];
  return { steps, y: planner.finish() };
}

class BlockPlanner {
  readonly #builder: PlanBuilder;
  readonly #block: FoldedBlock;
  readonly #x: FlowingMap;
  /** Holds the shortcut, then the sum; in the memory of y, unless 8 bits cannot keep partial sums. */
  readonly #sum: number;
  readonly #sumContents: MapContents | undefined;
  readonly #y: number;
  readonly #contents: MapContents;
  readonly #mean: number | undefined;
  readonly #inPlace: boolean;
  /** Last units of sub-blocks, with the block's bias added to their own. */
  readonly #biased = new Map<FoldedUnit, FoldedUnit>();

  constructor(builder: PlanBuilder, block: FoldedBlock, x: FlowingMap) {
    const { shortcut, paths, outChannels, outSizePx, wantsMean } = block;
    this.#builder = builder;
    this.#block = block;
    this.#x = x;
    const signed = activations[block.activation].range[0] < 0;
    // partial sums would be cut off and rounded
    const isApart = builder.isForWholeNumbers && !addsOnce(block);
    // a path of one unit would read what another, or it itself, has already added
    this.#inPlace =
      shortcut.kind === 'identity' &&
      paths.every(({ length }) => length > 1) &&
      !(builder.isForWholeNumbers && (isApart || signed !== x.contents.signed));
    this.#contents = { sites: this.#inPlace ? x.contents.sites : [block.path], signed };
    this.#y = this.#inPlace ? x.map : builder.map(outChannels, outSizePx, this.#contents);
    if (isApart) this.#sum = builder.map(outChannels, outSizePx);
    else if (this.#inPlace || block.activation === 'none') this.#sum = this.#y;
    else {
      this.#sumContents =
        shortcut.kind === 'projection' ? { sites: [`${block.path}.shortcut`], signed: true } : x.contents;
      this.#sum = builder.sharing(this.#y, this.#sumContents);
    }
    const kept = shortcut.kind === 'identity' ? x.mean : undefined;
    this.#mean = wantsMean ? (kept ?? builder.vector(outChannels)) : undefined;
  }

  /** What the block's output holds before sub-blocks add to it. */
  shortcut(): PlanStep[] {
    const [from, to] = [this.#x.map, this.#sum];
    const { shortcut, projection } = this.#block;
    switch (shortcut.kind) {
      case 'identity':
        return this.#inPlace ? [] : [{ kind: 'copy', from, to }];
      case 'projection':
        return [
          this.#convolution([projection as FoldedUnit], 'outputs', from, to),
          ...this.#observing(to, this.#sumContents),
        ];
      case 'pad':
        return this.#widened(shortcut.stride);
      case 'none':
        return [];
      default:
        return shortcut satisfies never;
    }
  }

  subBlocks(): PlanStep[] {
    const { gates, paths } = this.#block;
    const all = paths.map((_, n) => n);
    if (gates === undefined) return this.#closing(this.#open(all));
    if (paths.length > MOST_IN_A_PATTERN) return this.#closing(this.#inPairs(gates));
    return [
      {
        kind: 'branch',
        gates,
        first: 0,
        cases: patterns(all).map((open) => this.#closing(this.#open(open))),
      },
    ];
  }

  finish(): FlowingMap {
    if (!this.#inPlace) this.#builder.release(this.#x.map);
    if (this.#isApart) this.#builder.release(this.#sum);
    return { map: this.#y, mean: this.#mean, contents: this.#contents };
  }

  /** Two sub-blocks at a time; all read x before one adds to it. */
  #inPairs(gates: number): Summed {
    const all = this.#block.paths.map((_, n) => n);
    const starts = all.filter((n) => n % 2 === 0);
    const opened = starts.map((start) => {
      const pair = all.slice(start, start + 2);
      const begun = patterns(pair).map((open) => this.#begin(open));
      // every pattern of a pair may hold maps at the same time as every pattern of another
      const held = begun.flatMap(({ ends }) => ends.map(({ map }) => map));
      return { start, begun, held };
    });
    const steps: PlanStep[] = opened.map(({ start, begun }) => ({
      kind: 'branch',
      gates,
      first: start,
      cases: begun.map((each) => each.steps),
    }));
    steps.push(...this.#shift());
    for (const { start, begun } of opened) {
      steps.push({
        kind: 'branch',
        gates,
        first: start,
        cases: begun.map(({ ends }) => this.#end(ends, 'none')),
      });
    }
    for (const { held } of opened)
      for (const map of held) if (map !== this.#x.map) this.#builder.release(map);
    return { steps, activated: false, unchanged: false, shifts: false };
  }

  #open(open: readonly number[]): Summed {
    const { activation } = this.#block;
    const { steps, ends } = this.#begin(open);
    const last = ends.at(-1);
    const fuses = last !== undefined && lastOf(last.units).activation === 'none' && !this.#isApart;
    const biased = this.#withBias(ends);
    if (!biased && last) steps.push(...this.#shift());
    steps.push(...this.#end(biased ?? ends, fuses ? activation : 'none'));
    for (const { map } of ends) if (map !== this.#x.map) this.#builder.release(map);
    const shifts = this.#block.bias !== undefined && last === undefined;
    return { steps, activated: fuses, shifts, unchanged: open.length === 0 && this.#inPlace && !shifts };
  }

  /** The ends of paths, of which the first adds the block's bias with its own; undefined if it cannot. */
  #withBias([first, ...others]: readonly PathEnd[]): PathEnd[] | undefined {
    const { bias } = this.#block;
    const [unit, ...units] = first?.units ?? [];
    if (!bias || !first || unit?.activation !== 'none') return undefined;
    const whole = this.#biased.get(unit) ?? {
      ...unit,
      bias: unit.bias.map((value, c) => value + (bias[c] as number)),
    };
    this.#biased.set(unit, whole);
    return [{ ...first, units: [whole, ...units] }, ...others];
  }

  /** Adds the bias to the sum, where no convolution does. */
  #shift(): PlanStep[] {
    const { bias } = this.#block;
    if (!bias) return [];
    const [from, to] = [this.#sum, this.#sum];
    return [{ kind: 'activate', from, to, bias: this.#builder.tensor(bias), activation: 'none' }];
  }

  /** All units but the last of each path. */
  #begin(open: readonly number[]): { steps: PlanStep[]; ends: PathEnd[] } {
    const steps: PlanStep[] = [];
    const ends = this.#fused(open).map((paths): PathEnd => {
      let map = this.#x.map;
      for (let k = 0; k < depthOf(paths) - 1; k++) {
        const units = paths.map((path) => path[k] as FoldedUnit);
        const contents = contentsOf(units);
        const to = this.#mapOf(units, map, contents);
        steps.push(this.#convolution(units, k === 0 ? 'outputs' : 'groups', map, to));
        steps.push(...this.#builder.observing(to, contents));
        if (map !== this.#x.map) this.#builder.release(map);
        map = to;
      }
      return { map, units: paths.map(lastOf) };
    });
    return { steps, ends };
  }

  /** The last unit of each path, which adds to the block's output. @param activation - after the last one */
  #end(ends: readonly PathEnd[], activation: Activation): PlanStep[] {
    const { shortcut } = this.#block;
    const steps: PlanStep[] = [];
    ends.forEach(({ map, units }, index) => {
      const adds = shortcut.kind !== 'none' || index > 0;
      const own = lastOf(units).activation;
      if (own === 'none' || !adds) {
        const isLast = index === ends.length - 1;
        const fused = own === 'none' && isLast ? activation : own;
        const to = isLast && !this.#isApart ? this.#y : this.#sum;
        const added = adds ? this.#sum : undefined;
        steps.push({ ...this.#convolution(units, 'inputs', map, to), added, activation: fused });
        return;
      }
      const apart = this.#builder.map(this.#block.outChannels, this.#block.outSizePx);
      steps.push(this.#convolution(units, 'inputs', map, apart), { kind: 'add', from: apart, to: this.#sum });
      this.#builder.release(apart);
    });
    return steps;
  }

  /** The block's activation, where no convolution has done it, and the mean. */
  #closing({ steps, activated, unchanged, shifts }: Summed): PlanStep[] {
    const { activation } = this.#block;
    const bias = shifts ? this.#builder.tensor(this.#block.bias as Float32Array) : undefined;
    const isKept =
      (activation === 'none' && !shifts) || (unchanged && activation === 'relu' && !this.#x.contents.signed);
    const idle = activated || (isKept && this.#sum === this.#y);
    const closing = [...steps];
    if (!idle) closing.push({ kind: 'activate', from: this.#sum, to: this.#y, bias, activation });
    if (!unchanged || !idle) closing.push(...this.#builder.observing(this.#y, this.#contents));
    const meanIsKnown = unchanged && idle && this.#mean === this.#x.mean;
    if (this.#mean !== undefined && !meanIsKnown)
      closing.push({ kind: 'mean', from: this.#y, to: this.#mean });
    return closing;
  }

  /** Paths that run as one. */
  #fused(open: readonly number[]): (readonly (readonly FoldedUnit[])[])[] {
    const paths = open.map((n) => this.#block.paths[n] as readonly FoldedUnit[]);
    return paths.length > 1 && areMergeable(paths) ? [paths] : paths.map((path) => [path]);
  }

  get #isApart(): boolean {
    const { slot } = this.#builder.mapAt(this.#sum);
    return slot !== this.#builder.mapAt(this.#y).slot;
  }

  #widened(stride: number): PlanStep[] {
    const [from, to] = [this.#x.map, this.#sum];
    if (keptAlike(this.#builder, from, to)) return [{ kind: 'widen', from, to, stride }];
    const small = this.#builder.map(this.#block.outChannels, this.#block.outSizePx, this.#x.contents);
    this.#builder.release(small);
    return [
      { kind: 'widen', from, to: small, stride },
      { kind: 'copy', from: small, to },
    ];
  }

  #observing(map: number, contents: MapContents | undefined): PlanStep[] {
    return contents ? this.#builder.observing(map, contents) : [];
  }

  #mapOf(units: readonly FoldedUnit[], from: number, contents: MapContents): number {
    const unit = units[0] as FoldedUnit;
    const sizePx = windowOutSizePx(this.#builder.mapAt(from).sizePx, unit);
    return this.#builder.map(unit.outChannels * units.length, sizePx, contents);
  }

  #convolution(
    units: readonly FoldedUnit[],
    join: FilterJoin,
    from: number,
    to: number,
  ): Extract<PlanStep, { kind: 'convolution' }> {
    const unit = units[0] as FoldedUnit;
    const { stride, activation } = unit;
    const padding = paddingSides(unit, this.#builder.mapAt(from).sizePx);
    const filter = this.#builder.filter(units, join);
    return { kind: 'convolution', from, to, filter, stride, padding, added: undefined, activation };
  }
}

/** What a map of units' outputs holds, side by side. */
export function contentsOf(units: readonly FoldedUnit[]): MapContents {
  const { activation } = units[0] as FoldedUnit;
  return { sites: units.map(({ path }) => path), signed: activations[activation].range[0] < 0 };
}

/** Whether under every pattern at most one step adds to the shortcut. */
function addsOnce({ paths, gates }: FoldedBlock): boolean {
  if (paths.length === 1) return paths.every((path) => lastOf(path).activation === 'none');
  return areMergeable(paths) && (gates === undefined || paths.length <= MOST_IN_A_PATTERN);
}

/** The steps of a pattern, up to the sum. */
interface Summed {
  readonly steps: PlanStep[];
  /** Whether the block's activation is among them. */
  readonly activated: boolean;
  /** Whether the block's output is its input still. */
  readonly unchanged: boolean;
  /** Whether the block's bias is still to be added. */
  readonly shifts: boolean;
}

/** Where a path, or several as one, stands before its last unit. */
interface PathEnd {
  readonly map: number;
  readonly units: readonly FoldedUnit[];
}

function lastOf<T>(list: readonly T[]): T {
  return list.at(-1) as T;
}

function depthOf(paths: readonly (readonly FoldedUnit[])[]): number {
  return (paths[0] as readonly FoldedUnit[]).length;
}

/** `[p]`: the members whose bit is set in p. */
function patterns(members: readonly number[]): number[][] {
  return Array.from({ length: 2 ** members.length }, (_, pattern) =>
    members.filter((_, bit) => (pattern >> bit) & 1),
  );
}

function keptAlike(builder: PlanBuilder, one: number, other: number): boolean {
  const [a, b] = [builder.mapAt(one).quantised, builder.mapAt(other).quantised];
  return a?.signed === b?.signed && a?.scale === b?.scale;
}
