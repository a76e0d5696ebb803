import type { layers as tfLayers } from '@tensorflow/tfjs-layers';

/** A model, as far as its layers are asked for. */
export interface WithLayers {
  readonly layers: readonly tfLayers.Layer[];
}

/** The layers of a model that are of a class, those of nested models too. */
export function layersOf<L extends tfLayers.Layer>(
  model: WithLayers,
  kind: abstract new (...args: never[]) => L,
): L[] {
  return model.layers.flatMap((layer): L[] => {
    if (layer instanceof kind) return [layer];
    const inner = (layer as Partial<WithLayers>).layers;
    return Array.isArray(inner) ? layersOf({ layers: inner as tfLayers.Layer[] }, kind) : [];
  });
}
