import { expect, test } from 'vitest';
import { faceOf, formOf } from './brand';

const FACE = { store_name: 'Sole', brand_hue: 250, mail_footer: 'Via Roma 1', mail_reply_to: null };

test('no address for answers is an empty field, and an empty field is no address', () => {
  const form = formOf({ ...FACE, name: 'Northwind', brand_chroma: 0.1, logo: null });

  expect(form.mail_reply_to).toBe('');
  expect(faceOf({ ...form, mail_reply_to: ' ' })).toEqual(FACE);
});
