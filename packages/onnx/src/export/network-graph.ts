import type { Architecture } from '@dmnn/architecture';
import type { FileDescription } from '../file-description.js';
import { GraphBuilder } from '../graph/graph-builder.js';
import type { OnnxGraph } from '../graph/onnx-graph.js';
import { emitBlocks, emitHead, emitStart, emittedNetwork } from './emit-network.js';
import { emitGates, emitMacs } from './emit-outputs.js';
import type { CheckedOptions } from './export-options.js';
import type { FoldedWeights } from './folded-weights.js';

/**
 * Builds the graph of a network: stem, blocks with their controllers, head, gates and cost.
 */
export function networkGraph(
  architecture: Architecture,
  weights: FoldedWeights,
  options: CheckedOptions,
  description: FileDescription,
): OnnxGraph {
  const { imageSizePx } = options;
  const graph = new GraphBuilder();
  const network = emittedNetwork(architecture, weights, options);
  const dynamic = description.subBlocks.length > 0;
  const image = graph.unique('image');
  const place = emitBlocks(graph, network, emitStart(graph, network, image), network.shapes.blocks.length);
  emitHead(graph, network, place, { path: 'head', head: architecture.head, output: 'logits' });
  if (dynamic) emitGates(graph, 'gates', place.gates, description.subBlocks);
  emitMacs(graph, description);

  const batch = dynamic ? 1 : 'images';
  const pattern = [description.subBlocks.length, Math.max(0, ...description.subBlocks)];
  return graph.graph(
    architecture.name,
    [{ name: image, type: 'float', shape: [batch, architecture.inChannels, imageSizePx, imageSizePx] }],
    [
      { name: 'logits', type: 'float', shape: [batch, architecture.head.classes] },
      ...(dynamic ? ([{ name: 'gates', type: 'bool', shape: pattern }] as const) : []),
      { name: 'macs', type: 'double', shape: [] },
    ],
  );
}
