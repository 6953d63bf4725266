import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

// Syntax we do without, each with its reason.
const avoided = [
  {
    selector: 'SvelteAttribute[key.name="style"]',
    message: 'The content security policy refuses style attributes: use style:name directives.',
  },
  {
    selector: 'SvelteElement[kind="html"] > SvelteStartTag > SvelteSpreadAttribute',
    message:
      'Name the attributes: a spread brings all of Svelte’s attribute code into the first load.',
  },
];

export default ts.config(
  {
    ignores: [
      'dist/',
      '.svelte-check/',
      'node_modules/',
      'public/',
      '**/*.gen.ts',
      'src/ui/icons/*.ts',
    ],
  },
  js.configs.recommended,
  ...ts.configs.strictTypeChecked,
  ...ts.configs.stylisticTypeChecked,
  ...svelte.configs['flat/recommended'],
  {
    languageOptions: {
      globals: { ...globals.browser },
      parserOptions: {
        projectService: { allowDefaultProject: ['*.js', 'scripts/*.mjs'] },
        extraFileExtensions: ['.svelte'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      eqeqeq: 'error',
      'no-console': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser, svelteConfig } },
    rules: {
      'no-restricted-syntax': ['error', ...avoided],
      'svelte/no-at-html-tags': 'error',
      'svelte/button-has-type': 'error',
      'svelte/require-each-key': 'error',
      // Our own router intercepts plain links; there is no SvelteKit base path to resolve.
      'svelte/no-navigation-without-resolve': 'off',
      // The reactive collections are for deep state; API values are raw and replaced whole.
      'svelte/prefer-svelte-reactivity': 'off',
      // The linter sees components as any; svelte-check knows their types and checks them.
      '@typescript-eslint/no-redundant-type-constituents': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      'prefer-const': 'off',
      'svelte/prefer-const': ['error', { excludedRunes: ['$props', '$derived'] }],
    },
  },
  {
    files: ['**/*.mjs', '*.js', 'vite.config.ts'],
    ...ts.configs.disableTypeChecked,
    languageOptions: {
      globals: { ...globals.node },
      parserOptions: { projectService: false, program: null },
    },
    rules: { ...ts.configs.disableTypeChecked.rules, 'no-console': 'off' },
  },
);
