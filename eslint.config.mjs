import js from '@eslint/js';
import tseslint from 'typescript-eslint';

const namesListed = {
  selector: 'ExportAllDeclaration',
  message: 'List the names: an index is a table of contents.',
};

const firstErrorReported = {
  selector: 'TryStatement > BlockStatement.finalizer :matches(CallExpression, AwaitExpression)',
  message: 'An error here hides the one before it: use closeAfter of @dmnn/foundation, or its relatives.',
};

export default tseslint.config(
  {
    ignores: [
      '**/dist/**',
      '**/node_modules/**',
      'coverage/**',
      'docs/api/**',
      '.tools/**',
      'packages/dmnn/.examples/**',
      '**/*.generated.ts',
    ],
  },
  js.configs.recommended,
  {
    files: ['packages/*/src/**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // Numbers in messages are what messages are for.
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      // An index signature says what is a table; a Record says what is a list of names.
      '@typescript-eslint/consistent-indexed-object-style': 'off',
      // `as` at a checked boundary reads better than a type parameter that nothing checks.
      '@typescript-eslint/non-nullable-type-assertion-style': 'off',
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      // tfjs hands tensors and backends out as interfaces of classes that it does not export.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      eqeqeq: 'error',
      'no-restricted-syntax': [
        'error',
        namesListed,
        firstErrorReported,
        {
          selector: "CallExpression[callee.object.name='Math'][callee.property.name='random']",
          message: 'Randomness is seeded and arrives as an argument.',
        },
        {
          selector: "CallExpression[callee.name=/^mkdir(Sync)?$/] Property[key.name='recursive']",
          message: 'makeFolder of @dmnn/foundation/node: where no folder can be made, Node retries forever.',
        },
        {
          selector: "CallExpression[callee.object.name='tf'][callee.property.name='setBackend']",
          message: 'Only @dmnn/runtime and applications choose a backend.',
        },
      ],
      'no-console': 'error',
    },
  },
  {
    files: ['packages/runtime/src/**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', namesListed, firstErrorReported] },
  },
  {
    files: ['**/*.test.ts', '**/fixtures/**', 'packages/test-*/src/**/*.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    files: ['packages/*/src/**/*.test.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      // Tests hand wrong values in on purpose.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
    },
  },
  { files: ['*.ts', 'scripts/**/*.ts'], languageOptions: { parser: tseslint.parser } },
  {
    files: [
      'scripts/**',
      'packages/*/bin/**',
      'packages/*/scripts/**',
      '**/fixtures/**',
      '*.config.*',
      'benchmarks/**',
    ],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: {
      globals: {
        console: 'readonly',
        process: 'readonly',
        URL: 'readonly',
        TextEncoder: 'readonly',
        TextDecoder: 'readonly',
        fetch: 'readonly',
        structuredClone: 'readonly',
        setInterval: 'readonly',
        clearInterval: 'readonly',
        Buffer: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
        performance: 'readonly',
      },
    },
  },
);
