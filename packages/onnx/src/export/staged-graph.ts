import type { CascadeSettings } from '@dmnn/confidence';
import type { FileCascade, FileDescription, FileStage } from '../file-description.js';
import { GraphBuilder } from '../graph/graph-builder.js';
import type { OnnxGraph, OnnxValue } from '../graph/onnx-graph.js';
import { type EmittedAnswer, emitAnswer } from './emit-answer.js';
import { type EmittedNetwork, type NetworkPlace, emitBlocks, emitHead, emitStart } from './emit-network.js';
import { emitGates, emitMacs } from './emit-outputs.js';

/** Name of the constant that is a stage's threshold. */
export function thresholdName(stage: number): string {
  return `stage${stage}.threshold`;
}

/** What stands before the names of a network, if there are several. */
export function partPrefix(part: number, parts: number): string {
  return parts > 1 ? `part${part}.` : '';
}

const FLOAT = 1; // TensorProto.DataType

/** A network of a cascade, ready to be emitted. */
interface StagedPart {
  readonly network: EmittedNetwork;
  /** Brings the images of the file to its own normalisation: `[c]`; absent if that is the file's. */
  readonly renormalised: ChannelLine | undefined;
}

/** slope · x + offset for each channel. */
export interface ChannelLine {
  readonly slopes: Float32Array;
  readonly offsets: Float32Array;
}

/** What a graph of stages is made of. */
export interface StagedContents {
  readonly parts: readonly StagedPart[];
  readonly settings: CascadeSettings;
  readonly description: FileDescription & { readonly cascade: FileCascade };
}

/** Values that are known when an image gets to a stage. */
interface Arriving {
  readonly answer: EmittedAnswer | undefined;
  /** Where the stage's network has been emitted to; undefined at its first stage. */
  readonly place: NetworkPlace | undefined;
  /** Gates of the networks before. */
  readonly gates: readonly string[];
}

/**
 * Builds the graph of a cascade: each stage that follows one lies in a branch of an `If`, so that it is not computed for
 * images that stop before.
 */
export function stagedGraph({ parts, settings, description }: StagedContents): OnnxGraph {
  const { cascade, subBlocks, name, inChannels, imageSizePx, classes } = description;
  const dynamic = subBlocks.length > 0;
  const pattern = [subBlocks.length, Math.max(0, ...subBlocks)];
  const main = new GraphBuilder();
  const image = main.unique('image');
  const flowing: OnnxValue[] = [
    { name: 'answer', type: 'double', shape: [1, classes] },
    { name: 'sureness', type: 'double', shape: [] },
    { name: 'place', type: 'int64', shape: [] },
    ...(dynamic ? ([{ name: 'pattern', type: 'bool', shape: pattern }] as const) : []),
  ];
  const named = (values: readonly string[]) =>
    values.map((value, i) => ({ ...(flowing[i] as OnnxValue), name: value }));

  const emitFrom = (graph: GraphBuilder, s: number, arriving: Arriving): readonly string[] => {
    const stage = cascade.stages[s] as FileStage;
    const { network, renormalised } = parts[stage.part] as StagedPart;
    const path = `stage${s}`;
    const own = graph.prefixed(partPrefix(stage.part, parts.length));
    const start =
      arriving.place ?? emitStart(own, network, renormalised ? emitLine(own, image, renormalised) : image);
    const { place, logits } = emitStage(own, network, start, stage);
    const answer = emitAnswer(graph, arriving.answer, {
      ...{ path, logits, classes, by: settings.by, combine: settings.combine },
      temperature: stage.temperature,
    });
    const number = graph.initialiser(`${path}.number`, [], BigInt64Array.of(BigInt(s)));
    const gates = [...arriving.gates, ...place.gates];
    const answered = (within: GraphBuilder) => [
      within.node('Identity', `${path}.answer`, [answer.logarithms]),
      within.node('Identity', `${path}.sureness`, [answer.confidence]),
      within.node('Identity', `${path}.place`, [number]),
      ...(dynamic ? [emitGates(within, `${path}.pattern`, gates, subBlocks)] : []),
    ];
    if (stage.threshold === undefined) return answered(graph);
    const threshold = graph.initialiser(thresholdName(s), [], Float64Array.of(stage.threshold));
    const stops = graph.node('GreaterOrEqual', `${path}.stops`, [answer.confidence, threshold]);
    const ended = cascade.stages[s + 1]?.part !== stage.part;
    const [stopping, further] = [graph.branch(), graph.branch()];
    const rest = emitFrom(further, s + 1, {
      answer,
      place: ended ? undefined : place,
      gates: ended ? gates : arriving.gates,
    });
    return graph.nodes('If', `${path}.end`, [stops], flowing.length, {
      then_branch: { graph: stopping.graph(graph.unique(`${path}.stopping`), [], named(answered(stopping))) },
      else_branch: { graph: further.graph(graph.unique(`${path}.further`), [], named(rest)) },
    });
  };

  const [answer = '', sureness = '', place = '', gates] = emitFrom(main, 0, {
    answer: undefined,
    place: undefined,
    gates: [],
  });
  main.node('Cast', 'logits', [answer], { to: { int: FLOAT } });
  main.node('Identity', 'stage', [place]);
  main.node('Identity', 'confidence', [sureness]);
  if (gates !== undefined) main.node('Identity', 'gates', [gates]);
  emitMacs(main, description, place);
  return main.graph(
    name,
    [{ name: image, type: 'float', shape: [1, inChannels, imageSizePx, imageSizePx] }],
    [
      { name: 'logits', type: 'float', shape: [1, classes] },
      ...(dynamic ? ([{ name: 'gates', type: 'bool', shape: pattern }] as const) : []),
      { name: 'macs', type: 'double', shape: [] },
      { name: 'stage', type: 'int64', shape: [] },
      { name: 'confidence', type: 'double', shape: [] },
    ],
  );
}

/** Emits a network on to one of its exits, or its head. */
function emitStage(
  graph: GraphBuilder,
  network: EmittedNetwork,
  start: NetworkPlace,
  { exit }: FileStage,
): { place: NetworkPlace; logits: string } {
  const { architecture, shapes } = network;
  const found = exit === undefined ? undefined : shapes.exits[exit];
  const place = emitBlocks(graph, network, start, found ? found.afterBlock + 1 : shapes.blocks.length);
  const { path, head } = found ?? { path: 'head', head: architecture.head };
  return { place, logits: emitHead(graph, network, place, { path, head, output: `${path}.logits` }) };
}

function emitLine(graph: GraphBuilder, image: string, { slopes, offsets }: ChannelLine): string {
  const shape = [slopes.length, 1, 1];
  const scaled = graph.node('Mul', 'image.scaled', [image, graph.initialiser('image.slopes', shape, slopes)]);
  return graph.node('Add', 'image.shifted', [scaled, graph.initialiser('image.offsets', shape, offsets)]);
}
