import { cifarBottleneckResnetFamily } from './cifar-bottleneck-resnet.js';
import { cifarMobilenetV2Family } from './cifar-mobilenet-v2.js';
import { cifarResnetFamily } from './cifar-resnet.js';
import { cifarResnextFamily } from './cifar-resnext.js';
import type { Family, NameParts } from './family.js';
import { efficientnetLiteFamily } from './efficientnet-lite.js';
import { mobilenetV2Family } from './mobilenet-v2.js';
import { resnetFamily } from './resnet.js';
import { resnextFamily } from './resnext.js';

/** All families of backbones, in the order of the zoo. */
export const families: readonly Family[] = [
  resnetFamily,
  resnextFamily,
  mobilenetV2Family,
  efficientnetLiteFamily,
  cifarResnetFamily,
  cifarBottleneckResnetFamily,
  cifarResnextFamily,
  cifarMobilenetV2Family,
];

/** The family of a backbone's name, and the parts of the name; undefined if there is none. */
export function familyOf(backboneName: string): { family: Family; parts: NameParts } | undefined {
  for (const family of families) {
    const parts = family.pattern.exec(backboneName)?.groups;
    if (parts && (family.accepts?.(parts) ?? true)) return { family, parts };
  }
  return undefined;
}
