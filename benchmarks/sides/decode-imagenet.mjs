// Photographs as ImageNet is trained on, on one core.
throw new Error('@dmnn/data reads no photographs');
