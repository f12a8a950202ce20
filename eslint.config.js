const { defineConfig } = require('eslint/config');
const tseslint = require('typescript-eslint');
const importRules = require('./.dependency-cruiser.js');

const specs = ['**/*.spec.ts', '**/*.testkit.ts', 'test/**'];
// The rooms that may not know their platform are named in one place.
const pureRooms = importRules.forbidden
  .map(({ name }) => /^platform-of-(.*)$/.exec(name)?.[1])
  .filter((room) => room !== undefined)
  .map((room) => `libs/${room}`);

// The pure rooms also run in the simulator, where time, chance and output are arguments.
const ambient = [
  ...['process', 'Date', 'performance', 'console', 'Buffer', 'globalThis', 'global', 'crypto', 'fetch'],
  ...['setTimeout', 'setInterval', 'setImmediate', 'require'],
].map((name) => ({ name, message: 'Pure rooms get time, chance and I/O through their ports.' }));

module.exports = defineConfig(
  { ignores: ['dist/', 'coverage/', '.cache/', 'node_modules/', '**/*.d.ts'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommended],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: __dirname } },
    rules: {
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      eqeqeq: 'error',
      'max-lines': ['warn', { max: 400, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    files: ['{apps,libs,bench}/**/*.ts'],
    ignores: specs,
    rules: {
      'no-restricted-properties': [
        'error',
        {
          object: 'Date',
          property: 'now',
          message: 'The clock of the machine jumps when somebody sets it: performance.now() does not.',
        },
      ],
      'max-lines-per-function': ['error', { max: 70, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    files: pureRooms.map((room) => `${room}/**/*.ts`),
    ignores: specs,
    rules: {
      'no-restricted-globals': ['error', ...ambient],
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'Pure rooms get random draws as arguments.' },
      ],
    },
  },
  {
    files: ['**/*.js'],
    languageOptions: { sourceType: 'commonjs' },
    rules: { 'no-unused-vars': 'error', 'prefer-const': 'error', eqeqeq: 'error' },
  },
  // Its types are checked by a compiler of its own, which knows the browser.
  { files: ['apps/event-log/src/console/browser/**/*.js'], languageOptions: { sourceType: 'module' } },
);
