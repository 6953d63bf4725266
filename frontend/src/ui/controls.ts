import type { HTMLButtonAttributes, HTMLInputAttributes } from 'svelte/elements';

/**
 * What a page may set on our buttons and inputs.
 *
 * They are passed on by name: spreading them would bring Svelte's whole attribute machinery into
 * the first load.
 */
export type Pressable = Pick<
  HTMLButtonAttributes,
  | 'onclick'
  | 'aria-controls'
  | 'aria-expanded'
  | 'aria-haspopup'
  | 'aria-label'
  | 'disabled'
  | 'form'
  | 'title'
>;

export type Typable = Pick<
  HTMLInputAttributes,
  | 'autocapitalize'
  | 'autocomplete'
  | 'inputmode'
  | 'maxlength'
  | 'minlength'
  | 'name'
  | 'onblur'
  | 'oninput'
  | 'placeholder'
  | 'readonly'
  | 'required'
  | 'spellcheck'
>;
