import { merge, type Catalogue } from '../../lib/i18n/catalogue';

export default merge(
  import.meta.glob<Catalogue>(
    [
      './*.json',
      '!./console*.json',
      '!./explanation.json',
      '!./help.json',
      '!./bank-reasons.json',
      '!./texts.json',
    ],
    {
      eager: true,
      import: 'default',
    },
  ),
);
