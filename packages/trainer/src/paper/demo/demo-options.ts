import type { InMemoryDataset } from '@dmnn/data';
import type { Recipe } from '@dmnn/runs';
import type { NetworkData } from '@dmnn/weights';
import type { EngineNetwork } from '../../evaluate/engine-network.js';
import type { TrainEvent } from '../../train/train-events.js';

/** The networks of a demo: two that are static, and the first of the cascade, whose last is the static one. */
export type DemoPart = 'static' | 'narrowed' | 'small';

/** What is compared: the static network, a narrowed one of the dynamic one's cost, and the cascade. */
export type DemoSystemName = 'static' | 'narrowed' | 'dynamic';

/** What {@link runDemo} takes. */
export interface DemoOptions {
  /** The data `shapes`, or any other of 32×32 images; a part of it is used if it is larger than the demo's budget. */
  readonly data: { readonly train: InMemoryDataset; readonly test: InMemoryDataset };
  /** For the networks and the cascade; a folder that holds nothing yet. */
  readonly folder: string;
  /**
   * Images that the static network is trained on, repetitions counted: each three times or more often. The others see them more
   * often, so that all are trained as long. @defaultValue 24,000
   */
  readonly trainingImages?: number | undefined;
  /** Images that everything is measured on. @defaultValue 4,000 */
  readonly testImages?: number | undefined;
  /** Of weights and of the order of the images. @defaultValue 1 */
  readonly seed?: number | undefined;
  /** How each network is trained, whatever its model. @defaultValue the recipe `demo-shapes` */
  readonly recipe?: Recipe | undefined;
  /** @defaultValue ResNet-8 at half, 0.375 and quarter width */
  readonly models?: Readonly<Record<DemoPart, string>> | undefined;
  /**
   * Opens a trained network in an engine, in which it is measured instead of on TensorFlow.js.
   *
   * @returns undefined for none
   */
  readonly openEngine?: ((network: NetworkData) => Promise<DemoEngine | undefined>) | undefined;
  /** Called after each training step, and while networks are measured. */
  readonly onProgress?: ((event: DemoEvent) => void) | undefined;
  /** Ends the demo early. */
  readonly signal?: AbortSignal | undefined;
}

/** An engine with a network of the demo, which closes it. */
export interface DemoEngine extends EngineNetwork {
  close(): Promise<void>;
}

/** What {@link runDemo} reports while it runs. */
export type DemoEvent =
  | { readonly kind: 'training'; readonly part: DemoPart; readonly event: TrainEvent }
  | {
      /** Errors of a network, or times of all systems. */
      readonly kind: 'measuring';
      readonly what: DemoPart | 'times';
      readonly images: number;
      readonly of: number;
    };
