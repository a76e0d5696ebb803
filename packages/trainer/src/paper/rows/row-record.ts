import type { ModelOptions } from '@dmnn/backbones';
import type { PaperNumbers } from './paper-numbers.js';

/** All that is particular to one row of the paper's tables. */
export interface RowRecord {
  readonly paper: PaperNumbers;
  /** The network of ours that is counted; absent where training decides what there is to count. */
  readonly ours?: CountedModel;
  /** Remarks on how our counts compare with the paper's. */
  readonly remark?: string;
  readonly recipe: RecipeSource;
  readonly laptop: LaptopMethod & LaptopModel;
  /** Width of the slimmable network that the row is about; absent where it is about the whole network. */
  readonly width?: number;
}

/** Which network a row is counted with. */
interface CountedModel {
  /** A name of the zoo. */
  readonly model: string;
  /** What its ratio divides by, if it is neither divided from it nor it itself. */
  readonly backbone?: string;
  readonly options?: ModelOptions;
}

/**
 * How a row is trained: by a `whole` recipe, which has a model of its own (of a method whose authors say how they trained),
 * or by the `schedule` of a recipe, on the row's network.
 */
type RecipeSource = { readonly whole: string } | { readonly schedule: string };

/** The small network that stands for a row's at the scale of a laptop. */
interface LaptopModel {
  readonly model: string;
  /** The small network that stands for the row's backbone, where {@link CountedModel} names one. */
  readonly backbone?: string;
}

/** How rows of one method are trained at the scale of a laptop. */
export interface LaptopMethod {
  /** Name of a short recipe of the same method. */
  readonly recipe: string;
  /** How its gates are trained instead. */
  readonly gating?: Readonly<Record<string, unknown>>;
}
