export { type CifarBottleneckResNetOptions, cifarBottleneckResnet } from './cifar-bottleneck-resnet.js';
export { type CifarMobileNetV2Options, cifarMobilenetV2 } from './cifar-mobilenet-v2.js';
export { type CifarResNetOptions, cifarResnet } from './cifar-resnet.js';
export { type CifarResNeXtOptions, cifarResnext } from './cifar-resnext.js';
export { type ConvNetAigOptions, convnetAig } from './convnet-aig.js';
export { type ModelOptions, createArchitecture } from './create-architecture.js';
export { type MobileNetV2Options, mobilenetV2 } from './mobilenet-v2.js';
export {
  type EfficientNetLiteOptions,
  type EfficientNetLiteVariant,
  efficientnetLite,
} from './efficientnet-lite.js';
export { modelNames } from './model-names.js';
export { type StrideOn } from './residual-block.js';
export { type BottleneckDepth, type ResNetDepth, type ResNetOptions, resnet } from './resnet.js';
export { type ResNeXtOptions, resnext } from './resnext.js';
export { type ChannelRounding, scaledChannels } from './scaled-channels.js';
export { type SkipNetOptions, skipNet } from './skipnet.js';
export { type Slimmable, type SlimmableOptions, slimmable } from './slimmable.js';
