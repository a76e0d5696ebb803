import type { Architecture, BlockKind } from '@dmnn/architecture';
import type { NetworkShape } from './network-shape.js';

/** Options that every builder takes and no name contains. */
export interface Task {
  readonly classes?: number | undefined;
  readonly imageSizePx?: number | undefined;
}

/** The parts of a name; undefined if the name omits them. */
export type NameParts = Readonly<Record<string, string | undefined>>;

/**
 * Libraries that publish weights of the same networks, under their own names. `pytorch-cifar` are the names of the CIFAR
 * networks of kuangliu's repository of that name, which others' (akamaster's `pytorch_resnet_cifar10`) share;
 * `efficientnet-pytorch` are those of lukemelas's EfficientNets, which PyPI's `efficientnet-lite-pytorch` has too.
 */
export type PretrainedLibrary = 'torchvision' | 'timm' | 'pytorch-cifar' | 'efficientnet-pytorch';

/** Path of a unit or layer here → its path in the library; a pair is convolution and batch norm. */
export type PretrainedNames = Readonly<Record<string, string | readonly [string, string]>>;

/** Options that `Family.build` takes in addition to the parts of a name. */
export interface BuildOptions extends Task {
  /** Whether the network will be divided; affects defaults only. */
  readonly divided: boolean;
}

/**
 * A family of backbones: everything that the zoo, the command line and the import of weights need to know. Each
 * family is defined in the file of its builder and listed in `families.ts`.
 */
export interface Family {
  /** Form of the names, for messages: `resnet{18|34|50}[-WIDTH]`. */
  readonly form: string;
  /** A typical name. */
  readonly example: string;
  /** Names listed in the zoo. */
  readonly names: readonly string[];
  /** Names of divided networks listed in the zoo. */
  readonly dividedNames: readonly string[];
  /** Pattern of the names; {@link Family.build} reads its named groups. No name fits two families. */
  readonly pattern: RegExp;
  /** Further conditions that a pattern cannot express, such as a rule for the depth. */
  accepts?(parts: NameParts): boolean;
  /** Kinds of blocks in its networks. */
  readonly blocks: readonly BlockKind[];
  /** Whether a network of a smaller `width` is a slice of a wider one, so that it can be made slimmable. */
  readonly slimmable: boolean;
  build(parts: NameParts, options: BuildOptions): Architecture;
  /** The part between `dmnn` and `-nN` in the name of a divided network. @defaultValue `-` and the backbone's name */
  dividedName?(backboneName: string): string;
  /**
   * Names, by their parts, of the undivided networks that may have a shape, the likeliest first: for files of weights, which
   * say no more. Whether they have it is checked by building them.
   */
  proposals(shape: NetworkShape): readonly NameParts[];
  /**
   * Names that a library gives to the variables of an undivided network.
   *
   * @returns undefined if the network is not of this form, or the library has no such network
   */
  pretrainedNames?(architecture: Architecture, library: PretrainedLibrary): PretrainedNames | undefined;
}
