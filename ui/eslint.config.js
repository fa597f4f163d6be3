import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

const oneDoor = {
  patterns: [{ group: ['@tauri-apps/*'], message: 'Only src/backend/ talks to the shell; use the Backend interface.' }],
};

export default ts.config(
  { ignores: ['dist/', 'dist-*/', 'src/i18n/paraglide/', 'src/backend/bindings/', 'project.inlang/'] },
  js.configs.recommended,
  ...ts.configs.strict,
  ...svelte.configs.recommended,
  { languageOptions: { globals: { ...globals.browser, ...globals.node } } },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser, extraFileExtensions: ['.svelte'], svelteConfig } },
  },
  {
    rules: {
      // Type checking belongs to svelte-check, which knows the runes.
      'no-undef': 'off',
      // A name that was forgotten must not quietly be the browser's: `close` shuts the program's window.
      'no-restricted-globals': [
        'error',
        'close',
        'event',
        'length',
        'name',
        'open',
        'parent',
        'print',
        'status',
        'stop',
        'top',
      ],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      // A screen is one page of one window: there is no router whose base path could be forgotten.
      'svelte/no-navigation-without-resolve': 'off',
    },
  },
  { files: ['**/*.svelte'], rules: { 'max-lines': ['error', { max: 200, skipBlankLines: true }] } },
  // Data and stories, written out line by line.
  {
    files: ['src/**/*.test.ts', 'browser/*.ts', 'src/backend/fake/day.ts'],
    rules: { 'max-lines-per-function': 'off' },
  },
  { files: ['src/**'], ignores: ['src/backend/**'], rules: { 'no-restricted-imports': ['error', oneDoor] } },
);
