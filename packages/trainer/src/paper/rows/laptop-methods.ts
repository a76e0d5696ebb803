import type { LaptopMethod } from './row-record.js';

/** Networks without gates. */
export const still: LaptopMethod = { recipe: 'cifar-resnet20' };

/** Taylor pruning. */
export const pruned: LaptopMethod = { recipe: 'pruned-cifar-resnet20' };

/** ConvNet-AIG: its target falls from 1. */
export const convnetAig: LaptopMethod = { recipe: 'convnet-aig-cifar-resnet20' };

/** Slimmable networks. */
export const slimmable: LaptopMethod = { recipe: 'slimmable-cifar-resnet20' };

/**
 * DMNN, with the gates that had the lowest error in ten epochs on held-out images: 64.8 % at 60 % of the MACs, where gates
 * that decide from the first step and a falling target had 67.6 % at 65 % (docs/results/cifar100.md).
 */
export const dmnn: LaptopMethod = {
  recipe: 'dmnn-cifar-resnet20-n2',
  gating: { gatesOpenUntil: 0.5, openingRate: 'in-turn', noiseOffAfter: 0.9 },
};
