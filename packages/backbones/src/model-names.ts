/**
 * Names of the zoo, backbones first. {@link createArchitecture} takes others by the same patterns: any width, N, group
 * count or CIFAR depth.
 */
export function modelNames(): string[] {
  return [
    ...['resnet18', 'resnet34', 'resnet50', 'resnet101', 'resnet152'],
    ...['resnet50-0.75', 'resnet50-stride1x1'],
    ...['resnext50-32x4d', 'resnext50-2x40d', 'resnext50-4x24d', 'resnext101-32x8d', 'resnext101-2x40d'],
    ...['mobilenetv2', 'mobilenetv2-0.75', 'mobilenetv2-1.4'],
    ...[
      'dmnn-resnet18-n2',
      'dmnn-resnet34-n2',
      'dmnn50-n2',
      'dmnn50-n3',
      'dmnn50-n4',
      'dmnn101-n2',
      'dmnn101-n4',
    ],
    ...['dmnn152-n2', 'dmnn-resnext50-32x4d-n2', 'dmnn-mobilenetv2-n2', 'dmnn-mobilenetv2-1.4-n2'],
    ...[
      'cifar-resnet8',
      'cifar-resnet14',
      'cifar-resnet20',
      'cifar-resnet32',
      'cifar-resnet44',
      'cifar-resnet56',
    ],
    ...['cifar-resnet50', 'dmnn-cifar-resnet8-n2', 'dmnn-cifar-resnet20-n2', 'dmnn-cifar-resnet32-n2'],
    ...['cifar-resnext29-8x64d', 'cifar-resnext29-2x40d-0.25', 'cifar-resnext29-4x24d-0.25'],
    ...['cifar-resnext47-2x40d-0.25', 'cifar-mobilenetv2', 'cifar-mobilenetv2-1.4'],
    ...['dmnn-cifar-mobilenetv2-n2', 'dmnn-cifar-mobilenetv2-1.4-n2'],
    ...['dmnn-cifar-resnet44-n2', 'dmnn-cifar-resnet56-n2', 'dmnn-cifar-resnet50-n2'],
    ...[
      'convnet-aig50',
      'convnet-aig50-all',
      'convnet-aig101',
      'convnet-aig-cifar-resnet20',
      'convnet-aig-cifar-resnet110',
    ],
  ];
}
